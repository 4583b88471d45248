"""Figures of a stream of payments: life, yield, duration, decrement tables, each stating its convention (R-95).

Sums are exact fractions; a figure is rounded once, half up, to twelve decimals. Roots and powers of a yield are Decimal
with 40 digits. No convention is assumed silently: who asks for a figure says how its years count, and from when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from abst.deal.daycount import YEAR, DayCount, days
from abst.errors import UsageError

DIGITS = 40
PLACES = Decimal("1e-12")
PERCENT = Decimal("0.01")
ROUNDS = 200  # of looking for a yield; Newton's needs ten, halving at worst this many
TIMES = {1: "yearly", 2: "half-yearly", 4: "quarterly", 12: "monthly"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and how it was reckoned. value: years, or a fraction a year."""

    value: Decimal
    convention: str


@dataclass(frozen=True, slots=True)
class Years:
    """How time counts: by a day count from a date, or in whole months over twelve where `basis` is none."""

    start: date
    basis: DayCount | None

    def until(self, day: date) -> Fraction:
        if self.basis is None:
            return Fraction(12 * (day.year - self.start.year) + day.month - self.start.month, 12)
        return Fraction(days(self.basis, self.start, day), YEAR[self.basis])

    @property
    def words(self) -> str:
        return f"{'whole months / 12' if self.basis is None else self.basis} from {self.start}"


Paid = Sequence[tuple[date, int]]  # payment dates, and what is paid then


def life(paid: Paid, years: Years, of: int | None = None) -> Figure:
    """R-95: weighted average life, principal by its time over `of`, or over all that is paid; with its convention."""
    base, words = (sum(amount for _, amount in paid), "all that is paid") if of is None else (of, "the opening balance")
    weighted = sum((amount * years.until(day) for day, amount in paid), Fraction(0))
    return Figure(_rounded(weighted / base if base else Fraction(0)), f"{years.words}, over {words}")


def yield_of(price: int, paid: Paid, years: Years, times: int) -> Figure:
    """The rate a year, compounded so many times, at which what is paid is worth the price, accrued interest included.

    Raises UsageError when there is none above -100 %: the price, or all that is paid, is nothing.
    """
    flows = [(years.until(day), amount) for day, amount in paid if amount]
    if price <= 0 or not flows or flows[0][0] < 0:
        raise UsageError("no yield", found=str(price), needed="a price, and payments after it", where="figures")
    with localcontext(prec=DIGITS):
        low, high = Decimal("-0.999999") * times, Decimal(times)
        while _worth(flows, high, times)[0] > price:
            high *= 2
        rate = Decimal(0)
        for _ in range(ROUNDS):
            worth, slope = _worth(flows, rate, times)
            low, high = (rate, high) if worth > price else (low, rate)
            step = rate - (worth - price) / slope if slope else low
            following = step if low < step < high else (low + high) / 2
            if abs(following - rate) < PLACES / 1000:
                break
            rate = following
        return Figure(following.quantize(PLACES, ROUND_HALF_UP), _compounded(years, times))


def macaulay(rate: Decimal, paid: Paid, years: Years, times: int) -> Figure:
    """Macaulay duration in years: the time of what is paid, weighted by what it is worth at the yield."""
    with localcontext(prec=DIGITS):
        worth, slope = _worth([(years.until(day), amount) for day, amount in paid], rate, times)
        found = -slope / worth * (1 + rate / times) if worth else Decimal(0)
        return Figure(found.quantize(PLACES, ROUND_HALF_UP), f"Macaulay, {_compounded(years, times)}")


def modified(rate: Decimal, paid: Paid, years: Years, times: int) -> Figure:
    """Modified duration: by what part the price falls for a rise of the yield of one a year."""
    with localcontext(prec=DIGITS):
        worth, slope = _worth([(years.until(day), amount) for day, amount in paid], rate, times)
        found = -slope / worth if worth else Decimal(0)
        return Figure(found.quantize(PLACES, ROUND_HALF_UP), f"modified, {_compounded(years, times)}")


def _worth(flows: Sequence[tuple[Fraction, int]], rate: Decimal, times: int) -> tuple[Decimal, Decimal]:
    """What is paid is worth now at a yield, and how that changes with the yield."""
    growth = 1 + rate / times
    worth = slope = Decimal(0)
    for time, amount in flows:
        years = Decimal(time.numerator) / time.denominator
        value = amount * growth ** (-times * years)
        worth += value
        slope -= years * value / growth
    return worth, slope


def _compounded(years: Years, times: int) -> str:
    return f"compounded {TIMES.get(times, f'{times} times a year')}, {years.words}"


def _rounded(value: Fraction) -> Decimal:
    with localcontext(prec=DIGITS):
        return (Decimal(value.numerator) / value.denominator).quantize(PLACES, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Decrement:
    """What is left of a class after each payment, in percent, by scenario; first the closing date with all of it."""

    dates: tuple[date, ...]
    percent: Mapping[str, tuple[Decimal, ...]]
    convention: str


def decrement(dates: Sequence[date], balances: Mapping[str, Sequence[int]]) -> Decrement:
    """A decrement table. balances: scenario -> balance at the closing and after each payment."""
    table = {name: tuple(percent(one, of[0]) for one in of) for name, of in balances.items()}
    return Decrement(tuple(dates), table, "percent of the balance at the closing, rounded half up to 0.01")


def percent(balance: int, base: int) -> Decimal:
    """balance in percent of a base, rounded half up to 0.01; zero of nothing."""
    with localcontext(prec=DIGITS):
        return (Decimal(100 * balance) / base if base else Decimal(0)).quantize(PERCENT, ROUND_HALF_UP)
