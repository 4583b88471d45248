"""`abst plan`: two plans beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import grid, house, read
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, FLAG, TEXT, many, record
from abst.errors import UsageError

if TYPE_CHECKING:
    from abst.chain.office import Office

NOUN = Noun("plan", "Plans: what differs between two filings, versions or pairs of files.")
Side = "FILING, FILING@VERSION, or DOSSIER,DEAL (two files)."


@NOUN.command(
    "diff",
    example="abst plan diff 1@1 1@2",
    result=record(
        first=TEXT,
        second=TEXT,
        differences=many(record(path=TEXT, first=TEXT, second=TEXT, material=FLAG)),
        material=COUNT,
    ),
)
def diff(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help=Side)],
    second: Annotated[str, typer.Argument(metavar="B", help=Side)],
) -> Answer:
    """List every difference of two plans: path, both values, and whether it is material (R-42)."""
    from abst.reports import plans

    with house(context) as (_, office):
        changes = plans.diff(office, _content(office, first), _content(office, second))
    rows: list[dict[str, Any]] = [
        {"path": one.path, "first": one.first, "second": one.second, "material": one.material} for one in changes
    ]
    material = sum(one.material for one in changes)
    line = f"{len(rows)} differences, {material} of them material: {'a' if material else 'no'} new filing (R-42)"
    table = grid(rows, ("path", "first", "second", "material"))
    result = {"first": first, "second": second, "differences": rows, "material": material}
    return Answer(result, [table, line] if rows else ["no difference"])


def _content(office: Office, word: str) -> dict[str, Any]:
    from abst.reports import plans

    dossier, comma, deal = word.partition(",")
    if not comma:
        return plans.of_filing(office, word)
    return plans.of_files(_text(dossier), _text(deal))


def _text(name: str) -> str:
    """A file as text. Raises NotFound, UsageError when it is not UTF-8."""
    try:
        return read(Path(name), name).decode()
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8 text", found=str(error), where=name) from None
