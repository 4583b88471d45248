"""`abst record-date`: the seconds at which it is fixed who is paid."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Filing, answer, day_end, grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, FLAG, INSTANT, TEXT, many, record

NOUN = Noun("record-date", "Record dates: announced ahead, taken by themselves.")
ANNOUNCED = record(filing=TEXT, number=COUNT, second=COUNT, at=INSTANT)
DATE = record(filing=TEXT, number=COUNT, second=COUNT, at=INSTANT, taken=FLAG)


@NOUN.command(
    "announce",
    example="abst record-date announce 1 --on 2027-01-15 --as operations-1",
    result=ANNOUNCED,
)
def announce(
    context: typer.Context,
    filing: Filing,
    on: Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="Who holds when this date ends is paid.")],
) -> Answer:
    """Announce the next record date of a filing: who holds at the end of that date (R-93). One waits at a time."""
    from abst.servicing import record_dates

    with house(context) as (call, office):
        command = record_dates.Announce(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            second=day_end(on, office.zone, "--on") + 1,
        )
        result = record_dates.announce(office, command)
    return answer(result)


@NOUN.command("list", example="abst record-date list", result=many(DATE))
def list_(
    context: typer.Context, filing: Annotated[str | None, typer.Option("--filing", help="Of this filing alone.")] = None
) -> Answer:
    """List the record dates announced, and whether each was taken."""
    from abst.servicing import record_dates

    with house(context) as (_, office):
        rows = record_dates.list_dates(office, filing)
    if not rows:
        return Answer(rows, ["no record dates"])
    return Answer(rows, [grid(rows, ("filing", "number", "at", "taken"))])
