"""The rules that every movement of tokens must pass, in Python: the same rules, order and slugs as TransferRules.sol.

Pure. A rule takes frozen facts and returns a `Refusal` or None; all rules run, so that the reader sees every reason.
Amounts are whole token units; times are Unix seconds; an expiry or due date is its last good second, a lock is the
first free second. `issuance.gates` and `transfers.gates` choose which of these rules hold for their act.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from abst.errors import Refusal
from abst.rulebook import refuse
from abst.values import instant

EFFECTIVE = "effective"
NO_OPEN_OBLIGATION = 2**40 - 1  # the filing word's "earliest last-good second" when nothing is open


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """One filing as the chain holds it. `last_good`: earliest last-good second of its open obligations."""

    number: int
    status: str
    paused: bool
    last_good: int
    planned: int
    made: int


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The terms of one tranche that bear on movements, and its running totals. closed: its amortisation has begun."""

    symbol: str
    regimes: int
    risk: int
    lot: int
    cap: int
    max_holders: int
    max_share_bps: int
    maturity: int
    overdue_stops_transfers: bool
    minted: int
    holders: int
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """One wallet: its chain word and what it and its investor hold. `number` 0 means: not known to the registry.

    balance, frozen: of this wallet; held: of all wallets of its investor together; locked_until: first free second.
    """

    wallet: str
    number: int = 0
    blocked: bool = False
    regimes: int = 0
    capacity: int = 0
    jurisdiction: str = ""
    evidence_until: int = 0
    suitability_until: int = 0
    balance: int = 0
    frozen: int = 0
    locked_until: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """All facts of one movement at one second. `sender` is None for a mint."""

    now: int
    filing: FilingFacts
    token: TokenFacts
    sender: PartyFacts | None
    receiver: PartyFacts
    amount: int


Rule = Callable[[Movement], Refusal | None]


def all_refusals(movement: Movement, rules: Sequence[Rule]) -> list[Refusal]:
    """Every refusal, in the order of the rules."""
    return [refusal for rule in rules if (refusal := rule(movement)) is not None]


# ---- the filing and the token


def filing_effective(m: Movement) -> Refusal | None:
    """R-03: nothing moves unless the filing is effective."""
    if m.filing.status == EFFECTIVE:
        return None
    return refuse(
        "R-03", "filing-not-effective", found=m.filing.status, needed=EFFECTIVE, where=f"filing {m.filing.number}"
    )


def not_paused(m: Movement) -> Refusal | None:
    """R-62: the transfer agent has not paused this tranche."""
    if not m.filing.paused:
        return None
    return refuse("R-62", "token-paused", found="paused", needed="not paused", where=f"token {m.token.symbol}")


def disclosure_current(m: Movement) -> Refusal | None:
    """R-81: no open obligation of the filing is past its last good second."""
    if m.now <= m.filing.last_good:
        return None
    return refuse(
        "R-81",
        "disclosure-overdue",
        found=f"open since {instant(m.filing.last_good)}",
        needed=f"published by {instant(m.filing.last_good)}",
        where=f"filing {m.filing.number}",
    )


def disclosure_current_if_it_stops_transfers(m: Movement) -> Refusal | None:
    """R-81: for transfers, only where the filed terms say that an overdue disclosure stops them too."""
    return disclosure_current(m) if m.token.overdue_stops_transfers else None


def plan_complete(m: Movement) -> Refusal | None:
    """R-29: no tranche is minted before the last planned one exists."""
    if m.filing.made >= m.filing.planned:
        return None
    return refuse(
        "R-29",
        "plan-incomplete",
        found=f"{m.filing.made} tranches made",
        needed=f"{m.filing.planned} tranches made",
        where=f"filing {m.filing.number}",
    )


def not_matured(m: Movement) -> Refusal | None:
    """R-42: nothing is minted after the filed maturity."""
    if m.now <= m.token.maturity:
        return None
    return refuse(
        "R-42",
        "matured",
        found=instant(m.now),
        needed=f"at the latest {instant(m.token.maturity)}",
        where=f"token {m.token.symbol}",
    )


def issue_open(m: Movement) -> Refusal | None:
    """R-59: once principal was paid or written down, nothing more is minted."""
    if not m.token.closed:
        return None
    return refuse(
        "R-59",
        "issue-closed",
        found="principal was paid or written down",
        needed="an issue whose principal is whole",
        where=f"token {m.token.symbol}",
    )


# ---- the sender


def sender_known(m: Movement) -> Refusal | None:
    """R-60: the sender is on the whitelist."""
    return _known(m.sender, "sender") if m.sender else None


def sender_unblocked(m: Movement) -> Refusal | None:
    """R-53, R-62: the sender is not blocked."""
    return _unblocked(m.sender, "sender") if m.sender else None


def unlocked(m: Movement) -> Refusal | None:
    """R-54: the distribution-compliance period of the sender's tokens is over."""
    if m.sender is None or m.now >= m.sender.locked_until:
        return None
    return refuse(
        "R-54",
        "locked",
        found=instant(m.now),
        needed=f"from {instant(m.sender.locked_until)}",
        where=f"sender {m.sender.wallet}",
    )


def not_frozen(m: Movement) -> Refusal | None:
    """R-62: what is frozen stays. Where nothing is frozen, a lack is a lack of balance."""
    if m.sender is None or not m.sender.frozen:
        return None
    free = max(m.sender.balance - m.sender.frozen, 0)
    if m.amount <= free:
        return None
    return refuse(
        "R-62",
        "frozen",
        found=f"{free} units not frozen",
        needed=f"{m.amount} units",
        where=f"sender {m.sender.wallet}",
    )


