"""`abst travel`: the data of originator and beneficiary that travel with transfers (R-51)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import grid, house, read
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, AMOUNT, ANY_OBJECT, COUNT, FLAG, HASH, INSTANT, TEXT, many, record

NOUN = Noun("travel", "The travel rule: data of both sides kept with each transfer (IVMS 101).")
BRIEF = {
    "transfer": TEXT,
    "place": COUNT,
    "token": ADDRESS,
    "originator": TEXT,
    "beneficiary": TEXT,
    "amount": AMOUNT,
    "hkd": TEXT,
    "reduced": FLAG,
    "digest": HASH,
    "at": INSTANT,
}
MISSING = record(**{"from": ADDRESS}, token=ADDRESS, to=ADDRESS, amount=AMOUNT, block=COUNT, transaction=HASH, how=TEXT)
COLUMNS = ("transfer", "place", "originator", "beneficiary", "amount", "hkd", "reduced", "at")


@NOUN.command("list", example="abst travel list", result=many(record(**BRIEF)))
def list_(context: typer.Context) -> Answer:
    """Every payload kept, newest first: ids and amounts, no personal data. `reduced`: below the threshold."""
    from abst.transfers import travelling

    with house(context) as (_, office):
        rows = travelling.listed(office)
    return Answer(rows, [grid(rows, COLUMNS, right=("place", "amount", "hkd"))])


@NOUN.command(
    "show",
    example="abst travel show req-5f0c --order order.txt --as operations-1",
    result=many(record(**BRIEF, payload=ANY_OBJECT)),
)
def show(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="REQUEST", help="Request id of the transfer.")],
    order: Annotated[
        Path, typer.Option("--order", metavar="FILE", help="The order to disclose; its SHA-256 and name are logged.")
    ],
) -> Answer:
    """Open the payloads of a transfer, on an order: the IVMS 101 data of both sides. The log says who saw them."""
    import json

    from abst.chain.office import Evidence
    from abst.transfers import travelling

    paper = Evidence(order.name, read(order, "--order"))
    with house(context) as (call, office):
        rows = travelling.show(office, call.act_as(), transfer, paper, call.request or "")
    return Answer(rows, [json.dumps(row, ensure_ascii=False, indent=2) for row in rows])


@NOUN.command("missing", example="abst travel missing", result=many(MISSING))
def missing(context: typer.Context) -> Answer:
    """Transfers on chain without a payload: sent past this registry (direct), or made by an officer's power."""
    from abst.transfers import travelling

    with house(context) as (_, office):
        rows = travelling.missing(office)
    return Answer(rows, [grid(rows, ("token", "from", "to", "amount", "block", "how"), right=("amount", "block"))])
