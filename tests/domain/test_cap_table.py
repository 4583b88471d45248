"""Cap tables: sums tie, whatever happened; files read back as what was written; nothing runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registers import SECURITY, WALLETS, Told, registers

from abst.errors import Conflict, IntegrityFailure, Unavailable, UsageError
from abst.holders import captable_files
from abst.holders.captable import AsOf, CapTable, Owner, Tranche, cap_table
from abst.holders.captable_files import EXACT, safe, write
from abst.holders.export import place_file
from abst.holders.ledger import replay
from abst.servicing import shares

AS_OF = AsOf(7, "0x" + "ab" * 32, 1_800_000_000)
NASTY = st.sampled_from(
    ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "'quoted", "\t=1", "plain", "资产", 'a "b", c']
)
OWNERS = st.dictionaries(st.sampled_from(WALLETS), st.builds(Owner, NASTY, NASTY))


def table_of(told: Told, owners: dict[str, Owner] | None = None, encumbered: dict[str, int] | None = None) -> CapTable:
    tranche = Tranche("=JSD", "A note", SECURITY, "filing-1", 0, "HKD", 2)
    return cap_table(tranche, AS_OF, replay(told.objects), owners or {}, encumbered)


@given(registers(), OWNERS)
def test_holdings_sum_to_the_supply_by_wallet_and_by_investor(told: Told, owners: dict[str, Owner]) -> None:
    """Faces sum to the supply exactly, what is outstanding never exceeds the token's, shares never the whole."""
    table = table_of(told, owners)
    assert {row.wallets[0]: row.face for row in table.wallets} == {w: n for w, n in told.held.items() if n}
    assert table.supply == told.supply
    assert table.issued == told.minted
    principal = table.principal
    assert (principal.outstanding, principal.paid, principal.written_down) == (told.outstanding, told.paid, told.lost)
    for rows in (table.wallets, table.investors):
        assert sum(row.face for row in rows) == table.supply
        assert sum(row.share_ppm for row in rows) <= 1_000_000
        assert sum(row.outstanding for row in rows) == principal.outstanding - table.rounding
    assert 0 <= table.rounding <= max(len(table.wallets) - 1, 0) or not table.supply
    assert table.factor == shares.factor(principal.outstanding, table.supply)
    named = {owners[wallet].id for wallet, held in told.held.items() if held and wallet in owners}
    assert {row.owner.id for row in table.investors if row.owner} == named
    for row in table.wallets:
        assert row.frozen == told.frozen.get(row.wallets[0], 0)
        assert row.encumbered is None


@given(registers(), st.data())
def test_a_table_that_does_not_tie_is_not_given_out(told: Told, data: st.DataObject) -> None:
    """One movement told larger, or left out, and there is no table."""
    moved = [
        n for n, one in enumerate(told.objects) if one["object_type"].startswith("TX_NOTE") and one["amount"] != "0"
    ]
    ends = [n for n in moved if told.objects[n]["object_type"] != "TX_NOTE_TRANSFER"]
    if not ends:
        return
    place = data.draw(st.sampled_from(ends))
    changed = list(told.objects)
    if data.draw(st.booleans()):
        changed[place] = changed[place] | {"amount": str(int(changed[place]["amount"]) + 1)}
    else:
        del changed[place]
    with pytest.raises(IntegrityFailure):
        table_of(replace(told, objects=changed))


@settings(deadline=None, max_examples=10)
@given(registers(), OWNERS, st.booleans())
def test_files_read_back_as_what_was_written(told: Told, owners: dict[str, Owner], known: bool) -> None:
    """CSV, XLSX and JSON hold every row to the unit; the same tables give the same bytes."""
    table = table_of(told, owners, dict.fromkeys(WALLETS, 5) if known else None)
    wanted = [captable_files.line(row) for row in table.wallets]
    content = write([table], "json")
    read = json.loads(content)
    jsonschema.validate(read, captable_files.schema())
    (found,) = read["tables"]
    assert [int(row["face"]) for row in found["by_wallet"]] == [row["face"] for row in wanted]
    assert found["supply"] == found["held"] == str(told.supply)
    book = write([table], "xlsx")
    for by in ("wallet", "investor"):
        rows = [captable_files.line(row) for row in (table.wallets if by == "wallet" else table.investors)]
        assert rows_of_csv(write([table], "csv", by=by)) == [as_text(row) for row in rows]
        assert rows_of_sheet(book, f"By {by}") == [as_text(row) for row in rows]
    assert (book, content) == (write([table], "xlsx"), write([table], "json"))


