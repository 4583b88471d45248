"""The ledger of raised money (R-99, R-100): raised into registered accounts, remitted, used as filed, or kept.

Each movement is recorded once and never changed; an error is undone by its reversal. At the end of each month what the
ledger keeps in every account must be what the bank's statement says, to the last unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst.calendars import load, months_after
from abst.cash import repatriation_gates as gates
from abst.cash.repatriation_gates import NO_STATEMENT, RAISED, REMITTED, USED, AccountMonth, AccountTerms, FiledUse
from abst.cash.tables import FxMonth, FxMovement
from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.decisions import judge
from abst.errors import Conflict, NotFound, UsageError
from abst.filing import fx, records
from abst.filing.dossier import Dossier
from abst.filing.tables import Filing
from abst.values import last_second_of

KINDS = (RAISED, REMITTED, USED)
REVERSED = "reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMovement:
    """A movement of raised money. amount: smallest units; receiver: of a remittance; purpose: of a use.

    arrived: what came into the receiver, in its currency; 0 for the same amount.
    """

    officer: str
    request: str
    filing: str
    kind: str
    account: str
    amount: int
    currency: str
    day: date
    evidence: Evidence
    receiver: str = ""
    arrived: int = 0
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """Undo a movement that was recorded in error."""

    officer: str
    request: str
    filing: str
    movement: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """A month (YYYY-MM) with the balance of each account by the bank's statement, in smallest units."""

    officer: str
    request: str
    filing: str
    month: str
    stated: Mapping[str, int]
    evidence: Evidence


# ---- acts


