"""The calendar as an iCalendar file (RFC 5545), to be read by any calendar program.

Each duty is one event of whole days: from the first to the last day on which it may end. Its UID never changes, so
that a file that is read again brings the events up to date. Nothing blocks time, and reminders come as alarms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from abst.values import day_of

if TYPE_CHECKING:
    from icalendar import Alarm, Event

PRODUCER = "-//ABST Registry//disclosure calendar//EN"
ONE_DAY = timedelta(days=1)
DONE = ("met", "late")


def icalendar(rows: Sequence[Mapping[str, Any]], *, registry: str, zone: str, now: int, days: Sequence[int]) -> bytes:
    """A calendar of rows as `reckoning.rows` gives them. registry: its id, part of each UID; days: of the alarms."""
    from icalendar import Calendar

    made = Calendar()
    for name, value in (
        ("prodid", PRODUCER),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("method", "PUBLISH"),
        ("x-wr-calname", "Disclosure calendar"),
        ("x-wr-timezone", zone),
    ):
        made.add(name, value)
    for row in rows:
        made.add_component(_event(row, registry, zone, now, days))
    return bytes(made.to_ical())


def _event(row: Mapping[str, Any], registry: str, zone: str, now: int, days: Sequence[int]) -> Event:
    from icalendar import Event

    first, last = day_of(row["earliest"], zone), day_of(row["latest"], zone)
    event = Event()
    event.add("uid", f"{row['name']}.{row['filing']}@{registry.removeprefix('0x')[:16]}.abst")
    event.add("dtstamp", datetime.fromtimestamp(now, UTC))
    event.add("dtstart", first)
    event.add("dtend", last + ONE_DAY)
    event.add("summary", f"{row['filing']}: {row['name']} ({row['rule']}){_mark(row)}")
    event.add("description", _words(row))
    event.add("categories", [row["rule"], row["kind"]])
    event.add("status", "TENTATIVE" if row["estimated"] else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PUBLIC")
    if row["state"] not in DONE:
        for number in days:
            event.add_component(_alarm(row, number))
    return event


def _alarm(row: Mapping[str, Any], number: int) -> Alarm:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"{row['name']} of {row['filing']} is due, days left: {number}")
    alarm.add("trigger", -timedelta(days=number))
    return alarm


def _mark(row: Mapping[str, Any]) -> str:
    return "" if row["state"] in ("open", "planned") else f", {row['state']}"


def _words(row: Mapping[str, Any]) -> str:
    who = f"{row['who']}, {row['party']}" if row["party"] else row["who"]
    lines = [f"{row['kind']}: {row['what']}", f"from: {who}", f"state: {row['state']}"]
    if row["obligation"]:
        lines.append(f"obligation on chain: {row['obligation']}")
    if row["estimated"]:
        lines.append("estimated: holidays of that time are not announced yet")
    return "\n".join(lines)
