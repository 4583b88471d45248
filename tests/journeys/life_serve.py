"""`abst serve`, one round: what cron runs."""

from __future__ import annotations

from program import Abst


def once(abst: Abst) -> None:
    """Nothing waits; the reader reaches the head and every changed position is what the token says."""
    told = abst("serve", "--once").result
    assert told["block"] == abst("chain", "show").result["block"]
    assert (told["differences"], told["needs_attention"], told["halted"]) == ([], 0, 0)
    assert told["compared"] > 0
    assert abst("serve", "--once").result["compared"] == 0  # what did not change is not compared again
