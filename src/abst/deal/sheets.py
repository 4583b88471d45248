"""What an offering document prints of a projected deal: decrement tables, and each class's life, yield and duration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from abst.deal.figures import Decrement, Figure, Paid, Years, decrement, life, macaulay, modified, yield_of
from abst.deal.projection import Projection
from abst.errors import UsageError


@dataclass(frozen=True, slots=True)
class Sheet:
    """Figures of a class. price: smallest units, for all of the class; without payments it has no yield."""

    price: int
    life: Figure
    yield_: Figure | None
    macaulay: Figure | None
    modified: Figure | None


def sheet(made: Projection, tranche: str, years: Years, percent: Decimal, times: int) -> Sheet:
    """A class bought at a price, in percent of its balance at the closing, accrued interest included; yield compounded
    so many times a year. Raises UsageError for a price that is none, and for payments before `years` start.
    """
    balance, paid = made.deal.tranche(tranche).start, made.cash(tranche)
    if not (percent.is_finite() and percent > 0):
        needed = "a number above zero, in percent"
        raise UsageError("not a price", found=str(percent), needed=needed, where="price")
    price = int((balance * percent / 100).to_integral_value(ROUND_HALF_UP))
    lives = life(made.principal(tranche), years, balance)
    if not price or not any(amount for _, amount in paid):
        return Sheet(price, lives, None, None, None)
    rate = yield_of(price, paid, years, times)
    return Sheet(price, lives, rate, *_durations(rate.value, paid, years, times))


def _durations(rate: Decimal, paid: Paid, years: Years, times: int) -> tuple[Figure, Figure]:
    return macaulay(rate, paid, years, times), modified(rate, paid, years, times)


def decrements(by_scenario: Mapping[str, Projection], tranche: str) -> Decrement:
    """The decrement table of a class, to the last date at which anything is left in any scenario.

    After a call nothing is left.
    """
    longest = max(by_scenario.values(), key=lambda made: len(made.payments))
    balances = {name: made.balances(tranche) for name, made in by_scenario.items()}
    last = max(sum(1 for balance in one if balance) for one in balances.values())
    dates = [longest.deal.dates.closing, *(payment.date for payment in longest.payments)][: last + 1]
    padded = {name: (one + [0] * len(dates))[: len(dates)] for name, one in balances.items()}
    return decrement(dates, padded)
