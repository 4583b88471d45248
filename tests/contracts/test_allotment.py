"""New tokens against money: `allot`, `cancelOrder`, `setProceedsAccount`.

given orders that investors signed, an account for the proceeds, a gatekeeper's approval
    when the issuer allots
        it should take every price, mint every row, and spend order ids and the operation
    when one order, one payment or one row fails
        it should do nothing at all
given an approval for other allocations, spent, expired, or signed by the sender
    it should refuse as a mint does
given one who is no issuer
    it should refuse
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from abst.chain.eip712 import NO_PERMIT, Order, PermitTuple
from abst.chain.reasons import Revert
from abst.chain.roles import Role
from abst.values import ZERO_ADDRESS
from contracts.money import HOUR, cash_of, number, order, permit, sign_order
from world import EVIDENCE, FILING, Done, World, reason_of, refusal


@pytest.fixture
def selling(world: World) -> World:
    """The proceeds account is named; alice and bob have allowed their money."""
    world.enforce(world.settlement, "setProceedsAccount", FILING, world["proceeds"])
    for name in ("alice", "bob"):
        world.act(name, world.cash, "approve", world.settlement.address, 10_000)
    return world


def orders_of(world: World) -> list[Order]:
    return [order(world, "alice", 300, 6_000), order(world, "bob", 100, 2_000)]


def allotting(
    world: World,
    orders: list[Order],
    *,
    signers: list[str] | None = None,
    permits: list[PermitTuple] | None = None,
    **approval: Any,
) -> tuple[Any, ...]:
    """Arguments of `allot`; the approval is good unless told otherwise (see `World.approval`)."""
    rows = approval.pop("rows", None) or [(made.buyer, made.amount) for made in orders]
    made, signature = world.approval(approval.pop("token", world.senior), rows, **approval)
    signed = [sign_order(world, one, who) for one, who in zip(orders, signers or [""] * len(orders), strict=True)]
    given = permits or [NO_PERMIT] * len(orders)
    return ([one.as_tuple() for one in orders], signed, given, made.as_tuple(), signature)


def allot(world: World, orders: list[Order], who: str = "issuer", **how: Any) -> Done:
    return world.act(who, world.settlement, "allot", *allotting(world, orders, **how))


def refused(world: World, orders: list[Order], who: str = "issuer", **how: Any) -> Revert:
    """Why nothing is allotted; nothing is minted, paid or spent."""
    names = ("alice", "bob", "proceeds")
    minted, money = world.senior.read("minted"), cash_of(world, *names)
    spent = [world.settlement.read("isFilled", made.buyer, made.id) for made in orders]
    why = refusal(lambda: allot(world, orders, who, **how))
    assert (world.senior.read("minted"), cash_of(world, *names)) == (minted, money)
    assert [world.settlement.read("isFilled", made.buyer, made.id) for made in orders] == spent
    return why


def test_P12_every_order_is_paid_and_filled(selling: World) -> None:
    """Money goes to the proceeds account, tokens to the investors, the operation and the ids are spent."""
    operation = selling.operation()
    done = allot(selling, orders_of(selling), operation=operation)
    assert [(args["buyer"], args["order"], args["amount"], args["price"]) for args in done.all("Allotted")] == [
        (selling["alice"], number(1), 300, 6_000),
        (selling["bob"], number(1), 100, 2_000),
    ]
    assert {args["operation"] for args in done.all("Allotted")} == {operation}
    minted = done.only("Minted")
    assert (minted["operation"], minted["gatekeeper"], minted["total"]) == (operation, selling["gatekeeper"], 400)
    assert cash_of(selling, "alice", "bob", "proceeds") == [4_000, 8_000, 8_000]
    assert [selling.balance(selling.senior, name) for name in ("alice", "bob")] == [300, 100]
    assert selling.senior.read("spent", operation) is True
    assert selling.filing().issue_begun is True


def test_P12_one_bad_order_stops_all(selling: World) -> None:
    """One order that cannot be paid, is not signed, has ended or breaks a rule leaves all unfilled."""
    good = order(selling, "alice", 300, 6_000)
    poor = order(selling, "carol", 100, 2_000)
    assert refused(selling, [good, poor]).name == "ERC20InsufficientAllowance"
    why = refused(selling, [good, order(selling, "bob", 100, 2_000)], signers=["alice", "carol"])
    assert (why.name, why.args["signer"]) == ("BadSignature", selling["bob"])
    late = order(selling, "bob", 100, 2_000, deadline=selling.now - 1)
    assert refused(selling, [good, late]).name == "Expired"
    assert reason_of(refused(selling, [good, order(selling, "bob", 150, 2_000)])) == "NotALot"
    allot(selling, [good])


def test_P4_an_allotment_needs_two_keys(selling: World) -> None:
    """The gatekeeper who signed cannot send the allotment, even with the issuer's role; others lack the role."""
    selling.administer(selling.contracts.manager, "grantRole", Role.ISSUER, selling["gatekeeper"], 0)
    why = refused(selling, orders_of(selling), who="gatekeeper")
    assert (why.name, why.args) == ("GatekeeperIsSender", {"account": selling["gatekeeper"]})
    for who in ("gatekeeper2", "agent", "alice", "stranger"):
        assert refused(selling, orders_of(selling), who=who).args == {"account": selling[who], "role": "ISSUER"}
    allot(selling, orders_of(selling), who="gatekeeper", gatekeeper="gatekeeper2")


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"rows": [("alice", 300), ("bob", 200)]}, "BadApproval"),
        ({"rows": [("alice", 300)]}, "BadApproval"),
        ({"rows": [("bob", 100), ("alice", 300)]}, "BadApproval"),
        ({"signer": "stranger"}, "BadApproval"),
        ({"gatekeeper": "agent"}, "NotAGatekeeper"),
        ({"deadline": 1}, "ApprovalExpired"),
    ],
    ids=str,
)
def test_P4_an_approval_serves_exactly_its_allotment(selling: World, how: dict[str, Any], error: str) -> None:
    """The approval is over these investors and amounts in this order, by a gatekeeper, in time."""
    assert refused(selling, orders_of(selling), **how).name == error


