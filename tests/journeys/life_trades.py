"""Documents, subscribers, orders and trades in the life of a token, by the program."""

from __future__ import annotations

from pathlib import Path

from program import FILING, Abst, investor_row

OPS, OPS_2, CHECKER, BANK = "operations-1", "operations-2", "compliance-1", "bank-desk"
TOKEN = "JSD-A2"
DEADLINE = "2099-01-01T00:00:00Z"


def publish(abst: Abst) -> None:
    """A base, two versions, what was seen when, a subscriber that fails alone."""
    hook = str(abst("deposit", "show").result["asset"])  # a contract that answers no such call
    assert abst("hook", "add", "1", "0x" + "00" * 19 + "A1", "--as", OPS, exit=3).reasons == ["HookMalformed"]
    assert abst("hook", "add", "1", hook, "--as", OPS).result["subscribed"]
    words = ("disclose", FILING, "--kind", "annual-report", "--name", "annual", "--as", OPS)
    abst(*words, "--document", abst.evidence("none yet"), exit=2)
    base = ("document", "base", "1", "https://example.org/docs/", "--as", OPS, "--request", "base-1")
    assert abst(*base).result == abst(*base).result
    first = abst(*words, "--document", abst.evidence("the year")).result
    assert first["uri"] == "https://example.org/docs/" + first["document_hash"]
    abst.warp("2d")
    abst(*words, "--document", abst.evidence("the year, corrected"))
    told = abst("document", "history", "1", "annual").result
    assert [row["version"] for row in told] == [1, 2]
    assert [row["version"] for row in abst("document", "list", "1").result if row["name"] == "annual"] == [2]
    seen = abst("document", "at", "1", "--at", told[0]["published"]).result
    assert [row["version"] for row in seen if row["name"] == "annual"] == [1]
    assert abst("document", "at", "1", "--date", told[0]["published"][:10]).result
    abst("document", "at", "1", exit=2)
    abst("document", "at", "1", "--at", "tomorrow", exit=2)
    assert [row["stands"] for row in abst("document", "check", abst.evidence("the year"), "--filing", "1").result] == [
        False
    ]
    abst("document", "check", abst.evidence("another year"), "--filing", "1", exit=4)
    assert abst("hook", "list", "1").result[0]["failures"] == 2
    assert not abst("hook", "remove", "1", hook, "--as", OPS).result["subscribed"]


def trade(abst: Abst) -> None:
    """Orders become tokens against payment; tokens change hands against payment; each once."""
    for investor in ("alpha", "beta"):
        abst("deposit", "make", "--to", investor, "--amount", "5_000_000", "--as", BANK)
    abst("deposit", "account", OPS_2, "--open", "--as", BANK)
    files = [_order(abst, investor, f"order-{investor}.json") for investor in ("alpha", "beta")]
    assert abst("allot", *files, "--dry-run", exit=3).reasons == ["no-proceeds-account", "no-proceeds-account"]
    paper = ("--evidence", abst.evidence("account"), "--as", OPS)
    abst.approve(abst("proceeds", "set", "1", OPS_2, *paper, exit=7), CHECKER)
    asked = abst("allot", *files, "--as", OPS, "--request", "allot-1", exit=7)
    assert abst("allot", *files, "--as", OPS, "--request", "allot-1", exit=7).result == asked.result
    assert abst.approve(asked, CHECKER).result["total"] == "40000"
    assert abst("proceeds", "show", "1").result["account"] == abst("officer", "show", OPS_2).result["address"]
    assert abst("order", "show", files[0]).result["state"] == "filled"
    assert "already-settled" in abst("allot", files[0], "--as", OPS, exit=3).reasons
    late = _order(abst, "beta", "order-late.json")
    abst("order", "cancel", late)
    assert abst("order", "show", late).result["state"] == "cancelled"
    _settle(abst)


def _order(abst: Abst, investor: str, name: str) -> Path:
    file = abst.home.parent / name
    words = ("--buyer", investor, "--amount", "20_000", "--price", "2_000_000", "--deadline", DEADLINE)
    assert abst("order", "new", TOKEN, *words, "--out", file).result["file"] == str(file)
    abst("order", "new", TOKEN, *words, "--out", file, exit=8)  # another order does not take the file's place
    assert "not-signed" in abst("order", "show", file, exit=3).reasons
    assert abst("order", "sign", file, "--holder", investor).result["permit"]
    return file


