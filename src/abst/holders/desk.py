"""The register of holders: positions by Transfer events, joined with investors, reconciled with the chain (R-61).

`abst.journal` reads the events and answers for any block or second; `register` joins what it says with investors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import journal
from abst.chain.office import Office
from abst.chain.words import Holding
from abst.errors import UsageError
from abst.holders import facts
from abst.holders.projection import advance, positions, rebuild
from abst.holders.reconciling import reconcile
from abst.investor.tables import Investor, Wallet
from abst.values import Address, day_of, instant

__all__ = ["Holder", "Register", "advance", "positions", "rebuild", "reconcile", "register"]


@dataclass(frozen=True, slots=True)
class Holder:
    """One wallet's line in the register. share: of the supply, in 1/10,000, rounded down."""

    wallet: Address
    investor: str
    name: str
    balance: int
    share_bps: int
    frozen: int
    locked_until: int


@dataclass(frozen=True, slots=True)
class Register:
    """Who holds one token at one block. investors: how many different ones."""

    token: str
    address: Address
    block: int
    block_hash: str
    at: int
    supply: int
    investors: int
    rows: tuple[Holder, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: amounts as text, the share in percent of the supply."""
        return {
            "token": self.token,
            "block": self.block,
            "block_hash": self.block_hash,
            "supply": str(self.supply),
            "rows": [
                {
                    "investor": row.investor or None,
                    "name": row.name or None,
                    "wallet": row.wallet,
                    "balance": str(row.balance),
                    "frozen": str(row.frozen),
                    "locked_until": row.locked_until or None,
                    "share": f"{row.share_bps // 100}.{row.share_bps % 100:02d} %",
                }
                for row in self.rows
            ],
        }


def register(office: Office, word: str, *, block: int | None = None, at: int | None = None) -> Register:
    """Who holds a token, now, after an earlier block or at an earlier second, largest first.

    Frozen and locked are shown for now only. Raises NotFound, UsageError for a block or a second not there yet.
    """
    token = facts.token(office, word)
    reached = advance(office)
    if block is not None and not 0 <= block <= reached:
        raise UsageError("no such block", found=str(block), needed=f"0 to {reached}", where="block")
    if at is not None and (block is not None or office.day() < day_of(at, office.zone)):
        needed = f"a block or a time, up to {office.day()}"
        raise UsageError("no such time yet, or a block too", found=instant(at), needed=needed, where="at")
    with office.store.read() as session:
        if at is not None:
            block = _block_at(office, session, at)
        held = positions(session, token.address, block)
        known = {
            wallet.address: (investor.id, investor.shown)
            for wallet, investor in session.execute(
                select(Wallet, Investor).join(Investor, Investor.id == Wallet.investor)
            )
            if wallet.address in held
        }
    of = office.chain.block(reached if block is None else block)
    contract = office.contracts.token(token.address)
    supply = sum(held.values())
    rows: list[Holder] = []
    for wallet, balance in held.items():
        holding = Holding.unpack(contract.read("holdingOf", wallet)) if block is None else Holding()
        investor, name = known.get(wallet, ("", ""))
        rows.append(
            Holder(wallet, investor, name, balance, balance * 10_000 // supply, holding.frozen, holding.locked_until)
        )
    rows.sort(key=lambda row: (-row.balance, row.wallet))
    return Register(
        token=token.symbol,
        address=token.address,
        block=reached if block is None else block,
        block_hash=of.hash if of else "",
        at=of.timestamp if of else 0,
        supply=supply,
        investors=len({row.investor or row.wallet for row in rows}),
        rows=tuple(rows),
    )


def _block_at(office: Office, session: Session, at: int) -> int:
    """The last block kept at or before a second: nothing of ours happened between the two. 0 for none."""
    found = journal.block_at(session, at)
    return 0 if found is None else found.number
