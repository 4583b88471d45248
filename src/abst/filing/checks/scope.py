"""Sections A and B: form, places and supply (R-01 to R-05), the six prohibitions and the look-back (R-07 to R-11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from abst.errors import Refusal
from abst.filing.blocks import Offence
from abst.filing.checks.common import ENTITY, OFFSHORE_ROLES, person_ids, years_before
from abst.filing.checks.negative_list import walk
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse


def form(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-02: the form is asset-backed, so that this supervisor is the right one."""
    if dossier.assets is None:
        return
    wanted = rulebook.setting("R-01", "form")
    if dossier.assets.form != wanted:
        yield refuse("R-02", "wrong-regime", found=dossier.assets.form, needed=wanted, where="assets.form")


def asset_location(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-01: the pool and every layer of it lie onshore."""
    if dossier.assets is None:
        return
    wanted = rulebook.setting("R-01", "asset_location")
    places = [("assets.location", dossier.assets.location)]
    places += [(f"{where}.location", layer.location) for where, layer in walk(dossier.assets.layers)]
    for where, place in places:
        if place != wanted:
            yield refuse("R-01", "asset-location", found=place, needed=wanted, where=where)


def places(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-04: place of issue, those who serve the tokens, places of offer and venues lie outside the mainland."""
    found: list[tuple[str, str]] = []
    if dossier.structure is not None:
        found.append(("structure.issue_place", dossier.structure.issue_place))
        for n, party in enumerate(dossier.structure.parties):
            if party.role in OFFSHORE_ROLES:
                found.append((f"structure.parties[{n}].country", party.country))
    if dossier.plan is not None:
        found += [(f"plan.places[{n}]", place) for n, place in enumerate(dossier.plan.places)]
        found += [(f"plan.venues[{n}].country", venue.country) for n, venue in enumerate(dossier.plan.venues)]
    denied = rulebook.words("R-04", "denied")
    for where, place in found:
        if place in denied:
            yield refuse("R-04", "place-denied", found=place, needed=f"outside {', '.join(denied)}", where=where)


def offer_places(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-54: the tokens are not offered where their holders are denied."""
    if dossier.plan is None:
        return
    denied = rulebook.words("R-54", "denied")
    for n, place in enumerate(dossier.plan.places):
        if place in denied:
            needed = f"outside {', '.join(denied)}"
            yield refuse("R-54", "offer-denied", found=place, needed=needed, where=f"plan.places[{n}]")


def security(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-05: the supply follows the filing, and nobody onshore issues virtual currency abroad."""
    rules = rulebook.words("R-05", "supply")
    if dossier.plan is not None and dossier.plan.ledger.supply not in rules:
        found, needed = dossier.plan.ledger.supply, ", ".join(rules)
        yield refuse("R-05", "supply-rule", found=found, needed=needed, where="plan.ledger.supply")
    if dossier.entity is not None and dossier.entity.issues_virtual_currency:
        needed = "neither the entity nor a body it controls issues virtual currency"
        where = "entity.issues_virtual_currency"
        yield refuse("R-05", "virtual-currency-issued", found="it does", needed=needed, where=where)


def prohibitions(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-07 to R-12: each prohibition is answered clear, once; the third for each person it names (R-09)."""
    if dossier.prohibitions is None:
        return
    rules = rulebook.words("R-07", "prohibitions")
    for n, answer in enumerate(dossier.prohibitions):
        if answer.rule not in rules:
            found, needed, where = answer.rule, ", ".join(rules), f"prohibitions[{n}].rule"
            yield refuse("R-25", "prohibition-unknown", found=found, needed=needed, where=where)
        elif answer.answer != "clear":
            where = f"prohibitions[{n}].answer"
            yield refuse(answer.rule, "prohibited", found=answer.answer, needed="clear", where=where)
    for rule in rules:
        for person in _answered_for(rule, dossier, rulebook):
            count = sum(a.rule == rule and a.person == person for a in dossier.prohibitions)
            where = f"prohibitions[{rule}, {person}]" if person else f"prohibitions[{rule}]"
            if not count:
                yield refuse(rule, "prohibition-unanswered", found="no answer", needed="the answer clear", where=where)
            if count > 1:
                yield refuse("R-33", "prohibition-repeated", found=f"{count} answers", needed="one", where=where)


def _answered_for(rule: str, dossier: Dossier, rulebook: Rulebook) -> tuple[str, ...]:
    """Whom a prohibition is answered for: for R-09 the entity and each person it names."""
    if rule != "R-09" or dossier.entity is None:
        return ("",) if rule != "R-09" else ()
    roles = rulebook.words("R-09", "persons")
    return tuple(([ENTITY] if ENTITY in roles else []) + [p.id for p in dossier.entity.persons if p.role in roles])


def answers_are_fresh(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-10: the records behind each answer were looked at shortly before the file was finished."""
    days, day = rulebook.number("R-10", "checked_days"), dossier.filing.prepared_on
    rules = rulebook.words("R-07", "prohibitions")
    for n, answer in enumerate(dossier.prohibitions or ()):
        if answer.rule in rules and (day - answer.checked_on).days > days:
            found, where = f"{(day - answer.checked_on).days} days before", f"prohibitions[{n}].checked_on"
            yield refuse(answer.rule, "prohibition-stale", found=found, needed=f"at most {days} days", where=where)


def list_version(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-22: the answers were given under today's version of the negative list."""
    version, given = rulebook.setting("R-22", "list_version"), dossier.filing.negative_list_version
    if given != version:
        yield refuse("R-22", "list-version", found=given, needed=version, where="filing.negative_list_version")


def offences(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-09: no listed offence whose window, from the day that the setting names, still runs."""
    start = years_before(dossier.filing.prepared_on, rulebook.number("R-09", "years"))
    roles, kinds = rulebook.words("R-09", "persons"), rulebook.words("R-09", "kinds")
    barred = person_ids(dossier, *roles) | {ENTITY}
    event = rulebook.setting("R-09", "window_from")
    for n, offence in enumerate(dossier.offences):
        if offence.person not in person_ids(dossier) | {ENTITY} and dossier.entity is not None:
            found, needed = offence.person, f"{ENTITY}, or a person of the register"
            yield refuse("R-33", "offence-stranger", found=found, needed=needed, where=f"offences[{n}].person")
        if offence.kind not in kinds:
            found, needed = offence.kind, ", ".join(kinds)
            yield refuse("R-09", "offence-kind", found=found, needed=needed, where=f"offences[{n}].kind")
        if offence.person not in barred:
            continue
        field, day = _window_start(offence, event)
        if day is None or day >= start:
            found = f"{event} of {offence.person}: {day.isoformat() if day else 'not yet'}"
            where = f"offences[{n}].{field}"
            yield refuse("R-09", "offence-in-window", found=found, needed=f"before {start}", where=where)


def _window_start(offence: Offence, event: str) -> tuple[str, date | None]:
    """The field and the day from which the window runs; no day yet means that it has not begun to end."""
    return {
        "offence": ("committed_on", offence.committed_on),
        "judgment": ("judged_on", offence.judged_on),
        "end-of-sentence": ("sentence_ended_on", offence.sentence_ended_on),
    }[event]


CHECKS = (
    form,
    asset_location,
    places,
    offer_places,
    security,
    prohibitions,
    answers_are_fresh,
    list_version,
    offences,
)
