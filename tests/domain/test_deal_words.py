"""What docs/deal.md says of each word, tried on a small deal with figures that can be reckoned in the head."""

from __future__ import annotations

from typing import Any

import pytest

from abst.deal.model import Deal
from abst.deal.running import Outcome, run_period
from abst.deal.waterfall.machine import Stopped

A = {"tranche": "A", "rank": "senior", "face": 1_000_000, "coupon": "0", "day_count": "30/360"}
REST = {"step": "rest", "kind": "residual", "payee": "owner"}
PRINCIPAL = {"step": "principal", "kind": "principal", "pay": "A", "amount": "collections.principal"}


def deal(*steps: dict[str, Any], **changed: Any) -> Deal:
    """Class A, one account, monthly from 15 November 2026 on; the steps, principal, then the rest to the owner."""
    raw = {
        "schema": "abst-deal-2",
        "id": "words",
        "title": "Words",
        "source": "tests",
        "currency": "USD",
        "decimals": 2,
        "dates": {
            "cut_off": "2026-09-30",
            "closing": "2026-10-15",
            "accrual_from": "2026-10-15",
            "first_payment": "2026-11-15",
            "last_payment": "2027-06-15",
            "payment_day": 15,
            "legal_maturity": "2027-12-15",
        },
        "pool": {"balance": 1_000_000},
        "parties": [{"role": "owner", "name": "the owner", "country": "HK"}],
        "accounts": {"available": {}},
        "tranches": [A],
        "waterfall": {"normal": [*steps, PRINCIPAL, REST]},
    }
    return Deal.of(raw | changed)


def lives(made: Deal, *reports: dict[str, int]) -> list[Outcome]:
    """The payments of these reports; the pool stands still where a report does not say."""
    state, outcomes = made.compiled.start, []
    for report in reports:
        outcomes.append(run_period(made, {"pool_closing": 1_000_000, **report}, state))
        state = outcomes[-1].state
    return outcomes


def paid(outcome: Outcome, step: str) -> int:
    return next(one.paid for one in outcome.steps if one.step == step)


def test_a_year_cap_begins_anew_with_the_calendar_year() -> None:
    """November and December share one cap; what it held back stays owed, and is paid from January on."""
    fee = {"payee": "owner", "amount": "money(10.00)", "year_cap": "money(15.00)"}
    made = deal({"step": "fee_paid", "kind": "fee", "pay": "f"}, fees={"f": fee})
    outcomes = lives(made, *([{"interest": 5_000}] * 4))
    assert [paid(one, "fee_paid") for one in outcomes] == [1_000, 500, 1_500, 0]
    assert [one.fees["f"].owed for one in outcomes] == [0, 500, 0, 1_000]


def test_a_fee_without_carry_is_forgotten() -> None:
    fee = {"payee": "owner", "amount": "money(10.00)", "carry": False}
    outcomes = lives(deal({"step": "fee_paid", "kind": "fee", "pay": "f"}, fees={"f": fee}), {}, {"interest": 5_000})
    assert [paid(one, "fee_paid") for one in outcomes] == [0, 1_000]


def test_a_table_holds_its_ends() -> None:
    """The n-th value of payment n; the last one from then on."""
    tables = {"t": {"unit": "money", "values": ["5", "7"]}}
    made = deal({"step": "x", "kind": "pay", "payee": "owner", "amount": "table.t[period]"}, tables=tables)
    assert [paid(one, "x") for one in lives(made, *([{"interest": 100}] * 4))] == [5, 7, 7, 7]
    early = deal({"step": "x", "kind": "pay", "payee": "owner", "amount": "table.t[period - 9]"}, tables=tables)
    assert paid(lives(early, {"interest": 100})[0], "x") == 5


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("first_of_year", [1, 0, 1, 0]),
        ("month == 12", [0, 1, 0, 0]),
        ("year == 2027 and period > 3", [0, 0, 0, 1]),
        ("payment_date >= date(2026, 12, 15)", [0, 1, 1, 1]),
        ("payment_date - date(2026, 11, 15) == 30", [0, 1, 0, 0]),
        ("days == 31 and collection_days == 31", [1, 0, 1, 1]),
        ("days_360 == 30 and months == 1", [1, 1, 1, 1]),
        ("2 <= period <= 3", [0, 1, 1, 0]),
        ("not (period == 1 or period == 4)", [0, 1, 1, 0]),
        ("collections.total == 100", [1, 1, 1, 1]),
    ],
)
def test_names_of_time_and_cash(words: str, values: list[int]) -> None:
    made = deal({"step": "x", "kind": "pay", "payee": "owner", "amount": "1", "when": words})
    ran = [{step.step for step in one.steps} for one in lives(made, *([CASH] * 4))]
    assert ["x" in steps for steps in ran] == values


