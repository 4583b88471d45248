"""Whether one product suits one client (R-47): his capacity against its risk, his ground against those filed. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from abst.errors import Refusal
from abst.investor import texts
from abst.rulebook import Rulebook, refuse
from abst.values import instant


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """A client's standing and a tranche's filed terms, at one second. No personal value.

    risk: class of the product, 1 to 5; complex: as the dossier says; accepted: regimes that may hold it; capacity,
    regimes, suitable_until, evidence_until (last good seconds) of the client; acknowledged: texts as
    ``version@0x<sha256>``; waived: whether his test is (R-47).
    """

    investor: str
    tranche: str
    at: int
    risk: int
    complex: bool
    accepted: tuple[str, ...]
    capacity: int
    regimes: tuple[str, ...]
    suitable_until: int
    evidence_until: int
    acknowledged: tuple[str, ...]
    waived: bool = False

    @property
    def where(self) -> str:
        return f"investor {self.investor}, {self.tranche}"


def risk_within_capacity(facts: ProductFacts, rulebook: Rulebook) -> list[Refusal]:
    """R-47: the client's capacity is at least the risk of the product."""
    if facts.capacity >= facts.risk:
        return []
    found, needed = f"capacity {facts.capacity}", f"at least {facts.risk}"
    return [refuse("R-47", "risk-above-capacity", found=found, needed=needed, where=facts.where)]


def assessment_current(facts: ProductFacts, rulebook: Rulebook) -> list[Refusal]:
    """R-47: the client's assessment has not lapsed."""
    if facts.at <= facts.suitable_until:
        return []
    found = f"assessment good until {instant(facts.suitable_until)}" if facts.suitable_until else "no assessment"
    needed = f"good at {instant(facts.at)}"
    return [refuse("R-47", "suitability-expired", found=found, needed=needed, where=facts.where)]


def ground_accepted(facts: ProductFacts, rulebook: Rulebook) -> list[Refusal]:
    """R-43, R-45, R-54: the client has a legal ground that the filing accepts for the product."""
    if set(facts.regimes) & set(facts.accepted):
        return []
    found, needed = ", ".join(facts.regimes) or "no ground", f"one of {', '.join(facts.accepted)}"
    return [refuse("R-43, R-45, R-54", "regime-not-accepted", found=found, needed=needed, where=facts.where)]


def evidence_current(facts: ProductFacts, rulebook: Rulebook) -> list[Refusal]:
    """R-56: the evidence for the client's ground has not run out."""
    if not facts.evidence_until or facts.at <= facts.evidence_until:  # without a ground there is nothing to run out
        return []
    found, needed = f"evidence good until {instant(facts.evidence_until)}", f"good at {instant(facts.at)}"
    return [refuse("R-56", "evidence-expired", found=found, needed=needed, where=facts.where)]


def warned(facts: ProductFacts, rulebook: Rulebook) -> list[Refusal]:
    """R-47: of a complex product the client acknowledged the warning in force, unless his test is waived."""
    return _unread("R-47", facts, rulebook) if facts.complex and not facts.waived else []


def risks_told(facts: ProductFacts, rulebook: Rulebook) -> list[Refusal]:
    """R-48, R-49: the client acknowledged the texts in force on tokenisation and on losses."""
    return [*_unread("R-48", facts, rulebook), *_unread("R-49", facts, rulebook)]


def _unread(rule: str, facts: ProductFacts, rulebook: Rulebook) -> list[Refusal]:
    needed = texts.in_force(rulebook, rule).cell
    if needed in facts.acknowledged:
        return []
    found = ", ".join(facts.acknowledged) or "nothing"
    return [refuse(rule, "not-acknowledged", found=found, needed=needed, where=facts.where)]


Gate = Callable[[ProductFacts, Rulebook], list[Refusal]]
GATES: tuple[Gate, ...] = (
    risk_within_capacity,
    assessment_current,
    ground_accepted,
    evidence_current,
    warned,
    risks_told,
)


def decide(facts: ProductFacts, rulebook: Rulebook) -> list[Refusal]:
    """Run all gates; every refusal, in order."""
    return [refusal for gate in GATES for refusal in gate(facts, rulebook)]
