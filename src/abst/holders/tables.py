"""A projection of the Transfer events: it can be dropped and rebuilt; the chain is the truth about positions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, Whole

ADDRESS = String(42)
HASH = String(66)


class TransferRow(Base):
    """One Transfer event of one of our tokens, where it stands on the chain."""

    __tablename__ = "transfer_event"
    __table_args__ = (Index("ix_transfer_event_token_block", "token", "block"),)

    block: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    token: Mapped[str] = mapped_column(ADDRESS)
    sender: Mapped[str] = mapped_column(ADDRESS)
    receiver: Mapped[str] = mapped_column(ADDRESS)
    amount: Mapped[int] = mapped_column(Whole)
    tx_hash: Mapped[str] = mapped_column(HASH)


class Position(Base):
    """What one wallet holds of one token: the sum of the journal."""

    __tablename__ = "position"

    token: Mapped[str] = mapped_column(ADDRESS, primary_key=True)
    wallet: Mapped[str] = mapped_column(ADDRESS, primary_key=True)
    balance: Mapped[int] = mapped_column(Whole)


class CursorRow(Base):
    """How far the journal was read: block hashes, the newest kept ones, to find where a reorganisation began."""

    __tablename__ = "holders_cursor"

    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(HASH)
