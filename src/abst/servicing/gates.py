"""What stands against a payment, against paying one holder, and against a record of amortisation. Pure.

Rules: who is paid follows from the record date (R-93) and from the payee's standing now (R-53, R-56, R-60, R-62);
money and face add up to the unit (R-90, R-94). An empty list is the only pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from abst.cash.gates import something_asked
from abst.errors import Refusal
from abst.rulebook import refuse
from abst.values import instant


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment that is to be declared. taken: record dates taken so far; supply: at the record date.

    asset_kind: empty for one that is not listed.
    """

    token: str
    record_date: int
    taken: int
    supply: int
    amount: int
    asset: str
    asset_kind: str


@dataclass(frozen=True, slots=True)
class PayeeFacts:
    """Who would be paid for a holder: himself, or the successor of his lost wallet. wallet empty: there is none."""

    wallet: str
    known: bool = False
    blocked: bool = False
    evidence_until: int = 0
    suitability_until: int = 0


@dataclass(frozen=True, slots=True)
class FaceFacts:
    """What stands of a token's face, in token units. amount: what is to be recorded; maturity: a Unix second."""

    token: str
    now: int
    amount: int
    outstanding: int
    written_down: int
    maturity: int


Gate = Callable[[PaymentFacts], Refusal | None]
FaceGate = Callable[[FaceFacts], Refusal | None]


# ---- declaring


def record_date_taken(f: PaymentFacts) -> Refusal | None:
    """R-93: the record date fixes who is paid; it has been taken."""
    if 1 <= f.record_date <= f.taken:
        return None
    needed = f"1 to {f.taken}" if f.taken else "a record date that was taken; none was"
    return refuse(
        "R-93", "record-date-not-taken", found=f"record date {f.record_date}", needed=needed, where=f"token {f.token}"
    )


def somebody_held(f: PaymentFacts) -> Refusal | None:
    """R-93: somebody held at the record date."""
    if f.supply or not 1 <= f.record_date <= f.taken:
        return None
    return refuse("R-93", "nobody-to-pay", found="supply 0", needed="somebody who held", where=f"token {f.token}")


def something_paid(f: PaymentFacts) -> Refusal | None:
    """R-94: a payment brings at least one unit."""
    return something_asked(f.amount, f"token {f.token}")


def asset_listed(f: PaymentFacts) -> Refusal | None:
    """R-65: money settles only in an asset on the list."""
    if f.asset_kind:
        return None
    return refuse("R-65", "asset-not-listed", found="not listed", needed="a listed asset", where=f"asset {f.asset}")


DECLARE: tuple[Gate, ...] = (record_date_taken, somebody_held, something_paid, asset_listed)
OFF_CHAIN: tuple[Gate, ...] = (record_date_taken, somebody_held, something_paid)


def decide(facts: PaymentFacts) -> list[Refusal]:
    """Every reason against declaring a payment, its money apart."""
    return [refusal for gate in DECLARE if (refusal := gate(facts)) is not None]


def decide_off_chain(facts: PaymentFacts) -> list[Refusal]:
    """Every reason against recording a payment that was made outside the chain."""
    return [refusal for gate in OFF_CHAIN if (refusal := gate(facts)) is not None]


# ---- paying one holder


def why_waits(payee: PayeeFacts, holder: str, needs_evidence: bool, now: int) -> Refusal | None:
    """R-53, R-56, R-60, R-62: why a holder's money waits now, the first reason as the contract looks for it."""
    if not payee.wallet:
        return refuse(
            "R-62", "no-successor", found="the wallet is lost", needed="a recorded successor", where=f"holder {holder}"
        )
    if not payee.known:
        return refuse(
            "R-60", "payee-unknown", found="not in the registry", needed="an admitted wallet", where=_payee(payee)
        )
    if payee.blocked:
        return refuse("R-53, R-62", "payee-blocked", found="blocked", needed="not blocked", where=_payee(payee))
    until = min(payee.evidence_until, payee.suitability_until)
    if needs_evidence and now > until:
        found, needed = f"evidence and suitability good until {instant(until)}", f"good at {instant(now)}"
        return refuse("R-56", "evidence-expired", found=found, needed=needed, where=_payee(payee))
    return None


