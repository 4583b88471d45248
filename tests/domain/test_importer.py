"""Import: good rows are whole, every bad cell is named by row and column, and reports say nothing personal."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import BOLD, PAPER

from abst.investor.importer import EVIDENCE_ITEMS, columns, hundredths, read_csv, read_row

WALLET = "0x" + "11" * 20
GOOD = {
    "reference": "inv-001",
    "kind": "individual",
    "name": "Sample Person",
    "identifier_type": "passport",
    "identifier": "X0000001",
    "nationality": "HK;GB",
    "residence": "HK",
    "address_country": "HK",
    "payment_account_country": "SG",
    "ip_countries": "HK;SG",
    "address": "1 Sample Street",
    "wallet": WALLET,
    "evidence_1_type": "portfolio",
    "evidence_1_amount": "1,100,000.50",
    "evidence_1_currency": "USD",
    "evidence_1_hkd_rate": "7.8",
    "evidence_1_rate_date": "2026-06-30",
    "evidence_1_relevant_date": "2026-06-30",
    "evidence_1_sha256": PAPER,
    "evidence_3_type": "offshore-declaration",
    "evidence_3_relevant_date": "2026-06-30",
    "evidence_3_sha256": PAPER,
    "answered_on": "2026-08-01",
    "questionnaire": "risk-1",
    "acknowledged": "token-risk-1;loss-rule-1",
    **{f"q_{name}": option for name, option in BOLD.items()},
}


def table(*rows: dict[str, str], header: tuple[str, ...] | None = None) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, header or tuple(GOOD))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def changed(**cells: str) -> dict[str, str]:
    return {**GOOD, **cells}


def test_a_good_row_is_a_whole_record() -> None:
    """Lists, amounts, gaps between evidence items, wallet and answers all arrive; a byte order mark does no harm."""
    found = read_csv("\ufeff" + table(GOOD))
    assert found.problems == ()
    (row,) = found.rows
    assert (row.row, row.reference, row.wallet, found.count) == (1, "inv-001", WALLET, 1)
    assert row.record.nationality == ("HK", "GB")
    assert [item.type.value for item in row.record.evidence] == ["portfolio", "offshore-declaration"]
    assert row.record.evidence[0].amount == 110_000_050
    assert row.record.answers is not None
    assert row.record.answers.options == BOLD


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": "Inv 1"}, "reference"),
        ({"kind": "person"}, "kind"),
        ({"name": ""}, "name"),
        ({"identifier": ""}, "identifier"),
        ({"nationality": "HK;XX"}, "nationality"),
        ({"nationality": "cn"}, "nationality"),
        ({"residence": ""}, "residence"),
        ({"ip_countries": "hk"}, "ip_countries"),
        ({"wallet": "0x12"}, "wallet"),
        ({"evidence_1_type": "wealth"}, "evidence_1_type"),
        ({"evidence_1_amount": "12.345"}, "evidence_1_amount"),
        ({"evidence_1_amount": "-5"}, "evidence_1_amount"),
        ({"evidence_1_currency": "ZZZ"}, "evidence_1_currency"),
        ({"evidence_1_hkd_rate": "0"}, "evidence_1_hkd_rate"),
        ({"evidence_1_rate_date": ""}, "evidence_1_type"),
        ({"evidence_3_relevant_date": "2026-02-29"}, "evidence_3_relevant_date"),
        ({"evidence_3_sha256": "0xAB"}, "evidence_3_sha256"),
        ({"answered_on": "yesterday"}, "answered_on"),
    ],
    ids=lambda v: "" if isinstance(v, str) else ",".join(f"{k}={w}" for k, w in v.items()),
)
def test_one_bad_cell_is_one_problem_at_its_place(cells: dict[str, str], column: str) -> None:
    """The row is left out, the cell named, and the row after it still read."""
    found = read_csv(table(changed(**cells), changed(reference="inv-002", wallet="")))
    assert [(p.row, p.column) for p in found.problems] == [(1, column)]
    assert [row.reference for row in found.rows] == ["inv-002"]


def test_several_bad_cells_are_all_told() -> None:
    """Nothing is reported one at a time."""
    bad = changed(kind="x", residence="XX", evidence_1_amount="x", evidence_1_sha256="x", wallet="x")
    found = read_csv(table(bad))
    wanted = {"kind", "residence", "evidence_1_amount", "evidence_1_sha256", "wallet"}
    assert {p.column for p in found.problems} == wanted
    assert all(p.needed and p.refusal().rule == "R-44" for p in found.problems)


def test_repeated_references_and_wallets() -> None:
    """The second row that names the same investor or wallet is the problem, whatever the case of the address."""
    lower = changed(reference="inv-002", wallet="0x" + "ab" * 20)
    upper = changed(reference="inv-003", wallet="0x" + "AB" * 20)
    found = read_csv(table(GOOD, changed(wallet=""), lower, upper))
    assert [(p.row, p.column) for p in found.problems] == [(2, "reference"), (4, "wallet")]
    assert [row.row for row in found.rows] == [1, 3]


def test_header_problems() -> None:
    """Unknown, repeated and missing columns are row 0."""
    text = table(GOOD, header=(*GOOD, "nickname")).replace("kind", "kinds", 1)
    assert {(p.row, p.column) for p in read_csv(text).problems if p.row == 0} == {
        (0, "nickname"),
        (0, "kinds"),
        (0, "kind"),
    }
    assert [p.column for p in read_csv("reference,kind,kind\n").problems] == ["kind"]
    assert [p.column for p in read_csv(table(GOOD).rstrip() + ",extra\n").problems] == ["(row)"]


def test_reports_hold_nothing_personal() -> None:
    """A bad row's name, identifier and address are never repeated in the report."""
    bad = changed(kind="x", name="Secret Name", identifier="SECRET1", address="Secret Street", identifier_type="")
    told = " ".join(f"{p.found} {p.needed}" for p in read_csv(table(bad)).problems)
    assert "secret" not in told.lower()


def test_yaml_values_are_taken_as_text() -> None:
    """A mapping from YAML, with lists, dates and numbers, reads as the same row."""
    from datetime import date

    cells = {**GOOD, "nationality": ["HK", "GB"], "answered_on": date(2026, 8, 1), "evidence_1_amount": 1100000}
    row, problems = read_row(cells)
    assert problems == []
    assert row is not None
    assert row.record.nationality == ("HK", "GB")


@given(st.integers(0, 10**15))
def test_amounts_are_exact(cents: int) -> None:
    """Hundredths survive the way through text; thousandths, signs and words do not pass."""
    assert hundredths(f"{cents // 100:,}.{cents % 100:02d}") == cents
    assert hundredths(f"{cents}.001") is None
    for bad in ("-1", "NaN", "Infinity", "", "1e-3", "ten"):
        assert hundredths(bad) is None


@given(st.dictionaries(st.sampled_from(columns()), st.text(max_size=12), max_size=30))
def test_no_cell_whatever_raises(cells: dict[str, str]) -> None:
    """Any text in any cell gives a row or problems, never an error."""
    row, problems = read_row(cells)
    assert (row is None) == bool(problems)
    assert EVIDENCE_ITEMS == 5
