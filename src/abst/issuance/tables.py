"""Lots of a mint: fixed and stored before the first is sent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText, Whole

ID = String(64)
ADDRESS = String(42)
HASH = String(66)


class MintLot(Base):
    """One lot of at most 100 allocations of a proposal, under one operation id that the token spends.

    allocations: [[wallet, investor id, amount as text, row], ...]; decision: of the proposal; released: of the
    approval, whose hash goes on the chain; both ids of stored decisions.
    """

    __tablename__ = "mint_lot"
    __table_args__ = (UniqueConstraint("proposal", "number", name="mint_lot_number"),)

    operation: Mapped[str] = mapped_column(HASH, primary_key=True)
    proposal: Mapped[str] = mapped_column(ID, index=True)
    number: Mapped[int] = mapped_column(Integer)
    token: Mapped[str] = mapped_column(ADDRESS, index=True)
    total: Mapped[int] = mapped_column(Whole)
    allocations: Mapped[list[Any]] = mapped_column(JsonText)
    decision: Mapped[str] = mapped_column(ID)
    released: Mapped[str | None] = mapped_column(ID, default=None)
    at: Mapped[int] = mapped_column(BigInteger)
