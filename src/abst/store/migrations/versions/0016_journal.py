"""The journal of raw logs and what is derived from it; the tables of positions before it go, the chain is read again.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ADDRESS = sa.String(42)
HASH = sa.String(66)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """No triggers: all of it may be dropped and read again from the chain."""
    for table in ("transfer_event", "position", "holders_cursor"):
        op.drop_table(table)
    op.create_table(
        "journal_block",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("time", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_journal_block"),
        sa.UniqueConstraint("hash", name="uq_journal_block_hash"),
    )
    op.create_index("ix_journal_block_time", "journal_block", ["time"])
    op.create_table(
        "journal_address",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("address", ADDRESS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_address"),
        sa.UniqueConstraint("address", name="uq_journal_address_address"),
    )
    _placed(
        "raw_log",
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("topics", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("tx_hash", sa.LargeBinary, nullable=False),
        sa.Column("tx_index", sa.Integer, nullable=False),
    )
    _movements()
    _said()


def _movements() -> None:
    _placed(
        "journal_token",
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("filing", sa.BigInteger, nullable=False),
        sa.Column("tranche", sa.Integer, nullable=False),
    )
    _placed(
        "movement",
        sa.Column("sender", sa.Integer, nullable=False),
        sa.Column("receiver", sa.Integer, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("sender_after", sa.Text, nullable=False),
        sa.Column("receiver_after", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        by="token",
    )
    for side in ("sender", "receiver"):
        op.create_index(f"ix_movement_{side}", "movement", [side, "block", "log_index"])
    _kept(
        "holding",
        ("token", "wallet"),
        sa.Column("token", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("wallet", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("balance", sa.Text, nullable=False),
    )
    _placed(
        "position_mark",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("next", sa.Integer, nullable=False),
        sa.Column("held", sa.Text, nullable=False),
        by="token",
    )


def _said() -> None:
    _placed(
        "token_approval",
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("owner", ADDRESS, nullable=False),
        sa.Column("spender", ADDRESS, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
    )
    _placed(
        "minted",
        sa.Column("operation", HASH, nullable=False),
        sa.Column("decision", HASH, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("gatekeeper", ADDRESS, nullable=False),
        sa.Column("total", sa.Text, nullable=False),
    )
    _placed(
        "obligation_event",
        sa.Column("filing", sa.BigInteger, nullable=False),
        sa.Column("obligation", sa.Integer, nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
    _placed(
        "payment_event",
        sa.Column("payment", HASH),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("holder", ADDRESS),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
    )


def _placed(name: str, *columns: sa.Column, by: str = "") -> None:  # type: ignore[type-arg]
    """A table whose key is where an event stands, after a number of a token where one is named."""
    before = [sa.Column(by, sa.Integer, nullable=False, autoincrement=False)] if by else []
    place = [
        sa.Column("block", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("log_index", sa.Integer, nullable=False, autoincrement=False),
    ]
    key = (by, "block", "log_index") if by else ("block", "log_index")
    _kept(name, key, *before, *place, *columns)


def _kept(name: str, key: tuple[str, ...], *columns: sa.Column) -> None:  # type: ignore[type-arg]
    """A table in the order of its key."""
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"), sqlite_with_rowid=False)
