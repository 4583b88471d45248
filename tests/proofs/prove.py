"""The whole of `make prove`, and the small part of it that `make test` runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from proofs import findings, mutants, promises, symbolic, tools

SAMPLE = 6  # mutants in `make test`
PROPERTIES = ("tests/domain", "tests/contracts", "tests/chain")


def quick() -> bool:
    """Halmos whole, slither whole, a few mutants: what `make test` adds to forge and pytest. About a minute."""
    try:
        tools.forge()
    except tools.Missing as missing:
        print(f"{missing}; halmos, slither and the mutants are left out here")
        return True
    sampled = mutants.sampled(mutants.chosen(mutants.all_mutants()), SAMPLE)
    with ThreadPoolExecutor() as beside:  # halmos and slither take one core, the compiler of the mutants another
        slither, halmos = beside.submit(findings.run), beside.submit(symbolic.run)
        judged = mutants.run(sampled)
    checked = halmos.result()
    for one in checked:
        if not one.holds:
            print(f"halmos, does not hold: {one.name}")
    print(f"halmos: {sum(one.holds for one in checked)} of {len(checked)} hold")
    explained = findings.report(slither.result())
    noticed = mutants.report(judged)
    return explained and noticed and all(one.holds for one in checked)


def whole() -> bool:
    """Everything, and one line per promise. Raises Missing where no forge is locked for this platform."""
    begun = time.monotonic()
    results = promises.of_forge(_forge())
    _say("forge", begun)
    results += promises.of_halmos(symbolic.run())
    _say("halmos", begun)
    found = findings.run()
    _say("slither", begun)
    done = mutants.run(mutants.chosen(mutants.all_mutants()))
    _say("mutants, and with them the contracts", begun)
    results += _pytest()
    _say("pytest, and with it everything", begun)
    kept = promises.report(results)
    explained = findings.report(found)
    noticed = mutants.report(done) and mutants.are_enough(done)
    return kept and explained and noticed


def _say(what: str, begun: float) -> None:
    print(f"{what}: done after {(time.monotonic() - begun) / 60:.1f} min", flush=True)


def _forge() -> str:
    done = tools.run([tools.forge(), "test", "--json"], settings={"FOUNDRY_PROFILE": "prove"})
    tools.BUILD.mkdir(parents=True, exist_ok=True)
    (tools.BUILD / "forge.json").write_text(done.stdout, encoding="utf-8")
    return done.stdout or done.stderr


def _pytest() -> list[promises.Result]:
    """The long runs of pytest, and the properties of `make test` with many more examples."""
    return _tested("prove", "-m", "prove", "-s") + _tested("properties", "-m", "not prove", "-n", "2", *PROPERTIES)


def _tested(name: str, *options: str) -> list[promises.Result]:
    """One run of pytest; its own words go to the terminal, with what fails."""
    junit = tools.BUILD / f"pytest-{name}.xml"
    junit.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", *options, f"--junit-xml={junit}"]
    done = subprocess.run(command, cwd=tools.ROOT, env={**os.environ, "ABST_PROVE": "1"}, check=False)
    if done.returncode not in (0, 1) or not junit.exists():
        raise RuntimeError(f"pytest did not test (exit code {done.returncode})")
    return promises.of_pytest(junit)
