"""What is due of a deal, from whom and when (R-71 to R-79): reckoned from deal, rulebook and what happened. Pure.

A duty bears the name of the document that meets it, which is its name on chain too: `distribution-7`,
`annual-report-2027`, `copy-…`. It ends with its last day, by the second, in the filing's zone. Trading days are the
working days of the mainland without those that are worked in exchange for a holiday. Where a year's holidays are not
announced, a duty has a first and a last possible end (`abst.calendars`), and is not overdue before the last is past.

Reports by the calendar fall due from the first mint on and as long as the plan stands; what was due before the
registry held the tokens is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from abst.calendars import Calendar, Reckoned, load, months_after
from abst.errors import Refusal
from abst.filing import clock
from abst.filing.clock import ClockFacts, Deadline
from abst.rulebook import Rulebook, refuse
from abst.values import day_of, instant, last_second_of

PLANNED, OPEN, MET, LATE, OVERDUE = "planned", "open", "met", "late", "overdue"
NOT_DONE = (PLANNED, OPEN, OVERDUE)
COMPLETION, RISK, MATTER = "issue-completion", "material-risk", "material-matter"
DISTRIBUTION, ANNUAL, COPY = "distribution-report", "annual-report", "association-copy"
INTERIM, OBLIGOR, HALF_YEAR = "interim-report", "obligor-disclosure", "risk-report"
REPORTED = {"R-71": COMPLETION, "R-72": RISK, "R-73": MATTER}  # rules whose time limits the filing's clock counts
COPIED = (COMPLETION, RISK, MATTER, DISTRIBUTION, ANNUAL, INTERIM, OBLIGOR, HALF_YEAR)
SCHEDULED = ("R-74", "R-75", "R-76", "R-77", "R-78", "R-79")
DIGITS = 24  # of a document's hash in the name of its copy: with the word before them they fit the chain's 32 bytes
YEAR = 12  # months


@dataclass(frozen=True, slots=True)
class Payday:
    """One payment date of the deal. estimated: moved by holidays that are not announced yet."""

    number: int
    day: date
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """One document published: its name, kind and SHA-256, when, and the obligation it closed, 0 for none."""

    name: str
    kind: str
    hash: str
    at: int
    obligation: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """What must be told of (R-77, R-78): under which name, since when it is known, of which period, 0 for none."""

    name: str
    rule: str
    kind: str
    what: str
    since: int
    period: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """A duty that stands on chain as an obligation."""

    name: str
    obligation: int


@dataclass(frozen=True, slots=True)
class Party:
    """A party of the deal by its role."""

    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the rulebook sets: days before and after, dates (MM-DD), calendars, and roles in the order of preference."""

    report_days: int
    annual: str
    exempt_months: int
    copy_days: int
    event_days: int
    half_years: tuple[str, ...]
    trading: str
    working: str
    servicer: tuple[str, ...]
    manager: tuple[str, ...]
    zone: str

    @classmethod
    def of(cls, rulebook: Rulebook, zone: str) -> Settings:
        """As the rulebook sets them."""
        return cls(
            report_days=rulebook.number("R-74", "days_before"),
            annual=str(rulebook.setting("R-75", "month_day")),
            exempt_months=rulebook.number("R-75", "exempt_months"),
            copy_days=rulebook.number("R-76", "days"),
            event_days=rulebook.number("R-77", "days"),
            half_years=rulebook.words("R-79", "month_days"),
            trading=str(rulebook.setting("R-74", "calendar")),
            working=str(rulebook.setting("R-37", "calendar")),
            servicer=rulebook.words("R-74", "who"),
            manager=rulebook.words("R-75", "who"),
            zone=zone,
        )


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """Everything that duties are reckoned from. begun: second of the first mint, 0 for not yet.

    last_day: of the plan as filed; ended: the day on which nothing was outstanding any more; clock: of the filing,
    for what its first mint, breaks and changes ask for (R-71 to R-73).
    """

    filing: str
    now: int
    begun: int
    set_up: date
    last_day: date
    payments: tuple[Payday, ...]
    settings: Settings
    ended: date | None = None
    parties: tuple[Party, ...] = ()
    published: tuple[Published, ...] = ()
    events: tuple[Event, ...] = ()
    opened: tuple[Opened, ...] = ()
    clock: ClockFacts | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """One document that is due. earliest, latest: last good seconds, apart where estimated; met: when it was
    published, 0 for not yet; obligation: its number on chain, 0 while it is not there.

    state: planned (nothing is issued yet), open, met, late (published after its end) or overdue.
    """

    name: str
    rule: str
    kind: str
    who: str
    party: str
    what: str
    earliest: int
    latest: int
    estimated: bool
    state: str
    met: int
    obligation: int


