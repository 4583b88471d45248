"""What is dear to make and only read is made once for all processes of a test run, by whichever needs it first."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import forks

SAID = "said.txt"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name, filled by `make`; another process that needs it meanwhile waits.

    Nobody changes what lies there: a test takes a copy.
    """
    base = factory.getbasetemp()
    is_worker = base.name.startswith("popen-")
    on_own_server = bool(os.environ.get("ABST_TEST_STORE"))  # each process has its own PostgreSQL
    run = base.parent if is_worker and not on_own_server else base
    folder, made = run / f"shared-{name}", run / f"shared-{name}.made"
    with (run / f"shared-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir()  # where an earlier attempt failed, this does too
            make(folder)
            made.touch()
    return folder


def short_demo(factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder where `abst demo --short` was run, as the README begins, and what it said."""

    def play(folder: Path) -> None:
        ended = forks.run(("demo", "--short"), {}, folder)
        assert ended.code == 0, ended.stdout + ended.stderr
        (folder / SAID).write_text(ended.stdout, encoding="utf-8")

    folder = made_once(factory, "short-demo", play)
    return folder, (folder / SAID).read_text(encoding="utf-8")
