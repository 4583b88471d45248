"""Prohibitions that arise after the filing (R-13), re-tests under a new list (R-22), renewed opinions (R-35).

One key records a break, and nothing is minted from that moment; two officers clear it, re-test, or renew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.calendars import load
from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.decisions import judge, officers
from abst.errors import Conflict, NotFound, UsageError
from abst.filing import gates, records
from abst.filing.dossier import Dossier
from abst.filing.gates import Answered, PaperFacts, RetestFacts
from abst.filing.states import FINAL, Status
from abst.filing.tables import Filing, Finding, Renewal, Retest
from abst.values import day_of, file_digest, instant, last_second_of, shallow

MATERIAL_RISK = 2  # the chain's number of that kind of disclosure
ITEMS = ("R-14", "R-15", "R-16", "R-17", "R-18", "R-19", "R-20", "R-21")  # of the negative list, section C
OPINIONS = ("mainland-law", "offshore-law")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ineligible:
    """A prohibition has arisen. rule: R-07 to R-12, or an item of the negative list R-14 to R-21."""

    officer: str
    request: str
    filing: str
    rule: str
    evidence: Evidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """A break is over. finding: its number, as `abst filing standing` lists it."""

    officer: str
    request: str
    filing: str
    finding: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RetestFiling:
    """Answers given again: YAML with `list_version` and `answers`, each {rule, answer, basis}.

    The file is known by its hash alone, as evidence is; only list, rules and answers are stored.
    """

    officer: str
    request: str
    filing: str
    answers: bytes
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewOpinion:
    """A later opinion of counsel. kind: mainland-law or offshore-law; good_until: its last good day."""

    officer: str
    request: str
    filing: str
    kind: str
    good_until: date
    evidence: Evidence


def rules_needed(office: Office) -> tuple[str, ...]:
    """Every prohibition and every item of the negative list, to be answered in a re-test."""
    return tuple(dict.fromkeys((*office.rulebook.words("R-07", "prohibitions"), *ITEMS)))


# ---- a break


@once
def ineligible(office: Office, cmd: Ineligible) -> Result:
    """Record a break: mints stop at once, and a report of material risk falls due (R-13, R-72). REGISTRAR or DISCLOSER.

    With a discloser's key the obligation is opened on the chain in the same act. Raises UsageError for another rule,
    Conflict when it is broken already or the filing has ended.
    """
    if cmd.rule not in rules_needed(office):
        raise UsageError("no prohibition", found=cmd.rule, needed=", ".join(rules_needed(office)), where="rule")
    content = {"officer": cmd.officer, "filing": cmd.filing, "rule": cmd.rule, "note": cmd.note}
    act = Act(office, "filing ineligible", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
        roles = set(officers.get(session, cmd.officer).roles)
        known = [row.id for row in open_findings(session, filing.id) if row.rule == cmd.rule]
    if known or Status(filing.state) in FINAL:
        found = f"finding {known[0]} is open" if known else filing.state
        raise Conflict("nothing new", found=found, needed="a live filing without this break", where=filing.id)
    role = next((role for role in ("discloser", "registrar") if role in roles), "registrar")
    due = _due(office, act.at)
    registry = office.contracts.registry
    with act.writing(cmd.officer, role) as desk:
        row = Finding(
            filing=filing.id,
            rule=cmd.rule,
            evidence=cmd.evidence.hash,
            note=cmd.note,
            actor=desk.actor,
            at=desk.at,
        )
        desk.session.add(row)
        desk.session.flush()
        opens = role == "discloser" and filing.state != Status.DRAFT
        if opens:
            data = registry.encode("openObligation", filing.number, MATERIAL_RISK, due, 0, 0)
            desk.send("obligation", registry.address, data)
        desk.audit(f"filing {filing.id}", {"finding": row.id, "rule": cmd.rule, "evidence": cmd.evidence.as_dict()})
        desk.result = _finding(row) | {"report_due": due, "obligation": opens}
    return act.finish()


def _due(office: Office, at: int) -> int:
    """Last second of the first day on which the report may be due: the chain holds one moment, so the strictest."""
    book = office.rulebook
    calendar = load(str(book.setting("R-37", "calendar")))
    due = calendar.add(day_of(at, office.zone), book.number("R-72", "days"))
    return last_second_of(due.earliest, office.zone)


@once
def eligible(office: Office, cmd: Eligible) -> Result:
    """Propose that a break is over (R-13); a second officer clears it. MAKER. Raises NotFound, Conflict."""
    content = {"officer": cmd.officer, "filing": cmd.filing, "finding": cmd.finding}
    act = Act(office, "filing eligible", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        row = _open_finding(session, records.get(session, cmd.filing), cmd.finding)
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind="filing eligible",
        subject=f"filing {row.filing}",
        facts={
            "officer": cmd.officer,
            "filing": row.filing,
            "finding": row.id,
            "rule": row.rule,
            "evidence": cmd.evidence.as_dict(),
        },
    )


def _cleared(office: Office, session: Session, closing: Closing) -> None:
    told = closing.content
    row = _open_finding(session, records.get(session, told["filing"]), told["finding"])
    row.cleared_at, row.clear_evidence = closing.at, told["evidence"]["sha256"]
    row.clear_maker, row.clear_checker = closing.maker, closing.checker
    session.flush()


def _open_finding(session: Session, filing: Filing, number: int) -> Finding:
    row = session.get(Finding, number)
    if row is None or row.filing != filing.id:
        raise NotFound(
            "no such finding", found=str(number), needed="a number of `abst filing standing`", where="finding"
        )
    if row.cleared_at is not None:
        raise Conflict(
            "it is cleared already", found=instant(row.cleared_at), needed="an open finding", where=filing.id
        )
    return row


def open_findings(session: Session, filing_id: str) -> list[Finding]:
    """Breaks that are not cleared, oldest first."""
    query = select(Finding).where(Finding.filing == filing_id, Finding.cleared_at.is_(None))
    return list(session.scalars(query.order_by(Finding.id)))


def findings(session: Session, filing_id: str) -> list[dict[str, Any]]:
    """All breaks of a filing, cleared ones too, oldest first."""
    query = select(Finding).where(Finding.filing == filing_id).order_by(Finding.id)
    return [_finding(row) for row in session.scalars(query)]


def _finding(row: Finding) -> dict[str, Any]:
    return {
        "finding": row.id,
        "filing": row.filing,
        "rule": row.rule,
        "evidence": row.evidence,
        "note": row.note,
        "by": row.actor,
        "at": row.at,
        "cleared": row.cleared_at,
    }


# ---- a re-test


@once
def retest(office: Office, cmd: RetestFiling) -> Result:
    """Propose answers to every prohibition and item under today's list (R-22); a second officer enters them. MAKER.

    Raises UsageError for a malformed file, Refused for another list, a missing answer, or one that is not clear.
    """
    version, answers = _answers(cmd.answers)
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    content: dict[str, Any] = {
        "officer": cmd.officer,
        "filing": filing.id,
        "list_version": version,
        "answers": answers,
        "answers_file": file_digest(cmd.answers),
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "filing retest", cmd.request, content)
    if act.earlier:
        return act.again()
    facts = RetestFacts(
        filing=filing.id,
        list_version=version,
        list_version_now=str(office.rulebook.setting("R-22", "list_version")),
        needed=rules_needed(office),
        answers=tuple(Answered(rule, answer) for rule, answer in answers),
    )
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind="filing retest",
        subject=f"filing {filing.id}",
        facts=content,
        judged=[judge("retest", gates.RETEST, facts)],
    )


def _answers(content: bytes) -> tuple[str, list[list[str]]]:
    """List version, and [rule, answer] of each; the basis must be there and stays in the file. Raises UsageError."""
    needed = "list_version, and answers with rule, answer and basis each"
    try:
        with shallow("answers"):
            raw = yaml.safe_load(content.decode("utf-8"))
        rows = [[str(row["rule"]), str(row["answer"])] for row in raw["answers"] if str(row["basis"]).strip()]
        if len(rows) < len(raw["answers"]):
            raise KeyError("an answer without a basis")
        return str(raw["list_version"]), rows
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise UsageError("not a file of answers", found=f"{error}", needed=needed, where="answers") from None


def _retested(office: Office, session: Session, closing: Closing) -> None:
    told = closing.content
    session.add(
        Retest(
            filing=told["filing"],
            list_version=told["list_version"],
            answers=told["answers"],
            evidence=told["evidence"]["sha256"],
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )
    session.flush()


def to_be_retested(session: Session, filings: Sequence[Filing], list_version: str) -> list[tuple[Filing, str]]:
    """Effective and pending filings whose answers name another list than today's, with that list (R-22)."""
    found: list[tuple[Filing, str]] = []
    for filing in filings:
        if Status(filing.state) in FINAL or filing.state == Status.DRAFT:
            continue
        newest = select(Retest.list_version).where(Retest.filing == filing.id).order_by(Retest.id.desc()).limit(1)
        given = session.scalar(newest)
        if given is None:
            given = Dossier.read(records.current_version(session, filing).dossier).filing.negative_list_version
        if given != list_version:
            found.append((filing, given))
    return found


