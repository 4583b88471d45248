"""The columns of an import, and how a row of text becomes the fields of a record. Pure.

A plan is made once for a header; a row then costs only the cells that it fills. Columns:

- ``reference`` (the investor's id here), ``kind``, ``name``, ``other_names``, ``identifier_type``, ``identifier``,
  ``born``, the country signals, ``address``, ``risk_class``, ``wallet`` (may be empty);
- ``evidence_1_*`` ... ``evidence_8_*``, ``person_1_*`` ... ``person_4_*``, ``related_1_*`` ... ``related_3_*``;
- ``session_*``: the session of the onboarding; ``waiver_*``; ``answered_on``, ``questionnaire``, ``q_`` and a
  question's id, ``acknowledged`` (texts as ``version@0x<sha256>``).

Several values of a cell are separated by ``;``. Amounts are in the currency's units, with at most two decimals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from abst.investor.denials import SIGNALS
from abst.investor.questionnaires import questionnaires

EVIDENCE_ITEMS, PERSONS, RELATED = 8, 4, 3
EVIDENCE_FIELDS = (
    "type",
    "asset",
    "category",
    "basis",
    "holder",
    "share_bps",
    "account_holders",
    "document",
    "amount",
    "currency",
    "hkd_rate",
    "rate_date",
    "relevant_date",
    "expires_on",
    "sha256",
)
PERSON_FIELDS = (
    "id",
    "role",
    "name",
    "other_names",
    "identifier_type",
    "identifier",
    "born",
    "nationality",
    "residence",
    "share_bps",
)
RELATED_FIELDS = ("id", "tie", "of", "kind", "share_bps", "person", "name", "registered")
SESSION_FIELDS = ("at", "ip", "country", "place", "device")
WAIVER_FIELDS = ("assessor", "assessed_on", "sha256", "expires_on")
GROUPS = {
    "evidence": (EVIDENCE_ITEMS, EVIDENCE_FIELDS, "evidence"),
    "person": (PERSONS, PERSON_FIELDS, "persons"),
    "related": (RELATED, RELATED_FIELDS, "related"),
}
BASE = ("reference", "kind", "name", "other_names", "identifier_type", "identifier", "born", *SIGNALS, "address")
SINGLE = ("kind", "name", "address", "risk_class")
LISTS = frozenset({*SIGNALS, "other_names", "nationality", "residence", "registered", "acknowledged"})
_AMOUNT = re.compile(r"[0-9][0-9_,]{0,23}(\.[0-9]{1,4})?")
AMOUNT = "an amount with at most two decimals, such as 8000000.00"


@cache
def columns() -> tuple[str, ...]:
    """All columns in order, those of every questionnaire's questions included."""
    groups = [f"{g}_{n}_{f}" for g, (count, fields, _) in GROUPS.items() for n in range(1, count + 1) for f in fields]
    sessions, waivers = (f"session_{name}" for name in SESSION_FIELDS), (f"waiver_{name}" for name in WAIVER_FIELDS)
    questions = dict.fromkeys(name for form in questionnaires().values() for name in form.questions)
    tail = ("answered_on", "questionnaire", "acknowledged", *(f"q_{name}" for name in questions))
    return (*BASE, "risk_class", "wallet", *groups, *sessions, *waivers, *tail)


@cache
def known() -> frozenset[str]:
    return frozenset(columns())


@dataclass(frozen=True, slots=True)
class Plan:
    """What a header holds. groups: per item of a group its (field, column) pairs; strange: columns nobody knows."""

    names: frozenset[str]
    groups: Mapping[str, tuple[tuple[int, tuple[tuple[str, str], ...]], ...]]
    session: tuple[tuple[str, str], ...]
    waiver: tuple[tuple[str, str], ...]
    questions: tuple[tuple[str, str], ...]
    strange: tuple[str, ...]


@lru_cache(maxsize=64)
def plan(header: tuple[str, ...]) -> Plan:
    """The plan of one header."""
    names = frozenset(header)
    groups = {}
    for group, (count, fields, _) in GROUPS.items():
        items = []
        for n in range(1, count + 1):
            pairs = _pairs(names, f"{group}_{n}_", fields)
            if pairs:
                items.append((n, pairs))
        groups[group] = tuple(items)
    questions = tuple((name[2:], name) for name in columns() if name.startswith("q_") and name in names)
    strange = tuple(name for name in header if name not in known())
    session, waiver = _pairs(names, "session_", SESSION_FIELDS), _pairs(names, "waiver_", WAIVER_FIELDS)
    return Plan(names, groups, session, waiver, questions, strange)


def _pairs(names: frozenset[str], prefix: str, fields: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, prefix + name) for name in fields if prefix + name in names)


