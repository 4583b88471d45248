"""The deals that come along give their published figures; tables of any shape are read; a miss is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from abst import demo_data
from abst.deal.answers import Answers, Between, Cell, Measure, read_cells
from abst.deal.model import Deal
from abst.deal.scenario import read_scenarios
from abst.deal.verifying import Against, Checked, decimal, verify
from abst.errors import UsageError

JISHIDAI = "jishidai-2022-3"
FILE = "  file: t.csv\n  tolerance: 1\n"


def reader(deal: str, **changed: str) -> Callable[[str], bytes]:
    """The files of a deal that comes along; `changed` by the name without its ending."""
    folder = demo_data.deal_folder(deal)

    def read(name: str) -> bytes:
        return changed.get(name.partition(".")[0], folder.joinpath(name).read_text(encoding="utf-8")).encode()

    return read


def verified(deal: str, **changed: str) -> list[Checked]:
    read = reader(deal, **changed)
    return list(verify(Deal.read(read("deal.yaml").decode()), Answers.read(read("answers.yaml").decode()), read).tables)


def table(words: str, published: str = "") -> tuple[Cell, ...]:
    """Cells of one table. words: its YAML without the title, by two spaces; published: the CSV file."""
    text = f"schema: abst-answers-1\nsource: tests\ntables:\n- title: t\n{words}"
    return read_cells(Answers.read(text), lambda name: published, 2)[0].cells


# ---- the real ones


def test_ally_is_as_published() -> None:
    """All 1,456 cells within 0.01 percentage points, 282 of them strictly between 0 and 100, and all 42 lives."""
    percent, life = verified("ally-2017-3")
    assert (percent.measure, percent.cells, percent.inner, percent.misses) == ("percent", 1456, 282, ())
    assert percent.worst < Fraction(7, 1000)
    assert (life.measure, life.cells, life.misses) == ("life", 42, ())
    assert sum(percent.skipped.values()) == 84


def test_the_textbook_is_as_published() -> None:
    """Every dollar figure within a dollar, the four last months, the nine average lives."""
    tables = verified("cmo-1")
    assert sum(one.cells for one in tables) == 27
    assert [one.misses for one in tables if one.misses] == []
    assert max(one.worst for one in tables if one.title.startswith(("Dollar", "Month"))) < 1
    assert next(one.worst for one in tables if one.measure == "last-payment") == 0


def test_jishidai_is_as_stated() -> None:
    """The first payment to the fen, the schedule of A1, the ends of the classes, the first possible call."""
    tables = verified(JISHIDAI)
    assert sum(one.cells for one in tables) == 23
    assert [(one.misses, one.worst) for one in tables] == [((), 0)] * len(tables)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('"1,159,697.01"', '"1,159,697.02"', "1159697.01"),
        ("value: 2027-09-26", "value: 2027-10-26", "2027-09-26"),
        ("value: 1350}", "value: 1351}", "1350"),
    ],
)
def test_a_figure_that_differs_is_a_miss(old: str, new: str, found: str) -> None:
    """One cell changed is one miss, with its place and both figures."""
    answers = reader(JISHIDAI)("answers.yaml").decode()
    assert answers.count(old) == 1
    (miss,) = [miss for one in verified(JISHIDAI, answers=answers.replace(old, new)) for miss in one.misses]
    assert miss.found == found
    assert "rows[" in miss.where


def test_a_wrong_age_of_the_loans_is_noticed() -> None:
    """The published table tells the age in the first month from the age at the cut-off: dozens of cells are wrong."""
    pool = "\n".join(_older(line) for line in reader("ally-2017-3")("pool.csv").decode().splitlines())
    answers = reader("ally-2017-3")("answers.yaml").decode().splitlines(keepends=True)
    one_speed = "".join(line for line in answers if "abs_" not in line or "abs_1.30" in line)
    percent, _ = verified("ally-2017-3", pool=pool, answers=one_speed)
    assert (percent.cells, len(percent.misses) > 30) == (208, True)


def _older(line: str) -> str:
    *rest, age = line.split(",")
    return ",".join([*rest, str(int(age) + 1) if age.isdigit() else age])


# ---- any table


def test_a_wide_table_by_scenario_and_class() -> None:
    """Columns of figures say scenario and class; rows are dates of a format; two words may share a column's text."""
    cells = table(
        """  file: t.csv
  measure: percent
  places: 0
  payment: {column: Date, date: "%B %d, %Y"}
  figures:
    0.5% A: {scenario: slow, class: A}
    0.5% B: {scenario: slow, class: [B, C]}
  marks: {"*": {above: 0, below: "0.5"}, "-": 0, "": skip}
""",
        'Date,0.5% A,0.5% B\n"March 15, 2026",87,*\n"April 15, 2026",-,\n',
    )
    assert [(one.payment, one.classes, one.printed) for one in cells] == [
        (date(2026, 3, 15), ("A",), Decimal(87)),
        (date(2026, 3, 15), ("B", "C"), Between(above=Decimal(0), below=Decimal("0.5"))),
        (date(2026, 4, 15), ("A",), Decimal(0)),
    ]
    assert {(one.scenario, one.places, one.tolerance) for one in cells} == {("slow", 0, None)}


