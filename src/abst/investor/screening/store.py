"""Small writes and questions about lists, entries, screenings and hits; each takes the caller's session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from abst.errors import NotFound
from abst.investor.screening.entries import AIRCRAFT, VESSEL, Entry, years
from abst.investor.screening.facts import Hit, Screening
from abst.investor.screening.matching import Index
from abst.investor.screening.names import all_variants
from abst.investor.screening.tables import EntryRow, HitRow, ListRow, ScreeningRow
from abst.values import Hash

Lists = tuple[tuple[str, str], ...]  # (source, digest), sorted
AGREES, DIFFERS, UNKNOWN = "agrees", "differs", "unknown"
PART = 500  # ids in one statement


@dataclass(frozen=True, slots=True)
class Known:
    """What of an entry is compared beside its names."""

    source: str
    entry: str
    digest: str
    kind: str
    born: tuple[str, ...]
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Searchable:
    """Every entry in force, by place, and the index of their names."""

    known: tuple[Known, ...]
    index: Index


@dataclass(frozen=True, slots=True)
class Found:
    """One resemblance of one subject."""

    person: str
    known: Known
    score: int
    born: str
    country: str


def parts(items: Iterable[str]) -> Iterable[list[str]]:
    """Ids in the numbers a statement takes."""
    every = list(items)
    return (every[start : start + PART] for start in range(0, len(every), PART))


# ---- lists


def in_force(session: Session) -> list[ListRow]:
    """The newest list of each source, by source."""
    newest = select(func.max(ListRow.number)).group_by(ListRow.source)
    return list(session.scalars(select(ListRow).where(ListRow.number.in_(newest)).order_by(ListRow.source)))


def lists_of(rows: Iterable[ListRow]) -> Lists:
    return tuple(sorted((row.source, row.digest) for row in rows))


def lists_now(session: Session) -> Lists:
    """Source and digest of every list in force, and nothing else of them."""
    newest = select(func.max(ListRow.number)).group_by(ListRow.source)
    rows = session.execute(select(ListRow.source, ListRow.digest).where(ListRow.number.in_(newest)))
    return tuple(sorted((source, digest) for source, digest in rows))


def add_list(
    session: Session, source: str, digest: Hash, files: Sequence[str], entries: Sequence[Entry], officer: str, at: int
) -> dict[str, int]:
    """Put a list in force: unchanged entries go on, changed and new ones are added, missing ones end.

    Returns how many were added (new or changed) and how many ended (gone or changed).
    """
    before = {row.source: row for row in in_force(session)}.get(source)
    row = ListRow(
        source=source,
        digest=digest,
        files=list(files),
        entries=len(entries),
        officer=officer,
        at=at,
        checked_at=at,
        checked_by=officer,
    )
    session.add(row)
    session.flush()
    old: dict[str, tuple[int, str]] = {}
    if before is not None:
        query = select(EntryRow.number, EntryRow.entry, EntryRow.digest)
        standing = query.where(EntryRow.source == source, EntryRow.last == before.number)
        old = {entry: (number, had) for number, entry, had in session.execute(standing)}
    digests = {entry.id: entry.digest for entry in entries}
    same = {entry for entry, (_, had) in old.items() if digests.get(entry) == had}
    if before is not None:
        standing_now = update(EntryRow).where(EntryRow.source == source, EntryRow.last == before.number)
        session.execute(standing_now.values(last=row.number))
        ended = [number for entry, (number, _) in old.items() if entry not in same]
        for start in range(0, len(ended), PART):
            some = EntryRow.number.in_(ended[start : start + PART])
            session.execute(update(EntryRow).where(some).values(last=before.number))
    new = [_row_of(entry, digests[entry.id], row.number) for entry in entries if entry.id not in same]
    if new:
        session.execute(insert(EntryRow), new)
    return {"added": len(new), "ended": len(old) - len(same)}


def _row_of(entry: Entry, digest: Hash, number: int) -> dict[str, Any]:
    return {
        "source": entry.source,
        "entry": entry.id,
        "digest": digest,
        "kind": entry.kind,
        "type": entry.type,
        "content": entry.content,
        "forms": "\n".join(" ".join(form) for form in all_variants(entry.names)),
        "first": number,
        "last": number,
    }


_searchable: dict[Lists, Searchable] = {}  # the last one made: the same lists have the same content


def searchable(session: Session) -> tuple[Lists, Searchable]:
    """The lists in force and their index; made once in a process for the same lists.

    Vessels and aircraft are kept, but no investor is one: they are not looked for.
    """
    rows = in_force(session)
    lists = lists_of(rows)
    if lists not in _searchable:
        known: list[Known] = []
        index = Index()
        for row in rows:
            fields = (EntryRow.entry, EntryRow.digest, EntryRow.kind, EntryRow.content, EntryRow.forms)
            query = select(*fields).where(EntryRow.source == row.source, EntryRow.last == row.number)
            sought = query.where(EntryRow.type.not_in([VESSEL, AIRCRAFT])).order_by(EntryRow.entry)
            for entry, digest, kind, content, forms in session.execute(sought):
                index.add(len(known), [tuple(form.split(" ")) for form in forms.split("\n") if form])
                born, countries = tuple(content["born"]), tuple(content["countries"])
                known.append(Known(row.source, entry, digest, kind, born, countries))
        index.close()
        _searchable.clear()
        _searchable[lists] = Searchable(tuple(known), index)
    return lists, _searchable[lists]


def entry_of(session: Session, source: str, entry: str, digest: str) -> EntryRow | None:
    """A version of an entry by its digest."""
    query = select(EntryRow).where(EntryRow.source == source, EntryRow.entry == entry, EntryRow.digest == digest)
    return session.scalars(query.order_by(EntryRow.number.desc())).first()


# ---- corroboration: it never changes a score; the person who decides sees it


def compare_born(own: Any, listed: Sequence[str]) -> str:
    """A date of birth with those of an entry, by year: agrees, differs, or unknown where either says nothing."""
    if own is None or not listed:
        return UNKNOWN
    spans = [years(text) for text in listed]
    return AGREES if any(first <= own.year <= last for first, last in spans) else DIFFERS


def compare_countries(own: Sequence[str], listed: Sequence[str]) -> str:
    """Countries with those of an entry; differs only where every one of the entry's is a known code."""
    if set(own) & set(listed):
        return AGREES
    if not own or not listed or any(len(code) != 2 for code in listed):
        return UNKNOWN
    return DIFFERS


