"""The store's own facts, the audit log, decisions and the outbox."""

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    triggers.shared_function()
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    _audit()
    _officers_and_settings()
    _decisions_and_proposals()
    _requests_and_intents()
    _lanes_and_attempts()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", Number, nullable=False, autoincrement=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sa.UniqueConstraint("previous", name="uq_audit_previous"),
        sa.UniqueConstraint("hash", name="uq_audit_hash"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
    triggers.append_only("audit")
    triggers.numbered("audit", "seq")


def _officers_and_settings() -> None:
    op.create_table(
        "officer",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("left_at", Number, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_officer"),
        sa.UniqueConstraint("address", name="uq_officer_address"),
    )
    triggers.fixed("officer", ["name", "address"])
    op.create_table(
        "setting",
        sa.Column("seq", Number, nullable=False, autoincrement=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_setting"),
        sa.ForeignKeyConstraint(["officer"], ["officer.name"], name="fk_setting_officer"),
    )
    op.create_index("ix_setting_key_seq", "setting", ["key", "seq"])
    triggers.append_only("setting")


def _decisions_and_proposals() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_hash", "decision", ["hash"])
    op.create_index("ix_decision_kind_at", "decision", ["kind", "at"])
    triggers.append_only("decision")
    states = "'open', 'approved', 'rejected', 'withdrawn', 'done', 'failed'"
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("checker_role", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("checker", sa.String(), nullable=True),
        sa.Column("decided_at", Number, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
        sa.UniqueConstraint("request", name="uq_proposal_request"),
        sa.UniqueConstraint("id", "maker", name="uq_proposal_id_maker"),
        sa.CheckConstraint("checker IS NULL OR checker <> maker", name="ck_proposal_two_officers"),
        sa.CheckConstraint(f"state IN ({states})", name="ck_proposal_state_known"),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name="fk_proposal_decision"),
        sa.ForeignKeyConstraint(["maker"], ["officer.name"], name="fk_proposal_maker"),
        sa.ForeignKeyConstraint(["checker"], ["officer.name"], name="fk_proposal_checker"),
    )
    op.create_index("ix_proposal_state_checker_role", "proposal", ["state", "checker_role"])
    triggers.fixed("proposal", ["id", "kind", "command", "decision", "maker", "checker_role", "request", "hash", "at"])
    op.create_table(
        "approval",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("proposal", sa.String(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("checker", sa.String(), nullable=False),
        sa.Column("verdict", sa.Boolean(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
        sa.UniqueConstraint("proposal", "checker", name="uq_approval_proposal_checker"),
        sa.CheckConstraint("checker <> maker", name="ck_approval_two_officers"),
        sa.ForeignKeyConstraint(
            ["proposal", "maker"], ["proposal.id", "proposal.maker"], name="fk_approval_proposal_maker"
        ),
        sa.ForeignKeyConstraint(["checker"], ["officer.name"], name="fk_approval_checker"),
    )
    triggers.append_only("approval")


def _requests_and_intents() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("retry_of", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_request"),
        sa.ForeignKeyConstraint(["retry_of"], ["request.id"], name="fk_request_retry_of"),
    )
    triggers.fixed("request", ["id", "command", "content", "digest", "at", "retry_of"])
    states = "'pending', 'sent', 'mined', 'final', 'rejected', 'needs_attention'"
    op.create_table(
        "intent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seq", Number, nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", Number, nullable=False),
        sa.Column("waits_for", Number, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tx_hash", sa.String(), nullable=True),
        sa.Column("block_hash", sa.String(), nullable=True),
        sa.Column("block_number", Number, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_intent"),
        sa.UniqueConstraint("seq", name="uq_intent_seq"),
        sa.UniqueConstraint("operation", name="uq_intent_operation"),
        sa.CheckConstraint(f"state IN ({states})", name="ck_intent_state_known"),
        sa.CheckConstraint("waits_for >= 0", name="ck_intent_waits_for_counted"),
        sa.ForeignKeyConstraint(["request"], ["request.id"], name="fk_intent_request"),
    )
    op.create_index("ix_intent_state_waits_for_signer_seq", "intent", ["state", "waits_for", "signer", "seq"])
    op.create_index("ix_intent_request", "intent", ["request"])
    triggers.fixed(
        "intent",
        ["id", "seq", "request", "kind", "signer", "recipient", "data", "operation", "notes", "created_at"],
    )
    op.create_table(
        "intent_dependency",
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("needs", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("intent", "needs", name="pk_intent_dependency"),
        sa.ForeignKeyConstraint(["intent"], ["intent.id"], name="fk_intent_dependency_intent"),
        sa.ForeignKeyConstraint(["needs"], ["intent.id"], name="fk_intent_dependency_needs"),
    )
    op.create_index("ix_intent_dependency_needs", "intent_dependency", ["needs"])
    triggers.append_only("intent_dependency")
    op.create_table(
        "intent_state",
        sa.Column("seq", Number, nullable=False, autoincrement=True),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_intent_state"),
        sa.ForeignKeyConstraint(["intent"], ["intent.id"], name="fk_intent_state_intent"),
    )
    op.create_index("ix_intent_state_intent_seq", "intent_state", ["intent", "seq"])
    triggers.append_only("intent_state")


def _lanes_and_attempts() -> None:
    op.create_table(
        "lane",
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("nonce", Number, nullable=False, autoincrement=False),
        sa.Column("intent", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("signer", "nonce", name="pk_lane"),
        sa.UniqueConstraint("intent", name="uq_lane_intent"),
        sa.UniqueConstraint("signer", "nonce", "intent", name="uq_lane_signer_nonce_intent"),
        sa.ForeignKeyConstraint(["intent"], ["intent.id"], name="fk_lane_intent"),
    )
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
        sa.PrimaryKeyConstraint("seq", name="pk_attempt"),
        sa.UniqueConstraint("tx_hash", name="uq_attempt_tx_hash"),
        sa.ForeignKeyConstraint(
            ["signer", "nonce", "intent"],
            ["lane.signer", "lane.nonce", "lane.intent"],
            name="fk_attempt_signer_nonce_intent",
        ),
    )
    op.create_index("ix_attempt_intent_seq", "attempt", ["intent", "seq"])
    triggers.append_only("attempt")
