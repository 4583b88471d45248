"""A real node for tests: anvil from the locked npm packages, on a free port, ended with the test."""

from __future__ import annotations

import platform
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

# The first account of every anvil, known to everybody; it holds ether of a chain that ends with the test.
DEV_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def binary() -> Path | None:
    name = f"anvil-{platform.system().lower()}-{_MACHINES.get(platform.machine(), platform.machine())}"
    path = _ROOT / "node_modules" / "@foundry-rs" / name / "bin" / "anvil"
    return path if path.is_file() else None


@contextmanager
def running(*options: str) -> Iterator[str]:
    """The URL of a fresh anvil. Skips the test when npm installed no anvil for this platform."""
    path = binary()
    if path is None:
        pytest.skip(f"no anvil among the npm packages for {platform.system()} {platform.machine()}")
    command = [str(path), "--port", "0", "--hardfork", "cancun", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        drain = threading.Thread(target=_drain, args=(process,), daemon=True)
        try:
            address = _address(process)
            drain.start()
            yield f"http://{address}"
        finally:
            process.kill()
            if drain.ident is not None:
                drain.join()  # before the pipe is closed under its reader


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        found = re.search(r"Listening on (\S+)", line)
        if found:
            return found[1]
    raise RuntimeError("anvil did not start: " + "".join(printed))


def _drain(process: subprocess.Popen[str]) -> None:
    """anvil prints a line for each request, and would stop at a full pipe."""
    assert process.stdout is not None
    for _ in process.stdout:
        pass
