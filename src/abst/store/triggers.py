"""Triggers by which the database itself keeps rows from changing. Used by migrations only.

SQLite and PostgreSQL differ in words, not in effect: the statement fails and its transaction with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op


def shared_function() -> None:
    """The function behind every trigger on PostgreSQL; nothing on SQLite. Run once, in the first migration."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION abst_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )


def append_only(table: str) -> None:
    """Rows are never changed and never deleted."""
    _refuse(table, "no_update", "UPDATE", f"{table} is append-only: no change")
    _refuse(table, "no_delete", "DELETE", f"{table} is append-only: no deletion")


def fixed(table: str, columns: Sequence[str]) -> None:
    """Rows are never deleted, and these columns never written again; the others may move."""
    _refuse(table, "fixed", f"UPDATE OF {', '.join(columns)}", f"{table}: its content is fixed")
    _refuse(table, "no_delete", "DELETE", f"{table}: rows are kept")


def _refuse(table: str, name: str, event: str, words: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        body = f"FOR EACH ROW EXECUTE FUNCTION abst_refuse('{words}')"
    else:
        body = f"FOR EACH ROW BEGIN SELECT RAISE(ABORT, '{words}'); END"
    op.execute(f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} {body}")


def numbered(table: str, column: str) -> None:
    """A new row must carry the next number: nothing is inserted between, before, or in another's place."""
    wrong = f"NEW.{column} <> (SELECT COALESCE(MAX({column}), 0) + 1 FROM {table})"
    words = f"{table}: rows are numbered without gaps"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_numbered() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {wrong} THEN "
            f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_numbered BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_numbered()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_numbered BEFORE INSERT ON {table} FOR EACH ROW WHEN {wrong} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
