"""`abst disclose` and `abst obligations`: what must be told to holders, by when, and what was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Filing, answer, day_end, grid, house, read
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, HASH, INSTANT, TEXT, many, record
from abst.errors import UsageError

NOUN = Noun("", "")
DAY = 86400


@NOUN.command(
    "disclose",
    example="abst disclose 1 --obligation 1 --kind issue-completion --name completion-report "
    "--document report.txt --uri https://example.org/report --as operations-1",
    result=record(filing=TEXT, obligation=COUNT, kind=TEXT, name=TEXT, document_hash=HASH, uri=TEXT),
)
def disclose(
    context: typer.Context,
    filing: Filing,
    kind: Annotated[str, typer.Option("--kind", help="Kind of document, such as issue-completion.")],
    name: Annotated[str, typer.Option("--name", help="Name of the document, at most 32 bytes.")],
    document: Annotated[
        Path, typer.Option("--document", metavar="FILE", help="The document; its SHA-256 goes on chain.")
    ],
    uri: Annotated[
        str, typer.Option("--uri", help="Where the document is published; without, at the base and its hash.")
    ] = "",
    obligation: Annotated[int, typer.Option("--obligation", min=0, help="Obligation it closes; 0 for none.")] = 0,
    next_due: Annotated[str, typer.Option("--next-due", help="Next date of a recurring obligation, YYYY-MM-DD.")] = "",
) -> Answer:
    """Publish a document on chain by hash and address, closing an obligation (R-81)."""
    from abst.chain.office import Evidence
    from abst.disclosure import desk

    content = read(document, "--document")
    with house(context) as (call, office):
        command = desk.Disclose(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            obligation=obligation,
            name=name,
            kind=kind,
            document=Evidence(document.name, content),
            uri=uri,
            next_due=day_end(next_due, office.zone, "--next-due") if next_due else 0,
        )
        result = desk.disclose(office, command)
    return answer(result)


@NOUN.command(
    "obligations",
    example="abst obligations --filing 1",
    result=many(
        record(
            filing=TEXT,
            obligation=COUNT,
            kind=TEXT,
            due=COUNT,
            grace=COUNT,
            recurrence=COUNT,
            due_at=INSTANT,
            last_good=INSTANT,
            state=TEXT,
        )
    ),
)
def obligations(
    context: typer.Context,
    filing: Annotated[str | None, typer.Option("--filing", help="Of this filing alone.")] = None,
    open_: Annotated[str, typer.Option("--open", metavar="KIND", help="Open an obligation of this kind first.")] = "",
    due: Annotated[str, typer.Option("--due", help="Its last good date, YYYY-MM-DD.")] = "",
    grace_days: Annotated[int, typer.Option("--grace-days", min=0, help="Days after it that are still good.")] = 0,
    every_days: Annotated[int, typer.Option("--every-days", min=0, help="Most days to the next; 0 for once.")] = 0,
) -> Answer:
    """List what must be disclosed, with its last good second; or open an obligation (--open KIND --due DATE)."""
    from abst.disclosure import desk

    with house(context) as (call, office):
        if open_:
            if filing is None or not due:
                raise UsageError("to open an obligation", needed="--filing N and --due DATE", where="--open")
            command = desk.OpenObligation(
                officer=call.act_as(),
                request=call.request_id(),
                filing=filing,
                kind=open_,
                due=day_end(due, office.zone, "--due"),
                grace=grace_days * DAY,
                recurrence=every_days * DAY,
            )
            desk.open_obligation(office, command)
        rows = desk.obligations(office, filing)
    if not rows:
        return Answer(rows, ["no open obligations"])
    return Answer(rows, [grid(rows, ("filing", "obligation", "kind", "due_at", "last_good", "state"))])