def enough_balance(m: Movement) -> Refusal | None:
    """R-60: nobody gives what he has not."""
    if m.sender is None or m.amount <= m.sender.balance:
        return None
    return refuse(
        "R-60",
        "insufficient-balance",
        found=f"{m.sender.balance} units",
        needed=f"{m.amount} units",
        where=f"sender {m.sender.wallet}",
    )


# ---- the receiver


def receiver_known(m: Movement) -> Refusal | None:
    """R-60: the receiver is on the whitelist."""
    return _known(m.receiver, "receiver")


def receiver_unblocked(m: Movement) -> Refusal | None:
    """R-53, R-62: the receiver is not blocked."""
    return _unblocked(m.receiver, "receiver")


def evidence_unexpired(m: Movement) -> Refusal | None:
    """R-56: expired evidence removes the right to receive."""
    if not m.receiver.number or m.now <= m.receiver.evidence_until:
        return None
    return refuse(
        "R-56",
        "evidence-expired",
        found=f"evidence good until {instant(m.receiver.evidence_until)}",
        needed=f"good at {instant(m.now)}",
        where=f"receiver {m.receiver.wallet}",
    )


def suitability_unexpired(m: Movement) -> Refusal | None:
    """R-47: the suitability assessment is re-run yearly."""
    if not m.receiver.number or m.now <= m.receiver.suitability_until:
        return None
    return refuse(
        "R-47",
        "suitability-expired",
        found=f"assessment good until {instant(m.receiver.suitability_until)}",
        needed=f"good at {instant(m.now)}",
        where=f"receiver {m.receiver.wallet}",
    )


def regime_accepted(m: Movement) -> Refusal | None:
    """R-43, R-45, R-54: the receiver has a legal ground that the filing accepts; mainland persons never have one."""
    if not m.receiver.number or m.receiver.regimes & m.token.regimes:
        return None
    return refuse(
        "R-43, R-45, R-54",
        "regime-not-accepted",
        found=f"regime bits {m.receiver.regimes:#x}",
        needed=f"one of {m.token.regimes:#x}",
        where=f"receiver {m.receiver.wallet}",
    )


def risk_within_capacity(m: Movement) -> Refusal | None:
    """R-47: the receiver's risk capacity is at least the product's risk."""
    if not m.receiver.number or m.receiver.capacity >= m.token.risk:
        return None
    return refuse(
        "R-47",
        "risk-above-capacity",
        found=f"capacity {m.receiver.capacity}",
        needed=f"at least {m.token.risk}",
        where=f"receiver {m.receiver.wallet}",
    )


# ---- amounts and limits


def whole_lots(m: Movement) -> Refusal | None:
    """R-57: whole lots only, but for the last mint and for a wallet that is emptied."""
    if m.amount % m.token.lot == 0:
        return None
    emptied = m.sender.balance == m.amount if m.sender else m.token.minted + m.amount == m.token.cap
    if emptied:
        return None
    return refuse(
        "R-57",
        "not-a-lot",
        found=f"{m.amount} units",
        needed=f"a multiple of {m.token.lot}",
        where=f"token {m.token.symbol}",
    )


def holder_limit(m: Movement) -> Refusal | None:
    """R-57: no more investors than the filed terms allow; a sender who gives all makes room for one."""
    limit = m.token.max_holders
    if not limit or m.receiver.held or not m.amount or _same_investor(m):
        return None
    # An investor who leaves in the same movement makes room.
    leaves = m.sender is not None and m.amount == m.sender.balance == m.sender.held
    after = m.token.holders + (0 if leaves else 1)
    if after <= limit:
        return None
    return refuse(
        "R-57",
        "holder-limit",
        found=f"{after} investors",
        needed=f"at most {limit}",
        where=f"token {m.token.symbol}",
    )


def share_limit(m: Movement) -> Refusal | None:
    """R-57: no investor holds more than the filed share of the filed amount."""
    bps = m.token.max_share_bps
    if not bps or _same_investor(m):
        return None
    most = m.token.cap * bps // 10_000
    after = m.receiver.held + m.amount
    if after <= most:
        return None
    return refuse(
        "R-57",
        "share-limit",
        found=f"{after} units of one investor",
        needed=f"at most {most} units ({bps} / 10,000 of {m.token.cap})",
        where=f"receiver {m.receiver.wallet}",
    )


def cap_left(m: Movement) -> Refusal | None:
    """R-59: minted in all never exceeds the filed amount."""
    left = m.token.cap - m.token.minted
    if m.amount <= left:
        return None
    return refuse(
        "R-59",
        "cap-exceeded",
        found=f"{m.amount} units asked",
        needed=f"at most {left} units left of {m.token.cap}",
        where=f"token {m.token.symbol}",
    )


def _known(party: PartyFacts | None, side: str) -> Refusal | None:
    if party is None or party.number:
        return None
    return refuse(
        "R-60",
        f"{side}-unknown",
        found="not in the registry",
        needed="an admitted wallet",
        where=f"{side} {party.wallet}",
    )


def _unblocked(party: PartyFacts | None, side: str) -> Refusal | None:
    if party is None or not party.blocked:
        return None
    return refuse(
        "R-53, R-62", f"{side}-blocked", found="blocked", needed="not blocked", where=f"{side} {party.wallet}"
    )


def _same_investor(m: Movement) -> bool:
    return m.sender is not None and m.sender.number != 0 and m.sender.number == m.receiver.number
