"""What the figures of scale stand on: a home with a made filing on either chain, invented people, and a watch."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import update

from abst import bootstrap, demo_data
from abst.bench import nodes
from abst.bench.people import Names
from abst.bench.report import Figure
from abst.bench.shares import Shares, peak
from abst.chain.office import Approve, Evidence, Office, Result, warp
from abst.chain.proposals import approve
from abst.chain.telling import Telling
from abst.demo.people import GOOD, Person, people
from abst.demo.stage import SECRETS, WORK, Passphrases, prepare
from abst.filing import desk as filing
from abst.filing import tokens
from abst.investor.screening import desk as screening
from abst.investor.tables import Wallet
from abst.values import Address, new_id

OFFICER, CHECKER, FILING = "operations-1", "compliance-1", "jishidai-2022-3"
TOKEN = "JSD-A1"
LOT = 10_000  # units: the least that the tranche is issued in
ENTRIES = 20_000  # names on the lists
HOLDERS = "2000000"  # allowed by the bench's terms, which are the demo's otherwise
PLENTY = 10**24  # wei
BLOCK_GAS = 10**9  # of a block a second
CHAINS = ("anvil", "embedded")
MB = Decimal(2**20)


@dataclass(slots=True)
class Set:
    """One office on a chain, and what is measured there. node: None for the embedded chain."""

    office: Office
    node: nodes.Node | None
    home: Path
    words: Passphrases
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(self)

    def by_two(self, result: Result) -> Result:
        """The second officer's yes."""
        assert result.proposal is not None, result
        return approve(self.office, Approve(officer=CHECKER, request=new_id("req"), proposal=result.proposal))

    def load_list(self, content: bytes) -> None:
        """Put a list of exposed persons in force."""
        files = (("listed.csv", content),)
        command = screening.LoadList(officer=OFFICER, request=new_id("req"), source="pep", files=files)
        screening.load(self.office, command)

    def endow(self, accounts: list[Address]) -> None:
        """Ether for gas: what accounts are usually given is enough for an issue, not for this."""
        if self.node is None:
            bootstrap.give_gas(self.office, accounts)
        else:
            for one in accounts:
                self.node.ask("anvil_setBalance", one, hex(PLENTY))

    def pace(self) -> None:
        """From now on a block a second, as networks have, where it is a node: anvil reckons its whole state anew for
        each block, and one block for each transaction would cost more than all that is in them."""
        if self.node is not None:
            self.node.ask("evm_setAutomine", False)
            self.node.ask("evm_setBlockGasLimit", hex(BLOCK_GAS))
            self.node.ask("evm_setIntervalMining", 1)

    def warp(self, seconds: int) -> None:
        """Let so much time pass on the chain."""
        if self.node is None:
            warp(self.office, seconds)
        else:
            self.node.ask("evm_increaseTime", seconds)
            self.node.ask("evm_mine")

    def size(self) -> Decimal:
        """The store's files, MB."""
        return Decimal(sum(path.stat().st_size for path in self.home.glob("registry.db*"))) / MB


@dataclass(slots=True)
class Phase:
    """Seconds of wall time and of processor time, ours and the node's; rows; and where the time went."""

    rows: int
    wall: Decimal
    work: Decimal
    node: Decimal
    shares: dict[str, Decimal]

    @property
    def rate(self) -> Decimal:
        return Decimal(self.rows) / self.wall

    def as_dict(self) -> dict[str, Any]:
        """As plain data: seconds as text."""
        shares = {kind: str(spent) for kind, spent in self.shares.items()}
        told = {"wall": self.wall, "work": self.work, "node": self.node}
        return {"rows": self.rows, "shares": shares, **{name: str(seconds) for name, seconds in told.items()}}


class Watch:
    """Phases by name, each told when it is over."""

    def __init__(self, stage: Set) -> None:
        self.stage, self.phases, self.shares = stage, dict[str, Phase](), Shares()

    @contextmanager
    def phase(self, name: str, rows: int) -> Iterator[None]:
        node = self.stage.node
        self.shares.taken()
        wall, work, other = time.perf_counter_ns(), time.process_time_ns(), node.work() if node else Decimal(0)
        with self.shares.watching(self.stage.office):
            yield
        made = Phase(
            rows,
            Decimal(time.perf_counter_ns() - wall) / 10**9,
            Decimal(time.process_time_ns() - work) / 10**9,
            (node.work() - other) if node else Decimal(0),
            self.shares.taken(),
        )
        self.phases[name] = made
        parts = ", ".join(f"{kind} {spent / made.wall:.0%}" for kind, spent in made.shares.items() if spent)
        told = f"{made.wall:.1f} s ({made.work:.1f} ours, {made.node:.1f} the node's), {made.rate:,.0f} a second"
        say(f"  {name}: {told}, {peak()} MB at most; {parts}")


