"""Speed of the embedded chain, of the service and of the command line, on this machine, now. Never part of a test."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

from abst import bootstrap
from abst.bench.report import Figure
from abst.bench.senders import key
from abst.bench.stage import LOT, file_and_create, raise_stage
from abst.chain.deploy import transaction
from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Office
from abst.demo import INVESTORS, filing, market
from abst.demo.lists import load_samples
from abst.demo.people import GOOD, people
from abst.demo.stage import SECRETS, WORK, Passphrases, Stage, prepare
from abst.holders import facts
from abst.issuance import desk as issuance
from abst.issuance import lots

BLOCKS = 10_000
LOOKS = 200
SINGLES, TABLES = 40, 3


def _seconds(act: Callable[[], object]) -> Decimal:
    begun = time.perf_counter_ns()
    act()
    return Decimal(time.perf_counter_ns() - begun) / 10**9


def chain_figures(folder: Path) -> list[Figure]:
    """Writing, reopening and searching a chain of 10,000 blocks on disk."""
    path = folder / "long.db"
    rich = key("rich")
    chain = EmbeddedChain(path, alloc={rich.address: 10**24})
    hashes = []
    fees = chain.gas_price()
    raws = [
        rich.sign_transaction(transaction(chain, nonce=n, to=rich.address, value=1, gas=21_000, fees=fees)).raw
        for n in range(BLOCKS)
    ]
    begun = time.perf_counter_ns()
    for raw in raws:
        hashes.append(chain.send_raw(raw))
    writing = Decimal(time.perf_counter_ns() - begun) / 10**9
    chain.close()

    def reopen() -> None:
        EmbeddedChain(path, create=False).head()

    reopening = min(_seconds(reopen) for _ in range(5))
    chain = EmbeddedChain(path, create=False)
    some = hashes[:: BLOCKS // LOOKS]
    looking = _seconds(lambda: [chain.receipt(one) for one in some]) / len(some)
    chain.close()
    size = Decimal(path.stat().st_size) / BLOCKS
    what = f"{BLOCKS:,} blocks"
    return [
        _figure("blocks a second, one transaction each, on disk", BLOCKS / writing, "1/s", None, "higher", "1"),
        _figure(f"reopen {what}", reopening, "s", Decimal("0.3"), "lower", "0.0001"),
        _figure(f"receipt among {what}", looking * 1000, "ms", Decimal(5), "lower", "0.01"),
        _figure("chain file, a block", size, "bytes", None, "lower", "1"),
    ]


def mint_figures(folder: Path) -> list[Figure]:
    """Approved mints on the embedded chain, on disk: signed by both keys, sent, mined, with their receipts."""
    stage = raise_stage(folder / "mints.db")
    file_and_create(stage)
    names = [f"holder-{number}" for number in range(SINGLES + 100 * TABLES)]
    for start in range(0, len(names), 100):
        stage.admit(names[start : start + 100])
    stage.mint([(names[0], LOT)], "first of the filing")
    singles, many = names[:SINGLES], names[SINGLES:]
    alone = _seconds(lambda: [stage.mint([(name, LOT)], f"single {name}") for name in singles])
    lots = [many[start : start + 100] for start in range(0, len(many), 100)]
    together = _seconds(lambda: [stage.mint([(name, LOT) for name in lot], f"lot {lot[0]}") for lot in lots])
    stage.chain.close()
    where = "embedded chain, on disk: "
    return [
        _figure(f"{where}single approved mints a second", SINGLES / alone, "1/s", Decimal(40), "higher", "0.1"),
        _figure(f"{where}holders a second, in lots of 100", len(many) / together, "1/s", Decimal(600), "higher", "1"),
    ]


def service_figures(folder: Path) -> list[Figure]:
    """The same through the whole service: facts, all gates twice, decisions, audit log, outbox, two officers."""
    stage = Stage(folder / "home", 1, False, lambda _: None, Passphrases(folder / "home" / SECRETS))
    prepare(stage.home, seed=stage.seed, short=stage.short)
    bootstrap.init(stage.home, bootstrap.Init(passphrase_of=stage.passphrase, work=WORK))
    stage.office = bootstrap.open_office(stage.home, stage.passphrase)
    load_samples(stage.office, lambda _: stage.request())
    stage.cast = people(stage.chance, stage.seed, INVESTORS, stage.office.day())
    for scene in (*filing.SCENES, market.bring_in, market.admit):
        scene(stage)
    names = [person.reference for person in stage.cast if person.fate == GOOD]

    def mint(symbol: str, to: list[str]) -> None:
        allocations = tuple(issuance.Allocation(name, LOT) for name in to)
        command = issuance.ProposeMint(
            officer="operations-1", request=stage.request(), token=symbol, allocations=allocations
        )
        stage.two_keys(issuance.mint(stage.office, command), "compliance-1")

    mint("JSD-A1", names[:1])

    def mint_alone() -> None:
        for name in names[1 : SINGLES + 1]:
            mint("JSD-A1", [name])

    alone = _seconds(mint_alone)
    deciding, judging = _decision_seconds(stage.office, names[SINGLES + 1 : 2 * SINGLES + 1])
    together = _seconds(lambda: mint("JSD-A2", names[:100]))
    stage.office.close()
    where = "through the service: "
    return [
        _figure(f"{where}single mints a second", SINGLES / alone, "1/s", None, "higher", "0.1"),
        _figure(f"{where}holders a second, a lot of 100", 100 / together, "1/s", None, "higher", "1"),
        _figure(
            f"{where}a single mint decided, its facts gathered", deciding * 1000, "ms", Decimal(5), "lower", "0.01"
        ),
        _figure("all gates of a mint on gathered facts", judging * 1000, "ms", None, "lower", "0.001"),
    ]


def _decision_seconds(office: Office, names: Sequence[str]) -> tuple[Decimal, Decimal]:
    """Of one mint each to so many investors, in an office that has just decided one: gathered and judged; judged."""
    token = facts.token(office, "JSD-A1")
    asked = [[issuance.Allocation(name, LOT)] for name in names]
    decided = issuance.decide(office, token, asked[0])
    whole = _seconds(lambda: [issuance.decide(office, token, one) for one in asked]) / len(asked)
    return whole, _seconds(lambda: [lots.decide(decided.lot) for _ in range(LOOKS)]) / LOOKS


def command_figures() -> list[Figure]:
    """The command line's start, best of five: a new process each."""
    command = [str(Path(sys.executable).with_name("abst")), "--help"]
    best = min(_seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(5))
    return [_figure("abst --help", best, "s", Decimal("0.4"), "lower", "0.01")]


def _figure(name: str, value: Decimal, unit: str, target: Decimal | None, better: str, places: str) -> Figure:
    return Figure(name, value.quantize(Decimal(places)), unit, target, better, "")


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="abst-bench-") as name:
        folder = Path(name)
        return mint_figures(folder) + service_figures(folder) + chain_figures(folder) + command_figures()
