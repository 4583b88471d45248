"""Many ways of breaking a servicer's report and its loan tape, each with the refusal that names its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from servicer import (
    HEADER,
    Broken,
    Case,
    both,
    cell,
    column,
    content,
    drop,
    good,
    identity,
    identity_numbers,
    of_map,
    put,
    swapped,
    without_column,
)

NONE_LATE = {"balance": 0, "loans": 0}
MISSING, UNKNOWN, WRONG = "report-field-missing", "report-field-unknown", "report-field"
NEEDED = (
    *("schema", "deal", "period", "currency", "collection", "prepared", "pool", "months", "delinquency", "fx"),
    *("collection.from", "collection.to", "prepared.by", "prepared.on", "pool.opening", "pool.closing", "pool.loans"),
    *("delinquency.days_60", "delinquency.days_90.loans", "fx.rate", "fx.source", "fx.on", "calls.clean_up"),
)
OF_A_MONTH = ("opening", "principal", "interest", "defaults", "recoveries", "closing")
WRITTEN_WRONGLY: tuple[tuple[str, Any], ...] = (
    ("schema", "abst-servicer-report-2"),
    ("period", "one"),
    ("period", 1.5),
    ("period", -1),
    ("period", True),
    ("currency", ""),
    ("deal", ["jishidai-2022-3"]),
    ("collection.from", "2026-7-1"),
    ("collection.from", "01/07/2026"),
    ("collection.to", "2026-09-31"),
    ("collection", "2026-07-01"),
    ("prepared.on", "yesterday"),
    ("prepared.by", 7 * "x" * 40),
    ("pool", []),
    ("pool.opening", 4057999932.76),
    ("pool.opening", "4,057,999,932"),
    ("pool.opening", 1e11),
    ("pool.opening", float("nan")),
    ("pool.opening", float("inf")),
    ("pool.opening", "0123"),
    ("pool.opening", "0x10"),
    ("pool.opening", "1:30"),
    ("pool.opening", None),
    ("pool.opening", {"fen": 1}),
    ("pool.opening", "(100)"),
    ("pool.opening", 2**96),
    ("pool.opening", "十"),
    ("pool.closing", -1),
    ("pool.loans", 5.0),
    ("months", []),
    ("months", {"2026-07": {}}),
    ("delinquency.days_30", 5),
    ("delinquency.days_30.balance", "-47000000000"),
    ("other", -1),
    ("other", "1.00"),
    ("fx.rate", "1.123456789"),
    ("fx.rate", "0"),
    ("fx.rate", "-1.09"),
    ("fx.rate", "1,09"),
    ("fx.rate", "NaN"),
    ("fx.source", "  "),
    ("fx.source", "\ud800"),
    ("fx.source", "two\nlines"),
    ("calls.clean_up", "perhaps"),
    ("calls.clean_up", 1),
    ("call_price", -5),
    ("corrects", "latest"),
    ("tape", "0xabc"),
    ("exposures", [{"kind": "family", "id": "O-1", "balance": 1}]),
    ("inputs", [1]),
)
FIELDS = ["loan", "from", "to", "opening", "principal", "interest", "defaults", "recoveries", "closing", "days"]
SHOWN = {name: f"{name} ({one})" for name, one in zip(HEADER, FIELDS, strict=True)}
HEAD = "tape, the header"
CELLS: tuple[tuple[int, str, str, str], ...] = (
    (1, "principal", "1.005", "tape-cell"),
    (2, "principal", "1,000.00", "tape-cell"),
    (3, "interest", "1e5", "tape-cell"),
    (4, "closing", "NaN", "tape-cell"),
    (5, "closing", "inf", "tape-cell"),
    (1, "closing", "", "tape-cell"),
    (2, "opening", "-", "tape-cell"),
    (3, "opening", "(5.00)", "tape-cell"),
    (6, "charged", "much", "tape-cell"),
    (6, "charged", "12345678901234.00", "tape-cell"),
    (1, "interest", "¥5.00", "tape-cell"),
    (4, "principal", "-10000000.00", "tape-negative"),
    (2, "closing", "-950000000.00", "tape-negative"),
    (1, "recovered", "-0.01", "tape-negative"),
    (3, "assetNumber", "", "tape-cell"),
    (3, "assetNumber", "L" * 101, "tape-cell"),
    (2, "assetNumber", "L0001", "tape-loan-twice"),
    (4, "assetNumber", " L0003 ", "tape-loan-twice"),
    (1, "begins", "2026-08-02", "tape-dates"),
    (1, "ends", "2026-09-29", "tape-dates"),
    (5, "ends", "09/30/2026", "tape-dates"),
    (2, "ends", "", "tape-dates"),
    (3, "days", "-1", "tape-cell"),
    (3, "days", "30.5", "tape-cell"),
    (3, "days", "", "tape-cell"),
    (3, "days", "late", "tape-cell"),
    (1, "closing", "1900000000.01", "tape-does-not-roll"),
)
CUT_OFF = json.dumps(good().report)[:-2].encode()
NO_FILES = [
    Broken("empty file", content(report_bytes=b""), "usage", "report"),
    Broken("not UTF-8", content(report_bytes="schema: é".encode("latin-1")), "usage", "report"),
    Broken("not YAML", content(report_bytes=b"schema: [\n"), "usage", "report"),
    Broken("not JSON", content(report_bytes=CUT_OFF), "usage", "report"),
    Broken("a list", content(report_bytes=b"- schema\n"), "usage", "report"),
    Broken("a word", content(report_bytes=b"report"), "usage", "report"),
    Broken("twice in YAML", content(report_bytes=b"period: 1\nperiod: 2\n"), "usage", "report"),
    Broken("twice in JSON", content(report_bytes=b'{"period": 1, "period": 2}'), "usage", "the file"),
    Broken("nested without end", content(report_bytes=b'{"a":' * 5000), "usage", "report"),
    Broken("nested YAML", content(report_bytes=b"[" * 5000), "usage", "report"),
]


def fourth_month(case: Case) -> None:
    months = case.report["months"]
    months.append(dict(months[2], month="2026-10"))


def exposures(count: int, balance: int) -> list[dict[str, Any]]:
    return count * [{"kind": "group", "id": "G", "balance": balance}]


GATES = [
    Broken("another deal", put("deal", "ally-2017-3"), "report-of-another", "report, deal"),
    Broken("another currency", put("currency", "HKD"), "report-of-another", "report, currency"),
    Broken("period 0", put("period", 0), "report-period", "report, period"),
    Broken("period 2", put("period", 2), "report-period", "report, period"),
    Broken("period 45", put("period", 45), "report-period", "report, period"),
    Broken("corrects nothing", put("corrects", 1), "report-corrects", "report, corrects"),
    Broken("begins late", put("collection.from", "2026-07-02"), "report-dates", "report, collection.from"),
    Broken("ends early", put("collection.to", "2026-08-31"), "report-dates", "report, collection.to"),
    Broken("made too early", put("prepared.on", "2026-09-30"), "report-too-early", "report, prepared.on"),
    Broken("made in future", put("prepared.on", "2036-10-12"), "report-too-early", "report, prepared.on"),
    Broken("made by another", put("prepared.by", "张三"), "report-not-the-servicer", "report, prepared.by"),
    Broken("a month missing", drop("months.1"), "report-months", "month 2, month"),
    Broken("months swapped", swapped, "report-months", "month 1, month"),
    Broken("a month twice", put("months.1.month", "2026-07"), "report-months", "month 2, month"),
    Broken("a month more", fourth_month, "report-months", "month 4, month"),
    Broken("an old rate", put("fx.on", "2026-09-30"), "report-rate-day", "report, fx.on"),
    Broken("a rate of tomorrow", put("fx.on", "2026-10-09"), "report-rate-day", "report, fx.on"),
    Broken("opens elsewhere", put("pool.opening", 405_799_993_377), "report-opening", "report, pool.opening"),
    Broken(
        "first month opens elsewhere",
        put("months.0.opening", 405_799_993_277),
        "report-months-apart",
        "month 2026-07, opening",
    ),
    Broken(
        "a month opens elsewhere",
        put("months.2.opening", 367_312_185_301),
        "report-months-apart",
        "month 2026-09, opening",
    ),
    Broken("closes elsewhere", put("pool.closing", 347_969_528_101), "report-months-apart", "report, pool.closing"),
    Broken(
        "does not roll", put("months.0.principal", 19_215_145_000), "report-does-not-roll", "month 2026-07, closing"
    ),
    Broken("defaults left out", put("months.2.defaults", 0), "report-does-not-roll", "month 2026-09, closing"),
    Broken(
        "digits swapped", put("months.1.principal", 19_272_626_850), "report-does-not-roll", "month 2026-08, closing"
    ),
    Broken(
        "more prepaid than paid", put("months.1.prepaid", 19_272_662_851), "report-above-pool", "month 2026-08, prepaid"
    ),
    Broken(
        "more than there was",
        put("months.0.defaults", 405_799_993_276),
        "report-above-pool",
        "month 2026-07, principal",
    ),
    Broken(
        "late above the pool",
        put("delinquency.days_30.balance", 347_969_528_101),
        "report-bucket",
        "report, delinquency.balance",
    ),
    Broken(
        "more late loans than loans", put("delinquency.days_30.loans", 4), "report-bucket", "report, delinquency.loans"
    ),
    Broken(
        "late loans without balance",
        put("delinquency.days_60", {"balance": 0, "loans": 1}),
        "report-bucket",
        "report, delinquency.days_60",
    ),
    Broken(
        "late balance without loans",
        put("delinquency.days_60", {"balance": 1, "loans": 0}),
        "report-bucket",
        "report, delinquency.days_60",
    ),
    Broken("no loans", put("pool.loans", 0), "report-loans", "report, pool.loans"),
    Broken("recovered first", put("months.0.recoveries", 5), "report-recoveries", "month 2026-07, recoveries"),
    Broken("a call without price", put("calls.clean_up", True), "report-call", "report, call_price"),
    Broken("a price without call", put("call_price", 5), "report-call", "report, call_price"),
    Broken("exposure above the pool", put("exposures", exposures(1, 2**60)), "report-exposure", "report, exposures[0]"),
    Broken("exposure twice", put("exposures", exposures(2, 1)), "report-exposure", "report, exposures[1]"),
    Broken("one loan more", put("pool.loans", 6), "tape-total", "tape, all rows, loans"),
    Broken(
        "another bucket",
        both(
            put("delinquency.days_60", NONE_LATE), put("delinquency.days_90", {"balance": 15_969_528_100, "loans": 2})
        ),
        "tape-total",
        "tape, all rows, days 60 and more",
    ),
    Broken(
        "interest not of the tape", put("months.2.interest", 1_099_049_544), "tape-total", "tape, all rows, interest"
    ),
    Broken("recoveries not of the tape", put("months.2.recoveries", 0), "tape-total", "tape, all rows, recoveries"),
    Broken("tape not stated", lambda c: setattr(c, "stated", False), "tape-another", "report, tape"),
    Broken("tape not there", lambda c: setattr(c, "with_tape", False), "tape-another", "report, tape"),
]
TAPES = [
    Broken(
        "a default one fen off", cell(6, "charged", "121853.01"), "tape-does-not-roll", "tape, row 6, closing (closing)"
    ),
    Broken("a column twice", column("closing"), "tape-column", f"{HEAD}, closing (closing)"),
    Broken("identity numbers", identity_numbers, "tape-personal", "tape, the first rows, assetNumber (loan)"),
    Broken("a row too short", lambda c: c.rows[1].pop(), "tape-unreadable", "tape, row 2, (row)"),
    Broken("a row too long", lambda c: c.rows[2].append("x"), "tape-unreadable", "tape, row 3, (row)"),
    Broken("a blank row", lambda c: c.rows.insert(3, []), "tape-unreadable", "tape, row 4, (row)"),
    Broken("no rows", lambda c: c.rows.clear(), "tape-unreadable", "tape, the file, all"),
    Broken("an empty tape", content(tape_bytes=b""), "tape-column", f"{HEAD}, closing (closing)"),
    Broken("a tape not UTF-8", content(tape_bytes="é".encode("latin-1")), "tape-unreadable", "tape, the file, all"),
    Broken("half a Parquet", content(tape_bytes=b"PAR1" + 40 * b"\0"), "tape-unreadable", "tape, the file, all"),
    Broken("several first days", cell(2, "begins", "2026-07-01"), "tape-dates", "tape, all rows, begins (from)"),
    Broken("another currency of the tape", of_map("CNY", "USD"), "tape-currency", "mapping, values.currency"),
    Broken("mapping without closing", of_map("  closing: closing\n", ""), "tape-mapping", "mapping, columns.closing"),
    Broken(
        "mapping without currency", of_map("values: {currency: CNY}\n", ""), "tape-mapping", "mapping, values.currency"
    ),
    Broken(
        "mapping: one column for two",
        of_map("interest: interest", "interest: principal"),
        "tape-mapping",
        "mapping, columns.interest",
    ),
    Broken(
        "mapping: unknown field",
        of_map("  days: days", "  borrower: days"),
        "report-field",
        "mapping, columns.borrower",
    ),
    Broken("mapping: unknown unit", of_map("money: unit", "money: yuan"), "report-field", "mapping, money"),
    Broken(
        "mapping: several loans",
        of_map("loan: assetNumber", "loan: [assetNumber, days]"),
        "tape-mapping",
        "mapping, columns.loan",
    ),
]
PERSONAL = ("obligorName", "Customer Phone", "id_card_no", "email", "home_address", "身份证号", "姓名", "VIN", "IBAN")
FIELDS_BESIDES = [
    Broken("months unknown", put("months.0.fees", 1), UNKNOWN, "month 2026-07, fees"),
    Broken("inputs unknown", put("inputs", {"swap": 1}), UNKNOWN, "report, inputs.swap"),
    Broken("indices unknown", put("indices", {"sofr": "0.04"}), UNKNOWN, "report, indices.sofr"),
    Broken("a name as a field", put("张三", 1), UNKNOWN, "report, (no such field)"),
    Broken("a month missing its name", drop("months.1.month"), MISSING, "month 2, month"),
    Broken("a month of text", put("months.1", "2026-08"), WRONG, "month 2, month"),
    Broken("a month 13", put("months.1.month", "2026-13"), WRONG, "month 2, month"),
    Broken("a month in words", put("months.0.month", "July"), WRONG, "month 1, month"),
    Broken("negative principal", put("months.0.principal", -1), WRONG, "month 2026-07, principal"),
    Broken("principal in units", put("months.0.principal", "1.50"), WRONG, "month 2026-07, principal"),
    Broken("NaN defaults", put("months.2.defaults", float("nan")), WRONG, "month 2026-09, defaults"),
    Broken(
        "an obligor's identity number",
        put("exposures", [{"kind": "obligor", "id": identity("44030119900101123"), "balance": 1}]),
        WRONG,
        "report, exposures[0].id",
    ),
]


def alone(case: Case) -> None:
    """No tape comes along, and none is stated."""
    case.stated = case.with_tape = False


def _fields() -> Iterator[Broken]:
    """Fields that are missing, unknown, or written wrongly."""
    for path in NEEDED:
        yield Broken(f"{path} missing", drop(path), MISSING, f"report, {path}")
    for name in OF_A_MONTH:
        yield Broken(f"{name} missing", drop(f"months.1.{name}"), MISSING, f"month 2026-08, {name}")
    for path in ("surplus", "pool.surplus", "delinquency.days_120", "calls.other", "prepared.phone"):
        yield Broken(f"{path} unknown", put(path, 0), UNKNOWN, f"report, {path}")
    for path, value in WRITTEN_WRONGLY:
        where = {"exposures": "report, exposures[0].kind"}.get(path, f"report, {path}")
        yield Broken(f"{path} {value!r}"[:60], put(path, value), WRONG, where)
    yield from FIELDS_BESIDES


def _tapes() -> Iterator[Broken]:
    """Cells, columns, and whole tapes and mappings."""
    for row, name, text, slug in CELLS:
        yield Broken(f"tape {name} {text}"[:60], cell(row, name, text), slug, f"tape, row {row}, {SHOWN[name]}")
    for name in ("assetNumber", "closing", "principal", "days"):
        yield Broken(f"no column {name}", without_column(name), "tape-column", f"{HEAD}, {SHOWN[name]}")
    for name in PERSONAL:
        yield Broken(f"column {name}", column(name, "x"), "tape-personal", f"{HEAD}, column 11")
    yield from TAPES


def broken() -> list[Broken]:
    """Every way, each by its own name."""
    fields = [Broken(one.name, both(one.change, alone), one.reason, one.where) for one in _fields()]
    found = [*fields, *NO_FILES, *GATES, *_tapes()]
    assert len({one.name for one in found}) == len(found), "two ways have one name"
    return found
