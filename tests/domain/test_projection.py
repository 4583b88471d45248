"""A pool under a scenario, and a deal with it: published tables by hand, conservation, months, calls, refusals."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.bench import projection as bench
from abst.deal.daycount import DayCount
from abst.deal.figures import Years
from abst.deal.model import Deal
from abst.deal.pool import Collections, Contract, Flows, Line, contract_of, flows, tape_of
from abst.deal.pool.contract import ONE
from abst.deal.pool.speeds import absolute, monthly
from abst.deal.projection import Projection, collected, forecast, load_pool, project, project_file
from abst.deal.scenario import BASE, Scenario, read_scenarios, scenario_of
from abst.deal.sheets import decrements, sheet
from abst.deal.waterfall.machine import Stopped
from abst.errors import UsageError

DATA = files("abst.demo_data")
MONTH_END = date(2026, 1, 31)


def shipped(*path: str) -> str:
    return DATA.joinpath(*path).read_text(encoding="utf-8")


@cache
def deal(*path: str) -> Deal:
    return Deal.read(shipped(*path, "deal.yaml"))


@cache
def pool(*path: str) -> Contract:
    return load_pool(deal(*path), shipped(*path, deal(*path).pool.file).encode())


def speed(kind: str, value: str) -> Scenario:
    return scenario_of({"prepayment": {"kind": kind, "speed": value}}, f"{kind} {value}")


def sequential(of: Flows, faces: dict[str, int]) -> dict[str, list[int]]:
    """Balances at the start and after each month when all principal goes to the classes in their order."""
    left = {name: [face] for name, face in faces.items()}
    for principal in of.principal:
        for balances in left.values():
            paid = min(principal, balances[-1])
            balances.append(balances[-1] - paid)
            principal -= paid
    return left


# ---- published tables, by the pool alone

ALLY = {"A-2": 11_202_664_400, "A-3": 27_137_000_000, "A-4": 8_601_000_000} | {
    "B": 2_222_000_000,
    "C": 1_851_000_000,
    "D": 1_375_000_000,
}


def test_ally_is_reproduced_without_a_waterfall() -> None:
    """R-85, R-87, R-96: all 1,456 cells within 0.01 points and all 42 lives, by sequential principal in this file."""
    rows = list(csv.DictReader(io.StringIO(shipped("deals", "ally-2017-3", "published.csv"))))
    cells = between = lives = 0
    for column in list(rows[0])[2:]:
        share = Decimal(column.removeprefix("abs_")) / 100
        left = sequential(flows(pool("deals", "ally-2017-3"), speed("abs", str(share))), ALLY)
        place = dict.fromkeys(ALLY, 0)
        for row in rows:
            name, balances, printed = row["class"], left[row["class"]], Decimal(row[column])
            if row["distribution_date"] == "WAL_to_maturity":
                weighted = sum(n * (a - b) for n, (a, b) in enumerate(pairwise(balances), 1))
                life = Decimal(weighted) / (12 * balances[0])
                assert life.quantize(Decimal("0.01"), ROUND_HALF_UP) == printed, (name, column)
                lives += 1
            elif not row["distribution_date"].startswith("WAL"):
                balance = balances[place[name]] if place[name] < len(balances) else 0
                assert abs(Decimal(100 * balance) / balances[0] - printed) <= Decimal("0.0062"), (row, column)
                cells += place[name] > 0
                between += place[name] > 0 and 0 < printed < 100
                place[name] += 1
    assert (cells, between, lives) == (1_456, 282, 42)


def test_the_textbook_is_reproduced_without_a_waterfall() -> None:
    """R-84, R-96: every dollar figure of CMO-1 within a dollar, the last months and the nine lives exactly."""
    cmo = pool("deals", "cmo-1")
    at = flows(cmo, speed("psa", "1.65"))
    left = sequential(at, {"A": 19_450_000_000, "B": 3_600_000_000, "C": 9_650_000_000, "D": 7_300_000_000})
    dollars = {
        709_923: at.principal[0],
        193_790_076: left["A"][1],
        2_032_196: at.principal[80],
        311_926: left["A"][80],
        1_720_271: left["B"][80] - left["B"][81],
        1_286_325: at.opening[80] * 75 // 12_000,
    }
    slow = flows(cmo, speed("psa", "1"))
    dollars |= {231_249_776: slow.opening[99], 332_928: slow.scheduled[99], 1_187_608: slow.prepaid[99]}
    assert {dollar: cents for dollar, cents in dollars.items() if abs(cents - 100 * dollar) > 100} == {}
    assert [balances.index(0) for balances in left.values()] == [81, 100, 178, 357]
    lives = {}
    for rate in ("0.5", "1", "1.65", "2", "3", "4", "5", "6", "7"):
        paid = flows(cmo, speed("psa", rate)).principal
        weighted = sum(amount * (30 * n - 5) for n, amount in enumerate(paid, 1))
        lives[rate] = (Decimal(weighted) / (360 * 40_000_000_000)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert list(map(str, lives.values())) == ["15.11", "11.66", "8.76", "7.68", "5.63", "4.44", "3.68", "3.16", "2.78"]


# ---- speeds


def test_absolute_speed_counts_the_original_number() -> None:
    """R-85: of 1,000 equal loans, 1.3 % of the original number is 13 each month, until all are gone at once."""
    share, loans = ONE * 13 // 1000, Fraction(1000)
    for age in range(1, 77):
        gone = loans * absolute(share, age) / ONE
        assert abs(gone - 13) < Fraction(1, 10**12)
        loans -= gone
    assert absolute(share, 76) < ONE
    assert absolute(share, 77) == absolute(share, 200) == ONE


def test_speeds_of_a_year_compound_to_it() -> None:
    """Twelve months at a CPR or CDR leave what the year should; PSA climbs to 6 % at age 30 and stays."""
    for rate in ("0.06", "0.5", "0.999"):
        left = ONE - monthly("cpr", Decimal(rate), 1)
        assert abs(Fraction(left, ONE) ** 12 - (1 - Fraction(rate))) < Fraction(1, 10**16)
    assert monthly("cdr", Decimal("0.06"), 9) == monthly("cpr", Decimal("0.06"), 1) == monthly("psa", Decimal(1), 99)
    assert monthly("psa", Decimal(2), 15) == monthly("psa", Decimal(1), 30)
    assert monthly("psa", Decimal(20), 30) == monthly("cpr", Decimal(1), 1) == ONE
    assert monthly("smm", Decimal("0.01"), 5) == monthly("mdr", Decimal("0.01"), 5) == ONE // 100
    assert monthly("none", Decimal("0.5"), 5) == 0


# ---- flows

lines = st.builds(
    Line,
    balance=st.integers(1, 10**9),
    rate=st.integers(0, 3 * 10**11),
    remaining=st.integers(1, 40),
    age=st.integers(0, 80),
    kind=st.sampled_from(["level", "equal", "bullet"]),
)
shares = st.integers(0, 1000).map(lambda n: str(Decimal(n) / 1000))
vectors = st.lists(shares, min_size=1, max_size=6)
prepayments = st.builds(
    lambda kind, value, by: {"kind": kind, "speed": value, "by": by},
    st.sampled_from(["abs", "smm", "cpr", "psa"]),
    vectors,
    st.sampled_from(["month", "age"]),
)
scenarios = st.builds(
    lambda prepayment, kind, defaults, rate, lag, late: scenario_of(
        {
            "prepayment": prepayment,
            "defaults": {"kind": kind, "speed": defaults},
            "recovery": {"rate": rate, "lag_months": lag},
            "delinquency": {30: late},
        },
        "drawn",
    ),
    prepayments,
    st.sampled_from(["cdr", "mdr", "original"]),
    vectors,
    shares,
    st.integers(0, 9),
    vectors,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(lines, min_size=1, max_size=6), scenarios)
def test_flows_conserve_the_pool(loans: list[Line], scenario: Scenario) -> None:
    """Whatever the scenario: balances roll forward to nothing, none is negative, defaults come back or are lost."""
    contract = contract_of(tape_of(loans), MONTH_END, DayCount.THIRTY_360)
    found = flows(contract, scenario)
    rows = (
        found.scheduled,
        found.prepaid,
        found.defaults,
        found.recoveries,
        found.losses,
        found.interest,
        found.closing,
    )
    assert min(min(row) for row in (*rows, *found.delinquent.values())) >= 0
    assert found.opening[0] == sum(loan.balance for loan in loans)
    assert found.opening[1:] == found.closing[:-1]
    rolled = zip(found.opening, found.scheduled, found.prepaid, found.defaults, strict=True)
    assert tuple(a - b - c - d for a, b, c, d in rolled) == found.closing
    assert found.closing[-1] == 0
    assert sum(found.defaults) == sum(found.recoveries) + sum(found.losses)
    gone = zip(accumulate(found.defaults), accumulate(found.recoveries), accumulate(found.losses), strict=True)
    assert all(back + lost <= defaulted for defaulted, back, lost in gone)
    assert all(late <= left for late, left in zip(found.delinquent[30], found.closing, strict=True))


@settings(max_examples=20, deadline=None)
@given(st.lists(lines, min_size=1, max_size=6))
def test_without_a_scenario_contracts_are_kept(loans: list[Line]) -> None:
    """Given no prepayment and no default, what is collected should be the contracts to the unit."""
    contract = contract_of(tape_of(loans), MONTH_END, DayCount.THIRTY_360)
    found = flows(contract, BASE)
    kept = [sum(month) for month in zip(*(group.balances for group in contract.groups), strict=True)]
    assert list(found.closing) == kept[1:]
    assert found.interest == tuple(map(sum, zip(*(group.interest for group in contract.groups), strict=True)))
    assert set(found.prepaid) == set(found.defaults) == {0}


def test_a_default_takes_its_share_and_comes_back_late() -> None:
    """Of 1,000 at nothing over 10 months: 10 % default, 90 are due, half of the rest prepays; 40 % back in month 3."""
    contract = contract_of(tape_of([Line(1_000, 0, 10)]), MONTH_END, DayCount.THIRTY_360)
    raw = {
        "prepayment": {"kind": "smm", "speed": ["0.5", "0"]},
        "defaults": {"kind": "mdr", "speed": ["0.1", "0"]},
        "recovery": {"rate": "0.4", "lag_months": 2},
        "delinquency": {60: "0.105"},
    }
    found = flows(contract, scenario_of(raw, "by hand"))
    assert [row[0] for row in (found.defaults, found.scheduled, found.prepaid, found.closing)] == [100, 90, 405, 405]
    assert found.recoveries[:4] == (0, 0, 40, 0)
    assert found.losses[:4] == (0, 0, 60, 0)
    assert found.delinquent[60][0] == 42
    assert found.scheduled[1:3] == (45, 45)
    assert len(found) == 12
    rest = contract_of(Collections(1_000, (300,), (10,)), MONTH_END, DayCount.THIRTY_360)
    assert flows(rest, scenario_of(raw, "by hand")).closing == (315, 315, 315)


def test_a_curve_runs_at_a_multiple_of_itself() -> None:
    """Given a ramp by age, 125 % of it is each speed times 1.25, at most all; a loss curve is of the first balance."""
    ramp = scenario_of(
        {"prepayment": {"kind": "cpr", "speed": ["0.1", "0.5", "0.9"], "by": "age", "times": "1.25"}}, ""
    )
    assert [ramp.prepayment.at(1, age) for age in (1, 2, 3, 9)] == [Decimal("0.125"), Decimal("0.625"), 1, 1]
    assert ramp.prepayment.at(9, 1) == Decimal("0.125")
    aged = contract_of(tape_of([Line(1_000, 0, 4, age=1)]), MONTH_END, DayCount.THIRTY_360)
    by_age = scenario_of({"prepayment": {"kind": "smm", "speed": ["0", "0.4", "0"], "by": "age"}}, "by age")
    assert flows(aged, by_age).prepaid == (300, 0, 0, 0)
    contract = contract_of(tape_of([Line(1_000, 0, 4)]), MONTH_END, DayCount.THIRTY_360)
    curve = scenario_of({"defaults": {"kind": "original", "speed": ["0.1", "0.05", "0.9"]}}, "curve")
    assert flows(contract, curve).defaults == (100, 50, 417, 0)


# ---- deals


@pytest.mark.parametrize("path", [("jishidai",), ("deals", "example-22-step")])
def test_a_projected_deal_conserves_cash(path: tuple[str, ...]) -> None:
    """R-94: in every scenario, at every payment: what the accounts held and got is what was paid and what they hold."""
    for scenario in read_scenarios(shipped(*path, "scenarios.yaml")).values():
        made = project(deal(*path), flows(pool(*path), scenario), scenario)
        assert len(made.payments) == len(deal(*path).payments) or made.called
        for payment in made.payments:
            out = payment.outcome
            came = sum(account.received for account in out.accounts.values())
            assert came == payment.pool.cash + payment.inputs.get("call.price", 0)
            held = sum(account.closing - account.opening for account in out.accounts.values())
            paid = sum(one.paid for one in out.classes.values()) + sum(fee.paid for fee in out.fees.values())
            elsewhere = sum(payee_paid(made, payee, out.values) for payee in made.deal.outside_payees)
            assert came == held + paid + elsewhere, payment.number
            assert all(account.balanced for account in out.accounts.values())


def payee_paid(made: Projection, payee: str, values: tuple[int, ...]) -> int:
    return values[made.deal.compiled.slots[f"paid to {payee}"]]


def test_months_belong_to_the_payment_that_collects_them() -> None:
    """The first Jishidai payment collects July to September, each later one the month before it; none is left out."""
    jishidai, months_of = deal("jishidai"), flows(pool("jishidai"), BASE)
    periods = collected(jishidai, months_of)
    assert periods[0].openings == months_of.opening[:3]
    assert periods[0].principal == sum(months_of.principal[:3])
    assert [period.interest for period in periods[1:]] == list(months_of.interest[3:])
    assert sum(period.cash for period in periods) == sum(months_of.principal) + sum(months_of.interest)
    assert [period.opening for period in periods[1:]] == [period.closing for period in periods[:-1]]
    raw = deal("deals", "ally-2017-3").model_dump(mode="python", by_alias=True)
    at_once, late = (Deal.of(raw | {"dates": raw["dates"] | {"collection_lag_months": lag}}) for lag in (0, 2))
    assert collected(at_once, months_of)[0].openings == months_of.opening[:2]
    empty = collected(late, months_of)[0]
    assert (empty.openings, empty.cash, empty.closing) == ((), 0, months_of.opening[0])
    later = sum(period.cash for period in periods[10:])
    assert forecast(periods, 10, periods[9].closing) == later
    assert abs(forecast(periods, 10, periods[9].closing * 4 // 5) - later * 4 // 5) <= 1
    assert forecast(periods, len(periods), 0) == 0


def test_jishidai_runs_as_its_source_says() -> None:
    """R-83, R-89: the first payment's figures and the ends of the classes, with 44 payments conserved."""
    made = project(deal("jishidai"), flows(pool("jishidai"), BASE), BASE)
    first = made.payments[0].outcome
    assert [fee.paid for fee in first.fees.values()] == [115_969_701, 95_308_393]
    assert [first.classes[name].interest for name in ("A1", "A2")] == [414_246_575, 625_895_890]
    assert [first.classes[name].principal for name in ("A1", "A2")] == [15_000_000_000, 42_597_864_087]
    assert first.accounts["reserve"].closing == 3_468_336_498
    ends = {name: made.payments[made.balances(name).index(0) - 1].date for name in ("A1", "A2", "Sub")}
    assert ends == {"A1": date(2027, 9, 26), "A2": date(2028, 8, 26), "Sub": date(2029, 4, 26)}
    assert len(made.payments) == 44


