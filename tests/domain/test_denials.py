"""Nobody of the mainland is ever served, whatever signal shows it; the United States by default."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import TODAY, evidence, investor

from abst.investor.denials import SIGNALS, denied, denied_countries
from abst.investor.model import EvidenceType
from abst.investor.regimes import classify
from abst.rulebook import load

countries = st.sampled_from(["HK", "SG", "GB", "MO", "TW", "CN", "US", "CH"])
signals = st.fixed_dictionaries({name: st.lists(countries, min_size=1, max_size=3) for name in SIGNALS})


@given(signals)
def test_denied_exactly_when_a_signal_says_so(said: dict[str, list[str]]) -> None:
    """A refusal for each signal and rule that hits; none when nothing does."""
    found = {(r.rule, r.where) for r in denied(said, load())}
    expected = {("R-43", f"investor.{n}") for n, codes in said.items() if "CN" in codes}
    expected |= {("R-54", f"investor.{n}") for n, codes in said.items() if "US" in codes}
    assert found == expected


@given(signals)
def test_the_mainland_is_denied_under_any_settings(said: dict[str, list[str]]) -> None:
    """With the other deny list emptied, a mainland signal still denies, and gives no ground to hold."""
    book = load().override("R-54", "denied", [])
    rules = {r.rule for r in denied(said, book)}
    assert rules == ({"R-43"} if any("CN" in codes for codes in said.values()) else set())
    record = investor(**{name: tuple(codes) for name, codes in said.items()})
    if rules:
        assert classify(record, book, TODAY).grounds == ()


@pytest.mark.parametrize("missing", SIGNALS)
def test_a_silent_signal_is_refused(missing: str) -> None:
    """No signal is passed because it is not there."""
    said = {name: ["HK"] for name in SIGNALS if name != missing}
    assert [(r.rule, r.reason, r.where) for r in denied(said, load())] == [
        ("R-43", "signal-missing", f"investor.{missing}")
    ]


def test_small_letters_do_not_slip_through() -> None:
    """A code in small letters is denied like the other."""
    assert {r.rule for r in denied({name: ["cn"] for name in SIGNALS}, load())} == {"R-43"}


def test_united_states_persons_get_no_offshore_ground_even_when_not_denied() -> None:
    """The setting may open the list; the ground for offshore persons stays closed to them."""
    book = load().override("R-54", "denied", [])
    record = investor(residence=("US",), evidence=(evidence(EvidenceType.OFFSHORE), evidence()))
    assert classify(record, book, TODAY).codes == ("hk-pi",)
    assert denied_countries(load()) == ("CN", "US")
    assert denied_countries(book) == ("CN",)
