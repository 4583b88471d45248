"""Screening lists, results and hits; travel-rule payloads.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(64)
ADDRESS = sa.String(42)
HASH = sa.String(66)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _lists()
    _screenings()
    _travel()


def _lists() -> None:
    op.create_table(
        "screening_list",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("officer", sa.String, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("checked_at", NUMBER, nullable=False),
        sa.Column("checked_by", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_screening_list"),
    )
    op.create_index("ix_screening_list_source", "screening_list", ["source"])
    triggers.fixed("screening_list", ("source", "digest", "files", "entries", "officer", "at"))
    op.create_table(
        "screening_entry",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("entry", sa.String, nullable=False),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("forms", sa.Text, nullable=False),
        sa.Column("first", NUMBER, nullable=False),
        sa.Column("last", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_screening_entry"),
        sa.UniqueConstraint("source", "entry", "first", name="screening_entry_once"),
        sa.CheckConstraint("kind IN ('sanction', 'pep')", name="ck_screening_entry_kind"),
    )
    op.create_index("ix_screening_entry_source_last", "screening_entry", ["source", "last"])
    triggers.fixed("screening_entry", ("source", "entry", "digest", "kind", "type", "content", "forms", "first"))


def _screenings() -> None:
    op.create_table(
        "screening",
        sa.Column("investor", sa.String, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("lists", sa.Text, nullable=False),
        sa.Column("floor", sa.Integer, nullable=False),
        sa.Column("subjects", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("investor", name="pk_screening"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_screening_investor"),
    )
    op.create_table(
        "screening_hit",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("investor", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("entry", sa.String, nullable=False),
        sa.Column("entry_digest", HASH, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("born", sa.String, nullable=False),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("opened_at", NUMBER, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("decided_by", sa.String),
        sa.Column("second", sa.String),
        sa.Column("reason", sa.Text),
        sa.Column("evidence", HASH),
        sa.Column("decided_at", NUMBER),
        sa.Column("ended_at", NUMBER),
        sa.PrimaryKeyConstraint("number", name="pk_screening_hit"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_screening_hit_investor"),
        sa.CheckConstraint("verdict IN ('open', 'cleared', 'confirmed')", name="ck_screening_hit_verdict"),
        sa.CheckConstraint("(verdict = 'open') = (decided_by IS NULL)", name="ck_screening_hit_decided"),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="ck_screening_hit_dated"),
        sa.CheckConstraint(
            "verdict = 'open' OR (reason IS NOT NULL AND reason <> '' AND evidence IS NOT NULL)",
            name="ck_screening_hit_reasoned",
        ),
        sa.CheckConstraint("second IS NULL OR second <> decided_by", name="ck_screening_hit_two_officers"),
        sa.CheckConstraint("score BETWEEN 0 AND 10000", name="ck_screening_hit_score"),
    )
    op.create_index(
        "ix_screening_hit_standing",
        "screening_hit",
        ["investor", "person", "source", "entry"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    triggers.fixed("screening_hit", ("investor", "person", "source", "entry", "entry_digest", "kind", "opened_at"))


def _travel() -> None:
    op.create_table(
        "travel_payload",
        sa.Column("request", ID, nullable=False),
        sa.Column("place", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("sender", ADDRESS, nullable=False),
        sa.Column("receiver", ADDRESS, nullable=False),
        sa.Column("originator", sa.String, nullable=False),
        sa.Column("beneficiary", sa.String, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("hkd", sa.String, nullable=False),
        sa.Column("reduced", sa.Boolean, nullable=False),
        sa.Column("shared", sa.Text, nullable=False),
        sa.Column("sealed_originator", sa.LargeBinary, nullable=False),
        sa.Column("sealed_beneficiary", sa.LargeBinary, nullable=False),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("request", "place", name="pk_travel_payload"),
    )
    op.create_index("ix_travel_payload_originator", "travel_payload", ["originator"])
    op.create_index("ix_travel_payload_beneficiary", "travel_payload", ["beneficiary"])
    parties = ("token", "sender", "receiver", "originator", "beneficiary", "amount")
    triggers.fixed("travel_payload", ("request", "place", *parties, "hkd", "reduced", "shared", "digest", "at"))
