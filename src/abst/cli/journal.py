"""`abst journal`: how far the chain was read."""

from __future__ import annotations

import typer

from abst.cli.app import Noun
from abst.cli.common import fields, house
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, HASH, TEXT, maybe, record

NOUN = Noun("journal", "The event log that the reader keeps of the chain.")
STANDING = {
    "block": maybe(COUNT),
    "block_hash": maybe(HASH),
    "time": maybe(COUNT),
    "final": maybe(COUNT),
    "head": COUNT,
    "logs": COUNT,
    "movements": COUNT,
    "halted": maybe(record(found=TEXT, needed=TEXT, where=TEXT)),
}


@NOUN.command("status", example="abst journal status", result=record(**STANDING))
def status(context: typer.Context) -> Answer:
    """Show the last block read and the last final one, how many events are kept, and what stopped the reader.

    Reads nothing on. Exit 6 while the reader is stopped: a block that was final is gone from the chain.
    """
    from abst import journal

    with house(context) as (_, office):
        head = office.chain.head()
        with office.store.read() as session:
            at = journal.status(session)
            logs, moved = journal.counts(session)
    result = {
        "block": at.reached.number if at.reached else None,
        "block_hash": at.reached.hash if at.reached else None,
        "time": at.reached.timestamp if at.reached else None,
        "final": at.final if at.final >= 0 else None,
        "head": head.number,
        "logs": logs,
        "movements": moved,
        "halted": at.halted,
    }
    if at.halted is None:
        return Answer(result, [fields(result)])
    words = "a block that was final is gone; once it is known why: abst reindex --from-chain"
    return Answer(result, [fields(result), words], "integrity")
