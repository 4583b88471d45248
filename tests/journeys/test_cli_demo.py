"""The demo: same seed, same outcome; its home is left to explore; no other home is touched."""

from __future__ import annotations

import re
import shlex
import shutil
import stat
import time
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from program import Abst
from typer.testing import CliRunner, Result

from abst.bootstrap import open_office
from abst.chain import embedded
from abst.cli import build
from abst.demo import Told
from abst.demo.people import allocate, people
from abst.values import Hash
from nodes import embedded_alone
from sharing import short_demo

pytestmark = [pytest.mark.slow, embedded_alone("the demo makes its own")]


def run(*words: str) -> Result:
    return CliRunner().invoke(build(), list(words), prog_name="abst")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the home where the short demo was played, and what it said."""
    played_in, said = short_demo(tmp_path_factory)
    folder = tmp_path_factory.mktemp("demo") / "copy"
    shutil.copytree(played_in, folder)
    return folder / ".abst", said


def test_it_ends_with_verify_ok(played: tuple[Path, str]) -> None:
    """Given the short demo, its last line should be verify: OK, with every kind of refusal on the way."""
    home, said = played
    assert said.rstrip().endswith("verify: OK")
    assert said.count("verify: OK") == 1
    for rule in (
        "R-03",
        "R-42",
        "R-43",
        "R-44",
        "R-45",
        "R-47",
        "R-50",
        "R-54",
        "R-57",
        "R-58",
        "R-60",
        "R-65",
        "R-81",
        "R-93",
        "R-94",
        "R-99",
    ):
        assert re.search(rf"{rule}\b", said), rule
    assert stat.S_IMODE((home / "passphrases.yaml").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("residents of the mainland", "R-43 jurisdiction-denied: found CN by residence, address country, "),
        ("United States persons", "R-54 jurisdiction-denied: found US by nationality, residence, "),
        (
            "investors with expired evidence",
            "R-45, R-56 evidence-expired: found portfolio below HKD 8,000,000.00, 0 of 1 .* good until 20",
        ),
        ("investors whose wallet is not proven", "R-50 wallet-not-proven: found no proof"),
        ("rows of JSD-A1", "R-47 risk-above-capacity: found capacity 1; needed at least 2"),
    ],
)
def test_each_reason_is_shown_with_one_example(played: tuple[Path, str], who: str, why: str) -> None:
    """Given who must be refused, a line should say how many, name one, and the next cite rule, finding and need."""
    _, said = played
    assert re.search(rf"refused: {who}, \d+ of them, such as inv-\d+\n +{why}", said), said


def test_what_is_sent_past_python_is_mined_and_reverted(played: tuple[Path, str]) -> None:
    """Given the two raw transactions it names, the chain should hold them with status 0, and the told reasons."""
    home, said = played
    sent = re.findall(r"transaction (0x[0-9a-f]{64}), mined in block (\d+): status 0\n +(\w+): .*\((R-\d+)\)", said)
    assert [(error, rule) for _, _, error, rule in sent] == [("BadApproval", "R-58"), ("TransferRefused", "R-47")]
    office = open_office(home)
    try:
        for transaction, block, *_ in sent:
            receipt = office.chain.receipt(Hash(transaction))
            assert receipt is not None
            assert (receipt.status, receipt.block_number, receipt.logs) == (0, int(block), ())
    finally:
        office.close()


@pytest.mark.parametrize(
    "words",
    [
        "complete: paid HKD ",
        "the venue, told in the same transaction, halts its trading",
        "who bought before saw version 1, now version 2 stands",
        ": 10,000 units of JSD-A1 for 10,000.00 dHKD, done",
        "refused: the same trade, sent again\n          already-settled: ",
        "was blocked meanwhile\n          R-53, R-62 receiver-blocked: ",
    ],
)
def test_it_shows_a_payment_a_trade_and_a_hook(played: tuple[Path, str], words: str) -> None:
    """Given the scenes of money, disclosure and trades, each should end in what it is there for."""
    _, said = played
    assert words in said


def test_the_printed_commands_work(played: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Given the commands it prints at the end, each should run on the home it left: done, or waiting for a checker."""
    home, said = played
    monkeypatch.chdir(home.parent)
    lines = [line.strip() for line in said.splitlines() if line.startswith("  abst ")]
    assert len(lines) >= 8
    for line in lines:
        answer = run(*shlex.split(line)[1:])
        assert answer.exit_code in (0, 7), f"{line}\n{answer.output}"


@pytest.mark.prove
def test_same_seed_same_outcome_on_whatever_day(
    played: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the same seed in another home, on another day of the wall, years later and just before midnight, the digest
    should be the same."""
    _, said = played
    later = datetime(2031, 2, 28, 15, 59, 50, tzinfo=UTC).timestamp() - time.time()
    monkeypatch.setattr(embedded, "time", SimpleNamespace(time=lambda: time.time() + later))
    again = Abst(tmp_path / "later")("demo", "--short")
    assert again.result["digest"] == _digest(said)
    assert "last good 2031-0" in again.stderr
    assert "last good 2031-0" not in said


def _digest(said: str) -> str:
    (digest,) = [line.split()[-1] for line in said.splitlines() if line.startswith("digest of")]
    return digest


def test_a_passphrase_meant_for_another_home_does_not_matter(played: tuple[Path, str]) -> None:
    """Given ABST_PASSPHRASE for a real registry, exploring the demo's home should still find its own passphrases."""
    home, _ = played
    env = {"ABST_PASSPHRASE": "for another home", "ABST_PASSPHRASE_OPERATIONS_1": "for another home"}
    words = ["freeze", "inv-005", "10000", "JSD-A1", "--evidence", str(home / "documents/court-order.txt")]
    line = [*words, "--as", "operations-1", "--home", str(home)]
    assert CliRunner().invoke(build(), line, env=env, prog_name="abst").exit_code == 7


def test_another_seed_gives_other_people_and_amounts() -> None:
    """Given two seeds, fates and shares should differ; given one twice, they should not; shares sum to the cap."""
    day = date(2026, 9, 1)

    def drawn(seed: int) -> list[tuple[str, str, str, int]]:
        chance = Random(seed)
        cast = people(chance, seed, 12, day)
        return [(p.reference, p.fate, p.wallet, n) for p, n in allocate(chance, cast, 1_000_003, 10)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert sum(amount for *_, amount in drawn(2)) == 1_000_003


@pytest.mark.parametrize(("verified", "code"), [(True, 0), (False, 6)])
def test_the_exit_code_is_the_verdict(verified: bool, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a run that ends with differences, the demo should exit 6, and never say OK."""
    told = Told(
        "home", 1, True, 15, Hash("0x" + "00" * 32), verified, ("verify: OK",) if verified else ("differences",)
    )
    monkeypatch.setattr("abst.demo.run", lambda *_, **__: told)
    ended = run("demo", "--short")
    assert (ended.exit_code, "verify: OK" in ended.stdout) == (code, verified)


def test_a_home_that_is_no_demo_is_never_touched(tmp_path: Path) -> None:
    """Given a folder with somebody's file, the demo should exit 8 and leave it as it is."""
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    assert run("demo", "--short", "--home", str(tmp_path)).exit_code == 8
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]
