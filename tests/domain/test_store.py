"""The store: types keep values, units of work are whole and alone, trouble is told in words."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pkgutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import String, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import CreateTable

import abst
from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.store import JsonText, Meta, Store, Whole, get_meta, revisions, set_meta
from abst.values import digest
from databases import KINDS, empty_postgres_database

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Scratch(DeclarativeBase):
    """A base of the tests' own, so that the product's metadata stays what it is."""


class Sum(Scratch):
    __tablename__ = "sum"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    amount: Mapped[int] = mapped_column(Whole)
    facts: Mapped[Any | None] = mapped_column(JsonText)


@pytest.fixture(scope="module")
def scratch(new_store: Callable[[], Store]) -> Store:
    store = new_store()
    with store.begin() as session:
        Scratch.metadata.create_all(session.connection())
    return store


@settings(max_examples=60, deadline=None)
@given(amount=st.integers(), facts=PLAIN)
def test_values_come_back_as_they_went_in(scratch: Store, amount: int, facts: object) -> None:
    """An integer of any size, and JSON with its digest, are read back exactly."""
    with scratch.begin() as session:
        session.merge(Sum(name="a", amount=amount, facts=facts))
    with scratch.read() as session:
        row = session.get_one(Sum, "a")
        assert row.amount == amount
        assert row.facts == facts
        assert digest(row.facts) == digest(facts)


def test_a_change_from_one_to_true_is_written(scratch: Store) -> None:
    """Values that Python holds equal, but whose digests differ, replace each other."""
    for facts in ({"n": 1}, {"n": True}, {"n": 0}, {"n": False}):
        with scratch.begin() as session:
            session.merge(Sum(name="d", amount=1, facts=facts))
        with scratch.read() as session:
            assert digest(session.get_one(Sum, "d").facts) == digest(facts)


@pytest.mark.parametrize("value", [True, "7", 7.0])
def test_a_whole_stores_integers_alone(scratch: Store, value: object) -> None:
    """Booleans, text and floats are refused where an amount is stored."""
    with pytest.raises(StatementError, match="stores int"), scratch.begin() as session:
        session.add(Sum(name="b", amount=value, facts=None))


def test_a_float_is_refused_in_json(scratch: Store) -> None:
    """A float has no exact value and never reaches the store."""
    with pytest.raises(StatementError, match="float"), scratch.begin() as session:
        session.add(Sum(name="c", amount=1, facts={"rate": 0.1}))


def test_amounts_are_not_ordered_as_text() -> None:
    """Comparing amounts in SQL, where 9 would follow 10, raises; equality works."""
    with pytest.raises(TypeError, match="no order"):
        _ = Sum.amount < 10
    with pytest.raises(TypeError, match="no order"):
        _ = 10 >= Sum.amount  # noqa: SIM300 - the reflected operator is the point
    assert str(select(Sum).where(Sum.amount == 10))


def test_a_unit_of_work_is_kept_whole_or_not_at_all(store: Store) -> None:
    """What a unit of work wrote is there after it; after an exception nothing of it is."""
    with store.begin() as session:
        set_meta(session, "registry", "one")
        assert get_meta(session, "registry") == "one"

    def fail(session: Session) -> None:
        set_meta(session, "registry", "two")
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.begin() as session:
        fail(session)
    with store.read() as session:
        assert get_meta(session, "registry") == "one"
        assert get_meta(session, "chain") is None


def test_rows_stay_readable_after_the_unit_of_work(store: Store) -> None:
    """A row handed out of a unit of work can still be read."""
    with store.begin() as session:
        row = Meta(key="a", value="b")
        session.add(row)
    assert row.value == "b"


def test_a_reader_cannot_write(store: Store) -> None:
    """The database refuses a write in a read session; the next unit of work can write."""
    with pytest.raises(DBAPIError, match=r"read-?only"), store.read() as session:
        session.execute(text("INSERT INTO meta VALUES ('a', 'b')"))
    with store.begin() as session:
        set_meta(session, "a", "c")
    with store.read() as session:
        assert get_meta(session, "a") == "c"


def test_a_reader_sees_one_state(store: Store) -> None:
    """A read session that began before a commit does not see it; the next one does."""
    with store.read() as session:
        assert session.scalars(select(Meta)).all() == []
        with store.begin() as writer:
            set_meta(writer, "a", "b")
        assert session.scalars(select(Meta)).all() == []
    with store.read() as session:
        assert len(session.scalars(select(Meta)).all()) == 1


def test_a_unit_of_work_within_another_is_a_bug_found_at_once(store: Store) -> None:
    """A nested unit of work raises instead of waiting for itself."""
    with pytest.raises(RuntimeError, match="already open"), store.begin(), store.begin():
        pass
    with store.begin():
        pass


def _count(url: str, times: int) -> None:
    store = Store(url)
    for _ in range(times):
        with store.begin() as session:
            set_meta(session, "count", str(int(get_meta(session, "count") or 0) + 1))


def test_two_processes_lose_no_update(store: Store) -> None:
    """Two processes that read, add one and write, 60 times each, end at 120."""
    context = multiprocessing.get_context("fork")
    url = store.url.render_as_string()
    workers = [context.Process(target=_count, args=(url, 60)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    with store.read() as session:
        assert get_meta(session, "count") == "120"


def test_a_fork_uses_connections_of_its_own(store: Store) -> None:
    """A store opened before a fork works in parent and child; the child never touches the parent's connections."""
    with store.begin() as session:
        set_meta(session, "parent", "before")
    child = os.fork()
    if child == 0:
        with store.begin() as session:
            set_meta(session, "child", "was here")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    with store.begin() as session:
        set_meta(session, "parent", "after")
    with store.read() as session:
        assert {row.key: row.value for row in session.scalars(select(Meta))} == {"parent": "after", "child": "was here"}


