"""Marketing (R-03, R-68): items let out by two officers, offshore alone; and leads of illegal conduct, reported on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.deal import Plan
from abst.decisions import judge
from abst.errors import Conflict, NotFound, Refused, UsageError
from abst.filing import gates, records
from abst.filing.gates import EFFECTIVE, MarketingFacts
from abst.filing.tables import Filing, Lead, MarketingItem
from abst.values import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeMarketing:
    """An item of marketing. places: countries where it is shown; audience: regimes it addresses.

    geo_block: how readers elsewhere are kept out.
    """

    officer: str
    request: str
    filing: str
    title: str
    channel: str
    places: tuple[str, ...]
    audience: tuple[str, ...]
    geo_block: str
    document: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLead:
    """A lead of illegal conduct: what was seen. The text names firms and addresses, never a person."""

    officer: str
    request: str
    about: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLead:
    """To whom a lead was reported, and under which reference."""

    officer: str
    request: str
    lead: int
    authority: str
    reference: str
    evidence: Evidence


# ---- items


@once
def propose(office: Office, cmd: ProposeMarketing) -> Result:
    """Propose an item (R-68); a second officer lets it out. MAKER. Raises Refused, UsageError for a nameless one."""
    if not cmd.title.strip() or not cmd.channel.strip():
        raise UsageError(
            "an item has a title and a channel", found=f"{cmd.title!r}, {cmd.channel!r}", where="marketing"
        )
    content: dict[str, Any] = {
        "officer": cmd.officer,
        "filing": cmd.filing,
        "title": cmd.title,
        "channel": cmd.channel,
        "places": sorted(set(cmd.places)),
        "audience": sorted(set(cmd.audience)),
        "geo_block": cmd.geo_block,
        "document": cmd.document.as_dict(),
    }
    act = Act(office, "marketing propose", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
        facts = _facts(office, session, filing, content)
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind="marketing propose",
        subject=f"filing {filing.id}",
        facts=content | {"filing": filing.id},
        judged=[judge("marketing", gates.MARKETING, facts)],
    )


def _facts(office: Office, session: Session, filing: Filing, content: dict[str, Any]) -> MarketingFacts:
    plan: Plan = records.current_plan(session, filing)
    bits = 0
    for terms in plan.terms:
        bits |= terms.regimes
    return MarketingFacts(
        filing=filing.id,
        state=filing.state,
        title=content["title"],
        places=tuple(content["places"]),
        onshore=office.rulebook.words("R-04", "denied"),
        audience=tuple(content["audience"]),
        regimes=office.rulebook.regime_codes(bits),
        geo_block=content["geo_block"],
    )


def _let_out(office: Office, session: Session, closing: Closing) -> None:
    """Judged again with the approval: a filing that left effective meanwhile is not promoted."""
    told = closing.content
    filing = records.get(session, told["filing"])
    refusals = gates.judge(gates.MARKETING, _facts(office, session, filing, told))
    if refusals:
        raise Refused(refusals)
    session.add(
        MarketingItem(
            filing=filing.id,
            title=told["title"],
            channel=told["channel"],
            audience=told["audience"],
            places=told["places"],
            geo_block=told["geo_block"],
            document=told["document"]["sha256"],
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )
    session.flush()


def list_items(office: Office, filing_id: str | None = None) -> list[dict[str, Any]]:
    """Items let out, of one filing or all; `live` while the filing is effective. Raises NotFound."""
    with office.store.read() as session:
        query = select(MarketingItem, Filing).join(Filing, Filing.id == MarketingItem.filing).order_by(MarketingItem.id)
        if filing_id is not None:
            query = query.where(MarketingItem.filing == records.get(session, filing_id).id)
        return [
            {
                "item": row.id,
                "filing": row.filing,
                "title": row.title,
                "channel": row.channel,
                "places": row.places,
                "audience": row.audience,
                "geo_block": row.geo_block,
                "document": row.document,
                "by": row.maker,
                "second": row.checker,
                "at": row.at,
                "live": filing.state == EFFECTIVE,
            }
            for row, filing in session.execute(query).all()
        ]


# ---- leads


@once
def lead(office: Office, cmd: RecordLead) -> Result:
    """Record a lead of illegal conduct (R-68); it waits to be reported. Any registrar. Raises UsageError when blank."""
    if not cmd.about.strip():
        raise UsageError("a lead says what was seen", found="nothing", needed="words", where="about")
    content = {"officer": cmd.officer, "about": cmd.about, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "marketing lead", cmd.request, content)
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "registrar") as desk:
        row = Lead(about=cmd.about, evidence=cmd.evidence.hash, actor=desk.actor, at=desk.at)
        desk.session.add(row)
        desk.session.flush()
        desk.audit(f"lead {row.id}", {"evidence": cmd.evidence.as_dict()})
        desk.result = _lead(row)
    return act.finish()


@once
def report(office: Office, cmd: ReportLead) -> Result:
    """Record that a lead was reported (R-68). REGISTRAR. Raises NotFound, Conflict when it was, UsageError."""
    if not cmd.authority.strip() or not cmd.reference.strip():
        found = f"{cmd.authority!r}, {cmd.reference!r}"
        raise UsageError("a lead goes to an authority under a reference", found=found, needed="both", where="report")
    content = {"officer": cmd.officer, "lead": cmd.lead, "authority": cmd.authority, "reference": cmd.reference}
    act = Act(office, "marketing report", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "registrar") as desk:
        row = desk.session.get(Lead, cmd.lead)
        if row is None:
            raise NotFound(
                "no such lead", found=str(cmd.lead), needed="a number of `abst marketing leads`", where="lead"
            )
        if row.reported_at is not None:
            found = instant(row.reported_at)
            raise Conflict("it was reported already", found=found, needed="an open lead", where=f"lead {row.id}")
        row.authority, row.reference = cmd.authority, cmd.reference
        row.report_evidence, row.reported_by, row.reported_at = cmd.evidence.hash, desk.actor, desk.at
        desk.session.flush()
        desk.audit(f"lead {row.id}", {**content, "evidence": cmd.evidence.as_dict()})
        desk.result = _lead(row)
    return act.finish()


def list_leads(office: Office) -> list[dict[str, Any]]:
    """All leads, oldest first."""
    with office.store.read() as session:
        return [_lead(row) for row in session.scalars(select(Lead).order_by(Lead.id))]


def _lead(row: Lead) -> dict[str, Any]:
    return {
        "lead": row.id,
        "about": row.about,
        "evidence": row.evidence,
        "by": row.actor,
        "at": row.at,
        "authority": row.authority,
        "reference": row.reference,
        "reported": row.reported_at,
    }


HANDLERS = {"marketing propose": Handler(done=_let_out, approve=enter)}
