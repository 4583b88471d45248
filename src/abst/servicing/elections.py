"""What bears on a period and no servicer's report may say alone: a call that is used, a default that is declared.

A call is a right: the servicer's key elects it for a period, the trustee's confirms (R-92). A default is the trustee's
word, with a second officer's; it holds from its period on, and the deal's default steps with it (R-91).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.errors import Conflict
from abst.servicing import period_gates, period_tables, serviced
from abst.servicing.period_gates import ElectionFacts
from abst.servicing.period_tables import Election
from abst.values import instant

ELECT, DEFAULT = "period elect", "period default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elect:
    """Use a call of the deal in a period. evidence: the notice of whoever has the right."""

    officer: str
    request: str
    filing: str
    period: int
    call: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareDefault:
    """The trustee declares a default, from the next period on."""

    officer: str
    request: str
    filing: str
    evidence: Evidence


@once
def elect(office: Office, cmd: Elect) -> Result:
    """Propose that a call is used in a period (R-92). REPORTER; the trustee's key confirms. Raises Refused."""
    of = serviced.of(office, cmd.filing)
    stated = {"filing": of.filing, "period": cmd.period, "call": cmd.call, "evidence": cmd.evidence.as_dict()}
    act = Act(office, ELECT, cmd.request, {"officer": cmd.officer, **stated})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        facts = ElectionFacts(
            filing=of.filing,
            period=cmd.period,
            closed=period_tables.closed(session, of.filing),
            last=len(of.deal.payments),
            call=cmd.call,
            calls=tuple(of.deal.calls),
            elected=elected(session, of.filing, cmd.period),
        )
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind=ELECT,
        subject=f"{of.where}, period {cmd.period}",
        facts=stated,
        judged=[decisions.judge("call-election", period_gates.ELECT, facts)],
        role="reporter",
        checker_role="trustee",
    )


@once
def declare_default(office: Office, cmd: DeclareDefault) -> Result:
    """Propose that a default is declared (R-91). TRUSTEE; a checker confirms. Raises Conflict when one stands."""
    of = serviced.of(office, cmd.filing)
    content = {"officer": cmd.officer, "filing": of.filing, "evidence": cmd.evidence.as_dict()}
    act = Act(office, DEFAULT, cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        period = period_tables.closed(session, of.filing) + 1
        if default_declared(session, of.filing, period):
            raise Conflict("a default is declared already", found="declared", needed="none", where=of.where)
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind=DEFAULT,
        subject=of.where,
        facts={"filing": of.filing, "period": period, "evidence": cmd.evidence.as_dict()},
        role="trustee",
        checker_role="checker",
    )


def _elected(office: Office, session: Session, closing: Closing) -> None:
    """The row of an election; the period may have been closed meanwhile, and then nothing is written."""
    _write(session, closing, "call", str(closing.content["call"]))


def _declared(office: Office, session: Session, closing: Closing) -> None:
    _write(session, closing, "default", "")


def _write(session: Session, closing: Closing, kind: str, name: str) -> None:
    content = closing.content
    filing, period = str(content["filing"]), int(content["period"])
    closed = period_tables.closed(session, filing)
    if kind == "call" and closed >= period:
        needed = f"a period after {closed}"
        raise Conflict("the period was closed meanwhile", found=f"period {period}", needed=needed, where=filing)
    session.add(
        Election(
            filing=filing,
            period=max(period, closed + 1),
            kind=kind,
            name=name,
            evidence=content["evidence"]["sha256"],
            file_name=content["evidence"]["name"],
            proposal=str(closing.proposal),
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )


# ---- reading


def elected(session: Session, filing_id: str, period: int) -> tuple[str, ...]:
    """Calls that are to be used in a period, in their order."""
    query = select(Election.name).where(
        Election.filing == filing_id, Election.period == period, Election.kind == "call"
    )
    return tuple(session.scalars(query.order_by(Election.number)))


def default_declared(session: Session, filing_id: str, period: int) -> bool:
    """Whether a default declared by the trustee holds in a period."""
    query = select(Election.number).where(
        Election.filing == filing_id, Election.period <= period, Election.kind == "default"
    )
    return session.scalar(query.limit(1)) is not None


def rows(session: Session, filing_id: str) -> list[dict[str, Any]]:
    """Every election and declaration of a filing, in their order."""
    query = select(Election).where(Election.filing == filing_id).order_by(Election.number)
    return [
        {
            "period": row.period,
            "kind": row.kind,
            "call": row.name or None,
            "evidence": {"name": row.file_name, "sha256": row.evidence},
            "maker": row.maker,
            "checker": row.checker,
            "at": instant(row.at),
        }
        for row in session.scalars(query)
    ]


HANDLERS = {ELECT: Handler(done=_elected, approve=enter), DEFAULT: Handler(done=_declared, approve=enter)}
