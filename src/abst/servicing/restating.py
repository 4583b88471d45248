"""A corrected report of a closed period: a new entry by two officers, never an edit (R-83).

What was closed stays closed, on chain and here. The corrected report becomes the period's standing one, so that the
next opens at its pool; the differences of its flows enter the inputs of the next period, net and never below zero, and
what cannot enter yet waits for the one after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.deal import Deal
from abst.servicing import importing, period_gates, period_tables, report_tables, serviced
from abst.servicing.period_gates import RestateFacts
from abst.servicing.period_tables import Close, Restatement, Submission
from abst.servicing.serviced import Serviced
from abst.values import instant

KIND = "period restate"
FLOWS = ("principal", "interest", "recoveries", "other", "defaults", "pool_month_openings")
MONTHS, FIRST_MONTH = "pool_month_", "pool_month_1"  # the pool at the start of each month collected


@dataclass(frozen=True, slots=True, kw_only=True)
class Restate:
    """report: the corrected file of a closed period; evidence: why it was corrected; the tape and its mapping as in an
    import."""

    officer: str
    request: str
    filing: str
    period: int
    report: Evidence
    evidence: Evidence
    tape: Evidence | None = None
    map_name: str = ""
    map_file: Evidence | None = None


@once
def restate(office: Office, cmd: Restate) -> Result:
    """Propose a corrected report of a closed period (R-83). REPORTER; the trustee's key confirms.

    All checks of an import run on the file. Raises Refused with every reason, NotFound, UsageError.
    """
    of, mapped = serviced.of(office, cmd.filing), importing.mapped_by(cmd.map_name, cmd.map_file)
    asked = {
        "filing": of.filing,
        "period": cmd.period,
        "file": cmd.report.as_dict(),
        "tape": cmd.tape.hash if cmd.tape else None,
        "map": cmd.map_file.hash if cmd.map_file else cmd.map_name,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, KIND, cmd.request, {"officer": cmd.officer, **asked})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        seen = importing.examine(office, session, of.filing, cmd.report, cmd.tape, mapped, restating=cmd.period)
        stands = report_tables.latest(session, of.filing, cmd.period)
        closed = period_tables.closed(session, of.filing)
    judged = [seen.judged] if seen.judged else []
    fields: dict[str, Any] = {}
    differences: dict[str, int] = {}
    if not seen.refusals:
        fields, told = importing.fields_of(seen), dict(stands.inputs) if stands else {}
        differences = _differences(of.deal, told, fields["inputs"])
        facts = RestateFacts(
            filing=of.filing,
            period=cmd.period,
            closed=closed,
            stands=stands.digest if stands else "",
            corrected=fields["digest"],
            differences=sum(told.get(name) != value for name, value in fields["inputs"].items()),
        )
        judged = [*judged, decisions.judge("restatement", period_gates.RESTATE, facts)]
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind=KIND,
        subject=f"{of.where}, period {cmd.period}",
        facts=asked | {"differences": {name: str(value) for name, value in differences.items()}, "report": fields},
        refusals=seen.problems,
        judged=judged,
        role="reporter",
        checker_role="trustee",
    )


def _differences(deal: Deal, stands: Mapping[str, int], corrected: Mapping[str, int]) -> dict[str, int]:
    """By how much each flow was told too low; months of the pool are told of the first month that follows."""
    flows = {*FLOWS, *(f"input.{name}" for name, own in deal.inputs.items() if own.unit == "money")}
    found: dict[str, int] = defaultdict(int)
    for name in deal.compiled.inputs:
        by = int(corrected.get(name, 0)) - int(stands.get(name, 0))
        if name in flows:
            found[name] += by
        elif name.startswith(MONTHS):
            found[FIRST_MONTH] += by
    return {name: by for name, by in found.items() if by}


def _restated(office: Office, session: Session, closing: Closing) -> None:
    """The corrected report becomes the standing one, and its differences wait for the next period."""
    content = closing.content
    report = importing.keep_fields(
        session,
        content["report"],
        request=closing.request,
        officer=closing.maker,
        decision=_decision_of(session, closing),
        at=closing.at,
    )
    session.add(
        Restatement(
            filing=str(content["filing"]),
            period=int(content["period"]),
            report=report.digest,
            version=report.version,
            differences={name: int(value) for name, value in content["differences"].items()},
            evidence=content["evidence"]["sha256"],
            proposal=str(closing.proposal),
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )


def _decision_of(session: Session, closing: Closing) -> str:
    return str(decisions.get(session, str(closing.proposal)).decision)


# ---- what enters the next period


def entering(session: Session, of: Serviced, figures: Mapping[str, int]) -> dict[str, int]:
    """What corrections change of the next period's inputs: net, and no input falls below zero."""
    left = remaining(session, of.filing)
    changes = {name: max(by, -figures.get(name, 0)) for name, by in left.items()}
    return {name: by for name, by in changes.items() if by}


def remaining(session: Session, filing_id: str) -> dict[str, int]:
    """Differences of all corrections that no closed period has taken up yet."""
    left: dict[str, int] = defaultdict(int)
    for differences in session.scalars(select(Restatement.differences).where(Restatement.filing == filing_id)):
        for name, by in differences.items():
            left[name] += by
    if left:
        taken = select(Submission.restated).join(Close, Close.submission == Submission.request)
        for entered in session.scalars(taken.where(Close.filing == filing_id)):
            for name, by in entered.items():
                left[name] -= by
    return {name: by for name, by in left.items() if by}


def rows(session: Session, filing_id: str, period: int = 0) -> list[dict[str, Any]]:
    """Corrections of a filing's reports, of one period or of all, in their order."""
    query = select(Restatement).where(Restatement.filing == filing_id).order_by(Restatement.number)
    if period:
        query = query.where(Restatement.period == period)
    return [
        {
            "number": row.number,
            "period": row.period,
            "report": row.report,
            "version": row.version,
            "differences": {name: str(by) for name, by in row.differences.items()},
            "evidence": row.evidence,
            "maker": row.maker,
            "checker": row.checker,
            "at": instant(row.at),
        }
        for row in session.scalars(query)
    ]


HANDLERS = {KIND: Handler(done=_restated, approve=enter)}
