"""Writing, reading and checking the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.audit.tables import Entry
from abst.values import ZERO_HASH, Hash, digest


@dataclass(frozen=True, slots=True)
class Head:
    """How far the log reaches: its last number and hash. Kept elsewhere, it shows whether the end was cut off."""

    seq: int
    hash: Hash


def append(session: Session, *, actor: str, act: str, subject: str, at: int, facts: dict[str, Any]) -> Hash:
    """Add an entry in the caller's unit of work and return its hash.

    `facts` holds ids, numbers and keyed hashes, never personal values: the log outlives their erasure.
    """
    last = head(session)
    entry = Entry(
        seq=last.seq + 1, at=at, actor=actor, act=act, subject=subject, facts=facts, previous=last.hash, hash=""
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()
    return Hash(entry.hash)


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
    wanted = {anchor.seq: anchor.hash for anchor in anchors}
    found: list[str] = []
    seq, previous = 0, str(ZERO_HASH)
    for entry in entries(session):
        if entry.seq != seq + 1:
            found.append(f"audit: entries {seq + 1} to {entry.seq - 1} are missing")
        if entry.previous != previous:
            found.append(f"audit: entry {entry.seq} does not follow entry {seq}")
        if entry.hash != _hash(entry):
            found.append(f"audit: entry {entry.seq} was changed")
        if wanted.pop(entry.seq, entry.hash) != entry.hash:
            found.append(f"audit: entry {entry.seq} is not the one anchored")
        seq, previous = entry.seq, entry.hash
        session.expunge(entry)
    found += [f"audit: the anchored entry {number} is missing" for number in sorted(wanted) if number > 0]
    return found


def _hash(entry: Entry) -> Hash:
    return digest(
        {
            "seq": entry.seq,
            "at": entry.at,
            "actor": entry.actor,
            "act": entry.act,
            "subject": entry.subject,
            "facts": entry.facts,
            "previous": entry.previous,
        }
    )
