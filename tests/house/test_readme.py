"""The README cannot lie: its map is the house, its path of a mint is walked, its console session runs."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from test_floors import FLOORS

from abst.bench.report import erc3643_act, plain_act
from abst.cli.envelope import EXIT_OF

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
def test_the_console_session_runs(tmp_path: Path) -> None:
    """Given the README's session in an empty folder, each command should end as the README says."""
    for number, (command, expected) in enumerate(commands()):
        said = tmp_path / f"said-{number}"
        code = in_a_process_of_its_own(command.split()[1:], tmp_path, said)
        assert code == expected, f"{command}\n{said.read_text(encoding='utf-8')[-4000:]}"


def in_a_process_of_its_own(words: list[str], folder: Path, said: Path) -> int:
    """The program in a fork of this process, which has imported it already: a second less for each command."""
    from abst.cli import build

    for heavy in ("chain.embedded", "chain.sender", "integrity.desk", "integrity.replay", "reports.regulator"):
        importlib.import_module(f"abst.{heavy}")

    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        os.chdir(folder)
        output = os.open(said, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["abst", *words]
        typer.main.get_command(build())(prog_name="abst")
    except SystemExit as left:
        code = int(left.code or 0)
    except BaseException:  # noqa: BLE001 - a child of pytest must never return to it
        traceback.print_exc()
        code = 1
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
