"""The consolidated lists of the United Nations Security Council (XML) and the European Union (XML, FSF 1.1). Pure."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from abst.errors import UsageError
from abst.investor.screening.entries import (
    CIRCA,
    ENTITY,
    PERSON,
    SANCTION,
    Entry,
    between,
    born,
    countries,
    each_once,
)
from abst.investor.screening.reading import File, all_words, elements, only, words

PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
SUBJECTS = {"person": PERSON, "enterprise": ENTITY}


def parse_un(source: str, files: list[File]) -> list[Entry]:
    """CONSOLIDATED_LIST with INDIVIDUAL and ENTITY elements. Raises UsageError."""
    name, content = only(files)
    found = elements(name, content, "CONSOLIDATED_LIST", ["INDIVIDUAL", "ENTITY"])
    return [_of_un(source, name, element) for element in found]


def _of_un(source: str, name: str, element: Element) -> Entry:
    number, tag = words(element, "DATAID"), str(element.tag)
    primary = " ".join(words(element, part) for part in PARTS).strip()
    if not number or not primary:
        raise UsageError(
            "not an entry",
            found=f"DATAID {number!r}, name {primary!r}",
            needed="DATAID and FIRST_NAME",
            where=f"{name}, {tag} {number or '?'}",
        )
    aliases = all_words(element, f"{tag}_ALIAS/ALIAS_NAME")
    return Entry(
        source=source,
        id=number,
        kind=SANCTION,
        type=PERSON if tag == "INDIVIDUAL" else ENTITY,
        names=each_once([primary, *aliases, words(element, "NAME_ORIGINAL_SCRIPT")]),
        born=each_once(_un_born(date) for date in element.findall("INDIVIDUAL_DATE_OF_BIRTH")),
        countries=countries([*all_words(element, "NATIONALITY/VALUE"), *all_words(element, f"{tag}_ADDRESS/COUNTRY")]),
        note=" ".join([words(element, "UN_LIST_TYPE"), words(element, "REFERENCE_NUMBER")]).strip(),
    )


def _un_born(date: Element) -> str:
    first, last = words(date, "FROM_YEAR"), words(date, "TO_YEAR")
    if first.isdigit() and last.isdigit():
        return between(int(first), int(last))
    circa = "circa " if words(date, "TYPE_OF_DATE").upper().startswith("APPROX") else ""
    return born(circa + (words(date, "DATE") or words(date, "YEAR")))


def parse_eu(source: str, files: list[File]) -> list[Entry]:
    """export with sanctionEntity elements, all facts in attributes. Raises UsageError."""
    name, content = only(files)
    return [_of_eu(source, name, element) for element in elements(name, content, "export", ["sanctionEntity"])]


def _of_eu(source: str, name: str, element: Element) -> Entry:
    number = element.get("euReferenceNumber") or element.get("logicalId") or ""
    subject = element.find("subjectType")
    code = "" if subject is None else subject.get("code", "").lower()
    names = each_once(_eu_name(alias) for alias in element.findall("nameAlias"))
    if not number or code not in SUBJECTS or not names:
        raise UsageError(
            "not an entry",
            found=f"subjectType {code!r}, {len(names)} names",
            needed="euReferenceNumber or logicalId, subjectType, nameAlias",
            where=f"{name}, sanctionEntity {number or '?'}",
        )
    places = [*element.findall("citizenship"), *element.findall("address")]
    regulation = element.find("regulation")
    return Entry(
        source=source,
        id=number,
        kind=SANCTION,
        type=SUBJECTS[code],
        names=names,
        born=each_once(_eu_born(date) for date in element.findall("birthdate")),
        countries=countries(place.get("countryIso2Code") for place in places),
        note="" if regulation is None else regulation.get("programme", ""),
    )


def _eu_name(alias: Element) -> str:
    parts = (alias.get("firstName"), alias.get("middleName"), alias.get("lastName"))
    return alias.get("wholeName") or " ".join(part for part in parts if part)


def _eu_born(date: Element) -> str:
    first, last = date.get("yearRangeFrom", ""), date.get("yearRangeTo", "")
    if first.isdigit() and last.isdigit():
        return between(int(first), int(last))
    circa = date.get("circa", "").lower() == "true"
    if date.get("birthdate") and not circa:
        return born(date.get("birthdate"))
    year, month, day = (date.get(field, "") for field in ("year", "monthOfYear", "dayOfMonth"))
    if not year.isdigit():
        return born(date.get("birthdate"))
    if circa:
        return between(int(year) - CIRCA, int(year) + CIRCA)
    return born(f"{day or 0}/{month or 0}/{year}")