def test_a_projection_goes_on_from_any_state() -> None:
    """Given the state after a payment, the rest should be what it was from the closing."""
    months_of = flows(pool("jishidai"), BASE)
    whole = project(deal("jishidai"), months_of, BASE)
    rest = project(deal("jishidai"), months_of, BASE, whole.payments[19].outcome.state)
    assert rest.payments == whole.payments[20:]


def test_a_call_is_used_where_the_deal_lets_it_be() -> None:
    """R-92: first, the call is used in November 2028 at the pool's balance; before, asking for it changes nothing."""
    months_of = flows(pool("jishidai"), BASE)
    by = {
        election: project(deal("jishidai"), months_of, scenario_of({"calls": {"clean_up": election}}, "called"))
        for election in ("never", "first", 5, 30)
    }
    for early in ("never", 5):
        assert (by[early].called, len(by[early].payments)) == ("", 44)
    last = by["first"].payments[-1]
    assert (by["first"].called, last.date) == ("clean_up", date(2028, 11, 26))
    assert last.inputs["call.price"] == last.pool.closing
    assert all(one.closing == 0 for one in last.outcome.classes.values())
    assert (by[30].called, len(by[30].payments)) == ("clean_up", 30)


def test_the_price_of_a_call_is_the_least_that_is_accepted() -> None:
    """Given a price above and one below the pool's balance, the projection should find each to the unit."""
    raw = deal("jishidai").model_dump(mode="python", by_alias=True)
    for price, expected in (("pool.closing + 12345", 12_345), ("pool.closing - 54321", -54_321)):
        call = raw["calls"]["clean_up"] | {"price": price}
        other = Deal.of(raw | {"calls": {"clean_up": call}})
        scenario = scenario_of({"calls": {"clean_up": 30}}, "called")
        last = project(other, flows(pool("jishidai"), scenario), scenario).payments[-1]
        assert last.inputs["call.price"] - last.pool.closing == expected


