"""Material events in the figures of a period: exact at every share, and files of figures that cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.decisions.results import plain_of
from abst.disclosure.due import read_figures
from abst.disclosure.events import GATES, Distribution, Exposure, Figures, Told, decide, name_of
from abst.errors import UsageError
from abst.integrity.kinds import KINDS
from abst.rulebook import load

BOOK = load()
AMOUNT = st.integers(0, 10**15)
FIGURES = Figures("sample", 3, (), 0, 0, 0)


def found(figures: Figures) -> list[str]:
    return [refusal.reason for refusal in decide(figures, BOOK)]


@given(losses=AMOUNT, told=AMOUNT, principal=AMOUNT)
def test_a_loss_is_found_from_the_first_unit_over_a_tenth(losses: int, told: int, principal: int) -> None:
    """By cross-multiplied integers, whatever their size."""
    figures = replace(FIGURES, losses=losses, principal=principal, told=Told(losses=told))
    assert (found(figures) == ["pool-loss"]) == (losses > told and 10 * (losses - told) > principal)


@given(forecast=AMOUNT, expected=AMOUNT, before=st.integers(1, 1000), filed=st.integers(1, 1000))
def test_a_fall_is_found_at_a_fifth(forecast: int, expected: int, before: int, filed: int) -> None:
    """Of what was last told: so many parts of what was filed."""
    figures = replace(FIGURES, forecast=forecast, expected=expected, told=Told(forecast=before, expected=filed))
    fallen = expected > 0 and 10 * forecast * filed <= 8 * expected * before
    assert (found(figures) == ["forecast-fallen"]) == fallen


@given(pool=AMOUNT, one=AMOUNT, many=AMOUNT)
def test_a_concentration_is_found_over_its_share(pool: int, one: int, many: int) -> None:
    """15 % for one obligor, 20 % for a group."""
    figures = replace(FIGURES, pool=pool, exposures=(Exposure("obligor", "o", one), Exposure("group", "g", many)))
    over = 100 * one > 15 * pool or 100 * many > 20 * pool
    assert (found(figures) == ["obligor-concentrated"]) == over


@given(classes=st.lists(st.tuples(AMOUNT, AMOUNT), max_size=4))
def test_a_class_paid_less_is_missed(classes: list[tuple[int, int]]) -> None:
    """By any unit; all of them are named in one refusal."""
    figures = replace(FIGURES, distributions=tuple(Distribution(f"C{n}", *one) for n, one in enumerate(classes)))
    refusals = decide(figures, BOOK)
    short = [n for n, (due, paid) in enumerate(classes) if paid < due]
    assert [refusal.found.count(" of ") for refusal in refusals] == ([len(short)] if short else [])


def test_names_fit_the_chain_and_decide_runs_every_gate() -> None:
    """A name has at most 32 bytes with a period of five digits; what decides is what a decision stores."""
    bad = Figures("f", 1, (Distribution("A", 1, 0),), 1, 9, 1, (Exposure("group", "g", 1),), 1, 9)
    refusals = decide(bad, BOOK)
    assert len(refusals) == len(GATES)
    assert all(len(name_of(refusal.reason, 99_999)) <= 32 for refusal in refusals)
    judged = KINDS["material-event"].judge("material-event", bad, BOOK)
    assert list(judged.refusals) == refusals
    assert KINDS["material-event"].restore(plain_of(bad)) == bad


WHOLE = {
    "period": 3,
    "distributions": [{"tranche": "A1", "due": 100, "paid": 99}],
    "principal": 1000,
    "losses": 5,
    "pool": 900,
    "exposures": [{"kind": "group", "id": "g-1", "balance": 1}],
    "forecast": 80,
    "expected": 100,
}


def test_figures_are_read() -> None:
    """From JSON or YAML; what is left out is nothing."""
    figures = read_figures(json.dumps(WHOLE).encode(), "sample")
    assert (figures.filing, figures.distributions) == ("sample", (Distribution("A1", 100, 99),))
    assert (figures.exposures, figures.told) == ((Exposure("group", "g-1", 1),), Told())
    least = read_figures(b"{period: 1, distributions: [], principal: 1, losses: 0, pool: 1}", "sample")
    assert (least.exposures, least.forecast) == ((), 0)


def test_the_example_of_the_docs_is_read() -> None:
    """What docs/calendar.md shows can be given to the command."""
    page = (Path(__file__).parents[2] / "docs/calendar.md").read_text(encoding="utf-8")
    figures = read_figures(page.split("```yaml\n")[1].split("```")[0].encode(), "sample")
    assert (figures.period, found(figures)) == (7, [])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"losses": 1.5}, "float"),
        ({"losses": None}, "losses"),
        ({"loses": 1}, "loses: no such field"),
        ({"told": {"losses": 1}}, "told: no such field"),
        ({"filing": "another"}, "filing: no such field"),
        ({"exposures": [{"kind": "person", "id": "x", "balance": 1}]}, "exposures.0.kind"),
        ({"exposures": [{"kind": "group", "id": "x", "balance": 1, "name": "y"}]}, "exposures[0].name: no such field"),
        ({"distributions": [{"tranche": "A1", "due": 1}]}, "distributions.0.paid"),
        ({"distributions": "all"}, "distributions"),
    ],
)
def test_wrong_figures_are_told_with_their_place(change: dict[str, object], told: str) -> None:
    """Nothing is guessed and nothing passed over."""
    with pytest.raises(UsageError) as wrong:
        read_figures(json.dumps({**WHOLE, **change}).encode(), "sample")
    assert told in str(wrong.value)


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"a: [", b"\xff\xfe\x00", b"- x: " + b"[" * 1100])
def test_what_is_no_mapping(content: bytes) -> None:
    """Neither an empty file nor a broken one is a traceback."""
    with pytest.raises(UsageError):
        read_figures(content, "sample")
