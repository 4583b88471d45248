"""Pledges, corrections, an existing register and the reports in the life of a token, by the program."""

from __future__ import annotations

from program import FILING, Abst

OPS, CHECKER = "operations-1", "compliance-1"
TOKEN, JUNIOR = "JSD-A2", "JSD-SUB"


def correct(abst: Abst) -> None:
    """A wrong row of a mint given back, a pledge enforced after an attachment came, a name changed."""
    paper = ("--evidence", abst.evidence("a document"), "--as", OPS)
    table = abst.file("wrong.csv", "investor,amount\nalpha,20000\nbeta,10000\n")
    minted = abst("mint", TOKEN, "--file", table, "--as", OPS, "--request", "wrong-mint", exit=7)
    abst.approve(minted, CHECKER)
    asked = abst("correct", "mint", "wrong-mint", "--row", "2", "--to", "beta", *paper, exit=7)
    assert (asked.result["allotted"], asked.result["investor"]) == ("20000", "alpha")
    abst.approve(asked, CHECKER)
    abst.approve(abst("pledge", "add", "beta", TOKEN, "15_000", "--to", "alpha", *paper, exit=7), CHECKER)
    abst.approve(abst("pledge", "attach", "beta", TOKEN, "1_000_000", *paper, exit=7), CHECKER)
    listed = abst("pledge", "list").result
    assert [(row["kind"], row["rank"]) for row in listed] == [("pledge", 1), ("attachment", 2)]
    pledge, attachment = (str(row["number"]) for row in listed)
    abst.approve(abst("pledge", "enforce", pledge, *paper, exit=7), CHECKER)
    abst.approve(abst("pledge", "release", attachment, *paper, exit=7), CHECKER)
    assert [row["remaining"] for row in abst("pledge", "list", "--all").result] == ["0", "0"]
    renamed = abst("correct", "name", "alpha", abst.file("name.yaml", "name: Test alpha the second\n"), *paper, exit=7)
    assert "second" not in str(renamed.envelope)
    abst.approve(renamed, CHECKER)
    assert [row["kind"] for row in abst("correct", "list").result] == ["mint", "enforcement", "release", "name"]


def succeed(abst: Abst) -> None:
    """beta dies: blocked, then every unit of every tranche goes to alpha."""
    paper = ("--evidence", abst.evidence("a certificate"), "--as", OPS)
    abst("investor", "block", "beta", "--reason", "death", *paper)
    shares = [
        f"alpha:{symbol}:{row['balance']}"
        for symbol in ("JSD-A1", TOKEN)
        for row in abst("holders", symbol).result["rows"]
        if row["investor"] == "beta"
    ]
    abst.approve(abst("correct", "succession", "beta", *shares, *paper, exit=7), CHECKER)
    assert {row["investor"] for row in abst("holders", TOKEN).result["rows"]} == {"alpha"}


def load(abst: Abst) -> None:
    """A register whose total is wrong by one unit is refused; then it is loaded."""
    register = abst.file("register.csv", "investor,amount,lot\nalpha,30000,a\n")
    words = ("register", "load", register, "--token", JUNIOR, "--rows", "1")
    paper = ("--evidence", abst.evidence("its keeper's certificate"), "--as", OPS)
    assert abst(*words, "--total", "30001", *paper, exit=3).reasons == ["control-total"]
    abst.approve(abst(*words, "--total", "30000", *paper, exit=7), CHECKER)


def read(abst: Abst) -> None:
    """The authority's view in two languages, the closing report, and two versions of the plan."""
    english = abst("report", "regulator").result
    chinese = abst("report", "regulator", "--lang", "zh", "--filing", "1", "--from", "2020-01-01").result
    assert [section["key"] for section in english["sections"]] == [section["key"] for section in chinese["sections"]]
    assert english["title"] != chinese["title"]
    out = abst.home.parent / "closing.md"
    closing = abst("report", "closing", FILING, "--out", out).result
    assert out.read_text(encoding="utf-8").startswith(f"# {closing['title']}")
    sections = {section["key"]: section["rows"] for section in closing["sections"]}
    assert all(row["agrees"] == "yes" for row in sections["attested"])
    assert "Test alpha" not in str(closing)
    order = ("--order", abst.evidence("an order of the court"))
    abst("report", "closing", FILING, "--reveal", "--as", OPS, exit=2)
    assert "Test alpha the second" in str(abst("report", "closing", FILING, "--reveal", *order, "--as", OPS).result)
    told = abst("plan", "diff", "1@1", "1@2").result
    assert [row["path"].split("[")[0] for row in told["differences"]] == ["dossier.prohibitions"]
    pair = f"{abst.home.parent / 'dossier.yaml'},{abst.home.parent / 'deal.yaml'}"
    assert abst("plan", "diff", "1@2", pair).result["differences"] == []
