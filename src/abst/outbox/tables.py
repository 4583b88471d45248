"""Tables of this room. Times are Unix seconds of the chain's clock; hashes and addresses are 0x-hex."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText, Number, Second
from abst.values import Address, Hash

STATES = ("pending", "sent", "mined", "final", "rejected", "needs_attention")
ENDED = ("final", "rejected")
# Where a state may go. The chain may show at any time that an intent was carried out, so that a restored database
# catches up; what ended stays ended. Sent means that signed bytes are stored, pending that there are none, or none that
# could still run: so a block taken back, or a person who says "try again", leads to one or the other.
MOVES: dict[str, tuple[str, ...]] = {
    "pending": ("sent", "mined", "final", "rejected", "needs_attention"),
    "sent": ("pending", "mined", "final", "rejected", "needs_attention"),
    "mined": ("pending", "sent", "final", "rejected", "needs_attention"),
    "needs_attention": ("pending", "sent", "mined", "final", "rejected"),
    "final": (),
    "rejected": (),
}
NEXT_STEP = {
    "pending": "is sent when all it waits for is final and its signer's key is here: abst ops run",
    "sent": "waits for its receipt; the same bytes are sent again, and its fee is raised, if no block takes them",
    "mined": "waits until the network can no longer take it back: abst ops run",
    "final": "nothing to do",
    "rejected": "stays so; after the cause is removed, ask again with --retry-of",
    "needs_attention": "a person decides: abst ops resolve, by --retry, --done TX or --reject",
}
DEPENDS = "waits until what it depends on is final; is rejected with it"
HELD_UP = "another officer looks into the key's use: abst ops lanes, abst ops lift; or abst ops resolve"


class Request(Base):
    """What a caller asked under one id: the same id with the same content gets the first result again."""

    __tablename__ = "request"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    command: Mapped[str] = mapped_column(String)
    content: Mapped[dict[str, Any]] = mapped_column(JsonText)
    digest: Mapped[Hash] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    retry_of: Mapped[str | None] = mapped_column(String, ForeignKey("request.id"))
    outcome: Mapped[str | None] = mapped_column(String)
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonText)


class Intent(Base):
    """One transaction that is wanted. Content is fixed; state, waiting count and the block found move.

    seq: order of enqueueing; operation: the id spent on chain; waits_for: how many of its dependencies are not final;
    at: when `state` began; tx_hash: the last attempt's, or the one found on chain.
    """

    __tablename__ = "intent"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES!r}", name="state_known"),
        CheckConstraint("waits_for >= 0", name="waits_for_counted"),
        Index("ix_intent_state_waits_for_signer_seq", "state", "waits_for", "signer", "seq"),
        Index("ix_intent_request", "request"),
    )

    id: Mapped[str] = mapped_column(String, primary_key=True)
    seq: Mapped[int] = mapped_column(Number, unique=True)
    request: Mapped[str] = mapped_column(String, ForeignKey("request.id"))
    kind: Mapped[str] = mapped_column(String)
    signer: Mapped[Address] = mapped_column(String)
    to: Mapped[Address] = mapped_column("recipient", String)  # TO is a word of SQL
    data: Mapped[bytes] = mapped_column(LargeBinary)
    operation: Mapped[Hash] = mapped_column(String, unique=True)
    notes: Mapped[dict[str, Any]] = mapped_column(JsonText)
    created_at: Mapped[int] = mapped_column(Second)
    waits_for: Mapped[int] = mapped_column(Number)
    state: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    reason: Mapped[str] = mapped_column(Text)
    tx_hash: Mapped[Hash | None] = mapped_column(String)
    block_hash: Mapped[Hash | None] = mapped_column(String)
    block_number: Mapped[int | None] = mapped_column(Number)

    @property
    def next_step(self) -> str:
        """What happens next, or what a person may do."""
        if self.state == "pending" and self.waits_for:
            return DEPENDS
        if self.state == "needs_attention" and self.tx_hash is None:
            return HELD_UP
        return NEXT_STEP[self.state]


class Dependency(Base):
    """Intent `intent` may go only when intent `needs` is final."""

    __tablename__ = "intent_dependency"
    __table_args__ = (Index("ix_intent_dependency_needs", "needs"),)

    intent: Mapped[str] = mapped_column(String, ForeignKey("intent.id"), primary_key=True)
    needs: Mapped[str] = mapped_column(String, ForeignKey("intent.id"), primary_key=True)


class Transition(Base):
    """One state an intent entered, when and why. Never changed."""

    __tablename__ = "intent_state"
    __table_args__ = (Index("ix_intent_state_intent_seq", "intent", "seq"),)

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    intent: Mapped[str] = mapped_column(String, ForeignKey("intent.id"))
    state: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    reason: Mapped[str] = mapped_column(Text)


class Lane(Base):
    """A nonce of a signer, given to one intent for good. turn: which nonce of the intent's this is, from 0.

    Two intents never hold the same nonce. An intent takes a second one only when its first was lost (`LostNonce`): else
    it could be carried out twice, and a standard's transfer has no operation id that the chain would refuse then.
    """

    __tablename__ = "lane"
    __table_args__ = (
        UniqueConstraint("intent", "turn"),
        UniqueConstraint("signer", "nonce", "intent"),
        CheckConstraint("turn >= 0", name="turn_counted"),
    )

    signer: Mapped[Address] = mapped_column(String, primary_key=True)
    nonce: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    intent: Mapped[str] = mapped_column(String, ForeignKey("intent.id"))
    turn: Mapped[int] = mapped_column(Number, default=0)


class Attempt(Base):
    """Signed bytes, stored before they are broadcast and never changed. A higher fee is one more at the same nonce.

    cancels: these bytes do nothing but use up the nonce, so that the intent's own never run.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        ForeignKeyConstraint(["signer", "nonce", "intent"], ["lane.signer", "lane.nonce", "lane.intent"]),
        UniqueConstraint("tx_hash"),
        Index("ix_attempt_intent_seq", "intent", "seq"),
        Index("ix_attempt_signer_nonce", "signer", "nonce"),
    )

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    intent: Mapped[str] = mapped_column(String)
    signer: Mapped[Address] = mapped_column(String)
    nonce: Mapped[int] = mapped_column(Number)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    tx_hash: Mapped[Hash] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    cancels: Mapped[bool] = mapped_column(Boolean, default=False)


