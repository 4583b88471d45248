"""The United Kingdom's lists: the sanctions list (XML, CSV) and OFSI's former consolidated list (ConList.csv). Pure.

In both CSV forms an entry has as many rows as names, and ``Name 6`` is the surname, or the whole name.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from abst.errors import UsageError
from abst.investor.screening.entries import ENTITY, PERSON, SANCTION, VESSEL, Entry, born, countries, each_once
from abst.investor.screening.reading import File, all_words, elements, is_xml, lines, only, table, text_of, words

TYPES = {"individual": PERSON, "entity": ENTITY, "ship": VESSEL}
GIVEN = ("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6")
OFSI = {
    "id": "Group ID",
    "type": "Group Type",
    "rank": "Alias Type",
    "script": "Name Non-Latin Script",
    "born": "DOB",
    "nationality": "Nationality",
    "country": "Country",
    "regime": "Regime",
}
LIST = {
    "id": "Unique ID",
    "type": "Individual, Entity, Ship",
    "rank": "Name type",
    "script": "Name non-latin script",
    "born": "D.O.B",
    "nationality": "Nationality(/ies)",
    "country": "Address Country",
    "regime": "Regime Name",
}
KEYS = ("id", "type", "rank")


def parse(source: str, files: list[File]) -> list[Entry]:
    """Entries of whichever of the three forms the file has. Raises UsageError."""
    name, content = only(files)
    if is_xml(content):
        return [_of_xml(source, name, element) for element in elements(name, content, "Designations", ["Designation"])]
    text = text_of(name, content, "utf-8-sig", "cp1252")
    # The header follows a line with the day of the list.
    head = [
        {" ".join(cell.split()) for cell in cells} for (_, cells), _ in zip(lines(name, text), range(3), strict=False)
    ]
    columns = LIST if any(LIST["id"] in cells for cells in head) else OFSI
    groups: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for line, cells in table(name, lines(name, text), [*GIVEN, *(columns[key] for key in KEYS)]):
        number = cells[columns["id"]]
        if not number:
            raise UsageError("a row of nobody", found="no id", needed=columns["id"], where=f"{name}, line {line}")
        groups.setdefault(number, []).append((line, cells))
    return [_of_rows(source, name, number, rows, columns) for number, rows in groups.items()]


def _of_rows(
    source: str, name: str, number: str, rows: list[tuple[int, dict[str, str]]], columns: dict[str, str]
) -> Entry:
    line, first = rows[0]
    # Stable: rows marked primary first, the file's order otherwise.
    ranked = [cells for _, cells in sorted(rows, key=lambda row: "primary" not in row[1][columns["rank"]].lower())]
    names = each_once([*map(_name, ranked), *(cells.get(columns["script"]) for cells in ranked)])
    kind = first[columns["type"]].lower()
    if not names or kind not in TYPES:
        found = f"{number}: type {kind!r}, {len(names)} names"
        raise UsageError("not an entry", found=found, needed="a name and a type", where=f"{name}, line {line}")

    def of(key: str) -> Iterable[str]:
        return (part for cells in ranked for part in _parts(cells.get(columns[key], "")))

    return Entry(
        source=source,
        id=number,
        kind=SANCTION,
        type=TYPES[kind],
        names=names,
        born=each_once(map(born, of("born"))),
        countries=countries([*of("nationality"), *of("country")]),
        note=first.get(columns["regime"], ""),
    )


def _parts(cell: str) -> list[str]:
    """Several values of one cell: ``(1) Ruritania. (2) Borduria`` or ``Ruritania|Borduria``."""
    marked = cell.replace("|", "\n")
    for number in range(1, 10):
        marked = marked.replace(f"({number})", "\n")
    return [part.strip(" .;,") for part in marked.split("\n") if part.strip(" .;,")]


def _name(cells: dict[str, str]) -> str:
    return " ".join(cells[column] for column in GIVEN if cells[column])


def _of_xml(source: str, name: str, element: Element) -> Entry:
    number, kind = words(element, "UniqueID"), words(element, "IndividualEntityShip").lower()
    named = element.findall("Names/Name")
    ranked = sorted(named, key=lambda one: words(one, "NameType").lower() != "primary name")
    parts = [[words(one, column.replace(" ", "")) for column in GIVEN] for one in ranked]
    names = each_once(
        [*(" ".join(part) for part in parts), *all_words(element, "NonLatinNames/NonLatinName/NameNonLatinScript")]
    )
    if not number or kind not in TYPES or not names:
        found = f"UniqueID {number!r}, type {kind!r}, {len(names)} names"
        needed = "UniqueID, IndividualEntityShip, Names"
        raise UsageError("not an entry", found=found, needed=needed, where=f"{name}, Designation {number or '?'}")
    places = ("IndividualDetails/Individual/Nationalities/Nationality", "Addresses/Address/AddressCountry")
    return Entry(
        source=source,
        id=number,
        kind=SANCTION,
        type=TYPES[kind],
        names=names,
        born=each_once(map(born, all_words(element, "IndividualDetails/Individual/DOBs/DOB"))),
        countries=countries(word for path in places for word in all_words(element, path)),
        note=words(element, "RegimeName"),
    )
