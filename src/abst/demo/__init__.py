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
    money,
    persons,
    readers,
    refusals,
    rules,
    screening,
    servicing,
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
    money.SCENES,
    servicing.FIRST,
    trades.SCENES,
    readers.SCENES,
    screening.SCENES,
    persons.SCENES,
    servicing.SCENES,
    evidence.SCENES,
    market.LAST,
)


PLAYED = (
    "today",
    "filing show 1",
    "token attest 1",
    "holders JSD-A1",
    "period list 1",
    "period show 1 1",
    "period triggers 1",
    "period statement {seller}",
    "payment show 1",
    "document history 1 storm",
)
"""Commands that show what was played."""


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
    where, seller = f"--home {stage.home}", stage.known["seller"]
    shown = (*PLAYED, *(_going_on(stage) if stage.short else ()), "inbox", "verify --json")
    return (
        "",
        f"digest of amounts, decisions, refusals and positions (seed {stage.seed}): {stage.digest()}",
        "",
        "To explore what is left in the home:",
        *(f"  abst {words.format(seller=seller)} {where}" for words in shown),
        "",
        "verify: OK" if stage.verified else "verify: differences, see above",
    )


def _going_on(stage: Stage) -> tuple[str, ...]:
    """What still moves while tokens are outstanding."""
    documents, seller, buyer = stage.home / "documents", stage.known["seller"], stage.known["buyer"]
    return (
        f"trade show {documents / 'trade.json'}",
        f"why {seller} {buyer} 10000 JSD-A1",
        f"transfer {seller} {buyer} 10000 JSD-A1",
        f"freeze {buyer} 10000 JSD-A1 --evidence {documents / 'court-order.txt'} --as operations-1",
    )
