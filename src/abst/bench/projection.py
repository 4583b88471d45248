"""A tape of half a million loans projected at seven speeds: seconds and memory, on one core, in a process of its own.

The loans are invented, by a seed: balances, rates to the basis point, terms up to 84 months and ages up to 60. What is
timed begins with the file's bytes and ends with the pool's collections by month at each speed.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from abst.bench.report import Figure

LOANS, MONTHS, AGES = 500_000, 84, 60
SPEEDS = ("0", "0.0050", "0.0090", "0.0110", "0.0130", "0.0150", "0.0180")
CUT_OFF = date(2026, 1, 31)
TARGET = Decimal(20)  # seconds, all of it
SEED = 1

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each phase, what the pool came to, and the most memory held, in MB: before, and at the end."""

    reading: Decimal
    contracts: Decimal
    speeds: Decimal
    months: int
    closing: tuple[int, ...]
    before: int
    peak: int


def tape(loans: int) -> bytes:
    """A CSV file of loans."""
    import numpy as np
    import polars

    chance = np.random.default_rng(SEED)
    cents = chance.integers(100_000, 8_000_000, loans)
    columns = {
        "balance": [f"{amount // 100}.{amount % 100:02d}" for amount in cents.tolist()],
        "rate": [f"0.{rate:04d}" for rate in chance.integers(0, 1_500, loans).tolist()],
        "remaining": chance.integers(1, MONTHS + 1, loans),
        "age": chance.integers(0, AGES, loans),
    }
    return polars.DataFrame(columns).write_csv().encode()


def measure(content: bytes) -> Measured:
    """Read the tape, run every loan's contract, lay the speeds over them."""
    from abst.deal.daycount import DayCount
    from abst.deal.pool import Layout, Tape, contract_of, flows, read_pool
    from abst.deal.scenario import scenario_of

    before = _peak()
    pool, reading = _timed(lambda: read_pool(content, Layout(form="tape"), "tape.csv"))
    assert isinstance(pool, Tape)
    contract, contracts = _timed(lambda: contract_of(pool, CUT_OFF, DayCount.THIRTY_360))
    scenarios = [scenario_of({"prepayment": {"kind": "abs", "speed": speed}}, speed) for speed in SPEEDS]
    found, speeds = _timed(lambda: [flows(contract, scenario) for scenario in scenarios])
    return Measured(
        reading, contracts, speeds, len(contract.spans), tuple(one.closing[11] for one in found), before, _peak()
    )


def _timed(act: Callable[[], Result]) -> tuple[Result, Decimal]:
    begun = time.perf_counter_ns()
    made = act()
    return made, Decimal(time.perf_counter_ns() - begun) / 10**9


def _peak() -> int:
    """The most memory this process has held, MB."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size // 2**20 if sys.platform == "darwin" else size // 2**10


def _alone() -> None:
    """Before anything else is loaded: one thread, and one core where the system lets us choose."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _in_child(loans: int) -> Measured:
    return measure(tape(loans))


def figures() -> list[Figure]:
    """Seconds of each phase and in all, and memory."""
    own = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=own, initializer=_alone) as pool:
        found = pool.submit(_in_child, LOANS).result()
    whole = found.reading + found.contracts + found.speeds
    what = f"{LOANS:,} loans, one core: "
    return [
        _figure(f"{what}{MONTHS} months at {len(SPEEDS)} speeds, from the file", whole, "s", TARGET),
        _figure(f"{what}reading the tape", found.reading, "s"),
        _figure(f"{what}every loan's own schedule", found.contracts, "s"),
        _figure(f"{what}all speeds laid over them", found.speeds, "s"),
        _figure(f"{what}memory at most", Decimal(found.peak), "MB"),
        _figure(f"{what}of it, held before the tape was read", Decimal(found.before), "MB"),
    ]


def _figure(name: str, value: Decimal, unit: str, target: Decimal | None = None) -> Figure:
    step = Decimal("0.1") if unit == "s" else Decimal(1)
    return Figure(name, value.quantize(step), unit, target, "lower", "")
