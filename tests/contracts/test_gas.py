"""Gas is exact: the table in git is what the contracts cost, to the unit, and says so where others need less."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from abst.bench import servicing
from abst.bench.gas import PLAIN_SOURCE, measure
from abst.bench.peers import DOES_LESS, PLAIN, PUBLISHED, TRANSFER
from abst.bench.report import ERC3643, GAS_TARGETS, SHORTFALL, TIMES_PLAIN, Figure, gas_figures, plain_act
from abst.chain.compiler import compile_files

ROOT = Path(__file__).parents[2]
STORED: dict[str, int] = json.loads((ROOT / "docs" / "gas.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    return gas_figures(STORED)


def test_the_gas_file_in_git_is_true() -> None:
    """Given the contracts as they are, every act should cost what docs/gas.json says (`scripts/bench.py --write`).

    What ERC-3643 needs is measured by `make bench`, which installs it, and compared there.
    """
    plain = compile_files(ROOT, PLAIN_SOURCE)["PlainToken"]["bytecode"]
    ours = {act: gas for act, gas in STORED.items() if not act.startswith(ERC3643)}
    assert measure(bytes.fromhex(plain.removeprefix("0x"))) == ours


def test_the_targets_are_reached_or_the_shortfall_is_explained(figures: list[Figure]) -> None:
    """Given the gas file, every designed target should be there, and reached but where the report says what it buys."""
    assert {figure.name for figure in figures if figure.target is not None} == set(GAS_TARGETS)
    assert [figure.name for figure in figures if figure.reached is False] == list(SHORTFALL)
    assert STORED[TRANSFER] <= TIMES_PLAIN * STORED[plain_act(TRANSFER)]


def test_every_peer_is_beaten_unless_it_does_less(figures: list[Figure]) -> None:
    """Given what peers need for an act, ours should need less than each but those that leave something out, as told."""
    assert {figure.name for figure in figures} >= {*PUBLISHED, *DOES_LESS}
    for figure in figures:
        cheaper = {who for who, gas in figure.others.items() if who != PLAIN and gas <= figure.value}
        assert cheaper == set(DOES_LESS.get(figure.name, ((), ""))[0]), figure.name


@pytest.mark.prove
def test_every_step_of_a_close_is_measured() -> None:
    """Given the first period of Jishidai, each step that it runs should have its gas, and together they are the run."""
    figures = servicing.figures()
    period = servicing.first_period()
    steps = [period.deal.compiled.steps["normal", one.result].step for one in period.closing.run.paid]
    named = [figure.name.split(": ")[1].split(" (")[0] for figure in figures]
    assert named[2:-2] == steps
    assert figures[-1].value == sum(figure.value for figure in figures[:-1])
    assert all(figure.value > 1_000 for figure in figures)
