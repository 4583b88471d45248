"""The filing desk: drafts a file, checks it, and records the authority's acts on it, each with its evidence.

The software never decides for the authority (rulebook section E). One key records, submits and suspends; making a
filing effective and resuming it take two (R-41). The filing's plan hash goes on the chain with its submission, and
from then on only that plan can be made (R-42).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from abst.chain import artifacts
from abst.chain.acts import Act, once
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.chain.words import FilingRecord
from abst.deal import Deal, Plan, offchain_hash, plan_hash
from abst.errors import NotAuthorised, Refusal, Refused, UsageError
from abst.filing import checks, records
from abst.filing.attachments import hashes
from abst.filing.dossier import Dossier
from abst.filing.states import Move, Status, move, refuse_move
from abst.filing.tables import Filing
from abst.rulebook import refuse
from abst.values import ZERO_HASH, Hash, file_digest, hash_of

SECONDS_A_WORKING_DAY = 7 * 86_400 // 5  # a bound in seconds for a number of working days, for the chain alone

EVENTS = {
    "supplement-requested": Status.SUPPLEMENT_REQUESTED,
    "supplement-answered": Status.SUBMITTED,
    "consultation": Status.CONSULTATION,
    "consultation-closed": Status.SUBMITTED,
    "refused": Status.REFUSED,
    "withdrawn": Status.WITHDRAWN,
    "lapsed": Status.LAPSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFiling:
    """Draft a filing from its dossier and deal, both YAML; filing is a fresh id of the registrar's choice.

    attachments: folder of the papers that the dossier names by path; they are verified, and only hashes are kept.
    """

    officer: str
    request: str
    filing: str
    dossier: bytes
    deal: bytes
    attachments: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    officer: str
    request: str
    filing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An act of the authority or the filer: event is a key of EVENTS. An answered supplement may change the file."""

    officer: str
    request: str
    filing: str
    event: str
    evidence: Evidence
    dossier: bytes | None = None
    deal: bytes | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithEvidence:
    """An act on a filing that stands on a document alone."""

    officer: str
    request: str
    filing: str
    evidence: Evidence
    note: str = ""


class MakeEffective(WithEvidence):
    """The maker schedules: the authority let the filing take effect (R-41)."""


class Suspend(WithEvidence):
    """The regulator suspends with one key; nothing is minted or transferred until two resume."""


class Resume(WithEvidence):
    """The maker schedules the end of a suspension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishNotice:
    """The public notice of the outcome (R-41): a record, never an endorsement (R-104)."""

    officer: str
    request: str
    filing: str
    uri: str
    number: str
    day: date
    evidence: Evidence


# ---- drafting and checking


@once
def new(office: Office, cmd: NewFiling) -> Result:
    """Store a draft with its plan hash. REGISTRAR. Raises UsageError on a malformed file, Conflict for a taken id."""
    content = _content(cmd) | {"dossier": file_digest(cmd.dossier), "deal": file_digest(cmd.deal)}
    act = Act(office, "filing new", cmd.request, content)
    if act.earlier:
        return act.again()
    dossier_text, deal_text = _text(cmd.dossier, "dossier"), _text(cmd.deal, "deal")
    _attached(dossier_text, cmd.attachments)
    plan = plan_of(office, dossier_text, deal_text)
    with act.writing(cmd.officer, "registrar") as desk:
        filing = records.create(
            desk.session,
            filing_id=cmd.filing,
            dossier_text=dossier_text,
            deal_text=deal_text,
            plan=plan,
            actor=desk.actor,
            at=desk.at,
        )
        desk.audit(f"filing {filing.id}", {"plan": plan_hash(plan), "version": filing.version})
        desk.result = _brief(filing) | {"plan_hash": plan_hash(plan), "tranches": len(plan.terms)}
    return act.finish()


@once
def revise(office: Office, cmd: NewFiling) -> Result:
    """Replace a draft's file by a corrected one; after submission only an answered supplement may (R-42)."""
    content = _content(cmd) | {"dossier": file_digest(cmd.dossier), "deal": file_digest(cmd.deal)}
    act = Act(office, "filing revise", cmd.request, content)
    if act.earlier:
        return act.again()
    dossier_text, deal_text = _text(cmd.dossier, "dossier"), _text(cmd.deal, "deal")
    _attached(dossier_text, cmd.attachments)
    plan = plan_of(office, dossier_text, deal_text)
    with act.writing(cmd.officer, "registrar") as desk:
        filing = records.get(desk.session, cmd.filing)
        if filing.state != Status.DRAFT:
            raise Refused([_plan_is_filed(filing)])
        records.add_version(
            desk.session,
            filing,
            dossier_text=dossier_text,
            deal_text=deal_text,
            plan=plan,
            actor=desk.actor,
            at=desk.at,
        )
        desk.audit(f"filing {filing.id}", {"plan": plan_hash(plan), "version": filing.version})
        desk.result = _brief(filing) | {"plan_hash": plan_hash(plan), "tranches": len(plan.terms)}
    return act.finish()


