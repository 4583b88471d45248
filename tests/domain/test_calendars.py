"""Working days by official notice; a year without one gives a range that holds the true answer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.calendars import CODES, Counted, Reckoned, load, months_after
from abst.errors import NotFound

YEARS = (2024, 2025, 2026)
DAYS = st.dates(date(2024, 1, 10), date(2026, 12, 20))


def exactly(day: date) -> Reckoned:
    return Reckoned(day, day, False)


def slow_count(code: str, first: date, last: date) -> int:
    """Working days of a stretch, counted one by one."""
    calendar, days = load(code), (last - first).days
    return sum(calendar.is_working(first + timedelta(days=n)) for n in range(days + 1))


@pytest.mark.parametrize(("year", "off", "worked"), [(2024, 19, 8), (2025, 18, 5), (2026, 19, 6)])
def test_the_mainlands_notices_add_up_to_the_statutory_days(year: int, off: int, worked: int) -> None:
    """Weekdays off less weekend days worked are the days of the regulation: 11 until 2024, 13 since."""
    calendar = load("CN")
    holidays = [day for day in calendar.holidays if day.year == year]
    working = [day for day in calendar.working if day.year == year]
    assert (len(holidays), len(working)) == (off, worked)
    assert off - worked == (11 if year == 2024 else 13)
    assert all(day.weekday() < 5 for day in holidays)
    assert all(day.weekday() >= 5 for day in working)


def test_hong_kong_has_its_general_holidays_and_no_make_up_days() -> None:
    """Fifteen of the seventeen fall on weekdays in 2024 and 2025, fourteen in 2026."""
    calendar = load("HK")
    assert [sum(day.year == year for day in calendar.holidays) for year in YEARS] == [15, 15, 14]
    assert all(day.weekday() < 5 for day in calendar.holidays)
    assert not calendar.working


def test_a_year_needs_its_notice() -> None:
    """Every year that is kept names the notice it comes from; no other year is known."""
    for code in CODES:
        calendar = load(code)
        assert len(calendar.sources) == len(calendar.years) == len(YEARS)
        assert not calendar.known(date(2027, 6, 1))
        assert not calendar.known(date(2023, 6, 1))


def test_make_up_saturday_is_worked_on_the_mainland_only() -> None:
    """14 February 2026 is a Saturday worked on the mainland for the spring festival."""
    assert load("CN").is_working(date(2026, 2, 14))
    assert not load("HK").is_working(date(2026, 2, 14))


@pytest.mark.parametrize(
    ("code", "start", "days", "due"),
    [
        ("CN", date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday that is worked
        ("CN", date(2026, 2, 13), 2, date(2026, 2, 24)),  # nine days off
        ("CN", date(2025, 1, 24), 2, date(2025, 1, 27)),  # Sunday 26 January is worked
        ("CN", date(2025, 1, 27), 1, date(2025, 2, 5)),
        ("CN", date(2024, 9, 30), 1, date(2024, 10, 8)),
        ("CN", date(2024, 10, 11), 1, date(2024, 10, 12)),
        ("CN", date(2024, 12, 31), 1, date(2025, 1, 2)),  # over the end of a year that is known on both sides
        ("HK", date(2025, 12, 24), 2, date(2025, 12, 30)),
        ("HK", date(2025, 12, 31), 1, date(2026, 1, 2)),
        ("HK", date(2026, 2, 16), 1, date(2026, 2, 20)),
        ("HK", date(2026, 4, 2), 1, date(2026, 4, 8)),  # Easter, and the day after Ching Ming
    ],
)
def test_days_are_counted_over_holidays(code: str, start: date, days: int, due: date) -> None:
    """Days are counted from the day after the start, over festivals, make-up days and the end of a year; and back."""
    calendar = load(code)
    assert calendar.add(start, days) == exactly(due)
    assert calendar.between(start, due) == Counted(days, days, False)
    assert calendar.between(start, due - timedelta(days=1)).most == days - 1


def test_backwards_and_zero() -> None:
    """Counting back passes the same days, over the end of a year too; zero is the day itself."""
    assert load("CN").add(date(2026, 2, 24), -1) == exactly(date(2026, 2, 14))
    assert load("CN").add(date(2026, 2, 24), -2) == exactly(date(2026, 2, 13))
    assert load("CN").add(date(2025, 1, 2), -1) == exactly(date(2024, 12, 31))
    assert load("HK").add(date(2026, 1, 2), -3) == exactly(date(2025, 12, 29))
    assert load("HK").add(date(2026, 2, 17), 0) == exactly(date(2026, 2, 17))


def test_a_year_without_notice_gives_a_range() -> None:
    """Crossing into an unknown year gives two days and says so; short of it, one."""
    found = load("CN").add(date(2026, 12, 30), 20)
    assert found.estimated
    assert found.earliest < found.latest
    assert load("HK").add(date(2026, 12, 23), 3) == exactly(date(2026, 12, 29))
    assert load("HK").add(date(2026, 12, 30), 3).estimated


def test_the_last_days_of_a_year_wait_for_the_next_notice() -> None:
    """The mainland may move days of late December for the next New Year, so they are known only with its notice."""
    calendar = load("CN")
    assert calendar.add(date(2026, 12, 22), 3) == exactly(date(2026, 12, 25))
    assert calendar.add(date(2026, 12, 22), 5).estimated
    assert not calendar.known(date(2026, 12, 31))
    assert calendar.known(date(2025, 12, 31))
    assert load("HK").known(date(2026, 12, 31))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CODES), DAYS, st.integers(-40, 40), st.sets(st.sampled_from(YEARS), min_size=1))
def test_the_range_of_unknown_years_holds_the_true_day(code: str, start: date, days: int, hidden: set[int]) -> None:
    """Reckoned as if the notices of some years had not come, the range contains the day that the notices give."""
    calendar = load(code)
    true = calendar.add(start, days)
    if true.estimated or not (calendar.known(true.earliest) and calendar.known(start)):
        return
    guessed = calendar.without(*hidden).add(start, days)
    assert guessed.earliest <= true.earliest <= guessed.latest
    assert guessed.estimated or guessed == true


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CODES), DAYS, st.integers(0, 400), st.sets(st.sampled_from(YEARS), min_size=1))
def test_the_count_of_unknown_years_holds_the_true_one(code: str, start: date, length: int, hidden: set[int]) -> None:
    """So does the number of working days in a stretch."""
    calendar, end = load(code), min(start + timedelta(days=length), date(2026, 12, 24))
    true = slow_count(code, start + timedelta(days=1), end)
    guessed = calendar.without(*hidden).between(start, end)
    assert guessed.least <= true <= guessed.most


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(CODES), st.dates(date(2026, 1, 1), date(2029, 6, 1)), st.integers(1, 60))
def test_more_days_are_due_no_earlier(code: str, start: date, days: int) -> None:
    """One more working day moves neither bound back, and the earliest day never lies after the latest."""
    one, more = load(code).add(start, days), load(code).add(start, days + 1)
    assert one.earliest <= one.latest
    assert (one.earliest, one.latest) <= (more.earliest, more.latest)
    assert one.latest <= more.latest


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CODES), DAYS, st.integers(1, 60))
def test_there_and_back(code: str, start: date, days: int) -> None:
    """So many working days on from a working day and as many back is the same day, where all years are known."""
    calendar = load(code)
    there = calendar.add(start, days)
    if calendar.is_working(start) and not there.estimated:
        assert calendar.add(there.earliest, -days) == exactly(start)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
    ],
)
def test_months_end_where_the_shorter_month_does(day: date, months: int, then: date) -> None:
    """The same day of a later month, or its last one; leap days included."""
    assert months_after(day, months) == then


def test_unknown_calendar() -> None:
    """A calendar that is not kept is not guessed."""
    with pytest.raises(NotFound):
        load("XX")
