"""The ledger of raised money and its monthly reconciliations (R-99, R-100). Days are ISO dates, months YYYY-MM."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText, Number, Second, Whole


class FxMovement(Base):
    """One movement of raised money, in smallest units of the account's currency. Never changed; errors are reversed.

    kind: raised, remitted, used or reversed; receiver: the account a remittance goes to, and arrived what came into it,
    in smallest units of its own currency; purpose: of a use; reverses: the movement that a reversal undoes.
    """

    __tablename__ = "fx_movement"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    kind: Mapped[str] = mapped_column(String)
    account: Mapped[str] = mapped_column(String)
    receiver: Mapped[str] = mapped_column(String)
    amount: Mapped[int] = mapped_column(Whole)
    currency: Mapped[str] = mapped_column(String)
    arrived: Mapped[int] = mapped_column(Whole)
    day: Mapped[str] = mapped_column(String)
    purpose: Mapped[str] = mapped_column(Text)
    reverses: Mapped[int | None] = mapped_column(Number, ForeignKey("fx_movement.id"), unique=True, default=None)
    evidence: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class FxMonth(Base):
    """A month whose accounts agreed with the bank's statements to the last unit. kept: balance by account."""

    __tablename__ = "fx_month"
    __table_args__ = (UniqueConstraint("filing", "month"),)

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    month: Mapped[str] = mapped_column(String)
    kept: Mapped[dict[str, Any]] = mapped_column(JsonText)
    last_movement: Mapped[int] = mapped_column(Number)
    evidence: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
