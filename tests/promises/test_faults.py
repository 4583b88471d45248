"""Exactly once, whatever happens: operators, network and power cut played together at random.

Each run plays up to eight acts of three operators on a home of its own. Any of them is held at any point between two
commits, calls and signatures, and there it is killed, meets a fault, or waits while others act; the store is held, the
disk is full, the clock jumps; a node behind a scripted proxy loses, repeats and delays answers, freezes, dies,
forgets transactions and reorganises. Then all is drained and asked again, and

    every final intent has one transaction on chain with its operation id, every other has none that was done
    every request that was answered as done is done, once
    each key's nonces are without a gap, and the chain's
    what has not ended is listed with its next step, and with every key at hand all has ended
    `abst verify` finds nothing, the log is whole

A seed stands for a batch of runs: `ABST_FAULT_SEED=17` plays that batch alone. What fails is shrunk and printed.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from promises.faults import play, template
from promises.kill_harness import Template

RUNS = 25  # of a seed
SEEDS = 80
CHOSEN = os.environ.get("ABST_FAULT_SEED", "")


def test_twenty_random_runs(ready_to_mint: Template, tmp_path: Path) -> None:
    """On SQLite and the embedded chain; the same ones every time."""
    home = tmp_path / play.HOME
    shutil.copytree(ready_to_mint.home, home)
    from abst.chain.office import warp

    template.finish(Template(home, ready_to_mint.investors, ready_to_mint.lot), warp)
    batch = play.Batch(0, play.ON_FILES, 20)
    wrong, told = play.spread([batch], {batch.kind: home}, tmp_path, workers=1)
    assert not wrong, "\n\n".join(wrong)
    assert told["runs"] >= batch.runs
    assert told["kill"] > 0


@pytest.mark.prove
def test_two_thousand_random_runs(tmp_path: Path) -> None:
    """On SQLite and PostgreSQL, on the embedded chain and on anvil."""
    begun = time.monotonic()
    todo = [play.batch_of(int(CHOSEN), RUNS)] if CHOSEN else play.batches(SEEDS, RUNS)
    with ExitStack() as stack:
        kinds = sorted({batch.kind for batch in todo})
        homes = {kind: stack.enter_context(play.made(kind, tmp_path / str(place))) for place, kind in enumerate(kinds)}
        wrong, told = play.spread(todo, homes, tmp_path, workers=min(os.cpu_count() or 1, len(todo)))
    runs = told.pop("runs", 0)
    assert not wrong, "\n\n".join(wrong)
    assert CHOSEN or runs >= 2_000
    ends = {key.removeprefix("ended: "): told.pop(key) for key in sorted(told) if key.startswith("ended: ")}
    met = ", ".join(f"{kind} {count}" for kind, count in told.most_common() if kind != "points")
    print(
        f"\nfaults: {runs} random runs, {sum(ends.values())} acts ended, {told['points']} held between two steps "
        f"({met}); differences 0; {time.monotonic() - begun:.0f} s"
    )
