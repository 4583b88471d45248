"""A migrated store for each test, on both databases; the migrations run once, every test gets a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from abst.store import Store
from databases import KINDS, maker, sqlite_maker


@pytest.fixture(scope="session", params=KINDS)
def new_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Store]:
    """Makes one more empty store; for tests that need one for each example."""
    make = maker(request.param, tmp_path_factory.mktemp("stores"))
    return lambda: Store(make())


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Iterator[Store]:
    made = new_store()
    yield made
    made.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """One empty store in a file, for what is true of files alone."""
    made = Store(sqlite_maker(tmp_path)())
    yield made
    made.close()
