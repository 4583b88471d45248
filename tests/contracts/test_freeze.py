"""Freezing an amount of a wallet, or of many: `setFrozenTokens`, `freezeBatch`.

given the enforcement's two officers
    when they freeze
        it should replace what was frozen before and say so
        it should allow more than the balance, and show at most 2^96 - 1
    when they freeze many at once
        it should do the same for each, or nothing
given a wallet with a frozen amount
    when it sends within the unfrozen part
        it should pass
    when the amount is within the balance and above the unfrozen part
        it should be refused with ERC-7943's own error
    when the amount is above the balance
        it should be refused with ERC-6093's error
    when it receives
        it should pass, and what is frozen stays
"""

from __future__ import annotations

import pytest

from abst.values import MAX_96
from world import World, reason_of


def test_a_freeze_replaces_the_one_before(held: World) -> None:
    """The frozen amount is set, not added; the event says what is frozen afterwards."""
    for amount in (300, 200, 0):
        done = held.freeze(held.senior, "alice", amount)
        assert done.only("Frozen") == {"account": held["alice"], "amount": amount}
        assert held.senior.read("getFrozenTokens", held["alice"]) == amount
    assert held.balance(held.senior, "alice") == 1_000


@pytest.mark.parametrize("amount", [MAX_96 - 1, MAX_96, MAX_96 + 1, 2**255])
def test_more_than_the_balance_may_be_frozen(held: World, amount: int) -> None:
    """More than the balance may be frozen; above 2^96 - 1 it is stored and shown as 2^96 - 1."""
    done = held.freeze(held.senior, "alice", amount)
    shown = min(amount, MAX_96)
    assert done.only("Frozen")["amount"] == shown
    assert held.senior.read("getFrozenTokens", held["alice"]) == shown
    assert (held.balance(held.senior, "alice"), held.balance(held.senior, "bob")) == (1_000, 500)


def test_a_wallet_that_holds_nothing_may_be_frozen(held: World) -> None:
    """What will arrive may be frozen before it arrives, for anyone."""
    held.freeze(held.senior, "carol", 150)
    held.transfer(held.senior, "alice", "carol", 200)
    assert reason_of(held.transfer_refused(held.senior, "carol", "bob", 100)) == "Frozen"
    held.freeze(held.senior, "stranger", 1)
    assert held.senior.read("getFrozenTokens", held["stranger"]) == 1


def test_the_unfrozen_part_moves(held: World) -> None:
    """What is not frozen may be sent to the last unit, and what is frozen stays."""
    held.freeze(held.senior, "alice", 600)
    held.transfer(held.senior, "alice", "bob", 400)
    assert reason_of(held.transfer_refused(held.senior, "alice", "bob", 100)) == "Frozen"
    held.transfer(held.senior, "bob", "alice", 100)
    held.transfer(held.senior, "alice", "bob", 100)
    assert held.senior.read("getFrozenTokens", held["alice"]) == 600


@pytest.mark.parametrize(
    ("frozen", "amount", "error"),
    [
        (600, 400, None),
        (600, 500, "ERC7943InsufficientUnfrozenBalance"),
        (600, 1_000, "ERC7943InsufficientUnfrozenBalance"),
        (600, 1_100, "ERC20InsufficientBalance"),
        (5_000, 0, None),
        (5_000, 100, "ERC7943InsufficientUnfrozenBalance"),
        (5_000, 1_000, "ERC7943InsufficientUnfrozenBalance"),
        (5_000, 1_100, "ERC20InsufficientBalance"),
        (0, 1_100, "ERC20InsufficientBalance"),
    ],
)
def test_the_error_is_exact(held: World, frozen: int, amount: int, error: str | None) -> None:
    """ERC-7943's error stands exactly for amounts within the balance and above the unfrozen part."""
    held.freeze(held.senior, "alice", frozen)
    if error is None:
        held.transfer(held.senior, "alice", "bob", amount)
        return
    why = held.refused("alice", held.senior, "transfer", held["bob"], amount)
    assert why.name == error
    assert held.preview(held.senior, "alice", "bob", amount) == reason_of(why)


