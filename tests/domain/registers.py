"""Random registers for tests: acts on one token as the token allows them, told as typed transactions.

`Told.model` is kept beside, by its own arithmetic: what the token would say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from abst.values import ZERO_ADDRESS

SECURITY = "0x" + "5E" * 20
WALLETS = [f"0x{number:040x}" for number in range(1, 8)]


@dataclass
class Told:
    """What happened, and the books that somebody kept meanwhile."""

    objects: list[dict[str, Any]] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    frozen: dict[str, int] = field(default_factory=dict)
    minted: int = 0
    outstanding: int = 0
    paid: int = 0
    lost: int = 0
    closed: bool = False

    @property
    def supply(self) -> int:
        return sum(self.held.values())

    def say(self, type_: str, **values: Any) -> None:
        place = len(self.objects)
        self.objects.append({"object_type": type_, "id": f"{place}-0", "block": place, "log_index": 0, **values})

    def move(self, sender: str, receiver: str, amount: int) -> None:
        for wallet, change in ((sender, -amount), (receiver, amount)):
            if wallet != ZERO_ADDRESS:
                self.held[wallet] = self.held.get(wallet, 0) + change

    def principal(self) -> None:
        self.closed = True
        told = {"outstanding": self.outstanding, "principal_paid": self.paid, "written_down": self.lost}
        self.say("TX_PRINCIPAL", **{key: str(value) for key, value in told.items()})


def mint(told: Told, wallet: str, other: str, amount: int) -> None:
    if told.closed:
        return
    told.say("TX_NOTE_ISSUANCE", holder=wallet, amount=str(amount))
    told.say("TX_MINT_APPROVED", total=str(amount), decision="0x", operation="0x", gatekeeper=other)
    told.move(ZERO_ADDRESS, wallet, amount)
    told.minted += amount
    told.outstanding += amount


def transfer(told: Told, wallet: str, other: str, amount: int) -> None:
    amount %= told.held.get(wallet, 0) + 1
    told.say("TX_NOTE_TRANSFER", sender=wallet, receiver=other, amount=str(amount))
    told.move(wallet, other, amount)


def redeem(told: Told, wallet: str, other: str, amount: int) -> None:
    amount %= told.held.get(wallet, 0) + 1
    if told.closed and told.supply:
        told.outstanding -= told.outstanding * amount // told.supply
        told.lost -= -(-told.lost * amount // told.supply)
        told.principal()
    elif not told.closed:
        told.outstanding -= amount
    told.say("TX_NOTE_CANCELLATION", holder=wallet, amount=str(amount))
    told.say("TX_REDEMPTION", holder=wallet, amount=str(amount))
    told.move(wallet, ZERO_ADDRESS, amount)


def pay(told: Told, wallet: str, other: str, amount: int) -> None:
    amount %= told.outstanding + 1
    told.outstanding -= amount
    told.paid += amount
    told.principal()


def lose(told: Told, wallet: str, other: str, amount: int) -> None:
    amount %= told.outstanding + 1
    told.outstanding -= amount
    told.lost += amount
    told.principal()


def freeze(told: Told, wallet: str, other: str, amount: int) -> None:
    told.say("TX_FREEZE", holder=wallet, amount=str(amount))
    told.frozen[wallet] = amount


def recover(told: Told, wallet: str, other: str, amount: int) -> None:
    if wallet == other:
        return
    frozen = told.frozen.get(wallet, 0)
    if frozen:
        freeze(told, wallet, other, 0)
        freeze(told, other, wallet, told.frozen.get(other, 0) + frozen)
    held = told.held.get(wallet, 0)
    told.say("TX_NOTE_TRANSFER", sender=wallet, receiver=other, amount=str(held))
    told.say("TX_RECOVERY", lost=wallet, successor=other, amount=str(held))
    told.move(wallet, other, held)


ACTS = (mint, transfer, redeem, pay, lose, freeze, recover)


@st.composite
def registers(draw: st.DrawFn, *, most: int = 2**90) -> Told:
    """A token after some acts; amounts from nothing to far above what a spreadsheet keeps."""
    told = Told()
    for _ in range(draw(st.integers(1, 14))):
        act = draw(st.sampled_from(ACTS))
        wallet, other = draw(st.sampled_from(WALLETS)), draw(st.sampled_from(WALLETS))
        act(told, wallet, other, draw(st.integers(0, draw(st.sampled_from([9, 10**6, 10**15, most])))))
    return told
