"""What the commands share: opening the house, reading files, and showing results. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.app import call_of
from abst.cli.envelope import Answer, Call, Table
from abst.errors import NotFound, UsageError

if TYPE_CHECKING:
    from abst.chain.office import Evidence, Office, Result

Filing = Annotated[str, typer.Argument(metavar="FILING", help="Id of the filing, or its number.")]
DealFile = Annotated[Path | None, typer.Option("--deal", metavar="FILE", help="The deal, a YAML file.")]
Token = Annotated[str, typer.Argument(metavar="TOKEN", help="Symbol, address, or FILING:TRANCHE such as 1:0.")]
Investor = Annotated[str, typer.Argument(metavar="INVESTOR", help="Investor id, as listed by `abst investor list`.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="Whole token units; `_` and `,` may separate digits.")]
EvidenceFile = Annotated[
    Path, typer.Option("--evidence", metavar="FILE", help="Document the act stands on; its SHA-256 and name are kept.")
]


@contextmanager
def house(context: typer.Context) -> Iterator[tuple[Call, Office]]:
    """The call and the opened office of its home; closed at the end. Raises NotFound when there is no home."""
    from dataclasses import replace

    from abst.bootstrap import open_office
    from abst.chain.telling import Telling

    call = call_of(context)
    office = replace(open_office(Path(call.home)), progress=Telling(call.say))
    try:
        yield call, office
    finally:
        office.close()


def read(path: Path, where: str) -> bytes:
    """Bytes of a file named on the command line. Raises NotFound or UsageError naming the option."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound("no such file", found=str(path), where=where) from None
    except OSError as error:
        raise UsageError(
            "cannot read the file", found=f"{path}: {error.strerror}", needed="a readable file", where=where
        ) from None


def evidence(path: Path) -> Evidence:
    """A document by its name and bytes."""
    from abst.chain.office import Evidence

    return Evidence(path.name, read(path, "--evidence"))


def disclaimer(office: Office) -> str:
    """What stands beside every filing's status (R-104): a public notice is no endorsement."""
    return f"{office.rulebook.setting('R-104', 'disclaimer')} (R-104)"


def answer(result: Result, *shown: str | Table) -> Answer:
    """What a desk answered: refusals of single rows make it `refused` (exit 3) although the others were done."""
    content = dict(result.result)
    if result.proposal is not None:
        content.setdefault("proposal", result.proposal)
    outcome = "refused" if result.refusals else result.outcome
    lines: list[str | Table] = list(shown) or [fields(content)]
    if result.outcome == "waiting" and result.proposal is not None:
        lines.append(f"waits for a second officer: abst approve {result.proposal} --as CHECKER")
    return Answer(content, lines, outcome, result.refusals, result.warnings)


def fields(content: Mapping[str, Any], title: str = "") -> Table:
    """An object as two columns; nested values as compact text."""
    return Table(("field", "value"), [(key.replace("_", " "), text(value)) for key, value in content.items()], title)


def grid(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str = "", right: Sequence[str] = ()
) -> Table:
    """Objects as a table of the named fields."""
    names = [column.replace("_", " ") for column in columns]
    flush = [column.replace("_", " ") for column in right]
    return Table(names, [[text(row.get(column)) for column in columns] for row in rows], title, flush)


def text(value: Any) -> str:
    """A value as one cell: nothing as a dash, lists with commas, digits of amounts in groups of three."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case str():
            return f"{int(value):,}" if value.isascii() and value.isdigit() and len(value) > 3 else value
        case dict():
            return ", ".join(f"{key} {text(item)}" for key, item in value.items()) or "-"
        case list() | tuple():
            return ", ".join(text(item) for item in value) or "-"
    return str(value)


def moment(second: int | None, zone_name: str) -> str:
    """A Unix second for people: date and time in the named zone; a dash for none."""
    if not second:
        return "-"
    from datetime import datetime

    from abst.values import zone

    return datetime.fromtimestamp(second, zone(zone_name)).strftime("%Y-%m-%d %H:%M:%S")


def day_end(day: str, zone_name: str, where: str) -> int:
    """Last good second of a calendar date in the registry's zone. Raises UsageError."""
    from abst.values import last_second_of, parse_date

    return last_second_of(parse_date(day, where), zone_name)


def second_of(text: str, zone_name: str, where: str) -> int:
    """A moment on the command line as a Unix second: an ISO 8601 instant with its offset (or Z), a date for its last
    second in the registry's zone, or the digits of a Unix second. Raises UsageError.
    """
    from datetime import datetime

    needed = "2026-09-01T12:00:00Z, 2026-09-01, or a Unix second"
    try:
        if text.isascii() and text.isdigit() and int(text) < 1 << 40:
            return int(text)
        if len(text) == len("2026-09-01"):
            return day_end(text, zone_name, where)
        moment_told = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("not a moment", found=repr(text), needed=needed, where=where) from None
    if moment_told.tzinfo is None:
        raise UsageError("a moment without an offset", found=repr(text), needed=needed, where=where)
    return int(moment_told.timestamp())


def units(amount: str, where: str = "AMOUNT") -> int:
    from abst.values import parse_amount

    return parse_amount(amount, where)
