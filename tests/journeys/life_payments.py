"""Money in the life of a token, by the program: its asset, deposits, record date, payment, and the end of its face."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from program import FILING, Abst

OPS, CHECKER, BANK = "operations-1", "compliance-1", "bank-desk"
TOKEN = "JSD-A1"


def pay(abst: Abst) -> None:
    """List the deposit, make deposits, take a record date, declare, push and claim; refusals with their rules."""
    asset = _list_asset(abst)
    _make_deposits(abst)
    _take_record_date(abst)
    words = (TOKEN, "--record-date", "1", "--as", OPS)
    tried = abst("payment", "declare", TOKEN, "--record-date", "1", "--amount", "1000", "--dry-run").result
    assert tried["holders"] == len(tried["rows"]) == len(abst("holders", TOKEN).result["rows"])
    assert abst("payment", "declare", *words, "--amount", "9_999_999", exit=3).reasons == ["not-enough-money"]
    declared = abst("payment", "declare", *words, "--amount", "1000", "--asset", asset, "--request", "pay-1").result
    again = abst("payment", "declare", *words, "--amount", "1000", "--asset", asset, "--request", "pay-1").result
    assert again == declared
    abst("payment", "declare", *words, "--amount", "1001", "--asset", asset, "--request", "pay-1", exit=8)
    _pay_all(abst, str(declared["payment"]), int(declared["dust"]))
    advice = ("--currency", "USD", "--amount", "77", "--evidence", abst.evidence("advice of the bank"))
    abst("payment", "off-chain", *words, *advice, "--ref", "TT-1")
    assert abst("payment", "off-chain", *words, *advice, "--ref", "TT-1", exit=3).reasons == ["already-recorded"]
    listed = abst("payment", "list", "--token", TOKEN).result
    assert [len(listed[kind]) for kind in ("payments", "off_chain")] == [1, 1]


def _list_asset(abst: Abst) -> str:
    asset = str(abst("deposit", "show").result["asset"])
    paper = ("--evidence", abst.evidence("licence of the bank"), "--as", OPS)
    assert abst("asset", "list").result == []
    barred = abst("asset", "propose", asset, "--currency", "CNH", "--kind", "e-money", *paper, exit=3)
    assert "currency-barred" in barred.reasons
    coin = ("asset", "propose", asset, "--currency", "XBT", "--kind", "virtual-currency", *paper)
    assert abst(*coin, exit=3).reasons == ["virtual-currency"]
    rejected = abst(*coin, "--virtual-currency-reason", "a test", exit=7)
    abst("reject", rejected.result["proposal"], "--reason", "no coins", "--as", CHECKER)
    abst.approve(abst("asset", "propose", asset, "--currency", "HKD", "--kind", "deposit", *paper, exit=7), CHECKER)
    assert [row["listed"] for row in abst("asset", "list").result] == [True]
    return asset


def _make_deposits(abst: Abst) -> None:
    make = ("deposit", "make", "--to", OPS, "--amount", "2_000", "--as", BANK)
    assert abst(*make, exit=3).reasons == ["account-not-registered"]
    for account in (OPS, "distribution"):
        abst("deposit", "account", account, "--open", "--as", BANK)
    abst(*make, "--request", "deposit-1")
    abst(*make, "--request", "deposit-1")
    assert abst("deposit", "show", OPS).result["balance"] == "2000"
    abst("deposit", "make", "--to", "beta", "--amount", "30", "--as", BANK)
    abst("deposit", "withdraw", "beta", "10", "--ref", "to my account")
    assert abst("deposit", "withdraw", "beta", "21", "--ref", "more", exit=3).reasons == ["not-enough-money"]
    assert abst("deposit", "show").result["total"] == "2020"


def _take_record_date(abst: Abst) -> None:
    clock = abst("chain", "show").result
    today = datetime.fromtimestamp(clock["now"], ZoneInfo(clock["zone"])).date().isoformat()
    assert abst("record-date", "announce", FILING, "--on", "2026-01-01", "--as", OPS, exit=3).reasons == [
        "record-date-in-the-past"
    ]
    abst("record-date", "announce", FILING, "--on", today, "--as", OPS)
    early = abst("payment", "declare", TOKEN, "--record-date", "1", "--amount", "5", "--as", OPS, exit=3)
    assert early.reasons == ["record-date-not-taken"]
    abst.warp("25h")
    assert [row["taken"] for row in abst("record-date", "list", "--filing", "1").result] == [True]


def _pay_all(abst: Abst, payment: str, dust: int) -> None:
    paper = ("--evidence", abst.evidence("order of the court"), "--as", OPS)
    abst("investor", "block", "beta", "--reason", "order", *paper)
    first = next(row for row in abst("payment", "show", payment).result["holders"] if row["investor"] == "alpha")
    claimed = abst("payment", "claim", payment, "--holder", first["holder"]).result
    assert claimed["amount"] == first["share"]
    assert abst("payment", "claim", payment, "--holder", "beta", exit=3).reasons == ["payee-blocked"]
    pushed = abst("payment", "push", payment, "--lot", "1", "--as", OPS).result
    assert (pushed["paid_before"], [row["reason"] for row in pushed["waiting"]]) == (1, ["payee-blocked"])
    words = ("payment", "elsewhere", payment, "--holder", "beta", "--account", OPS, *paper)
    abst.approve(abst(*words, exit=7), CHECKER)
    assert "already-paid" in abst(*words, exit=3).reasons
    shown = abst("payment", "show", payment).result
    assert (shown["state"], shown["unclaimed"], int(shown["dust"])) == ("complete", "0", dust)
    abst.approve(abst("investor", "unblock", "beta", *paper, exit=7), CHECKER)


def close(abst: Abst) -> None:
    """Principal, a loss, the loss back, principal to the end; then the balances are retired and the asset goes."""
    paper = ("--evidence", abst.evidence("report of the servicer"), "--as", OPS)
    owed = int(abst("token", "show", TOKEN).result["outstanding"])
    above = abst("token", "amortise", TOKEN, "--principal", str(owed + 1), *paper, exit=3)
    assert "above-outstanding" in above.reasons
    abst.approve(abst("token", "amortise", TOKEN, "--principal", str(owed // 2), *paper, exit=7), CHECKER)
    abst.approve(abst("token", "write-down", TOKEN, "1000", *paper, exit=7), CHECKER)
    assert abst("token", "retire", TOKEN, "--as", OPS, exit=3).reasons == ["still-outstanding"]
    abst.approve(abst("token", "reverse-write-down", TOKEN, "1000", *paper, exit=7), CHECKER)
    shown = abst("token", "show", TOKEN).result
    assert (int(shown["outstanding"]), shown["closed"]) == (owed - owed // 2, False)
    abst.approve(abst("token", "amortise", TOKEN, "--principal", shown["outstanding"], *paper, exit=7), CHECKER)
    retired = abst("token", "retire", TOKEN, "--as", OPS).result
    assert int(retired["total"]) == owed
    ended = abst("token", "show", TOKEN).result
    assert (ended["supply"], ended["factor"], ended["closed"]) == ("0", "0.000000000000", True)
    abst("asset", "remove", abst("asset", "list").result[0]["asset"], *paper)
