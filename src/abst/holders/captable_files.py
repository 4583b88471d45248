"""Cap tables as files: CSV, XLSX, JSON. The same tables give the same bytes, whenever and wherever they are written.

Amounts never become floating point. A spreadsheet keeps 15 digits of a number: in a workbook where any amount has
more, all amounts are text, and its first sheet says so. Text that a spreadsheet would take for a formula is escaped
with an apostrophe in CSV (and so is text that begins with one: take one apostrophe away and it is as it was), and is
text by its type in XLSX.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from abst.errors import UsageError
from abst.holders.captable import CapTable, Row
from abst.holders.transactions import ADDRESS, AMOUNT, COUNT, TEXT, TIME, Shape, closed
from abst.values import instant

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

SCHEMA = "abst-cap-table-1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXACT = 10**15  # from here on a spreadsheet would round
ROWS = 1_048_575  # of one sheet, below its heading
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no sheet may hold them
Cell = str | int | None

TRANCHE = (
    "token",
    "name",
    "address",
    "filing",
    "tranche",
    "currency",
    "decimals",
    "block",
    "block_hash",
    "time",
    "supply",
    "issued",
    "outstanding",
    "principal_paid",
    "written_down",
    "factor",
    "factor_exact",
    "rounding",
    "wallets",
    "investors",
    "held",
)
HOLDING = ("investor", "investor_name", "wallets", "face", "outstanding", "share_ppm", "frozen", "encumbered")
LOCK = ("locked_until",)
AMOUNTS = frozenset(
    [
        "supply",
        "issued",
        "outstanding",
        "principal_paid",
        "written_down",
        "rounding",
        "held",
        "face",
        "frozen",
        "encumbered",
    ]
)


def write(tables: Sequence[CapTable], form: str, *, by: str = "wallet") -> bytes:
    """The file's bytes. form: csv, xlsx or json; by: wallet or investor, for the rows of CSV (the others have both).

    Raises UsageError for another form, and where a sheet has no room for so many rows.
    """
    must_be_known(form, by)
    return FORMS[form](tables, by)


def must_be_known(form: str, by: str) -> None:
    """Raises UsageError for another form or order of rows."""
    if form not in FORMS or by not in ("wallet", "investor"):
        needed = "csv, xlsx or json; wallet or investor"
        raise UsageError("no such form", found=f"{form or 'none'} by {by}", needed=needed, where="--format")


def total(table: CapTable) -> dict[str, Any]:
    """What a tranche comes to; `held` is the sum of all rows, and equals `supply`."""
    tranche, as_of = table.tranche, table.as_of
    return {
        "token": tranche.symbol,
        "name": tranche.name,
        "address": tranche.address,
        "filing": tranche.filing,
        "tranche": tranche.number,
        "currency": tranche.currency,
        "decimals": tranche.decimals,
        "block": as_of.block,
        "block_hash": as_of.hash or None,
        "time": instant(as_of.second),
        "supply": table.supply,
        "issued": table.issued,
        "outstanding": table.principal.outstanding,
        "principal_paid": table.principal.paid,
        "written_down": table.principal.written_down,
        "factor": table.factor,
        "factor_exact": table.factor_exact,
        "rounding": table.rounding,
        "wallets": len(table.wallets),
        "investors": len(table.investors),
        "held": sum(row.face for row in table.wallets),
    }


def brief(table: CapTable) -> dict[str, Any]:
    """The sums of a tranche, JSON-able: what is shown beside a file."""
    told = _texts(total(table))
    names = ("token", "block", "time", "supply", "held", "outstanding", "principal_paid", "factor")
    return {name: told[name] for name in (*names, "wallets", "investors")}


def holdings(table: CapTable) -> list[dict[str, Any]]:
    """Each wallet's holding in short, JSON-able."""
    rows = [(_texts(line(row)), row.wallets[0]) for row in table.wallets]
    names = ("investor", "face", "outstanding", "frozen", "locked_until")
    return [{name: told[name] for name in names} | {"wallet": wallet} for told, wallet in rows]


def line(row: Row) -> dict[str, Any]:
    """One holding; times as text, what is not known as None."""
    return {
        "investor": row.owner.id if row.owner else None,
        "investor_name": (row.owner.name or None) if row.owner else None,
        "wallets": list(row.wallets),
        "face": row.face,
        "outstanding": row.outstanding,
        "share_ppm": row.share_ppm,
        "frozen": row.frozen,
        "encumbered": row.encumbered,
        "locked_until": instant(row.locked_until) if row.locked_until else None,
    }


# ---- JSON


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    """Amounts as text of digits, as everywhere in the registry's JSON."""
    return {key: str(value) if key in AMOUNTS and value is not None else value for key, value in values.items()}


