"""Subscribers to a filing's disclosures: `subscribe`, `unsubscribe`, and what they are told.

given a subscriber
    when something is published
        it should be told, after everything is written and said
    when it fails, burns its gas or answers at length
        it should be an event; the publication and the other subscribers go on
given eight subscribers
    it should take no ninth
given too little gas to tell them
    it should refuse the publication, so that nobody silences a subscriber
"""

from __future__ import annotations

from typing import Any

import pytest

from abst.chain import artifacts
from abst.chain.contracts import Contract, codec
from abst.values import ZERO_HASH, hash_of
from world import FILING, Done, World

SERIES, REPORT = hash_of(b"material event"), hash_of(b"report")
HALTING = 5  # kind of document for which the board halts trading
# Runtime code of subscribers that mean no good.
HOSTILE = {
    "reverts": "60006000fd",
    "burns its gas": "5b600056",
    "answers with 32 KiB": "6180006000f3",
    "fails with 32 KiB": "6180006000fd",
    "is broken": "fe",
}


def board(world: World) -> Contract:
    """A notice board that halts trading for documents of the kind `HALTING`."""
    arguments = codec("NoticeBoard").constructor.encode([world.registry.address, 1 << HALTING])
    return world.deploy("stranger", artifacts.load("NoticeBoard").bytecode + arguments, "NoticeBoard")


def hostile(world: World, runtime: str) -> Contract:
    code = bytes.fromhex(runtime)
    return world.deploy("stranger", bytes.fromhex(f"60{len(code):02x}80600b6000396000f3") + code)


def subscribe(world: World, hook: Contract) -> Done:
    return world.act("discloser", world.registry, "subscribe", FILING, hook.address)


def publish(world: World, kind: int = HALTING, gas: int = 3_000_000, obligation: int = 0) -> Done:
    arguments = (FILING, obligation, kind, SERIES, REPORT, "", 0)
    return world.act("discloser", world.registry, "publish", *arguments, gas=gas)


def notice(at: Contract) -> tuple[Any, ...]:
    """Document, kind, second, how many, whether trading is halted."""
    found: tuple[Any, ...] = at.read("lastNotice", FILING)
    return found


def test_a_subscriber_is_told(world: World) -> None:
    """What is published reaches the subscriber in the same transaction, with everything it needs to act upon it."""
    venue = board(world)
    assert subscribe(world, venue).only("HookSet") == {"filing": FILING, "hook": venue.address, "isSet": True}
    assert world.registry.read("subscribersOf", FILING) == (venue.address,)
    assert publish(world, kind=3).names == ["Published"]
    assert notice(venue) == (REPORT, 3, world.now, 1, False)
    publish(world)
    assert notice(venue) == (REPORT, HALTING, world.now, 2, True)
    world.act("stranger", venue, "lift", FILING)
    assert notice(venue)[4] is False


def test_it_is_told_of_its_filing_alone(world: World) -> None:
    """A subscriber of one filing hears nothing of another."""
    venue = board(world)
    subscribe(world, venue)
    world.act("registrar", world.registry, "recordFiling", 2, REPORT, 1, 0)
    world.act("discloser", world.registry, "publish", 2, 0, HALTING, SERIES, REPORT, "", 0)
    assert notice(venue)[3] == 0


def test_who_unsubscribed_hears_no_more(world: World) -> None:
    """After unsubscribing the others are told still."""
    first, second, third = (board(world) for _ in range(3))
    for one in (first, second, third):
        subscribe(world, one)
    done = world.act("discloser", world.registry, "unsubscribe", FILING, first.address)
    assert done.only("HookSet") == {"filing": FILING, "hook": first.address, "isSet": False}
    assert set(world.registry.read("subscribersOf", FILING)) == {second.address, third.address}
    publish(world)
    assert [notice(one)[3] for one in (first, second, third)] == [0, 1, 1]
    subscribe(world, first)
    assert world.filing().subscribers == 3


