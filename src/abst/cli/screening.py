"""`abst screening`: sanctions and politically-exposed lists, and the hits that people decide (R-53)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, answer, evidence, fields, grid, house, read
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, EVIDENCE, FLAG, HASH, INSTANT, TEXT, many, one_of, record

NOUN = Noun("screening", "Screening: sanctions and politically-exposed lists, and the hits that people decide.")
SOURCE_WORDS = ("ofac", "ofac-consolidated", "un", "eu", "uk", "pep")
LOADED = record(source=TEXT, digest=HASH, entries=COUNT, added=COUNT, ended=COUNT, changed=FLAG)
LISTED = record(
    source=TEXT,
    publisher=TEXT,
    files=many(TEXT),
    entries=COUNT,
    digest=HASH,
    loaded=INSTANT,
    checked=INSTANT,
    by=TEXT,
)
RAN = record(screened=COUNT, opened=COUNT, ended=COUNT, open=COUNT, confirmed=COUNT, lists=COUNT)
COMPARED = one_of("agrees", "differs", "unknown")
NAMED = {"hit": COUNT, "investor": TEXT, "person": TEXT, "source": TEXT, "entry": TEXT, "score": COUNT}
HIT = record(
    **NAMED,
    kind=TEXT,
    listed=TEXT,
    listed_born=many(TEXT),
    listed_countries=many(TEXT),
    note=TEXT,
    born=COMPARED,
    country=COMPARED,
    verdict=one_of("open", "cleared", "confirmed"),
    by=TEXT,
    second=TEXT,
    reason=TEXT,
    opened=INSTANT,
    ended=TEXT,
)
DECIDED = {
    **NAMED,
    "hit_kind": TEXT,
    "entry_digest": HASH,
    "born": COMPARED,
    "country": COMPARED,
    "before": TEXT,
    "verdict": TEXT,
    "reason": TEXT,
    "evidence": EVIDENCE,
}


@NOUN.command("load", example="abst screening load un.xml --source un --as operations-1", result=LOADED)
def load(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="As the publisher gives it; of OFAC sdn.csv and alt.csv.")
    ],
    source: Annotated[str, typer.Option("--source", help="Which list: " + ", ".join(SOURCE_WORDS) + ".")],
) -> Answer:
    """Put an official list in force; taken whole or not at all. The same file again says that it was checked.

    A changed list makes screenings stale: run `abst screening run` after it.
    """
    from abst.investor.screening import desk

    content = tuple((path.name, read(path, "FILE")) for path in files)
    with house(context) as (call, office):
        command = desk.LoadList(officer=call.act_as(), request=call.request_id(), source=source, files=content)
        result = desk.load(office, command)
    return answer(result)


@NOUN.command("list", example="abst screening list", result=many(LISTED))
def list_(context: typer.Context) -> Answer:
    """The lists in force: publisher, entries, digest, and when each was loaded and last checked."""
    from abst.investor.screening import desk

    with house(context) as (_, office):
        rows = desk.lists(office)
    return Answer(rows, [grid(rows, ("source", "entries", "loaded", "checked", "by", "digest"), right=("entries",))])


@NOUN.command("run", example="abst screening run --as operations-1", result=RAN)
def run(
    context: typer.Context,
    investors: Annotated[
        list[str] | None, typer.Option("--investor", metavar="INVESTOR", help="Only this one; may be repeated.")
    ] = None,
) -> Answer:
    """Screen everybody again, with all persons behind them. Verdicts on entries that did not change go on."""
    from abst.investor.screening import desk

    with house(context) as (call, office):
        chosen = tuple(investors or ())
        command = desk.RunScreening(officer=call.act_as(), request=call.request_id(), investors=chosen)
        result = desk.run(office, command)
    return answer(result)


@NOUN.command("hits", example="abst screening hits --open", result=many(HIT))
def hits(
    context: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help="Only hits that nobody has decided.")] = False,
    investor: Annotated[str, typer.Option("--investor", metavar="INVESTOR", help="Only this one's.")] = "",
    past: Annotated[bool, typer.Option("--past", help="Also hits that ended: the entry is gone or changed.")] = False,
) -> Answer:
    """Resemblances found: ids of investors, what the list says of the entry, score (8800 is 88 per cent), verdict.

    `born` and `country` say whether year of birth and countries agree; they never change a score.
    """
    from abst.investor.screening import desk

    with house(context) as (_, office):
        rows = desk.hits(office, only_open=only_open, investor=investor, past=past)
    columns = ("hit", "investor", "person", "source", "entry", "listed", "kind", "score", "born", "country", "verdict")
    return Answer(rows, [grid(rows, columns, right=("hit", "score"))])


@NOUN.command(
    "decide",
    example='abst screening decide 1 cleared --reason "another year of birth" --evidence note.txt --as operations-1',
    result={"anyOf": [record(**DECIDED, decision=HASH), record(**DECIDED, kind=TEXT, proposal=TEXT, hash=HASH)]},
)
def decide(
    context: typer.Context,
    hit: Annotated[int, typer.Argument(metavar="HIT", help="Number of `abst screening hits`.", min=1)],
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="cleared (another person) or confirmed.")],
    reason: Annotated[str, typer.Option("--reason", help="Words for the record, without personal data.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Decide a hit. Confirming takes one officer; clearing one of a sanctions list waits for a second (R-53).

    A confirmed sanctions hit bars admission and mints; `abst today` then asks for `abst investor block`.
    """
    from abst.investor.screening import desk

    with house(context) as (call, office):
        command = desk.DecideHit(
            officer=call.act_as(),
            request=call.request_id(),
            hit=hit,
            verdict=verdict,
            reason=reason,
            evidence=evidence(evidence_file),
        )
        result = desk.decide(office, command)
    return answer(result, fields({key: value for key, value in result.result.items() if key != "entry_digest"}))