def duties(facts: CalendarFacts) -> tuple[Duty, ...]:
    """Every duty of a filing, in the order of their ends."""
    found = [
        *_distributions(facts),
        *_annual(facts),
        *_half_years(facts),
        *_copies(facts),
        *_events(facts),
        *_of_clock(facts),
    ]
    named = {duty.name: duty for duty in reversed(found)}
    return tuple(sorted(named.values(), key=lambda duty: (duty.latest, duty.name)))


def trading_days(calendar: Calendar) -> Calendar:
    """The exchange's days: no weekend is traded on, whatever is worked in exchange for a holiday."""
    festivals = tuple(replace(festival, worked=0) for festival in calendar.festivals)
    return replace(calendar, working=frozenset(), festivals=festivals)


@lru_cache(maxsize=10_000)
def _traded(code: str, day: date, days: int) -> Reckoned:
    """So many trading days after a date, or before it."""
    return trading_days(load(code)).add(day, days)


# ---- by the calendar


def _distributions(facts: CalendarFacts) -> Iterator[Duty]:
    """So many trading days before each payment (R-74)."""
    for payday in facts.payments:
        due = _report_due(facts, payday)
        if facts.ended is None or payday.day <= facts.ended:
            yield from _scheduled(facts, f"distribution-{payday.number}", DISTRIBUTION, f"payment {payday.number}", due)


def _report_due(facts: CalendarFacts, payday: Payday) -> Reckoned:
    found = _traded(facts.settings.trading, payday.day, -facts.settings.report_days)
    return replace(found, estimated=found.estimated or payday.estimated)


def _annual(facts: CalendarFacts) -> Iterator[Duty]:
    """Of each year, in the one after (R-75); not of a year at whose end the plan had stood too shortly."""
    settings, end = facts.settings, _end(facts)
    for year in range(facts.set_up.year, end.year):
        due = _day_in(year + 1, settings.annual)
        if months_after(facts.set_up, settings.exempt_months) <= date(year, YEAR, 31) and due <= end:
            sure = Reckoned(due, due, False)
            yield from _scheduled(facts, f"annual-report-{year}", ANNUAL, f"the year {year}", sure)


def _half_years(facts: CalendarFacts) -> Iterator[Duty]:
    """On its days of each year, after the plan was set up (R-79)."""
    end = _end(facts)
    for year in range(facts.set_up.year, end.year + 1):
        for month_day in facts.settings.half_years:
            due = _day_in(year, month_day)
            if facts.set_up < due <= end:
                sure = Reckoned(due, due, False)
                yield from _scheduled(facts, f"risk-report-{due}", HALF_YEAR, f"the half-year to {due}", sure)


def _scheduled(facts: CalendarFacts, name: str, kind: str, what: str, due: Reckoned) -> Iterator[Duty]:
    """A duty of the calendar, unless it ended before the registry held anything."""
    found = _duty(facts, name, kind, what, due)
    if not facts.begun or facts.begun <= found.latest:
        yield found