def _json(tables: Sequence[CapTable], by: str) -> bytes:
    told = {
        "schema": SCHEMA,
        "tables": [
            _texts(total(table))
            | {
                "by_wallet": [_texts(line(row)) for row in table.wallets],
                "by_investor": [_texts(line(row)) for row in table.investors],
            }
            for table in tables
        ],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def schema() -> Shape:
    """The JSON Schema of the JSON form."""
    numbers = {"tranche", "decimals", "block", "wallets", "investors"}
    optional = {"type": ["string", "null"]}
    row: dict[str, Shape] = {name: AMOUNT if name in AMOUNTS else optional for name in (*HOLDING, *LOCK)}
    row |= {"wallets": {"type": "array", "items": ADDRESS}, "share_ppm": COUNT}
    row["encumbered"] = {"anyOf": [AMOUNT, {"type": "null"}]}
    fields: dict[str, Shape] = {
        name: AMOUNT if name in AMOUNTS else COUNT if name in numbers else TEXT for name in TRANCHE
    }
    fields |= {"time": TIME, "address": ADDRESS, "block_hash": optional}
    fields |= {name: {"type": "array", "items": closed(row)} for name in ("by_wallet", "by_investor")}
    told = closed({"schema": {"const": SCHEMA}, "tables": {"type": "array", "items": closed(fields)}})
    return {"$schema": DIALECT, "title": "A cap table: abst holders export --format json", **told}


# ---- CSV


def safe(value: Cell) -> str:
    """A cell that no spreadsheet runs."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _csv(tables: Sequence[CapTable], by: str) -> bytes:
    """UTF-8 with a byte order mark, without which a spreadsheet misreads names; lines end as RFC 4180 says."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    of_tranche = ("token", "address", "filing", "tranche", "currency", "block", "time", "supply", "factor")
    own = (*HOLDING, *LOCK)
    writer.writerow([*of_tranche, *own])
    for table in tables:
        about = total(table)
        start = [safe(about[name]) for name in of_tranche]
        for row in _rows(table, by):
            cells = line(row)
            cells["wallets"] = " ".join(cells["wallets"])
            writer.writerow(start + [safe(cells[name]) for name in own])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _rows(table: CapTable, by: str) -> tuple[Row, ...]:
    return table.wallets if by == "wallet" else table.investors


# ---- XLSX

ABOUT = (
    "Cap table (持有人名册). Amounts are whole token units; locked until: the first free second, UTC.",
    "Outstanding: what is still owed of the face, rounded down for each wallet; factor: outstanding by supply.",
    "Held is the sum of all holdings; it equals the supply, or this file would not have been written.",
    "Encumbered empty: it is not known for that block. Share in parts per million of the supply, rounded down.",
)
AS_NUMBERS = "All amounts are numbers: none has more than 15 digits, which a spreadsheet keeps exactly."
AS_TEXT = "All amounts are text: some have more than 15 digits, which a spreadsheet would round."


def _xlsx(tables: Sequence[CapTable], by: str) -> bytes:
    from openpyxl import Workbook

    exact = all(table.supply < EXACT and table.issued < EXACT for table in tables)
    exact &= all(row.frozen < EXACT and (row.encumbered or 0) < EXACT for table in tables for row in table.wallets)
    book = Workbook(write_only=True)
    about = book.create_sheet("About")
    for words in (*ABOUT, AS_NUMBERS if exact else AS_TEXT):
        about.append([words])
    _sheet(book.create_sheet("Tranches"), TRANCHE, (total(table) for table in tables), exact)
    for kind in ("wallet", "investor"):
        if sum(len(_rows(table, kind)) for table in tables) > ROWS:
            raise UsageError("too many rows for a sheet", found=f"more than {ROWS}", needed="csv or json", where="form")
        rows = ({"token": table.tranche.symbol, **line(row)} for table in tables for row in _rows(table, kind))
        _sheet(book.create_sheet(f"By {kind}"), ("token", *HOLDING, *LOCK), rows, exact)
    buffer = io.BytesIO()
    book.save(buffer)
    return _timeless(buffer.getvalue(), max((table.as_of.second for table in tables), default=0))


def _sheet(sheet: WriteOnlyWorksheet, columns: Sequence[str], rows: Iterator[dict[str, Any]], exact: bool) -> None:
    from openpyxl.cell import WriteOnlyCell

    def cell(name: str, value: Any) -> Any:
        if isinstance(value, list):
            value = " ".join(value)
        if value is None or (isinstance(value, int) and (exact or name not in AMOUNTS)):
            return value
        text = UNPRINTABLE.sub("\ufffd", str(value))
        if not text.startswith(FORMULA):
            return text
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"  # else text that begins with = would be a formula
        made.quotePrefix = True
        return made

    sheet.append(list(columns))
    for row in rows:
        sheet.append([cell(name, row[name]) for name in columns])


def _timeless(content: bytes, second: int) -> bytes:
    """The same workbook, made at the tables' own time."""
    at = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    made = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms)")
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as found, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(found.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            part = found.read(name)
            if name == "docProps/core.xml":
                part = made.sub(rb"\g<1>" + at + rb"\g<2>", part)
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            file.writestr(info, part)
    return buffer.getvalue()


FORMS: dict[str, Callable[[Sequence[CapTable], str], bytes]] = {"csv": _csv, "xlsx": _xlsx, "json": _json}
