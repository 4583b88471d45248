"""Break the contracts one edit at a time and see that the tests notice: `python scripts/mutants.py [--sample N]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from proofs import mutants


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="only so many, spread evenly over the contracts")
    parser.add_argument(
        "--only",
        metavar="FILE",
        nargs="+",
        help="only the mutants of sources whose path contains one",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="every mutant there is, not only the chosen share",
    )
    parser.add_argument("--list", action="store_true", help="say which, and run none")
    given = parser.parse_args()
    which = mutants.all_mutants() if given.all else mutants.chosen(mutants.all_mutants())
    if given.only:
        which = [mutant for mutant in which if any(part in mutant.file for part in given.only)]
    if given.sample:
        which = mutants.sampled(which, given.sample)
    if given.list:
        for mutant in which:
            print(f"{mutant.file}:{mutant.line} {mutant.kind}: {mutant.before} -> {mutant.after}")
        return 0
    done = mutants.run(which)
    enough = bool(given.only or given.sample) or mutants.are_enough(done)
    return 0 if mutants.report(done) and enough else 1


if __name__ == "__main__":
    sys.exit(main())
