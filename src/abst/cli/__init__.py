"""The command line: one file per noun. `app.py` is the program, `envelope.py` its answers; nothing here decides."""

from __future__ import annotations

import typer


def build() -> typer.Typer:
    """The Typer application with every noun. Imports no chain, store or model: those come when a command runs."""
    from abst.cli import nouns

    return nouns.build()


def main() -> None:
    """Entry point ``abst``. Leaves by SystemExit with one of the exit codes of `abst.errors`."""
    from abst.cli.app import run_program

    run_program(build())
