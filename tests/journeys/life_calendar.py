"""The disclosure calendar in the life of a filing: shown, written as a file, opened on chain, met, reminded of."""

from __future__ import annotations

import json

from icalendar import Calendar
from program import Abst

from abst import demo_data

OPS = "operations-1"
SHORT = {
    "period": 3,
    "distributions": [{"tranche": "A1", "due": 100, "paid": 99}],
    "principal": 1,
    "losses": 0,
    "pool": 1,
}


def keep(abst: Abst) -> None:
    """Late duties are opened, one is met; a lawsuit and a missed class are told of; the file holds every duty."""
    file = abst.home.parent / "calendar.ics"
    rows = abst("calendar", "--filing", "1", "--ics", file).result
    events = [str(event["uid"]) for event in Calendar.from_ical(file.read_bytes()).walk("VEVENT")]
    assert [uid.split(".")[0] for uid in events] == [row["name"] for row in rows]
    assert len(set(events)) == len(rows) > 40
    abst("calendar", "--ics", abst.home / "nowhere" / "calendar.ics", exit=2)
    assert "duty" in {row["kind"] for row in abst("today").result}
    assert "overdue" in {row["stage"] for row in abst("duty", "remind", "--as", OPS).result["reminders"]}
    opened = abst("duty", "open", "1", "--as", OPS).result["opened"]
    paper = ("--evidence", abst.evidence("a claim"), "--as", OPS)
    told = abst("duty", "event", "1", "litigation", "--note", "a claim against the servicer", *paper).result
    assert [row["name"] for row in told["opened"]] == ["litigation-1"]
    figures = abst.file("figures.json", json.dumps(SHORT))
    found = abst("duty", "figures", "1", "--file", figures, "--as", OPS)
    assert [row["name"] for row in found.result["events"]] == ["distribution-missed-3"]
    abst("duty", "figures", "1", "--as", OPS, exit=2)
    late = opened[0]["name"]
    page = ("--document", abst.evidence(late), "--uri", f"https://example.org/{late}", "--as", OPS)
    abst("duty", "publish", "1", late, *page)
    left = {row["name"] for row in abst("calendar", "--open", "--until", "2099-12-31").result}
    assert {row["name"] for row in rows} - left >= {late}
    assert {"litigation-1", "distribution-missed-3"} <= left


def look_at_a_month(abst: Abst) -> None:
    """The first month as it was closed here: its figures are looked at, and are then no row of today's."""
    pool = abst.file("collections.csv", demo_data.text("collections.csv"))
    assert "events" in {row["kind"] for row in abst("today").result}
    told = abst("duty", "figures", "1", "--period", "1", "--pool", pool, "--as", OPS).result
    assert (told["period"], told["decision"][:4]) == (1, "dec-")
    assert "events" not in {row["kind"] for row in abst("today").result}
