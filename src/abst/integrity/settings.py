"""What `abst verify` says of settings and rulebooks kept: each setting is one, and each kept rulebook is whole."""

from __future__ import annotations

from abst.chain.office import Office
from abst.decisions import rulebooks, settings
from abst.errors import IntegrityFailure
from abst.integrity.checks import Check, Difference


def settings_apply(office: Office) -> list[Difference]:
    """Every setting in the store is one that this rulebook takes; one that is not does not count."""
    with office.store.read() as session:
        moved = settings.current(session)
    needed = f"a setting of rulebook {office.rulebook.version}; the shipped value holds"
    return [
        Difference(f"setting {key}", str(value), needed, why)
        for key, value, why in settings.strange(office.rulebook, moved)
    ]


def rulebooks_whole(office: Office) -> list[Difference]:
    """Every rulebook that decided something is what was kept under its digest."""
    found = []
    with office.store.read() as session:
        for digest, version, _ in rulebooks.kept(session):
            try:
                rulebooks.by_digest(session, digest)
            except IntegrityFailure as error:
                found.append(Difference(f"rulebook {version}", error.found, error.needed or digest, error.message))
    return found


CHECKS: tuple[Check, ...] = (settings_apply, rulebooks_whole)
