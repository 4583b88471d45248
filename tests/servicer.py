"""A servicer's good report for the first payment of Jishidai 2022-3, its loan tape, and what to break them with."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from abst.values import file_digest

SERVICER = "示例资产服务机构 (illustrative servicer)"
HEADER = [
    "assetNumber",
    "begins",
    "ends",
    "opening",
    "principal",
    "interest",
    "charged",
    "recovered",
    "closing",
    "days",
]
MAP = """\
schema: abst-tape-map-1
id: of-the-tests
title: columns of the tests
source: the tests
money: unit
empty: ["-"]
columns:
  loan: assetNumber
  from: begins
  to: ends
  opening: opening
  principal: principal
  interest: interest
  defaults: charged
  recoveries: recovered
  closing: closing
  days: days
values: {currency: CNY}
blank_is_zero: [defaults, recoveries]
loan_tolerance: 0
"""
# Loans of September 2026: opening, principal, interest, defaulted, recovered, closing (fen), days past due.
LOANS = (
    ("L0001", 200_000_000_000, 10_000_000_000, 600_000_000, 0, 0, 190_000_000_000, 0),
    ("L0002", 100_000_000_000, 5_000_000_000, 300_000_000, 0, 0, 95_000_000_000, 29),
    ("L0003", 50_000_000_000, 3_000_000_000, 150_000_000, 0, 0, 47_000_000_000, 30),
    ("L0004", 10_000_000_000, 1_000_000_000, 40_000_000, 0, 0, 9_000_000_000, 60),
    ("L0005", 7_000_000_000, 30_471_900, 9_049_543, 0, 0, 6_969_528_100, 5000),
    ("L0006", 312_185_300, 300_000_000, 0, 12_185_300, 40_000, 0, 0),
)


def unit(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}" if fen else "0"


@dataclass
class Case:
    """A report's fields, its tape's header and rows, and the mapping; each may be broken. *_bytes replace all of it."""

    report: dict[str, Any]
    header: list[str]
    rows: list[list[str]]
    map: str = MAP
    report_bytes: bytes | None = None
    tape_bytes: bytes | None = None
    with_tape: bool = True
    stated: bool = True  # whether the report states the SHA-256 of the tape that comes with it

    def tape(self) -> bytes:
        if self.tape_bytes is not None:
            return self.tape_bytes
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.header, *self.rows])
        return text.getvalue().encode()

    def document(self) -> bytes:
        if self.report_bytes is not None:
            return self.report_bytes
        stated = {"tape": file_digest(self.tape())} if self.stated else {}
        return json.dumps(self.report | stated).encode()

    def cell(self, row: int, name: str, text: str) -> None:
        """Put a text into a cell; rows from 1."""
        self.rows[row - 1][self.header.index(name)] = text

    def column(self, name: str, *cells: str) -> None:
        """One more column, with the same cell in each row, or its own."""
        self.header.append(name)
        for number, row in enumerate(self.rows):
            row.append(cells[number % len(cells)])


def good() -> Case:
    months = [
        ("2026-07", 405_799_993_276, 19_215_145_170, 100, 667_662_340, 0, 0, 386_584_848_100),
        ("2026-08", 386_584_848_100, 19_272_662_850, 0, 1_156_858_483, 0, 0, 367_312_185_300),
        ("2026-09", 367_312_185_300, 19_330_471_900, 300_000_000, 1_099_049_543, 12_185_300, 40_000, 347_969_528_100),
    ]
    names = ("month", "opening", "principal", "prepaid", "interest", "defaults", "recoveries", "closing")
    report = {
        "schema": "abst-servicer-report-1",
        "deal": "jishidai-2022-3",
        "period": 1,
        "currency": "CNY",
        "collection": {"from": "2026-07-01", "to": "2026-09-30"},
        "prepared": {"by": SERVICER, "on": "2026-10-08"},
        "pool": {"opening": 405_799_993_276, "closing": 347_969_528_100, "loans": 5},
        "months": [dict(zip(names, month, strict=True)) for month in months],
        "delinquency": {
            "days_30": {"balance": 47_000_000_000, "loans": 1},
            "days_60": {"balance": 9_000_000_000, "loans": 1},
            "days_90": {"balance": 6_969_528_100, "loans": 1},
        },
        "fx": {"rate": "1.09120000", "source": "HKMA", "on": "2026-10-07"},
        "calls": {"clean_up": False},
    }
    rows = []
    for loan, *amounts, days in LOANS:
        opening, principal, interest, charged, recovered, closing = (unit(amount) for amount in amounts)
        money = [opening, principal, interest, charged, recovered, closing]
        rows.append([loan, "2026-09-01", "2026-09-30", *money, str(days)])
    return Case(report, list(HEADER), rows)


def changed(change: Callable[[Case], object]) -> Case:
    case = deepcopy(good())
    change(case)
    return case


@dataclass(frozen=True)
class Broken:
    """One way of breaking it. reason: a slug, or `usage` for a file that is none; where: row and field told."""

    name: str
    change: Callable[[Case], object] = field(repr=False)
    reason: str
    where: str

    @property
    def case(self) -> Case:
        return changed(self.change)


def put(path: str, value: Any) -> Callable[[Case], None]:
    """Set a field of the report: `pool.opening`, `months.0.month`."""

    def change(case: Case) -> None:
        *steps, last = path.split(".")
        owner: Any = case.report
        for step in steps:
            owner = owner[int(step)] if isinstance(owner, list) else owner[step]
        owner[int(last) if isinstance(owner, list) else last] = value

    return change


def drop(path: str) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        *steps, last = path.split(".")
        owner: Any = case.report
        for step in steps:
            owner = owner[int(step)] if isinstance(owner, list) else owner[step]
        del owner[int(last) if isinstance(owner, list) else last]

    return change


def both(*changes: Callable[[Case], object]) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        for one in changes:
            one(case)

    return change


def cell(row: int, name: str, text: str) -> Callable[[Case], None]:
    return lambda case: case.cell(row, name, text)


def column(name: str, *cells: str) -> Callable[[Case], None]:
    return lambda case: case.column(name, *(cells or ("1",)))


def without_column(name: str) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        at = case.header.index(name)
        for row in [case.header, *case.rows]:
            del row[at]

    return change


def of_map(old: str, new: str) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        assert old in case.map
        case.map = case.map.replace(old, new)

    return change


def content(**files: bytes) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        for name, data in files.items():
            setattr(case, name, data)

    return change


def swapped(case: Case) -> None:
    months = case.report["months"]
    months[0], months[1] = months[1], months[0]


def identity(body: str) -> str:
    """A number of the form of identity numbers, with the right last character."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(a) * b for a, b in zip(body, weights, strict=True)) % 11]


def identity_numbers(case: Case) -> None:
    for number in range(len(case.rows)):
        case.cell(number + 1, "assetNumber", identity(f"44030119900101{number:03}"))
