"""Positions read from events, lots of mints, documents published.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(64)
HASH = sa.String(66)
ADDRESS = sa.String(42)


def upgrade() -> None:
    _holders()
    op.create_table(
        "mint_lot",
        sa.Column("operation", HASH, nullable=False),
        sa.Column("proposal", ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("total", sa.Text, nullable=False),
        sa.Column("allocations", sa.Text, nullable=False),
        sa.Column("decision", ID, nullable=False),
        sa.Column("released", ID),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("operation", name="pk_mint_lot"),
        sa.UniqueConstraint("proposal", "number", name="mint_lot_number"),
    )
    op.create_index("ix_mint_lot_proposal", "mint_lot", ["proposal"])
    op.create_index("ix_mint_lot_token", "mint_lot", ["token"])
    triggers.fixed("mint_lot", ["operation", "proposal", "number", "token", "total", "allocations", "decision", "at"])
    op.create_table(
        "publication",
        sa.Column("request", ID, nullable=False),
        sa.Column("filing", ID, nullable=False),
        sa.Column("obligation", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("document_hash", HASH, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("next_due", sa.BigInteger, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request", name="pk_publication"),
    )
    op.create_index("ix_publication_filing", "publication", ["filing"])
    triggers.append_only("publication")


def _holders() -> None:
    """A projection: no triggers, because it may be dropped and rebuilt from the chain."""
    op.create_table(
        "transfer_event",
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log_index", sa.Integer, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("sender", ADDRESS, nullable=False),
        sa.Column("receiver", ADDRESS, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name="pk_transfer_event"),
    )
    op.create_index("ix_transfer_event_token_block", "transfer_event", ["token", "block"])
    op.create_table(
        "position",
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("wallet", ADDRESS, nullable=False),
        sa.Column("balance", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("token", "wallet", name="pk_position"),
    )
    op.create_table(
        "holders_cursor",
        sa.Column("block", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("block", name="pk_holders_cursor"),
    )
