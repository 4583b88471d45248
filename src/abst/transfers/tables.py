"""Trades drawn up here: what both sides were given to sign. What became of one stands on the chain."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, Whole

ID = String(64)
ADDRESS = String(42)
HASH = String(66)


class TradeRow(Base):
    """One trade. number: its id on chain, counted for this seller and buyer; digest: its EIP-712 hash.

    amount in token units, price in units of the asset; deadline: last good second; at: second it was drawn up.
    """

    __tablename__ = "trade"
    __table_args__ = (UniqueConstraint("seller", "buyer", "number", name="trade_number"),)

    request: Mapped[str] = mapped_column(ID, primary_key=True)
    digest: Mapped[str] = mapped_column(HASH, index=True)
    token: Mapped[str] = mapped_column(ADDRESS)
    asset: Mapped[str] = mapped_column(ADDRESS)
    seller: Mapped[str] = mapped_column(ADDRESS)
    buyer: Mapped[str] = mapped_column(ADDRESS)
    amount: Mapped[int] = mapped_column(Whole)
    price: Mapped[int] = mapped_column(Whole)
    deadline: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)
