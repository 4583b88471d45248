"""A filing's states: what the authority did, as the registrar, the regulator and the enforcement record it.

given a filing in one of its states
    when an act that leads on from there is recorded
        it should be in the next state, with the evidence in the event
    when any other act is recorded
        it should be refused, naming the state found and the one asked for
given a number that was never recorded
    it should be refused
given a supplement
    it should replace the plan before the filing is effective, and never after
"""

from __future__ import annotations

from typing import Any

import pytest

from abst.chain.words import NO_OBLIGATION, FilingRecord, FilingStatus
from world import EVIDENCE, OFFCHAIN, World

S = FilingStatus
NUMBER = 7
# What one officer may record (rulebook section E): from state to states.
RECORDABLE: dict[FilingStatus, set[FilingStatus]] = {
    S.SUBMITTED: {S.CONSULTATION, S.SUPPLEMENT_REQUESTED, S.REFUSED, S.WITHDRAWN},
    S.CONSULTATION: {S.SUBMITTED, S.SUPPLEMENT_REQUESTED, S.REFUSED, S.WITHDRAWN},
    S.SUPPLEMENT_REQUESTED: {S.REFUSED, S.WITHDRAWN},
    S.EFFECTIVE: {S.LAPSED},
    S.SUSPENDED: {S.LAPSED},
    S.REFUSED: set(),
    S.WITHDRAWN: set(),
    S.LAPSED: set(),
}
# How a filing gets there, act by act, from being recorded.
PATHS: dict[FilingStatus, tuple[str | FilingStatus, ...]] = {
    S.SUBMITTED: (),
    S.CONSULTATION: (S.CONSULTATION,),
    S.SUPPLEMENT_REQUESTED: (S.CONSULTATION, S.SUPPLEMENT_REQUESTED),
    S.EFFECTIVE: ("makeEffective",),
    S.SUSPENDED: ("makeEffective", "suspend"),
    S.REFUSED: (S.REFUSED,),
    S.WITHDRAWN: (S.SUPPLEMENT_REQUESTED, S.WITHDRAWN),
    S.LAPSED: ("makeEffective", "suspend", S.LAPSED),
}
SPECIAL = {
    "makeEffective": (S.SUBMITTED, S.EFFECTIVE),
    "suspend": (S.EFFECTIVE, S.SUSPENDED),
    "resume": (S.SUSPENDED, S.EFFECTIVE),
}


def record(world: World, plan: str = OFFCHAIN, tranches: int = 3, number: int = NUMBER) -> tuple[Any, ...]:
    """The registrar's act that records a filing."""
    return ("registrar", world.registry, "recordFiling", number, plan, tranches, 100)


def take(world: World, step: str | FilingStatus) -> dict[str, Any]:
    """One step of a path; the arguments of the event it emits."""
    if isinstance(step, FilingStatus):
        done = world.act("registrar", world.registry, "recordStatus", NUMBER, step, EVIDENCE)
    elif step == "suspend":
        done = world.act("regulator", world.registry, step, NUMBER, EVIDENCE)
    else:
        done = world.enforce(world.registry, step, NUMBER, EVIDENCE)
    return done.only("FilingStatusChanged")


@pytest.fixture(params=list(PATHS), ids=lambda state: state.name)
def state(request: pytest.FixtureRequest, world: World) -> FilingStatus:
    """A filing brought into each of its states."""
    world.act(*record(world))
    for step in PATHS[request.param]:
        take(world, step)
    reached: FilingStatus = request.param
    assert world.filing(NUMBER).status == reached
    return reached


def test_a_recorded_filing_is_submitted(world: World) -> None:
    """A new filing is submitted: nothing made, nothing due, its plan's hash on chain."""
    done = world.act(*record(world))
    assert done.names == ["FilingRecorded", "FilingStatusChanged"]
    assert done.only("FilingRecorded") == {"filing": NUMBER, "planHash": OFFCHAIN, "tranches": 3}
    assert world.filing(NUMBER) == FilingRecord(status=S.SUBMITTED, planned=3, good_until=NO_OBLIGATION)
    assert world.registry.read("planHashOf", NUMBER) == OFFCHAIN


def test_a_number_is_used_once(world: World) -> None:
    """A filing's number is never used twice."""
    world.act(*record(world))
    assert world.refused(*record(world)).name == "FilingExists"


@pytest.mark.parametrize(
    ("plan", "tranches", "error"),
    [
        ("0x" + "00" * 32, 3, "PlanEmpty"),
        (OFFCHAIN, 0, "PlanEmpty"),
        (OFFCHAIN, 33, "TooManyTranches"),
        (OFFCHAIN, 32, None),
    ],
)
def test_a_plan_has_a_hash_and_tranches(world: World, plan: str, tranches: int, error: str | None) -> None:
    """A plan has a hash and from 1 to 32 tranches."""
    if error is None:
        world.act(*record(world, plan, tranches))
    else:
        assert world.refused(*record(world, plan, tranches)).name == error


