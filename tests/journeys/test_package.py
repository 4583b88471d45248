"""Cap tables and portable packages: made in one home, checked without any, taken in and asked in another."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import jsonschema
import openpyxl
import parcels
import pytest
import stranger
from parcels import CHECKER, OPS, beside, objects, office_of
from program import FILING, Abst

from abst.chain.words import Holding
from abst.holders.export import ledger_of
from abst.integrity.portable import checking, layout, onchain
from abst.values import Address

pytestmark = pytest.mark.slow
SCHEMAS = Path(__file__).parents[2] / "docs/schemas/package"


# ---- made and checked


def test_a_package_is_checked_without_home_or_chain(packaged: Abst, tmp_path: Path) -> None:
    """Folder and zip say the same; who has neither home nor chain finds every line to follow from the log."""
    nobody = Abst(tmp_path / "nowhere")
    folder, packed = (nobody("package", "check", beside(packaged, name)).result for name in ("package", "package.zip"))
    assert folder == packed
    assert (folder["ok"], folder["on_chain"]) == (True, False)
    counts = json.loads((beside(packaged) / layout.MANIFEST).read_bytes())["counts"]
    for kind in ("transactions", "positions", "totals", "holders"):
        assert folder["counted"][f"{kind} that follow from the log"] == counts[kind] > 0
    assert folder["counted"]["address of a token by CREATE2"] == 3
    assert folder["counted"]["decision of a mint"] == 2
    signer = folder["signer"]
    assert nobody("package", "check", beside(packaged), "--signer", signer).result["ok"]
    wrong = nobody("package", "check", beside(packaged), "--signer", parcels.STRANGER.address, exit=6).result
    assert [row["words"] for row in wrong["differences"]] == ["signer that was expected"]
    nobody("package", "check", beside(packaged), "--chain", "http://127.0.0.1:9", exit=5)
    nobody("package", "check", tmp_path / "none", exit=4)
    nobody("package", "check", tmp_path, exit=2)


def test_a_package_agrees_with_its_chain_now_and_later(packaged: Abst) -> None:
    """Blocks, logs and balances are the chain's, also after more has happened there; another chain is none."""
    checked = checking.check(beside(packaged))
    with office_of(packaged) as office:
        onchain.against(checked, office.chain)
    assert (checked.differences, checked.counted["balanceOf on the chain"]) == ([], 4)
    packaged("transfer", "beta", "alpha", "30000", "JSD-A1")
    later = packaged("package", "check", beside(packaged), "--here").result
    assert (later["ok"], later["on_chain"]) == (True, True)


def test_a_package_of_another_chain_is_told_so(packaged: Abst, elsewhere: Abst) -> None:
    """On another chain nothing else is asked than which chain it is."""
    checked = checking.check(beside(packaged))
    with office_of(elsewhere) as office:
        onchain.against(checked, office.chain)
    assert {row.words for row in checked.differences} >= {"first block of the chain"}


def test_the_ledger_says_what_the_tokens_say(packaged: Abst) -> None:
    """Balance, frozen, lock, supply, minted and principal by events are those of the token's own words."""
    with office_of(packaged) as office, office.store.read() as session:
        head = office.chain.head().number
        for row in objects(beside(packaged), "tranches"):
            token = office.contracts.token(Address(row["security"]))
            ledger = ledger_of(session, token.address, head)
            assert (ledger.supply, ledger.approved) == (token.read("totalSupply"), token.read("minted"))
            principal = ledger.principal
            told = (principal.outstanding, principal.paid, principal.written_down)
            assert told == token.read("amortisation")
            for wallet in {*ledger.balances, *ledger.frozen, *ledger.locked}:
                holding = Holding.unpack(token.read("holdingOf", wallet))
                words = (holding.balance, holding.frozen, holding.locked_until)
                own = (ledger.balances.get(wallet, 0), ledger.frozen.get(wallet, 0), ledger.locked.get(wallet, 0))
                assert own == words
                assert ledger.outstanding_of(wallet) == token.read("outstandingOf", wallet)


