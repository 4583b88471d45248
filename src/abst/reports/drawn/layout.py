"""A paper on pages: where every block, row and letter stands. Pure, so that what overlaps is found without a reader.

A heading stays with what follows, a chart and a row are never parted, and a table begins again with its head.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from abst.reports.drawn import lettering
from abst.reports.drawn.charts import draw
from abst.reports.drawn.marks import (
    BAD,
    BRAND,
    FAINT,
    GOOD,
    INK,
    PAPER,
    QUIET,
    RULE,
    WARN,
    WASH,
    Align,
    Box,
    Drawing,
    Line,
    Mark,
    moved,
    write,
)
from abst.reports.drawn.paper import Block, Card, Cards, Charts, Facts, Note, Paper, Table, Tone

WIDTH, HEIGHT = 595.28, 841.89  # A4
LEFT, RIGHT, TOP, BOTTOM = 44.0, 44.0, 44.0, 52.0
ROOM = WIDTH - LEFT - RIGHT
GAP = 11.0  # between blocks
TEXT, CELL, HEAD = 8.0, 7.4, 6.9
LEADING = 1.42
WHOLE = 8  # rows of a table that is not parted
SHORT = 40.0  # a column's title up to this width is not parted
TONES: dict[Tone, str] = {"plain": INK, "good": GOOD, "warn": WARN, "bad": BAD}
WASHES: dict[Tone, str] = {"plain": WASH, "good": "#e9f4ef", "warn": "#fbf3e2", "bad": "#faeae8"}


@dataclass(frozen=True, slots=True)
class Slab:
    """A piece of a page that is never parted: its height, and its marks from its own top left. gap: below it; head:
    set again when what follows it goes on on another page."""

    height: float
    marks: tuple[Mark, ...]
    gap: float = GAP
    head: bool = False


@dataclass(slots=True)
class _Pages:
    """Pages filled from the top."""

    made: list[list[Mark]] = field(default_factory=lambda: [[]])
    y: float = TOP

    def put(self, *slabs: Slab) -> None:
        for slab in slabs:
            self.made[-1] += moved(slab.marks, LEFT, self.y)
            self.y += slab.height + slab.gap

    def fits(self, height: float) -> bool:
        return self.y + height <= HEIGHT - BOTTOM

    def turn(self) -> None:
        self.made.append([])
        self.y = TOP


def pages(paper: Paper) -> tuple[Drawing, ...]:
    """The pages of a paper, each with its foot."""
    book = _Pages()
    book.put(_masthead(paper))
    _fill(book, paper.lead)
    for section in paper.sections:
        _fill(book, section.blocks, section.title)
    count = len(book.made)
    return tuple(
        Drawing(WIDTH, HEIGHT, (*marks, *_foot(paper, number, count)), paper.title)
        for number, marks in enumerate(book.made, 1)
    )


def _fill(book: _Pages, blocks: Sequence[Block], title: str = "") -> None:
    heading = [_heading(title)] if title else []
    for block in blocks:
        groups = _slabs(block)
        heads = [slab for slab in groups[0] if slab.head]
        groups[0] = [*heading, *groups[0]]
        for number, group in enumerate(groups):
            if not book.fits(sum(slab.height + slab.gap for slab in group[:-1]) + group[-1].height):
                book.turn()
                book.put(*heads if number else ())
            book.put(*group)
        heading = []


def _slabs(block: Block) -> list[list[Slab]]:
    """Groups of slabs that stay together."""
    match block:
        case Table():
            return _table(block)
        case Cards():
            return [[_cards(block)]]
        case Facts():
            return [[_facts(block)]]
        case Charts():
            return [[_charts(block)]]
        case Note():
            return [[_note(block)]]


# ---- the frame of a page


def _masthead(paper: Paper) -> Slab:
    """A band with what it is, then of what, with dates and numbers opposite."""
    label = max((lettering.width(lettering.shown(name), HEAD) for name, _ in paper.corner), default=0.0)
    value = max((lettering.width(lettering.shown(text), HEAD, True) for _, text in paper.corner), default=0.0)
    side = label + value + 12
    marks: list[Mark] = [
        Box(-LEFT, -TOP, WIDTH, 7, BRAND),
        write(0, 2, paper.kind.upper() if paper.lang == "en" else paper.kind, 8.2, bold=True, color=BRAND),
    ]
    y = 3.0
    for line in lettering.wrap(lettering.shown(paper.title), 15.5, ROOM - side - 24, True):
        y += 20
        marks.append(write(0, y, line, 15.5, bold=True))
    y += 3
    for line in lettering.wrap(lettering.shown(paper.subtitle), 8.4, ROOM - side - 24):
        y += 12.5
        marks.append(write(0, y, line, 8.4, color=QUIET))
    for row, (name, text) in enumerate(paper.corner):
        low = 2 + row * 12.4
        marks.append(write(ROOM - side, low, name, HEAD, color=FAINT))
        marks.append(write(ROOM, low, text, HEAD, bold=True, align="right"))
    height = max(y, 2 + 12.4 * (len(paper.corner) - 1)) + 9
    marks.append(Line(((0, height), (ROOM, height)), RULE, 0.8))
    return Slab(height, tuple(marks))


def _foot(paper: Paper, number: int, count: int) -> Iterable[Mark]:
    y = HEIGHT - 26
    page = write(WIDTH - RIGHT, y - 8.2, paper.page.format(page=number, pages=count), 6.6, color=QUIET, align="right")
    yield Line(((LEFT, y - 19), (WIDTH - RIGHT, y - 19)), RULE, 0.5)
    yield page
    if number > 1:
        right = write(WIDTH - RIGHT, 26, f"{paper.kind} · {paper.running}", 6.6, color=FAINT, align="right")
        yield right
        title = lettering.clipped(lettering.shown(paper.title), 6.6, right.left - LEFT - 20)
        yield write(LEFT, 26, title, 6.6, color=FAINT)
    lines = lettering.wrap(lettering.shown(paper.foot), 6.2, page.left - LEFT - 20)
    for row, line in enumerate(lines[:2]):
        yield write(LEFT, y - 8.2 + row * 8.6, line, 6.2, color=FAINT)


def _heading(title: str) -> Slab:
    return Slab(14, (Box(0, 2.2, 3, 10.5, BRAND, 1), write(9, 11, title, 10.6, bold=True, color=BRAND)), 6)


# ---- blocks


def _cards(block: Cards) -> Slab:
    """Figures in boxes of one width, a long one in smaller letters."""
    count, space = len(block.cards), 8.0
    wide = (ROOM - space * (count - 1)) / count
    marks: list[Mark] = []
    for place, card in enumerate(block.cards):
        marks += moved(_card(card, wide), place * (wide + space), 0)
    return Slab(50, tuple(marks))


def _card(card: Card, wide: float) -> list[Mark]:
    value, size = lettering.shown(card.value), 13.5
    while size > 6 and lettering.width(value, size, True) > wide - 18:
        size -= 0.5
    lines = [(12.5, card.label, HEAD, QUIET), (44, card.note, 6.4, FAINT)]
    marks: list[Mark] = [
        Box(0, 0, wide, 50, WASHES[card.tone], 3),
        write(9, 31, card.value, size, bold=True, color=TONES[card.tone]),
    ]
    return marks + [
        write(9, y, lettering.clipped(lettering.shown(text), letters, wide - 14), letters, color=color)
        for y, text, letters, color in lines
    ]


def _facts(block: Facts) -> Slab:
    """Pairs down each column; every row is as high as its longest value."""
    space = 18.0
    wide = (ROOM - space * (block.columns - 1)) / block.columns
    names = max((lettering.width(lettering.shown(name), CELL) for name, _ in block.rows), default=0.0)
    names = min(names + 8, wide * 0.5)
    marks: list[Mark] = []
    y = 0.0
    for start in range(0, len(block.rows), block.columns):
        deep = 1
        for place, (name, text) in enumerate(block.rows[start : start + block.columns]):
            x = place * (wide + space)
            lines = lettering.wrap(lettering.shown(text), CELL, wide - names)
            heads = lettering.wrap(lettering.shown(name), CELL, names - 4)
            marks += [write(x, y + 9 + n * CELL * LEADING, one, CELL, color=QUIET) for n, one in enumerate(heads)]
            marks += [write(x + names, y + 9 + n * CELL * LEADING, one, CELL, color=INK) for n, one in enumerate(lines)]
            deep = max(deep, len(lines), len(heads))
        y += 3.6 + deep * CELL * LEADING
        for place in range(len(block.rows[start : start + block.columns])):
            x = place * (wide + space)
            marks.append(Line(((x, y), (x + wide, y)), RULE, 0.35))
    return Slab(y, tuple(marks))


def _charts(block: Charts) -> Slab:
    space = 22.0
    wide = (ROOM - space * (len(block.charts) - 1)) / len(block.charts)
    drawn = [draw(chart, wide) for chart in block.charts]
    marks = [mark for n, one in enumerate(drawn) for mark in moved(one.marks, n * (wide + space), 0)]
    return Slab(max(one.height for one in drawn), tuple(marks), GAP + 3)


def _note(block: Note) -> Slab:
    boxed = block.tone != "plain"
    inset, size = (10.0, TEXT) if boxed else (0.0, 7.2)
    lines = lettering.wrap(lettering.shown(block.text), size, ROOM - 2 * inset)
    height = len(lines) * size * LEADING + (10 if boxed else 2)
    marks: list[Mark] = []
    if boxed:
        marks += [Box(0, 0, ROOM, height, WASHES[block.tone], 3), Box(0, 0, 3, height, TONES[block.tone], 1.4)]
    first = size + (5.5 if boxed else 0)
    color = TONES[block.tone] if boxed else QUIET
    return Slab(
        height,
        (*marks, *(write(inset, first + n * size * LEADING, line, size, color=color) for n, line in enumerate(lines))),
    )


# ---- tables


def _table(block: Table) -> list[list[Slab]]:
    """The head with the first rows, then row by row, but the last two together; a short table is one group."""
    widths = _widths(block)
    rows = [_row(block, number, widths) for number in range(len(block.rows))]
    head = _head(block, widths)
    if not rows:
        return [[replace(head, gap=GAP)]]
    rows[-1] = replace(rows[-1], gap=GAP)
    if len(rows) <= WHOLE:
        return [[head, *rows]]
    return [[head, rows[0], rows[1]], *([row] for row in rows[2:-2]), rows[-2:]]


def _widths(block: Table) -> list[float]:
    """Each column as wide as its widest number or word needs, and what is left by weight."""
    needs: list[float] = []
    for place, column in enumerate(block.columns):
        cells = [lettering.shown(row[place]) for row in block.rows]
        if column.number:
            widest = max((lettering.width(cell, CELL, True) for cell in cells), default=0.0)
        else:
            widest = max((_longest(cell, CELL) for cell in cells), default=0.0)
        title = lettering.shown(column.title)
        head = max(_longest(title, HEAD), min(lettering.width(title, HEAD, True), SHORT))
        needs.append(max(widest, head) + 10 + _inset(block, place))
    spare = ROOM - sum(needs)
    if spare < 0:
        return [need * ROOM / sum(needs) for need in needs]
    total = sum(column.weight for column in block.columns)
    return [need + spare * column.weight / total for need, column in zip(needs, block.columns, strict=True)]


def _inset(block: Table, place: int) -> float:
    """How far text stands from the numbers to its left."""
    return 10.0 if place and block.columns[place - 1].number and not block.columns[place].number else 0.0


def _longest(text: str, size: float) -> float:
    """The widest piece of a text that a line cannot part."""
    return max((lettering.width(piece.strip(" "), size, True) for piece in lettering.pieces(text)), default=0.0)


def _head(block: Table, widths: Sequence[float]) -> Slab:
    cells = [
        lettering.wrap(lettering.shown(column.title), HEAD, wide - 8 - _inset(block, place), True)
        for place, (column, wide) in enumerate(zip(block.columns, widths, strict=True))
    ]
    deep = max(len(lines) for lines in cells)
    height = deep * HEAD * 1.25 + 7
    marks: list[Mark] = [Box(0, 0, ROOM, height, BRAND, 2)]
    for (place, x), lines in zip(_places(block, widths), cells, strict=True):
        for n, line in enumerate(lines):
            y = height - 5.4 - (len(lines) - 1 - n) * HEAD * 1.25
            marks.append(write(x, y, line, HEAD, bold=True, color=PAPER, align=place))
    return Slab(height, tuple(marks), 0, True)


def _row(block: Table, number: int, widths: Sequence[float]) -> Slab:
    row, tone = block.rows[number], block.tone(number)
    total = block.total and number == len(block.rows) - 1
    cells = [
        lettering.wrap(lettering.shown(text), CELL, wide - 8 - _inset(block, place), total) if text else [""]
        for place, (text, wide) in enumerate(zip(row, widths, strict=True))
    ]
    height = max(len(lines) for lines in cells) * CELL * 1.3 + 6.2
    marks: list[Mark] = []
    if total or tone != "plain" or number % 2:
        marks.append(Box(0, 0, ROOM, height, "#e6ecf4" if total else WASHES[tone]))
    for (place, x), lines in zip(_places(block, widths), cells, strict=True):
        for n, line in enumerate(lines):
            marks.append(write(x, 10.4 + n * CELL * 1.3, line, CELL, bold=total, color=TONES[tone], align=place))
    marks.append(Line(((0, height), (ROOM, height)), RULE, 0.35))
    return Slab(height, tuple(marks), 0)


def _places(block: Table, widths: Sequence[float]) -> Iterator[tuple[Align, float]]:
    """Of each column: to which side its cells are set, and from where."""
    x = 0.0
    for place, (column, wide) in enumerate(zip(block.columns, widths, strict=True)):
        yield ("right", x + wide - 4) if column.number else ("left", x + 4 + _inset(block, place))
        x += wide
