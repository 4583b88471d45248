"""Writes what was read, and what follows from it, into a shelf of tables; and takes it back.

Each function works in the caller's unit of work, so that logs, their blocks and all that is derived stand or fall
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, bindparam, delete, select, union_all
from sqlalchemy.orm import Session

from abst.chain.api import Head
from abst.chain.deploy import Deployment
from abst.journal import bulk
from abst.journal.logs import Row, Sorter, address_of
from abst.journal.projections import NOBODY, Books, Tally, Transfer, said
from abst.journal.tables import (
    ADDRESSES,
    APPROVAL,
    BLOCK,
    HOLDING,
    MARK,
    MINTED,
    MOVEMENT,
    OBLIGATION,
    PAYMENT,
    RAW,
    TOKEN,
    Shelf,
)
from abst.values import ZERO_ADDRESS, Address, to_bytes

MOST = 2**63 - 1  # above every block
SIDES = ("sender", "receiver")
BY_NAME = {table.name: table for table in (APPROVAL, MINTED, OBLIGATION, PAYMENT)}


class Numbers:
    """The number of each address, given when it is first met. For one unit of work, or several that all commit."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {to_bytes(ZERO_ADDRESS): NOBODY}

    def of(self, session: Session, addresses: Iterable[bytes]) -> dict[bytes, int]:
        """Address -> number; those never met before are given the next ones, in the order of their bytes."""
        missing = sorted({one for one in addresses if one not in self._known})
        if missing:
            words = {str(address_of(one)): one for one in missing}
            for part in bulk.chunks(words):
                query = select(ADDRESSES.c.address, ADDRESSES.c.id).where(ADDRESSES.c.address.in_(part))
                self._known |= {words[address]: number for address, number in session.execute(query)}
            new = [one for one in missing if one not in self._known]
            last = session.scalar(select(ADDRESSES.c.id).order_by(ADDRESSES.c.id.desc()).limit(1)) or 0
            bulk.insert(session, ADDRESSES, [(last + n, str(address_of(one))) for n, one in enumerate(new, 1)])
            self._known |= {one: last + n for n, one in enumerate(new, 1)}
        return self._known


def tokens(session: Session, shelf: Shelf) -> list[bytes]:
    """Addresses of the tokens made so far."""
    made = shelf[TOKEN]
    query = select(ADDRESSES.c.address).join(made, made.c.token == ADDRESSES.c.id)
    return [to_bytes(address) for address in session.scalars(query.order_by(made.c.block, made.c.log_index))]


def keep(
    session: Session,
    shelf: Shelf,
    deployment: Deployment,
    blocks: Sequence[Head],
    rows: Sequence[Row],
    numbers: Numbers,
) -> None:
    """Logs with their blocks, read in order after all that stands, and all that follows from them."""
    bulk.insert(session, shelf[BLOCK], [(block.number, block.hash, block.timestamp) for block in blocks])
    bulk.insert(session, shelf[RAW], rows)
    derive(session, shelf, deployment, rows, numbers)


def derive(session: Session, shelf: Shelf, deployment: Deployment, rows: Sequence[Row], numbers: Numbers) -> None:
    """What follows from logs that come after all those derived from so far."""
    sorter = Sorter(deployment, tokens(session, shelf))
    found = sorter.sort(rows)
    known = numbers.of(session, found.addresses())
    made = [(block, place, known[token], filing, tranche) for block, place, token, filing, tranche in found.made]
    bulk.insert(session, shelf[TOKEN], made)
    _move(
        session,
        shelf,
        [Transfer(b, i, known[token], known[giver], known[taker], n) for b, i, token, giver, taker, n in found.moved],
    )
    by_table: dict[str, list[tuple[object, ...]]] = {}
    for event in found.said:
        if (named := said(event)) is not None:
            by_table.setdefault(named[0], []).append(named[1])
    for name, lines in by_table.items():
        bulk.insert(session, shelf[BY_NAME[name]], lines)


def _move(session: Session, shelf: Shelf, transfers: Sequence[Transfer]) -> None:
    touched: dict[int, set[int]] = {}
    for transfer in transfers:
        touched.setdefault(transfer.token, set()).update(transfer[3:5])
    held = {token: holding(session, shelf, token, wallets - {NOBODY}) for token, wallets in touched.items()}
    tallies = {token: _tally(session, shelf, token) for token in touched}
    books = Books(held, tallies, lambda token: holding(session, shelf, token))
    moved, marks = books.apply(transfers)
    bulk.insert(session, shelf[MOVEMENT], moved)
    bulk.insert(session, shelf[MARK], marks)
    for token, wallets in touched.items():
        _hold(session, shelf, token, {wallet: held[token][wallet] for wallet in wallets - {NOBODY}})


