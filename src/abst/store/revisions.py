"""Which migrations this version knows, by file name (``0001_core.py``), without importing Alembic."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "migrations"


@cache
def known() -> tuple[str, ...]:
    """Revision ids in order; the last is the head."""
    return tuple(sorted(file.name.split("_")[0] for file in (FOLDER / "versions").glob("[0-9]*_*.py")))


def head() -> str:
    return known()[-1]
