"""Servicing: programs opened, periods submitted and closed, their payments, triggers, corrections and elections.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abst.store import triggers

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.String(64)
HASH = sa.String(66)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _several_payments_of_one_request()
    _closing()
    _paying()
    _bearing()


def _several_payments_of_one_request() -> None:
    """One act opens the payments of all classes of a period. SQLite makes the table anew, and its triggers with it."""
    with op.batch_alter_table("payment") as payment:
        payment.drop_constraint("uq_payment_request", type_="unique")
    op.create_index("ix_payment_request", "payment", ["request"])
    if op.get_bind().dialect.name == "sqlite":
        triggers.append_only("payment")


def _of_filing(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["filing"], ["filing.id"], name=f"fk_{table}_filing")


def _who() -> tuple[sa.Column[str], sa.Column[str], sa.Column[int]]:
    return (
        sa.Column("request", ID, nullable=False),
        sa.Column("officer", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _closing() -> None:
    op.create_table(
        "servicing",
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("program", sa.LargeBinary, nullable=False),
        sa.Column("program_hash", HASH, nullable=False),
        *_who(),
        sa.PrimaryKeyConstraint("filing", name="pk_servicing"),
        _of_filing("servicing"),
    )
    op.create_table(
        "period_submission",
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("period", sa.Integer, nullable=False),
        sa.Column("report", HASH, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tokens", sa.Text, nullable=False),
        sa.Column("restated", sa.Text, nullable=False),
        sa.Column("inputs_hash", HASH, nullable=False),
        sa.Column("result", HASH, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("decision", ID, nullable=False),
        *_who(),
        sa.PrimaryKeyConstraint("request", name="pk_period_submission"),
        _of_filing("period_submission"),
    )
    op.create_index("ix_period_submission_filing", "period_submission", ["filing"])
    op.create_table(
        "period_close",
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("period", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("submission", ID, nullable=False),
        sa.Column("following", sa.Text, nullable=False),
        sa.Column("payable", sa.Text, nullable=False),
        *_who(),
        sa.PrimaryKeyConstraint("filing", "period", name="pk_period_close"),
        _of_filing("period_close"),
        sa.ForeignKeyConstraint(["submission"], ["period_submission.request"], name="fk_period_close_submission"),
    )
    for table in ("servicing", "period_submission", "period_close"):
        triggers.append_only(table)


def _paying() -> None:
    op.create_table(
        "period_record_date",
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("period", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("second", sa.BigInteger, nullable=False),
        *_who(),
        sa.PrimaryKeyConstraint("filing", "period", name="pk_period_record_date"),
        _of_filing("period_record_date"),
    )
    op.create_table(
        "period_payment",
        sa.Column("payment", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("period", sa.Integer, nullable=False),
        sa.Column("tranche", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("payment", name="pk_period_payment"),
        sa.ForeignKeyConstraint(["payment"], ["payment.number"], name="fk_period_payment_payment"),
        _of_filing("period_payment"),
    )
    op.create_index("ix_period_payment_filing", "period_payment", ["filing"])
    for table in ("period_record_date", "period_payment"):
        triggers.append_only(table)


def _bearing() -> None:
    """What bears on a period besides its report."""
    op.create_table(
        "trigger_log",
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("period", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("trigger", sa.String, nullable=False),
        sa.Column("holds", sa.Boolean, nullable=False),
        sa.Column("changed", sa.Boolean, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("threshold", sa.Text, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("filing", "period", "trigger", name="pk_trigger_log"),
        _of_filing("trigger_log"),
    )
    triggers.append_only("trigger_log")
    _by_two_officers(
        "restatement",
        sa.Column("report", HASH, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("differences", sa.Text, nullable=False),
    )
    _by_two_officers(
        "servicing_election",
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('call', 'default')", name="ck_servicing_election_kind"),
    )


def _by_two_officers(table: str, *own: sa.Column[object] | sa.CheckConstraint) -> None:
    op.create_table(
        table,
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("period", sa.Integer, nullable=False),
        *own,
        sa.Column("evidence", HASH, nullable=False),
        sa.Column("proposal", sa.String, nullable=False),
        sa.Column("maker", ID, nullable=False),
        sa.Column("checker", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name=f"pk_{table}"),
        _of_filing(table),
        sa.UniqueConstraint("proposal", name=f"uq_{table}_proposal"),
        sa.CheckConstraint("checker <> maker", name=f"ck_{table}_two_officers"),
    )
    op.create_index(f"ix_{table}_filing", table, ["filing"])
    triggers.append_only(table)
