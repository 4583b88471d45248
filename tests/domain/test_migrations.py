"""Stores of earlier versions come up to this one with all they hold, on both databases.

`stores/0005.json` holds rows of a store that the version with migration 0005 wrote (transactions' data cut short),
with the master key of its vault: its people are invented.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, select

from abst import audit
from abst.investor import records
from abst.keys import Vault
from abst.store import Store, revisions
from databases import KINDS, empty_postgres_database

OLD = json.loads((Path(__file__).parent / "stores/0005.json").read_text(encoding="utf-8"))
WRITTEN_BY = "0005"
MOVED = {"investor"}  # tables whose rows a later migration took apart
READ_AGAIN = {"transfer_event", "position", "holders_cursor"}  # read from the chain, and read from it again since


def _value(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


ROWS = {name: [{k: _value(v) for k, v in row.items()} for row in rows] for name, rows in OLD["tables"].items()}


def upgrade(store: Store, revision: str) -> None:
    """One step of the migrations, as `Store.migrate` takes them all."""
    config = Config()
    config.set_main_option("script_location", str(revisions.FOLDER))
    with store._writer.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill(store: Store) -> dict[str, list[dict[str, Any]]]:
    """The old rows of every table that stands already, in the columns it has; returns them by table."""
    made = MetaData()
    made.reflect(store._reader)
    written: dict[str, list[dict[str, Any]]] = {}
    with store.begin() as session:
        for table in made.sorted_tables:
            rows = [{k: v for k, v in row.items() if k in table.columns} for row in ROWS.get(table.name, [])]
            if rows:
                kinds = {column.name: column.type.python_type for column in table.columns}
                rows = [{k: bool(v) if kinds[k] is bool else v for k, v in row.items()} for row in rows]
                session.connection().execute(table.insert(), rows)
                written[table.name] = rows
    return written


def empty_store(kind: str, folder: Path) -> Store:
    if kind == "postgresql":
        return Store(empty_postgres_database())
    (folder / "registry.db").touch()
    return Store(f"sqlite:///{folder}/registry.db")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("revision", [r for r in revisions.known() if r <= WRITTEN_BY])
def test_an_earlier_store_comes_up_with_all_it_holds(tmp_path: Path, kind: str, revision: str) -> None:
    """Rows written at each earlier revision are there after the migration, the log verifies, sealed records open."""
    store = empty_store(kind, tmp_path)
    upgrade(store, revision)
    written = fill(store)
    assert written
    store.migrate()
    store.check()
    made = MetaData()
    made.reflect(store._reader)
    with store.read() as session:
        assert not READ_AGAIN & set(made.tables)
        for name, rows in written.items():
            if name in READ_AGAIN:
                continue
            table = made.tables[name]
            found = [dict(row) for row in session.execute(select(table)).mappings()]
            assert len(found) == len(rows), name
            if name not in MOVED:
                kept = [{k: row[k] for k in rows[0]} for row in found]
                assert sorted(kept, key=repr) == sorted(rows, key=repr), name
        assert audit.verify(session) == []
        vault = Vault(bytes.fromhex(OLD["vault"]))
        for row in written.get("investor", []):
            assert records.private(session, row["id"], vault).name.split()[0]
    store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_keeps_what_stands(tmp_path: Path, kind: str) -> None:
    """The migrations may also be taken one by one, with a stop at each."""
    store = empty_store(kind, tmp_path)
    upgrade(store, WRITTEN_BY)
    written = fill(store)
    for revision in revisions.known():
        upgrade(store, revision)
    store.check()
    with store.read() as session:
        assert len(list(audit.entries(session))) == len(written["audit"])
    store.close()
