"""What became of payments: who was paid, who waits and why, and what is left (R-93, R-94).

Terms are read from the store, everything else from the chain: paid and waiting by the Distribution's events, standing
of payees by the registry's words now. The contract decides again when it pays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import outbox
from abst.cash import assets
from abst.cash.accounts import money, symbol
from abst.chain.contracts import Event
from abst.chain.office import Office
from abst.chain.reader import events
from abst.chain.words import InvestorRecord, Unpaid
from abst.errors import NotFound, Refusal
from abst.holders import facts as chain_facts
from abst.holders.facts import Token
from abst.investor.tables import Wallet
from abst.servicing import gates, shares
from abst.servicing.gates import PayeeFacts
from abst.servicing.record_dates import held_at
from abst.servicing.tables import OffChainPayment, Payment
from abst.values import ZERO_ADDRESS, Address, Hash

AT_ONCE = 200  # wallets asked for in one call
PAID = ("Paid", "PaidElsewhere")


@dataclass(frozen=True, slots=True)
class Line:
    """One holder of the record date: what he is due, and what became of it.

    payee: who is or was paid, empty when nobody can be; paid: units, None while unpaid; why: what his money waits for;
    failed: the asset failed him the last time, which is worth another try.
    """

    holder: Address
    investor: str
    balance: int
    share: int
    payee: str
    paid: int | None
    why: Refusal | None
    failed: bool = False

    @property
    def payable(self) -> bool:
        return self.paid is None and (self.why is None or self.failed)

    @property
    def state(self) -> str:
        return "paid" if self.paid is not None else "waits" if self.why else "payable"

    def as_dict(self) -> dict[str, Any]:
        return {
            "holder": self.holder,
            "investor": self.investor or None,
            "balance": str(self.balance),
            "share": str(self.share),
            "payee": self.payee or None,
            "state": self.state,
            "rule": self.why.rule if self.why else None,
            "reason": self.why.reason if self.why else None,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """What the contract counts. paid and dust in units of the asset, settled in units of the token."""

    is_declared: bool
    carried: int
    paid: int
    settled: int
    dust: int


def find(session: Session, word: str) -> Payment:
    """A payment by its number or its id. Raises NotFound."""
    row = session.get(Payment, int(word)) if word.isascii() and word.isdigit() else None
    row = row or session.scalar(select(Payment).where(Payment.id == word))
    if row is None:
        raise NotFound("no such payment", found=word, needed="a number or id from `abst payment list`", where="payment")
    return row


def progress(office: Office, payment: Payment) -> Progress:
    """The contract's own count of a payment."""
    return Progress(*office.contracts.distribution.read("progressOf", payment.terms()))


def events_of(office: Office, names: Sequence[str], payment: str | None = None) -> list[Event]:
    """The Distribution's events of these names, of one payment or of all."""
    contract = office.contracts.distribution
    topics: list[Any] = [[contract.codec.topic(name) for name in names]]
    if payment is not None:
        topics.append(Hash(payment))
    return events(office.chain, [contract], office.deployment.block, office.chain.head().number, topics)


def lines(office: Office, payment: Payment) -> list[Line]:
    """Every holder of a payment's record date, largest share first."""
    token, told = chain_facts.token(office, payment.token), progress(office, payment)
    carried = told.carried if told.is_declared else carried_of(office, payment.token, payment.asset)
    paid = {event.args["holder"]: event for event in events_of(office, PAID, payment.id)}
    failed = {
        event.args["holder"]
        for event in events_of(office, ["Waits"], payment.id)
        if event.args["why"] == Unpaid.ASSET_FAILED
    }
    held = held_at(office, token, payment.record_date)
    return judge(office, held, payment.supply, payment.funded + carried, payment.needs_evidence, paid, failed)


def judge(
    office: Office,
    held: Mapping[Address, int],
    supply: int,
    pot: int,
    needs_evidence: bool,
    paid: Mapping[Address, Event] | None = None,
    failed: set[Address] | None = None,
) -> list[Line]:
    """The lines of these holders, by the standing of their payees now."""
    done, tried, now = paid or {}, failed or set(), office.now()
    payees, owners, due = payees_of(office, list(held)), _owners(office, held), shares.split(held, pot, supply)
    made: list[Line] = []
    for holder, balance in held.items():
        payee, event = payees[holder], done.get(holder)
        why = None if event else gates.why_waits(payee, holder, needs_evidence, now)
        again = event is None and why is None and holder in tried
        made.append(
            Line(
                holder=holder,
                investor=owners.get(holder, ""),
                balance=balance,
                share=due[holder],
                payee=_receiver(event) if event else payee.wallet,
                paid=event.args["amount"] if event else None,
                why=gates.asset_failed(holder) if again else why,
                failed=again,
            )
        )
    return sorted(made, key=lambda line: (-line.share, line.holder))


