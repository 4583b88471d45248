"""Clock, contacts, providers, marketing, foreign exchange and the repatriation ledger.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from abst.store import Number, triggers

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Kind = sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]]
ID = sa.String(64)
HASH = sa.String(66)
DAY = sa.String(10)
BIG = Number  # Unix seconds
WORDS = sa.Text
CODE = sa.String(40)

BY = (("actor", ID),)
BY_TWO = (("maker", ID), ("checker", ID))


def upgrade() -> None:
    _of_the_authority()
    _of_firms()
    _of_the_public()
    _of_money()


def _of_the_authority() -> None:
    _register("authority_contact", ("party", WORDS), ("about", WORDS), ("silent", sa.Boolean), *BY)
    triggers.append_only("authority_contact")
    _register(
        "ineligibility",
        ("rule", CODE),
        ("note", WORDS),
        *BY,
        later=(("cleared_at", BIG), ("clear_evidence", HASH), ("clear_maker", ID), ("clear_checker", ID)),
        checks={"two_officers": "clear_checker <> clear_maker"},
    )
    triggers.fixed("ineligibility", ["id", "filing", "rule", "note", "actor", "evidence", "at"])
    _register("retest", ("list_version", WORDS), ("answers", WORDS), *BY_TWO)
    triggers.append_only("retest")
    _register("opinion_renewal", ("kind", CODE), ("good_until", BIG), *BY_TWO)
    triggers.append_only("opinion_renewal")
    _register(
        "filing_export",
        ("receiver", WORDS),
        ("consent", WORDS),
        ("assessment", WORDS),
        ("personal", sa.Boolean),
        *BY,
    )
    triggers.append_only("filing_export")


def _of_firms() -> None:
    op.create_table(
        "provider",
        sa.Column("id", ID, nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in (("name", WORDS), ("kind", CODE), ("country", CODE))),
        sa.Column("actor", ID, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider"),
    )
    triggers.append_only("provider")
    _register("provider_review", ("kind", CODE), ("done_on", DAY), ("code_hash", HASH), *BY, of=("provider",))
    triggers.append_only("provider_review")
    _register(
        "provider_link",
        *BY,
        of=("provider", "filing"),
        begins="attached_at",
        later=(("detached_at", BIG), ("detached_by", ID), ("reason", WORDS)),
    )
    triggers.fixed("provider_link", ["id", "provider", "filing", "evidence", "actor", "attached_at"])
    _register(
        "provider_report",
        ("authority", WORDS),
        ("reference", WORDS),
        ("day", DAY),
        *BY,
        of=("link",),
        tables={"link": "provider_link"},
    )
    triggers.append_only("provider_report")


def _of_the_public() -> None:
    _register(
        "marketing_item",
        ("title", WORDS),
        ("channel", WORDS),
        ("audience", WORDS),
        ("places", WORDS),
        ("geo_block", WORDS),
        *BY_TWO,
        evidence="document",
    )
    triggers.append_only("marketing_item")
    _register(
        "conduct_lead",
        ("about", WORDS),
        *BY,
        of=(),
        later=(
            ("authority", WORDS),
            ("reference", WORDS),
            ("report_evidence", HASH),
            ("reported_by", ID),
            ("reported_at", BIG),
        ),
    )
    triggers.fixed("conduct_lead", ["id", "about", "actor", "evidence", "at"])


def _of_money() -> None:
    _register(
        "fx_registration",
        ("authority", WORDS),
        ("number", WORDS),
        ("kind", CODE),
        ("amount", WORDS),
        ("currency", CODE),
        ("registered_on", DAY),
        *BY_TWO,
        later=(("expires_on", DAY),),
    )
    triggers.append_only("fx_registration")
    _register(
        "fx_movement",
        ("kind", CODE),
        ("account", ID),
        ("receiver", ID),
        ("amount", WORDS),
        ("currency", CODE),
        ("arrived", WORDS),
        ("day", DAY),
        ("purpose", WORDS),
        *BY,
        later=(("reverses", Number),),
        constraints=(
            sa.ForeignKeyConstraint(["reverses"], ["fx_movement.id"], name="fk_fx_movement_reverses"),
            sa.UniqueConstraint("reverses", name="uq_fx_movement_reverses"),
        ),
    )
    triggers.append_only("fx_movement")
    _register(
        "fx_month",
        ("month", CODE),
        ("kept", WORDS),
        ("last_movement", Number),
        *BY,
        constraints=(sa.UniqueConstraint("filing", "month", name="uq_fx_month_filing_month"),),
    )
    triggers.append_only("fx_month")


def _register(
    table: str,
    *columns: tuple[str, Kind],
    of: Sequence[str] = ("filing",),
    tables: dict[str, str] | None = None,
    later: Sequence[tuple[str, Kind]] = (),
    checks: dict[str, str] | None = None,
    constraints: Sequence[sa.Constraint] = (),
    evidence: str = "evidence",
    begins: str = "at",
) -> None:
    """One register: numbered rows of something, on evidence, by somebody, at a second. later: may stay empty."""
    marks = dict(checks or {})
    if ("maker", ID) in columns:
        marks["two_officers"] = "checker <> maker"
    whose = {name: (tables or {}).get(name, name) for name in of}
    op.create_table(
        table,
        sa.Column("id", Number, nullable=False, autoincrement=True),
        *(sa.Column(name, ID if other != "provider_link" else Number, nullable=False) for name, other in whose.items()),
        *(sa.Column(name, kind, nullable=False) for name, kind in columns),
        sa.Column(evidence, HASH, nullable=False),
        sa.Column(begins, BIG, nullable=False),
        *(sa.Column(name, kind) for name, kind in later),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        *(sa.ForeignKeyConstraint([name], [f"{other}.id"], name=f"fk_{table}_{name}") for name, other in whose.items()),
        *(sa.CheckConstraint(words, name=f"ck_{table}_{name}") for name, words in marks.items()),
        *constraints,
    )
    for name in whose:
        op.create_index(f"ix_{table}_{name}", table, [name])
