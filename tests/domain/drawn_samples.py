"""Sample figures of the drawn reports: the Jishidai deal run by its own program under a scenario of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from abst import demo_data
from abst.deal import Deal
from abst.deal.pool import Flows, flows
from abst.deal.projection import Projection, collected, load_pool, project
from abst.deal.scenario import BASE, Scenario, read_scenarios, scenario_of
from abst.reports.drawn.figures import (
    UNIT,
    Currency,
    Distribution,
    FactorFigures,
    HoldingFigures,
    Limit,
    Named,
    PaidFigures,
    Restatement,
    Statement,
)
from abst.reports.period_figures import Closed, Expectation, figures
from abst.servicing.report.model import Bucket, Fx, Report

CNY, HKD = Currency("CNY", 2), Currency("HKD", 2)
RATE = 109_123_456
SCENARIO = {
    "defaults": {"kind": "cdr", "speed": "0.012"},
    "recovery": {"rate": "0.25", "lag_months": 4},
    "delinquency": {30: ["0.0060", "0.0063", "0.0058", "0.0065"], 60: "0.0025", 90: "0.0011"},
    "fx": "1.09123456",
}


@cache
def deal() -> Deal:
    return Deal.read(demo_data.text("deal.yaml"))


@cache
def run() -> Projection:
    """Every payment of the deal as it came."""
    scenario = scenario_of(SCENARIO, "sample")
    return project(deal(), months(scenario), scenario)


def months(scenario: Scenario = BASE) -> Flows:
    """The pool's file, month by month."""
    return flows(load_pool(deal(), demo_data.text("collections.csv").encode()), scenario)


@cache
def expected(after: int) -> Expectation:
    """What the pool's file foresaw, and the payments after one of them."""
    pools = collected(deal(), months())
    state = run().payments[after - 1].outcome.state
    ahead = project(deal(), months(), BASE, state).payments if after < len(deal().payments) else ()
    return Expectation(totals=tuple(one.cash for one in pools), by_source=pools, ahead=ahead)


def report_of(number: int) -> Report:
    """What the servicer says besides the inputs."""
    dates = deal().payments[number - 1]
    return Report(
        deal=deal().id,
        period=number,
        currency="CNY",
        collection_from=dates.collection_from,
        collection_to=dates.collection_to,
        prepared_by="示例资产服务机构",
        prepared_on=dates.determination_date,
        opening=0,
        closing=0,
        loans=61_233 - 900 * number,
        months=(),
        days_30=Bucket(0, 412),
        days_60=Bucket(0, 171),
        days_90=Bucket(0, 64),
        fx=Fx(RATE, "reference rate of the day", dates.determination_date),
    )


def distribution(number: int = 9, **changed: Any) -> Distribution:
    """The report of one payment."""
    closed = [Closed(dates=one.dates, outcome=one.outcome) for one in run().payments[:number]]
    closed[-1] = replace(closed[-1], report=report_of(number))
    day = closed[-1].dates.determination_date
    made = figures(
        deal(),
        closed,
        filing="filing-1",
        at=int(datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC).timestamp()),
        expected=expected(number),
        proofs=tuple(
            (name, f"0x{n:02x}" + 31 * "5a") for n, name in enumerate(("plan", "program", "inputs", "report"))
        ),
    )
    return replace(made, **{"loss_limit": Limit(trigger="losses", share=2 * UNIT // 100)} | changed)


def troubled(number: int = 9) -> Distribution:
    """The same with everything that a report can have to warn of."""
    sound = distribution(number)
    first, *others = sound.classes
    steps = [
        replace(one, paid=one.paid // 2, parts=((one.parts[0][0], one.paid // 2), (one.parts[1][0], 0)))
        if one.kind == "interest"
        else one
        for one in sound.steps
    ]
    hit = [
        replace(one, value="2.31%", met=True, since=date(2027, 5, 26)) if one.kind == "trigger" else one
        for one in sound.tests
    ]
    return distribution(
        number,
        mode="accelerated",
        late=True,
        classes=(replace(first, interest=first.interest_due // 2), *others),
        steps=tuple(steps),
        tests=tuple(hit),
        restated=(Restatement(field="recoveries", amount=-1_300), Restatement(field="principal", amount=77)),
    )


def other_deal() -> Distribution:
    """A deal of twenty-two steps that is no token and converts nothing, before anything is known of its pool."""
    folder = demo_data.deal_folder("example-22-step")
    other = Deal.read(folder.joinpath("deal.yaml").read_text(encoding="utf-8"))
    scenario = read_scenarios(folder.joinpath("scenarios.yaml").read_text(encoding="utf-8"), "scenarios")["stress"]
    pool = load_pool(other, folder.joinpath(other.pool.file).read_bytes())
    closed = [
        Closed(dates=one.dates, outcome=one.outcome)
        for one in project(other, flows(pool, scenario), scenario).payments[:20]
    ]
    return figures(other, closed, filing="filing-2", at=1_800_000_000)


UNITS = {"A1": 4_500_000_000, "A2": 1_230_000_000}


def _factors(until: int) -> tuple[FactorFigures, ...]:
    """Factors and this investor's part, from the closing day on."""
    made = []
    for number in range(until + 1):
        balances = {name: run().balances(name)[number] for name in UNITS}
        faces = {name: deal().tranche(name).face for name in UNITS}
        made.append(
            FactorFigures(
                day=deal().dates.closing if number == 0 else run().payments[number - 1].date,
                factors=tuple(balances[name] * UNIT // faces[name] for name in UNITS),
                outstanding=tuple(balances[name] * held // faces[name] for name, held in UNITS.items()),
            )
        )
    return tuple(made)


def _payments(until: int) -> tuple[PaidFigures, ...]:
    """His share of each payment; the last one of A2 waits, and an eighth of the first one of each is tax."""
    made = []
    for one in run().payments[:until]:
        for name, held in UNITS.items():
            gross = one.outcome.classes[name].payable * held // deal().tranche(name).face
            waits = (one.number, name) == (until, "A2")
            if gross:
                made.append(
                    PaidFigures(
                        token=f"JSD-{name}",
                        record=one.dates.record_date,
                        paid=None if waits else one.date,
                        number=3 * one.number + (name == "A2"),
                        asset=HKD,
                        gross=gross,
                        tax=gross // 8 if one.number == 1 else 0,
                        state="waiting" if waits else "paid",
                        why=Named("the payee is blocked", "收款人已被冻结资格") if waits else None,
                    )
                )
    return tuple(made)


def statement(until: int = 9, name: str = "陈喆堃 (示例投资者)", **changed: Any) -> Statement:
    """An investor with a part of two classes, one payment waiting."""
    factors, day = _factors(until), run().payments[until - 1].date
    holdings = tuple(
        HoldingFigures(
            token=f"JSD-{key}",
            name=deal().tranche(key).name,
            currency=CNY,
            units=held,
            factor=factors[-1].factors[place],
            outstanding=factors[-1].outstanding[place],
            frozen=1_000_000 * place,
        )
        for place, (key, held) in enumerate(UNITS.items())
    )
    values: dict[str, Any] = {
        "investor": "inv-005",
        "name": name,
        "at": day,
        "made": datetime(day.year, day.month, day.day, 15, 59, 59, tzinfo=UTC),
        "registry": "registry-31337-0x5FbD…0aa3",
        "wallets": ("0x" + "Ab" * 20,),
        "holdings": holdings,
        "payments": _payments(until),
        "factors": factors,
    }
    return Statement(**values | changed)
