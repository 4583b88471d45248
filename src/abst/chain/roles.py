"""Who may do what on the chain: the AccessManager's roles, the functions they open, and the officers who hold them.

Each contract names in its own code the role that an act needs, and asks the AccessManager who holds it: nobody, not
even an administrator, can open an act to another role. `ROLE_OF_FUNCTION` says the same in Python; `abst.chain.powers`
asks the deployed contracts, and `verify` and the tests compare.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from eth_utils.crypto import keccak


class Role(IntEnum):
    """Role numbers in the AccessManager. ADMIN's number is OpenZeppelin's."""

    ADMIN = 0  # the administration timelock alone
    REGISTRAR = 1
    ADMITTER = 2
    GATEKEEPER = 3
    ISSUER = 4  # officers, and the settlement contract, which lets officers alone allot
    TRANSFER_AGENT = 5
    DISCLOSER = 6
    REGULATOR = 7
    ENFORCER = 8  # the enforcement timelock alone
    FACTORY = 9  # the token factory alone
    SERVICER = 10  # the enforcement timelock and the servicing contract alone
    PAYER = 11  # officers, and the servicing contract, which lets officers alone pay
    BANK = 12
    REPORTER = 13
    TRUSTEE = 14


_TERMS = "(bytes32,bytes32,bytes3,uint8,uint8,bool,uint96,uint96,uint32,uint32,uint16,uint32,uint40)"
_APPROVAL = "(bytes32,bytes32,uint40,address)"
_PAYMENT = "(address,uint16,bool,address,uint112,uint96,bytes32)"
_PROOF = "(bytes32,bytes32,bytes32,bytes32)"
_TRADE = "(address,address,address,address,uint256,uint256,uint40,bytes32)"
_ORDER = "(address,address,address,uint256,uint256,uint40,bytes32)"
_PERMIT = "(uint256,uint256,uint8,bytes32,bytes32)"

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
        "publish(uint64,uint16,uint16,bytes32,bytes32,string,uint40)": Role.DISCLOSER,
        "locateDocuments(uint64,string)": Role.DISCLOSER,
        "subscribe(uint64,address)": Role.DISCLOSER,
        "unsubscribe(uint64,address)": Role.DISCLOSER,
        "announceRecordDate(uint64,uint40)": Role.TRANSFER_AGENT,
        "listAsset(address,bytes3,uint8,bytes32)": Role.ENFORCER,
        "delistAsset(address,bytes32)": Role.TRANSFER_AGENT,
    },
    "TokenFactory": {
        f"create(uint64,bytes,{_TERMS}[],bytes32,uint256)": Role.ISSUER,
    },
    "SecurityToken": {
        f"mint(address[],uint256[],{_APPROVAL},bytes)": Role.ISSUER,
        "setFrozenTokens(address,uint256)": Role.ENFORCER,
        "freezeBatch(address[],uint256[])": Role.ENFORCER,
        "forcedTransfer(address,address,uint256)": Role.ENFORCER,
        "recover(address)": Role.ENFORCER,
        "amortisePrincipal(uint256)": Role.SERVICER,
        "writeDown(uint96)": Role.SERVICER,
        "reverseWriteDown(uint256)": Role.SERVICER,
        "retireBalances(address[])": Role.TRANSFER_AGENT,
    },
    "Settlement": {
        f"allot({_ORDER}[],bytes[],{_PERMIT}[],{_APPROVAL},bytes)": Role.ISSUER,
        "setProceedsAccount(uint64,address)": Role.ENFORCER,
    },
    "Distribution": {
        f"declare({_PAYMENT})": Role.PAYER,
        "recordOffChain(address,uint16,bytes3,uint256,bytes32)": Role.PAYER,
        f"payElsewhere({_PAYMENT},address,address,bytes32)": Role.ENFORCER,
    },
    "AuditAnchors": {
        "anchor(uint64,bytes32)": Role.REGISTRAR,
    },
    "Servicing": {
        f"open(uint64,{_PROOF},bytes)": Role.REPORTER,
        "submit(uint64,uint32,bytes32,bytes32,bytes32)": Role.REPORTER,
        "confirm(uint64,uint32,bytes32,bytes,uint256[],uint256[])": Role.TRUSTEE,
        f"pay(uint64,uint32,uint8,{_PAYMENT})": Role.PAYER,
    },
    "DepositToken": {
        "setAccount(address,bool)": Role.BANK,
        "deposit(address,uint256,bytes32)": Role.BANK,
    },
    # OpenZeppelin's own: what changes roles. Its function table guards nothing of ours.
    "AccessManager": {
        "grantRole(uint64,address,uint32)": Role.ADMIN,
        "labelRole(uint64,string)": Role.ADMIN,
        "revokeRole(uint64,address)": Role.ADMIN,
        "setGrantDelay(uint64,uint32)": Role.ADMIN,
        "setRoleAdmin(uint64,uint64)": Role.ADMIN,
        "setRoleGuardian(uint64,uint64)": Role.ADMIN,
        "setTargetAdminDelay(address,uint32)": Role.ADMIN,
        "setTargetClosed(address,bool)": Role.ADMIN,
        "setTargetFunctionRole(address,bytes4[],uint64)": Role.ADMIN,
        "updateAuthority(address,address)": Role.ADMIN,
    },
}

# Functions that need a gatekeeper's signature besides the role: two keys, whatever the role's holder does.
SIGNED_BY_GATEKEEPER: dict[str, frozenset[str]] = {
    "SecurityToken": frozenset({f"mint(address[],uint256[],{_APPROVAL},bytes)"}),
    "Settlement": frozenset({f"allot({_ORDER}[],bytes[],{_PERMIT}[],{_APPROVAL},bytes)"}),
}
# Functions that another officer's act must have come before, each with which.
AFTER_ANOTHER: dict[str, dict[str, str]] = {
    "Servicing": {"confirm(uint64,uint32,bytes32,bytes,uint256[],uint256[])": "submitted"},
}
# Contracts that hold roles and let two keys together use them.
TWO_KEYS: frozenset[str] = frozenset({"Servicing"})

SELF = "SELF"  # the timelock itself, which calls itself when its own two officers say so
# The timelocks' functions, each with the name of the timelock's own role.
ROLE_OF_TIMELOCK_FUNCTION: dict[str, str] = {
    "schedule(address,uint256,bytes,bytes32,bytes32,uint256)": "PROPOSER_ROLE",
    "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)": "PROPOSER_ROLE",
    "cancel(bytes32)": "CANCELLER_ROLE",
    "execute(address,uint256,bytes,bytes32,bytes32)": "EXECUTOR_ROLE",
    "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)": "EXECUTOR_ROLE",
    "grantRole(bytes32,address)": "DEFAULT_ADMIN_ROLE",
    "revokeRole(bytes32,address)": "DEFAULT_ADMIN_ROLE",
    "updateDelay(uint256)": SELF,
}


class Open(NamedTuple):
    """A writing function that no role guards: who may use it, and how many people that takes."""

    who: str
    persons: int = 1


_OWN = Open("a holder, of his own")
_PERMITTED = Open("anyone, with the holder's signature")
_SPENDER = Open("a spender, within the holder's allowance")
_HARMLESS = Open("anyone: it changes nothing")

OPEN_FUNCTIONS: dict[str, dict[str, Open]] = {
    "Registry": {
        "noteIssue(uint64)": Open("the filing's own tokens, at their first mint", 0),
    },
    "TokenFactory": {},
    "SecurityToken": {
        "approve(address,uint256)": _OWN,
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)": _PERMITTED,
        "redeem(uint256)": _OWN,
        "transfer(address,uint256)": _OWN,
        "transferBatch(address[],uint256[])": _OWN,
        "transferFrom(address,address,uint256)": _SPENDER,
    },
    "Settlement": {
        f"settle({_TRADE},bytes,bytes,{_PERMIT},{_PERMIT})": Open("anyone, with both parties' signatures", 2),
        "cancelTrade(address,address,bytes32)": Open("either party"),
        "cancelOrder(bytes32)": Open("the investor, of his own"),
    },
    "Distribution": {
        f"claim({_PAYMENT},address)": Open("anyone: the payee alone receives"),
        f"push({_PAYMENT},address[])": Open("anyone: the payees alone receive"),
    },
    "AuditAnchors": {},
    "Servicing": {},
    "DepositToken": {
        "approve(address,uint256)": _OWN,
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)": _PERMITTED,
        "transfer(address,uint256)": _OWN,
        "transferFrom(address,address,uint256)": _SPENDER,
        "withdraw(uint256,bytes32)": _OWN,
    },
    "AccessManager": {
        "cancel(address,address,bytes)": Open("nobody: nothing is scheduled here", 0),
        "consumeScheduledOp(address,bytes)": Open("nobody: nothing is scheduled here", 0),
        "execute(address,bytes)": Open("holders of ADMIN, for what they may do themselves", 2),
        "multicall(bytes[])": Open("anyone, for what he may do call by call"),
        "renounceRole(uint64,address)": Open("a holder, of his own role"),
        "schedule(address,bytes,uint48)": Open("holders of ADMIN, for what they may do themselves", 2),
    },
    "TimelockController": {
        "onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)": _HARMLESS,
        "onERC1155Received(address,address,uint256,uint256,bytes)": _HARMLESS,
        "onERC721Received(address,address,uint256,bytes)": _HARMLESS,
        "renounceRole(bytes32,address)": Open("a holder, of his own role"),
    },
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
    "payer": Role.PAYER,
    "bank": Role.BANK,
    "reporter": Role.REPORTER,
    "trustee": Role.TRUSTEE,
}

# What contracts hold besides officers: part of the deployment -> roles. ISSUER: `Settlement.allot` is the way; PAYER:
# `Servicing.pay`.
ROLES_OF_PARTS: dict[str, tuple[Role, ...]] = {
    "enforcement": (Role.ENFORCER, Role.SERVICER),
    "factory": (Role.FACTORY,),
    "settlement": (Role.ISSUER,),
    "servicing": (Role.SERVICER, Role.PAYER),
    "administration": (Role.ADMIN,),
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


def chain_roles(officer_roles: Iterable[str]) -> list[Role]:
    """AccessManager roles of an officer with these role names, in ascending order."""
    return sorted({ROLE_OF_OFFICER[name] for name in officer_roles if name in ROLE_OF_OFFICER})
