"""Who holds what on the chain, read back: code, wiring, what role each function needs, members of every role, the two
timelocks.

Members are counted from the events since the deployment, because no contract lists them, and each is asked of the
contract again, because no event proves that it still holds. What a function needs is asked of its contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from abst.chain.api import Chain
from abst.chain.contracts import Contract, Contracts
from abst.chain.powers import SIDES, members, needed_role, writing_functions
from abst.chain.roles import ROLE_OF_FUNCTION, ROLES_OF_PARTS, Role, chain_roles
from abst.values import ZERO_HASH, Address, hash_of

if TYPE_CHECKING:
    from abst.chain.deploy import Deployment, OfficerKeys

__all__ = ["differences", "members"]


def differences(chain: Chain, deployment: Deployment, officers: Sequence[OfficerKeys]) -> list[str]:
    """Every difference between what stands on the chain and what should; empty when there is none."""
    found = list(_identity(chain, deployment))
    if found:
        return found  # nothing else can be read sensibly
    contracts = deployment.contracts(chain)
    found += _wiring(contracts, deployment)
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
    from abst.chain.deploy import created_address, runs

    first = chain.block(0)
    if chain.chain_id != deployment.chain_id:
        yield f"chain: found chain id {chain.chain_id}, needed {deployment.chain_id}"
    elif first is None or first.hash != deployment.genesis:
        yield f"chain: found first block {first and first.hash}, needed {deployment.genesis}"
    else:
        for place, (part, contract) in enumerate(deployment.parts()):
            at = deployment.addresses()[part]
            code = chain.code(at)
            if at != created_address(deployment.deployer, deployment.first_nonce + place):
                yield f"{part}: {at} is not what the deployer {deployment.deployer} created"
            if not runs(code, contract):
                yield f"{part}: the code at {at} is not our {contract}"
            elif hash_of(code) != deployment.code[part]:
                yield f"{part}: the code at {at} changed; found {hash_of(code)}, needed {deployment.code[part]}"


def _wiring(contracts: Contracts, deployment: Deployment) -> Iterator[str]:
    """Every contract obeys our manager; those that read a registry read ours, which bars what it was to bar (R-65)."""
    registry = contracts.registry
    for contract in contracts.governed():
        views = {"authority": contracts.manager.address}
        if "registry()" in contract.codec.functions:
            views["registry"] = registry.address
        if "distribution()" in contract.codec.functions:
            views["distribution"] = contracts.distribution.address
        for view, needed in views.items():
            found = contract.read(view)
            if found != needed:
                yield f"{contract.name}.{view}: found {found}, needed {needed}"
    for currency in deployment.barred:
        if not registry.read("isBarred", currency.encode()):
            yield f"Registry.isBarred: {currency} is not barred"


def _functions(contracts: Contracts) -> Iterator[str]:
    """Every function asks for its role and for no other; no role has an administrator of its own."""
    for contract in contracts.governed():
        for signature in writing_functions(contract):
            role = ROLE_OF_FUNCTION[contract.name].get(signature)
            found, needed = needed_role(contract, signature), role.name if role else ""
            if found != needed:
                yield f"{contract.name}.{signature}: found role {found or 'none'}, needed {needed or 'none'}"
    for role in Role:
        for view in ("getRoleAdmin", "getRoleGuardian"):
            found = contracts.manager.read(view, role)
            if found != Role.ADMIN:
                yield f"role {role.name}: {view} found {found}, needed {Role.ADMIN} (ADMIN)"


def _roles(contracts: Contracts, deployment: Deployment, officers: Sequence[OfficerKeys]) -> Iterator[str]:
    needed: dict[Role, set[Address]] = {role: set() for role in Role}
    for officer in officers:
        for role in chain_roles(officer.roles):
            needed[role].add(officer.address)
    for part, roles in ROLES_OF_PARTS.items():
        for role in roles:
            needed[role].add(deployment.addresses()[part])
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
