"""`abst wallet`: proof that an investor controls a wallet (R-50), and keystores of wallets kept in this home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Investor, answer, house
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, INSTANT, TEXT, many, one_of, record
from abst.errors import UsageError

NOUN = Noun("wallet", "Wallets: made, proven by signature, added to an investor.")
Wallet = Annotated[str, typer.Argument(metavar="WALLET", help="Address of the wallet.")]


@NOUN.command("new", example="abst wallet new alpha-fund", result=record(name=TEXT, address=ADDRESS))
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the keystore.")],
    keystore_work: Annotated[
        int,
        typer.Option("--keystore-work", min=2, help="Scrypt work factor, a power of two; small ones for tests only."),
    ] = 2**18,
) -> Answer:
    """Make a wallet's keystore in this home, for an investor whose keys are kept here."""
    from abst.bootstrap import DEPLOYER, give_gas, passphrases

    with house(context) as (call, office):
        passphrase = passphrases(Path(call.home))(name)
        if passphrase is None:
            needed = f"ABST_PASSPHRASE_{name.upper().replace('-', '_')}, or a terminal to ask at"
            raise UsageError("no passphrase for the new keystore", needed=needed, where=name)
        made = office.keys.create(name, passphrase, keystore_work)
        if DEPLOYER in office.keys.names():
            give_gas(office, [made])
        else:
            call.warn(f"{made} has no gas: the key that gives it is in another home")
    return Answer({"name": name, "address": made}, [made])


@NOUN.command(
    "challenge",
    example="abst wallet challenge inv-001 0x00000000000000000000000000000000000000A1 --as operations-1",
    result=record(investor=TEXT, wallet=ADDRESS, nonce=TEXT, form=one_of("text", "typed"), text=TEXT, expires=INSTANT),
)
def challenge(
    context: typer.Context,
    investor: Investor,
    wallet: Wallet,
    form: Annotated[
        str, typer.Option("--form", help="text (EIP-191), or typed data (EIP-712) for wallets that show fields.")
    ] = "text",
) -> Answer:
    """Print what the investor signs with the wallet; it serves once and expires. Contract wallets: ERC-1271."""
    from abst.investor import desk

    with house(context) as (call, office):
        command = desk.MakeChallenge(
            officer=call.act_as(), request=call.request_id(), investor=investor, wallet=wallet, form=form
        )
        result = desk.challenge(office, command)
    return answer(result, result.result["text"])


@NOUN.command(
    "prove",
    example="abst wallet prove 0x00000000000000000000000000000000000000A1 --as operations-1",
    result=record(wallet=ADDRESS, investor=TEXT, proven_at=INSTANT),
)
def prove(
    context: typer.Context,
    wallet: Wallet,
    signature: Annotated[
        str,
        typer.Option(
            "--signature",
            help="The signature, 0x and hex digits; without it the keystore here signs.",
        ),
    ] = "",
) -> Answer:
    """Check the signature under the open challenge and keep the proof (R-50)."""
    from abst.investor import desk

    with house(context) as (call, office):
        command = desk.Prove(
            officer=call.act_as(),
            request=call.request_id(),
            wallet=wallet,
            signature=signature,
        )
        result = desk.prove(office, command)
    return answer(result)


@NOUN.command(
    "add",
    example="abst wallet add inv-001 0x00000000000000000000000000000000000000A1 --as operations-1",
    result=record(investor=TEXT, wallet=ADDRESS, wallets=many({"type": "array", "prefixItems": [TEXT, ADDRESS]})),
)
def add(context: typer.Context, investor: Investor, wallet: Wallet) -> Answer:
    """Add a proven wallet to an investor who is already admitted."""
    from abst.investor import desk

    with house(context) as (call, office):
        command = desk.AddWallet(officer=call.act_as(), request=call.request_id(), investor=investor, wallet=wallet)
        result = desk.add_wallet(office, command)
    return answer(result)
