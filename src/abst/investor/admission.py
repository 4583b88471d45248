"""Everything an admission is decided on, in one pure question: denials, regimes, suitability, and the chain's facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from abst.errors import Refusal
from abst.investor.model import ChainFacts, PrivateRecord
from abst.investor.regimes import Classification, classify
from abst.investor.suitability import Suitability, assess
from abst.rulebook import Rulebook, refuse
from abst.values import day_of, last_second_of


@dataclass(frozen=True, slots=True)
class Assessment:
    """The outcome for one record at one second. `facts` serve only when `refusals` is empty."""

    facts: ChainFacts
    refusals: tuple[Refusal, ...]
    classification: Classification
    suitability: Suitability

    def summary(self) -> dict[str, Any]:
        """What a decision may store: codes, dates and reasons, no personal value."""
        return {
            "facts": self.facts.as_dict(),
            "regimes": list(self.classification.codes),
            "grounds": [f"{g.regime}: {g.why}, until {g.until}" for g in self.classification.grounds],
            "suitability": list(self.suitability.reasons),
        }


def assess_record(
    record: PrivateRecord, rulebook: Rulebook, at: int, zone: str, *, where: str = "investor"
) -> Assessment:
    """Judge a record at a second, its calendar date taken in a named zone. All checks run."""
    on = day_of(at, zone)
    classification = classify(record, rulebook, on, where)
    suitability = assess(record, rulebook, on, where=where)
    refusals = (*classification.refusals, *suitability.refusals)
    return Assessment(
        chain_facts(record, classification, suitability, rulebook, zone), refusals, classification, suitability
    )


def chain_facts(
    record: PrivateRecord, classification: Classification, suitability: Suitability, rulebook: Rulebook, zone: str
) -> ChainFacts:
    """The facts an admission writes; a date is good until 24:00 in the zone. Without a ground everything is zero."""
    bits = rulebook.regime_bits()
    return ChainFacts(
        regimes=sum(bits[code] for code in classification.codes),
        capacity=suitability.capacity,
        jurisdiction=record.residence[0],
        evidence_until=_second(classification.until, zone),
        suitability_until=_second(suitability.until, zone),
    )


def _second(day: date | None, zone: str) -> int:
    return 0 if day is None else last_second_of(day, zone)


def wallet_proven(proven_at: int | None, where: str) -> Refusal | None:
    """R-50: a refusal for a wallet without a proof."""
    if proven_at:
        return None
    needed = "a signature on a challenge"
    return refuse("R-50", "wallet-not-proven", found="no proof", needed=needed, where=where)
