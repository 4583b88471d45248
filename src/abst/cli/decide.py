"""The second pair of eyes: `inbox`, `approve`, `reject`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import answer, fields, grid, house, text
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, ANY_OBJECT, COUNT, HASH, INSTANT, TEXT, many, maybe, one_of, record

NOUN = Noun("", "")
CALL = record(target=ADDRESS, function=TEXT, words=TEXT, operation=HASH)
DESCRIBED = record(
    proposal=TEXT,
    kind=TEXT,
    state=TEXT,
    maker=TEXT,
    checker_role=TEXT,
    checker=maybe(TEXT),
    hash=HASH,
    at=COUNT,
    decision=maybe(HASH),
    rulebook=maybe(TEXT),
    command=ANY_OBJECT,
    calls=many(CALL),
)
EXECUTED = record(proposal=TEXT, kind=TEXT, hash=HASH)
RELEASED = record(proposal=TEXT, kind=TEXT, hash=HASH, token=TEXT, lots=COUNT, allocated=COUNT, total=TEXT)
REJECTED = record(proposal=TEXT, kind=TEXT, state=TEXT, reason=TEXT)
WAITING = record(
    **{"from": TEXT, "for": TEXT},
    kind=one_of("proposal", "operation"),
    id=TEXT,
    what=TEXT,
    since=INSTANT,
    hash=HASH,
)
Proposal = Annotated[str, typer.Argument(metavar="PROPOSAL", help="Id of the proposal, as listed by `abst inbox`.")]


@NOUN.command("inbox", example="abst inbox --as compliance-1", result=many(WAITING))
def inbox(context: typer.Context) -> Answer:
    """List what waits for whom; with --as, only what that officer may decide."""
    from abst.integrity import desk

    with house(context) as (call, office):
        rows = desk.inbox(office, call.officer)
    if not rows:
        return Answer(rows, ["nothing waits"])
    return Answer(rows, [grid(rows, ("kind", "id", "what", "from", "for", "since"))])


@NOUN.command(
    "approve",
    example="abst approve pr-0123456789 --as compliance-1",
    result={"anyOf": [EXECUTED, RELEASED, DESCRIBED]},
)
def approve(
    context: typer.Context,
    proposal: Proposal,
    expect: Annotated[
        str, typer.Option("--expect", metavar="HASH", help="Refuse (exit 8) unless the proposal has this hash.")
    ] = "",
    show: Annotated[bool, typer.Option("--show", help="Only show what exactly would happen; decide nothing.")] = False,
) -> Answer:
    """Show exactly what will happen and its hash, then approve and act. Maker and checker must differ."""
    from abst.chain import proposals as desk
    from abst.chain.office import Approve

    with house(context) as (call, office):
        described = desk.describe(office, proposal)
        if show:
            return Answer(described, [fields(described, "would happen")])
        officer = call.act_as()
        for line in _announced(described):
            call.say(line)
        # What was shown is what is approved, also when nobody named the hash.
        seen = expect or described["hash"]
        command = Approve(officer=officer, request=call.request_id(), proposal=proposal, expected_hash=seen)
        result = desk.approve(office, command)
    return answer(result)


def _announced(described: dict[str, Any]) -> list[str]:
    """What is about to happen, for the checker to read before it does."""
    plain = {key: value for key, value in described.items() if key not in ("calls", "command")}
    lines = [f"  {key.replace('_', ' ')}: {text(value)}" for key, value in plain.items()]
    lines += [f"  {key.replace('_', ' ')}: {text(value)}" for key, value in described["command"].items()]
    return lines + [f"  will: {call['words']} ({call['function']} at {call['target']})" for call in described["calls"]]


@NOUN.command(
    "reject", example="abst reject pr-0123456789 --reason 'order withdrawn' --as compliance-1", result=REJECTED
)
def reject(
    context: typer.Context,
    proposal: Proposal,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
) -> Answer:
    """Reject a proposal; it can never be executed."""
    from abst.chain import proposals as desk

    with house(context) as (call, office):
        command = desk.Reject(officer=call.act_as(), request=call.request_id(), proposal=proposal, reason=reason)
        result = desk.reject(office, command)
    return answer(result)