def _payee(payee: PayeeFacts) -> str:
    return f"payee {payee.wallet}"


def nothing_held(holder: str) -> Refusal:
    """R-93: who held nothing at the record date has no share; a later transfer changes nothing."""
    return refuse("R-93", "nothing-held", found="0 units", needed="a balance at the record date", where=_holder(holder))


def already_paid(holder: str) -> Refusal:
    """R-93: a holder is paid once."""
    return refuse("R-93", "already-paid", found="paid", needed="not paid yet", where=_holder(holder))


def payable_here(holder: str) -> Refusal:
    """R-93: the payee is who held; money goes elsewhere only when it cannot go to him."""
    found, needed = "can be paid now", "a holder whose money waits"
    return refuse("R-93", "payable-to-holder", found=found, needed=needed, where=_holder(holder))


def recorded_before(reference: str) -> Refusal:
    """R-94: a payment made outside the chain is recorded once."""
    return refuse(
        "R-94", "already-recorded", found="recorded before", needed="another reference", where=f"reference {reference}"
    )


def asset_failed(holder: str) -> Refusal:
    """R-65: the settlement asset did not move the money the last time."""
    found, needed = "the asset did not move the money", "an asset that pays"
    return refuse("R-65", "asset-failed", found=found, needed=needed, where=_holder(holder))


def _holder(holder: str) -> str:
    return f"holder {holder}"


# ---- amortisation


def something_recorded(f: FaceFacts) -> Refusal | None:
    """R-94: a record of principal or loss is of at least one unit."""
    if f.amount > 0:
        return None
    return refuse("R-94", "nothing-asked", found="0 units", needed="at least 1 unit", where=f"token {f.token}")


def within_outstanding(f: FaceFacts) -> Refusal | None:
    """R-90, R-94: neither more principal nor more loss than is outstanding."""
    if f.amount <= f.outstanding:
        return None
    found, needed = f"{f.amount} units", f"at most {f.outstanding} units outstanding"
    return refuse("R-90, R-94", "above-outstanding", found=found, needed=needed, where=f"token {f.token}")


def within_written_down(f: FaceFacts) -> Refusal | None:
    """R-90: never above what was written down."""
    if f.amount <= f.written_down:
        return None
    found, needed = f"{f.amount} units", f"at most {f.written_down} units written down"
    return refuse("R-90", "above-written-down", found=found, needed=needed, where=f"token {f.token}")


def before_maturity(f: FaceFacts) -> Refusal | None:
    """R-90: no loss is taken back after the filed maturity."""
    if f.now <= f.maturity:
        return None
    return refuse(
        "R-90",
        "after-maturity",
        found=instant(f.now),
        needed=f"at the latest {instant(f.maturity)}",
        where=f"token {f.token}",
    )


def nothing_owed(f: FaceFacts) -> Refusal | None:
    """R-90, R-94: tokens are retired once nothing is outstanding, and no loss can be taken back any more."""
    if not f.outstanding and (not f.written_down or f.now > f.maturity):
        return None
    found = f"{f.outstanding} units outstanding, {f.written_down} written down"
    needed = f"0 outstanding; with a loss, after {instant(f.maturity)}"
    return refuse("R-90, R-94", "still-outstanding", found=found, needed=needed, where=f"token {f.token}")


LOWER: tuple[FaceGate, ...] = (something_recorded, within_outstanding)
REVERSE: tuple[FaceGate, ...] = (something_recorded, within_written_down, before_maturity)
RETIRE: tuple[FaceGate, ...] = (nothing_owed,)


def decide_face(facts: FaceFacts, gates: tuple[FaceGate, ...]) -> list[Refusal]:
    """Every reason against a record of amortisation."""
    return [refusal for gate in gates if (refusal := gate(facts)) is not None]
