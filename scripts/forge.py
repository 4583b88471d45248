"""Run Foundry's forge from the locked npm package on the contracts' own tests: `python scripts/forge.py test`."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLATFORMS = {("Linux", "x86_64"): "linux-amd64", ("Darwin", "arm64"): "darwin-arm64"}


def main(arguments: list[str]) -> int:
    """Exit code of forge; 0 with a word of explanation where no forge is locked for this platform."""
    machine = (platform.system(), platform.machine())
    if machine not in PLATFORMS:
        print(f"forge: no binary is locked for {machine[0]} {machine[1]}; the Solidity tests are left out here")
        return 0
    forge = ROOT / "node_modules" / "@foundry-rs" / f"forge-{PLATFORMS[machine]}" / "bin" / "forge"
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", "")])
    return subprocess.run([forge, *arguments], cwd=ROOT, env={**os.environ, "PATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
