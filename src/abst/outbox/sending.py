"""Nonces, attempts and states: what the sender writes. It commits before it broadcasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, defer

from abst.errors import Conflict, UsageError
from abst.outbox.intents import get
from abst.outbox.recovered import last_nonce
from abst.outbox.tables import (
    ENDED,
    MOVES,
    STATES,
    Attempt,
    Dependency,
    Intent,
    Lane,
    LaneLease,
    LostNonce,
    Transition,
)
from abst.values import Address, Hash


@dataclass(frozen=True, slots=True)
class Bytes:
    """Signed bytes of an intent at a nonce, to be stored before they are broadcast. cancels: they only use it up."""

    intent: str
    nonce: int
    raw: bytes
    hash: Hash
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The state an intent goes to, why, and the block and transaction where it was found."""

    intent: str
    state: str
    reason: str = ""
    block_hash: Hash | None = None
    block_number: int | None = None
    tx_hash: Hash | None = None


def next_nonce(session: Session, signer: Address, chain_nonce: int) -> int:
    """The first nonce that is not explained here and that the chain has not used (`chain_nonce`: its next one)."""
    last, lease = last_nonce(session, signer), session.get(LaneLease, signer)
    return max(chain_nonce, 0 if last is None else last + 1, lease.known if lease is not None else 0)


def lane_of(session: Session, intent_id: str) -> Lane | None:
    """The nonce an intent holds, if it holds one; the last, when an earlier one was lost."""
    return session.scalars(select(Lane).where(Lane.intent == intent_id).order_by(Lane.turn.desc()).limit(1)).first()


def attempts(session: Session, intent_id: str) -> list[Attempt]:
    """Signed bytes of an intent, oldest first; the last is the one to broadcast again."""
    return list(session.scalars(select(Attempt).where(Attempt.intent == intent_id).order_by(Attempt.seq)))


def load(session: Session, intent_ids: Sequence[str]) -> dict[str, Intent]:
    """Intents by id, without their call data, which is long and seldom needed: it is read when it is asked for."""
    query = select(Intent).options(defer(Intent.data)).where(Intent.id.in_(intent_ids))
    return {intent.id: intent for intent in session.scalars(query)}


def record_attempt(
    session: Session,
    intent_id: str,
    signer: Address,
    nonce: int,
    raw: bytes,
    tx_hash: Hash,
    at: int,
    *,
    cancels: bool = False,
) -> Attempt:
    """Store signed bytes of one intent; see `record_attempts`. The same again returns the stored attempt."""
    return record_attempts(session, signer, [Bytes(intent_id, nonce, raw, tx_hash, cancels)], at)[0]


def record_attempts(session: Session, signer: Address, signed: Sequence[Bytes], at: int) -> list[Attempt]:
    """Store signed bytes before they are broadcast; their intents become sent. Bytes stored before stay as they are.

    Further bytes of an intent (a higher fee) keep its nonce, unless that one was lost. Raises NotFound; Conflict when
    an intent has ended, still waits for others or has another signer or nonce, and when another holds the nonce or the
    hash.
    """
    ids = [one.intent for one in signed]
    kept = load(session, ids)  # held until the end: the session itself remembers them weakly
    known = {
        a.tx_hash: a for a in session.scalars(select(Attempt).where(Attempt.tx_hash.in_([o.hash for o in signed])))
    }
    held = {lane.intent: lane for lane in session.scalars(select(Lane).where(Lane.intent.in_(ids)).order_by(Lane.turn))}
    at_nonce = select(Lane).where(Lane.signer == signer, Lane.nonce.in_([one.nonce for one in signed]))
    taken = {lane.nonce: lane.intent for lane in session.scalars(at_nonce)}
    found: list[Attempt] = []
    for one in signed:
        stored = known.get(one.hash)
        if stored is not None:
            now = (stored.intent, stored.signer, stored.nonce, stored.raw)
            _must_match("this transaction is another attempt", now, (one.intent, signer, one.nonce, one.raw), one.hash)
            found.append(stored)
            continue
        intent = kept.get(one.intent) or get(session, one.intent)
        _may_be_signed(intent, signer)
        lane = held.get(one.intent)
        if lane is None or (lane.nonce != one.nonce and session.get(LostNonce, (lane.signer, lane.nonce)) is not None):
            _must_match("the nonce is another intent's", taken.get(one.nonce), None, f"{signer} nonce {one.nonce}")
            turn = 0 if lane is None else lane.turn + 1
            held[one.intent] = Lane(signer=signer, nonce=one.nonce, intent=one.intent, turn=turn)
            taken[one.nonce] = one.intent
            session.add(held[one.intent])
        else:
            _must_match("the intent holds another nonce", one.nonce, lane.nonce, one.intent)
        found.append(_attempt(session, intent, signer, one, at))
    session.flush()  # lanes first: attempts stand upon them
    session.add_all(found)
    session.flush()
    return found


