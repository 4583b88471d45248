"""Figures of scale: registers, events, payments and transfers, by the desks' own functions, on a node and embedded.

Each is measured in a process of its own, so that memory is its own too. `--size 0.1` and `--size 10` show how cost
grows. Where time goes is told on stderr as each phase ends, and stands beside its figure. `--part` asks for one of
PARTS alone.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from abst.bench import scale_events, scale_moves, scale_register
from abst.bench.report import Figure, as_object, show_speed
from abst.bench.scale_stage import CHAINS, ENTRIES, say, write_list, write_people
from abst.values import zone

# Size and chain of each run. Ten times as much (`--size 10`) takes hours, and the embedded chain at the whole size too.
PLAN = ((Decimal("0.1"), "embedded"), (Decimal("0.1"), "anvil"), (Decimal(1), "anvil"))


def main(arguments: Sequence[str], path: Path) -> int:
    """Measure what the options ask for, show it, and keep it in a file."""
    parts = [word for option, word in pairwise(arguments) if option == "--part"] or PARTS
    found: list[Figure] = []
    for size, chain in asked(arguments):
        for part in parts:
            found += MEASURED[part](chain, size)
            kept(found, path)  # what was measured stays, whatever the next one comes to
    show_speed(found)
    return 0


def asked(arguments: Sequence[str]) -> list[tuple[Decimal, str]]:
    """The runs that the options ask for: `--size N` and `--chain NAME`, each of which may be left out."""
    sizes = [Decimal(word) for option, word in pairwise(arguments) if option == "--size"]
    chains = [word for option, word in pairwise(arguments) if option == "--chain"]
    if not sizes and not chains:
        return list(PLAN)
    return [(size, chain) for size in sizes or [Decimal(1)] for chain in chains or CHAINS]


def kept(found: Sequence[Figure], path: Path) -> None:
    """Write figures beside those of other runs, by name: sizes and chains are measured one after another."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    names = {one.name for one in found}
    path.parent.mkdir(parents=True, exist_ok=True)
    content = [one for one in known if one["name"] not in names] + [as_object(one) for one in found]
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def register(chain: str, size: Decimal) -> Iterator[Figure]:
    investors = int(scale_register.INVESTORS * size)
    say(f"{investors:,} investors on {chain}")
    with tempfile.TemporaryDirectory(prefix="abst-scale-") as name:
        folder = Path(name)
        alone(_draw_up, folder, investors)
        found = alone(scale_register.measure, folder, chain, investors)
    yield from scale_register.figures(found, chain, investors)


def events(chain: str, size: Decimal) -> Iterator[Figure]:
    count = int(scale_events.EVENTS * size)
    say(f"{count:,} transfer events on {chain}")
    with tempfile.TemporaryDirectory(prefix="abst-scale-") as name:
        found = alone(scale_events.measure, Path(name), chain, count)
    yield from scale_events.figures(found, chain, count)


def moves(chain: str, size: Decimal) -> Iterator[Figure]:
    holders, transfers = max(int(scale_moves.HOLDERS * size), 2 * scale_moves.ROWS), int(scale_moves.TRANSFERS * size)
    say(f"{transfers:,} transfers among {holders:,} holders, and {holders:,} payments, on {chain}")
    with tempfile.TemporaryDirectory(prefix="abst-scale-") as name:
        folder = Path(name)
        alone(_draw_up, folder, holders)
        found = alone(scale_moves.measure, folder, chain, holders, transfers)
    yield from scale_moves.figures(found, chain)


MEASURED = {"register": register, "events": events, "moves": moves}
PARTS = tuple(MEASURED)


def _draw_up(folder: Path, investors: int) -> None:
    today = datetime.now(tz=zone()).date()
    write_people(folder / scale_register.PEOPLE, investors, today)
    write_list(folder / scale_register.LIST, ENTRIES)


def alone(act: Callable[..., Any], *arguments: Any) -> Any:
    """What an act answers in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(act, *arguments).result()
