"""`abst mint`: tokens to investors who passed every gate. Proposed by the issuer, released by the gatekeeper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import answer, house, read, units
from abst.cli.envelope import Answer, Table
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, FLAG, HASH, REFUSAL, TEXT, many, maybe, record
from abst.errors import UsageError

if TYPE_CHECKING:
    from abst.issuance.desk import Allocation, Row

NOUN = Noun("", "")
ROW = record(row=COUNT, to=TEXT, wallet=maybe(ADDRESS), investor=TEXT, amount=AMOUNT, refusals=many(REFUSAL))
PROPOSED = record(
    proposal=TEXT, hash=HASH, token=TEXT, lots=COUNT, rows=COUNT, allocated=COUNT, dropped=COUNT, total=AMOUNT
)
TRIED = record(dry_run=FLAG, rows=many(ROW), allocated=COUNT, dropped=COUNT, total=AMOUNT)


@NOUN.command("mint", example="abst mint JSD-A1 inv-001 1000000 --as operations-1", result={"anyOf": [PROPOSED, TRIED]})
def mint(
    context: typer.Context,
    token: Annotated[
        str | None, typer.Argument(metavar="TOKEN", help="Symbol, address, or FILING:TRANCHE such as 1:0.")
    ] = None,
    to: Annotated[str | None, typer.Argument(metavar="TO", help="Investor id or wallet address.")] = None,
    amount: Annotated[str | None, typer.Argument(metavar="AMOUNT", help="Whole token units.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="CSV", help="Allocations: columns investor (or wallet), amount.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report every row and change nothing.")] = False,
    retry_of: Annotated[
        str, typer.Option("--retry-of", metavar="ID", help="Propose again what the chain rejected of this request.")
    ] = "",
) -> Answer:
    """Propose a mint, to one investor or to all rows of a CSV. Every gate runs on every row.

    Rows that fail are refused with all their reasons (exit 3); the others wait for the gatekeeper (`abst approve`).
    """
    from abst.issuance import desk

    if retry_of:
        with house(context) as (call, office):
            again = desk.RetryMint(officer=call.act_as(), request=call.request_id(), retry_of=retry_of)
            return answer(desk.retry(office, again))
    if token is None:
        raise UsageError("which token?", needed="TOKEN TO AMOUNT, TOKEN --file CSV, or --retry-of ID", where="TOKEN")
    allocations = _allocations(to, amount, file)
    with house(context) as (call, office):
        if dry_run:
            return tried(desk.dry_run(office, token, allocations))
        command = desk.ProposeMint(
            officer=call.act_as(), request=call.request_id(), token=token, allocations=allocations
        )
        result = desk.mint(office, command)
    return answer(result)


def _allocations(to: str | None, amount: str | None, file: Path | None) -> tuple[Allocation, ...]:
    from abst.issuance.desk import Allocation, read_allocations

    if file is not None and to is None and amount is None:
        return read_allocations(read(file, "--file"))
    if file is None and to is not None and amount is not None:
        return (Allocation(to, units(amount)),)
    raise UsageError("one mint or a file of them", needed="TO and AMOUNT, or --file CSV", where="arguments")


def tried(rows: Sequence[Row]) -> Answer:
    """A dry run's rows, with every reason of each."""
    good = [row for row in rows if not row.refusals]
    refusals = tuple(refusal for row in rows for refusal in row.refusals)
    result = {
        "dry_run": True,
        "rows": [row.as_dict() for row in rows],
        "allocated": len(good),
        "dropped": len(rows) - len(good),
        "total": str(sum(row.amount for row in good)),
    }
    cells = [
        (
            str(r.row),
            r.to,
            r.investor or "-",
            f"{r.amount:,}",
            ", ".join(f"{x.rule} {x.reason}" for x in r.refusals) or "-",
        )
        for r in rows
    ]
    table = Table(("row", "to", "investor", "amount", "refused by"), cells, right=("row", "amount"))
    line = f"{len(good)} of {len(rows)} rows would be minted; nothing was changed"
    return Answer(result, [table, line], "refused" if refusals else "done", refusals)
