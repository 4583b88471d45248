"""Collections of a pool under a scenario, month by month, in whole units.

Of each month and age, in this order, each rounded half up once: defaults, of the balance at the start of the month, or
of that at the cut-off; scheduled principal and interest, of what did not default, in the ratio of the contract;
prepayments, of what is left then. What defaults pays nothing in its month; what prepays pays the month's interest.
Recoveries come `lag` months after the default, a share of it; the rest is the loss, booked with them. So opening -
scheduled - prepaid - defaults = closing, to the unit, and defaults = recoveries + losses in the end. Delinquent
balances are shares of the closing one, rounded down; they say how many are late and move no cash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abst.deal.pool.contract import ONE, Contract, Group, part
from abst.deal.pool.speeds import monthly
from abst.deal.scenario import BUCKETS, Bucket, Scenario, Speed

Months = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Flows:
    """Amounts of each month after the cut-off, smallest units. delinquent: by bucket of 30, 60 and 90 days."""

    opening: Months
    scheduled: Months
    prepaid: Months
    defaults: Months
    recoveries: Months
    losses: Months
    interest: Months
    closing: Months
    delinquent: dict[Bucket, Months]

    def __len__(self) -> int:
        return len(self.opening)

    @property
    def principal(self) -> Months:
        """Scheduled and prepaid."""
        return tuple(map(sum, zip(self.scheduled, self.prepaid, strict=True)))


def flows(contract: Contract, scenario: Scenario) -> Flows:
    """The pool's collections, until its last loan has matured and the last recovery has come."""
    length = len(contract.spans)
    made = _Made(*([0] * length for _ in range(4)))
    for group in contract.groups:
        _add(made, group, scenario)
    closing, balance = [], contract.balance
    for month in range(length):
        balance -= made.scheduled[month] + made.prepaid[month] + made.defaults[month]
        closing.append(balance)
    lag = scenario.recovery.lag_months if any(made.defaults) else 0
    nothing = [0] * lag
    rate = scenario.recovery.share
    came = [part(amount, rate, ONE) for amount in made.defaults]
    lost = [amount - back for amount, back in zip(made.defaults, came, strict=True)]
    closing += closing[-1:] * lag
    return Flows(
        opening=(*([contract.balance] if length else []), *closing[:-1]),
        scheduled=(*made.scheduled, *nothing),
        prepaid=(*made.prepaid, *nothing),
        defaults=(*made.defaults, *nothing),
        recoveries=(*nothing, *came),
        losses=(*nothing, *lost),
        interest=(*made.interest, *nothing),
        closing=tuple(closing),
        delinquent={bucket: scenario.delinquent(bucket, closing) for bucket in BUCKETS},
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """Sums by month, over the groups done so far."""

    scheduled: list[int]
    prepaid: list[int]
    defaults: list[int]
    interest: list[int]


def _add(made: _Made, group: Group, scenario: Scenario) -> None:
    """Run one age through its months."""
    balance = group.balances[0]
    of_original = scenario.defaults.kind == "original"
    defaulting = _rates(scenario.defaults, group)
    prepaying = _rates(scenario.prepayment, group)
    for month, interest in enumerate(group.interest):
        if not balance:
            return
        before, after = group.balances[month], group.balances[month + 1]
        defaults = min(balance, part(group.balances[0] if of_original else balance, defaulting[month], ONE))
        living = balance - defaults
        scheduled = part(living, before - after, before)
        prepaid = part(living - scheduled, prepaying[month], ONE)
        balance = living - scheduled - prepaid
        made.defaults[month] += defaults
        made.scheduled[month] += scheduled
        made.prepaid[month] += prepaid
        made.interest[month] += part(living, interest, before)


def _rates(speed: Speed, group: Group) -> Sequence[int]:
    """The speed in each month of a group."""
    if speed.kind == "none":
        return [0] * len(group.interest)
    return [
        monthly(speed.kind, speed.at(month, group.age + month), group.age + month)
        for month in range(1, len(group.interest) + 1)
    ]
