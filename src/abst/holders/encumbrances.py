"""What lies upon holdings, and what was corrected: rows written and asked for; each takes the caller's session.

What is frozen on chain is never less than the open encumbrances of a wallet; `settled` is the last look before a
checker's approval moves either (R-62).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.chain.words import Holding
from abst.decisions import Proposal
from abst.errors import Conflict, NotFound
from abst.holders.tables import Correction, Encumbrance
from abst.values import Address, to_bytes


def get(session: Session, number: int) -> Encumbrance:
    """An encumbrance by its number. Raises NotFound."""
    row = session.get(Encumbrance, number)
    if row is None:
        raise NotFound("no such pledge or attachment", found=str(number), needed="a number of `abst pledge list`")
    return row


def on(session: Session, token: str, wallet: str) -> list[Encumbrance]:
    """Open encumbrances of one wallet, the first recorded first: their rank."""
    query = select(Encumbrance).where(
        Encumbrance.token == token, Encumbrance.wallet == wallet, Encumbrance.closed_at.is_(None)
    )
    return list(session.scalars(query.order_by(Encumbrance.number)))


def units_on(session: Session, token: str, wallet: str) -> int:
    """Units of one wallet under open encumbrances."""
    return sum(row.remaining for row in on(session, token, wallet))


def every(session: Session, *, closed: bool = True) -> list[Encumbrance]:
    """All encumbrances in the order recorded; without `closed` only the open ones."""
    query = select(Encumbrance).order_by(Encumbrance.number)
    return list(session.scalars(query if closed else query.where(Encumbrance.closed_at.is_(None))))


def lower(session: Session, row: Encumbrance, units: int, at: int) -> None:
    """So many units are free of it; at none left it is closed. Raises Conflict for more than remain."""
    if units > row.remaining:
        raise Conflict("less remains encumbered", found=str(row.remaining), needed=str(units), where=str(row.number))
    row.remaining -= units
    row.closed_at = at if row.remaining == 0 else None
    session.flush()


def follow(session: Session, lost: str, successor: str) -> None:
    """A lost wallet's tokens went to its successor, frozen units and all: what lay upon them lies there now."""
    for row in session.scalars(select(Encumbrance).where(Encumbrance.wallet == lost, Encumbrance.closed_at.is_(None))):
        row.wallet = successor
    session.flush()


def corrections(session: Session, kind: str = "", subject: str = "") -> list[Correction]:
    """Corrections in the order made, of one kind or subject or all."""
    query = select(Correction).order_by(Correction.number)
    if kind:
        query = query.where(Correction.kind == kind)
    if subject:
        query = query.where(Correction.subject == subject)
    return list(session.scalars(query))


def reversed_of(session: Session, operation: str, place: int) -> int:
    """Units of one row of a mint that were given back so far."""
    query = select(Correction).where(Correction.operation == operation, Correction.place == place)
    return sum(row.amount for row in session.scalars(query))


def holding(office: Office, token: Address, wallet: Address) -> Holding:
    """What the chain says of one wallet."""
    return Holding.unpack(office.contracts.token(token).read("holdingOf", wallet))


def settled(office: Office, session: Session, proposal: Proposal, fixed: Sequence[dict[str, Any]]) -> None:
    """What a proposal was computed from is still so. fixed: {token: address, wallet, balance?, frozen?}, as text.

    Raises Conflict when it moved since, or another approval over the same wallet is not finished.
    """
    busy = _under_way(session, proposal.id)
    for one in fixed:
        token, wallet = Address(one["token"]), Address(one["wallet"])
        now = holding(office, token, wallet)
        for name, value in (("frozen", now.frozen), ("balance", now.balance)):
            if name in one and int(one[name]) != value:
                raise Conflict(
                    f"what is {'frozen' if name == 'frozen' else 'held'} moved since this was proposed",
                    found=f"{value} units",
                    needed=f"{one[name]} units; reject it and propose again",
                    where=f"wallet {wallet}",
                )
        if any(_touches(call, token, wallet) for call in busy):
            raise Conflict(
                "another approval over this wallet is under way",
                found="not finished",
                needed="abst ops run, then look again",
                where=f"wallet {wallet}",
            )


def _under_way(session: Session, own: str) -> list[dict[str, Any]]:
    approved = session.scalars(select(Proposal).where(Proposal.state == "approved", Proposal.id != own))
    return [call for proposal in approved for call in proposal.command.get("calls", ())]


def _touches(call: dict[str, Any], token: str, wallet: str) -> bool:
    return call["to"] == token and to_bytes(wallet) in to_bytes(call["data"])
