"""Legal moves of a filing, as the authority's acts make them (rulebook section E). Pure.

The software never decides for the authority: an officer records its act, with evidence. The numbers and moves are
those of ``Registry.sol``; a draft exists only off chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from abst.errors import Refusal
from abst.rulebook import refuse


class Status(StrEnum):
    """States of a filing; `number` is the chain's ``FilingStatus``."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SUPPLEMENT_REQUESTED = "supplement-requested"
    CONSULTATION = "consultation"
    EFFECTIVE = "effective"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"

    @property
    def number(self) -> int:
        return list(Status).index(self) + 1

    @classmethod
    def of_number(cls, number: int) -> Status:
        """The status of a chain number, 1 to 9. Raises ValueError for another."""
        if not 1 <= number <= len(cls):
            raise ValueError(f"no filing status has number {number}")
        return list(cls)[number - 1]


FINAL = frozenset({Status.REFUSED, Status.WITHDRAWN, Status.LAPSED})
PENDING = frozenset({Status.SUBMITTED, Status.SUPPLEMENT_REQUESTED, Status.CONSULTATION})


@dataclass(frozen=True, slots=True)
class Move:
    """One legal move: the role that records it, whether two officers must, the registry function, and the rule."""

    old: Status
    new: Status
    role: str
    two_officers: bool
    function: str | None  # None: nothing is written on chain
    rule: str


MOVES: tuple[Move, ...] = (
    Move(Status.DRAFT, Status.SUBMITTED, "registrar", False, "recordFiling", "R-24"),
    Move(Status.DRAFT, Status.WITHDRAWN, "registrar", False, None, "R-40"),
    Move(Status.SUBMITTED, Status.CONSULTATION, "registrar", False, "recordStatus", "R-39"),
    Move(Status.CONSULTATION, Status.SUBMITTED, "registrar", False, "recordStatus", "R-39"),
    Move(Status.SUBMITTED, Status.SUPPLEMENT_REQUESTED, "registrar", False, "recordStatus", "R-38"),
    Move(Status.CONSULTATION, Status.SUPPLEMENT_REQUESTED, "registrar", False, "recordStatus", "R-38"),
    Move(Status.SUPPLEMENT_REQUESTED, Status.SUBMITTED, "registrar", False, "recordSupplement", "R-38"),
    *(Move(old, Status.REFUSED, "registrar", False, "recordStatus", "R-40") for old in sorted(PENDING)),
    *(Move(old, Status.WITHDRAWN, "registrar", False, "recordStatus", "R-40") for old in sorted(PENDING)),
    Move(Status.SUBMITTED, Status.EFFECTIVE, "maker", True, "makeEffective", "R-41"),
    Move(Status.EFFECTIVE, Status.SUSPENDED, "regulator", False, "suspend", "R-13"),
    Move(Status.SUSPENDED, Status.EFFECTIVE, "maker", True, "resume", "R-13"),
    Move(Status.EFFECTIVE, Status.LAPSED, "registrar", False, "recordStatus", "R-42"),
    Move(Status.SUSPENDED, Status.LAPSED, "registrar", False, "recordStatus", "R-42"),
)
_BY_PAIR = {(move.old, move.new): move for move in MOVES}


def move(old: Status, new: Status) -> Move | None:
    """The legal move between two states, or None."""
    return _BY_PAIR.get((old, new))


def moves_from(old: Status) -> tuple[Move, ...]:
    return tuple(m for m in MOVES if m.old == old)


def refuse_move(old: Status, new: Status, *, where: str = "filing") -> Refusal | None:
    """R-37, R-40, R-41: a refusal when the move is not legal, naming the moves that are."""
    if move(old, new) is not None:
        return None
    legal = ", ".join(m.new for m in moves_from(old)) or "none: this state is final"
    rule = "R-40" if old in FINAL else ("R-41" if new == Status.EFFECTIVE else "R-37")
    return refuse(rule, "filing-move", found=f"{old} -> {new}", needed=f"{old} -> {legal}", where=where)
