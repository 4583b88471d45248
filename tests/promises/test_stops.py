"""P9: suspension, pause and overdue disclosure stop what the terms say, at once, and resuming restores exactly.

given tokens in many hands
    when a filing is suspended, a tranche paused, a disclosure overdue, or several of these together
        it should answer every preview as the terms say, from the next block, or the next second, on
        it should refuse every way of moving and minting, with that reason
        it should leave redeeming, orders of two officers and payments as they were
    when all that stopped is resumed, in whatever order
        it should answer every preview as before, with every word of storage as it was
        it should let the very same acts pass that it had refused
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import pytest

from abst.chain import evm
from abst.chain.contracts import Contract
from abst.chain.reasons import BY_NAME
from abst.values import ZERO_HASH
from contracts.money import allow, declare, number, order, payment, permit, settling, sign_order, take_date, trade
from world import EVIDENCE, FILING, TERMS, World, reason_of, refusal, world

NAMES = ("alice", "bob", "dave_spare", "tim_timid", "stranger")
AMOUNTS = (100, 7)
HOLDERS = ("alice", "bob", "dave")  # of the senior tranche at the record date: 1,000, 500 and 300
PAUSED = 1  # the tranche that is paused: its terms let transfers go on while a disclosure is overdue
STOPS = ("suspend", "pause", "overdue")
# Every set of stops, each reached from the one before by one stop or one resumption.
ROUND: tuple[tuple[str, ...], ...] = (
    ("suspend",),
    ("suspend", "pause"),
    ("pause",),
    ("pause", "overdue"),
    ("suspend", "pause", "overdue"),
    ("suspend", "overdue"),
    ("overdue",),
    (),
)
Answers = dict[tuple[Any, ...], Any]


@pytest.fixture
def stage() -> World:
    """Four tranches in several hands, some of it frozen or locked, and a record date behind."""
    made = world()
    made.mint(made.senior, {"alice": 1_000, "bob": 500, "dave": 300})
    made.mint(made.mezzanine, {"alice": 1_000, "dave_spare": 200})
    made.mint(made.junior, {"bob": 400})
    made.mint(made.equity, {"dave": 500})
    made.freeze(made.senior, "bob", 450)
    take_date(made)
    made.transfer(made.senior, "alice", "bob", 100)
    return made


def answers(stage: World) -> Answers:
    """Every preview of every token, over all pairs and amounts."""
    found: Answers = {}
    for tranche in range(len(TERMS)):
        token = stage.token(tranche)
        pairs = list(product(NAMES, NAMES))
        calls: list[tuple[Any, ...]] = [("canTransfer", stage[one], stage[other], AMOUNTS[0]) for one, other in pairs]
        calls += [("reasonAgainst", stage[one], stage[other], amount) for one, other in pairs for amount in AMOUNTS]
        calls += [("reasonAgainstMint", stage[one], amount) for one, amount in product(NAMES, AMOUNTS)]
        calls += [(view, stage[one]) for one in NAMES for view in ("canSend", "canReceive")]
        said = stage.read_many(token, calls)
        found |= {(tranche, *call): answer for call, answer in zip(calls, said, strict=True)}
    return found


def expected(before: Answers, stops: Iterable[str]) -> Answers:
    """What the previews should say: the first reason that stops, and all else as before."""
    changed: Answers = {}
    for (tranche, view, *arguments), answer in before.items():
        reasons = []
        if "suspend" in stops:
            reasons.append("FilingNotEffective")
        if "pause" in stops and tranche == PAUSED:
            reasons.append("TokenPaused")
        if "overdue" in stops and (view == "reasonAgainstMint" or TERMS[tranche].overdue_stops_transfers):
            reasons.append("DisclosureOverdue")
        if reasons and view in ("reasonAgainst", "reasonAgainstMint"):
            answer = BY_NAME[reasons[0]].number
        if reasons and view == "canTransfer":
            answer = False
        changed[(tranche, view, *arguments)] = answer
    return changed


def storage(stage: World) -> dict[str, bytes]:
    """Everything that each contract stores, in one hash."""
    vm = stage.chain.chain.get_vm(stage.chain.chain.header)
    contracts = [stage.token(tranche) for tranche in range(len(TERMS))]
    contracts += [stage.registry, stage.distribution, stage.settlement, stage.cash]
    roots = vm.state._account_db
    return {contract.address: roots._get_storage_root(evm.account(contract.address)) for contract in contracts}


def stop(stage: World, how: str) -> None:
    """One key stops."""
    match how:
        case "suspend":
            stage.act("regulator", stage.registry, "suspend", FILING, EVIDENCE)
        case "pause":
            stage.act("agent", stage.registry, "pause", FILING, PAUSED)
        case "overdue":
            stage.act("discloser", stage.registry, "openObligation", FILING, 7, stage.now, 0, 0)
            stage.warp(1)


def resume(stage: World, how: str) -> None:
    """Two keys resume; what was overdue is published."""
    match how:
        case "suspend":
            stage.enforce(stage.registry, "resume", FILING, EVIDENCE)
        case "pause":
            stage.enforce(stage.registry, "unpause", FILING, PAUSED)
        case "overdue":
            latest = stage.filing().last_obligation
            stage.act("discloser", stage.registry, "publish", FILING, latest, 7, ZERO_HASH, EVIDENCE, "", 0)


def test_P9_every_set_of_stops_stops_what_the_terms_say(stage: World) -> None:
    """Round all sets of stops: at once after each step every preview says what the terms say, and at last as before."""
    before, tokens = answers(stage), storage(stage)
    assert len({answer for key, answer in before.items() if key[1] == "reasonAgainst"}) > 5
    there: set[str] = set()
    for stops in ROUND:
        for how in set(stops) - there:
            stop(stage, how)
        for how in there - set(stops):
            resume(stage, how)
        there = set(stops)
        said = answers(stage)
        wanted = expected(before, there)
        assert {key: said[key] for key in said if said[key] != wanted[key]} == {}, stops
    after = storage(stage)
    assert {at for at in tokens if tokens[at] != after[at]} == {stage.registry.address}  # it counts obligations


@pytest.mark.parametrize("how", ["suspend", "pause"])
def test_P9_resuming_restores_every_word(stage: World, how: str) -> None:
    """After suspension or pause and its end, no contract's storage differs by a bit."""
    before = storage(stage)
    stop(stage, how)
    assert storage(stage) != before
    resume(stage, how)
    assert storage(stage) == before


