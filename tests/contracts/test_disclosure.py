"""Obligations to disclose: `openObligation`, `publish`, and the issue that opens its own.

given an open obligation
    when its last good second has passed
        it should stop mints at once, and transfers where the terms say so
    when it is published
        it should leave the open ones, or be due again, and what it stopped should go on
given several
    it should be the earliest that counts
given the first mint of a filing
    it should open the report on the completion of the issue by itself
given 32 open obligations
    it should open no other, and keep one place for issue completion
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from abst.chain.contracts import Contract
from abst.chain.words import NO_OBLIGATION
from abst.values import ZERO_HASH, hash_of
from world import COMPLETION, DAY, FILING, MEZZANINE, SENIOR, T0, World, reason_of

MONTHLY = 31 * DAY
REPORT = hash_of(b"report")
SERIES = hash_of(b"monthly report")


def open_one(world: World, due: int, grace: int = 0, recurrence: int = 0, kind: int = 7) -> int:
    arguments = (FILING, kind, due, grace, recurrence)
    done = world.act("discloser", world.registry, "openObligation", *arguments)
    number: int = done.only("ObligationOpened")["obligation"]
    return number


def publish(world: World, obligation: int, next_due: int = 0) -> tuple[object, ...]:
    return (FILING, obligation, 7, SERIES, REPORT, "https://example.org/report.pdf", next_due)


def mint_stops(world: World, token: Contract | None = None) -> bool:
    return world.mint_preview(token or world.senior, "alice", 100) == "DisclosureOverdue"


def test_opening_says_so(world: World) -> None:
    """An obligation gets the filing's next number; its words stand in the event and in the registry."""
    assert open_one(world, T0 + DAY, 3_600, MONTHLY) == 1
    assert open_one(world, T0 + 2 * DAY) == 2
    assert world.registry.read("obligationOf", FILING, 1) == (7, T0 + DAY, 3_600, MONTHLY)
    assert world.registry.read("openObligations", FILING) == (1, 2)
    record = world.filing()
    assert (record.open_obligations, record.last_obligation, record.good_until) == (2, 2, T0 + DAY + 3_600)


def test_grace_is_still_good(held: World) -> None:
    """The last good second is due plus grace; in the next one mints and transfers stop."""
    open_one(held, T0 + DAY, grace=3_600)
    held.warp_to(T0 + DAY + 3_600)
    held.mint(held.senior, {"alice": 100})
    held.warp(1)
    assert reason_of(held.mint_refused(held.senior, {"alice": 100})) == "DisclosureOverdue"
    assert reason_of(held.transfer_refused(held.senior, "alice", "bob", 100)) == "DisclosureOverdue"


def test_publishing_resumes(held: World) -> None:
    """Publishing what was overdue lets mints and transfers go on in the next block, and the document is on record."""
    number = open_one(held, T0 + DAY)
    held.warp_to(T0 + DAY + 1)
    assert mint_stops(held)
    done = held.act("discloser", held.registry, "publish", *publish(held, number))
    assert done.only("Published") == {
        "filing": FILING,
        "obligation": number,
        "name": SERIES,
        "kind": 7,
        "version": 1,
        "documentHash": REPORT,
        "uri": "https://example.org/report.pdf",
    }
    held.mint(held.senior, {"alice": 100})
    held.transfer(held.senior, "alice", "bob", 100)


def test_the_earliest_counts(world: World) -> None:
    """Of several obligations the earliest last good second counts, whichever is opened or closed."""
    goods = []
    for due, grace in ((30, 0), (10, 15), (20, 0), (21, 0)):
        open_one(world, T0 + due, grace)
        goods.append(world.filing().good_until - T0)
    for number in (3, 2, 4, 1):
        world.act("discloser", world.registry, "publish", *publish(world, number))
        goods.append(min(world.filing().good_until - T0, 99))
    assert goods == [30, 25, 20, 20, 21, 21, 30, 99]
    assert world.filing().good_until == NO_OBLIGATION


def test_a_recurring_one_is_due_again(world: World) -> None:
    """A recurring obligation stays open with its next due second, at most its recurrence later."""
    number = open_one(world, T0 + DAY, 3_600, MONTHLY)
    world.act("discloser", world.registry, "publish", *publish(world, number, T0 + DAY + MONTHLY))
    assert world.registry.read("openObligations", FILING) == (number,)
    assert world.filing().good_until == T0 + DAY + MONTHLY + 3_600


@pytest.mark.parametrize("step", [0, -1, MONTHLY + 1])
def test_the_next_due_second_is_bounded(world: World, step: int) -> None:
    """The next due second lies after the last one and within the recurrence: a discloser cannot put it off."""
    number = open_one(world, T0 + DAY, 0, MONTHLY)
    why = world.refused("discloser", world.registry, "publish", *publish(world, number, T0 + DAY + step))
    assert why.name == "NextDueWrong"
    assert (why.args["earliest"], why.args["latest"]) == (T0 + DAY + 1, T0 + DAY + MONTHLY)


