"""P10: no single key can move a holder's tokens against the rules, change roles, resume what was stopped, or mint.

given a registry in use: holders, frozen and lost wallets, a suspended filing, a paused tranche, blocked investors,
allowances, a payment that waits, a deal whose periods close
    when one officer's key, or all keys of one side together, tries every function of every contract
        it should move no holder's token and take no holder's money
        it should mint nothing, freeze and release nothing
        it should close no period
        it should give nobody a role, and take none from another
        it should resume, unpause, unblock and list nothing

A side is all keys that one of two officers might hold: those who propose and carry out, or those who check. Whatever
succeeds stays done, so what one act opens the next ones may use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from eth.vm.message import Message

from abst.chain import artifacts, evm
from abst.chain.contracts import Contract
from abst.chain.powers import SIDES, members, writing_functions
from abst.chain.roles import TIMELOCK_OF_OFFICER, Role
from abst.chain.words import AssetKind, FilingStatus, InvestorRecord
from abst.deal.plan import terms_tuple
from abst.values import ZERO_HASH, Hash, hash_of
from contracts.closing import REPORT, Deal, proof
from contracts.money import (
    NO_PERMIT,
    Payment,
    declare,
    number,
    order,
    payment,
    permit,
    sign_order,
    sign_trade,
    take_date,
    trade,
)
from waterfall import MOST, PROGRAM
from world import (
    ADMIN_DELAY,
    EVIDENCE,
    GAS,
    GOOD,
    INVESTORS,
    MEZZANINE,
    OFFCHAIN,
    OFFICERS,
    SENIOR,
    Done,
    World,
    world,
)

COMPLIANCE = ("gatekeeper", "gatekeeper2", "trustee", "checker", "checker2", "admin_checker", "admin_checker2")
OPERATIONS = tuple(name for name in OFFICERS if name not in (*COMPLIANCE, "regulator", "bank"))
# Of two officers with the same roles the second can do what the first can: he comes with his whole side.
KEYS: dict[str, tuple[str, ...]] = {
    name: (name,) for name in (*OFFICERS, "deployer", "stranger") if not name.endswith("2")
}
# A key that comes with its whole side comes alone in `make prove`.
OF_A_SIDE = {name for name in (*OPERATIONS, *COMPLIANCE) if name in KEYS}
KEYS |= {"all operations": OPERATIONS, "all compliance": COMPLIANCE}
HOLDERS = (*INVESTORS, "dave_spare")
# What some keys are for, and should have been able to do.
WORTH = {
    "registrar": "Registry.recordFiling",
    "admitter": "Registry.admit",
    "agent": "Registry.announceRecordDate",
    "discloser": "Registry.publish",
    "regulator": "Registry.suspend",
    "payer": "Distribution.recordOffChain",
    "bank": "DepositToken.deposit",
    "reporter": "Servicing.submit",
    "maker": "TimelockController.schedule",
    "admin_maker2": "TimelockController.schedule",
    "stranger": "Distribution.claim",
}
FAR = 2**40 - 1
SUSPENDED = 2  # a filing that is suspended
PLAN = (SENIOR, MEZZANINE)  # of the suspended filing; one of the two is made
TOKEN = artifacts.load("SecurityToken").bytecode
PAUSED = 1  # a tranche of the first filing that is paused
# Events that no single key may bring about, with what excuses one.
FORBIDDEN: dict[str, Callable[[dict[str, Any]], bool]] = {
    "Minted": lambda args: True,
    "Redeemed": lambda args: args["amount"] != 0,
    "Retired": lambda args: True,
    "Recovered": lambda args: True,
    "ForcedTransfer": lambda args: True,
    "Frozen": lambda args: True,
    "Amortised": lambda args: True,
    "LockedUntil": lambda args: True,
    "PeriodClosed": lambda args: True,
    "PeriodPaid": lambda args: True,
    "FilingStatusChanged": lambda args: args["to"] == FilingStatus.EFFECTIVE,
    "PausedSet": lambda args: not args["paused"],
    "BlockedSet": lambda args: not args["isBlocked"],
    "SuccessorRecorded": lambda args: True,
    "AssetListed": lambda args: True,
    "ProceedsAccountSet": lambda args: True,
    "PaidElsewhere": lambda args: True,
    "Allotted": lambda args: True,
    "Traded": lambda args: True,
    "TrancheAttached": lambda args: args["filing"] in (1, SUSPENDED),
    "RoleGranted": lambda args: True,
    "RoleAdminChanged": lambda args: True,
    "RoleGuardianChanged": lambda args: True,
    "TargetClosed": lambda args: True,
    "TargetFunctionRoleUpdated": lambda args: True,
    "CallExecuted": lambda args: True,
    "MinDelayChange": lambda args: True,
}


@dataclass(frozen=True)
class Stage:
    """The world as the keys find it. `restore`: back to it."""

    world: World
    waiting: Payment
    restore: Callable[[], None]


@cache
def _stage() -> Stage:
    made = world()
    made.mint(made.senior, {"alice": 1_000, "bob": 500, "dave": 300})
    made.mint(made.mezzanine, {"alice": 1_000})
    made.freeze(made.senior, "alice", 400)
    made.enforce(made.settlement, "setProceedsAccount", 1, made["proceeds"])
    for token, amount in ((made.senior, 1_000), (made.cash, 5_000)):
        made.act("alice", token, "approve", made.settlement.address, amount)
    waiting = payment(made, take_date(made), 10_000)
    declare(made, waiting)
    made.enforce(made.registry, "recordSuccessor", made["dave"], made["dave_spare"])
    Deal(made).open()
    made.file(SUSPENDED, PLAN)
    made.create(SUSPENDED, PLAN, upto=1)
    made.act("regulator", made.registry, "suspend", SUSPENDED, EVIDENCE)
    made.act("agent", made.registry, "pause", 1, PAUSED)
    made.act("admitter", made.registry, "blockInvestors", [made["carol"]], EVIDENCE)
    return Stage(made, waiting, made.way_back())


@pytest.fixture
def stage() -> Stage:
    found = _stage()
    found.restore()
    return found


# ---- what the keys try


def investor_acts(at: World, me: str) -> dict[str, list[tuple[Any, ...]]]:
    """A holder's functions of a token, by one who holds none."""
    mine, alice, bob = at[me], at["alice"], at["bob"]
    forged = (alice, mine, 1_000, FAR, 27, bytes(32), bytes(32))
    return {
        "approve": [(mine, 1_000)],
        "permit": [forged],
        "transfer": [(bob, 0), (mine, 100)],
        "transferFrom": [(alice, mine, 100), (alice, bob, 100), (bob, alice, 100), (alice, bob, 0)],
    }


