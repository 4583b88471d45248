"""Everything a machine can say about a dossier before it is submitted. Pure; all checks run, each names its place.

A check takes the dossier and the rulebook and yields refusals. It is silent about a block that is absent, which
`papers.missing_blocks` reports once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from abst.deal import Deal
from abst.errors import Refusal, Refused
from abst.filing.checks import assets, entity, money, negative_list, papers, plan, same_facts, scope, structure
from abst.filing.checks.common import Check
from abst.filing.checks.same_facts import Made, attachments_agree
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook

CHECKS: tuple[Check, ...] = (
    *papers.CHECKS,
    *scope.CHECKS,
    *negative_list.CHECKS,
    *entity.CHECKS,
    *assets.CHECKS,
    *structure.CHECKS,
    *plan.CHECKS,
    *money.CHECKS,
    *same_facts.CHECKS,
)


@dataclass(frozen=True, slots=True)
class DossierFacts:
    """What a check of a file stands on: the dossier's plain values, which may be malformed, and what they are held to.

    attachments: SHA-256 of each file found by its path, None for one that is missing.
    """

    dossier: Mapping[str, Any]
    deal: Deal | None = None
    attachments: Mapping[str, str | None] | None = None
    made: Made | None = None


def check(
    dossier: Dossier,
    rulebook: Rulebook,
    deal: Deal | None = None,
    attachments: Mapping[str, str | None] | None = None,
    made: Made | None = None,
) -> list[Refusal]:
    """Every refusal of the dossier; with deal, attachments or what would be made, also where they contradict it."""
    found = [refusal for each in CHECKS for refusal in each(dossier, rulebook)]
    if deal is not None:
        found.extend(same_facts.deal_agrees(dossier, deal))
        found.extend(same_facts.order_agrees(dossier, deal, rulebook))
    if attachments is not None:
        found.extend(attachments_agree(dossier, attachments))
    if made is not None:
        found.extend(same_facts.made_agrees(dossier, made))
    return found


def decide(facts: DossierFacts, rulebook: Rulebook) -> list[Refusal]:
    """The same on stored facts."""
    return judge(facts.dossier, rulebook, facts.deal, facts.attachments, facts.made)


def judge(
    raw: Mapping[str, Any],
    rulebook: Rulebook,
    deal: Deal | None = None,
    attachments: Mapping[str, str | None] | None = None,
    made: Made | None = None,
) -> list[Refusal]:
    """The same from plain values; malformed fields are refusals too (R-25), and then the only ones."""
    try:
        dossier = Dossier.of(raw)
    except Refused as malformed:
        return list(malformed.refusals)
    return check(dossier, rulebook, deal, attachments, made)


__all__ = ["CHECKS", "DossierFacts", "Made", "attachments_agree", "check", "decide", "judge"]
