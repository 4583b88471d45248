"""Who is never served: mainland China by any signal (R-43), and the list of R-54, United States by default. Pure.

Signals are those of the investor itself, of every person and entity behind it, of the sessions it came in from, and of
its papers. The mainland stands in the code beside the list, so that no data and no setting lets it in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from abst.errors import Refusal
from abst.investor.model import Identifier, PrivateRecord
from abst.rulebook import Rulebook, refuse

SIGNALS = ("nationality", "residence", "address_country", "payment_account_country", "ip_countries")
MAINLAND = "CN"
RESIDENT_NUMBER = re.compile(r"\d{17}[\dX]")
CREDIT_CODE = re.compile(
    r"[1-9ANY][1-9](?:10|1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])\d{4}([0-9A-Z]{8})([0-9X])[0-9A-Z]"
)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714, the code within the code
SPECIAL_REGIONS = ("81", "82", "83")  # residence permits of people of Hong Kong, Macao and Taiwan begin so


def denied(signals: Mapping[str, Sequence[str]], rulebook: Rulebook, where: str = "investor") -> list[Refusal]:
    """R-43, R-54: a refusal for each signal that names a denied country, and for each of `SIGNALS` that says nothing.

    A missing signal is refused, not passed: the test needs all of them.
    """
    needed = "at least one country"
    silent = [
        refuse("R-43", "signal-missing", found="nothing", needed=needed, where=f"{where}.{name}")
        for name in SIGNALS
        if not signals.get(name)
    ]
    return [*silent, *denied_among(signals, rulebook, where)]


def denied_among(signals: Mapping[str, Sequence[str]], rulebook: Rulebook, where: str = "investor") -> list[Refusal]:
    """R-43, R-54: a refusal for each signal, of whatever name, that names a denied country."""
    refusals: list[Refusal] = []
    lists = barred(rulebook)
    for name, codes in signals.items():
        said = {code.upper() for code in codes}
        for rule, countries in lists.items():
            if said & countries:
                needed, found = f"none of {', '.join(sorted(countries))}", ", ".join(sorted(said & countries))
                place = f"{where}.{name}"
                refusals.append(refuse(rule, "jurisdiction-denied", found=found, needed=needed, where=place))
    return refusals


def barred(rulebook: Rulebook) -> dict[str, frozenset[str]]:
    """Denied countries by rule: the mainland under R-43 always, whatever the data says."""
    return {
        "R-43": frozenset({MAINLAND, *rulebook.words("R-43", "denied")}),
        "R-54": frozenset(rulebook.words("R-54", "denied")),
    }


def denied_countries(rulebook: Rulebook) -> tuple[str, ...]:
    """All countries whose persons may not hold, sorted."""
    return tuple(sorted(frozenset().union(*barred(rulebook).values())))


def denials_of(record: PrivateRecord, rulebook: Rulebook, where: str = "investor") -> list[Refusal]:
    """R-43, R-54: every signal of a record, of the investor and of everybody behind it, and its papers."""
    signals = {**record.signals, **record.signals_behind}
    return [*denied(signals, rulebook, where), *mainland_papers(record, where)]


def mainland_papers(record: PrivateRecord, where: str = "investor") -> list[Refusal]:
    """R-43: nobody identifies himself by a resident identity number or a unified social credit code of the mainland."""
    papers = {f"{where}.identifiers": record.identifiers}
    papers |= {f"{where}.persons[{person.id}].identifiers": person.identifiers for person in record.persons}
    found: list[Refusal] = []
    for place, identifiers in papers.items():
        kinds = sorted({kind for identifier in identifiers if (kind := paper_of(identifier))})
        if kinds:
            needed = "no paper that only the mainland gives"
            found.append(refuse("R-43", "mainland-paper", found=", ".join(kinds), needed=needed, where=place))
    return found


def paper_of(identifier: Identifier) -> str:
    """What mainland paper a number is of, by its form and check digit; empty when it is none."""
    number = "".join(identifier.value.upper().split())
    if len(number) != 18:
        return ""
    # Imported here: few records have a number of this length.
    from stdnum.cn import ric, uscc

    if RESIDENT_NUMBER.fullmatch(number) and not number.startswith(SPECIAL_REGIONS) and ric.is_valid(number):
        return "resident identity number"
    code = CREDIT_CODE.fullmatch(number)
    if code and _organisation_check(code[1]) == code[2] and uscc.is_valid(number):
        return "unified social credit code"
    return ""


def _organisation_check(code: str) -> str:
    """Check character of an eight-character organisation code."""
    rest = sum(int(letter, 36) * weight for letter, weight in zip(code, ORGANISATION_WEIGHTS, strict=True)) % 11
    return "0X987654321"[rest]
