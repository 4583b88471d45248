"""Money in tests: payments to the holders of a record date, signed trades and orders, permits. Amounts in HKD cents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from abst.chain import eip712
from abst.chain.contracts import Contract
from abst.chain.eip712 import NO_PERMIT, Order, PermitTuple, Trade
from abst.values import Hash
from world import FILING, Done, World

Payment = tuple[Any, ...]  # token, record date, needs evidence, asset, funded, supply, reference
HOUR = 3_600


def take_date(world: World) -> int:
    """Announce a record date for the next second and let it pass; its number."""
    done = world.act("agent", world.registry, "announceRecordDate", FILING, world.now + 1)
    world.warp(1)
    number: int = done.only("RecordDateAnnounced")["number"]
    return number


def payment(
    world: World, date: int, funded: int, *, token: Contract | None = None, ref: Hash | None = None, **other: Any
) -> Payment:
    """Terms of a payment in deposits, as good ones are; `other` replaces supply, asset or needs_evidence."""
    token = token or world.senior
    supply = other["supply"] if "supply" in other else token.read("totalSupplyAt", date)
    asset = other.get("asset", world.cash.address)
    return (token.address, date, other.get("needs_evidence", False), asset, funded, supply, ref or world.operation())


def declare(world: World, terms: Payment) -> Done:
    """The payer allows the money and declares. Raises SaidNo."""
    world.act("payer", world.cash, "approve", world.distribution.address, terms[4])
    return world.act("payer", world.distribution, "declare", terms)


def cash_of(world: World, *names: str) -> list[int]:
    return [world.cash.read("balanceOf", world[name]) for name in names]


# ---- trades and orders


def number(value: int) -> Hash:
    """A counted id: 256 of them cost one storage word."""
    return Hash(f"0x{value:064x}")


def trade(world: World, **other: Any) -> Trade:
    """alice sells bob 100 senior units for 2,500, within the hour; `other` replaces what the test is about."""
    made = Trade(
        token=world.senior.address,
        asset=world.cash.address,
        seller=world["alice"],
        buyer=world["bob"],
        amount=100,
        price=2_500,
        deadline=world.now + HOUR,
        id=number(1),
    )
    return replace(made, **other)


def sign_trade(world: World, made: Trade, who: str) -> bytes:
    message = eip712.trade_message(world.settlement, world.chain.chain_id, made)
    return world.people[who].sign_typed(message)


def settling(
    world: World,
    made: Trade,
    seller: str = "",
    buyer: str = "",
    token_permit: PermitTuple = NO_PERMIT,
    asset_permit: PermitTuple = NO_PERMIT,
) -> tuple[Any, ...]:
    """Arguments of `settle`, signed by both parties or by whoever is named instead."""
    parties = (seller or world.name_of(made.seller), buyer or world.name_of(made.buyer))
    signatures = [sign_trade(world, made, who) for who in parties]
    return (made.as_tuple(), *signatures, token_permit, asset_permit)


def allow(world: World, made: Trade) -> None:
    """Both parties let the settlement contract move their leg."""
    token = world.contracts.token(made.token)
    world.act(world.name_of(made.seller), token, "approve", world.settlement.address, made.amount)
    world.act(world.name_of(made.buyer), world.cash, "approve", world.settlement.address, made.price)


def order(world: World, buyer: str, amount: int, price: int, **other: Any) -> Order:
    made = Order(
        token=world.senior.address,
        asset=world.cash.address,
        buyer=world[buyer],
        amount=amount,
        price=price,
        deadline=world.now + HOUR,
        id=number(1),
    )
    return replace(made, **other)


def sign_order(world: World, made: Order, who: str = "") -> bytes:
    message = eip712.order_message(world.settlement, world.chain.chain_id, made)
    return world.people[who or world.name_of(made.buyer)].sign_typed(message)


def permit(world: World, token: Contract, owner: str, value: int, deadline: int | None = None) -> PermitTuple:
    """A permit for the settlement contract, signed by the owner, good for an hour."""
    until = world.now + HOUR if deadline is None else deadline
    spender = world.settlement.address
    message = eip712.permit_message(token, world.chain.chain_id, world[owner], spender, value, until)
    return eip712.permit_tuple(value, until, world.people[owner].sign_typed(message))
