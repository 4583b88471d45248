"""What a regime's predicate answers: a ground to hold and until when, or a refusal that says what is missing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from abst.errors import Refusal
from abst.rulebook import refuse


@dataclass(frozen=True, slots=True)
class Ground:
    """One regime an investor satisfies, until the last good day of the evidence, and why. No personal value."""

    regime: str
    until: date
    why: str


@dataclass(frozen=True, slots=True)
class Support:
    """That somebody stands as a regime asks, until a last good day, and by which branch."""

    until: date
    why: str


@dataclass(frozen=True, slots=True)
class Short:
    """That somebody does not. lapsed: it would, had evidence not run out; uncounted: it would, did all items count."""

    found: str
    needed: str
    rules: str = "R-45"
    lapsed: bool = False
    uncounted: bool = False

    def refusal(self, where: str) -> Refusal:
        """The refusal: the dates are the reason, or what does not count, or the lack of money."""
        if self.lapsed:
            return refuse(self.rules, "evidence-expired", found=self.found, needed=self.needed, where=where)
        if self.uncounted:
            return refuse(self.rules, "evidence-not-counted", found=self.found, needed=self.needed, where=where)
        return refuse(self.rules, "not-professional", found=self.found, needed=self.needed, where=where)


Answer = Support | Short


def best(answers: Sequence[Answer]) -> Answer:
    """The support that lasts longest; with none, what comes nearest, or everything that would have done."""
    supports = [answer for answer in answers if isinstance(answer, Support)]
    if supports:
        return max(supports, key=lambda support: support.until)
    shorts = [answer for answer in answers if isinstance(answer, Short)]
    near = [short for short in shorts if short.lapsed] or [short for short in shorts if short.uncounted]
    if near:
        return near[0]
    found, needed = (dict.fromkeys(texts) for texts in zip(*((s.found, s.needed) for s in shorts), strict=True))
    return Short("; ".join(found), " or ".join(needed))


def every(answers: Sequence[Answer], why: str) -> Answer:
    """One support of several that are all needed, until the first of them ends; else the first that falls short."""
    shorts = [answer for answer in answers if isinstance(answer, Short)]
    if shorts:
        return shorts[0]
    return Support(min(answer.until for answer in answers if isinstance(answer, Support)), why)
