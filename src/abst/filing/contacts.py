"""Contacts with the authority about a filing, kept in a log (R-36), and documents that go abroad (R-80, R-82)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.decisions import judge
from abst.errors import UsageError
from abst.filing import clock, gates, records
from abst.filing.clock import ContactFacts, Happened
from abst.filing.gates import ExportFacts
from abst.filing.tables import Contact, Export, Filing


@dataclass(frozen=True, slots=True, kw_only=True)
class LogContact:
    """A contact with the authority. party: the office spoken with, never a person's name; about: what."""

    officer: str
    request: str
    filing: str
    party: str
    about: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDocuments:
    """Documents for a receiver abroad. consent, assessment: references; personal: personal or important data inside."""

    officer: str
    request: str
    filing: str
    receiver: str
    consent: str
    assessment: str
    personal: bool
    evidence: Evidence


@once
def contact(office: Office, cmd: LogContact) -> Result:
    """Record a contact (R-36). REGISTRAR. In the silent period it is recorded all the same, with a warning."""
    if not cmd.party.strip() or not cmd.about.strip():
        raise UsageError("a contact is with somebody about something", found=f"{cmd.party!r}, {cmd.about!r}")
    content = {"officer": cmd.officer, "filing": cmd.filing, "party": cmd.party, "about": cmd.about}
    act = Act(office, "filing contact", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "registrar") as desk:
        filing = records.get(desk.session, cmd.filing)
        said = clock.out_of_silence(ContactFacts(filing.id, desk.at, history(desk.session, filing.id)))
        row = Contact(
            filing=filing.id,
            party=cmd.party,
            about=cmd.about,
            evidence=cmd.evidence.hash,
            silent=said is not None,
            actor=desk.actor,
            at=desk.at,
        )
        desk.session.add(row)
        desk.session.flush()
        if said is not None:
            desk.warnings = (str(said),)
        desk.audit(f"filing {filing.id}", {"contact": row.id, "silent": row.silent, "evidence": cmd.evidence.as_dict()})
        desk.result = _contact(row)
    return act.finish()


@once
def export(office: Office, cmd: ExportDocuments) -> Result:
    """Record that documents go abroad (R-80, R-82). REGISTRAR. Raises Refused without consent, or assessment."""
    if not cmd.receiver.strip():
        raise UsageError("documents go to somebody", found="nobody", needed="a receiver", where="to")
    content: dict[str, Any] = {
        "officer": cmd.officer,
        "filing": cmd.filing,
        "receiver": cmd.receiver,
        "consent": cmd.consent,
        "assessment": cmd.assessment,
        "personal": cmd.personal,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "filing export", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    judged = judge(
        "export", gates.EXPORT, ExportFacts(filing.id, cmd.receiver, cmd.consent, cmd.assessment, cmd.personal)
    )
    subject = f"filing {filing.id}"
    if judged.refusals:
        raise act.refuse(
            cmd.officer, "registrar", kind="filing export", subject=subject, facts=content, refusals=(), judged=[judged]
        )
    with act.writing(cmd.officer, "registrar") as desk:
        row = Export(
            filing=filing.id,
            receiver=cmd.receiver,
            consent=cmd.consent,
            assessment=cmd.assessment,
            personal=cmd.personal,
            evidence=cmd.evidence.hash,
            actor=desk.actor,
            at=desk.at,
        )
        desk.session.add(row)
        desk.session.flush()
        desk.audit(subject, {"export": row.id, **content})
        desk.result = _export(row)
    return act.finish()


# ---- reading


def history(session: Session, filing_id: str) -> tuple[Happened, ...]:
    """The filing's acts as the clock counts them."""
    return tuple(Happened(event.new, event.at) for event in records.events(session, filing_id))


def list_contacts(office: Office, filing_id: str) -> list[dict[str, Any]]:
    """The contacts of a filing, oldest first. Raises NotFound."""
    with office.store.read() as session:
        return [_contact(row) for row in session.scalars(_of(Contact, records.get(session, filing_id)))]


def list_exports(office: Office, filing_id: str) -> list[dict[str, Any]]:
    """The documents of a filing that went abroad, oldest first. Raises NotFound."""
    with office.store.read() as session:
        return [_export(row) for row in session.scalars(_of(Export, records.get(session, filing_id)))]


def _of(table: Any, filing: Filing) -> Any:
    return select(table).where(table.filing == filing.id).order_by(table.id)


def _contact(row: Contact) -> dict[str, Any]:
    return {
        "contact": row.id,
        "filing": row.filing,
        "with": row.party,
        "about": row.about,
        "evidence": row.evidence,
        "silent": row.silent,
        "by": row.actor,
        "at": row.at,
    }


def _export(row: Export) -> dict[str, Any]:
    return {
        "export": row.id,
        "filing": row.filing,
        "to": row.receiver,
        "consent": row.consent,
        "assessment": row.assessment,
        "personal": row.personal,
        "evidence": row.evidence,
        "by": row.actor,
        "at": row.at,
    }
