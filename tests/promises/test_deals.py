"""What every deal promises, tried on deals and reports made up by chance (R-83, R-87 to R-94).

conservation: every account's cash is where it came from or went to; priority: nothing to a later step while an
earlier one is short of the same cash; monotone: more cash never pays the senior ranks less; bounds: no class below zero
or above its face; scaling: the same deal in larger money pays the same, but for rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from abst.deal.model import Deal
from abst.deal.running import Outcome, run_period
from abst.deal.waterfall.expressions import Unit
from promises.random_deals import PAYMENTS, random_deal, random_report

SHORT_RUN, LONG_RUN = 20, 2_500
NO_CASH = ("write-down", "write-up", "capitalise", "let")


def check(deal: Deal, report: dict[str, int], outcome: Outcome) -> None:
    """Every promise of one payment."""
    conserved(deal, report, outcome)
    in_priority(deal, outcome)
    in_bounds(deal, outcome)


def conserved(deal: Deal, report: dict[str, int], outcome: Outcome) -> None:
    """Of each account, and of all together with what left."""
    assert all(account.balanced for account in outcome.accounts.values())
    cash = ("principal", "interest", "recoveries", "other", "input.swap", "call.price")
    came = sum(report.get(name, 0) for name in cash)
    left = sum(one.paid for one in outcome.classes.values()) + sum(fee.paid for fee in outcome.fees.values())
    left += sum(step.paid for step in outcome.steps if step.kind in ("pay", "residual") and _outside(deal, step.step))
    before, after = (sum(getattr(a, word) for a in outcome.accounts.values()) for word in ("opening", "closing"))
    assert before + came == after + left


def _outside(deal: Deal, name: str) -> bool:
    every = (*deal.waterfall.normal, *deal.waterfall.accelerated, *deal.waterfall.default)
    return next(step for step in every if step.step == name).payee != ""


def in_priority(deal: Deal, outcome: Outcome) -> None:
    """While a step is short, later ones get no more of its cash than rounding left, and what came in since."""
    every = {step.step: step for step in getattr(deal.waterfall, outcome.mode)}
    order = [*every]
    ran = [order.index(step.step) for step in outcome.steps]
    assert ran == sorted(ran), "not in the order in which they are written"
    short: list[tuple[set[str], int]] = []
    for step in outcome.steps:
        written = every[step.step]
        if step.kind in NO_CASH:
            continue
        sources = set(written.from_ or ("available",))
        for number, (emptied, room) in enumerate(short):
            if sources <= emptied:
                assert step.paid <= room, f"{step.step} got {step.paid} past a step that was short"
                short[number] = (emptied, room - step.paid)
            if written.to in emptied:
                short[number] = (emptied, short[number][1] + step.paid)
        if step.paid < step.due:
            short.append((sources, len(step.parts) - 1))


def in_bounds(deal: Deal, outcome: Outcome) -> None:
    for name, one in outcome.classes.items():
        assert 0 <= one.closing <= deal.tranche(name).face
        assert one.closing + one.principal + one.written_down == deal.tranche(name).face - _repaid(deal, outcome, name)
        assert min(one.interest, one.principal, one.residual, one.unpaid, one.written_down) >= 0
        assert one.interest + one.unpaid == one.due
    assert all(account.closing >= 0 for account in outcome.accounts.values())
    assert all(step.paid <= max(step.due, 0) for step in outcome.steps)


def _repaid(deal: Deal, outcome: Outcome, name: str) -> int:
    """Principal repaid before this payment: by the state it began with."""
    before = dict(zip(deal.compiled.state, outcome.before, strict=True))
    return deal.tranche(name).face - before[f"{name}.balance"] - before[f"{name}.written_down"]


def monotone(deal: Deal, report: dict[str, int], outcome: Outcome, more: int) -> None:
    """The same payment with more cash: each rank and those above it get no less, but for a unit a payee of rounding."""
    richer = run_period(deal, {**report, "other": report["other"] + more}, outcome.before)
    if richer.tests != outcome.tests:
        return  # with so much cash other clauses hold
    names, dust = list(outcome.classes), len(outcome.classes)
    for number in range(1, len(names) + 1):
        less, now = (
            sum(one.classes[n].interest + one.classes[n].principal for n in names[:number]) for one in (outcome, richer)
        )
        assert now >= less - dust, f"{names[:number]} got {now}, and {less} with {more} less cash"


def scaled(deal: Deal, big: Deal, report: dict[str, int], outcome: Outcome, times: int) -> None:
    """The payment of the same deal in money so many times larger: the same but for what rounding adds up to."""
    state = [
        value * times if _money(deal, name) else value
        for name, value in zip(deal.compiled.state, outcome.before, strict=True)
    ]
    larger = {name: value * (times if _cash(name) else 1) for name, value in report.items()}
    found = run_period(big, larger, state)
    assert found.mode == outcome.mode
    near = 40 * times
    for name, one in outcome.classes.items():
        other = found.classes[name]
        for word in ("interest", "principal", "residual", "unpaid", "written_down", "closing"):
            assert abs(getattr(other, word) - times * getattr(one, word)) <= near, f"{name}.{word}"


def _money(deal: Deal, name: str) -> bool:
    if name == "pool.carried" or name.endswith(".in_year"):
        return True
    found = deal.compiled.scope.quantities.get(name)
    return found is not None and found.unit is Unit.MONEY


def _cash(name: str) -> bool:
    return name not in ("index.base", "default_declared", "call.clean_up")


def enlarged(deal: Deal, times: int) -> Deal:
    """The same deal with all money so many times larger."""
    raw = deal.model_dump(mode="json", by_alias=True)
    raw["pool"]["balance"] *= times
    for account in raw["accounts"].values():
        account["opening"] *= times
    for one in raw["tranches"]:
        one["face"] *= times
        one["targets"] = [target * times for target in one["targets"]]
    trust = raw["fees"]["trust"]
    for word in ("amount", "cap", "year_cap"):
        if trust[word]:
            trust[word] = trust[word].replace("money(", f"{times} * money(")
    return Deal.of(raw)


def payments(deal: Deal, rng: Random) -> Iterator[tuple[dict[str, int], Outcome]]:
    state, opening = deal.compiled.start, deal.pool.balance
    for period in range(1, PAYMENTS + 1):
        report = random_report(rng, opening, period, deal.pool.balance)
        outcome = run_period(deal, report, state)
        yield report, outcome
        state, opening = outcome.state, report["pool_closing"]
        if report.get("call.clean_up"):
            return


def run_of(seed: int) -> set[str]:
    """One deal through its life; answers the kinds of steps and modes met."""
    rng = Random(seed)
    deal = Deal.of(random_deal(rng))
    big = enlarged(deal, 1_000)
    met: set[str] = set()
    for report, outcome in payments(deal, rng):
        check(deal, report, outcome)
        monotone(deal, report, outcome, rng.choice((1, 1_000, 10**8)))
        scaled(deal, big, report, outcome, 1_000)
        met |= {outcome.mode, *(step.kind for step in outcome.steps if step.paid)}
        met |= {"short" for step in outcome.steps if step.paid < step.due} | {
            "called" for n in report if n == "call.price"
        }
    return met


def test_random_deals_keep_every_promise() -> None:
    """Some deals, all kinds of steps, all modes, short and called."""
    met: set[str] = set()
    for seed in range(SHORT_RUN):
        met |= run_of(seed)
    kinds = {"fee", "fee-above-cap", "tax", "interest", "principal", "top-up", "draw", "release", "residual", "pay"}
    assert met >= kinds | {"write-down", "write-up", "normal", "accelerated", "default", "short", "called"}


@pytest.mark.prove
@pytest.mark.parametrize("tenth", range(10))
def test_many_random_deals_keep_every_promise(tenth: int) -> None:
    """A few thousand deals, a dozen payments each."""
    for seed in range(SHORT_RUN + tenth, LONG_RUN, 10):
        run_of(seed)
