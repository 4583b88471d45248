"""Whether each predicate of the rulebook is missed when it is gone: `abst rulebook prove`.

A predicate is a pure function that a rule names in `enforced`. Its code is replaced by code that finds nothing, and the
cases that reach it and expect the rule are run: one of them must then miss a refusal by that rule. So every rule that a
predicate serves has its own case. No switch exists in the product: what is replaced is the compiled body of the very
function that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from inspect import unwrap
from types import FunctionType
from typing import Any

from abst.errors import IntegrityFailure, Refusal
from abst.integrity.bodies import switched_off, watched
from abst.integrity.cases import Case, differences, rules_of, run
from abst.rulebook import Rulebook

BROKEN = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
ACT, CONTRACT = "act:", "contract:"  # enforced by an act that reads or writes, and by a contract: tests prove those


Failing = tuple[Case, list[str]]  # a case and how it differs from what it expects


@dataclass(frozen=True, slots=True)
class Proof:
    """One predicate for one rule. cases: how many reach it and expect the rule; noticed: the one that fails without it,
    empty when none does."""

    predicate: str
    rule: str
    cases: int
    noticed: str
    why_not: str = ""


def predicates(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """Every predicate with the rules that name it, in the order of the rules."""
    found: dict[str, list[str]] = {}
    for rule in rulebook.rules.values():
        for path in rule.enforced:
            if not path.startswith((ACT, CONTRACT)):
                found.setdefault(path, []).append(rule.id)
    return {path: tuple(rules) for path, rules in found.items()}


def resolve(path: str) -> FunctionType:
    """The function of a dotted path below `abst`, decorations taken off. Raises IntegrityFailure."""
    module, _, name = path.removeprefix(ACT).rpartition(".")
    trail = [name]
    while module:
        try:
            found: Any = import_module(f"abst.{module}")
        except ModuleNotFoundError:
            module, _, outer = module.rpartition(".")
            trail.insert(0, outer)
            continue
        for step in trail:
            found = getattr(found, step, None)
        found = unwrap(found) if callable(found) else found
        if isinstance(found, FunctionType):
            return found
        break
    raise IntegrityFailure("the rulebook names no function", found=path, needed="a function of abst", where="enforced")


def prove(rulebook: Rulebook, cases: Sequence[Case]) -> tuple[list[Failing], list[Proof]]:
    """Run every case; if each comes out as it expects, switch each predicate off in turn, by the order of rules.

    Returns the cases that fail with every predicate on, and the proofs: none where a case fails anyway.
    """
    named = predicates(rulebook)
    functions = {path: resolve(path) for path in named}
    with watched(functions) as watch:
        ran = [_Ran(case, run(case, rulebook), *watch.taken()) for case in cases]
    failed = [(one.case, words) for one in ran if (words := differences(one.case, one.refusals))]
    if failed:
        return failed, []
    proofs = []
    for path, rules in named.items():
        # Where it found something it will be missed, so those cases go first.
        near = sorted((one for one in ran if path in one.reached), key=lambda one: path not in one.spoke)
        with switched_off(functions[path]):
            for rule in rules:
                proofs.append(_proof(path, rule, [one for one in near if rule in one.case.expect], rulebook))
    return [], proofs


@dataclass(frozen=True, slots=True)
class _Ran:
    """A case with every predicate on: what refuses, which predicates ran, and which of them found something."""

    case: Case
    refusals: Sequence[Refusal]
    reached: frozenset[str]
    spoke: frozenset[str]

    def misses(self, rule: str, found: Sequence[Refusal]) -> bool:
        """Whether a refusal by the rule is gone, and the case, as it is written, fails for that."""
        gone = [one for one in self.refusals if rule in rules_of([one]) and one not in found]
        return bool(gone) and bool(differences(self.case, found))


def _proof(path: str, rule: str, near: Sequence[_Ran], rulebook: Rulebook) -> Proof:
    why_not = "no case misses it" if near else "no case of the rule reaches it"
    for one in near:
        try:
            found = run(one.case, rulebook)
        except BROKEN as error:  # what the neutral answer breaks is no proof
            why_not = f"{one.case.id}: {type(error).__name__}: {error}"
            continue
        if one.misses(rule, found):
            return Proof(path, rule, len(near), one.case.id)
    return Proof(path, rule, len(near), "", why_not)
