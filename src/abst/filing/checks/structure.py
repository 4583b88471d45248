"""The structure block (R-28): parties and their identifiers, vehicle, enhancement, waterfall, clean-up call (R-92)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from abst.errors import Refusal
from abst.filing.blocks.structure import PROVIDER_ROLES
from abst.filing.checks.common import ENTITY, OFFSHORE_ROLES, credit_code_fault, lei_fault, party_ids
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse


def parties(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-28, R-33: every role that a structure needs is filled, and each id names one person or party."""
    structure = dossier.structure
    if structure is None:
        return
    held = {party.role for party in structure.parties}
    for role in rulebook.words("R-28", "roles"):
        if role not in held:
            yield refuse("R-28", "party-role-unfilled", found="nobody", needed=f"a {role}", where="structure.parties")
    ids = Counter(party.id for party in structure.parties)
    ids.update(person.id for person in (dossier.entity.persons if dossier.entity else ()))
    for one, count in ids.items():
        if count > 1:
            found, where = f"{count} entries", f"structure.parties[{one}]"
            if one not in party_ids(dossier):
                where = f"entity.persons[{one}]"
            yield refuse("R-33", "person-repeated", found=found, needed="one", where=where)


def identifiers(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-28: an onshore party has its credit code, and every identifier given has its check digits."""
    onshore = rulebook.setting("R-01", "asset_location")
    for n, party in enumerate(dossier.structure.parties if dossier.structure else ()):
        where = f"structure.parties[{n}]"
        if party.credit_code or (party.country == onshore and party.role not in OFFSHORE_ROLES):
            fault = credit_code_fault(party.credit_code)
            if fault:
                found, needed = party.credit_code or "nothing", f"a unified social credit code ({fault})"
                yield refuse("R-28", "party-code", found=found, needed=needed, where=f"{where}.credit_code")
        if party.lei and lei_fault(party.lei):
            needed = f"20 characters of ISO 17442 with check digits ({lei_fault(party.lei)})"
            yield refuse("R-28", "lei", found=party.lei, needed=needed, where=f"{where}.lei")


def references(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-28: issuer, vehicle, givers of enhancement and the holder of the call are parties."""
    structure = dossier.structure
    if structure is None:
        return
    if structure.issuer not in party_ids(dossier, "issuer"):
        needed = "a party with the role issuer"
        yield refuse("R-28", "issuer-unknown", found=structure.issuer, needed=needed, where="structure.issuer")
    named = [("structure.vehicle.party", structure.vehicle.party)]
    named += [(f"structure.enhancement[{n}].provider", e.provider) for n, e in enumerate(structure.enhancement)]
    if structure.clean_up_call is not None:
        named.append(("structure.clean_up_call.holder", structure.clean_up_call.holder))
    for where, one in named:
        if one and one not in party_ids(dossier) | {ENTITY}:
            yield refuse("R-28", "party-unknown", found=one, needed="a party of the structure", where=where)


def providers_wait(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-66: no provider's service begins before the file was even finished."""
    day = dossier.filing.prepared_on
    for n, party in enumerate(dossier.structure.parties if dossier.structure else ()):
        start = party.effective_from
        if party.role in PROVIDER_ROLES and start is not None and start <= day:
            where = f"structure.parties[{n}].effective_from"
            yield refuse("R-66", "provider-early", found=start.isoformat(), needed=f"after {day}", where=where)


def waterfall(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-28, R-33, R-87: every tranche is repaid, and none before those above it."""
    structure, plan = dossier.structure, dossier.plan
    if structure is None or plan is None:
        return
    ranks = {tranche.tranche: tranche.rank for tranche in plan.tranches}
    order = ("senior", "mezzanine", "subordinated")
    steps = [(n, step) for n, step in enumerate(structure.waterfall) if step.pay in ("principal", "interest")]
    for n, step in steps:
        if step.to not in ranks:
            where = f"structure.waterfall[{n}].to"
            yield refuse("R-33", "step-unknown", found=step.to, needed=", ".join(ranks), where=where)
    repaid = [(n, step.to) for n, step in steps if step.pay == "principal" and step.to in ranks]
    for name in ranks:
        if name not in {to for _, to in repaid}:
            found = f"no step repays {name}"
            yield refuse("R-28", "never-repaid", found=found, needed="a step", where="structure.waterfall")
    for n, name in repaid:
        later = [to for m, to in repaid if m > n and order.index(ranks[to]) < order.index(ranks[name])]
        if later:
            found, needed = f"{name} before {later[0]}", "every class above it first"
            yield refuse("R-87", "waterfall-order", found=found, needed=needed, where=f"structure.waterfall[{n}]")


def enhancement(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-33: a subordination is worth the faces below the senior classes."""
    structure, plan = dossier.structure, dossier.plan
    if structure is None or plan is None:
        return
    below = sum(tranche.face for tranche in plan.tranches if tranche.rank != "senior")
    for n, one in enumerate(structure.enhancement):
        if one.kind == "subordination" and one.amount != below:
            where, needed = f"structure.enhancement[{n}].amount", f"{below}, the faces below the senior classes"
            yield refuse("R-33", "enhancement-amount", found=str(one.amount), needed=needed, where=where)


def clean_up_call(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-92: the call is allowed only once little of the pool is left."""
    call = dossier.structure.clean_up_call if dossier.structure else None
    if call is None:
        return
    limit: Decimal = rulebook.setting("R-92", "share")
    if Decimal(call.share) > limit:
        needed = f"at most {limit.normalize():f} of the opening pool"
        yield refuse("R-92", "clean-up-call", found=call.share, needed=needed, where="structure.clean_up_call.share")


CHECKS = (parties, identifiers, references, providers_wait, waterfall, enhancement, clean_up_call)
