"""What holds for all tests: the slow ones begin, so that the two processes of a run end together; what SQLAlchemy
compiled for one database serves all of its kind, for the tests open hundreds; and a property that does not say itself
how often it is tried is tried a few times in `make test` and many times in `make prove`.
"""

from __future__ import annotations

import gc
import os
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

FEW, MANY = 30, 300
_compiled: dict[type, LRUCache[Any, Any]] = {}


def pytest_configure() -> None:
    examples = MANY if os.environ.get("ABST_PROVE") == "1" else FEW
    settings.register_profile("abst", max_examples=examples, deadline=None)  # no test is timed
    settings.load_profile("abst")
    make = Engine.__init__

    def made(self: Engine, *args: Any, **named: Any) -> None:
        make(self, *args, **named)
        self._compiled_cache = _compiled.setdefault(type(self.dialect), LRUCache(5_000))

    Engine.__init__ = made  # type: ignore[method-assign]
    # A compiled statement is found by its dialect too; those of one class are alike here.
    DefaultDialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign,assignment]
    DefaultDialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign,assignment]


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not look through all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