def test_scenarios_reach_every_input() -> None:
    """Fixings of exchange, other cash, arrears, a declared default: by payment, the last value holding."""
    raw = {
        "fx": ["1.08", "1.1"],
        "other": [5, 0],
        "delinquency": {60: ["0", "0", "0.03"]},
        "default_from": 3,
    }
    scenario = scenario_of(raw, "drawn")
    made = project(deal("jishidai"), flows(pool("jishidai"), scenario), scenario)
    first, second, third = (payment.inputs for payment in made.payments[:3])
    assert [one["fx"] for one in (first, second, third)] == [108_000_000, 110_000_000, 110_000_000]
    assert [one["other"] for one in (first, second, third)] == [5, 0, 0]
    assert [one["default_declared"] for one in (first, second, third)] == [0, 0, 1]
    assert first["delinquent_60"] == first["pool_closing"] * 3 // 100
    assert [payment.outcome.mode for payment in made.payments[1:3]] == ["accelerated", "default"]


def test_a_sheet_says_what_a_class_is_worth() -> None:
    """R-95: at par a class yields its coupon; dearer, less; a class that is paid nothing has no yield."""
    ally, scenario = deal("deals", "ally-2017-3"), speed("abs", "0.013")
    made = project(ally, flows(pool("deals", "ally-2017-3"), scenario), scenario)
    years = Years(ally.dates.closing, DayCount.THIRTY_360)
    par, dear = (sheet(made, "B", years, Decimal(percent), 12) for percent in ("100", "101.5"))
    assert None not in (par.yield_, par.macaulay, par.modified, dear.yield_)
    assert (par.price, dear.price) == (2_222_000_000, 2_255_330_000)
    assert abs(par.yield_.value - Decimal("0.0224")) < Decimal("1e-8")
    assert dear.yield_.value < par.yield_.value
    assert par.life.value.quantize(Decimal("0.01")) == Decimal("2.57")
    assert par.modified.value < par.macaulay.value < par.life.value
    ruin = scenario_of({"defaults": {"kind": "mdr", "speed": "1"}}, "ruin")
    lost = project(ally, flows(pool("deals", "ally-2017-3"), ruin), ruin)
    assert sheet(lost, "B", years, Decimal(100), 2).yield_ is None
    for percent in ("0", "-1", "NaN"):
        with pytest.raises(UsageError, match="not a price"):
            sheet(made, "B", years, Decimal(percent), 12)


