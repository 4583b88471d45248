"""Amounts and conditions as people write them in a deal file, turned into postfix nodes, with their units checked.

    max(0, A.balance + B.balance - pool.closing) - first_parity.paid
    pool.closing <= 0.10 * pool.initial and not trigger.delinquency

The words are Python's for arithmetic and comparison; `min`, `max`, `when(condition, a, b)`, `date(2028, 1, 26)`,
`money(1500.00)` and ``table.NAME[n]`` are the only calls. A whole number is a count, or money in the smallest unit
where money stands beside it; a number with a point is a rate. A chain of x and / is rounded once, toward zero, and a
quotient by zero is zero.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import reduce

from abst.deal.waterfall.program import MAX_NODES, Code, Node, const, load, node, table

ONE = 10**12  # one, as a rate


class Unit(StrEnum):
    """What a number is: money in the smallest unit, a rate in 1e-12, a count, a day, or yes and no."""

    MONEY = "money"
    RATE = "rate"
    COUNT = "count"
    DATE = "date"
    FLAG = "flag"
    NUMBER = "number"  # written in the file; becomes a count, money or a rate of 0


@dataclass(frozen=True, slots=True)
class Quantity:
    """A name that an expression may use. of: what has to be reckoned before it, empty for nothing."""

    slot: int
    unit: Unit
    of: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    number: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that may be named where an expression stands.

    formulas: text that stands for itself, reckoned wherever it is used; decimals: of the currency.
    """

    quantities: Mapping[str, Quantity]
    tables: Mapping[str, Table] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class Expression:
    """code: postfix; after: what has to be reckoned before it; names: that it uses."""

    code: Code
    unit: Unit
    nodes: int = 1
    names: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()


class Misread(Exception):
    """Why an expression means nothing: what was found, what was needed."""

    def __init__(self, found: str, needed: str) -> None:
        super().__init__(found)
        self.found, self.needed = found, needed


def read(text: str, scope: Scope, wanted: Unit | None = None) -> Expression:
    """An expression that gives a `wanted`; money where a number alone could be anything. Raises Misread."""
    made = _parse(text, scope, ())
    made = _as(made, wanted or (Unit.MONEY if made.unit is Unit.NUMBER else made.unit), text)
    if made.nodes > MAX_NODES:
        raise Misread(f"{made.nodes} nodes in {text!r}", f"at most {MAX_NODES}; name a part of it under quantities")
    return made


def _parse(text: str, scope: Scope, within: tuple[str, ...]) -> Expression:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Misread(repr(text), "an expression such as max(0, A.balance - A.target)") from None
    return _Reading(text.strip(), scope, within).of(tree)


def number(value: int) -> Expression:
    return Expression(const(value), Unit.NUMBER)


def join(kind: Node, unit: Unit, *parts: Expression) -> Expression:
    """One node over its operands."""
    return Expression(
        node(kind, *(part.code for part in parts)),
        unit,
        1 + sum(part.nodes for part in parts),
        frozenset().union(*(part.names for part in parts)),
        frozenset().union(*(part.after for part in parts)),
    )


def _as(made: Expression, wanted: Unit, text: str) -> Expression:
    """A written number takes the unit that is wanted; a rate is written with a point, but for 0 and 1."""
    if made.unit is wanted or (made.unit is Unit.NUMBER and wanted in (Unit.MONEY, Unit.COUNT)):
        return made
    if made.unit is Unit.NUMBER and wanted is Unit.RATE and made.code in (const(0), const(1)):
        return Expression(const(0 if made.code == const(0) else ONE), Unit.RATE)
    if made.unit is Unit.NUMBER and wanted is Unit.FLAG and made.code in (const(0), const(1)):
        return made
    raise Misread(f"{made.unit} in {text!r}", wanted)


_COMPARE: dict[type, tuple[Node, bool, bool]] = {  # node, operands swapped, negated
    ast.Lt: (Node.LT, False, False),
    ast.LtE: (Node.LE, False, False),
    ast.Gt: (Node.LT, True, False),
    ast.GtE: (Node.LE, True, False),
    ast.Eq: (Node.EQ, False, False),
    ast.NotEq: (Node.EQ, False, True),
}