def check(office: Office, filing_id: str, attachments: Path | None = None) -> list[Refusal]:
    """Every refusal of the stored file (rulebook sections A to D); nothing is written. Raises NotFound."""
    with office.store.read() as session:
        version = records.current_version(session, records.get(session, filing_id))
    dossier, deal = Dossier.read(version.dossier), Deal.read(version.deal)
    found = None if attachments is None else hashes(dossier, attachments)
    return checks.check(dossier, office.rulebook, deal, found, made(office))


def check_file(
    office: Office, dossier: bytes, deal: bytes | None = None, attachments: Path | None = None
) -> list[Refusal]:
    """The same for files not stored yet, and for their attachments below a folder (R-24).

    Malformed fields are refusals too (R-25). Raises UsageError when no YAML, or for an attachment outside the folder.
    """
    try:
        read = Dossier.read(_text(dossier, "dossier"))
    except Refused as malformed:
        return list(malformed.refusals)
    terms = Deal.read(_text(deal, "deal")) if deal is not None else None
    found = None if attachments is None else hashes(read, attachments)
    return checks.check(read, office.rulebook, terms, found, made(office))


def made(office: Office) -> checks.Made:
    """The chain and the code from which tokens are made here: what a plan must name (R-29)."""
    return checks.Made(office.chain.chain_id, hash_of(token_code()))


def plan_of(office: Office, dossier_text: str, deal_text: str) -> Plan:
    """The plan that a dossier and its deal make on this chain with this code (R-29, R-42)."""
    dossier, deal = Dossier.read(dossier_text), Deal.read(deal_text)
    return Plan(
        chain_id=office.chain.chain_id,
        code_hash=hash_of(token_code()),
        terms=deal.terms(office.rulebook.regime_bits()),
        offchain=offchain_hash(deal.hash, dossier.digest),
    )


def token_code() -> bytes:
    """Creation code of the token without arguments, as compiled into this version."""
    return artifacts.load("SecurityToken").bytecode


# ---- the authority's acts


@once
def submit(office: Office, cmd: Submit) -> Result:
    """Submit the draft: its plan hash goes on the chain (R-24, R-29). REGISTRAR. Raises Refused with every defect."""
    act = Act(office, "filing submit", cmd.request, _content(cmd))
    if act.earlier:
        return act.again()
    defects = check(office, cmd.filing)
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
        plan = records.current_plan(session, filing)
    refused = [*defects, *_move_refusals(filing, Status.SUBMITTED)]
    if refused:
        facts = {"filing": filing.id, "version": filing.version, "plan": plan_hash(plan)}
        raise act.refuse(
            cmd.officer, "registrar", kind="filing submit", subject=f"filing {filing.id}", facts=facts, refusals=refused
        )
    within = office.rulebook.number("R-71", "days") * SECONDS_A_WORKING_DAY
    registry = office.contracts.registry
    with act.writing(cmd.officer, "registrar") as desk:
        data = registry.encode("recordFiling", filing.number, plan_hash(plan), len(plan.terms), within)
        desk.send("filing submit", registry.address, data)
        desk.audit(f"filing {filing.id}", {"plan": plan_hash(plan), "version": filing.version})
        desk.result = _brief(filing) | {"plan_hash": plan_hash(plan), "tranches": len(plan.terms), "state": "submitted"}
    return act.finish()


