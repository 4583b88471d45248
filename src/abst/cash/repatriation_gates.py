"""Gates of the ledger of raised money (R-99 to R-101), pure: amounts are smallest units of the account's currency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from abst.errors import Refusal
from abst.rulebook import refuse

RAISED, REMITTED, USED = "raised", "remitted", "used"
NO_QUOTA = -1


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """A registered account of the filing: its id, its currency, and the registration it stands on."""

    account: str
    currency: str
    registration: str


@dataclass(frozen=True, slots=True)
class FiledUse:
    """A use that the file names: its code, and its amount in smallest units of the plan's currency."""

    code: str
    amount: int


@dataclass(frozen=True, slots=True)
class MovementFacts:
    """One movement of raised money. accounts: those of the filing; balance: of the account it leaves, before it.

    receiver: of a remittance; arrived: smallest units of the receiver's currency that came in; purpose: of a use, one
    of `uses`; used: spent on it so far; raised: so far; both in the plan's currency, in which `quota` may be raised.
    """

    filing: str
    kind: str
    account: str
    receiver: str
    amount: int
    currency: str
    arrived: int
    purpose: str
    accounts: tuple[AccountTerms, ...]
    balance: int
    uses: tuple[FiledUse, ...]
    used: int
    raised: int
    quota: int
    plan_currency: str

    @property
    def named(self) -> tuple[str, ...]:
        """Accounts that the movement names."""
        return (self.account, self.receiver) if self.kind == REMITTED else (self.account,)

    def currency_of(self, account: str) -> str:
        """The currency an account was registered for; empty for an unknown one."""
        return next((terms.currency for terms in self.accounts if terms.account == account), "")


def accounts_registered(f: MovementFacts) -> list[Refusal]:
    """R-99: money moves only through accounts of the file that stand on a registration."""
    registered = {terms.account for terms in f.accounts if terms.registration}
    return [
        refuse(
            "R-99",
            "account-not-registered",
            found=account or "none",
            needed=f"one of {', '.join(sorted(registered)) or 'the registered accounts: none'}",
            where=f"filing {f.filing}: {f.kind}",
        )
        for account in f.named
        if account not in registered
    ]


def currency_of_account(f: MovementFacts) -> list[Refusal]:
    """R-99: a movement is in the currency its account was registered for."""
    needed = f.currency_of(f.account)
    if needed in ("", f.currency):
        return []
    return [refuse("R-99", "account-currency", found=f.currency, needed=needed, where=f"account {f.account}")]


def arrives_whole(f: MovementFacts) -> Refusal | None:
    """R-100: what is remitted arrives whole, or in the receiver's own currency with the amount that arrived."""
    theirs = f.currency_of(f.receiver)
    if f.kind != REMITTED or not theirs or (f.arrived > 0 if theirs != f.currency else f.arrived == f.amount):
        return None
    needed = f"{f.amount} {f.currency}" if theirs == f.currency else f"an amount in {theirs}"
    return refuse("R-100", "remittance-differs", found=str(f.arrived), needed=needed, where=f"account {f.receiver}")


def covered(f: MovementFacts) -> Refusal | None:
    """R-100: no more leaves an account than was raised into it and is still there."""
    if f.kind == RAISED or f.amount <= f.balance:
        return None
    return refuse(
        "R-100", "more-than-kept", found=str(f.amount), needed=f"at most {f.balance}", where=f"account {f.account}"
    )


def use_as_filed(f: MovementFacts) -> Refusal | None:
    """R-100: money is used as the file says."""
    if f.kind != USED or any(use.code == f.purpose for use in f.uses):
        return None
    found, needed = f.purpose or "no use named", f"one of {', '.join(use.code for use in f.uses)}"
    return refuse("R-100", "use-not-filed", found=found, needed=needed, where=f"filing {f.filing}")


def use_within_amount(f: MovementFacts) -> Refusal | None:
    """R-100: no more is spent on a use than was filed for it."""
    filed = next((use.amount for use in f.uses if use.code == f.purpose), None)
    if f.kind != USED or filed is None or f.currency != f.plan_currency or f.used + f.amount <= filed:
        return None
    found = f"{f.used} used and {f.amount} more"
    return refuse("R-100", "use-over-amount", found=found, needed=f"at most {filed}", where=f"use {f.purpose}")


def within_quota(f: MovementFacts) -> Refusal | None:
    """R-101: what is raised in all stays within the registered amount."""
    counts = f.kind == RAISED and f.quota != NO_QUOTA and f.currency == f.plan_currency
    if not counts or f.raised + f.amount <= f.quota:
        return None
    found, needed = f"{f.raised} raised and {f.amount} more", f"at most {f.quota} in all"
    return refuse("R-101", "raised-over-quota", found=found, needed=needed, where=f"filing {f.filing}")


MOVEMENT: tuple[Callable[[MovementFacts], Refusal | list[Refusal] | None], ...] = (
    accounts_registered,
    currency_of_account,
    arrives_whole,
    covered,
    use_as_filed,
    use_within_amount,
    within_quota,
)


@dataclass(frozen=True, slots=True)
class AccountMonth:
    """One account at the end of a month: what the ledger says is kept in it, and what the bank's statement says.

    stated: NO_STATEMENT when there is no statement of it.
    """

    account: str
    ledger: int
    stated: int


NO_STATEMENT = -1


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """A month to be reconciled. ended: the month is over; done: it was reconciled; accounts: every one that moved."""

    filing: str
    month: str
    ended: bool
    done: bool
    accounts: tuple[AccountMonth, ...]


def month_over(f: MonthFacts) -> Refusal | None:
    """R-100: a month is reconciled once, after its end."""
    if f.ended and not f.done:
        return None
    found = "reconciled already" if f.done else "not over yet"
    return refuse("R-100", "month-not-open", found=found, needed="a past month, once", where=f.month)


def accounts_agree(f: MonthFacts) -> list[Refusal]:
    """R-100: raised, remitted, used and kept amounts agree with the statements to the last unit."""
    return [
        refuse(
            "R-100",
            "repatriation-break",
            found="no statement" if month.stated == NO_STATEMENT else f"{month.stated} by the statement",
            needed=f"{month.ledger} by the ledger",
            where=f"account {month.account} at the end of {f.month}",
        )
        for month in f.accounts
        if month.stated != month.ledger
    ]


MONTH: tuple[Callable[[MonthFacts], Refusal | list[Refusal] | None], ...] = (month_over, accounts_agree)


def decide_movement(facts: MovementFacts) -> list[Refusal]:
    """Every refusal of a movement."""
    return _run(MOVEMENT, facts)


def decide_month(facts: MonthFacts) -> list[Refusal]:
    """Every refusal of a month's reconciliation."""
    return _run(MONTH, facts)


def _run(gates: tuple[Callable[[Any], Refusal | list[Refusal] | None], ...], facts: Any) -> list[Refusal]:
    found: list[Refusal] = []
    for gate in gates:
        said = gate(facts)
        found += said if isinstance(said, list) else [] if said is None else [said]
    return found
