"""The rulebook's cases: each is refused by exactly the rules that it names, and none is there for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from abst.errors import IntegrityFailure
from abst.integrity.cases import CONTRACT, Case, changed, differences, read_cases, run, shipped
from abst.rulebook import load

CASES = shipped()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_case_is_refused_by_exactly_its_rules(case: Case) -> None:
    """The facts of a case, run through the judgement of its kind, come out as the case says."""
    assert differences(case, run(case, load())) == []


def test_cases_expect_rules_of_the_rulebook() -> None:
    """Every rule that a case expects exists; every case has words that end like a sentence."""
    assert {rule for case in CASES for rule in case.expect} <= {*load().rules, CONTRACT}
    assert all(case.words.endswith(".") for case in CASES)


BASE: dict[str, Any] = {"a": {"b": [1, {"c": 2}]}}


@pytest.mark.parametrize(
    ("change", "drop", "expected"),
    [
        ({"a.b[1].c": 3}, [], {"a": {"b": [1, {"c": 3}]}}),
        ({"a.b[+]": 4}, [], {"a": {"b": [1, {"c": 2}, 4]}}),
        ({"a.new": 5}, [], {"a": {"b": [1, {"c": 2}], "new": 5}}),
        ({}, ["a.b[0]"], {"a": {"b": [{"c": 2}]}}),
        ({"a.b[0]": 9}, ["a.b[1].c"], {"a": {"b": [9, {}]}}),
    ],
)
def test_a_case_changes_a_copy_of_its_base(change: dict[str, Any], drop: list[str], expected: dict[str, Any]) -> None:
    """Values are set, appended and taken away at paths; the base itself stays as it is."""
    assert changed(BASE, change, drop) == expected
    assert BASE == {"a": {"b": [1, {"c": 2}]}}


@pytest.mark.parametrize("path", ["a.b[2]", "a.x.y", "a.b.c", "z[+]", "a[+]"])
def test_a_path_that_is_not_there_is_told(path: str) -> None:
    """A slip of the pen in a case is no passing case."""
    with pytest.raises(IntegrityFailure, match="no such path"):
        changed(BASE, {path: 1})


def test_a_case_with_wrong_facts_or_words_is_told() -> None:
    """Unknown fields, facts of another kind and an unknown base are failures of the file, not passing cases."""
    case: dict[str, Any] = {"id": "one", "words": "Something is so.", "expect": []}
    with pytest.raises(IntegrityFailure, match="malformed"):
        list(read_cases({"kind": "redeem", "base": {}, "cases": [{**case, "expects": []}]}, "x.yaml"))
    with pytest.raises(IntegrityFailure, match="without its facts"):
        list(read_cases({"kind": "redeem", "base": "nothing", "cases": [case]}, "x.yaml"))
    (wrong,) = read_cases({"kind": "redeem", "base": {"now": 1}, "cases": [case]}, "x.yaml")
    with pytest.raises(IntegrityFailure, match="no facts of their kind"):
        run(wrong, load())


def test_every_difference_is_told() -> None:
    """Rules, reasons and places are compared each, with repetitions."""
    (case,) = [case for case in CASES if case.id == "transfer-paused"]
    refusals = run(case, load())
    assert differences(case, refusals) == []
    assert differences(case, refusals * 2) == [
        "rules: R-62, R-62; expected R-62",
        "reasons: token-paused, token-paused; expected token-paused",
    ]
