"""The screening desk: lists loaded, investors screened, hits decided by people (R-53).

A list is what its bytes are: the same bytes again only say that it was looked at. Another list makes every screening
stale until the investors are screened again; a verdict goes on as long as the entry and what it was compared with are
the same. Confirming a hit takes one officer, clearing one of a sanctions list two: stopping takes one key. Names of
investors are read here, compared, and never written down: requests, decisions and the log carry ids and scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.errors import Conflict, UsageError
from abst.investor import records
from abst.investor.model import PrivateRecord
from abst.investor.screening import matching, reading, store
from abst.investor.screening.entries import SANCTION, SOURCES
from abst.investor.screening.facts import Screening
from abst.investor.screening.names import all_variants
from abst.investor.screening.tables import HitRow, ListRow
from abst.investor.tables import Investor
from abst.rulebook import Rulebook
from abst.values import Hash, digest, file_digest, instant

DAY = 86_400
CLEARED, CONFIRMED, OPEN = "cleared", "confirmed", "open"
CLEAR = "screening clear"  # the proposal of two officers


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadList:
    """files: names and bytes as the publisher gives them (OFAC's CSV: the list and its other names)."""

    officer: str
    request: str
    source: str
    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScreening:
    """investors: ids; none means everybody whose record is not erased."""

    officer: str
    request: str
    investors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideHit:
    """verdict: ``cleared`` (another person) or ``confirmed`` (the same one); reason: words without personal data."""

    officer: str
    request: str
    hit: int
    verdict: str
    reason: str
    evidence: Evidence


# ---- lists


@once
def load(office: Office, cmd: LoadList) -> Result:
    """Put an official list in force (R-53); the same bytes again only say that it was checked. ADMITTER.

    Raises UsageError for a file that is not in its publisher's form; nothing of it is then kept.
    """
    said = _digest_of(cmd.files)
    content = {"officer": cmd.officer, "source": cmd.source, "digest": said}
    act = Act(office, "screening load", cmd.request, content)
    if act.earlier:
        return act.again()
    entries = reading.read(cmd.source, cmd.files)
    with act.writing(cmd.officer, "admitter") as desk:
        before = {row.source: row for row in store.in_force(desk.session)}.get(cmd.source)
        if before is not None and before.digest == said:
            before.checked_at, before.checked_by = desk.at, cmd.officer
            changed = {"added": 0, "ended": 0}
        else:
            names = [name for name, _ in cmd.files]
            changed = store.add_list(desk.session, cmd.source, said, names, entries, cmd.officer, desk.at)
        stated = {"source": cmd.source, "digest": said, "entries": len(entries), **changed}
        desk.audit(f"list {cmd.source}", stated)
        desk.result = {**stated, "changed": before is None or before.digest != said}
    return act.finish()


def _digest_of(files: Sequence[tuple[str, bytes]]) -> Hash:
    """SHA-256 of the file, or of the digests of several, whatever their order."""
    each = sorted(file_digest(content) for _, content in files)
    return each[0] if len(each) == 1 else digest(each)


def lists(office: Office) -> list[dict[str, Any]]:
    """Every list in force, by source."""
    with office.store.read() as session:
        return [_shown_list(row) for row in store.in_force(session)]


def _shown_list(row: ListRow) -> dict[str, Any]:
    return {
        "source": row.source,
        "publisher": SOURCES[row.source],
        "files": list(row.files),
        "entries": row.entries,
        "digest": row.digest,
        "loaded": instant(row.at),
        "checked": instant(row.checked_at),
        "by": row.checked_by,
    }


# ---- screening


def screen(
    session: Session, investors: Mapping[str, PrivateRecord], rulebook: Rulebook, at: int, *, proposed: bool = False
) -> tuple[int, int]:
    """Screen records, many at once, against the lists in force; call it before `facts_of` (R-53).

    Everybody behind an investor is compared too. Without a list nothing is written. proposed: records that are not in
    force yet: they can open hits and end none, so that nobody loses a hit by asking for another name. Returns (new
    hits, hits ended).
    """
    current, lists_now = store.searchable(session)
    if not current:
        return 0, 0
    floor = rulebook.number("R-53", "match_score")
    results = {investor: _found(lists_now, record, floor) for investor, record in investors.items()}
    return store.write(session, results, current, floor, at, proposed=proposed)


def _found(lists_now: store.Searchable, record: PrivateRecord, floor: int) -> tuple[int, list[store.Found]]:
    """How many subjects a record has, and every resemblance of theirs."""
    found: list[store.Found] = []
    subjects = record.subjects
    for subject in subjects:
        for place, score in matching.search(lists_now.index, all_variants(subject.names), floor).items():
            known = lists_now.known[place]
            born = store.compare_born(subject.born, known.born)
            country = store.compare_countries(subject.countries, known.countries)
            found.append(store.Found(subject.person, known, score, born, country))
    found.sort(key=lambda one: (one.person, one.known.source, one.known.entry))
    return len(subjects), found


def facts_of(session: Session, investors: Sequence[str]) -> dict[str, Screening]:
    """What each investor's screening came to, in few statements, as decisions store it; for every id given."""
    return store.facts_of(session, investors)


def state_of(session: Session, investors: Sequence[str]) -> dict[str, str]:
    """In one word for the gates of mints and movements, the gravest first: none, confirmed, open, stale, clear.

    A politically-exposed person whom an officer confirmed is clear: he is known, and not barred.
    """
    return {
        investor: _state(screening)
        for part in store.parts(investors)  # of all of them at once the facts would take much memory
        for investor, screening in store.facts_of(session, part).items()
    }


def _state(screening: Screening) -> str:
    if not screening.at or not screening.current:
        return "none"
    if any(hit.verdict == CONFIRMED and hit.kind == SANCTION for hit in screening.hits):
        return CONFIRMED
    if any(hit.verdict == OPEN for hit in screening.hits):
        return OPEN
    return "clear" if screening.lists == screening.current else "stale"


@once
def run(office: Office, cmd: RunScreening) -> Result:
    """Screen investors again, everybody unless some are named (R-53). ADMITTER. Raises UsageError without a list."""
    content = {"officer": cmd.officer, "investors": list(cmd.investors)}
    act = Act(office, "screening run", cmd.request, content)
    if act.earlier:
        return act.again()
    vault = office.vault()
    with act.writing(cmd.officer, "admitter") as desk:
        if not store.in_force(desk.session):
            raise UsageError("there is no list to screen against", found="none", needed="abst screening load")
        ids = list(cmd.investors)
        for investor in ids:
            records.get(desk.session, investor)
        if not ids:
            ids = list(
                desk.session.scalars(select(Investor.id).where(Investor.state != "erased").order_by(Investor.id))
            )
        opened = ended = 0
        for part in store.parts(ids):
            known = records.privates(desk.session, part, vault)
            some = screen(desk.session, known, office.rulebook, desk.at)
            opened, ended = opened + some[0], ended + some[1]
        states = list(state_of(desk.session, ids).values())
        told = {name: states.count(name) for name in (OPEN, CONFIRMED)}
        current = [list(pair) for pair in store.lists_of(store.in_force(desk.session))]
        desk.audit("investors", {"screened": len(ids), "opened": opened, "ended": ended, "lists": current, **told})
        desk.result = {"screened": len(ids), "opened": opened, "ended": ended, **told, "lists": len(current)}
    return act.finish()


# ---- hits


def hits(office: Office, *, only_open: bool = False, investor: str = "", past: bool = False) -> list[dict[str, Any]]:
    """Hits by number: ids and scores of investors, and what the list itself says of the entry. Raises NotFound."""
    query = select(HitRow).order_by(HitRow.number)
    query = query if past else query.where(HitRow.ended_at.is_(None))
    query = query.where(HitRow.verdict == OPEN) if only_open else query
    with office.store.read() as session:
        if investor:
            records.get(session, investor)
            query = query.where(HitRow.investor == investor)
        return [_shown(session, row) for row in session.scalars(query)]


def _shown(session: Session, row: HitRow) -> dict[str, Any]:
    entry = store.entry_of(session, row.source, row.entry, row.entry_digest)
    listed = entry.content if entry else {}
    return {
        "hit": row.number,
        "investor": row.investor,
        "person": row.person,
        "source": row.source,
        "entry": row.entry,
        "listed": listed.get("names", [""])[0],
        "listed_born": list(listed.get("born", [])),
        "listed_countries": list(listed.get("countries", [])),
        "note": listed.get("note", ""),
        "kind": row.kind,
        "score": row.score,
        "born": row.born,
        "country": row.country,
        "verdict": row.verdict,
        "by": row.decided_by or "",
        "second": row.second or "",
        "reason": row.reason or "",
        "opened": instant(row.opened_at),
        "ended": instant(row.ended_at) if row.ended_at else "",
    }


@once
def decide(office: Office, cmd: DecideHit) -> Result:
    """A person's word on a hit (R-53): another person, or the same one. ADMITTER.

    Clearing a sanctions hit at or above R-53 second_score waits for a second officer; everything else is done at
    once. Raises Conflict for a hit that has ended or already has this verdict, UsageError without a reason.
    """
    stated = {
        "hit": cmd.hit,
        "verdict": cmd.verdict,
        "reason": cmd.reason.strip(),
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "screening decide", cmd.request, {"officer": cmd.officer, **stated})
    if act.earlier:
        return act.again()
    if cmd.verdict not in (CLEARED, CONFIRMED):
        raise UsageError("no such verdict", found=cmd.verdict, needed=f"{CLEARED} or {CONFIRMED}", where="VERDICT")
    if not stated["reason"]:
        raise UsageError("a verdict has a reason", found="none", needed="words for the record", where="--reason")
    with office.store.read() as session:
        row = _decidable(session, cmd.hit, cmd.verdict)
        facts = stated | _facts(row)
        two = cmd.verdict == CLEARED and row.kind == SANCTION
        two = two and row.score >= office.rulebook.number("R-53", "second_score")
        subject = f"investor {row.investor}"
    if two:
        return propose_entry(office, act, maker=cmd.officer, kind=CLEAR, subject=subject, facts=facts, role="admitter")
    with act.writing(cmd.officer, "admitter") as desk:
        row = _decidable(desk.session, cmd.hit, cmd.verdict)
        decision = decisions.record(
            desk.session, kind="screening decide", facts=facts, rulebook=office.rulebook, at=desk.at
        )
        _settle(row, facts, cmd.officer, None, desk.at)
        desk.audit(subject, {**facts, "decision": decision.hash})
        desk.result = {**facts, "decision": decision.hash}
    return act.finish()


def _decidable(session: Session, number: int, verdict: str) -> HitRow:
    row = store.hit(session, number)
    if row.ended_at is not None:
        raise Conflict(
            "this hit has ended", found=instant(row.ended_at), needed="a standing one", where=f"hit {number}"
        )
    if row.verdict == verdict:
        raise Conflict("this was decided already", found=verdict, needed="another verdict", where=f"hit {number}")
    return row


def _facts(row: HitRow) -> dict[str, Any]:
    return {
        "investor": row.investor,
        "person": row.person,
        "source": row.source,
        "entry": row.entry,
        "entry_digest": row.entry_digest,
        "hit_kind": row.kind,
        "score": row.score,
        "born": row.born,
        "country": row.country,
        "before": row.verdict,
    }


def _settle(row: HitRow, facts: Mapping[str, Any], officer: str, second: str | None, at: int) -> None:
    row.verdict, row.reason, row.evidence = facts["verdict"], facts["reason"], facts["evidence"]["sha256"]
    row.decided_by, row.second, row.decided_at = officer, second, at


def _cleared(office: Office, session: Session, closing: Closing) -> None:
    """Two officers cleared a hit. Raises Conflict when it ended or was decided meanwhile."""
    facts = closing.content
    row = _decidable(session, int(facts["hit"]), CLEARED)
    if row.verdict != facts["before"]:
        raise Conflict(
            "the hit was decided meanwhile", found=row.verdict, needed=facts["before"], where=str(row.number)
        )
    _settle(row, facts, closing.maker, closing.checker, closing.at)


HANDLERS = {CLEAR: Handler(done=_cleared, approve=enter)}


# ---- what is due


def due(session: Session, rulebook: Rulebook, now: int) -> list[dict[str, Any]]:
    """What R-53 leaves to do: {kind, what, when (Unix seconds), who, overdue}, as `abst today` lists it."""
    rows = _due_lists(session, rulebook, now)
    admitted = list(session.scalars(select(Investor.id).where(Investor.state == "admitted").order_by(Investor.id)))
    facts = store.facts_of(session, admitted)
    stale = [one for one, screening in facts.items() if screening.current and screening.lists != screening.current]
    if stale:
        since = max(row.at for row in store.in_force(session))
        rows.append(_row(f"{len(stale)} admitted investors to screen again: abst screening run", since, True))
    for investor, found in store.standing_hits(session).items():
        undecided = [hit for hit in found if hit.verdict == OPEN]
        if undecided:
            words = ", ".join(f"{hit.number} ({hit.source} {hit.entry}, score {hit.score})" for hit in undecided)
            first = min(hit.opened_at for hit in undecided)
            rows.append(_row(f"investor {investor}: hits to decide: {words}", first, investor in facts))
        for hit in found:
            barred = hit.verdict == CONFIRMED and hit.kind == SANCTION and investor in facts
            if barred and records.blocked(session, investor) is None:
                what = f"investor {investor}: confirmed on {hit.source} {hit.entry}: abst investor block {investor}"
                rows.append(_row(what, hit.decided_at or now, True))
    return rows


def _due_lists(session: Session, rulebook: Rulebook, now: int) -> list[dict[str, Any]]:
    loaded = {row.source: row for row in store.in_force(session)}
    age = rulebook.number("R-53", "rescreen_days") * DAY
    rows = [
        _row(f"list {source} was never loaded: abst screening load FILE --source {source}", now, True)
        for source in rulebook.words("R-53", "lists")
        if source not in loaded
    ]
    for source, row in loaded.items():
        until = row.checked_at + age
        words = f"list {source} was last checked {instant(row.checked_at)}: abst screening load FILE --source {source}"
        if now > until:
            rows.append(_row(words, until, True))
    return rows


def _row(what: str, when: int, overdue: bool) -> dict[str, Any]:
    return {"kind": "screening", "what": what, "when": when, "who": "admitter", "overdue": overdue}