@once
def record(office: Office, cmd: Record) -> Result:
    """Record an act of the authority with its evidence (R-38 to R-40, R-42). REGISTRAR, one key.

    Raises UsageError for an unknown event, Refused for an illegal move.
    """
    if cmd.event not in EVENTS:
        raise UsageError("no such act on a filing", found=cmd.event, needed=", ".join(EVENTS), where="event")
    to = EVENTS[cmd.event]
    files = {"dossier": cmd.dossier, "deal": cmd.deal}
    content = _content(cmd) | {"event": cmd.event, "to": to.value, "note": cmd.note} | _evidence(cmd.evidence)
    content |= {name: file_digest(file) for name, file in files.items() if file is not None}
    act = Act(office, "filing record", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    step = _legal(act, cmd.officer, filing, to, cmd.event)
    registry = office.contracts.registry
    with act.writing(cmd.officer, step.role) as desk:
        filing = records.get(desk.session, cmd.filing)
        if cmd.event == "supplement-answered":
            plan = _answered_plan(office, desk.session, filing, cmd, desk.actor, desk.at)
            data = registry.encode(
                "recordSupplement", filing.number, plan_hash(plan), len(plan.terms), cmd.evidence.hash
            )
        else:
            data = registry.encode("recordStatus", filing.number, to.number, cmd.evidence.hash)
        if step.function is None:
            records.transition(
                desk.session, filing, to, actor=desk.actor, evidence=cmd.evidence.hash, at=desk.at, note=cmd.note
            )
        else:
            desk.send(f"filing {cmd.event}", registry.address, data)
        desk.audit(f"filing {filing.id}", {"event": cmd.event, "version": filing.version} | _evidence(cmd.evidence))
        desk.result = _brief(filing) | {"event": cmd.event, "state": to.value, "version": filing.version}
    return act.finish()


@once
def effective(office: Office, cmd: MakeEffective) -> Result:
    """Schedule that the filing takes effect; a second officer approves (R-41). MAKER."""
    return _two_keys(office, cmd, "filing effective", Status.EFFECTIVE, "makeEffective")


@once
def resume(office: Office, cmd: Resume) -> Result:
    """Schedule the end of a suspension; a second officer approves. MAKER."""
    return _two_keys(office, cmd, "filing resume", Status.EFFECTIVE, "resume")


@once
def suspend(office: Office, cmd: Suspend) -> Result:
    """Suspend at once: stopping takes one key (R-13). REGULATOR."""
    act = Act(
        office,
        "filing suspend",
        cmd.request,
        _content(cmd) | {"to": Status.SUSPENDED.value, "note": cmd.note} | _evidence(cmd.evidence),
    )
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    step = _legal(act, cmd.officer, filing, Status.SUSPENDED, "suspend")
    registry = office.contracts.registry
    with act.writing(cmd.officer, step.role) as desk:
        desk.send("filing suspend", registry.address, registry.encode("suspend", filing.number, cmd.evidence.hash))
        desk.audit(f"filing {filing.id}", _evidence(cmd.evidence))
        desk.result = _brief(filing) | {"state": "suspended"}
    return act.finish()


@once
def publish(office: Office, cmd: PublishNotice) -> Result:
    """Store number, day and address of the public notice with the hash of its text (R-41). REGISTRAR."""
    content = _content(cmd) | {"uri": cmd.uri, "number": cmd.number, "day": cmd.day.isoformat()}
    act = Act(office, "filing publish", cmd.request, content | _evidence(cmd.evidence))
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "registrar") as desk:
        filing = records.get(desk.session, cmd.filing)
        records.record_notice(
            desk.session, filing, number=cmd.number, day=cmd.day, uri=cmd.uri, sha256=cmd.evidence.hash
        )
        desk.audit(f"filing {filing.id}", {"number": cmd.number, "uri": cmd.uri} | _evidence(cmd.evidence))
        desk.result = _brief(filing) | {"notice": _notice(filing)}
    return act.finish()


# ---- reading


def show(office: Office, filing_id: str) -> dict[str, Any]:
    """One filing with its history, its plan and what the chain says of it. Raises NotFound."""
    with office.store.read() as session:
        filing = records.get(session, filing_id)
        version = records.current_version(session, filing)
        plan = Plan.from_dict(version.plan)
        history = [
            {
                "from": e.old,
                "to": e.new,
                "by": e.actor,
                "second": e.second,
                "evidence": e.evidence,
                "note": e.note,
                "at": e.at,
            }
            for e in records.events(session, filing.id)
        ]
        tranches = [
            {"tranche": t.number, "symbol": t.symbol, "name": t.name, "cap": str(t.cap), "token": t.token}
            for t in records.tranches(session, filing.id)
        ]
    word = FilingRecord.unpack(office.contracts.registry.read("filingOf", filing.number))
    return _brief(filing) | {
        "version": filing.version,
        "plan_hash": version.plan_hash,
        "dossier_digest": version.dossier_digest,
        "deal_hash": version.deal_hash,
        "code_hash": plan.code_hash,
        "tranches": tranches,
        "history": history,
        "notice": _notice(filing),
        "on_chain": {
            "status": word.status.name.lower().replace("_", "-"),
            "planned": word.planned,
            "made": word.made,
            "open_obligations": word.open_obligations,
            "overdue": word.overdue(office.now()),
            "issue_begun": word.issue_begun,
        },
    }


def list_filings(office: Office) -> list[dict[str, Any]]:
    """All filings in the order of their numbers."""
    with office.store.read() as session:
        return [_brief(filing) | {"version": filing.version} for filing in records.every(session)]


# ---- inside


