"""The demo: a real auto-loan deal from its filing to the register of holders, by the same desk functions users have.

`stage.py` holds the home and the record, `people.py` the investors, the other files the scenes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abst.demo import (
    clock,
    evidence,
    filing,
    market,
    payments,
    persons,
    readers,
    refusals,
    rules,
    screening,
    suiting,
    trades,
)
from abst.demo.lists import load_samples
from abst.demo.people import people
from abst.demo.stage import SECRETS, WORK, Passphrases, Stage, prepare
from abst.values import Hash

INVESTORS, INVESTORS_SHORT = 200, 20
PARTS = (
    rules.SCENES,
    refusals.SCENES,
    filing.SCENES,
    clock.SCENES,
    suiting.SCENES,
    market.SCENES,
    payments.SCENES,
    trades.SCENES,
    readers.SCENES,
    screening.SCENES,
    persons.SCENES,
    evidence.SCENES,
    market.LAST,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a run came to. digest: over all amounts, decisions, refusals and positions; the same for the same seed."""

    home: str
    seed: int
    short: bool
    steps: int
    digest: Hash
    verified: bool
    closing: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "home": self.home,
            "seed": self.seed,
            "short": self.short,
            "steps": self.steps,
            "digest": self.digest,
            "verify": self.verified,
        }


def run(home: Path, *, seed: int, short: bool, say: Callable[[str], None]) -> Told:
    """Play the whole demo in a fresh home. Raises Conflict for a home not a demo's, or when a scene goes wrong."""
    from abst import bootstrap

    prepare(home, seed=seed, short=short)
    stage = Stage(home, seed, short, say, Passphrases(home / SECRETS))
    scenes: list[Callable[[Stage], None]] = [scene for part in PARTS for scene in part]
    stage.total = len(scenes) + 1
    stage.scene(
        "A registry", "An embedded chain, its contracts, the officers and their keys. The deployer keeps nothing."
    )
    say(f"        Home: {home}. Random passphrases of its keystores are in {SECRETS} there, for its owner alone.")
    command = bootstrap.Init(passphrase_of=stage.passphrase, work=WORK)
    bootstrap.init(home, command, progress=stage.tell)
    stage.office = bootstrap.open_office(home, stage.passphrase)
    load_samples(stage.office, lambda _: stage.request())
    try:
        stage.cast = people(stage.chance, seed, INVESTORS_SHORT if short else INVESTORS, stage.office.day())
        for scene in scenes:
            scene(stage)
    finally:
        stage.office.close()
    return Told(str(home), seed, short, stage.steps, stage.digest(), stage.verified, closing(stage))


def closing(stage: Stage) -> tuple[str, ...]:
    """The last words: the digest, the verdict, and commands that work on the home that is left."""
    where, order = f"--home {stage.home}", stage.home / "documents" / "court-order.txt"
    seller, buyer, token = stage.known["seller"], stage.known["buyer"], "JSD-A1"
    return (
        "",
        f"digest of amounts, decisions, refusals and positions (seed {stage.seed}): {stage.digest()}",
        "",
        "To explore what is left in the home:",
        f"  abst today {where}",
        f"  abst filing show 1 {where}",
        f"  abst token attest 1 {where}",
        f"  abst holders {token} {where}",
        f"  abst payment show 1 {where}",
        f"  abst document history 1 storm {where}",
        f"  abst trade show {stage.home / 'documents' / 'trade.json'} {where}",
        f"  abst why {seller} {buyer} 10000 {token} {where}",
        f"  abst transfer {seller} {buyer} 10000 {token} {where}",
        f"  abst freeze {buyer} 10000 {token} --evidence {order} --as operations-1 {where}",
        f"  abst inbox {where}",
        f"  abst verify --json {where}",
        "",
        "verify: OK" if stage.verified else "verify: differences, see above",
    )
