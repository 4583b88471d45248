"""Sending through a node that dies, answers late or twice, lies, becomes another chain, or has no disk left.

Whatever the node does: while it does it nothing is said to be done that is not, nothing needs a person, and when it is
well again the next drains bring every act to its end, once, without a gap of nonces.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import anvil
import pytest
from deployed import ETHER, OFFICERS, REGISTRY_ID, SIGNERS, key

from abst import outbox
from abst.chain.deploy import Deployment, deploy
from abst.chain.node import NodeChain, NodeSettings
from abst.chain.sender import Outcome, Sender
from abst.chain.words import FilingRecord, FilingStatus
from abst.errors import Unavailable
from abst.store import Store
from abst.values import hash_of
from rpc_proxy import DROP_ANSWER, DROP_REQUEST, HALF, TWICE, Proxy, error, http, late, proxied

pytestmark = pytest.mark.slow
SEND = "eth_sendRawTransaction"
_filings = count(100)


@pytest.fixture(scope="module")
def registry() -> Iterator[tuple[str, Deployment]]:
    """A node's URL and a registry on it."""
    with anvil.running("--chain-id", "31350") as url:
        node = NodeChain(url)
        node._ask("anvil_setBalance", key("deployer").address, hex(1000 * ETHER))
        yield url, deploy(node, key("deployer"), REGISTRY_ID, OFFICERS)


@dataclass
class Way:
    """A sender with a store of its own, and the node's two ways to it."""

    proxies: list[Proxy]
    chain: NodeChain
    store: Store
    deployment: Deployment
    numbers: list[int] = field(default_factory=list)
    intents: list[str] = field(default_factory=list)

    def want(self, many: int = 4) -> None:
        contract = self.deployment.contracts(self.chain).registry
        for number in [next(_filings) for _ in range(many)]:
            request = f"filing-{number}"
            data = contract.encode("recordFiling", number, hash_of(b"plan"), 1, 0)
            with self.store.begin() as session:
                outbox.begin_request(session, request, "act", {}, 0)
                intent = outbox.enqueue(
                    session,
                    request=request,
                    kind="act",
                    signer=key("registrar").address,
                    to=contract.address,
                    data=data,
                    operation=outbox.operation_id(REGISTRY_ID, request, 0),
                    at=0,
                )
                self.intents.append(intent.id)
            self.numbers.append(number)

    def drain(self) -> list[Outcome]:
        return Sender(self.store, self.chain, SIGNERS.get, patience=0).drain(self.intents)

    def well(self) -> None:
        """The network is good again, and everything ends, once."""
        for proxy in self.proxies:
            proxy.clear()
        self.chain._nodes._next_look = 0.0
        for endpoint in self.chain._nodes.endpoints:
            endpoint.rests_until = 0.0
        for _ in range(100):
            outcomes = self.drain()
            if all(one.state == "final" for one in outcomes):
                break
            assert {one.state for one in outcomes} <= {"pending", "sent", "mined", "final"}, outcomes
        assert [one.state for one in outcomes] == ["final"] * len(self.intents)
        contract = self.deployment.contracts(self.chain).registry
        states = [FilingRecord.unpack(contract.read("filingOf", number)).status for number in self.numbers]
        assert states == [FilingStatus.SUBMITTED] * len(self.numbers)
        head = self.chain.head().number
        ours = {attempt.tx_hash for intent in self.intents for attempt in self.attempts(intent)}
        sent = [one for one in self.chain.sent([key("registrar").address], 0, head) if one.hash in ours]
        assert len(sent) == len(self.intents)
        first = sent[0].nonce
        assert [one.nonce for one in sent] == list(range(first, first + len(sent)))

    def attempts(self, intent: str) -> list[outbox.Attempt]:
        with self.store.read() as session:
            return list(outbox.attempts(session, intent))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty store."""
    file = tmp_path_factory.mktemp("empty") / "registry.db"
    store = Store(f"sqlite:///{file}")
    store.migrate()
    store.close()
    return file


@pytest.fixture
def way(registry: tuple[str, Deployment], empty: Path, tmp_path: Path) -> Iterator[Way]:
    url, deployment = registry
    store = Store(f"sqlite:///{shutil.copy(empty, tmp_path)}")
    with proxied(url) as first, proxied(url) as second:
        chain = NodeChain([first.url], chain_id=31350, settings=NodeSettings(timeout=1))
        with store.begin() as session:
            registrar = key("registrar").address
            outbox.lift(session, registrar, chain.nonce(registrar), chain.now())
        yield Way([first, second], chain, store, deployment)


def test_a_node_that_dies_and_returns(way: Way) -> None:
    """Before anything was sent, and after it."""
    way.want()
    with way.proxies[0].gone(), pytest.raises(Unavailable):
        way.drain()
    way.proxies[0].script(DROP_ANSWER, SEND)
    with pytest.raises(Unavailable):
        way.drain()
    with way.proxies[0].gone(), pytest.raises(Unavailable):
        way.drain()
    way.well()


@pytest.mark.parametrize("fault", [late(1.2), HALF, DROP_REQUEST, error("disk full"), http(429, "slow down")])
def test_a_node_that_fails_while_it_is_sent_to(way: Way, fault: object) -> None:
    """It may have taken all, some or none."""
    way.want()
    way.proxies[0].script(fault, SEND)
    with pytest.raises(Unavailable):
        way.drain()
    way.well()


def test_a_node_without_disk(way: Way) -> None:
    """It refuses everything; nothing is signed for it, or what was signed waits."""
    way.want()
    way.proxies[0].script(error("disk full"), times=None)
    for _ in range(3):
        with pytest.raises(Unavailable, match="disk full"):
            way.drain()
    way.well()


def test_a_node_that_does_everything_twice(way: Way) -> None:
    way.want()
    way.proxies[0].script(TWICE, times=None)
    way.drain()
    way.well()


def test_a_node_that_lies_about_its_head(way: Way) -> None:
    """What it has mined it does not know, and its head goes back: nothing is final, nobody is called."""
    way.want()
    way.proxies[0].freeze()
    for _ in range(3):
        assert {one.state for one in way.drain()} <= {"pending", "sent"}
    way.proxies[0].clear()
    way.want()
    way.drain()
    way.proxies[0].freeze(back=2)
    way.drain()
    way.well()


def test_a_node_that_becomes_another_chain(way: Way) -> None:
    """Refused before anything is signed, and while something is under way."""
    way.want()
    for _ in range(2):
        way.proxies[0].chain_id = 7
        way.chain._nodes._next_look = 0.0
        with pytest.raises(Unavailable, match="another chain"):
            way.drain()
        assert [way.attempts(intent) for intent in way.intents] == [[]] * len(way.intents)
    way.well()


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(1, 40))])
def test_two_nodes_in_a_storm(way: Way, seed: int) -> None:
    """A third of all requests to the one go wrong, and a tenth of those to the other."""
    way.chain = NodeChain([one.url for one in way.proxies], chain_id=31350, settings=NodeSettings(timeout=1))
    way.want(8)
    for proxy, chance in zip(way.proxies, (0.33, 0.1), strict=True):
        proxy.storm(seed, chance)
    for _ in range(6):
        try:
            way.drain()
        except Unavailable:
            continue
    way.well()
