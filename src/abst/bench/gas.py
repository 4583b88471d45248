"""Gas of every act, exactly: whole transactions on one EVM, beside OpenZeppelin's plain ERC-20 in the same set-up.

`measure` gives the table; `docs/gas.json` holds it in git, and a test fails when they differ.
"""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from abst.bench.stage import FILING, SECOND, Stage, file_and_create, give_enforcer, give_gas, key, raise_stage, salt
from abst.chain.contracts import Contract
from abst.chain.reasons import BY_NAME

LOT = 10_000
HUNDRED = tuple(f"holder-{number}" for number in range(100))
NEWCOMERS = tuple(f"newcomer-{number}" for number in range(100))
PLAIN_SOURCE = {"PlainToken": "contracts/yardstick/PlainToken.sol"}


def measure(plain_code: bytes) -> dict[str, int]:
    """Act -> gas. plain_code: creation code of OpenZeppelin's ERC-20, compiled for the bench alone."""
    stage = raise_stage()
    found = {"deploy all, before the first token": stage.deploy_gas}
    found["three tranches in one transaction"] = file_and_create(stage)
    give_gas(stage, ["alice", "bob", "carol", "spender", "enforcer"])
    found |= _plain(stage, plain_code)
    found |= _admissions(stage)
    found |= _mints(stage)
    found |= _transfers(stage)
    found |= _refusals(stage)
    found |= _record_dates(stage)
    found |= _enforcement(stage)
    return found


def _plain(stage: Stage, code: bytes) -> dict[str, int]:
    holders = [key(name).address for name in ("alice", "bob")]
    created = stage.send("maker-1", None, code + encode(["address[]", "uint256"], [holders, 10**9]))
    assert created.contract_address is not None
    # ERC-20's own functions have the same call data in every token.
    token = Contract("SecurityToken", created.contract_address, stage.chain)
    mint = keccak(text="mint(address,uint256)")[:4] + encode(["address", "uint256"], [key("carol").address, LOT])
    return {
        "plain ERC-20: transfer, both holding": stage.act("alice", token, "transfer", key("bob").address, LOT),
        "plain ERC-20: transfer to a new holder": stage.act("alice", token, "transfer", key("dave").address, LOT),
        "plain ERC-20: mint, new holder": stage.send("maker-1", token.address, mint).gas_used,
    }


def _admissions(stage: Stage) -> dict[str, int]:
    found = {"admit one": stage.admit(["alice"])}
    stage.admit(["bob", "carol", "dave", "erin", "expired", "poor"])
    found["admit 100, each"] = stage.admit(HUNDRED) // 100
    stage.admit(NEWCOMERS)
    registry = stage.contracts.registry
    found["renew one"] = stage.act("maker-1", registry, "renew", [stage.admission("poor", capacity=1)])
    stage.act("maker-1", registry, "renew", [stage.admission("expired", evidence_until=SECOND - 1)])
    known, wallet = key("carol").address, key("carol-2").address
    found["second wallet of an investor"] = stage.act("maker-1", registry, "addWallet", known, wallet, salt("second"))
    found["block one investor"] = stage.act("maker-1", registry, "blockInvestors", [key("erin").address], salt("block"))
    return found


def _mints(stage: Stage) -> dict[str, int]:
    stage.mint([("bob", 1_000 * LOT)], "first of the filing")
    stage.mint([(name, 100 * LOT) for name in HUNDRED], "hundred")
    return {
        "mint one, approved, new holder": stage.mint([("alice", 10_000 * LOT)], "single"),
        "mint to 100 new, approval included, each": stage.mint([(n, 100 * LOT) for n in NEWCOMERS], "new") // 100,
    }


def _transfers(stage: Stage) -> dict[str, int]:
    token = stage.tokens[0]
    found = {"transfer, both holding, every rule": stage.act("alice", token, "transfer", key("bob").address, LOT)}
    found["transfer to a new, eligible holder"] = stage.act("alice", token, "transfer", key("dave").address, LOT)
    stage.act("alice", token, "approve", key("spender").address, 10 * LOT)
    found["transfer by allowance"] = stage.act(
        "spender", token, "transferFrom", key("alice").address, key("bob").address, LOT
    )
    to = [key(name).address for name in HUNDRED]
    found["transfer to 100 holders, each"] = stage.act("alice", token, "transferBatch", to, [LOT] * 100) // 100
    found["redeem"] = stage.act("alice", token, "redeem", LOT)
    return found


def _refusals(stage: Stage) -> dict[str, int]:
    """The dearest refusal, over receivers and amounts that break different rules."""
    token = stage.tokens[0]
    tries: dict[str, tuple[str, int]] = {
        "ReceiverUnknown": ("stranger", LOT),
        "ReceiverBlocked": ("erin", LOT),
        "EvidenceExpired": ("expired", LOT),
        "RiskAboveCapacity": ("poor", LOT),
        "NotALot": ("bob", LOT + 1),
        "InsufficientBalance": ("bob", 100_000 * LOT),
    }
    dearest = 0
    for reason, (to, amount) in tries.items():
        arguments: tuple[Any, ...] = (key(to).address, amount)
        assert token.read("reasonAgainst", key("alice").address, *arguments) == BY_NAME[reason].number
        dearest = max(dearest, stage.refused("alice", token, "transfer", *arguments))
    return {"refused, any reason": dearest}


def _record_dates(stage: Stage) -> dict[str, int]:
    """A record date announced for the present second is taken at once."""
    registry, token = stage.contracts.registry, stage.tokens[0]
    found = {"record date": stage.act("maker-1", registry, "announceRecordDate", FILING, SECOND + 1)}
    stage.chain.warp(1)
    found["first transfer after a record date, both sides"] = stage.act(
        "alice", token, "transfer", key("bob").address, LOT
    )
    arguments = (FILING, 0, salt("name"), 2, salt("document"), "ipfs://" + "b" * 59, 0)
    found["publish a document"] = stage.act("maker-1", registry, "publish", *arguments)
    opened = (FILING, 3, SECOND + 86_400, 3_600, 0)
    found["open an obligation"] = stage.act("maker-1", registry, "openObligation", *opened)
    return found


def _enforcement(stage: Stage) -> dict[str, int]:
    token, registry = stage.tokens[0], stage.contracts.registry
    alice, bob, carol, second = (key(name).address for name in ("alice", "bob", "carol", "carol-2"))
    give_enforcer(stage, "enforcer")
    found = {"freeze, the act": stage.act("enforcer", token, "setFrozenTokens", alice, LOT)}
    found["freeze, by two officers"] = stage.power("freeze", token, "setFrozenTokens", bob, LOT)
    found["forced transfer, the act"] = stage.act("enforcer", token, "forcedTransfer", alice, bob, LOT)
    found["forced transfer, by two officers"] = stage.power("force", token, "forcedTransfer", alice, bob, LOT)
    stage.mint([("carol", LOT)], "carol")
    stage.power("successor", registry, "recordSuccessor", carol, second)
    found["recover, the act"] = stage.act("enforcer", token, "recover", carol)
    found["suspend, one key"] = stage.act("regulator", registry, "suspend", FILING, salt("order"))
    found["resume, by two officers"] = stage.power("resume", registry, "resume", FILING, salt("lifted"))
    found["pause, one key"] = stage.act("maker-1", registry, "pause", FILING, 0)
    return found
