"""Working days of mainland China and Hong Kong. Pure arithmetic over announced holidays, which are data.

A year is known only from its official notice. In any other year Monday to Friday count as working days and the
answer is marked estimated, because lunar holidays and make-up working Saturdays cannot be computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

import yaml

from abst.errors import NotFound

ONE_DAY = timedelta(days=1)
CODES = ("CN", "HK")


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A day that was counted to, and whether a year without an official notice was crossed on the way."""

    day: date
    estimated: bool


@dataclass(frozen=True)
class Calendar:
    """Holidays, make-up working days and the years whose notice is known."""

    code: str
    holidays: frozenset[date]
    working: frozenset[date]
    years: frozenset[int]
    sources: tuple[str, ...]

    def known(self, day: date) -> bool:
        return day.year in self.years

    def is_working(self, day: date) -> bool:
        return day in self.working or (day.weekday() < 5 and day not in self.holidays)

    def add(self, start: date, days: int) -> Reckoned:
        """The `days`-th working day after `start` (before it when negative); zero gives `start` itself."""
        day, estimated, step = start, not self.known(start), ONE_DAY if days >= 0 else -ONE_DAY
        left = abs(days)
        while left:
            day += step
            estimated |= not self.known(day)
            left -= self.is_working(day)
        return Reckoned(day, estimated)

    def between(self, start: date, end: date) -> tuple[int, bool]:
        """Working days after `start` up to and including `end`, and whether the count is estimated."""
        count, day, estimated = 0, start, not self.known(start)
        while day < end:
            day += ONE_DAY
            count += self.is_working(day)
            estimated |= not self.known(day)
        return count, estimated


@cache
def load(code: str) -> Calendar:
    """The calendar of a jurisdiction, CN or HK. Raises NotFound."""
    if code not in CODES:
        raise NotFound("no such calendar", found=code, needed=", ".join(CODES), where="calendar")
    text = files("abst.calendars").joinpath(f"{code.lower()}.yaml").read_text(encoding="utf-8")
    years = yaml.safe_load(text)["years"]
    return Calendar(
        code,
        frozenset(day for year in years.values() for day in year["holidays"]),
        frozenset(day for year in years.values() for day in year["working"]),
        frozenset(years),
        tuple(year["source"] for year in years.values()),
    )
