"""`abst package`: the portable package, made of this registry, checked, taken in from another, and asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.audit import told_differences
from abst.cli.common import answer, fields, grid, house
from abst.cli.envelope import Answer
from abst.cli.holders import CAP_TABLE, At, place_of, totals
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, FLAG, HASH, INSTANT, TEXT, many, maybe, record, table_of

if TYPE_CHECKING:
    from abst.chain.api import Chain
    from abst.integrity.portable.checking import Checked

NOUN = Noun("package", "The portable package: a register with all that proves it, for another registry to keep.")
Place = Annotated[Path, typer.Argument(metavar="PACKAGE", help="The package: a folder or a zip.")]
Signer = Annotated[
    str, typer.Option("--signer", metavar="ADDRESS", help="Who must have signed it, where you know that.")
]
Node = Annotated[
    str, typer.Option("--chain", metavar="URL", help="Hold it against its chain too: blocks, logs, balances.")
]
Word = Annotated[
    str, typer.Argument(metavar="PACKAGE", help="Its manifest's hash as listed, or the first letters of it.")
]
DIFFERENCES = many(record(where=TEXT, found=TEXT, expected=TEXT, words=TEXT))
TAKEN: dict[str, Any] = {
    "package": HASH,
    "registry": HASH,
    "chain_id": COUNT,
    "block": COUNT,
    "time": INSTANT,
    "signer": ADDRESS,
    "on_chain": FLAG,
    "transactions": COUNT,
    "imported": INSTANT,
}


@NOUN.command(
    "make",
    example="abst package make --out register.zip --as operations-1",
    result=record(file=TEXT, manifest=HASH, block=COUNT, time=INSTANT, counts=table_of(COUNT)),
)
def make(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR|ZIP", help="A folder to make, or a file that ends in .zip.")
    ],
    at: At = "",
) -> Answer:
    """Write the register with its event log as a package, signed by the officer; it holds no personal data.

    As of the last final block, or an earlier one. The same register at the same block gives the same bytes.
    """
    from abst.integrity.portable import making

    with house(context) as (call, office):
        block, second = place_of(at, office.zone)
        command = making.MakePackage(
            officer=call.act_as(), request=call.request_id(), path=out, block=block, second=second
        )
        result = making.make(office, command)
    return answer(result)


@NOUN.command(
    "check",
    example="abst package check register.zip",
    result=record(
        ok=FLAG,
        manifest=HASH,
        registry=HASH,
        block=COUNT,
        time=INSTANT,
        signer=ADDRESS,
        on_chain=FLAG,
        counted=table_of(COUNT),
        differences=DIFFERENCES,
    ),
)
def check(
    context: typer.Context,
    path: Place,
    node: Node = "",
    here: Annotated[bool, typer.Option("--here", help="Hold it against this home's own chain.")] = False,
    signer: Signer = "",
) -> Answer:
    """Check a package by itself, without home or chain: hashes, schemas, and its log done again (exit 6 if it differs).

    With `--chain` or `--here` also that the log is the chain's, and that balances there are what the package says.
    """
    from abst.integrity.portable import checking, onchain

    checked = checking.check(path, signer=_address(signer))
    if here:
        with house(context) as (_, office):
            onchain.against(checked, office.chain)
    if node:
        onchain.against(checked, _node(node, checked))
    asked = here or bool(node)
    as_of = checked.manifest["as_of"]
    result: dict[str, Any] = {
        "ok": not checked.differences,
        "manifest": checked.digest,
        "registry": checked.manifest["registry_id"],
        "block": as_of["block"],
        "time": as_of["time"],
        "signer": checked.signature.get("address", "0x" + "0" * 40),
        "on_chain": asked,
        "counted": dict(checked.counted),
        "differences": told_differences(checked.differences),
    }
    told = f"{sum(checked.counted.values())} comparisons, {'with' if asked else 'without'} the chain"
    if not checked.differences:
        shown = {key: result[key] for key in ("manifest", "registry", "block", "time", "signer")}
        return Answer(result, [fields(shown), fields(result["counted"]), f"package check: OK, {told}"])
    table = grid(result["differences"], ("where", "words", "found", "expected"))
    return Answer(result, [table, f"package check: {len(checked.differences)} differences, {told}"], "integrity")


def _address(text: str) -> str:
    from abst.values import address

    return address(text, "--signer") if text else ""


def _node(url: str, checked: Checked) -> Chain:
    from abst.chain.node import NodeChain

    return NodeChain(url, chain_id=checked.manifest["chain_id"])


@NOUN.command(
    "import",
    example="abst package import register.zip --as operations-1",
    result=record(**TAKEN, fresh=FLAG),
)
def take_in(context: typer.Context, path: Place, node: Node = "", signer: Signer = "") -> Answer:
    """Check another registry's package and keep its register here, apart from this registry's own tokens.

    A package with any difference is refused whole (exit 6); the same package again changes nothing.
    """
    from abst.integrity.portable import checking, importing

    with house(context) as (call, office):
        chain = _node(node, checking.check(path)) if node else None
        command = importing.ImportPackage(
            officer=call.act_as(), request=call.request_id(), path=path, signer=_address(signer), chain=chain
        )
        result = importing.take_in(office, command)
    return answer(result)


@NOUN.command("list", example="abst package list", result=many(record(**TAKEN, securities=many(TEXT))))
def packages(context: typer.Context) -> Answer:
    """List the packages taken in from other registries."""
    from abst.integrity.portable import importing

    with house(context) as (_, office):
        found = importing.packages(office)
    columns = ("package", "registry", "block", "time", "securities", "transactions", "signer")
    return Answer(found, [grid(found, columns, right=("block", "transactions")), f"{len(found)} packages"])


HELD = record(
    investor=maybe(TEXT), wallet=ADDRESS, face=AMOUNT, outstanding=AMOUNT, frozen=AMOUNT, locked_until=maybe(INSTANT)
)


@NOUN.command(
    "holders",
    example="abst package holders 0x5f0c11aa --at 2026-12-31",
    result=record(package=TEXT, tables=many(record(**CAP_TABLE, rows=many(HELD)))),
)
def holders(
    context: typer.Context,
    word: Word,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Symbol, address or FILING:TRANCHE; default all.")] = "",
    at: At = "",
) -> Answer:
    """Show who held what in an imported register, at any block or date up to its end."""
    from abst.holders import captable_files
    from abst.integrity.portable import importing

    with house(context) as (_, office):
        block, second = place_of(at, office.zone)
        tables = importing.cap_tables(office, word, token, block=block, second=second)
    told = [captable_files.brief(table) | {"rows": captable_files.holdings(table)} for table in tables]
    columns = ("investor", "wallet", "face", "outstanding", "frozen", "locked_until")
    grids = [grid(one["rows"], columns, one["token"], right=("face", "outstanding", "frozen")) for one in told]
    return Answer({"package": word, "tables": told}, [*grids, totals(told)])


@NOUN.command(
    "compare",
    example="abst package compare 0x5f0c11aa 0x77aa21bb",
    result=record(
        registry=HASH,
        earlier=HASH,
        later=HASH,
        blocks=many(COUNT),
        changes=many(record(token=TEXT, wallet=ADDRESS, investor=maybe(TEXT), before=AMOUNT, after=AMOUNT)),
    ),
)
def compare(
    context: typer.Context, first: Word, second: Annotated[str, typer.Argument(metavar="PACKAGE", help="Another one.")]
) -> Answer:
    """Show whose holdings changed from one package of a register to a later one."""
    from abst.integrity.portable import importing

    with house(context) as (_, office):
        found = importing.compare(office, first, second)
    columns = ("token", "investor", "wallet", "before", "after")
    said = f"{len(found['changes'])} holdings changed from block {found['blocks'][0]} to block {found['blocks'][1]}"
    return Answer(found, [grid(found["changes"], columns, right=("before", "after")), said])
