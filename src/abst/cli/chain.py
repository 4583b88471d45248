"""`abst chain`: the chain under the registry, and the embedded chain's clock."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import fields, house, moment
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, COUNT, HASH, TEXT, record, table_of
from abst.errors import UsageError

NOUN = Noun("chain", "The chain under the registry.")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@NOUN.command(
    "show",
    example="abst chain show",
    result=record(chain_id=COUNT, block=COUNT, block_hash=HASH, now=COUNT, zone=TEXT, contracts=table_of(ADDRESS)),
)
def show(context: typer.Context) -> Answer:
    """Show the chain's head, its clock and the contracts."""
    with house(context) as (_, office):
        head = office.chain.head()
        found = {
            "chain_id": office.chain.chain_id,
            "block": head.number,
            "block_hash": head.hash,
            "now": office.now(),
            "zone": office.zone,
            "contracts": office.deployment.addresses(),
        }
    shown = {**found, "now": moment(int(str(found["now"])), office.zone)}
    return Answer(found, [fields(shown)])


@NOUN.command("warp", example="abst chain warp 16d", result=record(now=COUNT, zone=TEXT))
def warp(
    context: typer.Context,
    time: Annotated[str, typer.Argument(metavar="TIME", help="How far: seconds, or a number with s, m, h, d or w.")],
) -> Answer:
    """Move the embedded chain's clock forward (never back). A node refuses."""
    from abst.chain.office import warp as move

    matched = re.fullmatch(r"([0-9]+)([smhdw]?)", time)
    if matched is None:
        raise UsageError("not a span of time", found=time, needed="such as 3600, 90m, 12h, 16d, 2w", where="TIME")
    with house(context) as (_, office):
        now = move(office, int(matched[1]) * SECONDS[matched[2] or "s"])
        zone = office.zone
    return Answer({"now": now, "zone": zone}, [f"now {moment(now, zone)} {zone}"])
