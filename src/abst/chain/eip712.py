"""What a gatekeeper signs to let a mint happen: EIP-712 in the token's own domain.

The order of the fields is that of `SecurityToken.mint`: who receives, how much, then the approval. A test compares the
digest with the contract's answer by minting with the signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@lru_cache(maxsize=256)  # a token's domain never changes
def domain_of(token: Contract, chain_id: int) -> dict[str, Any]:
    """The token's domain, as it says itself (ERC-5267). Raises IntegrityFailure for another's domain."""
    _, name, version, chain, contract, _, _ = token.read("eip712Domain")
    if (chain, contract) != (chain_id, token.address):
        raise IntegrityFailure(
            "the token's signing domain is another's",
            found=f"chain id {chain}, contract {contract}",
            needed=f"chain id {chain_id}, contract {token.address}",
            where=token.address,
        )
    return {"name": name, "version": version, "chainId": chain, "verifyingContract": contract}


def mint_message(
    token: Contract, chain_id: int, allocations: Sequence[tuple[Address, int]], approval: Approval
) -> dict[str, Any]:
    """The full message for `Signer.sign_typed`. allocations: (wallet, token units), in the order of the mint."""
    return {
        "types": {"EIP712Domain": DOMAIN, "Mint": MINT},
        "primaryType": "Mint",
        "domain": domain_of(token, chain_id),
        "message": {
            "to": [wallet for wallet, _ in allocations],
            "amounts": [amount for _, amount in allocations],
            "operation": to_bytes(approval.operation),
            "decision": to_bytes(approval.decision),
            "deadline": approval.deadline,
            "gatekeeper": approval.gatekeeper,
        },
    }
