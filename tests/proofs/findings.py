"""Slither over the contracts: every finding is explained in `slither.yaml`, or it fails.

A finding is known by its detector and the function or variable it stands in, whatever its line. Detectors below medium
may be explained as a whole; above, place by place. An explanation without its finding fails too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from abst.chain.compiler import PACKAGES, standard_input
from proofs import tools

EXPLAINED = Path(__file__).with_name("slither.yaml")
ANYWHERE = "anywhere"
MILD = ("Low", "Informational", "Optimization")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """detector: the check; where: contract.function or contract.variable; impact: High to Optimization."""

    detector: str
    where: str
    impact: str


def run() -> list[Finding]:
    """What slither finds in our sources, each once. Raises RuntimeError when it did not look."""
    given = tools.BUILD / "slither.json"
    given.parent.mkdir(parents=True, exist_ok=True)
    given.write_text(json.dumps(_input()), encoding="utf-8")
    here = Path(__file__).parent
    done = tools.run(
        [
            tools.proving("python"),
            here / "run_slither.py",
            given,
            here / "solc_without_code.js",
        ],
    )
    if done.returncode:
        raise RuntimeError(f"slither did not look: {done.stderr[-2_000:]}")
    return sorted({_finding(raw) for raw in json.loads(done.stdout)["findings"]})


def _input() -> dict[str, Any]:
    """All contracts with all they import, packages under the path where slither finds them."""
    files = sorted(
        [
            *tools.ROOT.glob("contracts/*.sol"),
            *tools.ROOT.glob("contracts/examples/*.sol"),
        ]
    )
    standard = standard_input(
        tools.ROOT,
        {str(name): str(name) for name in (f.relative_to(tools.ROOT) for f in files)},
    )
    sources = standard["sources"].items()
    standard["sources"] = {f"node_modules/{n}" if n.startswith(PACKAGES) else n: source for n, source in sources}
    standard["settings"]["remappings"] = [f"{PACKAGES}=node_modules/{PACKAGES}"]
    return standard


def _finding(raw: dict[str, Any]) -> Finding:
    names: list[str] = []
    element = raw["elements"][0] if raw["elements"] else {"name": raw["check"]}
    while element:
        if element.get("type") not in ("node", "file"):
            names.append(element["name"])
        element = element.get("type_specific_fields", {}).get("parent")
    return Finding(raw["check"], ".".join(reversed(names)), raw["impact"])


def explained(path: Path = EXPLAINED) -> dict[tuple[str, str], str]:
    """Reason by (detector, place). Raises ValueError for a place explained twice or without a reason."""
    reasons: dict[tuple[str, str], str] = {}
    for row in yaml.safe_load(path.read_text(encoding="utf-8")):
        for where in [row["where"]] if isinstance(row["where"], str) else row["where"]:
            if (row["detector"], where) in reasons or not row["reason"].strip():
                raise ValueError(f"explained twice, or without a reason: {row['detector']} {where}")
            reasons[row["detector"], where] = row["reason"]
    return reasons


def report(findings: list[Finding]) -> bool:
    """One line for all, one for each that is not explained or no longer found; whether all is explained."""
    reasons = explained()
    unexplained = [one for one in findings if not _is_explained(one, reasons)]
    found = {(one.detector, one.where) for one in findings} | {(one.detector, ANYWHERE) for one in findings}
    stale = [key for key in reasons if key not in found]
    for one in unexplained:
        print(f"slither, not explained: {one.impact} {one.detector} in {one.where}")
    for detector, where in stale:
        print(f"slither, explained but no longer found: {detector} in {where}")
    print(
        f"slither: {len(findings)} findings, {len(unexplained)} unexplained, {len(stale)} explanations without finding"
    )
    return not unexplained and not stale


def _is_explained(finding: Finding, reasons: dict[tuple[str, str], str]) -> bool:
    at_large = finding.impact in MILD and (finding.detector, ANYWHERE) in reasons
    return at_large or (finding.detector, finding.where) in reasons
