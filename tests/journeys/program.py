"""The program as a user runs it, in this process or as a real one, always with ``--json``.

Each answer is validated against the command's schema in docs/schemas.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import typer
from eth_account import Account
from typer.testing import CliRunner

import forks
import nodes
from abst.cli import build
from abst.cli.chain import SECONDS
from abst.demo.people import BOLD, CAREFUL
from abst.investor import texts
from abst.rulebook import load
from abst.values import file_digest
from databases import copy_home

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
PASSPHRASE = "a passphrase of the tests"
WORK = "2"
FILING = "jishidai-2022-3"


@cache
def _program() -> Any:
    """The program, made once: it keeps nothing between two lines."""
    return typer.main.get_command(build())


@cache
def _schema(name: str) -> Any:
    """The schema of a command's answers, read once; that it is one, tests/house/test_cli_docs.py says of all."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


@dataclass
class Answer:
    """One answered command: its envelope and what it said besides."""

    exit_code: int
    envelope: dict[str, Any]
    stderr: str

    @property
    def result(self) -> Any:
        return self.envelope["result"]

    @property
    def reasons(self) -> list[str]:
        return [refusal["reason"] for refusal in self.envelope["refusals"]]


@dataclass
class Abst:
    """The program on one home. Calling it runs in this process; `fork` in a fork of it, `process` in a fresh one."""

    home: Path
    seen: set[str] = field(default_factory=set)

    @property
    def env(self) -> dict[str, str]:
        return {"ABST_HOME": str(self.home), "ABST_PASSPHRASE": PASSPHRASE}

    def __call__(self, *words: str | Path, exit: int = 0) -> Answer:
        line = [str(word) for word in (*words, "--json")]
        # The runner's own `invoke` would make the whole program anew for each line.
        with CliRunner().isolation(env=self.env) as (out, err, _):
            try:
                _program().main(line, "abst")
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
            sys.stdout.flush()
            said, told = (stream.getvalue().decode() for stream in (out, err))
        return self._answer(line, code, said, told, exit)

    def fork(self, *words: str | Path, exit: int = 0, env: dict[str, str] | None = None) -> Answer:
        line = [str(word) for word in (*words, "--json")]
        return self._answer(line, *forks.run(line, self.env | (env or {})), exit)

    def process(self, *words: str | Path, exit: int = 0, env: dict[str, str] | None = None) -> Answer:
        line = [str(word) for word in (*words, "--json")]
        ran = subprocess.run(
            [sys.executable, "-m", "abst.cli", *line],
            env={**os.environ, **self.env, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return self._answer(line, ran.returncode, ran.stdout, ran.stderr, exit)

    def _answer(self, line: list[str], code: int, stdout: str, stderr: str, exit: int) -> Answer:
        assert code == exit, f"abst {' '.join(line)}: exit {code}, not {exit}\n{stdout}\n{stderr}"
        envelope = json.loads(stdout)
        self.seen.add(envelope["command"])
        name = envelope["command"].replace(" ", "-") or "envelope"
        _schema(name).validate(envelope)
        return Answer(code, envelope, stderr)

    def file(self, name: str, content: str) -> Path:
        """A file of the user's, beside the home."""
        path = self.home.parent / name
        path.write_text(content, encoding="utf-8")
        return path

    def evidence(self, words: str = "An order.") -> Path:
        return self.file("evidence.txt", words)

    def approve(self, proposal: Answer, checker: str, exit: int = 0) -> Answer:
        return self("approve", proposal.result["proposal"], "--as", checker, exit=exit)

    def warp(self, time: str) -> None:
        """Move the clock forward; a node refuses that, and is moved behind the program's back."""
        node = nodes.url_of(self.home)
        self("chain", "warp", time, exit=2 if node else 0)
        if node:
            number, unit = (time[:-1], time[-1]) if time[-1] in SECONDS else (time, "s")
            nodes.warp_node(node, int(number) * SECONDS[unit])

    def copy(self, folder: Path) -> Abst:
        """The same registry in another folder, to change at will."""
        copy_home(self.home.parent, folder)
        return Abst(folder / self.home.name)


def deployer(abst: Abst) -> Path:
    """A keystore of an account that can pay on a node, as its owner would bring it."""
    keystore: dict[str, Any] = Account.encrypt(nodes.DEV_KEY, PASSPHRASE, kdf="scrypt", iterations=int(WORK))
    return abst.file("deployer.json", json.dumps(keystore))


def chain_words(abst: Abst) -> tuple[str | Path, ...]:
    """What `init` is told of the chain: nothing, or a node of its own."""
    if not nodes.on_nodes():
        return ()
    abst.home.parent.mkdir(parents=True, exist_ok=True)
    return "--chain-url", nodes.begin(), "--deployer", deployer(abst)


def investor_row(reference: str, wallet: str = "", *, bold: bool = True, **changed: str) -> dict[str, str]:
    """The columns of one Hong Kong professional investor; `changed` replaces any."""
    today = datetime.now(UTC).date()  # the chain's clock starts at the wall's
    row = {
        "reference": reference,
        "kind": "individual",
        "name": f"Test {reference}",
        "identifier_type": "test",
        "identifier": f"T-{reference}",
        "nationality": "HK",
        "residence": "HK",
        "address": "1 Example Road",
        "address_country": "HK",
        "payment_account_country": "HK",
        "ip_countries": "HK",
        "wallet": wallet,
        "acknowledged": texts.cells(load()),
        "risk_class": "low",
        "session_at": (datetime.now(UTC) - timedelta(days=1)).isoformat(),
        "session_ip": "203.0.113.7",
        "session_country": "HK",
        "session_place": "Example Town",
        "session_device": f"device-{reference}",
        "answered_on": (today - timedelta(days=20)).isoformat(),
        "questionnaire": "risk-1",
        "evidence_1_type": "portfolio",
        "evidence_1_asset": "listed-securities",
        "evidence_1_amount": "9000000.00",
        "evidence_1_currency": "HKD",
        "evidence_1_relevant_date": (today - timedelta(days=30)).isoformat(),
        "evidence_1_sha256": file_digest(reference.encode()),
        **{f"q_{question}": option for question, option in (BOLD if bold else CAREFUL).items()},
    }
    return {**row, **changed}


def onboard(abst: Abst, reference: str, *, bold: bool = True) -> str:
    """One investor with a wallet kept in this home, proven, not admitted yet. Returns the wallet."""
    wallet = abst("wallet", "new", reference, "--keystore-work", WORK).result["address"]
    row = investor_row(reference, wallet, bold=bold)
    abst("investor", "add", abst.file(f"{reference}.yaml", json.dumps(row)), "--as", "operations-1")
    abst("wallet", "challenge", reference, wallet, "--as", "operations-1")
    abst("wallet", "prove", wallet, "--as", "operations-1")
    return str(wallet)
