"""Import: good rows are whole, every bad cell is named by row and column, and reports say nothing personal."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import BOLD, PAPER, READ, TODAY, entity

from abst.errors import UsageError
from abst.investor.admission import assess_record
from abst.investor.columns import EVIDENCE_ITEMS, columns, hundredths
from abst.investor.importer import Imported, read, read_csv, read_json, read_row, second_of
from abst.investor.model import Acknowledgement, Basis, Role, Tie
from abst.rulebook import load
from abst.values import first_second_of

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
    "acknowledged": ";".join(READ),
    "risk_class": "low",
    "evidence_1_asset": "listed-securities",
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
    for bad in ("-1", "NaN", "Infinity", "", "1e-3", "ten", "1e999999999", "９", "9" * 40):
        assert hundredths(bad) is None
    row, problems = read_row({**GOOD, "evidence_1_hkd_rate": "1e999999"})
    assert (row, [problem.column for problem in problems]) == (None, ["evidence_1_hkd_rate"])


@given(st.dictionaries(st.sampled_from(columns()), st.text(max_size=12), max_size=30))
def test_no_cell_whatever_raises(cells: dict[str, str]) -> None:
    """Any text in any cell gives a row or problems, never an error."""
    row, problems = read_row(cells)
    assert (row is None) == bool(problems)
    assert EVIDENCE_ITEMS == 8


# ---- persons, companies, sessions

COMPANY = {
    **GOOD,
    "reference": "inv-100",
    "kind": "corporation",
    "wallet": "",
    "evidence_1_type": "principal-business",
    "evidence_1_amount": "",
    "evidence_1_currency": "",
    "evidence_1_hkd_rate": "",
    "evidence_1_rate_date": "",
    "evidence_1_asset": "",
    "evidence_2_type": "ownership",
    "evidence_2_holder": "related-1",
    "evidence_2_relevant_date": "2026-06-30",
    "evidence_2_sha256": PAPER,
    "evidence_3_type": "portfolio",
    "evidence_3_asset": "fund-units",
    "evidence_3_basis": "joint-other",
    "evidence_3_share_bps": "5000",
    "evidence_3_holder": "person-1",
    "evidence_3_amount": "16000000",
    "person_1_role": "owner",
    "person_1_name": "Sample Owner",
    "person_1_other_names": "Sample O; 示例",
    "person_1_identifier_type": "passport",
    "person_1_identifier": "Y1",
    "person_1_born": "1970-02-28",
    "person_1_nationality": "HK;GB",
    "person_1_residence": "HK",
    "person_1_share_bps": "10000",
    "related_1_tie": "owner",
    "related_1_kind": "individual",
    "related_1_person": "person-1",
    "related_1_share_bps": "10000",
    "session_at": "2026-08-31T09:00:00+08:00",
    "session_ip": "203.0.113.7",
    "session_country": "HK",
    "session_place": "Sample Town",
    "session_device": "device-1",
    "waiver_assessor": "suitability-unit",
    "waiver_assessed_on": "2026-08-01",
    "waiver_sha256": PAPER,
    "waiver_expires_on": "2027-08-01",
}


def test_a_company_row_has_everything_behind_it() -> None:
    """Persons, ties, shares, session and waiver arrive; the record qualifies by its owner's half of an account."""
    row, problems = read_row(COMPANY)
    assert problems == []
    assert row is not None
    (person,), (related,) = row.record.persons, row.record.related
    assert (person.id, person.role, person.other_names, person.born) == (
        "person-1",
        Role.OWNER,
        ("Sample O", "示例"),
        date(1970, 2, 28),
    )
    assert (related.id, related.tie, related.person) == ("related-1", Tie.OWNER, "person-1")
    assert row.record.evidence[2].basis is Basis.JOINT_OTHER
    assert row.session is not None
    assert (row.session.at, row.session.device) == (second_of("2026-08-31T01:00:00Z"), "device-1")
    assert row.record.acknowledged[0] == Acknowledgement(text="complex-product-1", sha256=READ[0].split("@")[1])
    judged = assess_record(row.record, load(), first_second_of(TODAY), "Asia/Hong_Kong")
    assert (judged.refusals, judged.suitability.waived) == ((), True)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"person_1_role": "friend"}, "person_1_role"),
        ({"person_1_name": ""}, "person_1_name"),
        ({"person_1_identifier": ""}, "person_1_identifier"),
        ({"person_1_born": "long ago"}, "person_1_born"),
        ({"person_1_nationality": "ZZ"}, "person_1_nationality"),
        ({"person_1_share_bps": "10001"}, "person_1_share_bps"),
        ({"person_1_id": "Owner One"}, "person_1_id"),
        ({"related_1_kind": "joint"}, "related_1_id"),
        ({"related_1_registered": "xx"}, "related_1_registered"),
        ({"related_1_person": "person-9"}, "(row)"),
        ({"evidence_2_holder": "person-9"}, "(row)"),
        ({"evidence_3_basis": "own"}, "evidence_3_type"),
        ({"evidence_3_share_bps": "0"}, "evidence_3_share_bps"),
        ({"session_ip": "203.0.113"}, "session_ip"),
        ({"session_at": "2026-08-31T09:00:00"}, "session_at"),
        ({"session_device": ""}, "session_device"),
        ({"waiver_sha256": "0x"}, "waiver_sha256"),
        ({"waiver_expires_on": "2026-07-31"}, "waiver_expires_on"),
        ({"acknowledged": "token-risk-1@0x12"}, "acknowledged"),
        ({"born": "1970-02-30"}, "born"),
    ],
    ids=lambda v: "" if isinstance(v, str) else ",".join(f"{k}={w}" for k, w in v.items()),
)
def test_one_bad_cell_behind_the_investor_is_one_problem(cells: dict[str, str], column: str) -> None:
    """Each is named by its own column."""
    row, problems = read_row({**COMPANY, **cells})
    assert row is None
    assert [problem.column for problem in problems] == [column]


