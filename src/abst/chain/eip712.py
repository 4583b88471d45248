"""What people sign for a contract to act on, by EIP-712 in that contract's own domain.

A gatekeeper signs the approval of a mint (in the token's domain; its fields in the order of `SecurityToken.mint`), two
parties sign a trade and an investor an order (in the settlement contract's), a holder signs a permit (ERC-2612). Tests
compare the digests with the contracts' answers by acting upon the signatures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from abst.chain.contracts import Contract
from abst.errors import IntegrityFailure
from abst.values import Address, Hash, to_bytes

DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
MINT = [
    {"name": "to", "type": "address[]"},
    {"name": "amounts", "type": "uint256[]"},
    {"name": "operation", "type": "bytes32"},
    {"name": "decision", "type": "bytes32"},
    {"name": "deadline", "type": "uint40"},
    {"name": "gatekeeper", "type": "address"},
]

TRADE = [
    {"name": "token", "type": "address"},
    {"name": "asset", "type": "address"},
    {"name": "seller", "type": "address"},
    {"name": "buyer", "type": "address"},
    {"name": "amount", "type": "uint256"},
    {"name": "price", "type": "uint256"},
    {"name": "deadline", "type": "uint40"},
    {"name": "id", "type": "bytes32"},
]
ORDER = [entry for entry in TRADE if entry["name"] != "seller"]
PERMIT = [
    {"name": "owner", "type": "address"},
    {"name": "spender", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]
PermitTuple = tuple[int, int, int, bytes, bytes]  # value, deadline, v, r, s: as `Permit` in ISettlement
NO_PERMIT: PermitTuple = (0, 0, 0, bytes(32), bytes(32))


@dataclass(frozen=True, slots=True)
class Approval:
    """The approval besides the allocations, as `Approval` in Types.sol. deadline: last second at which it serves."""

    operation: Hash
    decision: Hash
    deadline: int
    gatekeeper: Address

    def as_tuple(self) -> tuple[Hash, Hash, int, Address]:
        """As the contract's `mint` takes it."""
        return (self.operation, self.decision, self.deadline, self.gatekeeper)


@dataclass(frozen=True, slots=True)
class Trade:
    """Tokens against money between two holders, as `Trade` in ISettlement; both sign it.

    amount in token units, price in units of the asset; deadline: last second at which it may be settled; id: spent
    once between the two.
    """

    token: Address
    asset: Address
    seller: Address
    buyer: Address
    amount: int
    price: int
    deadline: int
    id: Hash

    def as_tuple(self) -> tuple[Any, ...]:
        """As the contract's `settle` takes it."""
        return tuple(getattr(self, entry["name"]) for entry in TRADE)


@dataclass(frozen=True, slots=True)
class Order:
    """An investor's order for newly issued tokens, as `Order` in ISettlement; the investor signs it.

    amount in token units, price in units of the asset; deadline: last second at which it may be filled; id: spent once.
    """

    token: Address
    asset: Address
    buyer: Address
    amount: int
    price: int
    deadline: int
    id: Hash

    def as_tuple(self) -> tuple[Any, ...]:
        """As the contract's `allot` takes it."""
        return tuple(getattr(self, entry["name"]) for entry in ORDER)


@lru_cache(maxsize=256)  # a contract's domain never changes
def domain_of(signed_for: Contract, chain_id: int) -> dict[str, Any]:
    """A contract's domain, as it says itself (ERC-5267). Raises IntegrityFailure for another's domain."""
    _, name, version, chain, contract, _, _ = signed_for.read("eip712Domain")
    if (chain, contract) != (chain_id, signed_for.address):
        raise IntegrityFailure(
            "the contract's signing domain is another's",
            found=f"chain id {chain}, contract {contract}",
            needed=f"chain id {chain_id}, contract {signed_for.address}",
            where=signed_for.address,
        )
    return {"name": name, "version": version, "chainId": chain, "verifyingContract": contract}


def mint_message(
    token: Contract, chain_id: int, allocations: Sequence[tuple[Address, int]], approval: Approval
) -> dict[str, Any]:
    """The full message for `Signer.sign_typed`. allocations: (wallet, token units), in the order of the mint."""
    content = {
        "to": [wallet for wallet, _ in allocations],
        "amounts": [amount for _, amount in allocations],
        "operation": to_bytes(approval.operation),
        "decision": to_bytes(approval.decision),
        "deadline": approval.deadline,
        "gatekeeper": approval.gatekeeper,
    }
    return _message(token, chain_id, "Mint", MINT, content)


def trade_message(settlement: Contract, chain_id: int, trade: Trade) -> dict[str, Any]:
    """What seller and buyer of a trade both sign."""
    return _message(settlement, chain_id, "Trade", TRADE, asdict(trade) | {"id": to_bytes(trade.id)})


def order_message(settlement: Contract, chain_id: int, order: Order) -> dict[str, Any]:
    """What an investor signs to subscribe."""
    return _message(settlement, chain_id, "Order", ORDER, asdict(order) | {"id": to_bytes(order.id)})


def permit_message(
    token: Contract, chain_id: int, owner: Address, spender: Address, value: int, deadline: int
) -> dict[str, Any]:
    """What a holder signs to let another spend (ERC-2612), with the nonce that the token expects next.

    value in units of the token; deadline: last second at which the permit serves.
    """
    nonce: int = token.read("nonces", owner)
    content = {"owner": owner, "spender": spender, "value": value, "nonce": nonce, "deadline": deadline}
    return _message(token, chain_id, "Permit", PERMIT, content)


def permit_tuple(value: int, deadline: int, signature: bytes) -> PermitTuple:
    """A signed permit as the settlement contract takes it. signature: r, s, v, 65 bytes."""
    return (value, deadline, signature[64], signature[:32], signature[32:64])


def _message(
    signed_for: Contract, chain_id: int, kind: str, fields: list[dict[str, str]], content: dict[str, Any]
) -> dict[str, Any]:
    return {
        "types": {"EIP712Domain": DOMAIN, kind: fields},
        "primaryType": kind,
        "domain": domain_of(signed_for, chain_id),
        "message": content,
    }
