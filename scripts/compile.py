"""Compile the contracts into src/abst/chain/artifacts. A second run with nothing changed only compares hashes."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from abst.chain.compiler import SOLC_VERSION, compile_all
from abst.errors import UsageError


def main() -> int:
    begun = time.monotonic()
    try:
        done = compile_all()
    except UsageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for warning in done.warnings:
        print(warning, file=sys.stderr)
    how = "compiled" if done.fresh else "up to date"
    print(f"contracts: {', '.join(done.names)} {how} (solc {SOLC_VERSION}, {time.monotonic() - begun:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
