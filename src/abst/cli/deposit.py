"""`abst deposit`: the bank's deposits, the cash leg on the local chain."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import answer, fields, grid, house, units
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, FLAG, HASH, TEXT, many, record

NOUN = Noun("deposit", "The bank's deposits: accounts, credits, withdrawals.")
WHO = "Address, `distribution`, `settlement`, an officer, or an investor id."
HELD = record(account=ADDRESS, balance=AMOUNT)
TOTAL = record(asset=ADDRESS, name=TEXT, symbol=TEXT, currency=TEXT, decimals=COUNT, total=AMOUNT, accounts=many(HELD))
ONE = record(account=ADDRESS, balance=AMOUNT, may_hold=FLAG)


@NOUN.command(
    "account",
    example="abst deposit account distribution --open --as bank-desk",
    result=record(account=ADDRESS, open=FLAG),
)
def account(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ACCOUNT", help=WHO)],
    is_open: Annotated[bool, typer.Option("--open/--close", help="Open the account, or close it.")],
) -> Answer:
    """Open or close an account at the bank (R-99). Investors of the registry need none."""
    from abst.cash import deposits

    with house(context) as (call, office):
        command = deposits.SetAccount(officer=call.act_as(), request=call.request_id(), account=name, is_open=is_open)
        result = deposits.set_account(office, command)
    return answer(result)


@NOUN.command(
    "make",
    example="abst deposit make --to operations-1 --amount 1_000_000 --as bank-desk",
    result=record(to=ADDRESS, amount=AMOUNT),
)
def make(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="ACCOUNT", help=WHO)],
    amount: Annotated[str, typer.Option("--amount", help="In the currency's smallest unit.")],
) -> Answer:
    """Credit a deposit, once for a request."""
    from abst.cash import deposits

    with house(context) as (call, office):
        command = deposits.MakeDeposit(
            officer=call.act_as(), request=call.request_id(), to=to, amount=units(amount, "--amount")
        )
        result = deposits.make(office, command)
    return answer(result)


@NOUN.command(
    "withdraw",
    example="abst deposit withdraw inv-001 50_000 --ref 'to my account'",
    result=record(holder=ADDRESS, amount=AMOUNT, operation=HASH),
)
def withdraw(
    context: typer.Context,
    holder: Annotated[str, typer.Argument(metavar="HOLDER", help=WHO)],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="In the currency's smallest unit.")],
    reference: Annotated[str, typer.Option("--ref", metavar="TEXT", help="What the bank pays out upon.")],
) -> Answer:
    """Give a deposit back, signed by the holder's keystore in this home; the bank pays it out."""
    from abst.cash import deposits

    with house(context) as (call, office):
        command = deposits.Withdraw(request=call.request_id(), holder=holder, amount=units(amount), reference=reference)
        result = deposits.withdraw(office, command)
    return answer(result)


@NOUN.command("show", example="abst deposit show", result={"anyOf": [TOTAL, ONE]})
def show(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="ACCOUNT", help=WHO)] = None,
) -> Answer:
    """Show the deposits and the bank's open accounts, or one account."""
    from abst.cash import deposits

    with house(context) as (_, office):
        found = deposits.show_account(office, name) if name else deposits.show(office)
    if name:
        return Answer(found, [fields(found)])
    shown = {key: value for key, value in found.items() if key != "accounts"}
    return Answer(found, [fields(shown), grid(found["accounts"], ("account", "balance"), right=("balance",))])
