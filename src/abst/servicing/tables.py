"""Payments: what was asked of the chain, word for word. What became of each, the chain alone says."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, Whole

ID = String(64)
ADDRESS = String(42)
HASH = String(66)


class Payment(Base):
    """The terms of one payment. number: by which people know it, from 1; id: the hash of the terms, on chain.

    request: one may open several; needs_evidence: whether a payee's evidence must be unexpired; funded: units of the
    asset; supply: of the token at the record date; ref: operation id of the declaration, or the period's reference;
    decision: id of the stored decision; at: Unix seconds.
    """

    __tablename__ = "payment"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(HASH, unique=True)
    request: Mapped[str] = mapped_column(ID, index=True)
    token: Mapped[str] = mapped_column(ADDRESS, index=True)
    record_date: Mapped[int] = mapped_column(Integer)
    needs_evidence: Mapped[bool] = mapped_column(Boolean)
    asset: Mapped[str] = mapped_column(ADDRESS)
    funded: Mapped[int] = mapped_column(Whole)
    supply: Mapped[int] = mapped_column(Whole)
    ref: Mapped[str] = mapped_column(HASH)
    decision: Mapped[str] = mapped_column(ID)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)

    def terms(self) -> tuple[str, int, bool, str, int, int, str]:
        """As the contract takes them."""
        return (self.token, self.record_date, self.needs_evidence, self.asset, self.funded, self.supply, self.ref)


class OffChainPayment(Base):
    """A payment made outside the chain. amount: in the smallest unit of the currency; ref: hash of the reference."""

    __tablename__ = "payment_off_chain"

    request: Mapped[str] = mapped_column(ID, primary_key=True)
    token: Mapped[str] = mapped_column(ADDRESS, index=True)
    record_date: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(Whole)
    reference: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(HASH)
    file_name: Mapped[str] = mapped_column(Text)
    document_hash: Mapped[str] = mapped_column(HASH)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)
