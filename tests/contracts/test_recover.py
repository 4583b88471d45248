"""A lost wallet: `recordSuccessor` in the registry, `recover` on each token.

given two wallets of one investor
    when two officers record that one is lost
        it should be blocked for good, and its successor known, over later losses too
    when the record is repeated, names another's wallet, itself, or a lost one
        it should be refused
given a recorded successor
    when the token recovers
        it should move balance, frozen amount (added) and lock (the later)
        it should do so whatever filing, pause, limits and lots say
    when the successor may not receive
        it should be refused
given no successor
    it should be refused
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from world import DAY, EVIDENCE, FILING, GOOD, World, reason_of


def lose(world: World, lost: str, successor: str) -> None:
    world.enforce(world.registry, "recordSuccessor", world[lost], world[successor])


@pytest.fixture
def lost(held: World) -> World:
    """alice's wallet is lost, alice_new is its successor."""
    held.act("admitter", held.registry, "addWallet", held["alice"], held["alice_new"], EVIDENCE)
    lose(held, "alice", "alice_new")
    return held


def test_the_loss_is_recorded(held: World) -> None:
    """A lost wallet has its successor and is blocked; the successor is not."""
    held.act("admitter", held.registry, "addWallet", held["alice"], held["alice_new"], EVIDENCE)
    done = held.enforce(held.registry, "recordSuccessor", held["alice"], held["alice_new"])
    assert done.only("SuccessorRecorded") == {"lost": held["alice"], "successor": held["alice_new"]}
    assert held.registry.read("successorOf", held["alice"]) == held["alice_new"]
    assert (held.investor("alice").lost, held.investor("alice_new").lost) == (True, False)
    assert reason_of(held.transfer_refused(held.senior, "alice", "bob", 100)) == "SenderBlocked"
    assert reason_of(held.transfer_refused(held.senior, "bob", "alice", 100)) == "ReceiverBlocked"


def test_everything_moves_to_the_successor(lost: World) -> None:
    """Recovery moves the whole balance and says so; the number of holders stays."""
    done = lost.enforce(lost.senior, "recover", lost["alice"])
    assert done.names == ["Transfer", "Recovered"]
    assert done.only("Recovered") == {"lost": lost["alice"], "successor": lost["alice_new"], "amount": 1_000}
    assert (lost.balance(lost.senior, "alice"), lost.balance(lost.senior, "alice_new")) == (0, 1_000)
    assert lost.senior.read("holders") == 3
    lost.transfer(lost.senior, "alice_new", "bob", 1_000)


def test_the_frozen_amount_is_carried_over(lost: World) -> None:
    """What was frozen stays frozen, added to what the successor has frozen; Frozen of both stands before Transfer."""
    lost.freeze(lost.senior, "alice", 700)
    lost.freeze(lost.senior, "alice_new", 50)
    done = lost.enforce(lost.senior, "recover", lost["alice"])
    assert done.names == ["Frozen", "Frozen", "Transfer", "Recovered"]
    assert [(args["account"], args["amount"]) for args in done.all("Frozen")] == [
        (lost["alice"], 0),
        (lost["alice_new"], 750),
    ]
    assert lost.holding(lost.senior, "alice").frozen == 0
    assert lost.holding(lost.senior, "alice_new").frozen == 750
    assert reason_of(lost.transfer_refused(lost.senior, "alice_new", "bob", 300)) == "Frozen"


@pytest.mark.parametrize("order", ["lost is later", "successor is later"])
def test_the_later_lock_is_carried_over(world: World, order: str) -> None:
    """The successor's lock is the later of the two."""
    token = world.junior
    world.act("admitter", world.registry, "addWallet", world["alice"], world["alice_new"], EVIDENCE)
    first, second = ("alice_new", "alice") if order == "lost is later" else ("alice", "alice_new")
    world.mint(token, {first: 100})
    world.warp(DAY)
    world.mint(token, {second: 100})
    later = world.holding(token, second).locked_until
    lose(world, "alice", "alice_new")
    world.enforce(token, "recover", world["alice"])
    assert world.holding(token, "alice_new").locked_until == later
    assert world.holding(token, "alice").locked_until == 0
    assert world.balance(token, "alice_new") == 200


