"""Suitability by product: a client against each tranche of a filing, as its dossier tells the risk (R-47)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.office import Office, Result
from abst.errors import NotFound
from abst.filing import records as filings
from abst.filing.blocks.plan import PlanTranche
from abst.filing.dossier import Dossier
from abst.investor import products, records
from abst.investor.admission import Assessment, assess_record
from abst.investor.model import PrivateRecord
from abst.investor.products import ProductFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckProducts:
    """filing: id or number; every tranche of its current version is judged."""

    officer: str
    request: str
    investor: str
    filing: str


@once
def check(office: Office, cmd: CheckProducts) -> Result:
    """Judge a client against every tranche of a filing and store the decision (R-47). ADMITTER.

    The result's refusals say which tranche does not suit, and why. Raises NotFound for an unknown or erased client.
    """
    content = {"officer": cmd.officer, "investor": cmd.investor, "filing": cmd.filing}
    act = Act(office, "suitability check", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = filings.get(session, cmd.filing)
        tranches = _tranches(filings.current_version(session, filing).dossier, filing.id)
        record = records.private(session, cmd.investor, office.vault())
    where = f"investor {cmd.investor}"
    assessed = assess_record(record, office.rulebook, act.at, office.zone, where=where)
    judged = {
        tranche.tranche: decisions.judge(
            "suitability", products.GATES, _facts(cmd.investor, tranche, record, assessed, act.at), office.rulebook
        )
        for tranche in tranches
    }
    with act.writing(cmd.officer, "admitter") as desk:
        decision = decisions.record(
            desk.session,
            kind="suitability",
            facts={"investor": cmd.investor, "filing": filing.id, "version": filing.version},
            judged=list(judged.values()),
            rulebook=office.rulebook,
            at=desk.at,
        )
        suited = {name: not one.refusals for name, one in judged.items()}
        desk.audit(f"investor {cmd.investor}", {"filing": filing.id, "suits": suited})
        desk.refusals = tuple(refusal for one in judged.values() for refusal in one.refusals)
        desk.result = {
            "investor": cmd.investor,
            "filing": filing.id,
            "capacity": assessed.suitability.capacity,
            "waived": assessed.suitability.waived,
            "decision": decision.id,
            "tranches": [_shown(tranche, suited[tranche.tranche]) for tranche in tranches],
        }
    return act.finish()


def _tranches(dossier: str, filing: str) -> tuple[PlanTranche, ...]:
    plan = Dossier.read(dossier).plan
    if plan is None:
        raise NotFound("the dossier has no plan yet", found="nothing", needed="the block plan", where=filing)
    return plan.tranches


def _facts(investor: str, tranche: PlanTranche, record: PrivateRecord, assessed: Assessment, at: int) -> ProductFacts:
    return ProductFacts(
        investor=investor,
        tranche=tranche.tranche,
        at=at,
        risk=tranche.risk,
        complex=tranche.complex,
        accepted=tranche.regimes,
        capacity=assessed.facts.capacity,
        regimes=assessed.classification.codes,
        suitable_until=assessed.facts.suitability_until,
        evidence_until=assessed.facts.evidence_until,
        acknowledged=tuple(str(said) for said in record.acknowledged),
        waived=assessed.suitability.waived,
    )


def _shown(tranche: PlanTranche, suits: bool) -> dict[str, Any]:
    return {
        "tranche": tranche.tranche,
        "risk": tranche.risk,
        "risk_reasons": [f"{reason.ground}: {reason.words}" for reason in tranche.risk_reasons],
        "complex": tranche.complex,
        "regimes": list(tranche.regimes),
        "suits": suits,
    }
