"""Record dates: `announceRecordDate`, `balanceOfAt`, `totalSupplyAt`.

given an announced record date
    when its second is reached
        it should count by itself, without a transaction
        it should keep every balance, and the supply, as they were before that second's acts
    when balances change later, in whatever way
        it should still give what was held then
given two dates in a row without a change between
    it should give the right balance at both
given a date that was not taken, or number zero
    it should refuse
given a second that is past, or a date still to come
    it should not announce another
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from world import DAY, EVIDENCE, FILING, World

NAMES = ("alice", "bob", "carol", "dave", "dave_spare")


def announce(world: World, second: int) -> int:
    done = world.act("agent", world.registry, "announceRecordDate", FILING, second)
    number: int = done.only("RecordDateAnnounced")["number"]
    return number


def take(world: World) -> int:
    """Announce a date for the next second and let it pass."""
    number = announce(world, world.now + 1)
    world.warp(1)
    return number


def at(world: World, number: int) -> list[int]:
    return [world.senior.read("balanceOfAt", world[name], number) for name in NAMES]


def test_a_date_counts_from_its_second(held: World) -> None:
    """A record date is taken at its very second: an act in the second before counts, one in it does not."""
    second = held.now + 100
    assert announce(held, second) == 1
    held.warp_to(second - 1)
    held.transfer(held.senior, "alice", "bob", 100)
    why = held.why("alice", held.senior.address, held.senior.encode("balanceOfAt", held["alice"], 1))
    assert (why.name, why.args) == ("RecordDateNotTaken", {"number": 1, "taken": 0})
    held.warp(1)
    assert at(held, 1) == [900, 600, 0, 300, 0]
    held.transfer(held.senior, "alice", "carol", 900)
    assert at(held, 1) == [900, 600, 0, 300, 0]
    assert held.senior.read("totalSupplyAt", 1) == 1_800


def test_two_dates_in_a_row_are_both_kept(held: World) -> None:
    """Two dates without a change between them both give the same balances, and a change after both touches neither."""
    first, second = take(held), take(held)
    held.transfer(held.senior, "alice", "bob", 1_000)
    third = take(held)
    assert (first, second, third) == (1, 2, 3)
    assert at(held, 1) == at(held, 2) == [1_000, 500, 0, 300, 0]
    assert at(held, 3) == [0, 1_500, 0, 300, 0]


def test_many_dates_many_changes(held: World) -> None:
    """Over a dozen dates and all kinds of movement every balance at every date stays as it was."""
    held.act("admitter", held.registry, "addWallet", held["alice"], held["alice_new"], EVIDENCE)
    acts: list[Callable[[], object]] = [
        lambda: held.transfer(held.senior, "alice", "carol", 100),
        lambda: held.mint(held.senior, {"carol": 500, "alice": 100}),
        lambda: held.act("bob", held.senior, "redeem", 500),
        lambda: None,
        lambda: held.enforce(held.senior, "forcedTransfer", held["carol"], held["bob"], 33),
        lambda: held.transfer(held.senior, "alice", "alice", 500),
        lambda: held.act("dave", held.senior, "transferBatch", *held.allocated([("dave_spare", 100), ("bob", 100)])),
        lambda: held.freeze(held.senior, "bob", 10),
        lambda: held.transfer(held.senior, "alice", "bob", 1_000),
        lambda: None,
        lambda: held.transfer(held.senior, "carol", "alice", 400),
        lambda: held.transfer(held.senior, "bob", "alice", 1_000),
    ]
    expected: list[tuple[list[int], int]] = []
    for act in acts:
        take(held)
        held_now = [held.balance(held.senior, name) for name in NAMES]
        expected.append((held_now, held.senior.read("totalSupply")))
        act()
    found = [(at(held, n), held.senior.read("totalSupplyAt", n)) for n in range(1, len(acts) + 1)]
    assert found == expected
    assert all(sum(balances) == supply for balances, supply in found)


def test_several_changes_between_two_dates_make_one_record(held: World) -> None:
    """Only the first change after a date writes a record."""
    take(held)
    for amount in (100, 200, 300):
        held.transfer(held.senior, "alice", "bob", amount)
    assert held.holding(held.senior, "alice").records == 1
    assert held.holding(held.senior, "bob").records == 1


def test_one_who_came_later_had_nothing(held: World) -> None:
    """A wallet that held nothing at a date has zero there, and no record of it."""
    take(held)
    take(held)
    held.transfer(held.senior, "alice", "carol", 100)
    take(held)
    assert [held.senior.read("balanceOfAt", held["carol"], n) for n in (1, 2, 3)] == [0, 0, 100]
    assert held.holding(held.senior, "carol").records == 0
    assert held.senior.read("balanceOfAt", held["stranger"], 1) == 0


def test_recovery_keeps_the_past(held: World) -> None:
    """What a lost wallet held at a date it held, whoever holds it today."""
    held.act("admitter", held.registry, "addWallet", held["alice"], held["alice_new"], EVIDENCE)
    take(held)
    held.enforce(held.registry, "recordSuccessor", held["alice"], held["alice_new"])
    held.enforce(held.senior, "recover", held["alice"])
    take(held)
    past = [[held.senior.read("balanceOfAt", held[w], n) for w in ("alice", "alice_new")] for n in (1, 2)]
    assert past == [[1_000, 0], [0, 1_000]]


def test_supply_at_a_date(held: World) -> None:
    """The supply at a date stays what it was before later mints and redemptions."""
    take(held)
    held.mint(held.senior, {"carol": 200})
    held.act("alice", held.senior, "redeem", 500)
    take(held)
    assert [held.senior.read("totalSupplyAt", n) for n in (1, 2)] == [1_800, 1_500]


def test_a_date_serves_all_tranches(held: World) -> None:
    """A date is the filing's: every tranche keeps it, also one whose first mint comes later."""
    take(held)
    held.mint(held.mezzanine, {"alice": 1_000})
    assert held.mezzanine.read("balanceOfAt", held["alice"], 1) == 0
    assert held.mezzanine.read("totalSupplyAt", 1) == 0
    take(held)
    assert held.mezzanine.read("totalSupplyAt", 2) == 1_000


