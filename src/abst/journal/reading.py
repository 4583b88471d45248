"""Reads logs of our contracts from the chain, range by range, and is sure that one range is of one chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from abst.chain.api import Chain, Head, Log
from abst.chain.deploy import Deployment
from abst.errors import Unavailable
from abst.journal.logs import ATTACHED, Row, address_of, row_of
from abst.values import Address, Hash

FIRST_SPAN, MOST_SPAN = 1, 4_096  # blocks asked for at a time: a single one may hold thousands of logs
WANTED = 10_000  # logs in one answer
TRIES = 5  # of a range, while the chain moves
_ATTACHED = Hash("0x" + ATTACHED.hex())


class Moved(Exception):
    """The chain was reorganised while a range was read: what was read is of no use."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Logs of ours of one range, in order, and blocks to be kept: those of the logs, those above the final one, and
    the range's last.
    """

    blocks: tuple[Head, ...]
    rows: tuple[Row, ...]

    @property
    def last(self) -> Head:
        return self.blocks[-1]


class Ranges:
    """How many blocks to ask for: as many as give about `WANTED` logs, fewer where a node refuses."""

    def __init__(self) -> None:
        self.span = FIRST_SPAN

    def found(self, logs: int) -> None:
        if logs > 2 * WANTED:
            self.span = max(1, self.span // 2)
        elif logs < WANTED // 2:
            self.span = min(2 * self.span, MOST_SPAN)

    def refused(self, error: Unavailable, blocks: int) -> None:
        """Ask for half as many blocks. Raises the error where it is not about too much at once."""
        if blocks <= 1 or not error.message.startswith("the node refuses eth_getLogs"):
            raise error
        self.span = blocks // 2


class Reader:
    """Reads on from a block, following tokens as they are made. addresses: contracts known from the beginning."""

    def __init__(self, chain: Chain, deployment: Deployment, tokens: Iterable[Address]) -> None:
        self.chain, self.registry = chain, deployment.registry
        self.addresses = [*deployment.addresses().values(), *tokens]
        self._ranges = Ranges()

    def batch(self, first: int, head: Head, final: int, before: Head | None) -> Batch:
        """The next range from a block on, up to the head at most; before: the last block read, which must stand still.

        Raises Moved when the chain moved meanwhile, and Unavailable.
        """
        while True:
            last = min(first + self._ranges.span - 1, head.number)
            end = head if last == head.number else self.chain.block(last)
            try:
                logs = self._logs(first, last)
            except Unavailable as error:
                self._ranges.refused(error, last - first + 1)
                continue
            self._ranges.found(len(logs))
            return self._checked(logs, first, end, final, before)

    def _logs(self, first: int, last: int) -> list[Log]:
        """Logs of all our contracts, tokens that are made in the range among them."""
        logs = self.chain.logs(self.addresses, first, last)
        fresh = list(dict.fromkeys(self._made(logs)))
        if fresh:
            self.addresses += fresh
            logs += self.chain.logs(fresh, first, last)
            logs.sort(key=lambda log: (log.block_number, log.log_index))
        return logs

    def _made(self, logs: Sequence[Log]) -> Iterator[Address]:
        known = set(self.addresses)
        for log in logs:
            if log.address == self.registry and log.topics and log.topics[0] == _ATTACHED:
                token = address_of(log.data[12:32])
                if token not in known:
                    yield token

    def _checked(self, logs: Sequence[Log], first: int, end: Head | None, final: int, before: Head | None) -> Batch:
        """The logs with their blocks' headers, read after them; the range's end must still be what it was before, and
        follow upon what was read.
        """
        if end is None:
            raise Moved
        wanted = {log.block_number for log in logs} | set(range(max(first, final), end.number))
        asked = [*sorted(wanted - {end.number}), end.number]
        parent = [] if before is None else [before.number]
        found = self.chain.blocks(parent + asked)
        blocks = {block.number: block for block in found[len(parent) :] if block is not None}
        if blocks.get(end.number) != end or len(blocks) != len(asked) or (parent and found[0] != before):
            raise Moved
        if any(blocks[log.block_number].hash != log.block_hash for log in logs):
            raise Moved
        return Batch(tuple(blocks.values()), tuple(map(row_of, logs)))

    def logs(self, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        """Each log of a range as a row, with the hash of its block, without a look at the blocks themselves."""
        while first <= last:
            to = min(first + self._ranges.span - 1, last)
            try:
                logs = self._logs(first, to)
            except Unavailable as error:
                self._ranges.refused(error, to - first + 1)
                continue
            self._ranges.found(len(logs))
            for log in logs:
                yield (*row_of(log), log.block_hash)
            first = to + 1
