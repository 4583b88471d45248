"""Working days: announced holidays and make-up days count; a year without a notice is marked estimated."""

from __future__ import annotations

from datetime import date

import pytest

from abst.calendars import load
from abst.errors import NotFound


def test_make_up_saturday_is_worked_on_the_mainland_only() -> None:
    """14 February 2026 is a Saturday worked on the mainland for the spring festival."""
    assert load("CN").is_working(date(2026, 2, 14))
    assert not load("HK").is_working(date(2026, 2, 14))


def test_days_are_counted_over_the_spring_festival() -> None:
    """From 13 February: Saturday 14 is day 1, then nine days off, 24 February is day 2."""
    reckoned = load("CN").add(date(2026, 2, 13), 2)
    assert (reckoned.day, reckoned.estimated) == (date(2026, 2, 24), False)
    assert load("CN").between(date(2026, 2, 13), date(2026, 2, 24)) == (2, False)


def test_backwards_and_zero() -> None:
    """Counting back passes the same days; zero is the day itself."""
    assert load("CN").add(date(2026, 2, 24), -2).day == date(2026, 2, 13)
    assert load("HK").add(date(2026, 2, 17), 0).day == date(2026, 2, 17)


def test_a_year_without_notice_is_estimated() -> None:
    """Crossing into an unknown year marks the answer."""
    assert load("HK").add(date(2026, 12, 30), 3).estimated
    assert not load("HK").add(date(2026, 12, 23), 3).estimated


def test_unknown_calendar() -> None:
    """A calendar that is not kept is not guessed."""
    with pytest.raises(NotFound):
        load("XX")
