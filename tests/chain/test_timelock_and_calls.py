"""Two-person acts, typed calls and the gatekeeper's message, against the contracts themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployed import FILING, World, key, new_world, terms

from abst.chain import timelock
from abst.chain.api import Reverted
from abst.chain.contracts import Contract, codec, decode_call
from abst.chain.eip712 import domain_of
from abst.chain.reasons import explain
from abst.chain.timelock import State
from abst.chain.words import FilingRecord, FilingStatus, Holding, InvestorRecord
from abst.errors import IntegrityFailure, Unavailable
from abst.values import Hash, hash_of

OPERATION = hash_of(b"an operation")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def freeze(world: World) -> tuple[Contract, bytes]:
    return world.token, world.token.encode("setFrozenTokens", key("holder").address, 7)


def test_the_maker_schedules_and_the_checker_executes(world: World) -> None:
    token, data = freeze(world)
    to, call = timelock.schedule(world.contracts, "enforcement", token.address, data, OPERATION, 0)
    assert timelock.parse(call) == timelock.Operation(
        timelock.operation_hash(token.address, data, OPERATION), token.address, data, OPERATION, executes=False
    )
    assert timelock.state(world.contracts, "enforcement", token.address, data, OPERATION) is State.UNSET
    world.done(world.want("maker", to, call))
    assert timelock.state(world.contracts, "enforcement", token.address, data, OPERATION) is State.READY
    to, call = timelock.execute(world.contracts, "enforcement", token.address, data, OPERATION)
    assert timelock.parse(call).executes
    world.done(world.want("checker", to, call))
    assert timelock.state(world.contracts, "enforcement", token.address, data, OPERATION) is State.DONE
    assert token.read("getFrozenTokens", key("holder").address) == 7


def test_neither_acts_alone(world: World) -> None:
    token, data = freeze(world)
    to, schedule = timelock.schedule(world.contracts, "enforcement", token.address, data, OPERATION, 0)
    _, execute = timelock.execute(world.contracts, "enforcement", token.address, data, OPERATION)
    for who, call in (("checker", schedule), ("maker", execute), ("issuer", schedule), ("issuer", execute)):
        with pytest.raises(Reverted) as no:
            world.chain.call(to, call, key(who).address)
        assert explain(no.value.data).name == "AccessControlUnauthorizedAccount"
    with pytest.raises(Reverted) as no:
        world.chain.call(token.address, data, key("maker").address)
    assert explain(no.value.data).name == "RoleNeeded"


def test_a_maker_withdraws_what_waits(world: World) -> None:
    token, data = freeze(world)
    world.done(
        world.want("maker", *timelock.schedule(world.contracts, "enforcement", token.address, data, OPERATION, 0))
    )
    world.done(world.want("maker-2", *timelock.cancel(world.contracts, "enforcement", token.address, data, OPERATION)))
    assert timelock.state(world.contracts, "enforcement", token.address, data, OPERATION) is State.UNSET


def test_the_timelock_counts_operations_as_we_do(world: World) -> None:
    token, data = freeze(world)
    theirs = world.contracts.enforcement.read("hashOperation", token.address, 0, data, b"\0" * 32, OPERATION)
    assert timelock.operation_hash(token.address, data, OPERATION) == theirs


def test_other_calls_are_no_operations(world: World) -> None:
    assert timelock.parse(world.token.encode("redeem", 1)) is None
    cancel = timelock.cancel(world.contracts, "enforcement", world.token.address, b"", OPERATION)[1]
    assert timelock.parse(cancel) is None


def test_reads_give_the_houses_values(world: World) -> None:
    holder = key("holder").address
    registry, token = world.contracts.registry, world.token
    filing = FilingRecord.unpack(registry.read("filingOf", FILING))
    assert (filing.status, filing.planned, filing.made) == (FilingStatus.EFFECTIVE, 1, 1)
    investor = InvestorRecord.unpack(registry.read("investorOf", holder))
    assert (investor.known, investor.jurisdiction, investor.capacity) == (True, "HK", 5)
    assert registry.read("walletsOf", holder) == (holder,)
    with pytest.raises(Reverted):
        registry.read("obligationOf", FILING, 1)
    assert Holding.unpack(token.read("holdingOf", holder)) == Holding()
    assert token.read("name") == "A note for tests"
    assert token.read("terms")[2:7] == (b"CNY", 0, 3, False, 10**9)
    assert isinstance(registry.read("planHashOf", FILING), str)


def test_bytes_may_be_given_as_text(world: World) -> None:
    registry = world.contracts.registry
    assert registry.encode("suspend", 1, OPERATION) == registry.encode("suspend", 1, bytes.fromhex(OPERATION[2:]))
    function, values = decode_call("Registry", registry.encode("suspend", 1, OPERATION) + b"\1" * 32)
    assert (function.signature, values) == ("suspend(uint64,bytes32)", (1, OPERATION))
    assert decode_call("Registry", b"\0\0\0\0") is None


def test_a_name_with_several_meanings_needs_its_signature() -> None:
    transfer_from = codec("SecurityToken").function("transferFrom")
    assert transfer_from.signature == "transferFrom(address,address,uint256)"
    assert codec("TimelockController").function("onERC1155Received", 5).inputs.names
    with pytest.raises(LookupError, match="no single function nothing"):
        codec("Registry").function("nothing")


def test_reading_where_no_contract_stands(world: World) -> None:
    nowhere = Contract("Registry", key("stranger").address, world.chain)
    with pytest.raises(Unavailable, match="no Registry answers"):
        nowhere.read("walletCount")


def test_the_domain_is_the_tokens_own(world: World) -> None:
    assert domain_of(world.token, world.chain.chain_id)["name"] == "A note for tests"
    with pytest.raises(IntegrityFailure, match="another's"):
        domain_of(world.token, 1)


def test_a_plan_that_differs_is_refused_by_the_factory(world: World) -> None:
    factory = world.contracts.factory
    data = factory.encode("create", FILING, b"\1", (terms(cap=5),), Hash(OPERATION), 1)
    with pytest.raises(Reverted) as no:
        world.chain.call(factory.address, data, key("issuer").address)
    assert (explain(no.value.data).name, explain(no.value.data).rule) == ("PlanDiffers", "R-42")
