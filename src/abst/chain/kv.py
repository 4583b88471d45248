"""The embedded chain's file: one SQLite database, written one block at a time by any number of processes.

py-evm's own batches write key by key: a process killed between two keys leaves half a block. Here every write of a
block is kept aside and goes into the file with one database transaction, under `BEGIN IMMEDIATE`.

Trie nodes, headers and code lie under the 32-byte hash of their content and are never changed or deleted, so a
reader that has taken the head's hash reads one consistent state whatever other processes add, and such entries may be
cached in memory.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from eth.abc import AtomicWriteBatchAPI
from eth.db.backends.base import BaseAtomicDB

from abst.errors import AbstError, Unavailable

MEMORY = ":memory:"
BUSY_MILLISECONDS = 30_000
CACHED_ENTRIES = 50_000  # about 25 MB of trie nodes
CONTENT_KEY = 32  # bytes; keys of this length are hashes of their value
CHECKPOINT_PAGES = 4_000  # 16 MB of log before it is copied into the file

_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE log (
    block INTEGER NOT NULL, place INTEGER NOT NULL, block_hash BLOB NOT NULL,
    txn_place INTEGER NOT NULL, txn BLOB NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
    PRIMARY KEY (block, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX log_of_address ON log (address, block);
"""
_ADVICE = {
    sqlite3.SQLITE_FULL: ("the disk is full; nothing was written", "free space on the disk"),
    sqlite3.SQLITE_BUSY: ("the chain file is locked by another process", "the other process to end its block"),
    sqlite3.SQLITE_READONLY: ("the chain file cannot be written", "write permission on the file and its folder"),
    sqlite3.SQLITE_CANTOPEN: ("the chain file cannot be opened", "an existing folder with read and write permission"),
    sqlite3.SQLITE_NOTADB: ("the chain file is damaged: it is no SQLite database", "the file from a backup"),
    sqlite3.SQLITE_CORRUPT: ("the chain file is damaged", "the file from a backup"),
}


