"""`abst order`: what investors sign to subscribe to an issue."""

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
from abst.cli.shape import COUNT, FLAG, TEXT, maybe, one_of, record

NOUN = Noun("order", "Orders: what investors sign to subscribe; `abst allot` fills them against payment.")
STATE = one_of("open", "filled", "cancelled", "expired", "spent")


@NOUN.command(
    "new",
    example="abst order new JSD-A1 --buyer inv-001 --amount 10000 --price 1000000 --deadline 2026-12-31 "
    "--out order.json",
    result=record(**PAPER, against=AGAINST, file=TEXT),
)
def new(
    context: typer.Context,
    token: Token,
    buyer: Annotated[str, typer.Option("--buyer", metavar="WALLET", help="Who subscribes: wallet or investor.")],
    amount: Amount,
    price: Price,
    deadline: Deadline,
    out: Out = Path("order.json"),
    asset: Asset = "",
) -> Answer:
    """Draw an order up: a file for the investor to sign, and every reason against filling it as of now."""
    from abst.issuance import orders

    with house(context) as (call, office):
        command = orders.NewOrder(
            request=call.request_id(),
            token=token,
            buyer=buyer,
            amount=units(amount, "--amount"),
            asset=asset,
            price=units(price, "--price"),
            deadline=second_of(deadline, office.zone, "--deadline"),
        )
        content, lines = drawn(orders.new(office, command), out)
    shown = {key: value for key, value in content.items() if key != "against"}
    return Answer(content, [fields(shown), *lines])


@NOUN.command("sign", example="abst order sign order.json --holder inv-001", result=SIGNED)
def sign(
    context: typer.Context,
    file: File,
    holder: Annotated[str, typer.Option("--holder", metavar="WALLET", help="The buyer: wallet or investor id.")],
    signature: Signature = "",
    permit_signature: PermitSignature = "",
) -> Answer:
    """Sign an order, and its permit if one is needed: by the keystore in this home, or made outside."""
    from abst.issuance import orders

    with house(context) as (call, office):
        command = orders.SignOrder(
            request=call.request_id(),
            paper=read(file, "FILE"),
            holder=holder,
            signature=signature,
            permit_signature=permit_signature,
        )
        content = signed(orders.sign(office, command), file)
    return Answer(content, [fields(content)])


@NOUN.command("cancel", example="abst order cancel order.json", result=record(**PAPER))
def cancel(context: typer.Context, file: File) -> Answer:
    """Cancel an order for good, signed by the buyer's keystore in this home."""
    from abst.issuance import orders

    with house(context) as (call, office):
        command = orders.CancelOrder(request=call.request_id(), paper=read(file, "FILE"))
        result = orders.cancel(office, command)
    return answer(result)


@NOUN.command(
    "show",
    example="abst order show order.json",
    result=record(**PAPER, state=STATE, block=maybe(COUNT), signed=FLAG, permit=FLAG),
)
def show(context: typer.Context, file: File) -> Answer:
    """Show an order: whether it is signed, what became of it, and every reason against filling it now (exit 3)."""
    from abst.issuance import orders

    with house(context) as (_, office):
        shown, refusals = orders.show(office, read(file, "FILE"))
    return Answer(shown, [fields(shown)], "refused" if refusals else "done", tuple(refusals))
