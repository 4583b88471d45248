"""Proposals and the second officer's word on them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.decisions import officers
from abst.decisions.record import get_decision
from abst.decisions.tables import Approval, Officer, Proposal
from abst.errors import Conflict, IntegrityFailure, NotAuthorised, NotFound, Refused, UsageError
from abst.values import Hash, digest, new_id


def propose(
    session: Session,
    *,
    kind: str,
    command: dict[str, Any],
    maker: str,
    checker_role: str,
    decision: str | None,
    request: str,
    at: int,
    even_refused: bool = False,
) -> Proposal:
    """Put an act before a second officer. The same request with the same content returns the stored proposal.

    `maker` is an officer's name, `decision` a decision's id. Raises Refused when that decision did not pass (record
    it in a unit of work of its own), unless `even_refused`: the chain did it before the store was restored; Conflict
    when the request already proposed something else, NotFound.
    """
    officers.get(session, maker)
    if checker_role not in officers.ROLES:
        raise UsageError("not a role", found=checker_role, needed=", ".join(officers.ROLES), where="checker role")
    basis = None if decision is None else get_decision(session, decision)
    if basis is not None and not basis.passed and not even_refused:
        raise Refused(basis.refusals)
    content = proposal_hash(kind, command, None if basis is None else Hash(basis.hash), maker)
    stored = session.scalar(select(Proposal).where(Proposal.request == request))
    if stored is not None:
        if (stored.hash, stored.checker_role) == (content, checker_role):
            return stored
        raise Conflict("this request already proposed something else", found=stored.hash, needed=content, where=request)
    proposal = Proposal(
        id=new_id("pro"),
        kind=kind,
        command=command,
        decision=decision,
        maker=maker,
        checker_role=checker_role,
        request=request,
        hash=content,
        at=at,
        state="open",
        reason="",
    )
    session.add(proposal)
    session.flush()
    return proposal


def proposal_hash(kind: str, command: dict[str, Any], decision_hash: Hash | None, maker: str) -> Hash:
    """What the checker is shown and approves: the act, the decision it rests on, and who wants it."""
    return digest({"kind": kind, "command": command, "decision": decision_hash, "maker": maker})


def approve(session: Session, proposal_id: str, checker: str, at: int, expected_hash: str | None = None) -> Proposal:
    """The second officer says yes: open becomes approved.

    `expected_hash` is what the checker was shown. Raises NotFound; NotAuthorised for the maker himself or a missing
    role; Conflict when the proposal is no longer open or has another hash; IntegrityFailure when the stored content
    is not what was hashed.
    """
    proposal = _open(session, proposal_id, checker)
    if expected_hash is not None and expected_hash != proposal.hash:
        raise Conflict("this is not the proposal shown", found=proposal.hash, needed=expected_hash, where=proposal_id)
    _say(session, proposal, checker, True, at, "approved", "")
    return proposal


def reject(session: Session, proposal_id: str, checker: str, at: int, reason: str = "") -> Proposal:
    """The second officer says no: open becomes rejected, for good. Raises as `approve`."""
    proposal = _open(session, proposal_id, checker)
    _say(session, proposal, checker, False, at, "rejected", reason)
    return proposal


def withdraw(session: Session, proposal_id: str, maker: str, at: int, reason: str = "") -> Proposal:
    """The maker takes his open proposal back. Raises NotFound, NotAuthorised, Conflict."""
    proposal = get(session, proposal_id)
    if proposal.maker != maker:
        raise NotAuthorised("only the maker withdraws", found=maker, needed=proposal.maker, where=proposal_id)
    _must_be(proposal, "open")
    proposal.state, proposal.decided_at, proposal.reason = "withdrawn", at, reason
    session.flush()
    return proposal


def finish(session: Session, proposal_id: str, state: str, reason: str = "") -> Proposal:
    """An approved proposal was carried out (`done`) or could not be (`failed`). The same again changes nothing.

    Raises NotFound, UsageError for another state, Conflict when it was not approved or ended otherwise.
    """
    if state not in ("done", "failed"):
        raise UsageError("not an end of a proposal", found=state, needed="done or failed", where=proposal_id)
    proposal = get(session, proposal_id)
    if proposal.state != state:
        _must_be(proposal, "approved")
        proposal.state, proposal.reason = state, reason
        session.flush()
    return proposal


def get(session: Session, proposal_id: str) -> Proposal:
    """Raises NotFound."""
    proposal = session.get(Proposal, proposal_id)
    if proposal is None:
        raise NotFound("no such proposal", found=repr(proposal_id), needed="an id from `abst inbox`", where="proposal")
    return proposal


def find(session: Session, request: str) -> Proposal | None:
    """The proposal a request made, if it made one."""
    return session.scalar(select(Proposal).where(Proposal.request == request))


def inbox(session: Session, officer: Officer | str) -> list[Proposal]:
    """Open proposals this officer may approve, oldest first: of his roles, not his own. Raises NotFound."""
    who = officers.get(session, officer) if isinstance(officer, str) else officer
    if who.left_at is not None:
        return []
    query = (
        select(Proposal)
        .where(Proposal.state == "open", Proposal.checker_role.in_(who.roles), Proposal.maker != who.name)
        .order_by(Proposal.at, Proposal.id)
    )
    return list(session.scalars(query))


def _open(session: Session, proposal_id: str, checker: str) -> Proposal:
    proposal = get(session, proposal_id)
    if proposal.maker == checker:
        raise NotAuthorised(
            "the maker cannot be the checker", found=checker, needed="another officer", where=proposal_id
        )
    officers.require(session, checker, proposal.checker_role)
    _must_be(proposal, "open")
    basis = None if proposal.decision is None else Hash(get_decision(session, proposal.decision).hash)
    content = proposal_hash(proposal.kind, proposal.command, basis, proposal.maker)
    if content != proposal.hash:
        raise IntegrityFailure("the proposal was changed", found=content, needed=proposal.hash, where=proposal_id)
    return proposal


def _must_be(proposal: Proposal, state: str) -> None:
    if proposal.state != state:
        raise Conflict(f"the proposal is not {state}", found=proposal.state, needed=state, where=proposal.id)


def _say(session: Session, proposal: Proposal, checker: str, verdict: bool, at: int, state: str, reason: str) -> None:
    proposal.state, proposal.checker, proposal.decided_at, proposal.reason = state, checker, at, reason
    session.add(
        Approval(
            id=new_id("app"),
            proposal=proposal.id,
            maker=proposal.maker,
            checker=checker,
            verdict=verdict,
            hash=proposal.hash,
            at=at,
        )
    )
    session.flush()
