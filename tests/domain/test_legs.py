"""The money's side of a trade or an order: facts in which everything is right, one thing made wrong, that refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from abst.cash import legs
from abst.cash.gates import AccountFacts
from abst.cash.legs import Leg, Terms
from abst.values import Address

NOW = 1_800_000_000
ASSET, ALICE, BOB = Address("0xA55E7"), Address("0xA11CE"), Address("0xB0B")
GOOD = Terms(NOW, ASSET, True, 100, 1_000, NOW, False, (("seller", True), ("buyer", True)))
MONEY = Leg(ASSET, AccountFacts(BOB, "dHKD", True, 1_000, 1_000), AccountFacts(ALICE, "dHKD"), 1_000)
TOKENS = Leg(Address("0x70"), AccountFacts(ALICE, "T", True, 100, 100), AccountFacts(BOB, "T"), 100)


def reasons(terms: Terms, money: Leg = MONEY) -> list[tuple[str, str]]:
    found = [*legs.of_terms(terms, "the trade"), *legs.of_legs(terms, money, TOKENS)]
    return [(refusal.rule, refusal.reason) for refusal in found]


def test_all_right_is_no_refusal_at_the_deadline() -> None:
    """The deadline is the last good second; exactly enough is enough."""
    assert reasons(GOOD) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"listed": False}, [("R-65", "asset-not-listed")]),
        ({"amount": 0}, [("", "one-sided")]),
        ({"price": 0}, [("", "one-sided")]),
        ({"now": NOW + 1}, [("", "expired")]),
        ({"spent": True}, [("", "already-settled")]),
        ({"signed": (("seller", True), ("buyer", False))}, [("", "not-signed")]),
    ],
)
def test_one_thing_wrong_in_the_paper(change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert reasons(replace(GOOD, **change)) == expected


@pytest.mark.parametrize(
    ("leg", "expected"),
    [
        (replace(MONEY, giver=replace(MONEY.giver, may_hold=False)), [("R-99", "account-not-registered")]),
        (replace(MONEY, taker=replace(MONEY.taker, may_hold=False)), [("R-99", "account-not-registered")]),
        (replace(MONEY, giver=replace(MONEY.giver, balance=999)), [("R-94", "not-enough-money")]),
        (replace(MONEY, allowed=999), [("", "not-allowed")]),
    ],
)
def test_one_thing_wrong_with_the_money(leg: Leg, expected: list[tuple[str, str]]) -> None:
    assert reasons(GOOD, leg) == expected


def test_nothing_is_said_of_money_that_is_not_listed_or_of_leave_for_what_is_spent() -> None:
    """What does not matter any more is no reason."""
    poor = replace(MONEY, giver=replace(MONEY.giver, balance=0), allowed=0)
    assert reasons(replace(GOOD, listed=False), poor) == [("R-65", "asset-not-listed")]
    assert reasons(replace(GOOD, spent=True), poor) == [("", "already-settled"), ("R-94", "not-enough-money")]
