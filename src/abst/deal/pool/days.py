"""The months over which a pool is collected, and each one's part of a year as an exact fraction (R-86)."""

from __future__ import annotations

from datetime import date, timedelta
from math import gcd

from abst.calendars import months_after
from abst.deal.daycount import YEAR, DayCount, days

BASES = tuple(DayCount)
ONE_DAY = timedelta(days=1)
Span = tuple[date, date]  # first day, and the day after the last
Fraction = tuple[int, int]  # of a year: numerator, denominator


def fraction(basis: DayCount, span: Span) -> Fraction:
    """The part of a year, in lowest terms."""
    counted, year = days(basis, *span), YEAR[basis]
    common = gcd(counted, year)
    return counted // common, year // common


def months(cut_off: date, count: int) -> tuple[Span, ...]:
    """The months of collections after the cut-off date. The first is a stub unless the cut-off ends a month."""
    spans = []
    first = cut_off + ONE_DAY
    for _ in range(count):
        spans.append((first, months_after(first.replace(day=1), 1)))
        first = spans[-1][1]
    return tuple(spans)
