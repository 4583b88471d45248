"""A waterfall as bytes: header, tables, the state at the closing, and code of four instructions.

    program := version:1 currency:3 inputs:2 state:2 slots:2
               classes:1 (balance:2 interest:2 principal:2 residual:2 written_down:2 payable:2)*
               accounts:1 (slot:2)*  receipts:1 (slot:2)*  outlets:1 (slot:2)*
               tables:1 (width:1 count:2 value:width*)*
               (length:1 value:length)*                      the state at the closing, one for each of `state`
               code                                          to the end
    expression := length:2 node*                             postfix; length 0 is no expression
    node := CONST n:1 value:n | LOAD slot:2 | TABLE table:1 | one of the other bytes of `Node`
    SET slot:2 expression | SKIP expression bytes:2 | REQUIRE code:1 expression
    PAY flags:1 sources:1 (slot:2)* limit:expression payees:1 (credit:2 debit:2 amount:expression)* result:2

All numbers are big-endian and unsigned. Slots are numbered inputs first, then state, then those of this run alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from abst.errors import UsageError
from abst.values import Hash, hash_of

VERSION = 1
NO_SLOT = 0xFFFF
MAX_SLOTS = 1024
MAX_NODES = 64
WIDEST = 16  # bytes of a number


class Node(IntEnum):
    """Nodes of an expression. Truth is 1 or 0; any value but 0 is true."""

    CONST = 0x00
    LOAD = 0x01
    ADD = 0x02
    SUB = 0x03
    MUL = 0x04
    MULDIV = 0x05  # a x b / c, rounded toward zero; 0 when c is 0
    MIN = 0x06
    MAX = 0x07
    POS = 0x08  # the positive part
    LT = 0x09
    LE = 0x0A
    EQ = 0x0B
    AND = 0x0C
    OR = 0x0D
    NOT = 0x0E
    SELECT = 0x0F  # c a b: a when c, else b; both were evaluated
    TABLE = 0x10  # the n-th value, from 1; beyond an end, the value at that end


class Op(IntEnum):
    """Instructions."""

    SET = 0x01
    SKIP = 0x02  # unless the expression is true, pass over so many bytes after this instruction
    PAY = 0x03
    REQUIRE = 0x04  # unless the expression is true, nothing is done, and the code says why


PRO_RATA, CASH = 0x01, 0x02  # flags of PAY

OPERANDS: dict[int, int] = {
    Node.CONST: 0,
    Node.LOAD: 0,
    Node.POS: 1,
    Node.NOT: 1,
    Node.TABLE: 1,
    Node.MULDIV: 3,
    Node.SELECT: 3,
}
"""Values a node takes from the stack; two for those not named."""

Code = bytes  # of one expression, without its length
NOTHING: Code = b""


@dataclass(frozen=True, slots=True)
class ClassSlots:
    """Where the contract finds what it does for a tranche; in the order of the filing's tokens.

    balance and written_down are state; interest, principal and residual were paid in this run; payable: what the
    payer brings for the holders, in the smallest unit of the settlement currency.
    """

    balance: int
    interest: int
    principal: int
    residual: int
    written_down: int
    payable: int


@dataclass(frozen=True, slots=True)
class Header:
    """currency: ISO 4217, in which holders are paid; accounts: hold cash from period to period.

    receipts: inputs that are cash; outlets: cash that left in this run. Opening accounts and receipts are closing
    accounts and outlets, to the unit, or the run is refused (R-94).
    """

    currency: str
    inputs: int
    state: int
    slots: int
    classes: tuple[ClassSlots, ...] = ()
    accounts: tuple[int, ...] = ()
    receipts: tuple[int, ...] = ()
    outlets: tuple[int, ...] = ()
    tables: tuple[tuple[int, ...], ...] = ()
    start: tuple[int, ...] = ()


def const(value: int) -> Code:
    """A number from 0 to 2^128 - 1."""
    if not 0 <= value < 2**128:
        raise UsageError("a number does not fit", found=str(value), needed="0 to 2^128 - 1", where="deal")
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([Node.CONST, len(raw)]) + raw


def load(slot: int) -> Code:
    return bytes([Node.LOAD]) + _u16(slot)


def table(number: int, index: Code) -> Code:
    return index + bytes([Node.TABLE, number])


def node(kind: Node, *operands: Code) -> Code:
    return b"".join(operands) + bytes([kind])


def set_(slot: int, value: Code) -> bytes:
    return bytes([Op.SET]) + _u16(slot) + _sized(value)


def skip(condition: Code, body: bytes) -> bytes:
    """`body`, run when the condition holds."""
    return bytes([Op.SKIP]) + _sized(condition) + _u16(len(body)) + body


def require(code: int, condition: Code) -> bytes:
    return bytes([Op.REQUIRE, code]) + _sized(condition)


@dataclass(frozen=True, slots=True)
class Payee:
    """credit: raised by what is paid; debit: lowered by it, never below zero, or NO_SLOT; amount: all of it if none."""

    credit: int
    debit: int = NO_SLOT
    amount: Code = NOTHING


@dataclass(frozen=True, slots=True)
class Pay:
    """One step: from the sources in their order, to the payees in theirs or pro rata, no more than the limit.

    Not cash: nothing is taken from anywhere, as when a loss is written down.
    """

    sources: tuple[int, ...]
    payees: tuple[Payee, ...]
    result: int
    limit: Code = NOTHING
    pro_rata: bool = False
    cash: bool = True

    def encode(self) -> bytes:
        flags = (PRO_RATA if self.pro_rata else 0) | (CASH if self.cash else 0)
        made = bytes([Op.PAY, flags, len(self.sources)]) + b"".join(map(_u16, self.sources)) + _sized(self.limit)
        made += bytes([len(self.payees)])
        for payee in self.payees:
            made += _u16(payee.credit) + _u16(payee.debit) + _sized(payee.amount)
        return made + _u16(self.result)


def encode(header: Header, code: bytes) -> bytes:
    """The whole program. Raises UsageError when it has too many slots or a table does not fit."""
    if header.slots > MAX_SLOTS or len(header.start) != header.state:
        raise UsageError("too many quantities", found=str(header.slots), needed=f"at most {MAX_SLOTS}", where="deal")
    made = (
        bytes([VERSION])
        + header.currency.encode("ascii")
        + _u16(header.inputs)
        + _u16(header.state)
        + _u16(header.slots)
    )
    made += bytes([len(header.classes)])
    for one in header.classes:
        words = (one.balance, one.interest, one.principal, one.residual, one.written_down, one.payable)
        made += b"".join(map(_u16, words))
    for slots in (header.accounts, header.receipts, header.outlets):
        made += bytes([len(slots)]) + b"".join(map(_u16, slots))
    made += bytes([len(header.tables)])
    for values in header.tables:
        width = max(1, (max(values, default=0).bit_length() + 7) // 8)
        made += bytes([width]) + _u16(len(values)) + b"".join(value.to_bytes(width, "big") for value in values)
    for value in header.start:
        raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
        made += bytes([len(raw)]) + raw
    return made + code


def program_hash(program: bytes) -> Hash:
    """Keccak-256 of the program: by which the contract knows it."""
    return hash_of(program)


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _sized(code: Code) -> bytes:
    return _u16(len(code)) + code


# ---- reading one back


@dataclass(frozen=True, slots=True)
class Decoded:
    header: Header
    code: bytes = field(repr=False)


def decode(program: bytes) -> Decoded:
    """The reverse of `encode`. Raises UsageError on what is no program."""
    reader = Reader(program)
    if not program or reader.u8() != VERSION or not program[1:4].isascii():
        raise UsageError("not a waterfall", found=f"{len(program)} bytes", needed=f"version {VERSION}", where="program")
    currency = reader.take(3).decode("ascii")
    inputs, state, slots = reader.u16(), reader.u16(), reader.u16()
    if inputs + state > slots or slots > MAX_SLOTS:
        raise UsageError("quantities miscounted", found=str(slots), needed=f"at most {MAX_SLOTS}", where="program")
    reader.slots = slots
    classes = tuple(ClassSlots(*(reader.slot() for _ in range(6))) for _ in range(reader.u8()))
    accounts, receipts, outlets = (tuple(reader.slot() for _ in range(reader.u8())) for _ in range(3))
    tables = tuple(_table(reader) for _ in range(reader.u8()))
    start = tuple(reader.number(reader.width()) for _ in range(state))
    header = Header(currency, inputs, state, slots, classes, accounts, receipts, outlets, tables, start)
    return Decoded(header, program[reader.at :])


def _table(reader: Reader) -> tuple[int, ...]:
    width, count = reader.width(), reader.u16()
    if count == 0:
        raise UsageError("an empty table", found="no value", needed="at least one", where="program")
    return tuple(reader.number(width) for _ in range(count))


class Reader:
    """Reads numbers along a byte string. slots: of the program; a slot's number is below."""

    def __init__(self, data: bytes, slots: int = 0) -> None:
        self.data, self.at, self.slots = data, 0, slots

    def u8(self) -> int:
        return self.number(1)

    def u16(self) -> int:
        return self.number(2)

    def slot(self) -> int:
        number = self.u16()
        if number >= self.slots:
            raise UsageError("no such slot", found=str(number), needed=f"below {self.slots}", where="program")
        return number

    def debit(self) -> int:
        return self.u16() if self.data[self.at : self.at + 2] == _u16(NO_SLOT) else self.slot()

    def width(self) -> int:
        """Bytes of a number."""
        width = self.u8()
        if width > WIDEST:
            raise UsageError("a number is too wide", found=f"{width} bytes", needed=f"{WIDEST}", where="program")
        return width

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def take(self, width: int) -> bytes:
        end = self.at + width
        if end > len(self.data):
            raise UsageError(
                "a waterfall is cut off", found=f"{len(self.data)} bytes", needed=str(end), where="program"
            )
        taken, self.at = self.data[self.at : end], end
        return taken

    def expression(self) -> Code:
        return self.take(self.u16())
