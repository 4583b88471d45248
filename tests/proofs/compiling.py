"""Compiling mutants fast: the compiler stays in memory, and only the contracts that import the changed source compile.

A mutant is compiled without optimiser and intermediate representation where the contract allows that: 1 s instead of
10. Its code is longer and does the same, so the same tests judge it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from abst.chain.compiler import DEPLOYABLE, SETTINGS, standard_input

QUICK = {**SETTINGS, "viaIR": False, "optimizer": {"enabled": False}}
OUTPUT = ["evm.bytecode.object"]
STACK_TOO_DEEP = "Stack too deep"
COMPILES_KEPT = 60  # the compiler's memory only grows: a fresh process after so many


class Refused(Exception):
    """The compiler refused a source; the message is solc's own."""


class Solc:
    """One long-lived compiler process; use as a context."""

    def __init__(self, root: Path) -> None:
        self._node = shutil.which("node", path=str(root / ".venv" / "bin")) or "node"
        self._modules = root / "node_modules"
        self._process: subprocess.Popen[str] | None = None
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def compile(self, standard: Mapping[str, Any]) -> dict[str, str]:
        """Creation code by contract, in hexadecimal. Raises Refused."""
        if self._done >= COMPILES_KEPT:
            self._stop()
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(standard) + "\n")
        process.stdin.flush()
        self._done += 1
        answer = json.loads(process.stdout.readline())
        errors = [error["formattedMessage"] for error in answer.get("errors", ()) if error["severity"] == "error"]
        if errors:
            raise Refused("\n".join(errors))
        return {
            name: compiled["evm"]["bytecode"]["object"]
            for source in answer["contracts"].values()
            for name, compiled in source.items()
        }

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [
                self._node,
                str(Path(__file__).with_name("solc_worker.js")),
                str(self._modules),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._done = 0
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.communicate()  # it ends when its input does
            self._process = None


class Deployed:
    """What is deployed and from which sources: the import graph, and the settings each contract compiles with."""

    def __init__(self, root: Path, solc: Solc) -> None:
        self.inputs = {name: standard_input(root, {name: source}) for name, source in DEPLOYABLE.items()}
        self.original: dict[str, str] = {}
        self._as_deployed: dict[str, str] = {}
        self._fast: dict[str, dict[str, Any]] = {}
        for name in DEPLOYABLE:
            try:
                self.original[name] = self._compile(solc, name, QUICK)
                self._fast[name] = QUICK
            except Refused as refused:
                if STACK_TOO_DEEP not in str(refused):
                    raise
                self.original[name] = self._compile(solc, name, SETTINGS)
                self._fast[name] = SETTINGS

    def importers(self, file: str) -> list[str]:
        """The deployed contracts that a source is part of."""
        return [name for name, standard in self.inputs.items() if file in standard["sources"]]

    def mutated(self, solc: Solc, file: str, source: str) -> dict[str, str]:
        """Code of every contract that differs when `file` reads `source`; empty when none does. Raises Refused."""
        compiled = {name: self._compile(solc, name, self._fast[name], {file: source}) for name in self.importers(file)}
        return {name: code for name, code in compiled.items() if code != self.original[name]}

    def is_same_as_deployed(self, solc: Solc, file: str, source: str) -> bool:
        """Whether the compiler, set as for deployment, makes the same code of both: then the edit changes nothing."""
        for name in self.importers(file):
            if name not in self._as_deployed:
                self._as_deployed[name] = self._compile(solc, name, SETTINGS)
            if self._compile(solc, name, SETTINGS, {file: source}) != self._as_deployed[name]:
                return False
        return True

    def _compile(
        self,
        solc: Solc,
        name: str,
        settings: Mapping[str, Any],
        changed: Mapping[str, str] | None = None,
    ) -> str:
        standard = self.inputs[name]
        sources = {
            **standard["sources"],
            **{file: {"content": source} for file, source in (changed or {}).items()},
        }
        selection = {DEPLOYABLE[name]: {name: OUTPUT}}
        return solc.compile(
            {
                "language": "Solidity",
                "sources": sources,
                "settings": {**settings, "outputSelection": selection},
            }
        )[name]
