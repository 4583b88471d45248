"""`scripts/deploy.py` as a process, embedded and on a node: addresses stored, roles handed over, checked afterwards."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from program import PASSPHRASE, WORK, Abst

import forks
from abst.bootstrap import open_office
from abst.chain.deploy import DEPOSIT_PART, PARTS
from abst.chain.roles import Role
from abst.chain.standing import members

sys.path.append(str(Path(__file__).parents[1] / "chain"))

import anvil

pytestmark = pytest.mark.slow
Parts = tuple[tuple[str, str], ...]
SCRIPT = Path(__file__).parents[2] / "scripts/deploy.py"


def run(home: Path, *words: str | Path) -> forks.Ended:
    line = ["--home", home, "--keystore-work", WORK, *words]
    return forks.run(line, {"ABST_PASSPHRASE": PASSPHRASE}, script=SCRIPT)


def check(home: Path, made: dict[str, Any], parts: Parts) -> None:
    """What it printed is stored; the deployer and everybody unnamed hold nothing; the program works on it."""
    with_names = {row["name"]: row for row in made["officers"]}
    office = open_office(home, lambda _: PASSPHRASE)
    try:
        assert office.deployment.addresses() == made["addresses"]
        assert set(made["addresses"]) == {part for part, _ in parts}
        held = members(office.contracts.manager, office.deployment.block)
        assert held[Role.ADMIN] == {made["addresses"]["administration"]}
        assert held[Role.ENFORCER] == {made["addresses"]["enforcement"]}
        assert held[Role.REGULATOR] == {with_names["regulator-desk"]["address"]}
        assert all(office.deployment.deployer not in accounts for accounts in held.values())
        is_admin, _ = office.contracts.manager.read("hasRole", Role.ADMIN, office.deployment.deployer)
        assert not is_admin
        assert all(office.chain.balance(row["address"]) for row in made["officers"])
    finally:
        office.close()
    assert Abst(home)("verify").result == {"ok": True, "differences": []}


def test_on_the_embedded_chain(tmp_path: Path) -> None:
    """Given an empty folder, a registry should stand there; run again, it should be left as it is."""
    done = run(tmp_path / "home")
    assert done.code == 0, done.stderr
    made = json.loads(done.stdout)
    check(tmp_path / "home", made, (*PARTS, DEPOSIT_PART))
    again = run(tmp_path / "home")
    assert (again.code, json.loads(again.stdout)) == (0, made)


def test_on_a_node(tmp_path: Path) -> None:
    """Given a URL and the keystore of an account that can pay, the same, here without a deposit token; that account
    keeps no power."""
    keystore = tmp_path / "payer.json"
    keystore.write_text(json.dumps(Account.encrypt(anvil.DEV_KEY, PASSPHRASE, kdf="scrypt", iterations=int(WORK))))
    with anvil.running("--chain-id", "31337") as url:
        node = ("--url", url, "--chain-id", "31337", "--no-deposit")
        done = run(tmp_path / "home", *node, "--deployer", keystore)
        assert done.code == 0, done.stderr
        check(tmp_path / "home", json.loads(done.stdout), PARTS)
    gone = run(tmp_path / "home", "--url", url, "--chain-id", "31337")
    assert (gone.code, gone.stdout) == (5, "")
    assert "does not answer" in gone.stderr