def test_a_long_table_needs_nothing_but_its_columns() -> None:
    """Columns with the words' own names; money with signs and commas; a step, an account, a fee."""
    cells = table(
        "  file: t.csv\n  tolerance: 1\n",
        "measure,class,scenario,payment,step,account,value\n"
        'principal,A,base,3,,,"$1,234.50"\nstep-paid,,base,3,turbo,,0\naccount-balance,,base,2026-04-15,,reserve,7\n',
    )
    assert [(one.measure, one.step, one.account) for one in cells] == [
        (Measure.PRINCIPAL, None, None),
        (Measure.STEP_PAID, "turbo", None),
        (Measure.ACCOUNT_BALANCE, None, "reserve"),
    ]
    assert cells[0].printed == Decimal("1234.50")
    assert [one.payment for one in cells] == [3, 3, date(2026, 4, 15)]
    assert cells[0].scale == 100


def test_rows_by_year_patterns_and_maps() -> None:
    """Year 2 is the 24th payment; a class stands inside a title; a month names its payment."""
    cells = table(
        """  rows:
    - {at: Year 2, who: Class A-1 Notes, value: 40}
  measure: percent
  scenario: base
  tolerance: 1
  payment: {column: at, pattern: "Year ([0-9]+)", per: 12}
  class: {column: who, pattern: "Class (.*) Notes", map: {A-1: A1}}
"""
    )
    assert [(one.payment, one.classes) for one in cells] == [(24, ("A1",))]
    (monthly,) = table(
        """  rows: [{payment: May 2026, value: 1}]
  measure: pool-balance
  scenario: base
  money: million
  places: 2
  payment: {column: payment, date: "%B %Y"}
"""
    )
    assert (monthly.payment, monthly.scale) == ((2026, 5), Decimal(100_000_000))


def test_columns_may_be_payments() -> None:
    """A row for each class, a column for each year, one of them a date."""
    cells = table(
        """  rows: [{class: A, 1st year: 60, 2nd year: 30}]
  measure: percent
  scenario: base
  places: 0
  payment: {column: none, date: "%B %Y"}
  figures: {1st year: {payment: 12}, 2nd year: {payment: 2027-12-15}}
"""
    )
    assert [(one.payment, one.printed) for one in cells] == [(12, 60), (date(2027, 12, 15), 30)]


def test_special_rows_and_the_nearest_word_wins() -> None:
    """A row by its text is another measure, or no test; its words go before the column's, these before the table's."""
    text = """schema: abst-answers-1
source: tests
tables:
- title: t
  rows:
    - {payment: Closing, value: 100}
    - {payment: 1, value: 90}
    - {payment: Life, value: "1.25"}
  class: A
  scenario: base
  measure: percent
  tolerance: "0.01"
  figures: {value: {scenario: fast}}
  special: {Closing: {skip: by definition}, Life: {measure: life, places: 2, scenario: slow}}
"""
    (found,) = read_cells(Answers.read(text), lambda name: "", 2)
    assert found.skipped == {"by definition": 1}
    assert [(one.measure, one.scenario, one.places, one.tolerance) for one in found.cells] == [
        (Measure.PERCENT, "fast", None, Decimal("0.01")),
        (Measure.LIFE, "slow", 2, None),
    ]