CASH = {"interest": 40, "recoveries": 30, "other": 30}


def test_running_and_fixed() -> None:
    """A formula and a balance are as of the step; a quantity is as before the first step."""
    made = deal(
        {"step": "first", "kind": "principal", "pay": "A", "amount": "100"},
        {"step": "by_formula", "kind": "pay", "payee": "owner", "amount": "left / 1000"},
        {"step": "by_quantity", "kind": "pay", "payee": "owner", "amount": "whole / 1000"},
        {"step": "of_paid", "kind": "pay", "payee": "owner", "amount": "first.paid / 10"},
        formulas={"left": "A.balance + available.balance"},
        quantities={"whole": "A.balance + available.balance"},
    )
    (outcome,) = lives(made, {"interest": 10_000})
    assert [paid(outcome, step) for step in ("first", "by_formula", "by_quantity", "of_paid")] == [
        100,
        1_009,
        1_010,
        10,
    ]


def test_what_is_carried_is_reckoned_after_the_steps() -> None:
    """A ledger of what was missed; and the larger of two payments in memory."""
    made = deal(
        {"step": "want", "kind": "pay", "payee": "owner", "amount": "100 + behind"},
        carried={"behind": {"unit": "money", "start": 7, "next": "100 + behind - want.paid"}},
    )
    assert [paid(one, "want") for one in lives(made, {"interest": 50}, {"interest": 60}, {"interest": 900})] == [
        50,
        60,
        197,
    ]


def test_a_let_is_a_number_for_later_steps() -> None:
    made = deal(
        {"step": "half", "kind": "let", "amount": "available.balance / 2"},
        {"step": "x", "kind": "pay", "payee": "owner", "amount": "half"},
        {"step": "y", "kind": "pay", "payee": "owner", "amount": "half"},
    )
    (outcome,) = lives(made, {"interest": 101})
    assert (paid(outcome, "x"), paid(outcome, "y"), paid(outcome, "rest")) == (50, 50, 1)


SPLIT = {
    "normal": [PRINCIPAL, {"step": "n", "kind": "residual", "payee": "owner"}],
    "accelerated": [{"step": "a", "kind": "principal", "pay": "A"}],
    "default": [{"step": "d", "kind": "principal", "pay": "A"}],
}


def test_triggers_before_and_after() -> None:
    """Before: this payment already; after: from the next one on. Both stay."""
    late = {"when": "pool.delinquent_60 > 5", "mode": "accelerated"}
    reports = [{"interest": 9}, {"interest": 9, "delinquent_60": 6}, {"interest": 9}]
    for at, modes in (
        ("before", ["normal", "accelerated", "accelerated"]),
        ("after", ["normal", "normal", "accelerated"]),
    ):
        made = deal(waterfall=SPLIT, triggers={"late": {**late, "at": at}})
        assert [one.mode for one in lives(made, *reports)] == modes
    flag = deal(waterfall=SPLIT, triggers={"late": {"when": "pool.delinquent_60 > 5"}})
    assert [(one.mode, one.triggers["late"]) for one in lives(flag, *reports)] == [
        ("normal", False),
        ("normal", True),
        ("normal", True),
    ]


def test_default_goes_before_accelerated_and_stays() -> None:
    """The trustee's declaration is for good, cure or not."""
    late = {"when": "pool.delinquent_60 > 5", "cure": "pool.delinquent_60 == 0", "mode": "accelerated"}
    made = deal(waterfall=SPLIT, triggers={"late": late})
    reports = [{"delinquent_60": 6}, {"delinquent_60": 6, "default_declared": 1}, {}, {}]
    assert [one.mode for one in lives(made, *reports)] == ["accelerated", "default", "default", "default"]
    cured = lives(made, {"delinquent_60": 6}, {"delinquent_60": 3}, {"delinquent_60": 0})
    assert [one.mode for one in cured] == ["accelerated", "accelerated", "normal"]