def test_the_same_register_gives_the_same_bytes(packaged: Abst, tmp_path: Path) -> None:
    """Made again, later, from a copy of the home: not a byte differs, folder and zip."""
    again = packaged.copy(tmp_path / "copy")
    again("today")
    for name in ("package", "package.zip"):
        again("package", "make", "--out", tmp_path / name, "--as", OPS)
    assert (tmp_path / "package.zip").read_bytes() == beside(packaged, "package.zip").read_bytes()
    for name in parcels.names(beside(packaged)):
        assert (tmp_path / "package" / name).read_bytes() == (beside(packaged) / name).read_bytes()
    again("package", "make", "--out", tmp_path / "package", "--as", OPS)  # the same in its own place is no error
    again("package", "make", "--out", tmp_path / "copy", "--as", OPS, exit=8)
    again("package", "make", "--out", tmp_path / "none" / "package", "--as", OPS, exit=5)
    again("package", "make", "--out", tmp_path / "more", "--at", "999999", "--as", OPS, exit=2)
    assert not list(tmp_path.glob(".*"))


def test_every_file_fits_its_published_schema(packaged: Abst) -> None:
    """A JSON Schema library, with the schemas of docs/schemas/package, finds nothing wrong in any line."""
    package = beside(packaged)
    manifest = json.loads((package / layout.MANIFEST).read_bytes())
    for name, file in manifest["files"].items():
        if file["schema"]:
            schema = json.loads((SCHEMAS / f"{file['schema']}.json").read_bytes())
            checker = jsonschema.Draft202012Validator(schema)
            for line in (package / name).read_bytes().splitlines():
                checker.validate(json.loads(line))
    for name in (layout.MANIFEST, layout.SIGNATURE):
        schema = json.loads((SCHEMAS / name).read_bytes())
        jsonschema.validate(json.loads((package / name).read_bytes()), schema)
    assert {file["schema"] for file in manifest["files"].values()} - {None} == set(layout.FILES.values())


def test_a_stranger_comes_to_the_same_by_the_page_alone(packaged: Abst, tmp_path: Path) -> None:
    """Who follows docs/package.md with common libraries finds the same holdings, plans and addresses; or the fault."""
    package = parcels.copied(beside(packaged), tmp_path / "package")
    totals = {one["security"]: int(one["supply"]) for one in objects(package, "totals")}
    assert stranger.verify(package) == totals
    source = Path(stranger.__file__).read_text(encoding="utf-8")
    assert "abst" not in {word.split(".")[0] for word in re.findall(r"^(?:from|import) (\S+)", source, re.M)}
    parcels.changed(package, "positions/00001.jsonl", parcels.flipped)
    with pytest.raises(AssertionError):
        stranger.verify(package)


def test_a_package_holds_no_personal_data(packaged: Abst) -> None:
    """Neither names, nor masked names, nor identifiers, nor addresses of people stand in any file."""
    people = packaged("investor", "list").result
    shown = {row["name"] for row in people}
    private = {"Test alpha", "Test beta", "T-alpha", "T-beta", "Example Road", "203.0.113.7", *shown}
    for name in parcels.names(beside(packaged)):
        content = (beside(packaged) / name).read_text(encoding="utf-8")
        assert not {word for word in private if word in content}, name
    assert {row["id"] for row in objects(beside(packaged), "holders")} == {"alpha", "beta", "gamma"}


# ---- taken in


