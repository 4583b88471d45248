"""R-33: the same fact in two places is the same: in the file itself, in the deal, and in what would be made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from abst.deal import Deal
from abst.deal.blocks import Tranche
from abst.errors import Refusal
from abst.filing.blocks.plan import PlanTranche
from abst.filing.checks.common import RATE, is_country, is_currency
from abst.filing.checks.structure import waterfall
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse
from abst.values import Hash

SAME_CLASS = ("tranche", "rank", "face", "day_count")
SAME_TOKEN = ("name", "symbol", "lot", "risk", "max_holders", "max_share_bps", "lock_days", "overdue_stops_transfers")
STEP_WORDS = {"top-up": "reserve", "scheduled": "principal", "fee-above-cap": "fee"}  # a deal's kinds, as a filing's
UNTOLD = ("draw", "release", "write-down", "write-up", "capitalise", "let")  # steps that pay nobody


@dataclass(frozen=True, slots=True)
class Made:
    """What this registry would make of a plan: number of its chain, and Keccak-256 of the token's creation code."""

    chain_id: int
    code_hash: Hash


def papers_agree(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-33: an opinion is the document it names, and one code has one hash throughout the file."""
    hashes = {document.code: document.sha256 for document in dossier.documents or ()}
    told: list[tuple[str, str, str]] = []
    for n, opinion in enumerate(dossier.opinions or ()):
        if dossier.documents is not None and opinion.document not in hashes:
            found, needed = opinion.document, "the code of a document of this file"
            yield refuse("R-33", "opinion-document", found=found, needed=needed, where=f"opinions[{n}].document")
        told.append((f"opinions[{n}].sha256", opinion.document, opinion.sha256))
    for n, approval in enumerate(dossier.approvals or ()):
        if approval.document is not None:
            told.append((f"approvals[{n}].document.sha256", approval.document.code, approval.document.sha256))
    for where, code, sha256 in told:
        if hashes.get(code, sha256) != sha256:
            needed = f"{hashes[code]}, as of the document {code}"
            yield refuse("R-33", "paper-differs", found=sha256, needed=needed, where=where)


def days_past(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-33: what the file tells as done was done by the day it was finished."""
    day = dossier.filing.prepared_on
    for where, told in _past(dossier):
        if told > day:
            needed = f"{day} or earlier, when the file was finished"
            yield refuse("R-33", "date-after-file", found=told.isoformat(), needed=needed, where=where)


def _past(dossier: Dossier) -> Iterator[tuple[str, date]]:
    for name, items, field in (
        ("prohibitions", dossier.prohibitions, "checked_on"),
        ("offences", dossier.offences, "committed_on"),
        ("undertakings", dossier.undertakings, "signed_on"),
        ("opinions", dossier.opinions, "dated"),
        ("contacts", dossier.contacts, "on"),
    ):
        yield from ((f"{name}[{n}].{field}", getattr(item, field)) for n, item in enumerate(items or ()))
    if dossier.entity is not None:
        yield "entity.founded_on", dossier.entity.founded_on
        yield from ((f"entity.pledges[{n}].since", one.since) for n, one in enumerate(dossier.entity.pledges))
    if dossier.assets is not None:
        yield "assets.base_date", dossier.assets.base_date
        yield "assets.valuation.on", dossier.assets.valuation.on
        for n, provider in enumerate(dossier.assets.providers):
            yield f"assets.providers[{n}].checked_on", provider.checked_on


def deal_agrees(dossier: Dossier, deal: Deal) -> Iterator[Refusal]:
    """R-33: what the dossier tells the authority is what the deal says."""
    pairs: list[tuple[str, object, object]] = [("filing.deal", dossier.filing.deal, deal.id)]
    if dossier.assets is not None:
        pairs.append(("assets.pool_balance", dossier.assets.pool_balance, deal.pool_balance))
        pairs.append(("assets.base_date", dossier.assets.base_date, deal.dates.cut_off))
    if dossier.plan is not None:
        plan = dossier.plan
        if is_currency(plan.currency):  # what is no code is a fault of its own, and so below
            pairs.append(("plan.currency", plan.currency, deal.currency))
        pairs.append(("plan.decimals", plan.decimals, deal.decimals))
        for name in ("accrual_from", "first_payment", "last_payment", "payment_day", "legal_maturity"):
            pairs.append((f"plan.{name}", getattr(plan, name), getattr(deal.dates, name)))
        pairs.append(("plan.tranches", len(plan.tranches), len(deal.issued)))
        for n, (told, made) in enumerate(zip(plan.tranches, deal.issued, strict=False)):
            pairs += _terms(told, made, f"plan.tranches[{n}]")
    pairs += _parties(dossier, deal)
    yield from _contradictions(pairs)


def order_agrees(dossier: Dossier, deal: Deal, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-33: triggers and order of payments that the dossier tells are those that the deal's program runs."""
    structure = dossier.structure
    if structure is None or any(waterfall(dossier, rulebook)):  # an order that could be nobody's is told as that
        return
    triggers = sorted(one.id for one in structure.triggers)
    steps = ", ".join(f"{step.pay} to {step.to}" for step in structure.waterfall)
    yield from _contradictions(
        [
            ("structure.triggers", triggers, sorted(name.replace("_", "-") for name in deal.triggers)),
            ("structure.waterfall", steps, ", ".join(_steps(deal))),
        ]
    )


def _contradictions(pairs: Iterable[tuple[str, object, object]]) -> Iterator[Refusal]:
    for where, told_value, deal_value in pairs:
        if told_value != deal_value:
            needed = f"{deal_value}, as in the deal"
            yield refuse("R-33", "contradiction", found=str(told_value), needed=needed, where=where)


def _terms(told: PlanTranche, made: Tranche, at: str) -> Iterator[tuple[str, object, object]]:
    """A tranche as told to the authority, and as the deal has it; a rate that moves is told in words."""
    yield from ((f"{at}.{name}", getattr(told, name), getattr(made, name)) for name in SAME_CLASS)
    yield from ((f"{at}.{name}", getattr(told, name), getattr(made.token, name)) for name in SAME_TOKEN)
    if re.fullmatch(RATE, told.rate) and isinstance(made.coupon, Decimal):
        yield f"{at}.rate", Decimal(told.rate), made.coupon
    if made.token is not None:
        yield f"{at}.regimes", sorted(told.regimes), sorted(made.token.regimes)


def _steps(deal: Deal) -> Iterator[str]:
    """The order of payments while nothing is triggered, in a filing's words."""
    for step in deal.waterfall.normal:
        if step.kind in UNTOLD:
            continue
        paid = deal.members(step.pay) or tuple(filter(None, (step.to, step.payee)))
        for name in paid:
            fee = deal.all_fees.get(name)
            yield f"{STEP_WORDS.get(step.kind, step.kind)} to {fee.payee if fee else name}"


def _parties(dossier: Dossier, deal: Deal) -> Iterator[tuple[str, object, object]]:
    """Name and country of each party of the deal as the file tells them; the originator is the entity."""
    for party in deal.parties:
        if party.role == "originator" and dossier.entity is not None:
            yield "entity.name", dossier.entity.name, party.name
        for n, told in enumerate(dossier.structure.parties if dossier.structure else ()):
            if told.role == party.role:
                where = f"structure.parties[{n}]"
                yield f"{where}.name", told.name, party.name
                if is_country(told.country):
                    yield f"{where}.country", told.country, party.country


def made_agrees(dossier: Dossier, made: Made) -> Iterator[Refusal]:
    """R-33: chain and code that the plan names are those from which tokens would be made here."""
    if dossier.plan is None:
        return
    ledger = dossier.plan.ledger
    for name in ("chain_id", "code_hash"):
        told, here = getattr(ledger, name), getattr(made, name)
        if told != here:
            needed = f"{here}, as in this registry"
            yield refuse("R-33", "contradiction", found=str(told), needed=needed, where=f"plan.ledger.{name}")


def attachments_agree(dossier: Dossier, attachments: Mapping[str, str | None]) -> Iterator[Refusal]:
    """R-24: every paper with a path is there, and its bytes have the hash that the file tells."""
    for where, paper in dossier.papers():
        if not paper.path:
            continue
        found = attachments.get(paper.path)
        if found is None:
            yield refuse("R-24", "attachment-missing", found="no such file", needed=paper.path, where=f"{where}.path")
        elif found != paper.sha256:
            needed = f"{paper.sha256}, as the dossier says of {paper.path}"
            yield refuse("R-24", "attachment-differs", found=found, needed=needed, where=f"{where}.sha256")


CHECKS = (papers_agree, days_past)
