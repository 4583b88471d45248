"""`abst reindex` and `abst reconcile`: what is derived from events, derived again; and asked of the tokens."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import house
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, TEXT, many, maybe, record

NOUN = Noun("", "")
UNEQUAL = record(token=TEXT, wallet=maybe(ADDRESS), by_events=AMOUNT, on_chain=AMOUNT)


@NOUN.command(
    "reindex",
    example="abst reindex",
    result=record(block=COUNT, events=COUNT, differ=COUNT, differences=many(TEXT)),
)
def reindex(
    context: typer.Context,
    from_chain: Annotated[
        bool, typer.Option("--from-chain", help="Read the chain again, not only the logs kept; ends a halt.")
    ] = False,
) -> Answer:
    """Derive positions, movements and all else again from the events, beside what stands, and put it in its place.

    Prints what stood otherwise. Safe to interrupt, and to repeat. After the reader was stopped, because a block that
    was final is gone, a person decides by `--from-chain` that the chain as it is now is the one to follow (R-61).
    """
    from abst import journal

    with house(context) as (call, office):
        done = journal.reindex(office, from_chain=from_chain, by=call.officer or "", progress=call.say)
        block = journal.advance(office)
    result = {"block": block, "events": done.events, "differ": done.differ, "differences": done.differences}
    line = f"{done.events:,} events, up to block {block}; {done.differ:,} rows stood otherwise"
    return Answer(result, [*done.differences, line])


@NOUN.command(
    "reconcile",
    example="abst reconcile",
    result=record(block=COUNT, tokens=COUNT, wallets=COUNT, differences=many(UNEQUAL)),
)
def reconcile(
    context: typer.Context,
    token: Annotated[str | None, typer.Argument(metavar="TOKEN", help="One token; default all of them.")] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only positions that changed since all were last equal.")
    ] = False,
) -> Answer:
    """Compare positions by events with the tokens' own balances and supply, at the block the reader has reached (R-61).

    Exit 6, and each difference, where they differ.
    """
    from abst.holders import reconciling

    with house(context) as (_, office):
        found = reconciling.compare(office, token, all=not changed)
    rows = [
        {
            "token": one.token,
            "wallet": one.wallet,
            "by_events": str(one.by_events),
            "on_chain": str(one.on_chain),
        }
        for one in found.differences
    ]
    result = {"block": found.block, "tokens": found.tokens, "wallets": found.wallets, "differences": rows}
    line = f"{found.wallets:,} positions of {found.tokens} tokens at block {found.block}: "
    line += f"{len(rows):,} differences" if rows else "as the tokens say"
    return Answer(result, [*map(str, found.differences), line], "integrity" if rows else "done")
