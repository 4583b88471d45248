"""Halmos on `tests/symbolic`: each `check_` function is tried with all arguments at once."""

from __future__ import annotations

import json
from dataclasses import dataclass

from proofs import tools

OUT = "build/symbolic"


@dataclass(frozen=True, slots=True)
class Checked:
    """One symbolic test: its name without arguments, and whether it holds."""

    name: str
    holds: bool


def run() -> list[Checked]:
    """Raises RuntimeError when halmos did not test."""
    report = tools.ROOT / OUT / "halmos.json"
    report.unlink(missing_ok=True)
    options = [
        "--forge-build-out",
        OUT,
        "--no-status",
        "--function",
        "check_",
        "--json-output",
        str(report),
    ]
    done = tools.run([tools.proving("halmos"), *options], settings={"FOUNDRY_PROFILE": "symbolic"})
    if not report.exists():
        raise RuntimeError(f"halmos did not test: {done.stdout[-2_000:]}{done.stderr[-2_000:]}")
    results = json.loads(report.read_text(encoding="utf-8"))["test_results"]
    return [
        Checked(
            one["name"].split("(")[0],
            one["exitcode"] == 0 and one["num_bounded_loops"] == 0,
        )
        for suite in results.values()
        for one in suite
    ]