def test_a_decrement_table_ends_when_nothing_is_left() -> None:
    """Given a scenario to call and one to maturity, the shorter column should be filled with nothing."""
    months_of = flows(pool("jishidai"), BASE)
    by = {
        name: project(deal("jishidai"), months_of, scenario_of({"calls": {"clean_up": call}}, name))
        for name, call in (("call", "first"), ("maturity", "never"))
    }
    table = decrements(by, "Sub")
    assert (table.dates[0], table.dates[-1]) == (date(2026, 8, 31), date(2029, 4, 26))
    assert {len(column) for column in table.percent.values()} == {len(table.dates)}
    called = table.dates.index(date(2028, 11, 26))
    assert table.percent["call"][called:] == (0,) * (len(table.dates) - called)
    assert table.percent["maturity"][-2] > table.percent["maturity"][-1] == 0


def test_what_does_not_fit_the_deal_is_refused() -> None:
    """Names the deal has not, numbers too exact, another pool, and a deal without a file."""
    jishidai, months_of = deal("jishidai"), flows(pool("jishidai"), BASE)
    for raw, message in (
        ({"calls": {"refund": "first"}}, "no such name; at scenario.calls; found refund; needed clean_up"),
        ({"indices": {"sofr": "0.04"}}, "no such name; at scenario.indices; found sofr; needed none"),
        ({"inputs": {"swap": 1}}, "no such name; at scenario.inputs"),
        ({"other": "0.5"}, "too exact; at scenario.other"),
        ({"fx": "1.000000001"}, "too exact; at scenario.fx"),
    ):
        with pytest.raises(UsageError) as caught:
            project(jishidai, months_of, scenario_of(raw, "wrong"))
        assert message in str(caught.value)
    content = shipped("jishidai", "collections.csv").encode()
    with pytest.raises(UsageError, match="does not roll forward"):
        project_file(jishidai, content.replace(b"3865848481,192151451.7", b"3865848481,192151462.7"), BASE)
    ally = deal("deals", "ally-2017-3")
    with pytest.raises(UsageError, match="not the deal's pool"):
        load_pool(ally, shipped("deals", "ally-2017-3", "pool.csv").replace("5616021.32", "5616021.33").encode())
    bare = ally.model_copy(update={"pool": ally.pool.model_copy(update={"form": None})})
    with pytest.raises(UsageError, match="has no file"):
        load_pool(bare, b"")


