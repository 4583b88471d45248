"""What a period comes to as ``contracts/Servicing.sol`` has it: hashes, and what each class is paid.

Servicer and trustee compute it here, the contract computes it again, and all three must agree to the unit (R-83, R-94).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from eth_abi.abi import encode

from abst.deal.waterfall.machine import Run, Stopped, run
from abst.deal.waterfall.program import ClassSlots, decode
from abst.errors import UsageError
from abst.values import Address, Hash, hash_of

MAX_128 = 2**128 - 1  # units of a payment
_PAID = "(uint256,uint256,uint256,uint256)[]"


@dataclass(frozen=True, slots=True)
class Owed:
    """What a class's token says is owed of its face, and was written down, before the period."""

    outstanding: int
    written_down: int


@dataclass(frozen=True, slots=True)
class Paid:
    """What a period brings one class; `due` is what the payer brings, in units of the settlement currency."""

    interest: int
    principal: int
    residual: int
    due: int


@dataclass(frozen=True, slots=True)
class Closing:
    """A period as it closes. before: the state that was run, by the tokens' word; state: what the next begins with."""

    before: tuple[int, ...]
    run: Run
    state: tuple[int, ...]
    paid: tuple[Paid, ...]
    inputs_hash: Hash
    state_hash: Hash
    result: Hash


def close(program: bytes, inputs: Sequence[int], state: Sequence[int], owed: Sequence[Owed]) -> Closing:
    """Close one period. owed: by class, in the order of the filing's tokens.

    Raises Stopped where the deal or the machine refuses the numbers, or a class's figures do not fit one another;
    UsageError when it is no program or has other classes.
    """
    header = decode(program).header
    if len(owed) != len(header.classes):
        raise UsageError("classes differ", found=str(len(owed)), needed=str(len(header.classes)), where="waterfall")
    before = list(state)
    for slots, one in zip(header.classes, owed, strict=True):
        for slot, value in ((slots.balance, one.outstanding), (slots.written_down, one.written_down)):
            before[slot - header.inputs] = value
    done = run(program, inputs, before)
    paid = tuple(_paid(slots, one, done.values) for slots, one in zip(header.classes, owed, strict=True))
    return Closing(
        before=tuple(before),
        run=done,
        state=done.state,
        paid=paid,
        inputs_hash=numbers_hash(inputs),
        state_hash=numbers_hash(done.state),
        result=result_hash(done.state, paid),
    )


def _paid(slots: ClassSlots, owed: Owed, values: Sequence[int]) -> Paid:
    paid = Paid(values[slots.interest], values[slots.principal], values[slots.residual], values[slots.payable])
    for what, value in zip(("interest", "principal", "residual", "due"), astuple(paid), strict=True):
        if not 0 <= value <= MAX_128:
            raise Stopped(f"the {what} of a class is out of range", found=str(value), needed="0 to 2^128 - 1")
    left = owed.outstanding + owed.written_down - paid.principal - values[slots.written_down]
    if values[slots.balance] != left:
        raise Stopped("a class owes what its token does not", found=str(values[slots.balance]), needed=str(left))
    return paid


def numbers_hash(values: Sequence[int]) -> Hash:
    """keccak256(abi.encode(uint256[])): of inputs and of a state."""
    return hash_of(encode(["uint256[]"], [list(values)]))


def result_hash(state: Sequence[int], paid: Sequence[Paid]) -> Hash:
    """`Servicing.resultOf`."""
    return hash_of(encode(["uint256[]", _PAID], [list(state), [astuple(one) for one in paid]]))


def payment_ref(servicing: Address, filing: int, period: int, tranche: int) -> Hash:
    """`Servicing.refOf`: reference of the one payment of a period's tranche."""
    return hash_of(encode(["address", "uint64", "uint32", "uint8"], [servicing, filing, period, tranche]))
