"""A deal projected: its pool under a scenario, collected into periods, each paid by the deal's own program. Pure.

    contract = load_pool(deal, content)          # once: each loan's own schedule
    projection = project(deal, flows(contract, scenario), scenario)

What is projected runs the very program that is filed; a projection only makes up the servicer's reports. Collections
belong to the payment whose collection period their month ends in. A call that is elected is used at the first payment,
or at the given one, where the deal lets it be, at the least price that the deal accepts; nothing is projected after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from abst.deal.model import Deal
from abst.deal.pool import Contract, Flows, Layout, contract_of, flows, read_pool
from abst.deal.pool.contract import part
from abst.deal.pool.days import ONE_DAY, months
from abst.deal.running import Outcome, run_period
from abst.deal.scenario import Scenario, held
from abst.deal.schedule import PaymentDate
from abst.deal.waterfall.compiling import CALL_NOT_OPEN, FX_SCALE, PRICE_SHORT
from abst.deal.waterfall.machine import NARROW, Stopped
from abst.errors import UsageError

RATE_SCALE = 10**12
NO_CHANGE = Decimal(1)


@dataclass(frozen=True, slots=True)
class PoolPeriod:
    """What a collection period brings. openings: the balance at the start of each of its months."""

    opening: int
    scheduled: int
    prepaid: int
    defaults: int
    recoveries: int
    losses: int
    interest: int
    closing: int
    openings: tuple[int, ...]
    delinquent_30: int
    delinquent_60: int
    delinquent_90: int

    @property
    def principal(self) -> int:
        return self.scheduled + self.prepaid

    @property
    def cash(self) -> int:
        """Principal, interest and recoveries."""
        return self.principal + self.interest + self.recoveries


@dataclass(frozen=True, slots=True)
class ProjectedPayment:
    """One payment. inputs: the report that was made up; outcome: what the program did with it, by names."""

    dates: PaymentDate
    pool: PoolPeriod
    inputs: dict[str, int]
    outcome: Outcome

    @property
    def number(self) -> int:
        return self.dates.number

    @property
    def date(self) -> date:
        return self.dates.date


@dataclass(frozen=True, slots=True)
class Projection:
    """A deal under a scenario. called: the call that was used at the last payment, empty without one."""

    deal: Deal
    scenario: Scenario
    payments: tuple[ProjectedPayment, ...]
    called: str

    def principal(self, tranche: str) -> list[tuple[date, int]]:
        """What is repaid of a class, by payment date: what its life is reckoned from."""
        return [(one.date, one.outcome.classes[tranche].principal) for one in self.payments]

    def cash(self, tranche: str) -> list[tuple[date, int]]:
        """All that is paid on a class, by payment date: what its yield is reckoned from."""
        return [(one.date, one.outcome.classes[tranche].paid) for one in self.payments]

    def balances(self, tranche: str) -> list[int]:
        """Balance of a class at the closing and after each payment."""
        return [self.deal.tranche(tranche).start, *(one.outcome.classes[tranche].closing for one in self.payments)]


def layout_of(deal: Deal) -> Layout:
    """How the deal says that its pool's file is read. Raises UsageError when it names none."""
    pool = deal.pool
    if pool.form is None:
        needed = "form: collections, lines or tape; and file"
        raise UsageError("the deal's pool has no file", found="none", needed=needed, where="pool.form")
    return Layout(
        form=pool.form,
        money=pool.money,
        rate=pool.rate,
        columns=pool.columns,
        values=pool.values,
        decimals=deal.decimals,
        cut_off=deal.dates.cut_off,
        balance=pool.balance,
        tolerance=pool.tolerance,
    )


def load_pool(deal: Deal, content: bytes) -> Contract:
    """The deal's pool by its contracts. Raises UsageError for a file that cannot be read, or that is another pool."""
    pool = read_pool(content, layout_of(deal), deal.pool.file)
    contract = contract_of(pool, deal.dates.cut_off, deal.pool.payment_days)
    if abs(contract.balance - deal.pool.balance) > deal.pool.tolerance:
        needed = f"{deal.pool.balance}, the deal's pool, give or take {deal.pool.tolerance}"
        raise UsageError("not the deal's pool", found=str(contract.balance), needed=needed, where=deal.pool.file)
    return contract


def collected(deal: Deal, months_of: Flows) -> tuple[PoolPeriod, ...]:
    """The pool's months in the collection periods of the deal's payments."""
    spans = months(deal.dates.cut_off, len(months_of))
    found: list[PoolPeriod] = []
    start, balance = 0, months_of.opening[0] if len(months_of) else deal.pool.balance
    for payment in deal.payments:
        stop = start
        while stop < len(spans) and spans[stop][1] - ONE_DAY <= payment.collection_to:
            stop += 1
        found.append(_period(months_of, start, stop, balance))
        start, balance = stop, found[-1].closing
    return tuple(found)


def _period(of: Flows, start: int, stop: int, opening: int) -> PoolPeriod:
    def total(row: Sequence[int]) -> int:
        return sum(row[start:stop])

    def at_end(row: Sequence[int]) -> int:
        return row[stop - 1] if stop > start else 0

    return PoolPeriod(
        opening=opening,
        scheduled=total(of.scheduled),
        prepaid=total(of.prepaid),
        defaults=total(of.defaults),
        recoveries=total(of.recoveries),
        losses=total(of.losses),
        interest=total(of.interest),
        closing=of.closing[stop - 1] if stop > start else opening,
        openings=of.opening[start:stop],
        delinquent_30=at_end(of.delinquent[30]),
        delinquent_60=at_end(of.delinquent[60]),
        delinquent_90=at_end(of.delinquent[90]),
    )


