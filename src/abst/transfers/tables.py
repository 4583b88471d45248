"""Trades drawn up here, as both sides were given them to sign, and the travel-rule payloads of transfers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText, Second, Whole

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


class TravelRow(Base):
    """The data of originator and beneficiary that travels with one transfer (R-51), in the IVMS 101 form.

    place: of the transfer in its request, from 0; hkd: value when it was made, decimal text, empty without a rate;
    shared: what is no person's (firms, transfer data); the two sealed halves open with the keys of the two investors;
    digest: keyed, of the whole payload.
    """

    __tablename__ = "travel_payload"

    request: Mapped[str] = mapped_column(ID, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(ADDRESS)
    sender: Mapped[str] = mapped_column(ADDRESS)
    receiver: Mapped[str] = mapped_column(ADDRESS)
    originator: Mapped[str] = mapped_column(String, index=True)
    beneficiary: Mapped[str] = mapped_column(String, index=True)
    amount: Mapped[int] = mapped_column(Whole)
    hkd: Mapped[str] = mapped_column(String)
    reduced: Mapped[bool] = mapped_column(Boolean)
    shared: Mapped[Any] = mapped_column(JsonText)
    sealed_originator: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_beneficiary: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(HASH)
    at: Mapped[int] = mapped_column(Second)
