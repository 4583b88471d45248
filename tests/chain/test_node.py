"""What is a node's alone: reaching it, its id, its ways to say no, answers that fail, blocks taken back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import anvil
import pytest
from eth_account.signers.local import LocalAccount
from probe import COUNT, ETHER, READ, address_of, deploy, mined, person, signed

from abst.chain import node, rpc
from abst.chain.api import NotAccepted
from abst.chain.node import NodeChain, NodeSettings
from abst.errors import Unavailable
from abst.values import Address, hash_of
from rpc_proxy import (
    BROKEN,
    DROP_ANSWER,
    DROP_REQUEST,
    FORGETS,
    HALF,
    STRANGER,
    TRUNCATED,
    TWICE,
    Proxy,
    error,
    http,
    late,
    proxied,
)

SEND = "eth_sendRawTransaction"
_people = count(3001)


@pytest.fixture
def proxy(anvil_url: str) -> Iterator[Proxy]:
    with proxied(anvil_url) as one:
        yield one


@pytest.fixture
def chain(proxy: Proxy) -> NodeChain:
    return NodeChain(proxy.url, settings=NodeSettings(timeout=1))


def settled(chain: NodeChain) -> tuple[LocalAccount, Address]:
    """Somebody with an ether, and his probe."""
    account = person(next(_people))
    chain._ask("anvil_setBalance", account.address, hex(ETHER))
    return account, deploy(chain, account)


def test_a_silent_node_is_unavailable() -> None:
    """Nothing listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable, match="does not answer"):
        NodeChain(f"http://127.0.0.1:{port}")


def test_another_chain_id_is_refused(anvil_url: str) -> None:
    """And both ids are told."""
    with pytest.raises(Unavailable, match=r"chain id 31337.*chain id 7"):
        NodeChain(anvil_url, chain_id=7)
    chain = NodeChain(anvil_url, chain_id=31337, finality=3)
    assert chain.final() == chain.head().number - 3


def test_the_clock_is_the_pending_blocks_time(anvil_url: str) -> None:
    """It runs on when no block is made, and follows the node's own warp."""
    chain = NodeChain(anvil_url)
    before = chain.now()
    chain._ask("evm_increaseTime", 100_000)
    assert chain.now() >= before + 100_000


def test_a_receipt_goes_with_its_block(anvil_url: str) -> None:
    """A block taken back takes its receipts along; they are asked for anew each time."""
    chain = NodeChain(anvil_url)
    account = person(77)
    chain._ask("anvil_setBalance", account.address, hex(ETHER))
    probe = deploy(chain, account)
    snapshot = chain._ask("evm_snapshot")
    sent = chain.send_raw(signed(chain, account, 1, probe, COUNT))
    mined(chain, sent)
    chain._ask("evm_revert", snapshot)
    assert chain.receipt(sent) is None


@pytest.mark.parametrize(
    ("error", "data"),
    [
        ({"code": 3, "message": "execution reverted: no", "data": "0xdead"}, b"\xde\xad"),
        ({"code": -32000, "message": "Execution reverted", "data": "Reverted 0xdead"}, b"\xde\xad"),
        ({"code": -32603, "message": "reverted", "data": {"message": "no", "data": "0xdead"}}, b"\xde\xad"),
        ({"code": 3, "message": "execution reverted"}, b""),
        ({"code": 3, "message": "execution reverted", "data": "0x"}, b""),
        ("execution reverted", b""),
    ],
)
def test_revert_bytes_in_every_known_shape(error: object, data: bytes) -> None:
    """As geth and anvil, Besu, and Hardhat give them."""
    assert rpc.revert_data(error) == data


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (DROP_REQUEST, "does not answer.*the connection broke"),
        (DROP_ANSWER, "does not answer.*the connection broke"),
        (BROKEN, "does not answer.*no JSON-RPC: HTTP 200: <html>"),
        (TRUNCATED, "does not answer.*the connection broke"),
        (FORGETS, "does not answer.*no JSON-RPC"),
        (STRANGER, "does not answer.*an answer to something else"),
        (late(1.3), "does not answer.*no answer in time"),
        (error("disk full"), "refuses eth_.*disk full"),
        (error("too many requests", -32005), "refuses eth_.*too many requests"),
        (http(429, "calm down", Retry_After="7"), "refuses eth_.*HTTP 429: calm down; retry after 7 s"),
        (http(503, "maintenance"), "refuses eth_.*HTTP 503: maintenance"),
        (http(401), "refuses eth_.*HTTP 401"),
    ],
)
def test_an_answer_that_fails_says_nothing_of_what_was_done(
    proxy: Proxy, chain: NodeChain, fault: object, words: str
) -> None:
    """Whatever becomes of the answer to a transaction, it is Unavailable and never NotAccepted; the same bytes again
    are taken, or known, and mined once.
    """
    account, probe = settled(chain)
    raw = signed(chain, account, 1, probe, COUNT)
    proxy.script(fault, SEND)
    with pytest.raises(Unavailable, match=words) as told:
        chain.send_raw(raw)
    assert not isinstance(told.value, NotAccepted)
    assert told.value.where == proxy.url
    assert chain.send_raw(raw) == hash_of(raw)
    assert mined(chain, hash_of(raw)).status == 1
    assert int.from_bytes(chain.call(probe, READ), "big") == 1


