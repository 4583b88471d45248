"""Several nodes of one network as one: which of them is asked, and what else is asked when it fails.

A node is asked for its chain id and first block whenever it is joined, and again with its head every few seconds. One
that serves another chain is never asked; one whose head is too far behind the best, or too old, is left alone while a
better one answers; and where two differ about a block that is final, the majority is right, or nobody is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from abst.chain.api import Head, NotAccepted
from abst.chain.rpc import Endpoint, TooMuch, finalized, head_of, number_of
from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.values import Hash
from abst.web import Server

ANOTHER = "the node serves another chain"
LOOK = 5.0  # seconds that a look at a node may take
LONGEST_REST = 60  # seconds after which a silent node is asked again at the latest
Finality = int | Literal["finalized"]
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """How nodes are reached and compared. Raises UsageError for what cannot work.

    timeout: seconds to answer one request; behind: blocks by which a node's head may be behind the best one's, and
    stale: seconds by which it may be older, before the node is left alone while a better one is there; every: seconds
    between two looks at chain id and head of all; authority, certificate, token: files, as for `abst.web.Server`.
    """

    timeout: int = 30
    behind: int = 3
    stale: int = 120
    every: int = 5
    authority: str = ""
    certificate: str = ""
    token: str = ""

    def __post_init__(self) -> None:
        for name in ("timeout", "every"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is too small", found=str(getattr(self, name)), needed="at least 1 second")

    def at(self, home: Path) -> NodeSettings:
        """With the files' paths taken from a home."""
        names = ("authority", "certificate", "token")
        files: dict[str, Any] = {name: str(home / path) for name in names if (path := getattr(self, name))}
        return replace(self, **files)

    def server(self, url: str) -> Server:
        return Server(
            url,
            self.timeout,
            authority=self.authority,
            certificate=self.certificate,
            token=self.token,
            what="node",
        )


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What is known of one node. state: used, ready, resting, behind, silent, wrong; age: seconds of its head by this
    machine's clock; asked, errors: requests so far; words: its last trouble.
    """

    url: str
    state: str
    head: Head | None
    age: int | None
    asked: int
    errors: int
    words: str


class Nodes:
    """The choice among nodes of one network. Safe for several threads."""

    def __init__(
        self, urls: Sequence[str], settings: NodeSettings, finality: Finality, chain_id: int | None = None
    ) -> None:
        """Asks until one node answers. chain_id None: whatever the first one serves. Raises Unavailable."""
        self.settings, self.finality, self.chain_id = settings, finality, chain_id
        self.genesis: Hash | None = None
        self.endpoints = [Endpoint(settings.server(url)) for url in urls]
        self._current: Endpoint | None = None
        self._next_look = 0.0
        self._split: IntegrityFailure | None = None
        self._looking = threading.Lock()
        self.read(lambda endpoint: None)

    def read(self, question: Callable[[Endpoint], _Answer]) -> _Answer:
        """Ask the best node, and the next best when it fails. Raises the first one's Unavailable when none answers,
        IntegrityFailure while they differ about a final block and none is right.

        What a node says of the question itself (NotAccepted, TooMuch, Reverted) is an answer.
        """
        self._look()
        if self._split is not None:
            raise self._split.with_traceback(None)
        tried: list[Endpoint] = []
        first: Unavailable | None = None
        while (endpoint := self._choose(tried)) is not None:
            tried.append(endpoint)
            try:
                if not endpoint.joined:
                    self._join(endpoint)
                answer = question(endpoint)
            except (NotAccepted, TooMuch):
                endpoint.row = 0
                raise
            except Unavailable as error:
                self._failed(endpoint, error)
                first = first or error
            else:
                endpoint.row, self._current = 0, endpoint
                return answer
        raise first or self._none()

    def others(self) -> list[Endpoint]:
        """Nodes as good as the one that is asked: what it does not know, they may."""
        return [one for one in self._fresh([]) if one is not self._current and one.joined]

    def status(self) -> list[NodeStatus]:
        """Every node, in the order of the configuration; asks nobody."""
        fresh = self._fresh([])
        found = []
        for one in self.endpoints:
            state = "used" if one is self._current else "ready" if one in fresh else "behind"
            if one.rests_until > time.monotonic() and one is not self._current:
                state = "resting"
            if one.differs or not one.joined:
                state = "wrong" if one.differs or ANOTHER in one.words else "silent"
            age = None if one.head is None else max(0, int(time.time()) - one.head.timestamp)
            found.append(NodeStatus(one.server.shown, state, one.head, age, one.asked, one.errors, one.words))
        return found

    # Which one

    def _choose(self, tried: Sequence[Endpoint]) -> Endpoint | None:
        fresh = self._fresh(tried)
        if self._current in fresh:
            return self._current
        if fresh:
            return fresh[0]
        left = [one for one in self.endpoints if one not in tried and not one.differs]
        return min(left, key=lambda one: (one.rests_until, -_height(one))) if left else None

    def _fresh(self, tried: Sequence[Endpoint]) -> list[Endpoint]:
        """Nodes that answered, agree, and are not too far behind the best of them, in the configured order."""
        now = time.monotonic()
        there = [one for one in self.endpoints if one.joined and not one.differs and one.rests_until <= now]
        there = [one for one in there if one not in tried]
        if len(there) < 2:
            return there
        best = max((one.head for one in there if one.head is not None), key=lambda head: head.number, default=None)
        return [one for one in there if best is None or one.head is None or self._near(one.head, best)]

    def _near(self, head: Head, best: Head) -> bool:
        return (
            best.number - head.number <= self.settings.behind and best.timestamp - head.timestamp <= self.settings.stale
        )

    def _failed(self, endpoint: Endpoint, error: Unavailable) -> None:
        endpoint.errors += 1
        endpoint.row += 1
        endpoint.words = str(error)
        rest = min(self.settings.every * 2 ** min(endpoint.row - 1, 10), LONGEST_REST)
        endpoint.rests_until = max(endpoint.rests_until, time.monotonic() + rest)

    def _none(self) -> Unavailable:
        words = "; ".join(f"{one.server.shown}: {one.words}" for one in self.endpoints)
        return Unavailable("no node can be asked", found=words, where="[chain] urls")

    # Looking at them

    def _look(self) -> None:
        """From time to time: chain id and head of every node, and whether they agree."""
        if time.monotonic() < self._next_look or not self._looking.acquire(blocking=False):
            return
        try:
            self._next_look = time.monotonic() + self.settings.every
            for endpoint in self.endpoints:
                alone = len(self.endpoints) == 1
                if endpoint.rests_until > time.monotonic() if not alone else not endpoint.joined:
                    continue  # it is asked when its turn comes
                try:
                    self._join(endpoint)
                except Unavailable as error:
                    self._failed(endpoint, error)
            self._compare()
        finally:
            self._looking.release()

    def _join(self, endpoint: Endpoint) -> None:
        """Ask which chain a node serves and where its head is. Raises Unavailable for another chain."""
        endpoint.joined = False
        timeout = min(LOOK, self.settings.timeout)
        tags = ["0x0", "latest", *([] if endpoint.head else ["pending"])]
        asked = [("eth_chainId", []), *(("eth_getBlockByNumber", [tag, False]) for tag in tags)]
        identity, genesis, latest, *pending = endpoint.batch(asked, timeout=timeout)
        chain_id = number_of(endpoint.result("eth_chainId", identity))
        first, head = (endpoint.result("eth_getBlockByNumber", one) for one in (genesis, latest))
        if first is None or head is None:
            raise Unavailable("the node has no blocks", where=endpoint.server.shown)
        found = (chain_id, Hash(first["hash"]))
        needed = (self.chain_id if self.chain_id is not None else chain_id, self.genesis or found[1])
        if found != needed:
            raise _another_chain(endpoint, found, needed)
        self.chain_id, self.genesis = needed
        if pending:
            endpoint.pending = pending[0].get("result") is not None
        endpoint.head, endpoint.joined = head_of(head), True

    def _compare(self) -> None:
        """Leave out who has another block than the most, at a depth where no node may change its mind."""
        self._split = None
        now = time.monotonic()
        there = [one for one in self.endpoints if one.joined and one.rests_until <= now]
        if len(there) < 2:
            return
        by_hash: dict[str, list[Endpoint]] = {}
        timeout = min(LOOK, self.settings.timeout)
        try:
            number = self._common(there)
            for endpoint in there if number >= 0 else ():
                block = endpoint.ask("eth_getBlockByNumber", hex(number), False, timeout=timeout)
                if block is not None:
                    by_hash.setdefault(block["hash"], []).append(endpoint)
        except Unavailable:
            return  # one fell silent just now: compared at the next look
        most = max(by_hash.values(), key=len, default=[])
        if len(by_hash) > 1 and 2 * len(most) <= sum(map(len, by_hash.values())):
            told = "; ".join(f"{one.server.shown} {found}" for found, every in by_hash.items() for one in every)
            self._split = IntegrityFailure(
                "the nodes differ about a final block", found=told, needed="one hash", where=f"block {number}"
            )
            return
        for found, every in by_hash.items():
            for endpoint in every:
                endpoint.differs = every is not most
                if endpoint.differs:
                    endpoint.words = f"has another block {number} than the other nodes: {found}"

    def _common(self, there: Sequence[Endpoint]) -> int:
        """The last block that is final to all of them."""
        heads = [_height(one) for one in there]
        if self.finality != "finalized":
            return min(heads) - self.finality
        return min(map(finalized, there))


def _height(endpoint: Endpoint) -> int:
    return -1 if endpoint.head is None else endpoint.head.number


def _another_chain(endpoint: Endpoint, found: tuple[int, Hash], needed: tuple[int, Hash]) -> Unavailable:
    differs = 0 if found[0] != needed[0] else 1
    name = ("chain id", "first block")[differs]
    return Unavailable(
        ANOTHER,
        found=f"{name} {found[differs]}",
        needed=f"{name} {needed[differs]}",
        where=endpoint.server.shown,
    )