# ---- an opinion


@once
def renew(office: Office, cmd: RenewOpinion) -> Result:
    """Propose a later opinion of counsel (R-35); a second officer enters it. MAKER. Raises UsageError, Refused."""
    if cmd.kind not in OPINIONS:
        raise UsageError("no such kind of opinion", found=cmd.kind, needed=", ".join(OPINIONS), where="kind")
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    content: dict[str, Any] = {
        "officer": cmd.officer,
        "filing": filing.id,
        "opinion": cmd.kind,
        "good_until": cmd.good_until.isoformat(),
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "filing opinion", cmd.request, content)
    if act.earlier:
        return act.again()
    facts = PaperFacts(filing.id, act.at, f"opinion {cmd.kind}", last_second_of(cmd.good_until, office.zone), "R-35")
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind="filing opinion",
        subject=f"filing {filing.id}",
        facts=content,
        judged=[judge("filing-paper", gates.PAPER, facts)],
    )


def _renewed(office: Office, session: Session, closing: Closing) -> None:
    told = closing.content
    session.add(
        Renewal(
            filing=told["filing"],
            kind=told["opinion"],
            good_until=last_second_of(date.fromisoformat(told["good_until"]), office.zone),
            evidence=told["evidence"]["sha256"],
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )
    session.flush()


HANDLERS = {
    "filing eligible": Handler(done=_cleared, approve=enter),
    "filing retest": Handler(done=_retested, approve=enter),
    "filing opinion": Handler(done=_renewed, approve=enter),
}