def test_a_batch_cut_in_the_middle_is_taken_whole_the_next_time(proxy: Proxy, chain: NodeChain) -> None:
    account, probe = settled(chain)
    raws = [signed(chain, account, nonce, probe, COUNT) for nonce in range(1, 8)]
    proxy.script(HALF, SEND)
    with pytest.raises(Unavailable):
        chain.send_raw_many(raws)
    assert chain.send_raw_many(raws) == [hash_of(raw) for raw in raws]
    assert [mined(chain, hash_of(raw)).status for raw in raws] == [1] * 7


def test_what_is_done_twice_is_done_once(proxy: Proxy, chain: NodeChain) -> None:
    """A network that repeats requests: the second answer says that it is known, or that the nonce is used."""
    account, probe = settled(chain)
    proxy.script(TWICE, times=None)
    raws = [signed(chain, account, nonce, probe, COUNT) for nonce in (1, 2, 3)]
    assert chain.send_raw_many(raws) == [hash_of(raw) for raw in raws]
    assert [mined(chain, hash_of(raw)).status for raw in raws] == [1] * 3
    assert chain.nonce(address_of(account)) == 4


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Nonce too low", "nonce-too-low"),
        ("Transaction nonce is too distant from current sender nonce", "nonce-too-high"),
        ("Upfront cost exceeds account balance", "insufficient-funds"),
        ("Gas price below configured minimum gas price", "underpriced"),
        ("Replacement transaction underpriced", "underpriced"),
        ("Transaction gas limit exceeds block gas limit", "gas-limit"),
        ("transaction gas limit too high (cap: 16777216, tx: 20000000)", "gas-limit"),
        ("Wrong chainId", "wrong-chain"),
        ("Sender account not authorized to send transactions", "invalid"),
        ("Invalid signature", "invalid"),
        ("An invalid transaction with a lower nonce exists", ""),
        ("txpool is full", ""),
        ("Internal error", ""),
        ("Timeout expired", ""),
    ],
)
def test_a_node_s_no_is_understood_or_taken_for_nothing(
    proxy: Proxy, chain: NodeChain, words: str, reason: str
) -> None:
    """Words of Besu and geth that judge a transaction have the house's reason; others judge nothing."""
    account, probe = settled(chain)
    proxy.script(error(words), SEND)
    with pytest.raises(Unavailable) as told:
        chain.send_raw(signed(chain, account, 1, probe, COUNT))
    assert getattr(told.value, "reason", "") == reason
    assert told.value.found == words


def test_a_batch_too_long_for_a_node_is_asked_for_in_halves(proxy: Proxy, chain: NodeChain) -> None:
    """As Besu says it, once with each size; later batches are as short."""
    body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"Number of requests exceeds max batch size"}}'
    proxy.script(http(400, body), times=2)
    assert chain.blocks([0] * 80) == [chain.block(0)] * 80
    assert proxy.met == ["http", "http"]
    assert chain.blocks([0] * 80) == [chain.block(0)] * 80


