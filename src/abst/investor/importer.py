"""Investors from CSV or JSON: every problem of every row and column is reported, and a row is whole or absent.

CSV and flat JSON objects have the columns of `abst.investor.columns`; a JSON object may instead carry the whole record:
``{"reference": ..., "wallet": ..., "session": {...}, "record": {...}}``. A report names row, column, what was found in
kind and what is needed; it never repeats a personal value, nor a value that stands where it does not belong.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from abst.deal.model import path_of
from abst.errors import Refusal, UsageError
from abst.investor.columns import EVIDENCE_ITEMS, Plan, column_of, columns, fields_of, hundredths, plan
from abst.investor.model import PrivateRecord, SessionGiven
from abst.rulebook import refuse
from abst.values import Address, address, shallow

__all__ = ["EVIDENCE_ITEMS", "Imported", "Problem", "Row", "columns", "hundredths", "read", "read_csv", "read_row"]

REFERENCE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
REFERENCE_WORDS = "1 to 40 lower-case letters, digits and dashes"
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
NESTED = frozenset({"reference", "wallet", "session", "record"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one cell. `row` counts from 1 below the header; 0 is the header itself."""

    row: int
    column: str
    found: str
    needed: str

    def refusal(self) -> Refusal:
        """The problem as a refusal of the admission record (R-44)."""
        where = f"row {self.row}, {self.column}"
        return refuse("R-44", "row-malformed", found=self.found, needed=self.needed, where=where)


@dataclass(frozen=True, slots=True)
class Row:
    """One good row. session: of the onboarding, when the row tells it (R-52)."""

    row: int
    reference: str
    record: PrivateRecord
    wallet: Address | None
    session: SessionGiven | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """All good rows and all problems; a row that has a problem is not among the rows."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    count: int  # rows read


def read(content: bytes) -> Imported:
    """Read a file of either form: a JSON array, or else a CSV. Raises UsageError when it is neither."""
    return _together(pieces(content, None))


def read_csv(text: str) -> Imported:
    """Read a whole CSV with a header. Columns may be left out or in any order; an unknown one is a problem."""
    return _together(_pieces(_csv_rows(io.StringIO(text.removeprefix("\ufeff"), newline="")), None))


def pieces(content: bytes, size: int | None) -> Iterator[Imported]:
    """The same, `size` rows at a time (None: all): what a piece holds is let go with it, so that no file is too long.

    Raises UsageError before the first piece when the file is of neither form.
    """
    rows = _json_rows(_text_of(content).read()) if _is_json(content) else _csv_rows(_text_of(content))
    return _pieces(rows, size)


def count_rows(content: bytes) -> int:
    """How many rows a file has. Raises UsageError as `read`, whatever row the trouble is in."""
    if _is_json(content):
        return len(_items(_text_of(content).read()))
    count = 0
    try:
        for row in csv.reader(_text_of(content)):
            count += bool(row)
    except csv.Error as error:
        raise _no_csv(error, max(count, 1)) from None
    except UnicodeDecodeError as error:
        raise _no_text(error) from None
    return max(count - 1, 0)


def _no_text(error: UnicodeDecodeError) -> UsageError:
    return UsageError("not UTF-8 text", found=error.reason, needed="UTF-8", where="investors")


def _is_json(content: bytes) -> bool:
    return _JSON.match(content) is not None


def _text_of(content: bytes) -> io.TextIOWrapper:
    """The file as text, decoded as it is read."""
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")


def _together(found: Iterator[Imported]) -> Imported:
    try:
        every = list(found)
    except UnicodeDecodeError as error:
        raise _no_text(error) from None
    rows = tuple(row for piece in every for row in piece.rows)
    problems = tuple(problem for piece in every for problem in piece.problems)
    return Imported(rows, problems, sum(piece.count for piece in every))


Read = tuple[int, "Row | None", list[Problem]]  # a row's number, 0 of the header; the row, or what is wrong with it


def _pieces(rows: Iterator[Read], size: int | None) -> Iterator[Imported]:
    table, count = _Table(), 0
    for number, row, problems in rows:
        table.take(row, problems)
        count += number > 0
        if count == size:
            yield table.imported(count)
            count = 0
    if count or table.problems or size is None:
        yield table.imported(count)


def _csv_rows(file: Iterable[str]) -> Iterator[Read]:
    reader = csv.DictReader(file, restkey="", restval="")
    number = 0
    try:
        header = tuple(name.strip() for name in reader.fieldnames or ())
        reader.fieldnames = list(header)
        yield 0, None, _header(header)
        made = plan(header)
        for number, raw in enumerate(reader, start=1):
            if "" in raw:
                yield number, None, [Problem(number, "(row)", "more cells than columns", f"{len(header)} cells")]
                continue
            yield number, *_row({name: text.strip() for name, text in raw.items()}, made, number)
    except csv.Error as error:
        raise _no_csv(error, number + 1) from None


def _no_csv(error: csv.Error, row: int) -> UsageError:
    needed = "a table of cells separated by commas"
    return UsageError("not a CSV", found=str(error), needed=needed, where=f"row {row}")


def _header(header: tuple[str, ...]) -> list[Problem]:
    strange = plan(header).strange
    found = [Problem(0, _named(name), "an unknown column", "a known column") for name in strange]
    found += [Problem(0, name, "nothing", "this column") for name in ("reference", "kind") if name not in header]
    found += [Problem(0, n, "several columns", "one") for n in sorted({n for n in header if header.count(n) > 1})]
    return found


def read_json(text: str) -> Imported:
    """Read an array of objects: rows of columns, or whole records. Raises UsageError when the text is no such array."""
    return _together(_pieces(_json_rows(text), None))


def _items(text: str) -> list[Any]:
    try:
        with shallow("investors"):
            items = json.loads(text, parse_float=str, parse_constant=str, object_pairs_hook=_once_each)
    except ValueError as error:
        found = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise UsageError("not JSON", found=found, needed="an array of objects", where="investors") from None
    if not isinstance(items, list):
        raise UsageError("not a list of investors", found="one object", needed="an array of objects", where="investors")
    return items


def _json_rows(text: str) -> Iterator[Read]:
    for number, item in enumerate(_items(text), start=1):
        if not isinstance(item, dict):
            yield number, None, [Problem(number, "(row)", type(item).__name__, "an object")]
        else:
            yield number, *(_nested(item, number) if "record" in item else read_row(item, number))


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UsageError("a name stands twice in one object", found="twice", needed="once", where="investors")
    return found


class _Table:
    """Rows and problems as they are read; a reference or a wallet may stand in one row only."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.seen: dict[tuple[str, str], int] = {}

    def take(self, row: Row | None, problems: list[Problem]) -> None:
        if row is not None:
            problems = [*problems, *self._repeated(row)]
            if not problems:
                self.rows.append(row)
        self.problems += problems

    def _repeated(self, row: Row) -> list[Problem]:
        found = []
        for column, value in (("reference", row.reference), ("wallet", row.wallet)):
            if value is None:
                continue
            first = self.seen.setdefault((column, value), row.row)
            if first != row.row:
                found.append(Problem(row.row, column, f"{value}, as in row {first}", "another"))
        return found

    def imported(self, count: int) -> Imported:
        """What was taken since the last time, of so many rows; which references stood in it stays known."""
        found = Imported(tuple(self.rows), tuple(self.problems), count)
        self.rows, self.problems = [], []
        return found


