"""Several nodes of one network: which is asked, what happens when one fails, lies, lags or is another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import anvil
import pytest
from probe import COUNT, ETHER, address_of, deploy, mined, person, signed

from abst.chain.node import NodeChain, NodeSettings
from abst.errors import IntegrityFailure, Unavailable
from abst.values import Hash
from rpc_proxy import DROP_ANSWER, DROP_REQUEST, HALF, Proxy, error, http, proxied

SETTINGS = NodeSettings(timeout=5, behind=1, stale=60)
SEND = "eth_sendRawTransaction"


@pytest.fixture
def proxies(anvil_url: str) -> Iterator[list[Proxy]]:
    """Two ways to the same node: each may fail alone."""
    with proxied(anvil_url) as first, proxied(anvil_url) as second:
        yield [first, second]


@pytest.fixture
def chain(proxies: list[Proxy]) -> NodeChain:
    return over(proxies)


def over(proxies: list[Proxy], settings: NodeSettings = SETTINGS) -> NodeChain:
    return NodeChain([one.url for one in proxies], settings=settings)


def look(chain: NodeChain) -> None:
    """The seconds between two looks are over, and those for which a silent node rests."""
    chain._nodes._next_look = 0.0
    for endpoint in chain._nodes.endpoints:
        endpoint.rests_until = 0.0


def states(chain: NodeChain) -> list[str]:
    return [one.state for one in chain.status()]


def asked(proxy: Proxy, question: Callable[[], object]) -> bool:
    """Whether the question goes to this node."""
    before = len(proxy.seen)
    question()
    return len(proxy.seen) > before


def test_the_first_is_asked_and_the_next_when_it_is_gone(proxies: list[Proxy], chain: NodeChain) -> None:
    """Within one question; the second is kept, and the first is ready again when it is back."""
    first, second = proxies
    assert not asked(second, chain.head)
    assert states(chain) == ["used", "ready"]
    with first.gone():
        assert chain.head() == chain.head()
        assert states(chain) == ["silent", "used"]
        with second.gone(), pytest.raises(Unavailable, match="the node does not answer"):
            chain.head()
    look(chain)
    chain.head()
    assert set(states(chain)) == {"used", "ready"}
    assert chain.status()[0].errors > 0
    assert chain.status()[0].url == first.url


def test_a_node_may_be_gone_for_very_long(proxies: list[Proxy], chain: NodeChain) -> None:
    """It is asked again at least once a minute."""
    first, _ = proxies
    chain._nodes.endpoints[0].row = 10_000
    with first.gone():
        chain.head()
    rest = chain._nodes.endpoints[0].rests_until - time.monotonic()
    assert 50 < rest <= 60


def test_a_network_of_which_one_node_is_there_is_joined(proxies: list[Proxy]) -> None:
    first, second = proxies
    with first.gone():
        assert over(proxies).head().number >= 0
    with first.gone(), second.gone(), pytest.raises(Unavailable, match="does not answer"):
        over(proxies)


@pytest.mark.parametrize(
    "fault", [error("disk full"), http(429, "slow down", Retry_After="9"), http(500), DROP_REQUEST]
)
def test_a_node_that_refuses_is_replaced_by_one_that_does_not(
    proxies: list[Proxy], chain: NodeChain, fault: object
) -> None:
    proxies[0].script(fault, times=None)
    assert chain.head().number >= 0
    assert chain.status()[1].state == "used"


def test_a_node_that_asks_to_be_left_alone_is(proxies: list[Proxy], anvil_url: str) -> None:
    """Retry-After: so many seconds, though it would answer, and though another one fails meanwhile."""
    first, second = proxies
    with proxied(anvil_url) as third:
        chain = over([first, second, third])
        first.script(http(429, Retry_After="60"))
        chain.head()
        assert states(chain) == ["resting", "used", "ready"]
        assert not asked(first, chain.head)
        chain._nodes._next_look = 0.0
        assert not asked(first, chain.head)
        with second.gone():
            assert not asked(first, chain.head)
            assert states(chain) == ["resting", "silent", "used"]
            with third.gone():
                assert asked(first, chain.head)  # better than nobody


def test_a_node_behind_is_left_alone_while_a_better_one_answers(proxies: list[Proxy], chain: NodeChain) -> None:
    """By blocks; when it is the only one, its head is the head, which so goes back."""
    first, second = proxies
    for _ in range(3):
        first.ask("evm_mine")
    stale = first.freeze(back=2)
    look(chain)
    head = chain.head()
    assert (head.number, states(chain)) == (stale + 2, ["behind", "used"])
    with second.gone():
        assert chain.head().number == stale
        assert states(chain) == ["used", "silent"]


def test_a_node_whose_head_is_old_is_left_alone(proxies: list[Proxy], chain: NodeChain) -> None:
    """By seconds, though it is only one block behind."""
    first, _ = proxies
    first.freeze()
    first.ask("evm_increaseTime", 1_000)
    first.ask("evm_mine")
    look(chain)
    chain.head()
    assert states(chain) == ["behind", "used"]


def test_another_chain_is_never_asked(proxies: list[Proxy], chain: NodeChain) -> None:
    """Not when it was another from the beginning, nor when it becomes one; alone it is refused loudly, each time."""
    first, second = proxies
    first.chain_id = 7
    look(chain)
    chain.head()
    assert states(chain) == ["wrong", "used"]
    assert "chain id 7" in chain.status()[0].words
    alone = NodeChain(second.url, settings=SETTINGS)
    second.chain_id = 8
    look(alone)
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"another chain.*found chain id 8; needed chain id 31337"):
            alone.head()
    second.clear()
    look(alone)
    assert alone.head().number >= 0


def test_what_one_node_does_not_know_the_others_are_asked(proxies: list[Proxy], chain: NodeChain) -> None:
    """A receipt unknown here is not a transaction that did not happen."""
    account = person(2001)
    chain._ask("anvil_setBalance", account.address, hex(ETHER))
    probe = deploy(chain, account)
    raw = signed(chain, account, 1, probe, COUNT)
    proxies[0].freeze()
    sent = chain.send_raw(raw)
    mined(NodeChain(proxies[1].url), sent)
    found = chain.receipts([sent, Hash("0x" + "12" * 32)])
    assert [one.status if one else None for one in found] == [1, None]
    assert states(chain) == ["used", "ready"]
    with proxies[1].gone():
        assert chain.receipt(sent) is None


@pytest.mark.parametrize("fault", [DROP_ANSWER, HALF, DROP_REQUEST, error("disk full")])
def test_what_one_node_took_the_next_knows(proxies: list[Proxy], chain: NodeChain, fault: object) -> None:
    """A batch of which nobody heard what became goes to the next node: each is mined, once."""
    account = person(2100 + len(str(fault)))
    chain._ask("anvil_setBalance", account.address, hex(ETHER))
    probe = deploy(chain, account)
    raws = [signed(chain, account, nonce, probe, COUNT) for nonce in range(1, 5)]
    proxies[0].script(fault, SEND)
    sent = chain.send_raw_many(raws)
    receipts = [mined(chain, one) for one in sent]
    assert [int.from_bytes(one.logs[0].data, "big") for one in receipts] == [1, 2, 3, 4]
    assert chain.nonce(address_of(account)) == 5
    assert proxies[0].met == [fault.kind]  # type: ignore[attr-defined]


@contextmanager
def networks(*heads: int) -> Iterator[list[str]]:
    """Nodes that share the first block alone, with so many further ones each."""
    with ExitStack() as stack:
        urls = []
        for place, blocks in enumerate(heads):
            url = stack.enter_context(anvil.running("--chain-id", "31340", "--timestamp", "1700000000"))
            ask = NodeChain(url)._ask
            for number in range(1, blocks + 1):
                ask("evm_setNextBlockTimestamp", 1_700_000_000 + 10 * number + place)
                ask("evm_mine")
            urls.append(url)
        yield urls


def test_nodes_that_differ_about_a_final_block_are_not_believed() -> None:
    """One of three is left out; of two nobody is, until they agree."""
    with networks(2, 2) as (one, other), proxied(one) as second:
        with pytest.raises(IntegrityFailure, match="differ about a final block; at block 2"):
            NodeChain([one, other], settings=SETTINGS)
        three = NodeChain([other, one, second.url], settings=SETTINGS)
        assert three.head() == NodeChain(one).head()
        assert states(three) == ["wrong", "used", "ready"]
        deep = NodeChain([one, other], finality=2, settings=SETTINGS)  # so deep they agree
        assert deep.head().number == 2


def test_a_node_with_another_first_block_is_another_chain(anvil_url: str) -> None:
    """Though it has the chain id."""
    with anvil.running("--chain-id", "31337", "--timestamp", "1700000000") as url:
        chain = NodeChain([anvil_url, url], settings=SETTINGS)
        assert states(chain) == ["used", "wrong"]
        assert "first block" in chain.status()[1].words


def test_nodes_that_come_to_differ_are_not_believed_either() -> None:
    """Each time they are asked, until they agree again."""
    with networks(1) as (url,), proxied(url) as first, anvil.running("--fork-url", url, "--chain-id", "31340") as fork:
        chain = NodeChain([first.url, fork], settings=SETTINGS)
        assert states(chain) == ["used", "ready"]
        for place, one in enumerate((url, fork)):
            ask = NodeChain(one)._ask
            ask("evm_setNextBlockTimestamp", 1_700_001_000 + place)
            ask("evm_mine")
        look(chain)
        for _ in range(3):
            with pytest.raises(IntegrityFailure, match="differ about a final block; at block 2"):
                chain.head()
        first.freeze(back=1)  # an earlier head, about which they agree
        look(chain)
        assert chain.head().number == 2


def test_no_secret_of_a_url_is_shown(proxies: list[Proxy]) -> None:
    """User, password and a key in the path are used, and stand in no status and in no error."""
    url = proxies[0].url
    secret = url.replace("://", "://user:pass@") + "/key?token=t0ken"
    chain = NodeChain(secret)
    with pytest.raises(Unavailable) as told:
        chain._ask("no_such_method")
    for shown in (repr(chain.status()), str(told.value)):
        assert url in shown
        assert not any(word in shown for word in ("pass@", "/key", "t0ken"))


def test_an_unknown_receipt_is_none(chain: NodeChain) -> None:
    assert chain.receipts([Hash("0x" + "12" * 32)]) == [None]
