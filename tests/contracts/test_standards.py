"""What other people's software expects: ERC-20, 2612, 165, 5267, 6093, 7943, 1404.

given any wallet and any amount
    it should answer every preview without reverting
given an interface id
    it should say which the token has
given an ERC-1404 code
    it should give the same number as `Reason`, and plain words
given a lack of balance alone
    it should leave `canTransfer` true: the balance is ERC-20's to judge
"""

from __future__ import annotations

from functools import reduce
from itertools import product
from operator import xor
from typing import Any

import pytest

from abst.chain.contracts import codec
from abst.chain.reasons import REASONS
from abst.chain.roles import selector
from world import EVIDENCE, FILING, INVESTORS, World

AMOUNTS = (0, 10, 2**96, 2**256 - 1)
INTERFACES = {
    "ERC-165": ["supportsInterface(bytes4)"],
    "ERC-20": [
        "totalSupply()",
        "balanceOf(address)",
        "transfer(address,uint256)",
        "allowance(address,address)",
        "approve(address,uint256)",
        "transferFrom(address,address,uint256)",
    ],
    "ERC-20 metadata": ["name()", "symbol()", "decimals()"],
    "ERC-2612": [
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        "nonces(address)",
        "DOMAIN_SEPARATOR()",
    ],
    "ERC-5267": ["eip712Domain()"],
    "ERC-1404": [
        "detectTransferRestriction(address,address,uint256)",
        "messageForTransferRestriction(uint8)",
    ],
    "ERC-7943": [
        "forcedTransfer(address,address,uint256)",
        "setFrozenTokens(address,uint256)",
        "canSend(address)",
        "canReceive(address)",
        "getFrozenTokens(address)",
        "canTransfer(address,address,uint256)",
    ],
}


def interface_id(functions: list[str]) -> bytes:
    return reduce(xor, (int.from_bytes(selector(one)) for one in functions)).to_bytes(4)


@pytest.mark.parametrize("standard", INTERFACES)
def test_the_token_says_what_it_is(world: World, standard: str) -> None:
    """The token has every interface it names, with its functions (ERC-165)."""
    assert world.senior.read("supportsInterface", interface_id(INTERFACES[standard])) is True
    assert set(INTERFACES[standard]) <= set(codec("SecurityToken").functions)


def test_the_id_of_erc7943_is_the_final_one(world: World) -> None:
    """ERC-7943's final id for fungible tokens is 0x3edbb4c4."""
    assert interface_id(INTERFACES["ERC-7943"]).hex() == "3edbb4c4"
    assert world.senior.read("supportsInterface", bytes.fromhex("3edbb4c4")) is True


@pytest.mark.parametrize("other", ["ffffffff", "00000000", "bf1ef5fe", "41c4fbad"])
def test_the_token_is_nothing_else(world: World, other: str) -> None:
    """0xffffffff, nothing, and ERC-7943 for other kinds of tokens are denied."""
    assert world.senior.read("supportsInterface", bytes.fromhex(other)) is False


@pytest.mark.parametrize("state", ["effective", "suspended", "locked, frozen and beyond the limits"])
def test_no_preview_reverts(world: World, state: str) -> None:
    """Every preview answers for every pair of wallets and every amount, whatever the state."""
    world.mint(world.equity, {"alice": 500, "dave": 500})
    if state == "suspended":
        world.act("regulator", world.registry, "suspend", FILING, EVIDENCE)
    elif state != "effective":
        world.enforce(world.equity, "forcedTransfer", world["dave"], world["alice"], 500)
        world.freeze(world.equity, "alice", 2**200)
    names = ("zero", "stranger", "alice", "dave_spare", "bella_blocked")
    calls: list[tuple[Any, ...]] = [
        (view, world[one], world[other], amount)
        for one, other, amount in product(names, names, AMOUNTS)
        for view in ("reasonAgainst", "canTransfer", "detectTransferRestriction")
    ]
    calls += [("reasonAgainstMint", world[one], amount) for one, amount in product(names, AMOUNTS)]
    calls += [(view, world[one]) for one in names for view in ("canSend", "canReceive")]
    answers = world.read_many(world.equity, calls)
    said = dict(zip(calls, answers, strict=True))
    for one, other, amount in product(names, names, AMOUNTS):
        reason = said["reasonAgainst", world[one], world[other], amount]
        assert said["detectTransferRestriction", world[one], world[other], amount] == reason
        if REASONS[reason].name not in ("None", "InsufficientBalance"):
            assert said["canTransfer", world[one], world[other], amount] is False
        if reason == 0:
            assert said["canTransfer", world[one], world[other], amount] is True
            assert said["canSend", world[one]] is said["canReceive", world[other]] is True


