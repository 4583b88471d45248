"""The gates of a mint (R-58): every check before tokens come into being, each a pure function of frozen facts.

The rules which the chain enforces too stand in `holders.movement`; here are those that need what only Python knows:
the standing of the filing (its eligibility, papers, plan and money), the jurisdictions that private evidence names, the
screening, and the proof that the wallet is the investor's own. All gates run; an empty list is the only pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from abst.errors import Refusal
from abst.filing import gates as filing
from abst.filing.gates import Standing, StandingGate
from abst.holders import movement as rules
from abst.holders.movement import FilingFacts, Movement, PartyFacts, Rule, TokenFacts
from abst.rulebook import refuse
from abst.values import instant


@dataclass(frozen=True, slots=True)
class PrivateFacts:
    """What the store knows of the receiver. investor: its id, empty when unknown; jurisdictions: all signals found.

    proven_at: second of the wallet's proof, 0 when there is none; screening: clear, none, stale (other lists are in
    force), open (a hit nobody decided), or confirmed.
    """

    investor: str = ""
    jurisdictions: tuple[str, ...] = ()
    proven_at: int = 0
    screening: str = "none"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one allocation is decided on. standing: of the filing, by the registry's books and its tokens."""

    now: int
    filing: FilingFacts
    token: TokenFacts
    receiver: PartyFacts
    private: PrivateFacts
    amount: int
    standing: Standing
    denied: tuple[str, ...]


CLEAR = "clear"
SCREENINGS = {
    "none": "never screened",
    "stale": "screened against other lists",
    "open": "a hit that nobody decided",
    "confirmed": "a confirmed hit",
}
Gate = Callable[[Facts], Refusal | None]


def _on_chain(rule: Rule) -> Gate:
    """A gate from a rule of movement: the same words before and on the chain."""

    def gate(facts: Facts) -> Refusal | None:
        return rule(Movement(facts.now, facts.filing, facts.token, None, facts.receiver, facts.amount))

    gate.__name__, gate.__doc__ = rule.__name__, rule.__doc__
    return gate


def _of_standing(rule: StandingGate) -> Gate:
    """A gate from a gate of the filing's standing."""

    def gate(facts: Facts) -> Refusal | None:
        return rule(facts.standing)

    gate.__name__, gate.__doc__ = rule.__name__, rule.__doc__
    return gate


def jurisdiction_allowed(f: Facts) -> Refusal | None:
    """R-43, R-54: no signal names a denied jurisdiction; mainland China always is one."""
    found = sorted(set(f.private.jurisdictions) & set(f.denied))
    if not found:
        return None
    return refuse(
        "R-43" if "CN" in found else "R-54",
        "jurisdiction-denied",
        found=", ".join(found),
        needed=f"none of {', '.join(sorted(f.denied))}",
        where=f"investor {f.private.investor}",
    )


def wallet_proven(f: Facts) -> Refusal | None:
    """R-50: the investor proved the wallet by a signature; a declaration is not enough."""
    if f.private.proven_at and f.private.proven_at <= f.now:
        return None
    return refuse(
        "R-50",
        "wallet-not-proven",
        found="no proof" if not f.private.proven_at else f"proof of {instant(f.private.proven_at)}",
        needed="a signed challenge",
        where=f"wallet {f.receiver.wallet}",
    )


def screening_clear(f: Facts) -> Refusal | None:
    """R-53: the receiver was screened against the lists in force, and every hit was decided in his favour."""
    if f.private.screening == CLEAR:
        return None
    return refuse(
        "R-53",
        "receiver-not-screened",
        found=SCREENINGS.get(f.private.screening, f.private.screening),
        needed="screened against the lists in force, every hit decided",
        where=f"investor {f.private.investor}",
    )


def something_asked(f: Facts) -> Refusal | None:
    """R-57: an allocation is at least one unit."""
    if f.amount > 0:
        return None
    return refuse(
        "R-57",
        "nothing-asked",
        found=f"{f.amount} units",
        needed="at least 1 unit",
        where=f"wallet {f.receiver.wallet}",
    )


FILING_GATES: tuple[Gate, ...] = (
    _on_chain(rules.filing_effective),
    _on_chain(rules.not_paused),
    _on_chain(rules.disclosure_current),
    _on_chain(rules.plan_complete),
    _on_chain(rules.not_matured),
    _on_chain(rules.issue_open),
    # Whether the filing is effective the chain has been asked already.
    *(_of_standing(gate) for gate in filing.GATES if gate is not filing.effective),
)
"""Gates whose answer is the same for all rows of one token."""

ROW_GATES: tuple[Gate, ...] = (
    something_asked,
    _on_chain(rules.receiver_known),
    _on_chain(rules.receiver_unblocked),
    _on_chain(rules.evidence_unexpired),
    _on_chain(rules.suitability_unexpired),
    _on_chain(rules.regime_accepted),
    _on_chain(rules.risk_within_capacity),
    wallet_proven,
    jurisdiction_allowed,
    screening_clear,
    _on_chain(rules.whole_lots),
    _on_chain(rules.holder_limit),
    _on_chain(rules.share_limit),
    _on_chain(rules.cap_left),
)
"""Gates about one receiver and one amount."""

GATES = FILING_GATES + ROW_GATES


def decide(facts: Facts) -> list[Refusal]:
    """Run all gates; every refusal, in order."""
    return [refusal for gate in GATES if (refusal := gate(facts)) is not None]


def after(token: TokenFacts, receiver: PartyFacts, amount: int) -> TokenFacts:
    """The token's totals once an allocation that passed is minted, for the next row of the same table."""
    return replace(
        token, minted=token.minted + amount, holders=token.holders + (1 if amount and not receiver.held else 0)
    )
