"""Gas is exact: the table in git is what the contracts cost, to the unit."""

from __future__ import annotations

import json
from pathlib import Path

from abst.bench.gas import PLAIN_SOURCE, measure
from abst.chain.compiler import compile_files

ROOT = Path(__file__).parents[2]


def test_the_gas_file_in_git_is_true() -> None:
    """Given the contracts as they are, every act should cost what docs/gas.json says (`scripts/bench.py --write`)."""
    plain = compile_files(ROOT, PLAIN_SOURCE)["PlainToken"]["bytecode"]
    stored = json.loads((ROOT / "docs" / "gas.json").read_text(encoding="utf-8"))
    assert measure(bytes.fromhex(plain.removeprefix("0x"))) == stored
