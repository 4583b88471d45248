"""Rulebooks by digest, so that a past decision can be run again; the proposal behind each change of a setting.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import Number, triggers

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


HASH = sa.String(66)


def upgrade() -> None:
    op.create_table(
        "rulebook_version",
        sa.Column("digest", HASH, nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_rulebook_version"),
    )
    triggers.append_only("rulebook_version")
    # In words of SQL: Alembic adds no column with a foreign key on SQLite, which can.
    op.execute(
        "ALTER TABLE setting ADD COLUMN proposal VARCHAR(64) CONSTRAINT fk_setting_proposal REFERENCES proposal (id)"
    )
