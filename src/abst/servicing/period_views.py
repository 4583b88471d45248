"""Periods as people are shown them: payment reports, the list of periods, the trigger log, an investor's statement.

JSON-able: amounts and factors as text of digits, in the smallest unit; days as ISO dates.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from abst.chain.office import Office
from abst.deal.running import Outcome
from abst.deal.watching import Watched, watched
from abst.servicing import elections, period_tables, report_tables, restating, serviced, statements
from abst.servicing.period_tables import Close, PeriodDate, PeriodPayment, Servicing, Submission, TriggerRow
from abst.servicing.periods import Computed
from abst.servicing.serviced import Serviced
from abst.values import instant, last_second_of

RATE = 12  # decimals of a rate


def computed(found: Computed) -> dict[str, Any]:
    """The payment report of a period that is not closed yet."""
    return _head(found.of, found.period, found.late, found.report) | {
        "state": "open",
        "mode": found.outcome.mode if found.outcome else "",
        "inputs": {name: str(value) for name, value in zip(found.of.deal.compiled.inputs, found.inputs, strict=True)},
        "restated": {name: str(by) for name, by in found.restated.items()},
        **_body(found.of, found.outcome, found.triggers),
        "inputs_hash": found.inputs_hash,
        "result": found.result or None,
        "refusals": len(found.judged.refusals),
    }


def show(office: Office, filing_id: str, period: int) -> dict[str, Any]:
    """The payment report of a closed period, who closed it, its payments and later corrections. Raises NotFound."""
    told = statements.distribution(office, filing_id, period)
    return _head(told.of, period, told.late, told.proofs["report"]) | {
        "state": "closed",
        "mode": told.outcome.mode,
        "inputs": {name: str(value) for name, value in told.figures.items()},
        "restated": {name: str(by) for name, by in told.restated.items()},
        **_body(told.of, told.outcome, watched(told.of.deal, told.outcome)),
        "inputs_hash": told.proofs["inputs"],
        "result": told.proofs["result"],
        "servicer": told.servicer,
        "trustee": told.trustee,
        "closed_at": instant(told.closed_at),
        "taken_record_date": told.record_date or None,
        "payments": dict(sorted(told.payments.items())),
        "corrections": list(told.corrections),
        "elections": list(told.elections),
    }


def _head(of: Serviced, period: int, late: bool, report: str) -> dict[str, Any]:
    dates = of.payment(period)
    return {
        "filing": of.filing,
        "period": period,
        "collection_from": dates.collection_from.isoformat(),
        "collection_to": dates.collection_to.isoformat(),
        "determination_date": dates.determination_date.isoformat(),
        "record_date": dates.record_date.isoformat(),
        "payment_date": dates.date.isoformat(),
        "estimated": dates.estimated,
        "currency": of.deal.currency,
        "settlement": of.deal.paid_in.currency,
        "report": report or None,
        "late": late,
    }


def _body(of: Serviced, outcome: Outcome | None, triggers: tuple[Watched, ...]) -> dict[str, Any]:
    """Steps, classes, accounts, fees, tests and triggers of a run; empty where it did not run."""
    if outcome is None:
        return {name: [] for name in ("steps", "classes", "accounts", "fees", "tests", "triggers")}
    return {
        "steps": [
            {"step": one.step, "kind": one.kind, "due": str(one.due), "paid": str(one.paid), "words": one.words}
            for one in outcome.steps
        ],
        "classes": [_class(of, outcome, name) for name in outcome.classes],
        "accounts": [
            {
                "account": name,
                "opening": str(one.opening),
                "received": str(one.received + one.moved_in),
                "paid": str(one.paid),
                "closing": str(one.closing),
            }
            for name, one in outcome.accounts.items()
        ],
        "fees": [
            {"fee": name, "accrued": str(one.accrued), "paid": str(one.paid), "owed": str(one.owed)}
            for name, one in outcome.fees.items()
        ],
        "tests": [{"test": name, "holds": holds} for name, holds in outcome.tests.items()],
        "triggers": [
            {
                "trigger": one.trigger,
                "before": one.before,
                "holds": one.after,
                "value": one.value,
                "threshold": one.bound,
            }
            for one in triggers
        ],
    }


def _class(of: Serviced, outcome: Outcome, name: str) -> dict[str, Any]:
    one, tranche = outcome.classes[name], of.deal.tranche(name)
    return {
        "class": name,
        "symbol": tranche.token.symbol if tranche.token else None,
        "rate": f"{one.rate // 10**RATE}.{one.rate % 10**RATE:0{RATE}d}",
        "opening": str(one.opening),
        "interest_due": str(one.due),
        "interest": str(one.interest),
        "principal": str(one.principal),
        "residual": str(one.residual),
        "written_down": str(one.written_down),
        "closing": str(one.closing),
        "payable": str(one.payable),
    }


def listed(office: Office, filing_id: str) -> list[dict[str, Any]]:
    """Every period that has come up: closed ones, and the one that is next, with what stands of it."""
    of = serviced.of(office, filing_id)
    with office.store.read() as session:
        closed = {row.period: row for row in session.scalars(select(Close).where(Close.filing == of.filing))}
        dates = {row.period for row in session.scalars(select(PeriodDate).where(PeriodDate.filing == of.filing))}
        paid: dict[int, int] = {}
        for row in session.scalars(select(PeriodPayment).where(PeriodPayment.filing == of.filing)):
            paid[row.period] = paid.get(row.period, 0) + 1
        submitted = {row.period for row in session.scalars(select(Submission).where(Submission.filing == of.filing))}
        reports = {row.period: row for row in report_tables.reports(session, of.filing)}
    made: list[dict[str, Any]] = []
    for number in range(1, min(len(closed) + 1, len(of.deal.payments)) + 1):
        close, report = closed.get(number), reports.get(number)
        state = "closed" if close else "submitted" if number in submitted else "reported" if report else "open"
        made.append(
            {
                "period": number,
                "collection_to": of.payment(number).collection_to.isoformat(),
                "payment_date": of.payment(number).date.isoformat(),
                "state": state,
                "late": bool(report and report.late),
                "payable": str(sum(close.payable)) if close else None,
                "record_date": number in dates,
                "payments": paid.get(number, 0),
            }
        )
    return made


def due(office: Office, until: int) -> list[tuple[str, str, int, str]]:
    """What periods wait for until a second: kind, what, when it is due, and whose it is."""
    with office.store.read() as session:
        filings = list(session.scalars(select(Servicing.filing).order_by(Servicing.filing)))
    found: list[tuple[str, str, int, str]] = []
    for filing in filings:
        of = serviced.of(office, filing)
        for row in listed(office, filing):
            dates, what = of.payment(row["period"]), f"period {row['period']} of {filing}"
            determined = last_second_of(dates.determination_date, of.deal.zone)
            paid = last_second_of(dates.date, of.deal.zone)
            match row["state"]:
                case "open":
                    found.append(("period", f"{what}: the servicer's report", determined, "reporter"))
                case "reported":
                    found.append(("period", f"{what}: to be submitted", determined, "reporter"))
                case "submitted":
                    found.append(("period", f"{what}: to be confirmed", determined, "trustee"))
                case _ if row["payable"] != "0" and not row["payments"]:
                    found.append(("period", f"{what}: payments to be opened", paid, "payer"))
    return [row for row in found if row[2] <= until]


def triggers(office: Office, filing_id: str, *, changed: bool = False) -> list[dict[str, Any]]:
    """The trigger log of a filing (R-91); changed: entries alone where a trigger was met or cured."""
    of = serviced.of(office, filing_id)
    query = select(TriggerRow).where(TriggerRow.filing == of.filing).order_by(TriggerRow.period, TriggerRow.trigger)
    if changed:
        query = query.where(TriggerRow.changed.is_(True))
    with office.store.read() as session:
        return [
            {
                "period": row.period,
                "trigger": row.trigger,
                "holds": row.holds,
                "changed": row.changed,
                "value": row.value,
                "threshold": row.threshold,
                "day": row.day,
                "at": instant(row.at),
            }
            for row in session.scalars(query)
        ]


def bearing(office: Office, filing_id: str) -> dict[str, Any]:
    """What bears on periods besides their reports: elections, corrections, and what of them waits for the next one."""
    of = serviced.of(office, filing_id)
    with office.store.read() as session:
        return {
            "filing": of.filing,
            "closed": period_tables.closed(session, of.filing),
            "elections": elections.rows(session, of.filing),
            "corrections": restating.rows(session, of.filing),
            "waiting": {name: str(by) for name, by in restating.remaining(session, of.filing).items()},
        }


def statement(office: Office, investor: str, at: int = 0) -> dict[str, Any]:
    """An investor's statement. Raises NotFound, UsageError."""
    told = statements.statement(office, investor, at)
    return {
        "investor": told.investor,
        "at": instant(told.at),
        "wallets": list(told.wallets),
        "holdings": [
            {
                "token": one.token.symbol,
                "units": str(one.units),
                "factor": _places(one.factor),
                "outstanding": str(one.outstanding),
                "locked": str(one.locked),
                "frozen": str(one.frozen),
            }
            for one in told.holdings
        ],
        "payments": [_paid(one) for one in told.payments],
        "factors": [
            {"period": one.period, "day": one.day, "factors": {name: _places(f) for name, f in one.factors.items()}}
            for one in told.factors
        ],
        "tax_words": told.tax_words,
    }


def _paid(one: statements.PaidFigures) -> dict[str, Any]:
    return {
        "payment": one.payment,
        "period": one.period or None,
        "token": one.token.symbol,
        "wallet": one.wallet,
        "record": instant(one.record),
        "paid_at": instant(one.paid_at) if one.paid_at else None,
        "asset": one.asset,
        "currency": one.currency,
        "gross": str(one.gross),
        "tax": str(one.tax),
        "net": str(one.net),
        "state": one.state,
        "why": one.why or None,
    }


def _places(factor: int) -> str:
    return f"{factor // 10**RATE}.{factor % 10**RATE:0{RATE}d}"
