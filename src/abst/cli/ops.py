"""`abst ops`: what is on its way to the chain, and the run that sends what waits."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import fields, grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, ANY_OBJECT, COUNT, HASH, TEXT, many, maybe, one_of, record
from abst.errors import UsageError

STATES = ("pending", "sent", "mined", "final", "rejected", "needs_attention")
NOUN = Noun("ops", "Operations on their way to the chain.")
INTENT = {
    "intent": TEXT,
    "request": TEXT,
    "kind": TEXT,
    "signer": TEXT,
    "to": ADDRESS,
    "operation": HASH,
    "state": one_of(*STATES),
    "at": COUNT,
    "reason": TEXT,
    "next_step": TEXT,
    "tx_hash": maybe(HASH),
    "block": maybe(COUNT),
    "depends_on": many(TEXT),
}
COLUMNS = ("intent", "request", "kind", "signer", "state", "reason", "next_step")


@NOUN.command("list", example="abst ops list --state needs_attention", result=many(record(**INTENT)))
def list_(
    context: typer.Context,
    state: Annotated[
        str | None,
        typer.Option("--state", help="One of: " + ", ".join(STATES) + "."),
    ] = None,
) -> Answer:
    """List what is not final yet, or what is in one state, with reasons and what will happen next."""
    if state is not None and state not in STATES:
        raise UsageError("no such state", found=state, needed=", ".join(STATES), where="--state")
    from abst.chain.proposals import operations

    with house(context) as (_, office):
        rows = operations(office, None if state is None else (state,))
    return Answer(rows, [grid(rows, COLUMNS) if rows else "no operations"])


@NOUN.command("run", example="abst ops run", result=many(record(**INTENT)))
def run(context: typer.Context) -> Answer:
    """Send what waits and can be signed in this home, and read what became of the rest. Safe at any time."""
    from abst.chain.proposals import run_ops

    with house(context) as (call, office):
        rows = run_ops(office, progress=call.say)
    return Answer(rows, [grid(rows, COLUMNS) if rows else "nothing to send"])


@NOUN.command(
    "show",
    example="abst ops show req-0123456789",
    result=record(
        request=TEXT,
        command=TEXT,
        outcome=TEXT,
        proposal=maybe(TEXT),
        result=ANY_OBJECT,
        intents=many(record(**INTENT)),
    ),
)
def show(
    context: typer.Context, request: Annotated[str, typer.Argument(metavar="REQUEST", help="Id of a request.")]
) -> Answer:
    """Show what became of a request, and its operations."""
    from abst.chain.proposals import operations, request_status

    with house(context) as (_, office):
        result = request_status(office, request)
        intents = [row for row in operations(office, STATES) if row["request"] == request]
    content = {
        "request": result.request,
        "command": result.command,
        "outcome": result.outcome,
        "proposal": result.proposal,
        "result": result.result,
    }
    shown = [fields(content), grid(intents, COLUMNS)]
    return Answer({**content, "intents": intents}, shown, "refused" if result.refusals else "done", result.refusals)
