"""The demo's evidence: decisions explained and run again, the log anchored, a forger found, a pack given out."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from abst.demo.filing import FILING
from abst.demo.stage import Stage

COPY = "tampered.db"
PACK = "evidence.zip"


def explained(stage: Stage) -> None:
    """Any decision says what it was made on; all of them come out the same under the rulebook of their day."""
    from abst.integrity import replay

    stage.scene(
        "Every decision is run again",
        "Facts, rulebook and results were stored; the same pure gates must say the same, and every hash must hold.",
    )
    office = stage.office
    released = replay.rows(office, kind="mint release")[-1]["decision"]
    shown = replay.show(office, released)
    (sent,) = [one for one in shown["led_to"]["operations"] if one["carries_hash"]]
    entry = shown["log"][0]["seq"]
    passed = sum(result["passed"] for result in shown["results"])
    stage.tell(f"decision {released}: {passed} gates passed; named by entry {entry} of the log")
    stage.tell(f"its hash {shown['hash'][:14]}… stands in the mint's transaction, block {sent['block']}")
    outcomes = Counter(one.outcome for one in replay.replay_all(office))
    stage.expect("decisions that come out otherwise", outcomes["different"], 0)
    words = ", ".join(f"{number} {word}" for word, number in sorted(outcomes.items()))
    stage.tell(f"replayed: {words} (acts of power have no gates: they stand on evidence and two officers)")
    stage.remember("replayed", outcomes=sorted(outcomes.items()))


def anchored(stage: Stage) -> None:
    """The head of the log on chain: a copy of the database that somebody rewrote is found out."""
    from abst import audit
    from abst.audit import Head
    from abst.integrity import anchors
    from abst.store import Store

    stage.scene(
        "The log is anchored, and a forger found",
        "Each entry is hashed over the one before; the head goes on chain, where nobody takes it back (R-70).",
    )
    office = stage.office
    head = stage.done(anchors.anchor(office, anchors.Anchor(officer="operations-1", request=stage.request())))
    stage.tell(f"entry {head['seq']} is the head; kept elsewhere too, it needs no chain: {head['head'][:14]}…")
    examined = anchors.examine(office)
    stage.expect("what the log's check finds", [*examined.differences, examined.unanchored], [0])
    if office.store.path is None:
        return
    copy = stage.home / "documents" / COPY
    forge(office.store.path, copy)
    forged = Store(f"sqlite:///{copy}")
    with forged.read() as session:
        own = audit.verify(session)
        against = audit.verify(session, [Head(head["seq"], head["head"])])
    forged.close()
    copy.unlink()
    stage.expect("whether the forged copy is consistent in itself", own, [])
    stage.tell("a copy of the database was rewritten from its first entry, every hash made anew: consistent in itself")
    stage.expect("what the anchor says of the copy", against, [f"audit: entry {head['seq']} is not the one anchored"])
    stage.tell(f"held against the anchor: {against[0]}")


def forge(source: Path, copy: Path) -> None:
    """Rewrite the log of a copy as somebody with the file in his hands could: no trigger, all hashes made anew."""
    from abst import audit
    from abst.values import ZERO_HASH, digest

    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as own, closing(sqlite3.connect(copy)) as made:
        own.backup(made)
        for (name,) in made.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            made.execute(f'DROP TRIGGER "{name}"')
        columns = ("seq", "at", "actor", "act", "subject", "facts")
        rows = made.execute(f"SELECT {', '.join(columns)} FROM audit ORDER BY seq").fetchall()
        previous = str(ZERO_HASH)
        for row in rows:
            said = dict(zip(columns, row, strict=True)) | {"facts": json.loads(row[5])}
            seq = said.pop("seq")
            said["actor"] = "nobody" if seq == 1 else said["actor"]
            before, previous = previous, str(audit.link(seq, previous, digest(said)))
            change = "UPDATE audit SET actor = ?, previous = ?, hash = ? WHERE seq = ?"
            made.execute(change, (said["actor"], before, previous, seq))
        made.commit()


def given_out(stage: Stage) -> None:
    """A signed pack of evidence about the filing, checked by whoever gets it against the chain alone."""
    from abst.integrity import pack, packcheck

    stage.scene(
        "Evidence for the authority",
        "Entries, decisions, proposals and transactions of the filing in one signed file; nothing personal in it.",
    )
    office = stage.office
    path = stage.home / "documents" / PACK
    made = stage.done(
        pack.make(
            office,
            pack.MakePack(
                officer="operations-1",
                request=stage.request(),
                selection=pack.Selection(filing=FILING),
                path=path,
            ),
        )
    )
    checked = packcheck.check(path.read_bytes(), office.chain, office.deployment)
    stage.expect("what the check of the pack finds", list(checked.differences), [])
    names = [person.row["name"] for person in stage.cast]
    told = sum(checked.counted.values())
    stage.expect("names of investors in the pack", [name for name in names if name in _text(path)], [])
    stage.tell(f"{made['entries']} entries, {made['decisions']} decisions, {made['operations']} transactions")
    stage.tell(f"checked by {told} comparisons, on chain and off: abst audit check documents/{PACK}")
    stage.remember("pack", decisions=made["decisions"], operations=made["operations"])


def _text(path: Path) -> str:
    """All words of a pack."""
    with zipfile.ZipFile(path) as file:
        return "\n".join(file.read(name).decode() for name in file.namelist())


SCENES: tuple[Callable[[Stage], None], ...] = (explained, anchored, given_out)
