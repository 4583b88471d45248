"""The template of the kill and race runs, made once in a process."""

from __future__ import annotations

import gc

import pytest

from promises.kill_harness import Template, build


@pytest.fixture(scope="session")
def ready_to_mint(tmp_path_factory: pytest.TempPathFactory) -> Template:
    template = build(tmp_path_factory.mktemp("ready") / "home")
    gc.collect()  # no connection of the parent's is left for a fork to inherit
    return template
