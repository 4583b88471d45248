"""What is a node's alone: reaching it, its id, its ways to tell of a revert, blocks taken back."""

from __future__ import annotations

import socket

import pytest
from probe import COUNT, ETHER, deploy, mined, person, signed

from abst.chain import node
from abst.chain.node import NodeChain
from abst.errors import Unavailable


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
    assert node._revert_data(error) == data
