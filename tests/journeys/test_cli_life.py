"""Every command once, in the order of a token's life, in process; each answer is validated against its schema."""

from __future__ import annotations

import json

import life_audit
import life_backup
import life_calendar
import life_corrections
import life_deals
import life_dossier
import life_journal
import life_ops
import life_package
import life_payments
import life_periods
import life_persons
import life_registers
import life_reports
import life_rulebook
import life_screening
import life_serve
import life_servicing
import life_suitability
import life_trades
import pytest
from program import FILING, PASSPHRASE, WORK, Abst, investor_row, onboard

from abst import demo_data
from abst.cli.nouns import specs

OPS, OPS_2, CHECKER, CHECKER_2, REGULATOR = (
    "operations-1",
    "operations-2",
    "compliance-1",
    "compliance-2",
    "regulator-desk",
)


@pytest.mark.slow
def test_every_command_in_one_life(registry: Abst) -> None:
    """Filing, tokens, investors, mints, transfers, stops, recovery, redemption: and verify is OK at the end."""
    abst = registry
    life_rulebook.rules(abst)
    life_rulebook.settings(abst)
    life_dossier.check(abst)
    life_deals.look_at(abst)
    _file(abst)
    life_suitability.shown(abst)
    life_suitability.tried(abst)
    wallets = _bring_in(abst)
    life_suitability.checked(abst)
    life_screening.screen(abst)
    life_persons.look_after(abst)
    _issue_and_trade(abst)
    life_screening.travel(abst)
    _stop_and_resume(abst)
    life_registers.heal(abst)
    life_registers.money(abst)
    _powers(abst, wallets["alpha"])
    life_payments.pay(abst)
    life_trades.publish(abst)
    life_trades.trade(abst)
    life_trades.freeze(abst)
    life_trades.many(abst)
    life_ops.decide(abst)
    life_corrections.correct(abst)
    life_corrections.load(abst)
    life_corrections.succeed(abst)
    life_corrections.read(abst)
    life_calendar.keep(abst)
    life_servicing.report(abst)
    life_periods.close(abst)
    life_calendar.look_at_a_month(abst)
    life_reports.draw(abst)
    _look(abst)
    life_package.give_out(abst)
    life_serve.once(abst)
    life_journal.keep(abst)
    life_payments.close(abst)
    life_audit.decisions(abst)
    life_audit.log(abst)
    life_audit.packs(abst)
    life_audit.officer_leaves(abst)
    life_backup.keep(abst)
    assert abst("verify").result == {"ok": True, "differences": []}
    assert abst.seen | {"demo", "init"} == {spec.path for spec in specs()}


def _file(abst: Abst) -> None:
    dossier, deal = demo_data.text("dossier.yaml"), demo_data.text("deal.yaml")
    good, terms = abst.file("dossier.yaml", dossier), abst.file("deal.yaml", deal)
    bad = abst.file("bad.yaml", dossier.replace("answer: clear", "answer: barred", 1))
    assert "schema: abst-dossier-2" in abst("filing", "new", "--skeleton").result["skeleton"]
    assert abst("filing", "check", bad, "--deal", terms, exit=3).reasons == ["prohibited"]
    assert abst("filing", "check", good, "--deal", terms).result["passed"]
    abst("filing", "new", bad, "--deal", terms, "--as", OPS)
    assert abst("filing", "submit", "1", "--as", OPS, exit=3).reasons == ["prohibited"]
    abst("filing", "new", good, "--deal", terms, "--revise", "--as", OPS)
    assert abst("filing", "submit", "1", "--as", OPS).result["state"] == "submitted"
    life_registers.before_effect(abst)
    for event in ("consultation", "consultation-closed", "supplement-requested", "supplement-answered"):
        abst("filing", "record", "1", event, "--evidence", abst.evidence(event), "--as", OPS)
    assert abst("token", "create", "1", "--as", OPS, exit=3).reasons == ["filing-not-effective"]
    waiting = abst("filing", "effective", "1", "--evidence", abst.evidence("notice"), "--as", OPS, exit=7)
    rejected = abst("reject", waiting.result["proposal"], "--reason", "no notice yet", "--as", CHECKER)
    assert rejected.result["state"] == "rejected"
    waiting = abst("filing", "effective", "1", "--evidence", abst.evidence("notice"), "--as", OPS, exit=7)
    assert [row["what"] for row in abst("inbox", "--as", CHECKER).result] == ["filing effective"]
    abst.approve(waiting, CHECKER)
    notice = ("--uri", "https://example.org/1", "--number", "1", "--date", "2026-09-01", "--evidence", abst.evidence())
    abst("filing", "publish", "1", *notice, "--as", OPS)
    changed = abst.file("changed.yaml", deal.replace("max_holders: 1000", "max_holders: 9", 1))
    assert "plan-drift" in abst("token", "create", "1", "--deal", changed, "--as", OPS, exit=3).reasons
    assert len(abst("token", "create", "1", "--as", OPS).result["tokens"]) == 3
    assert all(row["ok"] for row in abst("token", "attest", "1").result["tokens"])
    life_registers.serve(abst)


