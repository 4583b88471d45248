"""The entity block (R-23, R-26) and the names of onshore parties (R-69)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from abst.errors import Refusal
from abst.filing.blocks import Entity
from abst.filing.checks.common import (
    ENTITY,
    banned_words,
    codes_of,
    credit_code_fault,
    lei_fault,
    party_ids,
    person_ids,
)
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse


def filer(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-23: the filer is onshore, has a valid credit code, and the file shows its control of the assets."""
    entity = dossier.entity
    if entity is None:
        return
    fault = credit_code_fault(entity.credit_code)
    if fault:
        needed = f"a unified social credit code of 18 characters with its check digit ({fault})"
        yield refuse("R-23", "credit-code", found=entity.credit_code, needed=needed, where="entity.credit_code")
    onshore = rulebook.setting("R-01", "asset_location")
    if entity.country != onshore:
        yield refuse("R-23", "filer-offshore", found=entity.country, needed=onshore, where="entity.country")
    if dossier.documents is not None and entity.control_document not in codes_of(dossier):
        needed, where = "the code of a document of this file", "entity.control_document"
        yield refuse("R-23", "control-not-shown", found=entity.control_document, needed=needed, where=where)


def identity(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-26, R-33: identifier, capital, legal representative and group chart of the entity."""
    entity = dossier.entity
    if entity is None:
        return
    fault = lei_fault(entity.lei) if entity.lei else ""
    if fault:
        needed = f"20 characters of ISO 17442 with check digits ({fault})"
        yield refuse("R-26", "lei", found=entity.lei, needed=needed, where="entity.lei")
    if entity.paid_in > entity.capital:
        needed = f"at most {entity.capital}, the registered capital"
        yield refuse("R-33", "capital", found=str(entity.paid_in), needed=needed, where="entity.paid_in")
    if entity.legal_representative not in person_ids(dossier):
        found, where = entity.legal_representative, "entity.legal_representative"
        yield refuse("R-26", "representative-unknown", found=found, needed="a person of the register", where=where)
    if dossier.documents is not None and entity.group_chart not in codes_of(dossier):
        needed = "the code of a document of this file"
        yield refuse("R-26", "group-chart", found=entity.group_chart, needed=needed, where="entity.group_chart")


def owners(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-26: owners are looked through to end persons, and the shares held in each body sum to one."""
    entity = dossier.entity
    if entity is None:
        return
    through, ends = rulebook.words("R-26", "owner_kinds"), rulebook.words("R-26", "end_kinds")
    ids = {owner.id for owner in entity.owners}
    for n, owner in enumerate(entity.owners):
        where = f"entity.owners[{n}]"
        if owner.of not in ids | {ENTITY}:
            yield refuse(
                "R-26", "owner-of", found=owner.of, needed="entity, or the id of an owner", where=f"{where}.of"
            )
        elif not _reaches_entity(entity, owner.of):
            found, needed = f"{owner.id} owns itself through others", "a chain that ends in the entity"
            yield refuse("R-26", "owner-circle", found=found, needed=needed, where=f"{where}.of")
        if owner.kind not in through + ends:
            found, needed = owner.kind, ", ".join(through + ends)
            yield refuse("R-26", "owner-kind", found=found, needed=needed, where=f"{where}.kind")
        if owner.kind in through and not any(other.of == owner.id for other in entity.owners):
            needed = f"its owners, to {', '.join(ends)}"
            yield refuse("R-26", "owner-not-looked-through", found=owner.kind, needed=needed, where=where)
    for body in [ENTITY, *dict.fromkeys(owner.of for owner in entity.owners if owner.of in ids)]:
        total = sum((Decimal(owner.share) for owner in entity.owners if owner.of == body), Decimal(0))
        if total != 1:
            found, where = f"{total.normalize():f}", f"entity.owners[of {body}]"
            yield refuse("R-26", "ownership-sum", found=found, needed="1, all shares in it", where=where)


def _reaches_entity(entity: Entity, body: str) -> bool:
    """Whether the chain from a body ends in the entity; a body owned twice has several chains, all of them do."""
    open_, seen = [body], set[str]()
    while open_:
        one = open_.pop()
        if one == ENTITY:
            continue
        if one in seen:
            return False
        seen.add(one)
        open_ += {owner.of for owner in entity.owners if owner.id == one}
    return True


def shareholders(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-26, R-33: the register's controlling shareholder is among the owners, and an owner's person is in it."""
    entity = dossier.entity
    if entity is None:
        return
    people = {person.id: person for person in entity.persons}
    for n, owner in enumerate(entity.owners):
        where = f"entity.owners[{n}]"
        if owner.person and owner.person not in people:
            found, needed = owner.person, "a person of the register"
            yield refuse("R-33", "owner-person", found=found, needed=needed, where=f"{where}.person")
        elif owner.person and people[owner.person].name != owner.name:
            needed = f"{people[owner.person].name}, as in the register"
            yield refuse("R-33", "contradiction", found=owner.name, needed=needed, where=f"{where}.name")
    for n, person in enumerate(entity.persons):
        if person.role == "controlling-shareholder" and not any(o.person == person.id for o in entity.owners):
            where, needed = f"entity.persons[{n}]", "an owner with this person"
            yield refuse("R-26", "shareholder-not-owner", found="not among the owners", needed=needed, where=where)


def pledges(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-26, R-33: a pledge or dispute names an owner and no more than he holds."""
    entity = dossier.entity
    if entity is None:
        return
    kinds = rulebook.words("R-26", "pledge_kinds")
    for n, pledge in enumerate(entity.pledges):
        where = f"entity.pledges[{n}]"
        held = [Decimal(owner.share) for owner in entity.owners if owner.id == pledge.owner]
        if not held:
            needed = "the id of an owner"
            yield refuse("R-26", "pledge-owner", found=pledge.owner, needed=needed, where=f"{where}.owner")
        elif Decimal(pledge.share) > sum(held):
            needed = f"at most {sum(held)}, the share held"
            yield refuse("R-33", "pledge-share", found=pledge.share, needed=needed, where=f"{where}.share")
        if pledge.kind not in kinds:
            needed = ", ".join(kinds)
            yield refuse("R-26", "pledge-kind", found=pledge.kind, needed=needed, where=f"{where}.kind")


def licences(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-26: no licence has expired on the day the file was finished."""
    day = dossier.filing.prepared_on
    for n, licence in enumerate(dossier.entity.licences if dossier.entity else ()):
        if licence.expires_on is not None and licence.expires_on < day:
            found, where = licence.expires_on.isoformat(), f"entity.licences[{n}].expires_on"
            yield refuse("R-26", "licence-expired", found=found, needed=f"{day} or later", where=where)


def figures(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-26, R-33: audited figures of enough years in a row up to the last that can be there, and they add up."""
    entity = dossier.entity
    if entity is None:
        return
    years, least = [one.year for one in entity.figures], rulebook.number("R-26", "figure_years")
    day = dossier.filing.prepared_on
    latest = day.year - (1 if day.month >= 5 else 2)  # a year's audit may take until the end of April
    where, last = "entity.figures", years[-1]
    if years != list(range(last - len(years) + 1, last + 1)):
        yield refuse("R-26", "figures-gap", found=", ".join(map(str, years)), needed="years in a row", where=where)
    elif len(years) < least:
        yield refuse("R-26", "figures-few", found=f"{len(years)} years", needed=f"{least} at least", where=where)
    elif not latest <= last < day.year:
        found, needed = str(last), f"{latest} to {day.year - 1} as the last year"
        yield refuse("R-26", "figures-old", found=found, needed=needed, where=where)
    auditors = party_ids(dossier, "auditor")
    for n, one in enumerate(entity.figures):
        if one.equity != one.assets - one.liabilities:
            found, needed = str(one.equity), f"{one.assets - one.liabilities}, assets less liabilities"
            yield refuse("R-33", "figures-equity", found=found, needed=needed, where=f"{where}[{n}].equity")
        if dossier.structure is not None and one.auditor not in auditors:
            needed = "a party with the role auditor"
            yield refuse("R-26", "figures-auditor", found=one.auditor, needed=needed, where=f"{where}[{n}].auditor")


def names(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-69: names and scopes of onshore parties carry none of the listed words."""
    onshore = rulebook.setting("R-01", "asset_location")
    texts: list[tuple[str, str]] = []
    if dossier.entity is not None and dossier.entity.country == onshore:
        texts.append(("entity.name", dossier.entity.name))
        texts.append(("entity.business_scope", dossier.entity.business_scope))
    for n, party in enumerate(dossier.structure.parties if dossier.structure else ()):
        if party.country == onshore:
            texts.append((f"structure.parties[{n}].name", party.name))
            texts.append((f"structure.parties[{n}].business_scope", party.business_scope))
    words = rulebook.words("R-69", "words")
    for where, text in texts:
        hits = banned_words(text, words)
        if hits:
            needed = "a name and scope without the listed words"
            yield refuse("R-69", "name-rejected", found=", ".join(hits), needed=needed, where=where)


CHECKS = (filer, identity, owners, shareholders, pledges, licences, figures, names)
