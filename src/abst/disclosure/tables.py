"""Documents published, material events, duties opened on chain, reminders given (R-74 to R-81).

The text of a document stays off chain; its hash and address are on both sides.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, Whole

ID = String(64)
HASH = String(66)


class Publication(Base):
    """One document published for a filing. obligation 0: it closes none. Times are Unix seconds."""

    __tablename__ = "publication"

    request: Mapped[str] = mapped_column(ID, primary_key=True)
    filing: Mapped[str] = mapped_column(ID, index=True)
    obligation: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    document_hash: Mapped[str] = mapped_column(HASH)
    uri: Mapped[str] = mapped_column(Text)
    next_due: Mapped[int] = mapped_column(BigInteger)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


class MaterialEvent(Base):
    """Something that must be told of (R-77, R-78). name: of the document that tells of it.

    period: 0 where a person found it; losses, forecast, expected: the figures of then, from which later ones are
    measured; decision: that on the figures; evidence: the document of a person's finding.
    """

    __tablename__ = "material_event"

    filing: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    rule: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(40))
    period: Mapped[int] = mapped_column(Integer)
    found: Mapped[str] = mapped_column(Text)
    losses: Mapped[int] = mapped_column(Whole)
    forecast: Mapped[int] = mapped_column(Whole)
    expected: Mapped[int] = mapped_column(Whole)
    decision: Mapped[str | None] = mapped_column(ID)
    evidence: Mapped[str | None] = mapped_column(HASH)
    request: Mapped[str] = mapped_column(ID)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


class OpenedDuty(Base):
    """A duty asked for on chain as an obligation. attempt: how often the chain had refused it before, so that no two
    stand at once; operation: of the transaction, which tells the obligation's number."""

    __tablename__ = "opened_duty"

    filing: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    due: Mapped[int] = mapped_column(BigInteger)
    grace: Mapped[int] = mapped_column(BigInteger)
    operation: Mapped[str] = mapped_column(HASH, unique=True)
    request: Mapped[str] = mapped_column(ID)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


class Reminder(Base):
    """A reminder given: of which duty, and how many days before its end, or `overdue`."""

    __tablename__ = "reminder"

    filing: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    stage: Mapped[str] = mapped_column(String(8), primary_key=True)
    request: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)
