"""Is a transfer as dear among 10,000 as among 10? The same transfer, while one quantity grows and nothing else does.

Flat means the same gas to the unit: same sender, same receiver, same amount, both holding before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from abst.bench.senders import key
from abst.bench.stage import FILING, LOT, Stage, file_and_create, give_gas, raise_stage, salt
from abst.chain.contracts import Contract
from abst.chain.deploy import transaction

COUNTS = (10, 100, 1_000, 10_000)
LOT_OF_ROWS = 100  # investors in one transaction
SMALL_GAS = 250_000  # of each of many small transactions, so that a block holds a hundred
FLOAT = 100_000 * LOT  # what each of the two holds at the beginning: more than all they will move
# How many of the quantity stand before anything grows; those that take longest to grow come first.
START = {"record dates": 0, "filings": 1, "documents": 0, "holders": 2, "investors": 2}
QUANTITIES = tuple(START)


@dataclass(frozen=True, slots=True)
class Curve:
    """count -> gas of a transfer between two holders: their next one, and their first after a record date if asked."""

    quantity: str
    steady: dict[int, int]
    first: dict[int, int]

    @property
    def is_flat(self) -> bool:
        return len(set(self.steady.values())) == 1 and len(set(self.first.values())) <= 1


def curve(quantity: str, counts: Sequence[int] = COUNTS) -> Curve:
    """Grow one of QUANTITIES to each count, and transfer there."""
    stage = raise_stage()
    file_and_create(stage)
    give_gas(stage, ["alice", "bob"])
    stage.admit(["alice", "bob"])
    stage.mint([("alice", FLOAT), ("bob", FLOAT)], "ground")
    token, bob = stage.tokens[0], key("bob").address
    stage.act("alice", token, "transfer", bob, LOT)
    found = Curve(quantity, {}, {})
    have = START[quantity]
    for count in counts:
        first = _GROW[quantity](stage, have, count)
        if first is not None:
            found.first[count] = first
        found.steady[count] = stage.act("alice", token, "transfer", bob, LOT)
        have = count
    return found


def _rows(have: int, count: int) -> list[list[str]]:
    """Names of the investors from one count to the next, in lots."""
    names = [f"investor-{number}" for number in range(have, count)]
    return [names[start : start + LOT_OF_ROWS] for start in range(0, len(names), LOT_OF_ROWS)]


def _investors(stage: Stage, have: int, count: int) -> None:
    for names in _rows(have, count):
        stage.admit(names)


def _holders(stage: Stage, have: int, count: int) -> None:
    for names in _rows(have, count):
        stage.admit(names)
        stage.mint([(name, LOT) for name in names], f"of {names[0]}")


def _filings(stage: Stage, have: int, count: int) -> None:
    registry = stage.contracts.registry
    plans = [(FILING + number, salt(f"plan {number}"), 3, 86_400) for number in range(have, count)]
    _blocks(stage, [("maker-1", registry, registry.encode("recordFiling", *plan)) for plan in plans])


def _documents(stage: Stage, have: int, count: int) -> None:
    registry = stage.contracts.registry
    rows = [(FILING, 0, 2, salt(f"name {n}"), salt(f"text {n}"), "", 0) for n in range(have, count)]
    _blocks(stage, [("maker-1", registry, registry.encode("publish", *row)) for row in rows])


def _record_dates(stage: Stage, have: int, count: int) -> int:
    """Each date is taken, and then the two transfer, so that each has a record of it. Gas of the last such transfer."""
    registry, token = stage.contracts.registry, stage.tokens[0]
    move = ("alice", token, token.encode("transfer", key("bob").address, LOT))
    for _ in range(have, count):  # a block each: the transfer after the last date, and the next date
        announce = registry.encode("announceRecordDate", FILING, stage.chain.now() + 1)
        _blocks(stage, [move, ("maker-1", registry, announce)])
        stage.chain.warp(1)
    return stage.act("alice", token, "transfer", key("bob").address, LOT)


_GROW: dict[str, Callable[[Stage, int, int], int | None]] = {
    "investors": _investors,
    "holders": _holders,
    "filings": _filings,
    "documents": _documents,
    "record dates": _record_dates,
}


def _blocks(stage: Stage, acts: Sequence[tuple[str, Contract, bytes]]) -> None:
    """Many small acts (sender, contract, call data), a hundred to a block. Raises AssertionError when one reverts."""
    fees = stage.chain.gas_price()
    raws = []
    for sender, contract, data in acts:
        signer = stage.signers.setdefault(sender, key(sender))
        nonce = stage.nonces.get(signer.address, stage.chain.nonce(signer.address))
        tx = transaction(stage.chain, nonce=nonce, to=contract.address, data=data, gas=SMALL_GAS, fees=fees)
        raws.append(signer.sign_transaction(tx).raw)
        stage.nonces[signer.address] = nonce + 1
    for sent in stage.chain.send_raw_many(raws):
        receipt = stage.chain.receipt(sent)
        assert receipt is not None
        assert receipt.status == 1
