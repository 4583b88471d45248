"""Settlement assets and the deposit token: `listAsset`, `delistAsset`; `setAccount`, `deposit`, `withdraw`.

given an asset
    when two officers list it
        it should be listed with its currency and kind
    when one officer alone tries
        it should be refused
    when it stands for the renminbi
        it should be refused, whoever lists it
    when one officer takes it off the list
        it should be off at once
given the deposit token
    when the bank deposits, or a holder withdraws or pays
        it should move among the registry's unblocked investors and the bank's own accounts alone
"""

from __future__ import annotations

from typing import Any

import pytest

from abst.chain.words import AssetKind
from abst.values import ZERO_ADDRESS
from contracts.money import cash_of
from world import EVIDENCE, OFFICERS, World


def listing(world: World, **change: Any) -> tuple[Any, ...]:
    """Arguments that list an asset which is not listed yet: any contract may stand for one."""
    values = {"asset": world.factory.address, "currency": b"USD", "kind": AssetKind.E_MONEY} | change
    return (values["asset"], values["currency"], values["kind"], EVIDENCE)


def listed(world: World, asset: str) -> tuple[bytes, int]:
    found: tuple[bytes, int] = world.registry.read("assetOf", asset)
    return found


def test_two_officers_list_an_asset(world: World) -> None:
    """A listed asset has its currency and kind; listing again changes them."""
    done = world.enforce(world.registry, "listAsset", *listing(world))
    assert done.only("AssetListed") == {
        "asset": world.factory.address,
        "currency": b"USD",
        "kind": AssetKind.E_MONEY,
        "evidence": EVIDENCE,
    }
    assert listed(world, world.factory.address) == (b"USD", AssetKind.E_MONEY)
    world.enforce(world.registry, "listAsset", *listing(world, currency=b"EUR", kind=AssetKind.DEPOSIT))
    assert listed(world, world.factory.address) == (b"EUR", AssetKind.DEPOSIT)


@pytest.mark.parametrize("who", [*OFFICERS, "deployer", "alice"])
def test_P10_one_officer_lists_nothing(world: World, who: str) -> None:
    """No single key puts an asset on the list."""
    why = world.refused(who, world.registry, "listAsset", *listing(world))
    assert (why.name, why.args["role"]) == ("RoleNeeded", "ENFORCER")


@pytest.mark.parametrize("currency", [b"CNY", b"CNH", b"RMB"])
@pytest.mark.parametrize("kind", [AssetKind.DEPOSIT, AssetKind.E_MONEY, AssetKind.VIRTUAL_CURRENCY])
def test_nothing_pegged_to_the_renminbi_is_listed(world: World, currency: bytes, kind: AssetKind) -> None:
    """Two officers cannot list what the rulebook bars, of whatever kind (R-65)."""
    why = world.enforcement_refused(world.registry, "listAsset", *listing(world, currency=currency, kind=kind))
    assert (why.name, why.args, why.rule) == ("CurrencyBarred", {"currency": currency.decode()}, "R-65")
    assert listed(world, world.factory.address) == (b"\0\0\0", AssetKind.NONE)


def test_a_virtual_currency_is_listed_by_two(world: World) -> None:
    """A virtual currency is on the list only where two officers said so, under letters of its own."""
    world.enforce(world.registry, "listAsset", *listing(world, currency=b"ETH", kind=AssetKind.VIRTUAL_CURRENCY))
    assert listed(world, world.factory.address) == (b"ETH", AssetKind.VIRTUAL_CURRENCY)


@pytest.mark.parametrize(
    "change", [{"asset": "stranger"}, {"asset": "zero"}, {"currency": b"\0\0\0"}, {"kind": AssetKind.NONE}], ids=str
)
def test_an_asset_is_a_contract_with_a_currency_and_a_kind(world: World, change: dict[str, Any]) -> None:
    """No code, no currency or no kind: not an asset."""
    values = {key: world[value] if key == "asset" else value for key, value in change.items()}
    why = world.enforcement_refused(world.registry, "listAsset", *listing(world, **values))
    assert (why.name, why.rule) == ("AssetMalformed", "R-65")


def test_one_officer_takes_an_asset_off_the_list(world: World) -> None:
    """Stopping takes one key: the transfer agent's; starting again takes two."""
    done = world.act("agent", world.registry, "delistAsset", world.cash.address, EVIDENCE)
    assert done.only("AssetDelisted") == {"asset": world.cash.address, "evidence": EVIDENCE}
    assert listed(world, world.cash.address) == (b"\0\0\0", AssetKind.NONE)
    why = world.refused("agent", world.registry, "delistAsset", world.cash.address, EVIDENCE)
    assert (why.name, why.args) == ("AssetNotListed", {"asset": world.cash.address})
    for who in ("payer", "bank", "maker", "stranger"):
        why = world.refused(who, world.registry, "delistAsset", world.cash.address, EVIDENCE)
        assert why.args["role"] == "TRANSFER_AGENT"


