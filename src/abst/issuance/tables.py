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
    """One lot of allocations of a proposal, under one operation id that the token spends.

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


class OrderRow(Base):
    """One order drawn up: an investor's signed wish to subscribe. number: its id on chain, counted for this buyer.

    amount in token units, price in units of the asset; deadline: last good second; at: second it was drawn up.
    """

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("buyer", "number", name="subscription_number"),)

    request: Mapped[str] = mapped_column(ID, primary_key=True)
    digest: Mapped[str] = mapped_column(HASH, index=True)
    token: Mapped[str] = mapped_column(ADDRESS)
    asset: Mapped[str] = mapped_column(ADDRESS)
    buyer: Mapped[str] = mapped_column(ADDRESS)
    amount: Mapped[int] = mapped_column(Whole)
    price: Mapped[int] = mapped_column(Whole)
    deadline: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class LotOrder(Base):
    """One order of a lot of an allotment, as it was signed: what the approval will send. place: its row in the request.

    paper: the order's file, its signature and permit included.
    """

    __tablename__ = "lot_order"

    operation: Mapped[str] = mapped_column(HASH, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(HASH, index=True)
    paper: Mapped[dict[str, Any]] = mapped_column(JsonText)


class RegisterLoad(Base):
    """An existing register proposed to be loaded as a mint: its hash and control totals (R-61).

    attempt: how many proposals of the same register were rejected or failed before; so no two stand at once.
    """

    __tablename__ = "register_load"
    __table_args__ = (UniqueConstraint("token", "document", "attempt", name="register_load_once"),)

    request: Mapped[str] = mapped_column(ID, primary_key=True)
    token: Mapped[str] = mapped_column(ADDRESS)
    document: Mapped[str] = mapped_column(HASH)
    attempt: Mapped[int] = mapped_column(Integer)
    rows: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Whole)
    evidence: Mapped[str] = mapped_column(HASH)
    officer: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(BigInteger)
