"""A report as data, and the same in words: sections of rows, labelled in English or Chinese. Pure but for its labels.

Codes, ids and amounts are the same in every language; only titles, column names and the words of codes change, and
they are data (``words.yaml``). Amounts are text in the smallest unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from abst.errors import UsageError

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")
Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a report. columns: keys in their order; codes: those whose values are words of `words.yaml`."""

    key: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    codes: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. notes: keys of sentences; warnings: what could not be told, in English words for the officer."""

    name: str
    at: str
    subject: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self, lang: Lang) -> dict[str, Any]:
        """The JSON of the report: rows with their codes as they are, and every label in one language."""
        words = _words(lang)
        return {
            "report": self.name,
            "lang": lang,
            "title": words["titles"][self.name],
            "subject": self.subject,
            "at": self.at,
            "notes": [words["notes"][key] for key in self.notes],
            "sections": [
                {
                    "key": section.key,
                    "title": words["sections"][section.key],
                    "columns": [{"key": key, "label": words["columns"][key]} for key in section.columns],
                    "rows": [{key: row.get(key) for key in section.columns} for row in section.rows],
                }
                for section in self.sections
            ],
        }

    def cells(self, section: Section, lang: Lang) -> list[list[str]]:
        """The rows of a section as words of one language."""
        words = _words(lang)
        return [[_cell(section, key, row.get(key), words) for key in section.columns] for row in section.rows]

    def markdown(self, lang: Lang) -> str:
        """The report as one Markdown document; the same facts give the same bytes."""
        words = _words(lang)
        lines = [f"# {words['titles'][self.name]}", "", f"{self.subject} · {self.at}", ""]
        lines += [line for key in self.notes for line in (f"> {words['notes'][key]}", "")]
        for section in self.sections:
            lines += [f"## {words['sections'][section.key]}", ""]
            if not section.rows:
                lines += [words["none"], ""]
                continue
            head = [words["columns"][key] for key in section.columns]
            right = ["--:" if key in section.amounts else "---" for key in section.columns]
            lines += [_line(head), _line(right), *(_line(row) for row in self.cells(section, lang)), ""]
        return "\n".join(lines)


def labels(report: Report, section: Section, lang: Lang) -> tuple[str, list[str], list[str]]:
    """Title of a section, its column names, and those of them that are amounts."""
    words = _words(lang)
    return (
        words["sections"][section.key],
        [words["columns"][key] for key in section.columns],
        [words["columns"][key] for key in section.amounts],
    )


def lang_of(text: str) -> Lang:
    """A language by its code. Raises UsageError."""
    for lang in LANGS:
        if text == lang:
            return lang
    raise UsageError("no such language", found=repr(text), needed=" or ".join(LANGS), where="--lang")


def _cell(section: Section, key: str, value: str | None, words: Mapping[str, Any]) -> str:
    if value is None or value == "":
        return "-"
    if key in section.codes:
        return " + ".join(_code(part, words["codes"]) for part in value.split("+"))
    if key in section.amounts:
        return f"{int(value):,}"
    return value


def _code(code: str, words: Mapping[str, str]) -> str:
    """The words of a code; of one that begins like ``report the break of *``, with the rest in the star's place."""
    if code in words:
        return words[code]
    for known, said in words.items():
        if known.endswith("*") and code.startswith(known[:-1]):
            return said.replace("*", code.removeprefix(known[:-1]))
    return code


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in cells)} |"


@cache
def _words(lang: Lang) -> Mapping[str, Any]:
    """All labels of one language: of each entry its own language's words."""
    raw = yaml.safe_load(files("abst.reports").joinpath("words.yaml").read_text(encoding="utf-8"))
    return {
        group: {str(key): texts[lang] for key, texts in entries.items()} if group != "none" else entries[lang]
        for group, entries in raw.items()
    }