# ---- the deposit token


def test_the_deposit_says_what_it_is(world: World) -> None:
    """Name, symbol, decimals and currency are those it was deployed with; it answers to this registry."""
    said = [world.cash.read(view) for view in ("name", "symbol", "decimals", "currency", "registry")]
    assert said == ["HKD deposit", "dHKD", 2, b"HKD", world.registry.address]


def test_a_deposit_is_credited_once(world: World) -> None:
    """The bank credits an investor; its operation id is spent, whatever is asked with it again."""
    operation, before = world.operation(), cash_of(world, "alice")[0]
    done = world.act("bank", world.cash, "deposit", world["alice"], 500, operation)
    assert done.only("Deposited") == {"operation": operation, "to": world["alice"], "amount": 500}
    assert cash_of(world, "alice") == [before + 500]
    assert world.cash.read("spent", operation) is True
    why = world.refused("bank", world.cash, "deposit", world["bob"], 1, operation)
    assert (why.name, why.args) == ("AlreadyDone", {"operation": operation})


@pytest.mark.parametrize("name", ["stranger", "bella_blocked", "issuer"])
def test_others_hold_no_deposits(world: World, name: str) -> None:
    """Neither a stranger nor a blocked investor receives a deposit, from the bank or from a holder."""
    assert world.cash.read("mayHold", world[name]) is False
    for who, fn, arguments in (
        ("bank", "deposit", (world[name], 5, world.operation())),
        ("alice", "transfer", (world[name], 5)),
    ):
        why = world.refused(who, world.cash, fn, *arguments)
        assert (why.name, why.args, why.rule) == ("MayNotHold", {"account": world[name]}, "R-60")


def test_the_bank_opens_and_closes_accounts(world: World) -> None:
    """Its own customers hold deposits from when the bank opens their account until it closes it."""
    done = world.act("bank", world.cash, "setAccount", world["stranger"], True)
    assert done.only("AccountSet") == {"account": world["stranger"], "isOpen": True}
    world.act("alice", world.cash, "transfer", world["stranger"], 5)
    world.act("bank", world.cash, "setAccount", world["stranger"], False)
    assert world.refused("stranger", world.cash, "transfer", world["alice"], 5).name == "MayNotHold"
    assert cash_of(world, "stranger") == [5]


def test_the_bank_opens_no_account_for_an_investor(world: World) -> None:
    """Whom the registry knows it decides about: a blocked investor neither sends nor receives."""
    why = world.refused("bank", world.cash, "setAccount", world["alice"], True)
    assert (why.name, why.args, why.rule) == ("InvestorAccount", {"account": world["alice"]}, "R-60")
    world.act("bank", world.cash, "setAccount", world["alice"], False)
    world.act("admitter", world.registry, "blockInvestors", [world["alice"]], EVIDENCE)
    assert world.refused("alice", world.cash, "transfer", world["bob"], 5).name == "MayNotHold"
    assert world.refused("bob", world.cash, "transfer", world["alice"], 5).name == "MayNotHold"
    assert world.refused("alice", world.cash, "withdraw", 5, EVIDENCE).name == "MayNotHold"


def test_a_holder_withdraws_his_own(world: World) -> None:
    """What is withdrawn leaves the supply, with the reference under which the bank pays out."""
    supply, before = world.cash.read("totalSupply"), cash_of(world, "bob")[0]
    done = world.act("bob", world.cash, "withdraw", 700, EVIDENCE)
    assert done.only("Withdrawn") == {"from": world["bob"], "amount": 700, "ref": EVIDENCE}
    assert (world.cash.read("totalSupply"), cash_of(world, "bob")[0]) == (supply - 700, before - 700)
    assert world.refused("bob", world.cash, "withdraw", before, EVIDENCE).name == "ERC20InsufficientBalance"


@pytest.mark.parametrize("who", ["payer", "issuer", "agent", "maker", "checker", "alice", "deployer"])
def test_only_the_bank_makes_deposits(world: World, who: str) -> None:
    """Nobody else credits deposits or opens accounts."""
    for fn, arguments in (
        ("deposit", (world["alice"], 5, world.operation())),
        ("setAccount", (world[who], True)),
    ):
        why = world.refused(who, world.cash, fn, *arguments)
        assert (why.name, why.args) == ("RoleNeeded", {"account": world[who], "role": "BANK"})


def test_the_zero_address_holds_nothing(world: World) -> None:
    """A deposit to nobody is refused by ERC-20's own error or by the door."""
    why = world.refused("bank", world.cash, "deposit", ZERO_ADDRESS, 5, world.operation())
    assert why.name in ("ERC20InvalidReceiver", "MayNotHold")
