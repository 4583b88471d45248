"""Where runs are played: a store and a chain under a home, with all that may befall them."""

from __future__ import annotations

import gc
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg

import databases
from abst.store.engine import WRITER_LOCK
from promises import kill_harness as harness
from promises.faults import process
from promises.faults.acts import KINDS, Act
from promises.faults.checks import Check
from promises.faults.node import Node

ROOM = 24  # MB of the small disk that a run lies on
EDGES = ("a commit", "send_raw", "send_raw_many", "signing")
LEAST = 40  # points of an act that alone has nothing to do, and may find what others left
FINALITY = (0, 2)  # blocks on top, on a node
_numbers = count(1)


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """The folder, on a disk of its own that can be filled; whether that may be done here."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


class Disk:
    """The disk under a home, which can be filled where it is a small one."""

    def __init__(self, folder: Path, is_small: bool) -> None:
        self.folder, self.is_small = folder, is_small
        self.ballast = folder / "ballast"

    def fill(self, spare: int) -> bool:
        """Leave so many bytes. Whether that can be done here."""
        if not self.is_small:
            return False
        free = os.statvfs(self.folder)
        size = free.f_bavail * free.f_frsize - spare
        with self.ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(size, 1))
        return True

    def empty(self) -> None:
        self.ballast.unlink(missing_ok=True)


class Lock(Protocol):
    """Somebody else who holds the store, as a backup would, and gives it back."""

    def take(self) -> bool: ...

    def give(self) -> None: ...


class SqliteLock:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.holder: sqlite3.Connection | None = None

    def take(self) -> bool:
        """False: somebody writes just now."""
        self.holder = sqlite3.connect(self.path, isolation_level=None, timeout=0)
        try:
            self.holder.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self.give()
        return self.holder is not None

    def give(self) -> None:
        if self.holder is not None:
            self.holder.close()
            self.holder = None


class PostgresLock:
    def __init__(self, database: str) -> None:
        self.url = databases.url_of(database).replace("+psycopg", "")
        self.holder: psycopg.Connection | None = None

    def take(self) -> bool:
        self.holder = psycopg.connect(self.url, autocommit=True)
        row = self.holder.execute(f"SELECT pg_try_advisory_lock({WRITER_LOCK})").fetchone()
        if not (row and row[0]):
            self.give()
        return self.holder is not None

    def give(self) -> None:
        if self.holder is not None:
            self.holder.close()
            self.holder = None


@dataclass
class Place:
    """One run's home with what lies under it."""

    home: Path
    disk: Disk
    lock: Lock
    node: Node | None
    database: str = ""

    def calm(self) -> None:
        """The troubles around are over."""
        self.lock.give()
        self.disk.empty()
        if self.node is not None:
            self.node.calm()

    def end(self) -> None:
        self.calm()
        shutil.rmtree(self.home)
        if self.database:
            databases.drop(self.database)


class Stage:
    """One worker's: it has a disk of its own and, where the template stands on one, a node; runs follow each other.

    points: what each kind of act reaches, by name, when nobody disturbs it.
    """

    def __init__(self, template: Path, folder: Path, stack: ExitStack) -> None:
        self.template, self.folder = template, folder
        self.is_small = stack.enter_context(small_disk(folder))
        state = template / "node.json"
        self.node = stack.enter_context(Node.begun(state)) if state.exists() else None
        config = (template / "config.toml").read_text(encoding="utf-8")
        found = re.search(r"@/(abst_\w+)\?", config)
        self.database = found[1] if found else ""
        self.points = self._warm()

    def place(self, finality: int = 0) -> Place:
        """A fresh copy of the template. finality: blocks on top, on a node."""
        home = self.folder / "home"
        shutil.copytree(self.template, home)
        config = home / "config.toml"
        words = config.read_text(encoding="utf-8")
        name = ""
        if self.database:
            name = f"faults_{os.getpid()}_{next(_numbers)}"
            databases.copy(self.database, name)
            words = words.replace(f"@/{self.database}?", f"@/{name}?")
        if self.node is not None:
            self.node.back()
            words = re.sub(r"http://[0-9.:]+", self.node.proxy.url, words)
            words = re.sub(r"(?m)^finality = .*$", f"finality = {finality}", words)
        config.write_text(words, encoding="utf-8")
        lock: Lock = PostgresLock(name) if name else SqliteLock(home / "registry.db")
        return Place(home, Disk(self.folder, self.is_small), lock, self.node, name)

    def point(self, kind: str, place: int) -> int | None:
        """Where an act is to be held. place: of 1,200; half of them at the edges of commits, broadcasts and
        signatures, the last sixth nowhere.
        """
        names = self.points[kind]
        edges = [number for number, name in enumerate(names, 1) if name.endswith(EDGES)]
        if edges and place < 600:
            return edges[place * len(edges) // 600]
        return 1 + place * max(len(names), LEAST) // 1_000 if place < 1_000 else None

    def _warm(self) -> dict[str, list[str]]:
        """Do everything once in this very process, so that its forks find all in its caches; note the points."""
        place = self.place()
        office = harness.open_office(place.home)
        points = process.Points(None)
        process.watch(office, points)
        reached: dict[str, list[str]] = {}
        for number, kind in enumerate(KINDS):
            points.begin(None)
            Act(kind, f"warm-{number}", 1)(office)
            reached[kind] = points.names
        assert Check(())(office) == []
        office.close()
        gc.collect()  # no connection of the parent's is left for a fork to inherit
        place.end()
        return reached
