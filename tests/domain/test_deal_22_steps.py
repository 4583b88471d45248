"""The worked example of 22 steps: the program gives what the priority of payments says when written out by hand.

`Book` below knows nothing of the deal format: it is the priority of payments in plain Python, from the words of the
deal file's comments, with its own interest and fees. Every step of every payment of each scenario is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import pytest

from abst import demo_data
from abst.deal.model import Deal
from abst.deal.pool import Contract, flows
from abst.deal.projection import Projection, load_pool, project
from abst.deal.scenario import Scenario, read_scenarios

ID = "example-22-step"
SCENARIOS = ("pricing", "expected", "called", "shock", "stress", "collapse")
NOTES = ("A1", "A2", "A3", "B", "C", "D", "E")
COUPON = {"A1": 425, "A2": 468, "A3": 475, "B": 510, "C": 545, "D": 620, "E": 890}  # in 1/10,000
FINAL = {
    "A1": date(2027, 2, 18),
    "A2": date(2029, 6, 18),
    "A3": date(2030, 8, 19),
    "B": date(2031, 2, 18),
    "C": date(2031, 8, 18),
    "D": date(2032, 2, 18),
    "E": date(2033, 3, 18),
}
FEES = ("trustee_fee", "owner_trustee_fee", "backup_fee", "reviewer_fee")
YEAR_CAP = {
    "trustee_fee": 15_000_000,
    "owner_trustee_fee": 5_000_000,
    "backup_fee": 20_000_000,
    "reviewer_fee": 17_500_000,
}
INITIAL = 100_000_000_000


@cache
def example() -> tuple[Deal, Contract, dict[str, Scenario]]:
    folder = demo_data.deal_folder(ID)
    deal = Deal.read(folder.joinpath("deal.yaml").read_text(encoding="utf-8"))
    contract = load_pool(deal, folder.joinpath("pool.csv").read_bytes())
    return deal, contract, read_scenarios(folder.joinpath("scenarios.yaml").read_text(encoding="utf-8"))


@cache
def projected(name: str) -> Projection:
    deal, contract, scenarios = example()
    return project(deal, flows(contract, scenarios[name]), scenarios[name])


def shared(amount: int, asked: Mapping[str, int]) -> dict[str, int]:
    """Pro rata, rounded down, when there is not enough for all."""
    total = sum(asked.values())
    return dict(asked) if total <= amount else {name: one * amount // total for name, one in asked.items()}


@dataclass
class Book:
    """Balances and cash, as a trustee would keep them."""

    balance: dict[str, int]
    cash: int = 0
    reserve: int = 2_000_000_000
    unpaid: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NOTES, 0))
    owed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("servicing_fee", *FEES), 0))
    in_year: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FEES, 0))
    year: int = 0
    pool: int = INITIAL
    lost: int = 0
    losing: bool = False
    accelerated: bool = False
    moved: date = date(2026, 1, 21)
    steps: dict[str, int] = field(default_factory=dict)

    def take(self, wanted: int, from_reserve: bool) -> int:
        """Cash first, then the reserve where the step may have it."""
        wanted = max(0, wanted)
        first = min(wanted, self.cash)
        second = min(wanted - first, self.reserve) if from_reserve else 0
        self.cash -= first
        self.reserve -= second
        return first + second

    def repay(self, step: str, names: Iterable[str], wanted: int, *, from_reserve: bool = False) -> int:
        """One class after the other."""
        owing = sum(self.balance[name] for name in names)
        paid = left = self.take(min(wanted, owing), from_reserve)
        for name in names:
            part = min(left, self.balance[name])
            self.balance[name] -= part
            left -= part
        self.steps[step] = paid
        return paid

    def interest(self, step: str, names: Iterable[str], *, from_reserve: bool) -> None:
        room = self.cash + (self.reserve if from_reserve else 0)
        parts = shared(room, {name: self.unpaid[name] for name in names})
        for name, part in parts.items():
            self.unpaid[name] -= part
        self.steps[step] = self.take(sum(parts.values()), from_reserve)

    def fees(self, step: str, due: Mapping[str, int], *, from_reserve: bool) -> dict[str, int]:
        """Pro rata; answers what of each stays due."""
        room = self.cash + (self.reserve if from_reserve else 0)
        parts = shared(room, due)
        for name, part in parts.items():
            self.owed[name] -= part
            if name in self.in_year:
                self.in_year[name] += part
        self.steps[step] = self.take(sum(parts.values()), from_reserve)
        return {name: one - parts[name] for name, one in due.items()}

    def total(self, names: Iterable[str] = NOTES) -> int:
        return sum(self.balance[name] for name in names)


def accrue(book: Book, day: date, moved: date, first: bool) -> None:
    """Interest of the period: A1 by actual days between moved dates, the others by months of 30 days."""
    for name in NOTES:
        days = (moved - book.moved).days if name == "A1" else 27 if first else 30
        book.unpaid[name] += book.balance[name] * COUPON[name] * days // (360 * 10_000)
    book.moved = moved
    if day.year != book.year:
        book.year, book.in_year = day.year, dict.fromkeys(FEES, 0)


def pay(book: Book, inputs: Mapping[str, int], day: date, moved: date, *, first: bool, last: bool) -> None:
    """One payment: what is known before the steps, and then the steps of the mode."""
    book.steps = {}
    shortfall = sum(book.unpaid[n] for n in _controlling(book))
    accrue(book, day, moved, first)
    called = inputs.get("call.clean_up", 0)
    closing = 0 if called else inputs["pool_closing"]
    book.cash += sum(inputs[word] for word in ("principal", "interest", "recoveries", "other")) + inputs.get(
        "call.price", 0
    )
    book.lost += inputs["defaults"] - inputs["recoveries"]
    limit = (300, 600, 900, 1200, 1400, 1600, 1800)[min((_number(day) - 1) // 3, 6)]
    book.losing = book.losing or book.lost * 10_000 > limit * INITIAL
    book.accelerated = book.accelerated or shortfall > 0
    openings = inputs["pool_month_openings"]
    book.owed["servicing_fee"] += 225 * openings // 120_000
    book.owed["trustee_fee"] += 250_000 + inputs["input.trustee_claims"]
    book.owed["owner_trustee_fee"] += 50_000
    book.owed["backup_fee"] += max(500_000, 15 * openings // 1_200_000)
    book.owed["reviewer_fee"] += 41_700 + inputs["input.reviewer_claims"]
    due = {n: min(book.owed[n], max(0, YEAR_CAP[n] - book.in_year[n])) for n in FEES}
    if book.accelerated:
        accelerated(book, due)
    else:
        normal(book, due, closing, day, last=last or closing == 0)
    book.pool = closing


def _number(day: date) -> int:
    return (day.year - 2026) * 12 + day.month - 1


def _controlling(book: Book) -> tuple[str, ...]:
    """The most senior class that is outstanding."""
    for group in (("A1", "A2", "A3"), ("B",), ("C",), ("D",)):
        if book.total(group):
            return group
    return ("E",)


def normal(book: Book, due: Mapping[str, int], closing: int, day: date, *, last: bool) -> None:
    opening, collected = book.total(), book.pool - closing
    everything = book.owed["servicing_fee"] + sum(due.values()) + sum(book.unpaid.values()) + opening
    covers = book.cash + book.reserve >= everything
    reserve_target = 0 if last or covers else min(INITIAL // 50, opening)
    share = 1675 if book.losing else 1475
    target = max(share * closing // 10_000 - reserve_target, INITIAL * 15 // 1000)
    required = 0 if covers else max(0, closing - target)
    step_down = max(0, min(collected, required - max(0, opening - collected)))
    if covers:
        book.cash, book.reserve, book.steps["reserve_pays_off"] = book.cash + book.reserve, 0, book.reserve
    book.fees("s1_servicing", {"servicing_fee": book.owed["servicing_fee"]}, from_reserve=True)
    still = book.fees("s2_trustees", due, from_reserve=True)
    before = 0
    for word, names in (("a", NOTES[:3]), *((name.lower(), (name,)) for name in NOTES[3:])):
        seniors = NOTES[: NOTES.index(names[-1]) + 1]
        book.interest(f"{word}_interest", names, from_reserve=True)
        before += book.repay(f"{word}_parity", seniors, book.total(seniors) - closing, from_reserve=True)
        matured = sum(book.balance[name] for name in names if day >= FINAL[name])
        before += book.repay(f"{word}_matured", names, matured, from_reserve=True)
    book.repay("s18_regular", NOTES, collected - step_down - before)
    book.steps["s19_reserve"] = refill = book.take(reserve_target - book.reserve, False)
    book.reserve += refill
    book.repay("s20_turbo", NOTES, book.total() - required)
    book.fees("s21_above_caps", {name: book.owed[name] - still[name] for name in FEES}, from_reserve=False)
    excess = max(0, book.reserve - reserve_target)
    book.reserve, book.cash, book.steps["reserve_excess"] = book.reserve - excess, book.cash + excess, excess
    book.steps["s22_residual"], book.cash = book.cash, 0


def accelerated(book: Book, due: Mapping[str, int]) -> None:
    book.steps["x_reserve"], book.cash, book.reserve = book.reserve, book.cash + book.reserve, 0
    book.fees("x_servicing", {"servicing_fee": book.owed["servicing_fee"]}, from_reserve=False)
    still = book.fees("x_trustees", due, from_reserve=False)
    book.fees("x_above_caps", {name: book.owed[name] - still[name] for name in FEES}, from_reserve=False)
    book.interest("x_a_interest", NOTES[:3], from_reserve=False)
    book.repay("x_a1", ("A1",), book.balance["A1"])
    parts = shared(book.cash, {name: book.balance[name] for name in ("A2", "A3")})
    for name, part in parts.items():
        book.balance[name] -= part
    book.steps["x_a"] = book.take(sum(parts.values()), False)
    for name in NOTES[3:]:
        book.interest(f"x_{name.lower()}_interest", (name,), from_reserve=False)
        book.repay(f"x_{name.lower()}", (name,), book.balance[name])
    book.steps["x_residual"], book.cash = book.cash, 0


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_step_is_what_the_words_say(name: str) -> None:
    """Each step of each payment, each balance and the reserve, to the cent."""
    deal, made = example()[0], projected(name)
    book = Book({one.tranche: one.face for one in deal.tranches})
    for one in made.payments:
        dates, outcome = one.dates, one.outcome
        end = one.number == len(deal.payments)
        pay(book, one.inputs, dates.nominal, dates.date, first=one.number == 1, last=end)
        assert outcome.mode == ("accelerated" if book.accelerated else "normal")
        paid = {step.step: step.paid for step in outcome.steps if step.paid}
        assert paid == {step: amount for step, amount in book.steps.items() if amount}, f"payment {one.number}"
        assert {name: flow.closing for name, flow in outcome.classes.items()} == book.balance
        assert {name: flow.unpaid for name, flow in outcome.classes.items()} == book.unpaid
        assert outcome.accounts["reserve"].closing == book.reserve
        assert outcome.fees["trustee_fee"].owed == book.owed["trustee_fee"]


def test_the_example_has_twenty_two_steps() -> None:
    """22 steps of priority, beside the two movements of the reserve; each is met by a scenario with cash."""
    deal = example()[0]
    moves = {"reserve_pays_off", "reserve_excess"}
    steps = [step.step for step in deal.waterfall.normal if step.step not in moves]
    assert len(steps) == 22
    met = {
        step.step for name in SCENARIOS for one in projected(name).payments for step in one.outcome.steps if step.paid
    }
    assert met >= {"reserve_pays_off", "s18_regular", "s19_reserve", "s20_turbo", "s21_above_caps", "s22_residual"}
    assert met >= {"a_interest", "b_interest", "c_interest", "d_interest", "e_interest", "e_parity", "d_parity"}
    assert met >= {"x_servicing", "x_trustees", "x_above_caps", "x_a_interest", "x_a1", "x_a", "x_b_interest"}


def test_the_target_its_floor_and_the_call() -> None:
    """The turbo reaches the target, the notes step down with it, the floor holds, and the call repays all."""
    expected = projected("expected")
    over = [
        (
            one.pool.closing - sum(flow.closing for flow in one.outcome.classes.values()),
            one.outcome.quantities["oc_target"],
        )
        for one in expected.payments
    ]
    assert over[0][0] < over[0][1]
    assert over[7][0] == over[7][1] > 1_500_000_000
    assert over[31] == (1_500_000_000, 1_500_000_000)
    called = projected("called")
    assert called.called == "clean_up"
    assert called.payments[-1].pool.closing <= INITIAL // 10 < called.payments[-2].pool.closing
    assert {flow.closing for flow in called.payments[-1].outcome.classes.values()} == {0}
    assert max(flow.closing for flow in projected("stress").payments[-1].outcome.classes.values()) > 0