def test_P9_publishing_restores_what_was_due(stage: World) -> None:
    """After a late publication the filing is good until what it was good until before; nothing else differs."""
    before, holdings = stage.filing(), storage(stage)
    stop(stage, "overdue")
    assert stage.filing().overdue(stage.now)
    resume(stage, "overdue")
    after = stage.filing()
    assert (after.status, after.paused, after.good_until) == (before.status, before.paused, before.good_until)
    assert after.open_obligations == before.open_obligations
    changed = storage(stage)
    assert {at for at in holdings if holdings[at] != changed[at]} == {stage.registry.address}


def test_P9_overdue_stops_from_the_very_second(stage: World) -> None:
    """To its last good second everything moves; in the next, without any transaction, it is stopped."""
    stage.act("discloser", stage.registry, "openObligation", FILING, 7, stage.now + 50, 10, 0)
    before, last_good = answers(stage), stage.now + 60
    stage.warp_to(last_good)
    assert answers(stage) == before
    stage.mint(stage.senior, {"alice": 100})
    stage.transfer(stage.senior, "alice", "bob", 100)
    before = answers(stage)
    stage.warp_to(last_good + 1)
    assert answers(stage) == expected(before, ["overdue"])


# ---- every way of moving


def ways(stage: World, token: Contract) -> dict[str, Callable[[], object]]:
    """Every way in which tokens move or are made, each prepared and signed once: the same again is the same act."""
    stage.act("alice", token, "approve", stage["carol"], 500)
    made = trade(stage, token=token.address, deadline=2**40 - 1)
    allow(stage, made)
    filled = order(stage, "dave", 100, 1_000, token=token.address, deadline=2**40 - 1, id=number(7))
    ordered = sign_order(stage, filled)
    given = permit(stage, stage.cash, "dave", 1_000, 2**40 - 1)
    allotted = stage.approval(token, [("dave", 100)], deadline=2**40 - 1)
    minted = stage.approval(token, [("alice", 100)], deadline=2**40 - 1)
    settle = settling(stage, made)
    allot = ([filled.as_tuple()], [ordered], [given], allotted[0].as_tuple(), allotted[1])
    mint = ([stage["alice"]], [100], minted[0].as_tuple(), minted[1])
    alice, bob = stage["alice"], stage["bob"]
    return {
        "transfer": lambda: stage.act("alice", token, "transfer", bob, 100),
        "transferFrom": lambda: stage.act("carol", token, "transferFrom", alice, bob, 100),
        "transferBatch": lambda: stage.act("alice", token, "transferBatch", [bob, bob], [10, 90]),
        "settle": lambda: stage.act("stranger", stage.settlement, "settle", *settle),
        "mint": lambda: stage.act("issuer", token, "mint", *mint),
        "allot": lambda: stage.act("issuer", stage.settlement, "allot", *allot),
    }


@pytest.mark.parametrize(("how", "reason"), [("suspend", "FilingNotEffective"), ("pause", "TokenPaused")])
def test_P9_no_way_leads_past_a_stop(stage: World, how: str, reason: str) -> None:
    """Transfers, batches, trades, mints and allotments are refused with the stop's reason, and pass when it ends."""
    stage.enforce(stage.settlement, "setProceedsAccount", FILING, stage["proceeds"])
    acts = ways(stage, stage.mezzanine)
    stop(stage, how)
    refused = {name: reason_of(refusal(act)) for name, act in acts.items()}
    assert refused == dict.fromkeys(acts, reason)
    resume(stage, how)
    for act in acts.values():
        act()


def test_P9_overdue_stops_what_the_terms_say(stage: World) -> None:
    """On a token whose terms let transfers go on, an overdue disclosure stops mints and allotments alone."""
    stage.enforce(stage.settlement, "setProceedsAccount", FILING, stage["proceeds"])
    acts = ways(stage, stage.mezzanine)
    stop(stage, "overdue")
    for name, act in acts.items():
        if name in ("mint", "allot"):
            assert reason_of(refusal(act)) == "DisclosureOverdue"
        else:
            act()
    resume(stage, "overdue")
    acts["mint"]()
    acts["allot"]()


@pytest.mark.parametrize("how", STOPS)
def test_P9_what_is_not_stopped_goes_on(stage: World, how: str) -> None:
    """Redeeming, freezing, forced transfers, recovery and payments go on through every stop."""
    terms = payment(stage, 1, 10_000)
    declare(stage, terms)
    stop(stage, how)
    stage.act("alice", stage.senior, "redeem", 33)
    stage.freeze(stage.senior, "alice", 10)
    stage.enforce(stage.senior, "forcedTransfer", stage["alice"], stage["carol"], 17)
    stage.enforce(stage.registry, "recordSuccessor", stage["dave"], stage["dave_spare"])
    stage.enforce(stage.senior, "recover", stage["dave"])
    done = stage.act("stranger", stage.distribution, "push", terms, [stage[name] for name in HOLDERS])
    assert [args["amount"] for args in done.all("Paid")] == [5_555, 2_777, 1_666]
