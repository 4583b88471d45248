"""A pool's file, CSV or Parquet, read exactly: every number is its digits, never a binary fraction.

A file's own column names are mapped by the layout; what it lacks is the same for all its rows by the layout's values.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from abst.deal.pool.days import BASES, months
from abst.deal.pool.tape import KINDS, Collections, Column, Tape, checked, money
from abst.errors import UsageError

if TYPE_CHECKING:
    import polars

PARQUET = b"PAR1"
PLACES = 12  # decimals of a rate
TWICE = re.compile(r"_duplicated_[0-9]+\b")  # how the reader tells columns of one name apart
MOST = 18  # digits that a column of 64 bits surely holds
OF_LOANS = (
    *("id", "balance", "rate", "remaining", "age", "original"),
    *("kind", "balloon", "interest_only", "amortisation", "day_count"),
)
OF_MONTHS = ("month", "principal", "interest", "closing", "age")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read. form: lines, tape or collections; money: unit (1,234.56) or smallest (123456).

    rate: fraction or percent; columns: our field -> the file's column; values: our field -> the same for all rows;
    decimals: of the currency. Of collections alone, cut_off: the day after which the first month begins; balance: on
    it, and tolerance: how far the file's own closing balances may lie from the computed ones, both in smallest units.
    """

    form: str = "lines"
    money: str = "unit"
    rate: str = "fraction"
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str | int] = field(default_factory=dict)
    decimals: int = 2
    cut_off: date | None = None
    balance: int = 0
    tolerance: int = 0


def read_pool(content: bytes, layout: Layout, where: str = "pool") -> Tape | Collections:
    """Loans, lines or collections. Raises UsageError naming row and field of the first thing that is wrong."""
    first = 1 if content.startswith(PARQUET) else 2  # a CSV file's first row names its columns
    reader = _Reader(_frame(content, where), layout, where, first)
    return reader.collections() if layout.form == "collections" else reader.tape()


def _frame(content: bytes, where: str) -> polars.DataFrame:
    import polars

    try:
        if content.startswith(PARQUET):
            return polars.read_parquet(io.BytesIO(content))
        frame = polars.read_csv(io.BytesIO(content), infer_schema=False)
    except (polars.exceptions.PolarsError, OSError) as error:
        first = str(error).splitlines()[0]
        raise UsageError("not a table", found=first, needed="CSV in UTF-8, or Parquet", where=where) from None
    twice = ", ".join(name for name in frame.columns if TWICE.search(name))
    if twice:
        raise UsageError("a column is named twice", found=TWICE.sub("", twice), needed="names once", where=where)
    return frame