def test_a_batch_is_short_in_bytes(proxy: Proxy, chain: NodeChain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes limit the size of a request too."""
    account, probe = settled(chain)
    raws = [signed(chain, account, nonce, probe, COUNT) for nonce in range(1, 11)]
    monkeypatch.setattr(rpc, "BYTES_A_BATCH", 1_000)
    proxy.script(late(0.0), SEND, times=None)  # met once by an HTTP request, and seen once
    chain.send_raw_many(raws)
    assert len(proxy.met) == 4  # of some 350 bytes each
    assert [mined(chain, hash_of(raw)).status for raw in raws] == [1] * 10


def test_logs_are_asked_for_in_shorter_ranges_when_there_are_too_many(
    proxy: Proxy, chain: NodeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And in longer ones again; when one block alone is too much, it is told."""
    account, probe = settled(chain)
    first = chain.head().number + 1
    for nonce in range(1, 6):
        mined(chain, chain.send_raw(signed(chain, account, nonce, probe, COUNT)))
    last = chain.head().number
    whole = chain.logs([probe], first, last)
    assert len(whole) == 5
    proxy.script(error("query returned more than 10000 results", -32005), "eth_getLogs", times=2)
    assert chain.logs([probe], first, last) == whole
    assert chain._blocks_a_query < node.BLOCKS_A_QUERY
    for _ in range(20):
        assert chain.logs([probe], last, last) == whole[-1:]
    assert chain._blocks_a_query == node.BLOCKS_A_QUERY
    monkeypatch.setattr(node, "LOGS_AN_ANSWER", 1)
    chain._blocks_a_query = 4
    assert chain.logs([probe], first, last) == whole
    assert chain._blocks_a_query < 4
    proxy.script(error("Requested range exceeds maximum RPC range limit"), "eth_getLogs", times=None)
    with pytest.raises(Unavailable, match="the node refuses eth_getLogs"):
        chain.logs([probe], first, last)


def test_a_node_whose_clock_of_blocks_runs_by_itself(proxy: Proxy) -> None:
    """Automine off: sent is not mined; dropped from the pool it is unknown, and the same bytes are taken again."""
    with anvil.running("--chain-id", "31341", "--no-mining") as url:
        chain = NodeChain(url)
        account = person(next(_people))
        chain._ask("anvil_setBalance", account.address, hex(ETHER))
        raw = signed(chain, account, 0, address_of(person(1)))
        sent = chain.send_raw(raw)
        assert chain.receipt(sent) is None
        assert (chain.nonce(address_of(account)), chain.nonce(address_of(account), waiting=True)) == (0, 1)
        chain._ask("anvil_dropTransaction", sent)
        assert chain.nonce(address_of(account), waiting=True) == 0
        assert chain.send_raw_many([raw, raw]) == [sent, sent]
        chain._ask("evm_mine")
        before = mined(chain, sent)
        chain._ask("anvil_reorg", 1, [])
        assert chain.receipt(sent) is None or chain.receipt(sent) != before
        block = chain.block(before.block_number)
        assert block is not None
        assert block.hash != before.block_hash


@pytest.mark.slow
def test_blocks_of_a_second_each() -> None:
    """Nobody mines on demand; the clock is the pending block's and does not go back."""
    with anvil.running("--chain-id", "31342", "--block-time", "1") as url:
        chain = NodeChain(url)
        account = person(next(_people))
        chain._ask("anvil_setBalance", account.address, hex(ETHER))
        clock = chain.now()
        sent = chain.send_raw(signed(chain, account, 0, address_of(person(1))))
        assert mined(chain, sent).status == 1
        assert clock <= chain.now()
        assert chain.head().timestamp <= chain.now()


def test_a_network_without_fees_costs_nothing() -> None:
    """A zero base fee and a zero gas price: the account needs no ether at all."""
    with anvil.running("--chain-id", "31343", "--base-fee", "0", "--disable-min-priority-fee") as url:
        chain = NodeChain(url)
        assert chain.gas_price() == (0, 0)
        account = person(next(_people))
        assert chain.balance(address_of(account)) == 0
        assert mined(chain, chain.send_raw(signed(chain, account, 0, address_of(person(1))))).status == 1


def test_a_node_that_lost_its_head_has_not_answered(proxy: Proxy, chain: NodeChain) -> None:
    """Besu, while it has not the state of its last block, tells of the first one as the last."""
    proxy.ask("evm_mine")
    chain._nodes._next_look = 0.0
    assert chain.head().number > 0
    proxy.frozen = 0
    with pytest.raises(Unavailable, match="lost its head"):
        chain.head()


@pytest.mark.parametrize("words", ["Unknown block", "finalized block not found"])
def test_a_network_without_a_finalized_block_has_none(proxy: Proxy, words: str) -> None:
    """Besu's words on a network of its own, and geth's before the first; another refusal is told."""
    chain = NodeChain(proxy.url, finality="finalized")
    assert chain.final() >= 0
    proxy.script(error(words, -39001), "eth_getBlockByNumber")
    assert chain.final() == -1
    proxy.script(error("disk full"), "eth_getBlockByNumber")
    with pytest.raises(Unavailable, match="disk full"):
        chain.final()


def test_a_bearer_token_is_read_anew_at_each_request(proxy: Proxy, tmp_path: Path) -> None:
    """So that it may be renewed; one that cannot be read is told, and is never shown."""
    token = tmp_path / "jwt"
    token.write_text("first\n", encoding="ascii")
    chain = NodeChain(proxy.url, settings=NodeSettings(token=str(token)))
    assert proxy.bearer == "first"
    token.write_text("second", encoding="ascii")
    chain.head()
    assert proxy.bearer == "second"
    token.unlink()
    with pytest.raises(Unavailable, match=r"bearer token cannot be read; at .*jwt; found FileNotFoundError"):
        chain.head()
