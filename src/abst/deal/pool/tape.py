"""What a pool is made of: loans or representative lines, each an amortisation kind, or collections by month as given.

A tape is columns, one place for each loan, so that half a million of them are a few megabytes. Money is whole units of
10^-decimals; a rate is a whole number of 1e-12 a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from abst.deal.pool.days import BASES
from abst.errors import UsageError

RATE = 10**12  # of 100 % a year
MAX_MONTHS = 1_200  # of age or of remaining term: a hundred years
WIDE = 2**63  # numbers from here on do not fit a column of 64 bits

Column = npt.NDArray[Any]  # int64; of Python's integers where money does not fit


class Kind(IntEnum):
    """How principal comes back; the first is what a loan does unless it says otherwise."""

    LEVEL = 0  # one instalment of principal and interest; straight-line at rate zero
    EQUAL = 1  # the same principal each month, interest on top
    BULLET = 2  # all at the end
    BALLOON = 3  # level down to a last amount that is due at the end, or as over a longer term
    INTEREST_ONLY = 4  # interest alone for some months, then level

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", "-")


KINDS = {kind.word: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Line:
    """One loan, or many alike. remaining, age, interest_only, amortisation: months; rate: in 1e-12 a year.

    balloon: what the last instalment leaves to be paid with it; amortisation: over which the instalment would repay
    all, where that is longer than what remains; day_count: empty for the pool's own.
    """

    balance: int
    rate: int
    remaining: int
    age: int = 0
    kind: str = "level"
    balloon: int = 0
    interest_only: int = 0
    amortisation: int = 0
    day_count: str = ""


@dataclass(frozen=True, slots=True)
class Tape:
    """Loans by column. kind: of `Kind`; amortisation: 0 for what remains; basis: place in BASES, -1 for the pool's."""

    balance: Column
    rate: Column
    remaining: Column
    age: Column
    kind: Column
    balloon: Column
    interest_only: Column
    amortisation: Column
    basis: Column

    @property
    def count(self) -> int:
        return len(self.balance)

    @property
    def total(self) -> int:
        return int(self.balance.sum())

    def taken(self, places: npt.NDArray[Any] | slice) -> Tape:
        """The loans at these places, in their order."""
        return Tape(*(getattr(self, field.name)[places] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Collections:
    """Expected collections by month, as somebody else computed them: no more is known of the loans. age: at cut-off."""

    balance: int
    principal: tuple[int, ...]
    interest: tuple[int, ...]
    age: int = 0


def tape_of(lines: Sequence[Line]) -> Tape:
    """Lines as a tape. Raises UsageError naming the line and the field that is wrong."""
    for number, line in enumerate(lines, 1):
        for name, known in (("kind", tuple(KINDS)), ("day_count", ("", *BASES))):
            if getattr(line, name) not in known:
                place = f"line {number}, {name}"
                raise UsageError("not known", found=repr(getattr(line, name)), needed=", ".join(known), where=place)
    made = Tape(
        money([line.balance for line in lines]),
        np.array([line.rate for line in lines], dtype=np.int64),
        np.array([line.remaining for line in lines], dtype=np.int64),
        np.array([line.age for line in lines], dtype=np.int64),
        np.array([KINDS[line.kind] for line in lines], dtype=np.int64),
        money([line.balloon for line in lines]),
        np.array([line.interest_only for line in lines], dtype=np.int64),
        np.array([line.amortisation for line in lines], dtype=np.int64),
        np.array([BASES.index(line.day_count) if line.day_count else -1 for line in lines], dtype=np.int64),
    )
    return checked(made, "line", 1)


def money(amounts: Sequence[int]) -> Column:
    """A column of amounts: Python's integers where 64 bits are too few."""
    narrow = all(-WIDE <= amount < WIDE for amount in amounts)
    return np.array(amounts, dtype=np.int64 if narrow else object)


def checked(tape: Tape, word: str, first: int) -> Tape:
    """The tape without its empty loans. Raises UsageError naming the first loan that cannot be."""
    owing = tape.balance > 0
    balloon = tape.kind == Kind.BALLOON
    paused = tape.kind == Kind.INTEREST_ONLY
    wrong: tuple[tuple[str, Column, Column, str], ...] = (
        ("balance", tape.balance, tape.balance < 0, "0 or more"),
        ("rate", tape.rate, (tape.rate < 0) | (tape.rate > RATE), "0 to 100 % a year; is it written in percent?"),
        (
            "remaining",
            tape.remaining,
            owing & ((tape.remaining < 1) | (tape.remaining > MAX_MONTHS)),
            f"1 to {MAX_MONTHS} months",
        ),
        ("age", tape.age, (tape.age < 0) | (tape.age > MAX_MONTHS), f"0 to {MAX_MONTHS} months"),
        ("balloon", tape.balloon, (tape.balloon < 0) | (tape.balloon > tape.balance), "0 to the balance"),
        ("balloon", tape.balloon, ~balloon & (tape.balloon > 0), "none, unless the kind is balloon"),
        (
            "amortisation",
            tape.amortisation,
            owing & (tape.amortisation != 0) & ((tape.amortisation < tape.remaining) | (tape.balloon > 0)),
            "at least what remains, and no balloon beside it",
        ),
        ("amortisation", tape.amortisation, tape.amortisation > MAX_MONTHS, f"at most {MAX_MONTHS} months"),
        ("interest_only", tape.interest_only, tape.interest_only < 0, "0 or more months"),
        ("interest_only", tape.interest_only, owing & (tape.interest_only > tape.remaining), "within what remains"),
        ("interest_only", tape.interest_only, paused & (tape.interest_only == 0), "how many months"),
    )
    for name, column, bad, needed in wrong:
        if bad.any():
            at = int(np.argmax(bad))
            raise UsageError(
                "the loan cannot be", found=str(column[at]), needed=needed, where=f"{word} {at + first}, {name}"
            )
    return tape if owing.all() else tape.taken(owing.astype(bool))
