"""The wheel stands alone: no Node, no compiler, no checkout."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import wheels
from sharing import built_wheel, short_demo


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory)


def test_wheel_carries_artifacts_and_demo_data(wheel: Path) -> None:
    """Given a wheel, it should hold the compiled contracts, the rulebook, the migrations and the demo's deal."""
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "chain/artifacts/SecurityToken.json",
        "chain/artifacts/Registry.json",
        "demo_data/deals/ally-2017-3/published.csv",
        "reports/drawn/font/regular.woff",
        "reports/drawn/page.html",
        "rulebook/",
    ):
        assert any(f"abst/{wanted}" in name for name in names), wanted
    assert not [name for name in names if name.startswith(("tests/", "contracts/"))]


@pytest.mark.slow
def test_wheel_alone_runs_the_short_demo(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Given an environment of the pinned requirements alone, without Node or compiler, `abst demo --short` should end
    with verify: OK. It is the one demo of a test run: others look at the home it leaves."""
    played_in, said = short_demo(tmp_path_factory)
    assert said.rstrip().endswith("verify: OK")
    assert (played_in / ".abst" / "registry.db").is_file()


@pytest.mark.prove
def test_wheel_alone_runs_where_pip_installed_all(wheel: Path, tmp_path: Path) -> None:
    """The same in an environment that pip filled from the package index, by the hashes."""
    done = wheels.run(wheels.environment(wheel, tmp_path, fresh=True), "demo", "--short", cwd=tmp_path)
    assert "verify: OK" in done.stdout
