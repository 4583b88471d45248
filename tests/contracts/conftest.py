"""Each test of a contract's act begins with the same small world; see tests/world.py."""

from __future__ import annotations

import pytest

import world as template

World = template.World


@pytest.fixture
def world() -> World:
    """Officers, investors and a filing with four tranches, as at the beginning; nothing is minted."""
    return template.world()


@pytest.fixture
def held(world: World) -> World:
    """The same after an issue of the senior tranche: alice holds 1,000, bob 500, dave 300."""
    world.mint(world.senior, {"alice": 1_000, "bob": 500, "dave": 300})
    return world
