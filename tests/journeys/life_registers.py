"""Clock, contacts, firms, marketing, breaks, re-tests, exports and foreign exchange in the life of a filing."""

from __future__ import annotations

from datetime import date, timedelta

from program import Abst, Answer

from abst.filing.eligibility import ITEMS
from abst.values import day_of

OPS, OPS_2, CHECKER = "operations-1", "operations-2", "compliance-1"
PROHIBITIONS = tuple(f"R-{number:02}" for number in range(7, 13))
CUSTODIAN, LEDGER_FIRM = "custodian-1", "technology-1"


def before_effect(abst: Abst) -> None:
    """Submitted: the authority's clock runs, there is silence, and nobody serves or promotes yet."""
    clock = {row["act"]: row for row in abst("filing", "clock", "1").result}
    assert (clock["decide the filing"]["state"], clock["decide the filing"]["who"]) == ("open", "authority")
    talk = ("filing", "contact", "1", "--with", "the filing department", "--about", "history of the pool")
    told = abst(*talk, "--evidence", abst.evidence("a note"), "--as", OPS)
    assert told.result["silent"]
    assert "contact-in-silence" in told.envelope["warnings"][0]
    for firm, kind in ((CUSTODIAN, "custody"), (LEDGER_FIRM, "technology")):
        words = ("--name", f"Illustrative {kind} firm", "--kind", kind, "--country", "HK", "--as", OPS)
        abst("provider", "register", firm, *words)
    assert attach(abst, CUSTODIAN, exit=3) == ["serves-not-effective", "assessment-missing"]
    assert "marketing-too-early" in promote(abst, "HK", exit=3)


def serve(abst: Abst) -> None:
    """Effective: firms that were assessed and audited are attached, and a term sheet goes out by two officers."""
    clock = {row["act"]: row for row in abst("filing", "clock").result}
    assert clock["decide the filing"]["state"] == "met"
    assert [pause["why"] for pause in clock["decide the filing"]["pauses"]] == ["consultation", "supplement-requested"]
    assert [row["silent"] for row in abst("filing", "contacts", "1").result] == [True]
    day = today(abst).isoformat()
    for firm in (CUSTODIAN, LEDGER_FIRM):
        review = ("provider", "review", firm, "--date", day, "--evidence", abst.evidence(firm), "--as", OPS)
        abst(*review, "--kind", "risk-assessment")
    assert attach(abst, LEDGER_FIRM, exit=3) == ["audit-missing"]
    code = abst("filing", "show", "1").result["code_hash"]
    abst(*review, "--kind", "audit", "--code", code)
    assert attach(abst, LEDGER_FIRM) == attach(abst, CUSTODIAN) == []
    report = ("--to", "the authority", "--reference", "1", "--date", day, "--evidence", abst.evidence(), "--as", OPS)
    assert len(abst("provider", "report", CUSTODIAN, "1", *report).result["reports"]) == 1
    assert promote(abst, "CN", exit=3) == ["onshore-display"]
    assert promote(abst, "HK") == []
    assert [row["live"] for row in abst("marketing", "list", "1").result] == [True]
    lead = abst("marketing", "lead", "--about", "an onshore site", "--evidence", abst.evidence("page"), "--as", OPS)
    assert "lead" in {row["kind"] for row in abst("today").result}
    number = str(lead.result["lead"])
    to = ("--to", "the authority", "--reference", "2", "--evidence", abst.evidence("letter"), "--as", OPS)
    abst("marketing", "report", number, *to)
    abst("marketing", "report", number, *to, exit=8)
    assert [row["reference"] for row in abst("marketing", "leads").result] == ["2"]
    out = ("filing", "export", "1", "--to", "a venue abroad", "--evidence", abst.evidence("list"), "--as", OPS)
    reasons = ["export-without-consent", "export-without-assessment"]
    assert abst(*out, "--personal", exit=3).reasons == reasons
    abst(*out, "--consent", "C-1")
    assert [row["consent"] for row in abst("filing", "exports", "1").result] == ["C-1"]


def heal(abst: Abst) -> None:
    """After a suspension the firms are gone; a prohibition arises, stops mints, and two officers clear it."""
    services = [service for row in abst("provider", "list").result for service in row["services"]]
    assert [service["reason"] for service in services] == ["filing suspended", "filing suspended"]
    assert attach(abst, CUSTODIAN) == []
    abst("provider", "detach", CUSTODIAN, "1", "--reason", "replaced", "--as", OPS)
    paper = ("--evidence", abst.evidence("notice"), "--as", OPS)
    broken = abst("filing", "ineligible", "1", "--rule", "R-10", *paper).result
    assert broken["obligation"]
    abst("filing", "ineligible", "1", "--rule", "R-10", *paper, exit=8)
    assert abst("filing", "standing", "1", exit=3).reasons == ["eligibility-broken"]
    table = abst.file("stopped.csv", "investor,amount\nalpha,10000\n")
    assert "eligibility-broken" in abst("mint", "JSD-A1", "--file", table, "--dry-run", exit=3).reasons
    assert "eligibility" in {row["kind"] for row in abst("today").result if row["overdue"]}
    clear = ("filing", "eligible", "1", "--finding", str(broken["finding"]), *paper)
    abst.approve(abst(*clear, exit=7), CHECKER)
    [duty] = [row for row in abst("obligations", "--filing", "1").result if row["due"] == broken["report_due"]]
    words = ("--kind", "material-risk", "--name", "risk", "--uri", "https://example.org/risk")
    closes = ("--obligation", str(duty["obligation"]), "--document", abst.evidence("the risk"), "--as", OPS)
    abst("disclose", "1", *words, *closes)
    clocks = {row["act"]: row["state"] for row in abst("filing", "clock", "1").result}
    assert clocks["report the break of R-10"] == "met"
    assert retest(abst, "clear").result["list_version"] == "2024"
    abst.approve(retest(abst, "clear"), CHECKER)
    assert set(retest(abst, "barred", exit=3).reasons) == {"retest-not-clear"}
    renew = ("filing", "opinion", "1", "--kind", "mainland-law", *paper)
    assert abst(*renew, "--until", "2020-01-01", exit=3).reasons == ["paper-ended"]
    abst.approve(abst(*renew, "--until", "2098-12-31", exit=7), CHECKER)
    assert abst("filing", "standing", "1").result["standing"]["providers_missing"] == []


