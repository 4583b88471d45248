"""The figures of a distribution report from closed periods: what ran, what was reported, what was expected. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import takewhile

from abst.deal import Deal
from abst.deal.blocks import Tranche
from abst.deal.projection import PoolPeriod, ProjectedPayment
from abst.deal.running import Outcome, StepOutcome, state_of
from abst.deal.schedule import PaymentDate
from abst.deal.watching import Condition, Watched, conditions, watched
from abst.deal.waterfall.expressions import Unit
from abst.reports.drawn import scales
from abst.reports.drawn.figures import (
    UNIT,
    AccountFigures,
    Arrears,
    Cash,
    ClassFigures,
    Currency,
    Distribution,
    Exchange,
    Limit,
    Named,
    Period,
    PeriodDates,
    PoolFigures,
    Restatement,
    StepFigures,
    TestFigures,
)
from abst.servicing.report.model import Report

ARREARS = ("delinquent_30", "delinquent_60", "delinquent_90")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """One closed period. report: the servicer's; late: after the determination date; restated: in its inputs."""

    dates: PaymentDate
    outcome: Outcome
    report: Report | None = None
    late: bool = False
    restated: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What was expected. totals: cash of each payment from the first; by_source: the same by source, where it is known.

    ahead: payments after the last closed one, from its state, where they could be projected.
    """

    totals: tuple[int, ...] = ()
    by_source: tuple[PoolPeriod, ...] = ()
    ahead: tuple[ProjectedPayment, ...] = ()


def figures(
    deal: Deal,
    closed: Sequence[Closed],
    *,
    filing: str,
    at: int,
    expected: Expectation | None = None,
    proofs: tuple[tuple[str, str], ...] = (),
) -> Distribution:
    """The report of the last of these periods. at: the second of its close."""
    plan, last = expected or Expectation(), closed[-1]
    number = last.dates.number
    given = dict(zip(deal.compiled.inputs, last.outcome.inputs, strict=True))
    watching = watched(deal, last.outcome)
    return Distribution(
        deal=deal.id,
        title=Named(deal.title, deal.title_zh),
        filing=filing,
        currency=Currency(deal.currency, deal.decimals),
        exchange=_exchange(deal, last, given),
        period=number,
        payments=len(deal.payments),
        mode=last.outcome.mode,
        dates=_dates(last.dates),
        reported=datetime.fromtimestamp(at, UTC),
        late=last.late,
        cash=_cash(given),
        expected=_projected(plan.by_source[number - 1]) if len(plan.by_source) >= number else None,
        pool=_pool(deal, last, given),
        arrears=_arrears(given, last.report),
        classes=tuple(_class(deal, one, last.outcome) for one in deal.tranches),
        steps=tuple(_step(deal, one) for one in last.outcome.steps),
        accounts=_accounts(last.outcome),
        tests=(*_tests(deal, last.outcome), *_triggers(deal, closed, watching)),
        course=(_start(deal), *(_period(deal, one, plan) for one in closed)),
        ahead=tuple(_ahead(deal, one) for one in plan.ahead),
        loss_limit=_limit(deal, watching, "defaults_total"),
        arrears_limit=_limit(deal, watching, "delinquent_"),
        restated=tuple(Restatement(field=name, amount=amount) for name, amount in last.restated.items() if amount),
        proofs=proofs,
    )


def _dates(dates: PaymentDate) -> PeriodDates:
    return PeriodDates(
        collection_from=dates.collection_from,
        collection_to=dates.collection_to,
        determination=dates.determination_date,
        record=dates.record_date,
        payment=dates.date,
        accrual_from=dates.accrual_from,
        accrual_to=dates.accrual_to,
    )


def _exchange(deal: Deal, last: Closed, given: Mapping[str, int]) -> Exchange | None:
    if not deal.converts:
        return None
    source = last.report.fx.source if last.report and last.report.fx else "-"
    paid_in = deal.paid_in
    return Exchange(settlement=Currency(paid_in.currency, paid_in.decimals), rate=given["fx"], source=source)


def _cash(given: Mapping[str, int]) -> Cash:
    """The four receipts; a call's price and the deal's own cash join the others."""
    own = given.get("call.price", 0)
    return Cash(
        principal=given["principal"],
        interest=given["interest"],
        recoveries=given["recoveries"],
        other=given["other"] + own,
    )


def _projected(pool: PoolPeriod) -> Cash:
    return Cash(principal=pool.principal, interest=pool.interest, recoveries=pool.recoveries)


def _losses(deal: Deal, outcome: Outcome) -> int:
    """Defaults less recoveries so far; recoveries above them are no negative loss."""
    state = state_of(deal, outcome.state)
    return max(0, state["pool.defaults_total"] - state["pool.recoveries_total"])


def _pool(deal: Deal, last: Closed, given: Mapping[str, int]) -> PoolFigures:
    return PoolFigures(
        initial=deal.pool.balance,
        opening=last.outcome.values[deal.compiled.slots["pool.opening"]],
        closing=given["pool_closing"],
        defaults=given["defaults"],
        recoveries=given["recoveries"],
        losses=_losses(deal, last.outcome),
        loans=last.report.loans if last.report else None,
    )


def _arrears(given: Mapping[str, int], report: Report | None) -> Arrears:
    counts = tuple(bucket.loans for bucket in report.buckets.values()) if report else ()
    days_30, days_60, days_90 = (given[name] for name in ARREARS)
    return Arrears(days_30=days_30, days_60=days_60, days_90=days_90, counts=counts[:3] if counts else None)  # type: ignore[arg-type]


# ---- classes, steps, accounts


def _class(deal: Deal, one: Tranche, outcome: Outcome) -> ClassFigures:
    found = outcome.classes[one.tranche]
    return ClassFigures(
        key=one.tranche,
        name=one.name or one.tranche,
        symbol=one.token.symbol if one.token else "",
        face=one.face,
        rate=found.rate,
        opening=found.opening,
        interest_due=found.due,
        interest=found.interest,
        principal=found.principal,
        residual=found.residual,
        written_down=found.written_down,
        closing=found.closing,
        payable=found.payable if one.token and deal.converts else None,
    )


def _step(deal: Deal, one: StepOutcome) -> StepFigures:
    parts = tuple((_payee(deal, name), paid) for name, paid in one.parts)
    alone = parts[0][0] if len(parts) == 1 else ""
    several = parts if len(parts) > 1 else ()
    return StepFigures(
        step=one.step, kind=one.kind, words=one.words, payee=alone, due=one.due, paid=one.paid, parts=several
    )


def _payee(deal: Deal, name: str) -> str:
    """A class by its name, a fee by the role it goes to; accounts and roles as they are."""
    for one in deal.tranches:
        if one.tranche == name:
            return one.name or name
    fee = deal.all_fees.get(name)
    return fee.payee if fee else name


def _accounts(outcome: Outcome) -> tuple[AccountFigures, ...]:
    return tuple(
        AccountFigures(
            name=name, opening=one.opening, received=one.received + one.moved_in, paid=one.paid, closing=one.closing
        )
        for name, one in outcome.accounts.items()
    )


# ---- tests and triggers


def _tests(deal: Deal, outcome: Outcome) -> tuple[TestFigures, ...]:
    made: list[TestFigures] = []
    for one in conditions(deal, outcome):
        value, threshold = _sides(deal, one)
        made.append(
            TestFigures(name=one.name, words=one.words, kind=one.kind, value=value, threshold=threshold, met=one.holds)
        )
    return tuple(made)


def _triggers(deal: Deal, closed: Sequence[Closed], watching: Sequence[Watched]) -> tuple[TestFigures, ...]:
    """Every trigger as it stands now, since the payment from which it holds without a break."""
    made: list[TestFigures] = []
    for now in watching:
        held = len(list(takewhile(bool, (one.outcome.triggers[now.trigger] for one in reversed(closed)))))
        trigger = deal.triggers[now.trigger]
        value, threshold = _sides(deal, now)
        made.append(
            TestFigures(
                name=now.trigger,
                words=trigger.words or trigger.when,
                kind="trigger",
                value=value,
                threshold=threshold,
                met=now.after,
                since=closed[-held].dates.date if held else None,
            )
        )
    return tuple(made)


def _sides(deal: Deal, one: Watched | Condition) -> tuple[str, str]:
    """Value and threshold as people write them."""
    return _shown(deal, one.value, one.unit), _shown(deal, one.bound, one.unit)


def _shown(deal: Deal, text: str, unit: Unit) -> str:
    match unit:
        case Unit.RATE:
            return scales.percent_label(int(Decimal(text) * scales.PPM))
        case Unit.MONEY:
            return scales.money(int(text), deal.decimals)
        case Unit.COUNT | Unit.NUMBER:
            return text
    return "-"


def _limit(deal: Deal, now: Sequence[Watched], word: str) -> Limit | None:
    """The bound of the first trigger that holds a share against it in which this word of the pool occurs."""
    for one in now:
        if one.unit is Unit.RATE and f"pool.{word}" in deal.triggers[one.trigger].when:
            return Limit(trigger=one.trigger, share=int(Decimal(one.bound) * UNIT))
    return None


# ---- the course


def _start(deal: Deal) -> Period:
    """The closing day."""
    balances = tuple(one.start for one in deal.tranches)
    return Period(number=0, payment=deal.dates.closing, balances=balances, pool=deal.pool.balance, collected=0)


def _period(deal: Deal, one: Closed, plan: Expectation) -> Period:
    given = dict(zip(deal.compiled.inputs, one.outcome.inputs, strict=True))
    number = one.dates.number
    days_30, days_60, days_90 = (given[name] for name in ARREARS)
    return Period(
        number=number,
        payment=one.dates.date,
        balances=_balances(deal, one.outcome),
        pool=given["pool_closing"],
        collected=_cash(given).total,
        expected=plan.totals[number - 1] if len(plan.totals) >= number else None,
        losses=_losses(deal, one.outcome),
        arrears=(days_30, days_60, days_90),
    )


def _ahead(deal: Deal, one: ProjectedPayment) -> Period:
    return Period(
        number=one.number,
        payment=one.date,
        balances=_balances(deal, one.outcome),
        pool=one.pool.closing,
        collected=one.pool.cash,
    )


def _balances(deal: Deal, outcome: Outcome) -> tuple[int, ...]:
    return tuple(outcome.classes[one.tranche].closing for one in deal.tranches)
