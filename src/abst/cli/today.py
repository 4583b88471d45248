"""`abst today`: what is due, overdue, stuck or expiring."""

from __future__ import annotations

import typer

from abst.cli.app import Noun
from abst.cli.common import grid, house, moment
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, FLAG, TEXT, many, maybe, record

NOUN = Noun("", "")
ITEM = record(kind=TEXT, what=TEXT, when=maybe(COUNT), who=maybe(TEXT), overdue=FLAG)


@NOUN.command("today", example="abst today", result=many(ITEM))
def today(context: typer.Context) -> Answer:
    """List what is due, overdue, stuck or expiring, the most urgent first."""
    from abst.integrity import desk

    with house(context) as (_, office):
        rows = desk.today(office)
        zone = office.zone
    if not rows:
        return Answer(rows, ["nothing is due"])
    shown = [{**row, "when": moment(row["when"], zone)} for row in rows]
    return Answer(rows, [grid(shown, ("kind", "what", "when", "who", "overdue"))])