def token_acts(at: World, me: str) -> dict[str, list[tuple[Any, ...]]]:
    """SecurityToken's functions."""
    mine, alice, bob, dave = at[me], at["alice"], at["bob"], at["dave"]
    rows = [("alice", 100)]
    mints = []
    for gatekeeper in dict.fromkeys((me, "gatekeeper")):
        made, signature = at.approval(at.senior, rows, gatekeeper=gatekeeper, signer=me)
        mints.append((*at.allocated(rows), made.as_tuple(), signature))
    return investor_acts(at, me) | {
        "transferBatch": [([mine, bob], [100, 100])],
        "redeem": [(0,), (100,)],
        "mint": mints,
        "setFrozenTokens": [(alice, 0), (bob, 100)],
        "freezeBatch": [([alice, bob], [0, 100])],
        "forcedTransfer": [(alice, bob, 100), (alice, mine, 100)],
        "recover": [(dave,), (alice,)],
        "amortisePrincipal": [(1,), (1_800,)],
        "writeDown": [(1,)],
        "reverseWriteDown": [(0,)],
        "retireBalances": [([alice, bob, dave],)],
    }


def registry_acts(at: World, me: str) -> dict[str, list[tuple[Any, ...]]]:
    mine, alice, carol, dave = at[me], at["alice"], at["carol"], at["dave"]
    plan, facts = hash_of(b"plan"), GOOD.pack()
    return {
        "recordFiling": [(9, plan, 1, 0), (1, plan, 1, 0)],
        "recordStatus": [(SUSPENDED, to, EVIDENCE) for to in (FilingStatus.EFFECTIVE, FilingStatus.SUBMITTED)]
        + [(9, to, EVIDENCE) for to in (FilingStatus.EFFECTIVE, FilingStatus.SUPPLEMENT_REQUESTED)],
        "recordSupplement": [(9, plan, 2, EVIDENCE), (1, plan, 1, EVIDENCE)],
        "makeEffective": [(9, EVIDENCE), (SUSPENDED, EVIDENCE)],
        "suspend": [(1, EVIDENCE)],
        "resume": [(SUSPENDED, EVIDENCE), (1, EVIDENCE)],
        "pause": [(1, 0)],
        "unpause": [(1, PAUSED), (1, 0)],
        "attach": [(SUSPENDED, 1, mine), (9, 0, mine)],
        "noteIssue": [(1,), (SUSPENDED,)],
        "admit": [([(mine, facts, EVIDENCE)],), ([(carol, facts, EVIDENCE)],)],
        "renew": [([(carol, facts, EVIDENCE)],), ([(alice, facts, EVIDENCE)],)],
        "addWallet": [(alice, at["alice_new"], EVIDENCE), (carol, at["bob_new"], EVIDENCE)],
        "blockInvestors": [([at["bob"]], EVIDENCE)],
        "unblockInvestor": [(carol, EVIDENCE), (dave, EVIDENCE)],
        "recordSuccessor": [(alice, at["alice_new"]), (dave, at["bob_new"])],
        "openObligation": [(1, 7, at.now + 10**6, 0, 0)],
        "publish": [(1, 0, 7, EVIDENCE, EVIDENCE, "", 0), (1, 1, 1, ZERO_HASH, EVIDENCE, "", 0)],
        "locateDocuments": [(1, "https://example.org/")],
        "subscribe": [(1, at.senior.address), (1, at.settlement.address)],
        "unsubscribe": [(1, at.senior.address)],
        "announceRecordDate": [(1, at.now + 10)],
        "listAsset": [(at.factory.address, b"USD", AssetKind.E_MONEY, EVIDENCE)],
        "delistAsset": [(at.cash.address, EVIDENCE), (at.factory.address, EVIDENCE)],
    }


