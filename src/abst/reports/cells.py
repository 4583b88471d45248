"""Counts by group in which nobody is alone: small cells are merged before anybody sees them (R-82). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Cell:
    """One group. investors: how many; units: what they hold together, in token units."""

    group: str
    investors: int
    units: int


def count(rows: Iterable[tuple[str, str, int]]) -> list[Cell]:
    """Cells of (investor, group, units), largest first; an investor counts once in a group."""
    people: dict[str, set[str]] = {}
    units: dict[str, int] = {}
    for investor, group, held in rows:
        people.setdefault(group, set()).add(investor)
        units[group] = units.get(group, 0) + held
    return _ordered({group: (len(those), units[group]) for group, those in people.items()})


def merged(cells: Iterable[Cell], least: int) -> list[Cell]:
    """The same with every cell of fewer than `least` investors in one called other.

    Where the merged cell is still too small the next smallest joins it, so that no difference from the total tells one
    investor's units; when all together are fewer than `least`, one cell is left.
    """
    small: list[Cell] = []
    large: list[Cell] = []
    for cell in sorted(cells, key=lambda cell: (cell.investors, cell.units, cell.group)):
        (small if cell.investors < least else large).append(cell)
    while small and large and sum(cell.investors for cell in small) < least:
        small.append(large.pop(0))
    shown = {cell.group: (cell.investors, cell.units) for cell in large}
    if small:
        shown[OTHER] = (sum(cell.investors for cell in small), sum(cell.units for cell in small))
    return _ordered(shown)


def _ordered(cells: Mapping[str, tuple[int, int]]) -> list[Cell]:
    found = [Cell(group, investors, units) for group, (investors, units) in cells.items()]
    return sorted(found, key=lambda cell: (cell.group == OTHER, -cell.units, cell.group))
