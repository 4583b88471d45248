"""`abst serve` as a process: it finishes what others began, tells how things stand, and ends when told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from eth_account import Account
from program import PASSPHRASE, WORK, Abst, deployer
from prometheus_client.parser import text_string_to_metric_families

import forks
import nodes
from abst.chain.office import Office
from abst.service import Settings, json_lines, serve
from abst.service.serving import LONGEST, backoff
from rpc_proxy import Proxy, proxied

pytestmark = pytest.mark.slow
OPS, CHECKER = "operations-1", "compliance-1"
SOON = 20.0  # seconds for what happens within one, on a machine that is busy


def until(holds: Callable[[], Any]) -> Any:
    """What `holds` answers once that is true."""
    begun = time.monotonic()
    while not (found := holds()):
        assert time.monotonic() - begun < SOON, "it never came about"
        time.sleep(0.02)
    return found


@dataclass
class Served:
    """A serving process, and what it logged so far."""

    running: forks.Running
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.running.stderr:
            self.lines.append(json.loads(line) if line.startswith("{") else {"event": line})

    def said(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        wanted = {"event": event, **fields}
        return [line for line in list(self.lines) if wanted.items() <= line.items()]

    def ask(self, path: str) -> tuple[int, str]:
        (listening,) = until(lambda: self.said("listening"))
        try:
            with urlopen(f"http://{listening['address']}{path}", timeout=5) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def health(self) -> tuple[int, dict[str, Any]]:
        code, content = self.ask("/healthz")
        return code, json.loads(content)["parts"]

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Name and values of the labels, these in the order of their names -> value."""
        code, content = self.ask("/metrics")
        assert code == 200
        families = text_string_to_metric_families(content)
        return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code; the log is whole then."""
        self.running.send_signal(number)
        self.reader.join()
        return self.running.end().code


@contextmanager
def serving(abst: Abst, *, fresh: bool = False) -> Iterator[Served]:
    """fresh: a process that inherits nothing from this one, not even the sockets it listens at."""
    words = ("serve", "--listen", "127.0.0.1:0", "--every", "0.1", "--log", "json")
    served = Served(started(words, abst.env) if fresh else forks.start(words, abst.env))
    try:
        yield served
    finally:
        if not served.running.stdout.closed:
            served.end(signal.SIGKILL)


def started(words: Iterable[str], env: Mapping[str, str]) -> forks.Running:
    """The same as `forks.start`, in a new interpreter."""
    out = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with what it belongs to
    line = [sys.executable, "-m", "abst.cli", *words]
    made = subprocess.Popen(line, env={**os.environ, **env}, stdout=out, stderr=subprocess.PIPE, text=True)
    made.returncode = 0  # it is waited for by its number
    assert made.stderr is not None
    return forks.Running(made.pid, out, made.stderr)


def apart(abst: Abst, folder: Path, *names: str) -> Abst:
    """Another home on the same store and chain, with these officers' keys; they are here no more."""
    other = Abst(folder)
    other("init", "--share", abst.home)
    for name in names:
        abst("officer", "move", name, other.home)
    return other


def test_it_finishes_what_another_process_began(issued: Abst, tmp_path: Path) -> None:
    """Given a mint that a checker signs where the issuer's key is not, serve should send it and finish the request,
    log it with its ids and without a secret, count it, and end at SIGTERM with exit 0."""
    checkers = apart(issued, tmp_path / "checkers", CHECKER)
    with serving(issued) as served:
        until(lambda: served.health()[0] == 200)
        mint = issued("mint", "JSD-A1", "beta", "10000", "--as", OPS, exit=7).result["proposal"]
        waiting = checkers("approve", mint, "--as", CHECKER, exit=7)
        asked = str(waiting.envelope["request"])
        (done,) = until(lambda: served.said("request", request=asked))
        assert (done["command"], done["outcome"]) == ("approve", "done")
        (sent,) = served.said("intent", request=asked, state="final")
        (row,) = issued("ops", "show", asked).result["intents"]
        assert (sent["intent"], sent["transaction"], sent["signer"]) == (row["intent"], row["tx_hash"], row["signer"])
        numbers = until(lambda: found if (found := served.metrics())["abst_journal_number",] >= row["block"] else None)
        assert numbers["abst_requests_finished_total", "done"] == 2  # the mint's and its approval's
        assert numbers["abst_head_number",] >= row["block"]
        for name in (
            "needs_attention",
            "halted_lanes",
            "journal_halted",
            "unreconciled_wallets",
            "overdue_obligations",
        ):
            assert numbers[f"abst_{name}",] == 0, name
        assert time.time() - numbers["abst_last_success_timestamp_seconds", "sender"] < SOON
        assert served.ask("/else")[0] == 404
        assert served.end() == 0
    rows = {row["investor"]: row["balance"] for row in issued("holders", "JSD-A1").result["rows"]}
    assert rows["beta"] == "2010000"
    whole = json.dumps(served.lines)
    wallets = [row["wallet"] for row in issued("holders", "JSD-A1").result["rows"]]
    assert not [word for word in (PASSPHRASE, "Test alpha", "Test beta", *wallets) if word in whole]
    assert served.said("stopped")