def _two_keys(office: Office, cmd: WithEvidence, kind: str, to: Status, function: str) -> Result:
    facts = _content(cmd) | {"to": to.value, "note": cmd.note} | _evidence(cmd.evidence)
    act = Act(office, kind, cmd.request, facts)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    step = move(Status(filing.state), to)
    refusals = _move_refusals(filing, to)
    if step is not None and step.function != function:
        refusals = [_wrong_way(filing, function)]
    registry = office.contracts.registry
    data = registry.encode(function, filing.number, cmd.evidence.hash)
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind=kind,
        subject=f"filing {filing.id}",
        facts=facts | {"number": filing.number, "state": filing.state},
        # Asked only of a filing that may move: the desk's own refusal says more than the contract's.
        steps=[Step(registry.address, data, f"{function} of filing {filing.id}", certain=not refusals)],
        refusals=refusals,
    )


def _moved(office: Office, session: Session, closing: Closing) -> None:
    """The chain has recorded the move: so does the store, with both officers where two acted."""
    content = closing.content
    filing = records.get(session, content["filing"])
    to = Status(content.get("to", Status.SUBMITTED.value))
    if filing.state == to.value:
        return
    records.transition(
        session,
        filing,
        to,
        actor=closing.maker,
        second=closing.checker,
        evidence=Hash(content.get("evidence", {}).get("sha256", ZERO_HASH)),
        at=closing.at,
        note=content.get("note", ""),
        proposal=closing.proposal,
    )


def _legal(act: Act, officer: str, filing: Filing, to: Status, word: str) -> Move:
    refusals = _move_refusals(filing, to)
    step = move(Status(filing.state), to)
    if step is None or refusals:
        facts = {"filing": filing.id, "state": filing.state, "to": to.value}
        role = step.role if step else ("regulator" if to == Status.SUSPENDED else "registrar")
        raise act.refuse(
            officer, role, kind=f"filing {word}", subject=f"filing {filing.id}", facts=facts, refusals=refusals
        )
    if step.two_officers:
        raise NotAuthorised("this act takes two officers", found="one", needed="abst filing resume", where=filing.id)
    return step


def _move_refusals(filing: Filing, to: Status) -> list[Refusal]:
    refusal = refuse_move(Status(filing.state), to, where=f"filing {filing.id}")
    return [] if refusal is None else [refusal]


def _wrong_way(filing: Filing, function: str) -> Refusal:
    needed = "suspended, to be resumed" if function == "resume" else "submitted, to take effect"
    return refuse("R-41", "filing-move", found=filing.state, needed=needed, where=f"filing {filing.id}")


def _plan_is_filed(filing: Filing) -> Refusal:
    return refuse("R-42", "plan-fixed", found=filing.state, needed="draft", where=f"filing {filing.id}")


def _answered_plan(office: Office, session: Session, filing: Filing, cmd: Record, actor: str, at: int) -> Plan:
    """The plan of an answered supplement: of the new file if there is one, else as it was."""
    version = records.current_version(session, filing)
    if cmd.dossier is None and cmd.deal is None:
        return Plan.from_dict(version.plan)
    dossier = _text(cmd.dossier, "dossier") if cmd.dossier is not None else version.dossier
    deal = _text(cmd.deal, "deal") if cmd.deal is not None else version.deal
    defects = checks.check(Dossier.read(dossier), office.rulebook, Deal.read(deal), made=made(office))
    if defects:
        raise Refused(defects)
    plan = plan_of(office, dossier, deal)
    records.add_version(session, filing, dossier_text=dossier, deal_text=deal, plan=plan, actor=actor, at=at)
    return plan


def _attached(dossier_text: str, folder: Path | None) -> None:
    """The attachments are what the dossier says, where a folder of them is given. Raises Refused (R-24)."""
    if folder is None:
        return
    dossier = Dossier.read(dossier_text)
    differing = list(checks.attachments_agree(dossier, hashes(dossier, folder)))
    if differing:
        raise Refused(differing)


def _content(cmd: Any) -> dict[str, Any]:
    return {"officer": cmd.officer, "filing": cmd.filing}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"evidence": evidence.as_dict()}


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8 text", found=str(error), where=where) from None


def _brief(filing: Filing) -> dict[str, Any]:
    return {"filing": filing.id, "number": filing.number, "title": filing.title, "state": filing.state}


def _notice(filing: Filing) -> dict[str, Any] | None:
    if filing.notice_number is None:
        return None
    return {
        "number": filing.notice_number,
        "day": filing.notice_date,
        "uri": filing.notice_uri,
        "sha256": filing.notice_hash,
    }


HANDLERS = {
    "filing submit": Handler(done=_moved),
    "filing record": Handler(done=_moved),
    "filing suspend": Handler(done=_moved),
    "filing effective": Handler(done=_moved),
    "filing resume": Handler(done=_moved),
}