def test_a_writer_killed_in_the_middle_leaves_nothing(store: Store) -> None:
    """SIGKILL within a unit of work: nothing of it is kept, and the next writer need not wait."""
    child = os.fork()
    if child == 0:
        with store.begin() as session:
            set_meta(session, "half", "done")
            session.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with store.begin() as session:
        assert get_meta(session, "half") is None


def test_a_busy_store_is_unavailable(store: Store) -> None:
    """When another process holds the store too long, the words say so and the exit code is 5."""
    impatient = Store(store.url.render_as_string(), patience=0)
    with store.begin(), pytest.raises(Unavailable, match="busy"), impatient.begin():
        pass


def test_a_full_disk_is_unavailable_and_nothing_is_kept(sqlite_store: Store) -> None:
    """When the disk is full the unit of work fails with Unavailable and leaves nothing."""

    def fill(session: Session) -> None:
        pages = session.scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
        set_meta(session, "large", "x" * 100_000)
        session.flush()

    with pytest.raises(Unavailable, match="full"), sqlite_store.begin() as session:
        fill(session)
    with sqlite_store.read() as session:
        assert get_meta(session, "large") is None


def test_trouble_at_opening_is_told_in_words(tmp_path: Path, sqlite_store: Store) -> None:
    """No file, no tables, not a database, an older, a newer version: each is Unavailable and says which."""
    assert sqlite_store.path is not None
    migrated, path = sqlite_store.path, tmp_path / "registry.db"
    store = Store(f"sqlite:///{path}")
    for use in (store.check, store.begin().__enter__, store.read().__enter__):
        with pytest.raises(Unavailable, match="no store here"):
            use()
    assert not path.exists(), "looking for a store must not make one"
    sqlite3.connect(path).close()
    path.touch()
    with pytest.raises(Unavailable, match="not set up"):
        store.check()
    for found, words in (("0000", "another version"), ("9999", "another version"), ("0001", "older version")):
        path.unlink()
        path.write_bytes(migrated.read_bytes())
        with sqlite3.connect(path) as plain:
            plain.execute("UPDATE alembic_version SET version_num = ?", (found,))
        store.close()
        if found == revisions.head():
            store.check()
        else:
            with pytest.raises(Unavailable, match=words):
                store.check()
    path.write_bytes(b"Dear registry, this is a letter. " * 200)
    store.close()
    with pytest.raises(Unavailable, match="not a store"):
        store.check()


def test_a_newer_store_is_not_migrated(store: Store) -> None:
    """A store of a version we do not know is left alone."""
    with store.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="another version"):
        store.migrate()


