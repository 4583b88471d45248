"""Nobody of the mainland is ever served, whatever signal shows it; the United States by default."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import TODAY, couple, entity, evidence, investor, person

from abst.errors import UsageError
from abst.investor.denials import SIGNALS, denials_of, denied, denied_among, denied_countries, paper_of
from abst.investor.model import EvidenceType, Identifier, Related, Role
from abst.investor.regimes import classify
from abst.rulebook import Rulebook, load

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


def test_no_setting_and_no_data_lets_the_mainland_in() -> None:
    """The list is the law's and cannot be changed; even a rulebook whose list were empty denies the mainland."""
    with pytest.raises(UsageError):
        load().override("R-43", "denied", [])
    content = dict(load().content)
    rules = [{**rule} for rule in content["rules"]]
    for rule in rules:
        if rule["id"] == "R-43":
            parameters = dict(rule["parameters"])
            parameters["denied"] = {**parameters["denied"], "value": []}
            rule["parameters"] = parameters
    emptied = Rulebook.from_content({**content, "rules": rules})
    assert emptied.words("R-43", "denied") == ()
    assert denied_countries(emptied) == ("CN", "US")
    assert [r.rule for r in denied({name: ["CN"] for name in SIGNALS}, emptied)] == ["R-43"] * len(SIGNALS)


@given(st.sampled_from(["CN", "US", "HK", "MO", "TW"]), st.sampled_from(["nationality", "residence"]))
def test_everybody_behind_the_investor_is_tested(country: str, signal: str) -> None:
    """A joint holder, an owner, a company tied to the investor: the signal is named by its place."""
    expected = {"CN": ["R-43"], "US": ["R-54"]}.get(country, [])
    holders = (person("holder-1", Role.HOLDER), person("holder-2", Role.HOLDER, **{signal: ("HK", country)}))
    cases = (
        (couple(persons=holders), f"persons[holder-2].{signal}"),
        (entity(persons=(person(**{signal: (country,)}),)), f"persons[owner-1].{signal}"),
        (
            entity(
                related=(
                    Related(
                        id="own-1", tie="owned", kind="corporation", share_bps=1, name="Sample", registered=(country,)
                    ),
                )
            ),
            "related[own-1].registered",
        ),
    )
    for record, place in cases:
        found = denials_of(record, load(), "investor")
        assert [refusal.rule for refusal in found] == expected
        assert {refusal.where for refusal in found} <= {f"investor.{place}"}
        assert country in record.jurisdictions
        assert bool(classify(record, load(), TODAY).codes) == (not expected)


@pytest.mark.parametrize(
    ("number", "paper"),
    [
        ("11010519491231002X", "resident identity number"),
        ("11010519491231002x", "resident identity number"),
        ("110105194912310021", ""),  # wrong check digit
        ("91110105MA000XY034", "unified social credit code"),
        ("91110105MA000XY03A", ""),
        ("H01234567", ""),
        ("A123456(7)", ""),
    ],
)
def test_papers_of_the_mainland_are_known_by_their_form(number: str, paper: str) -> None:
    """A valid resident number or credit code denies, of the investor and of a person behind it; a mere likeness not."""
    identifier = Identifier(type="passport", value=number)
    assert paper_of(identifier) == paper
    records = (investor(identifiers=(identifier,)), entity(persons=(person(identifiers=(identifier,)),)))
    for record in records:
        assert [r.rule for r in denials_of(record, load())] == (["R-43"] if paper else [])
        assert number not in str(denials_of(record, load()))


def test_residence_permits_of_the_special_regions_are_not_denied() -> None:
    """A permit for people of Hong Kong, Macao or Taiwan has the same form, and begins with 81, 82 or 83."""
    weights, digits = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], "81000019900101001"
    check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11]
    assert paper_of(Identifier(type="permit", value=digits + check)) == ""


def test_sessions_are_signals_too() -> None:
    """A session from a denied country is named; none at all is the concern of R-52."""
    assert denied_among({"sessions": []}, load()) == []
    found = denied_among({"sessions": ["HK", "CN", "CN"]}, load(), "investor inv-1")
    assert [(r.rule, r.where) for r in found] == [("R-43", "investor inv-1.sessions")]
