"""Servicers' reports, as accepted; a corrected one is a new version.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.String(64)
HASH = sa.String(66)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "servicing_report",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("period", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("request", ID, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("document_hash", HASH, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("opening", sa.Text, nullable=False),
        sa.Column("closing", sa.Text, nullable=False),
        sa.Column("reported_closing", sa.Text, nullable=False),
        sa.Column("defaults", sa.Text, nullable=False),
        sa.Column("tape_hash", HASH),
        sa.Column("tape_map", sa.String),
        sa.Column("tape_rows", sa.Integer),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("decision", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_servicing_report"),
        sa.ForeignKeyConstraint(["filing"], ["filing.id"], name="fk_servicing_report_filing"),
        sa.UniqueConstraint("filing", "period", "version", name="uq_servicing_report_filing_period_version"),
        sa.CheckConstraint("period > 0 AND version > 0", name="ck_servicing_report_counted"),
        sa.CheckConstraint("(tape_hash IS NULL) = (tape_map IS NULL)", name="ck_servicing_report_tape"),
    )
    triggers.append_only("servicing_report")
    triggers.numbered("servicing_report", "number")