def test_can_transfer_leaves_the_balance_to_erc20(held: World) -> None:
    """A lack of balance alone does not make `canTransfer` false (ERC-7943)."""
    assert held.senior.read("canTransfer", held["alice"], held["bob"], 1_100) is True
    assert held.senior.read("canTransfer", held["carol"], held["bob"], 100) is True
    held.freeze(held.senior, "alice", 1)
    assert held.senior.read("canTransfer", held["alice"], held["bob"], 1_000) is False


@pytest.mark.parametrize("name", [*INVESTORS, "stranger", "zero"])
def test_parties_are_judged_by_themselves(world: World, name: str) -> None:
    """`canSend` is known and unblocked; `canReceive` adds evidence, suitability, regime and risk; no more than that."""
    for second in (0, 1):
        unfit = {"bob_expired", "uma_unsuitable", "rex_no_regime", "tim_timid"}
        may_send = name not in {"stranger", "zero", "bella_blocked"}
        assert world.senior.read("canSend", world[name]) is may_send
        assert world.senior.read("canReceive", world[name]) is (may_send and name not in unfit)
        if second == 0:
            world.act("regulator", world.registry, "suspend", FILING, EVIDENCE)


def test_can_receive_is_of_the_token(world: World) -> None:
    """A receiver fit for the senior tranche may be unfit for the mezzanine."""
    assert world.senior.read("canReceive", world["offshore_olga"]) is True
    assert world.mezzanine.read("canReceive", world["offshore_olga"]) is False


def test_codes_have_words(world: World) -> None:
    """Every code of ERC-1404 has its own plain words; an unknown code says so."""
    words = [world.senior.read("messageForTransferRestriction", reason.number) for reason in REASONS]
    assert len(set(words)) == len(REASONS)
    assert all(0 < len(text) <= 31 and text[0].islower() for text in words)
    assert world.senior.read("messageForTransferRestriction", len(REASONS)) == "unknown restriction"
    assert world.senior.read("messageForTransferRestriction", 255) == "unknown restriction"


def test_the_domain_is_read_back(world: World) -> None:
    """ERC-5267 gives the token's own name, version 1, this chain and this token."""
    _, name, version, chain, contract, _, extensions = world.senior.read("eip712Domain")
    assert (name, version, chain, contract) == ("Senior 优先级", "1", world.chain.chain_id, world.senior.address)
    assert extensions == ()


def test_transfers_answer_true(held: World) -> None:
    """The boolean answers of ERC-20 and ERC-7943 are true."""
    own: list[tuple[Any, ...]] = [
        ("transfer", held["bob"], 100),
        ("approve", held["bob"], 100),
        ("transferBatch", [held["bob"]], [100]),
    ]
    orders: list[tuple[Any, ...]] = [
        ("setFrozenTokens", held["bob"], 1),
        ("forcedTransfer", held["bob"], held["alice"], 1),
    ]
    assert [held.senior.read(*call, sender=held["alice"]) for call in own] == [True] * 3
    enforcement = held.contracts.enforcement.address
    assert [held.senior.read(*call, sender=enforcement) for call in orders] == [True] * 2
