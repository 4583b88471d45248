"""The wheel stands alone: no Node, no compiler, no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEPT = ("SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE")  # how this machine reaches its package index


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {
        key: os.environ[key]
        for key in ("SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE")
        if key in os.environ
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8", **kept, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", out, ROOT, cwd=out)
    return next(out.glob("*.whl"))


def test_wheel_carries_artifacts_and_demo_data(wheel: Path) -> None:
    """Given a wheel, it should hold the compiled contracts, the rulebook, the migrations and the demo's deal."""
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("chain/artifacts/SecurityToken.json", "chain/artifacts/Registry.json", "demo_data/", "rulebook/"):
        assert any(f"abst/{wanted}" in name for name in names), wanted
    assert not [name for name in names if name.startswith(("tests/", "contracts/"))]


@pytest.mark.slow
def test_wheel_alone_runs_the_short_demo(wheel: Path, tmp_path: Path) -> None:
    """Given an empty virtual environment without Node or compiler, `abst demo --short` should end with verify: OK."""
    run(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements.txt", cwd=tmp_path)
    run(python, "-m", "pip", "install", "-q", "--no-deps", wheel, cwd=tmp_path)
    done = run(tmp_path / "venv" / "bin" / "abst", "demo", "--short", cwd=tmp_path)
    assert "verify: OK" in done.stdout
