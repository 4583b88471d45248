"""Who may do what. Roles here answer the command line; the chain holds the same by address and has the last word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.decisions.tables import Officer
from abst.errors import Conflict, NotAuthorised, NotFound, UsageError
from abst.values import Address

ROLES = (
    "registrar",
    "admitter",
    "gatekeeper",
    "issuer",
    "agent",
    "discloser",
    "regulator",
    "payer",
    "bank",
    "reporter",
    "trustee",
    "maker",
    "checker",
    "admin-maker",
    "admin-checker",
)
# Each pair is the two keys of one act: held by one officer they would be one key.
APART = (("gatekeeper", "issuer"), ("maker", "checker"), ("admin-maker", "admin-checker"), ("reporter", "trustee"))


def add(session: Session, name: str, address: Address, roles: Iterable[str]) -> Officer:
    """Register an officer. The same again returns the stored one.

    Raises UsageError for unknown roles or two that must be apart, Conflict when name or address is taken.
    """
    wanted = check_roles(name, roles)
    stored = session.scalar(select(Officer).where((Officer.name == name) | (Officer.address == address)))
    if stored is not None:
        if (stored.name, stored.address, stored.roles, stored.left_at) == (name, address, wanted, None):
            return stored
        raise Conflict(
            "this officer's name or address is taken",
            found=f"{stored.name} at {stored.address} as {', '.join(stored.roles)}",
            needed=f"{name} at {address} as {', '.join(wanted)}",
            where=name,
        )
    officer = Officer(name=name, address=address, roles=wanted)
    session.add(officer)
    session.flush()
    return officer


def check_roles(name: str, roles: Iterable[str]) -> list[str]:
    """Roles sorted and without repetition. Raises UsageError for none, an unknown one, or two that must be apart."""
    wanted = sorted(set(roles))
    unknown = [role for role in wanted if role not in ROLES]
    if unknown or not wanted:
        found = ", ".join(unknown) or "no role"
        raise UsageError("not roles of an officer", found=found, needed=", ".join(ROLES), where=name)
    for one, other in APART:
        if one in wanted and other in wanted:
            raise UsageError("one officer cannot hold both keys", found=f"{one} and {other}", needed="one", where=name)
    return wanted


def get(session: Session, name: str) -> Officer:
    """Raises NotFound."""
    officer = session.get(Officer, name)
    if officer is None:
        raise NotFound("no such officer", found=repr(name), needed="a name from `abst officer list`", where="officer")
    return officer


def require(session: Session, name: str, role: str) -> Officer:
    """The officer, if he holds the role today. Raises NotFound, NotAuthorised."""
    officer = get(session, name)
    if officer.left_at is not None:
        raise NotAuthorised("this officer has left", found=name, needed=f"an officer in office as {role}", where=name)
    if role not in officer.roles:
        raise NotAuthorised(
            "this officer does not hold the role", found=", ".join(officer.roles), needed=role, where=name
        )
    return officer


def all(session: Session) -> Sequence[Officer]:
    """Everybody, by name, those who left included."""
    return session.scalars(select(Officer).order_by(Officer.name)).all()


def by_address(session: Session, address: Address) -> Officer | None:
    return session.scalar(select(Officer).where(Officer.address == address))


def leave(session: Session, name: str, at: int) -> Officer:
    """End an officer's authority here from second `at`; his row and his past acts stay. Raises NotFound."""
    officer = get(session, name)
    if officer.left_at is None:
        officer.left_at = at
        session.flush()
    return officer