def _end(facts: CalendarFacts) -> date:
    """The last day that is looked at: the plan's, or a year from now where it outlives what was filed."""
    today = day_of(facts.now, facts.settings.zone)
    if facts.ended is not None:
        return facts.ended
    return facts.last_day if today <= facts.last_day else months_after(today, YEAR)


def _day_in(year: int, month_day: str) -> date:
    """MM-DD in a year; the month's last day where it is shorter."""
    month, day = map(int, month_day.split("-"))
    return months_after(date(year, 1, day), month - 1)


# ---- by what happened


def _copies(facts: CalendarFacts) -> Iterator[Duty]:
    """Of each document, some working days after it was first published (R-76)."""
    calendar, settings = load(facts.settings.working), facts.settings
    for one in facts.published:
        if one.kind in COPIED:
            due = calendar.add(day_of(one.at, settings.zone), settings.copy_days)
            yield _duty(facts, copy_name(one.hash), COPY, f"a copy of {one.name or one.kind}", due)


def copy_name(document_hash: str) -> str:
    """The name under which the association's copy of a document is known."""
    return f"copy-{document_hash.removeprefix('0x')[:DIGITS]}"


def _events(facts: CalendarFacts) -> Iterator[Duty]:
    """Some trading days after it is known (R-77); of concentration, with the payment's report still to come (R-78)."""
    settings = facts.settings
    paydays = {payday.number: payday for payday in facts.payments}
    for event in facts.events:
        due = _traded(settings.trading, day_of(event.since, settings.zone), settings.event_days)
        if event.kind == OBLIGOR and event.period in paydays:
            report = _report_due(facts, paydays[event.period])
            due = report if event.since <= last_second_of(report.latest, settings.zone) else due
        yield _duty(facts, event.name, event.kind, event.what, due)


def _of_clock(facts: CalendarFacts) -> Iterator[Duty]:
    """As the filing's clock counts them (R-71 to R-73)."""
    for deadline in clock.deadlines(facts.clock) if facts.clock else ():
        if deadline.rule in REPORTED and deadline.earliest is not None and deadline.latest is not None:
            yield _of_deadline(facts, deadline, deadline.earliest, deadline.latest)


def _of_deadline(facts: CalendarFacts, deadline: Deadline, earliest: int, latest: int) -> Duty:
    kind = REPORTED[deadline.rule]
    name = kind if kind == COMPLETION else f"{kind}-{deadline.started}"
    obligation = _obligation(facts, name)
    met = _met(facts, name, kind, obligation) if obligation else deadline.ended
    return Duty(
        name=name,
        rule=deadline.rule,
        kind=kind,
        who=deadline.who,
        party="",
        what=deadline.act.removeprefix("report "),
        earliest=earliest,
        latest=latest,
        estimated=deadline.estimated,
        state=_state(facts.now, latest, met),
        met=met,
        obligation=obligation,
    )


# ---- one duty


_RULES = {DISTRIBUTION: "R-74", ANNUAL: "R-75", COPY: "R-76", INTERIM: "R-77", OBLIGOR: "R-78", HALF_YEAR: "R-79"}


def _duty(facts: CalendarFacts, name: str, kind: str, what: str, due: Reckoned) -> Duty:
    zone, settings = facts.settings.zone, facts.settings
    latest, obligation = last_second_of(due.latest, zone), _obligation(facts, name)
    met = _met(facts, name, kind, obligation)
    state = _state(facts.now, latest, met)
    who, party = _bound(facts.parties, settings.servicer if kind == DISTRIBUTION else settings.manager)
    return Duty(
        name=name,
        rule=_RULES[kind],
        kind=kind,
        who=who,
        party=party,
        what=what,
        earliest=last_second_of(due.earliest, zone),
        latest=latest,
        estimated=due.estimated,
        state=state if facts.begun or met else PLANNED,
        met=met,
        obligation=obligation,
    )


def _bound(parties: Sequence[Party], roles: Sequence[str]) -> tuple[str, str]:
    """The first of the roles that the deal has, and who has it; the first role alone where it has none of them."""
    for role in roles:
        for party in parties:
            if party.role == role:
                return role, party.name
    return next(iter(roles), ""), ""


