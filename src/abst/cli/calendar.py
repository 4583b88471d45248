"""`abst calendar`: what is due of every filing, from whom and when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, FLAG, TEXT, many, maybe, one_of, record

NOUN = Noun("", "")
DUTY = {
    "filing": TEXT,
    "name": TEXT,
    "rule": TEXT,
    "kind": TEXT,
    "who": TEXT,
    "party": TEXT,
    "what": TEXT,
    "earliest": COUNT,
    "latest": COUNT,
    "estimated": FLAG,
    "state": one_of("planned", "open", "met", "late", "overdue"),
    "met": maybe(COUNT),
    "obligation": maybe(COUNT),
}


@NOUN.command("calendar", example="abst calendar --filing 1 --ics calendar.ics", result=many(record(**DUTY)))
def calendar(
    context: typer.Context,
    filing: Annotated[str | None, typer.Option("--filing", help="Of this filing alone.")] = None,
    until: Annotated[str, typer.Option("--until", metavar="YYYY-MM-DD", help="What is due by this day.")] = "",
    undone: Annotated[bool, typer.Option("--open", help="Only what is not published yet.")] = False,
    ics: Annotated[
        Path | None, typer.Option("--ics", metavar="FILE", help="Write it as an iCalendar file too.")
    ] = None,
) -> Answer:
    """List what is due, from whom and when: reports, copies, material events (R-71 to R-79).

    A duty bears the name of its document. `planned`: nothing is issued yet. `late`: published after its end.
    """
    from abst.cli.common import day_end
    from abst.disclosure import due, reckoning
    from abst.disclosure.ical import icalendar
    from abst.values import day_of

    with house(context) as (_, office):
        last = day_end(until, office.zone, "--until") if until else None
        rows = [
            row
            for row in reckoning.rows(office, filing)
            if (last is None or row["latest"] <= last) and not (undone and row["met"])
        ]
        zone = office.zone
        if ics is not None:
            days = due.remind_days(office)
            content = icalendar(rows, registry=office.registry_id, zone=zone, now=office.now(), days=days)
            _write(ics, content)
    if not rows:
        return Answer(rows, ["nothing is due"])
    shown = [
        row
        | {
            "due": " to ".join(dict.fromkeys(str(day_of(row[end], zone)) for end in ("earliest", "latest"))),
            "from": row["party"] or row["who"],
            "estimated": "estimated" if row["estimated"] else "",
        }
        for row in rows
    ]
    return Answer(
        rows, [grid(shown, ("filing", "due", "estimated", "name", "rule", "from", "what", "state", "obligation"))]
    )


def _write(path: Path, content: bytes) -> None:
    from abst.errors import UsageError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(
            "cannot write the file", found=f"{path}: {error.strerror}", needed="a folder to write to", where="--ics"
        ) from None
