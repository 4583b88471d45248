"""Gas of what is paid and paid for: settlement assets, payments to holders, trades and allotments, amortisation.

The settlement asset is OpenZeppelin's plain ERC-20, as a figure of our own contracts asks for; where a row says so, it
is the registry's deposit token, which asks the registry about both sides of each movement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode

from abst.bench.senders import key
from abst.bench.stage import (
    FAR,
    FILING,
    HUNDRED,
    LOT,
    NEWCOMERS,
    SECOND,
    Stage,
    file_and_create,
    give_gas,
    give_role,
    raise_stage,
    salt,
)
from abst.chain.contracts import Contract
from abst.chain.eip712 import (
    NO_PERMIT,
    Order,
    PermitTuple,
    Trade,
    order_message,
    permit_message,
    permit_tuple,
    trade_message,
)
from abst.chain.roles import Role
from abst.chain.words import AssetKind
from abst.values import Address, Hash

PRICE = 1_000_000  # units of the asset for a lot
FUNDED = 1_000_000_007  # units of the asset for all holders: a remainder stays
RICH = 10**15
FIRST_DATE = 1


def measure(plain_code: bytes) -> dict[str, int]:
    """Act -> gas. plain_code: creation code of the yardstick's ERC-20."""
    stage = raise_stage()
    file_and_create(stage)
    names = ["alice", "bob", *HUNDRED, *NEWCOMERS]
    give_gas(stage, ["alice", "bob", "single", "servicer"])
    stage.admit(["single"])
    for start in range(0, len(names), 100):
        stage.admit(names[start : start + 100])
    for start in range(0, 102, 51):
        stage.mint([(name, 100 * LOT) for name in names[start : start + 51]], f"ground {start}")
    stage.act("maker-1", stage.contracts.registry, "announceRecordDate", FILING, SECOND + 1)
    stage.chain.warp(1)
    rich = [key(name).address for name in ("payer", "bob", "single", *NEWCOMERS)]
    plain = stage.create(plain_code + encode(["address[]", "uint256"], [rich, RICH]))
    # ERC-20's own functions have the same call data in every token.
    cash = Contract("SecurityToken", plain, stage.chain)
    found = _assets(stage, cash)
    found |= _payments(stage, cash)
    found |= _deposits(stage)
    found |= _trades(stage, cash)
    found |= _allotments(stage, cash)
    return found | _amortisation(stage)


def _assets(stage: Stage, cash: Contract) -> dict[str, int]:
    registry = stage.contracts.registry
    listed = (cash.address, b"HKD", AssetKind.DEPOSIT, salt("licence"))
    return {"list a settlement asset, by two officers": stage.power("list", registry, "listAsset", *listed)}


def _payment(stage: Stage, asset: Address, ref: str) -> tuple[Any, ...]:
    token = stage.tokens[0]
    supply = token.read("totalSupplyAt", FIRST_DATE)
    return (token.address, FIRST_DATE, False, asset, FUNDED, supply, salt(ref))


def _payments(stage: Stage, cash: Contract) -> dict[str, int]:
    distribution = stage.contracts.distribution
    first, second, third = (_payment(stage, cash.address, f"coupon {number}") for number in (1, 2, 3))
    for payment in (first, second, third):  # an asset's first payment gives the contract its balance
        stage.act("payer", cash, "approve", distribution.address, FUNDED)
        found = {"declare a payment": stage.act("payer", distribution, "declare", payment)}
    bob, alice = key("bob").address, key("alice").address
    found["claim, the first in 256"] = stage.act("bob", distribution, "claim", first, bob)
    found["claim, after the first in 256, by a new payee"] = stage.act("alice", distribution, "claim", first, alice)
    stage.act("bob", distribution, "claim", second, bob)
    found["claim, after the first in 256"] = stage.act("alice", distribution, "claim", second, alice)
    hundred = [key(name).address for name in HUNDRED]
    for payees, payment in (("new", first), ("known", second)):
        gas = stage.act("payer", distribution, "push", payment, hundred)
        found[f"push to 100 {payees} payees, each"] = gas // 100
    elsewhere = (third, alice, key("bank").address, salt("court order"))
    found["pay elsewhere, by two officers"] = stage.power("elsewhere", distribution, "payElsewhere", *elsewhere)
    recorded = (stage.tokens[0].address, FIRST_DATE, b"HKD", FUNDED, salt("bank reference"))
    found["record a payment made off chain"] = stage.act("payer", distribution, "recordOffChain", *recorded)
    return found


def _deposits(stage: Stage) -> dict[str, int]:
    """The same in the registry's own deposit token."""
    deposit, distribution = stage.contracts.deposit, stage.contracts.distribution
    assert deposit is not None
    registry, payer = stage.contracts.registry, stage.signers["payer"].address
    listed = (deposit.address, b"HKD", AssetKind.DEPOSIT, salt("licence"))
    stage.power("list deposits", registry, "listAsset", *listed)
    stage.act("bank", deposit, "setAccount", distribution.address, True)
    found = {"deposit token: open an account": stage.act("bank", deposit, "setAccount", payer, True)}
    found["deposit token: deposit"] = stage.act("bank", deposit, "deposit", payer, RICH, salt("deposit 1"))
    payments = [_payment(stage, deposit.address, ref) for ref in ("coupon 4", "coupon 5")]
    for payment in payments:
        stage.act("payer", deposit, "approve", distribution.address, FUNDED)
        found["deposit token: declare a payment"] = stage.act("payer", distribution, "declare", payment)
    alice, bob = key("alice").address, key("bob").address
    for payment in payments:  # of the first, both are new payees
        stage.act("bob", distribution, "claim", payment, bob)
        claimed = stage.act("alice", distribution, "claim", payment, alice)
        found["deposit token: claim, after the first in 256"] = claimed
    hundred = [key(name).address for name in HUNDRED]
    for payees, payment in zip(("new", "known"), payments, strict=True):
        gas = stage.act("payer", distribution, "push", payment, hundred)
        found[f"deposit token: push to 100 {payees} payees, each"] = gas // 100
    found["deposit token: transfer, both holding"] = stage.act("alice", deposit, "transfer", bob, 1)
    found["deposit token: withdraw"] = stage.act("alice", deposit, "withdraw", 1, salt("payout"))
    return found


