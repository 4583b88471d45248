"""One tranche as its transactions say, at any of them: who holds what, frozen, locked, supply, principal. Pure.

The objects are those of `transactions`, of one security, in the order of the chain. What stands here is what the
token's own words say (`holdingOf`, `totalSupply`, `minted`, `amortisation`) after the same transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from abst.errors import IntegrityFailure


@dataclass(frozen=True, slots=True)
class Principal:
    """Token units: still owed of the face, paid of it ever, written down."""

    outstanding: int
    paid: int
    written_down: int


@dataclass(slots=True)
class Ledger:
    """balances, frozen (units) and locked (first free second) by wallet; zeros are left out of balances alone.

    issued, cancelled: by movements from and to nobody; approved, given_back: the same by what the token says of its
    mints, and of its redemptions and retirements. The two tell of the same supply.
    """

    balances: dict[str, int] = field(default_factory=dict)
    frozen: dict[str, int] = field(default_factory=dict)
    locked: dict[str, int] = field(default_factory=dict)
    issued: int = 0
    cancelled: int = 0
    approved: int = 0
    given_back: int = 0
    written: Principal | None = None

    @property
    def supply(self) -> int:
        """Units that exist."""
        return self.approved - self.given_back

    @property
    def principal(self) -> Principal:
        """Before the first record of principal, all that exists is outstanding."""
        return self.written or Principal(self.supply, 0, 0)

    def outstanding_of(self, wallet: str) -> int:
        """floor(balance x outstanding / supply), as the token says it."""
        return self.balances.get(wallet, 0) * self.principal.outstanding // self.supply if self.supply else 0

    def apply(self, one: Mapping[str, Any]) -> None:
        """Take one transaction in; kinds that move nothing here are passed over. Raises IntegrityFailure."""
        act = ACTS.get(one["object_type"])
        if act is not None:
            act(self, one)

    def add(self, wallet: str, change: int, where: str) -> None:
        """Change a balance. Raises IntegrityFailure when it would fall below zero: no chain has such events."""
        balance = self.balances.get(wallet, 0) + change
        if balance < 0:
            raise IntegrityFailure(
                "more left a wallet than was in it",
                found=str(-change),
                needed=f"at most {self.balances.get(wallet, 0)} units",
                where=f"transaction {where}, wallet {wallet}",
            )
        if balance:
            self.balances[wallet] = balance
        else:
            self.balances.pop(wallet, None)

    def release(self, wallet: str) -> None:
        """Nothing frozen, nothing locked."""
        self.frozen.pop(wallet, None)
        self.locked.pop(wallet, None)


def replay(objects: Iterable[Mapping[str, Any]]) -> Ledger:
    """The ledger after these transactions of one security. Raises IntegrityFailure."""
    ledger = Ledger()
    for one in objects:
        ledger.apply(one)
    return ledger


def _issued(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.add(one["holder"], int(one["amount"]), one["id"])
    ledger.issued += int(one["amount"])


def _moved(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.add(one["sender"], -int(one["amount"]), one["id"])
    ledger.add(one["receiver"], int(one["amount"]), one["id"])


def _cancelled(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.add(one["holder"], -int(one["amount"]), one["id"])
    ledger.cancelled += int(one["amount"])


def _approved(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.approved += int(one["total"])


def _redeemed(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.given_back += int(one["amount"])


def _retired(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.given_back += int(one["amount"])
    ledger.release(one["holder"])


def _frozen(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.frozen[one["holder"]] = int(one["amount"])


def _locked(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.locked[one["holder"]] = one["until"]


def _recovered(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.release(one["lost"])  # what the successor took over stands in its own events


def _principal(ledger: Ledger, one: Mapping[str, Any]) -> None:
    ledger.written = Principal(int(one["outstanding"]), int(one["principal_paid"]), int(one["written_down"]))


ACTS: dict[str, Callable[[Ledger, Mapping[str, Any]], None]] = {
    "TX_NOTE_ISSUANCE": _issued,
    "TX_NOTE_TRANSFER": _moved,
    "TX_NOTE_CANCELLATION": _cancelled,
    "TX_MINT_APPROVED": _approved,
    "TX_REDEMPTION": _redeemed,
    "TX_RETIREMENT": _retired,
    "TX_FREEZE": _frozen,
    "TX_LOCK": _locked,
    "TX_RECOVERY": _recovered,
    "TX_PRINCIPAL": _principal,
}