def test_a_deal_that_forbids_the_report_stops_the_projection() -> None:
    """Given a state after the last payment, nothing is projected; given one that is none, the machine refuses it."""
    months_of = flows(pool("jishidai"), BASE)
    whole = project(deal("jishidai"), months_of, BASE)
    assert project(deal("jishidai"), months_of, BASE, whole.payments[-1].outcome.state).payments == ()
    torn = list(whole.payments[0].outcome.state)
    torn[deal("jishidai").compiled.state.index("A1.balance")] = 2**128
    with pytest.raises(Stopped, match="out of range"):
        project(deal("jishidai"), months_of, BASE, torn)


def test_the_tape_of_the_bench_is_projected() -> None:
    """Given few loans of the bench's tape, each faster speed should leave less; what is timed is all that is asked."""
    found = bench.measure(bench.tape(400))
    assert (found.months, len(found.closing)) == (bench.MONTHS, len(bench.SPEEDS))
    assert list(found.closing) == sorted(set(found.closing), reverse=True)
    assert min(found.reading, found.contracts, found.speeds) > 0
    assert found.peak >= found.before > 0


# ---- scenario files


def test_the_documented_scenario_is_one() -> None:
    """The example of docs/projection.md is read, and every field of a scenario is told there."""
    text = (Path(__file__).parents[2] / "docs" / "projection.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    (scenario,) = read_scenarios(example).values()
    assert scenario.prepayment.speed == (Decimal("0.0130"),)
    assert [name for name in Scenario.model_fields if f"`{name}" not in text and name not in ("words", "name")] == []


def test_a_scenario_file_is_read_strictly() -> None:
    """One scenario or many; every wrong field is named, and no binary fraction is taken."""
    one = read_scenarios("schema: abst-scenario-1\nname: slow\nprepayment: {kind: cpr, speed: '0.05'}\n")
    assert [*one] == ["slow"]
    many = read_scenarios("schema: abst-scenario-1\nscenarios: {a: {}, b: {default_from: 2}}\n")
    assert {name: scenario.default_from for name, scenario in many.items()} == {"a": None, "b": 2}
    for text, message in (
        ("schema: abst-deal-2", "needed schema: abst-scenario-1"),
        ("- 1", "not a scenario file"),
        ("{", "not YAML"),
        ("schema: abst-scenario-1\nname: x\nscenarios: {a: {}}", "nothing beside it"),
        (
            "schema: abst-scenario-1\nprepayment: {kind: abs, speed: 0.013}",
            "prepayment.speed: Value error, a number is",
        ),
        ("schema: abst-scenario-1\nprepayment: {kind: abs, speed: '1.3'}", "a share is at most 1"),
        ("schema: abst-scenario-1\nprepayment: {kind: cdr, speed: '0.1'}", "prepayment.kind"),
        ("schema: abst-scenario-1\ndefaults: {kind: cdr, speed: []}", "an empty list"),
        ("schema: abst-scenario-1\nrecovery: {rate: ['0.1', '0.2']}", "a recovery has one rate"),
        ("schema: abst-scenario-1\ndelinquency: {45: '0.1'}", "delinquency.45"),
        ("schema: abst-scenario-1\ncalls: {clean_up: soon}", "calls.clean_up"),
        ("schema: abst-scenario-1\nfx: '-1'", "not a number from zero up"),
        ("schema: abst-scenario-1\nfx: NaN", "not a number from zero up"),
        ("schema: abst-scenario-1\nfx: one", "not a decimal"),
        ("schema: abst-scenario-1\nspeed: '1'", "speed: Extra inputs"),
    ):
        with pytest.raises(UsageError) as caught:
            read_scenarios(text)
        assert message in str(caught.value), text
