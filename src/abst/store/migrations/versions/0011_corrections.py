"""Encumbrances and corrections of the register.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.String(64)
ADDRESS = sa.String(42)
HASH = sa.String(66)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _encumbrance()
    _correction()
    op.create_table(
        "register_load",
        sa.Column("request", ID, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("document", HASH, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("total", sa.Text, nullable=False),
        sa.Column("evidence", HASH, nullable=False),
        sa.Column("officer", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request", name="pk_register_load"),
        sa.UniqueConstraint("token", "document", "attempt", name="register_load_once"),
    )
    triggers.append_only("register_load")


def _encumbrance() -> None:
    fixed = ("kind", "token", "investor", "pledgee", "amount", "evidence", "proposal", "maker", "checker", "at")
    op.create_table(
        "encumbrance",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("wallet", ADDRESS, nullable=False),
        sa.Column("investor", sa.String, nullable=False),
        sa.Column("pledgee", ADDRESS),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("remaining", sa.Text, nullable=False),
        sa.Column("evidence", HASH, nullable=False),
        sa.Column("proposal", sa.String, nullable=False),
        sa.Column("maker", sa.String, nullable=False),
        sa.Column("checker", sa.String, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("closed_at", NUMBER),
        sa.PrimaryKeyConstraint("number", name="pk_encumbrance"),
        sa.UniqueConstraint("proposal", name="uq_encumbrance_proposal"),
        sa.CheckConstraint("kind IN ('pledge', 'attachment')", name="ck_encumbrance_kind"),
        sa.CheckConstraint("(kind = 'pledge') = (pledgee IS NOT NULL)", name="ck_encumbrance_pledgee"),
        sa.CheckConstraint("pledgee IS NULL OR pledgee <> wallet", name="ck_encumbrance_another"),
        sa.CheckConstraint("(closed_at IS NOT NULL) = (remaining = '0')", name="ck_encumbrance_closed"),
        sa.CheckConstraint("checker <> maker", name="ck_encumbrance_two_officers"),
    )
    op.create_index("ix_encumbrance_token", "encumbrance", ["token"])
    op.create_index("ix_encumbrance_wallet", "encumbrance", ["wallet"])
    triggers.fixed("encumbrance", fixed)


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("token", ADDRESS),
        sa.Column("sender", ADDRESS),
        sa.Column("receiver", ADDRESS),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("moved", HASH),
        sa.Column("operation", HASH),
        sa.Column("place", sa.Integer),
        sa.Column("allotted", sa.Text),
        sa.Column("before", sa.Text),
        sa.Column("encumbrance", NUMBER),
        sa.Column("evidence", HASH, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("proposal", sa.String, nullable=False),
        sa.Column("maker", sa.String, nullable=False),
        sa.Column("checker", sa.String, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_correction"),
        sa.ForeignKeyConstraint(["encumbrance"], ["encumbrance.number"], name="fk_correction_encumbrance"),
        sa.UniqueConstraint("moved", name="uq_correction_moved"),
        sa.UniqueConstraint("operation", "place", "before", name="correction_once"),
        sa.CheckConstraint(
            "kind IN ('mint', 'succession', 'name', 'release', 'enforcement')", name="ck_correction_kind"
        ),
        sa.CheckConstraint("checker <> maker", name="ck_correction_two_officers"),
        sa.CheckConstraint("(kind = 'mint') = (operation IS NOT NULL)", name="ck_correction_mint"),
        sa.CheckConstraint("(operation IS NULL) = (place IS NULL)", name="ck_correction_place"),
        sa.CheckConstraint("(operation IS NULL) = (before IS NULL)", name="ck_correction_before"),
        sa.CheckConstraint(
            "(kind IN ('mint', 'succession', 'enforcement')) = (moved IS NOT NULL)", name="ck_correction_moved"
        ),
    )
    op.create_index("ix_correction_subject", "correction", ["subject"])
    op.create_index("ix_correction_proposal", "correction", ["proposal"])
    triggers.append_only("correction")
