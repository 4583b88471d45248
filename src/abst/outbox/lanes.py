"""Lanes: who signs for a signer now, what stopped it, which of its nonces was lost.

A lease saves work, not safety: nonces are given in the one transaction that no other process can enter. So a clock that
jumps, or a holder who is thought dead and is not, costs time and never sends anything twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.orm import Session

from abst.errors import Conflict, NotFound
from abst.outbox.sending import lane_of, settle
from abst.outbox.tables import Attempt, Intent, Lane, LaneHalt, LaneLease, LostNonce, RecoveredOperation
from abst.values import Address, Hash

FREE = ""  # the holder of a lane that nobody holds


@dataclass(frozen=True, slots=True)
class Standing:
    """A lane as the store has it. next: the first nonce not explained here, None when the signer never sent;
    holder: who signs, "" when anybody may; until: Unix second; halt: why nothing is signed, "" when it is;
    blocked: an intent that the chain does not take and that those behind it wait for.
    """

    signer: Address
    next: int | None
    in_flight: int
    holder: str
    until: int
    halt: str
    blocked: str


def standing(session: Session, signer: Address) -> Standing:
    """How a signer's lane stands, in one question."""
    asked: list[Select[Any]] = [
        select(func.max(Lane.nonce)).where(Lane.signer == signer),
        select(func.max(RecoveredOperation.nonce)).where(RecoveredOperation.signer == signer),
        *(
            select(one).where(LaneLease.signer == signer)
            for one in (LaneLease.known, LaneLease.until, LaneLease.holder)
        ),
        select(LaneHalt.reason).where(LaneHalt.signer == signer),
        _in_flight(signer),
        _stuck(signer),
    ]
    told = session.execute(select(*(one.scalar_subquery() for one in asked))).one()
    last, recovered, known, until, holder, stopped, in_flight, stuck = told
    explained = max(known or 0, *(0 if one is None else one + 1 for one in (last, recovered)))
    return Standing(
        signer=signer,
        next=explained or None,
        in_flight=in_flight or 0,
        holder=holder or FREE,
        until=until or 0,
        halt=stopped or "",
        blocked=stuck or "",
    )


def in_flight(session: Session, signer: Address) -> int:
    """How many transactions of a signer are signed and without a receipt."""
    return session.scalar(_in_flight(signer)) or 0


def _in_flight(signer: Address) -> Select[int]:
    sent = (Intent.state == "sent", Intent.waits_for == 0, Intent.signer == signer)
    return select(func.count()).select_from(Intent).where(*sent)


def _stuck(signer: Address) -> Select[str]:
    """The first intent that a person decides on and whose bytes could still be mined."""
    lost = exists().where(LostNonce.signer == Lane.signer, LostNonce.nonce == Lane.nonce)
    return (
        select(Intent.id)
        .join(Lane, Lane.intent == Intent.id)
        .where(Intent.state == "needs_attention", Intent.waits_for == 0, Intent.signer == signer, ~lost)
        .order_by(Intent.seq)
        .limit(1)
    )


def signers(session: Session) -> list[Address]:
    """Everybody who has sent, holds a lane or is to send, in order."""
    found = {
        *session.scalars(select(Intent.signer).distinct()),
        *session.scalars(select(LaneLease.signer)),
        *session.scalars(select(LaneHalt.signer)),
    }
    return sorted(Address(one) for one in found)


# ---- the lease


def free(now_held: Standing, holder: str, now: int, lease: int, dead: Callable[[str], bool]) -> bool:
    """Whether `holder` may sign at second `now`: nobody does, it does already, or who does is dead or out of time.

    A lease that ends further ahead than `lease` seconds was written by a clock that ran ahead: it is void.
    """
    held = now_held.holder
    return held in (FREE, holder) or not now < now_held.until <= now + lease or dead(held)


def take(session: Session, signer: Address, holder: str, now: int, lease: int) -> None:
    """Hold the lane until `lease` seconds from now. The caller looked that it is free, in this transaction."""
    row = session.get(LaneLease, signer)
    if row is None:
        session.add(LaneLease(signer=signer, holder=holder, until=now + lease, taken_at=now, known=0))
    elif row.holder != holder:
        row.holder, row.until, row.taken_at = holder, now + lease, now
    else:
        row.until = now + lease


def give_back(session: Session, signer: Address, holder: str) -> None:
    """Let others sign, if the lane is this holder's and nothing of it is under way any more."""
    row = session.get(LaneLease, signer)
    if row is not None and row.holder == holder:
        row.holder = FREE


# ---- what stops a lane


def halt(session: Session, signer: Address, nonce: int, reason: str, at: int) -> None:
    """Sign nothing more for this signer until `lift`. The first reason stays."""
    if session.get(LaneHalt, signer) is None:
        session.add(LaneHalt(signer=signer, nonce=nonce, reason=reason, at=at))


def halts(session: Session) -> list[LaneHalt]:
    """Every lane that is stopped, by signer."""
    return list(session.scalars(select(LaneHalt).order_by(LaneHalt.signer)))


def lift(session: Session, signer: Address, known: int, at: int) -> None:
    """Let a signer's lane go on: what the chain shows below nonce `known` is explained. What was held up unsigned may
    go again. Right also when the lane is not halted."""
    session.execute(delete(LaneHalt).where(LaneHalt.signer == signer))
    row = session.get(LaneLease, signer)
    if row is None:
        session.add(LaneLease(signer=signer, holder=FREE, until=0, taken_at=at, known=known))
    else:
        row.known = max(row.known, known)
    held_up = (
        select(Intent.id)
        .outerjoin(Lane, Lane.intent == Intent.id)
        .where(Intent.signer == signer, Intent.state == "needs_attention", Lane.intent.is_(None))
        .order_by(Intent.seq)
    )
    for intent in session.scalars(held_up).all():
        settle(session, intent, "pending", at=at)
    session.flush()


def lose(
    session: Session, intent_id: str, tx_hash: Hash, block_number: int, at: int, *, reverted: bool = False
) -> None:
    """The nonce an intent holds was used in vain, in a block that nobody takes back: by a transaction not signed here,
    or (reverted) by its own.

    Raises NotFound when it holds none, Conflict when a transaction that is not said to be reverted is ours.
    """
    held = lane_of(session, intent_id)
    if held is None:
        raise NotFound("the intent holds no nonce", found="none", needed="one that was signed", where=intent_id)
    if not reverted and session.scalar(select(Attempt.intent).where(Attempt.tx_hash == tx_hash)) is not None:
        raise Conflict("this transaction is ours", found=tx_hash, needed="another's", where=intent_id)
    if session.get(LostNonce, (held.signer, held.nonce)) is None:
        session.add(LostNonce(signer=held.signer, nonce=held.nonce, tx_hash=tx_hash, block_number=block_number, at=at))
        session.flush()


def lost(session: Session, intent_id: str) -> bool:
    """Whether the nonce that an intent holds is lost: its bytes can never run."""
    held = lane_of(session, intent_id)
    return held is not None and session.get(LostNonce, (held.signer, held.nonce)) is not None
