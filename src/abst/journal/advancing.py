"""Reads on: from the last block read to the chain's head, going back first where a reorganisation took blocks away.

Blocks are asked for outside any unit of work and written in one, which first looks whether another process has read
on meanwhile: so several may read at once, and a kill at any point loses nothing. A block that the network had called
final and that is gone stops the reader until a person decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.api import Chain, Head
from abst.chain.deploy import Deployment
from abst.errors import IntegrityFailure, Unavailable
from abst.journal import asking, bulk, keeping
from abst.journal.logs import Sorter, address_of
from abst.journal.reading import TRIES, Batch, Moved, Reader
from abst.journal.tables import BLOCK, LIVE, Shelf
from abst.store import Store, get_meta, set_meta
from abst.values import ZERO_ADDRESS, Address, Hash, to_bytes

FINAL, HALTED = "journal final", "journal halted"  # facts in `meta`
RECONCILED = "journal reconciled"  # the last block up to which every change was compared with the chain's own words
AT_ONCE = 100  # blocks looked for at a time, going back


class Office(Protocol):
    """What the reader needs of an office."""

    @property
    def store(self) -> Store: ...
    @property
    def chain(self) -> Chain: ...
    @property
    def deployment(self) -> Deployment: ...


class JournalHalted(IntegrityFailure):
    """A block that was final is gone from the chain: nothing is read on until a person decides."""


def halt_of(words: dict[str, str]) -> JournalHalted:
    """The error of a reader that was stopped."""
    message = "a block that was final is gone from the chain: once it is known why, `abst reindex --from-chain`"
    return JournalHalted(message, **words)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far was read. reached: the last block, none before the first; final: the highest block that the network
    had called final when it was read, -1 for none; halted: what stopped the reader, none while it reads.
    """

    reached: Head | None
    final: int
    halted: dict[str, str] | None


def standing(session: Session, shelf: Shelf = LIVE) -> Standing:
    """How far was read, and whether the reader was stopped."""
    halted = get_meta(session, HALTED)
    final = get_meta(session, FINAL + shelf.suffix)
    return Standing(_last(session, shelf), -1 if final is None else int(final), json.loads(halted) if halted else None)


def reached(session: Session) -> Head | None:
    """The last block read; None before the first."""
    return _last(session, LIVE)


def _last(session: Session, shelf: Shelf) -> Head | None:
    table = shelf[BLOCK]
    row = session.execute(select(table).order_by(table.c.number.desc()).limit(1)).first()
    return None if row is None else Head(row.number, Hash(row.hash), row.time)


def advance(office: Office) -> int:
    """Read on to the chain's head. Returns the block reached.

    Raises JournalHalted when a block that was final is gone, now and at each further call; Unavailable when the
    chain cannot be reached, or moves under the reader again and again.
    """
    tried = 0
    while True:
        with office.store.read() as session:
            at = standing(session)
        if at.halted is not None:
            raise halt_of(at.halted)
        head = office.chain.head()
        if at.reached is not None and (at.reached == head or _behind(office, at.reached, head)):
            return at.reached.number
        try:
            if _back(office, at) and (done := _forward(office, head)) is not None:
                return done
        except Moved:
            tried += 1
            if tried == TRIES:
                raise Unavailable("the chain moves while it is read", found=f"{TRIES} times", where="journal") from None


def _behind(office: Office, reached: Head, head: Head) -> bool:
    """Whether the chain is only shown shorter than it was read, by a node that lags: nothing is taken back then."""
    if head.number >= reached.number:
        return False
    with office.store.read() as session:
        query = select(BLOCK.c.number, BLOCK.c.hash).where(BLOCK.c.number <= head.number)
        row = session.execute(query.order_by(BLOCK.c.number.desc()).limit(1)).first()
    if row is None:
        return False
    block = office.chain.block(row.number)
    return block is not None and block.hash == row.hash


def _back(office: Office, at: Standing) -> bool:
    """Take back what is no more on the chain. False when another process has read on meanwhile.

    Raises JournalHalted when what is gone was final.
    """
    if at.reached is None:
        return True
    common = _common(office)
    if common == at.reached.number:
        return True
    with office.store.begin(even_restored=True) as session:
        if standing(session) != at:
            return False
        if common >= at.final:
            keeping.take_back(session, common)
            if int(get_meta(session, RECONCILED) or -1) > common:
                set_meta(session, RECONCILED, str(common))
            return True
        set_meta(session, HALTED, json.dumps(_gone(office, session, common)))
    return False


