"""A real node behind the scripted proxy, which can be put back to where the template left it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import nodes
from abst.chain.node import NodeChain
from rpc_proxy import DROP_ANSWER, DROP_REQUEST, Proxy, proxied

SEND = "eth_sendRawTransaction"
RECEIPTS = "eth_getTransactionReceipt"
STORM = 0.2  # of all requests go wrong in one


class Node:
    """anvil and the proxy before it."""

    def __init__(self, proxy: Proxy, state: dict[str, Any]) -> None:
        self.proxy, self.state = proxy, state
        self.url = proxy.upstream
        self.snapshot: str | None = None
        self.is_gone = self.is_slow = False
        self.dropping = False

    @classmethod
    @contextmanager
    def begun(cls, file: Path) -> Iterator[Node]:
        """A node with the state that the file keeps (see `keep`)."""
        state = json.loads(file.read_text(encoding="utf-8"))
        url = _begin(state)
        with proxied(url) as proxy:
            node = cls(proxy, state)
            try:
                yield node
            finally:
                nodes.end(node.url)

    # ---- for the machine

    def back(self) -> None:
        """To the template's last block, whatever was done since."""
        self.calm()
        if self.snapshot is None or not self.proxy.ask("evm_revert", self.snapshot):
            self._restart(self.state)
        self.snapshot = self.proxy.ask("evm_snapshot")

    def calm(self) -> None:
        """A good node again: what its pool holds is mined, unless it lost it."""
        if self.is_gone:
            self.proxy.start()
            self.is_gone = False
        self.proxy.clear()
        if self.is_slow:
            if self.dropping:
                self.proxy.ask("anvil_dropAllTransactions")
            self.proxy.ask("evm_setAutomine", True)
            self.proxy.ask("evm_mine")
            self.is_slow = self.dropping = False

    def mine(self, blocks: int) -> None:
        self.proxy.ask("anvil_mine", hex(blocks))

    def height(self) -> int:
        return int(self.proxy.ask("eth_blockNumber"), 16)

    def befall(self, trouble: str, seed: int, first: int, finality: int) -> None:
        """One of TROUBLES. first: the template's last block, which nothing takes back."""
        TROUBLES[trouble](self, seed, min(finality, self.height() - first))

    # ---- what befalls it

    def _reorganise(self, seed: int, deep: int) -> None:
        """The last blocks are replaced by empty ones, and what was in them is forgotten."""
        if deep:
            self.proxy.ask("anvil_reorg", 1 + seed % deep, [])

    def _forget(self, _seed: int, _deep: int) -> None:
        """What comes now is taken, and lost before it is mined."""
        self.proxy.ask("evm_setAutomine", False)
        self.is_slow = self.dropping = True

    def _wait(self, _seed: int, _deep: int) -> None:
        """What comes now stays in the pool until the trouble is over."""
        self.proxy.ask("evm_setAutomine", False)
        self.is_slow = True

    def _freeze(self, seed: int, deep: int) -> None:
        self.proxy.freeze(back=min(seed % 2, deep))

    def _another(self, _seed: int, _deep: int) -> None:
        self.proxy.chain_id = 7

    def _go(self, _seed: int, _deep: int) -> None:
        self.proxy.stop()
        self.is_gone = True

    def _storm(self, seed: int, _deep: int) -> None:
        self.proxy.storm(seed, STORM)

    def _lose_answers(self, seed: int, _deep: int) -> None:
        self.proxy.script(DROP_ANSWER, SEND)
        self.proxy.script(DROP_REQUEST, RECEIPTS, after=seed % 3)

    def _die(self, _seed: int, _deep: int) -> None:
        """It is killed, and comes back with what it had on disk."""
        self._restart(self.state | {"dump": self.proxy.ask("anvil_dumpState")})
        self.snapshot = None

    def _restart(self, state: dict[str, Any]) -> None:
        nodes.end(self.url)
        self.url = self.proxy.upstream = _begin(state)


TROUBLES = {
    "reorganisation": Node._reorganise,
    "forgotten": Node._forget,
    "in the pool": Node._wait,
    "frozen head": Node._freeze,
    "another chain": Node._another,
    "gone": Node._go,
    "storm": Node._storm,
    "lost answers": Node._lose_answers,
    "node killed": Node._die,
}


def keep(url: str, file: Path) -> None:
    """Write down a node's blocks, state and clock."""
    node = NodeChain(url)
    first = node.block(0)
    assert first is not None
    ahead = node.now() - int(time.time())
    state = {"dump": node._ask("anvil_dumpState"), "born": first.timestamp, "ahead": ahead}
    file.write_text(json.dumps(state), encoding="utf-8")


def _begin(state: dict[str, Any]) -> str:
    """A node like the one kept: of the same first block, for what was loaded once loses that at the second time."""
    with ExitStack() as stack:
        url = nodes.begin("--timestamp", str(state["born"]))
        stack.callback(nodes.end, url)
        node = NodeChain(url)
        node._ask("anvil_loadState", state["dump"])
        node._ask("evm_setTime", int(time.time()) + state["ahead"])
        stack.pop_all()
    return url