def _bring_in(abst: Abst) -> dict[str, str]:
    wallets = {name: onboard(abst, name, bold=name != "gamma") for name in ("alpha", "beta", "gamma")}
    header = abst("investor", "import", "--columns").result["columns"]
    rows = [
        investor_row("mainland", "0x" + "11" * 20, residence="CN"),
        investor_row("delta", "0x" + "22" * 20, evidence_1_relevant_date="2020-01-01"),
        investor_row("broken", "0x" + "33" * 20, evidence_1_amount="much"),
    ]
    lines = [",".join(header), *(",".join(row.get(column, "") for column in header) for row in rows)]
    table = abst.file("investors.csv", "\n".join(lines) + "\n")
    tried = abst("investor", "import", table, "--dry-run", exit=3)
    assert [bool(row["refusals"]) for row in tried.result["rows"]] == [True, True, True]
    imported = abst("investor", "import", table, "--as", OPS, exit=3)
    assert (imported.result["added"], imported.reasons) == (2, ["row-malformed"])
    admitted = abst("investor", "admit", "--as", OPS, exit=3)
    assert admitted.result["admitted"] == 3
    assert admitted.result["refused_investors"] == ["delta", "mainland"]
    assert {"jurisdiction-denied", "evidence-expired", "wallet-not-proven"} <= set(admitted.reasons)
    named = {refusal["where"].split(".")[0] for refusal in admitted.envelope["refusals"]}
    assert named == {"investor delta", "investor mainland"}
    fresh = abst.file("renewed.yaml", json.dumps(investor_row("gamma", bold=False, address="2 Example Road")))
    abst("investor", "renew", "gamma", fresh, "--as", OPS)
    abst("investor", "show", "alpha")
    order = ("--order", abst.evidence("order of the regulator"), "--as", OPS)
    assert abst("investor", "show", "alpha", "--reveal", *order).result["private"]["name"] == "Test alpha"
    return wallets


def _issue_and_trade(abst: Abst) -> None:
    table = abst.file("mint.csv", "investor,amount\nalpha,1000000\nbeta,2000000\ngamma,10000\nnobody,10000\n")
    tried = abst("mint", "JSD-A1", "--file", table, "--dry-run", exit=3)
    assert [bool(row["refusals"]) for row in tried.result["rows"]] == [False, False, True, True]
    waiting = abst("mint", "JSD-A1", "--file", table, "--as", OPS, exit=3)
    assert (waiting.result["allocated"], waiting.result["dropped"], waiting.result["total"]) == (2, 2, "3000000")
    shown = abst("approve", waiting.result["proposal"], "--show").result
    released = abst("approve", waiting.result["proposal"], "--expect", shown["hash"], "--as", CHECKER)
    assert released.result["total"] == "3000000"
    moved = abst("transfer", "alpha", "beta", "10_000", "JSD-A1", "--request", "req-a")
    assert abst("transfer", "alpha", "beta", "10000", "JSD-A1", "--request", "req-a").result == moved.result
    abst("transfer", "alpha", "beta", "20000", "JSD-A1", "--request", "req-a", exit=8)
    assert abst("ops", "show", "req-a").result["outcome"] == "done"
    assert abst("why", "alpha", "beta", "10000", "JSD-A1").result["agrees"]
    why = abst("why", "alpha", "gamma", "10001", "JSD-A1", exit=3)
    assert why.reasons == ["risk-above-capacity", "not-a-lot"]
    assert why.result["agrees"]
    assert abst("redeem", "beta", "10000", "JSD-A1").result["amount"] == "10000"
    rows = abst("holders", "JSD-A1").result["rows"]
    assert [(row["investor"], row["balance"]) for row in rows] == [("beta", "2000000"), ("alpha", "990000")]


