"""Small writes and questions about filings; each takes the caller's session, so that one act is one transaction."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst import audit
from abst.deal import Deal, Plan, plan_hash
from abst.errors import Conflict, NotFound, Refused, UsageError
from abst.filing.dossier import Dossier
from abst.filing.states import PENDING, Status, move, refuse_move
from abst.filing.tables import DocumentRow, Filing, FilingEvent, FilingVersion, Link, TrancheRow
from abst.rulebook import refuse
from abst.values import ZERO_HASH, Address, Hash


def create(
    session: Session, *, filing_id: str, dossier_text: str, deal_text: str, plan: Plan, actor: str, at: int
) -> Filing:
    """Record a draft with its first version. Raises Conflict when the id is taken, UsageError on a malformed file."""
    if session.get(Filing, filing_id) is not None:
        raise Conflict("a filing has this id already", found=filing_id, needed="another id", where="filing")
    number = (session.scalar(select(func.max(Filing.number))) or 0) + 1
    title = Dossier.read(dossier_text).filing.title
    filing = Filing(id=filing_id, number=number, title=title, state=Status.DRAFT.value, version=0, created_at=at)
    session.add(filing)
    session.flush()
    _event(session, filing, None, Status.DRAFT, actor=actor, evidence=plan_hash(plan), at=at)
    add_version(session, filing, dossier_text=dossier_text, deal_text=deal_text, plan=plan, actor=actor, at=at)
    return filing


def add_version(
    session: Session, filing: Filing, *, dossier_text: str, deal_text: str, plan: Plan, actor: str, at: int
) -> FilingVersion:
    """Store a new version; only a draft or a file under supplement may change (R-42). Raises Refused otherwise."""
    state = Status(filing.state)
    if state not in {Status.DRAFT, Status.SUPPLEMENT_REQUESTED}:
        needed = "draft or supplement-requested; a changed plan is a new filing"
        raise Refused([refuse("R-42", "plan-fixed", found=state.value, needed=needed, where=filing.id)])
    dossier, deal = Dossier.read(dossier_text), Deal.read(deal_text)
    filing.version += 1
    filing.title = dossier.filing.title
    version = FilingVersion(
        filing=filing.id,
        version=filing.version,
        dossier=dossier_text,
        dossier_digest=dossier.digest,
        deal=deal_text,
        deal_hash=deal.hash,
        plan=plan.as_dict(),
        plan_hash=plan_hash(plan),
        actor=actor,
        at=at,
    )
    session.add(version)
    _tranches(session, filing, plan)
    for document in dossier.documents or ():
        session.add(
            DocumentRow(
                filing=filing.id,
                version=filing.version,
                code=document.code,
                title=document.title,
                sha256=document.sha256,
                at=at,
            )
        )
    session.flush()
    return version


def _tranches(session: Session, filing: Filing, plan: Plan) -> None:
    for row in tranches(session, filing.id):
        session.delete(row)
    session.flush()
    for number, terms in enumerate(plan.terms):
        session.add(TrancheRow(filing=filing.id, number=number, symbol=terms.symbol, name=terms.name, cap=terms.cap))


def get(session: Session, filing_id: str) -> Filing:
    """A filing by its id, or by its number on chain written in digits. Raises NotFound."""
    filing = session.get(Filing, filing_id)
    if filing is None and filing_id.isascii() and filing_id.isdigit():
        filing = session.scalar(select(Filing).where(Filing.number == int(filing_id)))
    if filing is None:
        known = ", ".join(session.scalars(select(Filing.id).order_by(Filing.number).limit(20))) or "none yet"
        raise NotFound("no such filing", found=filing_id, needed=f"one of: {known}", where="filing")
    return filing


def every(session: Session) -> list[Filing]:
    return list(session.scalars(select(Filing).order_by(Filing.number)))


def transition(
    session: Session,
    filing: Filing,
    to: Status,
    *,
    actor: str,
    evidence: Hash,
    at: int,
    second: str | None = None,
    note: str = "",
    proposal: str | None = None,
) -> FilingEvent:
    """Move a filing and record the act. Raises Refused when the move is illegal, lacks evidence, or its second officer.

    The officers' roles are the caller's to check (`states.move(...).role`).
    """
    old = Status(filing.state)
    step = move(old, to)
    refusals = [refuse_move(old, to, where=filing.id)]
    if step is not None and step.two_officers and (second is None or second == actor):
        found = f"maker {actor}, checker {second or 'none'}"
        refusals.append(
            refuse(step.rule, "second-officer-missing", found=found, needed="two different officers", where=filing.id)
        )
    if step is not None and step.function != "recordFiling" and evidence == ZERO_HASH:
        needed = "hash of the authority's document"
        refusals.append(refuse(step.rule, "evidence-missing", found="none", needed=needed, where=filing.id))
    stands = [refusal for refusal in refusals if refusal is not None]
    if stands:
        raise Refused(stands)
    filing.state = to.value
    if old == Status.EFFECTIVE:
        _detach_firms(session, filing.id, to, actor, at)
    return _event(
        session, filing, old, to, actor=actor, second=second, evidence=evidence, note=note, proposal=proposal, at=at
    )


def _detach_firms(session: Session, filing_id: str, to: Status, actor: str, at: int) -> None:
    """Every firm leaves a filing that is effective no more (R-66); each leaving is an entry of the log."""
    query = select(Link).where(Link.filing == filing_id, Link.detached_at.is_(None)).order_by(Link.id)
    for row in session.scalars(query).all():
        row.detached_at, row.detached_by, row.reason = at, actor, f"filing {to.value}"
        session.flush()
        facts = {"filing": filing_id, "link": row.id, "reason": row.reason, "rule": "R-66"}
        subject = f"provider {row.provider}"
        audit.append(session, actor=actor, act="provider detached", subject=subject, at=at, facts=facts)


def _event(
    session: Session,
    filing: Filing,
    old: Status | None,
    new: Status,
    *,
    actor: str,
    evidence: str,
    at: int,
    second: str | None = None,
    note: str = "",
    proposal: str | None = None,
) -> FilingEvent:
    event = FilingEvent(
        filing=filing.id,
        old=None if old is None else old.value,
        new=new.value,
        version=filing.version,
        actor=actor,
        second=second,
        evidence=evidence,
        note=note,
        proposal=proposal,
        at=at,
    )
    session.add(event)
    session.flush()
    return event


def events(session: Session, filing_id: str) -> list[FilingEvent]:
    return list(session.scalars(select(FilingEvent).where(FilingEvent.filing == filing_id).order_by(FilingEvent.id)))


def current_version(session: Session, filing: Filing) -> FilingVersion:
    version = session.get(FilingVersion, (filing.id, filing.version))
    if version is None:
        raise NotFound("the filing has no version", found=str(filing.version), needed="a stored one", where=filing.id)
    return version


def current_plan(session: Session, filing: Filing) -> Plan:
    """The plan of the filing's current version."""
    return Plan.from_dict(current_version(session, filing).plan)


