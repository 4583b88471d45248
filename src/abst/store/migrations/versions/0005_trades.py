"""Trades and orders drawn up, and the orders of allotments.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(64)
HASH = sa.String(66)
ADDRESS = sa.String(42)


def upgrade() -> None:
    _papers("trade", "seller", "buyer")
    _papers("subscription", "buyer")
    op.create_table(
        "lot_order",
        sa.Column("operation", HASH, nullable=False),
        sa.Column("place", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("paper", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("operation", "place", name="pk_lot_order"),
    )
    op.create_index("ix_lot_order_digest", "lot_order", ["digest"])
    triggers.append_only("lot_order")


def _papers(table: str, *parties: str) -> None:
    """What investors are given to sign; its number counts for these parties."""
    op.create_table(
        table,
        sa.Column("request", ID, nullable=False),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("asset", ADDRESS, nullable=False),
        *(sa.Column(party, ADDRESS, nullable=False) for party in parties),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("price", sa.Text, nullable=False),
        sa.Column("deadline", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request", name=f"pk_{table}"),
        sa.UniqueConstraint(*parties, "number", name=f"{table}_number"),
    )
    op.create_index(f"ix_{table}_digest", table, ["digest"])
    triggers.append_only(table)
