"""`abst hook`: contracts that are told of each publication."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Filing, answer, grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, COUNT, FLAG, TEXT, many, maybe, record

NOUN = Noun("hook", "Subscribers: contracts that the registry tells of each publication.")
Hook = Annotated[str, typer.Argument(metavar="ADDRESS", help="Address of the subscriber, a contract.")]
SET = record(filing=TEXT, hook=ADDRESS, subscribed=FLAG)
LISTED = record(filing=TEXT, hook=ADDRESS, subscribed=FLAG, failures=COUNT, last_failure=maybe(COUNT))


@NOUN.command(
    "add",
    example="abst hook add 1 0x00000000000000000000000000000000000000A1 --as operations-1",
    result=SET,
)
def add(context: typer.Context, filing: Filing, hook: Hook) -> Answer:
    """Tell a contract of each publication of the filing. It cannot stop one, whatever it does."""
    from abst.disclosure import hooks

    with house(context) as (call, office):
        command = hooks.SetHook(officer=call.act_as(), request=call.request_id(), filing=filing, hook=hook)
        result = hooks.add(office, command)
    return answer(result)


@NOUN.command(
    "remove",
    example="abst hook remove 1 0x00000000000000000000000000000000000000A1 --as operations-1",
    result=SET,
)
def remove(context: typer.Context, filing: Filing, hook: Hook) -> Answer:
    """Tell a contract no more."""
    from abst.disclosure import hooks

    with house(context) as (call, office):
        command = hooks.SetHook(officer=call.act_as(), request=call.request_id(), filing=filing, hook=hook)
        result = hooks.remove(office, command)
    return answer(result)


@NOUN.command("list", example="abst hook list 1", result=many(LISTED))
def list_(context: typer.Context, filing: Filing) -> Answer:
    """List subscribers, those of before too, with how often each failed and the block of the last failure."""
    from abst.disclosure import hooks

    with house(context) as (_, office):
        rows = hooks.list_hooks(office, filing)
    if not rows:
        return Answer(rows, ["no subscribers"])
    return Answer(rows, [grid(rows, ("hook", "subscribed", "failures", "last_failure"))])
