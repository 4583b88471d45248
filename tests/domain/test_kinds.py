"""Kinds of judgements: what decides a case is what a decision stores, and what its replay runs."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from abst.decisions.results import plain_of
from abst.errors import NotFound
from abst.integrity.cases import Case, shipped
from abst.integrity.kinds import KINDS, kind
from abst.rulebook import load
from abst.values import canonical

GATED = [case for case in shipped() if KINDS[case.kind].gates]


@pytest.mark.parametrize("case", GATED, ids=[case.id for case in GATED])
def test_a_decision_on_a_case_replays(case: Case) -> None:
    """Judged as a decision stores it, the case has the refusals that decide it; stored and restored, the same again."""
    chosen = KINDS[case.kind]
    facts = chosen.restore(deepcopy(case.facts))
    judged = chosen.judge(case.kind, facts, load())
    assert list(judged.refusals) == list(chosen.decide(facts, load()))
    stored = json.loads(canonical(judged.as_stored()))
    assert plain_of(chosen.restore(stored["facts"])) == stored["facts"]
    assert chosen.judge(case.kind, chosen.restore(stored["facts"]), load()) == judged


def test_an_unknown_kind_is_told() -> None:
    """A stored decision of a kind that this version does not know is no passing one."""
    with pytest.raises(NotFound):
        kind("no such kind")
