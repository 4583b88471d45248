"""The program in forks of this process, which has imported it already: each a process of its own, begun in no time.

A fork has its own working directory, streams, environment and signal handlers; it never returns into the test.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

from abst.cli import main

HEAVY = ("chain.embedded", "chain.sender", "integrity.desk", "integrity.replay", "reports.regulator")


class Ended(NamedTuple):
    """How a line of words ended: its exit code, or minus the signal that killed it, and what it said."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Running:
    """A line of words that runs. stdout: the file it writes to; stderr: the end of its pipe."""

    pid: int
    stdout: IO[str]
    stderr: IO[str]

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def end(self) -> Ended:
        """Wait for it."""
        with self.stdout, self.stderr:
            told = self.stderr.read()
            _, status = os.waitpid(self.pid, 0)
            self.stdout.seek(0)
            return Ended(os.waitstatus_to_exitcode(status), self.stdout.read(), told)


def run(
    words: Iterable[str | Path], env: Mapping[str, str], folder: Path | None = None, script: Path | None = None
) -> Ended:
    """`abst` (or a script) and these words, in a process of its own."""
    return start(words, env, folder, script).end()


def start(
    words: Iterable[str | Path], env: Mapping[str, str], folder: Path | None = None, script: Path | None = None
) -> Running:
    """The same, without waiting. folder: its working directory."""
    _import_what_it_will_need()
    descriptor, name = tempfile.mkstemp()
    os.unlink(name)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(descriptor, 1)
        os.dup2(writer, 2)
        _child([str(script or "abst"), *map(str, words)], env, folder, script)
    os.close(writer)
    return Running(pid, os.fdopen(descriptor, encoding="utf-8"), os.fdopen(reader, encoding="utf-8"))


def _child(line: list[str], env: Mapping[str, str], folder: Path | None, script: Path | None) -> NoReturn:
    gc.freeze()  # what was inherited is left alone, and the memory stays shared
    code = 1
    try:
        # Who starts the tests may be deaf to Ctrl-C, and children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8") for number in (1, 2))
        os.environ.update(env)
        os.chdir(folder or os.getcwd())
        sys.argv = line
        if script is None:
            main()
        else:
            runpy.run_path(str(script), run_name="__main__")
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0
    except BaseException:  # noqa: BLE001 - a child of pytest must never return to it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@cache
def _import_what_it_will_need() -> None:
    for name in HEAVY:
        importlib.import_module(f"abst.{name}")
