"""From Solidity to artifacts: the same bytes anywhere, once per input, and errors in the compiler's own words."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from abst.chain import artifacts, compiler
from abst.chain.compiler import CompileError
from abst.errors import Unavailable, UsageError

ROOT = compiler.project_root()
TOKEN = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import "./lib/Numbers.sol";
contract Plain is ERC20("Plain", "PLN") {
    constructor() { _mint(msg.sender, Numbers.SOME); }
}
"""
NUMBERS = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
library Numbers { uint256 internal constant SOME = 7; }
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project of its own, with the real node_modules."""
    (tmp_path / "contracts" / "lib").mkdir(parents=True)
    (tmp_path / "contracts" / "Plain.sol").write_text(TOKEN)
    (tmp_path / "contracts" / "lib" / "Numbers.sol").write_text(NUMBERS)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    monkeypatch.delenv("ABST_NODE_MODULES", raising=False)
    return tmp_path


PLAIN = {"Plain": "contracts/Plain.sol"}


@pytest.mark.slow
def test_compiles_once_per_input(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the cache answers, and no compiler is started; a changed import compiles anew."""
    made = compiler.compile_files(checkout, PLAIN)["Plain"]
    assert made["bytecode"].startswith("0x60")
    assert {entry.get("name") for entry in made["abi"]} >= {"transfer", "ERC20InsufficientBalance"}

    def no_compiler(*_: object, **__: object) -> None:
        raise AssertionError("the compiler was started")

    monkeypatch.setattr(compiler, "run_solc", no_compiler)
    assert compiler.compile_files(checkout, PLAIN)["Plain"] == made
    (checkout / "contracts" / "lib" / "Numbers.sol").write_text(NUMBERS.replace("7", "8"))
    with pytest.raises(AssertionError, match="was started"):
        compiler.compile_files(checkout, PLAIN)


def test_the_input_names_no_place(checkout: Path) -> None:
    """Sources stand under their import names: the same input, so the same bytecode, in every folder."""
    standard = compiler.standard_input(checkout, PLAIN)
    assert str(checkout) not in json.dumps(standard)
    assert str(ROOT) not in json.dumps(standard)
    assert {"contracts/Plain.sol", "contracts/lib/Numbers.sol"} < set(standard["sources"])
    assert all(name.startswith(("contracts/", "@openzeppelin/")) for name in standard["sources"])


def test_errors_are_solcs_own(checkout: Path) -> None:
    """File, line and the words marked; nothing of the input."""
    (checkout / "contracts" / "lib" / "Numbers.sol").write_text(NUMBERS.replace("= 7", "= seven"))
    with pytest.raises(CompileError) as error:
        compiler.compile_files(checkout, PLAIN)
    assert error.value.message.startswith("DeclarationError: Undeclared identifier.")
    assert "contracts/lib/Numbers.sol:3:" in error.value.message
    assert "^^^^^" in error.value.message
    assert len(error.value.message.splitlines()) < 8


def test_a_missing_source_is_named(checkout: Path) -> None:
    """With what would put it there."""
    (checkout / "contracts" / "lib" / "Numbers.sol").unlink()
    with pytest.raises(UsageError, match=r"contracts/lib/Numbers\.sol"):
        compiler.compile_files(checkout, PLAIN)
    (checkout / "contracts" / "lib" / "Numbers.sol").write_text(NUMBERS)
    (checkout / "node_modules").unlink()
    with pytest.raises(UsageError, match="npm ci"):
        compiler.compile_files(checkout, PLAIN)


def test_a_native_compiler_of_the_version_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PATH, or where py-solc-x installs; of another version, the launcher serves."""
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    solc = tmp_path / "solc"
    for version, found in (("0.8.30", compiler.launcher()), (compiler.SOLC_VERSION, solc)):
        solc.write_text(f"#!/bin/sh\necho 'Version: {version}+commit.00000000.Linux.g++'\n")
        solc.chmod(0o755)
        assert compiler.find_solc() == found
    solc.rename(tmp_path / f"solc-v{compiler.SOLC_VERSION}")
    assert compiler.find_solc() == tmp_path / f"solc-v{compiler.SOLC_VERSION}"


def test_native_and_npm_give_the_same_bytecode(checkout: Path) -> None:
    """Where a native compiler of the version is installed."""
    native = compiler.find_solc()
    if native == compiler.launcher():
        pytest.skip(f"no native solc {compiler.SOLC_VERSION} is installed here")
    standard = compiler.standard_input(checkout, PLAIN)
    outputs = [compiler.run_solc(checkout, standard, binary) for binary in (native, compiler.launcher())]
    made = [compiler.artifact_of(output, "Plain", PLAIN["Plain"], "")["bytecode"] for output in outputs]
    assert made[0] == made[1]


def test_the_launcher_is_a_program() -> None:
    """As forge needs it: executable, with node named on its first line."""
    launcher = compiler.launcher()
    assert launcher.stat().st_mode & stat.S_IXUSR
    assert launcher.read_text().startswith("#!/usr/bin/env node\n")


def test_every_artifact_is_there_and_up_to_date() -> None:
    """`make` compiled them; a second run finds nothing to do."""
    assert not compiler.compile_all().fresh
    for name in compiler.SHIPPED:
        artifact = artifacts.load(name)
        assert artifact.name == name
        assert len(artifact.bytecode) > 500
        assert name in compiler.LENSES or any(entry["type"] == "error" for entry in artifact.abi)


def test_an_artifact_that_is_missing_says_what_to_do() -> None:
    """Run make."""
    with pytest.raises(Unavailable, match="run make"):
        artifacts.load("Nothing")


def test_the_deployed_code_fits() -> None:
    """The complete token stays under 22,000 bytes, every contract under the EVM's limit of 24,576."""
    folder = Path(artifacts.__file__).parent / "artifacts"
    sizes = {name: json.loads((folder / f"{name}.json").read_text())["deployedSize"] for name in compiler.SHIPPED}
    assert sizes["SecurityToken"] < 22_000
    assert max(sizes.values()) <= 24_576


def test_compiling_again_needs_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor Node: hashes are compared."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(compiler, "launcher", lambda: Path("nowhere"))
    assert compiler.compile_all().names == tuple(compiler.SHIPPED)
