"""A million transfer events indexed, asked as of any date, dropped and built again; and the same of a tenth of them.

Holders send batches of 300 straight to the node: what is measured is the reader, not the sender.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from abst import journal
from abst.bench import scale_direct
from abst.bench.report import Figure
from abst.bench.scale_direct import Direct
from abst.bench.scale_stage import LOT, Set, figure, raised, say, timed, told
from abst.bench.shares import peak
from abst.holders import reconciling
from abst.values import Address

EVENTS, WALLETS = 1_000_000, 10_000
RATE, LOOK = 10_000, 50  # events a second; milliseconds of a look at the positions of any date
SENDERS, FLOAT = 20, 10_000 * 100_000  # holders who send, and what each of them begins with: token units
LOOKS = 15


def measure(folder: Path, chain: str, events: int) -> dict[str, Any]:
    """Index a tenth, and then the rest; as plain data."""
    with raised(folder, chain) as stage:
        direct = Direct(stage.office.chain)
        wallets = [scale_direct.wallet(number) for number in range(WALLETS)]
        senders = [scale_direct.sender(number) for number in range(SENDERS)]
        everybody = [*wallets, *(one.address for one in senders)]
        scale_direct.admit(stage, direct, everybody)
        scale_direct.mint(stage, direct, [(one.address, FLOAT) for one in senders])
        payer = scale_direct.officer(stage, "deployer")
        direct.send(((payer, one.address, b"") for one in senders), gas=21_000, value=10**19)
        journal.advance(stage.office)
        chance = Random(1)
        few = _index(stage, direct, wallets, events // 10, chance)
        many = _index(stage, direct, wallets, events - events // 10, chance)
        found = {"few": few, "many": many, "looks": _looks(stage, chance)}
        with stage.watch.phase("reconcile", WALLETS):
            compared = reconciling.compare(stage.office)
        assert not compared.differences, compared.differences
        return found | {"peak": peak(), "stored": str(stage.size())}


def _index(stage: Set, direct: Direct, wallets: list[Address], events: int, chance: Random) -> dict[str, Any]:
    """Move, read, and build again: events, and seconds of reading them and of building everything."""
    token, lot = scale_direct.token_of(stage), scale_direct.LOT
    calls = (
        (
            scale_direct.sender(number % SENDERS),
            token.address,
            token.encode("transferBatch", chance.sample(wallets, lot), [LOT] * lot),
        )
        for number in range(-(-events // lot))
    )
    moved = timed(lambda: direct.send(calls))
    say(f"  {events:,} transfers in {moved:.0f} s")
    with stage.watch.phase("index", events):
        journal.advance(stage.office)
    with stage.watch.phase("build again", events):
        again = journal.reindex(stage.office)
    assert not again.differences, again.differences
    phases = stage.watch.phases
    built = str(phases["build again"].wall)
    return {"events": events, "read": phases["index"].as_dict(), "whole": again.events, "built": built}


def _looks(stage: Set, chance: Random) -> dict[str, str]:
    """Milliseconds of a look at every position at some second, the middle and the longest of several."""
    token = scale_direct.token_of(stage).address
    with stage.office.store.read() as session:
        first, last = next(journal.blocks(session)).timestamp, stage.office.chain.head().timestamp
    took: list[Decimal] = []
    for _ in range(LOOKS):
        second = chance.randint(first, last)
        with stage.office.store.read() as session:
            took.append(timed(partial(journal.positions, session, token, at=second)))
    return {"middle": str(median(took) * 1000), "longest": str(max(took) * 1000)}


def figures(found: dict[str, Any], chain: str, events: int) -> Iterator[Figure]:
    """The figures of one run; targets are those of the whole size on a node."""
    aimed = events == EVENTS and chain == "anvil"
    what = f"{events:,} transfer events, {chain}: "
    for part in (found["few"], found["many"]):
        seconds = Decimal(part["read"]["wall"])
        name = f"{what}{part['events']:,} indexed"
        yield figure(name, part["events"] / seconds, "1/s", RATE if aimed else None, "higher", told(part["read"]))
        each = Decimal(part["built"]) / part["whole"] * 1_000_000
        yield figure(f"{what}built again from {part['whole']:,} logs", Decimal(part["built"]), "s")
        yield figure(f"{what}built again from {part['whole']:,} logs, each", each, "us")
    for name, took in found["looks"].items():
        yield figure(f"{what}positions as of any second, {name}", Decimal(took), "ms", LOOK if aimed else None)
    yield figure(f"{what}memory at most", found["peak"], "MB")
    yield figure(f"{what}the store", Decimal(found["stored"]), "MB")
