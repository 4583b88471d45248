"""The numbered promises: which tests bear their names, what each run of them said, and one line per promise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import yaml

from proofs import symbolic, tools

PROMISES = Path(__file__).with_name("promises.yaml")
RUNS, CALLS = 256, 500  # the least that an invariant of a promise is tried
HELD = "held"
_NUMBER = re.compile(r"_p(\d+)(?=_|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """One test that ran. kind: invariant | fuzz | test (forge) | halmos | pytest; runs and calls of random ones."""

    name: str
    kind: str
    passed: bool
    runs: int = 0
    calls: int = 0

    @property
    def promises(self) -> frozenset[str]:
        return promises_in(self.name)

    @property
    def is_deep(self) -> bool:
        return self.kind == "invariant" and self.runs >= RUNS and self.calls >= RUNS * CALLS


def promises_in(name: str) -> frozenset[str]:
    """The promises in a test's name: `test_P4_…` says P4."""
    return frozenset(f"P{number}" for number in _NUMBER.findall(name))


def sentences(path: Path = PROMISES) -> dict[str, str]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def of_forge(answer: str) -> list[Result]:
    """From `forge test --json`. Raises RuntimeError when forge did not test."""
    # One line holds the results; what breaks an invariant is told in lines of its own before.
    lines = [line for line in answer.splitlines() if line.startswith("{") and '"test_results"' in line]
    if not lines:
        raise RuntimeError(f"forge did not test: {answer[-2_000:]}")
    suites = json.loads(lines[-1])
    return [
        _of_forge(name.split("(")[0], test) for suite in suites.values() for name, test in suite["test_results"].items()
    ]


def _of_forge(name: str, test: dict[str, object]) -> Result:
    passed = test["status"] == "Success"
    kind = test["kind"]
    assert isinstance(kind, dict)
    if "Invariant" in kind:
        return Result(
            name,
            "invariant",
            passed,
            kind["Invariant"]["runs"],
            kind["Invariant"]["calls"],
        )
    if "Fuzz" in kind:
        return Result(name, "fuzz", passed, kind["Fuzz"]["runs"])
    return Result(name, "test", passed)


def of_halmos(checked: Iterable[symbolic.Checked]) -> list[Result]:
    return [Result(one.name, "halmos", one.holds) for one in checked]


def of_pytest(junit: Path) -> list[Result]:
    """From pytest's JUnit file; a skipped test did not run."""
    cases = ElementTree.parse(junit).iter("testcase")
    return [
        Result(
            case.get("name", ""),
            "pytest",
            case.find("failure") is None and case.find("error") is None,
        )
        for case in cases
        if case.find("skipped") is None
    ]


def report(results: Iterable[Result]) -> bool:
    """One line per promise and one for every test that failed; whether all passed and each promise was tried deeply."""
    every = list(results)
    for one in every:
        if not one.passed:
            print(f"failed: {one.kind} {one.name}")
    kept = True
    for promise, sentence in sentences().items():
        own = [one for one in every if promise in one.promises]
        verdict = _verdict(own)
        kept = kept and verdict == HELD
        print(f"{promise} {verdict}: {sentence} [{_words(own)}]")
    return kept and all(one.passed for one in every)


def _verdict(own: list[Result]) -> str:
    if not own:
        return "UNTRIED"
    if not all(one.passed for one in own):
        return "BROKEN"
    return HELD if any(one.is_deep for one in own) else "SHALLOW"


def _words(own: list[Result]) -> str:
    """What was run for one promise."""
    words = []
    invariants = [one for one in own if one.kind == "invariant"]
    if invariants:
        least = min(invariants, key=lambda one: one.calls)
        depth = least.calls // least.runs if least.runs else 0
        words.append(f"{_many(len(invariants), 'invariant')} {least.runs} x {depth}")
    fuzzed = [one for one in own if one.kind == "fuzz"]
    if fuzzed:
        words.append(f"{len(fuzzed)} fuzz x {min(one.runs for one in fuzzed):,}")
    for kind, name in (("test", "forge"), ("halmos", "halmos"), ("pytest", "pytest")):
        if count := sum(one.kind == kind for one in own):
            words.append(f"{count} {name}")
    return ", ".join(words) or "no test bears its number"


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' if count != 1 else ''}"


def in_sources(root: Path = tools.ROOT) -> set[str]:
    """Every promise that some forge, halmos or pytest test bears in its name."""
    named = re.compile(r"(?:function|def) ((?:test|invariant|check)\w*)\(", re.IGNORECASE)
    files = [*root.glob("tests/**/*.t.sol"), *root.glob("tests/promises/*.py")]
    names = (name for file in files for name in named.findall(file.read_text(encoding="utf-8")))
    return {promise for name in names for promise in promises_in(name)}