def _hold(session: Session, shelf: Shelf, token: int, held: dict[int, int]) -> None:
    """What these wallets hold now, in place of what they held."""
    table = shelf[HOLDING]
    for part in bulk.chunks(held):
        session.execute(delete(table).where(table.c.token == token, table.c.wallet.in_(part)))
    bulk.insert(session, table, [(token, wallet, str(balance)) for wallet, balance in sorted(held.items())])


def holding(session: Session, shelf: Shelf, token: int, wallets: Iterable[int] | None = None) -> dict[int, int]:
    """Wallet -> balance after the last movement, of some or of all that ever held."""
    table = shelf[HOLDING]
    query = select(table.c.wallet, table.c.balance).where(table.c.token == token)
    if wallets is None:
        return dict(session.execute(query).all())
    found: dict[int, int] = {}
    for part in bulk.chunks(wallets):
        found |= dict(session.execute(query.where(table.c.wallet.in_(part))).all())
    return found


def _tally(session: Session, shelf: Shelf, token: int) -> Tally:
    moved, mark = shelf[MOVEMENT], shelf[MARK]
    last = select(moved.c.number).where(moved.c.token == token).order_by(moved.c.block.desc(), moved.c.log_index.desc())
    marked = select(mark.c.next).where(mark.c.token == token).order_by(mark.c.block.desc(), mark.c.log_index.desc())
    start = Tally()
    return Tally(session.scalar(last.limit(1)) or 0, session.scalar(marked.limit(1)) or start.next)


def take_back(session: Session, common: int) -> None:
    """Everything read above a block goes; what is derived is again as it was at that block."""
    live = Shelf()
    made = list(session.scalars(select(TOKEN.c.token)))
    changed: dict[int, set[int]] = {}
    for token in made:
        above = select(MOVEMENT.c.sender, MOVEMENT.c.receiver).where(
            MOVEMENT.c.token == token, MOVEMENT.c.block > common
        )
        changed[token] = {wallet for row in session.execute(above) for wallet in row} - {NOBODY}
        for table in (MOVEMENT, MARK):
            session.execute(delete(table).where(table.c.token == token, table.c.block > common))
    for table in (TOKEN, APPROVAL, MINTED, OBLIGATION, PAYMENT, RAW):
        session.execute(delete(table).where(table.c.block > common))
    session.execute(delete(BLOCK).where(BLOCK.c.number > common))
    for token, wallets in changed.items():
        left = {wallet: last_balance(session, token, wallet) for wallet in wallets}
        _hold(session, live, token, {wallet: held for wallet, held in left.items() if held is not None})
        gone = [wallet for wallet, held in left.items() if held is None]
        for part in bulk.chunks(gone):
            session.execute(delete(HOLDING).where(HOLDING.c.token == token, HOLDING.c.wallet.in_(part)))


def last_balance(session: Session, token: int, wallet: int, block: int = MOST) -> int | None:
    """What a wallet held after its last movement up to a block; None when there was none. Two seeks."""
    rows = session.execute(_newest(False), {"token": token, "wallet": wallet, "block": block}).all()
    return max(rows)[2] if rows else None


def last_balance_of(session: Session, token: Address, wallet: Address, block: int) -> int:
    """The same by addresses; 0 when there was none."""
    rows = session.execute(_newest(True), {"token": token, "wallet": wallet, "block": block}).all()
    return max(rows)[2] if rows else 0


@cache
def _newest(by_address: bool) -> CompoundSelect[Any]:
    """The question behind both, made once: the last movement on each side, with the balance after it."""
    names = ("token", "wallet")
    token, wallet = (
        select(ADDRESSES.c.id).where(ADDRESSES.c.address == bindparam(name)).scalar_subquery()
        if by_address
        else bindparam(name)
        for name in names
    )
    place = (MOVEMENT.c.block, MOVEMENT.c.log_index)
    sides = []
    for side in SIDES:
        # Plus nothing, so that no database goes back through all the token's movements in search of the wallet.
        mine = (MOVEMENT.c.token + 0 == token, MOVEMENT.c[side] == wallet, MOVEMENT.c.block <= bindparam("block"))
        query = select(*place, MOVEMENT.c[f"{side}_after"].label("after")).where(*mine)
        sides.append(select(query.order_by(*(column.desc() for column in place)).limit(1).subquery()))
    return union_all(*sides)


def prune(session: Session, shelf: Shelf, after: int, final: int) -> None:
    """Blocks below the last final one that carry no log of ours need not be kept."""
    block, raw = shelf[BLOCK], shelf[RAW]
    spoken = select(raw.c.block).where(raw.c.block >= after, raw.c.block < final)
    gone = delete(block).where(block.c.number >= after, block.c.number < final, block.c.number.not_in(spoken))
    session.execute(gone)
