"""Who may do what: roles, two timelocks, and nobody else.

given a guarded function
    when anyone without its role calls it
        it should be refused, whoever it is, and whatever the manager's own function table says
given the enforcement timelock
    when a maker schedules and a checker executes
        it should be done once, exactly as scheduled
    when a maker executes, a checker schedules, or one officer does both
        it should be refused
given the administration timelock
    when its delay has not passed
        it should refuse; its acts alone change roles
given the deployer
    it should hold nothing
"""

from __future__ import annotations

from typing import Any

import pytest

from abst.chain import timelock
from abst.chain.api import Reverted
from abst.chain.contracts import Contract, codec
from abst.chain.deploy import check_deployment
from abst.chain.powers import EMPTY
from abst.chain.reasons import Revert, explain
from abst.chain.roles import ROLE_OF_FUNCTION, ROLE_OF_OFFICER, ROLES_OF_PARTS, Role
from abst.values import ZERO_ADDRESS, ZERO_HASH, Address, Hash
from world import ADMIN_DELAY, EVIDENCE, FILING, OFFICERS, World, refusal

OURS = [name for name in ROLE_OF_FUNCTION if name != "AccessManager"]
FUNCTIONS = [(contract, fn) for contract in OURS for fn in ROLE_OF_FUNCTION[contract]]
PARTS = {role: [part for part, roles in ROLES_OF_PARTS.items() if role in roles] for role in Role}


def contract_of(world: World, name: str) -> Contract:
    if name == "SecurityToken":
        return world.senior
    (found,) = [contract for contract in world.contracts.governed() if contract.name == name]
    return found


def holders(world: World, role: Role) -> set[Address]:
    """Who holds a role, officers and contracts."""
    officers = {world[name] for name, title in OFFICERS.items() if ROLE_OF_OFFICER.get(title) == role}
    return officers | {getattr(world.contracts, part).address for part in PARTS[role]}


def role_asked(contract: Contract, fn: str, caller: Address) -> str | None:
    """The role for lack of which a caller is refused; None when it is for anything else, or not at all."""
    try:
        contract.chain.call(contract.address, codec(contract.name).functions[fn].selector + EMPTY, caller)
    except Reverted as no:
        why = explain(no.data)
        assert why.name != "RoleNeeded" or why.args["account"] == caller
        return why.args["role"] if why.name == "RoleNeeded" else None
    return None


@pytest.mark.parametrize(("name", "fn"), FUNCTIONS, ids=[f"{c}.{f.split('(')[0]}" for c, f in FUNCTIONS])
def test_P10_a_guarded_function_opens_to_its_role_alone(world: World, name: str, fn: str) -> None:
    """Nobody but the holders of its role passes: no officer of another role, timelock, deployer, investor, stranger."""
    contract, role = contract_of(world, name), ROLE_OF_FUNCTION[name][fn]
    inside = holders(world, role)
    parts = {contract.address for contract in world.contracts.all()}
    outside = {world[name] for name in (*OFFICERS, "deployer", "alice", "stranger")} | parts
    assert inside
    assert {caller for caller in inside if role_asked(contract, fn, caller)} == set()
    asked = {role_asked(contract, fn, caller) for caller in outside - inside}
    assert asked == {role.name}


def test_a_refused_officer_changes_nothing(world: World) -> None:
    """A transaction without the role is mined and reverts."""
    why = world.refused("agent", world.registry, "suspend", FILING, EVIDENCE)
    assert (why.name, why.args) == ("RoleNeeded", {"account": world["agent"], "role": "REGULATOR"})
    assert world.filing().status.name == "EFFECTIVE"


@pytest.mark.parametrize("name", OURS)
def test_P10_the_authority_is_for_good(world: World, name: str) -> None:
    """A contract obeys the manager it was made with, and knows no way to change that, nor an owner, nor an upgrade."""
    assert contract_of(world, name).read("authority") == world.contracts.manager.address
    words = ("setAuthority", "transferOwnership", "upgrade", "pause()", "initialize", "setRegistry")
    assert not [fn for fn in codec(name).functions if fn.startswith(words)]


@pytest.mark.parametrize("name", OURS)
def test_P10_the_managers_function_table_opens_nothing(world: World, name: str) -> None:
    """Whatever the administration writes into the manager's own table, contracts ask for the roles in their code."""
    contract, manager = contract_of(world, name), world.contracts.manager
    selectors = [codec(name).functions[fn].selector for fn in ROLE_OF_FUNCTION[name]]
    world.administer(manager, "setTargetFunctionRole", contract.address, selectors, 2**64 - 1)
    world.administer(manager, "setTargetClosed", contract.address, True)
    for fn, role in ROLE_OF_FUNCTION[name].items():
        assert role_asked(contract, fn, world["stranger"]) == role.name
        through = manager.encode("execute", contract.address, codec(name).functions[fn].selector + EMPTY)
        assert world.why("stranger", manager.address, through).name in ("RoleNeeded", "AccessManagerUnauthorizedCall")
        assert {role_asked(contract, fn, holder) for holder in holders(world, role)} == {None}


