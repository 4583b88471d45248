"""Intents: enqueueing and finding them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst.errors import Conflict, NotFound
from abst.outbox.tables import STATES, Attempt, Dependency, Intent, Transition
from abst.values import Address, Hash, hash_of, new_id, to_bytes


def operation_id(registry_id: Hash, request_id: str, lot: int) -> Hash:
    """keccak(abi.encode(bytes32 registry id, keccak(request id), uint256 lot number)): what an act spends on chain."""
    return hash_of(to_bytes(registry_id) + to_bytes(hash_of(request_id.encode())) + lot.to_bytes(32, "big"))


def enqueue(
    session: Session,
    *,
    request: str,
    kind: str,
    signer: Address,
    to: Address,
    data: bytes,
    operation: Hash,
    depends_on: Sequence[str] = (),
    at: int,
    notes: dict[str, Any] | None = None,
) -> Intent:
    """Want a transaction, in the same unit of work as the change that wants it. The same again returns the stored one.

    `request` is the id of a begun request, `depends_on` ids of intents that must be final first, `notes` whatever the
    desk wants to read back. Raises Conflict when the operation id stands for other content or a dependency was
    rejected, NotFound for an unknown dependency.
    """
    stored = by_operation(session, operation)
    if stored is not None:
        return _same(session, stored, (request, kind, signer, to, data), depends_on)
    needed = _needed(session, depends_on)
    intent = Intent(
        id=new_id("int"),
        seq=(session.scalar(select(func.max(Intent.seq))) or 0) + 1,
        request=request,
        kind=kind,
        signer=signer,
        to=to,
        data=data,
        operation=operation,
        notes=notes or {},
        created_at=at,
        waits_for=sum(1 for other in needed if other.state != "final"),
        state="pending",
        at=at,
        reason="",
    )
    session.add(intent)
    session.flush()
    session.add_all(Dependency(intent=intent.id, needs=other.id) for other in needed)
    session.add(Transition(intent=intent.id, state="pending", at=at, reason=""))
    session.flush()
    return intent


def _same(
    session: Session, stored: Intent, content: tuple[str, str, str, str, bytes], depends_on: Sequence[str]
) -> Intent:
    kept = (stored.request, stored.kind, str(stored.signer), str(stored.to), stored.data)
    if kept != content or set(dependencies(session, stored.id)) != set(depends_on):
        raise Conflict(
            "this operation id stands for something else",
            found=f"{stored.kind} of {stored.request}",
            needed="the same request, kind, signer, recipient, data and dependencies",
            where=stored.operation,
        )
    return stored


def _needed(session: Session, depends_on: Sequence[str]) -> list[Intent]:
    needed = [get(session, intent_id) for intent_id in dict.fromkeys(depends_on)]
    for other in needed:
        if other.state == "rejected":
            raise Conflict(
                "this would wait for ever", found=f"{other.id} rejected", needed="not rejected", where=other.id
            )
    return needed


def get(session: Session, intent_id: str) -> Intent:
    """Raises NotFound."""
    intent = session.get(Intent, intent_id)
    if intent is None:
        raise NotFound("no such intent", found=repr(intent_id), needed="an id from `abst ops list`", where="intent")
    return intent


def by_operation(session: Session, operation: Hash) -> Intent | None:
    return session.scalar(select(Intent).where(Intent.operation == operation))


def by_transaction(session: Session, tx_hash: Hash) -> Intent | None:
    """The intent that a transaction was signed for, or was found to carry out."""
    signed = session.scalar(select(Attempt.intent).where(Attempt.tx_hash == tx_hash))
    return get(session, signed) if signed else session.scalar(select(Intent).where(Intent.tx_hash == tx_hash).limit(1))


def of_request(session: Session, request_id: str) -> list[Intent]:
    """A request's intents, in order."""
    return list(session.scalars(select(Intent).where(Intent.request == request_id).order_by(Intent.seq)))


def dependencies(session: Session, intent_id: str) -> list[str]:
    """Ids of the intents that must be final before this one goes."""
    return list(session.scalars(select(Dependency.needs).where(Dependency.intent == intent_id)))


def history(session: Session, intent_id: str) -> list[Transition]:
    """Every state the intent entered, oldest first."""
    return list(session.scalars(select(Transition).where(Transition.intent == intent_id).order_by(Transition.seq)))


def ready(session: Session, *, signer: Address | None = None, limit: int | None = None) -> list[Intent]:
    """Pending intents whose dependencies are all final, in order; of one signer, and at most `limit`, if asked."""
    query = select(Intent).where(Intent.state == "pending", Intent.waits_for == 0)
    if signer is not None:
        query = query.where(Intent.signer == signer)
    return list(session.scalars(query.order_by(Intent.seq).limit(limit)))


def unsettled(session: Session, *, signer: Address | None = None, limit: int | None = None) -> list[Intent]:
    """Intents with signed bytes out, not yet final: sent or mined, in order."""
    return in_states(session, ("sent", "mined"), signer=signer, limit=limit)


def in_states(
    session: Session, states: Iterable[str], *, signer: Address | None = None, limit: int | None = None
) -> list[Intent]:
    """Intents in any of the states, in order."""
    query = select(Intent).where(Intent.state.in_(list(states)))
    if signer is not None:
        query = query.where(Intent.signer == signer)
    return list(session.scalars(query.order_by(Intent.seq).limit(limit)))


def waiting(session: Session) -> dict[Address, int]:
    """How many intents of each signer may go now and are not signed yet."""
    query = select(Intent.signer, func.count().label("number")).where(Intent.state == "pending", Intent.waits_for == 0)
    return {Address(row.signer): row.number for row in session.execute(query.group_by(Intent.signer))}


def counts(session: Session) -> dict[str, int]:
    """How many intents are in each state, absent states included."""
    query = select(Intent.state, func.count().label("number")).group_by(Intent.state)
    found = {row.state: row.number for row in session.execute(query)}
    return {state: found.get(state, 0) for state in STATES}