def money_acts(stage: Stage, me: str) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    """Settlement, distribution and deposits, with everything that one key can sign."""
    at, waiting = stage.world, stage.waiting
    mine, alice, bob = at[me], at["alice"], at["bob"]
    theft = trade(at, buyer=mine, price=1, deadline=FAR)
    filled = order(at, "alice", 100, 1, deadline=FAR)
    own = order(at, me, 100, 1, deadline=FAR)
    approval, signature = at.approval(at.senior, [("alice", 100)], gatekeeper=me)
    given = permit(at, at.cash, me, 1)
    allots = [
        ([made.as_tuple()], [sign_order(at, made, me)], [given], approval.as_tuple(), signature)
        for made in (filled, own)
    ]
    again = payment(at, 1, 5, ref=hash_of(b"again"))
    return {
        "Settlement": {
            "settle": [(theft.as_tuple(), *[sign_trade(at, theft, me)] * 2, NO_PERMIT, NO_PERMIT)],
            "allot": allots,
            "cancelTrade": [(alice, bob, number(5)), (mine, bob, number(5))],
            "cancelOrder": [(number(5),)],
            "setProceedsAccount": [(1, mine)],
        },
        "Distribution": {
            "declare": [(again,)],
            "recordOffChain": [(at.senior.address, 1, b"CNY", 5, EVIDENCE)],
            "claim": [(waiting, alice), (waiting, mine), (waiting, at["carol"])],
            "push": [(waiting, [bob, at["dave"], mine])],
            "payElsewhere": [(waiting, bob, mine, EVIDENCE)],
        },
        "DepositToken": investor_acts(at, me)
        | {
            "setAccount": [(mine, True), (alice, False)],
            "deposit": [(mine, 5, at.operation())],
            "withdraw": [(0, EVIDENCE), (5, EVIDENCE)],
        },
    }