def _may_be_signed(intent: Intent, signer: Address) -> None:
    if intent.state in ENDED:
        raise Conflict("the intent has ended", found=intent.state, needed="one that has not", where=intent.id)
    if intent.waits_for:
        raise Conflict("the intent waits", found=f"{intent.waits_for} not final", needed="all final", where=intent.id)
    _must_match("this is not the intent's signer", signer, intent.signer, intent.id)


def _attempt(session: Session, intent: Intent, signer: Address, one: Bytes, at: int) -> Attempt:
    attempt = Attempt(
        intent=intent.id, signer=signer, nonce=one.nonce, raw=one.raw, tx_hash=one.hash, at=at, cancels=one.cancels
    )
    intent.tx_hash = one.hash
    if intent.state not in ("sent", "mined"):
        _enter(session, intent, "sent", at, "")
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
    """Move one intent to a state; see `settle_all`."""
    intent = get(session, intent_id)
    settle_all(session, [Change(intent_id, state, reason, block_hash, block_number, tx_hash)], at)
    return intent


def settle_all(session: Session, changes: Sequence[Change], at: int) -> None:
    """Move intents to states, with the reasons and the blocks where they were found. The same again changes nothing;
    of an ended intent the first reason stays.

    When one becomes final, intents that wait for it may go; when it is rejected, they are rejected with it, unless
    signed. Raises NotFound, UsageError for no state, Conflict for a move that MOVES does not allow.
    """
    kept = load(session, [one.intent for one in changes])
    ended: dict[str, str] = {}
    for one in changes:
        intent = kept.get(one.intent) or get(session, one.intent)
        if _move(session, intent, one, at) and one.state in ENDED:
            ended[intent.id] = one.state
    session.flush()
    _release(session, [intent for intent, state in ended.items() if state == "final"])
    for intent_id, state in ended.items():
        if state == "rejected":
            _reject_dependents(session, intent_id, at)


def _move(session: Session, intent: Intent, to: Change, at: int) -> bool:
    """Whether anything changed."""
    if to.state not in STATES:
        raise UsageError("not a state of an intent", found=to.state, needed=", ".join(STATES), where=intent.id)
    same_place = to.block_hash in (None, intent.block_hash)
    if to.state == intent.state and same_place and (to.state in ENDED or to.reason in ("", intent.reason)):
        return False
    if to.state not in MOVES[intent.state] and (to.state != intent.state or to.state in ENDED):
        found = f"{intent.state} in block {intent.block_hash}"
        raise Conflict("the intent cannot go there", found=found, needed=f"a state before {to.state}", where=intent.id)
    if to.state != intent.state and to.state in ("pending", "sent"):
        _may_go_again(session, intent, to.state)
    _place(intent, to.state, to.block_hash, to.block_number, to.tx_hash)
    _enter(session, intent, to.state, at, to.reason)
    return True


def _may_go_again(session: Session, intent: Intent, state: str) -> None:
    held = lane_of(session, intent.id)
    signed = held is not None and session.get(LostNonce, (held.signer, held.nonce)) is None
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


def _release(session: Session, final: Sequence[str]) -> None:
    """Those that waited for these intents wait for so many fewer."""
    if not final:
        return
    query = select(Dependency.intent, func.count().label("number")).where(Dependency.needs.in_(final))
    for intent, number in session.execute(query.group_by(Dependency.intent)).all():
        session.execute(
            update(Intent)
            .where(Intent.id == intent)
            .values(waits_for=Intent.waits_for - number)
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
