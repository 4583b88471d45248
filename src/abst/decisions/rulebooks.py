"""Rulebooks by digest, settings included: a past decision can be run again under the rulebook of its day."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.decisions.tables import RulebookVersion
from abst.errors import IntegrityFailure, NotFound
from abst.rulebook import Rulebook
from abst.values import Hash, digest


def keep(session: Session, rulebook: Rulebook, at: int) -> Hash:
    """Keep a rulebook's whole content under its digest, once; returns the digest. `at`: Unix second."""
    known = select(RulebookVersion.digest).where(RulebookVersion.digest == rulebook.digest)
    if session.scalar(known) is None:
        session.add(RulebookVersion(digest=rulebook.digest, version=rulebook.version, content=rulebook.content, at=at))
        session.flush()
    return rulebook.digest


def by_digest(session: Session, wanted: Hash | str) -> Rulebook:
    """The rulebook of a digest. Raises NotFound; IntegrityFailure when the stored content is not what was kept."""
    row = session.get(RulebookVersion, str(wanted))
    if row is None:
        needed = "the digest of a rulebook that decided something here"
        raise NotFound("no such rulebook is kept", found=str(wanted), needed=needed, where="rulebook")
    found = digest(row.content)
    if found != row.digest:
        raise IntegrityFailure("a kept rulebook was changed", found=found, needed=row.digest, where="rulebook")
    return Rulebook.from_content(row.content)


def kept(session: Session) -> Sequence[tuple[Hash, str, int]]:
    """Digest, version and first second of every rulebook kept, oldest first."""
    columns = (RulebookVersion.digest, RulebookVersion.version, RulebookVersion.at)
    query = select(*columns).order_by(RulebookVersion.at, RulebookVersion.digest)
    return [(Hash(row[0]), row[1], row[2]) for row in session.execute(query)]
