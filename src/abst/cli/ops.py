"""`abst ops`: what is on its way to the chain, and the run that sends what waits."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, answer, evidence, fields, grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, ANY_OBJECT, COUNT, EVIDENCE, HASH, TEXT, many, maybe, one_of, record
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
LANE = {
    "signer": TEXT,
    "address": ADDRESS,
    "next": maybe(COUNT),
    "on_chain": COUNT,
    "in_flight": COUNT,
    "waiting": COUNT,
    "holder": TEXT,
    "blocked": TEXT,
    "halt": TEXT,
}
LANES = ("signer", "next", "on_chain", "in_flight", "waiting", "holder", "blocked", "halt")
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


@NOUN.command("lanes", example="abst ops lanes", result=many(record(**LANE)))
def lanes_(context: typer.Context) -> Answer:
    """List who sends: the next nonce here and on the chain, what is under way, who signs now, what stopped it."""
    from abst.chain.sending.resolving import lanes

    with house(context) as (_, office):
        rows = lanes(office)
    return Answer(rows, [grid(rows, LANES, right=LANES[1:5]) if rows else "nobody has sent anything"])


@NOUN.command(
    "resolve",
    example="abst ops resolve int-0123456789 --reject --evidence note.txt --as operations-1",
    result=record(intent=TEXT, choice=one_of("retry", "done", "reject"), state=one_of(*STATES), evidence=EVIDENCE),
)
def resolve_(
    context: typer.Context,
    intent: Annotated[str, typer.Argument(metavar="INTENT", help="Id of an operation, from `abst ops list`.")],
    evidence_file: EvidenceFile,
    retry: Annotated[bool, typer.Option("--retry", help="Send it again; at a new nonce if its own was lost.")] = False,
    done: Annotated[
        str | None, typer.Option("--done", metavar="TX", help="It was done by this transaction, which is checked.")
    ] = None,
    reject: Annotated[
        bool, typer.Option("--reject", help="It shall not be done; its nonce is used up first if it must be.")
    ] = False,
) -> Answer:
    """Decide about an operation that cannot go on by itself. The chain is asked first, and may contradict."""
    chosen = [word for word, given in (("retry", retry), ("done", done is not None), ("reject", reject)) if given]
    if len(chosen) != 1:
        raise UsageError(
            "one choice is needed", found=", ".join(chosen) or "none", needed="--retry, --done TX, --reject"
        )
    from abst.chain.sending import resolving
    from abst.values import Hash

    if done is not None and not re.fullmatch("0x[0-9a-fA-F]{64}", done):
        raise UsageError("not a transaction's hash", found=done, needed="0x and 64 hex digits", where="--done")
    with house(context) as (call, office):
        command = resolving.Resolve(
            officer=call.act_as(),
            request=call.request_id(),
            intent=intent,
            choice=chosen[0],
            evidence=evidence(evidence_file),
            tx=None if done is None else Hash(done.lower()),
        )
        return answer(resolving.resolve(office, command))


@NOUN.command(
    "lift",
    example="abst ops lift operations-1 --evidence note.txt --as compliance-1",
    result=record(signer=ADDRESS, known=COUNT, reason=TEXT, evidence=EVIDENCE),
)
def lift_(
    context: typer.Context,
    signer: Annotated[str, typer.Argument(metavar="SIGNER", help="An officer's name, or an address.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Let a halted lane go on, after the use of its key was looked into. Not by the officer whose key it is."""
    from abst.chain.sending import resolving

    with house(context) as (call, office):
        command = resolving.Lift(
            officer=call.act_as(), request=call.request_id(), signer=signer, evidence=evidence(evidence_file)
        )
        return answer(resolving.lift(office, command))