def test_a_damaged_page_is_found(sqlite_store: Store) -> None:
    """Bytes changed in the file are found by the deep check, or make reading fail as Unavailable."""
    store = sqlite_store
    with store.begin() as session:
        for number in range(2000):
            session.add(Meta(key=f"key {number}", value="value " * 20))
    store.close()
    assert store.path is not None
    content = bytearray(store.path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 2048] = b"\xff" * 2048
    store.path.write_bytes(content)
    store.check()
    with pytest.raises((IntegrityFailure, Unavailable), match="damaged"):
        store.check(deep=True)


def test_a_sound_store_passes_the_deep_check(store: Store) -> None:
    """The deep check finds nothing in a sound store."""
    store.check(deep=True)


@pytest.mark.parametrize("url", ["no url", "sqlite://", "sqlite:///:memory:"])
def test_only_urls_of_lasting_stores_are_taken(url: str) -> None:
    """Text that is no url, and a database in memory, are words used wrongly."""
    with pytest.raises(UsageError):
        Store(url)


def test_a_password_is_not_shown() -> None:
    """Neither repr nor an error shows the password in a url."""
    store = Store("postgresql+psycopg://registry:secret@127.0.0.1:1/abst")
    assert "secret" not in repr(store)
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        store.check()
    assert "secret" not in str(caught.value)


def test_migrating_again_changes_nothing(store: Store) -> None:
    """A second migrate keeps rows and revision."""
    with store.begin() as session:
        set_meta(session, "a", "b")
    store.migrate()
    store.check()
    with store.read() as session:
        assert get_meta(session, "a") == "b"


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_migrate_at_once(tmp_path: Path, kind: str) -> None:
    """Two processes that set up the same new store at the same moment both succeed."""
    file = f"sqlite:///{tmp_path}/new home/100%/registry.db"
    store = Store(file if kind == "sqlite" else empty_postgres_database())
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=store.migrate) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    store.check(deep=True)


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else on the machine can read the store."""
    store = Store(f"sqlite:///{tmp_path}/registry.db")
    store.migrate()
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def _every_table_module() -> None:
    for module in pkgutil.walk_packages(abst.__path__, "abst."):
        if module.name.endswith("tables"):
            importlib.import_module(module.name)


def test_the_migrations_make_exactly_the_tables_of_the_rooms(store: Store) -> None:
    """Every table, column, index and constraint mapped in a room is what the migrations make, and nothing more."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from abst.store import Base

    _every_table_module()
    with store.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert [str(difference) for difference in found] == []


def test_check_constraints_are_the_same_in_rooms_and_migrations(sqlite_store: Store) -> None:
    """Every CHECK named in a room's tables exists in the migrated store under its name, with its words."""
    from abst.store import Base

    _every_table_module()
    with sqlite_store.read() as session:
        for table in Base.metadata.sorted_tables:
            made = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table.name})
            for constraint in table.constraints:
                if hasattr(constraint, "sqltext"):
                    words = "".join(str(constraint.sqltext).split())
                    assert str(constraint.name) in made
                    assert words in "".join(made.split()), constraint.name


def test_every_table_can_be_made_on_both_databases() -> None:
    """Each mapped table has words for SQLite and for PostgreSQL."""
    from abst.store import Base

    _every_table_module()
    for table in Base.metadata.sorted_tables:
        for dialect in (sqlite.dialect(), postgresql.dialect()):
            assert str(CreateTable(table).compile(dialect=dialect))


def test_the_head_is_alembics_head() -> None:
    """The revision read from file names is the one Alembic would migrate to, in one line without branches."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(revisions.FOLDER))
    directory = ScriptDirectory.from_config(config)
    assert directory.get_heads() == [revisions.head()]
    line = [script.revision for script in directory.walk_revisions()]
    assert tuple(reversed(line)) == revisions.known()


def test_heavy_libraries_are_imported_late() -> None:
    """Importing the rooms up to the outbox loads neither Alembic nor a cryptography library."""
    code = (
        "import sys, abst.store, abst.audit, abst.keys, abst.decisions, abst.outbox;"
        "print([name for name in ('alembic', 'eth_account', 'cryptography', 'yaml') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_foreign_keys_hold(store: Store) -> None:
    """A row that points nowhere is refused."""
    words = "INSERT INTO setting (seq, key, value, reason, officer, at) VALUES (1, 'k', '1', 'why', 'nobody', 1)"
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), store.begin() as session:
        session.execute(text(words))
