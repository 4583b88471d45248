"""How far a long act is: nothing of a short one, then how many, how fast and what is left."""

from __future__ import annotations

import pytest

from abst.chain import telling
from abst.chain.telling import Telling


def test_lines_come_every_few_seconds_with_rate_and_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given two rows a second, there should be a line each five seconds; of the next act it begins anew."""
    now = [0.0]
    monkeypatch.setattr(telling.time, "monotonic", lambda: now[0])
    lines: list[str] = []
    tell = Telling(lines.append)
    for _ in range(2):
        for done in range(21):
            tell("rows", done, 40)
            now[0] += 0.5
    one = ["10 of 40 rows, 2.0 a second, 15 s left", "20 of 40 rows, 2.0 a second, 10 s left"]
    assert lines == one + one


def test_nothing_is_said_of_a_short_act() -> None:
    """Given an act of less than five seconds, there should be no line."""
    lines: list[str] = []
    tell = Telling(lines.append)
    for done in range(1_000):
        tell("rows", done, 1_000)
    assert lines == []