@once
def record(office: Office, cmd: RecordMovement) -> Result:
    """Record a movement (R-99 to R-101). PAYER. Raises UsageError for an unknown kind or a day to come, Refused."""
    _check_words(office, cmd)
    content: dict[str, Any] = {
        "officer": cmd.officer,
        "filing": cmd.filing,
        "movement": cmd.kind,
        "account": cmd.account,
        "receiver": cmd.receiver,
        "amount": str(cmd.amount),
        "currency": cmd.currency,
        "arrived": str(_arrived(cmd)),
        "day": cmd.day.isoformat(),
        "purpose": cmd.purpose,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "fx record", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
        judged = judge("fx-movement", gates.MOVEMENT, _facts(office, session, filing, cmd, act.at))
        _check_open(session, filing.id, cmd.day)
    subject = f"filing {filing.id}"
    if judged.refusals:
        raise act.refuse(
            cmd.officer, "payer", kind="fx record", subject=subject, facts=content, refusals=(), judged=[judged]
        )
    with act.writing(cmd.officer, "payer") as desk:
        row = FxMovement(
            filing=filing.id,
            kind=cmd.kind,
            account=cmd.account,
            receiver=cmd.receiver,
            amount=cmd.amount,
            currency=cmd.currency,
            arrived=_arrived(cmd),
            day=cmd.day.isoformat(),
            purpose=cmd.purpose,
            evidence=cmd.evidence.hash,
            actor=desk.actor,
            at=desk.at,
        )
        desk.session.add(row)
        desk.session.flush()
        desk.audit(subject, {"ledger": row.id, **content})
        desk.result = _shown(row)
    return act.finish()


def _arrived(cmd: RecordMovement) -> int:
    return (cmd.arrived or cmd.amount) if cmd.kind == REMITTED else 0


def _check_words(office: Office, cmd: RecordMovement) -> None:
    if cmd.kind not in KINDS:
        raise UsageError("no such movement", found=cmd.kind, needed=", ".join(KINDS), where="kind")
    if cmd.amount <= 0:
        raise UsageError("nothing moves", found=str(cmd.amount), needed="at least 1 unit", where="amount")
    if bool(cmd.receiver) != (cmd.kind == REMITTED) or bool(cmd.purpose) != (cmd.kind == USED):
        found = f"receiver {cmd.receiver!r}, use {cmd.purpose!r}"
        raise UsageError("this movement is told otherwise", found=found, needed="remitted --to, used --use", where="fx")
    if cmd.day > office.day():
        raise UsageError("a movement is of the past", found=str(cmd.day), needed=f"by {office.day()}", where="date")


def _facts(office: Office, session: Session, filing: Filing, cmd: RecordMovement, now: int) -> gates.MovementFacts:
    version = records.current_version(session, filing)
    dossier = Dossier.read(version.dossier)
    currency = str(version.plan["terms"][0]["currency"])
    told = fx.standing_of(
        fx.registrations(session, filing, dossier, office.zone), office.rulebook.words("R-97", "kinds"), currency, now
    )
    movements = _movements(session, filing.id)
    in_plan = [movement for movement in standing(movements) if movement.currency == currency]
    return gates.MovementFacts(
        filing=filing.id,
        kind=cmd.kind,
        account=cmd.account,
        receiver=cmd.receiver,
        amount=cmd.amount,
        currency=cmd.currency,
        arrived=_arrived(cmd),
        purpose=cmd.purpose,
        accounts=accounts_of(dossier),
        balance=balances(movements).get(cmd.account, 0),
        uses=uses_of(dossier),
        used=sum(m.amount for m in in_plan if m.kind == USED and m.purpose == cmd.purpose),
        raised=sum(m.amount for m in in_plan if m.kind == RAISED),
        quota=told.quota,
        plan_currency=currency,
    )


@once
def reverse(office: Office, cmd: Reverse) -> Result:
    """Undo a movement recorded in error (R-100), from today where its month is reconciled. PAYER.

    Raises NotFound, Conflict when it is undone already.
    """
    content = {"officer": cmd.officer, "filing": cmd.filing, "movement": cmd.movement}
    act = Act(office, "fx reverse", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "payer") as desk:
        filing = records.get(desk.session, cmd.filing)
        old = desk.session.get(FxMovement, cmd.movement)
        if old is None or old.filing != filing.id or old.kind == REVERSED:
            raise NotFound("no such movement", found=str(cmd.movement), needed="a number of `abst fx ledger`")
        if old.id not in {row.id for row in standing(_movements(desk.session, filing.id))}:
            raise Conflict("it is undone already", found=str(old.id), needed="a standing one", where=filing.id)
        last = _last_month(desk.session, filing.id)
        row = FxMovement(
            filing=filing.id,
            kind=REVERSED,
            account=old.account,
            receiver=old.receiver,
            amount=old.amount,
            currency=old.currency,
            arrived=old.arrived,
            day=office.day().isoformat() if last is not None and old.day[:7] <= last else old.day,
            purpose="",
            reverses=old.id,
            evidence=cmd.evidence.hash,
            actor=desk.actor,
            at=desk.at,
        )
        desk.session.add(row)
        desk.session.flush()
        desk.audit(f"filing {filing.id}", {"ledger": row.id, "reverses": old.id, "evidence": cmd.evidence.as_dict()})
        desk.result = _shown(row)
    return act.finish()


@once
def reconcile(office: Office, cmd: Reconcile) -> Result:
    """Reconcile a month with the statements, to the last unit (R-100). PAYER. Raises UsageError, Refused."""
    end = _end_of(cmd.month)
    stated = {account: str(amount) for account, amount in sorted(cmd.stated.items())}
    content: dict[str, Any] = {"officer": cmd.officer, "filing": cmd.filing, "month": cmd.month, "stated": stated}
    content |= {"evidence": cmd.evidence.as_dict()}
    act = Act(office, "fx reconcile", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
        until = [row for row in _movements(session, filing.id) if row.day <= end.isoformat()]
        known = session.scalar(select(FxMonth.id).where(FxMonth.filing == filing.id, FxMonth.month == cmd.month))
    kept = balances(until)
    months = tuple(
        AccountMonth(account, kept.get(account, 0), cmd.stated.get(account, NO_STATEMENT))
        for account in sorted({*kept, *cmd.stated})
    )
    facts = gates.MonthFacts(filing.id, cmd.month, end < office.day(), known is not None, months)
    judged = judge("fx-month", gates.MONTH, facts)
    subject = f"filing {filing.id}"
    if judged.refusals:
        raise act.refuse(
            cmd.officer, "payer", kind="fx reconcile", subject=subject, facts=content, refusals=(), judged=[judged]
        )
    with act.writing(cmd.officer, "payer") as desk:
        row = FxMonth(
            filing=filing.id,
            month=cmd.month,
            kept={account: str(amount) for account, amount in sorted(kept.items())},
            last_movement=max((movement.id for movement in until), default=0),
            evidence=cmd.evidence.hash,
            actor=desk.actor,
            at=desk.at,
        )
        desk.session.add(row)
        desk.audit(subject, content)
        desk.result = {"filing": filing.id, "month": cmd.month, **_totals(until)}
    return act.finish()


def _check_open(session: Session, filing: str, day: date) -> None:
    """Raises Conflict when the day's month is reconciled: nothing is written into it any more."""
    last = _last_month(session, filing)
    if last is not None and day.isoformat()[:7] <= last:
        raise Conflict("that month is reconciled", found=day.isoformat(), needed=f"a day after {last}", where=filing)


def _last_month(session: Session, filing: str) -> str | None:
    return session.scalar(select(func.max(FxMonth.month)).where(FxMonth.filing == filing))


# ---- reading


def ledger(office: Office, filing_id: str) -> dict[str, Any]:
    """All movements of a filing, the totals, what each account keeps, and the months reconciled. Raises NotFound."""
    with office.store.read() as session:
        filing = records.get(session, filing_id)
        movements = _movements(session, filing.id)
        query = select(FxMonth).where(FxMonth.filing == filing.id).order_by(FxMonth.month)
        months = [{"month": row.month, "kept": row.kept, "at": row.at} for row in session.scalars(query)]
    return {
        "filing": filing.id,
        **_totals(movements),
        "movements": [_shown(row) for row in movements],
        "months": months,
    }


def due(office: Office) -> list[tuple[str, str, int]]:
    """Past months with money in the ledger that are not reconciled: filing, month, last second to do it (R-100)."""
    book, today = office.rulebook, office.day()
    calendar = load(str(book.setting("R-37", "calendar")))
    found: list[tuple[str, str, int]] = []
    with office.store.read() as session:
        for filing in records.every(session):
            first = session.scalar(select(func.min(FxMovement.day)).where(FxMovement.filing == filing.id))
            done = set(session.scalars(select(FxMonth.month).where(FxMonth.filing == filing.id)))
            month = date.fromisoformat(first).replace(day=1) if first else today
            while (end := months_after(month, 1) - timedelta(days=1)) < today:
                if month.isoformat()[:7] not in done:
                    last = calendar.add(end, book.number("R-100", "days")).latest
                    found.append((filing.id, month.isoformat()[:7], last_second_of(last, office.zone)))
                month = months_after(month, 1)
    return found


def accounts_of(dossier: Dossier) -> tuple[AccountTerms, ...]:
    """The registered accounts that the file names (R-99)."""
    accounts = dossier.money.accounts if dossier.money else ()
    return tuple(AccountTerms(account.id, account.currency, account.registration) for account in accounts)


def uses_of(dossier: Dossier) -> tuple[FiledUse, ...]:
    """The uses that were filed (R-100)."""
    return tuple(FiledUse(use.code, use.amount) for use in dossier.money.uses) if dossier.money else ()


def standing(movements: Iterable[FxMovement]) -> list[FxMovement]:
    """Movements that were not undone."""
    rows = list(movements)
    undone = {row.reverses for row in rows}
    return [row for row in rows if row.kind != REVERSED and row.id not in undone]


def balances(movements: Iterable[FxMovement]) -> dict[str, int]:
    """What each account keeps: raised into it and remitted to it, less remitted from it and used."""
    kept: dict[str, int] = {}
    for row in standing(movements):
        sign = 1 if row.kind == RAISED else -1
        kept[row.account] = kept.get(row.account, 0) + sign * row.amount
        if row.kind == REMITTED:
            kept[row.receiver] = kept.get(row.receiver, 0) + row.arrived
    return kept


def _totals(movements: Iterable[FxMovement]) -> dict[str, Any]:
    rows = standing(movements)
    sums: dict[str, Any] = {
        kind: {
            currency: str(sum(row.amount for row in rows if (row.kind, row.currency) == (kind, currency)))
            for currency in sorted({row.currency for row in rows if row.kind == kind})
        }
        for kind in KINDS
    }
    return sums | {"kept": {account: str(amount) for account, amount in sorted(balances(rows).items())}}


def _movements(session: Session, filing: str) -> list[FxMovement]:
    return list(session.scalars(select(FxMovement).where(FxMovement.filing == filing).order_by(FxMovement.id)))


def _end_of(month: str) -> date:
    """Last day of a month. Raises UsageError."""
    try:
        return months_after(date.fromisoformat(f"{month}-01"), 1) - timedelta(days=1)
    except ValueError:
        raise UsageError("not a month", found=repr(month), needed="YYYY-MM", where="month") from None


def _shown(row: FxMovement) -> dict[str, Any]:
    return {
        "movement": row.id,
        "filing": row.filing,
        "kind": row.kind,
        "account": row.account,
        "to": row.receiver,
        "amount": str(row.amount),
        "currency": row.currency,
        "arrived": str(row.arrived),
        "day": row.day,
        "use": row.purpose,
        "reverses": row.reverses,
        "evidence": row.evidence,
        "by": row.actor,
    }