class _Reader:
    """Columns of one file, as whole numbers."""

    def __init__(self, frame: polars.DataFrame, layout: Layout, where: str, first: int) -> None:
        self.frame, self.layout, self.where, self.first = frame, layout, where, first
        known = OF_MONTHS if layout.form == "collections" else OF_LOANS
        for name in sorted((set(layout.columns) | set(layout.values)) - set(known)):
            raise UsageError("no such field", found=name, needed=", ".join(known), where=where)
        for name, column in layout.columns.items():
            if column not in frame.columns:
                found = ", ".join(frame.columns)
                raise UsageError("a column is missing", found=found, needed=column, where=f"{where}, {name}")

    def tape(self) -> Tape:
        cents = self.layout.decimals if self.layout.money == "unit" else 0
        if self._given("id"):
            texts = self._texts("id", None)
            self._refuse_first(~texts.is_first_distinct(), texts, "id", "each loan once")
        remaining = self._number("remaining", 0)
        tape = Tape(
            self._number("balance", cents),
            self._number("rate", PLACES if self.layout.rate == "fraction" else PLACES - 2),
            remaining,
            self._age(remaining),
            self._word("kind", {word: int(kind) for word, kind in KINDS.items()}, "level"),
            self._number("balloon", cents, 0),
            self._number("interest_only", 0, 0),
            self._number("amortisation", 0, 0),
            self._word("day_count", {"": -1} | {basis: place for place, basis in enumerate(BASES)}, ""),
        )
        return checked(tape, f"{self.where}, row", self.first)

    def collections(self) -> Collections:
        cents = self.layout.decimals if self.layout.money == "unit" else 0
        principal, interest = (self._number(name, cents).tolist() for name in ("principal", "interest"))
        closing = self._number("closing", cents).tolist() if self._given("closing") else None
        if self.layout.cut_off and self._given("month"):
            self._check_months(self.layout.cut_off)
        balance = self.layout.balance
        for number, paid in enumerate(principal):
            balance -= paid
            if balance < 0:
                raise self._wrong("more principal than the pool holds", number, "principal", str(paid), "no more")
            if closing and abs(closing[number] - balance) > self.layout.tolerance:
                needed = f"{balance}, give or take {self.layout.tolerance}"
                raise self._wrong("the balance does not roll forward", number, "closing", str(closing[number]), needed)
        age = self._number("age", 0, 0).max(initial=0)
        return Collections(self.layout.balance, tuple(principal), tuple(interest), int(age))

    def _check_months(self, cut_off: date) -> None:
        """Each row stands for the next month after the cut-off date."""
        texts = self._texts("month", None)
        for number, (text, (first, after)) in enumerate(zip(texts, months(cut_off, len(texts)), strict=True)):
            if not first.isoformat() <= text < after.isoformat():
                needed = f"a date from {first} up to {after}"
                raise self._wrong("not the next month", number, "month", repr(text), needed)

    def _age(self, remaining: Column) -> Column:
        """Months since origination; where the file has the original term instead, that less what remains."""
        if not self._given("original") or self._given("age"):
            return self._number("age", 0, 0)
        age: Column = self._number("original", 0) - remaining
        if (age < 0).any():
            at = int(np.argmax(age < 0))
            needed = f"{remaining[at]} or more"
            raise self._wrong("more remains than there was", at, "original", str(age[at] + remaining[at]), needed)
        return age

    def _given(self, name: str) -> bool:
        return name in self.layout.values or self.layout.columns.get(name, name) in self.frame.columns

    def _texts(self, name: str, default: str | int | None) -> polars.Series:
        """A column as text. Raises UsageError when it is missing, or holds binary fractions."""
        import polars

        values, column = self.layout.values, self.layout.columns.get(name, name)
        if name in values or (column not in self.frame.columns and default is not None):
            value = values.get(name, default)
            if isinstance(value, float):
                raise UsageError("not exact", found=repr(value), needed="text", where=f"{self.where}, {name}")
            return polars.repeat(str(value), self.frame.height, eager=True)
        if column not in self.frame.columns:
            found = ", ".join(self.frame.columns)
            raise UsageError("a column is missing", found=found, needed=column, where=f"{self.where}, {name}")
        series = self.frame[column]
        if not (
            series.dtype.is_integer()
            or series.dtype.is_decimal()
            or series.dtype in (polars.String, polars.Date, polars.Null)
        ):
            needed = "whole numbers, decimals, dates or text"
            raise UsageError("not exact", found=str(series.dtype), needed=needed, where=f"{self.where}, {column}")
        return series.cast(polars.String).fill_null("").str.strip_chars()

    def _number(self, name: str, places: int, default: int | None = None) -> Column:
        """A column of numbers that are not negative, times ten to the `places`."""
        import polars

        texts = self._texts(name, default)
        if default is not None:
            texts = texts.replace("", str(default))
        plain = texts.str.replace_all(",", "", literal=True)
        right = texts.str.contains(r"^([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?$")
        self._refuse_first(~right, texts, name, "a number, such as 1234.56 or 1,234.56")
        parts = polars.DataFrame({"plain": plain}).select(
            whole=polars.col("plain").str.extract(r"^0*([0-9]*)", 1),
            after=polars.col("plain").str.extract(r"\.([0-9]*)$", 1).fill_null("").str.strip_chars_end("0"),
        )
        whole, after = parts["whole"], parts["after"]
        self._refuse_first(after.str.len_bytes() > places, texts, name, f"at most {places} decimals")
        digits = whole + after.str.pad_end(places, "0")
        if (digits.str.len_bytes() > MOST).any():
            return money([int(one or "0") for one in digits])
        return ("0" + digits).cast(polars.Int64).to_numpy().copy()

    def _word(self, name: str, known: Mapping[str, int], default: str) -> Column:
        """A column of words, each as its number."""
        import polars

        texts = self._texts(name, default)
        self._refuse_first(~texts.is_in(list(known)), texts, name, " or ".join(word for word in known if word))
        return texts.replace_strict(known, return_dtype=polars.Int64).to_numpy().copy()

    def _refuse_first(self, bad: polars.Series, texts: polars.Series, name: str, needed: str) -> None:
        if bad.any():
            at = bad.arg_true()[0]
            raise self._wrong("cannot be read", at, name, repr(texts[at]), needed)

    def _wrong(self, message: str, at: int, name: str, found: str, needed: str) -> UsageError:
        column = self.layout.columns.get(name, name)
        return UsageError(message, found=found, needed=needed, where=f"{self.where}, row {at + self.first}, {column}")