def money(abst: Abst) -> None:
    """A registration is amended by two officers; raised money is remitted, used and reconciled to the unit."""
    shown = abst("fx", "show", "1").result
    left = int(shown["left"])
    [known] = [row for row in shown["registrations"] if row["kind"] == "fx-registration"]
    words = ("--kind", "fx-registration", "--authority", known["authority"], "--number", known["number"])
    terms = ("--amount", str(int(known["amount"]) - 1), "--currency", "CNY", "--from", known["registered_on"])
    paper = ("--evidence", abst.evidence("certificate"), "--as", OPS)
    abst.approve(abst("fx", "register", "1", *words, *terms, *paper, exit=7), CHECKER)
    assert int(abst("fx", "show", "1").result["left"]) == left - 1
    last = today(abst).replace(day=1) - timedelta(days=1)
    when = ("--date", last.isoformat(), *paper)
    raised = ("fx", "record", "1", "raised", "1_000_000", "--currency", "HKD", *when)
    assert abst(*raised, "--account", "elsewhere", exit=3).reasons == ["account-not-registered"]
    abst(*raised, "--account", "offshore")
    wrong = abst(*raised, "--account", "offshore").result["movement"]
    abst("fx", "reverse", "1", str(wrong), *paper)
    home = ("fx", "record", "1", "remitted", "600_000", "--account", "offshore", "--to", "onshore", "--currency", "HKD")
    assert abst(*home, *when, "--arrived", "540_000").result["arrived"] == "540000"
    assert abst(*home, *when, "--arrived", "540_000", exit=3).reasons == ["more-than-kept"]
    use = ("fx", "record", "1", "used", "40_000", "--account", "onshore", "--currency", "CNY", *when)
    assert abst(*use, "--use", "dividends", exit=3).reasons == ["use-not-filed"]
    abst(*use, "--use", "new-loans")
    month = ("fx", "reconcile", "1", last.isoformat()[:7], "--kept", "offshore=400000", *paper)
    assert abst(*month, "--kept", "onshore=499999", exit=3).reasons == ["repatriation-break"]
    assert abst(*month, "--kept", "onshore=500000").result["remitted"] == {"HKD": "600000"}
    ledger = abst("fx", "ledger", "1").result
    assert ledger["kept"] == {"offshore": "400000", "onshore": "500000"}
    assert [row["kind"] for row in ledger["movements"]] == ["raised", "raised", "reversed", "remitted", "used"]


def attach(abst: Abst, firm: str, exit: int = 0) -> list[str]:
    """The reasons why a firm is not attached; none when it is."""
    return abst("provider", "attach", firm, "1", "--evidence", abst.evidence(firm), "--as", OPS, exit=exit).reasons


def promote(abst: Abst, place: str, exit: int = 7) -> list[str]:
    """The reasons why a term sheet is not let out there; none when a second officer does."""
    words = ("--title", "Term sheet", "--channel", "private placement", "--place", place, "--audience", "hk-pi")
    behind = ("--geo-block", "log-in of admitted investors", "--evidence", abst.evidence("sheet"), "--as", OPS)
    told = abst("marketing", "propose", "1", *words, *behind, exit=exit)
    if exit == 7:
        abst.approve(told, CHECKER)
    return told.reasons


def retest(abst: Abst, last: str, exit: int = 7) -> Answer:
    """A re-test whose last answer is given."""
    rules = (*PROHIBITIONS, *ITEMS)
    answers = [(rule, last if rule == rules[-1] else "clear") for rule in rules]
    lines = [f"  - {{rule: {rule}, answer: {answer}, basis: illustrative}}" for rule, answer in answers]
    file = abst.file("answers.yaml", "\n".join(['list_version: "2024"', "answers:", *lines, ""]))
    paper = ("--evidence", abst.evidence("memo"), "--as", OPS_2)
    return abst("filing", "retest", "1", "--answers", file, *paper, exit=exit)


def today(abst: Abst) -> date:
    """The day of the chain's clock."""
    return day_of(abst("filing", "standing", "1").result["standing"]["now"])
