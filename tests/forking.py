"""A chain that tests write by hand: blocks with logs of a registry's contracts, forked at will at any depth.

It answers what the reader of the chain asks, and nothing else. `Event` is a log still to be placed; the functions below
make those that something is derived from, encoded as Solidity does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from types import SimpleNamespace
from typing import Any

from abst.chain.api import Head, Log
from abst.chain.contracts import Parameters, codec
from abst.chain.deploy import Deployment
from abst.errors import Unavailable
from abst.store import Store
from abst.values import ZERO_ADDRESS, ZERO_HASH, Address, Hash, address, hash_of

FIRST = 3  # block of the deployment


def named(word: str) -> Address:
    """An address by a word."""
    return address("0x" + hash_of(word.encode())[-40:])


_PARTS = (
    *("deployer", "manager", "registry", "factory", "enforcement", "administration", "settlement", "distribution"),
    *("anchors", "servicing"),
)
DEPLOYMENT = Deployment(
    **{part: named(part) for part in _PARTS},
    **{"registry_id": ZERO_HASH, "chain_id": 1, "genesis": ZERO_HASH, "block": FIRST, "first_nonce": 0},
    **{"admin_delay": 0, "deposit": Address(""), "barred": (), "code": {}},
)
assert {f.name for f in fields(Deployment)} == set(DEPLOYMENT.as_dict())


@dataclass(frozen=True)
class Event:
    """One event of a contract, its arguments in the order of its indexed ones and the others."""

    address: Address
    contract: str
    name: str
    indexed: tuple[Any, ...]
    data: tuple[Any, ...]

    def encoded(self) -> tuple[tuple[Hash, ...], bytes]:
        """Topics and data."""
        kind = next(one for one in codec(self.contract).events.values() if one.name == self.name)
        words = _encode(kind.indexed, self.indexed)
        topics = [Hash("0x" + words[i : i + 32].hex()) for i in range(0, len(words), 32)]
        return (kind.topic, *topics), _encode(kind.data, self.data)


def _encode(parameters: Parameters, values: tuple[Any, ...]) -> bytes:
    return parameters.encode(values) if values else b""


def attached(token: Address, filing: int = 1, tranche: int = 0) -> Event:
    return Event(DEPLOYMENT.registry, "Registry", "TrancheAttached", (filing, tranche), (token,))


def moved(token: Address, sender: Address, receiver: Address, amount: int) -> Event:
    return Event(token, "SecurityToken", "Transfer", (sender, receiver), (amount,))


def approved(token: Address, owner: Address, spender: Address, amount: int) -> Event:
    return Event(token, "SecurityToken", "Approval", (owner, spender), (amount,))


def minted(token: Address, operation: Hash, total: int) -> Event:
    return Event(token, "SecurityToken", "Minted", (operation, hash_of(b"why"), named("gatekeeper")), (total,))


def opened(filing: int, obligation: int) -> Event:
    return Event(DEPLOYMENT.registry, "Registry", "ObligationOpened", (filing, obligation), (1, 10**9, 0, 0))


def published(filing: int, obligation: int) -> Event:
    data = (1, 0, hash_of(b"report"), "a://b")
    return Event(DEPLOYMENT.registry, "Registry", "Published", (filing, obligation, ZERO_HASH), data)


def paid(payment: Hash, holder: Address, amount: int) -> Event:
    return Event(DEPLOYMENT.distribution, "Distribution", "Paid", (payment, holder), (holder, amount))


def strange() -> Event:
    """An event of ours that nothing is derived from."""
    return Event(DEPLOYMENT.anchors, "AuditAnchors", "Anchored", (1, named("operator")), (ZERO_HASH,))


@dataclass(frozen=True)
class Block:
    head: Head
    logs: tuple[Log, ...]


@dataclass
class Forking:
    """The chain. finality: blocks on top before one is final; most_logs: of one answer, as nodes limit it; before:
    called with the method's name before each answer.
    """

    finality: int = 0
    most_logs: int = 10**9
    before: Callable[[str], None] = lambda _: None
    blocks_: list[Block] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    made: int = 0
    shown: int = 0  # blocks at the end that are not shown: a node that lags

    def __post_init__(self) -> None:
        for _ in range(FIRST):
            self.grow([])

    def grow(self, events: Sequence[Event], seconds: int = 1) -> Head:
        """One more block."""
        self.made += 1
        parent = self.blocks_[-1].head if self.blocks_ else Head(-1, ZERO_HASH, 10**9)
        hash_ = hash_of(f"{parent.hash} {self.made}".encode())
        head = Head(parent.number + 1, hash_, parent.timestamp + seconds)
        logs = []
        for place, event in enumerate(events):
            topics, data = event.encoded()
            tx = hash_of(f"{hash_} {place // 2}".encode())
            logs.append(Log(event.address, topics, data, head.number, hash_, tx, place // 2, place))
        self.blocks_.append(Block(head, tuple(logs)))
        return head

    def fork(self, depth: int) -> None:
        """Take the last blocks away."""
        if depth:
            del self.blocks_[-depth:]

    def _asked(self, method: str) -> list[Block]:
        self.asked[method] += 1
        self.before(method)
        return self.blocks_[: len(self.blocks_) - self.shown]

    def head(self) -> Head:
        return self._asked("head")[-1].head

    def now(self) -> int:
        return self.blocks_[-1].head.timestamp

    def final(self) -> int:
        return self._asked("final")[-1].head.number - self.finality

    def block(self, number: int) -> Head | None:
        return self.blocks([number])[0]

    def blocks(self, numbers: Sequence[int]) -> list[Head | None]:
        here = self._asked("blocks")
        return [here[number].head if 0 <= number < len(here) else None for number in numbers]

    def logs(
        self, addresses: Sequence[Address] | None, from_block: int, to_block: int, topics: Sequence[Any] = ()
    ) -> list[Log]:
        here = self._asked("logs")[max(from_block, 0) : to_block + 1]
        found = [log for block in here for log in block.logs if addresses is None or log.address in addresses]
        if len(found) > self.most_logs and to_block > from_block:
            raise Unavailable(
                "the node refuses eth_getLogs", found=f"query returned more than {self.most_logs} results"
            )
        return found

    def office(self, store: Store) -> Any:
        """What the reader needs of an office."""
        return SimpleNamespace(store=store, chain=self, deployment=DEPLOYMENT)

    def positions(self, token: Address, block: int | None = None) -> dict[Address, int]:
        """The naive way: every movement up to a block added up."""
        topic = codec("SecurityToken").topic("Transfer")
        held: Counter[Address] = Counter()
        for one in self.blocks_[: None if block is None else block + 1]:
            for log in one.logs:
                if log.address == token and log.topics[0] == topic:
                    amount = int.from_bytes(log.data, "big")
                    held[address("0x" + log.topics[1][-40:])] -= amount
                    held[address("0x" + log.topics[2][-40:])] += amount
        return {wallet: held[wallet] for wallet in sorted(held) if held[wallet] and wallet != ZERO_ADDRESS}
