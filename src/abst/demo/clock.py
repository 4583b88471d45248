"""The demo's clock and registers: working days that pause, firms, the quota, and a break that stops mints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from abst.demo.filing import FILING
from abst.demo.stage import Stage

if TYPE_CHECKING:
    from abst.filing.clock import ClockFacts

CUSTODIAN = "custodian-1"
DECIDE = "decide the filing"


def pausing(stage: Stage) -> None:
    """Twenty working days that stand still for a supplement, over a holiday; and a year that no notice covers yet."""
    from abst.disclosure import clocks
    from abst.filing.clock import deadlines

    stage.scene(
        "The authority's working-day clock",
        "Official holiday notices are data, make-up Saturdays included; supplements and consultations do not count.",
    )
    running = {row["act"]: row for row in clocks.clocks(stage.office, FILING)}
    stage.expect("pauses of this filing", [p["why"] for p in running[DECIDE]["pauses"]], ["supplement-requested"])
    stage.tell(f"this filing: {DECIDE} ({running[DECIDE]['rule']}): {running[DECIDE]['state']}, paused once")
    told = (
        ("received 21 September 2026, nothing asked", _facts()),
        ("asked on 24 September, answered on 12 October", _facts(asked=date(2026, 9, 24), back=date(2026, 10, 12))),
        ("received 21 December 2026", _facts(received=date(2026, 12, 21))),
    )
    for words, facts in told:
        found = next(one for one in deadlines(facts) if one.act == DECIDE)
        days = [_day(found.earliest), _day(found.latest)]
        due = days[0] if days[0] == days[1] else f"{days[0]} to {days[1]}, estimated: no notice covers 2027"
        stage.tell(f"{words}: due {due}")
        stage.remember("clock", case=words, earliest=days[0], latest=days[1], estimated=found.estimated)


def _facts(received: date = date(2026, 9, 21), asked: date | None = None, back: date | None = None) -> ClockFacts:
    """A filing received on a morning, perhaps asked for a supplement and answered; seen on the day of its last act."""
    from abst.filing.clock import ClockFacts, Happened, Settings
    from abst.rulebook import load

    days = [("submitted", received), ("supplement-requested", asked), ("submitted", back)]
    events = tuple(Happened(state, _morning(day)) for state, day in days if day is not None)
    return ClockFacts("example", events[-1].at, events, Settings.of(load(), "Asia/Hong_Kong"))


def _morning(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 2, tzinfo=UTC).timestamp())  # 10 o'clock in Hong Kong


def _day(second: int | None) -> str:
    from abst.values import day_of

    return "none" if second is None else day_of(second).isoformat()


def answered_again(stage: Stage) -> None:
    """Before the issue every prohibition and every item of the negative list is answered once more."""
    from abst.filing import eligibility

    stage.scene(
        "Asked again before the issue",
        "Answers to the prohibitions and the negative list grow old (R-13, R-22); a re-test takes two officers.",
    )
    version = stage.office.rulebook.setting("R-22", "list_version")
    rules = eligibility.rules_needed(stage.office)
    lines = [f"  - {{rule: {rule}, answer: clear, basis: 示例 looked at again}}" for rule in rules]
    test = eligibility.RetestFiling(
        officer="operations-1",
        request=stage.request(),
        filing=FILING,
        answers="\n".join([f'list_version: "{version}"', "answers:", *lines, ""]).encode(),
        evidence=stage.document("retest.txt", "Who looked at what again."),
    )
    stage.two_keys(eligibility.retest(stage.office, test), "compliance-1")
    stage.tell(f"{len(rules)} answers, all clear, under list {version}")


def registers(stage: Stage) -> None:
    """A custodian is attached after its risk assessment; the quota is known to the unit."""
    from abst.filing import fx, providers, standing

    stage.scene(
        "Firms, and the foreign-exchange quota",
        "A firm serves only an effective filing (R-66), after a risk assessment (R-63); every mint keeps to the quota.",
    )
    office = stage.office
    firm = providers.RegisterProvider(
        officer="operations-1",
        request=stage.request(),
        provider=CUSTODIAN,
        name="Illustrative Custodian (示例托管机构)",
        kind="custody",
        country="HK",
    )
    stage.done(providers.register(office, firm))
    mandate = stage.document("mandate.txt", "Custody of the issue's cash.")
    attach = providers.Attach(
        officer="operations-1", request=stage.request(), provider=CUSTODIAN, filing=FILING, evidence=mandate
    )
    stage.refused("a custodian nobody assessed", lambda: providers.attach(office, attach), "R-63 assessment-missing")
    review = providers.ReviewProvider(
        officer="operations-1",
        request=stage.request(),
        provider=CUSTODIAN,
        kind="risk-assessment",
        done_on=office.day(),
        evidence=stage.document("assessment.txt", "Risks of the custodian."),
    )
    stage.done(providers.review(office, review))
    again = providers.Attach(
        officer="operations-1", request=stage.request(), provider=CUSTODIAN, filing=FILING, evidence=mandate
    )
    stage.done(providers.attach(office, again))
    stage.tell("assessed and attached; it leaves by itself, in the same transaction, when the filing is suspended")
    left = int(fx.show(office, FILING)["left"])
    stage.tell(f"registered quota left: {left / 100:,.2f} CNY (`abst fx show {FILING}`)")
    _, exact = standing.refusals(office, FILING, asked=left)
    _, over = standing.refusals(office, FILING, asked=left + 1)
    stage.expect("reasons against a mint of all that is left", [refusal.reason for refusal in exact], [])
    stage.reasons("a mint of one unit more than the quota", over, "R-101 quota-exceeded")
    stage.remember("quota", left=str(left))


def breaking(stage: Stage) -> None:
    """An investigation is opened: one key stops mints, the report falls due, and two officers clear it."""
    from abst.disclosure import desk
    from abst.filing import eligibility, standing

    stage.scene(
        "A prohibition arises after the filing",
        "One key stops mints at once and opens the report of a material risk (R-13, R-72); two officers clear it.",
    )
    office = stage.office
    notice = stage.document("investigation.txt", "An investigation was opened.")
    stop = eligibility.Ineligible(
        officer="operations-1", request=stage.request(), filing=FILING, rule="R-10", evidence=notice
    )
    broken = stage.done(eligibility.ineligible(office, stop))
    stage.reasons("a mint meanwhile", standing.refusals(office, FILING)[1], "R-13 eligibility-broken")
    clear = eligibility.Eligible(
        officer="operations-1",
        request=stage.request(),
        filing=FILING,
        finding=broken["finding"],
        evidence=stage.document("concluded.txt", "The investigation was concluded without a finding."),
    )
    stage.two_keys(eligibility.eligible(office, clear), "compliance-1")
    duty = next(row for row in desk.obligations(office, FILING) if row["due"] == broken["report_due"])
    report = desk.Disclose(
        officer="operations-1",
        request=stage.request(),
        filing=FILING,
        name="investigation",
        kind="material-risk",
        document=stage.document("risk-report.txt", "The investigation and its end."),
        uri="https://example.org/documents/investigation",
        obligation=duty["obligation"],
    )
    stage.done(desk.disclose(office, report))
    stage.expect("reasons against a mint", [r.reason for r in standing.refusals(office, FILING)[1]], [])
    stage.tell("the risk is reported in time, its obligation closed on chain; mints may go on")


SCENES: tuple[Callable[[Stage], None], ...] = (pausing, answered_again, registers, breaking)
