"""Gathers everything a mint or an allotment is decided on, once, and decides every row (R-58).

What the chain says comes in two or three calls for all rows, what the store knows in a few questions; then the pure
gates of `issuance.lots` run. A row that passes counts before the next one is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.decisions import Judged
from abst.errors import Refusal
from abst.filing import records, standing
from abst.holders import facts as chain_facts
from abst.holders.facts import Token
from abst.holders.movement import PartyFacts
from abst.investor import records as investors
from abst.investor.denials import denied_countries
from abst.investor.screening import desk as screening
from abst.investor.tables import Investor, Wallet
from abst.issuance import gates, lots
from abst.issuance.gates import PrivateFacts
from abst.issuance.lots import LotFacts, Paid, RowFacts, Said
from abst.values import Address

AT_ONCE = 500  # words in one question to the database
SHOWN = 1_000  # rows between two words on how far it is


@dataclass(frozen=True, slots=True)
class Allocation:
    """Units for one receiver: a wallet's address or an investor's id. row: line of the table, 1 for a single mint."""

    to: str
    amount: int
    row: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One allocation with what was found and every refusal. several: its investor has more than one wallet."""

    facts: RowFacts
    wallet: Address | None
    said: tuple[Said, ...]
    several: bool = False

    @property
    def row(self) -> int:
        return self.facts.row

    @property
    def to(self) -> str:
        return self.facts.to

    @property
    def investor(self) -> str:
        return self.facts.private.investor

    @property
    def amount(self) -> int:
        return self.facts.amount

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(one.refusal for one in self.said)

    def as_dict(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "to": self.to,
            "wallet": self.wallet,
            "investor": self.investor,
            "amount": str(self.amount),
            "refusals": [refusal.as_dict() for refusal in self.refusals],
        }


class Orders(Protocol):
    """What an allotment adds to a mint: the payment of each row, taken once the row passed."""

    @property
    def account(self) -> Address | str:
        """Where the proceeds go; empty for nowhere."""

    def paid(self, row: int) -> Paid:
        """The order of a row and its payment, as they stand after the rows before it."""

    def take(self, row: int) -> None:
        """The row passed; the next ones find so much less."""


@dataclass(frozen=True, slots=True)
class Decided:
    """All rows decided on one gathering of facts. lot: facts of the filing, and those of every row."""

    token: Token
    lot: LotFacts
    said: tuple[Said, ...]
    rows: tuple[Row, ...]

    @property
    def of_filing(self) -> tuple[Refusal, ...]:
        return tuple(one.refusal for one in self.said)

    @property
    def good(self) -> list[Row]:
        return [row for row in self.rows if not row.said]

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(one.refusal for row in self.rows for one in lots.of_row(row.facts, row.said))

    def judged(self, rows: Sequence[Row]) -> Judged:
        """These rows with everything they were decided on, for a stored decision: ids and words, nothing personal."""
        lot = replace(self.lot, rows=tuple(row.facts for row in rows))
        said = [*self.said, *(one for row in rows for one in lots.of_row(row.facts, row.said))]
        return lots.judged(lot, said)


def decide(office: Office, token: Token, allocations: Sequence[Allocation], orders: Orders | None = None) -> Decided:
    """Gather once, then run all gates on every row; a row that passes counts before the next is decided."""
    with office.store.read() as session:
        found = _receivers(session, [allocation.to for allocation in allocations])
        known = sorted({one.investor for one in found.values()})
        screened, several = screening.state_of(session, known), investors.with_several_wallets(session, known)
        stands = standing.gather(office, session, records.get(session, token.filing))
    wallets = list(dict.fromkeys(one.wallet for one in found.values()))
    filing, totals, parties = chain_facts.gather(office, token, wallets)
    account = None if orders is None else str(orders.account)
    lot = LotFacts(office.now(), filing, totals, stands, denied_countries(office.rulebook), (), account)
    rows: list[Row] = []
    minted, holders = totals.minted, totals.holders
    for allocation in allocations:
        one = found.get(allocation.to)
        party = parties[one.wallet] if one else None
        private = _private(one, party, screened) if one and party else PrivateFacts()
        paid = orders.paid(allocation.row) if orders and one else None
        row = RowFacts(allocation.row, allocation.to, allocation.amount, party, private, minted, holders, paid)
        said = tuple(lots.say_of_row(lot, row))
        rows.append(Row(row, one.wallet, said, one.investor in several) if one else Row(row, None, said))
        if len(rows) % SHOWN == 0:
            office.progress("rows decided", len(rows), len(allocations))
        if not said and party is not None:
            if orders:
                orders.take(allocation.row)
            after = gates.after(replace(totals, minted=minted, holders=holders), party, allocation.amount)
            minted, holders = after.minted, after.holders
            parties[Address(party.wallet)] = replace(party, held=party.held + allocation.amount)
    asked = sum(row.amount for row in rows if not row.said)
    lot = replace(lot, standing=replace(stands, asked=asked), rows=tuple(row.facts for row in rows))
    return Decided(token, lot, tuple(lots.say_of_filing(lot)), tuple(rows))


def dry_run(office: Office, token: str, allocations: Sequence[Allocation]) -> list[Row]:
    """Decide every row as a proposal would, and write nothing. A filing that stops minting is in every row."""
    return with_filing(decide(office, chain_facts.token(office, token), allocations))


def with_filing(decided: Decided) -> list[Row]:
    """The rows, what stops all of them in each."""
    return [replace(row, said=(*decided.said, *row.said)) for row in decided.rows]


@dataclass(frozen=True, slots=True)
class _Receiver:
    """What the store says of a wallet and its investor."""

    wallet: Address
    investor: str
    jurisdiction: str
    proven_at: int


def _receivers(session: Session, words: Sequence[str]) -> dict[str, _Receiver]:
    """Who each word is: an address, or an investor's id, which means its first usable wallet."""
    wanted = list(dict.fromkeys(words))
    found: dict[str, _Receiver] = {}
    columns = (Wallet.address, Wallet.investor, Investor.jurisdiction, Wallet.proven_at)
    order = (Wallet.number.is_(None), Wallet.number, Wallet.created_at)
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        query = (
            select(*columns)
            .join(Investor, Investor.id == Wallet.investor)
            .where(Wallet.address.in_(part) | Wallet.investor.in_(part), Wallet.state != "lost")
            .order_by(*order)
        )
        for wallet, investor, jurisdiction, proven_at in session.execute(query):
            one = _Receiver(Address(wallet), investor, jurisdiction, proven_at or 0)
            found.setdefault(wallet, one)
            found.setdefault(investor, one)
    return found


def _private(one: _Receiver, party: PartyFacts, screened: dict[str, str]) -> PrivateFacts:
    signals = {one.jurisdiction, party.jurisdiction} - {""}
    return PrivateFacts(one.investor, tuple(sorted(signals)), one.proven_at, screened.get(one.investor, "none"))
