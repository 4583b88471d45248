"""Which rules hold for a transfer and for a redemption: the first and third row of the table of rules by act. Pure."""

from __future__ import annotations

from abst.errors import Refusal
from abst.holders import movement as rules
from abst.holders.movement import Movement, Rule

TRANSFER: tuple[Rule, ...] = (
    rules.filing_effective,
    rules.not_paused,
    rules.disclosure_current_if_it_stops_transfers,
    rules.sender_known,
    rules.sender_unblocked,
    rules.receiver_known,
    rules.receiver_unblocked,
    rules.evidence_unexpired,
    rules.suitability_unexpired,
    rules.regime_accepted,
    rules.risk_within_capacity,
    rules.whole_lots,
    rules.holder_limit,
    rules.share_limit,
    rules.unlocked,
    rules.not_frozen,
    rules.enough_balance,
)

REDEEM: tuple[Rule, ...] = (
    rules.sender_known,
    rules.sender_unblocked,
    rules.unlocked,
    rules.not_frozen,
    rules.enough_balance,
)


def why(movement: Movement) -> list[Refusal]:
    """Every reason against a transfer (R-03, R-47, R-53, R-54, R-56, R-57, R-60, R-62, R-81); empty: it may happen."""
    return rules.all_refusals(movement, TRANSFER)


def why_not_redeem(movement: Movement) -> list[Refusal]:
    """Every reason against a redemption by the holder; neither filing state nor pause holds anybody in."""
    return rules.all_refusals(movement, REDEEM)