def _counted(number: int) -> Hash:
    """An id of a trade or an order; 256 of a pair share a storage word when they are counted."""
    return Hash(f"0x{number:064x}")


def _permit(stage: Stage, contract: Contract, name: str, value: int) -> PermitTuple:
    """A permit for the settlement contract."""
    signer, spender = key(name), stage.contracts.settlement.address
    message = permit_message(contract, stage.chain.chain_id, signer.address, spender, value, FAR)
    return permit_tuple(value, FAR, signer.sign_typed(message))


def _trades(stage: Stage, cash: Contract) -> dict[str, int]:
    """A lot from alice to bob, who both hold tokens and money, sent by the seller. Ids are counted upwards."""
    settlement, token = stage.contracts.settlement, stage.tokens[0]
    seller, buyer = key("alice"), key("bob")

    def settle(number: int, token_permit: PermitTuple) -> int:
        trade = Trade(
            token=token.address,
            asset=cash.address,
            seller=seller.address,
            buyer=buyer.address,
            amount=LOT,
            price=PRICE,
            deadline=FAR,
            id=_counted(number),
        )
        message = trade_message(settlement, stage.chain.chain_id, trade)
        signatures = (seller.sign_typed(message), buyer.sign_typed(message))
        return stage.act("alice", settlement, "settle", trade.as_tuple(), *signatures, token_permit, NO_PERMIT)

    stage.act("bob", cash, "approve", settlement.address, RICH)
    permit = _permit(stage, token, "alice", LOT)
    found = {"trade, the first of the pair, with a permit": settle(0, permit)}
    stage.act("alice", token, "approve", settlement.address, 100 * LOT)
    settle(1, NO_PERMIT)
    found["trade, allowed before"] = settle(2, NO_PERMIT)
    return found


def _allotments(stage: Stage, cash: Contract) -> dict[str, int]:
    """New holders buy a lot each at issue: with money allowed before, and in deposits by permit."""
    settlement, deposit = stage.contracts.settlement, stage.contracts.deposit
    assert deposit is not None
    proceeds = (FILING, key("bank").address)
    found = {
        "set the proceeds account, by two officers": stage.power("ps", settlement, "setProceedsAccount", *proceeds)
    }
    stage.act("bank", deposit, "setAccount", key("bank").address, True)
    give_gas(stage, NEWCOMERS)
    for name in ("single", *NEWCOMERS):
        stage.act(name, cash, "approve", settlement.address, RICH)
        stage.act("bank", deposit, "deposit", key(name).address, RICH, salt(f"deposit of {name}"))
    found["allot one against payment"] = _allot(stage, cash, ["single"], 0)
    found["allot to 100 new against payment, each"] = _allot(stage, cash, NEWCOMERS, 0) // 100
    permits = [_permit(stage, deposit, name, PRICE) for name in NEWCOMERS]
    gas = _allot(stage, deposit, NEWCOMERS, 1, permits)
    found["deposit token: allot to 100 known, by permit, each"] = gas // 100
    return found


def _allot(
    stage: Stage, asset: Contract, names: Sequence[str], number: int, permits: Sequence[PermitTuple] = ()
) -> int:
    """Gas of filling an order of a lot for each of the named. number: of each investor's order."""
    settlement, token = stage.contracts.settlement, stage.tokens[0]
    orders, signatures = [], []
    for name in names:
        order = Order(
            token=token.address,
            asset=asset.address,
            buyer=key(name).address,
            amount=LOT,
            price=PRICE,
            deadline=FAR,
            id=_counted(number),
        )
        orders.append(order.as_tuple())
        signatures.append(key(name).sign_typed(order_message(settlement, stage.chain.chain_id, order)))
    approval, signature = stage.approve([(name, LOT) for name in names], f"allotment {number} of {names[0]}")
    given = list(permits) or [NO_PERMIT] * len(names)
    return stage.act("maker-1", settlement, "allot", orders, signatures, given, approval.as_tuple(), signature)


def _amortisation(stage: Stage) -> dict[str, int]:
    token = stage.tokens[0]
    give_role(stage, "servicer", Role.SERVICER)
    stage.act("servicer", token, "amortisePrincipal", LOT)  # the first closes the issue
    found = {"record principal paid, the act": stage.act("servicer", token, "amortisePrincipal", LOT)}
    found["record principal paid, by two officers"] = stage.power("principal", token, "amortisePrincipal", LOT)
    found["write down, the act"] = stage.act("servicer", token, "writeDown", LOT)
    found["reverse a write-down, the act"] = stage.act("servicer", token, "reverseWriteDown", LOT)
    stage.act("servicer", token, "amortisePrincipal", token.read("amortisation")[0])
    hundred = [key(name).address for name in HUNDRED]
    found["retire 100 holders, each"] = stage.act("maker-1", token, "retireBalances", hundred) // 100
    return found
