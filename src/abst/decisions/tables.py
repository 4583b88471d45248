"""Tables of this room. Times are Unix seconds of the chain's clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from abst.errors import Refusal
from abst.store import Base, JsonText, Number, Second
from abst.values import Address


class Officer(Base):
    """A person of the registry: a name, the address of his key, the roles he holds. Rows are kept when he leaves."""

    __tablename__ = "officer"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    address: Mapped[Address] = mapped_column(String, unique=True)
    roles: Mapped[list[str]] = mapped_column(JsonText)
    left_at: Mapped[int | None] = mapped_column(Second)


class Decision(Base):
    """What was known and what followed: facts, each gate's result, every refusal, the rulebook. Never changed.

    `hash` is over all of it; the approval on chain carries it.
    """

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_hash", "hash"), Index("ix_decision_kind_at", "kind", "at"))

    id: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    facts: Mapped[dict[str, Any]] = mapped_column(JsonText)
    results: Mapped[list[dict[str, Any]]] = mapped_column(JsonText)
    refusals_stored: Mapped[list[dict[str, str]]] = mapped_column("refusals", JsonText)
    passed: Mapped[bool] = mapped_column(Boolean)
    rulebook: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    hash: Mapped[str] = mapped_column(String)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(Refusal(**values) for values in self.refusals_stored)


class Proposal(Base):
    """An act that waits for a second officer. Content and hash are fixed; only state, checker and time move.

    state: open, approved, rejected, withdrawn, done (carried out), failed (could not be carried out).
    """

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint("checker IS NULL OR checker <> maker", name="two_officers"),
        CheckConstraint("state IN ('open', 'approved', 'rejected', 'withdrawn', 'done', 'failed')", name="state_known"),
        UniqueConstraint("id", "maker"),
        Index("ix_proposal_state_checker_role", "state", "checker_role"),
        Index("ix_proposal_decision", "decision"),
    )

    id: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    command: Mapped[dict[str, Any]] = mapped_column(JsonText)
    decision: Mapped[str | None] = mapped_column(String, ForeignKey("decision.id"))
    maker: Mapped[str] = mapped_column(String, ForeignKey("officer.name"))
    checker_role: Mapped[str] = mapped_column(String)
    request: Mapped[str] = mapped_column(String, unique=True)
    hash: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    state: Mapped[str] = mapped_column(String)
    checker: Mapped[str | None] = mapped_column(String, ForeignKey("officer.name"))
    decided_at: Mapped[int | None] = mapped_column(Second)
    reason: Mapped[str] = mapped_column(Text, default="")


class Approval(Base):
    """One officer's word on one proposal, yes or no, and the hash he saw. Never changed.

    `maker` repeats the proposal's (a foreign key holds it true), so that the row itself can refuse maker = checker.
    """

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("checker <> maker", name="two_officers"),
        ForeignKeyConstraint(["proposal", "maker"], ["proposal.id", "proposal.maker"]),
        UniqueConstraint("proposal", "checker"),
    )

    id: Mapped[str] = mapped_column(String, primary_key=True)
    proposal: Mapped[str] = mapped_column(String)
    maker: Mapped[str] = mapped_column(String)
    checker: Mapped[str] = mapped_column(String, ForeignKey("officer.name"))
    verdict: Mapped[bool] = mapped_column(Boolean)
    hash: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class Setting(Base):
    """One change of a setting, with its reason. Never changed: the last one by number holds, the others are history.

    key: rule and parameter (`R-45 evidence_months`); value: as JSON, a share as text; proposal: by which two officers
    changed it.
    """

    __tablename__ = "setting"
    __table_args__ = (Index("ix_setting_key_seq", "key", "seq"),)

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String)
    value: Mapped[Any] = mapped_column(JsonText)
    reason: Mapped[str] = mapped_column(Text)
    officer: Mapped[str] = mapped_column(String, ForeignKey("officer.name"))
    at: Mapped[int] = mapped_column(Second)
    proposal: Mapped[str | None] = mapped_column(String, ForeignKey("proposal.id"))


class RulebookVersion(Base):
    """The whole content of a rulebook that some decision was taken under, settings included. Never changed.

    `digest` is over the content; `at` is the first decision's second.
    """

    __tablename__ = "rulebook_version"

    digest: Mapped[str] = mapped_column(String, primary_key=True)
    version: Mapped[str] = mapped_column(String)
    content: Mapped[dict[str, Any]] = mapped_column(JsonText)
    at: Mapped[int] = mapped_column(Second)