@pytest.mark.parametrize("view", ["balanceOfAt", "totalSupplyAt"])
@pytest.mark.parametrize("number", [0, 2, 65_535])
def test_only_taken_dates_are_answered(held: World, view: str, number: int) -> None:
    """Number zero and dates not yet taken are refused, never answered with today's balance."""
    take(held)
    arguments = (held["alice"], number) if view == "balanceOfAt" else (number,)
    why = held.why("alice", held.senior.address, held.senior.encode(view, *arguments))
    assert (why.name, why.args) == ("RecordDateNotTaken", {"number": number, "taken": 1})


@pytest.mark.parametrize("ahead", [0, -1])
def test_a_date_lies_in_the_future(held: World, ahead: int) -> None:
    """The present second is too late: acts of this block may stand before."""
    why = held.refused("agent", held.registry, "announceRecordDate", FILING, held.now + ahead)
    assert why.name == "RecordDateInThePast"


def test_one_date_waits_at_a_time(held: World) -> None:
    """While an announced date is to come no other is announced; from its second the next may be."""
    announce(held, held.now + DAY)
    assert held.registry.read("recordDateAt", FILING, 1) == held.now + DAY
    assert held.refused("agent", held.registry, "announceRecordDate", FILING, held.now + 1).name == "RecordDatePending"
    held.warp(DAY)
    assert announce(held, held.now + 1) == 2
    assert held.filing().record_dates == 1
    assert held.registry.read("recordDateAt", FILING, 2) == held.now + 1
    assert held.registry.read("recordDateAt", FILING, 1) == 0


def test_a_date_stops_nothing(held: World) -> None:
    """In the second of a record date tokens move as ever."""
    take(held)
    held.transfer(held.senior, "alice", "bob", 100)
    held.mint(held.senior, {"alice": 100})
