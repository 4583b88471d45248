"""`abst document`: what was published of a filing, every version, and what was seen on a day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Filing, answer, grid, house, read, second_of
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, FLAG, HASH, INSTANT, TEXT, many, record
from abst.errors import UsageError

NOUN = Noun("document", "Documents of a filing: where they stand, every version, what was seen on a day.")
VERSION = {
    "name": TEXT,
    "version": COUNT,
    "kind": TEXT,
    "document_hash": HASH,
    "uri": TEXT,
    "obligation": COUNT,
    "published": INSTANT,
    "second": COUNT,
    "block": COUNT,
}
COLUMNS = ("name", "version", "kind", "published", "uri", "document_hash")


@NOUN.command(
    "base",
    example="abst document base 1 https://example.org/documents/ --as operations-1",
    result=record(filing=TEXT, base=TEXT),
)
def base(
    context: typer.Context,
    filing: Filing,
    url: Annotated[str, typer.Argument(metavar="URL", help="What the address of a document begins with.")],
) -> Answer:
    """Say where documents stand that are published without --uri: at URL followed by their hash (R-81)."""
    from abst.disclosure import documents

    with house(context) as (call, office):
        command = documents.Locate(officer=call.act_as(), request=call.request_id(), filing=filing, base=url)
        result = documents.locate(office, command)
    return answer(result)


@NOUN.command("list", example="abst document list 1", result=many(record(**VERSION)))
def list_(context: typer.Context, filing: Filing) -> Answer:
    """List the documents of a filing as they stand now."""
    from abst.disclosure import documents

    with house(context) as (_, office):
        rows = documents.list_documents(office, filing)
    return Answer(rows, [grid(rows, COLUMNS)] if rows else ["no documents"])


@NOUN.command("history", example="abst document history 1 annual-report", result=many(record(**VERSION)))
def history(
    context: typer.Context,
    filing: Filing,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the document.")],
) -> Answer:
    """List every version of a document, from the chain's events. Exit 6 when one is missing there."""
    from abst.disclosure import documents

    with house(context) as (_, office):
        rows = documents.history(office, filing, name)
    return Answer(rows, [grid(rows, COLUMNS)])


@NOUN.command("at", example="abst document at 1 --date 2026-09-01", result=many(record(**VERSION)))
def at(
    context: typer.Context,
    filing: Filing,
    date: Annotated[str, typer.Option("--date", help="Day of the purchase, YYYY-MM-DD: as at its end, or now.")] = "",
    instant: Annotated[str, typer.Option("--at", metavar="INSTANT", help="Moment, such as 2026-09-01T12:00:00Z.")] = "",
) -> Answer:
    """List what an investor saw on a day, or at a moment: each document's version of then."""
    from abst.disclosure import documents

    if bool(date) == bool(instant):
        raise UsageError("on which day?", needed="--date YYYY-MM-DD or --at INSTANT", where="--date")
    with house(context) as (_, office):
        second = second_of(date or instant, office.zone, "--date" if date else "--at")
        if date and office.day().isoformat() == date:
            second = office.now()  # the day is not over yet
        rows = documents.seen_at(office, filing, second)
    return Answer(rows, [grid(rows, COLUMNS)] if rows else ["no documents yet"])


@NOUN.command("check", example="abst document check report.txt --filing 1", result=many(record(**VERSION, stands=FLAG)))
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file as somebody received it.")],
    filing: Annotated[str, typer.Option("--filing", help="Id of the filing, or its number.")],
) -> Answer:
    """Say whether a file is a published document: which version, since when. Exit 4 when it is none."""
    from abst.disclosure import documents

    content = read(file, "FILE")
    with house(context) as (_, office):
        rows = documents.check(office, filing, content)
    return Answer(rows, [grid(rows, (*COLUMNS, "stands"))])
