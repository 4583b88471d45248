"""How far a long act is, in lines for a person: nothing for a short one, then how many, how fast, and what is left."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY = 5.0  # seconds between two lines


class Telling:
    """Tells `say` a line every few seconds; as `Office.progress`."""

    def __init__(self, say: Callable[[str], None], every: float = EVERY) -> None:
        self.say, self.every = say, every
        self.begun: dict[str, tuple[float, int]] = {}  # of each thing: when, and how many were done by then
        self.told: dict[str, float] = {}

    def __call__(self, what: str, done: int, whole: int) -> None:
        now = time.monotonic()
        when, first = self.begun.get(what, (now, done))
        if done <= first:  # of this one the first, or of several the next
            self.begun[what], self.told[what] = (now, done), now
            return
        if now - self.told[what] < self.every:
            return
        self.told[what] = now
        rate = (done - first) / (now - when)
        each = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        self.say(f"{done:,} of {whole:,} {what}, {each} a second, {(whole - done) / rate:,.0f} s left")
