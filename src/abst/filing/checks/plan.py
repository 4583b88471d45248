"""The issue plan (R-29): sums, codes, dates, regimes, risk with its reasons (R-47), ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from abst.errors import Refusal
from abst.filing.checks.common import RATE, agreed_total, codes_of, is_country, is_currency, isin_fault, party_ids
from abst.filing.checks.negative_list import walk
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse


def codes(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-29: countries and currencies are those of ISO 3166-1 and ISO 4217, wherever they stand."""
    for where, code in _countries(dossier):
        if not is_country(code):
            yield refuse("R-29", "country-unknown", found=code, needed="ISO 3166-1 alpha-2", where=where)
    for where, code in _currencies(dossier):
        if not is_currency(code):
            yield refuse("R-29", "currency-unknown", found=code, needed="ISO 4217", where=where)


def _countries(dossier: Dossier) -> Iterator[tuple[str, str]]:
    if dossier.entity is not None:
        yield "entity.country", dossier.entity.country
        yield from ((f"entity.owners[{n}].country", owner.country) for n, owner in enumerate(dossier.entity.owners))
    if dossier.assets is not None:
        yield "assets.location", dossier.assets.location
        yield from ((f"{where}.location", layer.location) for where, layer in walk(dossier.assets.layers))
    if dossier.structure is not None:
        yield "structure.issue_place", dossier.structure.issue_place
        yield "structure.vehicle.law", dossier.structure.vehicle.law
        for n, party in enumerate(dossier.structure.parties):
            yield f"structure.parties[{n}].country", party.country
    if dossier.plan is not None:
        yield from ((f"plan.places[{n}]", place) for n, place in enumerate(dossier.plan.places))
        yield from ((f"plan.venues[{n}].country", venue.country) for n, venue in enumerate(dossier.plan.venues))
    if dossier.money is not None:
        yield from ((f"money.accounts[{n}].country", one.country) for n, one in enumerate(dossier.money.accounts))


def _currencies(dossier: Dossier) -> Iterator[tuple[str, str]]:
    if dossier.entity is not None:
        yield "entity.capital_currency", dossier.entity.capital_currency
        yield from ((f"entity.figures[{n}].currency", one.currency) for n, one in enumerate(dossier.entity.figures))
    if dossier.plan is not None:
        yield "plan.currency", dossier.plan.currency
    if dossier.money is not None:
        money = dossier.money
        yield from ((f"money.accounts[{n}].currency", one.currency) for n, one in enumerate(money.accounts))
        yield from ((f"money.fx[{n}].currency", one.currency) for n, one in enumerate(money.fx))
        yield from (
            (f"money.settlement_assets[{n}].currency", a.currency) for n, a in enumerate(money.settlement_assets)
        )