def servicing_acts(stage: Stage, me: str) -> dict[str, list[tuple[Any, ...]]]:
    """One key submits a period that pays everything back, and would close it alone; the state is the first one."""
    at, figures = stage.world, (MOST, 0, 0)
    deal = Deal(at, state=(0,) * 10)
    made = deal.closing(figures)
    return {
        "open": [(SUSPENDED, proof(PLAN), PROGRAM), (1, proof(), PROGRAM)],
        "submit": [(1, 1, made.inputs_hash, REPORT, made.result), (1, 2, EVIDENCE, REPORT, EVIDENCE)],
        "confirm": [deal.confirmation(figures)],
        "pay": [(1, period, 0, stage.waiting) for period in (0, 1)],
    }


def powers_wanted(at: World, me: str) -> list[tuple[Contract, bytes]]:
    """Acts of power that a timelock, or the manager, might be made to carry out."""
    mine, manager = at[me], at.contracts.manager
    return [
        (at.senior, at.senior.encode("forcedTransfer", at["alice"], at["bob"], 100)),
        (at.senior, at.senior.encode("setFrozenTokens", at["alice"], 0)),
        (at.registry, at.registry.encode("resume", SUSPENDED, EVIDENCE)),
        (at.registry, at.registry.encode("unpause", 1, PAUSED)),
        (manager, manager.encode("grantRole", Role.ISSUER, mine, 0)),
        (manager, manager.encode("grantRole", Role.ADMIN, mine, 0)),
    ]


def timelock_acts(at: World, me: str, lock: Contract) -> dict[str, list[tuple[Any, ...]]]:
    """Scheduling and executing acts of power, the lock's own administration, and its tokens' receivers."""
    mine, wanted = at[me], powers_wanted(at, me)
    salt: Hash = hash_of(b"one key")
    delay = lock.read("getMinDelay")
    grants = [(lock, lock.encode("grantRole", lock.read("EXECUTOR_ROLE"), mine)), (lock, lock.encode("updateDelay", 0))]
    calls = [(contract.address, 0, data, ZERO_HASH, salt) for contract, data in [*wanted, *grants]]
    lists = [[call[place] for call in calls] for place in range(3)]
    return {
        "schedule": [(*call, delay) for call in calls],
        "scheduleBatch": [(*lists, ZERO_HASH, salt, delay)],
        "execute": list(calls),
        "executeBatch": [(*lists, ZERO_HASH, salt)],
        "cancel": [(ZERO_HASH,)],
        "grantRole": [(lock.read(side), mine) for side in SIDES],
        "revokeRole": [(lock.read("EXECUTOR_ROLE"), at["checker"]), (lock.read("PROPOSER_ROLE"), at["maker"])],
        "renounceRole": [(lock.read("PROPOSER_ROLE"), at["maker2" if me != "maker2" else "maker"])],
        "updateDelay": [(0,)],
        "onERC721Received": [(mine, mine, 1, b"")],
        "onERC1155Received": [(mine, mine, 1, 1, b"")],
        "onERC1155BatchReceived": [(mine, mine, [1], [1], b"")],
    }


