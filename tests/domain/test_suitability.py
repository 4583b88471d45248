"""Risk capacity: from every answer, capped by the cautious ones, and good for twelve months."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import BOLD, TODAY, investor

from abst.investor.model import Answers
from abst.investor.regimes import months_after
from abst.investor.suitability import assess, questionnaire
from abst.rulebook import load

BOOK = load()
FORM = questionnaire()
answers_of = st.fixed_dictionaries({name: st.sampled_from(sorted(q.options)) for name, q in FORM.questions.items()})


def answered(options: dict[str, str], on: date = date(2026, 8, 1), version: str = "risk-1") -> Answers:
    return Answers(version=version, answered_on=on, options=options)


@given(answers_of)
def test_capacity_is_the_band_of_the_score_under_every_cap(options: dict[str, str]) -> None:
    """The capacity is what the score reaches, never above a cap, and the reasons say so."""
    found = assess(investor(answers=answered(options)), BOOK, TODAY)
    chosen = [FORM.questions[name].options[option] for name, option in options.items()]
    reached = max(level for level, least in FORM.bands.items() if found.score >= least)
    assert found.score == sum(option.points for option in chosen)
    assert found.capacity == min([reached, *(option.cap for option in chosen if option.cap)])
    assert found.refusals == ()
    assert found.reasons


def test_all_capacities_can_be_reached() -> None:
    """The bands rise, and some set of answers leads to each capacity."""
    assert all(a < b for a, b in pairwise(FORM.bands.values()))
    every = product(*(q.options for q in FORM.questions.values()))
    found = {
        assess(investor(answers=answered(dict(zip(FORM.questions, o, strict=True)))), BOOK, TODAY).capacity
        for o in every
    }
    assert found == {1, 2, 3, 4, 5}


def test_it_lapses_after_twelve_months_to_the_day() -> None:
    """Good on the day of the answers and on the last day; before and after it is refused."""
    day = date(2027, 2, 28)
    last, one = months_after(day, 12), timedelta(days=1)
    record = investor(answers=answered(BOLD, day))
    capacities = [assess(record, BOOK, on).capacity for on in (day - one, day, last, last + one)]
    assert capacities == [0, 5, 5, 0]
    assert [r.reason for r in assess(record, BOOK, last + one).refusals] == ["suitability-lapsed"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"answers": None}, [("R-47", "no-questionnaire")]),
        ({"answers": answered(BOLD, version="risk-0")}, [("R-47", "questionnaire-version")]),
        ({"answers": answered({**BOLD, "loss": "much"})}, [("R-47", "question-open")]),
        ({"answers": answered({k: v for k, v in BOLD.items() if k != "loss"})}, [("R-47", "question-open")]),
        ({"answers": answered({**BOLD, "star": "leo"})}, [("R-47", "question-unknown")]),
        ({"acknowledged": ("token-risk-1",)}, [("R-49", "not-acknowledged")]),
        ({"acknowledged": ()}, [("R-48", "not-acknowledged"), ("R-49", "not-acknowledged")]),
    ],
)
def test_what_is_missing_is_refused(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    """No answers, other versions, open questions and unread texts each give their own refusal and no capacity."""
    found = assess(investor(**changes), BOOK, TODAY)
    assert [(r.rule, r.reason) for r in found.refusals] == expected
    assert (found.capacity, found.until) == (0, None)
