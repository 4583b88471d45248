"""What gates say, as a decision stores it: all of it, in order, and able to be judged again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.decisions import judge, judged_by
from abst.decisions.results import ACT, plain_of, refused
from abst.errors import Refusal
from abst.holders.movement import FilingFacts, PartyFacts, TokenFacts
from abst.integrity.kinds import KINDS, kind
from abst.rulebook import Rulebook, load, refuse
from abst.servicing.gates import FaceFacts
from abst.values import canonical


@dataclass(frozen=True, slots=True)
class Sample:
    """A number and its limit."""

    number: int
    limit: int


def within(f: Sample) -> Refusal | None:
    """R-57: the number is within its limit."""
    if f.number <= f.limit:
        return None
    return refuse("R-57", "share-limit", found=str(f.number), needed=str(f.limit), where="sample")


def counted(f: Sample, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-59, R-101: one refusal for each unit over three, under a rulebook."""
    assert rulebook.rules
    for unit in range(3, f.number):
        yield refuse("R-59", "cap-exceeded", found=str(unit), needed="3", where=f"unit {unit}")


GATES = (within, counted)


@given(number=st.integers(-2, 8), limit=st.integers(0, 8))
def test_every_gate_has_its_result(number: int, limit: int) -> None:
    """All gates run; each that passed says its sentence, each refusal its own words, in the order of the gates."""
    judged = judge("sample", GATES, Sample(number, limit), load())
    over = max(number - 3, 0)
    assert len(judged.refusals) == (number > limit) + over
    assert [one["gate"] for one in judged.results if one["passed"]] == [
        name for name, passes in (("within", number <= limit), ("counted", not over)) if passes
    ]
    assert len(judged.results) == sum(one["passed"] for one in judged.results) + len(judged.refusals)
    for result in judged.results:
        if result["passed"]:
            assert (result["rule"], result["needed"]) in {
                ("R-57", "the number is within its limit."),
                ("R-59, R-101", "one refusal for each unit over three, under a rulebook."),
            }
    assert judged.as_stored() == {"kind": "sample", "facts": {"number": number, "limit": limit}}


def test_a_row_among_several_is_named_everywhere() -> None:
    """Places of refusals and of refused results begin with the row; what passed has no place."""
    judged = judge("sample", GATES, Sample(5, 9), load()).placed("row 4")
    assert {one.where for one in judged.refusals} == {"row 4: unit 3", "row 4: unit 4"}
    assert [one["where"] for one in judged.results] == ["", "row 4: unit 3", "row 4: unit 4"]
    assert judged.as_stored()["where"] == "row 4"
    assert judged.placed("") is judged


def test_a_judgement_made_elsewhere_passes_what_it_did_not_cite() -> None:
    """Of a composed judgement a gate passed when no refusal cites a rule of it."""
    no = refuse("R-59", "cap-exceeded", found="4", needed="3", where="sample")
    judged = judged_by("sample", [no], {"number": 4}, gates=GATES)
    assert [(one["gate"], one["passed"]) for one in judged.results] == [("sample", False), ("within", True)]
    assert refused(no)["gate"] == ACT


class Colour(Enum):
    RED = "red"


def test_plain_facts_have_one_form() -> None:
    """Dates, decimals, enumerations and sets become text and lists; a float is a bug."""
    facts = {"at": date(2028, 2, 29), "rate": Decimal("1.50"), "of": {"b", "a"}, "is": Colour.RED, "none": None}
    plain = plain_of(facts)
    assert plain == {"at": "2028-02-29", "rate": "1.5", "of": ["a", "b"], "is": "red", "none": None}
    assert canonical(plain)
    with pytest.raises(TypeError):
        plain_of({"rate": 1.5})


PARTY = PartyFacts("0x1", 1, False, 1, 2, "HK", 9, 9, 100, 0, 0, 100)
MOVEMENT = {
    "now": 5,
    "filing": plain_of(FilingFacts(1, "effective", False, 9, 1, 1)),
    "token": plain_of(TokenFacts("T", 1, 2, 10, 1_000, 0, 0, 9, True, 100, 1)),
    "sender": plain_of(PARTY),
    "receiver": plain_of(replace(PARTY, wallet="0x2", number=2)),
    "amount": 10,
}


@given(amount=st.integers(0, 300), now=st.integers(0, 20), frozen=st.integers(0, 150))
def test_restored_facts_are_judged_as_the_first_time(amount: int, now: int, frozen: int) -> None:
    """What is stored restores to equal facts, and these give equal refusals and results, for every kind of a list."""
    plain = MOVEMENT | {"amount": amount, "now": now, "sender": plain_of(replace(PARTY, frozen=frozen))}
    chosen = kind("transfer")
    facts = chosen.restore(plain)
    first = chosen.judge("transfer", facts, load())
    again = chosen.judge("transfer", chosen.restore(first.facts), load())
    assert first == again
    assert list(first.refusals) == list(chosen.decide(facts, load()))


@given(amount=st.integers(0, 9), outstanding=st.integers(0, 9), lost=st.integers(0, 9), now=st.integers(0, 9))
def test_kinds_decide_as_their_gates_judge(amount: int, outstanding: int, lost: int, now: int) -> None:
    """`decide` and the list of gates say the same of the same facts."""
    facts = FaceFacts("T", now, amount, outstanding, lost, 5)
    for name in ("face-lowered", "loss-reversed", "token-retired"):
        assert list(KINDS[name].decide(facts, load())) == list(KINDS[name].judge(name, facts, load()).refusals)
