"""A pool of loans by its contracts: each kind of loan to the unit, whatever the size, and files read exactly."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.deal.daycount import YEAR, DayCount, days
from abst.deal.pool import Collections, Contract, Layout, Line, contract_of, read_pool, tape_of
from abst.deal.pool.contract import BLOCK, WIDE
from abst.deal.pool.days import months
from abst.deal.pool.tape import RATE
from abst.errors import UsageError

MONTH_END, MID_MONTH = date(2026, 1, 31), date(2026, 1, 20)
THIRTY = DayCount.THIRTY_360

lines = st.builds(
    lambda balance, rate, remaining, age, kind, share, pause, longer, basis: Line(
        balance,
        rate,
        remaining,
        age,
        kind,
        balance * share // 10 if kind == "balloon" else 0,
        max(pause % (remaining + 1), 1 if kind == "interest-only" else 0),
        remaining + longer if longer and kind != "balloon" else 0,
        basis,
    ),
    balance=st.integers(1, 10**12),
    rate=st.one_of(st.just(0), st.integers(0, RATE // 2)),
    remaining=st.integers(1, 60),
    age=st.integers(0, 3),
    kind=st.sampled_from(["level", "equal", "bullet", "balloon", "interest-only"]),
    share=st.integers(0, 10),
    pause=st.integers(0, 60),
    longer=st.one_of(st.just(0), st.integers(1, 300)),
    basis=st.sampled_from(["", *DayCount]),
)


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def expected(line: Line, cut_off: date, basis: DayCount) -> tuple[list[int], list[int]]:
    """The schedule of one line by exact fractions, written from the words of the contract alone."""
    basis = DayCount(line.day_count or basis)
    pause = line.remaining if line.kind == "bullet" else line.interest_only
    monthly = Fraction(line.rate, 12 * RATE)
    term = 0 if line.kind == "bullet" else max(line.amortisation, line.remaining) - pause
    repaid = line.balance - line.balloon
    if not term:
        instalment = 0
    elif not monthly or line.kind == "equal":
        instalment = half_up(Fraction(repaid, term))
    else:
        instalment = half_up(repaid * monthly / (1 - (1 + monthly) ** -term) + line.balloon * monthly)
    balances, interest = [line.balance], []
    for number, (first, after) in enumerate(months(cut_off, line.remaining), 1):
        held = balances[-1]
        interest.append(half_up(Fraction(held * line.rate * days(basis, first, after), RATE * YEAR[basis])))
        principal = instalment - (0 if line.kind == "equal" else interest[-1])
        principal = 0 if number <= pause else min(max(principal, 0), held)
        balances.append(0 if number == line.remaining else held - principal)
    return balances, interest


def summed(contract: Contract) -> tuple[list[int], list[int]]:
    balances = [sum(month) for month in zip(*(group.balances for group in contract.groups), strict=True)]
    return balances, [sum(month) for month in zip(*(group.interest for group in contract.groups), strict=True)]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(lines, min_size=1, max_size=8), st.sampled_from([MONTH_END, MID_MONTH]), st.sampled_from(list(DayCount))
)
def test_every_loan_pays_its_contract(given_lines: list[Line], cut_off: date, basis: DayCount) -> None:
    """R-84, R-86: whatever its kind, day count and stub, a loan pays what exact fractions say, and ends at nothing."""
    contract = contract_of(tape_of(given_lines), cut_off, basis)
    horizon = max(line.remaining for line in given_lines)
    balances, interest = [0] * (horizon + 1), [0] * horizon
    for line in given_lines:
        left, earned = expected(line, cut_off, basis)
        balances = [a + b for a, b in zip(balances, left + [0] * horizon, strict=False)]
        interest = [a + b for a, b in zip(interest, earned + [0] * horizon, strict=False)]
    assert summed(contract) == (balances, interest)
    assert contract.count == len(given_lines)
    assert balances[-1] == 0


@settings(max_examples=20, deadline=None)
@given(st.lists(lines, min_size=1, max_size=6))
def test_large_loans_count_as_small_ones_do(given_lines: list[Line]) -> None:
    """Given one loan that no 64 bits hold, the others' months should be to the unit what they are without it."""
    giant = Line(WIDE, 0, 1, age=200)
    alone = contract_of(tape_of(given_lines), MONTH_END, THIRTY)
    together = contract_of(tape_of([*given_lines, giant]), MONTH_END, THIRTY)
    assert together.groups[:-1] == alone.groups
    assert together.groups[-1].balances[:2] == (WIDE, 0)


