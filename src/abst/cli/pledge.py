"""`abst pledge`: pledges and court attachments on holdings."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Amount, EvidenceFile, Token, answer, evidence, grid, house, units
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, EVIDENCE, HASH, INSTANT, TEXT, many, maybe, one_of, record

NOUN = Noun("pledge", "Pledges and court attachments: recorded, released, enforced.")
Holder = Annotated[str, typer.Argument(metavar="HOLDER", help="Wallet address or investor id.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="Number, as listed by `abst pledge list`.")]
RIGHT = {
    "proposal": TEXT,
    "hash": HASH,
    "kind": TEXT,
    "kind_of_right": one_of("pledge", "attachment"),
    "token": TEXT,
    "address": ADDRESS,
    "wallet": ADDRESS,
    "pledgee": maybe(ADDRESS),
    "amount": AMOUNT,
    "evidence": EVIDENCE,
    "balance": AMOUNT,
    "frozen_before": AMOUNT,
    "frozen_after": AMOUNT,
}
LISTED = record(
    number=COUNT,
    kind=one_of("pledge", "attachment"),
    token=TEXT,
    investor=TEXT,
    wallet=ADDRESS,
    pledgee=maybe(ADDRESS),
    amount=AMOUNT,
    remaining=AMOUNT,
    rank=maybe(COUNT),
    recorded=INSTANT,
    closed=maybe(INSTANT),
    evidence=HASH,
    maker=TEXT,
    checker=TEXT,
)


@NOUN.command(
    "add",
    example="abst pledge add inv-001 JSD-A1 5000 --to inv-002 --evidence contract.txt --as operations-1",
    result=record(**RIGHT),
)
def add(
    context: typer.Context,
    holder: Holder,
    token: Token,
    amount: Amount,
    pledgee: Annotated[str, typer.Option("--to", metavar="PLEDGEE", help="Wallet or investor id of the pledgee.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose a pledge: its units are frozen for the pledgee; a second officer approves (R-62)."""
    from abst.transfers import pledges

    with house(context) as (call, office):
        command = pledges.AddPledge(
            officer=call.act_as(),
            request=call.request_id(),
            token=token,
            holder=holder,
            pledgee=pledgee,
            amount=units(amount),
            evidence=evidence(evidence_file),
        )
        result = pledges.add(office, command)
    return answer(result)


@NOUN.command(
    "attach",
    example="abst pledge attach inv-001 JSD-A1 5000 --evidence order.txt --as operations-1",
    result=record(**RIGHT),
)
def attach(context: typer.Context, holder: Holder, token: Token, amount: Amount, evidence_file: EvidenceFile) -> Answer:
    """Propose a court's attachment, which may exceed what is held; a second officer approves (R-62)."""
    from abst.transfers import pledges

    with house(context) as (call, office):
        command = pledges.Attach(
            officer=call.act_as(),
            request=call.request_id(),
            token=token,
            holder=holder,
            amount=units(amount),
            evidence=evidence(evidence_file),
        )
        result = pledges.attach(office, command)
    return answer(result)


@NOUN.command(
    "release",
    example="abst pledge release 1 --evidence consent.txt --as operations-1",
    result=record(number=COUNT, **RIGHT),
)
def release(context: typer.Context, number: Number, evidence_file: EvidenceFile) -> Answer:
    """Propose to lift a pledge on its pledgee's consent, or an attachment on the court's order (R-62)."""
    from abst.transfers import pledges

    with house(context) as (call, office):
        command = pledges.Release(
            officer=call.act_as(), request=call.request_id(), number=number, evidence=evidence(evidence_file)
        )
        result = pledges.release(office, command)
    return answer(result)


@NOUN.command(
    "enforce",
    example="abst pledge enforce 1 --evidence award.txt --as operations-1",
    result=record(number=COUNT, **RIGHT),
)
def enforce(
    context: typer.Context,
    number: Number,
    evidence_file: EvidenceFile,
    amount: Annotated[
        str | None, typer.Option("--amount", metavar="UNITS", help="Units; default all that remain pledged.")
    ] = None,
) -> Answer:
    """Propose that pledged units go to the pledgee, after every earlier right; a second officer approves (R-62)."""
    from abst.transfers import pledges

    with house(context) as (call, office):
        command = pledges.Enforce(
            officer=call.act_as(),
            request=call.request_id(),
            number=number,
            amount=0 if amount is None else units(amount, "--amount"),
            evidence=evidence(evidence_file),
        )
        result = pledges.enforce(office, command)
    return answer(result)


@NOUN.command("list", example="abst pledge list --all", result=many(LISTED))
def list_(
    context: typer.Context,
    closed: Annotated[bool, typer.Option("--all", help="Also those released or enforced.")] = False,
) -> Answer:
    """List pledges and attachments in the order recorded, which is their rank."""
    from abst.transfers import pledges

    with house(context) as (_, office):
        rows = pledges.list_rights(office, closed=closed)
    columns = ("number", "kind", "token", "investor", "pledgee", "remaining", "amount", "rank", "recorded", "closed")
    return Answer(rows, [grid(rows, columns, right=("number", "remaining", "amount", "rank"))])