@pytest.mark.parametrize(
    ("words", "published", "told"),
    [
        (FILE, "measure,class,scenario,payment,value\nheight,A,b,1,5\n", "no such measure"),
        (FILE, "measure,scenario,payment,value\nlife,b,1,5\n", "class"),
        (FILE, "measure,class,payment,value\nbalance,A,1,5\n", "scenario"),
        (FILE, "measure,class,scenario,value\nbalance,A,b,5\n", "no payment"),
        (FILE, "measure,class,scenario,payment,value\nbalance,A,b,1,n/a\n", "not a figure"),
        (FILE, "measure,class,scenario,payment,value\nbalance,A,b,1\n", "another length"),
        ("  file: t.csv\n", "measure,class,scenario,payment,value\nbalance,A,b,1,5\n", "tolerance or places"),
        (FILE + "  figures: {x: {}}\n", "measure,class,payment,value\na,b,1,5\n", "no such column"),
        (FILE, "measure,class,scenario,payment,value\nbalance,A,b,Feb 30,5\n", "not a date"),
        (FILE, "measure,class,scenario,payment,to,value\nlife,A,b,1,sale,5\n", "no such word"),
        ("  tolerance: 1\n", "", "either a file or rows"),
        ("  file: t.csv\n  tolerance: 0.01\n", "", "written as text"),
        ("  file: ../t.csv\n", "", "tables[0].file"),
        ("  file: t.csv\n  class: {column: c, pattern: 'A'}\n", "", "one group"),
    ],
)  # fmt: skip
def test_a_table_that_says_too_little_is_refused(words: str, published: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        table(words, published)
    assert told in str(refused.value)


# ---- what is compared with it


@pytest.fixture(scope="module")
def against() -> Against:
    """Jishidai, projected when first asked."""
    read = reader(JISHIDAI)
    answers = Answers.read("schema: abst-answers-1\nsource: t\ntables: [{title: t, rows: [{value: 1}]}]\n")
    scenarios = read_scenarios(read("scenarios.yaml").decode())
    return Against(Deal.read(read("deal.yaml").decode()), answers, scenarios, read)


def one(words: str) -> Cell:
    (cell,) = table(f"  rows: [{{value: 1, {words}}}]\n  tolerance: 0\n  scenario: expected\n")
    return cell


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("measure: opening, class: all, payment: 1", 4_057_999_932.76),
        ("measure: percent, class: A1, payment: 2026-11-26", 80),
        ("measure: factor, class: A1, payment: 2", 0.8),
        ("measure: cash, class: A1, payment: 1", 154_142_465.75),
        ("measure: unpaid, class: senior, payment: 1", 0),
        ("measure: written-down, class: Sub, payment: 44", 0),
        ("measure: first-principal, class: Sub", 23),
        ("measure: total-principal, class: A1", 1_500_000_000),
        ("measure: pool-balance, payment: 1", 3_479_817_133.36),
        ("measure: step-paid, step: residual, payment: 1", 0),
        ("measure: balance, class: A1, payment: 2040-01-26", 0),
        ("measure: interest, class: A1, payment: 99", 0),
    ],
)
def test_every_measure_is_what_it_says(against: Against, words: str, found: float) -> None:
    """Checked by hand: from the deal's README, or by definition. After the end nothing flows and what is left stays."""
    assert against.value(one(words)) == Fraction(str(found))


def test_lives_yields_and_durations_hang_together(against: Against) -> None:
    """Bought at par, a class yields about its coupon; its duration is below its life; a higher price yields less."""
    at_par, dear = (against.value(one(f"measure: yield, class: A1, price: {price}")) for price in ('"100"', '"101"'))
    life = against.value(one("measure: life, class: A1"))
    duration = against.value(one('measure: duration, class: A1, price: "100"'))
    assert isinstance(at_par, Fraction)
    assert abs(at_par - Fraction("1.8")) < Fraction("0.05")
    assert dear < at_par
    assert 0 < duration < life < Fraction("0.7")
    assert life - duration < Fraction("0.03")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("measure: balance, class: Z, payment: 1", "no such class"),
        ("measure: balance, class: A1, payment: 0", "no such payment"),
        ("measure: balance, class: A1, payment: 2026-10-27", "no payment then"),
        ("measure: step-paid, step: gift, payment: 1", "no such step"),
        ("measure: fee-paid, fee: gift, payment: 1", "no such fee"),
        ("measure: account-balance, account: vault, payment: 1", "no such account"),
        ("measure: life, class: A1, scenario: none", "no such scenario"),
    ],
)
def test_names_that_the_deal_has_not_are_told(against: Against, words: str, told: str) -> None:
    (cell,) = table(
        f"  rows: [{{value: 1, {words}}}]\n  tolerance: 0\n" + ("" if "scenario" in words else "  scenario: expected\n")
    )
    with pytest.raises(UsageError, match=told):
        against.value(cell)


def test_decimals_are_written_exactly() -> None:
    assert [decimal(Fraction(n, d), 3) for n, d in ((0, 1), (1, 2), (1, 3), (1999, 2000), (12, 1))] == [
        "0",
        "0.5",
        "0.333",
        "1",
        "12",
    ]
