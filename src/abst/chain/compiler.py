"""From Solidity to artifacts: one pinned compiler, by py-solc-x, cached by the hash of its input.

The input holds every source under its import name and no path of this machine, and asks for no source hash in the
bytecode, so a native solc and the npm one (by `solc_launcher.js`) give the same bytecode anywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from abst.errors import UsageError

SOLC_VERSION = "0.8.37"
SETTINGS: dict[str, Any] = {
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": True,
    "evmVersion": "cancun",
    "metadata": {"bytecodeHash": "none"},
}
# What is deployed, and so shipped: contract and the source it stands in.
DEPLOYABLE: dict[str, str] = {
    "SecurityToken": "contracts/SecurityToken.sol",
    "Registry": "contracts/Registry.sol",
    "TokenFactory": "contracts/TokenFactory.sol",
    "Settlement": "contracts/Settlement.sol",
    "Distribution": "contracts/Distribution.sol",
    "AuditAnchors": "contracts/AuditAnchors.sol",
    "Servicing": "contracts/Servicing.sol",
    "DepositToken": "contracts/DepositToken.sol",
    "AccessManager": "@openzeppelin/contracts/access/manager/AccessManager.sol",
    "TimelockController": "@openzeppelin/contracts/governance/TimelockController.sol",
}
# What others might run: shipped for the demo and the tests, and no part of a registry.
EXAMPLES: dict[str, str] = {"NoticeBoard": "contracts/examples/NoticeBoard.sol"}
# What a call runs and nobody deploys.
LENSES: dict[str, str] = {"BalanceLens": "contracts/lens/BalanceLens.sol"}
SHIPPED = DEPLOYABLE | EXAMPLES | LENSES
PACKAGES = "@openzeppelin/"  # imports that begin so are looked up in node_modules
OUTPUT = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
_IMPORT = re.compile(r"""^\s*import\s+(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']\s*;""", re.MULTILINE)


class CompileError(UsageError):
    """The compiler refused a source; the message is solc's own, with file, line and the words marked."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """names: the artifacts that now stand; fresh: the compiler ran (else cache or nothing to do).

    warnings: solc's about our own files.
    """

    names: tuple[str, ...]
    fresh: bool
    input_hash: str
    warnings: tuple[str, ...] = ()


def project_root() -> Path:
    """The source checkout this package runs from. Raises UsageError in an installed wheel, which needs no compiler."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "contracts").is_dir() and (folder / "package.json").is_file():
            return folder
    raise UsageError("contracts are compiled in a source checkout", found="an installed package", needed="a checkout")


def compile_all(root: Path | None = None) -> Compiled:
    """Make every artifact up to date. Raises CompileError as solc prints it; UsageError when a source is missing."""
    root = root or project_root()
    folder = root / "src" / "abst" / "chain" / "artifacts"
    standard = standard_input(root, SHIPPED)
    wanted = input_hash(standard)
    if all(_hash_in(folder / f"{name}.json") == wanted for name in SHIPPED):
        return Compiled(tuple(SHIPPED), fresh=False, input_hash=wanted)
    output, fresh = compile_standard(root, standard)
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in SHIPPED.items():
        artifact = artifact_of(output, name, source, wanted)
        _write(folder / f"{name}.json", json.dumps(artifact, indent=1, sort_keys=True) + "\n")
    for stale in folder.glob("*.json"):
        if stale.stem not in SHIPPED:
            stale.unlink()
    warnings = tuple(error["formattedMessage"] for error in output.get("errors", ()) if _is_ours(error))
    return Compiled(tuple(SHIPPED), fresh, wanted, warnings)


def _is_ours(error: Mapping[str, Any]) -> bool:
    """Whether a warning is about a file of this project: a library's are its authors'."""
    return not error.get("sourceLocation", {}).get("file", "").startswith("@")


def compile_files(root: Path, contracts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Artifacts of other contracts (a bench's plain token), cached alike, written nowhere else."""
    standard = standard_input(root, contracts)
    output, _ = compile_standard(root, standard)
    wanted = input_hash(standard)
    return {name: artifact_of(output, name, source, wanted) for name, source in contracts.items()}


def artifact_of(output: dict[str, Any], name: str, source: str, wanted: str) -> dict[str, Any]:
    try:
        compiled = output["contracts"][source][name]
    except KeyError:
        raise CompileError("the source has no such contract", found=source, needed=f"contract {name}") from None
    return {
        "contractName": name,
        "source": source,
        "abi": compiled["abi"],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "deployedSize": len(compiled["evm"]["deployedBytecode"]["object"]) // 2,
        "compiler": SOLC_VERSION,
        "inputHash": wanted,
    }


def standard_input(root: Path, contracts: Mapping[str, str]) -> dict[str, Any]:
    """Solc's standard JSON for the contracts (name: source) and all they import."""
    sources: dict[str, dict[str, str]] = {}
    waiting = list(contracts.values())
    while waiting:
        name = waiting.pop()
        if name in sources:
            continue
        content = _read(root, name)
        sources[name] = {"content": content}
        waiting += [_resolve(name, found) for found in _IMPORT.findall(content)]
    selection: dict[str, dict[str, list[str]]] = {}
    for contract, source in contracts.items():
        selection.setdefault(source, {})[contract] = OUTPUT
    settings = {**SETTINGS, "outputSelection": selection}
    return {"language": "Solidity", "sources": dict(sorted(sources.items())), "settings": settings}


def _read(root: Path, name: str) -> str:
    path = root / "node_modules" / name if name.startswith(PACKAGES) else root / name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        needed = "npm ci (make does it)" if name.startswith(PACKAGES) else "the source file"
        raise UsageError("a source to compile is missing", found="no file", needed=needed, where=name) from None


def _resolve(importer: str, imported: str) -> str:
    """Solidity's rule for relative imports, on import names; other imports are names already."""
    if not imported.startswith("."):
        return imported
    parts = list(PurePosixPath(importer).parent.parts)
    for part in PurePosixPath(imported).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def input_hash(standard: dict[str, Any]) -> str:
    content = json.dumps([SOLC_VERSION, standard], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _hash_in(artifact: Path) -> str | None:
    try:
        return str(json.loads(artifact.read_text(encoding="utf-8"))["inputHash"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return None


def compile_standard(root: Path, standard: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Solc's output, from `build/solc-cache` when this very input was compiled before; and whether solc ran."""
    cached = root / "build" / "solc-cache" / f"{input_hash(standard)}.json"
    try:
        return json.loads(cached.read_text(encoding="utf-8")), False
    except (FileNotFoundError, json.JSONDecodeError):
        output = run_solc(root, standard)
    cached.parent.mkdir(parents=True, exist_ok=True)
    _write(cached, json.dumps(output))
    return output, True


def _write(path: Path, text: str) -> None:
    """Whole or not at all: several test processes may compile at once."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def run_solc(root: Path, standard: dict[str, Any], binary: Path | None = None) -> dict[str, Any]:
    """Compile now, with the binary given or the best one here. Raises CompileError."""
    import solcx
    from solcx.exceptions import SolcError

    with _environment(root):
        try:
            output: dict[str, Any] = solcx.compile_standard(standard, solc_binary=binary or find_solc())
        except SolcError as error:
            # Only solc's own words: the exception's text would add the whole input.
            printed = [one["formattedMessage"] for one in error.error_dict or () if one["severity"] == "error"]
            raise CompileError("\n".join(printed) or (error.stderr_data or error.message)) from error
    return output


def find_solc() -> Path:
    """A native solc of the pinned version (on PATH, or in py-solc-x's folder), else the launcher of the npm one."""
    on_path = shutil.which("solc")
    if on_path is not None and _version(on_path) == SOLC_VERSION:
        return Path(on_path)
    installed = Path(os.environ.get("SOLCX_BINARY_PATH", Path.home() / ".solcx")) / f"solc-v{SOLC_VERSION}"
    return installed if os.access(installed, os.X_OK) else launcher()


def launcher() -> Path:
    return Path(__file__).with_name("solc_launcher.js")


def _version(binary: str) -> str | None:
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+\.\d+\.\d+)", answer)
    return found[1] if found else None


@contextmanager
def _environment(root: Path) -> Iterator[None]:
    """Node of the virtual environment and this project's node_modules, for the launcher."""
    before = dict(os.environ)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before.get("PATH", os.defpath)])
    os.environ.setdefault("ABST_NODE_MODULES", str(root / "node_modules"))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
