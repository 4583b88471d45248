"""Engine and unit of work.

SQLite: WAL, synchronous FULL, foreign keys, 30 s of patience. Writers begin with BEGIN IMMEDIATE, because a
deferred transaction which read first and writes later fails at once when another process wrote meanwhile;
readers cannot write. PostgreSQL: a writer holds one advisory lock until it ends, so that what is said of SQLite
(one writer at a time; what was read is still so when written) holds there too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.store import revisions

PATIENCE = 30
WRITES = "abst_writes"  # execution option: this connection may write
WRITER_LOCK = 0x61627374  # PostgreSQL advisory lock: "abst"
RESTORED = "restored"  # key in the meta table: the store came from a backup, and nobody asked the chain since
RECOVER = "run `abst recover`: acts wait until the store has read what the chain has"

# SQLite's primary result codes that say something about the file or the machine, never about our SQL.
SQLITE_TROUBLE = {
    3: "the store may not be read or written by this user",
    5: "the store is busy: another process held it too long",
    6: "the store is busy: a table is locked",
    8: "the store is read-only",
    10: "the disk failed while the store was used",
    11: "the store is damaged",
    13: "the disk is full",
    14: "the store cannot be opened",
    15: "the store is busy: its locks failed",
    26: "the file is not a store",
}
SQLITE_READONLY = 8
# The same of PostgreSQL, by SQLSTATE.
POSTGRES_TROUBLE = {
    "53100": "the disk is full",
    "55P03": "the store is busy: another process held it too long",
}


class Store:
    """A database of the registry. Safe for several processes; a fork opens its own connections."""

    def __init__(self, url: str, patience: int = PATIENCE) -> None:
        """`url` as SQLAlchemy writes it: ``sqlite:///path`` or ``postgresql+psycopg://…``. Opens nothing yet.

        `patience`: seconds to wait for another process's transaction. Raises UsageError when the url is none.
        """
        try:
            self.url = make_url(url)
        except ArgumentError:
            raise UsageError("not a store's url", found=repr(url), needed="sqlite:///path", where="store") from None
        self.path = self._sqlite_path()
        arguments: dict[str, Any] = {}
        if self.path is not None:
            # isolation_level None turns off pysqlite's own BEGINs; ours come from the begin event.
            arguments = {"connect_args": {"isolation_level": None, "timeout": patience}}
        self.engine = create_engine(self.url, **arguments)
        self._writer = self.engine.execution_options(**{WRITES: True})
        self._reader = self.engine.execution_options(**{WRITES: False})
        self._process = os.getpid()
        self._open = threading.local()
        self._abreast = False  # seen without the mark of a restored store; none appears in a store that lives
        _listen(self.engine, patience)

    def _sqlite_path(self) -> Path | None:
        if self.url.get_backend_name() != "sqlite":
            return None
        if not self.url.database or self.url.database == ":memory:":
            raise UsageError("the store needs a file", found=str(self.url), needed="sqlite:///path", where="store")
        return Path(self.url.database)

    def __repr__(self) -> str:
        return f"Store({self.url.render_as_string(hide_password=True)})"

    @contextmanager
    def begin(self, *, even_restored: bool = False) -> Iterator[Session]:
        """One unit of work: alone among writers, committed at the end, rolled back on any exception.

        Rows stay readable afterwards. Raises Unavailable when the store is missing, busy, full or damaged; and when it
        came from a backup and has not been recovered, unless `even_restored`: what only follows the chain may be kept.
        """
        if getattr(self._open, "writes", False):
            raise RuntimeError("a unit of work is already open in this thread; it would wait for itself")
        self._must_exist()
        self._open.writes = True
        try:
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                session.connection()  # take the writer's place now, so that all reads are under it
                if not (even_restored or self._abreast):
                    self._must_be_abreast(session)
                yield session
        finally:
            self._open.writes = False

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A look at one consistent state; the database itself refuses writes. Raises Unavailable as `begin`."""
        self._must_exist()
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    def migrate(self) -> None:
        """Create the store, or bring it to this version's tables. Safe to repeat, and for two processes at once.

        Raises Unavailable when the store was made by a newer version or cannot be used.
        """
        from alembic import command
        from alembic.config import Config

        self._create_file()
        config = Config()
        config.set_main_option("script_location", str(revisions.FOLDER).replace("%", "%%"))
        with self._writer.begin() as connection:
            self._known(_revision(connection))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def check(self, deep: bool = False) -> None:
        """Raise Unavailable, in words, unless the store exists, opens, and has this version's tables.

        `deep` also has SQLite read every page (linear in size) and raises IntegrityFailure on what it finds.
        """
        self._must_exist()
        with self._reader.connect() as connection:
            found = self._known(_revision(connection))
            head = revisions.head()
            if found is None:
                raise self._trouble("the store is not set up", found="no tables of ours", needed="run `abst init`")
            if found != head:
                needed = f"revision {head}: run `abst init` again to migrate"
                raise self._trouble("the store is of an older version", found=f"revision {found}", needed=needed)
            if deep and self.path is not None:
                self._examine(connection)

    def scrub(self, tables: Sequence[str]) -> bool:
        """Rewrite the store, so that nothing deleted is left in its files. False: readers kept old pages.

        SQLite rewrites the whole file and empties its log; PostgreSQL rewrites these tables. Outside any unit of work.
        """
        if self.path is None:
            alone = {"isolation_level": "AUTOCOMMIT", WRITES: True}
            with self.engine.connect().execution_options(**alone) as connection:
                for table in tables:
                    connection.exec_driver_sql(f'VACUUM FULL "{table}"')
            return True
        self._must_exist()
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            for statement in ("PRAGMA query_only=OFF", "PRAGMA secure_delete=ON", "VACUUM"):
                cursor.execute(statement)
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            raw.close()
        return not busy

    def close(self) -> None:
        """Close pooled connections. The store can be used again."""
        self.engine.dispose()

    def _examine(self, connection: Connection) -> None:
        found = [row[0] for row in connection.execute(text("PRAGMA integrity_check"))]
        found += [f"{row[0]} row {row[1]}: no {row[2]}" for row in connection.execute(text("PRAGMA foreign_key_check"))]
        found = [line for line in found if line != "ok"]
        if found:
            raise IntegrityFailure("the store is damaged", found="; ".join(found[:5]), where=str(self.path))

    def _known(self, revision: str | None) -> str | None:
        if revision is not None and revision not in revisions.known():
            needed = f"one of {', '.join(revisions.known())}: use the version that made it"
            raise self._trouble("the store was made by another version", found=f"revision {revision}", needed=needed)
        return revision

    def _must_exist(self) -> None:
        if self._process != os.getpid():
            # A fork inherits its parent's connections, which only the parent may use or close.
            self.engine.dispose(close=False)
            self._process = os.getpid()
        if self.path is not None and not self.path.exists():
            raise self._trouble("there is no store here", found="no file", needed="run `abst init`")

    def _must_be_abreast(self, session: Session) -> None:
        query = text("SELECT value FROM meta WHERE key = :key")
        if session.execute(query, {"key": RESTORED}).scalar() is not None:
            raise self._trouble("the store was restored from a backup", found="older than the chain", needed=RECOVER)
        self._abreast = True

    def _create_file(self) -> None:
        """An empty file that only its owner can read: the store holds personal data, if sealed."""
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise self._trouble("the store cannot be created", found=str(error.strerror)) from error

    def _trouble(self, message: str, **values: str) -> Unavailable:
        return Unavailable(message, where=self.url.render_as_string(hide_password=True), **values)