def test_one_officer_records_what_leads_nowhere_new(world: World, state: FilingStatus) -> None:
    """In each state the registrar can record exactly the authority's acts that start and restart nothing."""
    for to in FilingStatus:
        call = world.registry.encode("recordStatus", NUMBER, to, EVIDENCE)
        if to in RECORDABLE[state]:
            world.chain.call(world.registry.address, call, world["registrar"])
        else:
            why = world.refused("registrar", world.registry, "recordStatus", NUMBER, to, EVIDENCE)
            assert why.name == "WrongStatus"
            assert why.args == {"filing": NUMBER, "found": state.name, "wanted": to.name}


@pytest.mark.parametrize(
    ("begin", "to"), [(begin, to) for begin, states in RECORDABLE.items() for to in sorted(states)]
)
def test_recording_changes_the_state(world: World, begin: FilingStatus, to: FilingStatus) -> None:
    """What is recorded becomes the state, with both states and the evidence in the event."""
    world.act(*record(world))
    for step in PATHS[begin]:
        take(world, step)
    assert take(world, to) == {"filing": NUMBER, "from": begin, "to": to, "evidence": EVIDENCE}
    assert world.filing(NUMBER).status == to


@pytest.mark.parametrize("fn", SPECIAL)
def test_effect_suspension_and_resumption_have_one_way(world: World, state: FilingStatus, fn: str) -> None:
    """A submitted filing becomes effective, an effective one is suspended, a suspended one resumed; no other way."""
    begin, to = SPECIAL[fn]
    if state == begin:
        assert take(world, fn)["to"] == to
        return
    arguments = (world.registry, fn, NUMBER, EVIDENCE)
    why = world.refused("regulator", *arguments) if fn == "suspend" else world.enforcement_refused(*arguments)
    assert (why.name, why.args["found"]) == ("WrongStatus", state.name)


def test_a_supplement_may_change_the_plan(world: World, state: FilingStatus) -> None:
    """An answered supplement submits the filing again, with its new plan; in no other state does a plan change."""
    arguments = ("registrar", world.registry, "recordSupplement", NUMBER, EVIDENCE, 2, EVIDENCE)
    if state == S.SUPPLEMENT_REQUESTED:
        world.act(*arguments)
        assert (world.filing(NUMBER).status, world.filing(NUMBER).planned) == (S.SUBMITTED, 2)
        assert world.registry.read("planHashOf", NUMBER) == EVIDENCE
    else:
        assert world.refused(*arguments).name == "WrongStatus"
        assert world.registry.read("planHashOf", NUMBER) == OFFCHAIN


@pytest.mark.parametrize(
    ("who", "fn", "arguments"),
    [
        ("registrar", "recordStatus", (S.REFUSED, EVIDENCE)),
        ("registrar", "recordSupplement", (EVIDENCE, 1, EVIDENCE)),
        ("regulator", "suspend", (EVIDENCE,)),
        ("agent", "pause", (0,)),
        ("agent", "announceRecordDate", (2_000_000_000,)),
        ("discloser", "openObligation", (1, 2_000_000_000, 0, 0)),
        ("discloser", "publish", (0, 1, EVIDENCE, EVIDENCE, "", 0)),
        ("discloser", "locateDocuments", ("https://example.org/",)),
        ("discloser", "subscribe", ("0x" + "11" * 20,)),
        ("discloser", "unsubscribe", ("0x" + "11" * 20,)),
    ],
)
def test_an_unknown_filing_has_no_acts(world: World, who: str, fn: str, arguments: tuple[Any, ...]) -> None:
    """Acts on a number that was never recorded are refused."""
    why = world.refused(who, world.registry, fn, 99, *arguments)
    assert (why.name, why.args) == ("FilingUnknown", {"filing": 99})


def test_a_pause_is_of_a_planned_tranche(world: World) -> None:
    """Each planned tranche is paused and released by itself; others do not exist."""
    for tranche in (0, 2):
        assert world.act("agent", world.registry, "pause", 1, tranche).only("PausedSet")["paused"] is True
    assert world.filing().paused == 0b101
    world.enforce(world.registry, "unpause", 1, 0)
    assert world.filing().paused == 0b100
    assert world.refused("agent", world.registry, "pause", 1, 4).name == "TrancheUnknown"


def test_a_filing_lapses_only_while_nothing_is_issued(held: World) -> None:
    """A filing under which tokens were issued does not lapse, whatever its state; another still does."""
    for suspended in (False, True):
        if suspended:
            held.act("regulator", held.registry, "suspend", 1, EVIDENCE)
        why = held.refused("registrar", held.registry, "recordStatus", 1, S.LAPSED, EVIDENCE)
        assert (why.name, why.args) == ("IssueBegun", {"filing": 1})
    held.act(*record(held))
    take(held, "makeEffective")
    assert take(held, S.LAPSED)["to"] == S.LAPSED


def test_what_is_recorded_of_one_filing_leaves_another(world: World) -> None:
    """Suspending one filing leaves the other as it was."""
    world.act(*record(world))
    world.act("regulator", world.registry, "suspend", 1, EVIDENCE)
    assert world.filing(NUMBER).status == S.SUBMITTED