def read_row(raw: Mapping[str, Any], number: int = 1) -> tuple[Row | None, list[Problem]]:
    """One investor from a mapping of columns to text. Lists and dates of YAML and JSON are taken as their text."""
    cells = {str(name).strip(): _text(value) for name, value in raw.items()}
    return _row(cells, plan(tuple(cells)), number)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list | tuple):
        return ";".join(_text(item) for item in value)
    return "" if value is None else str(value).strip()


def _row(cells: Mapping[str, str], made: Plan, number: int) -> tuple[Row | None, list[Problem]]:
    problems = [Problem(number, _named(n), "an unknown column", "a known column") for n in made.strange if cells[n]]
    reference, wallet = _head(cells.get("reference", ""), cells.get("wallet", ""), number, problems)
    fields = fields_of(cells, made)
    problems += [Problem(number, column, _shown(column, cells[column]), needed) for column, needed in fields.defects]
    bad = {column for column, _ in fields.defects}
    record: PrivateRecord | None = None
    try:
        record = PrivateRecord.model_validate(fields.record)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            column = column_of(detail["loc"], fields.places)
            if column not in bad:  # one cell, one problem: a bad item also makes its list too short
                bad.add(column)
                problems.append(Problem(number, column, _shown(column, cells.get(column, "")), _needed(detail)))
    session: SessionGiven | None = None
    if fields.session is not None:
        session, found = _session(fields.session, number)
        problems += [Problem(number, p.column, _shown(p.column, cells.get(p.column, "")), p.needed) for p in found]
    if problems or record is None:
        return None, problems
    return Row(number, reference, record, wallet, session), []


