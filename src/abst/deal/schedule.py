"""Payment dates and the periods that belong to them, from the deal's own dates. Pure.

A date that no notice fixes yet is estimated: Monday to Friday count as working days until the year's notice is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from abst.calendars import load, months_after
from abst.deal.blocks import Dates
from abst.errors import NotFound

ONE_DAY = timedelta(days=1)
Day = date


@dataclass(frozen=True, slots=True)
class PaymentDate:
    """One payment. number: from 1; nominal: before it moves to a working day; months: of its collection period.

    accrual_from and accrual_to: between which interest runs, the first included and the last not, by dates as they
    stand; moved_from and moved_to: by dates as moved; estimated: whether a year without a notice was met.
    """

    number: int
    nominal: Day
    date: Day
    record_date: Day
    determination_date: Day
    collection_from: Day
    collection_to: Day
    months: int
    accrual_from: Day
    accrual_to: Day
    moved_from: Day
    moved_to: Day
    estimated: bool


def payments(dates: Dates) -> tuple[PaymentDate, ...]:
    """Every payment of the deal, in order."""
    made: list[PaymentDate] = []
    collected, accrued, moved_from = dates.cut_off, dates.accrual_from, dates.accrual_from
    for number, nominal in enumerate(_nominal(dates), 1):
        moved = nominal if dates.payments else adjusted(dates, nominal)
        until = months_after(nominal.replace(day=1), 1 - dates.collection_lag_months) - ONE_DAY
        made.append(
            PaymentDate(
                number=number,
                nominal=nominal,
                date=moved,
                record_date=before(dates, moved, dates.record_days_before),
                determination_date=before(dates, moved, dates.determination_days_before),
                collection_from=collected + ONE_DAY,
                collection_to=until,
                months=_months(collected, until),
                accrual_from=accrued,
                accrual_to=nominal,
                moved_from=moved_from,
                moved_to=moved,
                estimated=not all(load(code).known(moved) for code in dates.calendars),
            )
        )
        collected, accrued, moved_from = until, nominal, moved
    return tuple(made)


def payment(dates: Dates, number: int) -> PaymentDate:
    """The payment of a number, from 1. Raises NotFound."""
    every = payments(dates)
    if not 1 <= number <= len(every):
        raise NotFound("no such payment date", found=str(number), needed=f"1 to {len(every)}", where="period")
    return every[number - 1]


def _nominal(dates: Dates) -> Sequence[date]:
    if dates.payments:
        return dates.payments
    found, first = [dates.first_payment], dates.first_payment.replace(day=1)
    while True:
        month = months_after(first, dates.every_months * len(found))
        following = months_after(month, 1) - ONE_DAY
        day = min(month + timedelta(days=dates.payment_day - 1), following)
        if day > dates.last_payment:
            return found
        found.append(day)


def _months(after: date, until: date) -> int:
    """Calendar months that begin after one date and end by another; at least one."""
    return max(1, (until.year - after.year) * 12 + until.month - after.month)


def is_working(dates: Dates, day: date) -> bool:
    """Whether all the deal's calendars work; Monday to Friday without any."""
    if not dates.calendars:
        return day.weekday() < 5
    return all(load(code).is_working(day) for code in dates.calendars)


def adjusted(dates: Dates, day: date) -> date:
    """Where a payment date falls, by the deal's business-day rule."""
    rule = dates.business_day
    if rule == "unadjusted":
        return day
    if rule == "preceding":
        return _move(dates, day, -ONE_DAY)
    moved = _move(dates, day, ONE_DAY)
    if rule == "modified-following" and moved.month != day.month:
        return _move(dates, day, -ONE_DAY)
    return moved


def before(dates: Dates, day: date, count: int) -> date:
    """So many working days before a date."""
    for _ in range(count):
        day = _move(dates, day - ONE_DAY, -ONE_DAY)
    return day


def _move(dates: Dates, day: date, step: timedelta) -> date:
    while not is_working(dates, day):
        day += step
    return day
