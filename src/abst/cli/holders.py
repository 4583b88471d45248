"""`abst holders`: the register of holders of a token, read from the chain's events; and cap tables as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import Token, evidence, grid, house, moment, second_of
from abst.cli.envelope import Answer, Table
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, HASH, INSTANT, TEXT, many, maybe, one_of, record
from abst.errors import UsageError

NOUN = Noun("holders", "Who holds a token, now or at any block: shown, or exported as a cap table.", default="show")
ROW = record(
    investor=maybe(TEXT),
    name=maybe(TEXT),
    wallet=ADDRESS,
    balance=AMOUNT,
    frozen=AMOUNT,
    locked_until=maybe(COUNT),
    share=TEXT,
)
REGISTER = record(token=TEXT, block=COUNT, block_hash=HASH, supply=AMOUNT, rows=many(ROW))


@NOUN.command("show", example="abst holders show JSD-A1", result=REGISTER)
def holders(
    context: typer.Context,
    token: Token,
    block: Annotated[int | None, typer.Option("--block", min=0, help="As of this block; default the last.")] = None,
    at: Annotated[
        str, typer.Option("--at", metavar="DATE|INSTANT", help="As of the end of this date, or this moment.")
    ] = "",
) -> Answer:
    """Print the register of holders of a token as of a block or a date, names masked.

    `abst holders TOKEN` is the same. Today counts as far as it is over.
    """
    from abst.holders import desk

    with house(context) as (_, office):
        second = second_of(at, office.zone, "--at") if at else None
        register = desk.register(office, token, block=block, at=second).as_dict()
        zone = office.zone
    rows = register["rows"]
    shown = [{**row, "locked_until": moment(row["locked_until"], zone)} for row in rows]
    columns = ("investor", "name", "wallet", "balance", "share", "frozen", "locked_until")
    line = f"{len(rows)} wallets, supply {int(register['supply']):,}, block {register['block']}"
    return Answer(register, [grid(shown, columns, right=("balance", "share", "frozen")), line])


CAP_TABLE: dict[str, Any] = {
    "token": TEXT,
    "block": COUNT,
    "time": INSTANT,
    "supply": AMOUNT,
    "held": AMOUNT,
    "outstanding": AMOUNT,
    "principal_paid": AMOUNT,
    "factor": TEXT,
    "wallets": COUNT,
    "investors": COUNT,
}
At = Annotated[
    str,
    typer.Option("--at", metavar="BLOCK|DATE|INSTANT", help="As of this block, or the end of this date; default now."),
]


@NOUN.command(
    "export",
    example="abst holders export JSD-A1 --at 2026-12-31 --format xlsx --out holders.xlsx",
    result=record(
        file=TEXT, format=one_of("csv", "xlsx", "json"), sha256=HASH, bytes=COUNT, tables=many(record(**CAP_TABLE))
    ),
)
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write, whole or not at all.")],
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Symbol, address, or FILING:TRANCHE.")] = "",
    filing: Annotated[str, typer.Option("--filing", metavar="FILING", help="All tokens of a filing instead.")] = "",
    at: At = "",
    form: Annotated[str, typer.Option("--format", metavar="csv|xlsx|json", help="Default: by the file's name.")] = "",
    by: Annotated[
        str, typer.Option("--by", metavar="wallet|investor", help="Rows of a CSV; others have both.")
    ] = "wallet",
    reveal: Annotated[
        bool, typer.Option("--reveal", help="With names, to the admitter of --as, on an --order; it is logged.")
    ] = False,
    order: Annotated[
        Path | None, typer.Option("--order", metavar="FILE", help="The order on which names are given out.")
    ] = None,
) -> Answer:
    """Write a cap table: who holds what of each tranche, frozen, pledged and locked, tied to the supply.

    Investors are told by their ids. The same register gives the same file, byte for byte.
    """
    from abst.holders import captable_files
    from abst.holders import export as exporting
    from abst.values import file_digest

    if reveal != (order is not None):
        raise UsageError("names are shown on an order", needed="--reveal --order FILE --as OFFICER", where="--reveal")
    chosen = form or out.suffix.removeprefix(".")
    captable_files.must_be_known(chosen, by)
    with house(context) as (call, office):
        block, second = place_of(at, office.zone)
        wanted = exporting.Wanted(token=token, filing=filing, block=block, second=second)
        shown = None if order is None else exporting.Reveal(call.act_as(), evidence(order))
        tables = exporting.cap_tables(office, wanted, shown)
        content = captable_files.write(tables, chosen, by=by)
    exporting.place_file(out, content)
    result: dict[str, Any] = {
        "file": out.name,
        "format": chosen,
        "sha256": file_digest(content),
        "bytes": len(content),
        "tables": [captable_files.brief(table) for table in tables],
    }
    said = "the holdings of every token sum to its supply"
    return Answer(result, [totals(result["tables"]), f"{out}: {len(content):,} bytes; {said}"])


def place_of(at: str, zone: str) -> tuple[int | None, int | None]:
    """A moment of `--at` as (block, second): digits are a block, all else a date or an instant."""
    if not at:
        return None, None
    if at.isascii() and at.isdigit():
        return int(at), None
    return None, second_of(at, zone, "--at")


def totals(tables: list[dict[str, Any]]) -> Table:
    """Tables of a cap table in short, for people."""
    columns = ("token", "block", "time", "supply", "held", "outstanding", "factor", "wallets", "investors")
    return grid(tables, columns, right=("supply", "held", "outstanding", "wallets", "investors"))