class _Reading:
    """One pass over the tree of an expression. within: formulas that it is part of."""

    def __init__(self, text: str, scope: Scope, within: tuple[str, ...]) -> None:
        self.text, self.scope, self.within = text, scope, within

    def of(self, tree: ast.expr) -> Expression:
        match tree:
            case ast.Constant(value=bool()):
                raise Misread(self._words(tree), "1 or 0")
            case ast.Constant(value=int() as value):
                return self._number(tree, value)
            case ast.Constant(value=float()):
                return self._rate(tree)
            case ast.Name() | ast.Attribute():
                return self._name(tree)
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id="table"), attr=name), slice=index):
                return self._table(tree, name, index)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.of(operand)
                return join(Node.SUB, inner.unit, number(0), inner)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return join(Node.NOT, Unit.FLAG, self.flag(operand))
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self._sum(tree)
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                return self._product(tree)
            case ast.BoolOp(op=op, values=values):
                kind = Node.AND if isinstance(op, ast.And) else Node.OR
                return reduce(lambda a, b: join(kind, Unit.FLAG, a, b), [self.flag(one) for one in values])
            case ast.Compare():
                return self._comparison(tree)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(tree, name, args)
        raise Misread(self._words(tree), "numbers, names, + - * /, comparisons, and, or, not, min, max, when, date")

    def flag(self, tree: ast.expr) -> Expression:
        return _as(self.of(tree), Unit.FLAG, self._words(tree))

    def _words(self, tree: ast.AST) -> str:
        return ast.get_source_segment(self.text, tree) or self.text

    def _number(self, tree: ast.expr, value: int) -> Expression:
        if value >= 2**128:
            raise Misread(self._words(tree), "a number below 2^128")
        return number(value)

    def _rate(self, tree: ast.expr) -> Expression:
        """The digits as they were written: a float has none of its own."""
        words = self._words(tree).replace("_", "")
        if "e" in words.lower():
            raise Misread(words, "digits with a point")
        scaled = Decimal(words) * ONE
        if scaled != int(scaled):
            raise Misread(words, "at most 12 decimals")
        return Expression(const(int(scaled)), Unit.RATE)

    def _name(self, tree: ast.expr) -> Expression:
        name = ast.unparse(tree)
        if name in self.scope.formulas:
            if name in self.within:
                raise Misread(" -> ".join((*self.within, name)), "formulas that do not go round in a circle")
            return _parse(self.scope.formulas[name], self.scope, (*self.within, name))
        found = self.scope.quantities.get(name)
        if found is None:
            raise Misread(f"unknown or not yet reckoned: {name}", "a quantity of the deal")
        after = frozenset({found.of}) if found.of else frozenset[str]()
        return Expression(load(found.slot), found.unit, 1, frozenset({name}), after)

    def _table(self, tree: ast.expr, name: str, index: ast.expr) -> Expression:
        found = self.scope.tables.get(name)
        if found is None:
            raise Misread(f"unknown table: {name}", ", ".join(sorted(self.scope.tables)) or "a table of the deal")
        at = _as(self.of(index), Unit.COUNT, self._words(index))
        return Expression(table(found.number, at.code), found.unit, at.nodes + 1, at.names, at.after)

    def _alike(self, tree: ast.AST, *parts: Expression) -> tuple[Unit, list[Expression]]:
        """The same unit for all; written numbers follow the others."""
        units = {part.unit for part in parts} - {Unit.NUMBER}
        if len(units) > 1:
            raise Misread(f"{' beside '.join(sorted(units))} in {self._words(tree)!r}", "the same unit on both sides")
        unit = units.pop() if units else Unit.NUMBER
        return unit, [part if unit is Unit.NUMBER else _as(part, unit, self._words(tree)) for part in parts]

    def _sum(self, tree: ast.BinOp) -> Expression:
        kind = Node.ADD if isinstance(tree.op, ast.Add) else Node.SUB
        left, right = self.of(tree.left), self.of(tree.right)
        if left.unit is Unit.DATE and right.unit in (Unit.COUNT, Unit.NUMBER):
            return join(kind, Unit.DATE, left, right)
        unit, parts = self._alike(tree, left, right)
        if unit is Unit.FLAG or (unit is Unit.DATE and kind is Node.ADD):
            raise Misread(self._words(tree), "money, rates or counts")
        return join(kind, Unit.COUNT if unit is Unit.DATE else unit, *parts)

    def _product(self, tree: ast.BinOp) -> Expression:
        """Numerators and denominators of a whole chain, so that it is rounded once."""
        over: list[Expression] = []
        under: list[Expression] = []
        self._factors(tree, over, under)
        money = sum(one.unit is Unit.MONEY for one in over) - sum(one.unit is Unit.MONEY for one in under)
        rates = sum(one.unit is Unit.RATE for one in over) - sum(one.unit is Unit.RATE for one in under)
        if money not in (0, 1) or any(one.unit is Unit.DATE for one in over + under):
            raise Misread(self._words(tree), "money by a rate or a count, or money by money")
        measured = any(one.unit in (Unit.MONEY, Unit.RATE) for one in over + under)
        unit = Unit.MONEY if money else Unit.RATE if measured else Unit.COUNT
        power = -rates if money else 1 - rates if measured else 0
        (over if power > 0 else under).extend(number(ONE) for _ in range(abs(power)))
        if not under:
            return reduce(lambda a, b: join(Node.MUL, unit, a, b), over)
        first, *rest = over
        above = reduce(lambda a, b: join(Node.MUL, unit, a, b), rest) if rest else number(1)
        below = reduce(lambda a, b: join(Node.MUL, unit, a, b), under)
        return join(Node.MULDIV, unit, first, above, below)

    def _factors(self, tree: ast.expr, over: list[Expression], under: list[Expression]) -> None:
        if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult):
            self._factors(tree.left, over, under)
            self._factors(tree.right, over, under)
        elif isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
            self._factors(tree.left, over, under)
            self._factors(tree.right, under, over)
        else:
            over.append(self.of(tree))

    def _comparison(self, tree: ast.Compare) -> Expression:
        sides = [tree.left, *tree.comparators]
        made: list[Expression] = []
        for op, left, right in zip(tree.ops, sides, sides[1:], strict=False):
            if type(op) not in _COMPARE:
                raise Misread(self._words(tree), "< <= > >= == !=")
            kind, swapped, negated = _COMPARE[type(op)]
            _, (a, b) = self._alike(tree, self.of(left), self.of(right))
            one = join(kind, Unit.FLAG, b, a) if swapped else join(kind, Unit.FLAG, a, b)
            made.append(join(Node.NOT, Unit.FLAG, one) if negated else one)
        return reduce(lambda a, b: join(Node.AND, Unit.FLAG, a, b), made)

    def _call(self, tree: ast.expr, name: str, args: list[ast.expr]) -> Expression:
        match name, args:
            case (("min" | "max"), [_, _, *_]):
                kind = Node.MIN if name == "min" else Node.MAX
                unit, parts = self._alike(tree, *(self.of(arg) for arg in args))
                return reduce(lambda a, b: join(kind, unit, a, b), parts)
            case "when", [condition, a, b]:
                unit, parts = self._alike(tree, self.of(a), self.of(b))
                return join(Node.SELECT, unit, self.flag(condition), *parts)
            case "date", [
                ast.Constant(value=int() as y),
                ast.Constant(value=int() as m),
                ast.Constant(value=int() as d),
            ]:
                try:
                    return Expression(const(date(y, m, d).toordinal()), Unit.DATE)
                except (ValueError, OverflowError):
                    pass
            case "money", [ast.Constant(value=int() | float()) as written]:
                return self._money(written)
        needed = "min(a, b), max(a, b), when(condition, a, b), date(2028, 1, 26) or money(1500.00)"
        raise Misread(self._words(tree), needed)

    def _money(self, tree: ast.expr) -> Expression:
        words = self._words(tree).replace("_", "")
        scaled = Decimal(words).scaleb(self.scope.decimals) if "e" not in words.lower() else None
        if scaled is None or scaled != int(scaled):
            raise Misread(words, f"an amount with at most {self.scope.decimals} decimals")
        return Expression(self._number(tree, int(scaled)).code, Unit.MONEY)


def constant(expression: Expression) -> int | None:
    """The value of an expression that is one number, or none."""
    code = expression.code
    return int.from_bytes(code[2:], "big") if code[0] == Node.CONST and len(code) == 2 + code[1] else None
