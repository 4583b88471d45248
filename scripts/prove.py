"""Try to break the promises of the contracts, and print one line for each; `--quick` for the part in `make test`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from proofs import prove, tools


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="halmos, slither and a few mutants: a minute")
    given = parser.parse_args()
    try:
        return 0 if (prove.quick() if given.quick else prove.whole()) else 1
    except tools.Missing as missing:
        print(missing, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
