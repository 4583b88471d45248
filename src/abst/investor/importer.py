"""Investors from CSV or a mapping: every problem of every row and column is reported, and a row is whole or absent.

Columns (`COLUMNS`): the record's fields; country signals take several codes separated by ``;``. Evidence items are
``evidence_1_type`` ... ``evidence_5_sha256``; amounts in the currency's units with at most two decimals. Questionnaire
answers are ``q_`` and the question's id. `reference` is the investor's id here; `wallet` may be empty.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from pydantic import ValidationError

from abst.deal.model import path_of
from abst.errors import Refusal, UsageError
from abst.investor.model import PrivateRecord
from abst.investor.suitability import questionnaire
from abst.rulebook import refuse
from abst.values import Address, address

REFERENCE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SIGNALS = ("nationality", "residence", "address_country", "payment_account_country", "ip_countries")
EVIDENCE_FIELDS = (
    "type",
    "asset",
    "category",
    "amount",
    "currency",
    "hkd_rate",
    "rate_date",
    "relevant_date",
    "expires_on",
    "sha256",
)
EVIDENCE_ITEMS = 5
BASE = ("reference", "kind", "name", "identifier_type", "identifier", *SIGNALS, "address", "wallet")
TAIL = ("answered_on", "questionnaire", "acknowledged")


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
    """One good row."""

    row: int
    reference: str
    record: PrivateRecord
    wallet: Address | None


@dataclass(frozen=True, slots=True)
class Imported:
    """All good rows and all problems; a row that has a problem is not among the rows."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    count: int  # rows read


@cache
def columns() -> tuple[str, ...]:
    """All columns in order, the questionnaire's included."""
    items = tuple(f"evidence_{n}_{field}" for n in range(1, EVIDENCE_ITEMS + 1) for field in EVIDENCE_FIELDS)
    return (*BASE, *items, *TAIL, *(f"q_{name}" for name in questionnaire().questions))


