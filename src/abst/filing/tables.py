"""What is kept of filings: the file and its versions, every act of the authority, tranches made, documents by hash."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText, Second, Whole


class Filing(Base):
    """One filing. `number` is its id on chain, never used twice; `state` a `states.Status` value."""

    __tablename__ = "filing"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    number: Mapped[int] = mapped_column(Second, unique=True)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer)  # the current row of filing_version
    created_at: Mapped[int] = mapped_column(Second)
    # The public notice of the outcome: a record, never an endorsement.
    notice_number: Mapped[str | None] = mapped_column(Text, default=None)
    notice_date: Mapped[str | None] = mapped_column(String, default=None)
    notice_uri: Mapped[str | None] = mapped_column(Text, default=None)
    notice_hash: Mapped[str | None] = mapped_column(String, default=None)


class FilingVersion(Base):
    """One version of the file as drafted or supplemented: dossier and deal word for word, and the plan they make."""

    __tablename__ = "filing_version"

    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    dossier: Mapped[str] = mapped_column(Text)
    dossier_digest: Mapped[str] = mapped_column(String)
    deal: Mapped[str] = mapped_column(Text)
    deal_hash: Mapped[str] = mapped_column(String)
    plan: Mapped[dict[str, Any]] = mapped_column(JsonText)
    plan_hash: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class FilingEvent(Base):
    """One act on a filing: who, on what evidence, and the second officer where the rule asks for one."""

    __tablename__ = "filing_event"
    __table_args__ = (CheckConstraint("second IS NULL OR second <> actor", name="two_officers"),)

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    old: Mapped[str | None] = mapped_column(String)
    new: Mapped[str] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(String)
    second: Mapped[str | None] = mapped_column(String, default=None)
    evidence: Mapped[str] = mapped_column(String)
    note: Mapped[str] = mapped_column(Text, default="")
    proposal: Mapped[str | None] = mapped_column(String, default=None)
    at: Mapped[int] = mapped_column(Second)


class TrancheRow(Base):
    """One tranche of a filing's plan; `token` is its address once made."""

    __tablename__ = "tranche"
    __table_args__ = (UniqueConstraint("filing", "symbol"),)

    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)  # from 0, the order on chain
    symbol: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    cap: Mapped[int] = mapped_column(Whole)
    token: Mapped[str | None] = mapped_column(String, unique=True, default=None)
    created_at: Mapped[int | None] = mapped_column(Second, default=None)


class DocumentRow(Base):
    """One document or piece of evidence of a filing, by code, with the SHA-256 of its bytes."""

    __tablename__ = "filing_document"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String)
    title: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
