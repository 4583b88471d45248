"""Runs a program, one period at a time, exactly as ``contracts/Waterfall.sol`` does.

Every value is an integer between -2^255 and 2^255; inputs and state are 0 to 2^128 - 1, and so are, at the end,
accounts and outlets. Anything else stops the run and nothing of it counts. Rounding is toward zero, in MULDIV and in
pro-rata shares alone; what a share does not take stays in its account (R-83, R-94).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from abst.deal.waterfall.program import (
    CASH,
    NO_SLOT,
    OPERANDS,
    PRO_RATA,
    Code,
    Decoded,
    Header,
    Node,
    Op,
    Reader,
    decode,
)
from abst.errors import UsageError

WORD = 2**255  # values stay below it in size
NARROW = 2**128  # inputs and state stay below it
MAX_DEPTH = 64


class Values(list[int]):
    """The slots while a period runs, and what each PAY came to, in their order."""

    def __init__(self, values: Sequence[int]) -> None:
        super().__init__(values)
        self.paid: list[Paid] = []


Step = Callable[[Values], int]  # runs one instruction; answers how many instructions to pass over


@dataclass(frozen=True, slots=True)
class Paid:
    """One step that ran. result: its slot; due: what it asked, within its limit; parts and taken: by slot, in order."""

    result: int
    due: int
    parts: tuple[tuple[int, int], ...]
    taken: tuple[tuple[int, int], ...]


class Stopped(UsageError):
    """The program refuses its inputs. code: of the REQUIRE that failed; 0 for what the machine itself refuses."""

    def __init__(self, message: str, *, code: int = 0, found: str = "", needed: str = "") -> None:
        super().__init__(message, found=found, needed=needed, where="waterfall")
        self.code = code


@dataclass(frozen=True, slots=True)
class Run:
    """What a period came to. values: of every slot; state: what the next period begins with; paid: steps that ran."""

    values: tuple[int, ...]
    state: tuple[int, ...]
    paid: tuple[Paid, ...]


def run(program: bytes, inputs: Sequence[int], state: Sequence[int]) -> Run:
    """One period. Raises Stopped when the inputs are refused, UsageError when it is no program or they do not fit."""
    header, steps = _ready(program)
    _check_narrow(inputs, header.inputs, "inputs")
    _check_narrow(state, header.state, "state")
    values = Values([*inputs, *state, *([0] * (header.slots - header.inputs - header.state))])
    before = _cash(values, header.accounts) + _cash(values, header.receipts)
    at = 0
    while at < len(steps):
        at += 1 + steps[at](values)
    for slots, what in ((header.accounts, "accounts"), (header.outlets, "outlets")):
        _check_narrow([values[slot] for slot in slots], len(slots), what)
    after = _cash(values, header.accounts) + _cash(values, header.outlets)
    if before != after:
        raise Stopped("cash is not conserved", found=str(after), needed=str(before))
    following = values[header.inputs : header.inputs + header.state]
    _check_narrow(following, header.state, "state")
    return Run(tuple(values), tuple(following), tuple(values.paid))


def before_steps(program: bytes, inputs: Sequence[int], state: Sequence[int]) -> tuple[int, ...]:
    """Values of all slots when the first step of a payment that can be run is about to pay."""
    header, steps = _ready(program)
    values = Values([*inputs, *state, *([0] * (header.slots - header.inputs - header.state))])
    seen, at = tuple(values), 0
    while at < len(steps):
        at += 1 + steps[at](values)
        if values.paid:
            return seen
        seen = tuple(values)
    return seen


def evaluate(code: Code, header: Header, values: Sequence[int]) -> int:
    """One expression over the values of a run."""
    return _expression(code, header)(Values(values))


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
    reader, starts = Reader(decoded.code, decoded.header.slots), {}
    made: list[Step] = []
    skips: list[tuple[int, int, Evaluate]] = []
    while reader.at < len(decoded.code):
        starts[reader.at] = len(made)
        match reader.u8():
            case Op.SET:
                slot = reader.slot()
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
    sources = [reader.slot() for _ in range(reader.u8())]
    raw = reader.expression()
    limit = _expression(raw, header) if raw else None
    payees: list[tuple[int, int, Evaluate | None]] = []
    for _ in range(reader.u8()):
        credit, debit, amount = reader.slot(), reader.debit(), reader.expression()
        if debit == NO_SLOT and not amount:
            raise UsageError("a payee without an amount", found="no debit", needed="either", where="program")
        payees.append((credit, debit, _expression(amount, header) if amount else None))
    result = reader.slot()

    def step(values: Values) -> int:
        limited = max(0, limit(values)) if limit else WORD - 1
        room = min(limited, sum(max(0, values[slot]) for slot in sources)) if flags & CASH else limited
        parts: list[int] = []
        due = 0
        if flags & PRO_RATA:
            asked = [_asked(values, debit, amount) for _, debit, amount in payees]
            due = _bounded(sum(asked))
            for (credit, debit, _), one in zip(payees, asked, strict=True):
                parts.append(_owed(values, debit, one if due <= room else one * room // due))
                _move(values, credit, debit, parts[-1])
        else:
            for credit, debit, amount in payees:
                asks = _asked(values, debit, amount)
                due += asks
                parts.append(min(asks, room - sum(parts)))
                _move(values, credit, debit, parts[-1])
        taken = _take(values, sources, sum(parts)) if flags & CASH else ()
        values[result] = sum(parts)
        credited = tuple((credit, part) for (credit, _, _), part in zip(payees, parts, strict=True))
        values.paid.append(Paid(result, min(due, limited), credited, taken))
        return 0

    return step


def _asked(values: Values, debit: int, amount: Evaluate | None) -> int:
    return max(0, _owed(values, debit, amount(values) if amount else values[debit]))


def _owed(values: Values, debit: int, part: int) -> int:
    """No debit is lowered below zero."""
    return part if debit == NO_SLOT else min(part, max(0, values[debit]))


def _move(values: Values, credit: int, debit: int, part: int) -> None:
    values[credit] = _bounded(values[credit] + part)
    if debit != NO_SLOT:
        values[debit] -= part


def _take(values: Values, sources: Sequence[int], paid: int) -> tuple[tuple[int, int], ...]:
    taken: list[tuple[int, int]] = []
    for slot in sources:
        part = min(max(0, values[slot]), paid)
        values[slot] -= part
        paid -= part
        taken.append((slot, part))
    return tuple(taken)


def _bounded(value: int) -> int:
    if not -WORD < value < WORD:
        raise Stopped("a number is too large", found=str(value), needed="below 2^255")
    return value


# ---- expressions


def _expression(code: Code, header: Header) -> Evaluate:
    """A function of the values, by one pass over the postfix nodes."""
    reader, stack = Reader(code, header.slots), list[Evaluate]()
    while reader.at < len(code):
        kind = reader.u8()
        operands = OPERANDS.get(kind, 2)
        if kind > Node.TABLE or len(stack) < operands:
            raise UsageError("not an expression", found=hex(kind), needed=f"{operands} values before", where="program")
        given = [stack.pop() for _ in range(operands)][::-1]
        match kind:
            case Node.CONST:
                stack.append(_constant(reader.number(reader.width())))
            case Node.LOAD:
                stack.append(_loaded(reader.slot()))
            case Node.TABLE:
                stack.append(_from_table(_table(header, reader.u8()), *given))
            case Node.POS | Node.NOT:
                stack.append(_unary(kind, *given))
            case Node.MULDIV | Node.SELECT:
                stack.append(_ternary(kind, *given))
            case _:
                stack.append(_binary(kind, *given))
        if len(stack) > MAX_DEPTH:
            raise UsageError("an expression is too deep", found=str(len(stack)), needed=str(MAX_DEPTH), where="program")
    if len(stack) != 1:
        raise UsageError("not an expression", found=f"{len(stack)} values", needed="one", where="program")
    return stack[0]


def _table(header: Header, number: int) -> tuple[int, ...]:
    if number >= len(header.tables):
        raise UsageError("no such table", found=str(number), needed=f"below {len(header.tables)}", where="program")
    return header.tables[number]


def _constant(value: int) -> Evaluate:
    return lambda values: value


def _loaded(slot: int) -> Evaluate:
    return lambda values: values[slot]


def _from_table(table: tuple[int, ...], index: Evaluate) -> Evaluate:
    last = len(table) - 1
    return lambda values: table[min(max(index(values) - 1, 0), last)]


def _unary(kind: int, a: Evaluate) -> Evaluate:
    if kind == Node.POS:
        return lambda values: max(0, a(values))
    return lambda values: int(not a(values))


def _ternary(kind: int, a: Evaluate, b: Evaluate, c: Evaluate) -> Evaluate:
    if kind == Node.MULDIV:
        return lambda values: muldiv(a(values), b(values), c(values))

    def select(values: Values) -> int:
        condition, first, second = a(values), b(values), c(values)
        return first if condition else second

    return select


def _binary(kind: int, a: Evaluate, b: Evaluate) -> Evaluate:
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


_BINARY: dict[int, Callable[[int, int], int]] = {
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
