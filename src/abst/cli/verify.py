"""`abst verify`: chain against outbox against store."""

from __future__ import annotations

from typing import Any

import typer

from abst.cli.app import Noun
from abst.cli.common import grid, house
from abst.cli.envelope import Answer, Table
from abst.cli.shape import FLAG, TEXT, many, record

NOUN = Noun("", "")
RECOVERED = record(where=TEXT, words=TEXT)
DIFFERENCE = record(where=TEXT, found=TEXT, expected=TEXT, words=TEXT)

FOUND = {"ok": FLAG, "differences": many(DIFFERENCE)}
VERIFIED = {"anyOf": [record(**FOUND), record(**FOUND, recovered=many(RECOVERED))]}


@NOUN.command("verify", example="abst verify", result=VERIFIED)
def verify(context: typer.Context) -> Answer:
    """Compare chain, outbox and store: supply, positions, operations, admissions, roles, audit log.

    What was decided again after a restore is listed apart, as recovered.
    Prints `verify: OK`, or each difference (exit 6). Changes nothing.
    """
    from abst.integrity import desk

    with house(context) as (_, office):
        differences, recovered = desk.verify(office), desk.recovered(office)
    result: dict[str, Any] = {
        "ok": not differences,
        "differences": [
            {"where": d.where, "found": str(d.found), "expected": str(d.expected), "words": d.words}
            for d in differences
        ],
    }
    told = [grid(recovered, ("where", "words"), "recovered")] if recovered else []
    if recovered:
        result["recovered"] = recovered
    if not differences:
        return Answer(result, [*told, "verify: OK"])
    rows = [(d.where, d.words, str(d.found), str(d.expected)) for d in differences]
    table = Table(("where", "what", "found", "expected"), rows)
    return Answer(result, [*told, table, f"verify: {len(rows)} differences"], "integrity")
