"""Positions as the journal has them, under the names by which the rooms above ask."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from abst import journal
from abst.chain.office import Office
from abst.values import Address


def advance(office: Office) -> int:
    """Read on to the chain's head. Returns the block reached. Raises JournalHalted, Unavailable."""
    return journal.advance(office)


def rebuild(office: Office) -> int:
    """Derive everything again from the raw logs. Returns the block reached."""
    journal.reindex(office)
    return journal.advance(office)


def positions(session: Session, token: Address, block: int | None = None) -> dict[Address, int]:
    """Wallet -> balance above zero, as read so far, or after an earlier block."""
    return journal.positions(session, token, block=block)


def look(office: Office) -> tuple[int, dict[Address, dict[Address, int]]]:
    """The block reached and, by token, every balance above zero: without writing anything, what was read so far and
    the events since. What a reorganisation took away is left out.
    """
    return journal.look(office)


def held_by(session: Session, token: Address, wallets: Sequence[Address]) -> dict[Address, int]:
    """What these wallets hold of a token, as read so far; those that hold nothing are left out."""
    return journal.held_by(session, token, wallets)
