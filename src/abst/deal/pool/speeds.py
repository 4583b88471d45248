"""Speeds of prepayment and default as monthly rates, in 1e-18 of what is there.

abs: absolute prepayment, of the original number of loans a month, counted from origination: at age a, speed over
(1 - speed x (a - 1)), and all of it once the denominator is at or below the speed. smm, mdr: by the month, as they
stand; original: so too, of the balance at the cut-off. cpr, cdr: by the year, the month being 1 - (1 - rate)^(1/12).
psa: 6 % a year at age 30, in a straight line from nothing at age 0, times the speed, as cpr. A loan's age in its first
month is its age at the cut-off and one.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import lru_cache

from abst.deal.pool.contract import ONE, part

PSA_PEAK, PSA_AGE = Decimal("0.06"), 30


def monthly(kind: str, speed: Decimal, age: int) -> int:
    """The share of a month at an age, in 1e-18: 0 to 1. `kind` is one of those above, or none."""
    match kind:
        case "abs":
            return absolute(_fixed(speed), age)
        case "smm" | "mdr" | "original":
            return _fixed(speed)
        case "cpr" | "cdr":
            return _of_year(speed)
        case "psa":
            return _of_year(PSA_PEAK * min(age, PSA_AGE) * speed / PSA_AGE)
    return 0


def absolute(speed: int, age: int) -> int:
    """R-85: of the loans still there, the share that prepays when a fixed share of the original number does a month."""
    left = ONE - speed * (age - 1)
    return ONE if left <= speed else part(ONE, speed, left)


def _fixed(rate: Decimal) -> int:
    return int((rate * ONE).to_integral_value(ROUND_HALF_EVEN))


@lru_cache(maxsize=2**12)
def _of_year(rate: Decimal) -> int:
    """1 - (1 - rate)^(1/12); all of it from a rate of one on."""
    if rate >= 1:
        return ONE
    with localcontext(prec=50, rounding=ROUND_HALF_EVEN):
        return _fixed(1 - (1 - rate) ** (Decimal(1) / 12))
