"""Every figure of speed, one kind after another, on a machine that does nothing else."""

from __future__ import annotations

from abst.bench import people, projection, servicing, speed
from abst.bench.report import Figure


def figures() -> list[Figure]:
    """Of the chain, the desks and the command line; of a tape; of an import, on both databases; of a close."""
    found = [*speed.figures(), *projection.figures(), *people.figures(), *people.on_postgres()]
    return found + servicing.figures()
