"""An officer leaves, or has lost his passphrase: his key's roles are revoked by two others, and his row is closed.

Roles in the AccessManager and on the administration's timelock are taken by the administration, after its delay; a side
of the enforcement timelock by that timelock's own officers. Who holds both kinds leaves in two proposals. A lost
passphrase is the same: the old name leaves, and a new one is made (`abst officer new`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import audit, decisions
from abst.chain.acts import Act, once
from abst.chain.office import Closing, Handler, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.chain.roles import TIMELOCK_OF_OFFICER, chain_roles
from abst.decisions import Officer, Proposal, officers
from abst.decisions.staffing import LEAVING, Staffing
from abst.errors import UsageError
from abst.values import Address

KIND = "officer leave"
SIDES = {"proposer": ("PROPOSER_ROLE", "CANCELLER_ROLE"), "executor": ("EXECUTOR_ROLE",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """officer: a maker of the timelock that takes the roles; reason: words for the record."""

    officer: str
    request: str
    name: str
    reason: str


# ---- the act


@once
def leave(office: Office, cmd: Leave) -> Result:
    """Schedule the end of an officer's powers (R-62); a second officer approves, and his row is closed with the last.

    The result lists what he proposed that still waits: it is for the checkers to reject. Raises Refused when he left
    before or a role would be unfilled; UsageError without a reason, or when nothing of his is this officer's to take;
    NotFound, NotAuthorised.
    """
    content = {"officer": cmd.officer, "name": cmd.name, "reason": cmd.reason}
    act = Act(office, KIND, cmd.request, content)
    if act.earlier:
        return act.again()
    if not cmd.reason.strip():
        raise UsageError("an officer leaves for a reason", found="none", needed="words for the record", where="reason")
    with office.store.read() as session:
        gone = officers.get(session, cmd.name)
        maker = officers.get(session, cmd.officer)
        judged = decisions.judge("officer-leaving", LEAVING, _staffing(session, gone))
        waiting = _open_proposals(session, gone.name)
    which = _which(office, maker, gone)
    facts = {
        "name": gone.name,
        "address": gone.address,
        "roles": gone.roles,
        "reason": cmd.reason,
        "proposals": waiting,
    }
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind=KIND,
        subject=f"officer {gone.name}",
        facts=facts,
        steps=revocations(office, gone, which) if not judged.refusals else (),
        judged=[judged],
        which=which,
    )


def _staffing(session: Session, gone: Officer) -> Staffing:
    staying = [one for one in officers.all(session) if one.left_at is None and one.name != gone.name]
    counted = tuple((role, sum(role in one.roles for one in staying)) for role in sorted(gone.roles))
    return Staffing(gone.name, gone.left_at is not None, counted, tuple(sorted(TIMELOCK_OF_OFFICER)))


def _open_proposals(session: Session, name: str) -> list[str]:
    """What an officer proposed and nobody decided yet, oldest first."""
    query = select(Proposal.id).where(Proposal.maker == name, Proposal.state == "open").order_by(Proposal.at)
    return list(session.scalars(query))


def _which(office: Office, maker: Officer, gone: Officer) -> str:
    """The timelock by which this maker can take something that the leaving officer still holds."""
    for which, role in (("administration", "admin-maker"), ("enforcement", "maker")):
        if role in maker.roles and (gone.left_at is not None or revocations(office, gone, which)):
            return which
    raise UsageError(
        "nothing of his is this officer's to take",
        found=f"{maker.name}: {', '.join(maker.roles)}",
        needed="admin-maker for roles and the administration's sides, maker for the enforcement's",
        where=gone.name,
    )


def revocations(office: Office, gone: Officer, which: str) -> list[Step]:
    """The calls by which a timelock takes of an officer's key what is its own to take; none when there is nothing."""
    account = Address(gone.address)
    steps: list[Step] = []
    if which == "administration":
        manager = office.contracts.manager
        for role in chain_roles(gone.roles):
            if manager.read("hasRole", role, account)[0]:
                data = manager.encode("revokeRole", role, account)
                steps.append(Step(manager.address, data, f"revoke {role.name} of {gone.name}"))
    lock = office.contracts.timelock(which)
    for name in gone.roles:
        own, side = TIMELOCK_OF_OFFICER.get(name, ("", ""))
        for constant in SIDES[side] if own == which else ():
            if lock.read("hasRole", lock.read(constant), account):
                data = lock.encode("revokeRole(bytes32,address)", lock.read(constant), account)
                steps.append(Step(lock.address, data, f"revoke {constant} of the {which} timelock of {gone.name}"))
    return steps


def _left(office: Office, session: Session, closing: Closing) -> None:
    """Close the row once the key holds nothing any more; until then it keeps what it still holds."""
    gone = officers.get(session, closing.content["name"])
    if any(revocations(office, gone, which) for which in ("administration", "enforcement")):
        kept = sorted(role for role in gone.roles if _holds(office, gone, role))
        gone.roles = kept
    else:
        officers.leave(session, gone.name, closing.at)
        audit.append(
            session,
            actor=closing.checker or closing.maker,
            act="officer left",
            subject=f"officer {gone.name}",
            at=closing.at,
            facts={"request": closing.request, "proposal": closing.proposal},
        )
    session.flush()


def _holds(office: Office, gone: Officer, role: str) -> bool:
    """Whether a role of the officer still stands for something on the chain."""
    account = Address(gone.address)
    if role in TIMELOCK_OF_OFFICER:
        which, side = TIMELOCK_OF_OFFICER[role]
        lock = office.contracts.timelock(which)
        return bool(lock.read("hasRole", lock.read(SIDES[side][0]), account))
    return any(office.contracts.manager.read("hasRole", one, account)[0] for one in chain_roles([role]))


HANDLERS = {KIND: Handler(done=_left)}