def test_an_empty_wallet_still_hands_on_freeze_and_lock(lost: World) -> None:
    """Freeze and lock move even when nothing is held."""
    lost.enforce(lost.senior, "recover", lost["alice"])
    lost.freeze(lost.senior, "alice", 40)
    done = lost.enforce(lost.senior, "recover", lost["alice"])
    assert done.only("Recovered")["amount"] == 0
    assert (lost.holding(lost.senior, "alice").frozen, lost.holding(lost.senior, "alice_new").frozen) == (0, 40)


def test_recovery_passes_what_stops_transfers(lost: World) -> None:
    """Suspension, pause, limits and lots do not stop a recovery."""
    lost.mint(lost.mezzanine, {"alice_new": 40_000})
    lost.enforce(lost.mezzanine, "forcedTransfer", lost["alice_new"], lost["bob"], 5)
    lost.act("regulator", lost.registry, "suspend", FILING, EVIDENCE)
    lost.act("agent", lost.registry, "pause", FILING, 0)
    lost.enforce(lost.senior, "recover", lost["alice"])
    assert lost.balance(lost.senior, "alice_new") == 1_000


def test_the_successor_must_be_able_to_receive(lost: World) -> None:
    """A successor whose evidence expired or who is blocked gets nothing until that is mended."""
    lost.renew({"alice_new": replace(GOOD, evidence_until=lost.now - 1)})
    assert reason_of(lost.enforcement_refused(lost.senior, "recover", lost["alice"])) == "EvidenceExpired"
    lost.renew({"alice_new": GOOD})
    lost.act("admitter", lost.registry, "blockInvestors", [lost["alice_new"]], EVIDENCE)
    assert reason_of(lost.enforcement_refused(lost.senior, "recover", lost["alice"])) == "ReceiverBlocked"
    lost.enforce(lost.registry, "unblockInvestor", lost["alice_new"], EVIDENCE)
    lost.enforce(lost.senior, "recover", lost["alice"])


def test_a_lost_wallet_is_never_unblocked(lost: World) -> None:
    """Unblocking the investor frees his wallets but the lost one."""
    lost.act("admitter", lost.registry, "blockInvestors", [lost["alice"]], EVIDENCE)
    lost.enforce(lost.registry, "unblockInvestor", lost["alice"], EVIDENCE)
    assert lost.senior.read("canReceive", lost["alice"]) is False
    assert lost.senior.read("canReceive", lost["alice_new"]) is True


def test_without_a_successor_nothing_is_recovered(held: World) -> None:
    """A wallet that nobody recorded as lost is not recovered from."""
    why = held.enforcement_refused(held.senior, "recover", held["bob"])
    assert (why.name, why.args) == ("NoSuccessor", {"lost": held["bob"]})


def test_there_is_never_a_second_successor(lost: World) -> None:
    """A successor is recorded once for all."""
    lost.act("admitter", lost.registry, "addWallet", lost["alice_new"], lost["bob_new"], EVIDENCE)
    why = lost.enforcement_refused(lost.registry, "recordSuccessor", lost["alice"], lost["bob_new"])
    assert (why.name, why.args) == ("SuccessorExists", {"lost": lost["alice"], "successor": lost["alice_new"]})


@pytest.mark.parametrize(
    ("lost_one", "successor", "error"),
    [
        ("alice", "bob", "NotTheSameInvestor"),
        ("dave", "dave", "NotTheSameInvestor"),
        ("alice", "stranger", "WalletUnknown"),
        ("stranger", "alice", "WalletUnknown"),
    ],
)
def test_the_successor_is_another_wallet_of_the_same_investor(
    held: World, lost_one: str, successor: str, error: str
) -> None:
    """A successor is another known wallet of the same investor."""
    why = held.enforcement_refused(held.registry, "recordSuccessor", held[lost_one], held[successor])
    assert why.name == error


def test_a_lost_wallet_is_no_successor(lost: World) -> None:
    """No ring of successors can close."""
    why = lost.enforcement_refused(lost.registry, "recordSuccessor", lost["alice_new"], lost["alice"])
    assert (why.name, why.args) == ("WalletLost", {"wallet": lost["alice"]})


def test_a_successor_may_be_lost_too(lost: World) -> None:
    """After a second loss the last wallet stands for the first, and recovers from both."""
    lost.act("admitter", lost.registry, "addWallet", lost["alice_new"], lost["bob_new"], EVIDENCE)
    lose(lost, "alice_new", "bob_new")
    assert lost.registry.read("successorOf", lost["alice"]) == lost["bob_new"]
    lost.enforce(lost.senior, "recover", lost["alice"])
    assert lost.balance(lost.senior, "bob_new") == 1_000
