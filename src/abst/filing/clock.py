"""The working-day clock of a filing (R-36 to R-39) and of its reports (R-71 to R-73). Pure.

A working day counts against the authority when the file lay with it for the whole of that day: the days of receipt, of
a request, of an answer, and of the opening and closing of a consultation do not count, and the day of the decision
does. What is due on a day is due by its last second in the filing's zone. A year without an official notice of
holidays gives a range (`abst.calendars`); nothing is overdue before its last possible day is past.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from abst.calendars import Calendar, Counted, Reckoned, load
from abst.errors import Refusal
from abst.rulebook import Rulebook, refuse
from abst.values import day_of, instant, last_second_of

SUBMITTED, ASKED, CONSULTED = "submitted", "supplement-requested", "consultation"
DECIDED = ("effective", "refused", "withdrawn")
OPEN, MET, OVERDUE, NOT_COUNTING = "open", "met", "overdue", "not-counting"
ASKS, ANSWERS = "ask for a supplement", "answer the supplement"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Happened:
    """One act on the filing: the state it led to (`states.Status`), and its second."""

    state: str
    at: int


@dataclass(frozen=True, slots=True)
class Matter:
    """What must be reported (R-72, R-73): since when, and when a report of its kind was published, 0 for not yet."""

    rule: str
    what: str
    since: int
    reported_at: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """Working days of each rule, the calendar they are counted in, and the zone in which a day ends."""

    decide_days: int
    ask_days: int
    answer_days: int
    completion_days: int
    risk_days: int
    matter_days: int
    calendar: str
    zone: str

    @classmethod
    def of(cls, rulebook: Rulebook, zone: str) -> Settings:
        """As the rulebook sets them."""
        return cls(
            decide_days=rulebook.number("R-37", "decide_days"),
            ask_days=rulebook.number("R-38", "ask_days"),
            answer_days=rulebook.number("R-38", "answer_days"),
            completion_days=rulebook.number("R-71", "days"),
            risk_days=rulebook.number("R-72", "days"),
            matter_days=rulebook.number("R-73", "days"),
            calendar=str(rulebook.setting("R-37", "calendar")),
            zone=zone,
        )


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """Everything the clock counts from. events: oldest first; first_mint, completed: seconds, 0 for not yet."""

    filing: str
    now: int
    events: tuple[Happened, ...]
    settings: Settings
    first_mint: int = 0
    completed: int = 0
    matters: tuple[Matter, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count: why (a state), from which second, to which; 0 while it lasts."""

    why: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """One time limit. who: authority or filer; earliest, latest: last good seconds, None while the clock stands still.

    allowed, used: working days; ended: second of the act that ended it, 0 for not yet; state: open, met, overdue or
    not-counting.
    """

    act: str
    rule: str
    who: str
    started: int
    earliest: int | None
    latest: int | None
    estimated: bool
    state: str
    allowed: int
    used: Counted
    ended: int = 0
    pauses: tuple[Pause, ...] = ()
    note: str = ""


def deadlines(facts: ClockFacts) -> list[Deadline]:
    """Every time limit that the filing's life has begun so far, in the order of its beginning."""
    found: list[Deadline] = []
    received = next((event.at for event in facts.events if event.state == SUBMITTED), 0)
    if received:
        found += [_ask(facts, received), _decide(facts, received), *_answers(facts)]
    if facts.first_mint:
        days = facts.settings.completion_days
        found.append(_simple(facts, "report completion", "R-71", facts.first_mint, days, facts.completed))
    for matter in facts.matters:
        days = facts.settings.risk_days if matter.rule == "R-72" else facts.settings.matter_days
        act = f"report {matter.what}"
        found.append(_simple(facts, act, matter.rule, matter.since, days, matter.reported_at))
    return sorted(found, key=lambda deadline: deadline.started)


def in_silence(events: Sequence[Happened], at: int) -> bool:
    """Whether the file was received and the authority has neither asked for a supplement nor decided (R-36)."""
    states = [event.state for event in events if event.at <= at]
    return SUBMITTED in states and not {ASKED, *DECIDED} & set(states)


