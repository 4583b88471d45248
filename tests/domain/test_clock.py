"""The working-day clock of a filing: what counts, what does not, and the last second of each time limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.calendars import Counted, load
from abst.filing.clock import (
    ANSWERS,
    ASKS,
    GATES,
    MET,
    NOT_COUNTING,
    OPEN,
    OVERDUE,
    ClockFacts,
    ContactFacts,
    Deadline,
    Happened,
    Matter,
    Settings,
    deadlines,
    in_silence,
    out_of_silence,
    pauses,
)
from abst.filing.gates import judge
from abst.rulebook import load as rulebook
from abst.values import day_of, last_second_of, zone

ZONE = "Asia/Hong_Kong"
RULES = Settings.of(rulebook(), ZONE)


def second(text: str) -> int:
    """A moment of the zone as a Unix second."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone(ZONE)).timestamp())


def end_of(text: str) -> int:
    return last_second_of(date.fromisoformat(text), ZONE)


def facts(now: str | int, *events: tuple[str, str], calendar: str = "CN") -> ClockFacts:
    happened = tuple(Happened(state, second(at)) for state, at in events)
    moment = now if isinstance(now, int) else second(now)
    return ClockFacts("sample", moment, happened, replace(RULES, calendar=calendar))


def limit(found: ClockFacts, act: str) -> Deadline:
    return next(one for one in deadlines(found) if one.act == act)


SUBMITTED = ("submitted", "2026-02-02T10:00:00")
DECIDE = "decide the filing"


@pytest.mark.parametrize(("calendar", "due"), [("CN", "2026-03-06"), ("HK", "2026-03-05")])
def test_twenty_working_days_over_the_spring_festival(calendar: str, due: str) -> None:
    """From 2 February 2026: two Saturdays are worked on the mainland, and the festival is shorter in Hong Kong."""
    found = limit(facts("2026-02-10T00:00:00", SUBMITTED, calendar=calendar), DECIDE)
    assert (found.earliest, found.latest, found.estimated) == (end_of(due), end_of(due), False)
    assert (found.who, found.state, found.used) == ("authority", OPEN, Counted(5, 5, False))


def test_the_clock_stands_still_for_a_supplement() -> None:
    """Two whole days were used; the other eighteen begin the day after the answer."""
    asked = (SUBMITTED, ("supplement-requested", "2026-02-05T16:00:00"))
    paused = limit(facts("2026-02-20T12:00:00", *asked), DECIDE)
    assert (paused.state, paused.latest, paused.used) == (NOT_COUNTING, None, Counted(2, 2, False))
    assert "18 working days left" in paused.note
    back = limit(facts("2026-03-04T00:00:00", *asked, ("submitted", "2026-03-03T09:00:00")), DECIDE)
    assert (back.state, back.latest) == (OPEN, end_of("2026-03-27"))
    assert [(pause.why, pause.since, pause.until) for pause in back.pauses] == [
        ("supplement-requested", second("2026-02-05T16:00:00"), second("2026-03-03T09:00:00"))
    ]


def test_consultation_is_not_counted_and_may_end_in_a_request() -> None:
    """Both pauses are shown, and nothing counts between them (R-39)."""
    events = (
        SUBMITTED,
        ("consultation", "2026-02-03T09:00:00"),
        ("supplement-requested", "2026-02-10T09:00:00"),
        ("submitted", "2026-02-12T09:00:00"),
    )
    found = limit(facts("2026-02-13T00:00:00", *events), DECIDE)
    assert [pause.why for pause in found.pauses] == ["consultation", "supplement-requested"]
    assert found.used.most == 0
    assert found.latest == last_second_of(load("CN").add(date(2026, 2, 12), 20).latest, ZONE)


@pytest.mark.parametrize(("past", "state"), [(-1, MET), (0, MET), (1, OVERDUE)])
def test_a_decision_in_the_last_second_is_in_time(past: int, state: str) -> None:
    """At the last second of the twentieth day it is met, a second later it was late, and stays so."""
    due = end_of("2026-03-06")
    found = facts("2026-06-01T00:00:00", SUBMITTED)
    decided = replace(found, events=(*found.events, Happened("effective", due + past)))
    assert limit(decided, DECIDE).state == state
    assert limit(decided, DECIDE).used.most == 20  # the second after it lies in a Saturday
    assert [refusal.rule for refusal in judge(GATES, decided)] == (["R-37"] if past > 0 else [])


