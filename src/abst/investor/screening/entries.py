"""One entry of a sanctions or politically-exposed list, whoever publishes it, and what it is read from. Pure.

Dates of birth are kept as the list gives them: ``1960-05-01``, ``1960-05``, ``1960``, or a range of years
``1958/1962``; "circa" is read as two years either way. Countries are ISO 3166-1 alpha-2, or the list's own words in
capitals where no code is known.
"""

from __future__ import annotations

import re
from calendar import month_abbr
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import pycountry

from abst.values import Hash, digest

SANCTION, PEP = "sanction", "pep"
PERSON, ENTITY, VESSEL, AIRCRAFT = "person", "entity", "vessel", "aircraft"
SOURCES = {
    "ofac": "United States, OFAC specially designated nationals (sdn.csv with alt.csv, or sdn.xml)",
    "ofac-consolidated": "United States, OFAC consolidated non-SDN list (cons_prim.csv with cons_alt.csv, or XML)",
    "un": "United Nations Security Council consolidated list (XML)",
    "eu": "European Union consolidated financial sanctions list (XML, FSF 1.1)",
    "uk": "United Kingdom sanctions list (XML or CSV), or OFSI's former consolidated list (ConList.csv)",
    "pep": "politically-exposed persons (CSV: id, name, other_names, born, countries, position)",
}
CIRCA = 2  # years either way


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. names: primary first, then aliases and original script, each once; note: programme or position."""

    source: str
    id: str
    kind: str
    type: str
    names: tuple[str, ...]
    born: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    note: str = ""

    @property
    def content(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def digest(self) -> Hash:
        """Of the whole content: another digest means that a verdict on the entry speaks of something else."""
        return digest(self.content)


def each_once(words: Iterable[str | None]) -> tuple[str, ...]:
    """The words that say something, trimmed, inner space single, each once, in order."""
    cleaned = (" ".join((word or "").split()) for word in words)
    return tuple(dict.fromkeys(word for word in cleaned if word))


# ---- countries

_ALSO = {  # as the lists write them, where ISO writes otherwise
    "russia": "RU",
    "iran": "IR",
    "syria": "SY",
    "north korea": "KP",
    "korea, north": "KP",
    "korea (north)": "KP",
    "south korea": "KR",
    "korea, south": "KR",
    "burma": "MM",
    "ivory coast": "CI",
    "democratic republic of congo": "CD",
    "congo, democratic republic of the": "CD",
    "democratic republic of the congo": "CD",
    "palestinian": "PS",
    "palestine": "PS",
    "the bahamas": "BS",
    "turkey": "TR",
    "moldova": "MD",
    "tanzania": "TZ",
    "united states": "US",
    "usa": "US",
    "uk": "GB",
    "uae": "AE",
    "hong kong sar": "HK",
    "macau": "MO",
    "taiwan": "TW",
    "venezuela": "VE",
    "bolivia": "BO",
    "laos": "LA",
    "vietnam": "VN",
    "cape verde": "CV",
    "swaziland": "SZ",
    "macedonia": "MK",
    "czech republic": "CZ",
}


@cache
def _codes() -> dict[str, str]:
    known: dict[str, str] = {}
    for country in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            known.setdefault(str(getattr(country, field, country.name)).casefold(), country.alpha_2)
        known[country.alpha_2.casefold()] = country.alpha_2
        known[country.alpha_3.casefold()] = country.alpha_2
    return known | _ALSO


def country(words: str | None) -> str:
    """A country's code from a name or code; the words themselves in capitals when unknown; empty for nothing."""
    said = " ".join((words or "").split())
    if not said or said == "00" or said.casefold() in {"unknown", "n/a", "na"}:
        return ""
    plain = said.casefold()
    short = re.sub(r"\s*\(.*\)$", "", plain)
    codes = _codes()
    return codes.get(plain) or codes.get(short) or codes.get(short.removeprefix("the ")) or said.upper()


def countries(words: Iterable[str | None]) -> tuple[str, ...]:
    """Codes of several, sorted, each once."""
    return tuple(sorted({code for code in map(country, words) if code}))


# ---- dates of birth

_MONTHS = {month_abbr[n].lower(): n for n in range(1, 13)}
_ISO = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?!\d)")
_SLASHED = re.compile(r"(\d{1,2}|dd)[/.](\d{1,2}|mm)[/.](\d{4})", re.I)
_WORDED = re.compile(r"(?:(\d{1,2})\s+)?([A-Za-z]{3})[a-z]*\.?,?\s+(\d{4})")
_YEARS = re.compile(r"\b(1[89]\d\d|20\d\d)\b")


def born(words: str | None) -> str:
    """A date of birth as the lists write it: exact, partial, a range of years, or circa. Empty when it says nothing."""
    said = (words or "").strip()
    years = [int(year) for year in _YEARS.findall(said)]
    if not years:
        return ""
    if re.search(r"\b(circa|c\.|ca\.|approx|about)", said, re.I):
        return between(years[0] - CIRCA, years[-1] + CIRCA)
    if len(years) > 1:
        return between(years[0], years[-1])
    if found := _ISO.search(said):
        return _date(found[1], found[2], found[3])
    if found := _SLASHED.search(said):
        return _date(found[3], found[2], found[1])
    if (found := _WORDED.search(said)) and found[2].lower() in _MONTHS:
        return _date(found[3], str(_MONTHS[found[2].lower()]), found[1])
    return str(years[0])


def _date(year: str, month: str | None, day: str | None) -> str:
    m = int(month) if month and month.isdigit() else 0
    d = int(day) if day and day.isdigit() else 0
    if not 1 <= m <= 12:
        return year
    return f"{year}-{m:02d}-{d:02d}" if 1 <= d <= 31 else f"{year}-{m:02d}"


def between(first: int, last: int) -> str:
    """A range of years, both ends included; one year when they are the same."""
    first, last = min(first, last), max(first, last)
    return str(first) if first == last else f"{first}/{last}"


def years(text: str) -> tuple[int, int]:
    """First and last year that a date of birth may mean."""
    first, _, last = text.partition("/")
    return int(first[:4]), int((last or first)[:4])