# ---- the authority's clock


def pauses(events: Sequence[Happened]) -> tuple[Pause, ...]:
    """Times that do not count: while a supplement is asked for, and while others are consulted (R-37, R-39)."""
    found: list[Pause] = []
    for event in events:
        if found and not found[-1].until and event.state != found[-1].why:
            found[-1] = Pause(found[-1].why, found[-1].since, event.at)
        if event.state in (ASKED, CONSULTED):
            found.append(Pause(event.state, event.at, 0))
    return tuple(found)


def _decide(facts: ClockFacts, received: int) -> Deadline:
    """R-37: the authority decides within its days, which stop for supplements and consultations."""
    calendar, zone, allowed = load(facts.settings.calendar), facts.settings.zone, facts.settings.decide_days
    stops = pauses(facts.events)
    decided = next((e for e in facts.events if e.at >= received and e.state in DECIDED), None)
    used = Counted(0, 0, False)
    earliest: Reckoned | None = None
    latest: Reckoned | None = None
    starts = [received, *(stop.until for stop in stops if stop.until)]
    ends = [*(stop.since for stop in stops), decided.at if decided else facts.now]
    for number, start in enumerate(starts):
        first, last = day_of(start, zone), day_of(ends[number], zone)
        is_last = number == len(ends) - 1  # while the clock stands still, the last run has not begun
        # A day on which the file came back or was sent away is not wholly the authority's; its day of decision is.
        run = calendar.between(first, last if is_last and decided else last - ONE_DAY)
        if earliest is None and (is_last or used.most + run.most >= allowed):
            earliest = calendar.add(first, max(allowed - used.most, 0))
        if latest is None and (is_last or used.least + run.least >= allowed):
            latest = calendar.add(first, max(allowed - used.least, 0))
        used = Counted(used.least + run.least, used.most + run.most, used.estimated or run.estimated)
    paused = bool(stops) and not stops[-1].until and decided is None
    due = last_second_of(latest.latest, zone) if latest else None
    ended = decided.at if decided else 0
    state = _state(due, ended, facts.now)
    if paused and state == OPEN:
        state = NOT_COUNTING
    left = f"{max(allowed - used.most, 0)}" + ("" if used.least == used.most else f" to {allowed - used.least}")
    return Deadline(
        act="decide the filing",
        rule="R-37",
        who="authority",
        started=received,
        earliest=last_second_of(earliest.earliest, zone) if earliest else None,
        latest=due,
        estimated=used.estimated or any(found.estimated for found in (earliest, latest) if found),
        state=state,
        allowed=allowed,
        used=used,
        ended=ended,
        pauses=stops,
        note=f"{left} working days left when the file is back" if state == NOT_COUNTING else "",
    )


def _ask(facts: ClockFacts, received: int) -> Deadline:
    """R-38: the authority asks for a supplement within its days, or the file counts as complete."""
    asked = next((event.at for event in facts.events if event.state == ASKED), 0)
    decided = next((event.at for event in facts.events if event.state in DECIDED), 0)
    found = _simple(facts, ASKS, "R-38", received, facts.settings.ask_days, asked, who="authority")
    if asked or (found.state != OVERDUE and not decided):
        return found
    note = "nothing was asked: the file counts as complete"
    return _with(found, MET, note)


def _answers(facts: ClockFacts) -> list[Deadline]:
    """R-38: the filer answers each request within its days."""
    found: list[Deadline] = []
    for place, event in enumerate(facts.events):
        if event.state != ASKED:
            continue
        after = next(iter(facts.events[place + 1 :]), None)
        ended = after.at if after else 0
        one = _simple(facts, ANSWERS, "R-38", event.at, facts.settings.answer_days, ended)
        if after is not None and after.state != SUBMITTED:
            one = _with(one, NOT_COUNTING, f"ended: {after.state}")
        found.append(one)
    return found