def _settle(abst: Abst) -> None:
    file = abst.home.parent / "trade.json"
    words = ("--seller", "beta", "--buyer", "alpha", "--amount", "10_000", "--price", "900_000")
    new = ("trade", "new", TOKEN, *words, "--deadline", DEADLINE, "--out", file, "--request", "trade-1")
    told = abst(*new).result
    assert told["against"] == []
    abst("trade", "sign", file, "--holder", "beta")
    assert abst(*new).result == told  # and the signature stays
    assert abst("trade", "settle", file, "--as", OPS, exit=3).reasons == ["not-signed", "not-allowed"]
    abst("trade", "sign", file, "--holder", "alpha", "--signature", "0x12", exit=2)
    abst("trade", "sign", file, "--holder", "alpha")
    assert abst("trade", "show", file).result["signed"] == {"seller": True, "buyer": True}
    settled = abst("trade", "settle", file, "--as", OPS, "--request", "settle-1")
    assert abst("trade", "settle", file, "--as", OPS, "--request", "settle-1").result == settled.result
    assert "already-settled" in abst("trade", "settle", file, "--as", OPS, exit=3).reasons
    assert abst("trade", "show", file).result["state"] == "settled"
    other = abst.home.parent / "other.json"
    abst("trade", "new", TOKEN, *words, "--deadline", DEADLINE, "--out", other)
    assert abst("trade", "cancel", other, "--holder", "beta").result["id"].endswith("2")
    rows = {row["investor"]: row["balance"] for row in abst("holders", TOKEN).result["rows"]}
    assert rows == {"alpha": "30000", "beta": "10000"}


def freeze(abst: Abst) -> None:
    """Many at once, by a table: each row has its own evidence, or the table's."""
    abst.file("order-7.txt", "An order.")
    table = abst.file("freezes.csv", f"investor,amount,token,evidence\nalpha,1,{TOKEN},order-7.txt\nbeta,2,{TOKEN},\n")
    abst("freeze", "--csv", table, "--as", OPS, exit=2)
    paper = ("--evidence", abst.evidence("order"), "--as", OPS)
    asked = abst("freeze", "--csv", table, *paper, exit=7)
    assert [row["evidence"]["name"] for row in asked.result["rows"]] == ["order-7.txt", "evidence.txt"]
    abst.approve(asked, CHECKER)
    assert {row["investor"]: row["frozen"] for row in abst("holders", TOKEN).result["rows"]} == {
        "alpha": "1",
        "beta": "2",
    }
    many = abst.file("many.csv", "investor,amount\nbeta,20_000\nbeta,10_000\n")
    assert abst("transfer", "alpha", TOKEN, "--csv", many, exit=3).reasons == ["frozen"]
    lifted = abst.file("lifted.csv", f"investor,amount,token\nalpha,0,{TOKEN}\nbeta,0,{TOKEN}\n")
    abst.approve(abst("freeze", "--csv", lifted, *paper, exit=7), CHECKER)
    assert abst("transfer", "alpha", TOKEN, "--csv", many).result["total"] == "30000"


def many(abst: Abst) -> None:
    """A table of renewals, a list of blocks: each is one act, and what does not pass is named."""
    header = abst("investor", "import", "--columns").result["columns"]
    rows = [investor_row("beta", risk_class="high"), investor_row("gamma", evidence_1_relevant_date="2020-01-01")]
    lines = [",".join(header), *(",".join(row.get(column, "") for column in header) for row in rows)]
    table = abst.file("renewals.csv", "\n".join(lines) + "\n")
    renewed = abst("investor", "renew", "--csv", table, "--as", OPS, exit=3)
    assert renewed.result["renewed"] == 1
    assert "evidence-expired" in renewed.reasons
    abst("investor", "renew", "beta", "--csv", table, "--as", OPS, exit=2)
    named = abst.file("blocks.csv", "investor\ngamma\n")
    paper = ("--evidence", abst.evidence("a list"), "--as", OPS)
    assert abst("investor", "block", "--csv", named, "--reason", "list", *paper).result["blocked"] == 1
    abst("investor", "block", "--reason", "list", *paper, exit=2)
