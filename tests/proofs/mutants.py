"""The mutants' run: breaks the contracts one edit at a time and asks forge's tests to notice.

Which mutants run follows from the sources alone: of each kind in each contract a share, in the order of a hash, so that
an edit elsewhere changes no choice. A mutant that does not compile, or compiles to the same code, does not count.
Whoever survives must stand in `survivors.yaml` with a reason.
"""

from __future__ import annotations

import hashlib
import json
import queue
import re
import shutil
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from abst.chain.compiler import SOLC_VERSION
from proofs import tools
from proofs.compiling import Deployed, Refused, Solc
from proofs.operators import Mutant, Name, modifiers_in, mutants_of

ROOT = tools.ROOT
FOLDER = ROOT / "build" / "mutants"
SURVIVORS = Path(__file__).with_name("survivors.yaml")
FEW = 4  # of dropped checks, modifiers and events one in so many
MANY = 16  # of the other kinds one in so many
SHARES = {"check": FEW, "modifier": FEW, "event": FEW}
AT_LEAST = 150
WORKERS = 2
TIMEOUT = 300  # seconds; a mutant that runs for ever is noticed too
# Size and gas are of the code as deployed, which the mutants' is not.
NOT_ASKED = "size_leaves_room|_gas_"
# A failed invariant's name stands below the calls that broke it.
_FAILED = re.compile(r"^\[FAIL.*?((?:test|invariant|setUp)\w*\([\w,\[\]]*\)) \((?:runs|gas)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """what: killed | survived | equivalent | refused (does not compile); by: the first test that failed."""

    mutant: Mutant
    what: str
    by: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Run:
    verdicts: list[Verdict] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, what: str, file: str | None = None) -> int:
        return sum(one.what == what and file in (None, one.mutant.file) for one in self.verdicts)


# ---------------------------------------------------------------------- which


def all_mutants(root: Path = ROOT) -> list[Mutant]:
    """Every mutant of every contract: the folder's own sources and the types, no interfaces."""
    files = sorted([*root.glob("contracts/*.sol"), *root.glob("contracts/types/*.sol")])
    sources = {str(file.relative_to(root)): file.read_text(encoding="utf-8") for file in files}
    modifiers = {name for source in sources.values() for name in modifiers_in(source)}
    return [mutant for file, source in sources.items() for mutant in mutants_of(file, source, modifiers)]


def chosen(mutants: Iterable[Mutant]) -> list[Mutant]:
    """Those that run, in the order of the sources: of each contract and kind a share, and one at least."""
    groups: dict[tuple[str, str], list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        groups[mutant.file, mutant.kind].append(mutant)
    picked: list[Mutant] = []
    for (_, kind), group in groups.items():
        wanted = -(-len(group) // SHARES.get(kind, MANY))
        picked += sorted(group, key=_lot)[:wanted]
    return sorted(picked, key=lambda mutant: (mutant.file, mutant.start, mutant.text))


def sampled(mutants: Sequence[Mutant], count: int) -> list[Mutant]:
    """So many of them, spread evenly."""
    return [mutants[i * len(mutants) // count] for i in range(min(count, len(mutants)))]


def _lot(mutant: Mutant) -> str:
    return hashlib.sha256(repr(mutant.name).encode()).hexdigest()


# ---------------------------------------------------------------------- one


class Judge:
    """One worker: its compiler, its folder of artifacts, and forge."""

    def __init__(self, number: int, deployed: Deployed, solc: Solc, listed: Container[Name] = ()) -> None:
        self._folder = FOLDER / f"worker-{number}"
        self._code = self._folder / "code"
        self._deployed = deployed
        self._solc = solc
        self._listed = listed
        self._code.mkdir(parents=True, exist_ok=True)
        cache = ROOT / "build" / "foundry-cache"
        shutil.copytree(cache, self._folder / "cache", dirs_exist_ok=True)
        self._place(deployed.original)

    def judge(self, mutant: Mutant) -> Verdict:
        begun = time.monotonic()
        source = mutant.applied((ROOT / mutant.file).read_text(encoding="utf-8"))
        try:
            changed = self._deployed.mutated(self._solc, mutant.file, source)
        except Refused:
            return Verdict(mutant, "refused", seconds=time.monotonic() - begun)
        what, by = "equivalent", ""
        if changed:
            self._place(changed)
            by = self.first_failure()
            self._place({name: self._deployed.original[name] for name in changed})
            if by:
                what = "killed"
            elif mutant.name in self._listed or not self._deployed.is_same_as_deployed(self._solc, mutant.file, source):
                what = "survived"
        return Verdict(mutant, what, by, time.monotonic() - begun)

    def first_failure(self) -> str:
        """The first test that fails with the code in place, single acts before long sequences; "" when none does."""
        return self._forge("--no-match-test", f"{NOT_ASKED}|^invariant_") or self._forge("--match-test", "^invariant_")

    def _forge(self, *which: str) -> str:
        settings = {
            "FOUNDRY_PROFILE": "mutants",
            "FOUNDRY_CACHE_PATH": str(self._folder / "cache"),
            "FOUNDRY_SOLC": str(_no_solc()),
            "FOUNDRY_FUZZ_FAILURE_PERSIST_DIR": str(self._folder / "failures"),
            "FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR": str(self._folder / "failures"),
            "ABST_CODE": str(self._code.relative_to(ROOT)),
        }
        try:
            done = tools.run(
                [tools.forge(), "test", "--fail-fast", "-j", "1", *which],
                settings,
                TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            return "out of time"
        failed = _FAILED.search(done.stdout)
        if done.returncode and not failed:
            raise RuntimeError(f"forge did not test: {done.stderr}{done.stdout[-2_000:]}")
        return failed[1] if failed else ""

    def _place(self, codes: dict[str, str]) -> None:
        for name, code in codes.items():
            artifact = {
                "abi": [],
                "bytecode": {"object": f"0x{code}", "linkReferences": {}},
            }
            (self._code / f"{name}.json").write_text(json.dumps(artifact), encoding="utf-8")


def _no_solc() -> Path:
    """A compiler that only says its version, which forge asks each time: all is compiled, and ours takes a second."""
    path = FOLDER / "solc"
    if not path.exists():
        path.write_text(f"#!/bin/sh\necho Version: {SOLC_VERSION}+commit.00000000\n", encoding="utf-8")
        path.chmod(0o755)
    return path


# ---------------------------------------------------------------------- all


def run(mutants: Sequence[Mutant], progress: bool = True) -> Run:
    """Judges all, on two cores. Raises RuntimeError when the tests fail without any mutation."""
    begun = time.monotonic()
    built = tools.run([tools.forge(), "build"])
    if built.returncode:
        raise RuntimeError(f"forge did not build: {built.stderr}{built.stdout[-2_000:]}")
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)
    done, listed = Run(), survivors()
    failures: list[BaseException] = []
    with Solc(ROOT) as solc:
        deployed = Deployed(ROOT, solc)
        if failed := Judge(0, deployed, solc).first_failure():
            raise RuntimeError(f"the tests fail before any mutation: {failed}")

    def work(number: int) -> None:
        try:
            with Solc(ROOT) as own:
                judge = Judge(number, deployed, own, listed)
                while not failures:
                    verdict = judge.judge(waiting.get_nowait())
                    done.verdicts.append(verdict)
                    if progress:
                        _show(verdict, len(done.verdicts), len(mutants))
        except queue.Empty:
            return
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    done.seconds = time.monotonic() - begun
    return done


def _show(verdict: Verdict, number: int, count: int) -> None:
    mutant = verdict.mutant
    if verdict.what == "survived":
        print(
            f"{number}/{count} survived {mutant.file}:{mutant.line} {mutant.before} -> {mutant.after}",
            flush=True,
        )
    elif number % 50 == 0:
        print(f"{number}/{count}", flush=True)


# ---------------------------------------------------------------------- what it means


def survivors(path: Path = SURVIVORS) -> dict[Name, str]:
    """The listed survivors by name, each with its reason. Raises ValueError when one is listed twice or has none."""
    listed: dict[Name, str] = {}
    for row in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
        name = (
            row["file"],
            row["function"],
            row["before"],
            row["after"],
            row.get("nth", 1),
        )
        if name in listed or not row["reason"].strip():
            raise ValueError(f"listed twice, or without a reason: {name}")
        listed[name] = row["reason"]
    return listed


def report(done: Run) -> bool:
    """One line a contract and one for all; whether every survivor is listed."""
    listed = survivors()
    survived = [one.mutant for one in done.verdicts if one.what == "survived"]
    unknown = [mutant for mutant in survived if mutant.name not in listed]
    for file in sorted({one.mutant.file for one in done.verdicts}):
        print(f"{file}: {_figures(done, file)}")
    for one in done.verdicts:
        if one.what != "survived" and one.mutant.name in listed:
            print(f"warning: listed as a survivor, but {one.what} {one.by}: {one.mutant.file} {one.mutant.after}")
    for mutant in unknown:
        print(f"not killed and not listed: {json.dumps(mutant.name, ensure_ascii=False)}")
    kinds = Counter(one.mutant.kind for one in done.verdicts if one.what in ("killed", "survived"))
    print("kinds: " + ", ".join(f"{kind} {count}" for kind, count in kinds.items()))
    print(f"mutants: {_figures(done)}; {len(survived) - len(unknown)} survivors listed; {done.seconds / 60:.1f} min")
    _keep(done)
    return not unknown


def are_enough(done: Run) -> bool:
    return done.count("killed") + done.count("survived") >= AT_LEAST


def _figures(done: Run, file: str | None = None) -> str:
    counted = done.count("killed", file) + done.count("survived", file)
    return (
        f"{counted} mutants, {done.count('killed', file)} killed, {done.count('survived', file)} survived; "
        f"{done.count('equivalent', file)} equivalent, {done.count('refused', file)} do not compile"
    )


def _keep(done: Run) -> None:
    rows = [
        {
            "name": one.mutant.name,
            "line": one.mutant.line,
            "kind": one.mutant.kind,
            "what": one.what,
            "by": one.by,
        }
        | {"seconds": round(one.seconds, 1)}
        for one in done.verdicts
    ]
    (FOLDER / "run.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
