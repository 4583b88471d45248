"""What lies upon holdings: encumbrances, and corrections of the register, by two officers each.

They are the register's own record. Positions are not here: they are the chain's, and `abst.journal` reads them.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, Number, Second, Whole

ADDRESS = String(42)
HASH = String(66)


class Encumbrance(Base):
    """One pledge or court attachment on units of one wallet (R-62). Those open rank by `number`, the order recorded.

    amount: units as recorded; left: units still encumbered, 0 once closed; pledgee: wallet of who may enforce a
    pledge, none for an attachment. wallet moves when a lost wallet's tokens are recovered to its successor.
    """

    __tablename__ = "encumbrance"
    __table_args__ = (
        CheckConstraint("kind IN ('pledge', 'attachment')", name="kind"),
        CheckConstraint("(kind = 'pledge') = (pledgee IS NOT NULL)", name="pledgee"),
        CheckConstraint("pledgee IS NULL OR pledgee <> wallet", name="another"),
        CheckConstraint("(closed_at IS NOT NULL) = (remaining = '0')", name="closed"),
        CheckConstraint("checker <> maker", name="two_officers"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String)
    token: Mapped[str] = mapped_column(ADDRESS, index=True)
    wallet: Mapped[str] = mapped_column(ADDRESS, index=True)
    investor: Mapped[str] = mapped_column(String)
    pledgee: Mapped[str | None] = mapped_column(ADDRESS)
    amount: Mapped[int] = mapped_column(Whole)
    remaining: Mapped[int] = mapped_column(Whole)
    evidence: Mapped[str] = mapped_column(HASH)
    proposal: Mapped[str] = mapped_column(String, unique=True)
    maker: Mapped[str] = mapped_column(String)
    checker: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    closed_at: Mapped[int | None] = mapped_column(Second, default=None)


class Correction(Base):
    """One correction of the register by two officers, on evidence (R-61, R-62). Never changed.

    subject: what it corrects: the request of a mint, an investor, the number of an encumbrance; moved: the timelock's
    operation that moved the units, empty when none moved. Of a reversed mint also the lot's operation, the row, what
    the row was allotted, and what had been reversed of it before: nothing can be reversed twice.
    """

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("kind IN ('mint', 'succession', 'name', 'release', 'enforcement')", name="kind"),
        CheckConstraint("checker <> maker", name="two_officers"),
        CheckConstraint("(kind = 'mint') = (operation IS NOT NULL)", name="mint"),
        CheckConstraint("(operation IS NULL) = (place IS NULL)", name="place"),
        CheckConstraint("(operation IS NULL) = (before IS NULL)", name="before"),
        CheckConstraint("(kind IN ('mint', 'succession', 'enforcement')) = (moved IS NOT NULL)", name="moved"),
        UniqueConstraint("operation", "place", "before", name="correction_once"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String)
    subject: Mapped[str] = mapped_column(String, index=True)
    token: Mapped[str | None] = mapped_column(ADDRESS, default=None)
    sender: Mapped[str | None] = mapped_column(ADDRESS, default=None)
    receiver: Mapped[str | None] = mapped_column(ADDRESS, default=None)
    amount: Mapped[int] = mapped_column(Whole)
    moved: Mapped[str | None] = mapped_column(HASH, unique=True, default=None)
    operation: Mapped[str | None] = mapped_column(HASH, default=None)
    place: Mapped[int | None] = mapped_column(Integer, default=None)
    allotted: Mapped[int | None] = mapped_column(Whole, default=None)
    before: Mapped[int | None] = mapped_column(Whole, default=None)
    encumbrance: Mapped[int | None] = mapped_column(Number, ForeignKey("encumbrance.number"), default=None)
    evidence: Mapped[str] = mapped_column(HASH)
    note: Mapped[str] = mapped_column(Text, default="")
    proposal: Mapped[str] = mapped_column(String, index=True)
    maker: Mapped[str] = mapped_column(String)
    checker: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