def forecast(periods: Sequence[PoolPeriod], number: int, balance: int) -> int:
    """Pool cash of all payments after one, for a pool that stands at `balance` then.

    As projected, in the ratio of this balance to the projected one, rounded half up once.
    """
    later = sum(period.cash for period in periods[number:])
    projected = periods[number - 1].closing if number else periods[0].opening
    return part(later, balance, projected) if projected else 0


def project(deal: Deal, months_of: Flows, scenario: Scenario, state: Sequence[int] = ()) -> Projection:
    """Every payment of the deal, from its closing, or from a state in which some payments were made.

    Raises UsageError: the scenario names what the deal has not, or lacks what it needs; Stopped: the deal forbids it.
    """
    _check_names(deal, scenario)
    carried = tuple(state) or deal.compiled.start
    done = carried[deal.compiled.state.index("period")]
    payments: list[ProjectedPayment] = []
    called = ""
    for dates, pool in list(zip(deal.payments, collected(deal, months_of), strict=True))[done:]:
        report = report_of(deal, scenario, dates.number, pool)
        called, elected = _called(deal, scenario, dates.number, report, carried)
        outcome = run_period(deal, elected, carried)
        payments.append(ProjectedPayment(dates, pool, elected, outcome))
        carried = outcome.state
        if called:
            break
    return Projection(deal, scenario, tuple(payments), called)


def project_file(deal: Deal, content: bytes, scenario: Scenario) -> Projection:
    """The deal with its pool's file under one scenario."""
    return project(deal, flows(load_pool(deal, content), scenario), scenario)


def report_of(deal: Deal, scenario: Scenario, number: int, pool: PoolPeriod) -> dict[str, int]:
    """What the servicer would report for a payment, without any call.

    Money is whole smallest units. Without a rate of exchange in the scenario, one is one.
    """
    report = {
        "pool_closing": pool.closing,
        "pool_month_openings": sum(pool.openings),
        "principal": pool.principal,
        "interest": pool.interest,
        "recoveries": pool.recoveries,
        "other": _whole(held(scenario.other, number), 1, "other"),
        "defaults": pool.defaults,
        "delinquent_30": pool.delinquent_30,
        "delinquent_60": pool.delinquent_60,
        "delinquent_90": pool.delinquent_90,
        "default_declared": int(scenario.default_from is not None and number >= scenario.default_from),
    }
    for place, balance in enumerate(pool.openings, 1):
        if (name := f"pool_month_{place}") in deal.compiled.inputs:
            report[name] = balance
    for name in deal.indices:
        report[f"index.{name}"] = _whole(held(scenario.indices[name], number), RATE_SCALE, f"indices.{name}")
    for name, own in deal.inputs.items():
        scale = RATE_SCALE if own.unit == "rate" else 1
        given = scenario.inputs.get(name, (Decimal(0),))
        report[f"input.{name}"] = _whole(held(given, number), scale, f"inputs.{name}")
    if deal.converts:
        report["fx"] = _whole(held(scenario.fx or (NO_CHANGE,), number), FX_SCALE, "fx")
    return report


def _whole(value: Decimal, scale: int, where: str) -> int:
    """An exact number of the smallest part. Raises UsageError when there is a rest."""
    scaled = value * scale
    if scaled != scaled.to_integral_value():
        raise UsageError(
            "too exact", found=str(value), needed=f"a whole number of 1/{scale}", where=f"scenario.{where}"
        )
    return int(scaled)


def _check_names(deal: Deal, scenario: Scenario) -> None:
    for word, given, known in (
        ("indices", scenario.indices, deal.indices),
        ("inputs", scenario.inputs, deal.inputs),
        ("calls", scenario.calls, deal.calls),
    ):
        for name in sorted(set(given) - set(known)):
            needed = ", ".join(known) or "none"
            raise UsageError("the deal has no such name", found=name, needed=needed, where=f"scenario.{word}")
    missing = ", ".join(name for name in deal.indices if name not in scenario.indices)
    if missing:
        raise UsageError("a scenario without fixings", found="none", needed=missing, where="scenario.indices")


def _called(
    deal: Deal, scenario: Scenario, number: int, report: dict[str, int], state: Sequence[int]
) -> tuple[str, dict[str, int]]:
    """The call that is used at this payment, if any, and the report with it."""
    for name, election in scenario.calls.items():
        if election == "never" or (election != "first" and election != number):
            continue
        elected = report | {f"call.{name}": 1}
        if (price := call_price(deal, elected, state)) is not None:
            return name, elected | {"call.price": price}
    return "", report


def call_price(deal: Deal, elected: dict[str, int], state: Sequence[int]) -> int | None:
    """The least price at which the deal lets the elected call be used, or none when it is not open."""

    def short(price: int) -> bool:
        try:
            run_period(deal, elected | {"call.price": price}, state)
        except Stopped as stopped:
            if stopped.code == PRICE_SHORT:
                return True
            raise
        return False

    try:
        high = elected["pool_closing"]  # the usual price
        while short(high):
            high = 2 * high + 1
            if high >= NARROW:
                return None
    except Stopped as stopped:
        if stopped.code == CALL_NOT_OPEN:
            return None
        raise
    low = high // 2 if high > elected["pool_closing"] else 0  # is the usual price the least?
    if high and short(high - 1):
        return high
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if short(middle) else (low, middle)
    return high