def test_many_loans_are_the_sum_of_each() -> None:
    """Given more loans of one age than are run at a time, the sums should be those of each loan by itself."""
    one, other = Line(123_457, 45_000_000_000, 9, age=4), Line(7_654_321, 99_900_000_000, 31, age=4, kind="equal")
    many = contract_of(tape_of([one] * BLOCK + [other, one, other]), MID_MONTH, THIRTY)
    (each,), (rest,) = (contract_of(tape_of([line]), MID_MONTH, THIRTY).groups for line in (one, other))
    (group,) = many.groups
    short = zip(each.balances + (0,) * 22, rest.balances, strict=True)
    assert group.balances == tuple((BLOCK + 1) * a + 2 * b for a, b in short)
    earned = zip(each.interest + (0,) * 22, rest.interest, strict=True)
    assert group.interest == tuple((BLOCK + 1) * a + 2 * b for a, b in earned)
    assert many.count == BLOCK + 3


def test_the_level_payment_is_the_textbooks() -> None:
    """R-84: a loan of 200,000 at 6 % over 360 months pays 1,199.10; of 1,200 at nothing over 12, 100 a month."""
    contract = contract_of(tape_of([Line(20_000_000, 60_000_000_000, 360)]), MONTH_END, THIRTY)
    (group,) = contract.groups
    assert group.interest[0] == 100_000
    assert group.balances[0] - group.balances[1] + group.interest[0] == 119_910
    straight = contract_of(tape_of([Line(1_200, 0, 12)]), MONTH_END, THIRTY).groups[0]
    assert straight.balances == tuple(range(1_200, -1, -100))


def test_a_balloon_is_what_a_longer_term_leaves() -> None:
    """A loan of 200,000 at 6 % that amortises over 360 months and is due in 120 pays 167,371.45 at last."""
    long = contract_of(tape_of([Line(20_000_000, 60_000_000_000, 360)]), MONTH_END, THIRTY).groups[0]
    line = Line(20_000_000, 60_000_000_000, 120, kind="balloon", amortisation=360)
    short = contract_of(tape_of([line]), MONTH_END, THIRTY).groups[0]
    assert short.balances[:120] == long.balances[:120]
    assert abs(long.balances[120] - 16_737_145) < 50
    assert short.balances[120] == 0


