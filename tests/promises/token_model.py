"""One token as `design.md` says it, in plain Python: balances in dictionaries, copies of them at record dates.

Written from the table of rules by act, not from the contracts: every rule that an act breaks is collected, and the act
is refused with the first of them in the order of the reasons. Nothing is packed, cached or derived from a log.
Amounts are whole token units, times Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from abst.chain.reasons import BY_NAME
from abst.deal.plan import Terms

NOBODY = "zero"
ENDLESS = 2**256 - 1
MOST_FROZEN = 2**96 - 1
MOST_OPEN = 32


@dataclass(frozen=True)
class Row:
    """A row of the table: which columns hold for an act. filing: "" no, "terms" overdue stops if the terms say so."""

    filing: str = ""
    issue: bool = False
    sender: bool = False
    receiver: bool = False
    limits: bool = False
    free: bool = False


TABLE = {
    "transfer": Row(filing="terms", sender=True, receiver=True, limits=True, free=True),
    "mint": Row(filing="always", issue=True, receiver=True, limits=True),
    "redeem": Row(sender=True, free=True),
    "forced transfer": Row(receiver=True),
    "recover": Row(receiver=True),
}


@dataclass
class Investor:
    """One person and all his wallets."""

    regimes: int
    capacity: int
    evidence_until: int
    suitable_until: int
    wallets: list[str]
    blocked: bool = False


@dataclass
class Obligation:
    """due and grace in seconds; recurring ones stay open with a new due second."""

    due: int
    grace: int
    recurrence: int


@dataclass
class Positions:
    """Everything that a refused act leaves as it was."""

    balance: dict[str, int] = field(default_factory=dict)
    frozen: dict[str, int] = field(default_factory=dict)
    locked: dict[str, int] = field(default_factory=dict)
    minted: int = 0

    def copy(self) -> Positions:
        return Positions(dict(self.balance), dict(self.frozen), dict(self.locked), self.minted)


class TokenModel:
    """Every act returns None when it is done, or the name of the reason or error for which it is refused."""

    def __init__(self, terms: Terms, investors: dict[str, Investor], now: int, completion: int) -> None:
        self.terms, self.now, self.completion = terms, now, completion
        self.investors = investors  # by wallet
        self.lost: dict[str, str] = {}  # lost wallet -> successor
        self.suspended = self.paused = False
        self.obligations: dict[int, Obligation] = {}
        self.opened = 0
        self.issue_begun = False
        self.next_date = 0
        self.dates: list[Positions] = []  # what was held at record dates 1, 2, ...
        self.held = Positions()
        self.allowed: dict[tuple[str, str], int] = {}

    # ---- what is held

    def balance(self, wallet: str) -> int:
        return self.held.balance.get(wallet, 0)

    def frozen(self, wallet: str) -> int:
        return self.held.frozen.get(wallet, 0)

    def locked_until(self, wallet: str) -> int:
        return self.held.locked.get(wallet, 0)

    def unfrozen(self, wallet: str) -> int:
        return max(self.balance(wallet) - self.frozen(wallet), 0)

    @property
    def supply(self) -> int:
        return sum(self.held.balance.values())

    @property
    def left(self) -> int:
        return self.terms.cap - self.held.minted

    def together(self, wallet: str) -> int:
        """What the wallet's investor holds in all his wallets."""
        investor = self.investors.get(wallet)
        return sum(self.balance(one) for one in investor.wallets) if investor else self.balance(wallet)

    @property
    def holders(self) -> int:
        holding = {id(self.investors[wallet]) for wallet, amount in self.held.balance.items() if amount}
        return len(holding)

    # ---- the rules

    def is_blocked(self, wallet: str) -> bool:
        investor = self.investors.get(wallet)
        return wallet in self.lost or (investor is not None and investor.blocked)

    def is_overdue(self) -> bool:
        return any(self.now > one.due + one.grace for one in self.obligations.values())

    def same_investor(self, one: str, other: str) -> bool:
        return one in self.investors and self.investors[one] is self.investors.get(other)

    def verdict(self, act: str, sender: str, receiver: str, amount: int, spender: str = "") -> str | None:
        """The first broken rule in the order of the reasons; None when all hold."""
        row = TABLE[act]
        broken = self._filing(row) | self._parties(row, sender, receiver, spender)
        if row.limits:
            broken |= self._limits(act, sender, receiver, amount)
        if row.issue and amount > self.left:
            broken.add("CapExceeded")
        if act == "recover" and not self.same_investor(sender, receiver):
            broken.add("NotSameInvestor")
        if act == "forced transfer" and sender == receiver:
            broken.add("ToItself")
        if row.free:
            if self.now < self.locked_until(sender):
                broken.add("Locked")
            if self.unfrozen(sender) < amount <= self.balance(sender):
                broken.add("Frozen")
        if act != "mint" and amount > self.balance(sender):
            broken.add("InsufficientBalance")
        return min(broken, key=lambda name: BY_NAME[name].number, default=None)

    def _filing(self, row: Row) -> set[str]:
        broken: set[str] = set()
        if row.filing:
            if self.suspended:
                broken.add("FilingNotEffective")
            if self.paused:
                broken.add("TokenPaused")
            if self.is_overdue() and (row.filing == "always" or self.terms.overdue_stops_transfers):
                broken.add("DisclosureOverdue")
        if row.issue and self.now > self.terms.maturity:
            broken.add("Matured")
        return broken

    def _parties(self, row: Row, sender: str, receiver: str, spender: str) -> set[str]:
        broken: set[str] = set()
        if row.sender:
            if sender not in self.investors:
                broken.add("SenderUnknown")
            if self.is_blocked(sender):
                broken.add("SenderBlocked")
            if spender and self.is_blocked(spender):
                broken.add("SpenderBlocked")
        if row.receiver:
            investor = self.investors.get(receiver)
            if investor is None:
                return broken | {"ReceiverUnknown"}
            if self.is_blocked(receiver):
                broken.add("ReceiverBlocked")
            if self.now > investor.evidence_until:
                broken.add("EvidenceExpired")
            if self.now > investor.suitable_until:
                broken.add("SuitabilityExpired")
            if not investor.regimes & self.terms.regimes:
                broken.add("RegimeNotAccepted")
            if investor.capacity < self.terms.risk:
                broken.add("RiskAboveCapacity")
        return broken

    def _limits(self, act: str, sender: str, receiver: str, amount: int) -> set[str]:
        broken: set[str] = set()
        rest = self.left if act == "mint" else self.balance(sender)
        if amount % self.terms.lot and amount != rest:
            broken.add("NotALot")
        if self.same_investor(sender, receiver):
            return broken
        enters = amount > 0 and self.together(receiver) == 0
        leaves = act != "mint" and 0 < amount == self.balance(sender) == self.together(sender)
        if self.terms.max_holders and enters and not leaves and self.holders + 1 > self.terms.max_holders:
            broken.add("HolderLimit")
        most = self.terms.cap * self.terms.max_share_bps // 10_000
        if self.terms.max_share_bps and self.together(receiver) + amount > most:
            broken.add("ShareLimit")
        return broken

    # ---- movements

    def _move(self, sender: str, receiver: str, amount: int) -> None:
        if sender != NOBODY:
            self.held.balance[sender] = self.balance(sender) - amount
        if receiver != NOBODY:
            self.held.balance[receiver] = self.balance(receiver) + amount

    def mint(self, rows: Sequence[tuple[str, int]]) -> str | None:
        before, total = self.held.copy(), 0
        for receiver, amount in rows:
            refusal = self.verdict("mint", NOBODY, receiver, amount)
            if refusal:
                self.held = before
                return refusal
            self._move(NOBODY, receiver, amount)
            self.held.minted += amount
            total += amount
            if amount and self.terms.lock_seconds:
                ends = self.now + self.terms.lock_seconds
                self.held.locked[receiver] = max(self.locked_until(receiver), ends)
        if total and not self.issue_begun:
            self.issue_begun = True
            self._open(Obligation(self.now + self.completion, 0, 0))
        return None

    def transfer(self, sender: str, receiver: str, amount: int, spender: str = "") -> str | None:
        refusal = self.verdict("transfer", sender, receiver, amount, spender)
        if refusal is None:
            self._move(sender, receiver, amount)
        return refusal

    def transfer_batch(self, sender: str, rows: Sequence[tuple[str, int]]) -> str | None:
        before = self.held.copy()
        for receiver, amount in rows:
            refusal = self.transfer(sender, receiver, amount)
            if refusal:
                self.held = before
                return refusal
        return None

    def approve(self, owner: str, spender: str, amount: int) -> None:
        self.allowed[owner, spender] = amount

    def transfer_from(self, spender: str, owner: str, receiver: str, amount: int) -> str | None:
        allowed = self.allowed.get((owner, spender), 0)
        if amount > allowed:
            return "ERC20InsufficientAllowance"
        refusal = self.transfer(owner, receiver, amount, spender)
        if refusal is None and allowed != ENDLESS:
            self.allowed[owner, spender] = allowed - amount
        return refusal

    def redeem(self, holder: str, amount: int) -> str | None:
        refusal = self.verdict("redeem", holder, NOBODY, amount)
        if refusal is None:
            self._move(holder, NOBODY, amount)
        return refusal

    # ---- enforcement

    def freeze(self, wallet: str, amount: int) -> None:
        self.held.frozen[wallet] = min(amount, MOST_FROZEN)

    def force(self, sender: str, receiver: str, amount: int) -> str | None:
        refusal = self.verdict("forced transfer", sender, receiver, amount)
        if refusal is None:
            lacking = max(amount - self.unfrozen(sender), 0)
            self.held.frozen[sender] = self.frozen(sender) - lacking
            self._move(sender, receiver, amount)
        return refusal

    def successor(self, wallet: str) -> str | None:
        while wallet in self.lost:
            wallet = self.lost[wallet]
            if wallet not in self.lost:
                return wallet
        return None

    def recover(self, wallet: str) -> str | None:
        successor = self.successor(wallet)
        if successor is None:
            return "NoSuccessor"
        refusal = self.verdict("recover", wallet, successor, self.balance(wallet))
        if refusal is None:
            self._move(wallet, successor, self.balance(wallet))
            self.freeze(successor, self.frozen(successor) + self.frozen(wallet))
            self.held.locked[successor] = max(self.locked_until(successor), self.locked_until(wallet))
            self.held.frozen[wallet] = self.held.locked[wallet] = 0
        return refusal

    # ---- the registry's facts

    def lose(self, wallet: str, successor: str) -> str | None:
        if wallet not in self.investors or successor not in self.investors:
            return "WalletUnknown"
        if wallet in self.lost:
            return "SuccessorExists"
        if wallet == successor or not self.same_investor(wallet, successor):
            return "NotTheSameInvestor"
        if successor in self.lost:
            return "WalletLost"
        self.lost[wallet] = successor
        return None

    def add_wallet(self, known: str, wallet: str) -> str | None:
        if known not in self.investors:
            return "WalletUnknown"
        if wallet in self.investors:
            return "AlreadyAdmitted"
        self.investors[wallet] = self.investors[known]
        self.investors[known].wallets.append(wallet)
        return None

    def set_blocked(self, wallet: str, blocked: bool) -> str | None:
        if wallet not in self.investors:
            return "WalletUnknown"
        self.investors[wallet].blocked = blocked
        return None

    def set_suspended(self, suspended: bool) -> str | None:
        if self.suspended == suspended:
            return "WrongStatus"
        self.suspended = suspended
        return None

    def open_obligation(self, due: int, grace: int, recurrence: int) -> str | None:
        """At most 32 are open, and until the issue begins one place is kept for its completion."""
        if len(self.obligations) >= (MOST_OPEN if self.issue_begun else MOST_OPEN - 1):
            return "TooManyObligations"
        self._open(Obligation(due, grace, recurrence))
        return None

    def _open(self, obligation: Obligation) -> None:
        self.opened += 1
        self.obligations[self.opened] = obligation

    def publish(self, number: int) -> int:
        """Close what is due once; a recurring one is due again after its recurrence. The next due second, or zero."""
        one = self.obligations[number]
        if not one.recurrence:
            del self.obligations[number]
            return 0
        one.due += one.recurrence
        return one.due

    def announce(self, second: int) -> str | None:
        if second <= self.now:
            return "RecordDateInThePast"
        if self.next_date > self.now:
            return "RecordDatePending"
        self.next_date = second
        return None

    def pass_to(self, second: int) -> None:
        """Time passes; a record date on the way, its second included, keeps what is held."""
        if self.now < self.next_date <= second:
            self.dates.append(self.held.copy())
        self.now = second
