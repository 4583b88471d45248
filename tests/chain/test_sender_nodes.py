"""The sender upon a real node: blocks of its own time, forgotten transactions, reorganisations, fees, lost answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import anvil
import pytest
from deployed import ETHER, OFFICERS, REGISTRY_ID, World, key
from test_sender import Faulty, filings, nonces

from abst import outbox
from abst.chain.deploy import Deployment, deploy
from abst.chain.node import NodeChain
from abst.chain.sending.vanished import vanished
from abst.chain.words import FilingStatus
from abst.errors import Unavailable
from abst.store import Store
from abst.values import Hash
from rpc_proxy import DROP_ANSWER, DROP_REQUEST, HALF, TWICE, proxied

DONE = FilingStatus.SUBMITTED
_stores = count()


class Node:
    """One anvil with a registry on it, put back to that after each test."""

    def __init__(self, url: str) -> None:
        self.url = url
        chain = NodeChain(url)
        chain._ask("anvil_setBalance", key("deployer").address, hex(1000 * ETHER))
        self.deployment: Deployment = deploy(chain, key("deployer"), REGISTRY_ID, OFFICERS)
        self.ask = chain._ask

    @contextmanager
    def fresh(self, folder: Path, finality: int = 0) -> Iterator[World]:
        kept = self.ask("evm_snapshot")
        store = Store(f"sqlite:///{folder}/{next(_stores)}.db")
        store.migrate()
        chain: Any = NodeChain(self.url, finality=finality)
        try:
            yield World(chain, store, self.deployment, self.deployment.contracts(chain))
        finally:
            self.ask("evm_setIntervalMining", 0)
            self.ask("evm_setAutomine", True)
            self.ask("anvil_dropAllTransactions")
            self.ask("evm_revert", kept)
            self.ask("anvil_setNextBlockBaseFeePerGas", hex(10**9))  # no snapshot keeps it


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with anvil.running("--chain-id", "31338") as url:
        yield Node(url)


def tries(world: World, intent: str) -> list[Hash]:
    with world.store.read() as session:
        return [one.tx_hash for one in outbox.attempts(session, intent)]


def states(world: World, *intents: str, **options: Any) -> set[str]:
    return {outcome.state for outcome in world.sender(**options).drain(intents)}


def test_a_node_that_forgets_and_reorganises(node: Node, tmp_path: Path) -> None:
    """Dropped from the pool: the same bytes again. Its block replaced: sent again, mined anew, final with depth."""
    with node.fresh(tmp_path, finality=2) as world:
        node.ask("evm_setAutomine", False)
        intents = [world.file(number) for number in range(2, 12)]
        assert states(world, *intents) == {"sent"}
        node.ask("anvil_dropAllTransactions")
        assert states(world, *intents) == {"sent"}
        node.ask("evm_mine")
        assert states(world, *intents) == {"mined"}
        before = tries(world, intents[0])
        node.ask("anvil_reorg", 1, [])
        assert world.chain.receipt(before[0]) is None
        assert states(world, *intents) == {"sent"}
        for _ in range(3):
            node.ask("evm_mine")
        assert states(world, *intents) == {"final"}
        assert filings(world, *range(2, 12)) == [DONE] * 10
        assert nonces(world, "registrar") == list(range(10))
        assert tries(world, intents[0]) == before


def test_a_node_with_blocks_of_its_own_time(node: Node, tmp_path: Path) -> None:
    """Nobody mines on demand: the drain waits for the block, and then for what depended on it."""
    with node.fresh(tmp_path) as world:
        node.ask("evm_setIntervalMining", 1)
        first = world.file(2)
        registry = world.contracts.registry
        status = world.call("registrar", registry, "recordStatus", 2, 4, b"\1" * 32, depends_on=[first])
        assert [o.state for o in world.sender(patience=20).drain([first, status])] == ["final", "final"]


def test_a_fee_below_the_blocks_is_raised_at_the_same_nonce(node: Node, tmp_path: Path) -> None:
    """The base fee rose above what was offered: a further attempt at the same nonce is mined, once."""
    with node.fresh(tmp_path) as world:
        node.ask("evm_setAutomine", False)
        intent = world.file(2)
        assert states(world, intent) == {"sent"}
        node.ask("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
        node.ask("evm_mine")
        assert states(world, intent) == {"sent"}
        assert len(tries(world, intent)) == 2
        node.ask("evm_mine")
        assert states(world, intent) == {"final"}
        assert nonces(world, "registrar") == [0]
        assert world.chain.nonce(key("registrar").address) == 1
        assert filings(world, 2) == [DONE]


def test_final_is_only_what_stands_in_the_chains_own_block(node: Node, tmp_path: Path) -> None:
    """A node whose receipt names a block that it does not have at that number: mined, and not final."""
    with node.fresh(tmp_path) as world:
        intent = world.file(2)
        sender = world.sender(patience=1)
        real = world.chain.blocks
        other = world.chain.head().hash
        lies = [type(head)(head.number, other, head.timestamp) for head in [world.chain.head()]]
        sender.chain = Faulty(world.chain, blocks=lambda asked: [lies[0] for _ in asked])
        assert [o.state for o in sender.drain([intent])] == ["mined"]
        assert real([world.chain.head().number])[0].hash != other
        assert states(world, intent, patience=20) == {"final"}


def test_what_was_final_and_is_gone_is_named_and_not_touched(node: Node, tmp_path: Path) -> None:
    """A reorganisation deeper than the finality set: it stays final, and `verify` says that its block is gone."""
    with node.fresh(tmp_path) as world:
        intent = world.file(2)
        world.done(intent)
        assert vanished(world.store, world.chain) == []
        number = world.chain.head().number
        node.ask("anvil_reorg", 1, [])
        (gone,) = vanished(world.store, world.chain)
        assert (gone.intent, gone.number) == (intent, number)
        assert gone.now not in (None, gone.block_hash)
        assert states(world, intent) == {"final"}


LOST = [DROP_ANSWER, *(pytest.param(fault, marks=pytest.mark.prove) for fault in (DROP_REQUEST, HALF, TWICE))]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.kind)
def test_an_answer_that_is_lost_or_doubled_sends_nothing_twice(node: Node, tmp_path: Path, fault: Any) -> None:
    """Whatever becomes of the broadcast: the next drain ends it, each act once, no nonce twice."""
    with node.fresh(tmp_path) as world, proxied(node.url) as proxy:
        chain: Any = NodeChain(proxy.url)
        behind = World(chain, world.store, world.deployment, world.deployment.contracts(chain))
        proxy.script(fault, "eth_sendRawTransaction")
        intents = [world.file(number) for number in range(2, 6)]
        try:
            behind.sender().drain(intents)
        except Unavailable:
            assert fault != TWICE
        assert states(world, *intents, patience=20) == {"final"}
        assert filings(world, *range(2, 6)) == [DONE] * 4
        assert nonces(world, "registrar") == list(range(4))
        assert world.chain.nonce(key("registrar").address) == 4


def test_a_node_that_answers_from_the_past_misleads_nobody(node: Node, tmp_path: Path) -> None:
    """Its head, nonces and receipts stand still while others mine: nothing is halted, nothing is signed twice."""
    with node.fresh(tmp_path) as world, proxied(node.url) as proxy:
        world.done(world.file(2))
        chain: Any = NodeChain(proxy.url)
        behind = World(chain, world.store, world.deployment, world.deployment.contracts(chain))
        proxy.freeze()
        world.done(world.file(3))
        intent = behind.file(4)
        with suppress(Unavailable):
            behind.sender().drain([intent])
        proxy.clear()
        assert states(world, intent, patience=20) == {"final"}
        assert nonces(world, "registrar") == [0, 1, 2]
        with world.store.read() as session:
            assert outbox.halts(session) == []