def test_a_mode_without_steps_runs_the_normal_ones() -> None:
    (outcome,) = lives(deal(), {"default_declared": 1, "interest": 5})
    assert (outcome.mode, paid(outcome, "rest")) == ("default", 5)


def test_a_call_must_be_open_and_bring_its_price() -> None:
    calls = {"clean_up": {"when": "pool.closing <= 0.10 * pool.original", "price": "pool.closing + money(1.00)"}}
    made = deal(calls=calls, accounts={"available": {}, "sale": {}}, receipts={"call": "sale"}, waterfall={"normal": [
        {**PRINCIPAL, "from": ["available", "sale"], "amount": "pool.opening - pool.closing"},
        {**REST, "from": ["sale", "available"], "when": "last"},
    ]})  # fmt: skip
    with pytest.raises(Stopped, match="condition does not hold"):
        lives(made, {"pool_closing": 100_001, "call.clean_up": 1, "call.price": 10**6})
    with pytest.raises(Stopped, match="price is short"):
        lives(made, {"pool_closing": 100_000, "call.clean_up": 1, "call.price": 100_099})
    (outcome,) = lives(made, {"pool_closing": 100_000, "principal": 900_000, "call.clean_up": 1, "call.price": 100_100})
    assert (outcome.classes["A"].closing, paid(outcome, "rest")) == (0, 100)
    assert outcome.accounts["sale"].received == 100_100


def test_no_payment_is_left_after_the_last() -> None:
    made = deal()
    outcomes = lives(made, *([{}] * 8))
    with pytest.raises(Stopped, match="no payment date is left"):
        run_period(made, {}, outcomes[-1].state)


def test_the_pool_of_a_seasoned_deal() -> None:
    """original is what it was when the deal began; a class may have been partly repaid by the closing."""
    tranche = A | {"balance": 400_000}
    made = deal(
        {"step": "x", "kind": "pay", "payee": "owner", "amount": "pool.original / pool.initial * 1 * money(0.01)"},
        pool={"balance": 1_000_000, "original": 4_000_000},
        tranches=[tranche],
    )
    (outcome,) = lives(made, {"interest": 100})
    assert (paid(outcome, "x"), outcome.classes["A"].opening) == (4, 400_000)


def test_collection_periods_follow_the_payment_dates() -> None:
    """Quarterly: three months to the end of the month before; a lag of 0 takes the payment's own month."""
    dates = {
        "cut_off": "2026-06-30",
        "closing": "2026-07-10",
        "accrual_from": "2026-07-10",
        "first_payment": "2026-10-15",
        "last_payment": "2027-07-15",
        "payment_day": 15,
        "every_months": 3,
        "legal_maturity": "2027-12-15",
    }
    quarterly = deal(dates=dates).payments
    assert [(one.number, one.months, str(one.collection_to)) for one in quarterly] == [
        (1, 3, "2026-09-30"),
        (2, 3, "2026-12-31"),
        (3, 3, "2027-03-31"),
        (4, 3, "2027-06-30"),
    ]
    assert str(deal(dates=dates | {"collection_lag_months": 0}).payments[0].collection_to) == "2026-10-31"


def test_cash_of_its_own_field_joins_its_account() -> None:
    made = deal(
        {"step": "swap_out", "kind": "pay", "payee": "owner", "from": "hedge", "amount": "hedge.balance"},
        accounts={"available": {}, "hedge": {}},
        inputs={"swap": {"unit": "money", "cash": True}},
        receipts={"swap": "hedge"},
    )
    (outcome,) = lives(made, {"input.swap": 11, "interest": 3})
    assert (paid(outcome, "swap_out"), paid(outcome, "rest")) == (11, 3)


def test_a_residual_of_a_class_is_its_own() -> None:
    """Paid to a class it is neither interest nor principal, and lowers no balance."""
    made = deal(waterfall={"normal": [PRINCIPAL, {"step": "rest", "kind": "residual", "pay": "A"}]})
    (outcome,) = lives(made, {"principal": 10, "interest": 5})
    flow = outcome.classes["A"]
    assert (flow.principal, flow.residual, flow.closing, flow.paid) == (10, 5, 999_990, 15)
