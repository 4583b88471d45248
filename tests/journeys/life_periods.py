"""Closing a period in the life of a token, by the program: opened, computed, submitted, confirmed, paid, corrected."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import monthly
from program import Abst

OPS, TRUSTEE, CHECKER, BANK = "operations-1", "compliance-1", "compliance-2", "bank-desk"
TOKEN = "JSD-A1"


def close(abst: Abst) -> None:
    """The first period, whose borrowers paid nothing: interest alone is paid, out of the reserve."""
    opened = abst("period", "open-servicing", "1", "--as", OPS, "--request", "servicing-1").result
    assert abst("period", "open-servicing", "1", "--as", OPS, "--request", "servicing-1").result == opened
    abst("servicing", "import", "1", abst.file("dry-month.json", _report(1, corrects=1)), "--as", OPS)
    told = abst("period", "compute", "1").result
    assert (told["state"], told["classes"][0]["principal"], told["refusals"]) == ("open", "0", 0)
    assert abst("period", "submit", "1", "2", "--as", OPS, exit=3).reasons[0] == "period-not-next"
    abst("period", "submit", "1", "--as", TRUSTEE, exit=9)
    submitted = abst("period", "submit", "1", "--as", OPS).result
    assert submitted["result"] == told["result"]
    confirmed = abst("period", "confirm", "1", "--as", TRUSTEE, "--request", "confirm-1").result
    assert abst("period", "confirm", "1", "--as", TRUSTEE, "--request", "confirm-1").result == confirmed
    assert [row["state"] for row in abst("period", "list", "1").result] == ["closed", "open"]
    assert len(abst("period", "triggers", "1").result) == 2
    shown = abst("period", "show", "1", "1").result
    assert shown["result"] == submitted["result"]
    _pay(abst, int(confirmed["payable"]["A1"]))
    _bear(abst)


def _report(period: int, **changed: object) -> str:
    """A report of months in which nothing was collected."""
    content = monthly.report(period, **changed)
    for month in content["months"]:
        month |= {"opening": content["pool"]["opening"], "closing": content["pool"]["opening"]}
        month |= {"principal": 0, "interest": 0}
    content["pool"]["closing"] = content["pool"]["opening"]
    return json.dumps(content)


def _pay(abst: Abst, due: int) -> None:
    """Record date, report, money, payment; a holder who is blocked waits, and is not unclaimed for years."""
    abst("deposit", "account", "servicing", "--open", "--as", BANK)
    abst("deposit", "make", "--to", OPS, "--amount", str(due), "--as", BANK)
    clock = abst("chain", "show").result
    today = datetime.fromtimestamp(clock["now"], ZoneInfo(clock["zone"])).date().isoformat()
    abst("period", "record-date", "1", "1", "--on", today, "--as", OPS)
    abst.warp("25h")
    pay = ("period", "pay", "1", "1", "--class", TOKEN, "--as", OPS)
    abst(*pay, exit=3)
    document = ("--kind", "distribution-report", "--document", abst.evidence("report of the first period"))
    abst("disclose", "1", "--name", "distribution-1", *document, "--uri", "https://example.org/1.pdf", "--as", OPS)
    opened = abst(*pay, "--request", "pay-period-1").result
    assert abst(*pay, "--request", "pay-period-1").result == opened
    assert abst(*pay, exit=3).reasons[0] == "nothing-to-open"
    number = str(opened["payments"][0]["payment"])
    blocked = next(row["investor"] for row in abst("payment", "show", number).result["holders"] if row["investor"])
    paper = ("--evidence", abst.evidence("order of the court"), "--as", OPS)
    abst("investor", "block", blocked, "--reason", "order", *paper)
    abst("payment", "push", number, "--as", OPS)
    waits = abst("period", "unclaimed", "--waiting").result
    assert {row["investor"] for row in waits if str(row["payment"]) == number} == {blocked}
    settle = ("period", "settle-unclaimed", number, "--holder", blocked, "--account", OPS, *paper)
    assert abst(*settle, exit=3).reasons == ["unclaimed-too-early"]
    abst.approve(abst("investor", "unblock", blocked, *paper, exit=7), TRUSTEE)
    abst("payment", "push", number, "--as", OPS)
    told = abst("period", "statement", blocked).result
    assert {row["state"] for row in told["payments"] if row["period"] == 1} == {"paid"}


def _bear(abst: Abst) -> None:
    """A correction, an election, a default: each by two keys, for the period to come."""
    paper = ("--evidence", abst.evidence("letter of the servicer"))
    same = abst.file("same.json", _report(1, corrects=2))
    restate = ("period", "restate", "1", "1", *paper, "--as", OPS)
    assert "nothing-restated" in abst(*restate, "--report", same, exit=3).reasons
    more = abst.file("corrected.json", _report(1, corrects=2, other=7))
    abst.approve(abst(*restate, "--report", more, exit=7), TRUSTEE)
    elect = ("period", "elect", "1", "2", "clean_up", *paper, "--as", OPS)
    abst.approve(abst(*elect, exit=7), TRUSTEE)
    assert abst(*elect, exit=3).reasons == ["call-too-late"]
    abst.approve(abst("period", "default", "1", *paper, "--as", TRUSTEE, exit=7), CHECKER)
    told = abst("period", "bearing", "1").result
    assert (told["closed"], told["waiting"], len(told["elections"])) == (1, {"other": "7"}, 2)
