"""Registers of others, imported from their portable packages.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

HASH = sa.String(66)
ADDRESS = sa.String(42)


def upgrade() -> None:
    op.create_table(
        "imported_package",
        sa.Column("manifest", HASH, nullable=False),
        sa.Column("registry_id", HASH, nullable=False),
        sa.Column("chain_id", sa.BigInteger, nullable=False),
        sa.Column("genesis", HASH, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("signer", ADDRESS, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("on_chain", sa.Boolean, nullable=False),
        sa.Column("request", sa.String, nullable=False),
        sa.Column("officer", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("manifest", name="pk_imported_package"),
    )
    op.create_index("ix_imported_package_registry_id", "imported_package", ["registry_id"])
    op.create_table(
        "imported_security",
        sa.Column("package", HASH, nullable=False),
        sa.Column("address", ADDRESS, nullable=False),
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("tranche", sa.Integer, nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("package", "address", name="pk_imported_security"),
        _of_a_package("security"),
    )
    op.create_table(
        "imported_wallet",
        sa.Column("package", HASH, nullable=False),
        sa.Column("address", ADDRESS, nullable=False),
        sa.Column("holder", sa.BigInteger, nullable=False),
        sa.Column("investor", sa.Text),
        sa.PrimaryKeyConstraint("package", "address", name="pk_imported_wallet"),
        _of_a_package("wallet"),
    )
    op.create_table(
        "imported_transaction",
        sa.Column("package", HASH, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log_index", sa.Integer, nullable=False),
        sa.Column("second", sa.BigInteger, nullable=False),
        sa.Column("security", ADDRESS),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("package", "block", "log_index", name="pk_imported_transaction"),
        _of_a_package("transaction"),
    )
    op.create_index("ix_imported_transaction_security", "imported_transaction", ["package", "security", "block"])
    for name in ("package", "security", "wallet", "transaction"):
        triggers.append_only(f"imported_{name}")


def _of_a_package(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["package"], ["imported_package.manifest"], name=f"fk_imported_{name}_package_imported_package"
    )
