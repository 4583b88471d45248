"""What loans pay by their contracts: each loan's own schedule in whole units, summed by age at the cut-off.

This is the dear step, done once for all scenarios: a scenario is a rate for each age and month, so loans of one age
need no longer be told apart. Of each loan, rounded half up to the unit: its instalment, once, from its balance at the
cut-off and its remaining term (a zero rate gives the balance over the term), and its interest, each month. Principal is
the instalment less the interest, never below zero; the last instalment takes what is left.

Products of money and rate need more than 64 bits, so they are made of two halves, exactly; where even a half is too
large, the same lines run on Python's integers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np

from abst.deal.daycount import DayCount
from abst.deal.pool.days import BASES, Fraction, Span, fraction, months
from abst.deal.pool.tape import RATE, WIDE, Collections, Column, Kind, Tape

ONE = 10**18  # of shares and factors
HALF = 10**6  # RATE is HALF x HALF
_TERMS = 2**11  # above every term
BLOCK = 16_384  # loans at a time: their columns then stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Group:
    """Loans of one age. balances: at the cut-off and after each month; interest: of each month; both by contract."""

    age: int
    balances: tuple[int, ...]
    interest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """A pool by its contracts. spans: the months; count: loans or lines."""

    spans: tuple[Span, ...]
    groups: tuple[Group, ...]
    count: int

    @property
    def balance(self) -> int:
        return sum(group.balances[0] for group in self.groups)


def contract_of(pool: Tape | Collections, cut_off: date, basis: DayCount) -> Contract:
    """The pool's own schedule, month by month after the cut-off. basis: of the loans that name none."""
    if isinstance(pool, Collections):
        balances = [pool.balance]
        for principal in pool.principal:
            balances.append(balances[-1] - principal)
        group = Group(pool.age, tuple(balances), pool.interest)
        return Contract(months(cut_off, len(pool.principal)), (group,), 1)
    if not pool.count:
        return Contract((), (), 0)
    horizon = int(pool.remaining.max())
    spans = months(cut_off, horizon)
    own = np.where(pool.basis < 0, BASES.index(basis), pool.basis)
    parts = {place: tuple(fraction(BASES[place], span) for span in spans) for place in sorted(set(own.tolist()))}
    loans = _loans(pool, max(numerator for one in parts.values() for numerator, _ in one))
    order = np.lexsort((-pool.remaining, pool.age, own))
    edges = np.flatnonzero(np.diff(own[order]) | np.diff(pool.age[order])) + 1
    sums: dict[int, _Sums] = {}
    for run in np.split(order, edges):
        age, days = int(pool.age[run[0]]), parts[int(own[run[0]])]
        into = sums.setdefault(age, _Sums([0] * (horizon + 1), [0] * horizon))
        for start in range(0, len(run), BLOCK):
            _add(into, loans.taken(run[start : start + BLOCK]), days)
    groups = [Group(age, tuple(one.balances), tuple(one.interest)) for age, one in sorted(sums.items())]
    return Contract(spans, tuple(groups), pool.count)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of one age: balances at the start and after each month, and interest of each month."""

    balances: list[int]
    interest: list[int]


@dataclass(frozen=True, slots=True)
class _Loans:
    """What the months need of each loan. bearing: 1 where the instalment holds the interest, 0 where it comes on top.

    pause: months that bring no principal.
    """

    balance: Column
    rate: Column
    remaining: Column
    instalment: Column
    bearing: Column
    pause: Column

    def taken(self, places: Column) -> _Loans:
        columns = (self.balance, self.rate, self.remaining, self.instalment, self.bearing, self.pause)
        return _Loans(*(column[places] for column in columns))


def _loans(tape: Tape, most: int) -> _Loans:
    """most: the largest numerator of a month's part of the year."""
    bullet = tape.kind == Kind.BULLET
    pause = np.where(bullet, tape.remaining, tape.interest_only)
    term = np.maximum(tape.amortisation, tape.remaining) - pause
    instalments = _instalments(tape, np.where(bullet, 0, term))
    peak = int(tape.balance.max())
    fits = peak * max(HALF, 2 * int(tape.rate.max()) * most // HALF + 2) < WIDE
    kind = np.dtype(np.int64) if fits else np.dtype(object)
    return _Loans(
        tape.balance.astype(kind),
        tape.rate.astype(kind),
        tape.remaining,
        np.array(instalments, dtype=kind),
        np.where(tape.kind == Kind.EQUAL, 0, 1).astype(kind),
        pause,
    )


def _instalments(tape: Tape, terms: Column) -> list[int]:
    """What each loan pays a month; a level payment is reckoned once for all loans of one rate and term."""
    pairs, places = np.unique(tape.rate * _TERMS + terms, return_inverse=True)
    levels = level(divmod(pair, _TERMS) for pair in pairs.tolist())
    shares = [levels[place] for place in places.tolist()]
    columns = (tape.balance, tape.balloon, tape.rate, terms, tape.kind == Kind.EQUAL)
    return list(map(instalment, *(column.tolist() for column in columns), shares))


def instalment(balance: int, balloon: int, rate: int, term: int, equal: bool, share: int) -> int:
    """R-84: the level payment on the current balance and remaining term; straight-line principal at rate zero.

    Rounded half up; of principal alone when `equal`, else of principal and interest. share: `level` of rate and term.
    """
    if term == 0:
        return 0
    if equal or rate == 0:
        return part(balance - balloon, 1, term)
    return (2 * (balance - balloon) * share + 2 * balloon * rate * HALF // 12 + ONE) // (2 * ONE)


def level(pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Of each rate and term, the level payment on a balance of one, in 1e-18: i / (1 - (1 + i)^-term), i rate / 12."""
    with localcontext(prec=50, rounding=ROUND_HALF_EVEN):
        made = []
        for rate, term in pairs:
            monthly = Decimal(rate) / (12 * RATE)
            growth = (1 + monthly) ** term - 1  # nothing at rate zero and term zero, which have no level payment
            made.append(int((ONE * (monthly + monthly / growth)).to_integral_value()) if growth else 0)
        return made


def part(amount: int, numerator: int, denominator: int) -> int:
    """amount x numerator / denominator, of nothing negative, rounded half up."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


def _add(into: _Sums, loans: _Loans, days: tuple[Fraction, ...]) -> None:
    """Run loans of one age, the longest first, through their months."""
    balance, last = loans.balance, int(loans.remaining[0])
    alive = np.searchsorted(-loans.remaining, -np.arange(1, last + 2), side="right")  # still owing in each month
    paused, topped = bool(loans.pause.any()), not loans.bearing.all()
    halves: dict[int, tuple[Column, Column]] = {}
    into.balances[0] += int(balance.sum())
    for month in range(1, last + 1):
        owing, after = int(alive[month - 1]), int(alive[month])
        numerator, denominator = days[month - 1]
        if numerator not in halves:
            doubled = 2 * loans.rate * numerator
            halves[numerator] = (doubled // HALF, doubled % HALF)
        high, low = halves[numerator]
        held = balance[:owing]
        twice = (held * high[:owing] + held * low[:owing] // HALF) // HALF
        interest = (twice + denominator) // (2 * denominator)
        principal = loans.instalment[:owing] - (interest * loans.bearing[:owing] if topped else interest)
        principal = np.minimum(np.maximum(principal, 0), held)
        if paused:
            principal[loans.pause[:owing] >= month] = 0
        principal[after:] = held[after:]
        held -= principal
        into.balances[month] += int(held.sum())
        into.interest[month - 1] += int(interest.sum())
