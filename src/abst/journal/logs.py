"""Raw logs as rows, and rows as events: which of our contracts said what.

Movements are a million where all else is thousands, so they are cut out of the bytes by hand; the rest goes through
the contracts' own codecs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from abst.chain.api import Log
from abst.chain.contracts import checksummed, codec
from abst.chain.deploy import Deployment
from abst.journal.projections import SAID, Said
from abst.values import Address, Hash, to_bytes

Row = tuple[int, int, bytes, bytes, bytes, bytes, int]  # of `raw_log`
TRANSFER = to_bytes(codec("SecurityToken").topic("Transfer"))
ATTACHED = to_bytes(codec("Registry").topic("TrancheAttached"))


def row_of(log: Log) -> Row:
    """A log as `raw_log` keeps it."""
    return (
        log.block_number,
        log.log_index,
        bytes.fromhex(log.address[2:]),
        bytes.fromhex("".join([topic[2:] for topic in log.topics])),
        log.data,
        bytes.fromhex(log.transaction_hash[2:]),
        log.transaction_index,
    )


def log_of(row: Sequence[Any], block_hash: str) -> Log:
    """The reverse of `row_of`, with the hash of the block."""
    block, log_index, address, topics, data, tx_hash, tx_index = row
    return Log(
        address=address_of(address),
        topics=tuple(Hash("0x" + topics[start : start + 32].hex()) for start in range(0, len(topics), 32)),
        data=bytes(data),
        block_number=block,
        block_hash=Hash(block_hash),
        transaction_hash=Hash("0x" + tx_hash.hex()),
        transaction_index=tx_index,
        log_index=log_index,
    )


def address_of(raw: bytes) -> Address:
    """20 bytes as the house writes an address."""
    return checksummed("0x" + raw.hex())


@dataclass
class Sorted:
    """Events of some rows. moved: (block, log index, token, sender, receiver, amount), addresses as bytes; made:
    (block, log index, token as bytes, filing's number, tranche); said: all else that something is derived from.
    """

    moved: list[tuple[int, int, bytes, bytes, bytes, int]] = field(default_factory=list)
    made: list[tuple[int, int, bytes, int, int]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def addresses(self) -> set[bytes]:
        """Everybody who stands in movements, and the tokens."""
        found = {one for row in self.moved for one in row[2:5]}
        return found | {row[2] for row in self.made}


class Sorter:
    """Tells events apart. tokens: those made so far; one that a row tells of is added, so rows come in order."""

    def __init__(self, deployment: Deployment, tokens: Iterable[bytes]) -> None:
        self.registry = to_bytes(deployment.registry)
        self.tokens = set(tokens)
        named = {self.registry: "Registry", to_bytes(deployment.distribution): "Distribution"}
        self._kinds = {address: _kinds(name) for address, name in named.items()}
        self._of_tokens = _kinds("SecurityToken")

    def sort(self, rows: Iterable[Row]) -> Sorted:
        found = Sorted()
        tokens, moved = self.tokens, found.moved
        for row in rows:
            address, topics = row[2], row[3]
            if address in tokens:
                if topics[:32] == TRANSFER and len(topics) == 96:
                    amount = int.from_bytes(row[4], "big")
                    moved.append((row[0], row[1], address, topics[44:64], topics[76:96], amount))
                    continue
                kinds = self._of_tokens
            else:
                kinds = self._kinds.get(address, {})
            if address == self.registry and topics[:32] == ATTACHED:
                made = (row[0], row[1], row[4][12:32], _number(topics, 1), _number(topics, 2))
                found.made.append(made)
                tokens.add(made[2])
            elif (kind := kinds.get(topics[:32])) is not None:
                args = kind.args(log_of(row, ""))
                found.said.append(Said(row[0], row[1], address_of(address), kind.name, args))
        return found


def _kinds(name: str) -> dict[bytes, Any]:
    """Topic -> event of a contract, of kinds that something is derived from."""
    return {to_bytes(topic): kind for topic, kind in codec(name).events.items() if kind.name in SAID}


def _number(topics: bytes, place: int) -> int:
    return int.from_bytes(topics[32 * place : 32 * place + 32], "big")
