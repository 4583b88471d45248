"""A servicer's report and its loan tape: what is read, what ties, and every way of breaking them with its place."""

from __future__ import annotations

import contextlib
import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import servicer
from abst import demo_data
from abst.deal import Deal
from abst.errors import NotFound, Refusal, UsageError
from abst.servicing.expecting import Standing, expected
from abst.servicing.report import file, gates, mapping, reading, tape
from abst.servicing.report.model import Expected, Facts, Report, inputs_of
from abst.servicing.report.skeleton import skeleton
from abst.values import file_digest
from broken_reports import broken
from servicer import Case, good

DEAL = Deal.read(demo_data.text("deal.yaml"))
TODAY = date(2026, 10, 12)
EXPECTED = expected(Standing((), 0, TODAY), DEAL, 1)


def judged(case: Case, wanted: Expected = EXPECTED) -> list[Refusal]:
    """Everything against a report and its tape, as the desk puts it together."""
    report, problems = reading.read(file.parse(case.document(), "report"), wanted)
    content, totals = case.tape(), None
    if case.with_tape:
        found, more = mapping.read(case.map.encode())
        if found is not None:
            totals, more = tape.read(content, found, wanted)
        problems = problems + more
    if report is not None:
        problems = problems + gates.decide(
            Facts(wanted, report, file_digest(content) if case.with_tape else "", totals)
        )
    return problems


def test_a_good_report_is_accepted() -> None:
    """Report and tape tie; the same report as YAML is the same report."""
    case = good()
    assert judged(case) == []
    raw = file.parse(case.document(), "report")
    as_yaml = file.parse(yaml.safe_dump(json.loads(case.document())).encode(), "report")
    assert reading.read(raw, EXPECTED) == reading.read(as_yaml, EXPECTED)


def test_there_are_more_than_a_hundred_ways() -> None:
    """Their list is as long as it should be, and meets every kind of refusal; tests/journeys tries them at the desk."""
    ways = broken()
    assert len(ways) > 150
    source = "".join(
        Path(module.__file__ or "").read_text(encoding="utf-8") for module in (file, gates, mapping, reading, tape)
    )
    slugs = set(re.findall(r'"((?:report|tape)-[a-z-]+)"', source))
    met = {one.reason for one in ways}
    assert slugs - met == {"report-closed"}  # of a period that is closed: in the cases of the rulebook


def test_everything_wrong_is_told_at_once() -> None:
    """Report, the deal's own fields, and tape: one reading names them all."""
    case = servicer.changed(
        servicer.both(
            servicer.drop("pool.loans"),
            servicer.put("calls", {}),
            servicer.cell(1, "closing", "x"),
            servicer.cell(2, "days", "y"),
        )
    )
    places = {refusal.where for refusal in judged(case)}
    assert places == {
        "report, pool.loans",
        "report, calls.clean_up",
        "tape, row 1, closing (closing)",
        "tape, row 2, days (days)",
    }


def test_many_bad_rows_are_counted() -> None:
    """The first rows are named, the rest is counted."""
    case = good()
    case.rows = [["L", *case.rows[0][1:-1], "x"] for _ in range(100)]
    refusals = judged(case)
    told = [r for r in refusals if r.reason == "tape-cell"]
    assert len(told) == tape.SHOWN_ROWS + 1
    assert (told[-1].found, told[-1].where) == ("80 more rows", "tape, further rows, days (days)")
    twice = [r for r in refusals if r.reason == "tape-loan-twice"]
    assert (twice[0].found, twice[0].where) == ("the loan of row 1", "tape, row 2, assetNumber (loan)")
    assert twice[-1].found == "79 more rows"


# ---- what the waterfall takes


def report_of(case: Case) -> Report:
    report, problems = reading.read(file.parse(case.document(), "report"), EXPECTED)
    assert report is not None, problems
    return report


def test_inputs_carry_the_computed_balance() -> None:
    """The servicer rounds his closing balances; the inputs hold what follows from principal and defaults."""
    report = report_of(good())
    inputs = inputs_of(report, EXPECTED.opening, DEAL.compiled.inputs)
    starts = (405_799_993_276, 386_584_848_106, 367_312_185_256)
    assert set(inputs) == set(DEAL.compiled.inputs) - {"default_declared"}
    assert tuple(inputs[f"pool_month_{n}"] for n in (1, 2, 3)) == starts
    assert inputs["pool_month_openings"] == sum(starts)
    assert inputs["pool_closing"] == 347_969_528_056 != report.closing
    assert inputs["principal"] == 57_818_279_920
    assert (inputs["defaults"], inputs["recoveries"], inputs["fx"]) == (12_185_300, 40_000, 109_120_000)
    assert [inputs[f"delinquent_{days}"] for days in (30, 60, 90)] == [47_000_000_000, 9_000_000_000, 6_969_528_100]


