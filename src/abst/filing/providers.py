"""Service providers (R-63, R-66, R-67): the vendor register, who serves which filing, reviews and their own reports.

A firm is attached only while the filing is effective, and leaves it in the very transaction in which the filing does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.calendars import months_after
from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.decisions import judge
from abst.errors import Conflict, NotFound, UsageError
from abst.filing import gates, records
from abst.filing.gates import ProviderFacts
from abst.filing.tables import Filing, Link, Provider, Report, Review
from abst.values import day_of, last_second_of

ASSESSMENT, AUDIT = "risk-assessment", "audit"
RUNS_CODE = "technology"  # the kind of firm whose audit must name the filed code


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterProvider:
    """A firm for the vendor register. provider: a fresh id; kind: as R-66 names them; country: ISO 3166-1."""

    officer: str
    request: str
    provider: str
    name: str
    kind: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewProvider:
    """A review of a firm. kind: risk-assessment or audit; code_hash: the code audited, empty for the other kind."""

    officer: str
    request: str
    provider: str
    kind: str
    done_on: date
    evidence: Evidence
    code_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """A firm begins to serve a filing; evidence: its mandate."""

    officer: str
    request: str
    provider: str
    filing: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Detach:
    """A firm serves a filing no more."""

    officer: str
    request: str
    provider: str
    filing: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOf:
    """A report that a firm made to its authority on its service to a filing."""

    officer: str
    request: str
    provider: str
    filing: str
    authority: str
    reference: str
    day: date
    evidence: Evidence


# ---- the vendor register


@once
def register(office: Office, cmd: RegisterProvider) -> Result:
    """Enter a firm into the vendor register (R-63). REGISTRAR. Raises UsageError for another kind, Conflict."""
    kinds = office.rulebook.words("R-66", "kinds")
    if cmd.kind not in kinds:
        raise UsageError("no such kind of firm", found=cmd.kind, needed=", ".join(kinds), where="kind")
    if not cmd.provider.strip() or not cmd.name.strip() or len(cmd.country) != 2:
        found = f"{cmd.provider!r}, {cmd.name!r}, {cmd.country!r}"
        raise UsageError("a firm has an id, a name and a country", found=found, needed="such as acme, Acme, HK")
    content = {"officer": cmd.officer, "provider": cmd.provider, "name": cmd.name, "kind": cmd.kind}
    act = Act(office, "provider register", cmd.request, content | {"country": cmd.country})
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "registrar") as desk:
        if desk.session.get(Provider, cmd.provider) is not None:
            raise Conflict("a firm has this id already", found=cmd.provider, needed="another id", where="provider")
        row = Provider(id=cmd.provider, name=cmd.name, kind=cmd.kind, country=cmd.country, actor=desk.actor, at=desk.at)
        desk.session.add(row)
        desk.session.flush()
        desk.audit(f"provider {row.id}", {"kind": row.kind, "country": row.country})
        desk.result = _firm(row)
    return act.finish()


@once
def review(office: Office, cmd: ReviewProvider) -> Result:
    """Record a risk assessment of a firm, or an audit of the code it runs (R-63). REGISTRAR. Raises UsageError."""
    if cmd.kind not in (ASSESSMENT, AUDIT) or (cmd.kind == AUDIT) != bool(cmd.code_hash):
        needed = f"{ASSESSMENT} alone, or {AUDIT} with the code it is of"
        raise UsageError("no such review", found=f"{cmd.kind} {cmd.code_hash}".strip(), needed=needed, where="kind")
    content = {"officer": cmd.officer, "provider": cmd.provider, "review": cmd.kind, "code": cmd.code_hash}
    content |= {"done_on": cmd.done_on.isoformat()}
    act = Act(office, "provider review", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    if cmd.done_on > office.day():
        raise UsageError("a review is of the past", found=str(cmd.done_on), needed=f"by {office.day()}", where="date")
    with act.writing(cmd.officer, "registrar") as desk:
        firm = get(desk.session, cmd.provider)
        desk.session.add(
            Review(
                provider=firm.id,
                kind=cmd.kind,
                done_on=cmd.done_on.isoformat(),
                code_hash=cmd.code_hash,
                evidence=cmd.evidence.hash,
                actor=desk.actor,
                at=desk.at,
            )
        )
        desk.audit(f"provider {firm.id}", {**content, "evidence": cmd.evidence.as_dict()})
        desk.result = {
            "provider": firm.id,
            "review": cmd.kind,
            "done_on": cmd.done_on.isoformat(),
            "code_hash": cmd.code_hash or None,
        }
    return act.finish()


# ---- service to a filing


@once
def attach(office: Office, cmd: Attach) -> Result:
    """Attach a firm to an effective filing (R-63, R-66). REGISTRAR. Raises Refused, NotFound."""
    content = {"officer": cmd.officer, "provider": cmd.provider, "filing": cmd.filing}
    act = Act(office, "provider attach", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing, firm = records.get(session, cmd.filing), get(session, cmd.provider)
        judged = judge("provider", gates.ATTACH, _facts(office, session, filing, firm, act.at))
    subject = f"provider {firm.id}"
    if judged.refusals:
        raise act.refuse(
            cmd.officer,
            "registrar",
            kind="provider attach",
            subject=subject,
            facts=content,
            refusals=(),
            judged=[judged],
        )
    with act.writing(cmd.officer, "registrar") as desk:
        row = Link(
            provider=firm.id,
            filing=filing.id,
            evidence=cmd.evidence.hash,
            actor=desk.actor,
            attached_at=desk.at,
        )
        desk.session.add(row)
        desk.session.flush()
        desk.audit(subject, {"filing": filing.id, "link": row.id, "evidence": cmd.evidence.as_dict()})
        desk.result = _link(office, desk.session, row, firm)
    return act.finish()


@once
def detach(office: Office, cmd: Detach) -> Result:
    """End a firm's service to a filing (R-66); a change of party is then to be reported (R-73). REGISTRAR."""
    if not cmd.reason.strip():
        raise UsageError("a firm leaves for a reason", found="none", needed="words for the record", where="reason")
    content = {"officer": cmd.officer, "provider": cmd.provider, "filing": cmd.filing, "reason": cmd.reason}
    act = Act(office, "provider detach", cmd.request, content)
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "registrar") as desk:
        filing, firm = records.get(desk.session, cmd.filing), get(desk.session, cmd.provider)
        row = _open_link(desk.session, firm.id, filing.id)
        row.detached_at, row.detached_by, row.reason = desk.at, desk.actor, cmd.reason
        desk.session.flush()
        desk.audit(f"provider {firm.id}", {"filing": filing.id, "link": row.id, "reason": cmd.reason})
        desk.result = _link(office, desk.session, row, firm)
    return act.finish()


