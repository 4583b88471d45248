"""OFAC's lists of the United States: sdn.csv with alt.csv (no header, ``-0-`` for nothing), or sdn.xml. Pure.

The consolidated non-SDN list has the same forms (cons_prim.csv, cons_alt.csv, consolidated.xml).
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from abst.errors import UsageError
from abst.investor.screening.entries import (
    AIRCRAFT,
    ENTITY,
    PERSON,
    SANCTION,
    VESSEL,
    Entry,
    born,
    countries,
    each_once,
)
from abst.investor.screening.reading import File, all_words, elements, is_xml, lines, only, text_of, words

SDN_COLUMNS, ALT_COLUMNS = 12, 5
NOTHING = "-0-"
TYPES = {"individual": PERSON, "entity": ENTITY, "": ENTITY, "vessel": VESSEL, "aircraft": AIRCRAFT}
_BORN = re.compile(r"DOB ([^;]+)")
_COUNTRY = re.compile(r"(?:nationality|citizen) ([^;.]+)", re.I)
_ALIAS = re.compile(r"[af]\.k\.a\. '([^']+)'")


def parse(source: str, files: list[File]) -> list[Entry]:
    """Entries of one XML file, or of one or two CSV files in any order. Raises UsageError."""
    if any(is_xml(content) for _, content in files):
        name, content = only(files)
        return [_of_xml(source, name, element) for element in elements(name, content, "sdnList", ["sdnEntry"])]
    main: dict[str, tuple[list[str], str]] = {}
    aliases: dict[str, list[str]] = {}
    places: dict[str, str] = {}
    for name, content in files:
        # The files end with the control character that ended files on CP/M.
        text = text_of(name, content, "utf-8-sig", "cp1252").replace("\x1a", "")
        for line, raw in lines(name, text):
            cells = ["" if cell.strip() == NOTHING else cell.strip() for cell in raw]
            where = f"{name}, line {line}"
            if len(cells) not in (SDN_COLUMNS, ALT_COLUMNS) or not cells[0].isdigit():
                needed = f"a number and {SDN_COLUMNS} columns (list) or {ALT_COLUMNS} (other names)"
                raise UsageError("not a row of OFAC's files", found=f"{len(cells)} columns", needed=needed, where=where)
            if len(cells) == ALT_COLUMNS:
                aliases.setdefault(cells[0], []).append(cells[3])
                places.setdefault(cells[0], where)
                continue
            if cells[0] in main:
                raise UsageError("an entry stands twice", found=cells[0], needed="each once", where=where)
            main[cells[0]] = cells, where
    for number, where in places.items():
        if number not in main:
            raise UsageError("another name of nobody", found=number, needed="an entry of the list", where=where)
    return [_of_row(source, cells, aliases.get(number, []), where) for number, (cells, where) in main.items()]


def _of_row(source: str, cells: list[str], aliases: list[str], where: str) -> Entry:
    number, name, kind, programme, remarks = cells[0], cells[1], cells[2].lower(), cells[3], cells[11]
    if not name or kind not in TYPES:
        found = f"{number}: name {name!r}, type {kind!r}"
        raise UsageError("not an entry", found=found, needed="a name and a known type", where=where)
    return Entry(
        source=source,
        id=number,
        kind=SANCTION,
        type=TYPES[kind],
        names=each_once([_turned(name, kind), *(_turned(alias, kind) for alias in aliases), *_ALIAS.findall(remarks)]),
        born=each_once(map(born, _BORN.findall(remarks))),
        countries=countries(_COUNTRY.findall(remarks)),
        note=programme,
    )


def _turned(name: str, kind: str) -> str:
    """``SURNAME, Given`` of a person as one name; commas of companies stay."""
    surname, comma, given = name.partition(", ")
    return f"{given} {surname}" if comma and kind == "individual" else name


def _of_xml(source: str, name: str, entry: Element) -> Entry:
    number, kind = words(entry, "uid"), words(entry, "sdnType").lower()
    names = [_full(entry), *(_full(aka) for aka in entry.findall("akaList/aka"))]
    if not number or not names[0] or kind not in TYPES:
        found = f"uid {number!r}, type {kind!r}"
        raise UsageError(
            "not an entry", found=found, needed="uid, lastName, sdnType", where=f"{name}, sdnEntry {number or '?'}"
        )
    places = (
        "nationalityList/nationality/country",
        "citizenshipList/citizenship/country",
        "addressList/address/country",
    )
    return Entry(
        source=source,
        id=number,
        kind=SANCTION,
        type=TYPES[kind],
        names=each_once(names),
        born=each_once(map(born, all_words(entry, "dateOfBirthList/dateOfBirthItem/dateOfBirth"))),
        countries=countries(word for path in places for word in all_words(entry, path)),
        note=", ".join(all_words(entry, "programList/program")),
    )


def _full(element: Element) -> str:
    return f"{words(element, 'firstName')} {words(element, 'lastName')}".strip()