def test_a_computed_balance_never_falls_below_zero() -> None:
    """The last principal may exceed what is left by the tolerance."""
    report = report_of(good())
    assert inputs_of(report, 57_830_465_219, DEAL.compiled.inputs)["pool_closing"] == 0


def test_content_gives_the_report_back() -> None:
    """What is stored is the whole report; equal reports have one digest."""
    report = report_of(servicer.changed(servicer.put("exposures", [{"kind": "group", "id": "G-1", "balance": 5}])))
    again = Report.of_content(json.loads(json.dumps(report.content)))
    assert again == report
    assert again.digest == report.digest != report_of(good()).digest


def test_own_inputs_are_read_by_their_units() -> None:
    """Money and counts whole, rates in 1e-12, flags; an index fixing below zero is stated as zero."""
    wanted = Expected(
        **{name: getattr(EXPECTED, name) for name in EXPECTED.__dataclass_fields__}
        | {"inputs": {"swap": "money", "hedge": "rate", "units": "count", "event": "flag"}, "indices": ("sofr",)}
    )
    own = {"swap": 5, "hedge": "0.000000000001", "units": 3, "event": True}
    case = servicer.changed(servicer.both(servicer.put("inputs", own), servicer.put("indices", {"sofr": "0.0432"})))
    report, problems = reading.read(file.parse(case.document(), "report"), wanted)
    assert problems == []
    assert report is not None
    assert (report.inputs, report.indices) == (
        {"swap": 5, "hedge": 1, "units": 3, "event": 1},
        {"sofr": 43_200_000_000},
    )
    case.report["indices"] = {"sofr": "-0.001"}
    case.report["inputs"] = own | {"swap": "1.5", "event": "2", "hedge": "0.0000000000001"}
    _, problems = reading.read(file.parse(case.document(), "report"), wanted)
    fields = ("inputs.swap", "inputs.hedge", "inputs.event", "indices.sofr")
    assert [refusal.where for refusal in problems] == [f"report, {name}" for name in fields]


