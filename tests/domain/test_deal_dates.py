"""Payment dates, their periods, and the parts of a year between them."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.deal.blocks import Dates
from abst.deal.daycount import YEAR, DayCount, days
from abst.deal.schedule import payments

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
BASE = {
    "cut_off": "2026-06-30",
    "closing": "2026-08-31",
    "accrual_from": "2026-08-31",
    "first_payment": "2026-10-26",
    "last_payment": "2030-05-26",
    "legal_maturity": "2064-12-01",
    "payment_day": 26,
}


@given(DAYS, DAYS, DAYS)
def test_actual_day_counts_add_up(a: date, b: date, c: date) -> None:
    """Two periods side by side count what the whole counts, in every convention that counts actual days."""
    first, middle, last = sorted((a, b, c))
    for convention in (DayCount.ACT_360, DayCount.ACT_365F, DayCount.ACT_ACT):
        whole = days(convention, first, last)
        assert whole == days(convention, first, middle) + days(convention, middle, last)


@given(st.integers(2000, 2060))
def test_a_calendar_year_is_one(year: int) -> None:
    """From New Year to New Year: one by 30/360 and act/act, leap year or not."""
    first, last = date(year, 1, 1), date(year + 1, 1, 1)
    for convention in (DayCount.THIRTY_360, DayCount.ACT_ACT):
        assert Fraction(days(convention, first, last), YEAR[convention]) == 1


def test_ends_of_months_by_thirty_days() -> None:
    """The bond basis: a 31st at the start is the 30th, and at the end only after a 30th."""
    for first, last, found in (
        ("2028-01-31", "2028-02-29", 29),
        ("2028-02-29", "2028-03-31", 32),
        ("2028-01-30", "2028-03-31", 60),
        ("2028-01-15", "2028-01-31", 16),
        ("2018-09-15", "2018-10-15", 30),
    ):
        assert days(DayCount.THIRTY_360, date.fromisoformat(first), date.fromisoformat(last)) == found
    with pytest.raises(ValueError, match="is before"):
        days(DayCount.ACT_360, date(2028, 1, 2), date(2028, 1, 1))


def test_jishidai_pays_forty_four_times() -> None:
    """Collection periods join without a gap, the first of three months; record dates are working days before."""
    every = payments(Dates.model_validate(BASE | {"calendars": ["CN", "HK"]}))
    assert len(every) == 44
    assert (every[0].collection_from, every[0].collection_to) == (date(2026, 7, 1), date(2026, 9, 30))
    assert [one.months for one in every] == [3] + [1] * 43
    for before, after in pairwise(every):
        assert after.collection_from == before.collection_to + timedelta(days=1)
        assert after.accrual_from == before.accrual_to
        assert after.record_date < after.date


def test_payment_dates_move_by_the_rule() -> None:
    """Following, modified following and preceding, by weekends alone; interest runs as the deal says."""
    base = BASE | {"first_payment": "2027-01-31", "payment_day": 31, "accrual_from": "2026-12-31"}
    moved = {
        rule: [one.date for one in payments(Dates.model_validate(base | {"business_day": rule}))][:2]
        for rule in ("unadjusted", "following", "modified-following", "preceding")
    }
    assert moved["unadjusted"] == [date(2027, 1, 31), date(2027, 2, 28)]
    assert moved["following"] == [date(2027, 2, 1), date(2027, 3, 1)]
    assert moved["modified-following"] == [date(2027, 1, 29), date(2027, 2, 26)]
    assert moved["preceding"] == [date(2027, 1, 29), date(2027, 2, 26)]


def test_what_no_notice_fixes_is_not_filed() -> None:
    """Interest between moved dates needs them listed, as a later holiday notice would change what was filed."""
    with pytest.raises(ValueError, match="list"):
        Dates.model_validate(BASE | {"accrual_days": "adjusted", "calendars": ["CN"]})
    listed = BASE | {"payments": ["2026-10-26", "2027-01-26"], "last_payment": "2027-01-26"}
    every = payments(Dates.model_validate(listed | {"accrual_days": "adjusted", "calendars": ["CN"]}))
    assert [one.months for one in every] == [3, 3]
    with pytest.raises(ValueError, match="rise"):
        Dates.model_validate(BASE | {"payments": ["2027-01-26", "2026-10-26"]})
