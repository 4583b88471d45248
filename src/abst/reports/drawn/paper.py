"""A paper: what a report says, in one language, in blocks that both writers can set. Pure.

Every text in it is ready to be read; nothing is reckoned or translated after this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from abst.reports.drawn.charts import Chart
from abst.reports.drawn.scales import Lang

Tone = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Card:
    """One figure that a reader looks for first."""

    label: str
    value: str
    note: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Cards:
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values in columns beside each other."""

    rows: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class Column:
    """weight: its share of the width; number: set to the right."""

    title: str
    weight: float = 1
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text. total: the last row is the sum of the others; tones: of rows that must be seen."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: bool = False
    tones: tuple[tuple[int, Tone], ...] = ()

    def tone(self, row: int) -> Tone:
        return dict(self.tones).get(row, "plain")


@dataclass(frozen=True, slots=True)
class Charts:
    """One chart, or two side by side."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence; with a tone other than plain it stands in a box."""

    text: str
    tone: Tone = "plain"


Block = Cards | Facts | Table | Charts | Note


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """kind: what it is; title, subtitle: of what; corner: what stands opposite the title; foot: on every page.

    running: what the second page and those after it are of; page: how one is numbered, with {page} and {pages}; made:
    the instant it speaks of.
    """

    lang: Lang
    kind: str
    title: str
    subtitle: str
    corner: tuple[tuple[str, str], ...]
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
    running: str
    foot: str
    page: str
    made: datetime
