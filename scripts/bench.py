"""Measure gas, its growth and speed: tables here, `build/bench.json`, and with --write the gas file that git keeps.

--gas leaves growth and speed out. Ends with 1 when what was measured is not what the gas file says.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from abst.bench import curves, erc3643, people, projection, report, servicing, speed
from abst.bench.gas import PLAIN_SOURCE, measure
from abst.chain.compiler import compile_files

ROOT = Path(__file__).resolve().parents[1]
STORED = ROOT / "docs" / "gas.json"
PEERS = ROOT / "build" / "peers" / "node_modules"  # `make bench` fills it


def main(arguments: list[str]) -> int:
    plain = compile_files(ROOT, PLAIN_SOURCE)["PlainToken"]["bytecode"]
    with ProcessPoolExecutor() as pool:
        growing = [] if "--gas" in arguments else [pool.submit(curves.curve, one) for one in curves.QUANTITIES]
        peer = pool.submit(erc3643.measure, PEERS) if erc3643.installed(PEERS) else None
        ours = measure(bytes.fromhex(plain.removeprefix("0x")))
        theirs = {} if peer is None else {report.erc3643_act(act): gas for act, gas in peer.result().items()}
        costs = report.gas_figures(ours | theirs)
        report.show_gas(costs)
        grown = [growth.result() for growth in growing]
    rates: list[report.Figure] = []
    if growing:
        report.show_curves(grown)
        rates = [*speed.figures(), *projection.figures(), *people.figures(), *people.on_postgres()]
        rates += servicing.figures()
        report.show_speed(rates)
    report.write([*costs, *report.curve_figures(grown), *rates], ROOT / "build" / "bench.json")
    if peer is None:
        print("ERC-3643 was not measured: `make bench` installs its package.")
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    found = ours | {act: gas for act, gas in stored.items() if act.startswith(report.ERC3643)} | theirs
    if "--write" in arguments:
        STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if "--write" in arguments or found == stored else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
