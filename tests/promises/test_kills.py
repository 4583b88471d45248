"""Kill the process between any two steps of a mint and run the same request again: the same end, once.

These are the long runs; `make test` kills at random points of many acts in `test_faults`.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from abst.chain import proposals
from abst.chain.office import Office, Result
from abst.issuance import desk as issuance
from promises import kill_harness as harness
from promises.kill_harness import CARRIERS, WITH_THE_CHAIN, Step, Template

REQUEST = "the-mint"


def one_mint(template: Template) -> Callable[[Office], Result]:
    """Two receivers in one lot."""
    rows = [(name, template.lot) for name in template.investors[:2]]
    return lambda office: harness.mint(office, REQUEST, rows)


def lots(template: Template, rows: int) -> Callable[[Office], Result]:
    """A table that takes several lots; investors come more than once."""
    names = template.investors
    table = [(names[row % len(names)], template.lot * (1 + row % 3)) for row in range(rows)]
    return lambda office: harness.mint(office, REQUEST, table)


# ---- at each step


@dataclass
class Killer:
    """Kills the mint at steps, each time on a fresh copy of the template, and compares the end with the whole run's."""

    template: Template
    folder: Path
    work: Callable[[Office], Result]
    expected: dict[str, Any]

    @classmethod
    def ready(cls, template: Template, folder: Path, work: Callable[[Office], Result]) -> Killer:
        """With the account of a run that nobody disturbs."""
        expected = harness.complete(template.copy(folder / "whole"), work)
        assert expected["differences"] == expected["log"] == []
        assert expected["outcome"] == "done"
        return cls(template, folder, work, expected)

    def steps(self, files: tuple[str, ...] = CARRIERS) -> list[Step]:
        home = self.template.copy(self.folder / f"steps-{len(files)}")
        return harness.steps_of(home, self.work, files)

    def run(self, home: Path) -> str:
        return self.work(harness.open_office(home)).outcome

    def case(self, deaths: tuple[Step, ...]) -> list[str]:
        """Die at the first step, repeat and die at the next, ..., repeat. What is then not as it should be.

        A later death may never come: the step may be behind already.
        """
        home = self.template.copy(self.folder / f"case-{os.getpid()}")
        try:
            first, *later = deaths
            if not harness.die_at(home, self.work, WITH_THE_CHAIN, first).killed:
                return ["was never reached"]
            for step in later:
                harness.die_at(home, self.work, WITH_THE_CHAIN, step)
            return harness.unlike(harness.complete(home, self.work), self.expected)
        except AssertionError as error:
            return [str(error)]
        finally:
            shutil.rmtree(home)


def boundaries(path: list[Step]) -> list[Step]:
    """The last step before and the first after each commit of the store and each broadcast."""
    found: list[Step] = []
    for place, step in enumerate(path):
        if step.file == "store/engine.py" and step.function == "begin" and step.text == "self._open.writes = False":
            found += path[place - 1 : place + 1]
        if step.file == "chain/sending/delivering.py" and "send_raw_many(" in step.text:
            found += path[place : place + 2]
    return found


def every_line(path: list[Step]) -> list[Step]:
    return [step for step in path if step.time == 1]


@pytest.mark.prove
def test_killed_at_every_step_of_a_mint(ready_to_mint: Template, tmp_path: Path) -> None:
    """Killed at any line that a mint runs, at random repetitions of them, inside the chain's block write, and at two
    steps in a row, the same requests again come to the same end: one mint, one event, one decision a request, no
    difference found."""
    begun = time.monotonic()
    killer = Killer.ready(ready_to_mint, tmp_path, one_mint(ready_to_mint))
    path, wide = killer.steps(), killer.steps(WITH_THE_CHAIN)
    chance = Random(20270101)
    lines, edges = every_line(path), boundaries(path)
    assert len(edges) >= 5 * 2 + 2, "propose, release, sign, settle and close each commit once"
    assert killer.expected["minted"] == 1
    single = dict.fromkeys(lines + edges + chance.sample(wide, 60))
    double = [(chance.choice(lines), chance.choice(every_line(wide))) for _ in range(40)]
    cases = [*((step,) for step in single), *double]
    wrong = harness.spread(cases, killer.case, workers=os.cpu_count() or 1)
    assert wrong == []
    print(
        f"\nkills at steps of a mint: {len(path)} steps, {len(lines)} distinct, {len(wide)} with the chain's; "
        f"{len(single)} killed once, {len(double)} twice; differences {len(wrong)}; {time.monotonic() - begun:.0f} s"
    )


# ---- at random moments


def kill_at_random(killer: Killer, rounds: int, seed: int, whole: float) -> tuple[int, int]:
    """In each round kill, at random moments, one to three runs of the same table, then repeat it to the end; in every
    other round somebody ran `abst ops run` before. Returns kills that hit and lots minted."""
    chance = Random(seed)
    hits = 0
    for number in range(rounds):
        home = killer.template.copy(killer.folder / f"round-{number}")
        for _ in range(chance.randint(1, 3)):
            moment = chance.random() * whole * 0.8  # a repeated run has less to do
            hits += harness.forked(partial(killer.run, home), alarm=_after(moment)).killed
        mend = proposals.run_ops if number % 2 else None
        wrong = harness.unlike(harness.complete(home, killer.work, mend), killer.expected)
        assert wrong == [], f"round {number}"
        shutil.rmtree(home)
    return hits, rounds * int(killer.expected["minted"])


def _after(seconds: float) -> Callable[[int], None]:
    def kill(pid: int) -> None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)

    return kill


def timed(killer: Killer) -> float:
    """Seconds that the work takes here when nobody disturbs it."""
    home = killer.template.copy(killer.folder / "timed")
    begun = time.monotonic()
    harness.forked(partial(killer.run, home))
    return time.monotonic() - begun


@pytest.mark.prove
def test_tables_of_lots_killed_at_random(
    ready_to_mint: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables in lots of a few rows, and of a hundred, killed at random moments and repeated: every lot is minted,
    once."""
    for rows, size, rounds in ((20, 4, 50), (230, 100, 10)):
        monkeypatch.setattr(issuance, "LOT", size)
        folder = tmp_path / str(size)
        killer = Killer.ready(ready_to_mint, folder, lots(ready_to_mint, rows))
        whole = timed(killer)
        hits, minted = kill_at_random(killer, rounds, seed=rows, whole=whole)
        assert hits >= rounds // 2
        print(f"\nkills at random moments: {rounds} tables of {rows} rows, {hits} kills, {minted} lots, differences 0")
