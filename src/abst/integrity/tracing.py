"""Each rule with where it is enforced, what of it a person judges, and the cases and tests that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abst.integrity.cases import Case
from abst.rulebook import Rule, Rulebook


@dataclass(frozen=True, slots=True)
class Traced:
    """One rule. cases: ids of those that expect it."""

    rule: Rule
    cases: tuple[str, ...]

    @property
    def stands(self) -> str:
        """How the rule stands in the house: enforced, judgement, both, or nothing."""
        match bool(self.rule.enforced), self.rule.judgement is not None:
            case True, True:
                return "both"
            case True, False:
                return "enforced"
            case False, True:
                return "judgement"
        return "nothing"


def trace(rulebook: Rulebook, cases: Sequence[Case]) -> list[Traced]:
    """Every rule in order."""
    found: dict[str, list[str]] = {rule: [] for rule in rulebook.rules}
    for case in cases:
        for rule in found.keys() & set(case.expect):
            found[rule].append(case.id)
    return [Traced(rule, tuple(found[rule.id])) for rule in rulebook.rules.values()]


def totals(traced: Sequence[Traced], cases: Sequence[Case]) -> dict[str, int]:
    """How many rules there are, are enforced, are judgements of persons alone or beside it, are neither; and cases."""
    count = {word: sum(line.stands == word for line in traced) for word in ("enforced", "judgement", "both", "nothing")}
    return {
        "rules": len(traced),
        "enforced": count["enforced"] + count["both"],
        "judgements": count["judgement"] + count["both"],
        "judgements_alone": count["judgement"],
        "neither": count["nothing"],
        "cases": len(cases),
    }