def _nested(item: dict[str, Any], number: int) -> tuple[Row | None, list[Problem]]:
    problems = [
        Problem(number, _named(n), "an unknown name", ", ".join(sorted(NESTED))) for n in item if n not in NESTED
    ]
    reference, wallet = _head(_text(item.get("reference")), _text(item.get("wallet")), number, problems)
    record: PrivateRecord | None = None
    try:
        record = PrivateRecord.model_validate(item["record"])
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        for detail in details:
            where = detail["loc"]
            if any(other["loc"][: len(where)] == where for other in details if len(other["loc"]) > len(where)):
                continue  # a bad item also makes its list too short
            found = "nothing" if detail["type"] == "missing" else "another value"
            problems.append(Problem(number, f"record.{path_of(where)}".rstrip("."), found, _needed(detail)))
    session: SessionGiven | None = None
    if isinstance(item.get("session"), dict):
        session, found_too = _session(item["session"], number)
        problems += found_too
    if problems or record is None:
        return None, problems
    return Row(number, reference, record, wallet, session), []


def _head(reference: str, wallet: str, number: int, problems: list[Problem]) -> tuple[str, Address | None]:
    if not REFERENCE.fullmatch(reference):
        problems.append(Problem(number, "reference", _counted(reference), REFERENCE_WORDS))
    if not wallet:
        return reference, None
    try:
        return reference, address(wallet, "wallet")
    except UsageError as error:
        problems.append(Problem(number, "wallet", _shown("wallet", wallet), error.needed))
    return reference, None


def _session(given: Mapping[str, Any], number: int) -> tuple[SessionGiven | None, list[Problem]]:
    """The session a row tells of, its instant as ISO 8601 with a zone, or as a Unix second."""
    fields = dict(given)
    at = str(fields.get("at", ""))
    if at and not at.isdecimal():
        fields["at"] = second_of(at)
    try:
        return SessionGiven.model_validate(fields), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [Problem(number, f"session_{d['loc'][0]}", "another value", _session_needs(d)) for d in details]


def _session_needs(detail: Any) -> str:
    return "an instant with its zone, such as 2026-09-01T09:30:00Z" if detail["loc"] == ("at",) else _needed(detail)


def second_of(text: str) -> int | None:
    """A Unix second from ISO 8601 with a zone; None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else int(moment.timestamp())
    except (ValueError, OverflowError):
        return None


# ---- what a report may say

_DATES = re.compile(r"[0-9./-]{1,12}")
_WORD = re.compile(r"[a-z0-9-]{1,24}")
_COUNTRIES = re.compile(r"[A-Za-z]{2,3}(;[A-Za-z]{2,3}){0,9}")
_NUMBER = re.compile(r"[0-9.,-]{1,12}")
_SHOWN = {
    **dict.fromkeys(("kind", "type", "asset", "category", "basis", "document", "role", "tie", "class"), _WORD),
    **dict.fromkeys(("nationality", "residence", "country", "countries", "registered"), _COUNTRIES),
    **dict.fromkeys(("date", "on"), _DATES),
    **dict.fromkeys(("rate", "bps", "holders"), _NUMBER),
    "currency": re.compile(r"[A-Za-z]{1,4}"),
    "questionnaire": _WORD,
    "wallet": re.compile(r"0x[0-9A-Za-z]{0,64}"),
}


def _shown(column: str, text: str) -> str:
    """What a report says of a cell: a code, date or rate as it stands; of anything else only how long it is."""
    if not text:
        return "as given" if column == "(row)" else "nothing"
    pattern = _SHOWN.get(column.rsplit("_", 1)[-1])
    if column.startswith("q_"):
        pattern = _WORD
    return text if pattern is not None and pattern.fullmatch(text) else _counted(text)


def _counted(text: str) -> str:
    return f"{len(text)} characters" if text else "nothing"


def _named(column: str) -> str:
    """A column's own name; what stands in a header by mistake may be anybody's name."""
    return column if re.fullmatch(r"[a-z0-9_]{1,40}", column) else "(no such column)"


_NEEDS = (
    (("date_",), "a date, YYYY-MM-DD"),
    (("missing", "string_too_short", "too_short"), "a value"),
    (("decimal_",), "a number above 0"),
    (("int_",), "a whole number"),
    (("string_pattern",), REFERENCE_WORDS),
    (("extra_forbidden",), "a known name"),
)


def _needed(detail: Any) -> str:
    """What would be right, in the words of a person who fills in a table."""
    for kinds, words in _NEEDS:
        if str(detail["type"]).startswith(kinds):
            return words
    said: str = detail["msg"]
    return said.removeprefix("Value error, needs ").removeprefix("Input should be ")
