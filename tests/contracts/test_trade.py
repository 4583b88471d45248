"""Tokens against money between two holders: `settle`, `cancelTrade`.

given a trade that both have signed, and both legs allowed
    when anyone settles it in time
        it should move both legs exactly, and say so
    when either leg fails, for whatever reason
        it should move neither, and leave the id unspent
    when it was settled or cancelled before
        it should refuse
given a signature of another, or over other words
    it should refuse
given a permit
    when it is good, or somebody used it before
        it should serve
    when it is bad
        it should not matter where the allowance stands
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from abst.chain import eip712
from abst.chain.eip712 import NO_PERMIT, Trade
from contracts.money import HOUR, allow, cash_of, number, permit, settling, sign_trade, trade
from world import EVIDENCE, FILING, SaidNo, World, reason_of, refusal

NAMES = ("alice", "bob", "carol")


def state(world: World) -> list[int]:
    """Tokens and deposits of everyone concerned."""
    return [*(world.balance(world.senior, name) for name in NAMES), *cash_of(world, *NAMES)]


def settle(world: World, made: Trade, who: str = "stranger", **signing: Any) -> list[str]:
    return world.act(who, world.settlement, "settle", *settling(world, made, **signing)).names


def refused(world: World, made: Trade, **signing: Any) -> Any:
    """Why a trade is refused; nothing has moved, and the id is unspent."""
    before = state(world)
    spent = world.settlement.read("isSettled", made.seller, made.buyer, made.id)
    why = refusal(lambda: settle(world, made, **signing))
    assert state(world) == before
    assert world.settlement.read("isSettled", made.seller, made.buyer, made.id) is spent
    return why


def test_P12_both_legs_move(held: World) -> None:
    """A good trade moves the tokens and exactly the price, whoever sends it."""
    made = trade(held)
    allow(held, made)
    done = held.act("stranger", held.settlement, "settle", *settling(held, made))
    assert done.only("Traded") == {
        "id": number(1),
        "seller": held["alice"],
        "buyer": held["bob"],
        "token": held.senior.address,
        "amount": 100,
        "asset": held.cash.address,
        "price": 2_500,
    }
    assert state(held) == [900, 600, 0, 12_500, 7_500, 10_000]
    assert held.settlement.read("isSettled", held["alice"], held["bob"], number(1)) is True


def test_python_and_the_contract_hash_alike(held: World) -> None:
    """What Python has people sign is what the contract says they sign."""
    made = trade(held)
    signature = sign_trade(held, made, "alice")
    digest = held.settlement.read("tradeHash", made.as_tuple())
    message = eip712.trade_message(held.settlement, held.chain.chain_id, made)
    assert message["domain"]["name"] == "ABST Settlement"
    assert held.people["alice"].sign_typed(message) == signature
    from eth_keys.datatypes import Signature

    vrs = (signature[64] - 27, int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]))
    signer = Signature(vrs=vrs).recover_public_key_from_msg_hash(bytes.fromhex(digest[2:]))
    assert signer.to_checksum_address() == held["alice"]


# ---- the rules are the token's


def blocked(world: World, made: Trade) -> Trade:
    world.act("admitter", world.registry, "blockInvestors", [made.buyer], EVIDENCE)
    return made


def suspended(world: World, made: Trade) -> Trade:
    world.act("regulator", world.registry, "suspend", FILING, EVIDENCE)
    return made


def frozen(world: World, made: Trade) -> Trade:
    world.freeze(world.senior, "alice", 950)
    return made


def odd(world: World, made: Trade) -> Trade:
    return trade(world, amount=50)


def too_much(world: World, made: Trade) -> Trade:
    return trade(world, amount=1_100)


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        (blocked, "ReceiverBlocked"),
        (suspended, "FilingNotEffective"),
        (frozen, "Frozen"),
        (odd, "NotALot"),
        (too_much, "InsufficientBalance"),
    ],
)
def test_P12_what_the_rules_forbid_is_not_traded(
    held: World, arrange: Callable[[World, Trade], Trade], reason: str
) -> None:
    """A trade obeys the rules of a transfer, with the reason that the preview gives, and no money moves."""
    made = arrange(held, trade(held))
    allow(held, made)
    assert held.preview(held.senior, "alice", "bob", made.amount) == reason
    assert reason_of(refused(held, made)) == reason


def test_P12_without_the_money_no_tokens_move(held: World) -> None:
    """A buyer without allowance or deposits gets nothing."""
    made = trade(held)
    held.act("alice", held.senior, "approve", held.settlement.address, 1_000)
    assert refused(held, made).name == "ERC20InsufficientAllowance"
    dear = trade(held, price=10_001)
    allow(held, dear)
    assert refused(held, dear).name == "ERC20InsufficientBalance"


def test_P12_without_the_tokens_no_money_moves(held: World) -> None:
    """A seller who has allowed nothing is paid nothing."""
    made = trade(held)
    held.act("bob", held.cash, "approve", held.settlement.address, 2_500)
    assert refused(held, made).name == "ERC20InsufficientAllowance"


def test_a_refused_trade_may_be_settled_later(held: World) -> None:
    """What hindered a trade leaves it as good as it was."""
    made = trade(held)
    allow(held, made)
    held.act("agent", held.registry, "pause", FILING, 0)
    assert reason_of(refused(held, made)) == "TokenPaused"
    held.enforce(held.registry, "unpause", FILING, 0)
    settle(held, made)


# ---- the words that were signed


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 200},
        {"price": 2_499},
        {"deadline": 2**40 - 1},
        {"id": number(2)},
        {"token": "mezzanine"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_P12_a_signature_serves_its_words(held: World, change: dict[str, Any]) -> None:
    """Another amount, price, deadline, id or token than was signed is refused."""
    made = trade(held)
    allow(held, made)
    values = {"token": held.mezzanine.address} if "token" in change else change
    changed = trade(held, **values).as_tuple()
    arguments = (changed, *settling(held, made)[1:])
    why = held.refused("stranger", held.settlement, "settle", *arguments)
    assert (why.name, why.args) == ("BadSignature", {"signer": held["alice"]})


@pytest.mark.parametrize(("side", "signer"), [("seller", "bob"), ("buyer", "alice"), ("buyer", "carol")])
def test_both_parties_sign(held: World, side: str, signer: str) -> None:
    """One party's signature does not stand for the other's."""
    made = trade(held)
    allow(held, made)
    why = refused(held, made, **{side: signer})
    assert (why.name, why.args["signer"]) == ("BadSignature", getattr(made, side))


def test_a_trade_ends(held: World) -> None:
    """A trade serves to its deadline and not a second longer."""
    made, late = trade(held), trade(held, id=number(2))
    allow(held, made)
    held.warp(HOUR)
    settle(held, made)
    allow(held, late)
    held.warp(1)
    why = refused(held, late)
    assert (why.name, why.args["deadline"]) == ("Expired", late.deadline)


def test_P12_an_id_is_spent_once_between_two(held: World) -> None:
    """The same id settles once between these two, whatever else is signed; between others it is another."""
    settle_first = trade(held)
    allow(held, settle_first)
    settle(held, settle_first)
    again = trade(held, amount=200, price=1)
    allow(held, again)
    why = refused(held, again)
    assert (why.name, why.args) == ("AlreadySettled", {"id": number(1)})
    other = trade(held, buyer=held["carol"])
    allow(held, other)
    settle(held, other)
    reverse = trade(held, seller=held["bob"], buyer=held["alice"])
    allow(held, reverse)
    settle(held, reverse)
    assert state(held) == [900, 500, 100, 12_500, 10_000, 7_500]


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_either_party_cancels(held: World, who: str) -> None:
    """A trade that one of the two cancelled is never settled; nobody else cancels."""
    made = trade(held)
    allow(held, made)
    arguments = (made.seller, made.buyer, made.id)
    why = held.refused("carol", held.settlement, "cancelTrade", *arguments)
    assert (why.name, why.args) == ("NotAParty", {"caller": held["carol"]})
    done = held.act(who, held.settlement, "cancelTrade", *arguments)
    assert done.only("TradeCancelled")["by"] == held[who]
    assert refused(held, made).name == "AlreadySettled"
    assert held.refused(who, held.settlement, "cancelTrade", *arguments).name == "AlreadySettled"


# ---- what is traded for what


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"buyer": "alice"}, "SameParty"),
        ({"token": "cash"}, "NotATranche"),
        ({"token": "stranger"}, "NotATranche"),
        ({"asset": "senior"}, "AssetNotListed"),
        ({"asset": "stranger"}, "AssetNotListed"),
        ({"amount": 0}, "OneSided"),
        ({"price": 0}, "OneSided"),
    ],
    ids=str,
)
def test_a_trade_is_tokens_against_money(held: World, change: dict[str, Any], error: str) -> None:
    """Two parties, a tranche of this registry, a listed asset, and something on both sides."""
    places = {"cash": held.cash.address, "senior": held.senior.address}
    values = {key: places.get(value, held[value]) if isinstance(value, str) else value for key, value in change.items()}
    made = trade(held, **values)
    assert refused(held, made, seller="alice", buyer="alice" if "buyer" in change else "bob").name == error


def test_a_delisted_asset_buys_nothing(held: World) -> None:
    """From the block in which one officer takes an asset off the list, nothing is settled in it."""
    made = trade(held)
    allow(held, made)
    held.act("agent", held.registry, "delistAsset", held.cash.address, EVIDENCE)
    assert refused(held, made).name == "AssetNotListed"


# ---- permits


def test_permits_stand_for_allowances(held: World) -> None:
    """A seller and a buyer who only signed, and never sent anything, trade."""
    made = trade(held)
    permits = {
        "token_permit": permit(held, held.senior, "alice", 100),
        "asset_permit": permit(held, held.cash, "bob", 2_500),
    }
    settle(held, made, **permits)
    assert state(held) == [900, 600, 0, 12_500, 7_500, 10_000]
    assert held.senior.read("allowance", held["alice"], held.settlement.address) == 0


def test_a_permit_used_before_is_no_error(held: World) -> None:
    """A permit that somebody sent before the trade does not stop it: the allowance stands."""
    made, given = trade(held), permit(held, held.cash, "bob", 2_500)
    held.act("alice", held.senior, "approve", held.settlement.address, 100)
    value, deadline, v, r, s = given
    held.act("stranger", held.cash, "permit", held["bob"], held.settlement.address, value, deadline, v, r, s)
    settle(held, made, asset_permit=given)
    assert state(held)[3:] == [12_500, 7_500, 10_000]


def test_a_bad_permit_gives_nothing(held: World) -> None:
    """A permit signed by another gives no allowance, and none is needed where one stands."""
    made = trade(held)
    held.act("alice", held.senior, "approve", held.settlement.address, 100)
    forged = permit(held, held.cash, "carol", 2_500)
    assert refused(held, made, asset_permit=forged).name == "ERC20InsufficientAllowance"
    held.act("bob", held.cash, "approve", held.settlement.address, 2_500)
    settle(held, made, asset_permit=forged)


def test_an_allowance_is_used_as_signed_alone(held: World) -> None:
    """What a holder allowed the settlement contract moves by trades that he signed, and by nothing else."""
    held.act("alice", held.senior, "approve", held.settlement.address, 1_000)
    held.act("bob", held.cash, "approve", held.settlement.address, 10_000)
    theft = trade(held, buyer=held["carol"], price=1)
    held.act("carol", held.cash, "approve", held.settlement.address, 1)
    with pytest.raises(SaidNo, match="BadSignature"):
        settle(held, theft, seller="carol")
    assert settling(held, theft)[3] == NO_PERMIT