def test_another_registry_keeps_the_register_and_is_asked(packaged: Abst, elsewhere: Abst) -> None:
    """Taken in once, whoever asks again; holders as of any block and date are those of the first registry."""
    taken = elsewhere("package", "import", beside(packaged, "package.zip"), "--as", OPS, "--request", "in-1").result
    assert taken["fresh"]
    again = ("package", "import", beside(packaged), "--as", OPS)
    assert elsewhere(*again, "--request", "in-1").result == taken
    assert elsewhere(*again).result == taken | {"fresh": False}
    (listed,) = elsewhere("package", "list").result
    assert (listed["package"], listed["securities"]) == (taken["package"], ["JSD-A1", "JSD-A2", "JSD-SUB"])
    word = taken["package"][:12]
    for token in ("JSD-A1", "JSD-SUB"):
        for at in [str(block) for block in range(taken["block"] - 8, taken["block"] + 1, 4)]:
            mine = packaged("holders", token, "--block", at).result
            (theirs,) = elsewhere("package", "holders", word, token, "--at", at).result["tables"]
            assert held(theirs["rows"], "face") == held(mine["rows"], "balance")
            assert (theirs["supply"], theirs["held"]) == (mine["supply"], mine["supply"])
    moments = {one["timestamp"] for one in objects(beside(packaged), "blocks")}
    tables = elsewhere("package", "holders", word, "--at", str_of(min(moments) - 1)).result["tables"]
    assert [table["supply"] for table in tables] == ["0", "0", "0"]
    elsewhere("package", "holders", word, "--at", str(taken["block"] + 1), exit=2)
    elsewhere("package", "holders", word, "JSD-X", exit=4)
    elsewhere("package", "holders", "0x", exit=4)
    assert elsewhere("token", "list").result == []
    assert elsewhere("verify").result["ok"]
    assert "package import" in {row["act"] for row in elsewhere("audit", "log").result}


def str_of(second: int) -> str:
    from abst.values import instant

    return instant(second)


def held(rows: list[dict[str, str]], name: str) -> dict[str, str]:
    return {row["wallet"]: row[name] for row in rows}


def test_a_later_package_is_compared_and_another_history_refused(
    packaged: Abst, elsewhere: Abst, tmp_path: Path
) -> None:
    """A later package goes on from an earlier one; one whose past differs is refused whole, and said where."""
    fork = packaged.copy(tmp_path / "fork")
    elsewhere("package", "import", beside(packaged), "--as", OPS)
    first = elsewhere("package", "list").result[0]["package"]
    packaged("transfer", "beta", "alpha", "30000", "JSD-A1")
    packaged("package", "make", "--out", tmp_path / "later", "--as", OPS)
    elsewhere("package", "import", tmp_path / "later", "--as", OPS)
    earlier, later = (row["package"] for row in elsewhere("package", "list").result)
    assert earlier == first
    compared = elsewhere("package", "compare", later, earlier).result
    changes = {row["investor"]: int(row["after"]) - int(row["before"]) for row in compared["changes"]}
    assert changes == {"alpha": 30000, "beta": -30000}
    fork("transfer", "beta", "alpha", "40000", "JSD-A1")
    fork("package", "make", "--out", tmp_path / "other", "--as", OPS)
    told = elsewhere("package", "import", tmp_path / "other", "--as", OPS, exit=6)
    assert "another" in told.result["error"]
    assert told.result["found"] != told.result["needed"]
    assert len(elsewhere("package", "list").result) == 2
    packaged("package", "make", "--out", tmp_path / "old", "--at", "15", "--as", OPS)
    assert elsewhere("package", "import", tmp_path / "old", "--as", OPS).result["block"] == 15


def test_a_spoiled_package_is_refused_whole(packaged: Abst, elsewhere: Abst) -> None:
    """What was found, what was needed and where; nothing of it is kept, and only a registrar may try."""
    package = beside(packaged)
    parcels.changed(package, "positions/00001.jsonl", parcels.flipped)
    told = elsewhere("package", "import", package, "--as", OPS, exit=6).result
    assert (told["where"], "hash of a file" in told["error"]) == ("positions/00001.jsonl", True)
    assert told["found"].startswith("0x")
    assert told["needed"].startswith("0x")
    assert elsewhere("package", "list").result == []
    elsewhere("package", "import", beside(packaged, "package.zip"), "--as", CHECKER, exit=9)
    assert elsewhere("package", "list").result == []


# ---- cap tables