@pytest.mark.parametrize(("past", "state"), [(-1, OPEN), (0, OPEN), (1, OVERDUE)])
def test_an_undecided_file_is_overdue_after_the_last_second(past: int, state: str) -> None:
    """Until 24:00 of the twentieth day it is open."""
    assert limit(facts(end_of("2026-03-06") + past, SUBMITTED), DECIDE).state == state


def test_a_clock_that_ran_out_before_a_pause_stays_overdue() -> None:
    """A request on the twenty-fifth day does not stop what was late already."""
    late = (SUBMITTED, ("supplement-requested", "2026-03-16T09:00:00"))
    found = limit(facts("2026-03-20T00:00:00", *late), DECIDE)
    assert (found.state, found.latest) == (OVERDUE, end_of("2026-03-06"))


def test_an_unknown_year_gives_a_range_and_nothing_is_overdue_within_it() -> None:
    """Between the bounds it is open, and marked estimated; after the last possible day it is overdue."""
    event = ("submitted", "2026-12-28T10:00:00")
    found = limit(facts("2026-12-29T00:00:00", event), DECIDE)
    assert found.estimated
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest < found.latest
    assert limit(facts(found.latest, event), DECIDE).state == OPEN
    assert limit(facts(found.latest + 1, event), DECIDE).state == OVERDUE


@pytest.mark.parametrize(("past", "state"), [(-1, MET), (0, MET), (1, OVERDUE)])
def test_the_authority_asks_within_five_days(past: int, state: str) -> None:
    """A request on the fifth working day is in time; the sixth is late (R-38)."""
    found = facts("2026-02-20T00:00:00", SUBMITTED)
    due = limit(found, ASKS).latest
    assert due == end_of("2026-02-09")
    asked = replace(found, events=(*found.events, Happened("supplement-requested", due + past)))
    assert limit(asked, ASKS).state == state


def test_a_file_that_nothing_was_asked_about_counts_as_complete() -> None:
    """After five working days without a request that limit is met, whatever becomes of the file."""
    assert limit(facts("2026-02-05T00:00:00", SUBMITTED), ASKS).state == OPEN
    assert limit(facts(end_of("2026-02-09") + 1, SUBMITTED), ASKS).state == MET


@pytest.mark.parametrize(("past", "state"), [(-1, MET), (0, MET), (1, OVERDUE)])
def test_the_filer_answers_within_thirty_days(past: int, state: str) -> None:
    """From the day after the request, over the festival; a refusal meanwhile ends it."""
    found = facts("2026-06-01T00:00:00", SUBMITTED, ("supplement-requested", "2026-02-05T16:00:00"))
    due = limit(found, ANSWERS).latest
    assert due == last_second_of(load("CN").add(date(2026, 2, 5), 30).latest, ZONE)
    answered = replace(found, events=(*found.events, Happened("submitted", due + past)))
    assert (limit(answered, ANSWERS).who, limit(answered, ANSWERS).state) == ("filer", state)
    refused = replace(found, events=(*found.events, Happened("refused", due - past)))
    assert limit(refused, ANSWERS).state == NOT_COUNTING


@pytest.mark.parametrize(("rule", "days"), [("R-71", 15), ("R-72", 3), ("R-73", 3)])
@pytest.mark.parametrize(("past", "state"), [(-1, MET), (0, MET), (1, OVERDUE)])
def test_reports_after_effect(rule: str, days: int, past: int, state: str) -> None:
    """Completion, a material risk, another matter: each by the last second of its last working day."""
    since = second("2026-04-30T12:00:00")
    due = last_second_of(load("CN").add(date(2026, 4, 30), days).latest, ZONE)
    found = facts("2026-12-01T00:00:00")
    if rule == "R-71":
        found = replace(found, first_mint=since, completed=due + past)
    else:
        found = replace(found, matters=(Matter(rule, "something", since, due + past),))
    [one] = deadlines(found)
    assert (one.rule, one.latest, one.state) == (rule, due, state)
    assert [refusal.rule for refusal in judge(GATES, found)] == ([rule] if past > 0 else [])


