"""Nonces, attempts and states: what the sender writes. It commits before it broadcasts."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from abst.errors import Conflict, UsageError
from abst.outbox.intents import get
from abst.outbox.tables import ENDED, MOVES, STATES, Attempt, Dependency, Intent, Lane, Transition
from abst.values import Address, Hash


def next_nonce(session: Session, signer: Address, chain_nonce: int) -> int:
    """The first nonce no intent of ours holds and the chain has not used (`chain_nonce`: its next for the signer)."""
    last = session.scalar(select(func.max(Lane.nonce)).where(Lane.signer == signer))
    return chain_nonce if last is None else max(chain_nonce, last + 1)


def lane_of(session: Session, intent_id: str) -> Lane | None:
    """The nonce an intent holds, if it holds one."""
    return session.scalar(select(Lane).where(Lane.intent == intent_id))


def attempts(session: Session, intent_id: str) -> list[Attempt]:
    """Signed bytes of an intent, oldest first; the last is the one to broadcast again."""
    return list(session.scalars(select(Attempt).where(Attempt.intent == intent_id).order_by(Attempt.seq)))


def record_attempt(
    session: Session, intent_id: str, signer: Address, nonce: int, raw: bytes, tx_hash: Hash, at: int
) -> Attempt:
    """Store signed bytes before they are broadcast; the intent becomes sent. The same again returns the stored one.

    Further bytes of an intent (a higher fee) keep its nonce. Raises NotFound; Conflict when the intent has ended,
    still waits for others or has another signer or nonce, and when another intent holds the nonce or the hash.
    """
    intent = get(session, intent_id)
    stored = session.scalar(select(Attempt).where(Attempt.tx_hash == tx_hash))
    if stored is not None:
        _must_match(
            "this transaction is another attempt",
            (stored.intent, stored.signer, stored.nonce, stored.raw),
            (intent_id, signer, nonce, raw),
            tx_hash,
        )
        return stored
    if intent.state in ENDED:
        raise Conflict("the intent has ended", found=intent.state, needed="one that has not", where=intent_id)
    if intent.waits_for:
        raise Conflict("the intent waits", found=f"{intent.waits_for} not final", needed="all final", where=intent_id)
    _must_match("this is not the intent's signer", signer, intent.signer, intent_id)
    held = lane_of(session, intent_id)
    if held is not None:
        _must_match("the intent holds another nonce", nonce, held.nonce, intent_id)
    else:
        other = session.get(Lane, (signer, nonce))
        _must_match("the nonce is another intent's", other and other.intent, None, f"{signer} nonce {nonce}")
        session.add(Lane(signer=signer, nonce=nonce, intent=intent_id))
        session.flush()
    attempt = Attempt(intent=intent_id, signer=signer, nonce=nonce, raw=raw, tx_hash=tx_hash, at=at)
    session.add(attempt)
    intent.tx_hash = tx_hash
    if intent.state not in ("sent", "mined"):
        _enter(session, intent, "sent", at, "")
    session.flush()
    return attempt


def _must_match(message: str, found: object, needed: object, where: str) -> None:
    if found != needed:
        raise Conflict(message, found=str(found), needed=str(needed), where=where)


def settle(
    session: Session,
    intent_id: str,
    state: str,
    *,
    at: int,
    reason: str = "",
    block_hash: Hash | None = None,
    block_number: int | None = None,
    tx_hash: Hash | None = None,
) -> Intent:
    """Move an intent to a state, with the reason and the block where it was found. The same again changes nothing;
    of an ended intent the first reason stays.

    When it becomes final, intents that wait for it may go; when it is rejected, they are rejected with it, unless
    signed. Raises NotFound, UsageError for no state, Conflict for a move that MOVES does not allow.
    """
    intent = get(session, intent_id)
    if state not in STATES:
        raise UsageError("not a state of an intent", found=state, needed=", ".join(STATES), where=intent_id)
    same_place = block_hash in (None, intent.block_hash)
    if state == intent.state and same_place and (state in ENDED or reason in ("", intent.reason)):
        return intent
    if state not in MOVES[intent.state] and (state != intent.state or state in ENDED):
        found = f"{intent.state} in block {intent.block_hash}"
        raise Conflict("the intent cannot go there", found=found, needed=f"a state before {state}", where=intent_id)
    if state != intent.state and state in ("pending", "sent"):
        _may_go_again(session, intent, state)
    _place(intent, state, block_hash, block_number, tx_hash)
    _enter(session, intent, state, at, reason)
    session.flush()
    if state == "final":
        _release(session, intent_id)
    elif state == "rejected":
        _reject_dependents(session, intent_id, at)
    return intent


def _may_go_again(session: Session, intent: Intent, state: str) -> None:
    signed = lane_of(session, intent.id) is not None
    if signed != (state == "sent"):
        found = "signed bytes are out" if signed else "nothing was signed"
        raise Conflict(f"the intent cannot be {state}", found=found, needed="sent if signed", where=intent.id)
    lost = session.scalar(
        select(Intent.id)
        .join(Dependency, Dependency.needs == Intent.id)
        .where(Dependency.intent == intent.id, Intent.state == "rejected")
        .limit(1)
    )
    if state == "pending" and lost is not None:
        raise Conflict("this would wait for ever", found=f"{lost} rejected", needed="not rejected", where=intent.id)


def _place(intent: Intent, state: str, block_hash: Hash | None, block_number: int | None, tx_hash: Hash | None) -> None:
    if state in ("pending", "sent"):
        # A reorganisation took the block away.
        intent.block_hash = intent.block_number = None
    if block_hash is not None:
        intent.block_hash, intent.block_number = block_hash, block_number
    if tx_hash is not None:
        intent.tx_hash = tx_hash


def _enter(session: Session, intent: Intent, state: str, at: int, reason: str) -> None:
    intent.state, intent.at, intent.reason = state, at, reason
    session.add(Transition(intent=intent.id, state=state, at=at, reason=reason))


def _release(session: Session, intent_id: str) -> None:
    waiting = select(Dependency.intent).where(Dependency.needs == intent_id)
    session.execute(
        update(Intent)
        .where(Intent.id.in_(waiting))
        .values(waits_for=Intent.waits_for - 1)
        .execution_options(synchronize_session="fetch")
    )


def _reject_dependents(session: Session, intent_id: str, at: int) -> None:
    """Nothing unsigned that waits for a rejected intent, directly or not, can ever go. Of what is signed, or was
    found on chain, the chain decides."""
    doomed = [intent_id]
    while doomed:
        cause = doomed.pop()
        query = (
            select(Intent)
            .join(Dependency, Dependency.intent == Intent.id)
            .outerjoin(Lane, Lane.intent == Intent.id)
            .where(Dependency.needs == cause, Intent.state.in_(("pending", "needs_attention")), Lane.intent.is_(None))
            .order_by(Intent.seq)
        )
        for intent in session.scalars(query).all():
            _enter(session, intent, "rejected", at, f"waited for {cause}, which was rejected")
            doomed.append(intent.id)
        session.flush()
