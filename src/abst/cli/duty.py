"""`abst duty`: duties of the calendar brought to the chain, met, told of and reminded of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.calendar import DUTY
from abst.cli.common import EvidenceFile, Filing, answer, evidence, grid, house, moment, read
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, EVIDENCE, HASH, INSTANT, TEXT, many, record
from abst.errors import UsageError

NOUN = Noun("duty", "Duties of the calendar: opened on chain, met by publishing, told of, reminded of.")
ON_CHAIN = record(name=TEXT, kind=TEXT, due=INSTANT, last_good=INSTANT)
EVENT = record(name=TEXT, rule=TEXT, kind=TEXT, found=TEXT)
OPENED = {"opened": many(ON_CHAIN), "left": many(TEXT)}


@NOUN.command("open", example="abst duty open 1 --as operations-1", result=record(filing=TEXT, **OPENED))
def open_(context: typer.Context, filing: Filing) -> Answer:
    """Open on chain what falls due soon, or is late; each once. An overdue one stops what the terms say (R-81)."""
    from abst.disclosure import due

    with house(context) as (call, office):
        command = due.OpenDue(officer=call.act_as(), request=call.request_id(), filing=filing)
        result = due.open_due(office, command)
    rows: list[dict[str, Any]] = result.result["opened"]
    return answer(result, grid(rows, ("name", "kind", "due", "last_good")) if rows else "nothing to open")


@NOUN.command(
    "publish",
    example="abst duty publish 1 distribution-7 --document report.pdf --uri https://example.org/7 --as operations-1",
    result=record(filing=TEXT, obligation=COUNT, kind=TEXT, name=TEXT, document_hash=HASH, uri=TEXT),
)
def publish(
    context: typer.Context,
    filing: Filing,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the duty, as `abst calendar` lists it.")],
    document: Annotated[
        Path, typer.Option("--document", metavar="FILE", help="The document; its SHA-256 goes on chain.")
    ],
    uri: Annotated[
        str, typer.Option("--uri", help="Where the document is published; without, at the base and its hash.")
    ] = "",
) -> Answer:
    """Publish the document that meets a duty, under the duty's name, closing its obligation (R-74 to R-79)."""
    from abst.chain.office import Evidence
    from abst.disclosure import due

    content = read(document, "--document")
    with house(context) as (call, office):
        command = due.PublishDue(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            name=name,
            document=Evidence(document.name, content),
            uri=uri,
        )
        result = due.publish(office, command)
    return answer(result)


@NOUN.command(
    "event",
    example='abst duty event 1 litigation --note "a claim against the servicer" --evidence claim.pdf --as operations-1',
    result=record(filing=TEXT, evidence=EVIDENCE, events=many(EVENT), **OPENED),
)
def event(
    context: typer.Context,
    filing: Filing,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="rating-cut, litigation, party-breach, party-change, party-failure or other-event.",
        ),
    ],
    note: Annotated[str, typer.Option("--note", help="What happened; no personal data.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Record a material event that no figure shows; its interim report falls due on chain (R-77)."""
    from abst.disclosure import due

    with house(context) as (call, office):
        command = due.ReportEvent(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            event=kind,
            note=note,
            evidence=evidence(evidence_file),
        )
        result = due.report_event(office, command)
    return answer(result, *_told(result.result))


@NOUN.command(
    "figures",
    example="abst duty figures 1 --period 7 --pool collections.csv --as operations-1",
    result=record(filing=TEXT, period=COUNT, decision=TEXT, events=many(EVENT), **OPENED),
)
def figures(
    context: typer.Context,
    filing: Filing,
    period: Annotated[int | None, typer.Option("--period", min=1, help="A period that was closed here.")] = None,
    pool: Annotated[
        Path | None, typer.Option("--pool", metavar="FILE", help="The deal's pool, for the forecast of its cash.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Figures of a period closed elsewhere, YAML or JSON.")
    ] = None,
) -> Answer:
    """Look for material events in the figures of a period; each new one falls due on chain (R-77, R-78)."""
    from abst.disclosure import due
    from abst.servicing import telling

    if (period is None) == (file is None):
        raise UsageError("which figures?", needed="--period N, or --file FILE", where="--period")
    content = read(file, "--file") if file else b""
    tape = read(pool, "--pool") if pool else None
    with house(context) as (call, office):
        found = telling.figures_of(office, filing, period, tape) if period else due.read_figures(content, filing)
        command = due.TellFigures(officer=call.act_as(), request=call.request_id(), figures=found)
        result = due.tell(office, command)
    return answer(result, *_told(result.result))


def _told(told: dict[str, Any]) -> list[Any]:
    events = told["events"]
    if not events:
        return ["no material event"]
    return [grid(events, ("name", "rule", "kind", "found")), grid(told["opened"], ("name", "due", "last_good"))]


@NOUN.command(
    "remind",
    example="abst duty remind --as operations-1",
    result=record(reminders=many(record(**DUTY, stage=TEXT))),
)
def remind(context: typer.Context) -> Answer:
    """Give the reminders that are due, each once: some days ahead, and when a duty is late. For a daily job."""
    from abst.disclosure import due

    with house(context) as (call, office):
        result = due.remind(office, due.Remind(officer=call.act_as(), request=call.request_id()))
        zone = office.zone
    rows = [row | {"latest": moment(row["latest"], zone)} for row in result.result["reminders"]]
    return answer(result, grid(rows, ("stage", "filing", "name", "rule", "who", "latest")) if rows else "no reminder")