def _revision(connection: Connection) -> str | None:
    """The migration a database stands at; None when it has none of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _listen(engine: Engine, patience: int) -> None:
    event.listen(engine, "handle_error", _explain)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "begin", partial(_begin_postgres, patience))


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-32000")  # KiB: the indexes of a million movements, else read again and again
    connection.execute("PRAGMA foreign_keys=ON")
    # Without this, INSERT OR REPLACE deletes a row of an append-only table unseen by its trigger.
    connection.execute("PRAGMA recursive_triggers=ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgres(patience: int, connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES, False):
        # In milliseconds and at least one, because zero would mean to wait for ever.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(patience * 1000, 1)}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _explain(context: ExceptionContext) -> BaseException | None:
    """Turn what the machine did to the store into Unavailable; leave what our SQL did wrong as the bug it is."""
    error = context.original_exception
    where = context.engine.url.render_as_string(hide_password=True) if context.engine is not None else "store"
    if context.dialect.name == "sqlite":
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        reading = context.connection is not None and not context.connection.get_execution_options().get(WRITES, False)
        if code in SQLITE_TROUBLE and not (code == SQLITE_READONLY and reading):
            return Unavailable(SQLITE_TROUBLE[code], found=str(error), where=where)
    elif context.is_disconnect or (
        context.connection is None and isinstance(context.sqlalchemy_exception, OperationalError)
    ):
        return Unavailable("the store cannot be reached", found=str(error).strip(), where=where)
    elif (state := str(getattr(error, "sqlstate", ""))) in POSTGRES_TROUBLE:
        return Unavailable(POSTGRES_TROUBLE[state], found=str(error).strip(), where=where)
    return None
