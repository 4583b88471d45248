"""Axes: where the ticks of whole numbers stand, and how amounts are written. Pure; values are int throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Lang = Literal["en", "zh"]
PPM = 1_000_000  # ratios are millionths
BIG: dict[Lang, tuple[tuple[int, str], ...]] = {
    "en": ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (1, "")),
    "zh": ((100_000_000, "亿"), (10_000, "万"), (1, "")),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """From nothing to `top`, a tick every `step`."""

    top: int
    step: int

    @property
    def ticks(self) -> range:
        return range(0, self.top + 1, self.step)


def scale(highest: int, ticks: int = 5) -> Scale:
    """The least round step with at most `ticks` steps to the highest value."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * ticks >= highest:
                return Scale(-(-max(highest, 1) // step) * step, step)
        size *= 10


def spread(count: int, at_most: int) -> range:
    """Places for labels among `count` values: the first, and then at equal distance."""
    return range(0, count, max(1, -(-count // at_most)))


def money(amount: int, decimals: int) -> str:
    """An amount in whole units of its currency: 1,234.50."""
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).rjust(decimals + 1, "0")
    whole = f"{int(digits[: len(digits) - decimals]):,}"
    return f"{sign}{whole}.{digits[-decimals:]}" if decimals else f"{sign}{whole}"


def decimal(value: int, places: int, shown: int) -> str:
    """A fixed-point value with `places` decimals, cut to `shown` of them: factors and rates are never rounded up."""
    return money(_cut(value, places - shown), shown)


def percent(value: int, places: int, shown: int = 2) -> str:
    """A fraction in fixed point as a percentage, rounded half up."""
    unit = 10 ** (places - 2 - shown)
    return f"{money((abs(value) + unit // 2) // unit * (1 if value >= 0 else -1), shown)}%"


def percent_label(value: int) -> str:
    """Millionths as a percentage without zeros at its end: 0.05%."""
    return f"{trimmed(value, 4)}%"


def ratio(part: int, whole: int) -> int:
    """Millionths of a whole, rounded down; of nothing none."""
    return part * PPM // whole if whole else 0


@dataclass(frozen=True, slots=True)
class Large:
    """How the amounts of one axis are written: divided, with the words that say so."""

    divisor: int
    words: str

    def label(self, value: int) -> str:
        return trimmed(value * 100 // self.divisor, 2)


def large(values: Sequence[int], currency: str, decimals: int, lang: Lang) -> Large:
    """The unit in which the largest value has one to four digits before the point."""
    unit = 10**decimals
    for size, word in BIG[lang]:
        if max(values, default=0) >= 2 * size * unit or size == 1:
            return Large(size * unit, f"{currency} {word}".strip())
    raise AssertionError("the last unit takes every value")


def trimmed(value: int, places: int) -> str:
    """A fixed-point value without zeros at its end: 1.5, 20."""
    return money(value, places).rstrip("0").rstrip(".") if places else money(value, 0)


def _cut(value: int, places: int) -> int:
    cut: int = abs(value) // 10**places
    return cut if value >= 0 else -cut
