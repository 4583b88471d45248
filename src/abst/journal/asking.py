"""What the journal answers: positions as of any block or second, movements, and the raw logs.

All of it as far as was read. A second means the last block at or before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    func,
    select,
    tuple_,
    type_coerce,
    union,
)
from sqlalchemy.orm import Session, aliased

from abst.chain.api import Head, Log
from abst.journal import bulk
from abst.journal.keeping import SIDES, last_balance_of
from abst.journal.logs import log_of
from abst.journal.projections import NOBODY, unpacked
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
)
from abst.values import ZERO_ADDRESS, Address, Hash, to_bytes

IN_MEMORY = 2_000  # rows of a stream held at a time


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of a token. at: the block's time, Unix seconds; amount: token units; sender or receiver is the zero
    address where tokens come to be or end; the two balances are what both sides held after it (0 of the zero address).
    """

    block: int
    log_index: int
    at: int
    token: Address
    sender: Address
    receiver: Address
    amount: int
    tx_hash: Hash
    sender_after: int
    receiver_after: int


def block_at(session: Session, second: int) -> Head | None:
    """The last block kept at or before a second: nothing of ours happened between it and that second."""
    return _head(session, select(BLOCK).where(BLOCK.c.time <= second))


def block_of(session: Session, number: int) -> Head | None:
    """The last block kept up to a number."""
    return _head(session, select(BLOCK).where(BLOCK.c.number <= number))


def _head(session: Session, query: Select[Any]) -> Head | None:
    row = session.execute(query.order_by(BLOCK.c.number.desc()).limit(1)).first()
    return None if row is None else Head(row.number, Hash(row.hash), row.time)


def blocks(session: Session, first: int | None = None, last: int | None = None) -> Iterator[Head]:
    """Blocks kept: every one with a log of ours, and those about the head."""
    query = _between(select(BLOCK), BLOCK.c.number, first, last).order_by(BLOCK.c.number)
    for row in session.execute(query).yield_per(IN_MEMORY):
        yield Head(row.number, Hash(row.hash), row.time)


def positions(
    session: Session, token: Address, *, block: int | None = None, at: int | None = None
) -> dict[Address, int]:
    """Wallet -> balance above zero, by address, after a block, or at a second; by default after the last block read.

    From the nearest mark before on: as much work as there are holders.
    """
    number = number_of(session, token)
    if number is None:
        return {}
    text = type_coerce(HOLDING.c.balance, Text)
    query = select(HOLDING.c.wallet, ADDRESSES.c.address, text).join(ADDRESSES, ADDRESSES.c.id == HOLDING.c.wallet)
    bound = _bound(session, block, at)
    ever = session.execute(query.where(HOLDING.c.token == number)).all()
    if bound is None:
        return dict(sorted((Address(address), int(balance)) for _, address, balance in ever if balance != "0"))
    held = _held_at(session, number, bound)
    found = ((Address(address), held.get(wallet, "0")) for wallet, address, _ in ever)
    return dict(sorted((wallet, int(balance)) for wallet, balance in found if balance != "0"))


def _held_at(session: Session, token: int, block: int) -> dict[int, str]:
    """Wallet -> balance as text: the last mark up to a block, and the movements from there to the block."""
    mark = select(MARK).where(MARK.c.token == token, MARK.c.block <= block)
    near = session.execute(mark.order_by(MARK.c.block.desc(), MARK.c.log_index.desc()).limit(1)).first()
    held = unpacked(near.held) if near is not None else {}
    # As text: only the last balance of each wallet is worth reading as a number.
    columns = (
        MOVEMENT.c.sender,
        type_coerce(MOVEMENT.c.sender_after, Text),
        MOVEMENT.c.receiver,
        type_coerce(MOVEMENT.c.receiver_after, Text),
    )
    query = select(*columns).where(MOVEMENT.c.token == token, MOVEMENT.c.block <= block)
    if near is not None:
        query = query.where(tuple_(MOVEMENT.c.block, MOVEMENT.c.log_index) > tuple_(near.block, near.log_index))
    moved = session.execute(query.order_by(MOVEMENT.c.block, MOVEMENT.c.log_index))
    for sender, sender_after, receiver, receiver_after in moved:
        held[sender] = sender_after
        held[receiver] = receiver_after
    return held


def position_of(
    session: Session, token: Address, wallet: Address, *, block: int | None = None, at: int | None = None
) -> int:
    """What one wallet held after a block, or at a second; by default after the last block read. A few seeks."""
    bound = _bound(session, block, at)
    if bound is not None:
        return last_balance_of(session, token, wallet, bound)
    return session.scalar(_held_now(), {"token": token, "wallet": wallet}) or 0


