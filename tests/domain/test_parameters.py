"""Settings: typed, bounded, applied to the rulebook; what a rulebook does not take does not brick the office."""

from __future__ import annotations

from decimal import Decimal

import pytest

from abst.decisions import settings
from abst.errors import UsageError
from abst.rulebook import Parameter, load

MOVED = {"R-45 evidence_months": 6, "R-54 denied": ["US", "KP"], "R-56 pay_expired_evidence": False}


def test_settings_in_force_are_in_the_rulebook() -> None:
    """Every movable parameter reads as it was set; nothing else moves; the digest tells."""
    book = settings.applied(load(), MOVED)
    assert book.number("R-45", "evidence_months") == 6
    assert book.words("R-54", "denied") == ("US", "KP")
    assert book.setting("R-56", "pay_expired_evidence") is False
    assert book.setting("R-45", "individual_portfolio") == load().setting("R-45", "individual_portfolio")
    assert book.digest != load().digest
    assert settings.applied(load(), {}).digest == load().digest


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("R-45 gone", 6),
        ("R-999 months", 6),
        ("no rule", 6),
        ("pay_expired_evidence", True),
        ("R-43 denied", []),  # status S
        ("R-45 evidence_months", "six"),
        ("R-45 evidence_months", -1),
        ("R-45 evidence_months", True),
        ("R-45 evidence_months", {"months": 6}),
    ],
)
def test_a_strange_setting_is_told_and_not_applied(key: str, value: object) -> None:
    """A key or value that this rulebook does not take leaves the shipped value, and all other settings, in force."""
    book = settings.applied(load(), {key: value, **MOVED} if key not in MOVED else {key: value})
    assert book.digest == settings.applied(load(), {} if key in MOVED else MOVED).digest
    ((told, found, why),) = settings.strange(load(), {key: value})
    assert (told, found) == (key, value)
    assert why


@pytest.mark.parametrize(
    ("parameter", "typed", "value"),
    [
        (Parameter(1, "months", "D"), "1_200", 1200),
        (Parameter(1, "months", "D"), " 0 ", 0),
        (Parameter(Decimal("0.1"), "share of cash", "D"), "0.150", Decimal("0.15")),
        (Parameter(True, "whether", "D"), "No", False),
        (Parameter(False, "whether", "D"), "yes", True),
        (Parameter("a", "version", "D"), " b-2 ", "b-2"),
        (Parameter(("a",), "codes", "D"), "x, y,z", ("x", "y", "z")),
        (Parameter(("a",), "codes", "D"), "", ()),
    ],
)
def test_a_typed_value_is_read_as_the_parameters_kind(parameter: Parameter, typed: str, value: object) -> None:
    read = parameter.checked(parameter.parse(typed, "here"), "here")
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("parameter", "typed", "words"),
    [
        (Parameter(1, "months", "D"), "six", "whole number"),
        (Parameter(1, "months", "D"), "-6", "whole number"),
        (Parameter(1, "months", "D"), "6.0", "whole number"),
        (Parameter(Decimal("0.1"), "share of cash", "D"), "1.0001", "out of bounds"),
        (Parameter(Decimal("0.1"), "share of cash", "D"), "-0.0001", "out of bounds"),
        (Parameter(Decimal("0.1"), "share of cash", "D"), "nan", "not a share"),
        (Parameter(Decimal("0.1"), "share of cash", "D"), "15 %", "not a share"),
        (Parameter(True, "whether", "D"), "1", "yes nor no"),
        (Parameter("a", "version", "D"), " ", "out of bounds"),
        (Parameter("04-30", "month and day", "D"), "30-04", "out of bounds"),
        (Parameter("a", "of two", "D", choices=("a", "b")), "c", "out of bounds"),
        (Parameter(("a",), "of two", "D", choices=("a", "b")), "a,c", "out of bounds"),
    ],
)
def test_a_value_out_of_kind_or_bounds_is_refused(parameter: Parameter, typed: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parameter.checked(parameter.parse(typed, "here"), "here")


def test_a_version_can_be_set_only_to_one_that_is_there() -> None:
    """Questionnaires and texts are chosen among those shipped: no setting leaves admissions without their words."""
    from abst.investor.questionnaires import questionnaires
    from abst.investor.texts import texts

    book = load()
    assert set(book.parameter("R-47", "questionnaire").choices) <= set(questionnaires())
    chosen = [book.parameter(rule, "text_version").choices for rule in ("R-47", "R-48", "R-49")]
    assert sorted(word for choices in chosen for word in choices) == sorted(texts())
