"""Giving tokens back: `redeem`.

given a holder who is known and unblocked
    when he has as much, unlocked and unfrozen
        it should lower his balance and the supply, never what was minted
        it should hold in every state of filing, pause and disclosure, with expired evidence, in odd lots
    when he has not
        it should refuse with the reason
given one who is unknown or blocked
    it should refuse
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from abst.chain.words import InvestorRecord
from world import DAY, EVIDENCE, FILING, World, reason_of


def test_redeeming_lowers_supply(held: World) -> None:
    """Redeemed tokens leave the balance and the supply; minted stays, so they are never minted again."""
    done = held.act("alice", held.senior, "redeem", 400)
    assert done.names == ["Transfer", "Redeemed"]
    assert done.only("Transfer") == {"from": held["alice"], "to": held["zero"], "value": 400}
    assert done.only("Redeemed") == {"holder": held["alice"], "amount": 400}
    assert held.balance(held.senior, "alice") == 600
    assert (held.senior.read("totalSupply"), held.senior.read("minted")) == (1_400, 1_800)


def test_what_was_redeemed_is_not_minted_again(held: World) -> None:
    """The cap counts what was ever minted (R-59)."""
    held.mint(held.senior, {"carol": 998_200})
    held.act("carol", held.senior, "redeem", 500_000)
    assert reason_of(held.mint_refused(held.senior, {"carol": 100})) == "CapExceeded"


def test_a_holder_who_redeems_all_leaves(held: World) -> None:
    """Redeeming the last unit, over all wallets, takes the investor out of the count of holders."""
    held.transfer(held.senior, "dave", "dave_spare", 100)
    held.act("dave", held.senior, "redeem", 200)
    assert held.senior.read("holders") == 3
    held.act("dave_spare", held.senior, "redeem", 100)
    assert held.senior.read("holders") == 2


def suspend(world: World) -> None:
    world.act("regulator", world.registry, "suspend", FILING, EVIDENCE)


def pause(world: World) -> None:
    world.act("agent", world.registry, "pause", FILING, 0)


def overdue(world: World) -> None:
    world.act("discloser", world.registry, "openObligation", FILING, 7, world.now, 0, 0)
    world.warp(1)


def evidence_ends(world: World) -> None:
    world.renew({"alice": InvestorRecord(evidence_until=1, suitability_until=1)})


@pytest.mark.parametrize("stop", [suspend, pause, overdue, evidence_ends])
def test_nothing_that_stops_transfers_stops_redeeming(held: World, stop: Callable[[World], None]) -> None:
    """Suspension, pause, overdue disclosure and lost eligibility leave the way out open, odd lots too."""
    stop(held)
    held.act("alice", held.senior, "redeem", 7)
    assert held.balance(held.senior, "alice") == 993


def test_after_maturity_too(held: World) -> None:
    """A matured token is redeemed as before."""
    held.warp(4 * 365 * DAY)
    held.act("alice", held.senior, "redeem", 1_000)
    assert held.senior.read("totalSupply") == 800


def block(world: World) -> str:
    world.act("admitter", world.registry, "blockInvestors", [world["alice"]], EVIDENCE)
    return "alice"


def freeze(world: World) -> str:
    world.freeze(world.senior, "alice", 950)
    return "alice"


@pytest.mark.parametrize(
    ("arrange", "amount", "reason"),
    [
        (lambda _: "stranger", 0, "SenderUnknown"),
        (block, 100, "SenderBlocked"),
        (freeze, 51, "Frozen"),
        (lambda _: "alice", 1_001, "InsufficientBalance"),
        (freeze, 1_001, "InsufficientBalance"),
    ],
)
def test_a_broken_rule_refuses(held: World, arrange: Callable[[World], str], amount: int, reason: str) -> None:
    """Redeeming is refused with the reason of the rule it breaks."""
    who = arrange(held)
    assert reason_of(held.refused(who, held.senior, "redeem", amount)) == reason


def test_locked_tokens_are_not_redeemed(world: World) -> None:
    """The distribution-compliance period binds redeeming too (R-54)."""
    world.mint(world.junior, {"alice": 100})
    assert reason_of(world.refused("alice", world.junior, "redeem", 100)) == "Locked"
    world.warp(40 * DAY)
    world.act("alice", world.junior, "redeem", 100)


def test_redeeming_nothing_writes_nothing(held: World) -> None:
    """Redeeming zero emits and leaves every word as it was."""
    before = held.senior.read("holdingOf", held["alice"])
    assert held.act("alice", held.senior, "redeem", 0).names == ["Transfer", "Redeemed"]
    assert held.senior.read("holdingOf", held["alice"]) == before