def manager_acts(at: World, me: str) -> dict[str, list[tuple[Any, ...]]]:
    mine, manager, wanted = at[me], at.contracts.manager, powers_wanted(at, me)
    grants = [(role, mine, 0) for role in (Role.ADMIN, Role.ENFORCER, Role.ISSUER)]
    mint = at.senior.codec.function("mint", 4).selector
    return {
        "grantRole": grants,
        "revokeRole": [(Role.ENFORCER, at.contracts.enforcement.address), (Role.GATEKEEPER, at["gatekeeper"])],
        "renounceRole": [(Role.REGULATOR, at["regulator" if me != "regulator" else "agent"])],
        "labelRole": [(Role.ISSUER, "mine")],
        "setRoleAdmin": [(Role.ISSUER, Role.REGISTRAR)],
        "setRoleGuardian": [(Role.ISSUER, Role.REGISTRAR)],
        "setGrantDelay": [(Role.ISSUER, 0)],
        "setTargetAdminDelay": [(at.senior.address, 0)],
        "setTargetClosed": [(at.registry.address, True)],
        "setTargetFunctionRole": [(at.senior.address, [mint], 2**64 - 1)],
        "updateAuthority": [(at.senior.address, mine)],
        "execute": [(contract.address, data) for contract, data in wanted],
        "schedule": [(contract.address, data, 0) for contract, data in wanted],
        "cancel": [(mine, at.senior.address, wanted[0][1])],
        "consumeScheduledOp": [(mine, wanted[0][1])],
        "multicall": [([manager.encode("grantRole", *grant)],) for grant in grants],
    }


def attempts(stage: Stage, me: str) -> Iterator[tuple[Contract, str, tuple[Any, ...]]]:
    """Contract, function and arguments of everything that one key tries."""
    at, money = stage.world, money_acts(stage, me)
    tables: list[tuple[Contract, dict[str, list[tuple[Any, ...]]]]] = [
        (at.registry, registry_acts(at, me)),
        (at.factory, {"create": [(SUSPENDED, TOKEN, [terms_tuple(one) for one in PLAN], OFFCHAIN, 2)]}),
        (at.senior, token_acts(at, me)),
        (at.settlement, money["Settlement"]),
        (at.distribution, money["Distribution"]),
        (at.contracts.anchors, {"anchor": [(0, EVIDENCE), (1, EVIDENCE), (1, ZERO_HASH)]}),
        (at.contracts.servicing, servicing_acts(stage, me)),
        (at.cash, money["DepositToken"]),
        (at.contracts.manager, manager_acts(at, me)),
        (at.contracts.enforcement, timelock_acts(at, me, at.contracts.enforcement)),
        (at.contracts.administration, timelock_acts(at, me, at.contracts.administration)),
    ]
    for contract, table in tables:
        assert {signature.split("(")[0] for signature in writing_functions(contract)} == set(table), contract.name
        for function, calls in table.items():
            for arguments in calls:
                yield contract, function, arguments


# ---- what must not have happened


def state(at: World) -> dict[str, Any]:
    """What holders have, and what stands stopped."""
    tokens = [at.token(tranche) for tranche in range(4)] + [at.token(0, filing=SUSPENDED)]
    found: dict[str, Any] = {}
    for token in tokens:
        views: list[tuple[Any, ...]] = [("holdingOf", at[name]) for name in HOLDERS]
        views += [(view,) for view in ("totalSupply", "minted", "holders")]
        found[token.address] = at.read_many(token, views)
        found[token.address + " owed"] = token.read("amortisation")
    found["successor"] = at.registry.read("successorOf", at["dave"])
    found["proceeds"] = at.settlement.read("proceedsAccountOf", 1)
    found["listed"] = [at.registry.read("assetOf", token.address) for token in (at.factory, at.senior)]
    return found


def still_stopped(at: World) -> None:
    """What was stopped before the keys came."""
    assert at.filing(SUSPENDED).status == FilingStatus.SUSPENDED
    assert at.filing().is_paused(PAUSED)
    for name in ("carol", "bella_blocked"):
        assert InvestorRecord.unpack(at.registry.read("investorOf", at[name])).blocked, name
    assert InvestorRecord.unpack(at.registry.read("investorOf", at["dave"])).lost


def money_of_holders(at: World) -> dict[str, int]:
    names = {"distribution": at.distribution.address, **{name: at[name] for name in HOLDERS}}
    return {name: at.cash.read("balanceOf", where) for name, where in names.items()}


