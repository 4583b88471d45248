"""Random waterfalls, their inputs and states: honest ones, which keep their cash together, and wild ones.

A case is known by its number: the same number gives the same case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from abst.deal.waterfall.program import (
    NO_SLOT,
    NOTHING,
    OPERANDS,
    ClassSlots,
    Code,
    Header,
    Node,
    Pay,
    Payee,
    const,
    encode,
    load,
    node,
    require,
    set_,
    skip,
    table,
)

WIDE = 2**128 - 1
OPERATORS = [kind for kind in Node if kind not in (Node.CONST, Node.LOAD, Node.TABLE)]


@dataclass(frozen=True)
class Case:
    program: bytes
    inputs: list[int]
    state: list[int]


class Maker:
    """Makes one case. Accounts come first in the state, outlets first among the slots of the run alone."""

    def __init__(self, number: int, wild: bool) -> None:
        self.random = Random(f"{number} {wild}")
        self.wild = wild
        self.inputs = self.random.randint(1, 4)
        self.state = self.random.randint(3, 6)
        first, others = self.inputs, self.inputs + self.state
        self.count = others + self.random.randint(6, 9)
        self.accounts, self.outlets = (first, first + 1), (others, others + 1)
        self.carried = range(first + 2, others)
        self.free = range(others + 2, self.count)
        self.tables = [self.numbers(self.random.randint(1, 5)) for _ in range(self.random.randint(0, 2))]

    def case(self) -> Case:
        receipts = self.random.sample(range(self.inputs), self.random.randint(0, self.inputs))
        header = Header(
            currency=self.random.choice(["HKD", "CNY", "USD"]),
            inputs=self.inputs,
            state=self.state,
            slots=self.count,
            classes=(ClassSlots(*range(self.count - 6, self.count)),) * self.random.randint(0, 2),
            accounts=self.accounts,
            receipts=tuple(receipts),
            outlets=self.outlets,
            tables=tuple(map(tuple, self.tables)),
            start=tuple(self.numbers(self.state)),
        )
        code = self.block(self.random.randint(1, 10))
        if not self.wild:  # what is received goes to the first account
            into = self.accounts[0]
            code = b"".join(set_(into, node(Node.ADD, load(into), load(slot))) for slot in receipts) + code
        return Case(encode(header, code), self.numbers(self.inputs), self.numbers(self.state))

    # ---- numbers and expressions

    def number(self) -> int:
        """A count or flag, money in smallest units, a rate in 1e-12, or one of the largest that there are."""
        kind = self.random.random()
        if kind < 0.3:
            return self.random.randint(0, 3)
        if kind < 0.9:
            return self.random.randrange(10 ** self.random.choice([3, 6, 12, 13]))
        return WIDE - self.random.choice([0, 1, self.random.randrange(2**127)])

    def numbers(self, count: int) -> list[int]:
        return [self.number() for _ in range(count)]

    def expression(self, depth: int = 3) -> Code:
        if depth == 0 or self.random.random() < 0.3:
            return load(self.random.randrange(self.count)) if self.random.random() < 0.7 else const(self.number())
        if self.tables and self.random.random() < 0.1:
            return table(self.random.randrange(len(self.tables)), self.expression(depth - 1))
        kind = self.random.choice(OPERATORS)
        return node(kind, *[self.expression(depth - 1) for _ in range(OPERANDS.get(kind, 2))])

    def maybe(self) -> Code:
        return self.expression() if self.random.random() < 0.5 else NOTHING

    # ---- instructions

    def block(self, length: int, depth: int = 2) -> bytes:
        return b"".join(self.instruction(depth) for _ in range(length))

    def instruction(self, depth: int) -> bytes:
        kind = self.random.random()
        if kind < 0.15 and depth:
            return skip(self.expression(), self.block(self.random.randint(0, 3), depth - 1))
        if kind < 0.2:
            met = (
                self.expression() if self.wild else node(Node.OR, self.expression(), const(self.random.random() < 0.7))
            )
            return require(self.random.randrange(256), met)
        if kind < 0.5:
            return self.setting()
        return self.paying()

    def setting(self) -> bytes:
        """Any slot, or, in an honest program, no account and no outlet; what it carries fits."""
        if self.wild:
            return set_(self.random.randrange(self.count), self.expression())
        slot = self.random.choice([*self.free, *self.carried])
        value = self.expression()
        return set_(slot, value if slot in self.free else node(Node.MIN, const(WIDE), node(Node.POS, value)))

    def paying(self) -> bytes:
        """An honest program pays cash from accounts to accounts and outlets, and other things among the free slots."""
        every = range(self.count)
        cash = self.random.random() < 0.8
        sources: Sequence[int] = every if self.wild else self.accounts
        credits_: Sequence[int] = every if self.wild else (*self.accounts, *self.outlets) if cash else self.free
        debits: Sequence[int] = every if self.wild else (*self.free, *self.carried)
        payees = []
        for _ in range(self.random.randint(0 if self.wild else 1, 3)):
            debit = self.random.choice([NO_SLOT, *debits])
            amount = self.expression() if debit == NO_SLOT else self.maybe()
            payees.append(Payee(self.random.choice(credits_), debit, amount))
        return Pay(
            sources=tuple(self.random.sample(sources, self.random.randint(0 if self.wild else 1, 2))),
            payees=tuple(payees),
            result=self.random.choice(every if self.wild else self.free),
            limit=self.maybe(),
            pro_rata=self.random.random() < 0.5,
            cash=cash,
        ).encode()


def honest(number: int) -> Case:
    """A program as deals make them: accounts and outlets are moved by PAY alone, so cash is conserved."""
    return Maker(number, wild=False).case()


def wild(number: int) -> Case:
    """A program about any slots: mostly refused."""
    return Maker(number, wild=True).case()


def broken(number: int) -> Case:
    """An honest program with up to three bytes changed, or cut off."""
    case, random = honest(number), Random(f"breaking {number}")
    changed = bytearray(case.program)
    if random.random() < 0.2:
        return Case(bytes(changed[: random.randrange(len(changed))]), case.inputs, case.state)
    for _ in range(random.randint(1, 3)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return Case(bytes(changed), case.inputs, case.state)
