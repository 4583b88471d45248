"""Where the time goes: seconds of this process by kind of work, each counted once, also where one calls another."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import wraps
from typing import Any

from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Office
from abst.chain.rpc import Endpoint
from abst.investor import admitting, importer, sealing
from abst.investor.screening import matching
from abst.issuance import deciding, lots
from abst.keys import LocalSigner

REST = "the rest of our Python"
DATABASE, NODE, EMBEDDED = "the database", "the node (JSON-RPC and its EVM)", "the embedded EVM and its file"
WORK: tuple[tuple[Any, str, str], ...] = (
    (LocalSigner, "sign_transaction", "signing"),
    (LocalSigner, "sign_typed", "signing"),
    (Endpoint, "_post", NODE),
    (matching, "search", "comparing names"),
    (admitting, "assess", "gates"),
    (lots, "say_of_row", "gates"),
    (deciding, "_private", "gates"),
    (importer, "_row", "reading rows"),
    (sealing.Sealed, "add", "sealing and opening"),
    (sealing, "_opened", "sealing and opening"),
    *((EmbeddedChain, name, EMBEDDED) for name in ("call", "call_many", "estimate", "estimate_many", "send_raw_many")),
    *((EmbeddedChain, name, EMBEDDED) for name in ("receipts", "logs", "blocks", "head", "now", "nonce")),
)
STATEMENTS = ("do_execute", "do_executemany", "do_execute_no_params", "do_commit")


class Shares:
    """Nanoseconds by kind of work, of the one thread that works."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self._inside = [REST]
        self._since = time.perf_counter_ns()

    def _turn(self) -> None:
        now = time.perf_counter_ns()
        self.spent[self._inside[-1]] = self.spent.get(self._inside[-1], 0) + now - self._since
        self._since = now

    def timed(self, kind: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """The same act, its time counted."""

        @wraps(act)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._turn()
            self._inside.append(kind)
            try:
                return act(*args, **kwargs)
            finally:
                self._turn()
                self._inside.pop()

        return counted

    @contextmanager
    def watching(self, office: Office) -> Iterator[None]:
        """While it lasts, everything in WORK and every statement of the office's store is counted."""
        places = [(where, name, getattr(where, name)) for where, name, _ in WORK]
        for (where, name, act), (_, _, kind) in zip(places, WORK, strict=True):
            setattr(where, name, self.timed(kind, act))
        dialect: Any = office.store.engine.dialect
        for name in STATEMENTS:
            setattr(dialect, name, self.timed(DATABASE, getattr(dialect, name)))
        try:
            yield
        finally:
            for where, name, act in places:
                setattr(where, name, act)
            for name in STATEMENTS:
                delattr(dialect, name)

    def taken(self) -> dict[str, Decimal]:
        """Seconds by kind since the last time, the most first."""
        self._turn()
        found, self.spent = self.spent, {}
        return {kind: Decimal(spent) / 10**9 for kind, spent in sorted(found.items(), key=lambda one: -one[1])}


def peak() -> int:
    """The most memory this process has held, MB."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size // 2**20 if sys.platform == "darwin" else size // 2**10
