"""Working days of mainland China and Hong Kong. Pure arithmetic over announced holidays, which are data.

A year is known only from its official notice. Lunar holidays and make-up working Saturdays of any other year cannot be
computed, so there every answer is a range, marked estimated. Each festival of such a year takes between `least` and
`most` weekdays of its window, and up to `worked` weekend days near it are worked. Any stretch of days therefore holds

    at most   its weekdays - the least that festivals must take of it + the weekend days that may be worked in it
    at least  its weekdays - the most that festivals can take of it

working days. As working days only add up along the way, a day that is counted to lies no earlier than where the most
reach the count, and no later than where the least do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from abst.errors import NotFound

ONE_DAY = timedelta(days=1)
CODES = ("CN", "HK")
FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A day that was counted to: no earlier and no later than these. Both are the same unless it is estimated."""

    earliest: date
    latest: date
    estimated: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """Working days in a stretch: both numbers are the same unless a year without a notice was met."""

    least: int
    most: int
    estimated: bool


@dataclass(frozen=True, slots=True)
class Festival:
    """How many weekdays a festival takes within its window, and weekend days worked for it. Windows are (month, day).

    A window whose first day comes later in the year than its last begins in the year before.
    """

    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    least: int
    most: int
    worked: int
    worked_first: tuple[int, int]
    worked_last: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Window:
    """A festival of one year: its days off and its days worked, each from a first to a last date."""

    off: tuple[date, date]
    worked: tuple[date, date]
    festival: Festival

    def bounds(self, first: date, last: date) -> tuple[int, int]:
        """Weekdays at least and at most taken off the stretch, net of weekend days worked in it."""
        inside = _weekdays(max(first, self.off[0]), min(last, self.off[1]))
        outside = _weekdays(*self.off) - inside
        weekend = _weekend_days(max(first, self.worked[0]), min(last, self.worked[1]))
        least = max(self.festival.least - outside, 0) - min(self.festival.worked, weekend)
        return least, min(self.festival.most, inside)


@dataclass(frozen=True)
class Calendar:
    """Holidays, make-up working days, the years whose notice is known, and the festivals that bound the others."""

    code: str
    holidays: frozenset[date]
    working: frozenset[date]
    years: frozenset[int]
    sources: tuple[str, ...]
    festivals: tuple[Festival, ...] = ()

    def without(self, *years: int) -> Calendar:
        """The same calendar before the notices of these years."""
        kept = self.years - set(years)
        return replace(
            self,
            years=kept,
            holidays=frozenset(day for day in self.holidays if day.year in kept),
            working=frozenset(day for day in self.working if day.year in kept),
        )

    def known(self, day: date) -> bool:
        """Whether the notices settle this day: its own year's, and the next one's where that may still move it."""
        return day.year in self.years and not any(
            window.off[0] <= day <= window.off[1] or window.worked[0] <= day <= window.worked[1]
            for window in self._windows(day, day)
        )

    def is_working(self, day: date) -> bool:
        """As the notices say; in a year without one, Monday to Friday."""
        return day in self.working or (day.weekday() <= FRIDAY and day not in self.holidays)

    def add(self, start: date, days: int) -> Reckoned:
        """The `days`-th working day after `start` (before it when negative); zero gives `start` itself."""
        if days == 0:
            return Reckoned(start, start, False)
        step, wanted = (ONE_DAY, days) if days > 0 else (-ONE_DAY, -days)
        near: date | None = None
        day = start
        while True:
            day += step
            first, last = (start + ONE_DAY, day) if days > 0 else (day, start - ONE_DAY)
            found = self._count(first, last)
            if near is None and found.most >= wanted:
                near = day
            if found.least >= wanted and near is not None:
                earliest, latest = (near, day) if days > 0 else (day, near)
                return Reckoned(earliest, latest, found.estimated)

    def between(self, start: date, end: date) -> Counted:
        """Working days after `start` up to and including `end`; none when `end` is not later."""
        return self._count(start + ONE_DAY, end)

    def _count(self, first: date, last: date) -> Counted:
        if last < first:
            return Counted(0, 0, False)
        base = sum(self.is_working(day) for day in _days(first, last))
        windows = list(self._windows(first, last))
        estimated = any(year not in self.years for year in range(first.year, last.year + 1))
        least, most = base, base
        for window in windows:
            fewest, greatest = window.bounds(first, last)
            least, most = least - greatest, most - fewest
            estimated |= bool(fewest or greatest)
        # A festival may take more than the stretch holds when windows overlap.
        return Counted(max(least, 0), most, estimated)

    def _windows(self, first: date, last: date) -> Iterator[_Window]:
        """Festivals of years without a notice that touch the stretch."""
        for year in range(first.year, last.year + 2):
            if year in self.years:
                continue
            for festival in self.festivals:
                off = _span(year, festival.first, festival.last)
                worked = _span(year, festival.worked_first, festival.worked_last)
                if min(off[0], worked[0]) <= last and first <= max(off[1], worked[1]):
                    yield _Window(off, worked, festival)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - ONE_DAY)


def _span(year: int, first: tuple[int, int], last: tuple[int, int]) -> tuple[date, date]:
    return date(year - (first > last), *first), date(year, *last)


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += ONE_DAY


def _weekdays(first: date, last: date) -> int:
    return sum(day.weekday() <= FRIDAY for day in _days(first, last))


def _weekend_days(first: date, last: date) -> int:
    return sum(day.weekday() > FRIDAY for day in _days(first, last))


@cache
def load(code: str) -> Calendar:
    """The calendar of a jurisdiction, CN or HK. Raises NotFound."""
    if code not in CODES:
        raise NotFound("no such calendar", found=code, needed=", ".join(CODES), where="calendar")
    text = files("abst.calendars").joinpath(f"{code.lower()}.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    years = content["years"]
    return Calendar(
        code,
        frozenset(day for year in years.values() for day in year["holidays"]),
        frozenset(day for year in years.values() for day in year["working"]),
        frozenset(years),
        tuple(year["source"] for year in years.values()),
        tuple(_festival(raw) for raw in content["festivals"]),
    )


def _festival(raw: dict[str, Any]) -> Festival:
    first, last = _month_day(raw["from"]), _month_day(raw["to"])
    return Festival(
        raw["name"],
        first,
        last,
        raw["least"],
        raw["most"],
        raw.get("worked", 0),
        _month_day(raw["worked_from"]) if "worked_from" in raw else first,
        _month_day(raw["worked_to"]) if "worked_to" in raw else last,
    )


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)
