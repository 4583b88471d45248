"""The wheel stands alone: no Node, no compiler, no checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
KEPT = ("SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE")  # how this machine reaches its package index


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {key: os.environ[key] for key in KEPT if key in os.environ}
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


def pinned(file: str) -> Iterator[tuple[Requirement, str]]:
    """What a file of requirements pins for this platform, each with its hashes."""
    for block in re.split(r"\n(?=\S)", (ROOT / file).read_text(encoding="utf-8")):
        words, *hashes = re.split(r"\s*\\?\n?\s+--hash=", block)
        one = Requirement(words)
        if one.marker is None or one.marker.evaluate():
            yield one, " ".join(line.split()[0] for line in hashes)


def installed(python: Path, folder: Path) -> None:
    run(*pip(python), "install", "-q", "--require-hashes", "-r", ROOT / "requirements.txt", cwd=folder)


def linked(python: Path, _: Path) -> None:
    """The same files as links into our own environment, which was installed from the same pins and hashes."""
    ours = {one.name: (one.specifier, hashes) for one, hashes in pinned("requirements-dev.txt")}
    (site,) = python.parents[1].glob("lib/python*/site-packages")
    for one, hashes in pinned("requirements.txt"):
        assert ours[one.name] == (one.specifier, hashes), one
        found = distribution(one.name)
        assert one.specifier.contains(found.version, prereleases=True), one
        for file in found.files or ():
            place = site / file
            if file.parts[0] != ".." and not place.exists():  # not its programs; some bring a file of the same name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(found.locate_file(file))


def pip(python: Path) -> tuple[str | Path, ...]:
    """Our pip, working for another environment; what that one imports it compiles when it does."""
    return sys.executable, "-m", "pip", "--python", python


@pytest.mark.slow
@pytest.mark.parametrize("fill", [linked, pytest.param(installed, marks=pytest.mark.prove)])
def test_wheel_alone_runs_the_short_demo(wheel: Path, tmp_path: Path, fill: Callable[[Path, Path], None]) -> None:
    """Given an environment of the pinned requirements alone, without Node or compiler, `abst demo --short` should end
    with verify: OK."""
    run(sys.executable, "-m", "venv", "--without-pip", "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    fill(python, tmp_path)
    run(*pip(python), "install", "-q", "--no-deps", "--no-compile", wheel, cwd=tmp_path)
    run(*pip(python), "check", cwd=tmp_path)
    done = run(tmp_path / "venv" / "bin" / "abst", "demo", "--short", cwd=tmp_path)
    assert "verify: OK" in done.stdout
