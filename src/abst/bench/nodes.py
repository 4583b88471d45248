"""A real node for the figures and the tests: anvil from the locked npm packages, on a free port."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from abst.chain.api import DEFAULT_CHAIN_ID

PACKAGES = Path(__file__).resolve().parents[3] / "node_modules" / "@foundry-rs"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
# The first account of every anvil, known to everybody; it holds ether of a chain that ends with the node.
DEPLOYER = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
# With anvil's usual block, what does not fit into one waits until something else is sent. Few old states are kept.
ROOMY = (
    *("--chain-id", str(DEFAULT_CHAIN_ID), "--gas-limit", str(10**10)),
    *("--no-request-size-limit", "--prune-history", "64"),
)


@dataclass(frozen=True, slots=True)
class Node:
    """A running node: its URL, and its process id."""

    url: str
    pid: int

    def ask(self, method: str, *params: object) -> None:
        """One request of the node's own kind, such as those that move its clock."""
        from abst.chain.node import NodeChain

        NodeChain(self.url)._ask(method, *params)

    def work(self) -> Decimal:
        """Seconds of processor time so far; zero where the system does not tell."""
        try:
            told = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return Decimal(0)
        return Decimal(int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def binary() -> Path | None:
    """Where npm put anvil; None where it has none for this platform."""
    name = f"anvil-{platform.system().lower()}-{MACHINES.get(platform.machine(), platform.machine())}"
    path = PACKAGES / name / "bin" / "anvil"
    return path if path.is_file() else None


@contextmanager
def running(*options: str) -> Iterator[Node]:
    """A fresh node with these options of its own, ended afterwards. Raises FileNotFoundError without the package."""
    path = binary()
    if path is None:
        raise FileNotFoundError(f"no anvil for {platform.system()} {platform.machine()} in {PACKAGES}")
    command = [str(path), "--port", "0", "--hardfork", "cancun", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        drain = threading.Thread(target=_drain, args=(process,), daemon=True)
        try:
            address = _address(process)
            drain.start()
            yield Node(f"http://{address}", process.pid)
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
