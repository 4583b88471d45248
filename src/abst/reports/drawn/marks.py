"""Marks on a plane, in points from the top left: what charts and pages are made of before they are SVG or PDF. Pure.

Coordinates are floats, because a place on paper is no money; both writers round them in one way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from abst.reports.drawn import lettering

Align = Literal["left", "middle", "right"]
Point = tuple[float, float]
INK, QUIET, FAINT, RULE, WASH, PAPER = "#16233b", "#5b6b82", "#93a1b5", "#d7dee8", "#f4f6fa", "#ffffff"
BRAND, GOOD, WARN, BAD = "#12355b", "#1f7a5c", "#b7791f", "#b3372f"
CLASSES = ("#1b4f8a", "#5b9bd5", "#e0a030", "#2f8f83", "#8a5a9e", "#c4573a", "#7a8594", "#3d6b35")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    radius: float = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; closed and filled when `fill` is given."""

    points: tuple[Point, ...]
    stroke: str = ""
    width: float = 0.6
    fill: str = ""
    dash: float = 0


@dataclass(frozen=True, slots=True)
class Words:
    """Text on its base line. Its characters are all in the font: `write` saw to that."""

    x: float
    y: float
    text: str
    size: float
    bold: bool
    color: str
    align: Align

    @property
    def left(self) -> float:
        wide = lettering.width(self.text, self.size, self.bold)
        return self.x - {"left": 0.0, "middle": wide / 2, "right": wide}[self.align]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of what the letters can cover."""
        left = self.left
        right = left + lettering.width(self.text, self.size, self.bold)
        return left, self.y - lettering.ASCENT * self.size, right, self.y + lettering.DESCENT * self.size


Mark = Box | Line | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks of one plane, drawn in their order. words: what it shows, for those who do not see it."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    words: str = ""


def write(
    x: float, y: float, text: str, size: float, *, bold: bool = False, color: str = INK, align: Align = "left"
) -> Words:
    """Text as it can be shown: what no font holds stands as its code point, what only one font holds in that one."""
    shown = lettering.shown(text)
    return Words(x, y, shown, size, bold and lettering.in_bold(shown), color, align)


def moved(marks: Iterable[Mark], dx: float, dy: float) -> Iterator[Mark]:
    """The same marks elsewhere."""
    for mark in marks:
        if isinstance(mark, Line):
            yield replace(mark, points=tuple((x + dx, y + dy) for x, y in mark.points))
        else:
            yield replace(mark, x=mark.x + dx, y=mark.y + dy)
