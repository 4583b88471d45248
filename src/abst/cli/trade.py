"""`abst trade`: tokens against money between two holders, both legs or neither."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Token, answer, fields, house, read, second_of, units
from abst.cli.envelope import Answer
from abst.cli.papers import (
    AGAINST,
    PAPER,
    SIGNED,
    Amount,
    Asset,
    Deadline,
    File,
    Out,
    PermitSignature,
    Price,
    Signature,
    drawn,
    signed,
)
from abst.cli.shape import ADDRESS, COUNT, FLAG, HASH, TEXT, maybe, one_of, record

NOUN = Noun("trade", "Trades: tokens against money, delivered and paid together.")
TRADE = {**PAPER, "seller": ADDRESS}
SIDES = record(seller=FLAG, buyer=FLAG)
STATE = one_of("open", "settled", "cancelled", "expired", "spent")
Party = Annotated[str, typer.Option("--holder", metavar="WALLET", help="The party: wallet address or investor id.")]


@NOUN.command(
    "new",
    example="abst trade new JSD-A1 --seller inv-001 --buyer inv-002 --amount 10000 --price 1000000 "
    "--deadline 2026-12-31 --out trade.json",
    result=record(**TRADE, against=AGAINST, file=TEXT),
)
def new(
    context: typer.Context,
    token: Token,
    seller: Annotated[str, typer.Option("--seller", metavar="WALLET", help="Who gives tokens: wallet or investor.")],
    buyer: Annotated[str, typer.Option("--buyer", metavar="WALLET", help="Who pays: wallet or investor.")],
    amount: Amount,
    price: Price,
    deadline: Deadline,
    out: Out = Path("trade.json"),
    asset: Asset = "",
) -> Answer:
    """Draw a trade up: a file for both to sign, and every reason against it as of now, of the tokens and the money."""
    from abst.transfers import trades

    with house(context) as (call, office):
        command = trades.NewTrade(
            request=call.request_id(),
            token=token,
            seller=seller,
            buyer=buyer,
            amount=units(amount, "--amount"),
            asset=asset,
            price=units(price, "--price"),
            deadline=second_of(deadline, office.zone, "--deadline"),
        )
        content, lines = drawn(trades.new(office, command), out)
    shown = {key: value for key, value in content.items() if key != "against"}
    return Answer(content, [fields(shown), *lines])


@NOUN.command("sign", example="abst trade sign trade.json --holder inv-001", result=SIGNED)
def sign(
    context: typer.Context,
    file: File,
    holder: Party,
    signature: Signature = "",
    permit_signature: PermitSignature = "",
) -> Answer:
    """Sign a trade for one party, and its permit if one is needed: by the keystore in this home, or made outside."""
    from abst.transfers import trades

    with house(context) as (call, office):
        command = trades.SignTrade(
            request=call.request_id(),
            paper=read(file, "FILE"),
            holder=holder,
            signature=signature,
            permit_signature=permit_signature,
        )
        content = signed(trades.sign(office, command), file)
    return Answer(content, [fields(content)])


@NOUN.command(
    "settle",
    example="abst trade settle trade.json --as operations-1",
    result=record(**TRADE, decision=HASH),
)
def settle(context: typer.Context, file: File) -> Answer:
    """Settle a trade that both signed: tokens and money change hands together, once, or nothing does."""
    from abst.transfers import trades

    with house(context) as (call, office):
        command = trades.SettleTrade(officer=call.act_as(), request=call.request_id(), paper=read(file, "FILE"))
        result = trades.settle(office, command)
    return answer(result)


@NOUN.command("cancel", example="abst trade cancel trade.json --holder inv-001", result=record(**TRADE, holder=ADDRESS))
def cancel(context: typer.Context, file: File, holder: Party) -> Answer:
    """Cancel a trade for good, signed by the keystore of either party in this home."""
    from abst.transfers import trades

    with house(context) as (call, office):
        command = trades.CancelTrade(request=call.request_id(), paper=read(file, "FILE"), holder=holder)
        result = trades.cancel(office, command)
    return answer(result)


@NOUN.command(
    "show",
    example="abst trade show trade.json",
    result=record(**TRADE, state=STATE, block=maybe(COUNT), signed=SIDES, permits=SIDES),
)
def show(context: typer.Context, file: File) -> Answer:
    """Show a trade: who signed, what became of it, and every reason against settling it now (exit 3)."""
    from abst.transfers import trades

    with house(context) as (_, office):
        shown, refusals = trades.show(office, read(file, "FILE"))
    return Answer(shown, [fields(shown)], "refused" if refusals else "done", tuple(refusals))
