"""What is kept of investors. Personal data stands in `sealed` columns alone; the others hold what gates ask, and ids.

Each natural person, and each investor itself, has a key of its own (`PersonRow.wrapped_key`, wrapped by the vault's
master key). Without the key what it sealed is gone, and the row says that it was there.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, Second


class Investor(Base):
    """One investor, whatever the number of wallets.

    `version` and `commitment` are of the current record. `shown` is a masked name. `number` is the investor id on chain
    (the wallet number of the first wallet), known once admitted. Good-until columns are the last good Unix second, as
    on chain.
    """

    __tablename__ = "investor"
    __table_args__ = (
        CheckConstraint("state IN ('recorded','admitted','refused','erased')", name="state"),
        CheckConstraint("jurisdiction <> 'CN' OR state <> 'admitted'", name="never_mainland"),
    )

    id: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    shown: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
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


class PersonRow(Base):
    """The key of one natural person behind an investor; `person` empty: the investor itself. No key: erased."""

    __tablename__ = "investor_person"

    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String, primary_key=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[int] = mapped_column(Second)


class RecordRow(Base):
    """One version of an investor's record, under its own key; the persons of that version stand beside it.

    `formula`: how the commitment was made (`abst.investor.commitments`).
    """

    __tablename__ = "investor_record"
    __table_args__ = (CheckConstraint("formula IN (1, 2)", name="formula"),)

    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    commitment: Mapped[str] = mapped_column(String)
    formula: Mapped[int] = mapped_column(Integer)
    at: Mapped[int] = mapped_column(Second)


class PersonRecord(Base):
    """One natural person in one version of an investor's record, under that person's key."""

    __tablename__ = "person_record"
    __table_args__ = (
        ForeignKeyConstraint(["investor", "version"], ["investor_record.investor", "investor_record.version"]),
        ForeignKeyConstraint(["investor", "person"], ["investor_person.investor", "investor_person.person"]),
    )

    investor: Mapped[str] = mapped_column(String, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    person: Mapped[str] = mapped_column(String, primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    commitment: Mapped[str] = mapped_column(String)


class SessionRow(Base):
    """One session of an investor (R-52): when, for which act, from which country, on which device.

    `device`: keyed hash under the investor's key; `sealed`: network address, place and device as they were told.
    """

    __tablename__ = "investor_session"
    __table_args__ = (Index("ix_investor_session_investor_at", "investor", "at"),)

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"))
    at: Mapped[int] = mapped_column(Second)
    act: Mapped[str] = mapped_column(String)
    ip_country: Mapped[str] = mapped_column(String)
    device: Mapped[str] = mapped_column(String)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    recorded_at: Mapped[int] = mapped_column(Second)


class Hold(Base):
    """One legal hold on an investor's data: one officer sets it, two lift it (R-82). Open: nothing is erased."""

    __tablename__ = "investor_hold"
    __table_args__ = (
        CheckConstraint("lifted_by IS NULL OR lifted_by <> lifted_second", name="two_officers"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        CheckConstraint("(lifted_by IS NULL) = (lifted_second IS NULL)", name="second"),
    )

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String)
    set_by: Mapped[str] = mapped_column(String)
    set_at: Mapped[int] = mapped_column(Second)
    lifted_by: Mapped[str | None] = mapped_column(String, default=None)
    lifted_second: Mapped[str | None] = mapped_column(String, default=None)
    lifted_at: Mapped[int | None] = mapped_column(Second, default=None)


class Erasure(Base):
    """One erasure of an investor's personal data, by two officers (R-82). keys: how many were destroyed."""

    __tablename__ = "investor_erasure"
    __table_args__ = (CheckConstraint("maker <> checker", name="two_officers"),)

    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), primary_key=True)
    proposal: Mapped[str] = mapped_column(String)
    maker: Mapped[str] = mapped_column(String)
    checker: Mapped[str] = mapped_column(String)
    keys: Mapped[int] = mapped_column(Integer)
    at: Mapped[int] = mapped_column(Second)


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
    """One challenge to be signed by a wallet: used once, and only until it expires (R-50).

    `form`: text (EIP-191) or typed (EIP-712); `text`: what is signed, of a typed one as canonical JSON.
    """

    __tablename__ = "wallet_challenge"

    nonce: Mapped[str] = mapped_column(String, primary_key=True)
    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), index=True)
    wallet: Mapped[str] = mapped_column(String)
    text: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[int] = mapped_column(Second)
    expires_at: Mapped[int] = mapped_column(Second)
    used_at: Mapped[int | None] = mapped_column(Second, default=None)
    signature: Mapped[str | None] = mapped_column(Text, default=None)
    form: Mapped[str] = mapped_column(String, default="text")
    chain_id: Mapped[int] = mapped_column(Second, default=0)


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