def _simple(
    facts: ClockFacts, act: str, rule: str, started: int, allowed: int, ended: int, who: str = "filer"
) -> Deadline:
    """So many working days after the day of `started`, without a pause."""
    calendar, zone = load(facts.settings.calendar), facts.settings.zone
    first = day_of(started, zone)
    due = calendar.add(first, allowed)
    latest = last_second_of(due.latest, zone)
    return Deadline(
        act=act,
        rule=rule,
        who=who,
        started=started,
        earliest=last_second_of(due.earliest, zone),
        latest=latest,
        estimated=due.estimated,
        state=_state(latest, ended, facts.now),
        allowed=allowed,
        used=_used(calendar, facts, started, ended),
        ended=ended,
    )


def _used(calendar: Calendar, facts: ClockFacts, started: int, ended: int) -> Counted:
    """Working days gone: whole ones up to now, and that of the act when it is done."""
    zone = facts.settings.zone
    last = day_of(ended, zone) if ended else day_of(facts.now, zone) - ONE_DAY
    return calendar.between(day_of(started, zone), last)


def _state(due: int | None, ended: int, now: int) -> str:
    """Met in time, late, or still to come; the last second is in time."""
    if due is not None and (ended or now) > due:
        return OVERDUE
    return MET if ended else OPEN


def _with(found: Deadline, state: str, note: str) -> Deadline:
    return Deadline(
        found.act,
        found.rule,
        found.who,
        found.started,
        found.earliest,
        found.latest,
        found.estimated,
        state,
        found.allowed,
        found.used,
        found.ended,
        found.pauses,
        note,
    )


# ---- what is overdue, in the words of the rulebook


def _late(facts: ClockFacts, rule: str, act: str = "") -> list[tuple[str, str, str]]:
    """What was found, what was needed, and where, of each overdue act under a rule."""
    return [
        (
            instant(found.ended) if found.ended else f"not done at {instant(facts.now)}",
            f"by {instant(found.latest)}" if found.latest is not None else "",
            f"filing {facts.filing}: {found.act}",
        )
        for found in deadlines(facts)
        if found.rule == rule and found.state == OVERDUE and (not act or found.act == act)
    ]


def decided_in_time(facts: ClockFacts) -> list[Refusal]:
    """R-37: the authority has decided within its working days, pauses not counted."""
    return [refuse("R-37", "decision-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-37")]


def asked_in_time(facts: ClockFacts) -> list[Refusal]:
    """R-38: a supplement was asked for within the working days for it."""
    late = _late(facts, "R-38", ASKS)
    return [refuse("R-38", "request-overdue", found=f, needed=n, where=w) for f, n, w in late]


def answered_in_time(facts: ClockFacts) -> list[Refusal]:
    """R-38: each request was answered within the working days for it."""
    late = _late(facts, "R-38", ANSWERS)
    return [refuse("R-38", "answer-overdue", found=f, needed=n, where=w) for f, n, w in late]


def completion_reported(facts: ClockFacts) -> list[Refusal]:
    """R-71: completion of the issue was reported within its working days."""
    return [refuse("R-71", "completion-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-71")]


def risks_reported(facts: ClockFacts) -> list[Refusal]:
    """R-72: each material risk was reported within its working days."""
    return [refuse("R-72", "risk-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-72")]


def matters_reported(facts: ClockFacts) -> list[Refusal]:
    """R-73: each other material matter was reported within its working days."""
    return [refuse("R-73", "matter-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-73")]


GATES: tuple[Callable[[ClockFacts], list[Refusal]], ...] = (
    decided_in_time,
    asked_in_time,
    answered_in_time,
    completion_reported,
    risks_reported,
    matters_reported,
)


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """One contact with the authority at a second of the filing's life."""

    filing: str
    at: int
    events: tuple[Happened, ...]


def out_of_silence(facts: ContactFacts) -> Refusal | None:
    """R-36: between receipt and the first request there is silence. A warning: the contact is recorded all the same."""
    if not in_silence(facts.events, facts.at):
        return None
    found, needed = f"a contact at {instant(facts.at)}", "none from receipt to the first request for a supplement"
    return refuse("R-36", "contact-in-silence", found=found, needed=needed, where=f"filing {facts.filing}")


CONTACT: tuple[Callable[[ContactFacts], Refusal | None], ...] = (out_of_silence,)
