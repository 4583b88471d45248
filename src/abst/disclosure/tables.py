"""Documents published: the text stays off chain, its hash and address are on both sides (R-81)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base

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