@pytest.mark.parametrize("runtime", HOSTILE.values(), ids=HOSTILE)
def test_P11_a_hostile_subscriber_stops_nobody(held: World, runtime: str) -> None:
    """A subscriber that fails is an event: the publication stands, the others are told, balances are as they were."""
    before, after, bad = board(held), board(held), hostile(held, runtime)
    for one in (before, bad, after):
        subscribe(held, one)
    held.act("discloser", held.registry, "openObligation", FILING, 7, held.now, 0, 0)
    (opened,) = set(held.registry.read("openObligations", FILING)) - {1}
    held.warp(1)
    balances = [held.senior.read("holdingOf", held[name]) for name in ("alice", "bob", "dave")]
    done = publish(held, obligation=opened)
    failed = [] if runtime == HOSTILE["answers with 32 KiB"] else [bad.address]
    assert [args["hook"] for args in done.all("HookFailed")] == failed
    assert done.names[0] == "Published"
    assert [notice(one)[3] for one in (before, after)] == [1, 1]
    assert held.registry.read("openObligations", FILING) == (1,)
    assert [held.senior.read("holdingOf", held[name]) for name in ("alice", "bob", "dave")] == balances
    held.transfer(held.senior, "alice", "bob", 100)


def test_P11_a_hostile_subscriber_costs_no_more_than_its_share(world: World) -> None:
    """Each subscriber gets 100,000 gas at most, so that eight that burn theirs leave a publication affordable."""
    for _ in range(8):
        subscribe(world, hostile(world, HOSTILE["burns its gas"]))
    done = publish(world)
    assert len(done.all("HookFailed")) == 8
    assert 800_000 < done.receipt.gas_used < 1_100_000


def test_P11_nobody_silences_a_subscriber_with_little_gas(world: World) -> None:
    """Where the gas is too little to tell a subscriber properly, the publication is refused as a whole."""
    venue = board(world)
    subscribe(world, venue)
    enough = world.gas_needed("discloser", world.registry, "publish", FILING, 0, HALTING, SERIES, REPORT, "", 0)
    outcomes = set()
    for gas in range(90_000, enough + 5_000, 5_000):
        before = notice(venue)[3]
        receipt = world.send("discloser", world.registry.address, call_of(world), gas=gas)
        told = notice(venue)[3] - before
        assert told == receipt.status, f"with {gas} gas"
        outcomes.add(receipt.status)
    assert outcomes == {0, 1}


def call_of(world: World) -> bytes:
    return world.registry.encode("publish", FILING, 0, HALTING, SERIES, REPORT, "", 0)


def test_at_most_eight_subscribe(world: World) -> None:
    """A ninth is refused until one has left."""
    boards = [board(world) for _ in range(9)]
    for one in boards[:8]:
        subscribe(world, one)
    why = world.refused("discloser", world.registry, "subscribe", FILING, boards[8].address)
    assert (why.name, why.args) == ("TooManyHooks", {"filing": FILING, "limit": 8})
    world.act("discloser", world.registry, "unsubscribe", FILING, boards[3].address)
    subscribe(world, boards[8])


def test_a_subscriber_is_a_contract_and_comes_once(world: World) -> None:
    """An account without code, one that subscribed already, and one that never did are refused."""
    venue = board(world)
    subscribe(world, venue)
    for fn, hook in (
        ("subscribe", world["stranger"]),
        ("subscribe", venue.address),
        ("unsubscribe", world.factory.address),
    ):
        why = world.refused("discloser", world.registry, fn, FILING, hook)
        assert (why.name, why.args) == ("HookMalformed", {"hook": hook})


@pytest.mark.parametrize("who", ["registrar", "issuer", "agent", "maker", "stranger"])
def test_only_a_discloser_subscribes_others(world: World, who: str) -> None:
    """Nobody brings in a subscriber, or silences one, but the discloser."""
    for fn in ("subscribe", "unsubscribe"):
        why = world.refused(who, world.registry, fn, FILING, world.factory.address)
        assert why.args == {"account": world[who], "role": "DISCLOSER"}


def test_the_board_obeys_its_registry_and_its_venue(world: World) -> None:
    """The example lets nobody but the registry post a notice, and nobody but the venue lift a halt."""
    venue = board(world)
    arguments = (FILING, 0, ZERO_HASH, HALTING, REPORT)
    assert world.refused("discloser", venue, "lift", FILING).words.startswith("an unknown error")
    assert world.refused("discloser", venue, "onPublished", *arguments).words.startswith("an unknown error")
    assert notice(venue)[3] == 0
    assert world.act("stranger", venue, "lift", FILING).receipt.status == 1
