"""Decisions and the log in the life of a registry, by the program: shown, run again, anchored, given out, checked."""

from __future__ import annotations

import zipfile

from program import FILING, Abst

OPS, CHECKER = "operations-1", "compliance-1"


def decisions(abst: Abst) -> None:
    """What was refused is listed with its rules; a mint is explained to its transaction; every decision replays."""
    refused = abst("decision", "list", "--refused").result
    assert {"R-43"} & {rule for row in refused for rule in row["rules"]}
    assert not any(row["passed"] for row in refused)
    released = abst("decision", "list", "--kind", "mint release").result[-1]["decision"]
    shown = abst("decision", "show", released).result
    assert {result["gate"] for result in shown["results"] if result["passed"]} > {"filing_effective", "cap_left"}
    assert [row["carries_hash"] for row in shown["led_to"]["operations"]] == [True]
    assert shown["log"]
    abst("decision", "show", "dec-none", exit=4)
    (again,) = abst("decision", "replay", released).result
    assert again["outcome"] == "same"
    every = abst("decision", "replay", "--all").result
    assert {row["outcome"] for row in every} <= {"same", "no-gates", "erased"}
    abst("decision", "replay", exit=2)
    abst("decision", "replay", released, "--all", exit=2)


def log(abst: Abst) -> None:
    """The log's head goes on chain once it is due; an anchor kept elsewhere is held against it."""
    assert abst("audit", "verify").result["anchors"] == []
    anchored = abst("audit", "anchor", "--if-due", "--as", OPS, "--request", "anchor-1").result
    assert abst("audit", "anchor", "--if-due", "--as", OPS, "--request", "anchor-1").result == anchored
    assert not abst("audit", "anchor", "--if-due", "--as", OPS).result["anchored"]
    abst("audit", "anchor", "--as", CHECKER, exit=9)
    (last,) = abst("audit", "log", "--after", str(anchored["seq"] - 1)).result
    assert (last["act"], last["hash"]) == ("audit anchor", anchored["head"])
    assert abst("audit", "log", "--subject", f"filing {FILING}").result
    found = abst("audit", "verify", "--anchor", f"{anchored['seq']}:{anchored['head']}").result
    assert (found["ok"], found["unanchored"]) == (True, 0)
    lie = abst("audit", "verify", "--anchor", f"{anchored['seq']}:0x{'12' * 32}", exit=6).result
    assert [row["found"] for row in lie["differences"]] == [f"audit: entry {anchored['seq']} is not the one anchored"]
    cut = abst("audit", "verify", "--anchor", f"999999:0x{'12' * 32}", exit=6).result
    assert [row["found"] for row in cut["differences"]] == ["audit: the anchored entry 999999 is missing"]
    abst("audit", "verify", "--anchor", "seven", exit=2)


def packs(abst: Abst) -> None:
    """Evidence of a filing, an investor, a decision and a period is written, signed, and checked against the chain."""
    some = abst("decision", "list", "--kind", "mint release").result[0]["decision"]
    selections = (
        ("--filing", FILING),
        ("--investor", "alpha"),
        ("--decision", some),
        ("--from", "2026-01-01", "--to", "2099-01-01"),
    )
    for number, words in enumerate(selections):
        path = abst.home.parent / f"evidence-{number}.zip"
        made = abst("audit", "pack", path, *words, "--as", OPS).result
        checked = abst("audit", "check", path).result
        assert (checked["ok"], checked["on_chain"], checked["manifest"]) == (True, True, made["manifest"])
    assert abst("audit", "check", path, "--offline").result["on_chain"] is False
    for wrong in ((), ("--filing", FILING, "--investor", "alpha"), ("--from", "2026-01-01")):
        abst("audit", "pack", path, *wrong, "--as", OPS, exit=2)
    abst("audit", "pack", path, "--filing", "none", "--as", OPS, exit=4)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("more.txt", "something added")
    assert abst("audit", "check", path, exit=6).result["differences"][0]["words"] == "files of the pack"
    abst("audit", "check", abst.file("no.zip", "no zip"), exit=2)


def officer_leaves(abst: Abst) -> None:
    """The last regulator stays; once there is another, two officers let the first one go."""
    leave = ("officer", "leave", "regulator-desk", "--reason", "lost passphrase", "--as", OPS)
    assert abst(*leave, exit=3).reasons == ["role-unfilled"]
    new = ("officer", "new", "regulator-two", "--role", "regulator", "--keystore-work", "2", "--as", OPS)
    for act in (new, leave):
        waiting = abst(*act, exit=7)
        abst.warp("25h")
        abst.approve(waiting, CHECKER)
    assert "regulator-desk" not in {row["name"] for row in abst("officer", "list").result}