def _common(office: Office) -> int:
    """The last block read that still is on the chain; one before the registry's first when none is."""
    below, size = keeping.MOST, 1  # mostly the newest one stands
    while True:
        with office.store.read() as session:
            query = select(BLOCK.c.number, BLOCK.c.hash).where(BLOCK.c.number < below)
            rows = session.execute(query.order_by(BLOCK.c.number.desc()).limit(size)).all()
        if not rows:
            return office.deployment.block - 1
        for row, block in zip(rows, office.chain.blocks([row.number for row in rows]), strict=True):
            if block is not None and block.hash == row.hash:
                return block.number
        below, size = rows[-1].number, AT_ONCE


def _gone(office: Office, session: Session, common: int) -> dict[str, str]:
    """Which block is gone: the lowest one kept above the last common one."""
    query = select(BLOCK.c.number, BLOCK.c.hash).where(BLOCK.c.number > common).order_by(BLOCK.c.number).limit(1)
    number, known = session.execute(query).one()
    block = office.chain.block(number)
    found = "no such block" if block is None else block.hash
    return {"found": found, "needed": known, "where": f"block {number}"}


def _forward(office: Office, head: Head) -> int | None:
    """Read range after range up to a head. None when another process has read on meanwhile. Raises Moved."""
    with office.store.read() as session:
        at = standing(session)
        made = [address_of(token) for token in keeping.tokens(session, LIVE)]
    reader, final = Reader(office.chain, office.deployment, made), office.chain.final()
    numbers = keeping.Numbers()
    while at.reached is None or at.reached.number < head.number:
        first = office.deployment.block if at.reached is None else at.reached.number + 1
        if first > head.number:
            break
        batch = reader.batch(first, head, final, at.reached)
        with office.store.begin(even_restored=True) as session:
            if standing(session) != at:
                return None
            at = put(session, LIVE, office.deployment, batch, numbers, at, final)
    return head.number


def put(
    session: Session,
    shelf: Shelf,
    deployment: Deployment,
    batch: Batch,
    numbers: keeping.Numbers,
    at: Standing,
    final: int,
) -> Standing:
    """Write one range; returns how far was read then."""
    keeping.keep(session, shelf, deployment, batch.blocks, batch.rows, numbers)
    now = Standing(batch.last, max(at.final, min(final, batch.last.number)), None)
    set_meta(session, FINAL + shelf.suffix, str(now.final))
    session.flush()
    if now.final > at.final:
        keeping.prune(session, shelf, at.final, now.final)
    return now


def look(office: Office) -> tuple[int, dict[Address, dict[Address, int]]]:
    """The block reached and, by token, every balance above zero, without writing anything: what was read so far, and
    the logs since. What a reorganisation took away is left out. Raises JournalHalted, Unavailable.
    """
    head = office.chain.head()
    with office.store.read() as session:
        at = standing(session)
        if at.halted is not None:
            raise halt_of(at.halted)
        common, block = at.reached, None
        if at.reached is not None and at.reached != head:
            if _behind(office, at.reached, head):
                head = at.reached
            else:
                block = _common(office)
                if block < at.final:
                    raise halt_of(_gone(office, session, block))
                common = asking.block_of(session, block)
        made = asking.tokens(session, block=block)
        held = {token: asking.positions(session, token, block=block) for token in made}
    logs = Reader(office.chain, office.deployment, made)
    first = office.deployment.block if common is None else common.number + 1
    rows = (row[:-1] for row in logs.logs(first, head.number))
    for part in bulk.chunks(rows, AT_ONCE):
        found = Sorter(office.deployment, map(to_bytes, held)).sort(part)
        held |= {address_of(row[2]): {} for row in found.made}
        for _, _, token, sender, receiver, amount in found.moved:
            own = held[address_of(token)]
            for wallet, change in ((address_of(sender), -amount), (address_of(receiver), amount)):
                if wallet != ZERO_ADDRESS:
                    own[wallet] = own.get(wallet, 0) + change
    return head.number, {
        token: {wallet: balance for wallet, balance in sorted(own.items()) if balance} for token, own in held.items()
    }