def test_P4_an_operation_is_spent_once_by_mint_or_allotment(selling: World) -> None:
    """An operation minted is not allotted, and one allotted is not minted: they spend the same id."""
    first, second = selling.operation(), selling.operation()
    selling.mint(selling.senior, {"alice": 100}, operation=first)
    assert refused(selling, orders_of(selling), operation=first).name == "AlreadyDone"
    allot(selling, orders_of(selling), operation=second)
    assert selling.mint_refused(selling.senior, {"alice": 100}, operation=second).name == "AlreadyDone"


def test_an_order_is_filled_once(selling: World) -> None:
    """A filled order's id is spent for its investor, whatever else he signs with it; another investor's is his own."""
    allot(selling, [order(selling, "alice", 100, 2_000)])
    why = refused(selling, [order(selling, "alice", 200, 1)])
    assert (why.name, why.args) == ("AlreadySettled", {"id": number(1)})
    twice = [order(selling, "bob", 100, 2_000), order(selling, "bob", 100, 2_000)]
    assert refused(selling, twice).name == "AlreadySettled"
    allot(selling, [order(selling, "bob", 100, 2_000), order(selling, "bob", 100, 2_000, id=number(2))])


def test_an_investor_cancels_his_order(selling: World) -> None:
    """A cancelled order is never filled; nobody cancels another's."""
    selling.act("bob", selling.settlement, "cancelOrder", number(1))
    allot(selling, [order(selling, "alice", 100, 2_000)])
    assert refused(selling, [order(selling, "bob", 100, 2_000)]).name == "AlreadySettled"
    assert selling.refused("bob", selling.settlement, "cancelOrder", number(1)).name == "AlreadySettled"


