"""Structured logs that cannot tell secrets or persons: only known names are written, and only short, plain values.

request, intent and transaction are bound by context variables while something is said of them.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

# What a line may say. Reasons and values are not among it: `abst ops list` shows them to whoever may open the store.
KNOWN = {
    *("event", "level", "at", "loop", "request", "command", "outcome", "intent", "transaction", "kind", "signer"),
    *("state", "block", "count", "wallets", "delay", "error", "where", "address"),
}
LONGEST = 120  # characters of a value; whatever is longer is no id, state or count
PLAIN = re.compile(r"[\w .,:;/()\[\]<>'=+-]*", re.ASCII)


def json_lines(stream: TextIO | None = None) -> FilteringBoundLogger:
    """A logger of one JSON object a line."""
    return _logger(stream or sys.stderr, structlog.processors.JSONRenderer(ensure_ascii=False))


def console(stream: TextIO | None = None) -> FilteringBoundLogger:
    """A logger for a person at a terminal."""
    to = stream or sys.stderr
    return _logger(to, structlog.dev.ConsoleRenderer(colors=to.isatty(), timestamp_key="at"))


def _logger(stream: TextIO, renderer: Processor) -> FilteringBoundLogger:
    made: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        wrapper_class=structlog.make_filtering_bound_logger(0),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            only_known,
            renderer,
        ],
    )
    return made


def only_known(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop names that are not known, and put a length in the place of values that are long or not plain."""
    return {name: _plain(value) for name, value in said.items() if name in KNOWN}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= LONGEST and PLAIN.fullmatch(text) else f"<{len(text)} characters left out>"


def place(error: BaseException) -> str:
    """Where in our code an error arose: file, line and function, without any value."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/abst/" in frame.filename] or list(frames)
    if not ours:
        return ""
    frame = ours[-1]
    return f"{frame.filename.rpartition('/abst/')[2]}:{frame.lineno} {frame.name}"
