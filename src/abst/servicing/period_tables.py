"""What is kept of servicing: the program that was opened, what was submitted and closed, and what bears on a period.

Amounts are smallest units; hashes 0x-hex; `at` Unix seconds. No row is ever changed: a correction is a new row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from abst.store import Base, JsonText, Number

ID = String(64)
HASH = String(66)


class Servicing(Base):
    """A filing whose waterfall stands on chain. program: the bytes that were opened, known on chain by their hash."""

    __tablename__ = "servicing"

    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"), primary_key=True)
    program: Mapped[bytes] = mapped_column(LargeBinary)
    program_hash: Mapped[str] = mapped_column(HASH)
    request: Mapped[str] = mapped_column(ID)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


class Submission(Base):
    """What the servicer's key submitted for a period; the last one of a period is the one that is confirmed.

    report: SHA-256 of the servicer's report; inputs, state: of the run, in the program's order; tokens: [outstanding,
    written down] of each class at the time; restated: what earlier periods' corrections added to the inputs; result:
    hash of what the run gave; late: after the determination date.
    """

    __tablename__ = "period_submission"

    request: Mapped[str] = mapped_column(ID, primary_key=True)
    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"), index=True)
    period: Mapped[int] = mapped_column(Integer)
    report: Mapped[str] = mapped_column(HASH)
    inputs: Mapped[list[int]] = mapped_column(JsonText)
    state: Mapped[list[int]] = mapped_column(JsonText)
    tokens: Mapped[list[list[int]]] = mapped_column(JsonText)
    restated: Mapped[dict[str, int]] = mapped_column(JsonText)
    inputs_hash: Mapped[str] = mapped_column(HASH)
    result: Mapped[str] = mapped_column(HASH)
    late: Mapped[bool] = mapped_column(Boolean)
    decision: Mapped[str] = mapped_column(ID)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


class Close(Base):
    """A period closed on chain. following: the state with which the next one begins; payable: of each class."""

    __tablename__ = "period_close"

    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"), primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    submission: Mapped[str] = mapped_column(ID, ForeignKey("period_submission.request"))
    following: Mapped[list[int]] = mapped_column(JsonText)
    payable: Mapped[list[int]] = mapped_column(JsonText)
    request: Mapped[str] = mapped_column(ID)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


class PeriodDate(Base):
    """The record date that was announced for a period. number, second: as on chain."""

    __tablename__ = "period_record_date"

    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"), primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer)
    second: Mapped[int] = mapped_column(BigInteger)
    request: Mapped[str] = mapped_column(ID)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


class PeriodPayment(Base):
    """Which period and class a payment is of. tranche: its number on chain."""

    __tablename__ = "period_payment"

    payment: Mapped[int] = mapped_column(Integer, ForeignKey("payment.number"), primary_key=True, autoincrement=False)
    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"), index=True)
    period: Mapped[int] = mapped_column(Integer)
    tranche: Mapped[int] = mapped_column(Integer)


class TriggerRow(Base):
    """One trigger at one close (R-91): whether it holds, the figure and the bound it was held against, and the day."""

    __tablename__ = "trigger_log"

    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"), primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    trigger: Mapped[str] = mapped_column(String, primary_key=True)
    holds: Mapped[bool] = mapped_column(Boolean)
    changed: Mapped[bool] = mapped_column(Boolean)
    value: Mapped[str] = mapped_column(Text)
    threshold: Mapped[str] = mapped_column(Text)
    day: Mapped[str] = mapped_column(String(10))
    at: Mapped[int] = mapped_column(BigInteger)


class Restatement(Base):
    """A corrected report of a closed period, by two officers. report, version: of the file; differences: of its figures
    to those that stood, where they are flows: they enter the next period's inputs.
    """

    __tablename__ = "restatement"
    __table_args__ = (CheckConstraint("checker <> maker", name="two_officers"),)

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"), index=True)
    period: Mapped[int] = mapped_column(Integer)
    report: Mapped[str] = mapped_column(HASH)
    version: Mapped[int] = mapped_column(Integer)
    differences: Mapped[dict[str, int]] = mapped_column(JsonText)
    evidence: Mapped[str] = mapped_column(HASH)
    proposal: Mapped[str] = mapped_column(String, unique=True)
    maker: Mapped[str] = mapped_column(ID)
    checker: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


class Election(Base):
    """A call elected for a period (R-92), or a default that the trustee declared, from a period on."""

    __tablename__ = "servicing_election"
    __table_args__ = (
        CheckConstraint("checker <> maker", name="two_officers"),
        CheckConstraint("kind IN ('call', 'default')", name="kind"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"), index=True)
    period: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    evidence: Mapped[str] = mapped_column(HASH)
    file_name: Mapped[str] = mapped_column(Text)
    proposal: Mapped[str] = mapped_column(String, unique=True)
    maker: Mapped[str] = mapped_column(ID)
    checker: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(BigInteger)


def closed(session: Session, filing_id: str) -> int:
    """How many periods of a filing are closed, by these rows."""
    return session.scalar(select(func.max(Close.period)).where(Close.filing == filing_id)) or 0