@dataclass(slots=True)
class Fields:
    """A row as the record's fields, and where each came from. defects: (column, what is needed) found on the way."""

    record: dict[str, Any]
    session: dict[str, Any] | None
    places: dict[str, list[int]]
    defects: list[tuple[str, str]] = field(default_factory=list)


def fields_of(cells: Mapping[str, str], made: Plan) -> Fields:
    """The record's fields from a row's cells. Nothing is judged here but amounts, which text alone shows exactly."""
    get = cells.get
    record: dict[str, Any] = {name: get(name, "") for name in SINGLE}
    for name in (*SIGNALS, "acknowledged"):
        record[name] = several(get(name, ""))
    record["identifiers"] = [{"type": get("identifier_type", ""), "value": get("identifier", "")}]
    if get("other_names"):
        record["other_names"] = several(cells["other_names"])
    if get("born"):
        record["born"] = cells["born"]
    found = Fields(record, _given(cells, made.session), {})
    for group, (_, _, name) in GROUPS.items():
        items, places = [], []
        for n, pairs in made.groups[group]:
            item: dict[str, Any] = {key: text for key, column in pairs if (text := get(column))}
            if item:
                items.append(_SHAPES[group](item, n, found.defects))
                places.append(n)
        if items or group == "evidence":
            record[name] = items
        found.places[name] = places
    waiver = _given(cells, made.waiver)
    if waiver:
        record["waiver"] = waiver
    options = {question: text for question, column in made.questions if (text := get(column))}
    if options or get("answered_on") or get("questionnaire"):
        answers = {"version": get("questionnaire", ""), "answered_on": get("answered_on", ""), "options": options}
        record["answers"] = answers
    return found


def _given(cells: Mapping[str, str], pairs: tuple[tuple[str, str], ...]) -> dict[str, Any] | None:
    return {name: text for name, column in pairs if (text := cells.get(column))} or None


def _evidence(item: dict[str, Any], n: int, defects: list[tuple[str, str]]) -> dict[str, Any]:
    if "amount" in item:
        cents = hundredths(item["amount"])
        if cents is None:
            defects.append((f"evidence_{n}_amount", AMOUNT))
            cents = 1  # a stand-in, so that the other cells of the item are still judged
        item["amount"] = cents
    return item


def _person(item: dict[str, Any], n: int, defects: list[tuple[str, str]]) -> dict[str, Any]:
    item.setdefault("id", f"person-{n}")
    item["identifiers"] = [{"type": item.pop("identifier_type", ""), "value": item.pop("identifier", "")}]
    for name in ("other_names", "nationality", "residence"):
        item[name] = several(item.get(name, ""))
    return item


def _related(item: dict[str, Any], n: int, defects: list[tuple[str, str]]) -> dict[str, Any]:
    item.setdefault("id", f"related-{n}")
    item["registered"] = several(item.get("registered", ""))
    return item


_SHAPES = {"evidence": _evidence, "person": _person, "related": _related}


def hundredths(text: str) -> int | None:
    """An amount as hundredths, exact; None when it is none, is negative, or has more than two decimals."""
    if not _AMOUNT.fullmatch(text):
        return None
    scaled = Decimal(text.replace(",", "").replace("_", "")) * 100
    return int(scaled) if scaled == scaled.to_integral_value() else None


def several(text: str) -> list[str]:
    """The values of one cell."""
    if ";" not in text:
        return [text] if text else []
    return [part.strip() for part in text.split(";") if part.strip()]


_COLUMN_OF = {
    "answers.answered_on": "answered_on",
    "answers.version": "questionnaire",
    "identifiers.0.type": "identifier_type",
    "identifiers.0.value": "identifier",
}


def column_of(location: tuple[int | str, ...], places: Mapping[str, list[int]]) -> str:
    """The column a defect of the record came from."""
    for group, (_, _, name) in GROUPS.items():
        if location[:1] == (name,) and len(location) > 1:
            number, rest = places[name][int(location[1])], location[2:]
            if not rest:
                return f"{group}_{number}_{'type' if group == 'evidence' else 'id'}"
            if rest[0] == "identifiers":
                rest = ("identifier_type",) if rest[-1] == "type" else ("identifier",)
            return f"{group}_{number}_{rest[0]}"
    path = ".".join(str(part) for part in location)
    if location[:1] == ("waiver",):
        return f"waiver_{location[1]}" if len(location) > 1 else "waiver_expires_on"
    if location[:2] == ("answers", "options") and len(location) > 2:
        return f"q_{location[2]}"
    if location[:1] == ("identifiers",):
        return _COLUMN_OF.get(path, "identifier")
    return _COLUMN_OF.get(path, str(location[0]) if location else "(row)")
