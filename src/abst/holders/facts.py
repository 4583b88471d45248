"""Gathers the facts of movements from the chain: as few calls as there are words, never one round per investor.

What never changes of a token (its terms, filing and number) is read once in a process and kept in `Office.memo`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from abst.chain.office import Office
from abst.chain.words import FilingRecord, Holding, InvestorRecord
from abst.deal import Terms
from abst.deal.plan import terms_from_tuple
from abst.errors import NotFound
from abst.filing import records
from abst.holders.movement import FilingFacts, PartyFacts, TokenFacts
from abst.holders.projection import advance, held_by
from abst.values import ZERO_ADDRESS, Address

FEW = 8  # wallets whose holdings are asked of the token one by one
AT_ONCE = 200  # wallets in one call


@dataclass(frozen=True, slots=True)
class Token:
    """A made tranche: where it stands, of which filing, with which terms. `number`: the filing's id on chain."""

    address: Address
    filing: str
    number: int
    tranche: int
    terms: Terms

    @property
    def symbol(self) -> str:
        return self.terms.symbol


def token(office: Office, word: str) -> Token:
    """A made token by symbol, address, or FILING:NUMBER. Raises NotFound, also while it is not made yet."""
    known = office.memo.get(("token", word))
    if isinstance(known, Token):
        return known
    with office.store.read() as session:
        row = records.tranche_by(session, word)
        filing = records.get(session, row.filing)
    if row.token is None:
        raise NotFound("this tranche has no token yet", found=word, needed="abst token create", where="token")
    address = Address(row.token)
    terms = terms_from_tuple(_raw(office.contracts.token(address).read("terms")))
    made = Token(address, filing.id, filing.number, row.number, terms)
    office.memo["token", word] = office.memo["token", str(address)] = made
    return made


def tokens(office: Office) -> list[Token]:
    """Every token made, in the order of filings and tranches."""
    with office.store.read() as session:
        made = [
            str(row.token)
            for filing in records.every(session)
            for row in records.tranches(session, filing.id)
            if row.token is not None
        ]
    return [token(office, address) for address in made]


def _raw(values: Sequence[object]) -> list[object]:
    """Hash and bytes fields as bytes: name, symbol and currency of terms come 0x-hex or as bytes."""
    return [bytes.fromhex(value[2:]) if isinstance(value, str) else value for value in values]


def gather(
    office: Office, of: Token, receivers: Sequence[Address]
) -> tuple[FilingFacts, TokenFacts, dict[Address, PartyFacts]]:
    """Facts of mints to the receivers: a call for the filing and each 200 investors, one or two for the totals.

    What receivers hold is read only where the terms limit holders or shares, because only then anything depends on
    it: of a few from the token itself, of many from the positions that its events add up to.
    """
    wallets = list(dict.fromkeys(receivers))
    limited = bool(of.terms.max_holders or of.terms.max_share_bps)
    held = _held_by_events(office, of, wallets) if limited and len(wallets) > FEW else None
    word, words = _words(office, of, wallets)
    parties: dict[Address, PartyFacts] = {}
    for wallet, record in zip(wallets, map(InvestorRecord.unpack, words), strict=True):
        made = party(office, of, wallet, record, held=limited and held is None)
        if held is not None:
            own = held.get(wallet, 0)
            elsewhere = _held_elsewhere(office, of, wallet) if record.several else 0
            made = replace(made, balance=own, held=own + elsewhere)
        parties[wallet] = made
    entering = any(not made.held for made in parties.values())
    return filing_facts(of, word), token_facts(office, of, holders=entering, issue=True), parties


def _words(office: Office, of: Token, wallets: Sequence[Address]) -> tuple[int, list[int]]:
    """The filing's word, and the investors' words by wallet."""
    word, found = 0, []
    for start in range(0, max(len(wallets), 1), AT_ONCE):
        part = wallets[start : start + AT_ONCE]
        word, _, words = office.contracts.registry.read("factsOfMany", of.number, ZERO_ADDRESS, part)
        found += words
    return word, found


def _held_by_events(office: Office, of: Token, wallets: Sequence[Address]) -> dict[Address, int]:
    advance(office)
    with office.store.read() as session:
        return held_by(session, of.address, wallets)


def pair(
    office: Office, of: Token, sender: Address, receiver: Address
) -> tuple[FilingFacts, TokenFacts, PartyFacts, PartyFacts]:
    """Facts of a movement between two wallets."""
    word, _, from_word, to_word = office.contracts.registry.read("facts", of.number, sender, sender, receiver)
    return (
        filing_facts(of, word),
        token_facts(office, of),
        party(office, of, sender, InvestorRecord.unpack(from_word)),
        party(office, of, receiver, InvestorRecord.unpack(to_word)),
    )


def filing_facts(of: Token, word: int) -> FilingFacts:
    record = FilingRecord.unpack(word)
    return FilingFacts(
        number=of.number,
        status=record.status.name.lower().replace("_", "-"),
        paused=record.is_paused(of.tranche),
        last_good=record.good_until,
        planned=record.planned,
        made=record.made,
    )


def token_facts(office: Office, of: Token, *, holders: bool = True, issue: bool = False) -> TokenFacts:
    """Terms and running totals; the number of holders only where it can matter, and amortisation for an issue alone."""
    contract = office.contracts.token(of.address)
    _, paid, written_down = contract.read("amortisation") if issue else (0, 0, 0)
    return TokenFacts(
        symbol=of.symbol,
        regimes=of.terms.regimes,
        risk=of.terms.risk,
        lot=of.terms.lot,
        cap=of.terms.cap,
        max_holders=of.terms.max_holders,
        max_share_bps=of.terms.max_share_bps,
        maturity=of.terms.maturity,
        overdue_stops_transfers=of.terms.overdue_stops_transfers,
        minted=contract.read("minted"),
        holders=contract.read("holders") if holders and of.terms.max_holders else 0,
        closed=bool(paid or written_down),
    )


def party(office: Office, of: Token, wallet: Address, record: InvestorRecord, *, held: bool = True) -> PartyFacts:
    """One wallet's facts; with `held`, what it and its siblings hold (siblings only where the record says so)."""
    holding = Holding.unpack(office.contracts.token(of.address).read("holdingOf", wallet)) if held else Holding()
    elsewhere = _held_elsewhere(office, of, wallet) if held and record.several else 0
    return PartyFacts(
        wallet=wallet,
        number=record.investor if record.known else 0,
        blocked=record.blocked,
        regimes=record.regimes,
        capacity=record.capacity,
        jurisdiction=record.jurisdiction,
        evidence_until=record.evidence_until,
        suitability_until=record.suitability_until,
        balance=holding.balance,
        frozen=holding.frozen,
        locked_until=holding.locked_until,
        held=holding.balance + elsewhere,
    )


def _held_elsewhere(office: Office, of: Token, wallet: Address) -> int:
    contract = office.contracts.token(of.address)
    siblings = [other for other in office.contracts.registry.read("walletsOf", wallet) if other != wallet]
    return sum(Holding.unpack(contract.read("holdingOf", other)).balance for other in siblings)
