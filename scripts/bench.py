"""Measure gas and speed: a table here, `build/bench.json`, and with --write the gas file that git keeps."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from abst.bench import report, speed
from abst.bench.gas import PLAIN_SOURCE, measure
from abst.chain.compiler import compile_files

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> None:
    plain = compile_files(ROOT, PLAIN_SOURCE)["PlainToken"]["bytecode"]
    gas = measure(bytes.fromhex(plain.removeprefix("0x")))
    if "--write" in arguments:
        (ROOT / "docs" / "gas.json").write_text(json.dumps(gas, indent=1) + "\n", encoding="utf-8")
    figures = report.gas_figures(gas)
    if "--gas" not in arguments:
        figures += speed.figures()
    report.show(figures)
    report.write(figures, ROOT / "build" / "bench.json")


if __name__ == "__main__":
    main(sys.argv[1:])
