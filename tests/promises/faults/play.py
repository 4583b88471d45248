"""Many runs by their seeds, in workers of their own; what they met, and what was wrong.

A seed stands for a batch of runs, always the same ones, on one kind of store and chain.
"""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

import databases
import nodes
from abst.chain.office import warp
from abst.issuance import desk as issuance
from promises import kill_harness as harness
from promises.faults import acts, machine, node, template
from promises.faults.stage import Stage

HOME = "home"  # the template's folder
ON_FILES, ON_SERVER, ON_NODE, ON_BOTH = "embedded, SQLite", "embedded, PostgreSQL", "anvil, SQLite", "anvil, PostgreSQL"
# Of twenty batches, so many on each. A run on a node takes three times as long.
SHARE = (ON_FILES,) * 16 + (ON_SERVER, ON_SERVER, ON_NODE, ON_BOTH)
STEPS = 6


@dataclass(frozen=True)
class Batch:
    """So many runs of a seed."""

    seed: int
    kind: str
    runs: int

    def __str__(self) -> str:
        return f"seed {self.seed} on {self.kind}"


def batches(count: int, runs: int) -> list[Batch]:
    return [batch_of(number, runs) for number in range(1, count + 1)]


def batch_of(number: int, runs: int) -> Batch:
    return Batch(number, SHARE[number % len(SHARE)], runs)


@contextmanager
def made(kind: str, folder: Path) -> Iterator[Path]:
    """The template of a kind, made by the desks themselves on its store and its chain."""
    place: dict[str, Any] = {}
    moved: template.Warp = warp
    with ExitStack() as stack:
        if "PostgreSQL" in kind:
            place["store_url"] = databases.empty_postgres_database()
        url = ""
        if "anvil" in kind:
            url = nodes.begin("--timestamp", str(int(time.time())))
            stack.callback(nodes.end, url)
            place |= {"chain_urls": (url,), "deployer_key": bytes.fromhex(nodes.DEV_KEY[2:])}
            moved = nodes.warp
        ready = harness.build(folder / HOME, **place)
        template.finish(ready, moved)
        if url:
            node.keep(url, ready.home / "node.json")
    yield ready.home


def play(batch: Batch, stage: Stage, *, shrink: bool = True) -> list[str]:
    """All runs of a batch; what was wrong, with the (fewest) steps that lead there."""

    class Faults(machine.Faults):
        pass

    Faults.stage = stage
    chosen = settings(
        max_examples=batch.runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(batch.seed)(Faults), settings=chosen)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is told with its script
        script = "\n".join(getattr(error, "__notes__", []))
        frames = "".join(traceback.format_tb(error.__traceback__)[-3:])
        return [f"{batch}: {frames}{type(error).__name__}: {error}\n{script}"]
    return []


def share(todo: Sequence[Batch], homes: dict[str, Path], folder: Path, *, shrink: bool = True) -> dict[str, Any]:
    """One worker's share, on stages of its own."""
    issuance.LOT = acts.LOT
    wrong: list[str] = []
    with ExitStack() as stack:
        stages: dict[str, Stage] = {}
        for batch in todo:
            if batch.kind not in stages:
                stages[batch.kind] = Stage(homes[batch.kind], folder / f"{os.getpid()}-{len(stages)}", stack)
            wrong += play(batch, stages[batch.kind], shrink=shrink)
    return {"wrong": wrong, "told": dict(machine.Faults.told)}


def spread(todo: Sequence[Batch], homes: dict[str, Path], folder: Path, workers: int) -> tuple[list[str], Counter[str]]:
    """Everything, over workers: what was wrong, and what the runs met."""
    shares: list[Callable[[], Any]] = [partial(share, todo[first::workers], homes, folder) for first in range(workers)]
    running = [harness.start(work) for work in shares]
    wrong: list[str] = []
    told: Counter[str] = Counter()
    for worker in running:
        answer = harness.finish(*worker).answer
        wrong += answer["wrong"]
        told.update(answer["told"])
    return wrong, told
