"""Events: decoded, in order, in pieces, only ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployed import FILING, World, key, new_world

from abst.chain import reader
from abst.chain.contracts import Contract
from abst.chain.reader import events, pieces
from abst.chain.words import FilingStatus
from abst.values import hash_of


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def test_pieces_cover_the_range_once() -> None:
    assert list(pieces(3, 12, 4)) == [(3, 6), (7, 10), (11, 12)]
    assert list(pieces(5, 5)) == [(5, 5)]
    assert list(pieces(6, 5)) == []


def test_the_life_of_a_filing_in_events(world: World) -> None:
    registry = world.contracts.registry
    found = events(world.chain, [registry], 0, world.chain.head().number)
    assert [event.name for event in found if event.args.get("filing") == FILING] == [
        "FilingRecorded",
        "FilingStatusChanged",
        "FilingStatusChanged",
        "TrancheAttached",
    ]
    last = next(event for event in reversed(found) if event.name == "FilingStatusChanged")
    assert last.args == {
        "filing": FILING,
        "from": FilingStatus.SUBMITTED,
        "to": FilingStatus.EFFECTIVE,
        "evidence": hash_of(b"notice"),
    }
    assert (last.address, last.contract) == (registry.address, "Registry")
    block = world.chain.block(last.block_number)
    assert block is not None
    assert last.block_hash == block.hash


def test_small_pieces_give_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = events(world.chain, world.contracts, 0, world.chain.head().number)
    monkeypatch.setattr(reader, "pieces", lambda first, last: pieces(first, last, 3))
    assert events(world.chain, world.contracts, 0, world.chain.head().number) == whole
    assert [(e.block_number, e.log_index) for e in whole] == sorted((e.block_number, e.log_index) for e in whole)


def test_only_the_contracts_and_topics_asked_for(world: World) -> None:
    operation = hash_of(b"one mint")
    world.done(world.want("issuer", world.token.address, world.mint(operation), operation=operation))
    head = world.chain.head().number
    minted = [world.token.codec.topic("Minted"), operation]
    (event,) = events(world.chain, [world.token], 0, head, minted)
    assert (event.name, event.args["total"], event.args["gatekeeper"]) == ("Minted", 100, key("gatekeeper").address)
    assert events(world.chain, [], 0, head) == []
    # a token read as if it were a timelock: its events are of kinds a timelock does not know
    stranger = Contract("TimelockController", world.token.address, world.chain)
    assert events(world.chain, [stranger], 0, head) == []
