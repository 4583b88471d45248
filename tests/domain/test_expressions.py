"""Amounts and conditions of a deal file: what they come to, how they are rounded, and what they may not say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.deal.waterfall.expressions import Misread, Quantity, Scope, Table, Unit, read
from abst.deal.waterfall.machine import run
from abst.deal.waterfall.program import Header, encode, set_

NAMES = {"a": Unit.MONEY, "b": Unit.MONEY, "rate": Unit.RATE, "n": Unit.COUNT, "day": Unit.DATE, "flag": Unit.FLAG}
SCOPE = Scope(
    {name: Quantity(slot, unit) for slot, (name, unit) in enumerate(NAMES.items())},
    {"steps": Table(0, Unit.MONEY)},
    {"both": "a + b", "twice": "2 * both"},
)
TABLE = (100, 70, 0)
MONEY = st.integers(0, 2**90)


def value(text: str, wanted: Unit | None = None, **given_: int) -> int:
    """An expression reckoned by the machine that pays."""
    inputs = [given_.get(name, 0) for name in NAMES]
    result = len(NAMES)
    header = Header("CNY", len(NAMES), 0, result + 1, tables=(TABLE,))
    return run(encode(header, set_(result, read(text, SCOPE, wanted).code)), inputs, []).values[result]


@given(MONEY, MONEY)
def test_sums_and_bounds_are_integers_arithmetic(a: int, b: int) -> None:
    """Sums, differences, least, greatest, positive part and choice are what they are of whole numbers."""
    assert value("a + b - 7", a=a, b=b) == a + b - 7
    assert value("max(0, a - b)", a=a, b=b) == max(0, a - b)
    assert value("min(a, b, 5)", a=a, b=b) == min(a, b, 5)
    assert value("when(a < b, a, b)", a=a, b=b) == min(a, b)
    assert value("-a", a=a) == -a
    assert value("both", a=a, b=b) == a + b
    assert value("twice", a=a, b=b) == 2 * (a + b)


@given(MONEY, st.integers(0, 10**12), st.integers(1, 400))
def test_a_chain_is_rounded_once(a: int, rate: int, n: int) -> None:
    """A chain of x and / is one product over another, rounded toward zero once, whatever the order of writing."""
    exact = a * rate * n // (10**12 * 365)
    assert value("a * rate * n / 365", a=a, rate=rate, n=n) == exact
    assert value("rate * a * n / 365", a=a, rate=rate, n=n) == exact
    assert value("a / 365 * n * rate", a=a, rate=rate, n=n) == exact
    assert value("0.0012 * a / 12", a=a) == a * 12 // 120_000
    assert value("-a * rate", a=a, rate=rate) == -(a * rate // 10**12)


@given(MONEY, MONEY)
def test_a_share_is_a_rate_and_of_nothing_it_is_zero(a: int, b: int) -> None:
    """Money by money is a rate in 1e-12; by zero it is zero, so that an empty pool stops no payment."""
    assert value("a / b", a=a, b=b) == (a * 10**12 // b if b else 0)
    assert value("a / b > 0.05", a=a, b=b) == int(b > 0 and a * 10**12 // b > 5 * 10**10)


@given(st.booleans(), st.booleans(), MONEY)
def test_conditions_are_logic(p: bool, q: bool, a: int) -> None:
    """And, or, not, chains of comparisons; a flag counts as one or zero in a product."""
    x, y = int(p), int(q)
    assert value("flag and n == 1", flag=x, n=y) == int(p and q)
    assert value("flag or not n == 1", flag=x, n=y) == int(p or not q)
    assert value("0 <= n < 1", n=y) == int(0 <= y < 1)
    assert value("a * flag", a=a, flag=x) == a * x


def test_words_of_dates_tables_and_money() -> None:
    """A date counts days; a table gives the value at its end beyond it; money is written with its decimals."""
    assert value("date(2028, 3, 1) - date(2028, 2, 28)") == 2
    assert [value("table.steps[n]", n=n) for n in (0, 1, 2, 3, 9)] == [100, 100, 70, 0, 0]
    assert value("a + money(1500.25)", a=1) == 150_026
    assert value("0.123456789012", Unit.RATE) == 123_456_789_012


def test_what_means_nothing_is_refused() -> None:
    """Units that do not fit, unknown names, other words of the language, too long ones: each with its reason."""
    for text, found in (
        ("a + rate", "money beside rate"),
        ("a * b", "a * b"),
        ("a and flag", "money"),
        ("a < n", "count beside money"),
        ("c + 1", "unknown or not yet reckoned: c"),
        ("table.other[n]", "unknown table"),
        ("table.steps[a]", "money"),
        ("a ** 2", "a ** 2"),
        ("a // b", "a // b"),
        ("__import__('os')", "__import__"),
        ("a if flag else b", "a if flag else b"),
        ("'a'", "'a'"),
        ("True", "True"),
        ("1e3 * a", "1e3"),
        ("0.0000000000001 * a", "0.0000000000001"),
        ("money(1.005)", "1.005"),
        ("date(2027, 2, 29)", "date(2027, 2, 29)"),
        ("day + day", "day + day"),
        ("min(a)", "min(a)"),
        ("a +", "a +"),
        ("", "''"),
        (" + ".join(["a"] * 65), "129 nodes"),
        ("(" * 500 + "a" + ")" * 500, "("),
    ):
        with pytest.raises(Misread) as caught:
            read(text, SCOPE)
        assert found in caught.value.found, text
    with pytest.raises(Misread):
        read("12", SCOPE, Unit.RATE)
    circle = Scope({}, {}, {"x": "y + 1", "y": "x + 1"})
    with pytest.raises(Misread) as round_:
        read("x", circle)
    assert round_.value.found == "x -> y -> x"


def test_rates_are_exact() -> None:
    """The digits that are written are the digits that count, where a float would not have them."""
    assert value("a * 0.1", a=3) == 0
    assert value("a * 0.000000000001", a=10**12) == 1
    assert Decimal(value("0.29", Unit.RATE)).scaleb(-12) == Decimal("0.29")
