"""What every command answers, in one form: an envelope on stdout with ``--json``, words and tables for people without.

Envelope: ``{schema, command, request, outcome, result, refusals: [{rule, reason, found, needed, where, source}],
warnings}``. Amounts are strings of digits in the smallest unit. Progress and prompts go to stderr, so that stdout holds
the answer alone. The exit code follows from the outcome (the table is `EXIT_OF`).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from abst.errors import (
    EXIT_BUG,
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_WAITING,
    AbstError,
    Conflict,
    IntegrityFailure,
    NotAuthorised,
    NotFound,
    Refusal,
    Refused,
    Unavailable,
    UsageError,
)

VERSION = 1
EXIT_OF: dict[str, int] = {
    "done": EXIT_DONE,
    "waiting": EXIT_WAITING,
    "bug": EXIT_BUG,
    "interrupted": EXIT_INTERRUPTED,
    **{
        kind.outcome: kind.exit_code
        for kind in (UsageError, Refused, NotFound, Unavailable, IntegrityFailure, Conflict, NotAuthorised)
    },
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people; cells are text already. Columns named in `right` are set flush right (amounts, counts)."""

    columns: Sequence[str]
    rows: Iterable[Sequence[str]]
    title: str = ""
    right: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command returns. `result` is the JSON (or None); `shown` the same for people; outcome as in `EXIT_OF`."""

    result: Any
    shown: Sequence[str | Table] = ()
    outcome: str = "done"
    refusals: Sequence[Refusal] = ()
    warnings: Sequence[str] = ()


@dataclass(slots=True)
class Call:
    """One call of the program: the options that belong to no single command, and the command's name."""

    home: str = ""
    json: bool = False
    request: str | None = None
    officer: str | None = None
    command: str = ""
    warnings: list[str] = field(default_factory=list)

    def act_as(self) -> str:
        """Name of the acting officer. Raises UsageError without ``--as``."""
        if not self.officer:
            raise UsageError("this act needs an officer", needed="--as NAME (see: abst officer list)", where="--as")
        return self.officer

    def request_id(self) -> str:
        """The request id given, or a fresh one, printed on stderr before anything is done, to repeat the act with."""
        from abst.values import new_id

        if self.request is None:
            self.request = new_id("req")
            self.say(f"request {self.request}")
        return self.request

    def say(self, line: str) -> None:
        """One line of progress, on stderr."""
        print(line, file=sys.stderr, flush=True)

    def warn(self, line: str) -> None:
        self.warnings.append(line)


def of_error(error: AbstError) -> Answer:
    """The answer an expected error makes: its fields as the result, and its refusals."""
    refusals = tuple(error.refusals) if isinstance(error, Refused) else ()
    return Answer(error.as_dict(), outcome=error.outcome, refusals=refusals)


def envelope(call: Call, answer: Answer) -> dict[str, Any]:
    return {
        "schema": f"abst/{(call.command or 'abst').replace(' ', '-')}/{VERSION}",
        "command": call.command,
        "request": call.request,
        "outcome": answer.outcome,
        "result": answer.result,
        "refusals": [refusal.as_dict() for refusal in answer.refusals],
        "warnings": [*call.warnings, *answer.warnings],
    }


def deliver(call: Call, answer: Answer) -> int:
    """Print an answer and return the exit code. A reader that went away (``| head``) is no error."""
    try:
        if call.json:
            print(json.dumps(envelope(call, answer), ensure_ascii=False, indent=2), flush=True)
        else:
            _for_people(call, answer)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_OF[answer.outcome]


def _for_people(call: Call, answer: Answer) -> None:
    if answer.shown:
        _show(answer.shown)
    for warning in [*call.warnings, *answer.warnings]:
        print(f"warning: {warning}", file=sys.stderr)
    if answer.outcome in ("done", "waiting"):
        return
    result = answer.result if isinstance(answer.result, dict) else {}
    if not answer.shown and not answer.refusals:
        parts = [str(result.get("error", answer.outcome))]
        parts += [f"{key} {result[key]}" for key in ("where", "found", "needed") if result.get(key)]
        print(f"{answer.outcome}: " + "; ".join(parts), file=sys.stderr)
    for refusal in answer.refusals:
        print(f"refused: {refusal}", file=sys.stderr)


def _show(shown: Sequence[str | Table]) -> None:
    """Lines plain, tables by rich; a table wider than a pipe is not folded, for `grep` and `awk`."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 400, highlight=False)
    # Captured first: rich itself would answer a reader that went away with exit 1.
    with console.capture() as captured:
        for item in shown:
            if isinstance(item, str):
                console.print(Text(item), soft_wrap=True)
                continue
            if item.title:
                console.print(Text(item.title))
            table = RichTable(box=box.SIMPLE, pad_edge=False, show_edge=False)
            for column in item.columns:
                table.add_column(column, justify="right" if column in item.right else "left", overflow="fold")
            for row in item.rows:
                table.add_row(*(Text(cell) for cell in row))
            console.print(table)
    print(captured.get(), end="", flush=True)