# ---- enforcement: two officers


def freeze(world: World, amount: int = 500) -> bytes:
    return world.senior.encode("setFrozenTokens", world["alice"], amount)


def schedule(world: World, who: str, data: bytes, operation: Hash, which: str = "enforcement", delay: int = 0) -> None:
    world.act_raw(who, *timelock.schedule(world.contracts, which, world.senior.address, data, operation, delay))


def execute(world: World, who: str, data: bytes, operation: Hash, which: str = "enforcement") -> None:
    world.act_raw(who, *timelock.execute(world.contracts, which, world.senior.address, data, operation))


def test_two_officers_act_together(held: World) -> None:
    """What one of the makers scheduled one of the checkers executes, at once."""
    operation = held.operation()
    schedule(held, "maker2", freeze(held), operation)
    state = timelock.state(held.contracts, "enforcement", held.senior.address, freeze(held), operation)
    assert state == timelock.State.READY
    execute(held, "checker2", freeze(held), operation)
    assert held.holding(held.senior, "alice").frozen == 500


@pytest.mark.parametrize("who", ["maker", "maker2", "issuer", "admin_checker", "deployer", "stranger"])
def test_a_maker_cannot_execute(held: World, who: str) -> None:
    """Neither the maker himself, nor another maker, nor anyone but a checker executes."""
    operation = held.operation()
    schedule(held, "maker", freeze(held), operation)
    assert refusal(lambda: execute(held, who, freeze(held), operation)).name == "AccessControlUnauthorizedAccount"
    assert held.holding(held.senior, "alice").frozen == 0


@pytest.mark.parametrize("who", ["checker", "checker2", "admin_maker", "gatekeeper", "deployer", "stranger"])
def test_a_checker_cannot_schedule(held: World, who: str) -> None:
    """Nobody but a maker schedules."""
    why = refusal(lambda: schedule(held, who, freeze(held), held.operation()))
    assert why.name == "AccessControlUnauthorizedAccount"


def test_nothing_runs_unscheduled_or_twice(held: World) -> None:
    """A checker executes only what was scheduled, exactly that, and once; the same operation is not scheduled again."""
    operation = held.operation()

    def try_it(amount: int, of: Hash) -> Revert:
        return refusal(lambda: execute(held, "checker", freeze(held, amount), of))

    assert try_it(500, operation).name == "TimelockUnexpectedOperationState"
    schedule(held, "maker", freeze(held), operation)
    assert try_it(501, operation).name == "TimelockUnexpectedOperationState"
    assert try_it(500, held.operation()).name == "TimelockUnexpectedOperationState"
    execute(held, "checker", freeze(held), operation)
    assert try_it(500, operation).name == "TimelockUnexpectedOperationState"
    again = refusal(lambda: schedule(held, "maker", freeze(held), operation))
    assert again.name == "TimelockUnexpectedOperationState"


def test_a_maker_withdraws_what_waits(held: World) -> None:
    """A maker cancels what waits, a checker does not; afterwards it cannot be executed."""
    operation = held.operation()
    schedule(held, "maker", freeze(held), operation)
    cancel = timelock.cancel(held.contracts, "enforcement", held.senior.address, freeze(held), operation)
    assert refusal(lambda: held.act_raw("checker", *cancel)).name == "AccessControlUnauthorizedAccount"
    held.act_raw("maker2", *cancel)
    why = refusal(lambda: execute(held, "checker", freeze(held), operation))
    assert why.name == "TimelockUnexpectedOperationState"


def test_a_refusal_comes_through_the_timelock(held: World) -> None:
    """The reason a contract gives reaches the checker, and the operation can be executed when the cause is gone."""
    held.act("admitter", held.registry, "blockInvestors", [held["bob"]], EVIDENCE)
    data, operation = held.senior.encode("forcedTransfer", held["alice"], held["bob"], 100), held.operation()
    schedule(held, "maker", data, operation)
    assert refusal(lambda: execute(held, "checker", data, operation)).args["reason"] == "ReceiverBlocked"
    held.enforce(held.registry, "unblockInvestor", held["bob"], EVIDENCE)
    execute(held, "checker", data, operation)
    assert held.balance(held.senior, "bob") == 600


def test_P10_stopping_takes_one_key_restarting_two(world: World) -> None:
    """One officer suspends, pauses and blocks; not one of them resumes, releases or unblocks."""
    world.act("regulator", world.registry, "suspend", FILING, EVIDENCE)
    world.act("agent", world.registry, "pause", FILING, 0)
    world.act("admitter", world.registry, "blockInvestors", [world["alice"]], EVIDENCE)
    for fn, arguments in (
        ("resume", (FILING, EVIDENCE)),
        ("unpause", (FILING, 0)),
        ("unblockInvestor", (world["alice"], EVIDENCE)),
    ):
        for who in OFFICERS:
            assert world.why(who, world.registry.address, world.registry.encode(fn, *arguments)).name == "RoleNeeded"
        world.enforce(world.registry, fn, *arguments)


# ---- administration: two officers and a day