def test_every_expected_period_of_the_deal() -> None:
    """The first report covers three months, each later one a month; each has its dates and its empty form."""
    assert [len(expected(Standing((), 0, TODAY), DEAL, n).months) for n in (1, 2, 44)] == [3, 1, 1]
    assert EXPECTED.months == (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
    text = skeleton(EXPECTED)
    raw = file.parse(text.encode(), "report")
    refusals = reading.read(raw, EXPECTED)[1]
    assert [refusal.where for refusal in refusals] == ["report, fx.rate", "report, fx.source"]


# ---- tapes and mappings


def frame_of(case: Case) -> pl.DataFrame:
    return pl.DataFrame(case.rows, schema=dict.fromkeys(case.header, pl.String), orient="row")


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def test_a_tape_in_parquet_is_the_same_tape() -> None:
    """Text, decimals, whole numbers and dates of a Parquet file give the same totals; floats are refused by column."""
    case = good()
    found, _ = mapping.read(case.map.encode())
    assert found is not None
    plain, _ = tape.read(case.tape(), found, EXPECTED)
    money = case.header[3:9]
    typed = frame_of(case).with_columns(
        *(pl.col(name).cast(pl.Decimal(18, 2)) for name in money),
        pl.col("days").cast(pl.Int32),
        pl.col("begins", "ends").str.to_date(),
    )
    for frame in (frame_of(case), typed):
        totals, problems = tape.read(parquet(frame), found, EXPECTED)
        assert problems == []
        assert plain is not None
        assert totals is not None
        assert (totals.totals, totals.loans, totals.buckets) == (plain.totals, plain.loans, plain.buckets)
    _, problems = tape.read(parquet(typed.with_columns(pl.col("interest").cast(pl.Float64))), found, EXPECTED)
    assert [(r.reason, r.where, r.found) for r in problems] == [
        ("tape-column", "tape, the header, interest (interest)", "Float64")
    ]
    _, problems = tape.read(parquet(typed.with_columns(name=pl.lit("x"))), found, EXPECTED)
    assert [(r.rule, r.reason) for r in problems] == [("R-82", "tape-personal")]


def test_totals_of_a_tape_are_exact() -> None:
    """Sums beyond 64 bits, several columns for one field, blanks that are zero, and the last month or all of them."""
    case = good()
    whole = servicer.MAP.replace("interest: interest", "interest: [interest, extra]").replace("loan_tolerance: 0\n", "")
    case.column("extra", "9999999999999.99")
    case.rows = [[f"L{n}", "2026-07-01", *case.rows[0][2:]] for n in range(12_000)]
    found, _ = mapping.read(whole.encode())
    assert found is not None
    totals, problems = tape.read(case.tape(), found, EXPECTED)
    assert problems == []
    assert totals is not None
    assert totals.totals["interest"] == 12_000 * (600_000_000 + 999_999_999_999_999) > 2**63
    assert totals.begins == date(2026, 7, 1)
    assert totals.rows == totals.loans == 12_000


def test_the_sec_mapping_reads_a_tape_of_schedule_al() -> None:
    """Element names, dates and blanks as filed; an adjustment counts where a loan rolls forward."""
    sec = mapping.get("sec-schedule-al-auto")
    names = [name for columns in sec.file.columns.values() for name in columns]
    cells = {
        "assetNumber": "0002020251 - 000010",
        "reportingPeriodBeginningDate": "09-01-2026",
        "reportingPeriodEndingDate": "09-30-2026",
        "reportingPeriodBeginningLoanBalanceAmount": "1000.00",
        "actualPrincipalCollectedAmount": "100.50",
        "actualInterestCollectedAmount": "3.07",
        "otherPrincipalAdjustmentAmount": "-0.50",
        "reportingPeriodActualEndBalanceAmount": "899.00",
        "currentDelinquencyStatus": "31",
        "obligorCreditScore": "700",
    }
    gone = cells | {
        "assetNumber": "x==",
        "actualPrincipalCollectedAmount": "-",
        "chargedoffPrincipalAmount": "1000.000",
        "recoveredAmount": "12.34",
        "otherPrincipalAdjustmentAmount": "",
        "reportingPeriodActualEndBalanceAmount": "0",
        "currentDelinquencyStatus": "",
    }
    header = [*names, "obligorCreditScore", "originatorName"]
    lines = [",".join(header), *(",".join(row.get(name, "") for name in header) for row in (cells, gone))]
    wanted = Expected(**{n: getattr(EXPECTED, n) for n in EXPECTED.__dataclass_fields__} | {"currency": "USD"})
    totals, problems = tape.read("\r\n".join(lines).encode(), sec, wanted)
    assert problems == []
    assert totals is not None
    assert totals.totals == {
        "opening": 200_000,
        "principal": 10_050,
        "interest": 614,
        "defaults": 100_000,
        "recoveries": 1_234,
        "closing": 89_900,
    }
    assert totals.loans == 1
    assert totals.buckets is not None
    assert [totals.buckets[days].loans for days in (30, 60, 90)] == [1, 0, 0]


def test_the_esma_mapping_reads_a_tape_of_annex_5() -> None:
    """Field codes, no-data codes; a default counts in the period of its date, and no cash is tied."""
    esma = mapping.get("esma-annex-5-auto")
    text = (
        "AUTL1,AUTL2,AUTL6,AUTL28,AUTL30,AUTL69,AUTL72,AUTL73\n"
        "X,A,2026-09-30,CNY,1000.00000,0,ND5,ND5\n"
        "X,B,2026-09-30,CNY,500,95,ND5,ND5\n"
        "X,C,2026-09-30,CNY,0,0,250.5,2026-08-15\n"
        "X,D,2026-09-30,CNY,0,0,99,2026-06-30\n"
    )
    totals, problems = tape.read(text.encode(), esma, EXPECTED)
    assert problems == []
    assert totals is not None
    assert (totals.totals, totals.loans, totals.begins) == ({"closing": 150_000, "defaults": 25_050}, 2, None)
    _, problems = tape.read(text.replace("2026-08-15", "15.08.2026").encode(), esma, EXPECTED)
    assert [(r.reason, r.where) for r in problems] == [("tape-cell", "tape, row 3, AUTL73 (defaulted_on)")]


def test_shipped_mappings() -> None:
    """Each is whole, says where its names come from, and another name is not found."""
    assert list(mapping.shipped()) == ["esma-annex-5-auto", "sec-schedule-al-auto"]
    assert all(one.text.startswith("#") and one.file.source for one in mapping.shipped().values())
    with pytest.raises(NotFound):
        mapping.get("another")


def test_the_published_schemas_take_what_is_accepted() -> None:
    """A good report and the shipped mappings are valid by the published JSON Schemas, and broken ones are not."""
    schema = jsonschema.Draft202012Validator(file.schema())
    schema.validate(json.loads(good().document()))
    for path in ("pool.loans", "months", "prepared.by"):
        assert list(schema.iter_errors(json.loads(servicer.changed(servicer.drop(path)).document())))
    assert list(schema.iter_errors(json.loads(servicer.changed(servicer.put("pool.opening", 1.5)).document())))
    by_map = jsonschema.Draft202012Validator(file.map_schema())
    for one in mapping.shipped().values():
        by_map.validate(json.loads(json.dumps(one.file.model_dump(by_alias=True, exclude_none=True))))


def test_columns_that_name_a_person() -> None:
    """Names, papers, contacts, accounts and plates are known in English and Chinese; a loan's own words are not."""
    columns = ["borrower_name", "Obligor Name", "surname", "DateOfBirth", "Mobile No.", "e-mail", "passportNumber"]
    assert tape.personal([*columns, "手机号", "证件号码", "account_number"]) == [
        *columns,
        "手机号",
        "证件号码",
        "account_number",
    ]
    fine = ["assetNumber", "originatorName", "primaryLoanServicerName", "vehicleManufacturerName", "obligorCreditScore"]
    assert tape.personal([*fine, "obligorGeographicLocation", "interestPaidThroughDate", "AUTL2", "贷款余额"]) == []


# ---- nothing gets through, and nothing crashes


def places(value: object, path: str = "") -> list[str]:
    """Every path of a report, as `servicer.put` takes them."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in items:
        here = f"{path}.{key}" if path else str(key)
        found += [here, *places(inner, here)]
    return found


LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**100) | st.floats() | st.text(max_size=12)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(places(good().report)), value=VALUES)
def test_any_value_anywhere_is_read_or_told(path: str, value: object) -> None:
    """Whatever stands in a field: the report is read as it was, or something is said of it; nothing else is raised."""
    case = servicer.changed(servicer.put(path, value))
    try:
        refusals = judged(case)
    except UsageError:
        return
    if not refusals:
        report, _ = reading.read(file.parse(case.document(), "report"), EXPECTED)
        stated = good()
        before, _ = reading.read(file.parse(stated.document(), "report"), EXPECTED)
        assert path.startswith(FREE) or report == before


FREE = ("fx", "prepared.on", "months.0.interest", "months.1.interest", "months.0.prepaid", "months.1.prepaid", "other")


@settings(max_examples=60, deadline=None)
@given(
    row=st.integers(0, 5),
    column=st.integers(0, 9),
    cell=st.text(max_size=20) | st.from_regex(r"-?[0-9]{1,12}\.[0-9]{0,3}"),
)
def test_any_text_in_any_cell_is_read_or_told(row: int, column: int, cell: str) -> None:
    """Whatever stands in a cell of the tape, it is the same amount, another name of a loan, or it is refused."""
    case = good()
    case.rows[row][column] = cell
    refusals = judged(case)
    assert all(refusal.found and refusal.needed and refusal.where for refusal in refusals)
    if not refusals and servicer.HEADER[column] not in ("assetNumber", "days"):
        meant = good().rows[row][column]
        assert cell.strip() == meant or Decimal(cell.strip().replace("-", "") or 0) == Decimal(meant)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_no_report_and_no_tape(data: bytes) -> None:
    """Bytes of any kind are a UsageError, or a refusal; a tape of any bytes is refused."""
    found = mapping.shipped()["esma-annex-5-auto"]
    for start in (b"", b"PAR1", b"{", b"AUTL2,AUTL6,AUTL28,AUTL30,AUTL69,AUTL72,AUTL73\n"):
        assert tape.read(start + data, found, EXPECTED)[0] is None
        with contextlib.suppress(UsageError):
            assert reading.read(file.parse(start + data, "report"), EXPECTED)[1]
        with contextlib.suppress(UsageError):
            assert mapping.read(start + data)[1]


def test_the_page_shows_what_is_accepted() -> None:
    """The report and the mapping of docs/servicing.md are read without a fault, and the report passes every gate."""
    page = (Path(__file__).parents[2] / "docs/servicing.md").read_text(encoding="utf-8")
    shown_report, shown_map = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    report, problems = reading.read(file.parse(shown_report.encode(), "report"), EXPECTED)
    assert problems == []
    assert report is not None
    assert gates.decide(Facts(EXPECTED, report)) == []
    found, problems = mapping.read(shown_map.encode())
    assert (problems, found is not None) == ([], True)
