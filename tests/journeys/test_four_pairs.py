"""The same journeys on two chains and two stores: embedded and anvil, SQLite and a real PostgreSQL from a wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import desks
import pytest

import nodes
from abst.chain.node import NodeChain
from abst.integrity.desk import verify
from abst.issuance import desk as issuance
from databases import KINDS, STORE

ROOT = Path(__file__).parents[2]
SPOKEN_OF = re.compile(r"SKIPPED \[(\d+)\] \S+: (.*)")
FEW = 30  # tests that are about the embedded chain or its files; most of them look at one demo


@pytest.fixture(params=[f"{chain}-{store}" for chain in nodes.KINDS for store in KINDS])
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Each chain with each store."""
    chain, store = request.param.split("-")
    return chain, store


@pytest.mark.slow
def test_a_registry_lives_on_each_pair(pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filed, made, admitted, minted, refused, repeated and verified: the same on each."""
    chain, store = pair
    monkeypatch.setenv(nodes.CHAIN, chain)
    monkeypatch.setenv(STORE, store)
    home = tmp_path / "home"
    desks.new_home(home)
    with desks.opened(home) as office:
        assert (isinstance(office.chain, NodeChain), office.store.url.get_backend_name()) == (chain == "anvil", store)
        desks.effective_filing(office)
        desks.made_tokens(office)
        desks.admitted_people(office, "alice", "bob")
        rows = (issuance.Allocation("alice", 1_000_000), issuance.Allocation("bob", 20_000, 2))
        asked = issuance.ProposeMint(officer="operations-1", request="mint-1", token="JSD-A1", allocations=rows)
        assert desks.second_officer(office, issuance.mint(office, asked)).outcome == "done"
        assert issuance.mint(office, asked).request == "mint-1"
        (refused,) = issuance.dry_run(office, "JSD-A1", [issuance.Allocation("alice", 1)])
        assert [refusal.reason for refusal in refused.refusals] == ["not-a-lot"]
        before = office.now()
        assert nodes.warp(office, 86_400) >= before + 86_400
        assert verify(office) == []


@pytest.mark.prove
def test_every_journey_passes_on_each_pair(pair: tuple[str, str]) -> None:
    """The whole suite of journeys with this chain and this store under every home. What is about the embedded chain or
    its files alone is left out elsewhere, by name and with its reason."""
    chain, store = pair
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not prove", "tests/journeys"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, nodes.CHAIN: chain, STORE: store, "ABST_PROVE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    left_out = SPOKEN_OF.findall(done.stdout)
    assert sum(int(number) for number, _ in left_out) <= (0 if pair == ("embedded", "sqlite") else FEW), left_out
    print(f"{chain}, {store}: {done.stdout.splitlines()[-1]}")
