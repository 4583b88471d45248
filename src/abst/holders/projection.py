"""The journal of Transfer events and the positions it adds up to, read forward from a cursor.

A projection: the chain is the truth. It goes back by itself when a reorganisation took blocks away, and it can be
dropped and read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from abst.chain.contracts import Event
from abst.chain.office import Office
from abst.chain.reader import events
from abst.filing import records
from abst.holders.tables import CursorRow, Position, TransferRow
from abst.values import ZERO_ADDRESS, Address

CURSORS = 64  # block hashes kept: how far back a reorganisation is found without reading all again
AT_ONCE = 500  # wallets in one question to the database


def advance(office: Office) -> int:
    """Read what happened since the cursor, after going back when its block is gone. Returns the block reached."""
    head = office.chain.head()
    with office.store.read() as session:
        cursor = session.get(CursorRow, head.number)
        if cursor is not None and cursor.hash == head.hash:
            return head.number
    with office.store.begin() as session:
        made = _tokens(session)
        known = _common_block(office, session)
        if made and known < head.number:
            found = _transfers(office, made, known + 1, head.number)
            _write(session, found)
        if session.get(CursorRow, head.number) is None:
            session.add(CursorRow(block=head.number, hash=head.hash))
        session.flush()
        session.execute(delete(CursorRow).where(CursorRow.block.not_in(_newest(session))))
    return head.number


def rebuild(office: Office) -> int:
    """Drop the projection and read it again from the registry's first block."""
    with office.store.begin() as session:
        for table in (TransferRow, Position, CursorRow):
            session.execute(delete(table))
    return advance(office)


def _tokens(session: Session) -> list[Address]:
    """Addresses of all tokens made."""
    rows = [row for filing in records.every(session) for row in records.tranches(session, filing.id)]
    return [Address(row.token) for row in rows if row.token is not None]


def _newest(session: Session) -> list[int]:
    return list(session.scalars(select(CursorRow.block).order_by(CursorRow.block.desc()).limit(CURSORS)))


def _common_block(office: Office, session: Session) -> int:
    """The last block read that still is on the chain; everything read above it is taken back."""
    common = office.deployment.block - 1
    gone = False
    for row in session.scalars(select(CursorRow).order_by(CursorRow.block.desc())):
        block = office.chain.block(row.block)
        if block is not None and block.hash == row.hash:
            common = row.block
            break
        gone = True
        session.delete(row)
    if gone:
        session.execute(delete(TransferRow).where(TransferRow.block > common))
        session.execute(delete(Position))
        session.flush()
        _add_up(session, session.scalars(select(TransferRow).order_by(TransferRow.block, TransferRow.log_index)))
    return common


def _transfers(office: Office, made: Sequence[Address], first: int, last: int) -> list[Event]:
    contracts = [office.contracts.token(address) for address in made]
    return events(office.chain, contracts, first, last, [contracts[0].codec.topic("Transfer")])


def _write(session: Session, found: Iterable[Event]) -> None:
    rows = [
        TransferRow(
            block=event.block_number,
            log_index=event.log_index,
            token=event.address,
            sender=event.args["from"],
            receiver=event.args["to"],
            amount=event.args["value"],
            tx_hash=event.tx_hash,
        )
        for event in found
    ]
    session.add_all(rows)
    session.flush()
    _add_up(session, rows)


def _add_up(session: Session, rows: Iterable[TransferRow]) -> None:
    """Apply movements to the positions; the zero address is where tokens come from and go to, not a holder."""
    changes: dict[tuple[str, str], int] = {}
    for row in rows:
        for wallet, amount in ((row.sender, -row.amount), (row.receiver, row.amount)):
            if wallet != ZERO_ADDRESS:
                changes[row.token, wallet] = changes.get((row.token, wallet), 0) + amount
    for (token, wallet), change in changes.items():
        position = session.get(Position, (token, wallet))
        if position is None:
            session.add(Position(token=token, wallet=wallet, balance=change))
        else:
            position.balance += change
    session.flush()


def positions(session: Session, token: Address, block: int | None = None) -> dict[Address, int]:
    """Wallet -> balance above zero, as read so far; at an earlier block by the journal."""
    held: dict[Address, int] = {}
    if block is None:
        for position in session.scalars(select(Position).where(Position.token == token)):
            held[Address(position.wallet)] = position.balance
    else:
        for row in session.scalars(select(TransferRow).where(TransferRow.token == token, TransferRow.block <= block)):
            for wallet, amount in ((row.sender, -row.amount), (row.receiver, row.amount)):
                if wallet != ZERO_ADDRESS:
                    held[Address(wallet)] = held.get(Address(wallet), 0) + amount
    return {wallet: balance for wallet, balance in sorted(held.items()) if balance}


def look(office: Office) -> tuple[int, dict[Address, dict[Address, int]]]:
    """The block reached and, by token, every balance above zero, without writing anything: what was read so far, and
    the events since. What a reorganisation took away is left out.
    """
    head = office.chain.head().number
    with office.store.read() as session:
        made = _tokens(session)
        common, newest = _last_common(office, session)
        # The journal is summed only where a reorganisation took the newest block read away.
        held = {token: dict(positions(session, token, None if newest else common)) for token in made}
    for event in _transfers(office, made, common + 1, head) if made and common < head else ():
        own = held[event.address]
        for wallet, amount in ((event.args["from"], -event.args["value"]), (event.args["to"], event.args["value"])):
            if wallet != ZERO_ADDRESS:
                own[wallet] = own.get(wallet, 0) + amount
    return head, {
        token: {wallet: balance for wallet, balance in sorted(own.items()) if balance} for token, own in held.items()
    }


def _last_common(office: Office, session: Session) -> tuple[int, bool]:
    """The last block read that still is on the chain, and whether it is the newest one read."""
    for place, row in enumerate(session.scalars(select(CursorRow).order_by(CursorRow.block.desc()))):
        block = office.chain.block(row.block)
        if block is not None and block.hash == row.hash:
            return row.block, place == 0
    return office.deployment.block - 1, False


def held_by(session: Session, token: Address, wallets: Sequence[Address]) -> dict[Address, int]:
    """What these wallets hold of a token, as read so far; those that hold nothing are left out."""
    held: dict[Address, int] = {}
    for start in range(0, len(wallets), AT_ONCE):
        part = wallets[start : start + AT_ONCE]
        query = select(Position).where(Position.token == token, Position.wallet.in_(part))
        held |= {Address(row.wallet): row.balance for row in session.scalars(query)}
    return held