def test_silence_lasts_from_receipt_to_the_first_request() -> None:
    """Before receipt, after the first request, and after the decision one may speak (R-36)."""
    events = facts(
        "2026-03-01T00:00:00",
        ("draft", "2026-01-20T10:00:00"),
        SUBMITTED,
        ("supplement-requested", "2026-02-05T16:00:00"),
        ("submitted", "2026-02-12T09:00:00"),
    ).events
    at = second("2026-02-02T10:00:00")
    assert [in_silence(events, at + n) for n in (-1, 0, 1)] == [False, True, True]
    asked = second("2026-02-05T16:00:00")
    assert [in_silence(events, asked + n) for n in (-1, 0, 1)] == [True, False, False]
    assert not in_silence(events, second("2026-02-20T09:00:00"))
    said = out_of_silence(ContactFacts("sample", at, events))
    assert said is not None
    assert (said.rule, said.reason) == ("R-36", "contact-in-silence")


# ---- against a count by hand

MOVES = {
    "submitted": ("supplement-requested", "consultation", "effective", "refused"),
    "consultation": ("submitted", "supplement-requested", "refused"),
    "supplement-requested": ("submitted", "refused"),
}


@st.composite
def lives(draw: st.DrawFn) -> ClockFacts:
    """A filing submitted in 2025 that is asked, consulted on, answered and perhaps decided, at any second."""
    at = draw(st.integers(second("2025-01-05T00:00:00"), second("2025-12-01T00:00:00")))
    events = [Happened("submitted", at)]
    while events[-1].state in MOVES and draw(st.integers(0, 4)):
        at += draw(st.integers(1, 20 * 86_400))
        events.append(Happened(draw(st.sampled_from(MOVES[events[-1].state])), at))
    now = at + draw(st.integers(0, 30 * 86_400))
    return ClockFacts("sample", now, tuple(events), replace(RULES, calendar=draw(st.sampled_from(("CN", "HK")))))


def by_hand(found: ClockFacts) -> list[date]:
    """Working days that lay wholly with the authority, and the day of its decision when that was its to take."""
    calendar, events = load(found.settings.calendar), found.events
    day, counted = day_of(events[0].at, ZONE) + timedelta(days=1), []
    final = events[-1] if events[-1].state not in MOVES else None
    last = day_of(final.at, ZONE) if final else day_of(found.now, ZONE) - timedelta(days=1)
    while day <= last:
        before = [event for event in events if day_of(event.at, ZONE) < day]
        today = [event for event in events if day_of(event.at, ZONE) == day]
        whole = before[-1].state == "submitted" and (not today or today == [final])
        if whole and calendar.is_working(day):
            counted.append(day)
        day += timedelta(days=1)
    return counted


@settings(max_examples=60, deadline=None)
@given(lives())
def test_used_days_are_those_that_lay_wholly_with_the_authority(found: ClockFacts) -> None:
    """The clock counts what a count day by day gives, and the limit is the day on which that count is full."""
    counted, told = by_hand(found), limit(found, DECIDE)
    if told.estimated:
        return
    assert told.used == Counted(len(counted), len(counted), False)
    if len(counted) >= told.allowed:
        assert told.latest == last_second_of(counted[told.allowed - 1], ZONE)
    assert (told.state == OVERDUE) == (told.latest is not None and (told.ended or found.now) > told.latest)


@settings(max_examples=40, deadline=None)
@given(lives(), st.integers(1, 10 * 86_400))
def test_time_only_moves_a_limit_on(found: ClockFacts, later: int) -> None:
    """Waiting never brings a due day nearer, and what is overdue stays overdue."""
    before, after = limit(found, DECIDE), limit(replace(found, now=found.now + later), DECIDE)
    if before.latest is not None:
        assert after.latest == before.latest
    if before.state == OVERDUE:
        assert after.state == OVERDUE
    assert after.used.most >= before.used.most


@settings(max_examples=30, deadline=None)
@given(lives())
def test_pauses_follow_each_other(found: ClockFacts) -> None:
    """Pauses do not overlap, and only the last one may still last."""
    stops = pauses(found.events)
    for earlier, after in pairwise(stops):
        assert earlier.since <= earlier.until <= after.since
    assert all(stop.until for stop in stops[:-1])
