"""What a transaction says of itself: its operation id is found after any call of ours, and only there.

given the data of a transaction
    when an operation id follows a call of ours
        it should be told, with the call, its words and the decision it stands on
    when two calls differ in what every decision makes anew
        they should have the same effect, and differ in everything else
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from abst.chain import timelock
from abst.chain.contracts import Contract, codec
from abst.chain.recovering import _functions, receivers, said, same_effect
from abst.chain.sender import tagged
from abst.values import ZERO_HASH, Address, Hash, to_bytes

WALLET = st.binary(min_size=20, max_size=20).map(lambda b: Address("0x" + b.hex()))
HASH = st.binary(min_size=32, max_size=32).map(lambda b: Hash("0x" + b.hex()))
UINT = st.integers(0, 2**40 - 1)
ROWS = st.lists(st.tuples(WALLET, UINT), min_size=1, max_size=5)
TOKEN = codec("SecurityToken")


def mint(rows: list[tuple[Any, int]], operation: Hash, decision: Hash, deadline: int, signature: bytes) -> bytes:
    function = TOKEN.function("mint")
    approval = (operation, decision, deadline, Address("0x" + "aa" * 20))
    values = ([wallet for wallet, _ in rows], [amount for _, amount in rows], approval, signature)
    return function.selector + function.inputs.encode(values)


def transfer(to: Address, amount: int) -> bytes:
    function = TOKEN.function("transfer")
    return function.selector + function.inputs.encode((to, amount))


@settings(max_examples=30)
@given(rows=ROWS, operation=HASH, decision=HASH, deadline=UINT, signature=st.binary(max_size=70), tag=HASH)
def test_the_operation_id_after_a_call_is_told_with_its_decision(
    rows: list[tuple[Any, int]], operation: Hash, decision: Hash, deadline: int, signature: bytes, tag: Hash
) -> None:
    """Call, id, words and decision come back as they went in; without an id there is none."""
    call = mint(rows, operation, decision, deadline, signature)
    found = said(tagged(call, tag))
    assert (found.call, found.operation, found.words, found.decision) == (call, tag, "SecurityToken.mint", decision)
    assert said(call).operation is None
    assert {one.lower() for one in receivers(found.call)} == {wallet for wallet, _ in rows}


@given(to=WALLET, amount=UINT, tag=HASH, own=HASH)
def test_an_id_that_a_desk_had_appended_itself_stays_in_the_call(
    to: Address, amount: int, tag: Hash, own: Hash
) -> None:
    """The sender's id is the last one."""
    call = transfer(to, amount) + to_bytes(own)
    found = said(tagged(call, tag))
    assert (found.call, found.operation) == (call, tag)


@settings(max_examples=30)
@given(rows=ROWS, operation=HASH, decisions=st.tuples(HASH, HASH), deadlines=st.tuples(UINT, UINT), other=ROWS)
def test_a_mint_decided_again_has_the_same_effect_and_no_other_mint_has(
    rows: list[tuple[Any, int]],
    operation: Hash,
    decisions: tuple[Hash, Hash],
    deadlines: tuple[int, int],
    other: list[tuple[Any, int]],
) -> None:
    """Approval and signature may differ; receivers, amounts and the operation may not."""
    one = mint(rows, operation, decisions[0], deadlines[0], b"one")
    assert same_effect(one, mint(rows, operation, decisions[1], deadlines[1], b"other"))
    assert same_effect(one, mint(other, operation, decisions[1], deadlines[1], b"one")) == (rows == other)
    assert not same_effect(one, mint(rows, Hash("0x" + "ff" * 32), decisions[0], deadlines[0], b"one"))


@given(to=WALLET, amount=UINT, less=UINT)
def test_two_transfers_are_the_same_only_when_all_is(to: Address, amount: int, less: int) -> None:
    """An amount or a receiver changed is another effect; so is another function, and what is no call."""
    one = transfer(to, amount)
    assert same_effect(one, transfer(to, less)) == (amount == less)
    assert not same_effect(one, one[:-1])
    assert not same_effect(one, b"")


@settings(max_examples=30)
@given(data=st.binary(max_size=200), selector=st.sampled_from(sorted(_functions())))
def test_any_bytes_are_read_without_an_error(data: bytes, selector: bytes) -> None:
    """Foreign and broken data say nothing of an operation, or are a call of ours as it stands."""
    for whole in (data, selector + data):
        found = said(whole)
        assert whole.startswith(found.call)


def test_a_timelock_s_call_tells_what_it_is_about() -> None:
    """A schedule and an execution name the call within."""
    lock = Contract("TimelockController", Address("0x" + "11" * 20), None)  # type: ignore[arg-type]
    inner = transfer(Address("0x" + "22" * 20), 5)
    call = lock.encode("schedule", Address("0x" + "33" * 20), 0, inner, ZERO_HASH, Hash("0x" + "44" * 32), 0)
    found = said(tagged(call, Hash("0x" + "55" * 32)))
    assert found.words == "TimelockController.schedule of SecurityToken.transfer"
    assert timelock.parse(found.call) is not None
