"""The rulebook and its settings in the life of a registry, by the program."""

from __future__ import annotations

from program import Abst

OPS, CHECKER = "operations-1", "compliance-1"


def rules(abst: Abst) -> None:
    """Listed, shown whole, traced to where they are enforced, and each predicate proven by a case."""
    assert len(abst("rulebook", "list").result) == 104
    assert {row["rule"] for row in abst("rulebook", "list", "--section", "B").result} == {
        f"R-{number:02d}" for number in range(7, 14)
    }
    assert {row["status"] for row in abst("rulebook", "list", "--status", "A").result} == {"A"}
    abst("rulebook", "list", "--section", "M", exit=2)
    shown = abst("rulebook", "show", "R-15").result
    assert shown["parameters"][0]["value"] == "0.15"
    assert shown["cases"]
    abst("rulebook", "show", "R-105", exit=4)
    traced = abst("rulebook", "trace").result
    assert traced["totals"]["neither"] == 0
    assert len(abst("rulebook", "trace", "--section", "C").result["rules"]) == 9
    proven = abst("rulebook", "prove").result
    assert proven["ok"]
    assert all(row["noticed_by"] for row in proven["proofs"])


def settings(abst: Abst) -> None:
    """Law is refused, a setting takes two officers and a reason, and is back at the end."""
    reason = ("--reason", "resolution of the board", "--as", OPS)
    assert abst("setting", "set", "R-43", "denied", "KP", *reason, exit=3).reasons == ["setting-fixed"]
    abst("setting", "set", "R-57", "no_such", "1", *reason, exit=4)
    abst("setting", "set", "R-71", "days", "three", *reason, exit=2)
    for value in ("20", "15"):
        asked = ("setting", "set", "R-71", "days", value, *reason, "--evidence", abst.evidence("minutes"))
        abst.approve(abst(*asked, exit=7), CHECKER)
    (row,) = abst("setting", "list", "--changed").result
    assert (row["rule"], row["value"], row["changed"]["checker"]) == ("R-71", 15, CHECKER)
    assert abst("setting", "show", "R-71", "days").result == row
    assert [change["value"] for change in abst("setting", "history", "R-71", "days").result] == [20, 15]
