"""The wheel, built once for a test run, and environments in which it alone runs: no Node, no compiler, no checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
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


def build(folder: Path) -> Path:
    """The wheel, in a folder."""
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    return in_folder(folder)


def in_folder(folder: Path) -> Path:
    return next(folder.glob("*.whl"))


def environment(wheel: Path, folder: Path, *, fresh: bool = False) -> Path:
    """An environment of the pinned requirements and the wheel alone; its `abst`. fresh: from the package index."""
    run(sys.executable, "-m", "venv", "--without-pip", "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    if fresh:
        run(*_pip(python), "install", "-q", "--require-hashes", "-r", ROOT / "requirements.txt", cwd=folder)
    else:
        _link(python)
    run(*_pip(python), "install", "-q", "--no-deps", "--no-compile", wheel, cwd=folder)
    run(*_pip(python), "check", cwd=folder)
    return folder / "venv" / "bin" / "abst"


def _pinned(file: str) -> Iterator[tuple[Requirement, str]]:
    """What a file of requirements pins for this platform, each with its hashes."""
    for block in re.split(r"\n(?=\S)", (ROOT / file).read_text(encoding="utf-8")):
        words, *hashes = re.split(r"\s*\\?\n?\s+--hash=", block)
        one = Requirement(words)
        if one.marker is None or one.marker.evaluate():
            yield one, " ".join(line.split()[0] for line in hashes)


def _link(python: Path) -> None:
    """The same files as links into our own environment, which was installed from the same pins and hashes."""
    ours = {one.name: (one.specifier, hashes) for one, hashes in _pinned("requirements-dev.txt")}
    (site,) = python.parents[1].glob("lib/python*/site-packages")
    for one, hashes in _pinned("requirements.txt"):
        assert ours[one.name] == (one.specifier, hashes), one
        found = distribution(one.name)
        assert one.specifier.contains(found.version, prereleases=True), one
        for file in found.files or ():
            place = site / file
            if file.parts[0] != ".." and not place.exists():  # not its programs; some bring a file of the same name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(found.locate_file(file))


def _pip(python: Path) -> tuple[str | Path, ...]:
    """Our pip, working for another environment; what that one imports it compiles when it does."""
    return sys.executable, "-m", "pip", "--python", python
