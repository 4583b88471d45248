"""Kinds of judgements: what decides a case is what a decision stores, and what its replay runs."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from abst.decisions.results import plain_of
from abst.errors import NotFound
from abst.integrity.cases import shipped
from abst.integrity.kinds import KINDS, kind
from abst.rulebook import load
from abst.values import canonical

GATED = [case for case in shipped() if KINDS[case.kind].gates]


def test_a_decision_on_a_case_replays() -> None:
    """Judged as a decision stores it, each case has the refusals that decide it; stored and restored, the same."""
    for case in GATED:
        chosen = KINDS[case.kind]
        facts = chosen.restore(deepcopy(case.facts))
        judged = chosen.judge(case.kind, facts, load())
        assert list(judged.refusals) == list(chosen.decide(facts, load())), case.id
        stored = json.loads(canonical(judged.as_stored()))
        assert plain_of(chosen.restore(stored["facts"])) == stored["facts"], case.id
        assert chosen.judge(case.kind, chosen.restore(stored["facts"]), load()) == judged, case.id


def test_an_unknown_kind_is_told() -> None:
    """A stored decision of a kind that this version does not know is no passing one."""
    with pytest.raises(NotFound):
        kind("no such kind")
