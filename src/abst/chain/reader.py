"""Events of our contracts, in ranges of blocks: what positions, roles and records are rebuilt from.

A range is asked for in pieces, because nodes limit an answer and a reader wants to keep a cursor. The block's hash
comes with every event: after a reorganisation it differs, and the reader goes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from abst.chain.api import Chain, Log
from abst.chain.contracts import Contract, Contracts, Event
from abst.values import Address, Hash

__all__ = ["BLOCKS", "Event", "events", "pieces"]

BLOCKS = 2_000  # asked for at a time


def pieces(from_block: int, to_block: int, size: int = BLOCKS) -> Iterator[tuple[int, int]]:
    """First and last block of each piece, in order; none when the range is empty."""
    for first in range(from_block, to_block + 1, size):
        yield first, min(first + size - 1, to_block)


def events(
    chain: Chain,
    contracts: Contracts | Sequence[Contract],
    from_block: int,
    to_block: int,
    topics: Sequence[Hash | Sequence[Hash] | None] = (),
) -> list[Event]:
    """Decoded events of these contracts, both ends included, in the chain's order; unknown ones are left out.

    topics: as in eth_getLogs. Raises Unavailable when the chain cannot be reached.
    """
    watched = contracts.all() if isinstance(contracts, Contracts) else contracts
    by_address: dict[Address, Contract] = {contract.address: contract for contract in watched}
    if not by_address:
        return []
    found: list[Event] = []
    for first, last in pieces(from_block, to_block):
        logs: list[Log] = chain.logs(list(by_address), first, last, topics)
        found += [event for log in logs if (event := by_address[log.address].decode_log(log)) is not None]
    return found
