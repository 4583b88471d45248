"""`abst proceeds`: the account that receives what a filing's tokens are sold for."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, Filing, answer, evidence, fields, house
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, COUNT, EVIDENCE, HASH, TEXT, many, maybe, record

NOUN = Noun("proceeds", "Proceeds accounts: where the money of an issue goes.")
PROPOSED = record(proposal=TEXT, hash=HASH, kind=TEXT, filing=TEXT, account=ADDRESS, evidence=EVIDENCE, before=ADDRESS)
SHOWN = record(filing=TEXT, account=maybe(ADDRESS), history=many(record(account=ADDRESS, block=COUNT)))


@NOUN.command(
    "set",
    example="abst proceeds set 1 0x00000000000000000000000000000000000000A1 --evidence account.txt --as operations-1",
    result=PROPOSED,
)
def set_(
    context: typer.Context,
    filing: Filing,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Address, officer or investor.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose the account that receives what a filing's tokens are sold for; a second officer approves (R-99)."""
    from abst.issuance import allotment

    with house(context) as (call, office):
        command = allotment.SetProceeds(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            account=account,
            evidence=evidence(evidence_file),
        )
        result = allotment.set_proceeds(office, command)
    return answer(result)


@NOUN.command("show", example="abst proceeds show 1", result=SHOWN)
def show(context: typer.Context, filing: Filing) -> Answer:
    """Show the proceeds account of a filing, and those before it."""
    from abst.issuance import allotment

    with house(context) as (_, office):
        shown = allotment.show_proceeds(office, filing)
    return Answer(shown, [fields(shown)])
