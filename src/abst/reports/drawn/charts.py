"""The four kinds of picture: areas on each other, bars with a line, lines with a threshold, bars on each other. Pure.

A chart knows numbers and words, and nothing of deals. Values are int; what stands beside the axis is told by `label`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from abst.reports.drawn import lettering, scales
from abst.reports.drawn.marks import FAINT, INK, PAPER, QUIET, RULE, Box, Drawing, Line, Mark, write

HEIGHT = 146.0
SMALL = 6.6
LEGEND = 6.9


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values under a name. solid: how many of them have happened; the rest is expected, and paler."""

    name: str
    color: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level that something must not pass."""

    name: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """areas and bars stand on each other; lines run over them. solid: values that have happened, -1 for all.

    labels: one for each value, of which as many are written as there is room for; unit: what the axis counts; least:
    how far it goes when there is nothing to show.
    """

    title: str
    unit: str
    labels: tuple[str, ...]
    label: Callable[[int], str]
    areas: tuple[Series, ...] = ()
    bars: tuple[Series, ...] = ()
    lines: tuple[Series, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    solid: int = -1
    now: str = ""
    least: int = 1

    @property
    def highest(self) -> int:
        stacked = [sum(column) for stack in (self.areas, self.bars) for column in _columns(stack)]
        single = [value for series in self.lines for value in series.values]
        return max([*stacked, *single, *(threshold.value for threshold in self.thresholds), self.least])


def _columns(stack: Sequence[Series]) -> Iterator[tuple[int, ...]]:
    """The values of a stack by place, the lowest first."""
    return zip(*(series.values for series in stack), strict=True)


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where values stand: the inner rectangle and its scale. slots: values lie in the middle of slots, as bars do."""

    left: float
    top: float
    width: float
    height: float
    scale: scales.Scale
    count: int
    slots: bool

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def slot(self) -> float:
        return self.width / max(self.count, 1)

    def x(self, index: int) -> float:
        if self.slots:
            return self.left + (index + 0.5) * self.slot
        return self.left + self.width * index / max(self.count - 1, 1)

    def y(self, value: int) -> float:
        return self.bottom - self.height * value / self.scale.top


def draw(chart: Chart, width: float, height: float = HEIGHT) -> Drawing:
    """The chart on a plane of this size; every further row of names makes it higher."""
    scale = scales.scale(chart.highest)
    names = [chart.label(tick) for tick in scale.ticks]
    margin = max(lettering.width(lettering.shown(name), SMALL) for name in names) + 6
    legend = list(_legend(chart, width))
    rows = 1 + max((row for row, _ in legend), default=-1)
    top, height = 28.0 + 11.0 * rows, height + 11.0 * max(0, rows - 1)
    count = len(chart.labels)
    plane = _Plane(margin, top, width - margin - 4, height - top - 15, scale, count, bool(chart.bars))
    marks: list[Mark] = [write(0, 9, chart.title, 8.6, bold=True), write(0, 19.5, chart.unit, SMALL, color=FAINT)]
    marks += [mark for _, mark in legend]
    marks += _grid(plane, names)
    marks += _areas(chart, plane)
    marks += _bars(chart, plane)
    marks += _lines(chart, plane)
    marks += _thresholds(chart, plane)
    marks += _dates(chart, plane)
    return Drawing(width, height, tuple(marks), f"{chart.title} ({chart.unit})")


def _legend(chart: Chart, width: float) -> Iterator[tuple[int, Mark]]:
    """Marks of the names, each with its row under the title."""
    x, row = 0.0, 0
    for kind, name, color in _named(chart):
        name = lettering.clipped(lettering.shown(name), LEGEND, width - 12)
        wide = 12 + lettering.width(name, LEGEND) + 10
        if x and x + wide - 10 > width:
            x, row = 0.0, row + 1
        y = 31.0 + 11.0 * row
        if kind == "box":
            yield row, Box(x, y - 5.6, 7, 6.4, color, 1.5)
        else:
            yield row, Line(((x, y - 2.4), (x + 8, y - 2.4)), color, 1.3, dash=2 if kind == "dash" else 0)
        yield row, write(x + 11, y, name, LEGEND, color=QUIET)
        x += wide


