"""Where the tools are: forge from the npm lock, halmos and slither in an environment of their own (`.venv-proofs`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "proofs"
PROOFS = ROOT / ".venv-proofs" / "bin"


class Missing(Exception):
    """A tool is not here; the message says which and what brings it."""


def forge() -> Path:
    """The forge of the npm lock. Raises Missing where none is locked for this platform."""
    for found in (ROOT / "node_modules" / "@foundry-rs").glob("forge-*/bin/forge"):
        return found
    raise Missing("no forge is locked for this platform")


def proving(name: str) -> Path:
    """A program of `.venv-proofs`. Raises Missing."""
    path = PROOFS / name
    if not path.exists():
        raise Missing(f"{name} is not in .venv-proofs: make prove sets it up")
    return path


def run(
    command: Sequence[str | Path],
    settings: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs from the root, with node and forge on the path; never raises for an exit code."""
    path = os.pathsep.join(
        [
            str(Path(sys.executable).parent),
            str(forge().parent),
            os.environ.get("PATH", os.defpath),
        ]
    )
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": path, **(settings or {})},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
