"""Proving: what is switched off is off for everybody and comes back; what no case misses is told."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from types import MappingProxyType
from typing import Any

import pytest

from abst.errors import IntegrityFailure
from abst.holders import movement
from abst.integrity.bodies import WATCHING, switched_off, watched
from abst.integrity.cases import Case, run, shipped
from abst.integrity.proving import predicates, prove, resolve
from abst.integrity.tracing import totals, trace
from abst.rulebook import Rulebook, load


def book(**enforced: tuple[str, ...]) -> Rulebook:
    """The rulebook with these rules enforced by these predicates, and no other."""
    rules = {
        name: replace(rule, enforced=enforced.get(name.replace("-", "_"), ())) for name, rule in load().rules.items()
    }
    return replace(load(), rules=MappingProxyType(rules))


def cases(*ids: str) -> list[Case]:
    return [case for case in shipped() if case.id in ids]


def test_every_predicate_of_the_rulebook_is_missed_by_a_case_of_each_of_its_rules() -> None:
    """`abst rulebook prove`, as a test: with a predicate gone, a case of every rule that it serves fails."""
    failed, proofs = prove(load(), shipped())
    assert [(case.id, words) for case, words in failed] == []
    assert [proof for proof in proofs if not proof.noticed] == []
    assert len(proofs) > 200


def test_every_rule_is_enforced_or_a_judgement() -> None:
    """No rule stands nowhere, and what is enforced is shown by a case or a test."""
    traced = trace(load(), shipped())
    assert [line.rule.id for line in traced if line.stands == "nothing"] == []
    assert [line.rule.id for line in traced if line.rule.enforced and not line.cases and not line.rule.tests] == []
    counted = totals(traced, shipped())
    assert counted["rules"] == 104 == counted["enforced"] + counted["judgements_alone"]


def test_what_is_switched_off_finds_nothing_for_everybody_and_comes_back() -> None:
    """Tuples of gates hold the function itself, so its body is what changes; an exception brings it back too."""
    (case,) = cases("transfer-paused")
    assert len(run(case, load())) == 1
    with pytest.raises(ZeroDivisionError):
        _stumble(case)
    assert len(run(case, load())) == 1


def _stumble(case: Case) -> None:
    with switched_off(resolve("holders.movement.not_paused")):
        assert run(case, load()) == []
        _ = 1 // 0


def yields(found: int) -> Any:
    yield found


def wraps_nothing(found: object) -> list[int]:
    return [1]


def within(limit: int) -> bool:
    return limit < 1


def says(limit: int) -> str:
    return str(limit)


@pytest.mark.parametrize(
    ("function", "answer"), [(wraps_nothing, []), (within, True), (says, ""), (movement.not_paused, None)]
)
def test_the_neutral_answer_has_the_form_of_the_true_one(function: Any, answer: object) -> None:
    """A list for a list, yes for a question, nothing for a refusal."""
    with switched_off(function):
        assert function("anything") == answer
    with switched_off(yields):  # type: ignore[arg-type]
        assert list(yields(1)) == []
    assert list(yields(1)) == [1]


def test_what_is_watched_answers_as_ever_and_is_noted() -> None:
    """Who ran and who found something, lists and generators alike; afterwards nothing is left of the watch."""
    functions: dict[str, Any] = {"a.yields": yields, "a.says": says, "a.within": within, "a.nothing": wraps_nothing}
    before = [function.__code__ for function in functions.values()]
    with watched(functions) as watch:
        assert (list(yields(0)), says(0), within(1)) == ([0], "0", False)
        assert watch.taken() == ({"a.yields", "a.says", "a.within"}, {"a.yields", "a.says"})
        assert watch.taken() == (set(), set())
        assert wraps_nothing(0) == [1]
        assert signature(says).parameters.keys() == {"limit"}
    assert [function.__code__ for function in functions.values()] == before
    assert (WATCHING, vars(says)) == ({}, {})


def odd() -> object:
    return object()


def test_a_predicate_without_a_neutral_answer_is_told() -> None:
    with pytest.raises(IntegrityFailure, match="no neutral answer"), switched_off(odd):  # type: ignore[arg-type]
        pass


def test_a_predicate_that_no_case_misses_is_named() -> None:
    """Not reached, reached by no case of the rule, or reached and not missed: each is told."""
    idle = book(R_62=("holders.movement.not_paused",), R_57=("holders.movement.not_paused",))
    _, proofs = prove(idle, cases("transfer-paused", "transfer-odd-lot-under"))
    assert [(p.rule, p.noticed, p.why_not) for p in proofs] == [
        ("R-57", "", "no case misses it"),
        ("R-62", "transfer-paused", ""),
    ]
    _, (unreached,) = prove(book(R_81=("holders.movement.cap_left",)), cases("redeem-passes"))
    assert unreached.why_not == "no case of the rule reaches it"


def test_a_failing_case_ends_the_proof() -> None:
    """With every predicate on, each case must come out as it says; else nothing is proven."""
    (good,) = cases("transfer-paused")
    wrong = Case(good.id, good.words, good.kind, good.facts, ("R-57",), None, None, MappingProxyType({}), good.file)
    failed, proofs = prove(book(R_62=("holders.movement.not_paused",)), [wrong, good])
    assert [case.id for case, _ in failed] == ["transfer-paused"]
    assert proofs == []


@pytest.mark.parametrize(
    "path", ["holders.movement.no_such", "no.such.module", "holders.movement.EFFECTIVE", "holders"]
)
def test_a_path_to_no_function_is_told(path: str) -> None:
    with pytest.raises(IntegrityFailure, match="names no function"):
        resolve(path)


def test_a_method_and_a_decorated_function_are_found() -> None:
    """A path may lead to a method, and through decorations to the function that decides."""
    assert resolve("act:chain.acts.Act.refuse").__name__ == "refuse"
    assert resolve("chain.settings.set_parameter").__name__ == "set_parameter"


def test_acts_and_contracts_are_no_predicates() -> None:
    named = book(R_62=("act:chain.acts.Act.refuse", "contract:Filings.pause", "holders.movement.not_paused"))
    assert list(predicates(named)) == ["holders.movement.not_paused"]
