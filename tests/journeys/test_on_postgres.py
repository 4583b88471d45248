"""A registry whose books are on PostgreSQL, a real server from a wheel; the chain is embedded as always."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import desks
import pytest

from abst.integrity.desk import verify
from abst.issuance import desk as issuance

ROOT = Path(__file__).parents[2]


def test_a_registry_lives_on_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filed, made, admitted, minted, refused, repeated and verified: as on SQLite."""
    monkeypatch.setenv("ABST_TEST_STORE", "postgresql")
    home = tmp_path / "home"
    desks.new_home(home)
    with desks.opened(home) as office:
        assert office.store.url.get_backend_name() == "postgresql"
        desks.effective_filing(office)
        desks.made_tokens(office)
        desks.admitted_people(office, "alice", "bob")
        rows = (issuance.Allocation("alice", 1_000_000), issuance.Allocation("bob", 20_000, 2))
        asked = issuance.ProposeMint(officer="operations-1", request="mint-1", token="JSD-A1", allocations=rows)
        assert desks.second_officer(office, issuance.mint(office, asked)).outcome == "done"
        assert issuance.mint(office, asked).request == "mint-1"
        (refused,) = issuance.dry_run(office, "JSD-A1", [issuance.Allocation("alice", 1)])
        assert [refusal.reason for refusal in refused.refusals] == ["not-a-lot"]
        assert verify(office) == []


@pytest.mark.prove
def test_every_journey_passes_on_postgresql() -> None:
    """The whole suite of journeys again, with PostgreSQL under every home."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not prove", "tests/journeys"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "ABST_TEST_STORE": "postgresql"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