def as_text(row: dict[str, Any]) -> dict[str, str]:
    row = row | {"wallets": " ".join(row["wallets"])}
    return {key: "" if value is None else str(value) for key, value in row.items()}


def rows_of_csv(content: bytes) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    names = (*captable_files.HOLDING, *captable_files.LOCK)
    return [{name: row[name].removeprefix("'") for name in names} for row in rows]


def rows_of_sheet(content: bytes, name: str) -> list[dict[str, str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content))[name]
    heading, *rows = sheet.iter_rows()
    assert all(cell.data_type in ("s", "n") for row in rows for cell in row), "a formula, or a number with a point"
    assert not any(isinstance(cell.value, float) for row in rows for cell in row)
    columns = [str(cell.value) for cell in heading]
    told = [dict(zip(columns, ("" if c.value is None else str(c.value) for c in row), strict=True)) for row in rows]
    return [{key: value for key, value in row.items() if key != "token"} for row in told]


@pytest.mark.parametrize(("amount", "text"), [(EXACT - 1, False), (EXACT, True), (2**96 - 1, True)])
def test_amounts_of_more_than_15_digits_are_text_and_the_workbook_says_so(amount: int, text: bool) -> None:
    """A spreadsheet keeps 15 digits: from 10^15 on every amount of the workbook is text."""
    told = Told()
    told.say("TX_NOTE_ISSUANCE", holder=WALLETS[0], amount=str(amount))
    told.say("TX_MINT_APPROVED", total=str(amount))
    book = openpyxl.load_workbook(io.BytesIO(write([table_of(told)], "xlsx")))
    rows = list(book["By wallet"].iter_rows(values_only=True))
    face = rows[1][rows[0].index("face")]
    assert face == (str(amount) if text else amount)
    words = [row[0] for row in book["About"].iter_rows(values_only=True)]
    assert (captable_files.AS_TEXT in words, captable_files.AS_NUMBERS in words) == (text, not text)


def test_a_workbook_carries_the_time_of_its_tables() -> None:
    """Nothing in it tells when it was written: so the same register gives the same bytes on any day."""
    told = Told()
    told.say("TX_NOTE_ISSUANCE", holder=WALLETS[0], amount="7")
    told.say("TX_MINT_APPROVED", total="7")
    with zipfile.ZipFile(io.BytesIO(write([table_of(told)], "xlsx"))) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = file.read("docProps/core.xml").decode()
    assert re.findall(r">([0-9-]+T[0-9:]+Z)<", core) == ["2027-01-15T08:00:00Z"] * 2


@given(st.text())
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    """What a spreadsheet would run is escaped, and can be told from what was not."""
    cell = safe(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert (cell[1:] if cell.startswith("'") else cell) == text


def test_only_known_forms_are_written() -> None:
    """Another form, or another order of rows, is refused before anything is read."""
    for form, by in (("pdf", "wallet"), ("", "wallet"), ("csv", "country")):
        with pytest.raises(UsageError):
            write([], form, by=by)


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """It takes no other file's place; the same again is no error; a folder that is not there is said."""
    path = tmp_path / "a.csv"
    place_file(path, b"one")
    place_file(path, b"one")
    with pytest.raises(Conflict):
        place_file(path, b"two")
    assert path.read_bytes() == b"one"
    for nowhere in (tmp_path / "none" / "a.csv", path / "a.csv"):
        with pytest.raises(Unavailable):
            place_file(nowhere, b"one")
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]
    assert path.stat().st_mode & 0o077 == 0
