"""One protocol, two kinds of chain: each promise of `abst.chain.api.Chain` on the embedded chain and on anvil."""

from __future__ import annotations

import pytest
from probe import (
    COUNT,
    CREATION,
    ETHER,
    FAIL,
    HUNGRY,
    READ,
    RUNTIME,
    TOPIC,
    Bench,
    address_of,
    deploy,
    mined,
    person,
    signed,
)

from abst.chain.api import Chain, NotAccepted, Reverted, Tx
from abst.values import Hash, hash_of


def test_both_serve_the_protocol(bench: Bench) -> None:
    """Each implementation has every method of the protocol."""
    assert isinstance(bench.chain, Chain)


def test_a_contract_is_deployed_and_read(bench: Bench) -> None:
    """Creation gives an address in its receipt, and code there."""
    probe = deploy(bench.chain, bench.account)
    assert bench.chain.code(probe) == RUNTIME
    assert bench.chain.call(probe, READ) == bytes(32)
    assert bench.chain.nonce(address_of(bench.account)) == 1
    assert 0 < bench.chain.balance(address_of(bench.account)) < ETHER


def test_a_receipt_tells_what_happened(bench: Bench) -> None:
    """Status, gas of this transaction, block and events with their places."""
    chain, account = bench.chain, bench.account
    probe = deploy(chain, account)
    raw = signed(chain, account, 1, probe, COUNT)
    receipt = mined(chain, chain.send_raw(raw))
    assert receipt.transaction_hash == hash_of(raw)
    assert (receipt.status, receipt.contract_address) == (1, None)
    assert 43_000 < receipt.gas_used < 48_000
    block = chain.block(receipt.block_number)
    assert block is not None
    assert block.hash == receipt.block_hash
    assert chain.head() == block
    (log,) = receipt.logs
    assert (log.address, log.topics[0], int.from_bytes(log.data, "big")) == (probe, TOPIC, 1)
    assert int(log.topics[1], 16) == int(account.address, 16)
    assert (log.block_hash, log.transaction_hash, log.log_index) == (block.hash, receipt.transaction_hash, 0)


def test_gas_is_the_same_on_both(bench: Bench) -> None:
    """The same acts cost the same on the embedded chain and on a node."""
    probe = deploy(bench.chain, bench.account)
    receipts = []
    for nonce in (1, 2):
        sent = bench.chain.send_raw(signed(bench.chain, bench.account, nonce, probe, COUNT))
        receipts.append(mined(bench.chain, sent))
    assert [receipt.gas_used for receipt in receipts] == [44_581, 27_481]


def test_revert_bytes_come_back(bench: Bench) -> None:
    """A call and an estimate give the contract's own bytes."""
    probe = deploy(bench.chain, bench.account)
    with pytest.raises(Reverted) as called:
        bench.chain.call(probe, FAIL + b"reason")
    with pytest.raises(Reverted) as estimated:
        bench.chain.estimate(Tx(sender=address_of(bench.account), to=probe, data=FAIL + b"reason"))
    assert called.value.data == estimated.value.data == FAIL + b"reason"


def test_a_reverting_transaction_is_mined(bench: Bench) -> None:
    """A node mines it with status 0; so does the embedded chain."""
    probe = deploy(bench.chain, bench.account)
    receipt = mined(bench.chain, bench.chain.send_raw(signed(bench.chain, bench.account, 1, probe, FAIL)))
    assert (receipt.status, receipt.logs) == (0, ())


def test_an_estimate_suffices(bench: Bench) -> None:
    """Also for a contract that demands more gas left than it uses."""
    probe = deploy(bench.chain, bench.account)
    for nonce, data in ((1, COUNT), (2, HUNGRY)):
        gas = bench.chain.estimate(Tx(sender=address_of(bench.account), to=probe, data=data))
        sent = bench.chain.send_raw(signed(bench.chain, bench.account, nonce, probe, data, gas=gas))
        receipt = mined(bench.chain, sent)
        assert receipt.status == 1


def test_an_estimate_of_a_creation_suffices(bench: Bench) -> None:
    """No address to send to: a contract is made."""
    gas = bench.chain.estimate(Tx(sender=address_of(bench.account), to=None, data=CREATION))
    receipt = mined(bench.chain, bench.chain.send_raw(signed(bench.chain, bench.account, 0, None, CREATION, gas=gas)))
    assert receipt.status == 1


