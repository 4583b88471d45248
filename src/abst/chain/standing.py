"""Who holds what on the chain, read back: code, wiring, function roles, members of every role, the two timelocks.

Members are counted from the events since the deployment, because no contract lists them, and each is asked of the
contract again, because no event proves that it still holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from abst.chain.api import Chain
from abst.chain.contracts import Contract, Contracts
from abst.chain.reader import events
from abst.chain.roles import ROLE_OF_FUNCTION, Role, chain_roles, selector
from abst.values import ZERO_HASH, Address, hash_of

if TYPE_CHECKING:
    from abst.chain.deploy import Deployment, OfficerKeys

SIDES = ("PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE")


def members(contract: Contract, from_block: int) -> dict[int, set[Address]]:
    """Role number -> its members, by the events of an AccessManager or a timelock up to now."""
    key = "roleId" if contract.name == "AccessManager" else "role"
    topics = [[contract.codec.topic("RoleGranted"), contract.codec.topic("RoleRevoked")]]
    found: dict[int, set[Address]] = {}
    for event in events(contract.chain, [contract], from_block, contract.chain.head().number, topics):
        role = event.args[key]
        number = role if isinstance(role, int) else int(role, 16)
        accounts = found.setdefault(number, set())
        if event.name == "RoleGranted":
            accounts.add(event.args["account"])
        else:
            accounts.discard(event.args["account"])
    return found


def differences(chain: Chain, deployment: Deployment, officers: Sequence[OfficerKeys]) -> list[str]:
    """Every difference between what stands on the chain and what should; empty when there is none."""
    found = list(_identity(chain, deployment))
    if found:
        return found  # nothing else can be read sensibly
    contracts = deployment.contracts(chain)
    found += _wiring(contracts)
    found += _functions(contracts)
    found += _roles(contracts, deployment, officers)
    for which, maker, checker in (
        ("enforcement", "maker", "checker"),
        ("administration", "admin-maker", "admin-checker"),
    ):
        makers = {officer.address for officer in officers if maker in officer.roles}
        checkers = {officer.address for officer in officers if checker in officer.roles}
        delay = deployment.admin_delay if which == "administration" else 0
        found += _timelock(which, contracts.timelock(which), deployment.block, delay, makers, checkers)
    return found


def _identity(chain: Chain, deployment: Deployment) -> Iterator[str]:
    from abst.chain.deploy import PARTS, created_address, runs

    first = chain.block(0)
    if chain.chain_id != deployment.chain_id:
        yield f"chain: found chain id {chain.chain_id}, needed {deployment.chain_id}"
    elif first is None or first.hash != deployment.genesis:
        yield f"chain: found first block {first and first.hash}, needed {deployment.genesis}"
    else:
        for place, (part, contract) in enumerate(PARTS):
            at = deployment.addresses()[part]
            code = chain.code(at)
            if at != created_address(deployment.deployer, deployment.first_nonce + place):
                yield f"{part}: {at} is not what the deployer {deployment.deployer} created"
            if not runs(code, contract):
                yield f"{part}: the code at {at} is not our {contract}"
            elif hash_of(code) != deployment.code[part]:
                yield f"{part}: the code at {at} changed; found {hash_of(code)}, needed {deployment.code[part]}"


def _wiring(contracts: Contracts) -> Iterator[str]:
    manager = contracts.manager.address
    for contract, view, needed in (
        (contracts.registry, "authority", manager),
        (contracts.factory, "authority", manager),
        (contracts.factory, "registry", contracts.registry.address),
    ):
        found = contract.read(view)
        if found != needed:
            yield f"{contract.name}.{view}: found {found}, needed {needed}"


def _functions(contracts: Contracts) -> Iterator[str]:
    """Every guarded function opens to its role and to no other; no contract is closed; no role has its own admin."""
    manager = contracts.manager
    for contract in (contracts.registry, contracts.factory):
        for signature, role in ROLE_OF_FUNCTION[contract.name].items():
            found = manager.read("getTargetFunctionRole", contract.address, selector(signature))
            if found != role:
                yield f"{contract.name}.{signature}: found role {found}, needed {role} ({role.name})"
        if manager.read("isTargetClosed", contract.address):
            yield f"{contract.name}: closed to all callers"
    for role in Role:
        for view in ("getRoleAdmin", "getRoleGuardian"):
            found = manager.read(view, role)
            if found != Role.ADMIN:
                yield f"role {role.name}: {view} found {found}, needed {Role.ADMIN} (ADMIN)"


def _roles(contracts: Contracts, deployment: Deployment, officers: Sequence[OfficerKeys]) -> Iterator[str]:
    needed: dict[Role, set[Address]] = {role: set() for role in Role}
    for officer in officers:
        for role in chain_roles(officer.roles):
            needed[role].add(officer.address)
    needed[Role.ENFORCER] = {contracts.enforcement.address}
    needed[Role.FACTORY] = {contracts.factory.address}
    needed[Role.ADMIN] = {contracts.administration.address}
    held = members(contracts.manager, deployment.block)
    for number in sorted({*held, *needed}):
        name = Role(number).name if number in set(Role) else f"number {number}"
        should = needed.get(Role(number), set()) if number in set(Role) else set()
        yield from _compare(f"role {name}", held.get(number, set()), should)
        for account in sorted(held.get(number, set())):
            member, delay = contracts.manager.read("hasRole", number, account)
            if not member or delay:
                yield f"role {name}: {account} found member {member}, delay {delay} s, needed member, no delay"
    for account in sorted(held.get(Role.ISSUER, set()) & held.get(Role.GATEKEEPER, set())):
        yield f"roles: {account} holds both ISSUER and GATEKEEPER"
    for number, accounts in held.items():
        if deployment.deployer in accounts and deployment.deployer not in needed.get(Role(number), set()):
            yield f"roles: the deployer {deployment.deployer} still holds role {number}"


def _timelock(
    which: str, timelock: Contract, from_block: int, delay: int, makers: set[Address], checkers: set[Address]
) -> Iterator[str]:
    held = members(timelock, from_block)
    sides = {side: held.get(int(timelock.read(side), 16), set()) for side in SIDES}
    needed = dict(zip(SIDES, (makers, makers, checkers), strict=True))
    for side in SIDES:
        yield from _compare(f"{which} timelock, {side}", sides[side], needed[side])
        for account in sorted(sides[side]):
            if not timelock.read("hasRole", timelock.read(side), account):
                yield f"{which} timelock, {side}: {account} was granted it and does not hold it"
        if len(sides[side]) < 2:
            yield f"{which} timelock, {side}: found {len(sides[side])} accounts, needed at least 2"
    for account in sorted(sides["PROPOSER_ROLE"] & sides["EXECUTOR_ROLE"]):
        yield f"{which} timelock: {account} both schedules and executes"
    yield from _compare(f"{which} timelock, admin", held.get(int(ZERO_HASH, 16), set()), {timelock.address})
    found = timelock.read("getMinDelay")
    if found != delay:
        yield f"{which} timelock: found a delay of {found} s, needed {delay} s"


def _compare(where: str, found: set[Address], needed: set[Address]) -> Iterator[str]:
    for account in sorted(found - needed):
        yield f"{where}: {account} holds it and should not"
    for account in sorted(needed - found):
        yield f"{where}: {account} should hold it and does not"
