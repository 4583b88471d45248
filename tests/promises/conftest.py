"""The template of the kill and race runs, made once."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from promises.kill_harness import Template, build
from sharing import made_once


@pytest.fixture(scope="session")
def ready_to_mint(tmp_path_factory: pytest.TempPathFactory) -> Template:
    def make(folder: Path) -> None:
        build(folder / "home").write(folder)
        gc.collect()  # no connection of the parent's is left for a fork to inherit

    return Template.read(made_once(tmp_path_factory, "ready-to-mint", make))