def sums(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-29: the total is count times nominal and the sum of the faces; rates and numbers are well formed."""
    plan = dossier.plan
    if plan is None:
        return
    product, faces, agreed = plan.count * plan.nominal, sum(t.face for t in plan.tranches), agreed_total(plan)
    if product != agreed:
        found, needed = f"{plan.count} x {plan.nominal} = {product}", f"{agreed}, the total"
        yield refuse("R-29", "plan-count", found=found, needed=needed, where="plan.count")
    if plan.total != agreed:
        needed = f"{agreed}, count x nominal and the sum of faces"
        yield refuse("R-29", "plan-total", found=str(plan.total), needed=needed, where="plan.total")
    if faces != agreed:
        needed = f"{agreed}, the total"
        yield refuse("R-29", "plan-faces", found=f"{faces}, the sum of faces", needed=needed, where="plan.tranches")
    for n, tranche in enumerate(plan.tranches):
        where = f"plan.tranches[{n}]"
        if not re.fullmatch(RATE, tranche.rate):
            needed = "a decimal fraction a year"
            yield refuse("R-29", "plan-rate", found=tranche.rate, needed=needed, where=f"{where}.rate")
        if tranche.isin and isin_fault(tranche.isin):
            needed = f"12 characters of ISO 6166 with check digit ({isin_fault(tranche.isin)})"
            yield refuse("R-29", "isin", found=tranche.isin, needed=needed, where=f"{where}.isin")


def regimes(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-29, R-33: legal grounds exist in the rulebook, and the plan's are those of its tranches together."""
    plan = dossier.plan
    if plan is None:
        return
    known = ", ".join(rulebook.regimes)
    told = [(f"plan.regimes[{n}]", code) for n, code in enumerate(plan.regimes)]
    told += [
        (f"plan.tranches[{n}].regimes[{m}]", code)
        for n, tranche in enumerate(plan.tranches)
        for m, code in enumerate(tranche.regimes)
    ]
    for where, code in told:
        if code not in rulebook.regimes:
            yield refuse("R-29", "regime-unknown", found=code, needed=known, where=where)
    own = {code for code in plan.regimes if code in rulebook.regimes}
    theirs = {code for tranche in plan.tranches for code in tranche.regimes if code in rulebook.regimes}
    if own != theirs:
        found, needed = ", ".join(sorted(own)), f"{', '.join(sorted(theirs))}, as in the tranches"
        yield refuse("R-33", "plan-regimes", found=found, needed=needed, where="plan.regimes")


def dates(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-03, R-33: the issue is planned after the file, and the dates of the plan run forward."""
    plan = dossier.plan
    if plan is None:
        return
    day = dossier.filing.prepared_on
    if plan.closing_on <= day:
        found, needed = plan.closing_on.isoformat(), f"after {day}, when the file was finished"
        yield refuse("R-03", "closing-too-early", found=found, needed=needed, where="plan.closing_on")
    order = ("closing_on", "first_payment", "last_payment", "legal_maturity")
    for earlier, later in pairwise(order):
        before, after = getattr(plan, earlier), getattr(plan, later)
        if after < before:
            needed = f"{before} or later, the {earlier.replace('_', ' ')}"
            yield refuse("R-33", "dates-order", found=after.isoformat(), needed=needed, where=f"plan.{later}")
    for n, tranche in enumerate(plan.tranches):
        if not plan.first_payment <= tranche.expected_maturity <= plan.legal_maturity:
            found, where = tranche.expected_maturity.isoformat(), f"plan.tranches[{n}].expected_maturity"
            needed = f"{plan.first_payment} to {plan.legal_maturity}"
            yield refuse("R-33", "dates-order", found=found, needed=needed, where=where)


def product_risk(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-47: each tranche's risk class gives its reasons, and none below another is said to be safer."""
    plan = dossier.plan
    if plan is None:
        return
    order = ("senior", "mezzanine", "subordinated")
    for n, tranche in enumerate(plan.tranches):
        where = f"plan.tranches[{n}]"
        given = {reason.ground for reason in tranche.risk_reasons}
        missing = [ground for ground in rulebook.words("R-47", "grounds") if ground not in given]
        if missing:
            found, needed = ", ".join(sorted(given)) or "nothing", f"a reason from {', '.join(missing)}"
            yield refuse("R-47", "risk-unreasoned", found=found, needed=needed, where=f"{where}.risk_reasons")
        above = [t for t in plan.tranches if order.index(t.rank) < order.index(tranche.rank)]
        riskier = [t for t in above if t.risk > tranche.risk]
        if riskier:
            found = f"{tranche.risk}, {riskier[0].tranche} above it {riskier[0].risk}"
            needed = f"{max(t.risk for t in above)} or more"
            yield refuse("R-47", "risk-order", found=found, needed=needed, where=f"{where}.risk")


def ledger(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-29, R-63: operator and venues are parties, and an audit of this code is in the file."""
    plan = dossier.plan
    if plan is None:
        return
    if dossier.structure is not None:
        named = [("plan.ledger.operator", plan.ledger.operator)]
        named += [(f"plan.venues[{n}].party", venue.party) for n, venue in enumerate(plan.venues) if venue.party]
        for where, one in named:
            if one not in party_ids(dossier):
                yield refuse("R-29", "operator-unknown", found=one, needed="a party of the structure", where=where)
    if dossier.documents is not None and plan.ledger.audit not in codes_of(dossier):
        found, needed = plan.ledger.audit, "the code of a document of this file"
        yield refuse("R-63", "audit-missing", found=found, needed=needed, where="plan.ledger.audit")


CHECKS = (codes, sums, regimes, dates, product_risk, ledger)