def test_a_cap_table_is_the_register_in_every_form(packaged: Abst, tmp_path: Path) -> None:
    """Every form has the holders that the register shows, tied to the supply, with pledges, freezes and principal."""
    rows = packaged("holders", "JSD-A1").result["rows"]
    out = tmp_path / "table.json"
    told = packaged("holders", "export", "--filing", FILING, "--out", out).result
    assert [(one["token"], one["held"] == one["supply"]) for one in told["tables"]] == [
        ("JSD-A1", True),
        ("JSD-A2", True),
        ("JSD-SUB", True),
    ]
    senior, _, junior = json.loads(out.read_bytes())["tables"]
    assert {row["wallets"][0]: row["face"] for row in senior["by_wallet"]} == held(rows, "balance")
    encumbered = {row["investor"]: row["encumbered"] for row in senior["by_investor"]}
    assert encumbered == {"alpha": "30000", "beta": "0"}
    assert {row["investor"]: row["frozen"] for row in junior["by_investor"]} == {"alpha": "0", "beta": "20000"}
    assert (junior["written_down"], junior["outstanding"]) == ("150001", "2849999")
    assert junior["factor_exact"] == "2849999/3000000"
    assert junior["rounding"] == "1"
    assert {row["investor_name"] for row in senior["by_wallet"]} == {None}
    packaged("holders", "export", "JSD-A1", "--out", tmp_path / "a.xlsx", "--by", "investor")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["About", "Tranches", "By wallet", "By investor"]
    before = packaged("holders", "export", "JSD-A1", "--at", "15", "--out", tmp_path / "b.csv").result["tables"][0]
    assert before["block"] <= 15
    assert (tmp_path / "b.csv").read_text(encoding="utf-8-sig").startswith("token,address,filing")


def test_names_are_given_out_on_an_order_and_it_is_logged(packaged: Abst, tmp_path: Path) -> None:
    """Without an order there are ids; with one the admitter has names, and the log says to whom."""
    out = tmp_path / "named.json"
    words = ("holders", "export", "JSD-A1", "--out", out)
    packaged(*words, "--reveal", exit=2)
    order = ("--reveal", "--order", packaged.evidence("order of the regulator"))
    packaged(*words, *order, "--as", "compliance-1", exit=9)
    assert not out.exists()
    packaged(*words, *order, "--as", OPS)
    (table,) = json.loads(out.read_bytes())["tables"]
    assert {row["investor_name"] for row in table["by_investor"]} == {"Test alpha", "Test beta"}
    logged = [row for row in packaged("audit", "log").result if row["act"] == "holders export"]
    assert [(row["actor"], row["facts"]["revealed_to"]) for row in logged] == [(OPS, OPS)]


def test_an_export_that_cannot_be_is_refused(packaged: Abst, tmp_path: Path) -> None:
    """Neither token nor filing, both, no form, a block or a day that is not there: said, and no file made."""
    out = ("--out", tmp_path / "a.csv")
    for words, code in (
        ((), 2),
        (("JSD-A1", "--filing", FILING), 2),
        (("JSD-A1", "--format", "pdf"), 2),
        (("JSD-A1", "--at", "999999"), 2),
        (("JSD-A1", "--at", "2099-01-01"), 2),
        (("JSD-A1", "--at", "1999-01-01"), 2),
        (("JSD-A1", "--at", "soon"), 2),
        (("JSD-X",), 4),
    ):
        packaged("holders", "export", *words, *out, exit=code)
    assert list(tmp_path.glob("*.csv")) == []
    packaged("holders", "export", "JSD-A1", exit=2)


def test_a_zip_in_order_is_read_whatever_made_it(packaged: Abst, tmp_path: Path) -> None:
    """A package zipped again by another program, folders and all, is the same package."""
    path = tmp_path / "again.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.mkdir("events")
        for name in reversed(parcels.names(beside(packaged))):
            file.write(beside(packaged) / name, name)
    assert checking.check(path).differences == []
