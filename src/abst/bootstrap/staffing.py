"""New officers, and gas for those who have none."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Closing, Handler, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.chain.roles import TIMELOCK_OF_OFFICER, chain_roles
from abst.decisions import officers
from abst.errors import Unavailable, UsageError
from abst.values import Address

DEPLOYER = "deployer"  # the keystore that pays for the contracts and gives gas
WORK = 2**18  # scrypt's cost of a keystore; tests take less


def give_gas(office: Office, accounts: list[Address]) -> list[Address]:
    """Give ether for gas to accounts that have none, from the deployer's key. Returns who got some.

    Raises Unavailable when that key is not in this home.
    """
    from abst.chain.deploy import fund

    payer = office.keys.signer_named(DEPLOYER)
    if payer is None:
        raise Unavailable(
            "nobody here can give gas", found="no key", needed=f"keystore {DEPLOYER}", where=str(office.home)
        )
    return fund(office.chain, payer, accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOfficer:
    """A new officer with a keystore in this home; a maker proposes the grant of the roles on chain."""

    officer: str
    request: str
    name: str
    roles: tuple[str, ...]
    passphrase: str = field(repr=False)
    work: int = WORK


@once
def add_officer(office: Office, cmd: AddOfficer) -> Result:
    """Make the keystore and schedule the grant of the roles; the officer is in office when a second one has approved.

    Roles of the enforcement timelock (maker, checker) are granted by its own officers, all others by the
    administration's, after its delay. Raises UsageError for roles that must be apart or that both would grant.
    """
    roles = tuple(officers.check_roles(cmd.name, cmd.roles))
    enforced = {role for role in roles if TIMELOCK_OF_OFFICER.get(role, ("", ""))[0] == "enforcement"}
    if enforced and enforced != set(roles):
        raise UsageError(
            "these roles are granted by two different timelocks",
            found=", ".join(roles),
            needed="maker or checker alone, or roles without them",
            where=cmd.name,
        )
    names = office.keys.names()
    account = names.get(cmd.name) or office.keys.create(cmd.name, cmd.passphrase, cmd.work)
    facts = {"name": cmd.name, "address": account, "roles": list(roles)}
    act = Act(office, "officer new", cmd.request, {"officer": cmd.officer, **facts})
    if act.earlier:
        return act.again()
    which = "enforcement" if enforced else "administration"
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="officer new",
        subject=f"officer {cmd.name}",
        facts=facts,
        steps=_grants(office, cmd.name, account, roles),
        which=which,
    )


def _grants(office: Office, name: str, account: Address, roles: tuple[str, ...]) -> list[Step]:
    manager = office.contracts.manager
    steps = [
        Step(manager.address, manager.encode("grantRole", role, account, 0), f"grant {role.name} to {name}")
        for role in chain_roles(roles)
    ]
    for role in roles:
        if role not in TIMELOCK_OF_OFFICER:
            continue
        which, side = TIMELOCK_OF_OFFICER[role]
        lock = office.contracts.timelock(which)
        # A maker may also cancel what he scheduled.
        for constant in ("PROPOSER_ROLE", "CANCELLER_ROLE") if side == "proposer" else ("EXECUTOR_ROLE",):
            data = lock.encode("grantRole(bytes32,address)", lock.read(constant), account)
            steps.append(Step(lock.address, data, f"grant {constant} of the {which} timelock to {name}"))
    return steps


def _officer_in_office(office: Office, session: Session, closing: Closing) -> None:
    content = closing.content
    officers.add(session, content["name"], Address(content["address"]), content["roles"])


HANDLERS = {"officer new": Handler(done=_officer_in_office)}
