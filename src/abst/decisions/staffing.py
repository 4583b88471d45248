"""Whether an officer can leave: every role stays filled, each side of a timelock by two. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from abst.decisions import results
from abst.errors import Refusal
from abst.rulebook import refuse


@dataclass(frozen=True, slots=True)
class Staffing:
    """One officer and those who stay. left: he left before; others: role and how many others in office hold it."""

    name: str
    left: bool
    others: tuple[tuple[str, int], ...]
    two_needed: tuple[str, ...]


def in_office(f: Staffing) -> Refusal | None:
    """R-62: who leaves is in office."""
    if not f.left:
        return None
    return refuse("R-62", "officer-left", found="left before", needed="an officer in office", where=f"officer {f.name}")


def every_role_stays_filled(f: Staffing) -> list[Refusal]:
    """R-62: every role keeps somebody who holds it, and each side of a timelock two."""
    found: list[Refusal] = []
    for role, others in f.others:
        needed = 2 if role in f.two_needed else 1
        if others < needed and not f.left:
            words = f"{needed} others, made with `abst officer new`"
            found.append(
                refuse("R-62", "role-unfilled", found=f"{others} others", needed=words, where=f"{f.name}: {role}")
            )
    return found


LEAVING: tuple[Callable[[Staffing], Refusal | list[Refusal] | None], ...] = (in_office, every_role_stays_filled)


def decide(facts: Staffing) -> list[Refusal]:
    """Every reason against an officer's leaving now."""
    return [refusal for gate in LEAVING for refusal in results.run(gate, facts)]
