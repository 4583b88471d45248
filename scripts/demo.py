"""The demo, as `abst demo` plays it; arguments are passed on (``--short``, ``--seed N``, ``--home DIR``)."""

from __future__ import annotations

import sys

from abst.cli import main

if __name__ == "__main__":
    sys.argv = ["abst", "demo", *sys.argv[1:]]
    main()
