"""Officers leave: two others take the powers of a key, the row is closed, and no side is left with one alone.

given an officer in office
    when two others want him to leave, or his passphrase is lost
        it should take his roles on chain, close his row, and list what he proposed
    when a role would be held by nobody, or a side of a timelock by one
        it should be refused
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import copied, new_home, opened, passphrase, request, second_officer

from abst.bootstrap import AddOfficer, add_officer
from abst.chain import leaving
from abst.chain.leaving import Leave
from abst.chain.office import Office
from abst.chain.roles import TIMELOCK_OF_OFFICER
from abst.decisions import officers, staffing
from abst.decisions.staffing import Staffing
from abst.errors import NotAuthorised, Refused, UsageError
from abst.integrity import replay
from abst.integrity.checks import standing
from nodes import warp

WORK = 2
DAY = 86_401


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("officers") / "home"
    new_home(home)
    return home


@pytest.fixture
def office(template: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(copied(template, tmp_path / "home")) as made:
        yield made


def hire(office: Office, name: str, role: str) -> None:
    asked = AddOfficer(
        officer="operations-1",
        request=request(),
        name=name,
        roles=(role,),
        passphrase=passphrase(name),
        work=WORK,
    )
    waiting = add_officer(office, asked)
    if role not in ("maker", "checker"):
        warp(office, DAY)
    assert second_officer(office, waiting).outcome == "done"


def leave(name: str, officer: str = "operations-1") -> Leave:
    return Leave(officer=officer, request=request(), name=name, reason="lost passphrase")


def left_at(office: Office, name: str) -> int | None:
    with office.store.read() as session:
        return officers.get(session, name).left_at


def test_an_officer_leaves_when_another_holds_his_role(office: Office) -> None:
    """The last of a role stays; with another one in office he leaves by two officers, after the delay, for good."""
    with pytest.raises(Refused) as no:
        leaving.leave(office, leave("regulator-desk"))
    assert [(r.rule, r.reason) for r in no.value.refusals] == [("R-62", "role-unfilled")]
    hire(office, "regulator-two", "regulator")
    asked = leaving.leave(office, leave("regulator-desk"))
    assert left_at(office, "regulator-desk") is None
    warp(office, DAY)
    assert second_officer(office, asked).outcome == "done"
    assert left_at(office, "regulator-desk") is not None
    assert standing(office) == []
    with office.store.read() as session, pytest.raises(NotAuthorised, match="left"):
        officers.require(session, "regulator-desk", "regulator")
    with pytest.raises(Refused) as no:
        leaving.leave(office, leave("regulator-desk"))
    assert [r.reason for r in no.value.refusals] == ["officer-left"]
    assert {one.outcome for one in replay.replay_all(office)} == {"same", "no-gates"}


def test_a_maker_of_the_enforcement_leaves_without_delay(office: Office) -> None:
    """Its own officers take a side of the enforcement timelock; what the leaving one proposed is listed."""
    with pytest.raises(Refused) as no:
        leaving.leave(office, leave("operations-2"))
    assert {r.reason for r in no.value.refusals} == {"role-unfilled"}
    hire(office, "maker-three", "maker")
    waiting = add_officer(
        office,
        AddOfficer(
            officer="maker-three",
            request=request(),
            name="maker-four",
            roles=("maker",),
            passphrase=passphrase(""),
            work=WORK,
        ),
    )
    asked = leaving.leave(office, leave("maker-three"))
    assert asked.result["proposals"] == [waiting.proposal]
    assert second_officer(office, asked).outcome == "done"
    assert left_at(office, "maker-three") is not None
    assert standing(office) == []


def test_who_may_take_nothing_is_told_so(office: Office) -> None:
    """A reason is given, and the maker is one of a timelock that the leaving officer stands on."""
    with pytest.raises(UsageError, match="reason"):
        leaving.leave(office, Leave(officer="operations-1", request=request(), name="compliance-1", reason=" "))
    with pytest.raises(UsageError, match="nothing of his"):
        leaving.leave(office, leave("regulator-desk", officer="bank-desk"))


@pytest.mark.parametrize(("others", "refused"), [(1, True), (2, False), (3, False)])
def test_each_side_of_a_timelock_keeps_two(others: int, refused: bool) -> None:
    """One other is too few, two are enough."""
    facts = Staffing("li", False, (("maker", others),), tuple(TIMELOCK_OF_OFFICER))
    assert bool(staffing.decide(facts)) == refused


@pytest.mark.parametrize(("others", "refused"), [(0, True), (1, False)])
def test_every_other_role_keeps_one(others: int, refused: bool) -> None:
    """None is too few, one is enough."""
    facts = Staffing("li", False, (("bank", others),), tuple(TIMELOCK_OF_OFFICER))
    assert bool(staffing.decide(facts)) == refused
