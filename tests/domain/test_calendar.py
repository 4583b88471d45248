"""The disclosure calendar: what is due of a deal and when, from frozen facts; and the file that calendars read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import icalendar
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.calendars import load, months_after
from abst.deal import Deal
from abst.demo_data import text
from abst.disclosure import calendar
from abst.disclosure.calendar import (
    CalendarFacts,
    Duty,
    Event,
    Opened,
    Party,
    Payday,
    Published,
    Settings,
    copy_name,
    duties,
    stage,
    trading_days,
)
from abst.disclosure.ical import icalendar as as_ical
from abst.disclosure.kinds import KINDS, name_bytes
from abst.disclosure.reckoning import shown
from abst.filing.clock import ClockFacts, Happened, Matter
from abst.filing.clock import Settings as ClockSettings
from abst.rulebook import load as rulebook
from abst.values import day_of, first_second_of, last_second_of

ZONE = "Asia/Hong_Kong"
SET = Settings.of(rulebook(), ZONE)
DEAL = Deal.read(text("deal.yaml"))
PAYDAYS = tuple(Payday(one.number, one.date, one.estimated) for one in DEAL.payments)
BEGUN = first_second_of(date(2026, 9, 1), ZONE)
FACTS = CalendarFacts(
    filing="sample",
    now=BEGUN,
    begun=BEGUN,
    set_up=DEAL.dates.closing,
    last_day=PAYDAYS[-1].day,
    payments=PAYDAYS,
    settings=SET,
    parties=tuple(Party(party.role, party.name) for party in DEAL.parties),
)
DAYS = st.dates(date(2024, 1, 31), date(2026, 12, 20))  # every trading day around them is announced


def end_of(day: date) -> int:
    return last_second_of(day, ZONE)


def of(facts: CalendarFacts, rule: str) -> list[Duty]:
    return [duty for duty in duties(facts) if duty.rule == rule]


def test_the_calendar_of_a_real_deal() -> None:
    """Jishidai over its 44 payments: what is due, from whom, in order, each under a name that the chain can hold."""
    found = duties(FACTS)
    assert [duty.name for duty in of(FACTS, "R-74")] == [f"distribution-{number}" for number in range(1, 45)]
    assert [duty.name for duty in of(FACTS, "R-75")] == [f"annual-report-{year}" for year in range(2026, 2030)]
    halves = [f"risk-report-{year}-{half}" for year in range(2026, 2031) for half in ("05-31", "11-30")]
    assert [duty.name for duty in of(FACTS, "R-79")] == halves[1:-2]  # set up in August 2026, over in May 2030
    assert [duty.latest for duty in found] == sorted(duty.latest for duty in found)
    assert {duty.state for duty in found} == {"open"}
    assert {duty.kind for duty in found} <= set(KINDS)
    assert {len(name_bytes(duty.name)) for duty in found} == {32}
    assert {(duty.rule, duty.who) for duty in found} == {("R-74", "servicer"), ("R-75", "trustee"), ("R-79", "trustee")}
    first = found[0]
    assert (first.latest, first.estimated, first.party) == (end_of(date(2026, 10, 22)), False, DEAL.parties[1].name)
    assert {duty.state for duty in duties(replace(FACTS, begun=0, now=2_000_000_000))} == {"planned"}


def test_nobody_bound_by_name() -> None:
    """A deal without any of the roles: the first role stands, and no party."""
    assert {(duty.who, duty.party) for duty in duties(replace(FACTS, parties=()))} == {
        ("servicer", ""),
        ("manager", ""),
    }


@given(day=DAYS, days=st.integers(1, 10))
def test_trading_days(day: date, days: int) -> None:
    """No weekend and no holiday is traded on; so many of them lie from the day found to the day itself."""
    china = load("CN")
    found = trading_days(china).add(day, -days).earliest
    between = [found + timedelta(days=number) for number in range((day - found).days)]
    assert sum(one.weekday() < 5 and one not in china.holidays for one in between) == days
    assert found.weekday() < 5


@settings(max_examples=30)
@given(day=st.dates(date(2025, 2, 1), date(2025, 12, 1)), days=st.integers(1, 5))
def test_an_estimate_holds_what_the_notice_says(day: date, days: int) -> None:
    """Before the notices of a year the day is a range, and the day that the notice gives lies in it."""
    china = load("CN")
    sure, guess = trading_days(china).add(day, -days), trading_days(china.without(2025, 2026)).add(day, -days)
    assert guess.earliest <= sure.earliest == sure.latest <= guess.latest


@given(
    now=st.integers(BEGUN, end_of(date(2031, 1, 1))),
    later=st.integers(0, 10**8),
    published=st.none() | st.integers(BEGUN, end_of(date(2031, 1, 1))),
)
def test_time_only_makes_late(now: int, later: int, published: int | None) -> None:
    """Unpublished, a duty goes from open to overdue and never back; published, it stays met or late for ever."""
    told = () if published is None else (Published("distribution-1", calendar.DISTRIBUTION, "0x01", published),)
    facts = replace(FACTS, payments=PAYDAYS[:1], published=told)
    first, second = (of(replace(facts, now=at), "R-74")[0] for at in (now, now + later))
    assert (first.earliest, first.latest) == (second.earliest, second.latest)
    if published is None:
        assert (first.state, second.state) in {("open", "open"), ("open", "overdue"), ("overdue", "overdue")}
    else:
        assert first.state == second.state == ("met" if published <= first.latest else "late")


@given(set_up=DAYS)
def test_the_first_annual_report(set_up: date) -> None:
    """Due for a year at whose end the plan had stood for two months."""
    facts = replace(FACTS, begun=1, set_up=set_up, payments=(), last_day=months_after(set_up, 60))
    year = set_up.year if months_after(set_up, 2) <= date(set_up.year, 12, 31) else set_up.year + 1
    assert of(facts, "R-75")[0].name == f"annual-report-{year}"


def test_a_plan_that_outlives_its_last_day_owes_on() -> None:
    """While something is outstanding after the last payment filed, reports go on; from the end on they do not."""
    after = replace(FACTS, now=end_of(date(2030, 6, 1)))
    assert [duty.name for duty in of(after, "R-79")][-2:] == ["risk-report-2030-11-30", "risk-report-2031-05-31"]
    ended = replace(after, ended=date(2029, 6, 26))
    assert of(ended, "R-79")[-1].name == "risk-report-2029-05-31"
    assert of(ended, "R-74")[-1].name == "distribution-33"


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    """A setting of 29 February or 31 April names the last day of the month."""
    odd = replace(FACTS, settings=replace(SET, annual="02-29", half_years=("04-31",)))
    assert [day_of(duty.latest, ZONE) for duty in of(odd, "R-75")][:2] == [date(2027, 2, 28), date(2028, 2, 29)]
    assert day_of(of(odd, "R-79")[0].latest, ZONE) == date(2027, 4, 30)


def test_copies_of_documents() -> None:
    """Each document once, by its hash; a copy and a paper of another kind have none."""
    at = end_of(date(2026, 9, 15))
    told = (
        Published("a", "annual-report", "0xaa", at),
        Published("", "material-risk", "0xbb", at),
        Published("a", "annual-report", "0xaa", at + 1),
        Published("c", "other", "0xcc", at),
        Published("copy-aa", "association-copy", "0xdd", at + 2),
    )
    found = of(replace(FACTS, published=told), "R-76")
    assert sorted((duty.name, duty.state, duty.what) for duty in found) == [
        ("copy-aa", "met", "a copy of a"),
        ("copy-bb", "open", "a copy of material-risk"),
    ]
    assert len(copy_name("0x" + "ab" * 32)) <= 32


def test_what_the_clock_counts_is_in_the_calendar() -> None:
    """Completion, a risk and a matter: as the filing's clock has them, or as the chain's obligation was closed."""
    since, now = end_of(date(2026, 9, 1)), end_of(date(2026, 9, 30))
    matters = (Matter("R-72", "the break of R-10", since), Matter("R-73", "that a firm left", since + 1, since + 2))
    clock = ClockFacts(
        "sample", now, (Happened("submitted", BEGUN),), ClockSettings.of(rulebook(), ZONE), since, 0, matters
    )
    facts = replace(FACTS, payments=(), now=now, clock=clock)
    found = {duty.name: duty.state for duty in duties(facts) if duty.rule in calendar.REPORTED}
    names = ("issue-completion", f"material-risk-{since}", f"material-matter-{since + 1}")
    assert found == dict(zip(names, ("overdue", "overdue", "met"), strict=True))
    told = (Published("x", "material-risk", "0x01", since + 5, 9),)
    facts = replace(facts, opened=(Opened(names[1], 9), Opened(names[2], 10)), published=told)
    closed = {duty.name: (duty.state, duty.obligation) for duty in duties(facts)}
    assert (closed[names[1]], closed[names[2]]) == (("met", 9), ("overdue", 10))


def test_reminders_by_days_left() -> None:
    """The nearest stage that holds the days left; late is a stage of its own; what is met or planned has none."""
    duty = of(FACTS, "R-74")[0]
    last = day_of(duty.earliest, ZONE)
    told = [stage(duty, end_of(last - timedelta(days=left)), ZONE, (14, 5, 1)) for left in (15, 14, 6, 5, 2, 1, 0)]
    assert told == ["", "14", "14", "5", "5", "1", "1"]
    assert stage(replace(duty, state="overdue"), 2 * duty.latest, ZONE, ()) == "overdue"
    for state in ("met", "late", "planned"):
        assert stage(replace(duty, state=state), duty.latest, ZONE, (14,)) == ""


def rows(facts: CalendarFacts) -> list[dict[str, Any]]:
    return [shown(facts.filing, duty) for duty in duties(facts)]


def test_the_calendar_file() -> None:
    """Read back: one event a duty, over the days on which it may end, alarms while it is open, the same UIDs."""
    told = (Published("distribution-1", calendar.DISTRIBUTION, "0x01", BEGUN),)
    event = Event("litigation-1", "R-77", calendar.INTERIM, "litigation: a claim; 对服务机构的, \\n诉讼" * 9, BEGUN)
    facts = replace(FACTS, published=told, events=(event,))
    content = as_ical(rows(facts), registry="0x" + "ab" * 32, zone=ZONE, now=BEGUN, days=(5, 1))
    assert content == as_ical(rows(facts), registry="0x" + "ab" * 32, zone=ZONE, now=BEGUN, days=(5, 1))
    assert max(map(len, content.split(b"\r\n"))) <= 75
    events = icalendar.Calendar.from_ical(content).walk("VEVENT")
    found = duties(facts)
    assert [str(one["uid"]) for one in events] == [f"{duty.name}.sample@{'ab' * 8}.abst" for duty in found]
    for one, duty in zip(events, found, strict=True):
        assert one.decoded("dtstart") == day_of(duty.earliest, ZONE)
        assert one.decoded("dtend") == day_of(duty.latest, ZONE) + timedelta(days=1)
        assert len(one.walk("VALARM")) == (0 if duty.met else 2)
        assert str(one["status"]) == ("TENTATIVE" if duty.estimated else "CONFIRMED")
    (claim,) = [one for one in events if str(one["uid"]).startswith("litigation")]
    assert event.what in str(claim["description"])
    later = replace(facts, now=end_of(date(2027, 1, 1)))
    again = icalendar.Calendar.from_ical(
        as_ical(rows(later), registry="0x" + "ab" * 32, zone=ZONE, now=later.now, days=())
    ).walk("VEVENT")
    assert [one["uid"] for one in again] == [one["uid"] for one in events]
