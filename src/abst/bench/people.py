"""Thousands of investors imported, screened, classified and decided: seconds by phase, on one core.

Everybody is invented: names are put together from syllables, by a seed, and so are the lists they are screened against.
The wallets' proofs are written straight into the store, for they are signed one by one elsewhere; the transactions to
the chain are a phase of their own, outside the target.
"""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from random import Random

from sqlalchemy import update

from abst import bootstrap
from abst.bench import postgres
from abst.bench.report import Figure
from abst.chain.office import Office
from abst.chain.sender import Sender
from abst.demo.people import GOOD, Person, as_csv, people
from abst.demo.stage import SECRETS, WORK, Passphrases, prepare
from abst.investor import desk
from abst.investor.screening import desk as screening
from abst.investor.tables import Wallet
from abst.values import new_id

INVESTORS, ENTRIES = 10_000, 20_000
TARGET = Decimal(30)  # seconds, the chain apart
OFFICER = "operations-1"
SYLLABLES = (
    "ba be bi bo bu ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru sa se si so su ta te ti "
    "to tu wei xiao ming hua jun lan fang yu chang an el or is"
)
WORDS = 20_000  # names in all, some far more common than others


@dataclass(slots=True)
class Names:
    """Invented names, drawn by chance: two to four words, as unevenly common as real ones."""

    chance: Random
    words: list[str] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        lengths = (1, 2, 2, 3)
        self.words = [self._word(self.chance.choice(lengths)) for _ in range(WORDS)]
        self.weights = list(accumulate(1_000_000 // (n + 15) for n in range(WORDS)))

    def _word(self, length: int) -> str:
        return "".join(self.chance.choices(SYLLABLES.split(), k=length)).title()

    def one(self) -> str:
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=self.chance.choice((2, 3, 3, 4))))


@dataclass(slots=True)
class Watch:
    """Seconds of wall time and of this process's own work, by phase."""

    wall: dict[str, Decimal] = field(default_factory=dict)
    work: dict[str, Decimal] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        wall, work = time.perf_counter_ns(), time.process_time_ns()
        yield
        self.wall[name] = Decimal(time.perf_counter_ns() - wall) / 10**9
        self.work[name] = Decimal(time.process_time_ns() - work) / 10**9


def generated(count: int, entries: int, office: Office, seed: int = 1) -> tuple[list[Person], bytes, bytes]:
    """People with names, all of them good, and two lists: a sanctions list in OFAC's form and one of the exposed."""
    chance = Random(seed)
    names = Names(chance)
    cast = [person for person in people(chance, seed, count * 11 // 10 + 20, office.day()) if person.fate == GOOD]
    for person in cast:
        person.row["name"] = names.one()
    half = entries // 2
    nothing = ["-0- "] * 7
    return (
        cast[:count],
        _table([n, names.one().upper(), "individual", "EXAMPLE", *nothing, "illustrative"] for n in range(1, half + 1)),
        _table(
            [
                ["id", "name", "other_names", "born", "countries", "position"],
                *([f"B-{n}", names.one(), "", "", "AQ", "illustrative"] for n in range(entries - half)),
            ]
        ),
    )


def _table(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def measure(
    folder: Path, *, count: int = INVESTORS, entries: int = ENTRIES, store: str = "", say: Callable[[str], None] = print
) -> Watch:
    """Make a home in a folder (its store at `store`, a PostgreSQL url, when given) and time each phase.

    Prints each phase when it is over.
    """
    home = folder / "home"
    prepare(home, seed=1, short=True)
    words = Passphrases(home / SECRETS)
    bootstrap.init(home, bootstrap.Init(passphrase_of=words, work=WORK, store_url=store))
    office = bootstrap.open_office(home, words)
    try:
        return _measure(office, count, entries, say)
    finally:
        office.close()


def _measure(office: Office, count: int, entries: int, say: Callable[[str], None]) -> Watch:
    watch = Watch()
    cast, sanctions, exposed = generated(count, entries, office)
    table = as_csv(cast)
    # A home without the officer's key: what is decided is stored, and its transactions wait.
    keyless = replace(office, sender=Sender(office.store, office.chain, lambda _: None))
    office.vault()  # its keystore is opened once in a process
    with watch.phase("lists"):
        for source, name, content in (("ofac", "sdn.csv", sanctions), ("pep", "pep.csv", exposed)):
            listed = screening.LoadList(officer=OFFICER, request=new_id("req"), source=source, files=((name, content),))
            screening.load(office, listed)
    with watch.phase("import"):
        command = desk.ImportInvestors(officer=OFFICER, request=new_id("req"), content=table)
        imported = desk.import_file(office, command)
    with office.store.begin() as session:
        session.execute(update(Wallet).values(state="proven", proven_at=office.now()))
    asked = new_id("req")
    with watch.phase("screen, classify, decide"):
        decided = desk.admit(keyless, desk.Admit(officer=OFFICER, request=asked))
    with watch.phase("chain"):
        decided = desk.admit(office, desk.Admit(officer=OFFICER, request=asked))
    for name in watch.wall:
        say(f"{name:28} {watch.wall[name]:8.2f} s   ({watch.work[name]:.2f} s of this process)")
    told = f"{imported.result['added']} recorded, {decided.result['admitted']} passed"
    say(f"{told}, {decided.result['refused']} refused, against {entries} names")
    return watch


def figures(store: str = "") -> list[Figure]:
    """The same as figures: all but the chain against the target, and each phase."""
    with tempfile.TemporaryDirectory(prefix="abst-people-") as name:
        watch = measure(Path(name), store=store, say=lambda _: None)
    where = "PostgreSQL" if store else "SQLite"
    whole = sum((seconds for phase, seconds in watch.wall.items() if phase != "chain"), Decimal(0))
    what = f"{INVESTORS:,} investors against {ENTRIES:,} names, {where}"
    found = [_figure(f"{what}: import, screen, classify, decide", whole, None if store else TARGET)]
    return found + [_figure(f"{what}: {phase}", seconds, None) for phase, seconds in watch.wall.items()]


def on_postgres() -> list[Figure]:
    """The same on a PostgreSQL of its own, where its wheel is; nothing elsewhere."""
    with postgres.server() as url:
        return figures(url) if url else []


def _figure(name: str, value: Decimal, target: Decimal | None) -> Figure:
    return Figure(name, value.quantize(Decimal("0.1")), "s", target, "lower", "")
