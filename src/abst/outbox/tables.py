"""Tables of this room. Times are Unix seconds of the chain's clock; hashes and addresses are 0x-hex."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
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
# catches up; what ended stays ended. Sent means that signed bytes are stored, pending that there are none: so a block
# taken back, or a person who says "try again", leads to sent when there are bytes and to pending when not.
MOVES: dict[str, tuple[str, ...]] = {
    "pending": ("sent", "mined", "final", "rejected", "needs_attention"),
    "sent": ("mined", "final", "rejected", "needs_attention"),
    "mined": ("pending", "sent", "final", "rejected", "needs_attention"),
    "needs_attention": ("pending", "sent", "mined", "final", "rejected"),
    "final": (),
    "rejected": (),
}
NEXT_STEP = {
    "pending": "is sent when all it waits for is final and its signer's key is here: abst ops run",
    "sent": "waits for its receipt; the same bytes are sent again if the network lost them",
    "mined": "waits until the network can no longer take it back",
    "final": "nothing to do",
    "rejected": "stays so; after the cause is removed, ask again with --retry-of",
    "needs_attention": "a person decides: abst ops show",
}


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
    """A nonce of a signer, given to one intent for good.

    Two intents never hold the same nonce; and one intent never holds two, for then it could be carried out twice,
    and a standard's transfer has no operation id that the chain would refuse the second time.
    """

    __tablename__ = "lane"
    __table_args__ = (UniqueConstraint("intent"), UniqueConstraint("signer", "nonce", "intent"))

    signer: Mapped[Address] = mapped_column(String, primary_key=True)
    nonce: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    intent: Mapped[str] = mapped_column(String, ForeignKey("intent.id"))


class Attempt(Base):
    """Signed bytes, stored before they are broadcast and never changed. A higher fee is one more at the same nonce."""

    __tablename__ = "attempt"
    __table_args__ = (
        ForeignKeyConstraint(["signer", "nonce", "intent"], ["lane.signer", "lane.nonce", "lane.intent"]),
        UniqueConstraint("tx_hash"),
        Index("ix_attempt_intent_seq", "intent", "seq"),
    )

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    intent: Mapped[str] = mapped_column(String)
    signer: Mapped[Address] = mapped_column(String)
    nonce: Mapped[int] = mapped_column(Number)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    tx_hash: Mapped[Hash] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
