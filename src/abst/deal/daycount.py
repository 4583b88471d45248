"""Day counts: the part of a year between two dates, as an exact fraction (R-86). Pure."""

from __future__ import annotations

import calendar
from datetime import date
from enum import StrEnum


class DayCount(StrEnum):
    """Conventions, by their usual names."""

    ACT_365F = "act/365f"
    ACT_360 = "act/360"
    THIRTY_360 = "30/360"  # the US bond basis
    ACT_ACT = "act/act"  # of ISDA: days of leap years by 366, the others by 365


YEAR = {DayCount.ACT_365F: 365, DayCount.ACT_360: 360, DayCount.THIRTY_360: 360, DayCount.ACT_ACT: 365 * 366}
"""Denominator of each convention's fractions."""


def days(convention: DayCount, start: date, end: date) -> int:
    """Numerator of the fraction from `start` to `end`; the denominator is `YEAR` of the convention.

    Raises ValueError when the end is before the start.
    """
    if end < start:
        raise ValueError(f"{end} is before {start}")
    if convention is DayCount.THIRTY_360:
        return _thirty(start, end)
    if convention is DayCount.ACT_ACT:
        return sum(
            (min(end, date(year + 1, 1, 1)) - max(start, date(year, 1, 1))).days
            * (365 if calendar.isleap(year) else 366)
            for year in range(start.year, end.year + 1)
        )
    return (end - start).days


def _thirty(start: date, end: date) -> int:
    first = min(start.day, 30)
    last = 30 if end.day == 31 and first == 30 else end.day
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first
