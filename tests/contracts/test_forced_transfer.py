"""Taking tokens by order: `forcedTransfer`.

given the enforcement's two officers
    when the receiver may receive and the wallet holds as much
        it should move, whatever filing, pause, disclosure, lot, limits, lock and the sender's standing say
        it should say Transfer, then ForcedTransfer
        it should keep the number of holders right
    when it eats into the frozen part
        it should unfreeze that much first and say so before the Transfer
    when the receiver may not receive
        it should refuse with the reason
    when the wallet does not hold as much, or is the receiver itself
        it should refuse
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from abst.chain.words import InvestorRecord
from world import EVIDENCE, FILING, World, reason_of


def force(world: World, sender: str, receiver: str, amount: int, token: str = "senior") -> list[str]:
    contract = getattr(world, token)
    return world.enforce(contract, "forcedTransfer", world[sender], world[receiver], amount).names


def test_it_moves_and_says_so(held: World) -> None:
    """A forced transfer within the unfrozen part emits Transfer and ForcedTransfer, and no Frozen."""
    done = held.enforce(held.senior, "forcedTransfer", held["alice"], held["bob"], 150)
    assert done.names == ["Transfer", "ForcedTransfer"]
    assert done.only("ForcedTransfer") == {"from": held["alice"], "to": held["bob"], "amount": 150}
    assert (held.balance(held.senior, "alice"), held.balance(held.senior, "bob")) == (850, 650)


@pytest.mark.parametrize(
    ("frozen", "amount", "left_frozen"),
    [(600, 400, 600), (600, 401, 599), (600, 1_000, 0), (1_000, 1, 999), (5_000, 100, 4_900), (5_000, 1_000, 4_000)],
)
def test_the_frozen_part_is_unfrozen_first(held: World, frozen: int, amount: int, left_frozen: int) -> None:
    """What exceeds the unfrozen part is unfrozen first: Frozen stands before Transfer, and only where it changes."""
    held.freeze(held.senior, "alice", frozen)
    done = held.enforce(held.senior, "forcedTransfer", held["alice"], held["bob"], amount)
    begins = ["Frozen"] if left_frozen != frozen else []
    assert done.names == [*begins, "Transfer", "ForcedTransfer"]
    if begins:
        assert done.only("Frozen") == {"account": held["alice"], "amount": left_frozen}
    assert held.senior.read("getFrozenTokens", held["alice"]) == left_frozen
    assert held.balance(held.senior, "bob") == 500 + amount


def suspend(world: World) -> None:
    world.act("regulator", world.registry, "suspend", FILING, EVIDENCE)


def pause(world: World) -> None:
    world.act("agent", world.registry, "pause", FILING, 0)


def overdue(world: World) -> None:
    world.act("discloser", world.registry, "openObligation", FILING, 7, world.now, 0, 0)
    world.warp(1)


def block_sender(world: World) -> None:
    world.act("admitter", world.registry, "blockInvestors", [world["alice"]], EVIDENCE)


@pytest.mark.parametrize("stop", [suspend, pause, overdue, block_sender])
def test_what_stops_holders_does_not_stop_an_order(held: World, stop: Callable[[World], None]) -> None:
    """Neither the filing, a pause, an overdue disclosure nor a blocked sender stops a forced transfer of an odd lot."""
    stop(held)
    assert force(held, "alice", "bob", 33) == ["Transfer", "ForcedTransfer"]


def test_a_lock_does_not_stop_an_order(world: World) -> None:
    """Locked tokens leave by forced transfer, and the receiver's are not locked by it (P5)."""
    world.mint(world.junior, {"alice": 1_000})
    force(world, "alice", "bob", 333, "junior")
    assert world.holding(world.junior, "bob").locked_until == 0
    assert world.balance(world.junior, "bob") == 333


def test_limits_do_not_stop_an_order_and_counts_stay_right(world: World) -> None:
    """A forced transfer passes holder limit and largest share; the holders are counted as they are."""
    token = world.mezzanine
    world.mint(token, {"alice": 40_000, "bob": 10, "carol": 1_000})
    force(world, "alice", "dave", 100, "mezzanine")
    assert token.read("holders") == 4
    force(world, "bob", "alice", 10, "mezzanine")
    assert token.read("holders") == 3
    force(world, "dave", "dave_spare", 100, "mezzanine")
    assert token.read("holders") == 3
    force(world, "carol", "alice", 1_000, "mezzanine")
    assert (token.read("holders"), world.balance(token, "alice")) == (2, 40_910)


@pytest.mark.parametrize(
    ("receiver", "reason"),
    [
        ("stranger", "ReceiverUnknown"),
        ("zero", "ReceiverUnknown"),
        ("bella_blocked", "ReceiverBlocked"),
        ("bob_expired", "EvidenceExpired"),
        ("uma_unsuitable", "SuitabilityExpired"),
        ("rex_no_regime", "RegimeNotAccepted"),
        ("tim_timid", "RiskAboveCapacity"),
        ("alice", "ToItself"),
    ],
)
def test_the_receiver_must_be_able_to_receive(held: World, receiver: str, reason: str) -> None:
    """Not even an order gives tokens to one who may not receive, nor to the same wallet."""
    why = held.enforcement_refused(held.senior, "forcedTransfer", held["alice"], held[receiver], 100)
    assert reason_of(why) == reason
    assert why.args["from"] == held["alice"]


def test_no_more_than_there_is(held: World) -> None:
    """Above the balance a forced transfer is refused with ERC-6093's error, frozen or not."""
    for frozen in (0, 700):
        held.freeze(held.senior, "alice", frozen)
        why = held.enforcement_refused(held.senior, "forcedTransfer", held["alice"], held["bob"], 1_001)
        assert why.name == "ERC20InsufficientBalance"
        assert why.args == {"sender": held["alice"], "balance": 1_000, "needed": 1_001}


def test_one_who_is_no_longer_known_to_be_fit_can_be_emptied(held: World) -> None:
    """A holder whose regime is gone can still be emptied by order, to one who may hold."""
    held.renew({"alice": InvestorRecord()})
    force(held, "alice", "bob", 1_000)
    assert held.senior.read("holders") == 2


def test_nothing_by_order_writes_nothing(held: World) -> None:
    """A forced transfer of zero emits and leaves the words as they were."""
    held.freeze(held.senior, "alice", 5_000)
    before = held.senior.read("holdingOf", held["alice"])
    assert force(held, "alice", "bob", 0) == ["Transfer", "ForcedTransfer"]
    assert held.senior.read("holdingOf", held["alice"]) == before