@cache
def _held_now() -> Select[Any]:
    token, wallet = (
        select(ADDRESSES.c.id).where(ADDRESSES.c.address == bindparam(name)).scalar_subquery()
        for name in ("token", "wallet")
    )
    return select(HOLDING.c.balance).where(HOLDING.c.token == token, HOLDING.c.wallet == wallet)


def counts(session: Session) -> tuple[int, int]:
    """Logs and movements kept. Linear in them."""
    logs, moved = (session.scalar(select(func.count()).select_from(table)) or 0 for table in (RAW, MOVEMENT))
    return logs, moved


def held_by(session: Session, token: Address, wallets: Sequence[Address], *, zeros: bool = False) -> dict[Address, int]:
    """What these wallets hold of a token; those that hold nothing, or no more, are left out, or are there with 0."""
    number = number_of(session, token)
    held: dict[Address, int] = dict.fromkeys(wallets, 0) if zeros else {}
    query = select(ADDRESSES.c.address, HOLDING.c.balance).join(HOLDING, HOLDING.c.wallet == ADDRESSES.c.id)
    for part in bulk.chunks(wallets):
        rows = session.execute(query.where(HOLDING.c.token == number, ADDRESSES.c.address.in_(part)))
        held |= {Address(wallet): balance for wallet, balance in rows if balance}
    return held


def held_in_all(session: Session, wallets: Sequence[Address]) -> int:
    """Units of all tokens together that these wallets hold."""
    query = select(HOLDING.c.balance).join(ADDRESSES, HOLDING.c.wallet == ADDRESSES.c.id)
    return sum(
        session.scalars(query.where(ADDRESSES.c.address.in_(wallets), HOLDING.c.token.in_(select(TOKEN.c.token))))
    )


def flows(session: Session, token: Address) -> tuple[int, int]:
    """Units minted and redeemed in all, by the movements from and to nobody."""
    number = number_of(session, token)
    amount = select(MOVEMENT.c.amount).where(MOVEMENT.c.token == number)
    minted, redeemed = (sum(session.scalars(amount.where(MOVEMENT.c[side] == NOBODY))) for side in SIDES)
    return minted, redeemed


def wallets(session: Session, token: Address, *, since: int | None = None) -> list[Address]:
    """Every wallet that ever held a token; or that gave or took of it after a block."""
    number = number_of(session, token)
    chosen: Select[Any] | CompoundSelect[Any] = select(HOLDING.c.wallet).where(HOLDING.c.token == number)
    if since is not None:
        moved = and_(MOVEMENT.c.token == number, MOVEMENT.c.block > since)
        chosen = select(MOVEMENT.c.sender).where(moved).union(select(MOVEMENT.c.receiver).where(moved))
    found = session.scalars(select(ADDRESSES.c.address).where(ADDRESSES.c.id.in_(chosen)))
    return sorted(map(Address, found))


def last_moved(session: Session, wallet: Address) -> int:
    """When a token last came to or went from a wallet, by the block's time; 0 for never."""
    number = number_of(session, wallet)
    newest = 0
    for side in SIDES:
        found = session.scalar(select(func.max(MOVEMENT.c.block)).where(MOVEMENT.c[side] == number))
        newest = max(newest, found or 0)
    return session.scalar(select(BLOCK.c.time).where(BLOCK.c.number == newest)) or 0


def _bound(session: Session, block: int | None, at: int | None) -> int | None:
    """The block that a question is about: none for the last one read, -1 for a second before the first."""
    if at is None:
        return block
    found = block_at(session, at)
    return -1 if found is None else found.number


def number_of(session: Session, address: Address) -> int | None:
    """The number of a wallet or a token; none where no movement named it."""
    if address == ZERO_ADDRESS:
        return NOBODY
    return session.scalar(select(ADDRESSES.c.id).where(ADDRESSES.c.address == address))


def tokens(session: Session, *, block: int | None = None) -> list[Address]:
    """Tokens made so far, or up to a block, by the registry's own events."""
    query = select(ADDRESSES.c.address).join(TOKEN, TOKEN.c.token == ADDRESSES.c.id)
    if block is not None:
        query = query.where(TOKEN.c.block <= block)
    return [Address(one) for one in session.scalars(query.order_by(TOKEN.c.block, TOKEN.c.log_index))]


