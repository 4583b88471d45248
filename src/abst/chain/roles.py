"""Who may do what on the chain: the AccessManager's roles, the functions they open, and the officers who hold them.

`ROLE_OF_FUNCTION` is the one table: deployment writes it to the AccessManager for the contracts that stand from the
first day (registry, factory). A token is made later, when ADMIN belongs to the administration timelock alone, so it
asks the AccessManager itself whether its caller holds the role named here; `verify` and the tests read the same table.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from eth_utils.crypto import keccak


class Role(IntEnum):
    """Role numbers in the AccessManager. ADMIN's number is OpenZeppelin's."""

    ADMIN = 0  # the administration timelock alone
    REGISTRAR = 1
    ADMITTER = 2
    GATEKEEPER = 3
    ISSUER = 4
    TRANSFER_AGENT = 5
    DISCLOSER = 6
    REGULATOR = 7
    ENFORCER = 8  # the enforcement timelock alone
    FACTORY = 9  # the token factory alone


ROLE_OF_FUNCTION: dict[str, dict[str, Role]] = {
    "Registry": {
        "recordFiling(uint64,bytes32,uint8,uint32)": Role.REGISTRAR,
        "recordStatus(uint64,uint8,bytes32)": Role.REGISTRAR,
        "recordSupplement(uint64,bytes32,uint8,bytes32)": Role.REGISTRAR,
        "makeEffective(uint64,bytes32)": Role.ENFORCER,
        "suspend(uint64,bytes32)": Role.REGULATOR,
        "resume(uint64,bytes32)": Role.ENFORCER,
        "pause(uint64,uint8)": Role.TRANSFER_AGENT,
        "unpause(uint64,uint8)": Role.ENFORCER,
        "attach(uint64,uint8,address)": Role.FACTORY,
        "admit((address,uint256,bytes32)[])": Role.ADMITTER,
        "renew((address,uint256,bytes32)[])": Role.ADMITTER,
        "addWallet(address,address,bytes32)": Role.ADMITTER,
        "blockInvestors(address[],bytes32)": Role.ADMITTER,
        "unblockInvestor(address,bytes32)": Role.ENFORCER,
        "recordSuccessor(address,address)": Role.ENFORCER,
        "openObligation(uint64,uint16,uint40,uint32,uint32)": Role.DISCLOSER,
        "publish(uint64,uint16,bytes32,uint16,bytes32,string,uint40)": Role.DISCLOSER,
        "announceRecordDate(uint64,uint40)": Role.TRANSFER_AGENT,
    },
    "TokenFactory": {
        "create(uint64,bytes,(bytes32,bytes32,bytes3,uint8,uint8,bool,uint96,uint96,uint32,uint32,uint16,uint32,uint40)[]"
        ",bytes32,uint256)": Role.ISSUER,
    },
    "SecurityToken": {
        "mint(address[],uint256[],(bytes32,bytes32,uint40,address),bytes)": Role.ISSUER,
        "setFrozenTokens(address,uint256)": Role.ENFORCER,
        "forcedTransfer(address,address,uint256)": Role.ENFORCER,
        "recover(address)": Role.ENFORCER,
    },
}

# Writing functions that no role guards, each for its own reason.
OPEN_FUNCTIONS: dict[str, frozenset[str]] = {
    "Registry": frozenset(
        {
            "noteIssue(uint64)",  # refuses all callers but the filing's own tokens
            "setAuthority(address)",  # refuses everyone
        }
    ),
    "TokenFactory": frozenset({"setAuthority(address)"}),  # refuses everyone
    "SecurityToken": frozenset(
        {
            # the holder's own acts, but for one
            "approve(address,uint256)",
            "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
            "redeem(uint256)",
            "setAuthority(address)",  # refuses everyone
            "transfer(address,uint256)",
            "transferBatch(address[],uint256[])",
            "transferFrom(address,address,uint256)",
        }
    ),
}

# An officer's role name -> what his key holds in the AccessManager.
ROLE_OF_OFFICER: dict[str, Role] = {
    "registrar": Role.REGISTRAR,
    "admitter": Role.ADMITTER,
    "gatekeeper": Role.GATEKEEPER,
    "issuer": Role.ISSUER,
    "agent": Role.TRANSFER_AGENT,
    "discloser": Role.DISCLOSER,
    "regulator": Role.REGULATOR,
}

# An officer's role name -> the timelock and the side of it on which he stands; these hold no AccessManager role.
TIMELOCK_OF_OFFICER: dict[str, tuple[str, str]] = {
    "maker": ("enforcement", "proposer"),
    "checker": ("enforcement", "executor"),
    "admin-maker": ("administration", "proposer"),
    "admin-checker": ("administration", "executor"),
}

OFFICER_ROLES: frozenset[str] = frozenset(ROLE_OF_OFFICER) | frozenset(TIMELOCK_OF_OFFICER)


def selector(signature: str) -> bytes:
    """The first four bytes of the hash of a function's signature."""
    return keccak(text=signature)[:4]


def selectors_by_role(contract: str) -> dict[Role, list[bytes]]:
    """The guarded functions of a contract, grouped by role, in the table's order."""
    grouped: dict[Role, list[bytes]] = {}
    for signature, role in ROLE_OF_FUNCTION[contract].items():
        grouped.setdefault(role, []).append(selector(signature))
    return grouped


def chain_roles(officer_roles: Iterable[str]) -> list[Role]:
    """AccessManager roles of an officer with these role names, in ascending order."""
    return sorted({ROLE_OF_OFFICER[name] for name in officer_roles if name in ROLE_OF_OFFICER})
