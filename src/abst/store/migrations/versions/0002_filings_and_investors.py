"""Filings with their versions and events; investors with evidence, wallets, challenges and blocks."""

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _filings()
    _files_and_tranches()
    _investors()
    _wallets()


def _filings() -> None:
    op.create_table(
        "filing",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", Number, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Number, nullable=False),
        sa.Column("notice_number", sa.Text(), nullable=True),
        sa.Column("notice_date", sa.String(), nullable=True),
        sa.Column("notice_uri", sa.Text(), nullable=True),
        sa.Column("notice_hash", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_filing"),
        sa.UniqueConstraint("number", name="uq_filing_number"),
    )
    op.create_table(
        "filing_version",
        sa.Column("filing", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dossier", sa.Text(), nullable=False),
        sa.Column("dossier_digest", sa.String(), nullable=False),
        sa.Column("deal", sa.Text(), nullable=False),
        sa.Column("deal_hash", sa.String(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("filing", "version", name="pk_filing_version"),
        sa.ForeignKeyConstraint(["filing"], ["filing.id"], name="fk_filing_version_filing"),
    )
    op.create_table(
        "filing_event",
        sa.Column("id", Number, nullable=False, autoincrement=True),
        sa.Column("filing", sa.String(), nullable=False),
        sa.Column("old", sa.String(), nullable=True),
        sa.Column("new", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("second", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposal", sa.String(), nullable=True),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_filing_event"),
        sa.CheckConstraint("second IS NULL OR second <> actor", name=op.f("ck_filing_event_two_officers")),
        sa.ForeignKeyConstraint(["filing"], ["filing.id"], name="fk_filing_event_filing"),
    )
    op.create_index("ix_filing_event_filing", "filing_event", ["filing"])
    triggers.append_only("filing_version")
    triggers.append_only("filing_event")


def _files_and_tranches() -> None:
    op.create_table(
        "tranche",
        sa.Column("filing", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cap", sa.Text(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("created_at", Number, nullable=True),
        sa.PrimaryKeyConstraint("filing", "number", name="pk_tranche"),
        sa.ForeignKeyConstraint(["filing"], ["filing.id"], name="fk_tranche_filing"),
        sa.UniqueConstraint("filing", "symbol", name="uq_tranche_filing_symbol"),
        sa.UniqueConstraint("token", name="uq_tranche_token"),
    )
    op.create_table(
        "filing_document",
        sa.Column("id", Number, nullable=False, autoincrement=True),
        sa.Column("filing", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_filing_document"),
        sa.ForeignKeyConstraint(["filing"], ["filing.id"], name="fk_filing_document_filing"),
    )
    op.create_index("ix_filing_document_filing", "filing_document", ["filing"])
    triggers.append_only("filing_document")


def _investors() -> None:
    op.create_table(
        "investor",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("number", Number, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("jurisdiction", sa.String(), nullable=False),
        sa.Column("regimes", Number, nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("evidence_until", Number, nullable=False),
        sa.Column("suitability_until", Number, nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("created_at", Number, nullable=False),
        sa.Column("updated_at", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_investor"),
        sa.CheckConstraint("jurisdiction <> 'CN' OR state <> 'admitted'", name=op.f("ck_investor_never_mainland")),
        sa.CheckConstraint("state IN ('recorded','admitted','refused','erased')", name=op.f("ck_investor_state")),
        sa.UniqueConstraint("number", name="uq_investor_number"),
    )
    op.create_table(
        "investor_evidence",
        sa.Column("id", Number, nullable=False, autoincrement=True),
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("relevant_date", sa.String(), nullable=False),
        sa.Column("expires_on", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_investor_evidence"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_investor_evidence_investor"),
    )
    op.create_index("ix_investor_evidence_investor", "investor_evidence", ["investor"])
    op.create_table(
        "investor_block",
        sa.Column("id", Number, nullable=False, autoincrement=True),
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("blocked_by", sa.String(), nullable=False),
        sa.Column("blocked_at", Number, nullable=False),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_second", sa.String(), nullable=True),
        sa.Column("lifted_at", Number, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_investor_block"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_investor_block_lifted")),
        sa.CheckConstraint("(lifted_by IS NULL) = (lifted_second IS NULL)", name=op.f("ck_investor_block_second")),
        sa.CheckConstraint(
            "lifted_by IS NULL OR lifted_by <> lifted_second", name=op.f("ck_investor_block_two_officers")
        ),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_investor_block_investor"),
    )
    op.create_index("ix_investor_block_investor", "investor_block", ["investor"])
    triggers.append_only("investor_evidence")
    triggers.fixed("investor_block", ["investor", "reason", "evidence", "blocked_by", "blocked_at"])


def _wallets() -> None:
    op.create_table(
        "wallet",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proven_at", Number, nullable=True),
        sa.Column("number", Number, nullable=True),
        sa.Column("record", sa.String(), nullable=True),
        sa.Column("successor", sa.String(), nullable=True),
        sa.Column("created_at", Number, nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_wallet"),
        sa.CheckConstraint("state NOT IN ('proven','admitted') OR proven_at IS NOT NULL", name=op.f("ck_wallet_proof")),
        sa.CheckConstraint("state IN ('named','proven','admitted','lost')", name=op.f("ck_wallet_state")),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_wallet_investor"),
        sa.UniqueConstraint("number", name="uq_wallet_number"),
    )
    op.create_index("ix_wallet_investor", "wallet", ["investor"])
    op.create_table(
        "wallet_challenge",
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("wallet", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("issued_at", Number, nullable=False),
        sa.Column("expires_at", Number, nullable=False),
        sa.Column("used_at", Number, nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("nonce", name="pk_wallet_challenge"),
        sa.ForeignKeyConstraint(["investor"], ["investor.id"], name="fk_wallet_challenge_investor"),
    )
    op.create_index("ix_wallet_challenge_investor", "wallet_challenge", ["investor"])
    triggers.fixed("wallet", ["address"])
    triggers.fixed("wallet_challenge", ["nonce", "investor", "wallet", "text", "issued_at", "expires_at"])
