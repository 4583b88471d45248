"""A node under every home of the journeys, when ``ABST_TEST_CHAIN=anvil``: each home has an anvil of its own.

A copied home gets a copy of its node: another anvil with the same blocks, the same state and the same clock. A node
ends with the test that began it, unless a template stands on it.
"""

from __future__ import annotations

import atexit
import gzip
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from abst.chain.api import DEFAULT_CHAIN_ID
from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Office
from abst.chain.office import warp as warp_embedded

sys.path.append(str(Path(__file__).parent / "chain"))

import anvil

DEV_KEY = anvil.DEV_KEY
KINDS = ("embedded", "anvil")
CHAIN = "ABST_TEST_CHAIN"  # which of them is under every home
PLACE = re.compile(r'(?m)^urls? = \[?"(http://127[^"]+)"\]?$')
# Blocks for any lot: what does not fit into one, anvil leaves until something else is sent.
ALIKE = ("--chain-id", str(DEFAULT_CHAIN_ID), "--gas-limit", str(10**9), "--no-request-size-limit")
_running: dict[str, ExitStack] = {}
_kept: set[str] = set()


def on_nodes() -> bool:
    return os.environ.get(CHAIN) == "anvil"


def chosen() -> dict[str, Any]:
    """Where a home is to have its chain, as words of `Init`: nowhere but in itself, or on a node of its own."""
    return {"chain_urls": (begin(),), "deployer_key": bytes.fromhex(anvil.DEV_KEY[2:])} if on_nodes() else {}


def embedded_alone(reason: str) -> pytest.MarkDecorator:
    """Marks what is about the embedded chain and says nothing of a node."""
    return pytest.mark.skipif(on_nodes(), reason=f"about the embedded chain: {reason}")


def begin(*options: str) -> str:
    """One more node with the embedded chain's id, so that the shipped dossier fits it; its URL."""
    stack = ExitStack()
    url = stack.enter_context(anvil.running(*ALIKE, *options))
    _running[url] = stack
    return url


def ask(url: str, method: str, *params: object) -> Any:
    """One JSON-RPC request to a node."""
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = Request(url, asked, {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "error" not in answer, answer["error"]
    return answer.get("result")


def now(url: str) -> int:
    """The node's clock, Unix seconds: what the next block would carry."""
    return int(ask(url, "eth_getBlockByNumber", "pending", False)["timestamp"], 16)


def copied(url: str) -> str:
    """Another node with the blocks, the state and the clock of this one."""
    twin = begin("--timestamp", str(now(url)))
    assert ask(twin, "anvil_loadState", _state(url)) is True
    return twin


def _state(url: str) -> str:
    """A node's whole state. One that was loaded into still has the first block that it began with itself."""
    state = json.loads(gzip.decompress(bytes.fromhex(ask(url, "anvil_dumpState")[2:])))
    first = ask(url, "eth_getBlockByNumber", "0x0", False)["timestamp"]
    state["blocks"] = [
        block
        for block in state["blocks"]
        if block["header"]["number"] != "0x0" or block["header"]["timestamp"] == first
    ]
    return "0x" + gzip.compress(json.dumps(state).encode(), 1).hex()


def copy_under(folder: Path) -> None:
    """Give the homes in a copied folder nodes of their own; those that share one go on sharing it."""
    twins: dict[str, str] = {}
    for config in folder.rglob("config.toml"):
        words = config.read_text(encoding="utf-8")
        found = PLACE.search(words)
        if found and found[1] in _running:
            if found[1] not in twins:
                twins[found[1]] = copied(found[1])
            config.write_text(words.replace(found[1], twins[found[1]]), encoding="utf-8")


def end(url: str) -> None:
    _kept.discard(url)
    _running.pop(url).close()


@contextmanager
def of_one_test() -> Iterator[None]:
    """Nodes begun meanwhile end, except those of templates."""
    before = set(_running)
    yield
    for url in set(_running) - before - _kept:
        end(url)


@contextmanager
def kept() -> Iterator[None]:
    """Nodes begun meanwhile are templates' and stay until the process ends."""
    before = set(_running)
    yield
    _kept.update(set(_running) - before)


@atexit.register
def _end_all() -> None:
    for url in list(_running):
        end(url)


def warp(office: Office, seconds: int) -> int:
    """Move the chain's clock forward, the embedded one's as an officer would, a node's behind its back; its now."""
    if isinstance(office.chain, EmbeddedChain):
        return warp_embedded(office, seconds)
    warp_node(url_of(office.home), seconds)
    return office.now()


def warp_node(url: str, seconds: int) -> None:
    """Blocks of one second may stand ahead of the clock that the node counts from; so until it is reached."""
    target = now(url) + seconds
    while (missing := target - now(url)) > 0:
        ask(url, "evm_increaseTime", missing)
        ask(url, "evm_mine")


def url_of(home: Path) -> str:
    """The URL of the node under a home; "" where the chain is embedded."""
    found = PLACE.search((home / "config.toml").read_text(encoding="utf-8"))
    return found[1] if found else ""
