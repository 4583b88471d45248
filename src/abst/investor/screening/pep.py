"""Politically-exposed persons: no authority publishes one list, so the form is this registry's own CSV. Pure.

Columns: ``id``, ``name``, ``other_names``, ``born``, ``countries``, ``position``; several values in a cell are parted
by semicolons; UTF-8. Commercial lists are brought into this form by their own exports.
"""

from __future__ import annotations

from abst.errors import UsageError
from abst.investor.screening.entries import PEP, PERSON, Entry, born, countries, each_once
from abst.investor.screening.reading import File, lines, only, table, text_of

COLUMNS = ("id", "name", "other_names", "born", "countries", "position")


def parse(source: str, files: list[File]) -> list[Entry]:
    """One entry a row. Raises UsageError naming the line."""
    name, content = only(files)
    entries: list[Entry] = []
    for line, cells in table(name, lines(name, text_of(name, content, "utf-8-sig")), COLUMNS):
        if not cells["id"] or not cells["name"]:
            needed = "an id and a name"
            raise UsageError("not an entry", found=str(dict(cells)), needed=needed, where=f"{name}, line {line}")
        dates = [born(part) for part in cells["born"].split(";")]
        if any(part.strip() and not read for part, read in zip(cells["born"].split(";"), dates, strict=True)):
            found = cells["born"]
            raise UsageError(
                "not a date of birth", found=found, needed="YYYY-MM-DD or YYYY", where=f"{name}, line {line}"
            )
        entries.append(
            Entry(
                source=source,
                id=cells["id"],
                kind=PEP,
                type=PERSON,
                names=each_once([cells["name"], *cells["other_names"].split(";")]),
                born=each_once(dates),
                countries=countries(cells["countries"].split(";")),
                note=cells["position"],
            )
        )
    return entries