def record_notice(session: Session, filing: Filing, *, number: str, day: date, uri: str, sha256: Hash) -> None:
    """Store the public notice of the outcome (R-41). Refused while the outcome is open, UsageError when blank."""
    if Status(filing.state) in PENDING | {Status.DRAFT}:
        needed = "a decided filing"
        raise Refused([refuse("R-41", "notice-too-early", found=filing.state, needed=needed, where=filing.id)])
    if not number.strip() or not uri.strip():
        raise UsageError("a notice needs its number and address", found=f"{number!r}, {uri!r}", where="notice")
    filing.notice_number, filing.notice_date = number, day.isoformat()
    filing.notice_uri, filing.notice_hash = uri, sha256
    session.flush()


def tranches(session: Session, filing_id: str) -> list[TrancheRow]:
    rows = select(TrancheRow).where(TrancheRow.filing == filing_id).order_by(TrancheRow.number)
    return list(session.scalars(rows))


def attach_token(session: Session, filing_id: str, number: int, token: Address, at: int) -> TrancheRow:
    """Record a tranche's address once made; the same again changes nothing, another is a Conflict."""
    row = session.get(TrancheRow, (filing_id, number))
    if row is None:
        raise NotFound("no such tranche", found=str(number), needed="a tranche of the plan", where=filing_id)
    if row.token not in (None, token):
        raise Conflict("the tranche has a token already", found=str(row.token), needed=token, where=filing_id)
    if row.token is None:
        row.token, row.created_at = token, at
        session.flush()
    return row


def tranche_by(session: Session, word: str) -> TrancheRow:
    """A tranche by token address, symbol, or ``filing:number``. NotFound; UsageError when the symbol is shared."""
    filing_id, _, number = word.rpartition(":")
    if filing_id and number.isdigit():
        row = session.get(TrancheRow, (get(session, filing_id).id, int(number)))
        if row is not None:
            return row
    rows = list(session.scalars(select(TrancheRow).where((TrancheRow.token == word) | (TrancheRow.symbol == word))))
    if len(rows) > 1:
        raise UsageError("several filings have this symbol", found=word, needed="FILING:NUMBER", where="token")
    if not rows:
        known = ", ".join(session.scalars(select(TrancheRow.symbol).limit(20))) or "none yet"
        raise NotFound(
            "no such token", found=word, needed=f"an address, FILING:NUMBER, or one of: {known}", where="token"
        )
    return rows[0]


def documents(session: Session, filing: Filing) -> list[DocumentRow]:
    rows = select(DocumentRow).where(DocumentRow.filing == filing.id, DocumentRow.version == filing.version)
    return list(session.scalars(rows.order_by(DocumentRow.id)))