def test_the_same_bytes_again_are_no_error(bench: Bench) -> None:
    """Sending again what was mined gives the same hash and mines nothing."""
    probe = deploy(bench.chain, bench.account)
    raw = signed(bench.chain, bench.account, 1, probe, COUNT)
    first = bench.chain.send_raw(raw)
    mined(bench.chain, first)
    head = bench.chain.head()
    assert bench.chain.send_raw(raw) == first
    assert bench.chain.send_raw_many([raw, raw]) == [first, first]
    assert bench.chain.head() == head


def test_what_is_not_accepted_says_why(bench: Bench) -> None:
    """A used nonce, an account without funds, a foreign chain id, bytes that are no transaction."""
    chain, account = bench.chain, bench.account
    probe = deploy(chain, account)
    refused = {
        "nonce-too-low": signed(chain, account, 0, probe, READ),
        "insufficient-funds": signed(chain, person(999_999), 0, probe, READ),
        "wrong-chain": signed(chain, account, 1, probe, READ, chain_id=5),
        "gas-limit": signed(chain, account, 1, probe, READ, gas=40_000_000, max_fee=10**9),
        "underpriced": signed(chain, account, 1, probe, READ, max_fee=1),
        "invalid": b"\x02\x01",
    }
    head = chain.head()
    for reason, raw in refused.items():
        with pytest.raises(NotAccepted) as error:
            chain.send_raw(raw)
        assert error.value.reason == reason
    assert chain.head() == head


def test_many_at_once(bench: Bench) -> None:
    """In order, each with its own receipt, gas and place of its events."""
    chain, account = bench.chain, bench.account
    probe = deploy(chain, account)
    raws = [signed(chain, account, nonce, probe, COUNT) for nonce in range(1, 6)]
    sent = chain.send_raw_many([*raws, raws[0]])
    assert sent.pop() == sent[0]
    receipts = [mined(chain, one) for one in sent]
    assert [receipt.transaction_hash for receipt in receipts] == sent
    assert [int.from_bytes(receipt.logs[0].data, "big") for receipt in receipts] == [1, 2, 3, 4, 5]
    assert [receipt.gas_used for receipt in receipts] == [44_581] + [27_481] * 4


def test_logs_in_ranges(bench: Bench) -> None:
    """By blocks (both ends), by address, by topic with alternatives; unknown ones give nothing."""
    chain, account = bench.chain, bench.account
    probe, other = deploy(chain, account), deploy(chain, account)
    blocks = []
    for nonce, target in ((2, probe), (3, other), (4, probe)):
        receipt = mined(chain, chain.send_raw(signed(chain, account, nonce, target, COUNT)))
        blocks.append(receipt.block_number)
    first, last = blocks[0], blocks[-1]
    assert [log.block_number for log in chain.logs([probe, other], first, last)] == blocks
    assert [log.block_number for log in chain.logs([probe], first, last)] == [first, last]
    assert [log.block_number for log in chain.logs([probe], first, last - 1)] == [first]
    caller = Hash("0x" + account.address[2:].lower().rjust(64, "0"))
    assert len(chain.logs(None, first, last, [None, caller])) == 3
    assert len(chain.logs([probe], first, last, [[TOPIC, caller]])) == 2
    assert chain.logs([probe], first, last, [caller]) == []
    assert chain.logs([], first, last) == []


def test_nothing_is_found_where_nothing_is(bench: Bench) -> None:
    """No receipt of an unknown hash, no block beyond the head, no code at a person."""
    assert bench.chain.receipt(Hash("0x" + "ab" * 32)) is None
    assert bench.chain.block(bench.chain.head().number + 1) is None
    assert bench.chain.code(address_of(bench.account)) == b""


def test_a_call_sees_the_chains_now(bench: Bench) -> None:
    """A preview runs as a pending block at `now()`, not at the last block's time."""
    probe = deploy(bench.chain, bench.account)
    before = bench.chain.now()
    seen = int.from_bytes(bench.chain.call(probe, b""), "big")
    assert before <= seen <= bench.chain.now()
    assert seen >= bench.chain.head().timestamp