@pytest.mark.parametrize(("obligation", "next_due"), [(1, T0 + 1), (0, T0 + 1)])
def test_what_is_due_once_has_no_next(world: World, obligation: int, next_due: int) -> None:
    """An obligation due once, or a publication that closes none, names no next due second."""
    open_one(world, T0 + DAY)
    assert world.refused("discloser", world.registry, "publish", *publish(world, obligation, next_due)).name == (
        "NextDueWrong"
    )


def test_a_closed_one_is_not_closed_again(world: World) -> None:
    """What was published, or never opened, is not open."""
    number = open_one(world, T0 + DAY)
    world.act("discloser", world.registry, "publish", *publish(world, number))
    for unknown in (number, 2, 65_535):
        why = world.refused("discloser", world.registry, "publish", *publish(world, unknown))
        assert (why.name, why.args) == ("ObligationUnknown", {"filing": FILING, "obligation": unknown})


def test_a_document_may_close_nothing(world: World) -> None:
    """A document of its own is published without touching what is due."""
    open_one(world, T0 + DAY)
    before = world.filing()
    world.act("discloser", world.registry, "publish", *publish(world, 0))
    assert world.filing() == replace(before, documents=1)
    nameless = (FILING, 0, 7, ZERO_HASH, REPORT, "", 0)
    assert world.act("discloser", world.registry, "publish", *nameless).only("Published")["version"] == 0
    assert world.filing() == replace(before, documents=1)


def test_the_past_is_not_due(world: World) -> None:
    """An obligation is due now or later."""
    open_one(world, T0)
    why = world.refused("discloser", world.registry, "openObligation", FILING, 7, T0 - 1, DAY, 0)
    assert why.name == "DueInThePast"


def test_the_far_future_is_not_due(world: World) -> None:
    """Neither grace nor recurrence leads out of 40 bits: no obligation wraps around and is overdue at once."""
    furthest = 2**32 - 1
    latest = 2**40 - 1 - 2 * furthest
    number = open_one(world, latest, furthest, furthest)
    assert world.filing().good_until == latest + furthest
    why = world.refused("discloser", world.registry, "openObligation", FILING, 7, latest + 1, 0, 0)
    assert (why.name, why.args["latest"]) == ("DueTooFar", latest)
    why = world.refused("discloser", world.registry, "publish", *publish(world, number, latest + 1))
    assert why.name == "NextDueWrong"


def test_the_first_mint_opens_issue_completion(world: World) -> None:
    """The first mint of any tranche opens the report on the issue's completion, once for the filing (R-71)."""
    done = world.mint(world.mezzanine, {"alice": 100})
    assert done.only("ObligationOpened") == {
        "filing": FILING,
        "obligation": 1,
        "kind": 1,
        "due": T0 + COMPLETION,
        "grace": 0,
        "recurrence": 0,
    }
    assert world.filing().issue_begun is True
    assert world.mint(world.mezzanine, {"alice": 100}).all("ObligationOpened") == []
    assert world.mint(world.senior, {"alice": 100}).all("ObligationOpened") == []
    world.warp(COMPLETION + 1)
    assert mint_stops(world)
    world.act("discloser", world.registry, "publish", *publish(world, 1))
    world.mint(world.senior, {"alice": 100})


def test_only_a_tranche_reports_an_issue(world: World) -> None:
    """Nobody but the filing's own tokens can say that the issue has begun."""
    for who in ("issuer", "discloser", "stranger"):
        why = world.refused(who, world.registry, "noteIssue", FILING)
        assert (why.name, why.args) == ("NotATrancheOf", {"filing": FILING, "caller": world[who]})


def test_at_most_32_are_open(world: World) -> None:
    """31 may be opened before the issue: the last place is issue completion's; afterwards 32."""
    for place in range(31):
        open_one(world, T0 + DAY + place)
    why = world.refused("discloser", world.registry, "openObligation", FILING, 7, T0 + DAY, 0, 0)
    assert (why.name, why.args) == ("TooManyObligations", {"filing": FILING, "limit": 31})
    world.mint(world.senior, {"alice": 100})
    assert world.filing().open_obligations == 32
    why = world.refused("discloser", world.registry, "openObligation", FILING, 7, T0 + DAY, 0, 0)
    assert why.args["limit"] == 32
    for number in (1, 32, 16):
        world.act("discloser", world.registry, "publish", *publish(world, number))
    assert world.filing().good_until == T0 + DAY + 1
    assert open_one(world, T0 + DAY) == 33
    assert len(set(world.registry.read("openObligations", FILING))) == 30


def test_overdue_is_one_filings(world: World) -> None:
    """An overdue disclosure of one filing leaves another filing's tokens alone."""
    world.file(2, (SENIOR, MEZZANINE))
    world.create(2, (SENIOR, MEZZANINE))
    open_one(world, T0)
    world.warp(1)
    assert mint_stops(world)
    assert not mint_stops(world, world.token(0, filing=2))
