"""Two-person acts: the maker schedules on a timelock, the checker executes, the operation id is the salt.

One call per operation, no value, no predecessor. The timelock's own id of an operation binds target, data and salt,
so that what is executed is exactly what was scheduled. Makers may cancel what waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from eth_abi.abi import encode

from abst.chain.contracts import Contracts, decode_call
from abst.values import ZERO_HASH, Address, Hash, hash_of, to_bytes

NAME = "TimelockController"


class State(IntEnum):
    """States of an operation, as OpenZeppelin numbers them."""

    UNSET = 0
    WAITING = 1
    READY = 2
    DONE = 3


@dataclass(frozen=True, slots=True)
class Operation:
    """One scheduled call. `id`: the timelock's own; `operation`: ours, the salt."""

    id: Hash
    target: Address
    data: bytes
    operation: Hash
    executes: bool  # the call data executes it; else it schedules it


def schedule(
    contracts: Contracts, which: str, target: Address, data: bytes, operation: Hash, delay: int
) -> tuple[Address, bytes]:
    """Where and what the maker sends. which: enforcement or administration; delay: seconds, at least the timelock's."""
    timelock = contracts.timelock(which)
    return timelock.address, timelock.encode("schedule", target, 0, data, ZERO_HASH, operation, delay)


def execute(contracts: Contracts, which: str, target: Address, data: bytes, operation: Hash) -> tuple[Address, bytes]:
    """Where and what the checker sends: the same target, data and operation id as were scheduled."""
    timelock = contracts.timelock(which)
    return timelock.address, timelock.encode("execute", target, 0, data, ZERO_HASH, operation)


def cancel(contracts: Contracts, which: str, target: Address, data: bytes, operation: Hash) -> tuple[Address, bytes]:
    """Where and what a maker sends to withdraw what waits."""
    timelock = contracts.timelock(which)
    return timelock.address, timelock.encode("cancel", operation_hash(target, data, operation))


def operation_hash(target: Address, data: bytes, operation: Hash) -> Hash:
    """The timelock's id of an operation: keccak(abi.encode(target, value, data, predecessor, salt))."""
    words = ["address", "uint256", "bytes", "bytes32", "bytes32"]
    return hash_of(encode(words, [target, 0, data, to_bytes(ZERO_HASH), to_bytes(operation)]))


def state(contracts: Contracts, which: str, target: Address, data: bytes, operation: Hash) -> State:
    """What became of an operation, as of now."""
    return State(contracts.timelock(which).read("getOperationState", operation_hash(target, data, operation)))


def parse(data: bytes) -> Operation | None:
    """The operation that some call data schedules or executes; None for other calls and for other shapes of call."""
    found = decode_call(NAME, data)
    if found is None:
        return None
    function, values = found
    if not function.signature.startswith(("schedule(", "execute(")):
        return None
    target, value, inner, predecessor, salt = values[:5]
    if value != 0 or predecessor != ZERO_HASH:
        return None
    return Operation(
        operation_hash(target, inner, salt), target, inner, salt, function.signature.startswith("execute(")
    )
