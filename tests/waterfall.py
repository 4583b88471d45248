"""The small deal of the tests' world: four classes, paid in the order of their rank, losses in the reverse order.

Each period the cash collected joins the account; each class is paid 1 % of its balance, then the classes' balances one
after the other; the last class receives half of what is left, and the other half stays. Losses go to the last class
first; what is regained goes to the first one first. Holders are paid in HKD, at 1.1 a unit.
"""

from __future__ import annotations

from abst.deal.plan import offchain_hash
from abst.deal.waterfall.program import (
    ClassSlots,
    Header,
    Node,
    Pay,
    Payee,
    const,
    encode,
    load,
    node,
    program_hash,
    require,
    set_,
)
from abst.values import Hash, hash_of, to_bytes

COLLECTED, LOST, REGAINED = range(3)  # inputs
PERIOD, CASH = 3, 4  # state, with two slots for each class after them
CLASSES = 4
MOST, PERIODS = 10**9, 6  # what may be collected in a period; how many there are
TOO_MUCH, TOO_LATE = 7, 9  # why the deal forbids it
CONTENT, DOSSIER = hash_of(b"the deal file"), hash_of(b"the dossier")
_FIRST, _RESULT = 5 + 2 * CLASSES, 5 + 6 * CLASSES


def slots(number: int) -> ClassSlots:
    """Where the program keeps what is done for a class."""
    balance, paid = 5 + 2 * number, _FIRST + 4 * number
    return ClassSlots(
        balance=balance,
        written_down=balance + 1,
        interest=paid,
        principal=paid + 1,
        residual=paid + 2,
        payable=paid + 3,
    )


def _pay(*payees: Payee, limit: bytes = b"", cash: bool = True) -> bytes:
    return Pay((CASH,) if cash else (), payees, _RESULT, limit, cash=cash).encode()


def _due(one: ClassSlots) -> bytes:
    paid = node(Node.ADD, node(Node.ADD, load(one.interest), load(one.principal)), load(one.residual))
    return set_(one.payable, node(Node.MULDIV, paid, const(11), const(10)))


def make(currency: str = "HKD", classes: int = CLASSES) -> bytes:
    every = [slots(number) for number in range(CLASSES)]
    percent = [node(Node.MULDIV, load(one.balance), const(1), const(100)) for one in every]
    code = [
        set_(PERIOD, node(Node.ADD, load(PERIOD), const(1))),
        require(TOO_LATE, node(Node.LE, load(PERIOD), const(PERIODS))),
        require(TOO_MUCH, node(Node.LE, load(COLLECTED), const(MOST))),
        set_(CASH, node(Node.ADD, load(CASH), load(COLLECTED))),
        _pay(*[Payee(one.interest, amount=amount) for one, amount in zip(every, percent, strict=True)]),
        _pay(*[Payee(one.principal, one.balance) for one in every]),
        _pay(Payee(every[-1].residual, amount=node(Node.MULDIV, load(CASH), const(1), const(2)))),
        _pay(*[Payee(one.written_down, one.balance) for one in reversed(every)], limit=load(LOST), cash=False),
        _pay(*[Payee(one.balance, one.written_down) for one in every], limit=load(REGAINED), cash=False),
        *[_due(one) for one in every],
    ]
    header = Header(
        currency=currency,
        inputs=3,
        state=_FIRST - 3,
        slots=_RESULT + 1,
        classes=tuple(every[:classes]),
        accounts=(CASH,),
        receipts=(COLLECTED,),
        outlets=tuple(slot for one in every for slot in (one.interest, one.principal, one.residual)),
        start=(0,) * (_FIRST - 3),
    )
    return encode(header, b"".join(code))


PROGRAM = make()


def offchain(program: bytes = PROGRAM) -> Hash:
    """What a plan names as its hash of deal and dossier."""
    from eth_abi.abi import encode as abi

    deal = hash_of(abi(["bytes32", "bytes32"], [to_bytes(CONTENT), to_bytes(program_hash(program))]))
    return offchain_hash(deal, DOSSIER)
