"""Reads a loan tape, CSV or Parquet, through its mapping: what is wrong row by row, or its totals. Pure.

Half a million loans are read as columns. Only mapped columns are looked at; a column that names or reaches a person
stops the tape (R-82), and nothing of a single loan leaves this file: a refusal names the row, never the loan. Rows are
counted from 1 below the header.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from abst.errors import Refusal
from abst.rulebook import refuse
from abst.servicing.report.file import RULE, is_identity_number, place, shown
from abst.servicing.report.mapping import MONEY, ROLL, Mapping
from abst.servicing.report.model import BUCKETS, Bucket, Expected, Tape
from abst.values import file_digest

if TYPE_CHECKING:
    import polars as pl

SHOWN_ROWS = 20  # of one kind of defect, before the rest is only counted
MOST_ROWS = 5_000_000
DIGITS = 13  # of one amount before its point: sums of all rows stay exact
FORMATS = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "MM-DD-YYYY": "%m-%d-%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "YYYYMMDD": "%Y%m%d",
}
PERSONAL = re.compile(
    r"(borrower|obligor|debtor|customer|client|lessee|guarantor|coborrower|owner|holder|first|last|full|given|family|sur)"
    r"(s)?name|^name$|birth|^dob$|passport|nationalid|idnumber|idcard|identitycard|identityn|^ssn$|socialsecurity|"
    r"taxpayerid|phone|mobile|^tel$|telno|email|mailaddress|homeaddress|streetaddress|^address|postaladdress|"
    r"residentialaddress|iban|accountnumber|bankaccount|cardnumber|licen[cs]eplate|plateno|platenumber|^vin$|"
    r"姓名|身份证|证件号|手机|电话|地址|住址|邮箱|银行卡|账号|出生|车牌|车架"
)


def read(content: bytes, mapping: Mapping, expected: Expected) -> tuple[Tape | None, list[Refusal]]:
    """The totals of a tape, or everything that is wrong with it."""
    table = _Table(mapping, expected)
    frame = table.load(content)
    if frame is None or table.problems:
        return None, table.problems
    table.check(frame)
    return (None, table.problems) if table.problems else (table.totals(frame, content), [])


def personal(columns: Sequence[str]) -> list[str]:
    """Columns whose name says that they name or reach a person."""
    return [name for name in columns if PERSONAL.search(re.sub(r"[^a-z0-9\u4e00-\u9fff]", "", name.casefold()))]


@dataclass
class _Table:
    """One tape as it is read; problems grow."""

    mapping: Mapping
    expected: Expected
    problems: list[Refusal] = field(default_factory=list)

    # ---- the table itself

    def load(self, content: bytes) -> pl.DataFrame | None:
        """The mapped columns as text, by our fields; None with a problem."""
        import polars as pl

        try:
            if content[:4] == b"PAR1":
                names = list(pl.read_parquet_schema(io.BytesIO(content)))
                return self._parquet(content) if self._columns(names) else None
            return self._csv(content)
        except (pl.exceptions.PolarsError, csv.Error, OSError) as error:
            self._refuse("tape-unreadable", type(error).__name__, "a table, CSV or Parquet", "tape, the file", "all")
        return None

    def _csv(self, content: bytes) -> pl.DataFrame | None:
        import polars as pl

        separator = "\t" if self.mapping.file.separator == "tab" else self.mapping.file.separator
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._refuse("tape-unreadable", error.reason, "UTF-8", "tape, the file", "all")
            return None
        text = text.rstrip("\r\n")
        header = next(_cells(text, separator), [])
        if not self._columns(header):
            return None
        if ragged := _ragged(text, separator, len(header)):
            row, cells = ragged
            self._refuse("tape-unreadable", f"{cells} cells", f"{len(header)} cells", f"tape, row {row}", "(row)")
            return None
        frame = pl.read_csv(
            io.BytesIO(text.encode()),
            separator=separator,
            infer_schema=False,
            columns=[header.index(name) for name in self._mapped()],
        )
        return self._text(frame)

    def _parquet(self, content: bytes) -> pl.DataFrame | None:
        import polars as pl

        frame = pl.read_parquet(io.BytesIO(content), columns=self._mapped())
        for one, names in self.mapping.file.columns.items():
            for name in names:
                kind = frame.schema[name]
                if kind.is_float():
                    needed = "text, whole numbers or decimals: a float has no exact value"
                    self._refuse("tape-column", str(kind), needed, "tape, the header", f"{name} ({one})")
                elif not (kind == pl.String or kind.is_integer() or kind.is_decimal() or kind.is_temporal()):
                    self._refuse("tape-column", str(kind), "text or numbers", "tape, the header", f"{name} ({one})")
        if self.problems:
            return None
        days = FORMATS[self.mapping.file.dates]
        return self._text(
            frame.with_columns(
                pl.col(name).dt.strftime(days) if frame.schema[name].is_temporal() else pl.col(name).cast(pl.String)
                for name in frame.columns
            )
        )

    def _mapped(self) -> list[str]:
        return [name for names in self.mapping.file.columns.values() for name in names]

    def _columns(self, header: Sequence[str]) -> bool:
        """Whether the header is one that may be read: every mapped column there, once, and nobody's person in it."""
        where = "tape, the header"
        for name in personal(header):
            told = name if name.isascii() else "a column of this name"
            needed = "no column that names or reaches a person; ids of loans alone"
            self._refuse("tape-personal", told[:40], needed, where, f"column {header.index(name) + 1}", "R-82")
        for one, names in self.mapping.file.columns.items():
            for name in names:
                if header.count(name) != 1:
                    found = "no such column" if name not in header else f"{header.count(name)} columns"
                    self._refuse("tape-column", found, "one column", where, f"{name} ({one})")
        return not self.problems

    def _text(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Cells without blanks around them; those that say that there is nothing are empty."""
        import polars as pl

        empty = ["", *self.mapping.file.empty]
        return frame.with_columns(
            pl.col(name).fill_null("").str.strip_chars().replace(empty, [""] * len(empty)) for name in frame.columns
        )

    # ---- row by row

    def check(self, frame: pl.DataFrame) -> None:
        """Every cell, every loan once, the dates, and each loan's own roll-forward."""
        if not 0 < frame.height <= MOST_ROWS:
            self._refuse("tape-unreadable", f"{frame.height} rows", f"1 to {MOST_ROWS} rows", "tape, the file", "all")
            return
        self._loans(frame)
        self._dates(frame)
        self._currency(frame)
        for one in MONEY:
            for name in self.mapping.file.columns.get(one, ()):
                self._money(frame, one, name)
        self._days(frame)
        if not self.problems:
            self._roll(frame)

    def _loans(self, frame: pl.DataFrame) -> None:
        import polars as pl

        (name,) = self.mapping.file.columns["loan"]
        loan = pl.col(name)
        length = loan.str.len_chars()
        self._rows(frame, (length == 0) | (length > 100), "tape-cell", "loan", name, "an id of 1 to 100 characters")
        again = frame.with_row_index("row", 1).with_columns(first=pl.col("row").first().over(loan))
        twice = again.filter((pl.col("row") != pl.col("first")) & (length > 0)).select("row", "first")
        for row, first in twice.head(SHOWN_ROWS).iter_rows():
            self._refuse(
                "tape-loan-twice", f"the loan of row {first}", "each loan once", f"tape, row {row}", f"{name} (loan)"
            )
        self._rest(twice.height, "tape-loan-twice", f"{name} (loan)", "each loan once")
        sample = frame.get_column(name).head(1000).to_list()
        if 2 * sum(is_identity_number(one) for one in sample) > len(sample):
            needed = "ids of loans that say nothing of a person"
            self._refuse("tape-personal", "identity numbers", needed, "tape, the first rows", f"{name} (loan)", "R-82")

    def _dates(self, frame: pl.DataFrame) -> None:
        """The last day is the collection period's; the first is its first one, or that of its last month."""
        import polars as pl

        columns, written = self.mapping.file.columns, self.mapping.file.dates
        for one, days in (("from", self._begins()), ("to", [self.expected.collection_to])):
            if one in columns:
                (name,) = columns[one]
                said = [day.strftime(FORMATS[written]) for day in days]
                needed = " or ".join(dict.fromkeys(said))
                self._rows(frame, ~pl.col(name).is_in(said), "tape-dates", one, name, needed)
        if "from" in columns and frame.get_column(columns["from"][0]).n_unique() > 1 and not self.problems:
            self._refuse(
                "tape-dates", "several first days", "one for all", "tape, all rows", f"{columns['from'][0]} (from)"
            )
        if "defaulted_on" in columns:
            (name,) = columns["defaulted_on"]
            wrong = (pl.col(name) != "") & _day(name, written).is_null()
            self._rows(frame, wrong, "tape-cell", "defaulted_on", name, f"a date, {written}, or nothing")

    def _begins(self) -> list[date]:
        months = self.expected.months
        return [self.expected.collection_from, *months[-1:]] if len(months) > 1 else [self.expected.collection_from]

    def _currency(self, frame: pl.DataFrame) -> None:
        import polars as pl

        file, wanted = self.mapping.file, self.expected.currency
        if "currency" in file.columns:
            (name,) = file.columns["currency"]
            self._rows(frame, pl.col(name) != wanted, "tape-currency", "currency", name, wanted)
        elif file.values["currency"] != wanted:
            self._refuse("tape-currency", shown_code(file.values["currency"]), wanted, "mapping", "values.currency")

    def _money(self, frame: pl.DataFrame, one: Any, name: str) -> None:
        import polars as pl

        cell, file = pl.col(name), self.mapping.file
        missing = cell == ""
        if one not in file.blank_is_zero:
            self._rows(frame, missing, "tape-cell", one, name, self._amount())
        malformed = ~missing & ~cell.str.contains(self._pattern())
        self._rows(frame, malformed, "tape-cell", one, name, self._amount())
        if one != "adjustment":
            negative = ~malformed & cell.str.contains(r"^-.*[1-9]")
            self._rows(frame, negative, "tape-negative", one, name, "0 or more")

    def _places(self) -> int:
        return self.expected.decimals if self.mapping.file.money == "unit" else 0

    def _pattern(self) -> str:
        places = self._places()
        return rf"^-?[0-9]{{1,{DIGITS}}}" + (rf"(\.[0-9]{{1,{places}}}0*)?$" if places else r"(\.0+)?$")

    def _amount(self) -> str:
        places = self._places()
        return f"an amount such as 1234{'.' + '5' * places if places else ''}, at most {places} decimals"

    def _days(self, frame: pl.DataFrame) -> None:
        import polars as pl

        if "days" not in self.mapping.file.columns:
            return
        (name,), balance = self.mapping.file.columns["days"], self._cents("closing")
        cell, needed = pl.col(name), "whole days past due, 0 or more"
        self._rows(frame, (cell != "") & ~cell.str.contains(r"^[0-9]{1,5}$"), "tape-cell", "days", name, needed)
        if not self.problems:
            self._rows(frame, (cell == "") & (balance != 0), "tape-cell", "days", name, needed)

    def _roll(self, frame: pl.DataFrame) -> None:
        """Each loan's own: closing is opening less principal and defaults, and what else changed it."""
        import polars as pl

        file = self.mapping.file
        if file.loan_tolerance is None or any(one not in file.columns for one in ROLL):
            return
        rolled = self._cents("opening") - self._cents("principal") - self._cents("defaults") + self._cents("adjustment")
        seen = frame.select(rolled=rolled, closing=self._cents("closing")).with_row_index("row", 1)
        miss = pl.col("rolled") - pl.col("closing")
        apart = seen.filter((miss > file.loan_tolerance) | (miss < -file.loan_tolerance))
        name = f"{file.columns['closing'][0]} (closing)"
        for row, wanted, found in apart.head(SHOWN_ROWS).iter_rows():
            needed = f"{wanted}, give or take {file.loan_tolerance}"
            self._refuse("tape-does-not-roll", str(found), needed, f"tape, row {row}", name, "R-94")
        self._rest(apart.height, "tape-does-not-roll", name, "balances that roll forward", "R-94")

    # ---- totals

    def totals(self, frame: pl.DataFrame, content: bytes) -> Tape:
        """What is kept of a tape without problems."""
        import polars as pl

        columns, written = self.mapping.file.columns, self.mapping.file.dates
        sums: dict[str, pl.Expr] = {one: self._cents(one) for one in MONEY if one in columns}
        if "defaulted_on" in columns:
            day = _day(columns["defaulted_on"][0], written)
            inside = day.is_between(self.expected.collection_from, self.expected.collection_to)
            sums["defaults"] = pl.when(inside).then(sums["defaults"]).otherwise(0)
        closing = self._cents("closing")
        wanted = {one: expression.sum() for one, expression in sums.items()}
        wanted["loans"] = (closing > 0).sum()
        for days, until in zip(BUCKETS, (*BUCKETS[1:], None), strict=True) if "days" in columns else ():
            late = pl.col(columns["days"][0]).cast(pl.Int64, strict=False).fill_null(0)
            held = (late >= days) & (closing > 0) & ((late < until) if until else pl.lit(True))
            wanted[f"days {days}"] = pl.when(held).then(closing).otherwise(0).sum()
            wanted[f"loans {days}"] = held.sum()
        found = {name: int(value) for name, value in frame.select(**wanted).row(0, named=True).items()}
        begins = None
        if "from" in columns:
            said = frame.get_column(columns["from"][0])[0]
            begins = next(day for day in self._begins() if day.strftime(FORMATS[written]) == said)
        return Tape(
            hash=file_digest(content),
            mapping=self.mapping.name,
            rows=frame.height,
            loans=found["loans"],
            begins=begins,
            totals={one: found[one] for one in sums if one != "adjustment"},
            buckets={days: Bucket(found[f"days {days}"], found[f"loans {days}"]) for days in BUCKETS}
            if "days" in columns
            else None,
        )

    def _cents(self, one: Any) -> pl.Expr:
        """A field in the smallest unit, its columns added up; 0 where it has none. Only of cells that were checked."""
        import polars as pl

        total = pl.lit(0, dtype=pl.Int128)
        places = self._places()
        for name in self.mapping.file.columns.get(one, ()):
            cell = pl.col(name)
            whole = cell.str.extract(r"^(-?[0-9]+)").fill_null("0")
            part = cell.str.extract(r"\.([0-9]+)").fill_null("").str.slice(0, places).str.pad_end(places, "0")
            total = total + pl.concat_str(whole, part).cast(pl.Int128)
        return total

    # ---- saying so

    def _rows(self, frame: pl.DataFrame, wrong: pl.Expr, slug: str, one: str, name: str, needed: str) -> None:
        """A refusal for each of the first rows where something is wrong, and one that counts the rest."""
        bad = frame.with_row_index("row", 1).filter(wrong).select("row", name)
        for row, cell in bad.head(SHOWN_ROWS).iter_rows():
            found = f"{len(cell)} characters" if one == "loan" and cell else shown(cell)
            self._refuse(slug, found, needed, f"tape, row {row}", f"{name} ({one})")
        self._rest(bad.height, slug, f"{name} ({one})", needed)

    def _rest(self, count: int, slug: str, named: str, needed: str, rule: str = RULE) -> None:
        if count > SHOWN_ROWS:
            self._refuse(slug, f"{count - SHOWN_ROWS} more rows", needed, "tape, further rows", named, rule)

    def _refuse(self, slug: str, found: str, needed: str, row: str, named: str, rule: str = RULE) -> None:
        self.problems.append(refuse(rule, slug, found=found, needed=needed, where=place(row, named)))


def shown_code(text: str) -> str:
    """A currency as it stands; anything else by its length."""
    return text if re.fullmatch(r"[A-Za-z]{3}", text) else f"{len(text)} characters"


def _day(name: str, written: str) -> pl.Expr:
    import polars as pl

    return pl.col(name).str.to_date(FORMATS[written], strict=False)


def _ragged(text: str, separator: str, width: int) -> tuple[int, int] | None:
    """The first row that has another number of cells, and how many."""
    for number, cells in enumerate(_cells(text, separator)):
        if len(cells) != width:
            return number, len(cells)
    return None


def _cells(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)
