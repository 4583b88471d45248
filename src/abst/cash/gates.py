"""Which money may be used, and who may hold it (R-65, R-94, R-99). Pure: each gate takes frozen facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from abst.errors import Refusal
from abst.rulebook import refuse

VIRTUAL = "virtual-currency"


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """An asset that is to be listed. currency: what it is pegged to; reason: why a virtual currency, else empty.

    kinds, currencies, barred: settings of R-65; barred_on_chain: what the registry was deployed with.
    """

    asset: str
    currency: str
    kind: str
    reason: str
    is_contract: bool
    is_listed: bool
    barred_on_chain: bool
    kinds: tuple[str, ...]
    currencies: tuple[str, ...]
    barred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One account and what an act takes from it. may_hold: an unblocked investor, or an account the bank opened."""

    account: str
    symbol: str
    may_hold: bool = True
    balance: int = 0
    needed: int = 0


AssetGate = Callable[[AssetFacts], Refusal | None]


def currency_not_barred(f: AssetFacts) -> Refusal | None:
    """R-65: nothing pegged to the renminbi is ever listed, whoever asks."""
    if f.currency not in f.barred and not f.barred_on_chain:
        return None
    needed = f"none of {', '.join(f.barred)}"
    return refuse("R-65", "currency-barred", found=f.currency, needed=needed, where=f"asset {f.asset}")


def currency_allowed(f: AssetFacts) -> Refusal | None:
    """R-65: the currencies that the rulebook names; a virtual currency has letters of its own."""
    if f.kind == VIRTUAL or f.currency in (*f.currencies, *f.barred):
        return None
    needed = f"one of {', '.join(f.currencies)}"
    return refuse("R-65", "currency-not-allowed", found=f.currency, needed=needed, where=f"asset {f.asset}")


def kind_allowed(f: AssetFacts) -> Refusal | None:
    """R-65: the kinds that the rulebook names."""
    if f.kind == VIRTUAL or f.kind in f.kinds:
        return None
    needed = f"one of {', '.join(f.kinds)}"
    return refuse("R-65", "kind-not-allowed", found=f.kind, needed=needed, where=f"asset {f.asset}")


def virtual_currency_for_a_reason(f: AssetFacts) -> Refusal | None:
    """R-65: virtual currency is barred, unless two officers list it for a reason that they put on record."""
    if f.kind != VIRTUAL or f.reason.strip():
        return None
    needed = "another kind, or a reason on record"
    return refuse("R-65", "virtual-currency", found="no reason given", needed=needed, where=f"asset {f.asset}")


def is_a_contract(f: AssetFacts) -> Refusal | None:
    """R-65: an asset is a contract."""
    if f.is_contract:
        return None
    return refuse("R-65", "not-a-contract", found="no code", needed="a contract", where=f"asset {f.asset}")


def not_listed_yet(f: AssetFacts) -> Refusal | None:
    """R-65: what is listed is taken off the list before it is listed otherwise."""
    if not f.is_listed:
        return None
    return refuse("R-65", "already-listed", found="listed", needed="not on the list", where=f"asset {f.asset}")


ASSET_GATES: tuple[AssetGate, ...] = (
    currency_not_barred,
    currency_allowed,
    kind_allowed,
    virtual_currency_for_a_reason,
    is_a_contract,
    not_listed_yet,
)


def decide_asset(facts: AssetFacts) -> list[Refusal]:
    """Every reason against listing an asset; empty: two officers may list it."""
    return [refusal for gate in ASSET_GATES if (refusal := gate(facts)) is not None]


def something_asked(amount: int, where: str) -> Refusal | None:
    """R-94: an act of money moves at least one unit."""
    if amount > 0:
        return None
    return refuse("R-94", "nothing-asked", found=f"{amount} units", needed="at least 1 unit", where=where)


def account_registered(f: AccountFacts) -> Refusal | None:
    """R-99: money moves only through registered accounts."""
    if f.may_hold:
        return None
    return refuse(
        "R-99",
        "account-not-registered",
        found="neither an unblocked investor nor an open account",
        needed="either",
        where=f"account {f.account}",
    )


def not_an_investor(account: str, known: bool) -> Refusal | None:
    """R-99: the bank opens accounts for its own customers; an investor's standing is the registry's alone."""
    if not known:
        return None
    found, needed = "an investor's wallet", "another account; the registry decides about investors"
    return refuse("R-99", "investor-account", found=found, needed=needed, where=f"account {account}")


def enough_money(f: AccountFacts) -> Refusal | None:
    """R-94: nobody pays what he has not."""
    if f.balance >= f.needed:
        return None
    found, needed = f"{f.balance} units of {f.symbol}", f"{f.needed} units"
    return refuse("R-94", "not-enough-money", found=found, needed=needed, where=f"account {f.account}")


ACCOUNT_GATES: tuple[Callable[[AccountFacts], Refusal | None], ...] = (account_registered, enough_money)


def decide_account(accounts: Sequence[AccountFacts]) -> list[Refusal]:
    """Every reason why these accounts cannot give or take."""
    return [refusal for facts in accounts for gate in ACCOUNT_GATES if (refusal := gate(facts)) is not None]
