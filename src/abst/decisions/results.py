"""What each gate said of some facts, as a decision stores it: enough to explain it, and to run it again. Pure.

    judged = judge("settlement-asset", ASSET_GATES, facts)
    if judged.refusals: raise act.refuse(..., judged=[judged])

A result is {rule, gate, passed, found, needed, where, reason}. Of a gate that passed, `needed` is the sentence that it
checks and `found` says that it was so; of one that refused, the refusal's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from inspect import signature
from typing import Any

from pydantic import BaseModel

from abst.errors import Refusal
from abst.rulebook import Rulebook

Gate = Callable[..., "Refusal | Iterable[Refusal] | None"]
Result = dict[str, Any]
ACT = "act"  # the gate of a refusal that no pure gate gave: the chain's answer, or what the act itself met
CHAIN = "chain"  # the gate of what the contracts were asked
AS_NEEDED = "as needed"
CITES = re.compile(r"^(R-\d{2,3}(?:(?:, | to )R-\d{2,3})*)\s*[:;]?\s*(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement: its kind (`abst.integrity.kinds`), the facts as they are stored, and what came out.

    facts: plain data from which the kind restores what its gates take; for a kind with personal facts, the ids and
    commitments by which they are found again. where: the row among several that were judged.
    """

    kind: str
    facts: Any
    refusals: tuple[Refusal, ...]
    results: tuple[Result, ...]
    where: str = ""

    def as_stored(self) -> dict[str, Any]:
        return {"kind": self.kind, "facts": self.facts} | ({"where": self.where} if self.where else {})

    def placed(self, where: str) -> Judged:
        """The same of one row among several: every place begins with it."""
        if not where:
            return self
        refusals = tuple(replace(one, where=f"{where}: {one.where}") for one in self.refusals)
        results = tuple(one if one["passed"] else one | {"where": f"{where}: {one['where']}"} for one in self.results)
        return replace(self, refusals=refusals, results=results, where=where)


def judge(kind: str, gates: Sequence[Gate], facts: Any, rulebook: Rulebook | None = None) -> Judged:
    """Run every gate on the facts; gates that take a rulebook too are given it."""
    results: list[Result] = []
    refusals: list[Refusal] = []
    for gate in gates:
        found = run(gate, facts, rulebook)
        refusals += found
        results += [refused(refusal, name_of(gate)) for refusal in found] or [passed(gate)]
    return Judged(kind, plain_of(facts), tuple(refusals), tuple(results))


def judged_by(kind: str, refusals: Sequence[Refusal], facts: Any, gates: Sequence[Gate] = ()) -> Judged:
    """A judgement made elsewhere. gates: those that ran; one passed when no refusal cites any of its rules."""
    cited = {rule for refusal in refusals for rule in rules_of(refusal.rule)}
    results = [refused(refusal, kind) for refusal in refusals]
    results += [passed(gate) for gate in gates if not cited & set(rules_of(passed(gate)["rule"]))]
    return Judged(kind, plain_of(facts), tuple(refusals), tuple(results))


def run(gate: Gate, facts: Any, rulebook: Rulebook | None = None) -> list[Refusal]:
    """What one gate says, as a list, however it answers."""
    said = gate(facts, rulebook) if _takes_rulebook(gate) else gate(facts)
    if said is None:
        return []
    return [said] if isinstance(said, Refusal) else list(said)


@cache
def _takes_rulebook(gate: Gate) -> bool:
    return len(signature(gate).parameters) > 1


def name_of(gate: Gate) -> str:
    return str(getattr(gate, "__name__", type(gate).__name__))


def rules_of(cited: str) -> list[str]:
    """The ids in "R-43, R-54"."""
    return [part.strip() for part in cited.split(",") if part.strip()]


def passed(gate: Gate) -> Result:
    """The result of a gate that had nothing to say, in the words of its own first sentence."""
    rule, words = _said(gate)
    return _result(rule, name_of(gate), True, AS_NEEDED, words)


def refused(refusal: Refusal, gate: str = ACT) -> Result:
    """The result that a refusal stands for."""
    return _result(refusal.rule, gate, False, refusal.found, refusal.needed, refusal.where, refusal.reason)


def chain_agreed(words: str) -> Result:
    """A call was tried on the chain as of then, and the chain did not refuse."""
    return _result("", CHAIN, True, "the contracts take it", words)


def _result(rule: str, gate: str, passed: bool, found: str, needed: str, where: str = "", reason: str = "") -> Result:
    return {
        "rule": rule,
        "gate": gate,
        "passed": passed,
        "found": found,
        "needed": needed,
        "where": where,
        "reason": reason,
    }


@cache
def _said(gate: Gate) -> tuple[str, str]:
    """Rule ids and sentence of a gate, from its docstring: "R-42: terms, code and dossier are those filed."."""
    words = " ".join((gate.__doc__ or name_of(gate).replace("_", " ")).split())
    cites = CITES.match(words)
    return (cites[1], cites[2]) if cites else ("", words)


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """Names of a dataclass's fields; None for any other type."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None


_LEAVES = frozenset({int, str, bool, type(None)})


def plain_of(value: Any) -> Any:
    """Facts as plain data: dataclasses and models as mappings, dates and decimals as text. TypeError for a float."""
    kind: type = type(value)
    if kind in _LEAVES:
        return value
    # Frozen facts and tuples of them are nearly all there is: no call for each of their leaves.
    if kind is tuple or kind is list:
        return [one if type(one) in _LEAVES else plain_of(one) for one in value]
    names = _names(kind)
    if names is not None:
        plain = {}
        for name in names:
            one = getattr(value, name)
            plain[name] = one if type(one) in _LEAVES else plain_of(one)
        return plain
    return _rarely_plain(value)


def _rarely_plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case int() | str():
            return value
        case Decimal():
            return format(value.normalize(), "f")
        case date():
            return value.isoformat()
        case tuple() | list():
            return [plain_of(item) for item in value]
        case dict():
            return {str(key): plain_of(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted(plain_of(item) for item in value)
        case BaseModel():
            return {name: plain_of(getattr(value, name)) for name in type(value).model_fields}
    raise TypeError(f"a fact is no plain value: {type(value).__name__}")