def _stop_and_resume(abst: Abst) -> None:
    paper = ("--evidence", abst.evidence("order"))
    stops = (
        (("filing", "suspend", "1", *paper, "--as", REGULATOR), ("filing", "resume", "1"), "filing-not-effective"),
        (("token", "pause", "JSD-A1", *paper, "--as", OPS), ("token", "unpause", "JSD-A1"), "token-paused"),
        (
            ("investor", "block", "beta", "--reason", "hit", *paper, "--as", OPS),
            ("investor", "unblock", "beta"),
            "receiver-blocked",
        ),
    )
    for stop, restart, reason in stops:
        abst(*stop)
        refused = abst("transfer", "alpha", "beta", "10000", "JSD-A1", exit=3)
        assert refused.reasons == [reason]
        abst.approve(abst(*restart, *paper, "--as", OPS_2, exit=7), CHECKER_2)
    rows = abst("obligations", "--filing", "1", "--open", "material-risk", "--due", "2099-01-01", "--as", OPS).result
    assert [row["kind"] for row in rows] == ["issue-completion", "material-risk"]
    abst.warp("41d")
    assert abst("transfer", "alpha", "beta", "10000", "JSD-A1", exit=3).reasons == ["disclosure-overdue"]
    late = [row["what"] for row in abst("today").result if row["overdue"] and row["kind"] == "clock"]
    assert [words.split(": ")[1].split(" (")[0] for words in late] == [
        "report that the filing is suspended",
        "report completion",
    ]
    assert len(abst("filing", "show", "1").result["overdue_acts"]) == 2
    words = ("--kind", "issue-completion", "--name", "report", "--uri", "https://example.org/r", "--obligation", "1")
    abst("disclose", FILING, *words, "--document", abst.evidence("report"), "--as", OPS)
    abst("transfer", "alpha", "beta", "10000", "JSD-A1")


def _powers(abst: Abst, lost: str) -> None:
    paper = ("--evidence", abst.evidence("court order"), "--as", OPS)
    abst.approve(abst("freeze", "alpha", "980000", "JSD-A1", *paper, exit=7), CHECKER)
    assert abst("transfer", "alpha", "beta", "10000", "JSD-A1", exit=3).reasons == ["frozen"]
    abst.approve(abst("force-transfer", "alpha", "beta", "10000", "JSD-A1", *paper, exit=7), CHECKER)
    second = abst("wallet", "new", "alpha-second", "--keystore-work", WORK).result["address"]
    abst("wallet", "challenge", "alpha", second, "--as", OPS)
    abst("wallet", "prove", second, "--as", OPS)
    abst("wallet", "add", "alpha", second, "--as", OPS)
    waiting = abst("recover-wallet", lost, second, *paper, exit=7)
    assert waiting.result["held"] == {"JSD-A1": "970000"}
    abst.approve(waiting, CHECKER)
    rows = {row["wallet"]: row["balance"] for row in abst("holders", "JSD-A1").result["rows"]}
    assert (rows.get(lost), rows[second]) == (None, "970000")


def _look(abst: Abst) -> None:
    grant = abst("officer", "new", "agent-2", "--role", "agent", "--keystore-work", WORK, "--as", OPS, exit=7)
    assert abst("officer", "show", OPS).result["key_here"]
    assert len(abst("officer", "list").result) == 6
    abst.warp("25h")
    abst.approve(grant, CHECKER)
    assert abst("officer", "show", "agent-2").result["roles"] == ["agent"]
    abst("officer", "move", "agent-2", abst.home.parent / "other")
    for words in (["filing", "list"], ["filing", "show", "1"], ["token", "list"], ["token", "show", "JSD-A1"]):
        abst(*words)
    for words in (["investor", "list"], ["ops", "list"], ["ops", "run"], ["chain", "show"], ["today"]):
        abst(*words)
    assert PASSPHRASE not in json.dumps(abst("ops", "list", "--state", "final").result)