def grant(world: World) -> tuple[Address, bytes]:
    manager = world.contracts.manager
    return manager.address, manager.encode("grantRole", Role.ISSUER, world["stranger"], 0)


def administer(world: World, who: str, step: Any, operation: Hash, *delay: int) -> None:
    world.act_raw(who, *step(world.contracts, "administration", *grant(world), operation, *delay))


def test_administration_waits(world: World) -> None:
    """A change of roles is executed after its delay, not a second before, and works from then on."""
    operation = world.operation()
    administer(world, "admin_maker", timelock.schedule, operation, ADMIN_DELAY)
    world.warp(ADMIN_DELAY - 1)
    early = refusal(lambda: administer(world, "admin_checker", timelock.execute, operation))
    assert early.name == "TimelockUnexpectedOperationState"
    world.warp(1)
    administer(world, "admin_checker", timelock.execute, operation)
    assert world.contracts.manager.read("hasRole", Role.ISSUER, world["stranger"]) == (True, 0)


def test_administration_cannot_be_hurried(world: World) -> None:
    """A shorter delay is refused, and the delay is changed by the timelock itself alone."""
    why = refusal(lambda: administer(world, "admin_maker", timelock.schedule, world.operation(), ADMIN_DELAY - 1))
    assert why.name == "TimelockInsufficientDelay"
    administration = world.contracts.administration
    for who in ("admin_maker", "admin_checker", "deployer"):
        why = world.refused(who, administration, "updateDelay", 0)
        assert (why.name, why.args) == ("TimelockUnauthorizedCaller", {"caller": world[who]})


@pytest.mark.parametrize("who", ["admin_maker", "admin_checker", "maker", "checker", "deployer", "gatekeeper"])
def test_P10_no_key_changes_roles(world: World, who: str) -> None:
    """No officer grants, revokes, closes a contract or moves a function to another role by himself."""
    manager = world.contracts.manager
    selectors = [bytes.fromhex("a9059cbb")]
    for fn, arguments in (
        ("grantRole", (Role.ADMIN, world[who], 0)),
        ("revokeRole", (Role.ENFORCER, world.contracts.enforcement.address)),
        ("setTargetClosed", (world.registry.address, True)),
        ("setTargetFunctionRole", (world.registry.address, selectors, Role.ISSUER)),
        ("updateAuthority", (world.registry.address, world[who])),
    ):
        why = world.refused(who, manager, fn, *arguments)
        assert why.name == "AccessManagerUnauthorizedAccount"


def test_enforcement_does_not_administer_nor_the_reverse(held: World) -> None:
    """Enforcement cannot change roles; administration cannot freeze."""
    target, data = grant(held)
    operation = held.operation()
    held.act_raw("maker", *timelock.schedule(held.contracts, "enforcement", target, data, operation, 0))
    why = refusal(
        lambda: held.act_raw("checker", *timelock.execute(held.contracts, "enforcement", target, data, operation))
    )
    assert why.name == "AccessManagerUnauthorizedAccount"
    why = refusal(lambda: held.administer(held.senior, "setFrozenTokens", held["alice"], 1))
    assert (why.name, why.args["account"]) == ("RoleNeeded", held.contracts.administration.address)


@pytest.mark.parametrize("which", ["enforcement", "administration"])
def test_a_timelock_is_governed_by_itself(world: World, which: str) -> None:
    """No officer makes himself a maker or checker; only the timelock holds its own administration."""
    lock = world.contracts.timelock(which)
    assert lock.read("hasRole", ZERO_HASH, lock.address) is True
    for who in (*OFFICERS, "deployer"):
        assert lock.read("hasRole", ZERO_HASH, world[who]) is False
        why = world.why(who, lock.address, lock.encode("grantRole", lock.read("EXECUTOR_ROLE"), world[who]))
        assert why.name == "AccessControlUnauthorizedAccount"
    assert lock.read("hasRole", lock.read("EXECUTOR_ROLE"), ZERO_ADDRESS) is False


def test_makers_and_checkers_are_disjoint(world: World) -> None:
    """Nobody both schedules and executes, on either timelock."""
    for which in ("enforcement", "administration"):
        lock = world.contracts.timelock(which)
        sides = [
            {name for name in world.people if lock.read("hasRole", lock.read(side), world[name])}
            for side in ("PROPOSER_ROLE", "EXECUTOR_ROLE")
        ]
        assert [len(side) for side in sides] == [2, 2]
        assert not sides[0] & sides[1]


def test_the_deployment_stands_as_meant(world: World) -> None:
    """Code, wiring, roles and timelocks are as deployed, after all that was done; the deployer holds nothing."""
    assert check_deployment(world.chain, world.deployment, world.officers) == []
    for role in Role:
        assert world.contracts.manager.read("hasRole", role, world["deployer"]) == (False, 0)


def test_a_revoked_role_ends_at_once(world: World) -> None:
    """An issuer whose role administration takes away mints nothing more."""
    world.mint(world.senior, {"alice": 100})
    world.administer(world.contracts.manager, "revokeRole", Role.ISSUER, world["issuer"])
    assert world.mint_refused(world.senior, {"alice": 100}).name == "RoleNeeded"
