"""Gas of every act, exactly: whole transactions on one EVM, beside OpenZeppelin's plain ERC-20 in the same set-up.

`measure` gives the table; `docs/gas.json` holds it in git, and a test fails when they differ.
"""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from abst.bench import money, servicing
from abst.bench.senders import key
from abst.bench.stage import (
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
from abst.chain import artifacts
from abst.chain.contracts import Contract
from abst.chain.reasons import BY_NAME
from abst.chain.roles import Role

URI = "ipfs://" + "b" * 59
PLAIN_SOURCE = {"PlainToken": "contracts/yardstick/PlainToken.sol"}


def measure(plain_code: bytes) -> dict[str, int]:
    """Act -> gas. plain_code: creation code of OpenZeppelin's ERC-20, compiled for the bench alone."""
    found = {"deploy all, with the first token": _first_token()}
    stage = raise_stage()
    found["deploy all, before the first token"] = stage.deploy_gas
    found["three tranches in one transaction"] = file_and_create(stage)
    give_gas(stage, ["alice", "bob", "carol", "spender", "enforcer"])
    found |= _plain(stage, plain_code)
    found |= _admissions(stage)
    found |= _mints(stage)
    found |= _transfers(stage)
    found |= _refusals(stage)
    found |= _record_dates(stage)
    found |= _disclosures(stage)
    found |= _enforcement(stage, found["second wallet of an investor"])
    return found | money.measure(plain_code) | servicing.measure()


def _first_token() -> int:
    """Everything from nothing until a filing of one tranche has its token."""
    stage = raise_stage()
    file_and_create(stage, tranches=1)
    return stage.deploy_gas + stage.spent


def _plain(stage: Stage, code: bytes) -> dict[str, int]:
    holders = [key(name).address for name in ("alice", "bob")]
    created = stage.send("maker-1", None, code + encode(["address[]", "uint256"], [holders, 10**9]))
    assert created.contract_address is not None
    # ERC-20's own functions have the same call data in every token.
    token = Contract("SecurityToken", created.contract_address, stage.chain)
    mint = keccak(text="mint(address,uint256)")[:4] + encode(["address", "uint256"], [key("carol").address, LOT])
    alice, bob = (key(name).address for name in ("alice", "bob"))
    found = {
        "plain ERC-20: deploy all, with the first token": created.gas_used,
        "plain ERC-20: transfer, both holding": stage.act("alice", token, "transfer", bob, LOT),
        "plain ERC-20: transfer to a new holder": stage.act("alice", token, "transfer", key("dave").address, LOT),
        "plain ERC-20: mint, new holder": stage.send("maker-1", token.address, mint).gas_used,
    }
    stage.act("alice", token, "approve", key("spender").address, 10 * LOT)
    by_allowance = stage.act("spender", token, "transferFrom", alice, bob, LOT)
    return found | {"plain ERC-20: transfer by allowance": by_allowance}


def _admissions(stage: Stage) -> dict[str, int]:
    stage.admit(["bob", "carol", "dave", "erin", "expired", "poor"])  # the very first sets the count of wallets
    found = {"admit one": stage.admit(["alice"])}
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
    found: dict[str, int] = {}
    for reason, (to, amount) in tries.items():
        arguments: tuple[Any, ...] = (key(to).address, amount)
        assert token.read("reasonAgainst", key("alice").address, *arguments) == BY_NAME[reason].number
        found[reason] = stage.refused("alice", token, "transfer", *arguments)
    return {"refused, any reason": max(found.values()), "refused, receiver unknown": found["ReceiverUnknown"]}


def _record_dates(stage: Stage) -> dict[str, int]:
    """A record date announced for the present second is taken at once."""
    registry, token = stage.contracts.registry, stage.tokens[0]
    found = {"record date": stage.act("maker-1", registry, "announceRecordDate", FILING, SECOND + 1)}
    stage.chain.warp(1)
    found["first transfer after a record date, both sides"] = stage.act(
        "alice", token, "transfer", key("bob").address, LOT
    )
    return found


def _disclosures(stage: Stage) -> dict[str, int]:
    """Documents stand at the filing's base followed by their hash, or at an address of their own."""
    registry = stage.contracts.registry
    opened = (FILING, 3, SECOND + 86_400, 3_600, 0)
    found = {"open an obligation": stage.act("maker-1", registry, "openObligation", *opened)}
    located = stage.act("maker-1", registry, "locateDocuments", FILING, "https://documents.example/filing-1/")
    found["locate the documents"] = located

    def publish(name: str, version: str, uri: str = "") -> int:
        row = (FILING, 0, 2, "0x" + name.encode().ljust(32, b"\0").hex(), salt(version), uri, 0)
        return stage.act("maker-1", registry, "publish", *row)

    found["publish a document, the first time"] = publish("trustee report", "one")
    found["publish a document, again"] = publish("trustee report", "two")
    found["publish a document at an address of its own, the first time"] = publish("prospectus", "one", URI)
    found["publish a document at an address of its own, again"] = publish("prospectus", "two", URI)
    board = artifacts.load("NoticeBoard").bytecode + encode(["address", "uint256"], [registry.address, 0])
    found["subscribe"] = stage.act("maker-1", registry, "subscribe", FILING, stage.create(board))
    publish("trustee report", "three")  # the first notice of a board
    found["publish a document, again, to 1 subscriber"] = publish("trustee report", "four")
    for _ in range(7):
        stage.act("maker-1", registry, "subscribe", FILING, stage.create(board))
    publish("trustee report", "five")
    found["publish a document, again, to 8 subscribers"] = publish("trustee report", "six")
    return found


def _enforcement(stage: Stage, second_wallet: int) -> dict[str, int]:
    token, registry = stage.tokens[0], stage.contracts.registry
    alice, bob, carol, second = (key(name).address for name in ("alice", "bob", "carol", "carol-2"))
    give_role(stage, "enforcer", Role.ENFORCER)
    found = {"freeze, the act": stage.act("enforcer", token, "setFrozenTokens", alice, LOT)}
    found["freeze, by two officers"] = stage.power("freeze", token, "setFrozenTokens", bob, LOT)
    frozen = [key(name).address for name in HUNDRED]
    found["freeze 100, each"] = stage.act("enforcer", token, "freezeBatch", frozen, [LOT] * 100) // 100
    found["forced transfer, the act"] = stage.act("enforcer", token, "forcedTransfer", alice, bob, LOT)
    found["forced transfer, by two officers"] = stage.power("force", token, "forcedTransfer", alice, bob, LOT)
    stage.mint([("carol", LOT)], "carol")
    successor = stage.act("enforcer", registry, "recordSuccessor", carol, second)
    found["recover, the act"] = stage.act("enforcer", token, "recover", carol)
    found["recover, with the new wallet"] = second_wallet + successor + found["recover, the act"]
    found["suspend, one key"] = stage.act("regulator", registry, "suspend", FILING, salt("order"))
    found["resume, by two officers"] = stage.power("resume", registry, "resume", FILING, salt("lifted"))
    found["pause, one key"] = stage.act("maker-1", registry, "pause", FILING, 0)
    return found
