"""The node of the figures (`abst.bench.nodes`) for tests: without its npm package a test is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from abst.bench import nodes

DEV_KEY = "0x" + nodes.DEPLOYER.hex()


@contextmanager
def running(*options: str) -> Iterator[str]:
    """The URL of a fresh anvil with these options of its own."""
    if nodes.binary() is None:
        pytest.skip(f"no anvil among the npm packages: {nodes.PACKAGES}")
    with nodes.running(*options) as node:
        yield node.url
