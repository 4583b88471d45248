"""``answers.yaml``: where the published figures of a deal stand, and what each of them says. Pure.

A published figure is a measure (a balance, a life, ...) of a class, a step, an account or the pool, under a scenario,
at a payment or of the whole life. A table of figures says where each of these words comes from: it is the same for the
whole table, stands in a column, belongs to a column of figures, or to a row whose text says so. `read_cells` turns
tables, wide or long, into one list of cells; ``abst.deal.verifying`` compares them with a projection.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from abst.deal.blocks import Strict
from abst.deal.model import path_of
from abst.errors import UsageError
from abst.values import shallow

ALL = "all"
"""Every class of the deal together, where a class is named."""


class Measure(StrEnum):
    """What a figure measures. Of a class at a payment, of a class over its life, of the pool, a step, an account."""

    PERCENT = "percent"  # balance after the payment, of what it was at the closing, x 100
    FACTOR = "factor"  # the same, not x 100
    BALANCE = "balance"
    OPENING = "opening"
    INTEREST = "interest"
    PRINCIPAL = "principal"
    RESIDUAL = "residual"
    CASH = "cash"  # interest, principal and residual
    UNPAID = "unpaid"  # interest carried on
    WRITTEN_DOWN = "written-down"

    LIFE = "life"  # weighted average life, years
    FIRST_PRINCIPAL = "first-principal"  # number of the first payment of principal
    LAST_PAYMENT = "last-payment"  # number of the payment after which nothing is outstanding
    LAST_DATE = "last-date"  # its date
    TOTAL_INTEREST = "total-interest"
    TOTAL_PRINCIPAL = "total-principal"
    YIELD = "yield"  # percent a year at the price
    DURATION = "duration"  # modified, at the price

    POOL_OPENING = "pool-opening"
    POOL_BALANCE = "pool-balance"
    POOL_PERCENT = "pool-percent"  # of the balance at the cut-off
    POOL_SCHEDULED = "pool-scheduled"
    POOL_PREPAID = "pool-prepaid"
    POOL_PRINCIPAL = "pool-principal"  # scheduled and prepaid
    POOL_INTEREST = "pool-interest"
    POOL_DEFAULTS = "pool-defaults"
    POOL_RECOVERIES = "pool-recoveries"

    STEP_PAID = "step-paid"
    FEE_PAID = "fee-paid"  # a fee or a tax, in all its steps
    ACCOUNT_BALANCE = "account-balance"


WHOLE_LIFE = frozenset(
    {
        Measure.LIFE,
        Measure.FIRST_PRINCIPAL,
        Measure.LAST_PAYMENT,
        Measure.LAST_DATE,
        Measure.TOTAL_INTEREST,
        Measure.TOTAL_PRINCIPAL,
        Measure.YIELD,
        Measure.DURATION,
    }
)
PRICED = frozenset({Measure.YIELD, Measure.DURATION})
OF_POOL = frozenset(measure for measure in Measure if measure.value.startswith("pool-"))
PERCENTS = frozenset({Measure.PERCENT, Measure.POOL_PERCENT})
MONEY = (
    frozenset(Measure)
    - (WHOLE_LIFE - {Measure.TOTAL_INTEREST, Measure.TOTAL_PRINCIPAL})
    - (PERCENTS | {Measure.FACTOR})
)


def _text(value: Any) -> Any:
    """YAML reads 2018-10-15 as a date and 12 as a number; a float has no exact text."""
    if isinstance(value, float):
        raise ValueError("a decimal is written as text, such as '0.01', so that it is exact")
    return value.isoformat() if isinstance(value, date) else str(value) if type(value) is int else value


Text = Annotated[str, BeforeValidator(_text)]
Exact = Annotated[Decimal, BeforeValidator(_text)]
Classes = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Column(Strict):
    """The word stands in this column. pattern: its first group is the word; map: the published words -> ours."""

    column: str
    pattern: str | None = None
    map: dict[Text, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_group(self) -> Column:
        if self.pattern is not None and _groups(self.pattern) != 1:
            raise ValueError(f"a pattern has one group: {self.pattern!r}")
        return self


class ClassColumn(Column):
    """map: a published word may stand for several of our classes together."""

    map: dict[Text, Classes] = Field(default_factory=dict)  # type: ignore[assignment]


class PaymentColumn(Column):
    """The payment stands in this column: as a date in this format, or as a number that counts `per` payments.

    A format without a day names the payment of that month. Without a format: ISO dates or payment numbers.
    """

    date: str | None = None
    per: int = Field(default=1, gt=0)


class Between(Strict):
    """A mark that says no more than that the value lies between two others, themselves not included."""

    above: Exact
    below: Exact


class Words(Strict):
    """What a figure is. A word not given here is looked for further out: in the column, then in the table.

    to: calls are never used (maturity), or at the first chance (call); as the scenario says otherwise. price: of a
    yield or duration, in percent of the balance at the closing, with accrued interest.
    """

    measure: Measure | None = None
    classes: Classes | None = Field(default=None, alias="class")
    scenario: Text | None = None
    payment: Text | None = None
    step: str | None = None
    fee: str | None = None
    account: str | None = None
    to: Literal["maturity", "call"] | None = None
    price: Exact | None = None
    tolerance: Exact | None = Field(default=None, ge=0)
    places: int | None = Field(default=None, ge=0, le=12)


class Row(Words):
    """A row that is something else than a payment. skip: why its figures are no test."""

    skip: str | None = None


class Published(Strict):
    """One table of published figures.

    file: CSV with a header, beside this file; or the rows themselves. figures: the columns that hold figures; by
    default one named `value`. A word neither given nor mapped is looked for in a column of its own name.
    special: rows by the text in their payment column. marks: what a sign in place of a number says.
    """

    title: str
    file: FileName | None = None
    rows: tuple[dict[str, Text], ...] = ()
    measure: Measure | Column | None = None
    classes: Classes | ClassColumn | None = Field(default=None, alias="class")
    scenario: Text | Column | None = None
    payment: Text | PaymentColumn | None = None
    step: str | Column | None = None
    fee: str | Column | None = None
    account: str | Column | None = None
    to: Literal["maturity", "call"] | Column | None = None
    price: Exact | Column | None = None
    figures: dict[str, Words] = Field(default_factory=lambda: {"value": Words()})
    special: dict[Text, Row] = Field(default_factory=dict)
    marks: dict[Text, Exact | Between | Literal["skip"]] = Field(default_factory=dict)
    money: Literal["smallest", "unit", "thousand", "million"] = "unit"
    base: dict[str, Exact] = Field(default_factory=dict)
    tolerance: Exact | None = Field(default=None, ge=0)
    places: int | None = Field(default=None, ge=0, le=12)

    @model_validator(mode="after")
    def _one_source(self) -> Published:
        if (self.file is None) == (not self.rows):
            raise ValueError("a table has either a file or rows")
        return self


class Lives(Strict):
    """How lives are counted. years: from `from` (the closing date) to each payment, by a day count, or its number of
    months / 12; dates: payments as they stand or as moved; over: what the sum is divided by.
    """

    years: Literal["months", "30/360", "act/365f", "act/360", "act/act"] = "30/360"
    start: date | None = Field(default=None, alias="from")
    dates: Literal["unadjusted", "adjusted"] = "unadjusted"
    over: Literal["opening", "paid"] = "opening"


class Yields(Strict):
    """How yields and durations are counted: compounded so many times a year, years as for lives."""

    times: Literal[1, 2, 4, 12] = 2


class Answers(Strict):
    """A whole answers file."""

    schema_: Literal["abst-answers-1"] = Field(alias="schema")
    source: str
    scenarios: FileName = "scenarios.yaml"
    lives: Lives = Lives()
    yields: Yields = Yields()
    tables: tuple[Published, ...] = Field(min_length=1)

    @classmethod
    def read(cls, text: str, where: str = "answers") -> Answers:
        """Parse an answers file. Raises UsageError naming every field that is wrong."""
        try:
            with shallow(where):
                raw = yaml.safe_load(text)
            return cls.model_validate(raw)
        except yaml.YAMLError as error:
            raise UsageError("not YAML", found=str(error), where=where) from None
        except ValidationError as error:
            found = "; ".join(f"{path_of(e['loc'])}: {e['msg']}" for e in error.errors())
            raise UsageError(
                "the answers are malformed", found=found, needed="answers of abst-answers-1", where=where
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One published figure. classes: together, empty where none is meant; payment: a number, a date or a (year, month),
    none of the whole life; printed: as published; tolerance or places: how near ours must come.
    """

    measure: Measure
    classes: tuple[str, ...]
    scenario: str
    payment: int | date | tuple[int, int] | None
    step: str | None
    fee: str | None
    account: str | None
    to: Literal["maturity", "call"] | None
    price: Decimal | None
    printed: Decimal | Between | date
    scale: Decimal
    base: Decimal | None
    tolerance: Decimal | None
    places: int | None
    where: str


