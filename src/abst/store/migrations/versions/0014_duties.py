"""Material events, duties opened on chain, reminders given.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.String(64)
HASH = sa.String(66)
NAME = sa.String(32)


def upgrade() -> None:
    _material_event()
    op.create_table(
        "opened_duty",
        sa.Column("filing", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("grace", sa.BigInteger, nullable=False),
        sa.Column("operation", HASH, nullable=False),
        sa.Column("request", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("filing", "name", "attempt", name="pk_opened_duty"),
        sa.UniqueConstraint("operation", name="uq_opened_duty_operation"),
        sa.CheckConstraint("attempt >= 0 AND grace >= 0", name="ck_opened_duty_counted"),
    )
    triggers.append_only("opened_duty")
    op.create_table(
        "reminder",
        sa.Column("filing", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("stage", sa.String(8), nullable=False),
        sa.Column("request", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("filing", "name", "stage", name="pk_reminder"),
    )
    triggers.append_only("reminder")


def _material_event() -> None:
    op.create_table(
        "material_event",
        sa.Column("filing", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("rule", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("period", sa.Integer, nullable=False),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("losses", sa.Text, nullable=False),
        sa.Column("forecast", sa.Text, nullable=False),
        sa.Column("expected", sa.Text, nullable=False),
        sa.Column("decision", ID),
        sa.Column("evidence", HASH),
        sa.Column("request", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("filing", "name", name="pk_material_event"),
        sa.CheckConstraint("kind IN ('interim-report', 'obligor-disclosure')", name="ck_material_event_kind"),
        sa.CheckConstraint("(decision IS NULL) <> (evidence IS NULL)", name="ck_material_event_ground"),
    )
    triggers.append_only("material_event")
