"""`abst holders`: the register of holders of a token, read from the chain's events."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Token, grid, house, moment
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, HASH, TEXT, many, maybe, record

NOUN = Noun("", "")
ROW = record(
    investor=maybe(TEXT),
    name=maybe(TEXT),
    wallet=ADDRESS,
    balance=AMOUNT,
    frozen=AMOUNT,
    locked_until=maybe(COUNT),
    share=TEXT,
)
REGISTER = record(token=TEXT, block=COUNT, block_hash=HASH, supply=AMOUNT, rows=many(ROW))


@NOUN.command("holders", example="abst holders JSD-A1", result=REGISTER)
def holders(
    context: typer.Context,
    token: Token,
    block: Annotated[int | None, typer.Option("--block", min=0, help="As of this block; default the last.")] = None,
) -> Answer:
    """Print the register of holders of a token as of a block, names masked."""
    from abst.holders import desk

    with house(context) as (_, office):
        register = desk.register(office, token, block=block).as_dict()
        zone = office.zone
    rows = register["rows"]
    shown = [{**row, "locked_until": moment(row["locked_until"], zone)} for row in rows]
    columns = ("investor", "name", "wallet", "balance", "share", "frozen", "locked_until")
    line = f"{len(rows)} wallets, supply {int(register['supply']):,}, block {register['block']}"
    return Answer(register, [grid(shown, columns, right=("balance", "share", "frozen")), line])
