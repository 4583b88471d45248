"""The program as real processes: exit codes, streams, two homes on one store, an interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from program import Abst

import forks
from databases import tamper

pytestmark = pytest.mark.slow
OPS, CHECKER = "operations-1", "compliance-1"


def test_no_home_is_unavailable(tmp_path: Path) -> None:
    """Given a folder without a registry, it should say so and exit 5."""
    answer = Abst(tmp_path / "nothing").process("today", exit=5)
    assert answer.envelope["outcome"] == "unavailable"
    assert not (tmp_path / "nothing").exists()


def test_a_wrong_word_is_usage(issued: Abst) -> None:
    """Given an amount that is no number, it should exit 2 and name the argument."""
    answer = issued.fork("transfer", "alpha", "beta", "ten", "JSD-A1", exit=2)
    assert answer.result["where"] == "AMOUNT"


def test_an_unknown_token_is_not_found(issued: Abst) -> None:
    """Given a symbol that no filing has, it should exit 4 and list those there are."""
    answer = issued.fork("holders", "JSD-A9", exit=4)
    assert "JSD-A1" in answer.result["needed"]


def test_a_refused_transfer_names_the_rule(issued: Abst) -> None:
    """Given a receiver whose capacity is too low, it should exit 3 with rule, finding and source."""
    answer = issued.fork("transfer", "alpha", "gamma", "10000", "JSD-A1", exit=3)
    (refusal,) = answer.envelope["refusals"]
    assert (refusal["rule"], refusal["reason"]) == ("R-47", "risk-above-capacity")
    assert all(refusal[field] for field in ("found", "needed", "where", "source"))


def test_a_transfer_is_done_once_for_one_request(issued: Abst) -> None:
    """Given the same request twice and then other content, it should act once, repeat its answer, then conflict."""
    line = ("transfer", "alpha", "beta", "10000", "JSD-A1", "--request", "req-x")
    assert issued.fork(*line).result == issued.fork(*line).result
    issued.fork(*line[:3], "20000", *line[4:], exit=8)
    rows = issued("holders", "JSD-A1").result["rows"]
    assert {row["investor"]: row["balance"] for row in rows} == {"alpha": "990000", "beta": "2010000"}


def test_an_officer_without_the_role_is_not_authorised(issued: Abst) -> None:
    """Given a checker who wants to suspend, it should exit 9 and change nothing."""
    issued.fork("filing", "suspend", "1", "--evidence", issued.evidence(), "--as", CHECKER, exit=9)
    assert issued("filing", "show", "1").result["state"] == "effective"


def test_a_wrong_passphrase_is_not_authorised(issued: Abst) -> None:
    """Given a passphrase that opens nothing, it should exit 9, without a word of any key."""
    answer = issued.fork("transfer", "alpha", "beta", "10000", "JSD-A1", env={"ABST_PASSPHRASE": "guess"}, exit=9)
    assert "guess" not in json.dumps(answer.envelope) + answer.stderr


def test_maker_and_checker_work_from_two_homes(issued: Abst, tmp_path: Path) -> None:
    """Given the checkers' keys in a home of their own, a freeze and a mint should each take both homes."""
    checkers = Abst(tmp_path / "checkers")
    checkers("init", "--share", issued.home)
    for name in ("compliance-1", "compliance-2"):
        issued("officer", "move", name, checkers.home)
    frozen = ("freeze", "beta", "500000", "JSD-A1", "--evidence", issued.evidence(), "--as", OPS)
    proposal = issued(*frozen, exit=7).result["proposal"]
    issued("approve", proposal, "--as", CHECKER, exit=7)  # decided here, but his key is not here
    checkers.fork("ops", "run")
    mint = issued("mint", "JSD-A1", "beta", "10000", "--as", OPS, exit=7).result["proposal"]
    issued("approve", mint, "--as", CHECKER, exit=9)  # a gatekeeper signs with his own key alone
    assert [row["id"] for row in checkers("inbox", "--as", CHECKER).result] == [mint]
    checkers.fork("approve", mint, "--as", CHECKER, exit=7)  # signed; the issuer's key sends it
    issued.fork("ops", "run")
    rows = {row["investor"]: row for row in checkers("holders", "JSD-A1").result["rows"]}
    assert (rows["beta"]["balance"], rows["beta"]["frozen"]) == ("2010000", "500000")
    assert issued("verify").result["ok"]
    assert checkers("verify").result["ok"]


def test_a_changed_row_is_found(issued: Abst) -> None:
    """Given an investor's row edited behind the program's back, verify should exit 6 and say where and what."""
    tamper(issued.home, "UPDATE investor SET capacity = 5 WHERE id = 'gamma'")
    answer = issued.fork("verify", exit=6)
    (difference,) = answer.result["differences"]
    assert (difference["words"], difference["found"], difference["expected"]) == ("capacity", "1", "5")


def test_ctrl_c_is_130_and_the_demo_begins_again(tmp_path: Path) -> None:
    """Given Ctrl-C in the middle, it should exit 130 with an envelope, and the same line should begin afresh."""
    for words in ("deploying Registry", "deploying Settlement", "Law is fixed, a setting moves"):
        code, stdout = _interrupted(tmp_path / "demo", words)
        assert (code, json.loads(stdout)["outcome"]) == (130, "interrupted")


def _interrupted(home: Path, words: str) -> tuple[int, str]:
    """A demo that gets Ctrl-C once it says these words: its exit code and its answer."""
    running = forks.start(("demo", "--short", "--json", "--home", home), {})
    assert any(words in said for said in running.stderr)
    running.send_signal(signal.SIGINT)
    code, stdout, _ = running.end()
    return code, stdout


def test_a_reader_that_goes_away_is_no_error(issued: Abst) -> None:
    """Given `abst holders | head -0`, it should end quietly."""
    line = f"{sys.executable} -m abst.cli holders JSD-A1 | true"
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        env={**os.environ, **issued.env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
