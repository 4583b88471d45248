"""Lanes of signers: who signs on each, what stopped it, which nonce was lost; bytes that cancel.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = "attempt_kept"
COLUMNS = "seq, intent, signer, nonce, raw, tx_hash, at"


def upgrade() -> None:
    _several_turns()
    op.create_index("ix_attempt_signer_nonce", "attempt", ["signer", "nonce"])
    op.create_table(
        "lost_nonce",
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("nonce", Number, nullable=False, autoincrement=False),
        sa.Column("tx_hash", sa.String(), nullable=False),
        sa.Column("block_number", Number, nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("signer", "nonce", name="pk_lost_nonce"),
        sa.ForeignKeyConstraint(["signer", "nonce"], ["lane.signer", "lane.nonce"], name="fk_lost_nonce_signer_nonce"),
    )
    triggers.append_only("lost_nonce")
    op.create_table(
        "lane_lease",
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", Number, nullable=False),
        sa.Column("taken_at", Number, nullable=False),
        sa.Column("known", Number, nullable=False),
        sa.PrimaryKeyConstraint("signer", name="pk_lane_lease"),
    )
    op.create_table(
        "lane_halt",
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("nonce", Number, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("signer", name="pk_lane_halt"),
    )


def _several_turns() -> None:
    """An intent whose nonce was lost may take another. SQLite makes `lane` anew, and meanwhile nothing may refer to it:
    attempts are laid aside."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute(f"CREATE TABLE {KEPT} AS SELECT {COLUMNS} FROM attempt")
        op.drop_table("attempt")
    with op.batch_alter_table("lane") as lane:
        lane.drop_constraint("uq_lane_intent", type_="unique")
        lane.add_column(sa.Column("turn", Number, nullable=False, server_default="0"))
        lane.create_unique_constraint("uq_lane_intent_turn", ["intent", "turn"])
        lane.create_check_constraint("ck_lane_turn_counted", "turn >= 0")
    if not sqlite:
        op.add_column("attempt", sa.Column("cancels", sa.Boolean(), nullable=False, server_default=sa.false()))
        return
    triggers.append_only("lane")
    op.create_table(
        "attempt",
        sa.Column("seq", Number, nullable=False, autoincrement=True),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("nonce", Number, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("cancels", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("seq", name="pk_attempt"),
        sa.UniqueConstraint("tx_hash", name="uq_attempt_tx_hash"),
        sa.ForeignKeyConstraint(
            ["signer", "nonce", "intent"],
            ["lane.signer", "lane.nonce", "lane.intent"],
            name="fk_attempt_signer_nonce_intent",
        ),
    )
    op.execute(f"INSERT INTO attempt ({COLUMNS}) SELECT {COLUMNS} FROM {KEPT}")
    op.drop_table(KEPT)
    op.create_index("ix_attempt_intent_seq", "attempt", ["intent", "seq"])
    triggers.append_only("attempt")