@dataclass(frozen=True, slots=True)
class Cells:
    """Every cell of a table. skipped: why not a test -> how many."""

    title: str
    cells: tuple[Cell, ...]
    skipped: Mapping[str, int]


def read_cells(answers: Answers, read: Callable[[str], str], decimals: int) -> tuple[Cells, ...]:
    """All figures of an answers file. read: the text of a file beside it; decimals: of the deal's currency.

    Raises UsageError naming table, row and column.
    """
    return tuple(_Reading(table, decimals, f"tables[{n}]").all(read) for n, table in enumerate(answers.tables))


_SCALE = {"unit": Decimal(1), "thousand": Decimal(1_000), "million": Decimal(1_000_000)}
_SIGNS = re.compile(r"[$¥£€,%\s]")
_NUMBERED = re.compile(r"[0-9]+")


class _Reading:
    """One pass over the rows of a table."""

    def __init__(self, table: Published, decimals: int, where: str) -> None:
        self.table, self.where = table, where
        smallest = Decimal(10) ** decimals
        self.scale = Decimal(1) if table.money == "smallest" else _SCALE[table.money] * smallest

    def all(self, read: Callable[[str], str]) -> Cells:
        skipped: dict[str, int] = {}
        cells: list[Cell] = []
        for where, row in self._rows(read):
            special = self._special(row)
            for column, words in self.table.figures.items():
                place = f"{where}, column {column}"
                printed = self._printed(row, column, place)
                why = special.skip or ("marked as no figure" if printed == "skip" else None)
                if why:
                    skipped[why] = skipped.get(why, 0) + 1
                else:
                    cells.append(self._cell(row, printed, (special, words), place))
        if not cells:
            raise UsageError("a table without figures", found="no cell", needed="one figure", where=self.where)
        return Cells(self.table.title, tuple(cells), skipped)

    def _rows(self, read: Callable[[str], str]) -> Iterator[tuple[str, Mapping[str, str]]]:
        if self.table.file is None:
            for number, row in enumerate(self.table.rows):
                yield f"{self.where}.rows[{number}]", row
            return
        reader = csv.DictReader(io.StringIO(read(self.table.file).removeprefix("\ufeff")))
        for row in reader:
            where = f"{self.table.file}, line {reader.line_num}"
            if None in row or None in row.values():
                raise UsageError("a row of another length", found=str(len(row)), needed="the header's", where=where)
            yield where, {name.strip(): value.strip() for name, value in row.items()}

    def _special(self, row: Mapping[str, str]) -> Row:
        payment = self.table.payment
        column = payment.column if isinstance(payment, PaymentColumn) else "payment"
        return self.table.special.get(row.get(column, ""), Row())

    def _printed(self, row: Mapping[str, str], column: str, where: str) -> str:
        if column not in row:
            raise UsageError("no such column", found=column, needed=", ".join(row), where=where)
        text = row[column]
        return "skip" if self.table.marks.get(text) == "skip" else text

    def _cell(self, row: Mapping[str, str], printed: str, inner: tuple[Row, Words], where: str) -> Cell:
        def word(name: str) -> Any:
            given = next((found for one in inner if (found := getattr(one, name)) is not None), None)
            return given if given is not None else _found(getattr(self.table, name), row, name, where)

        stated = any(one.payment is not None for one in inner)  # not in the column, so not in its format
        tolerance, places = self._nearness(inner)
        measure = _measure(word("measure"), where)
        classes = word("classes")
        whole = measure in WHOLE_LIFE
        found = Cell(
            measure=measure,
            classes=() if classes is None else (classes,) if isinstance(classes, str) else tuple(classes),
            scenario=word("scenario") or "",
            payment=None if whole else self._payment(word("payment"), stated, where),
            step=word("step"),
            fee=word("fee"),
            account=word("account"),
            to=_one_of(word("to"), ("maturity", "call", None), where),
            price=_decimal(word("price"), where),
            printed=self._value(printed, measure, where),
            scale=self.scale if measure in MONEY else Decimal(1),
            base=self._base(classes),
            tolerance=tolerance,
            places=places,
            where=where,
        )
        _check(found)
        return found

    def _nearness(self, inner: tuple[Row, Words]) -> tuple[Decimal | None, int | None]:
        """The innermost of the three that says how near; a tolerance there hides the places further out."""
        for one in (*inner, self.table):
            if one.tolerance is not None or one.places is not None:
                return one.tolerance, one.places
        return None, None

    def _base(self, classes: Any) -> Decimal | None:
        name = classes if isinstance(classes, str) else classes[0] if classes and len(classes) == 1 else None
        base = self.table.base.get(name) if name else None
        return None if base is None else base * self.scale

    def _payment(self, text: Any, stated: bool, where: str) -> int | date | tuple[int, int]:
        if text is None:
            raise UsageError("a figure of no payment", found="no payment", needed="a number or a date", where=where)
        spec = self.table.payment
        if isinstance(spec, PaymentColumn) and not stated:
            if spec.date is not None:
                return _dated(text, spec.date, where)
            if _NUMBERED.fullmatch(text):
                return int(text) * spec.per
        return int(text) if _NUMBERED.fullmatch(text) else _dated(text, "%Y-%m-%d", where)

    def _value(self, text: str, measure: Measure, where: str) -> Decimal | Between | date:
        mark = self.table.marks.get(text)
        if isinstance(mark, (Decimal, Between)):
            return mark
        if measure is Measure.LAST_DATE:
            spec = self.table.payment
            form = spec.date if isinstance(spec, PaymentColumn) and spec.date else "%Y-%m-%d"
            found = _dated(text, form, where)
            if isinstance(found, date):
                return found
            raise UsageError("a month is no date", found=text, needed="a whole date", where=where)
        value = _decimal(text, where)
        if value is None:
            raise UsageError("no figure", found="nothing", needed="a number, or a mark under marks", where=where)
        return value


