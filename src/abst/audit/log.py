"""Writing, reading and checking the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.audit.tables import Entry
from abst.values import ZERO_HASH, Hash, digest

DECISIONS = "decisions"  # the fact of an entry that names decisions: id to hash
UNNAMED = "decisions not named in the log yet"  # their place in `Session.info`


@dataclass(frozen=True, slots=True)
class Head:
    """How far the log reaches: its last number and hash. Kept elsewhere, it shows whether the end was cut off."""

    seq: int
    hash: Hash


def append(session: Session, *, actor: str, act: str, subject: str, at: int, facts: dict[str, Any]) -> Hash:
    """Add an entry in the caller's unit of work and return its hash.

    `facts` holds ids, numbers and keyed hashes, never personal values: the log outlives their erasure.
    """
    last, named = head(session), session.info.pop(UNNAMED, None)
    if named:
        facts = facts | {DECISIONS: named}
    entry = Entry(
        seq=last.seq + 1, at=at, actor=actor, act=act, subject=subject, facts=facts, previous=last.hash, hash=""
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()
    return Hash(entry.hash)


def name(session: Session, id_: str, hash_: Hash) -> None:
    """Have the next entry of this unit of work name a decision made in it: a changed one is found by its hash here."""
    session.info.setdefault(UNNAMED, {})[id_] = hash_


def name_the_rest(session: Session, *, actor: str, act: str, subject: str, at: int) -> None:
    """An entry of its own for decisions that no entry has named yet; nothing when there are none."""
    if session.info.get(UNNAMED):
        append(session, actor=actor, act=act, subject=subject, at=at, facts={})


def head(session: Session) -> Head:
    """The last entry's number and hash; zero and the zero hash of an empty log."""
    row = session.execute(select(Entry.seq, Entry.hash).order_by(Entry.seq.desc()).limit(1)).first()
    return Head(0, ZERO_HASH) if row is None else Head(row.seq, Hash(row.hash))


def entries(session: Session, *, subject: str | None = None, after: int = 0) -> Iterator[Entry]:
    """Entries in order, streamed: all, those about one subject, or those numbered above `after`."""
    query = select(Entry).where(Entry.seq > after).order_by(Entry.seq).execution_options(yield_per=1000)
    if subject is not None:
        query = query.where(Entry.subject == subject)
    yield from session.scalars(query)


def verify(session: Session, anchors: Iterable[Head] = ()) -> list[str]:
    """Every difference found: a change, a deletion, a reordering; with anchors also a cut end or a whole rewrite.

    An empty list means that the log is what was written, up to the last anchor certainly.
    """
    wanted: dict[int, set[str]] = {}
    for anchor in anchors:
        wanted.setdefault(anchor.seq, set()).add(anchor.hash)
    found: list[str] = []
    seq, previous = 0, str(ZERO_HASH)
    for entry in entries(session):
        if entry.seq != seq + 1:
            found.append(f"audit: entries {seq + 1} to {entry.seq - 1} are missing")
        if entry.previous != previous:
            found.append(f"audit: entry {entry.seq} does not follow entry {seq}")
        if entry.hash != _hash(entry) and not is_of_the_first_form(entry):
            found.append(f"audit: entry {entry.seq} was changed")
        if wanted.pop(entry.seq, {entry.hash}) != {entry.hash}:
            found.append(f"audit: entry {entry.seq} is not the one anchored")
        seq, previous = entry.seq, entry.hash
        session.expunge(entry)
    found += [f"audit: the anchored entry {number} is missing" for number in sorted(wanted) if number > 0]
    return found


def content_of(entry: Entry) -> Hash:
    """Digest of what an entry says. With it alone, in place of the words, the chain of hashes can be followed."""
    said = {"at": entry.at, "actor": entry.actor, "act": entry.act, "subject": entry.subject, "facts": entry.facts}
    return digest(said)


def link(seq: int, previous: str, content: str) -> Hash:
    """The hash of an entry: over its number, the hash before it, and the digest of its content."""
    return digest({"seq": seq, "previous": previous, "content": content})


def is_of_the_first_form(entry: Entry) -> bool:
    """Whether an entry's hash is the one that earlier versions made: over its words themselves, not their digest."""
    said = {"at": entry.at, "actor": entry.actor, "act": entry.act, "subject": entry.subject, "facts": entry.facts}
    return entry.hash == digest(said | {"seq": entry.seq, "previous": entry.previous})


def older_until(session: Session) -> int:
    """The last second of the entries of the first form, which named no decisions; -1 when the log has none."""
    last = -1
    for entry in entries(session):
        if not is_of_the_first_form(entry):
            break
        last = entry.at
    return last


def _hash(entry: Entry) -> Hash:
    return link(entry.seq, entry.previous, content_of(entry))
