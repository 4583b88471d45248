"""Chains for the tests: the embedded one on a temporary file, and one anvil for all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import anvil
from probe import ETHER, Bench, address_of, person

from abst.chain.embedded import EmbeddedChain
from abst.chain.node import NodeChain

_numbers = count(1)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[EmbeddedChain]:
    """An embedded chain on which persons 1 to 3 hold a thousand ether each."""
    alloc = {address_of(person(number)): 1000 * ETHER for number in (1, 2, 3)}
    embedded = EmbeddedChain(tmp_path / "chain.db", alloc=alloc)
    yield embedded
    embedded.close()


@pytest.fixture(scope="session")
def anvil_url() -> Iterator[str]:
    with anvil.running("--chain-id", "31337") as url:
        yield url


@pytest.fixture(params=["embedded", "anvil"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """The same promises on both kinds of chain."""
    account = person(1000 + next(_numbers))
    if request.param == "embedded":
        embedded = EmbeddedChain(tmp_path / "chain.db", alloc={address_of(account): ETHER})
        yield Bench(embedded, account)
        embedded.close()
    else:
        node = NodeChain(request.getfixturevalue("anvil_url"))
        node._ask("anvil_setBalance", account.address, hex(ETHER))
        yield Bench(node, account)
