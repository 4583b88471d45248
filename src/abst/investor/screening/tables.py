"""Lists as loaded, their entries, what each investor was screened against, and the hits. No investor's name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText, Number, Second


class ListRow(Base):
    """One official list as it was loaded. The newest of a source is in force.

    checked_at: second at which somebody last saw that the publisher's list is still this one.
    """

    __tablename__ = "screening_list"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String, index=True)
    digest: Mapped[str] = mapped_column(String(66))
    files: Mapped[Any] = mapped_column(JsonText)
    entries: Mapped[int] = mapped_column(Integer)
    officer: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    checked_at: Mapped[int] = mapped_column(Second)
    checked_by: Mapped[str] = mapped_column(String)


class EntryRow(Base):
    """One version of one entry: in every list of its source from `first` to `last`.

    content: as `Entry`; forms: the plain forms of its names, a line each; digest: of the content.
    """

    __tablename__ = "screening_entry"
    __table_args__ = (
        UniqueConstraint("source", "entry", "first", name="screening_entry_once"),
        CheckConstraint("kind IN ('sanction', 'pep')", name="kind"),
        Index("ix_screening_entry_source_last", "source", "last"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String)
    entry: Mapped[str] = mapped_column(String)
    digest: Mapped[str] = mapped_column(String(66))
    kind: Mapped[str] = mapped_column(String)
    type: Mapped[str] = mapped_column(String)
    content: Mapped[Any] = mapped_column(JsonText)
    forms: Mapped[str] = mapped_column(Text)
    first: Mapped[int] = mapped_column(Number)
    last: Mapped[int] = mapped_column(Number)


class ScreeningRow(Base):
    """An investor's last screening. lists: [[source, digest]] it was made against; floor: score of a hit then."""

    __tablename__ = "screening"

    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"), primary_key=True)
    at: Mapped[int] = mapped_column(Second)
    lists: Mapped[Any] = mapped_column(JsonText)
    floor: Mapped[int] = mapped_column(Integer)
    subjects: Mapped[int] = mapped_column(Integer)


class HitRow(Base):
    """One resemblance, and what a person decided of it. Ended once the entry, or the resemblance, is another.

    person: of the investor's record, empty for itself; born, country: how they compare (agrees, differs, unknown).
    second: the officer who approved, where two were needed.
    """

    __tablename__ = "screening_hit"
    __table_args__ = (
        CheckConstraint("verdict IN ('open', 'cleared', 'confirmed')", name="verdict"),
        CheckConstraint("(verdict = 'open') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="dated"),
        CheckConstraint(
            "verdict = 'open' OR (reason IS NOT NULL AND reason <> '' AND evidence IS NOT NULL)", name="reasoned"
        ),
        CheckConstraint("second IS NULL OR second <> decided_by", name="two_officers"),
        CheckConstraint("score BETWEEN 0 AND 10000", name="score"),
        Index(
            "ix_screening_hit_standing",
            "investor",
            "person",
            "source",
            "entry",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    investor: Mapped[str] = mapped_column(ForeignKey("investor.id"))
    person: Mapped[str] = mapped_column(String)
    source: Mapped[str] = mapped_column(String)
    entry: Mapped[str] = mapped_column(String)
    entry_digest: Mapped[str] = mapped_column(String(66))
    kind: Mapped[str] = mapped_column(String)
    score: Mapped[int] = mapped_column(Integer)
    born: Mapped[str] = mapped_column(String)
    country: Mapped[str] = mapped_column(String)
    opened_at: Mapped[int] = mapped_column(Second)
    verdict: Mapped[str] = mapped_column(String, default="open")
    decided_by: Mapped[str | None] = mapped_column(String, default=None)
    second: Mapped[str | None] = mapped_column(String, default=None)
    reason: Mapped[str | None] = mapped_column(Text, default=None)
    evidence: Mapped[str | None] = mapped_column(String(66), default=None)
    decided_at: Mapped[int | None] = mapped_column(Second, default=None)
    ended_at: Mapped[int | None] = mapped_column(Second, default=None)
