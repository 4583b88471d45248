"""Material events that the figures of a period show by themselves (R-77, R-78). Pure.

A class that was not paid what the terms promise; a loss of the pool, a fall of its forecast, or one obligor beyond the
shares that the rulebook sets. Shares are of exact integers; nothing is rounded. A loss and a fall are measured from
what an interim report last told, so that one that was told of is no event again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from abst.errors import Refusal
from abst.rulebook import Rulebook, refuse

MISSED, LOSS, FALL, CONCENTRATED = "distribution-missed", "pool-loss", "forecast-fallen", "obligor-concentrated"
# What a person finds and no figure shows: recorded with a document.
BY_HAND = ("rating-cut", "litigation", "party-breach", "party-change", "party-failure", "other-event")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One class on a payment date: what the terms promise of it then, and what it is paid. Smallest units."""

    tranche: str
    due: int
    paid: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one obligor, or a group of them, owes of the pool. id: the servicer's, never a person's name."""

    kind: Literal["obligor", "group"]
    id: str
    balance: int


@dataclass(frozen=True, slots=True)
class Told:
    """What interim reports told before: the loss, and how much of what was expected is still forecast."""

    losses: int = 0
    forecast: int = 1
    expected: int = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """One period of a filing, in smallest units.

    principal: outstanding of all notes at its beginning; losses: of the pool, net, from the cut-off to its end; pool:
    the balance at its end; forecast: cash of all later periods by the newest projection, expected: of the same periods
    as filed, both 0 where nothing was projected.
    """

    filing: str
    period: int
    distributions: tuple[Distribution, ...]
    principal: int
    losses: int
    pool: int
    exposures: tuple[Exposure, ...] = ()
    forecast: int = 0
    expected: int = 0
    told: Told = Told()


def _where(figures: Figures) -> str:
    return f"filing {figures.filing}, period {figures.period}"


def distributions_paid(figures: Figures) -> Refusal | None:
    """R-77: every class is paid what the terms promise on the date."""
    short = [one for one in figures.distributions if one.paid < one.due]
    if not short:
        return None
    found = "; ".join(f"{one.tranche} {one.paid} of {one.due}" for one in short)
    return refuse("R-77", MISSED, found=found, needed="paid in full", where=_where(figures))


def losses_small(figures: Figures, rulebook: Rulebook) -> Refusal | None:
    """R-77: the pool has not lost more than the share of the notes' principal, beyond what was told of."""
    share = Fraction(rulebook.setting("R-77", "loss_share"))
    loss = figures.losses - figures.told.losses
    if loss <= 0 or loss <= share * figures.principal:
        return None
    found = f"a loss of {loss}, principal {figures.principal}"
    return refuse("R-77", LOSS, found=found, needed=f"at most {_percent(share)} of principal", where=_where(figures))


def forecast_holds(figures: Figures, rulebook: Rulebook) -> Refusal | None:
    """R-77: the cash forecast has not fallen by the share, from what was filed or last told of."""
    share = Fraction(rulebook.setting("R-77", "forecast_fall"))
    before = Fraction(figures.expected * figures.told.forecast, figures.told.expected)
    if figures.expected <= 0 or before - figures.forecast < share * before:
        return None
    found = f"{figures.forecast} forecast of {int(before)}"
    needed = f"a fall of less than {_percent(share)}"
    return refuse("R-77", FALL, found=found, needed=needed, where=_where(figures))


def spread_wide(figures: Figures, rulebook: Rulebook) -> Refusal | None:
    """R-78: no obligor and no group owes more than its share of the pool."""
    shares = {
        "obligor": Fraction(rulebook.setting("R-78", "single")),
        "group": Fraction(rulebook.setting("R-78", "group")),
    }
    over = [one for one in figures.exposures if one.balance > shares[one.kind] * figures.pool]
    if not over:
        return None
    found = "; ".join(f"{one.kind} {one.id}: {one.balance} of {figures.pool}" for one in over)
    needed = ", ".join(f"{kind} at most {_percent(share)}" for kind, share in shares.items())
    return refuse("R-78", CONCENTRATED, found=found, needed=needed, where=_where(figures))


def _percent(share: Fraction) -> str:
    return f"{(Decimal(share.numerator * 100) / share.denominator).normalize():f} %"


GATES: tuple[Callable[..., Refusal | None], ...] = (distributions_paid, losses_small, forecast_holds, spread_wide)


def decide(figures: Figures, rulebook: Rulebook) -> list[Refusal]:
    """Every event of the figures, in the order of the gates."""
    found = [distributions_paid(figures)]
    found += [gate(figures, rulebook) for gate in (losses_small, forecast_holds, spread_wide)]
    return [refusal for refusal in found if refusal is not None]


def name_of(reason: str, period: int) -> str:
    """The name of an event, which is the name of the document that tells of it."""
    return f"{reason}-{period}"