@pytest.fixture
def on_a_node(tmp_path: Path) -> Iterator[tuple[Abst, Proxy]]:
    """A registry on a node, asked through a proxy."""
    url = nodes.begin()
    with proxied(url) as proxy:
        abst = Abst(tmp_path / "home")
        abst.home.parent.mkdir(exist_ok=True)
        abst("init", "--keystore-work", WORK, "--chain-url", proxy.url, "--deployer", deployer(abst))
        yield abst, proxy


def test_it_outlives_the_node_and_stops_in_the_middle(on_a_node: tuple[Abst, Proxy], tmp_path: Path) -> None:
    """Given a node that goes away, health should be 503 and name the chain, then 200 again; told to stop while a
    transaction waits for its block, it should end with exit 0, and the next one find that done, once."""
    abst, proxy = on_a_node
    desk = Abst(tmp_path / "desk")
    desk("init", "--share", abst.home)
    with serving(abst, fresh=True) as served:
        until(lambda: served.health()[0] == 200)
        with proxy.gone():
            until(lambda: served.health()[0] == 503)
            until(lambda: not served.health()[1]["chain"]["ok"])
            assert served.health()[1]["store"]["ok"]
            until(lambda: served.metrics().get(("abst_errors_total", "Unavailable", "watch")))
        until(lambda: served.health()[0] == 200)
        proxy.ask("evm_setAutomine", False)
        new = ("officer", "new", "agent-2", "--role", "agent", "--keystore-work", WORK, "--as", OPS)
        asked = str(desk(*new, exit=7).envelope["request"])
        until(lambda: served.said("intent", request=asked, state="sent"))
        assert served.end() == 0
        (row,) = desk("ops", "list").result
        assert row["state"] == "sent"
    proxy.ask("evm_setAutomine", True)
    proxy.ask("evm_mine")
    once = abst("serve", "--once").result
    assert once["intents"] == {"final": 1}
    (row,) = [one for one in desk("ops", "list", "--state", "final").result if one["request"] == asked]
    sender = {one["name"]: one["address"] for one in abst("officer", "list").result}[OPS]
    assert int(proxy.ask("eth_getTransactionCount", sender, "latest"), 16) == 1


def test_two_serve_one_store(issued: Abst, tmp_path: Path) -> None:
    """Given two that serve the same home, what waits should be sent once, and both stay well."""
    checkers = apart(issued, tmp_path / "checkers", CHECKER)
    with serving(issued) as one, serving(issued) as other:
        until(lambda: one.health()[0] == other.health()[0] == 200)
        mint = issued("mint", "JSD-A1", "beta", "10000", "--as", OPS, exit=7).result["proposal"]
        asked = str(checkers("approve", mint, "--as", CHECKER, exit=7).envelope["request"])
        until(lambda: issued("ops", "show", asked).result["outcome"] == "done")
        assert [served.end() for served in (one, other)] == [0, 0]
    rows = {row["investor"]: row["balance"] for row in issued("holders", "JSD-A1").result["rows"]}
    assert rows["beta"] == "2010000"


def test_what_it_is_told_wrong(issued: Abst, tmp_path: Path) -> None:
    """Given no home, no address, or no such form of logs, it should end at once and say so."""
    Abst(tmp_path / "none")("serve", "--once", exit=5)
    for listen in ("9464", "localhost:many", "localhost:70000"):
        assert issued("serve", "--listen", listen, exit=2).result["where"] == "--listen"
    assert issued("serve", "--log", "verse", exit=2).result["where"] == "--log"


def test_a_log_line_says_only_what_is_known() -> None:
    """Given names that are not known, long values or text that is no id, they should not be written."""
    stream = StringIO()
    key = Account.create().key.hex()
    json_lines(stream).info(
        "intent", intent="int-1", name="Test alpha", signer="王小明 的 密码!", where=key * 3, count=2
    )
    said = json.loads(stream.getvalue())
    assert set(said) == {"at", "level", "event", "intent", "signer", "where", "count"}
    assert (said["intent"], said["count"]) == ("int-1", 2)
    assert said["where"] == f"<{len(key) * 3} characters left out>"
    assert said["signer"] == "<9 characters left out>"


def test_a_bug_stops_it_and_its_words_are_not_told() -> None:
    """Given an error that nobody expected, it should end with exit 1 and name the place, not the words."""

    def broken() -> Office:
        raise ValueError("Test alpha lives at 1 Example Road")

    stream = StringIO()
    assert serve(broken, Settings("127.0.0.1", 0, pause=0.05), json_lines(stream)) == 1
    said = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {line["error"] for line in said if line["event"] == "bug"} == {"ValueError"}
    assert "Example" not in stream.getvalue()


def test_it_waits_longer_each_time_and_never_long() -> None:
    """Given failures in a row, the pauses should double up to half a minute, each spread over half of itself."""
    for failed in range(1, 40):
        longest = min(2.0**failed, LONGEST)
        assert all(longest / 2 <= backoff(1.0, failed) <= longest for _ in range(20))