def roles(at: World) -> set[tuple[str, int, str]]:
    """Contract, role and member."""
    contracts = (at.contracts.manager, at.contracts.enforcement, at.contracts.administration)
    return {
        (contract.address, role, member)
        for contract in contracts
        for role, accounts in members(contract, at.deployment.block).items()
        for member in accounts
    }


def look_at(at: World, done: Done, act: str) -> None:
    """No event that takes two keys."""
    tokens = {at.senior.address, at.mezzanine.address}
    for event in done.events:
        if event.name == "Transfer" and event.address in tokens:
            assert event.args["value"] == 0, f"{act}: {event}"
        elif event.name in FORBIDDEN:
            assert not FORBIDDEN[event.name](event.args), f"{act}: {event}"


def try_everything(stage: Stage, me: str) -> set[str]:
    """Every attempt of one key, sent where the chain would take it; which functions it could use."""
    at, used = stage.world, set()
    trial = Trial(at)
    for contract, function, arguments in attempts(stage, me):
        data = contract.encode(function, *arguments)
        if trial.would_pass(me, contract, data):
            done = at.act_raw(me, contract.address, data)
            look_at(at, done, f"{me}: {contract.name}.{function}")
            used.add(f"{contract.name}.{function}")
            trial = Trial(at)
    return used


class Trial:
    """Calls on one state, each taken back: most attempts are refused, and this is the quicker way to know."""

    def __init__(self, at: World) -> None:
        self.at, self.header = at, at.chain.chain.header
        self.state = at.chain.chain.get_vm(self.header).state

    def would_pass(self, me: str, contract: Contract, data: bytes) -> bool:
        state, sender, to = self.state, evm.account(self.at[me]), evm.account(contract.address)
        before = state.snapshot()
        message = Message(gas=GAS, to=to, sender=sender, value=0, data=data, code=state.get_code(to))
        context = state.get_transaction_context_class()(gas_price=0, origin=sender)
        result = state.computation_class.apply_message(state, message, context)
        state.revert(before)
        return not result.is_error


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(keys, id=name, marks=[pytest.mark.prove] if name in OF_A_SIDE else [])
        for name, keys in KEYS.items()
    ],
)
def test_P10_no_single_key_moves_mints_resumes_or_changes_roles(stage: Stage, keys: tuple[str, ...]) -> None:
    """P10 No single key can move a holder's tokens against the rules, change roles, resume what was stopped, mint."""
    at = stage.world
    before, money, held = state(at), money_of_holders(at), roles(at)
    used = set.union(*(try_everything(stage, me) for me in keys))
    assert {WORTH[me] for me in keys if me in WORTH} <= used  # the attempts are good ones
    at.warp(ADMIN_DELAY)  # what was scheduled is ripe now
    for me in keys:
        if OFFICERS.get(me) in TIMELOCK_OF_OFFICER:
            try_everything(stage, me)
    assert state(at) == before
    still_stopped(at)
    assert roles(at) == held
    after = money_of_holders(at)
    assert [name for name in HOLDERS if after[name] < money[name]] == []
    assert sum(after.values()) == sum(money.values())


def test_P10_two_keys_of_two_sides_can(stage: Stage) -> None:
    """The same acts pass with one key of each side: what is refused above is refused for lack of the second."""
    at = stage.world
    at.enforce(at.registry, "resume", SUSPENDED, EVIDENCE)
    at.enforce(at.registry, "unpause", 1, PAUSED)
    at.enforce(at.senior, "forcedTransfer", at["alice"], at["bob"], 100)
    at.enforce(at.registry, "unblockInvestor", at["carol"], EVIDENCE)
    at.mint(at.senior, {"alice": 100})
    at.administer(at.contracts.manager, "grantRole", Role.ISSUER, at["stranger"], 0)
    assert at.contracts.manager.read("hasRole", Role.ISSUER, at["stranger"]) == (True, 0)
