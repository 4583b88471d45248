"""What the chain showed after the store came back from a backup, kept until the same request is asked again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst.outbox.intents import operation_id
from abst.outbox.tables import Lane, RecoveredOperation
from abst.values import Address, Hash

MOST_LOTS = 500  # operations of one request that are looked for


@dataclass(frozen=True, slots=True)
class Recovered:
    """One transaction of ours that the store had forgotten. data: without the operation id; done: not reverted.

    decision: the decision's hash that the chain has for it (mints and allotments); words: the function called.
    """

    operation: Hash
    signer: Address
    nonce: int
    to: Address
    data: bytes
    words: str
    decision: Hash | None
    done: bool
    tx_hash: Hash
    block_number: int
    block_hash: Hash


def recovered(session: Session, operation: Hash) -> Recovered | None:
    """What became of an operation before the store was restored; None when nothing was found of it.

    Of several transactions the one that was done counts, else the last.
    """
    query = select(RecoveredOperation).where(RecoveredOperation.operation == operation)
    order = (RecoveredOperation.done.desc(), RecoveredOperation.block_number.desc())
    row = session.scalars(query.order_by(*order).limit(1)).first()
    return None if row is None else _value(row)


def all_recovered(session: Session) -> list[Recovered]:
    """Everything found, in the order in which the chain has it."""
    query = select(RecoveredOperation).order_by(RecoveredOperation.block_number, RecoveredOperation.nonce)
    return [_value(row) for row in session.scalars(query)]


def of_request(session: Session, registry_id: Hash, request_id: str) -> list[Recovered]:
    """What was done on the chain for a request before the store was restored, in the order of its lots."""
    if session.scalar(select(RecoveredOperation.operation).limit(1)) is None:
        return []
    wanted = {operation_id(registry_id, request_id, lot): lot for lot in range(MOST_LOTS)}
    query = select(RecoveredOperation).where(RecoveredOperation.operation.in_(wanted), RecoveredOperation.done)
    return [_value(row) for row in sorted(session.scalars(query), key=lambda row: wanted[row.operation])]


def keep(session: Session, found: Recovered, at: int) -> bool:
    """Store what was found; the same again changes nothing. Whether it is new."""
    if session.get(RecoveredOperation, found.tx_hash) is not None:
        return False
    session.add(
        RecoveredOperation(
            operation=found.operation,
            signer=found.signer,
            nonce=found.nonce,
            to=found.to,
            data=found.data,
            words=found.words,
            decision=found.decision,
            done=found.done,
            tx_hash=found.tx_hash,
            block_number=found.block_number,
            block_hash=found.block_hash,
            at=at,
        )
    )
    session.flush()
    return True


def last_nonce(session: Session, signer: Address) -> int | None:
    """The highest nonce of a signer that is explained here: by an intent that holds it, or by a recovered operation."""
    queries = (
        select(func.max(Lane.nonce)).where(Lane.signer == signer),
        select(func.max(RecoveredOperation.nonce)).where(RecoveredOperation.signer == signer),
    )
    return max((nonce for query in queries if (nonce := session.scalar(query)) is not None), default=None)


def _value(row: RecoveredOperation) -> Recovered:
    return Recovered(
        operation=row.operation,
        signer=row.signer,
        nonce=row.nonce,
        to=row.to,
        data=row.data,
        words=row.words,
        decision=row.decision,
        done=row.done,
        tx_hash=row.tx_hash,
        block_number=row.block_number,
        block_hash=row.block_hash,
    )
