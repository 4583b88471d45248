"""`abst init`: a home folder with its chain, contracts, officers and keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from abst.cli.app import Noun, call_of
from abst.cli.common import fields, grid
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, COUNT, HASH, TEXT, many, record, table_of
from abst.errors import UsageError

if TYPE_CHECKING:
    from abst.keys import External

NOUN = Noun("", "")
OFFICER = record(name=TEXT, address=ADDRESS, roles=many(TEXT))
MADE = record(home=TEXT, registry_id=HASH, chain_id=COUNT, addresses=table_of(ADDRESS), officers=many(OFFICER))
JOINED = record(home=TEXT, registry_id=HASH)

ChainUrls = Annotated[
    list[str] | None,
    typer.Option(
        "--chain-url",
        help="JSON-RPC address of a node; may be repeated, for several of one network. Without it: embedded chain.",
    ),
]
FinalityText = Annotated[
    str,
    typer.Option(
        "--finality",
        metavar="BLOCKS|finalized",
        help="Blocks on top of a receipt before it is final, or `finalized`: the nodes say it (nodes only).",
    ),
]
Externals = Annotated[
    list[str] | None,
    typer.Option(
        "--external",
        metavar="NAME=URL#ADDRESS",
        help="An officer (or `deployer`) whose key an external signer (Web3Signer) holds; may be repeated.",
    ),
]


@NOUN.command("init", example="abst init --home ./registry", result={"anyOf": [MADE, JOINED]})
def init(
    context: typer.Context,
    chain_url: ChainUrls = None,
    chain_id: Annotated[int, typer.Option("--chain-id", min=1, help="Chain id the contracts are made for.")] = 20260206,
    store_url: Annotated[str, typer.Option("--store-url", help="SQLAlchemy address; default SQLite in the home.")] = "",
    finality: FinalityText = "0",
    zone: Annotated[str, typer.Option("--zone", help="Zone in which calendar dates end.")] = "Asia/Hong_Kong",
    admin_delay: Annotated[
        int, typer.Option("--admin-delay", min=0, help="Seconds an act of the administration waits.")
    ] = 86400,
    deployer: Annotated[
        Path | None,
        typer.Option(
            "--deployer",
            metavar="FILE",
            help="Keystore file of an account that can pay; its passphrase is looked up as `deployer`.",
        ),
    ] = None,
    share: Annotated[
        Path | None, typer.Option("--share", metavar="DIR", help="Join the store and chain of another home instead.")
    ] = None,
    external: Externals = None,
    deposit: Annotated[
        bool,
        typer.Option("--deposit/--no-deposit", help="With a token of local deposits, the cash leg, or without."),
    ] = True,
    keystore_work: Annotated[
        int,
        typer.Option("--keystore-work", min=2, help="Scrypt work factor, a power of two; small ones for tests only."),
    ] = 2**18,
) -> Answer:
    """Make a registry: chain, contracts, officers with their keystores, database.

    Safe to repeat: a finished home is left as it is, an interrupted one is completed. Passphrases come from
    ABST_PASSPHRASE_<NAME>, ABST_PASSPHRASE, the file named by ABST_PASSPHRASE_FILE, or a prompt. On a node the
    deployer pays for gas: give an account's keystore with --deployer; afterwards it holds no power, and gives gas.
    """
    from abst import bootstrap
    from abst.keys import open_keystore

    call = call_of(context)
    home = Path(call.home)
    passphrase_of = bootstrap.passphrases(home)
    if share is not None:
        joined = bootstrap.join(home, share)
        return Answer(joined, [fields(joined, "home"), "next: abst officer move NAME FOLDER, in the home with the key"])
    command = bootstrap.Init(
        passphrase_of=passphrase_of,
        deployer_key=open_keystore(deployer, passphrase_of(bootstrap.DEPLOYER)) if deployer else None,
        work=keystore_work,
        chain_urls=tuple(chain_url or ()),
        chain_id=chain_id,
        finality=_finality(finality),
        store_url=store_url,
        zone=zone,
        admin_delay=admin_delay,
        deposit=deposit,
        signers=dict(map(_external, external or ())),
    )
    made = bootstrap.init(home, command, progress=call.say)
    shown = {key: value for key, value in made.items() if key != "officers"}
    officers = grid(made["officers"], ("name", "roles", "address"), "officers")
    return Answer(made, [fields(shown, "registry"), officers, "next: abst filing new --skeleton"])


def _finality(text: str) -> int | Literal["finalized"]:
    if text == "finalized":
        return "finalized"
    if not text.isdecimal():
        raise UsageError("not a finality", found=text, needed="a number of blocks, or finalized", where="--finality")
    return int(text)


def _external(text: str) -> tuple[str, External]:
    """A name, and where its key is, from NAME=URL#ADDRESS."""
    from abst.keys import External
    from abst.values import address

    name, _, rest = text.partition("=")
    url, _, held = rest.rpartition("#")
    if not (name and url):
        raise UsageError("not an external signer", found=text, needed="NAME=URL#ADDRESS", where="--external")
    return name, External(url, address(held, "--external"))