def _found(spec: Any, row: Mapping[str, str], name: str, where: str) -> Any:
    """A word of the table: the same for all rows, or out of a column; a column of that name by default."""
    own = "class" if name == "classes" else name
    if spec is None:
        return row.get(own) or None
    if not isinstance(spec, Column):
        return spec
    if spec.column not in row:
        raise UsageError("no such column", found=spec.column, needed=", ".join(row), where=where)
    text = row[spec.column]
    if spec.pattern is not None:
        matched = re.search(spec.pattern, text)
        if matched is None:
            raise UsageError("a text of another form", found=repr(text), needed=spec.pattern, where=where)
        text = matched.group(1)
    return spec.map.get(text, text)


def _decimal(text: Any, where: str) -> Decimal | None:
    """A number as it is printed, with its currency's sign, commas or percent sign; none of an empty text."""
    if text is None or isinstance(text, Decimal):
        return text
    try:
        value = Decimal(_SIGNS.sub("", text))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise UsageError("not a figure", found=repr(text), needed="a number, or a mark under marks", where=where)
    return value


def _one_of(word: Any, words: tuple[Any, ...], where: str) -> Any:
    if word not in words:
        raise UsageError("no such word", found=repr(word), needed=" or ".join(filter(None, words)), where=where)
    return word


