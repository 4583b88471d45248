"""Cap tables and portable packages in the life of a registry: given out, checked, and kept as another's register."""

from __future__ import annotations

import json

from program import FILING, Abst

import nodes

OPS = "operations-1"


def give_out(abst: Abst) -> None:
    """Cap tables in every form tie to their supplies; a package of the whole life follows from its own log."""
    for form in ("csv", "xlsx", "json"):
        out = abst.home.parent / f"holders.{form}"
        told = abst("holders", "export", "--filing", FILING, "--out", out).result["tables"]
        assert all(one["held"] == one["supply"] for one in told)
    senior = json.loads(out.read_bytes())["tables"][0]
    rows = abst("holders", "JSD-A1").result["rows"]
    assert [row["face"] for row in senior["by_wallet"]] == [row["balance"] for row in rows]
    first, last = abst.home.parent / "first.zip", abst.home.parent / "last"
    began = abst("package", "make", "--out", first, "--at", "40", "--as", OPS).result
    made = abst("package", "make", "--out", last, "--as", OPS).result
    assert made["counts"]["events"] > began["counts"]["events"]
    node = nodes.url_of(abst.home)
    checked = abst("package", "check", last, *(("--chain", node) if node else ("--here",))).result
    assert (checked["ok"], checked["manifest"], checked["on_chain"]) == (True, made["manifest"], True)
    for package in (first, last, last):
        abst("package", "import", package, "--as", OPS)
    earlier, later = (row["package"] for row in abst("package", "list").result)
    (table,) = abst("package", "holders", later, "JSD-A1").result["tables"]
    assert [row["face"] for row in table["rows"]] == [row["balance"] for row in rows]
    changes = abst("package", "compare", earlier, later).result["changes"]
    assert {row["token"] for row in changes} >= {"JSD-A1"}
    (last / "totals/00001.jsonl").write_bytes(b"{}\n")
    abst("package", "check", last, exit=6)
    abst("package", "import", last, "--as", OPS, exit=6)
