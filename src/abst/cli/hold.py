"""`abst hold`: legal holds, under which no personal data is erased (R-82)."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, Investor, answer, evidence, house
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, EVIDENCE, FLAG, HASH, INSTANT, TEXT, record

NOUN = Noun("hold", "Legal holds: while one stands, an investor's data is not erased.")


@NOUN.command(
    "set",
    example="abst hold set inv-001 --reason 'court order' --evidence order.txt --as operations-1",
    result=record(investor=TEXT, hold=FLAG, since=INSTANT),
)
def set_(
    context: typer.Context,
    investor: Investor,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record; no personal data.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Put an investor's data under legal hold. One key is enough."""
    from abst.investor import desk

    with house(context) as (call, office):
        command = desk.SetHold(
            officer=call.act_as(),
            request=call.request_id(),
            investor=investor,
            reason=reason,
            evidence=evidence(evidence_file),
        )
        result = desk.set_hold(office, command)
    return answer(result)


@NOUN.command(
    "lift",
    example="abst hold lift inv-001 --evidence release.txt --as operations-1",
    result=record(proposal=TEXT, hash=HASH, kind=TEXT, investor=TEXT, evidence=EVIDENCE, hold=COUNT),
)
def lift(context: typer.Context, investor: Investor, evidence_file: EvidenceFile) -> Answer:
    """Propose to lift a legal hold; a second officer approves."""
    from abst.investor import desk

    with house(context) as (call, office):
        command = desk.LiftHold(
            officer=call.act_as(), request=call.request_id(), investor=investor, evidence=evidence(evidence_file)
        )
        result = desk.lift_hold(office, command)
    return answer(result)