class LostNonce(Base):
    """A nonce of ours that was used in vain, for good: the intent's bytes at it can never do anything.

    tx_hash: of the transaction that used it, in a block that nobody takes back: one not signed here, or its own
    that ran out of gas.
    """

    __tablename__ = "lost_nonce"
    __table_args__ = (ForeignKeyConstraint(["signer", "nonce"], ["lane.signer", "lane.nonce"]),)

    signer: Mapped[Address] = mapped_column(String, primary_key=True)
    nonce: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    tx_hash: Mapped[Hash] = mapped_column(String)
    block_number: Mapped[int] = mapped_column(Number)
    at: Mapped[int] = mapped_column(Second)


class LaneLease(Base):
    """Who signs for a signer now. holder: a process; until, taken_at: Unix seconds of the wall clock.

    known: nonces below it are explained, though some are no intent's: a person looked at them, or they are recovered.
    """

    __tablename__ = "lane_lease"

    signer: Mapped[Address] = mapped_column(String, primary_key=True)
    holder: Mapped[str] = mapped_column(String)
    until: Mapped[int] = mapped_column(Second)
    taken_at: Mapped[int] = mapped_column(Second)
    known: Mapped[int] = mapped_column(Number)


class LaneHalt(Base):
    """A signer for whom nothing more is signed until a person lifts it. nonce: the first one that is not explained."""

    __tablename__ = "lane_halt"

    signer: Mapped[Address] = mapped_column(String, primary_key=True)
    nonce: Mapped[int] = mapped_column(Number)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(Second)


class RecoveredOperation(Base):
    """A transaction found on chain after the store came back from a backup that did not know its signature.

    Written by `abst recover` alone, never changed: the request it belonged to is asked again later, and its intent then
    ends as this did. data: the call without its operation id; done: the receipt's word; decision: the decision's hash
    that a mint or an allotment carries on chain; words: the function called; at: when it was found.
    """

    __tablename__ = "recovered_operation"
    __table_args__ = (UniqueConstraint("signer", "nonce"), Index("ix_recovered_operation_operation", "operation"))

    tx_hash: Mapped[Hash] = mapped_column(String, primary_key=True)
    operation: Mapped[Hash] = mapped_column(String)
    signer: Mapped[Address] = mapped_column(String)
    nonce: Mapped[int] = mapped_column(Number)
    to: Mapped[Address] = mapped_column("recipient", String)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    words: Mapped[str] = mapped_column(Text)
    decision: Mapped[Hash | None] = mapped_column(String)
    done: Mapped[bool] = mapped_column(Boolean)
    block_number: Mapped[int] = mapped_column(Number)
    block_hash: Mapped[Hash] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
