"""The figure that a trigger watches and the bound it is held against, as a trigger log states them (R-91). Pure."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from abst.deal.model import Deal
from abst.deal.running import Outcome
from abst.deal.waterfall.expressions import Expression, Misread, Scope, Unit, read
from abst.deal.waterfall.machine import before_steps, evaluate
from abst.deal.waterfall.program import Header, decode

PLACES = 12  # decimals of a rate


@dataclass(frozen=True, slots=True)
class Watched:
    """One trigger at one payment. before, after: whether it held; curable: the deal writes a cure.

    value, bound: the two sides of the first comparison of its words, rates as decimals, money in the smallest unit.
    """

    trigger: str
    before: bool
    after: bool
    curable: bool
    value: str
    bound: str
    unit: Unit = Unit.FLAG


@dataclass(frozen=True, slots=True)
class Condition:
    """A test or the condition of a call, as it stood before the first step; value, bound, unit: as of a trigger."""

    kind: Literal["test", "call"]
    name: str
    words: str
    holds: bool
    value: str
    bound: str
    unit: Unit


def conditions(deal: Deal, outcome: Outcome) -> tuple[Condition, ...]:
    """Every test of a deal at a payment, and whether its calls are open. words: the deal's own, or the expression."""
    header = decode(deal.compiled.program).header
    scope = deal.compiled.scope
    values = before_steps(deal.compiled.program, outcome.inputs, outcome.before)
    made: list[Condition] = []
    for name, text in deal.tests.items():
        sides = _sides(text, scope, header, values, outcome.tests[name])
        made.append(Condition("test", name, text, outcome.tests[name], *sides))
    for name, call in deal.calls.items():
        holds = bool(evaluate(read(call.when, scope, Unit.FLAG).code, header, values))
        made.append(
            Condition("call", name, call.words or call.when, holds, *_sides(call.when, scope, header, values, holds))
        )
    return tuple(made)


def watched(deal: Deal, outcome: Outcome) -> tuple[Watched, ...]:
    """Every trigger of a deal at a payment."""
    held = dict(zip(deal.compiled.state, outcome.before, strict=True))
    header = decode(deal.compiled.program).header
    scope, opening = deal.compiled.scope, None
    made: list[Watched] = []
    for name, trigger in deal.triggers.items():
        values: Sequence[int] = outcome.values
        if trigger.at == "before":
            opening = opening or before_steps(deal.compiled.program, outcome.inputs, outcome.before)
            values = opening
        sides = _sides(trigger.when, scope, header, values, outcome.triggers[name])
        before = bool(held[f"trigger.{name}"])
        made.append(Watched(name, before, outcome.triggers[name], trigger.cure is not None, *sides))
    return tuple(made)


def _sides(when: str, scope: Scope, header: Header, values: Sequence[int], holds: bool) -> tuple[str, str, Unit]:
    """Value, bound and unit of the first comparison; of a condition without one, whether it holds, against yes."""
    text = when.strip()
    for tree in ast.walk(ast.parse(text, mode="eval")):
        if isinstance(tree, ast.Compare):
            left, right = _side(text, tree.left, scope), _side(text, tree.comparators[0], scope)
            if left.unit is not right.unit:  # a written number follows the other side
                left, right = (
                    _follow(text, tree.left, left, right, scope),
                    _follow(text, tree.comparators[0], right, left, scope),
                )
            return _shown(left, header, values), _shown(right, header, values), left.unit
    return str(int(holds)), "1", Unit.FLAG


def _side(text: str, tree: ast.expr, scope: Scope, wanted: Unit | None = None) -> Expression:
    return read(ast.get_source_segment(text, tree) or text, scope, wanted)


def _follow(text: str, tree: ast.expr, own: Expression, other: Expression, scope: Scope) -> Expression:
    try:
        return _side(text, tree, scope, other.unit)
    except Misread:
        return own


def _shown(side: Expression, header: Header, values: Sequence[int]) -> str:
    value = evaluate(side.code, header, values)
    return str(Decimal(value).scaleb(-PLACES).normalize()) if side.unit is Unit.RATE else str(value)