def test_a_stub_bears_the_interest_of_its_days() -> None:
    """R-86: after 20 January the first month has 11 days, of a month of thirty 10; February has all of its own."""
    for basis, first, second in (
        (DayCount.ACT_360, Fraction(11, 360), Fraction(28, 360)),
        (DayCount.ACT_365F, Fraction(11, 365), Fraction(28, 365)),
        (DayCount.ACT_ACT, Fraction(11, 365), Fraction(28, 365)),
        (DayCount.THIRTY_360, Fraction(10, 360), Fraction(30, 360)),
    ):
        contract = contract_of(tape_of([Line(10**9, RATE // 10, 24, kind="bullet")]), MID_MONTH, basis)
        assert contract.groups[0].interest[:2] == (half_up(first * 10**8), half_up(second * 10**8)), basis
    leap = contract_of(tape_of([Line(10**9, RATE // 10, 26, kind="bullet")]), MONTH_END, DayCount.ACT_ACT)
    assert leap.groups[0].interest[24] == half_up(Fraction(29, 366) * 10**8)


HEADER = "account,owed,apr,left,term\n"
LAYOUT = Layout(
    rate="percent", columns={"id": "account", "balance": "owed", "rate": "apr", "remaining": "left", "original": "term"}
)


def test_a_file_is_read_exactly() -> None:
    """Every number is its digits: separators, decimals, percent, and the term from which the age follows."""
    tape = read_pool((HEADER + 'a,"1,234.5",3.671,42,68\nb,0.0700,0,1,1\n').encode(), LAYOUT)
    assert tape.balance.tolist() == [123_450, 7]
    assert tape.rate.tolist() == [36_710_000_000, 0]
    assert tape.remaining.tolist() == [42, 1]
    assert tape.age.tolist() == [26, 0]


def test_parquet_and_csv_say_the_same() -> None:
    """Given decimals in Parquet, the tape should be that of the CSV file; binary fractions are refused."""
    frame = polars.DataFrame(
        {"balance": ["1234.50", "0.07"], "rate": ["0.03671", "0"], "remaining": [42, 1], "kind": ["level", "bullet"]}
    )
    exact = frame.with_columns(polars.col("balance").cast(polars.Decimal(12, 2)))
    files = []
    inexact = frame.with_columns(polars.col("balance").cast(polars.Float64))
    for one in (exact, inexact, frame.with_columns(balance=[[1], [2]])):
        files.append(io.BytesIO())
        one.write_parquet(files[-1])
    read, plain = read_pool(files[0].getvalue(), Layout()), read_pool(frame.write_csv().encode(), Layout())
    assert [column.tolist() for column in (read.balance, read.rate, read.remaining, read.kind)] == [
        column.tolist() for column in (plain.balance, plain.rate, plain.remaining, plain.kind)
    ]
    with pytest.raises(UsageError, match=r"not exact; at pool, balance; found Float64"):
        read_pool(files[1].getvalue(), Layout())
    with pytest.raises(UsageError, match=r"not exact; at pool, balance; found List"):
        read_pool(files[2].getvalue(), Layout())


WRONG_ROWS = (
    ("b,-5.00,3,10,20", "cannot be read; at pool, row 3, owed; found '-5.00'; needed a number"),
    ("b,1e5,3,10,20", "cannot be read; at pool, row 3, owed; found '1e5'"),
    ("b,５,3,10,20", "cannot be read; at pool, row 3, owed; found '５'"),
    ("b,NaN,3,10,20", "cannot be read; at pool, row 3, owed; found 'NaN'"),
    ('b,"12,34.00",3,10,20', "cannot be read; at pool, row 3, owed; found '12,34.00'"),
    ("b,5.001,3,10,20", "cannot be read; at pool, row 3, owed; found '5.001'; needed at most 2 decimals"),
    ("b,,3,10,20", "cannot be read; at pool, row 3, owed; found ''"),
    ("b,5,101,10,20", "the loan cannot be; at pool, row 3, rate; found 1010000000000; needed 0 to 100 %"),
    ("b,5,3,0,20", "the loan cannot be; at pool, row 3, remaining; found 0; needed 1 to 1200 months"),
    ("b,5,3,21,20", "more remains than there was; at pool, row 3, term; found 20; needed 21 or more"),
    ("a,5,3,10,20", "cannot be read; at pool, row 3, account; found 'a'; needed each loan once"),
    ("b,5,3,10,20,30", "not a table"),
)


def test_a_wrong_row_is_named() -> None:
    """The error says row, field, what was found and what was needed."""
    for row, message in WRONG_ROWS:
        with pytest.raises(UsageError) as caught:
            read_pool(f"{HEADER}a,5.00,3,10,20\n{row}\n".encode(), LAYOUT)
        assert message in str(caught.value), row


def test_a_wrong_layout_is_named() -> None:
    """A column that is not there, a field nobody knows, words nobody knows."""
    content = (HEADER + "a,5.00,3,10,20\n").encode()
    for layout, message in (
        (Layout(columns={"balance": "owing"}), "a column is missing; at pool, balance"),
        (Layout(columns={"ballance": "owed"}), "no such field; at pool; found ballance"),
        (Layout(columns={"balance": "owed", "remaining": "left"}), "a column is missing; at pool, rate"),
        (Layout("lines", "unit", "percent", LAYOUT.columns, {"kind": "annuity"}), "row 2, kind; found 'annuity'"),
        (Layout("lines", "unit", "percent", LAYOUT.columns, {"balloon": "6.00"}), "row 2, balloon; found 600"),
    ):
        with pytest.raises(UsageError) as caught:
            read_pool(content, layout)
        assert message in str(caught.value)
    for wrong, message in ((b"", "not a table"), (b"owed,owed\n1,2\n", "a column is named twice; at pool; found owed")):
        with pytest.raises(UsageError, match=message):
            read_pool(wrong, LAYOUT)


def test_collections_roll_forward() -> None:
    """Given collections by month, each balance follows from the one before, the file's own within the tolerance."""
    content = b"month,principal,interest,closing\n2026-02-28,10.00,1.5,90.4\n2026-03-31,20,1,70\n"
    layout = Layout(form="collections", cut_off=MONTH_END, balance=10_000, tolerance=50)
    pool = read_pool(content, layout)
    assert pool == Collections(10_000, (1_000, 2_000), (150, 100))
    assert contract_of(pool, MONTH_END, THIRTY).groups[0].balances == (10_000, 9_000, 7_000)
    for old, new, message in (
        (b"90.4", b"90.6", "row 2, closing; found 9060; needed 9000, give or take 50"),
        (b"20,", b"120,", "more principal than the pool holds; at pool, row 3, principal; found 12000"),
        (b"2026-03-31", b"2026-04-30", "not the next month; at pool, row 3, month; found '2026-04-30'"),
    ):
        with pytest.raises(UsageError) as caught:
            read_pool(content.replace(old, new), layout)
        assert message in str(caught.value)


def test_a_line_by_hand_is_checked() -> None:
    """A word nobody knows and a balloon above the balance are refused with the line's number."""
    for line, message in (
        (Line(1, 0, 1, kind="annuity"), "line 1, kind"),
        (Line(1, 0, 1, day_count="act/364"), "line 1, day_count"),
        (Line(1, 0, 1, kind="balloon", balloon=2), "line 1, balloon"),
        (Line(1, 0, 1, kind="interest-only"), "line 1, interest_only"),
        (Line(1, 0, 3, amortisation=2), "line 1, amortisation"),
        (Line(1, 0, 3, kind="balloon", balloon=1, amortisation=9), "line 1, amortisation"),
        (Line(-1, 0, 1), "line 1, balance"),
    ):
        with pytest.raises(UsageError, match=message):
            tape_of([line])
    assert tape_of([Line(0, 0, 0), Line(5, 0, 1)]).balance.tolist() == [5]
    assert Decimal(tape_of([Line(5, 0, 1)]).total) == 5
