"""Lives, yields, durations and decrement tables: textbook values, each with the convention it was reckoned by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.calendars import months_after
from abst.deal.daycount import DayCount
from abst.deal.figures import Years, decrement, life, macaulay, modified, percent, yield_of
from abst.errors import UsageError

START = date(2026, 1, 15)
MONTHS = Years(START, None)


def bond(months: int, coupon: int) -> list[tuple[date, int]]:
    """10,000.00 repaid at the end, with a coupon each month."""
    return [(months_after(START, n), coupon + (1_000_000 if n == months else 0)) for n in range(1, months + 1)]


def near(value: Decimal, wanted: str) -> bool:
    return abs(value - Decimal(wanted)) <= Decimal("1e-9")


def test_a_life_states_its_convention() -> None:
    """R-95: one stream has as many lives as conventions: whole months, 30/360 after a stub of 25 days, actual days."""
    paid = [(date(2026, 1, 25), 100), (date(2026, 3, 25), 300)]
    settled = date(2025, 12, 30)
    lives = {
        None: (Fraction(100 * 1 + 300 * 3, 400 * 12), "whole months / 12 from 2025-12-30, over all that is paid"),
        DayCount.THIRTY_360: (
            Fraction(100 * 25 + 300 * 85, 400 * 360),
            "30/360 from 2025-12-30, over all that is paid",
        ),
        DayCount.ACT_365F: (
            Fraction(100 * 26 + 300 * 85, 400 * 365),
            "act/365f from 2025-12-30, over all that is paid",
        ),
    }
    for basis, (wanted, words) in lives.items():
        found = life(paid, Years(settled, basis))
        assert found.convention == words
        assert abs(Fraction(found.value) - wanted) <= Fraction(1, 2 * 10**12), basis
    over = life(paid, MONTHS, 800)
    assert over.value == (life(paid, MONTHS).value / 2).quantize(Decimal("1e-12"))
    assert over.convention.endswith("over the opening balance")
    assert life([], MONTHS).value == 0


def test_yields_of_par_bonds_are_their_coupons() -> None:
    """Bought at par, 50 a month on 10,000 yields 6 % compounded monthly, and 6.0755 % half-yearly."""
    paid = bond(120, 5_000)
    monthly = yield_of(1_000_000, paid, MONTHS, 12)
    assert (monthly.value, monthly.convention) == (
        Decimal("0.060000000000"),
        "compounded monthly, whole months / 12 from 2026-01-15",
    )
    half = yield_of(1_000_000, paid, MONTHS, 2).value
    assert abs((1 + half / 2) ** 2 - Decimal("1.005") ** 12) < Decimal("1e-11")
    assert near(yield_of(1_000_000, bond(12, 0), MONTHS, 1).value, "0")
    assert near(yield_of(500_000, bond(12, 0), MONTHS, 1).value, "1")
    assert near(yield_of(2_000_000, bond(12, 0), MONTHS, 1).value, "-0.5")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=24).filter(any),
    st.integers(-40, 200),
    st.sampled_from([1, 2, 4, 12]),
)
def test_a_yield_gives_back_the_price(amounts: list[int], rate: int, times: int) -> None:
    """Whatever is paid, discounting at the yield should give the price to the unit."""
    paid = [(months_after(START, n), amount * 1000) for n, amount in enumerate(amounts, 1)]
    growth = 1 + Decimal(rate) / 100 / times
    price = int(sum(amount * growth ** (-times * Decimal(n) / 12) for n, (_, amount) in enumerate(paid, 1)))
    found = 1 + yield_of(price, paid, MONTHS, times).value / times
    again = sum(amount * found ** (-times * Decimal(n) / 12) for n, (_, amount) in enumerate(paid, 1))
    assert abs(again - price) <= 1 + price * Decimal("1e-10")


def test_durations_are_the_textbooks() -> None:
    """Macaulay of a par bond is (1 + y/m) (1 - v^n) / y; modified is Macaulay over 1 + y/m; both state the yield's."""
    paid, rate = bond(120, 5_000), Decimal("0.06")
    wanted = Decimal("1.005") * (1 - Decimal("1.005") ** -120) / rate
    found, other = macaulay(rate, paid, MONTHS, 12), modified(rate, paid, MONTHS, 12)
    assert abs(found.value - wanted) < Decimal("1e-11")
    assert abs(other.value * Decimal("1.005") - found.value) < Decimal("1e-11")
    assert found.convention == "Macaulay, compounded monthly, whole months / 12 from 2026-01-15"
    assert other.convention.startswith("modified, ")
    assert macaulay(rate, bond(36, 0), MONTHS, 12).value == 3
    assert modified(rate, [], MONTHS, 12).value == 0


def test_modified_duration_is_what_the_price_moves_by() -> None:
    """Given a small rise of the yield, the price should fall by the duration times it."""
    paid = [(months_after(START, n), 10_000_000) for n in range(1, 61)]
    years, small = Years(START, DayCount.THIRTY_360), Decimal("0.000001")

    def price(rate: Decimal) -> Decimal:
        return sum((amount * (1 + rate / 12) ** -n for n, (_, amount) in enumerate(paid, 1)), Decimal(0))

    rate = Decimal("0.05")
    fall = (price(rate) - price(rate + small)) / price(rate) / small
    assert abs(fall - modified(rate, paid, years, 12).value) < Decimal("1e-4")


def test_nothing_yields_nothing() -> None:
    """No price, no payment, or a payment before the start: there is no yield to state."""
    for price, paid in ((0, bond(3, 1)), (5, []), (5, [(months_after(START, 1), 0)]), (5, [(date(2025, 1, 1), 9)])):
        with pytest.raises(UsageError, match="no yield"):
            yield_of(price, paid, Years(START, DayCount.ACT_365F) if paid and paid[0][0] > START else MONTHS, 12)


def test_a_decrement_table_is_in_percent_of_the_closing() -> None:
    """Each scenario has a column, each payment a row, rounded half up to 0.01; the convention is said."""
    made = decrement([START, months_after(START, 1)], {"slow": [80_000, 79_996], "fast": [80_000, 0]})
    assert made.percent == {"slow": (Decimal(100), Decimal("100.00")), "fast": (Decimal(100), Decimal(0))}
    assert made.percent["slow"][1] == Decimal("100.00")
    assert "0.01" in made.convention
    assert [percent(one, 80_000) for one in (79_995, 4, 3)] == [Decimal("99.99"), Decimal("0.01"), Decimal("0.00")]
    assert percent(5, 0) == 0
