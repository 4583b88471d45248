"""Measure gas, its growth, speed and scale: tables here, `build/*.json`, and with --write the gas file that git keeps.

--gas: gas alone; --scale [--size N] [--chain NAME] [--part NAME]: scale alone. Ends with 1 when gas has changed."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from abst.bench import curves, erc3643, rates, report, scale
from abst.bench.gas import PLAIN_SOURCE, measure
from abst.chain.compiler import compile_files

ROOT = Path(__file__).resolve().parents[1]
STORED, SCALE = ROOT / "docs" / "gas.json", ROOT / "build" / "scale.json"
PEERS = ROOT / "build" / "peers" / "node_modules"  # `make bench` fills it


def main(arguments: list[str]) -> int:
    if "--scale" in arguments:
        return scale.main(arguments, SCALE)
    plain = compile_files(ROOT, PLAIN_SOURCE)["PlainToken"]["bytecode"]
    with ProcessPoolExecutor() as pool:
        growing = [] if "--gas" in arguments else [pool.submit(curves.curve, one) for one in curves.QUANTITIES]
        peer = pool.submit(erc3643.measure, PEERS) if erc3643.installed(PEERS) else None
        ours = measure(bytes.fromhex(plain.removeprefix("0x")))
        theirs = {} if peer is None else {report.erc3643_act(act): gas for act, gas in peer.result().items()}
        costs = report.gas_figures(ours | theirs)
        report.show_gas(costs, peers_measured=peer is not None)
        grown = [growth.result() for growth in growing]
    speeds: list[report.Figure] = []
    if growing:
        report.show_curves(grown)
        speeds = rates.figures()
        report.show_speed(speeds)
        scale.main([], SCALE)
    report.write([*costs, *report.curve_figures(grown), *speeds], ROOT / "build" / "bench.json")
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    found = ours | {act: gas for act, gas in stored.items() if act.startswith(report.ERC3643)} | theirs
    if "--write" not in arguments:
        return int(found != stored)
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
