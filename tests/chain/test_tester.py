"""Other people's tools: Web3 over eth-tester upon the embedded chain."""

from __future__ import annotations

import pytest
from eth_tester import exceptions as tester_errors
from probe import COUNT, FAIL, READ, address_of, deploy, person, signed
from web3.exceptions import TransactionNotFound

from abst.chain.embedded import EmbeddedChain


def test_web3_reads_the_same_chain(chain: EmbeddedChain) -> None:
    """Blocks, balances, code, receipts, transactions, calls and logs."""
    probe = deploy(chain, person(1))
    sent = chain.send_raw(signed(chain, person(1), 1, probe, COUNT))
    eth = chain.w3.eth
    assert (eth.chain_id, eth.block_number) == (chain.chain_id, chain.head().number)
    assert eth.get_block("latest")["hash"].to_0x_hex() == chain.head().hash
    assert eth.get_balance(address_of(person(1))) == chain.balance(address_of(person(1)))
    assert eth.get_code(probe) == chain.code(probe)
    assert eth.get_transaction_count(address_of(person(1))) == 2
    ours, theirs = chain.receipt(sent), eth.get_transaction_receipt(sent)
    assert ours is not None
    assert (theirs["gasUsed"], theirs["blockNumber"]) == (ours.gas_used, ours.block_number)
    assert eth.get_transaction(sent)["to"] == probe
    assert eth.call({"to": probe, "data": READ}) == chain.call(probe, READ)
    (log,) = eth.get_logs({"fromBlock": 0, "toBlock": "latest", "address": probe})
    assert log["transactionHash"].to_0x_hex() == sent


def test_web3_sends_into_the_same_chain(chain: EmbeddedChain) -> None:
    """One block each, seen by every opening of the file."""
    probe = deploy(chain, person(1))
    before = chain.head().number
    sent = chain.w3.eth.send_raw_transaction(signed(chain, person(1), 1, probe, COUNT))
    assert chain.head().number == before + 1
    receipt = EmbeddedChain(chain.path).receipt(sent.to_0x_hex())  # type: ignore[arg-type]
    assert receipt is not None
    assert receipt.status == 1


def test_web3_sees_blocks_of_others_and_the_clock(chain: EmbeddedChain) -> None:
    """Nothing is remembered between looks."""
    probe = deploy(chain, person(1))
    eth = chain.w3.eth
    EmbeddedChain(chain.path).send_raw(signed(chain, person(1), 1, probe, COUNT))
    assert int.from_bytes(eth.call({"to": probe, "data": READ}), "big") == 1
    chain.warp(1000)
    assert int.from_bytes(eth.call({"to": probe, "data": b""}), "big") == pytest.approx(chain.now(), abs=2)


def test_web3_learns_of_reverts_and_unknown_transactions(chain: EmbeddedChain) -> None:
    """In the words of eth-tester and web3."""
    probe = deploy(chain, person(1))
    with pytest.raises(tester_errors.TransactionFailed):
        chain.w3.eth.call({"to": probe, "data": FAIL})
    with pytest.raises(TransactionNotFound):
        chain.w3.eth.get_transaction_receipt("0x" + "ab" * 32)


def test_blocks_cannot_be_taken_back(chain: EmbeddedChain) -> None:
    """eth-tester's snapshots would unmake acknowledged blocks."""
    tester = chain.w3.provider.ethereum_tester  # type: ignore[attr-defined]
    snapshot = tester.take_snapshot()
    chain.mine()
    with pytest.raises(tester_errors.ValidationError, match="taken back"):
        tester.revert_to_snapshot(snapshot)


def test_tools_may_mine_and_travel(chain: EmbeddedChain) -> None:
    """Forward, by the house's own clock."""
    tester = chain.w3.provider.ethereum_tester  # type: ignore[attr-defined]
    before, now = chain.head().number, chain.now()
    tester.mine_blocks(3)
    tester.time_travel(now + 5000)
    assert chain.head().number == before + 4
    assert chain.now() >= now + 5000