@once
def report(office: Office, cmd: ReportOf) -> Result:
    """Record that a firm reported its business to its authority (R-67). REGISTRAR. Raises NotFound: not attached."""
    if not cmd.authority.strip() or not cmd.reference.strip():
        found = f"{cmd.authority!r}, {cmd.reference!r}"
        raise UsageError("a report goes to an authority under a reference", found=found, needed="both", where="report")
    content = {"officer": cmd.officer, "provider": cmd.provider, "filing": cmd.filing, "authority": cmd.authority}
    content |= {"reference": cmd.reference, "day": cmd.day.isoformat()}
    act = Act(office, "provider report", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "registrar") as desk:
        filing, firm = records.get(desk.session, cmd.filing), get(desk.session, cmd.provider)
        row = _open_link(desk.session, firm.id, filing.id)
        desk.session.add(
            Report(
                link=row.id,
                authority=cmd.authority,
                reference=cmd.reference,
                day=cmd.day.isoformat(),
                evidence=cmd.evidence.hash,
                actor=desk.actor,
                at=desk.at,
            )
        )
        desk.session.flush()
        desk.audit(f"provider {firm.id}", {**content, "evidence": cmd.evidence.as_dict()})
        desk.result = _link(office, desk.session, row, firm)
    return act.finish()


# ---- reading


