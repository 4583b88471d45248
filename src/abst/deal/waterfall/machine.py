"""Runs a program, one period at a time, exactly as ``contracts/Waterfall.sol`` does.

Every value is an integer between -2^255 and 2^255; inputs and state are 0 to 2^128 - 1. Anything else stops the run and
nothing of it counts. Rounding is toward zero, in MULDIV and in pro-rata shares alone; what a share does not take stays
in its account (R-83, R-94).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from abst.deal.waterfall.program import CASH, NO_SLOT, PRO_RATA, Code, Decoded, Header, Node, Op, Reader, decode
from abst.errors import UsageError

WORD = 2**255  # values stay below it in size
NARROW = 2**128  # inputs and state stay below it
MAX_DEPTH = 64

Values = list[int]
Step = Callable[[Values], int]  # runs one instruction; answers how many instructions to pass over


class Stopped(UsageError):
    """The program refuses its inputs. code: of the REQUIRE that failed; 0 for what the machine itself refuses."""

    def __init__(self, message: str, *, code: int = 0, found: str = "", needed: str = "") -> None:
        super().__init__(message, found=found, needed=needed, where="waterfall")
        self.code = code


@dataclass(frozen=True, slots=True)
class Run:
    """What a period came to. values: of every slot; state: what the next period begins with."""

    values: tuple[int, ...]
    state: tuple[int, ...]


def run(program: bytes, inputs: Sequence[int], state: Sequence[int]) -> Run:
    """One period. Raises Stopped: the inputs are refused; UsageError: it is no program, or the numbers do not fit it."""
    header, steps = _ready(program)
    _check_narrow(inputs, header.inputs, "inputs")
    _check_narrow(state, header.state, "state")
    values = [*inputs, *state, *([0] * (header.slots - header.inputs - header.state))]
    before = _cash(values, header.accounts) + _cash(values, header.receipts)
    at = 0
    while at < len(steps):
        at += 1 + steps[at](values)
    after = _cash(values, header.accounts) + _cash(values, header.outlets)
    if before != after:
        raise Stopped("cash is not conserved", found=str(after), needed=str(before))
    following = values[header.inputs : header.inputs + header.state]
    _check_narrow(following, header.state, "state")
    return Run(tuple(values), tuple(following))


def _cash(values: Values, slots: Sequence[int]) -> int:
    return sum(values[slot] for slot in slots)


def _check_narrow(found: Sequence[int], count: int, what: str) -> None:
    if len(found) != count:
        raise UsageError(f"wrong number of {what}", found=str(len(found)), needed=str(count), where="waterfall")
    for number, value in enumerate(found):
        if not 0 <= value < NARROW:
            raise Stopped(f"{what}[{number}] is out of range", found=str(value), needed="0 to 2^128 - 1")


# ---- from bytes to functions, once for each program


@cache
def _ready(program: bytes) -> tuple[Header, tuple[Step, ...]]:
    decoded = decode(program)
    return decoded.header, tuple(_steps(decoded))


def _steps(decoded: Decoded) -> list[Step]:
    reader, starts = Reader(decoded.code), {}
    made: list[Step] = []
    skips: list[tuple[int, int, Evaluate]] = []
    while reader.at < len(decoded.code):
        starts[reader.at] = len(made)
        match reader.u8():
            case Op.SET:
                slot = reader.u16()
                made.append(_set(slot, _expression(reader.expression(), decoded.header)))
            case Op.SKIP:
                condition = _expression(reader.expression(), decoded.header)
                length = reader.u16()
                skips.append((len(made), reader.at + length, condition))
                made.append(_nothing)
            case Op.PAY:
                made.append(_pay(reader, decoded.header))
            case Op.REQUIRE:
                code = reader.u8()
                made.append(_require(code, _expression(reader.expression(), decoded.header)))
            case other:
                raise UsageError("no such instruction", found=hex(other), where=f"program, byte {reader.at - 1}")
    starts[len(decoded.code)] = len(made)
    for at, target, condition in skips:
        if target not in starts:
            raise UsageError("a jump into an instruction", found=str(target), where="program")
        made[at] = _skip(starts[target] - at - 1, condition)
    return made


Evaluate = Callable[[Values], int]


def _nothing(values: Values) -> int:
    return 0


def _set(slot: int, value: Evaluate) -> Step:
    def step(values: Values) -> int:
        values[slot] = value(values)
        return 0

    return step


def _skip(count: int, condition: Evaluate) -> Step:
    return lambda values: 0 if condition(values) else count


def _require(code: int, condition: Evaluate) -> Step:
    def step(values: Values) -> int:
        if not condition(values):
            raise Stopped("the deal forbids it", code=code)
        return 0

    return step


def _pay(reader: Reader, header: Header) -> Step:
    flags = reader.u8()
    sources = [reader.u16() for _ in range(reader.u8())]
    raw = reader.expression()
    limit = _expression(raw, header) if raw else None
    payees: list[tuple[int, int, Evaluate | None]] = []
    for _ in range(reader.u8()):
        credit, debit, amount = reader.u16(), reader.u16(), reader.expression()
        payees.append((credit, debit, _expression(amount, header) if amount else None))
    result = reader.u16()

    def step(values: Values) -> int:
        room = max(0, limit(values)) if limit else WORD - 1
        if flags & CASH:
            room = min(room, _cash(values, sources))
        paid = 0
        if flags & PRO_RATA:
            asked = [_asked(values, debit, amount) for _, debit, amount in payees]
            total = sum(asked)
            for (credit, debit, _), one in zip(payees, asked, strict=True):
                part = one if total <= room else one * room // total
                _move(values, credit, debit, part)
                paid += part
        else:
            for credit, debit, amount in payees:
                part = min(_asked(values, debit, amount), room - paid)
                _move(values, credit, debit, part)
                paid += part
        if flags & CASH:
            _take(values, sources, paid)
        values[result] = paid
        return 0

    return step


def _asked(values: Values, debit: int, amount: Evaluate | None) -> int:
    asked = max(0, amount(values)) if amount else values[debit]
    return min(asked, values[debit]) if debit != NO_SLOT else asked


def _move(values: Values, credit: int, debit: int, part: int) -> None:
    values[credit] = _bounded(values[credit] + part)
    if debit != NO_SLOT:
        values[debit] -= part


def _take(values: Values, sources: Sequence[int], paid: int) -> None:
    for slot in sources:
        part = min(values[slot], paid)
        values[slot] -= part
        paid -= part


def _bounded(value: int) -> int:
    if not -WORD < value < WORD:
        raise Stopped("a number is too large", found=str(value), needed="below 2^255")
    return value


# ---- expressions


def _expression(code: Code, header: Header) -> Evaluate:
    """A function of the values, by one pass over the postfix nodes."""
    reader, stack = Reader(code), list[Evaluate]()
    while reader.at < len(code):
        kind = Node(reader.u8())
        match kind:
            case Node.CONST:
                stack.append(_constant(reader.number(reader.u8())))
            case Node.LOAD:
                stack.append(_loaded(reader.u16()))
            case Node.TABLE:
                stack.append(_from_table(header.tables[reader.u8()], stack.pop()))
            case Node.POS | Node.NOT:
                stack.append(_unary(kind, stack.pop()))
            case Node.MULDIV | Node.SELECT:
                c, b, a = stack.pop(), stack.pop(), stack.pop()
                stack.append(_ternary(kind, a, b, c))
            case _:
                b, a = stack.pop(), stack.pop()
                stack.append(_binary(kind, a, b))
        if len(stack) > MAX_DEPTH:
            raise UsageError("an expression is too deep", found=str(len(stack)), needed=str(MAX_DEPTH), where="program")
    (result,) = stack
    return result


def _constant(value: int) -> Evaluate:
    return lambda values: value


def _loaded(slot: int) -> Evaluate:
    return lambda values: values[slot]


def _from_table(table: tuple[int, ...], index: Evaluate) -> Evaluate:
    last = len(table) - 1
    return lambda values: table[min(max(index(values) - 1, 0), last)]


def _unary(kind: Node, a: Evaluate) -> Evaluate:
    if kind is Node.POS:
        return lambda values: max(0, a(values))
    return lambda values: int(not a(values))


def _ternary(kind: Node, a: Evaluate, b: Evaluate, c: Evaluate) -> Evaluate:
    if kind is Node.MULDIV:
        return lambda values: muldiv(a(values), b(values), c(values))

    def select(values: Values) -> int:
        condition, first, second = a(values), b(values), c(values)
        return first if condition else second

    return select


def _binary(kind: Node, a: Evaluate, b: Evaluate) -> Evaluate:
    compute = _BINARY[kind]

    def both(values: Values) -> int:
        return compute(a(values), b(values))

    return both


def muldiv(a: int, b: int, c: int) -> int:
    """a x b / c rounded toward zero, 0 when c is 0; the product may be as large as it is, the result not."""
    if c == 0:
        return 0
    product = a * b
    size = abs(product) // abs(c)
    return _bounded(-size if (product < 0) != (c < 0) else size)


_BINARY: dict[Node, Callable[[int, int], int]] = {
    Node.ADD: lambda a, b: _bounded(a + b),
    Node.SUB: lambda a, b: _bounded(a - b),
    Node.MUL: lambda a, b: _bounded(a * b),
    Node.MIN: min,
    Node.MAX: max,
    Node.LT: lambda a, b: int(a < b),
    Node.LE: lambda a, b: int(a <= b),
    Node.EQ: lambda a, b: int(a == b),
    Node.AND: lambda a, b: int(bool(a) and bool(b)),
    Node.OR: lambda a, b: int(bool(a) or bool(b)),
}
