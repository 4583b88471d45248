"""Lists, hits and travel-rule payloads in the life of a token, by the program."""

from __future__ import annotations

from pathlib import Path

from program import Abst

from abst import demo_data

OPS, CHECKER = "operations-1", "compliance-1"
LISTS = Path(demo_data.__file__).parent / "lists"
PEP = "id,name,other_names,born,countries,position\nP-1,{name},,1960,AQ,illustrative\n"


def screen(abst: Abst) -> None:
    """Lists are loaded whole or not at all; a hit is decided by people; a new list is screened against."""
    for source, names in demo_data.LISTS:
        files = [LISTS / name for name in names]
        assert not abst("screening", "load", *files, "--source", source, "--as", OPS).result["changed"]
    bad = abst.file("bad.xml", "<CONSOLIDATED_LIST><INDIVIDUALS>")
    abst("screening", "load", bad, "--source", "un", "--as", OPS, exit=2)
    assert [row["source"] for row in abst("screening", "list").result] == ["eu", "ofac", "pep", "uk", "un"]
    listed = abst.file("un.xml", (LISTS / "un.xml").read_text(encoding="utf-8").replace("样例明", "Test alpha"))
    assert abst("screening", "load", listed, "--source", "un", "--as", OPS).result["added"] == 1
    told = abst("screening", "run", "--as", OPS).result
    assert (told["opened"], told["open"]) == (1, 1)
    (hit,) = abst("screening", "hits", "--open", "--investor", "alpha").result
    assert (hit["investor"], hit["score"], hit["verdict"]) == ("alpha", 10_000, "open")
    words = ("--reason", "another year of birth", "--evidence", abst.evidence("a note"), "--as", OPS)
    abst.approve(abst("screening", "decide", hit["hit"], "cleared", *words, exit=7), CHECKER)
    assert abst("screening", "hits", "--open").result == []
    exposed = abst.file("pep.csv", PEP.format(name="Test beta"))
    abst("screening", "load", exposed, "--source", "pep", "--as", OPS)
    assert abst("screening", "run", "--investor", "beta", "--as", OPS).result["opened"] == 1
    number = abst("screening", "hits", "--open").result[0]["hit"]
    assert abst("screening", "decide", number, "confirmed", *words).result["verdict"] == "confirmed"
    abst("screening", "decide", number, "confirmed", *words, exit=8)
    assert abst("screening", "run", "--as", OPS).result["open"] == 0


def travel(abst: Abst) -> None:
    """Payloads of the transfers so far, opened on an order; transfers by an officer's power have none."""
    rows = abst("travel", "list").result
    assert {row["transfer"] for row in rows} >= {"req-a"}
    order = abst.file("order.txt", "An order to disclose.")
    (shown,) = abst("travel", "show", "req-a", "--order", order, "--as", OPS).result
    person = shown["payload"]["originator"]["originatorPerson"][0]["naturalPerson"]
    assert person["name"]["nameIdentifier"][0]["primaryIdentifier"] == "Test alpha"
    abst("travel", "show", "nothing", "--order", order, "--as", OPS, exit=4)
    assert "direct" not in {row["how"] for row in abst("travel", "missing").result}
