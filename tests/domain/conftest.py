"""A migrated store for each test: the migrations run once, every test gets a copy of the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from abst.store import Store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty, migrated store; copy it, never open it."""
    path = tmp_path_factory.mktemp("migrated") / "registry.db"
    template = Store(f"sqlite:///{path}")
    template.migrate()
    template.close()
    return path


@pytest.fixture(scope="session")
def new_store(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Store]:
    """Makes one more empty store; for tests that need one for each example."""
    folder = tmp_path_factory.mktemp("stores")
    made = iter(range(1_000_000))

    def make() -> Store:
        path = folder / f"{next(made)}.db"
        shutil.copy(migrated, path)
        return Store(f"sqlite:///{path}")

    return make


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()
