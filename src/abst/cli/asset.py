"""`abst asset`: the list of settlement assets."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, answer, evidence, grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, COUNT, EVIDENCE, FLAG, HASH, TEXT, many, maybe, one_of, record

NOUN = Noun("asset", "Settlement assets: what tokens may be paid and paid for with.")
KIND = one_of("deposit", "e-money", "virtual-currency")
Asset = Annotated[str, typer.Argument(metavar="ADDRESS", help="Address of the asset.")]
LISTED = record(
    asset=ADDRESS,
    symbol=maybe(TEXT),
    decimals=maybe(COUNT),
    currency=TEXT,
    asset_kind=KIND,
    listed=FLAG,
    evidence=HASH,
    block=COUNT,
)
PROPOSED = record(
    proposal=TEXT,
    hash=HASH,
    kind=TEXT,
    asset=ADDRESS,
    currency=TEXT,
    asset_kind=KIND,
    virtual_currency_reason=TEXT,
    evidence=EVIDENCE,
)


@NOUN.command("list", example="abst asset list", result=many(LISTED))
def list_(context: typer.Context) -> Answer:
    """List every asset that ever was on the list, and whether it is now."""
    from abst.cash import assets

    with house(context) as (_, office):
        rows = assets.list_assets(office)
    if not rows:
        return Answer(rows, ["no settlement assets"])
    return Answer(rows, [grid(rows, ("asset", "symbol", "currency", "asset_kind", "listed"))])


@NOUN.command(
    "propose",
    example="abst asset propose 0x00000000000000000000000000000000000000A1 --currency HKD --kind deposit "
    "--evidence licence.txt --as operations-1",
    result=PROPOSED,
)
def propose(
    context: typer.Context,
    asset: Asset,
    currency: Annotated[str, typer.Option("--currency", help="Three letters of what it is pegged to (ISO 4217).")],
    kind: Annotated[str, typer.Option("--kind", help="deposit, e-money or virtual-currency.")],
    evidence_file: EvidenceFile,
    reason: Annotated[
        str, typer.Option("--virtual-currency-reason", metavar="TEXT", help="Why a virtual currency; goes on record.")
    ] = "",
) -> Answer:
    """Propose an asset for the list; a second officer approves. Anything pegged to the renminbi is refused (R-65)."""
    from abst.cash import assets

    with house(context) as (call, office):
        command = assets.ProposeAsset(
            officer=call.act_as(),
            request=call.request_id(),
            asset=asset,
            currency=currency,
            kind=kind,
            reason=reason,
            evidence=evidence(evidence_file),
        )
        result = assets.propose(office, command)
    return answer(result)


@NOUN.command(
    "remove",
    example="abst asset remove 0x00000000000000000000000000000000000000A1 --evidence order.txt --as operations-1",
    result=record(asset=ADDRESS, currency=TEXT, asset_kind=KIND),
)
def remove(context: typer.Context, asset: Asset, evidence_file: EvidenceFile) -> Answer:
    """Take an asset off the list at once; what was declared in it is still paid. One key is enough to stop."""
    from abst.cash import assets

    with house(context) as (call, office):
        command = assets.RemoveAsset(
            officer=call.act_as(), request=call.request_id(), asset=asset, evidence=evidence(evidence_file)
        )
        result = assets.remove(office, command)
    return answer(result)