def _obligation(facts: CalendarFacts, name: str) -> int:
    return next((one.obligation for one in facts.opened if one.name == name), 0)


def _met(facts: CalendarFacts, name: str, kind: str, obligation: int) -> int:
    """When it was published: what stands on chain is met by what closed it, anything else by its name."""
    for one in facts.published:
        if one.obligation == obligation if obligation else (one.name, one.kind) == (name, kind):
            return one.at
    return 0


def _state(now: int, latest: int, met: int) -> str:
    """The last second is in time."""
    if met:
        return MET if met <= latest else LATE
    return OVERDUE if now > latest else OPEN


# ---- what is late, in the words of the rulebook


def _late(facts: CalendarFacts, rule: str) -> Iterator[tuple[str, str, str]]:
    """What was found, what was needed, and where, of each late duty under a rule."""
    for duty in duties(facts):
        if duty.rule == rule and duty.state in (LATE, OVERDUE):
            found = f"published {instant(duty.met)}" if duty.met else f"not published at {instant(facts.now)}"
            yield found, f"by {instant(duty.latest)}", f"filing {facts.filing}: {duty.name}"


def distributions_reported(facts: CalendarFacts) -> list[Refusal]:
    """R-74: the report of each distribution was published its trading days before the payment."""
    return [
        refuse("R-74", "distribution-report-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-74")
    ]


def years_reported(facts: CalendarFacts) -> list[Refusal]:
    """R-75: the annual report of each year was published by its day."""
    return [refuse("R-75", "annual-report-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-75")]


def copies_sent(facts: CalendarFacts) -> list[Refusal]:
    """R-76: each document went to the association within its working days."""
    return [refuse("R-76", "copy-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-76")]


def events_reported(facts: CalendarFacts) -> list[Refusal]:
    """R-77: each material event was told of in an interim report within its trading days."""
    return [refuse("R-77", "interim-report-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-77")]


def obligors_disclosed(facts: CalendarFacts) -> list[Refusal]:
    """R-78: obligors and groups over their share were disclosed with the report of their period."""
    return [
        refuse("R-78", "obligor-disclosure-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-78")
    ]


def risk_classed(facts: CalendarFacts) -> list[Refusal]:
    """R-79: the risk report of each half-year was published by its day."""
    return [refuse("R-79", "risk-report-overdue", found=f, needed=n, where=w) for f, n, w in _late(facts, "R-79")]


GATES: tuple[Callable[[CalendarFacts], list[Refusal]], ...] = (
    distributions_reported,
    years_reported,
    copies_sent,
    events_reported,
    obligors_disclosed,
    risk_classed,
)


@dataclass(frozen=True, slots=True)
class PaymentReport:
    """A payment about to be made to holders: its number in the deal, and whether its report stands."""

    filing: str
    payment: int
    published: bool


def report_before_payment(facts: PaymentReport) -> Refusal | None:
    """R-74: no distribution is paid before its report is published. A late report delays no holder further."""
    if facts.published:
        return None
    needed = f"distribution-{facts.payment} published"
    where = f"filing {facts.filing}, payment {facts.payment}"
    return refuse("R-74", "distribution-unreported", found="no distribution report", needed=needed, where=where)


BEFORE_PAYMENT: tuple[Callable[[PaymentReport], Refusal | None], ...] = (report_before_payment,)


# ---- reminders


def stage(duty: Duty, now: int, zone: str, days: Sequence[int]) -> str:
    """The reminder that a duty has reached: the fewest of `days` that still hold its days left, or overdue; else none.

    Days left are counted to the first day on which it may end.
    """
    if duty.state == OVERDUE:
        return OVERDUE
    left = (day_of(duty.earliest, zone) - day_of(now, zone)).days
    reached = [number for number in days if left <= number]
    return str(min(reached)) if duty.state == OPEN and reached else ""