# ---- screenings and hits


def standing_hits(session: Session, investors: Sequence[str] | None = None) -> dict[str, list[HitRow]]:
    """Hits that have not ended, by investor, oldest first; None: of everybody."""
    query = select(HitRow).where(HitRow.ended_at.is_(None)).order_by(HitRow.number)
    found: dict[str, list[HitRow]] = {}
    chunks = [None] if investors is None else parts(investors)
    for part in chunks:
        for row in session.scalars(query if part is None else query.where(HitRow.investor.in_(part))):
            found.setdefault(row.investor, []).append(row)
    return found


def screenings(session: Session, investors: Sequence[str] | None = None) -> dict[str, ScreeningRow]:
    """The last screening of each investor that has one; None: of everybody."""
    query = select(ScreeningRow)
    chunks = [None] if investors is None else parts(investors)
    found: dict[str, ScreeningRow] = {}
    for part in chunks:
        some = query if part is None else query.where(ScreeningRow.investor.in_(part))
        found |= {row.investor: row for row in session.scalars(some)}
    return found


def write(
    session: Session,
    results: Mapping[str, tuple[int, Sequence[Found]]],
    lists: Lists,
    floor: int,
    at: int,
    *,
    proposed: bool = False,
) -> tuple[int, int]:
    """Keep what a screening found: (new hits, hits ended). A verdict goes on while its entry and facts are the same.

    proposed: of records that may never be in force; hits of those that are go on, whatever the new ones say.
    """
    ids = list(results)
    before, hits = screenings(session, ids), standing_hits(session, ids)
    fresh: list[dict[str, Any]] = []
    opened: list[dict[str, Any]] = []
    ended = 0
    stated = [list(pair) for pair in lists]
    for investor, (subjects, found) in results.items():
        row = before.get(investor)
        if row is None:
            fresh.append(
                {"investor": investor, "at": at, "lists": stated, "floor": floor, "subjects": subjects},
            )
        else:
            row.at, row.lists, row.floor, row.subjects = at, stated, floor, subjects
        standing = {(hit.person, hit.source, hit.entry): hit for hit in hits.get(investor, ())}
        for one in found:
            hit = standing.pop((one.person, one.known.source, one.known.entry), None)
            if hit is not None and _same(hit, one):
                continue
            if hit is not None:
                hit.ended_at = at
                ended += 1
            opened.append(_hit_of(investor, one, at))
        for gone in () if proposed else standing.values():
            gone.ended_at = at
            ended += 1
    session.flush()  # what ended makes room for what takes its place
    if fresh:
        session.execute(insert(ScreeningRow), fresh)
    if opened:
        session.execute(insert(HitRow), opened)
    return len(opened), ended


def _same(hit: HitRow, found: Found) -> bool:
    """Nothing that a person decided on has changed."""
    facts = (found.known.digest, found.score, found.born, found.country)
    return (hit.entry_digest, hit.score, hit.born, hit.country) == facts


def _hit_of(investor: str, found: Found, at: int) -> dict[str, Any]:
    return {
        "investor": investor,
        "person": found.person,
        "source": found.known.source,
        "entry": found.known.entry,
        "entry_digest": found.known.digest,
        "kind": found.known.kind,
        "score": found.score,
        "born": found.born,
        "country": found.country,
        "opened_at": at,
        "verdict": "open",
    }


def hit(session: Session, number: int) -> HitRow:
    """A hit by its number. Raises NotFound."""
    row = session.get(HitRow, number)
    if row is None:
        raise NotFound("no such hit", found=str(number), needed="a number of `abst screening hits`", where="hit")
    return row


def facts_of(session: Session, investors: Sequence[str]) -> dict[str, Screening]:
    """What each investor's screening came to, as decisions store it; also of those who were never screened."""
    current = lists_now(session)
    rows, hits = screenings(session, investors), standing_hits(session, investors)
    found: dict[str, Screening] = {}
    for investor in investors:
        row = rows.get(investor)
        found[investor] = Screening(
            lists=tuple((str(source), str(digest)) for source, digest in row.lists) if row else (),
            current=current,
            hits=tuple(
                Hit(hit.source, hit.entry, hit.kind, hit.person, hit.score, hit.verdict)
                for hit in sorted(hits.get(investor, ()), key=lambda h: (h.source, h.entry, h.person))
            ),
            at=row.at if row else 0,
        )
    return found
