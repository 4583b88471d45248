"""`abst demo`: a real deal, from its filing to the register of holders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun, call_of
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, FLAG, HASH, TEXT, record

NOUN = Noun("", "")


@NOUN.command(
    "demo",
    example="abst demo --short",
    result=record(home=TEXT, seed=COUNT, short=FLAG, steps=COUNT, digest=HASH, verify=FLAG),
)
def demo(
    context: typer.Context,
    short: Annotated[bool, typer.Option("--short", help="About 20 investors instead of 200.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed: same amounts, decisions, positions.")] = 1,
) -> Answer:
    """Take a real auto-loan deal through filing, issue, transfers, disclosure and recovery, offline, in a fresh home.

    The home is left to explore; a rerun starts it afresh. A home that is not a demo's is never touched.
    """
    from abst.demo import run

    call = call_of(context)
    told = run(Path(call.home), seed=seed, short=short, say=call.say if call.json else print)
    return Answer(told.as_dict(), told.closing, "done" if told.verified else "integrity")
