"""The contract pays of a deal what Python pays: random deals, pools and modes, and every deal that comes along."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from abst import demo_data
from abst.deal.model import Deal
from abst.deal.projection import Projection, project_file
from abst.deal.running import Outcome
from abst.deal.scenario import read_scenarios
from promises.programs import Case
from promises.random_deals import random_deal
from promises.test_deals import payments
from promises.test_waterfall import on_chain
from world import world

SHORT_RUN, LONG_RUN = 3, 2_100


def same(deal: Deal, outcome: Outcome) -> None:
    """One payment: the value of every slot."""
    case = Case(deal.compiled.program, list(outcome.inputs), list(outcome.before))
    assert on_chain(world(), case) == ("values", outcome.values)


def of_seed(seed: int) -> str:
    """One payment of a random deal, somewhere in its life; answers its mode."""
    rng = Random(f"on chain {seed}")
    deal = Deal.of(random_deal(rng))
    outcome = rng.choice([outcome for _, outcome in payments(deal, rng)])
    same(deal, outcome)
    return outcome.mode


@cache
def projected(deal: str) -> Projection:
    """A deal that comes along, under the last scenario of its file."""
    folder = demo_data.deal_folder(deal)
    found = Deal.read(folder.joinpath("deal.yaml").read_text(encoding="utf-8"))
    *_, scenario = read_scenarios(folder.joinpath("scenarios.yaml").read_text(encoding="utf-8")).values()
    return project_file(found, folder.joinpath(found.pool.file).read_bytes(), scenario)


def test_random_deals_pay_the_same_on_chain() -> None:
    for seed in range(SHORT_RUN):
        of_seed(seed)


def test_the_deals_that_come_along_pay_the_same_on_chain() -> None:
    """The first payment of the demo's deal, and of the long example one that is accelerated."""
    filed, example = projected("jishidai-2022-3"), projected("example-22-step")
    same(filed.deal, filed.payments[0].outcome)
    same(example.deal, next(one.outcome for one in example.payments if one.outcome.mode == "accelerated"))


@pytest.mark.prove
@pytest.mark.parametrize("tenth", range(10))
def test_thousands_of_random_deals_pay_the_same_on_chain(tenth: int) -> None:
    """Over two thousand payments, in every mode."""
    modes = {of_seed(seed) for seed in range(SHORT_RUN + tenth, LONG_RUN, 10)}
    assert modes == {"normal", "accelerated", "default"}


@pytest.mark.prove
@pytest.mark.parametrize("name", demo_data.DEALS)
def test_every_payment_of_the_deals_that_come_along(name: str) -> None:
    for one in projected(name).payments:
        same(projected(name).deal, one.outcome)
