"""What is dear to make and only read is made once for all processes of a test run, by whichever needs it first."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

import nodes
import wheels
from databases import on_postgres

SAID = "said.txt"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name, filled by `make`; another process that needs it meanwhile waits.

    Nobody changes what lies there: a test takes a copy.
    """
    base = factory.getbasetemp()
    is_worker = base.name.startswith("popen-")
    # Each process has its own PostgreSQL and its own nodes.
    on_own_server = nodes.on_nodes() or on_postgres()
    run = base.parent if is_worker and not on_own_server else base
    folder, made = run / f"shared-{name}", run / f"shared-{name}.made"
    with (run / f"shared-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir()  # where an earlier attempt failed, this does too
            make(folder)
            made.touch()
    return folder


def built_wheel(factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    return wheels.in_folder(made_once(factory, "wheel", wheels.build))


def short_demo(factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder where `abst demo --short` was run by the wheel alone, as the README begins, and what it said."""
    wheel = built_wheel(factory)

    def play(folder: Path) -> None:
        alone = factory.mktemp("alone")
        said = wheels.run(wheels.environment(wheel, alone), "demo", "--short", cwd=folder).stdout
        (folder / SAID).write_text(said, encoding="utf-8")

    folder = made_once(factory, "short-demo", play)
    return folder, (folder / SAID).read_text(encoding="utf-8")
