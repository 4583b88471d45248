"""Slither's findings as JSON on standard output: `run_slither.py INPUT SOLC`, run by the Python that has slither.

INPUT is solc's standard JSON with every source in it, so that what is judged is what is deployed.
"""

from __future__ import annotations

import inspect
import json
import sys

from crytic_compile import CryticCompile
from crytic_compile.platform.solc_standard_json import SolcStandardJson
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector


def main(given: str, solc: str) -> None:
    with open(given, encoding="utf-8") as file:
        standard = json.load(file)
    slither = Slither(
        CryticCompile(SolcStandardJson(standard), solc=solc),
        filter_paths=["node_modules"],
    )
    for _, detector in inspect.getmembers(all_detectors, inspect.isclass):
        if issubclass(detector, AbstractDetector) and detector is not AbstractDetector:
            slither.register_detector(detector)
    findings = [finding for result in slither.run_detectors() for finding in result]
    json.dump({"contracts": len(slither.contracts), "findings": findings}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
