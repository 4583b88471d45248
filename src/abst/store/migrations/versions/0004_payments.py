"""Payments declared to the holders of record dates, and payments made outside the chain.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.String(64)
HASH = sa.String(66)
ADDRESS = sa.String(42)


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("id", HASH, nullable=False),
        sa.Column("request", ID, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("record_date", sa.Integer, nullable=False),
        sa.Column("needs_evidence", sa.Boolean, nullable=False),
        sa.Column("asset", ADDRESS, nullable=False),
        sa.Column("funded", sa.Text, nullable=False),
        sa.Column("supply", sa.Text, nullable=False),
        sa.Column("ref", HASH, nullable=False),
        sa.Column("decision", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_payment"),
        sa.UniqueConstraint("id", name="uq_payment_id"),
        sa.UniqueConstraint("request", name="uq_payment_request"),
    )
    op.create_index("ix_payment_token", "payment", ["token"])
    triggers.append_only("payment")
    op.create_table(
        "payment_off_chain",
        sa.Column("request", ID, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("record_date", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("ref", HASH, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("document_hash", HASH, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request", name="pk_payment_off_chain"),
    )
    op.create_index("ix_payment_off_chain_token", "payment_off_chain", ["token"])
    triggers.append_only("payment_off_chain")
