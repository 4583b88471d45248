"""The table of the audit log; triggers refuse UPDATE, DELETE and any number but the next."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText, Number, Second


class Entry(Base):
    """One act: who (`actor`), what (`act`), on what (`subject`), when (`at`, Unix seconds), with which `facts`.

    `hash` is over `previous` (the hash of entry seq-1), `seq` and the digest of all the rest, so that each entry
    vouches for all before it, and can be followed where the words of others are withheld.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject"), Index("ix_audit_at", "at"))

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(Second)
    actor: Mapped[str] = mapped_column(String)
    act: Mapped[str] = mapped_column(String)
    subject: Mapped[str] = mapped_column(String)
    facts: Mapped[dict[str, Any]] = mapped_column(JsonText)
    previous: Mapped[str] = mapped_column(String, unique=True)
    hash: Mapped[str] = mapped_column(String, unique=True)