def _named(chart: Chart) -> Iterator[tuple[str, str, str]]:
    for series in (*chart.areas, *chart.bars):
        yield "box", series.name, series.color
    for series in chart.lines:
        yield "line", series.name, series.color
    for threshold in chart.thresholds:
        yield "dash", threshold.name, INK


def _grid(plane: _Plane, names: Sequence[str]) -> Iterator[Mark]:
    right = plane.left + plane.width
    for tick, name in zip(plane.scale.ticks, names, strict=True):
        y = plane.y(tick)
        yield Line(((plane.left, y), (right, y)), FAINT if tick == 0 else RULE, 0.6 if tick == 0 else 0.4)
        yield write(plane.left - 5, y + 2.3, name, SMALL, color=FAINT, align="right")


def _areas(chart: Chart, plane: _Plane) -> Iterator[Mark]:
    """Bands from the lowest up; what has not happened yet is paler, and a line parts the two."""
    if not chart.areas:
        return
    solid = plane.count if chart.solid < 0 else chart.solid
    columns = [list(accumulate(column, initial=0)) for column in _columns(chart.areas)]
    for level, series in enumerate(chart.areas):
        for first, last, color in ((0, solid, series.color), (solid - 1, plane.count, pale(series.color))):
            places = range(max(first, 0), last)
            if len(places) > 1 and any(series.values[n] for n in places):
                over = [(plane.x(n), plane.y(columns[n][level + 1])) for n in places]
                under = [(plane.x(n), plane.y(columns[n][level])) for n in reversed(places)]
                yield Line((*over, *under), fill=color)
    if 0 < solid < plane.count:
        x = plane.x(solid - 1)
        yield Line(((x, plane.top - 3), (x, plane.bottom)), INK, 0.7)
        near = x > plane.left + plane.width * 0.8
        yield write(
            x + (-3 if near else 3), plane.top + 8, chart.now, SMALL, color=INK, align="right" if near else "left"
        )


def _bars(chart: Chart, plane: _Plane) -> Iterator[Mark]:
    wide = min(plane.slot * 0.72, 22)
    for n in range(plane.count if chart.bars else 0):
        level = 0
        for series in chart.bars:
            value = series.values[n]
            if value > 0:
                high = plane.y(level) - plane.y(level + value)
                yield Box(plane.x(n) - wide / 2, plane.y(level + value), wide, high, series.color)
            level += value


def _lines(chart: Chart, plane: _Plane) -> Iterator[Mark]:
    for series in chart.lines:
        points = tuple((plane.x(n), plane.y(value)) for n, value in enumerate(series.values))
        if len(points) > 1:
            yield Line(points, PAPER, 2.6)
            yield Line(points, series.color, 1.3)
        if len(points) <= 24:
            for x, y in points:
                yield Box(x - 1.9, y - 1.9, 3.8, 3.8, PAPER, 1.9)
                yield Box(x - 1.4, y - 1.4, 2.8, 2.8, series.color, 1.4)


def _thresholds(chart: Chart, plane: _Plane) -> Iterator[Mark]:
    for threshold in chart.thresholds:
        y = plane.y(threshold.value)
        yield Line(((plane.left, y), (plane.left + plane.width, y)), INK, 0.8, dash=2.4)


def _dates(chart: Chart, plane: _Plane) -> Iterator[Mark]:
    """As many labels under the axis as fit without touching."""
    widest = max((lettering.width(lettering.shown(label), SMALL) for label in chart.labels), default=0.0)
    room = max(1, int((plane.width + widest) // (widest + 9)))
    y = plane.bottom + 10
    for n in scales.spread(plane.count, room):
        text = write(plane.x(n), y, chart.labels[n], SMALL, color=FAINT, align="middle")
        left, _, right, _ = text.bounds
        shift = max(0.0, -left) - max(0.0, right - (plane.left + plane.width + 4))
        yield write(plane.x(n) + shift, y, chart.labels[n], SMALL, color=FAINT, align="middle")


def pale(color: str) -> str:
    """A colour mixed with two parts of white."""
    parts = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{(part + 2 * 255) // 3:02x}" for part in parts)