def test_the_error_says_how_much_is_free(held: World) -> None:
    """ERC-7943's error names the account, the amount and what is unfrozen."""
    held.freeze(held.senior, "alice", 600)
    why = held.transfer_refused(held.senior, "alice", "bob", 500)
    assert why.args == {"account": held["alice"], "amount": 500, "unfrozen": 400}


def test_a_frozen_wallet_receives(held: World) -> None:
    """A frozen amount stops nothing that arrives."""
    held.freeze(held.senior, "bob", 10_000)
    held.transfer(held.senior, "alice", "bob", 100)
    held.mint(held.senior, {"bob": 100})
    assert held.senior.read("canReceive", held["bob"]) is True
    assert held.senior.read("canSend", held["bob"]) is True


def test_a_freeze_is_of_one_token(held: World) -> None:
    """A freeze on the senior tranche leaves the mezzanine free."""
    held.mint(held.mezzanine, {"alice": 1_000})
    held.freeze(held.senior, "alice", 1_000)
    held.transfer(held.mezzanine, "alice", "bob", 1_000)


def test_frozen_is_checked_after_the_rules(held: World) -> None:
    """A broken rule is named before the freeze (the order: rules, lock, frozen, balance)."""
    held.freeze(held.senior, "alice", 1_000)
    assert reason_of(held.transfer_refused(held.senior, "alice", "bob", 150)) == "NotALot"
    held.mint(held.junior, {"alice": 1_000})
    held.freeze(held.junior, "alice", 1_000)
    assert reason_of(held.transfer_refused(held.junior, "alice", "bob", 100)) == "Locked"


# ---- many at once


def test_many_are_frozen_at_once(held: World) -> None:
    """A batch freezes each wallet as a single freeze would, with its event, in the order of the rows."""
    rows = [("alice", 300), ("stranger", 7), ("bob", 2**200), ("alice", 100)]
    done = held.enforce(held.senior, "freezeBatch", *held.allocated(rows))
    frozen = {"alice": 100, "stranger": 7, "bob": MAX_96}
    assert [(args["account"], args["amount"]) for args in done.all("Frozen")] == [
        (held[name], min(amount, MAX_96)) for name, amount in rows
    ]
    assert {name: held.senior.read("getFrozenTokens", held[name]) for name in frozen} == frozen
    assert held.balance(held.senior, "alice") == 1_000
    held.enforce(held.senior, "freezeBatch", *held.allocated([("alice", 0), ("bob", 0)]))
    held.transfer(held.senior, "alice", "bob", 1_000)


def test_a_batch_of_freezes_has_an_amount_for_each(held: World) -> None:
    """Lists that differ in length freeze nobody; empty ones change nothing."""
    why = held.enforcement_refused(held.senior, "freezeBatch", [held["alice"], held["bob"]], [100])
    assert (why.name, why.args) == ("LengthsDiffer", {"receivers": 2, "amounts": 1})
    assert held.senior.read("getFrozenTokens", held["alice"]) == 0
    assert held.enforce(held.senior, "freezeBatch", [], []).all("Frozen") == []


@pytest.mark.parametrize("who", ["maker", "checker", "agent", "regulator", "alice"])
def test_P10_nobody_freezes_alone(held: World, who: str) -> None:
    """Neither one wallet nor many are frozen, or released, by one key."""
    held.freeze(held.senior, "alice", 500)
    for fn, arguments in (("setFrozenTokens", (held["alice"], 0)), ("freezeBatch", ([held["alice"]], [0]))):
        assert held.refused(who, held.senior, fn, *arguments).args == {"account": held[who], "role": "ENFORCER"}
    assert held.senior.read("getFrozenTokens", held["alice"]) == 500
