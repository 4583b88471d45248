"""What is kept of investors. Personal data stands in `sealed` alone; the columns hold what gates ask, and ids."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, Second


class Investor(Base):
    """One investor, whatever the number of wallets.

    `sealed` is the private record under the investor's own key, itself wrapped by the vault's master key; without
    `wrapped_key` the record is erased. `shown` is a masked name. `number` is the investor id on chain (the wallet
    number of the first wallet), known once admitted. Good-until columns are the last good Unix second, as on chain.
    """

    __tablename__ = "investor"
    __table_args__ = (
        CheckConstraint("state IN ('recorded','admitted','refused','erased')", name="state"),
        CheckConstraint("jurisdiction <> 'CN' OR state <> 'admitted'", name="never_mainland"),
    )

    id: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    shown: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    commitment: Mapped[str] = mapped_column(String)
    number: Mapped[int | None] = mapped_column(Second, unique=True, default=None)
    state: Mapped[str] = mapped_column(String)
    jurisdiction: Mapped[str] = mapped_column(String)
    regimes: Mapped[int] = mapped_column(Second)
    capacity: Mapped[int] = mapped_column(Integer)
    evidence_until: Mapped[int] = mapped_column(Second)
    suitability_until: Mapped[int] = mapped_column(Second)
    decision: Mapped[str | None] = mapped_column(String, default=None)
    created_at: Mapped[int] = mapped_column(Second)
    updated_at: Mapped[int] = mapped_column(Second)


class Evidence(Base):
    """One item of evidence behind an investor's facts: kind, dates and hash; amounts stay in the sealed record."""

    __tablename__ = "investor_evidence"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), index=True)
    type: Mapped[str] = mapped_column(String)
    relevant_date: Mapped[str] = mapped_column(String)
    expires_on: Mapped[str | None] = mapped_column(String)
    sha256: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class Wallet(Base):
    """One wallet of an investor: proven by signature (R-50), then admitted on chain under its wallet number."""

    __tablename__ = "wallet"
    __table_args__ = (
        CheckConstraint("state IN ('named','proven','admitted','lost')", name="state"),
        CheckConstraint("state NOT IN ('proven','admitted') OR proven_at IS NOT NULL", name="proof"),
    )

    address: Mapped[str] = mapped_column(String, primary_key=True)
    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), index=True)
    state: Mapped[str] = mapped_column(String)
    proven_at: Mapped[int | None] = mapped_column(Second, default=None)
    number: Mapped[int | None] = mapped_column(Second, unique=True, default=None)
    record: Mapped[str | None] = mapped_column(
        String, default=None
    )  # the last word read from the chain, 0x and 64 digits
    successor: Mapped[str | None] = mapped_column(String, default=None)
    created_at: Mapped[int] = mapped_column(Second)


class ChallengeRow(Base):
    """One challenge text to be signed by a wallet: used once, and only until it expires (R-50)."""

    __tablename__ = "wallet_challenge"

    nonce: Mapped[str] = mapped_column(String, primary_key=True)
    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), index=True)
    wallet: Mapped[str] = mapped_column(String)
    text: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[int] = mapped_column(Second)
    expires_at: Mapped[int] = mapped_column(Second)
    used_at: Mapped[int | None] = mapped_column(Second, default=None)
    signature: Mapped[str | None] = mapped_column(Text, default=None)


class Block(Base):
    """One blocking of an investor: one officer blocks, two lift it (R-53, R-62)."""

    __tablename__ = "investor_block"
    __table_args__ = (
        CheckConstraint("lifted_by IS NULL OR lifted_by <> lifted_second", name="two_officers"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        CheckConstraint("(lifted_by IS NULL) = (lifted_second IS NULL)", name="second"),
    )

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String)
    blocked_by: Mapped[str] = mapped_column(String)
    blocked_at: Mapped[int] = mapped_column(Second)
    lifted_by: Mapped[str | None] = mapped_column(String, default=None)
    lifted_second: Mapped[str | None] = mapped_column(String, default=None)
    lifted_at: Mapped[int | None] = mapped_column(Second, default=None)
