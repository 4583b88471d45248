"""A forced movement, gathered and stepped: what a correction, a succession and an enforced pledge share (R-62)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.chain.proposals import Step
from abst.holders import encumbrances, facts
from abst.holders.correction_gates import CLEAR, Forced, Refreeze
from abst.holders.facts import Token
from abst.holders.movement import Movement
from abst.investor import records
from abst.investor.screening import desk as screening
from abst.investor.tables import Wallet
from abst.values import Address, Hash


def forced(office: Office, token: Token, sender: Address, receiver: Address, amount: int, evidence: Hash) -> Forced:
    """Everything that a movement against the holder's will is judged on, as of now."""
    filing, totals, giver, taker = facts.pair(office, token, sender, receiver)
    with office.store.read() as session:
        under = encumbrances.units_on(session, token.address, sender)
        row = session.get(Wallet, receiver)
        # Of a stranger nothing is screened: he is refused as one.
        state = CLEAR if row is None else screening.state_of(session, [row.investor])[row.investor]
    return Forced(Movement(office.now(), filing, totals, giver, taker, amount), evidence, under, state)


def wallet_now(session: Session, wallet: Address) -> Address:
    """Where the units of a wallet are, had it been lost and recovered since. Raises NotFound for a stranger's."""
    row = records.wallet(session, wallet)
    while row.successor is not None:
        row = records.wallet(session, Address(row.successor))
    return Address(row.address)


def beside_rights(facts_: Forced) -> Forced:
    """The same, judged apart from what lies upon the units: an enforced pledge ranks by itself."""
    return replace(facts_, encumbered=0)


def step(office: Office, token: Token, sender: Address, receiver: Address, amount: int) -> Step:
    """The call that moves it."""
    contract = office.contracts.token(token.address)
    words = f"move {amount} units of {token.symbol} from {sender} to {receiver}"
    return Step(contract.address, contract.encode("forcedTransfer", sender, receiver, amount), words)


def fixed(office: Office, token: Token, wallet: Address, *, balance: bool = False) -> dict[str, Any]:
    """What a proposal is computed from, for its last look (`encumbrances.settled`)."""
    now = encumbrances.holding(office, token.address, wallet)
    return {"token": token.address, "wallet": wallet, "frozen": str(now.frozen)} | (
        {"balance": str(now.balance)} if balance else {}
    )


def below(office: Office, freezes: Sequence[tuple[Token, Address, int]]) -> list[Refreeze]:
    """What freezes by order would leave frozen, against what lies under open rights; those without rights left out."""
    with office.store.read() as session:
        found = [
            Refreeze(wallet, amount, encumbrances.units_on(session, token.address, wallet))
            for token, wallet, amount in freezes
        ]
    return [one for one in found if one.encumbered]
