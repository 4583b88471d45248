"""Servicers' reports as they were accepted. A row is never changed: a corrected report is a new version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from abst.store import Base, JsonText, Number, Second, Whole

ID = String(64)
HASH = String(66)


class ServicingReport(Base):
    """One accepted report. number: in the order of acceptance, without gaps; version: of the period's report, from 1.

    document_hash: SHA-256 of the file; content, digest: the report as plain data, and its SHA-256; inputs: what the
    waterfall takes of it; opening, closing: the computed balance; reported_closing: the servicer's own; defaults: of
    the period; tape_hash, tape_map, tape_rows: of the loan tape, of which nothing else is kept; late: after the day on
    which the deal's figures are determined.
    """

    __tablename__ = "servicing_report"
    __table_args__ = (
        UniqueConstraint("filing", "period", "version"),
        CheckConstraint("period > 0 AND version > 0", name="counted"),
        CheckConstraint("(tape_hash IS NULL) = (tape_map IS NULL)", name="tape"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    filing: Mapped[str] = mapped_column(String, ForeignKey("filing.id"))
    period: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    request: Mapped[str] = mapped_column(ID)
    file_name: Mapped[str] = mapped_column(Text)
    document_hash: Mapped[str] = mapped_column(HASH)
    content: Mapped[Any] = mapped_column(JsonText)
    digest: Mapped[str] = mapped_column(HASH)
    inputs: Mapped[dict[str, int]] = mapped_column(JsonText)
    opening: Mapped[int] = mapped_column(Whole)
    closing: Mapped[int] = mapped_column(Whole)
    reported_closing: Mapped[int] = mapped_column(Whole)
    defaults: Mapped[int] = mapped_column(Whole)
    tape_hash: Mapped[str | None] = mapped_column(HASH)
    tape_map: Mapped[str | None] = mapped_column(String)
    tape_rows: Mapped[int | None] = mapped_column(Integer)
    late: Mapped[bool] = mapped_column(Boolean)
    decision: Mapped[str] = mapped_column(ID)
    officer: Mapped[str] = mapped_column(ID)
    at: Mapped[int] = mapped_column(Second)


def versions(session: Session, filing_id: str, period: int) -> list[ServicingReport]:
    """Every version of a period's report, the first one first."""
    query = select(ServicingReport).where(ServicingReport.filing == filing_id, ServicingReport.period == period)
    return list(session.scalars(query.order_by(ServicingReport.version)))


def latest(session: Session, filing_id: str, period: int) -> ServicingReport | None:
    """The report that stands for a period."""
    found = versions(session, filing_id, period)
    return found[-1] if found else None


def reports(session: Session, filing_id: str) -> list[ServicingReport]:
    """The report that stands for each period, in their order."""
    query = select(ServicingReport).where(ServicingReport.filing == filing_id)
    rows = session.scalars(query.order_by(ServicingReport.period, ServicingReport.version))
    return list({row.period: row for row in rows}.values())


def overtaken(session: Session, filing_id: str, until: int, pool: int) -> int:
    """The first period whose report does not open where the one before it now closes, 0 for none up to a period.

    So it is when the one before was corrected afterwards: then this one is to be corrected too. pool: at the cut-off.
    """
    columns = (ServicingReport.period, ServicingReport.opening, ServicingReport.closing)
    query = select(*columns).where(ServicingReport.filing == filing_id, ServicingReport.period <= until)
    rows = session.execute(query.order_by(ServicingReport.period, ServicingReport.version))
    balance = pool
    for period, opening, closing in {row[0]: row for row in rows}.values():
        if opening != balance:
            return int(period)
        balance = closing
    return 0


def next_number(session: Session) -> int:
    return (session.scalar(select(func.max(ServicingReport.number))) or 0) + 1
