"""Who stands behind an investor, by its kind, and whether all who must be named are (R-44). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from abst.errors import Refusal
from abst.investor.model import Kind, PrivateRecord, Role, Tie
from abst.rulebook import Rulebook, refuse

WHOLE = 10_000  # shares, in 1/10,000
OWNERS = frozenset({Role.OWNER, Role.PARTNER})
BEHIND_AN_ENTITY = frozenset({Role.OWNER, Role.CONTROLLER})
ROLES: Mapping[Kind, frozenset[Role]] = MappingProxyType(
    {
        Kind.INDIVIDUAL: frozenset(),
        Kind.JOINT: frozenset({Role.HOLDER}),
        Kind.CORPORATION: BEHIND_AN_ENTITY,
        Kind.PARTNERSHIP: BEHIND_AN_ENTITY | {Role.PARTNER},
        Kind.TRUST_CORPORATION: BEHIND_AN_ENTITY | {Role.TRUSTEE, Role.SETTLOR, Role.BENEFICIARY},
        Kind.INSTITUTION: BEHIND_AN_ENTITY,
    }
)


def holders_named(record: PrivateRecord, where: str) -> list[Refusal]:
    """R-44: of a joint account at least two holders are named."""
    holders = [person for person in record.persons if person.role is Role.HOLDER]
    if record.kind is not Kind.JOINT or len(holders) >= 2:
        return []
    found, place = f"{len(holders)} holders", f"{where}.persons"
    return [refuse("R-44", "holders-missing", found=found, needed="at least 2 holders", where=place)]


def roles_fit(record: PrivateRecord, where: str) -> list[Refusal]:
    """R-44: everybody named has a role that the kind of investor knows; an individual has nobody behind him."""
    fitting = ROLES[record.kind]
    needed = ", ".join(sorted(fitting)) or "nobody behind an individual"
    return [
        refuse("R-44", "role-unfit", found=person.role.value, needed=needed, where=f"{where}.persons[{person.id}].role")
        for person in record.persons
        if person.role not in fitting
    ]


def owners_named(record: PrivateRecord, rulebook: Rulebook, where: str) -> list[Refusal]:
    """R-44: every natural person who owns a share at or above the threshold is named, or else a controller."""
    if record.kind.natural or any(person.role is Role.CONTROLLER for person in record.persons):
        return []
    least = rulebook.number("R-44", "owner_bps")
    named = sum(person.share_bps or 0 for person in record.persons if person.role in OWNERS)
    if WHOLE - named < least:  # nobody unnamed can own as much
        return []
    found = f"owners named hold {named} of {WHOLE}: one with {WHOLE - named} could be missing"
    needed = f"every natural person with at least {least} of {WHOLE}, looked through, or a controller"
    return [refuse("R-44", "owners-unnamed", found=found, needed=needed, where=f"{where}.persons")]


def shares_given(record: PrivateRecord, where: str) -> list[Refusal]:
    """R-44: an owner or partner is named with the share he owns."""
    return [
        refuse(
            "R-44", "share-missing", found="nothing", needed=f"1 to {WHOLE}", where=f"{where}.persons[{p.id}].share_bps"
        )
        for p in record.persons
        if p.role in OWNERS and not p.share_bps
    ]


def shares_within_whole(record: PrivateRecord, where: str) -> list[Refusal]:
    """R-44: shares of one whole come to no more than the whole: of owners, holders, beneficiaries and direct owners."""
    sums: dict[str, int] = {}
    for person in record.persons:
        group = "owners" if person.role in OWNERS else person.role.value
        place = f"{where}.persons ({group})"
        sums[place] = sums.get(place, 0) + (person.share_bps or 0)
    for one in record.related:
        if one.tie is Tie.OWNER:
            place = f"{where}.related (owners of {one.of or 'the investor'})"
            sums[place] = sums.get(place, 0) + one.share_bps
    return [
        refuse("R-44", "shares-over-whole", found=str(total), needed=f"at most {WHOLE}", where=place)
        for place, total in sums.items()
        if total > WHOLE
    ]