def say(line: str) -> None:
    """One line of progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def raised(folder: Path, chain: str) -> Iterator[Set]:
    """An office on one of CHAINS, its filing effective, its tokens made, the lists of the bench in force."""
    if chain == "embedded":
        yield _set(folder, None)
        return
    with nodes.running(*nodes.ROOMY) as node:
        yield _set(folder, node)


def _set(folder: Path, node: nodes.Node | None) -> Set:
    home = folder / "home"
    prepare(home, seed=1, short=True)
    words = Passphrases(home / SECRETS)
    where: dict[str, Any] = {} if node is None else {"chain_urls": (node.url,), "deployer_key": nodes.DEPLOYER}
    bootstrap.init(home, bootstrap.Init(passphrase_of=words, work=WORK, **where))
    office = replace(bootstrap.open_office(home, words), progress=Telling(lambda line: say(f"    {line}")))
    stage = Set(office, node, home, words)
    stage.endow(list(office.keys.names().values()))
    dossier, deal = (
        demo_data.text(name).replace("max_holders: 1000", f"max_holders: {HOLDERS}")
        for name in ("dossier.yaml", "deal.yaml")
    )
    said: dict[str, Any] = {"officer": OFFICER, "filing": FILING}
    content = filing.NewFiling(**said, request=new_id("req"), dossier=dossier.encode(), deal=deal.encode())
    filing.new(office, content)
    filing.submit(office, filing.Submit(**said, request=new_id("req")))
    paper = Evidence("notice.txt", b"Notice of the bench's filing.")
    stage.by_two(filing.effective(office, filing.MakeEffective(**said, request=new_id("req"), evidence=paper)))
    tokens.create(office, tokens.CreateTokens(**said, request=new_id("req")))
    office.vault()  # its keystore is opened once in a process
    return stage


# ---- invented people


class Seldom(Names):
    """Longer words, none of them very common: about one in fifty is called much like an entry of the lists."""

    def __post_init__(self) -> None:
        self.words = [self._word(self.chance.choice((2, 3, 3, 4))) for _ in range(20_000)]
        self.weights = list(accumulate(1_000_000 // (n + 300) for n in range(20_000)))


def write_people(path: Path, count: int, day: date, seed: int = 1) -> None:
    """A file to import with so many invented investors, none of whom a gate refuses but for a name on a list."""
    chance = Random(seed)
    names = Seldom(chance)
    cast: list[Person] = []
    for person in people(chance, seed, count * 11 // 10 + 20, day):
        if person.fate == GOOD and len(cast) < count:
            person.row["name"] = names.one()
            cast.append(person)
    columns = list(dict.fromkeys(column for person in cast for column in person.row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(person.row for person in cast)


def write_list(path: Path, count: int, seed: int = 1) -> None:
    """A list of so many persons, of the same words as the investors' names, in the form of ours for exposed persons."""
    names = Seldom(Random(seed))
    names.chance = Random(seed + 1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "other_names", "born", "countries", "position"])
        writer.writerows([f"B-{n}", names.one(), "", "", "AQ", "illustrative"] for n in range(count))


def prove_all(office: Office) -> None:
    """The wallets' proofs, straight into the store: they are signed one by one elsewhere."""
    with office.store.begin() as session:
        session.execute(update(Wallet).values(state="proven", proven_at=office.now()))


def figure(
    name: str, value: Decimal | int, unit: str, target: int | None = None, better: str = "lower", compared: str = ""
) -> Figure:
    step = Decimal("0.1") if unit in ("s", "ms") else Decimal(1)
    goal = None if target is None else Decimal(target)
    return Figure(name, Decimal(value).quantize(step), unit, goal, better, compared)


def told(phase: dict[str, Any]) -> str:
    """Of a phase as plain data: whose processor time it took, and where its wall time went."""
    whole = Decimal(phase["wall"])
    shares = sorted(phase["shares"].items(), key=lambda share: -Decimal(share[1]))
    went = ", ".join(f"{kind} {Decimal(spent) / whole:.0%}" for kind, spent in shares)
    return f"processor: {Decimal(phase['work']):.1f} s ours, {Decimal(phase['node']):.1f} s the node's; {went}"


def timed(act: Callable[[], object]) -> Decimal:
    """Seconds of wall time."""
    begun = time.perf_counter_ns()
    act()
    return Decimal(time.perf_counter_ns() - begun) / 10**9
