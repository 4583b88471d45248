"""What may be set of sending, and the mark that every transaction of ours carries."""

from __future__ import annotations

from dataclasses import dataclass

from abst.errors import UsageError
from abst.values import Hash, to_bytes

TAG = 32  # bytes of an operation id
LEAST = {"in_flight": 1, "batch": 1, "bump_after": 1, "most_fee": 0, "lease": 1, "lot_gas": 1_000_000}


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """How much is under way at once, and how long things may take. Raises UsageError for what cannot work.

    in_flight: transactions of one signer signed and without a receipt; batch: signed, stored and broadcast together;
    bump_after: seconds of blocks without it before its fee is raised; most_fee: wei per gas that is never exceeded, 0
    for no bound but the number of attempts; lease: seconds for which one process holds a signer's lane; lot_gas: gas
    that a lot of many rows is sized for, below a block's and the 2^24 that a transaction may take on Ethereum.
    """

    in_flight: int = 256
    batch: int = 100
    bump_after: int = 30
    most_fee: int = 0
    lease: int = 30
    lot_gas: int = 12_000_000

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            value = getattr(self, name)
            if value < least:
                raise UsageError(f"sender.{name} is too small", found=str(value), needed=f"at least {least}")


def tagged(data: bytes, operation: Hash) -> bytes:
    """Call data with the operation id behind it: Solidity ignores what follows the arguments, readers find it."""
    return data + to_bytes(operation)


def tag_of(calldata: bytes) -> Hash:
    """The last 32 bytes of call data: the operation id, if the transaction was signed here; zeros when shorter."""
    tail = calldata[-TAG:]
    return Hash("0x" + (tail if len(tail) == TAG else bytes(TAG)).hex())