@pytest.mark.parametrize(
    "change", [{"amount": 200}, {"price": 1_999}, {"deadline": 2**40 - 1}, {"id": number(9)}], ids=str
)
def test_an_order_serves_as_it_was_signed(selling: World, change: dict[str, Any]) -> None:
    """Another amount, price, deadline or id than the investor signed is refused."""
    signed = order(selling, "alice", 100, 2_000)
    arguments = list(allotting(selling, [replace(signed, **change)]))
    arguments[1] = [sign_order(selling, signed)]
    why = selling.refused("issuer", selling.settlement, "allot", *arguments)
    assert (why.name, why.args) == ("BadSignature", {"signer": selling["alice"]})


def test_all_orders_are_for_one_token(selling: World) -> None:
    """An allotment is of one tranche of this registry, and has at least one order."""
    mixed = [order(selling, "alice", 100, 2_000), order(selling, "bob", 100, 2_000, token=selling.mezzanine.address)]
    assert refused(selling, mixed).name == "OrderOfAnotherToken"
    foreign = [order(selling, "alice", 100, 2_000, token=selling.cash.address)]
    assert refused(selling, foreign).name == "NotATranche"
    assert refused(selling, [], rows=[("alice", 100)]).name == "NothingToAllot"


def test_as_many_signatures_as_orders(selling: World) -> None:
    """Orders, signatures and permits come in equal numbers."""
    for place in (1, 2):
        arguments = list(allotting(selling, orders_of(selling)))
        arguments[place] = arguments[place][:1]
        assert selling.refused("issuer", selling.settlement, "allot", *arguments).name == "LengthsDiffer"


@pytest.mark.parametrize(
    ("change", "error"),
    [({"price": 0}, "OneSided"), ({"amount": 0}, "OneSided"), ({"asset": ZERO_ADDRESS}, "AssetNotListed")],
    ids=str,
)
def test_an_order_is_tokens_against_money(selling: World, change: dict[str, Any], error: str) -> None:
    """Something on both sides, in a listed asset."""
    made = replace(order(selling, "alice", 100, 2_000), **change)
    assert refused(selling, [made]).name == error


def test_a_permit_pays(selling: World) -> None:
    """An investor who only signed, order and permit, is allotted."""
    made = order(selling, "carol", 100, 2_000)
    allot(selling, [made], permits=[permit(selling, selling.cash, "carol", 2_000)])
    assert (selling.balance(selling.senior, "carol"), cash_of(selling, "carol")) == (100, [8_000])


def test_two_officers_name_the_proceeds_account(world: World) -> None:
    """Without an account nothing is allotted; it is named by two, changed by two, and per filing (R-99)."""
    world.act("alice", world.cash, "approve", world.settlement.address, 10_000)
    made = [order(world, "alice", 100, 2_000)]
    why = refused(world, made)
    assert (why.name, why.args, why.rule) == ("NoProceedsAccount", {"filing": FILING}, "R-99")
    for who in ("issuer", "maker", "checker", "payer", "agent"):
        why = world.refused(who, world.settlement, "setProceedsAccount", FILING, world[who])
        assert why.args["role"] == "ENFORCER"
    done = world.enforce(world.settlement, "setProceedsAccount", FILING, world["proceeds"])
    assert done.only("ProceedsAccountSet") == {"filing": FILING, "account": world["proceeds"]}
    assert world.settlement.read("proceedsAccountOf", FILING) == world["proceeds"]
    assert world.settlement.read("proceedsAccountOf", 2) == ZERO_ADDRESS
    allot(world, made)
    world.enforce(world.settlement, "setProceedsAccount", FILING, ZERO_ADDRESS)
    assert refused(world, [order(world, "alice", 100, 2_000, id=number(2))]).name == "NoProceedsAccount"


def test_P3_nothing_is_allotted_while_the_filing_is_not_effective(selling: World) -> None:
    """The rules of a mint hold: suspension stops an allotment, and no money moves."""
    selling.act("regulator", selling.registry, "suspend", FILING, EVIDENCE)
    assert reason_of(refused(selling, orders_of(selling))) == "FilingNotEffective"
    selling.enforce(selling.registry, "resume", FILING, EVIDENCE)
    selling.warp(HOUR)
    allot(selling, orders_of(selling))