def _receiver(event: Event) -> str:
    """Where the money of a holder went."""
    return str(event.args["payee" if event.name == "Paid" else "account"])


def payees_of(office: Office, holders: Sequence[Address]) -> dict[Address, PayeeFacts]:
    """Who would be paid for each holder: himself, or the successor of his lost wallet."""
    registry = office.contracts.registry
    words = _records(office, holders)
    successors = {holder: registry.read("successorOf", holder) for holder, word in words.items() if word.lost}
    words |= _records(office, [other for other in successors.values() if other != ZERO_ADDRESS])
    found: dict[Address, PayeeFacts] = {}
    for holder in holders:
        payee = successors.get(holder, holder)
        word = words.get(payee)
        found[holder] = (
            PayeeFacts(payee, word.known, word.blocked, word.evidence_until, word.suitability_until)
            if word is not None
            else PayeeFacts("")
        )
    return found


def _records(office: Office, wallets: Sequence[Address]) -> dict[Address, InvestorRecord]:
    found: dict[Address, InvestorRecord] = {}
    for start in range(0, len(wallets), AT_ONCE):
        part = list(wallets[start : start + AT_ONCE])
        words = office.contracts.registry.read("investorsOf", part)
        found |= zip(part, map(InvestorRecord.unpack, words), strict=True)
    return found


def _owners(office: Office, held: Mapping[Address, int]) -> dict[str, str]:
    with office.store.read() as session:
        return {row.address: row.investor for row in session.scalars(select(Wallet)) if row.address in held}


def carried_of(office: Office, token: str, asset: str) -> int:
    """Dust that the next payment of the token in the asset takes over."""
    carried: int = office.contracts.distribution.read("carriedOf", token, asset)
    return carried


# ---- showing


def show(office: Office, word: str) -> dict[str, Any]:
    """One payment with its terms, its progress and every holder's line. Raises NotFound."""
    with office.store.read() as session:
        payment = find(session, word)
    rows = lines(office, payment)
    return brief(office, payment) | {
        "counts": {state: sum(line.state == state for line in rows) for state in ("paid", "payable", "waits")},
        "holders": [line.as_dict() for line in rows],
    }


def brief(office: Office, payment: Payment) -> dict[str, Any]:
    """Terms and progress of a payment. state: waiting, refused, declared or complete."""
    token, told = chain_facts.token(office, payment.token), progress(office, payment)
    pot = payment.funded + told.carried
    return {
        "payment": payment.number,
        "id": payment.id,
        **named(office, token, payment.asset),
        "record_date": payment.record_date,
        "needs_evidence": payment.needs_evidence,
        "funded": str(payment.funded),
        "carried": str(told.carried),
        "supply": str(payment.supply),
        "paid": str(told.paid),
        "unclaimed": str(pot - told.paid - told.dust if told.is_declared else 0),
        "settled": str(told.settled),
        "dust": str(told.dust),
        "state": _state(office, payment, told),
    }


def named(office: Office, token: Token, asset: str) -> dict[str, Any]:
    """Token, asset and its currency, for people."""
    kept = assets.listed(office, Address(asset))
    return {
        "token": token.symbol,
        "asset": asset,
        "symbol": symbol(money(office, Address(asset))),
        "currency": kept.currency or None,
    }


def _state(office: Office, payment: Payment, told: Progress) -> str:
    if told.is_declared:
        return "complete" if told.settled == payment.supply else "declared"
    with office.store.read() as session:
        states = {intent.state for intent in outbox.of_request(session, payment.request)}
    return "refused" if "rejected" in states else "waiting"


def list_payments(office: Office, word: str | None = None) -> dict[str, Any]:
    """Payments on chain and outside it, of one token or of all, in their order."""
    only = chain_facts.token(office, word).address if word else None
    with office.store.read() as session:
        declared = [p for p in session.scalars(select(Payment).order_by(Payment.number)) if only in (None, p.token)]
        outside = list(session.scalars(select(OffChainPayment).order_by(OffChainPayment.at)))
    return {
        "payments": [brief(office, payment) for payment in declared],
        "off_chain": [_outside(office, row) for row in outside if only in (None, row.token)],
    }


def _outside(office: Office, row: OffChainPayment) -> dict[str, Any]:
    return {
        "token": chain_facts.token(office, row.token).symbol,
        "record_date": row.record_date,
        "currency": row.currency,
        "amount": str(row.amount),
        "reference": row.reference,
        "ref": row.ref,
        "evidence": {"name": row.file_name, "sha256": row.document_hash},
        "recorded": office.contracts.distribution.read("isRecorded", row.token, row.ref),
    }