def get(session: Session, provider: str) -> Provider:
    """A firm of the vendor register. Raises NotFound."""
    row = session.get(Provider, provider)
    if row is None:
        known = ", ".join(session.scalars(select(Provider.id).order_by(Provider.id).limit(20))) or "none yet"
        raise NotFound("no such firm", found=provider, needed=f"one of: {known}", where="provider")
    return row


def links(office: Office, session: Session) -> list[dict[str, Any]]:
    """Every service to a filing, with the firm and when its next report is due; oldest first."""
    query = select(Link, Provider).join(Provider, Provider.id == Link.provider).order_by(Link.id)
    return [_link(office, session, link, firm) for link, firm in session.execute(query).all()]


def list_providers(office: Office) -> list[dict[str, Any]]:
    """The vendor register: each firm with its reviews and its services."""
    with office.store.read() as session:
        served = links(office, session)
        return [
            _firm(row)
            | {
                "assessed_until": _assessed_until(office, session, row.id) or None,
                "audited": list(_audited(session, row.id)),
                "services": [link for link in served if link["provider"] == row.id],
            }
            for row in session.scalars(select(Provider).order_by(Provider.id)).all()
        ]


# ---- parts


def _facts(office: Office, session: Session, filing: Filing, firm: Provider, now: int) -> ProviderFacts:
    plan = records.current_plan(session, filing)
    attached = select(Link.id).where(Link.provider == firm.id, Link.filing == filing.id, Link.detached_at.is_(None))
    return ProviderFacts(
        filing=filing.id,
        now=now,
        state=filing.state,
        provider=firm.id,
        kind=firm.kind,
        attached=session.scalar(attached) is not None,
        assessed_until=_assessed_until(office, session, firm.id),
        code_hash=plan.code_hash if firm.kind == RUNS_CODE else "",
        audited=_audited(session, firm.id),
    )


def _assessed_until(office: Office, session: Session, provider: str) -> int:
    """Last good second of the newest risk assessment, 0 when there is none."""
    query = select(Review.done_on).where(Review.provider == provider, Review.kind == ASSESSMENT)
    newest = session.scalar(query.order_by(Review.done_on.desc()).limit(1))
    if newest is None:
        return 0
    months = office.rulebook.number("R-63", "review_months")
    return last_second_of(months_after(date.fromisoformat(newest), months), office.zone)


def _audited(session: Session, provider: str) -> tuple[str, ...]:
    query = select(Review.code_hash).where(Review.provider == provider, Review.kind == AUDIT)
    return tuple(sorted(set(session.scalars(query))))


def _open_link(session: Session, provider: str, filing: str) -> Link:
    query = select(Link).where(Link.provider == provider, Link.filing == filing, Link.detached_at.is_(None))
    row = session.scalar(query)
    if row is None:
        raise NotFound("this firm does not serve this filing", found=f"{provider}, {filing}", where="provider")
    return row


def _report_due(office: Office, session: Session, row: Link) -> int | None:
    """Last second by which the firm reports again: so many months after its last report, or after it was attached."""
    if row.detached_at is not None:
        return None
    last = session.scalar(select(Report.day).where(Report.link == row.id).order_by(Report.day.desc()).limit(1))
    since = day_of(row.attached_at, office.zone) if last is None else date.fromisoformat(last)
    return last_second_of(months_after(since, office.rulebook.number("R-67", "report_months")), office.zone)


def _firm(row: Provider) -> dict[str, Any]:
    return {"provider": row.id, "name": row.name, "kind": row.kind, "country": row.country}


def _link(office: Office, session: Session, row: Link, firm: Provider) -> dict[str, Any]:
    reports = select(Report).where(Report.link == row.id).order_by(Report.id)
    return {
        "provider": firm.id,
        "kind": firm.kind,
        "filing": row.filing,
        "attached": row.attached_at,
        "detached": row.detached_at,
        "reason": row.reason,
        "report_due": _report_due(office, session, row),
        "reports": [
            {"authority": r.authority, "reference": r.reference, "day": r.day, "evidence": r.evidence}
            for r in session.scalars(reports).all()
        ],
    }
