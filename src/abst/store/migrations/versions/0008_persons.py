"""One key per natural person, versions of records, sessions, legal holds and erasures.

What one sealed value held becomes version 1 of the investor's record, under the key it had; its commitment keeps the
formula it was made with.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHOLE = 1  # the formula of commitments over the whole record


def upgrade() -> None:
    _records()
    _move()
    _sessions()
    _holds_and_erasures()
    op.add_column("wallet_challenge", sa.Column("form", sa.String(), nullable=False, server_default="text"))
    op.add_column("wallet_challenge", sa.Column("chain_id", Number, nullable=False, server_default="0"))


def _records() -> None:
    op.create_table(
        "investor_person",
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("investor", "person", name="pk_investor_person"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_investor_person_investor"),
    )
    op.create_table(
        "investor_record",
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("formula", sa.Integer(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("investor", "version", name="pk_investor_record"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_investor_record_investor"),
        sa.CheckConstraint("formula IN (1, 2)", name=op.f("ck_investor_record_formula")),
    )
    op.create_table(
        "person_record",
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("investor", "version", "person", name="pk_person_record"),
        sa.ForeignKeyConstraint(
            ["investor", "version"],
            ["investor_record.investor", "investor_record.version"],
            name="fk_person_record_investor_version",
        ),
        sa.ForeignKeyConstraint(
            ["investor", "person"],
            ["investor_person.investor", "investor_person.person"],
            name="fk_person_record_investor_person",
        ),
    )
    triggers.fixed("investor_person", ["investor", "person", "at"])
    triggers.fixed("investor_record", ["investor", "version", "commitment", "formula", "at"])
    triggers.fixed("person_record", ["investor", "version", "person", "commitment"])


def _move() -> None:
    """The one sealed value of each investor becomes version 1; its key becomes the investor's own."""
    op.add_column("investor", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.execute(
        "INSERT INTO investor_person (investor, person, wrapped_key, at) "
        "SELECT id, '', wrapped_key, created_at FROM investor"
    )
    op.execute(
        "INSERT INTO investor_record (investor, version, sealed, commitment, formula, at) "
        f"SELECT id, 1, sealed, commitment, {WHOLE}, updated_at FROM investor"
    )
    op.drop_column("investor", "sealed")
    op.drop_column("investor", "wrapped_key")


def _sessions() -> None:
    op.create_table(
        "investor_session",
        sa.Column("id", Number, nullable=False, autoincrement=True),
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("ip_country", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_investor_session"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_investor_session_investor"),
    )
    op.create_index("ix_investor_session_investor_at", "investor_session", ["investor", "at"])
    triggers.fixed("investor_session", ["investor", "at", "act", "ip_country", "device", "recorded_at"])


def _holds_and_erasures() -> None:
    op.create_table(
        "investor_hold",
        sa.Column("id", Number, nullable=False, autoincrement=True),
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", Number, nullable=False),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_second", sa.String(), nullable=True),
        sa.Column("lifted_at", Number, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_investor_hold"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_investor_hold_investor"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_investor_hold_lifted")),
        sa.CheckConstraint("(lifted_by IS NULL) = (lifted_second IS NULL)", name=op.f("ck_investor_hold_second")),
        sa.CheckConstraint(
            "lifted_by IS NULL OR lifted_by <> lifted_second", name=op.f("ck_investor_hold_two_officers")
        ),
    )
    op.create_index("ix_investor_hold_investor", "investor_hold", ["investor"])
    triggers.fixed("investor_hold", ["investor", "reason", "evidence", "set_by", "set_at"])
    op.create_table(
        "investor_erasure",
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("proposal", sa.String(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("checker", sa.String(), nullable=False),
        sa.Column("keys", sa.Integer(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("investor", name="pk_investor_erasure"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_investor_erasure_investor"),
        sa.CheckConstraint("maker <> checker", name=op.f("ck_investor_erasure_two_officers")),
    )
    triggers.append_only("investor_erasure")