def _measure(word: Any, where: str) -> Measure:
    try:
        return Measure(word)
    except ValueError:
        raise UsageError("no such measure", found=repr(word), needed=", ".join(Measure), where=where) from None


def _check(cell: Cell) -> None:
    """A figure that says all that its measure needs."""
    missing = [
        name
        for name, needed, given in (
            ("scenario", True, cell.scenario),
            ("step", cell.measure is Measure.STEP_PAID, cell.step),
            ("fee", cell.measure is Measure.FEE_PAID, cell.fee),
            ("account", cell.measure is Measure.ACCOUNT_BALANCE, cell.account),
            ("price", cell.measure in PRICED, cell.price),
            ("class", not _beside_classes(cell.measure), cell.classes),
            ("tolerance or places", cell.measure is not Measure.LAST_DATE, _near(cell)),
        )
        if needed and not given
    ]
    if missing:
        raise UsageError("a figure does not say", found=cell.measure, needed=", ".join(missing), where=cell.where)


def _near(cell: Cell) -> bool:
    return cell.tolerance is not None or cell.places is not None or isinstance(cell.printed, Between)


def _beside_classes(measure: Measure) -> bool:
    return measure in OF_POOL or measure in (Measure.STEP_PAID, Measure.FEE_PAID, Measure.ACCOUNT_BALANCE)


def _dated(text: str, form: str, where: str) -> date | tuple[int, int]:
    """A date; the month alone where the format has no day."""
    try:
        found = datetime.strptime(text, form).replace(tzinfo=UTC).date()
    except ValueError:
        raise UsageError("not a date of this form", found=repr(text), needed=form, where=where) from None
    whole = any(word in form for word in ("%d", "%e", "%x", "%D", "%j"))
    return found if whole else (found.year, found.month)


def _groups(pattern: str) -> int:
    try:
        return re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"no pattern: {error}") from None
