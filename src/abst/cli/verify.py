"""`abst verify`: chain against outbox against store."""

from __future__ import annotations

import typer

from abst.cli.app import Noun
from abst.cli.common import house
from abst.cli.envelope import Answer, Table
from abst.cli.shape import FLAG, TEXT, many, record

NOUN = Noun("", "")
DIFFERENCE = record(where=TEXT, found=TEXT, expected=TEXT, words=TEXT)


@NOUN.command("verify", example="abst verify", result=record(ok=FLAG, differences=many(DIFFERENCE)))
def verify(context: typer.Context) -> Answer:
    """Compare chain, outbox and store: supply, positions, operations, admissions, roles, audit log.

    Prints `verify: OK`, or each difference (exit 6). Changes nothing.
    """
    from abst.integrity import desk

    with house(context) as (_, office):
        differences = desk.verify(office)
    result = {
        "ok": not differences,
        "differences": [
            {"where": d.where, "found": str(d.found), "expected": str(d.expected), "words": d.words}
            for d in differences
        ],
    }
    if not differences:
        return Answer(result, ["verify: OK"])
    rows = [(d.where, d.words, str(d.found), str(d.expected)) for d in differences]
    table = Table(("where", "what", "found", "expected"), rows)
    return Answer(result, [table, f"verify: {len(rows)} differences"], "integrity")
