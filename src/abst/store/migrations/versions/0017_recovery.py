"""What was found on chain after the store came back from a backup.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "recovered_operation",
        sa.Column("tx_hash", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("nonce", Number, nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("decision", sa.String()),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("block_number", Number, nullable=False),
        sa.Column("block_hash", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("tx_hash", name="pk_recovered_operation"),
        sa.UniqueConstraint("signer", "nonce", name="uq_recovered_operation_signer_nonce"),
    )
    op.create_index("ix_recovered_operation_operation", "recovered_operation", ["operation"])
    triggers.append_only("recovered_operation")
