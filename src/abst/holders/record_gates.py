"""The gates of the record itself: an existing register loaded (R-61), an investor's name changed (R-44).

Pure, as `correction_gates`. Amounts are whole token units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from abst.errors import Refusal
from abst.holders.correction_gates import on_evidence, run
from abst.rulebook import refuse
from abst.values import instant


@dataclass(frozen=True, slots=True)
class Lock:
    """A row's lock in a register. until: its first free second; carried: the one that a mint now would give."""

    row: int
    until: int
    carried: int


@dataclass(frozen=True, slots=True)
class Loading:
    """An existing register against its control totals. keys: investor and lot of each row; loaded: stands already."""

    rows: int
    stated_rows: int
    total: int
    stated_total: int
    keys: tuple[str, ...]
    loaded: bool
    locks: tuple[Lock, ...]
    evidence: str
    where: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """A change of name. same: the new name is the old one; the names themselves stay sealed."""

    investor: str
    state: str
    same: bool
    evidence: str


# ---- loading a register


def register_evidenced(f: Loading) -> Refusal | None:
    """R-62: a register is loaded on its keeper's certificate."""
    return on_evidence(f.evidence, f.where)


def count_ties(f: Loading) -> Refusal | None:
    """R-61: the rows read are as many as its keeper states."""
    if f.rows == f.stated_rows:
        return None
    found, needed = f"{f.rows} rows", f"{f.stated_rows} rows as stated"
    return refuse("R-61", "control-count", found=found, needed=needed, where=f.where)


def total_ties(f: Loading) -> Refusal | None:
    """R-61: the units read are exactly those its keeper states."""
    if f.total == f.stated_total:
        return None
    found, needed = f"{f.total} units", f"{f.stated_total} units as stated"
    return refuse("R-61", "control-total", found=found, needed=needed, where=f.where)


def no_row_twice(f: Loading) -> Refusal | None:
    """R-61: an investor and lot stand once."""
    twice = sorted(key for key, times in Counter(f.keys).items() if times > 1)
    if not twice:
        return None
    return refuse("R-61", "row-twice", found=", ".join(twice[:5]), needed="one row each", where=f.where)


def not_loaded(f: Loading) -> Refusal | None:
    """R-61: a register is loaded once."""
    if not f.loaded:
        return None
    return refuse("R-61", "register-loaded", found="loaded or proposed already", needed="once", where=f.where)


def locks_carried(f: Loading) -> Refusal | None:
    """R-54: no row is locked longer than the token will hold it."""
    late = [lock for lock in f.locks if lock.until > lock.carried]
    if not late:
        return None
    return refuse(
        "R-54",
        "lock-not-carried",
        found="; ".join(f"row {lock.row} locked until {instant(lock.until)}" for lock in late[:5]),
        needed=f"at the latest {instant(late[0].carried)}, which a mint now gives",
        where=f.where,
    )


LOADING: tuple[Callable[[Loading], Refusal | None], ...] = (
    register_evidenced,
    count_ties,
    total_ties,
    no_row_twice,
    not_loaded,
    locks_carried,
)


def why_not_load(facts: Loading) -> list[Refusal]:
    """Every reason against loading a register as a whole; its rows pass every gate of a mint besides (R-58)."""
    return run(LOADING, facts)


# ---- a change of name


def name_evidenced(f: Renaming) -> Refusal | None:
    """R-62: a change of name stands on a document."""
    return on_evidence(f.evidence, f"investor {f.investor}")


def name_differs(f: Renaming) -> Refusal | None:
    """R-44: the new name is another one."""
    if not f.same:
        return None
    where = f"investor {f.investor}"
    return refuse("R-44", "name-unchanged", found="the same name", needed="another name", where=where)


def name_of_somebody(f: Renaming) -> Refusal | None:
    """R-44: only an investor on record is renamed."""
    if f.state == "admitted":
        return None
    return refuse("R-44", "not-admitted", found=f.state, needed="an admitted investor", where=f"investor {f.investor}")


RENAMING: tuple[Callable[[Renaming], Refusal | None], ...] = (name_evidenced, name_differs, name_of_somebody)


def why_not_rename(facts: Renaming) -> list[Refusal]:
    """Every reason against a change of name; the new record passes every gate of an admission besides."""
    return run(RENAMING, facts)