PERSONAL = st.text(st.characters(categories=("Lu", "Ll", "Nd", "Lo")), min_size=5, max_size=12).map("Zq {} X".format)


@given(st.lists(st.sampled_from([c for c in columns() if c != "wallet"]), min_size=1, max_size=8), PERSONAL)
def test_no_report_repeats_what_does_not_belong(places: list[str], secret: str) -> None:
    """A name that slipped into any column, or became one, stands in no report: not even as the wrong code."""
    cells = {**COMPANY, **dict.fromkeys(places, secret), "kind": "x", secret: "v"}
    told = " ".join(f"{p.column} {p.found} {p.needed}" for p in read_row(cells)[1])
    assert secret not in told
    written = io.StringIO()
    writer = csv.DictWriter(written, list(cells))
    writer.writeheader()
    writer.writerow(cells)
    told = " ".join(f"{p.column} {p.found} {p.needed}" for p in read_csv(written.getvalue()).problems)
    assert secret not in told


def test_codes_that_are_wrong_are_told() -> None:
    """A wrong country, date or kind is shown as it stands, an amount or a name never."""
    shown = {"kind": "firm", "residence": "xx", "evidence_2_relevant_date": "2026-02-30", "person_1_share_bps": "20000"}
    hidden = {"evidence_3_amount": "12345678.901", "person_1_born": "1970-13-01x", "name": "", "session_ip": "1.2.3"}
    found = {p.column: p.found for p in read_row({**COMPANY, **shown, **hidden})[1]}
    assert {name: found[name] for name in shown} == shown
    assert {name: found[name] for name in hidden} == {
        "evidence_3_amount": "12 characters",
        "person_1_born": "11 characters",
        "name": "nothing",
        "session_ip": "5 characters",
    }


# ---- JSON


def as_json(*items: Any) -> bytes:
    return json.dumps(items).encode()


def test_json_rows_read_as_the_table_does() -> None:
    """The same columns as objects, with numbers and lists as such, give the same rows and the same problems."""
    rows = [GOOD, changed(reference="inv-002", wallet="", kind="x"), COMPANY]
    header = tuple({**GOOD, **COMPANY})
    lists = {**COMPANY, "nationality": ["HK", "GB"], "person_1_share_bps": 10000}
    one, two = read(table(*rows, header=header).encode()), read(as_json(*rows[:2], lists))
    assert (one.rows, one.problems, one.count) == (two.rows, two.problems, two.count)


def test_json_takes_a_whole_record() -> None:
    """The record's own form nests persons and evidence; a defect is named by its path, never by its value."""
    record = entity().model_dump(mode="json")
    whole = {"reference": "inv-7", "wallet": WALLET, "record": record}
    session = {"ip": "203.0.113.7", "country": "HK", "place": "Town", "device": "d", "at": "2026-08-31T01:00:00Z"}
    found = read(as_json({**whole, "session": session}))
    assert [row.record for row in found.rows] == [entity()]
    assert found.rows[0].session is not None
    record["persons"][0]["nationality"] = ["Secret"]
    record.pop("address")
    bad = read(as_json({**whole, "nickname": "Secret", "session": {**session, "ip": "Secret"}}))
    assert {problem.column for problem in bad.problems} == {
        "record.persons[0].nationality[0]",
        "record.address",
        "nickname",
        "session_ip",
    }
    assert "Secret" not in str(bad.problems)


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"[{]", b'{"reference": "inv-1"}', b'[{"kind": "x", "kind": "y"}]', b"[" * 100_000],
    ids=["bytes", "broken", "object", "twice", "deep"],
)
def test_what_is_no_list_of_investors_is_an_error(content: bytes) -> None:
    """Bytes that are no text, text that is no JSON, one object, a name given twice, nesting without end."""
    with pytest.raises(UsageError):
        read(content)


def test_rows_that_are_no_objects_are_problems() -> None:
    """A number, a text or nothing among the objects is that row's problem."""
    found = read_json(json.dumps([GOOD, 7, None, "x"]))
    assert [(p.row, p.column) for p in found.problems] == [(2, "(row)"), (3, "(row)"), (4, "(row)")]
    assert len(found.rows) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from([*columns(), "record", "session", "x"])


@settings(max_examples=40)
@given(st.lists(st.dictionaries(keys, json_values, max_size=6), max_size=3))
def test_no_json_whatever_raises(items: list[dict[str, Any]]) -> None:
    """Any values under any names give rows or problems, never an error."""
    found = read_json(json.dumps(items))
    assert found.count == len(items)
    assert len(found.rows) + len({problem.row for problem in found.problems}) == len(items)


@settings(max_examples=20)
@given(st.integers(0, 12), st.randoms(use_true_random=False))
def test_reading_again_gives_the_same(count: int, chance: Any) -> None:
    """The same bytes give the same rows and problems; columns in another order say the same."""
    rows = [
        changed(reference=f"inv-{n}", wallet="", **({"kind": "x"} if chance.random() < 0.3 else {}))
        for n in range(count)
    ]
    header = list(GOOD)
    chance.shuffle(header)
    once, again, shuffled = (read(table(*rows, header=tuple(h)).encode()) for h in (GOOD, GOOD, header))
    assert once == again
    assert _sorted(once) == _sorted(shuffled)


def _sorted(found: Imported) -> tuple[Any, ...]:
    return found.rows, sorted((p.row, p.column) for p in found.problems), found.count