def movements(
    session: Session,
    *,
    token: Address | None = None,
    wallet: Address | None = None,
    first: int | None = None,
    last: int | None = None,
) -> Iterator[Movement]:
    """Movements in the chain's order, of all tokens or one, of all wallets or one; first and last: blocks, both in."""
    of, giver, taker = (aliased(ADDRESSES) for _ in range(3))
    columns = (
        *(MOVEMENT.c.block, MOVEMENT.c.log_index, BLOCK.c.time, of.c.address),
        *(giver.c.address, taker.c.address, MOVEMENT.c.amount, RAW.c.tx_hash),
        *(MOVEMENT.c.sender_after, MOVEMENT.c.receiver_after),
    )
    place = and_(RAW.c.block == MOVEMENT.c.block, RAW.c.log_index == MOVEMENT.c.log_index)
    query: Select[Any] = (
        select(*columns)
        .join(RAW, place)
        .join(BLOCK, BLOCK.c.number == MOVEMENT.c.block)
        .join(of, of.c.id == MOVEMENT.c.token)
        .outerjoin(giver, giver.c.id == MOVEMENT.c.sender)
        .outerjoin(taker, taker.c.id == MOVEMENT.c.receiver)
    )
    query = _between(query, MOVEMENT.c.block, first, last)
    if token is not None:
        query = query.where(MOVEMENT.c.token == number_of(session, token))
    if wallet is not None:
        key = tuple(MOVEMENT.primary_key.columns)
        number = number_of(session, wallet)
        mine = union(*(select(*key).where(MOVEMENT.c[side] == number) for side in SIDES)).subquery()
        query = query.join(mine, and_(*(mine.c[column.name] == column for column in key)))
    for row in session.execute(query.order_by(MOVEMENT.c.block, MOVEMENT.c.log_index)).yield_per(IN_MEMORY):
        block, log_index, at, made, sender, receiver, amount, tx_hash, sender_after, receiver_after = row
        yield Movement(
            block=block,
            log_index=log_index,
            at=at,
            token=Address(made),
            sender=Address(sender or ZERO_ADDRESS),
            receiver=Address(receiver or ZERO_ADDRESS),
            amount=amount,
            tx_hash=Hash("0x" + tx_hash.hex()),
            sender_after=sender_after,
            receiver_after=receiver_after,
        )


def raw(
    session: Session, first: int | None = None, last: int | None = None, addresses: Sequence[Address] | None = None
) -> Iterator[Log]:
    """The logs of our contracts as the chain gave them, in its order; of both blocks and those between."""
    query: Select[Any] = select(*RAW.c, BLOCK.c.hash).join(BLOCK, BLOCK.c.number == RAW.c.block)
    query = _between(query, RAW.c.block, first, last)
    if addresses is not None:
        query = query.where(RAW.c.address.in_([to_bytes(one) for one in addresses]))
    for row in session.execute(query.order_by(RAW.c.block, RAW.c.log_index)).yield_per(IN_MEMORY):
        yield log_of(row[:-1], row[-1])


def _between(query: Select[Any], column: ColumnElement[int], first: int | None, last: int | None) -> Select[Any]:
    if first is not None:
        query = query.where(column >= first)
    return query if last is None else query.where(column <= last)


def approvals(session: Session, *, owner: Address | None = None) -> list[dict[str, Any]]:
    """What owners let others spend, every time one said so: {block, log_index, token, owner, spender, amount}."""
    return _said(session, APPROVAL, **({} if owner is None else {"owner": owner}))


def mints(session: Session, *, operation: Hash | None = None) -> list[dict[str, Any]]:
    """Mints with the decision each stood on: {block, log_index, operation, decision, token, gatekeeper, total}."""
    return _said(session, MINTED, **({} if operation is None else {"operation": operation}))


def obligations(session: Session, *, filing: int | None = None) -> list[dict[str, Any]]:
    """Duties to disclose, opened and answered: {block, log_index, filing (number on chain), obligation, act, kind,
    facts}. One that does not recur is closed by the first document published for it.
    """
    return _said(session, OBLIGATION, **({} if filing is None else {"filing": filing}))


def payments(session: Session, *, payment: Hash | None = None) -> list[dict[str, Any]]:
    """What became of payments to holders: {block, log_index, payment, act, holder, amount, facts}."""
    return _said(session, PAYMENT, **({} if payment is None else {"payment": payment}))


def _said(session: Session, table: Table, **wanted: Any) -> list[dict[str, Any]]:
    query = select(table).where(*(table.c[name] == value for name, value in wanted.items()))
    return [dict(row) for row in session.execute(query.order_by(table.c.block, table.c.log_index)).mappings()]
