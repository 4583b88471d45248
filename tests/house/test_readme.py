"""The README cannot lie: its map is the house, its path of a mint is walked, its console session runs."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_floors import FLOORS

import forks
from abst.bench.report import erc3643_act, plain_act
from abst.cli.envelope import EXIT_OF
from sharing import short_demo

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"^## ", README.split(f"## {title}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def test_the_map_of_the_house_names_every_room_on_its_floor() -> None:
    """Given the README's table, each room should stand on the floor that the arrows are tested with."""
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", section("The map of the house"), flags=re.M)
    drawn = {int(floor): frozenset(re.findall(r"`(\w+)`", rooms)) for floor, rooms in rows}
    assert drawn == dict(enumerate(FLOORS))


def test_the_table_of_exit_codes_is_the_program_s() -> None:
    """Given the README's table, it should name each exit code once, and no other."""
    table = [line for line in README.splitlines() if re.match(r"\| \d+ \| ", line)]
    told = [int(code) for line in table for code in re.findall(r"\| (\d+) (?=\| [a-z])", line)]
    assert sorted(code for code in told if code in EXIT_OF.values()) == sorted(EXIT_OF.values())


def test_the_costs_are_those_of_the_gas_file() -> None:
    """Given the README's table of gas, each figure should be the one in docs/gas.json."""
    measured = json.loads((ROOT / "docs" / "gas.json").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| ([^|]+) \| ([\d,]+) \| ([\d,]*) \| ([\d,]*) \|$", section("What it costs"), flags=re.M)
    assert len(rows) >= 6
    for act, here, plain, other in rows:
        beside = measured.get(plain_act(act))
        assert (here, plain) == (f"{measured[act]:,}", "" if beside is None else f"{beside:,}"), act
        rival = measured.get(erc3643_act(act))
        assert other == ("" if rival is None else f"{rival:,}"), act


def commands() -> Iterator[tuple[str, int]]:
    """Each console line of the demo's section, with the exit code that the comment before it promises."""
    expected = 0
    for line in section("The demo").split("```console\n")[1].split("```")[0].splitlines():
        promised = re.search(r"exit code (\d+)", line, flags=re.I)
        if promised:
            expected = int(promised[1])
        if line.startswith("$ "):
            yield line[2:], expected
            expected = 0


@pytest.mark.slow
def test_the_console_session_runs(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Given the README's session in an empty folder, each command should end as the README says."""
    first, *others = commands()
    assert first == ("abst demo --short", 0)
    played_in, _ = short_demo(tmp_path_factory)
    shutil.copytree(played_in, tmp_path, dirs_exist_ok=True)
    for command, expected in others:
        ended = forks.run(command.split()[1:], {}, tmp_path)
        assert ended.code == expected, f"{command}\n{ended.stdout[-4000:]}{ended.stderr[-4000:]}"
