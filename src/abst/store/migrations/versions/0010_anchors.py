"""Evidence is looked up by the second of its entries, and by the decision that a proposal rests on.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_proposal_decision", "proposal", ["decision"])
