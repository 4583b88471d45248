"""What a chain is to the rest of the house: one protocol, served by the embedded chain and by any JSON-RPC node.

Two signals leave a chain besides the tree of errors: `Reverted` (a contract said no; carries its bytes, decoded by
`abst.chain.reasons`) and `NotAccepted` (the chain did not take a transaction: nothing happened).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from abst.errors import Unavailable
from abst.values import Address, Hash

DEFAULT_CHAIN_ID = 20260206  # of the embedded chain; a type 2 transaction carries it in its signature


@dataclass(frozen=True, slots=True)
class Head:
    """The last block: its number, hash and time in Unix seconds."""

    number: int
    hash: Hash
    timestamp: int


@dataclass(frozen=True, slots=True)
class Log:
    """One event, with the place where it stands. `log_index` counts through the block, from 0."""

    address: Address
    topics: tuple[Hash, ...]
    data: bytes
    block_number: int
    block_hash: Hash
    transaction_hash: Hash
    transaction_index: int
    log_index: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a mined transaction. status: 1 done, 0 reverted; gas_used: of this transaction alone."""

    transaction_hash: Hash
    status: int
    block_number: int
    block_hash: Hash
    gas_used: int
    logs: tuple[Log, ...]
    contract_address: Address | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A mined transaction of one account, as the block has it. to None: it made a contract."""

    hash: Hash
    sender: Address
    nonce: int
    to: Address | None
    data: bytes
    block_number: int
    block_hash: Hash


@dataclass(frozen=True, slots=True)
class Tx:
    """A message to be run or estimated. to None makes a contract; value in wei; gas None: as much as a block holds."""

    sender: Address | None
    to: Address | None
    data: bytes = b""
    value: int = 0
    gas: int | None = None


class Reverted(Exception):
    """A call or an estimate was reverted by a contract. `data`: the revert bytes; empty when the code gave none."""

    def __init__(self, data: bytes, message: str = "") -> None:
        super().__init__(message or ("reverted with 0x" + data.hex() if data else "reverted without a reason"))
        self.data = data


class NotAccepted(Unavailable):
    """The chain did not take a transaction; nothing was done by it.

    reason: nonce-too-low, nonce-too-high, insufficient-funds, underpriced, gas-limit, wrong-chain, invalid.
    """

    def __init__(self, reason: str, message: str, *, found: str = "", needed: str = "", where: str = "") -> None:
        super().__init__(message, found=found, needed=needed, where=where)
        self.reason = reason


@runtime_checkable
class Chain(Protocol):
    """Every method raises Unavailable when the chain cannot be reached, and IntegrityFailure when it is damaged."""

    @property
    def chain_id(self) -> int: ...

    def final(self) -> int:
        """The number of the last block that the network will not take back; -1 when there is none yet."""
        ...

    def now(self) -> int:
        """The house's only clock, Unix seconds: the time the next block would carry. Never below the head's."""
        ...

    def head(self) -> Head: ...

    def block(self, number: int) -> Head | None:
        """The canonical block of that number; None when there is none (yet)."""
        ...

    def blocks(self, numbers: Sequence[int]) -> list[Head | None]:
        """`block` for several at once."""
        ...

    def call(self, to: Address | None, data: bytes, sender: Address | None = None) -> bytes:
        """Run a message as if in the next block, at `now()`; to None runs code that would make a contract, and
        answers with what it returns. Raises Reverted.
        """
        ...

    def call_many(self, messages: Sequence[Tx], *, at: int | None = None) -> list[bytes | Reverted]:
        """`call` for several at once, each alone, in order; what reverts is in its place. at: upon the state that
        this block left, where a node still has it.
        """
        ...

    def estimate(self, tx: Tx) -> int:
        """A gas limit with which the transaction passes, checked by running it. Raises Reverted."""
        ...

    def estimate_many(self, txs: Sequence[Tx]) -> list[int | Reverted]:
        """`estimate` for several at once, each alone upon today's state, in order; what reverts is in its place."""
        ...

    def nonce(self, address: Address, *, waiting: bool = False) -> int:
        """How many transactions of the account are mined: the nonce of its next one, when none is under way.

        waiting: those count too that the chain has taken and not yet mined.
        """
        ...

    def gas_price(self) -> tuple[int, int]:
        """(max fee, tip) in wei per gas for a type 2 transaction to be sent now."""
        ...

    def send_raw(self, raw: bytes) -> Hash:
        """Hand over a signed transaction. The same bytes again: the same hash, no error. Raises NotAccepted."""
        ...

    def send_raw_many(self, raws: Sequence[bytes]) -> list[Hash]:
        """The same for several at once, in order: one block on the embedded chain, one request to a node."""
        ...

    def receipt(self, transaction: Hash) -> Receipt | None: ...

    def receipts(self, transactions: Sequence[Hash]) -> list[Receipt | None]:
        """`receipt` for several at once, without their logs: of many transactions these are by far the most."""
        ...

    def sent(self, senders: Sequence[Address], from_block: int, to_block: int) -> list[Sent]:
        """What these accounts sent, in both blocks and those between, in order. Linear in blocks."""
        ...

    def logs(
        self,
        addresses: Sequence[Address] | None,
        from_block: int,
        to_block: int,
        topics: Sequence[Hash | Sequence[Hash] | None] = (),
    ) -> list[Log]:
        """Events of both blocks and those between, in order. addresses None: of all; topics as in eth_getLogs."""
        ...

    def code(self, address: Address) -> bytes: ...

    def balance(self, address: Address) -> int: ...