def explain(error: sqlite3.Error, path: str) -> AbstError:
    """The house's error for one of SQLite's: Unavailable, with what is wrong and what would be right."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte names the family
    message, needed = _ADVICE.get(code, ("the chain file cannot be used", "a readable and writable file"))
    return Unavailable(message, found=str(error), needed=needed, where=path)


class ChainFile(BaseAtomicDB):
    """A key-value table for py-evm, a table of logs, and a few words about the file itself.

    Reads may happen at any time; writes only inside `writing()`. Safe for several threads, processes and after a fork.
    """

    def __init__(self, path: Path | str, *, create: bool) -> None:
        """Raises Unavailable when the file is missing (and `create` is false) or is no chain file."""
        self.path = str(path)
        self.lock = threading.RLock()
        self._aside: dict[bytes, bytes | None] | None = None  # writes of the block being made; None value: deleted
        self._cache: dict[bytes, bytes] = {}
        self._left_to_parent: list[sqlite3.Connection] = []
        if self.path != MEMORY and not Path(self.path).exists():
            if not create:
                raise Unavailable("there is no chain file", found="nothing", needed="abst init", where=self.path)
            try:
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise Unavailable("the chain's folder cannot be made", found=str(error), where=self.path) from error
        self._connection = self._connect()
        with self._translated():
            tables = {row[0] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables and "about" not in tables:
                raise Unavailable(
                    "this file is no chain file", found=f"a database with {sorted(tables)}", where=self.path
                )
            self.fresh = not tables
            if self.fresh and not create:
                raise Unavailable("the chain file is empty", found="no block", needed="abst init", where=self.path)
            self._connection.execute("PRAGMA journal_mode = WAL")

    def _connect(self) -> sqlite3.Connection:
        self._pid = os.getpid()
        with self._translated():
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            for pragma in (
                f"busy_timeout = {BUSY_MILLISECONDS}",
                "synchronous = FULL",
                f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
                "cache_size = -32768",
            ):
                connection.execute(f"PRAGMA {pragma}")
        return connection

    @property
    def connection(self) -> sqlite3.Connection:
        if os.getpid() != self._pid and self.path != MEMORY:
            # A forked child must not use its parent's connection, nor close it: keep it, untouched, until exit.
            self._left_to_parent.append(self._connection)
            self.lock = threading.RLock()
            self._aside = None
            self._connection = self._connect()
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    # Words about the file

    def about(self, name: str) -> str | None:
        row = self.one("SELECT value FROM about WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def set_about(self, name: str, value: str) -> None:
        self.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    # SQL

    def one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        with self.lock, self._translated():
            row: tuple[Any, ...] | None = self.connection.execute(sql, values).fetchone()
            return row

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.lock, self._translated():
            return self.connection.execute(sql, values).fetchall()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Write inside `writing()`."""
        self._must_be_writing()
        with self._translated():
            self.connection.execute(sql, values)

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._must_be_writing()
        with self._translated():
            self.connection.executemany(sql, rows)

    def create_tables(self) -> None:
        """The empty tables, if another process has not made them meanwhile; inside `writing()`."""
        if self.one("SELECT 1 FROM sqlite_master WHERE name = 'about'") is None:
            for statement in _TABLES.split(";\n"):
                if statement.strip():
                    self.execute(statement)

    # The one way to write

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take the file's lock, collect writes, commit them together; on any error nothing is written.

        Raises Unavailable when another process holds the lock for 30 s, or the disk is full.
        """
        with self.lock:
            connection = self.connection
            if self._aside is not None:
                raise RuntimeError("a block is already being written")
            self._aside = {}
            try:
                with self._translated():
                    connection.execute("BEGIN IMMEDIATE")
                yield
                with self._translated():
                    self._flush(connection, self._aside)
                    connection.execute("COMMIT")
            except BaseException:  # also an interrupt: the file must not stay locked with half a block
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            else:
                self._remember(self._aside)
            finally:
                self._aside = None

    def _flush(self, connection: sqlite3.Connection, aside: dict[bytes, bytes | None]) -> None:
        written = [(key, value) for key, value in aside.items() if value is not None]
        connection.executemany("INSERT OR REPLACE INTO kv VALUES (?, ?)", written)
        gone = [(key,) for key, value in aside.items() if value is None]
        if gone:
            connection.executemany("DELETE FROM kv WHERE key = ?", gone)

    def _remember(self, aside: dict[bytes, bytes | None]) -> None:
        if len(self._cache) > CACHED_ENTRIES:
            self._cache.clear()
        for key, value in aside.items():
            if value is not None and len(key) == CONTENT_KEY:
                self._cache[key] = value

    def _must_be_writing(self) -> None:
        if self._aside is None:
            raise RuntimeError("a write outside writing(): it would bypass the lock between processes")

    # py-evm's dictionary

    def __getitem__(self, key: bytes) -> bytes:
        if self._aside is not None and key in self._aside:
            value = self._aside[key]
            if value is None:
                raise KeyError(key)
            return value
        cached = self._cache.get(key)
        if cached is not None:
            return cached
        row = self.one("SELECT value FROM kv WHERE key = ?", (key,))
        if row is None:
            raise KeyError(key)
        found: bytes = row[0]
        if len(key) == CONTENT_KEY:
            if len(self._cache) > CACHED_ENTRIES:
                self._cache.clear()
            self._cache[key] = found
        return found

    def stored(self, key: bytes) -> bytes | None:
        """A value as the file (or the block being made) has it, past the cache; None when missing."""
        if self._aside is not None and key in self._aside:
            return self._aside[key]
        row = self.one("SELECT value FROM kv WHERE key = ?", (key,))
        return None if row is None else bytes(row[0])

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._must_be_writing()
        assert self._aside is not None
        self._aside[key] = value

    def __delitem__(self, key: bytes) -> None:
        self._must_be_writing()
        if not self._exists(key):
            raise KeyError(key)
        assert self._aside is not None
        self._aside[key] = None

    @contextmanager
    def atomic_batch(self) -> Iterator[AtomicWriteBatchAPI]:
        """py-evm's batch: the surrounding `writing()` is the batch, and drops everything on an error."""
        self._must_be_writing()
        yield cast(AtomicWriteBatchAPI, self)  # all that py-evm uses of a batch is the dictionary

    # The whole file

    def copy_to(self, path: Path) -> None:
        """A consistent copy of the file as it is now, for tests and backups; other processes may go on writing."""
        with self.lock, self._translated():
            target = sqlite3.connect(path)
            try:
                self.connection.backup(target)
            finally:
                target.close()

    def problems(self) -> list[str]:
        """SQLite's own check of the file's pages; empty when it is sound. Takes seconds on a large file."""
        with self.lock, self._translated():
            found = [str(row[0]) for row in self.connection.execute("PRAGMA quick_check")]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        with self.lock:
            self.connection.close()