def read_csv(text: str) -> Imported:
    """Read a whole CSV with a header. Columns may be left out or in any order; an unknown one is a problem."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), restkey="", restval="")
    known = set(columns())
    header = list(reader.fieldnames or ())
    problems = [Problem(0, name or "(no name)", name, "a known column") for name in header if name not in known]
    problems += [Problem(0, name, "nothing", "this column") for name in ("reference", "kind") if name not in header]
    problems += [Problem(0, n, "several columns", "one") for n in sorted({n for n in header if header.count(n) > 1})]
    rows: list[Row] = []
    count = 0
    seen: dict[str, dict[str, int]] = {"reference": {}, "wallet": {}}
    for count, raw in enumerate(reader, start=1):
        if "" in raw:
            problems.append(Problem(count, "(row)", "more cells than columns", f"{len(header)} cells"))
            continue
        row, found = read_row(raw, count)
        if row is not None:
            found = [*found, *_repeated(row, seen)]
        problems += found
        if row is not None and not found:
            rows.append(row)
    return Imported(tuple(rows), tuple(problems), count)


def _repeated(row: Row, seen: dict[str, dict[str, int]]) -> list[Problem]:
    found = []
    for column, value in (("reference", row.reference), ("wallet", row.wallet)):
        if value is None:
            continue
        first = seen[column].setdefault(value, row.row)
        if first != row.row:
            found.append(Problem(row.row, column, f"{value}, as in row {first}", "another"))
    return found


def read_row(raw: Mapping[str, Any], number: int = 1) -> tuple[Row | None, list[Problem]]:
    """One investor from a mapping of columns to text. Lists and dates of YAML are taken as their text."""
    cells = {str(name): _text(value) for name, value in raw.items()}
    problems = [Problem(number, n, n, "a known column") for n in cells if n not in _known() and cells[n]]
    reference = cells.get("reference", "")
    if not REFERENCE.fullmatch(reference):
        needed = "1 to 40 lower-case letters, digits and dashes"
        problems.append(Problem(number, "reference", reference or "nothing", needed))
    wallet: Address | None = None
    if cells.get("wallet"):
        try:
            wallet = address(cells["wallet"], "wallet")
        except UsageError as error:
            problems.append(Problem(number, "wallet", error.found, error.needed))
    fields, places, defects = _fields(cells)
    problems += [Problem(number, *defect) for defect in defects]
    record: PrivateRecord | None = None
    try:
        record = PrivateRecord.model_validate(fields)
    except ValidationError as error:
        bad = {defect[0] for defect in defects}
        for detail in error.errors():
            column = _column(detail["loc"], places)
            if column not in bad:  # one cell, one problem: a bad item also makes its list too short
                bad.add(column)
                problems.append(Problem(number, column, _found(cells, column), _needed(detail)))
    if problems or record is None:
        return None, problems
    return Row(number, reference, record, wallet), []


@cache
def _known() -> frozenset[str]:
    return frozenset(columns())


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ";".join(_text(item) for item in value)
    return "" if value is None else str(value).strip()


def _fields(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[int], list[tuple[str, str, str]]]:
    """Fields of the record, the number of each evidence item given, and cells that are no amount or rate."""
    defects: list[tuple[str, str, str]] = []
    items: list[dict[str, Any]] = []
    places: list[int] = []
    for n in range(1, EVIDENCE_ITEMS + 1):
        given = {field: cells.get(f"evidence_{n}_{field}", "") for field in EVIDENCE_FIELDS}
        item: dict[str, Any] = {field: text for field, text in given.items() if text}
        if not item:
            continue
        if "amount" in item:
            cents = hundredths(item["amount"])
            if cents is None:
                needed = "an amount with at most two decimals, such as 8000000.00"
                defects.append((f"evidence_{n}_amount", item["amount"], needed))
                cents = 1  # a stand-in, so that the other cells of the item are still judged
            item["amount"] = cents
        items.append(item)
        places.append(n)
    fields: dict[str, Any] = {
        "kind": cells.get("kind", ""),
        "name": cells.get("name", ""),
        "identifiers": [{"type": cells.get("identifier_type", ""), "value": cells.get("identifier", "")}],
        "address": cells.get("address", ""),
        "evidence": items,
        "acknowledged": _several(cells.get("acknowledged", "")),
        **{name: _several(cells.get(name, "")) for name in SIGNALS},
    }
    options = {name[2:]: text for name, text in cells.items() if name.startswith("q_") and text}
    if options or cells.get("answered_on") or cells.get("questionnaire"):
        version = cells.get("questionnaire", "")
        fields["answers"] = {"version": version, "answered_on": cells.get("answered_on", ""), "options": options}
    return fields, places, defects


def hundredths(text: str) -> int | None:
    """An amount as hundredths, exact; None when it is none, is negative, or has more than two decimals."""
    try:
        value = Decimal(text.replace(",", "").replace("_", ""))
    except InvalidOperation:
        return None
    scaled = value * 100
    return int(scaled) if value.is_finite() and scaled >= 0 and scaled == scaled.to_integral_value() else None


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


_COLUMN_OF = {"identifiers": "identifier", "answers.answered_on": "answered_on", "answers.version": "questionnaire"}


def _column(location: tuple[int | str, ...], places: list[int]) -> str:
    """The column a defect of the record came from."""
    if location[:1] == ("evidence",) and len(location) > 1:
        n = places[int(location[1])]
        return f"evidence_{n}_{location[2]}" if len(location) > 2 else f"evidence_{n}_type"
    if location[:1] == ("identifiers",) and len(location) > 2:
        return "identifier_type" if location[2] == "type" else "identifier"
    path = path_of(location)
    return _COLUMN_OF.get(path, str(location[0]) if location else "(row)")


def _found(cells: Mapping[str, str], column: str) -> str:
    # Names and identifiers are personal: a report says whether they are there, never what they are.
    if column in {"name", "address", "identifier"}:
        return "present" if cells.get(column) else "nothing"
    return cells.get(column) or "nothing"


def _needed(detail: Any) -> str:
    words: str = detail["msg"]
    return words.removeprefix("Value error, needs ").removeprefix("Input should be ")
