"""`abst servicing`: the servicer's reports, from which periods are closed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import Filing, answer, fields, grid, house, moment, read
from abst.cli.envelope import Answer, Table
from abst.cli.shape import (
    AMOUNT,
    ANY_OBJECT,
    COUNT,
    DATE,
    EVIDENCE,
    FLAG,
    HASH,
    REFUSAL,
    TEXT,
    many,
    maybe,
    record,
    table_of,
)

if TYPE_CHECKING:
    from abst.chain.office import Evidence

NOUN = Noun("servicing", "Servicer's reports: imported, checked and kept; loan tapes and their mappings.")
Period = Annotated[int, typer.Argument(metavar="PERIOD", help="Number of the payment, from 1.")]
REPORT = {
    "number": COUNT,
    "filing": TEXT,
    "period": COUNT,
    "version": COUNT,
    "report": HASH,
    "document": EVIDENCE,
    "collection_from": DATE,
    "collection_to": DATE,
    "principal": AMOUNT,
    "interest": AMOUNT,
    "defaults": AMOUNT,
    "recoveries": AMOUNT,
    "opening": AMOUNT,
    "closing": AMOUNT,
    "reported_closing": AMOUNT,
    "loans": COUNT,
    "tape": maybe(HASH),
    "tape_rows": maybe(COUNT),
    "late": FLAG,
    "officer": TEXT,
    "at": COUNT,
}
TRIED = record(checked=TEXT, period=COUNT, passed=FLAG, refusals=many(REFUSAL), late=FLAG)
WHOLE = record(
    **REPORT, content=ANY_OBJECT, inputs=table_of(AMOUNT), versions=COUNT, decision=TEXT, tape_map=maybe(TEXT)
)
COLUMNS = ("period", "version", "collection_to", "principal", "interest", "defaults", "closing", "late")


@NOUN.command(
    "import",
    example="abst servicing import 1 report.yaml --tape tape.csv --map sec-schedule-al-auto --as operations-1",
    result={"anyOf": [record(**REPORT), TRIED]},
)
def import_(
    context: typer.Context,
    filing: Filing,
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The servicer's report, YAML or JSON.")],
    tape: Annotated[Path | None, typer.Option("--tape", metavar="FILE", help="Its loan tape, CSV or Parquet.")] = None,
    mapping: Annotated[
        str, typer.Option("--map", metavar="NAME|FILE", help="Mapping of the tape: a shipped one, or a YAML file.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all of it and write nothing.")] = False,
) -> Answer:
    """Accept a servicer's report; refused whole, with every wrong row and field, unless all of it ties (R-83, R-94)."""
    from abst.chain.office import Evidence
    from abst.servicing import importing

    document = Evidence(report.name, read(report, "REPORT"))
    given = None if tape is None else Evidence(tape.name, read(tape, "--tape"))
    name, file = mapping_of(mapping)
    with house(context) as (call, office):
        if dry_run:
            mapped = importing.mapped_by(name, file)
            with office.store.read() as session:
                seen = importing.examine(office, session, filing, document, given, mapped)
            return _tried(report.name, seen)
        command = importing.ImportReport(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            report=document,
            tape=given,
            map_name=name,
            map_file=file,
        )
        result = importing.import_report(office, command)
        zone = office.zone
    late = ["the report is late: after the day on which the deal's figures are determined (R-74)"]
    told = answer(result, fields({**result.result, "at": moment(result.result["at"], zone)}))
    return Answer(told.result, told.shown, told.outcome, told.refusals, late if result.result["late"] else ())


def mapping_of(mapping: str) -> tuple[str, Evidence | None]:
    """A shipped mapping's name, or a file."""
    from abst.chain.office import Evidence

    if not mapping.endswith((".yaml", ".yml", ".json")):
        return mapping, None
    path = Path(mapping)
    return "", Evidence(path.name, read(path, "--map"))


def _tried(name: str, seen: Any) -> Answer:
    refusals = seen.refusals
    result = {
        "checked": name,
        "period": seen.expected.period,
        "passed": not refusals,
        "refusals": [refusal.as_dict() for refusal in refusals],
        "late": seen.expected.late,
    }
    shown = [] if refusals else ["every check passed; nothing was written"]
    return Answer(result, shown, "refused" if refusals else "done", refusals)


@NOUN.command("show", example="abst servicing show 1 1", result=WHOLE)
def show(
    context: typer.Context,
    filing: Filing,
    period: Period,
    version: Annotated[int, typer.Option("--version", metavar="N", help="A version; without, the last one.")] = 0,
) -> Answer:
    """Show a period's report: its figures by month, and what the waterfall takes of it."""
    from abst.servicing import importing

    with house(context) as (_, office):
        result = importing.show(office, filing, period, version)
        zone = office.zone
    whole = {name: value for name, value in result.items() if name not in ("content", "inputs")}
    months = result["content"]["months"]
    columns = ("month", "opening", "principal", "prepaid", "interest", "defaults", "recoveries", "closing")
    inputs = Table(
        ("input", "value"), [(name, f"{int(value):,}") for name, value in result["inputs"].items()], "inputs"
    )
    rows = [{name: str(month[name]) for name in columns} for month in months]
    shown = [fields({**whole, "at": moment(result["at"], zone)}), grid(rows, columns, "months", columns[1:]), inputs]
    return Answer(result, shown)


@NOUN.command("list", example="abst servicing list 1", result=many(record(**REPORT)))
def list_(context: typer.Context, filing: Filing) -> Answer:
    """List the report that stands for each period."""
    from abst.servicing import importing

    with house(context) as (_, office):
        rows = importing.list_reports(office, filing)
    if not rows:
        return Answer(rows, ["no reports"])
    return Answer(rows, [grid(rows, COLUMNS, right=("principal", "interest", "defaults", "closing"))])


@NOUN.command(
    "mapping",
    example="abst servicing mapping sec-schedule-al-auto",
    result=many(record(id=TEXT, title=TEXT, source=TEXT, digest=HASH, columns=table_of(many(TEXT)), text=TEXT)),
)
def mapping(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A shipped mapping; without, all of them.")] = "",
) -> Answer:
    """Show the shipped mappings of loan tapes; with a name, its text, to copy and change."""
    from abst.servicing.report import mapping as mappings

    found = [mappings.get(name)] if name else list(mappings.shipped().values())
    rows: list[dict[str, Any]] = [
        {
            "id": one.file.id,
            "title": one.file.title,
            "source": one.file.source,
            "digest": one.digest,
            "columns": {field: list(columns) for field, columns in one.file.columns.items()},
            "text": one.text,
        }
        for one in found
    ]
    return Answer(rows, [found[0].text] if name else [grid(rows, ("id", "title", "source"))])


@NOUN.command(
    "new",
    example="abst servicing new 1",
    result=record(period=COUNT, due=DATE, skeleton=TEXT),
)
def new(context: typer.Context, filing: Filing) -> Answer:
    """Print an empty report for the next period of a filing, with everything that is known filled in."""
    from abst.servicing import importing
    from abst.servicing.report.skeleton import skeleton

    with house(context) as (_, office):
        expected = importing.expected_next(office, filing)
    text = skeleton(expected)
    due = expected.determination_date.isoformat()
    return Answer({"period": expected.period, "due": due, "skeleton": text}, [text.rstrip("\n")])
