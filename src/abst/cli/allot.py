"""`abst allot`: new tokens for signed orders, each paid as it is delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import answer, house, read
from abst.cli.envelope import Answer
from abst.cli.mint import PROPOSED, TRIED, tried

NOUN = Noun("", "")


@NOUN.command(
    "allot", example="abst allot order-1.json order-2.json --as operations-1", result={"anyOf": [PROPOSED, TRIED]}
)
def allot(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Signed orders, all of one token.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report every order and change nothing.")] = False,
) -> Answer:
    """Propose to fill orders against payment. Every gate of a mint runs on every order, and those of its payment.

    Orders that fail are refused with all their reasons (exit 3); the others wait for the gatekeeper (`abst approve`).
    """
    from abst.issuance import allotment

    contents = tuple(read(file, "FILE") for file in files)
    with house(context) as (call, office):
        if dry_run:
            return tried(allotment.dry_run(office, contents))
        command = allotment.Allot(officer=call.act_as(), request=call.request_id(), papers=contents)
        result = allotment.allot(office, command)
    return answer(result)
