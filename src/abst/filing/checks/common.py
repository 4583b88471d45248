"""What the checks share: codes known to libraries, listed words in names, look-backs, ids of the file. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import MAXYEAR, MINYEAR, date
from fractions import Fraction
from functools import lru_cache

import pycountry
from stdnum import isin, lei
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from abst.errors import Refusal
from abst.filing.blocks.plan import Plan
from abst.filing.blocks.structure import Party
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook

Check = Callable[[Dossier, Rulebook], Iterator[Refusal]]
RATE = r"0|0?\.[0-9]+|[0-9]\.[0-9]+"
OFFSHORE_ROLES = frozenset({"issuer", "trustee", "venue", "registry-operator", "custodian", "technology"})
ENTITY = "entity"  # how owners, answers and offences name the entity itself


def is_country(code: str) -> bool:
    """Whether a code is ISO 3166-1 alpha-2, in capitals: the library's look-up ignores case, deny lists do not."""
    found = pycountry.countries.get(alpha_2=code)
    return found is not None and found.alpha_2 == code


def is_currency(code: str) -> bool:
    """Whether a code is ISO 4217, in capitals."""
    found = pycountry.currencies.get(alpha_3=code)
    return found is not None and found.alpha_3 == code


def is_language(tag: str) -> bool:
    """Whether the first part of a BCP 47 tag is a language of ISO 639-1."""
    found = pycountry.languages.get(alpha_2=tag.split("-")[0])
    return found is not None and found.alpha_2 == tag.split("-")[0]


def credit_code_fault(code: str) -> str:
    """What is wrong with a unified social credit code, or nothing."""
    return _fault(uscc.validate, code)


def lei_fault(code: str) -> str:
    """What is wrong with a legal entity identifier, or nothing."""
    return _fault(lei.validate, code)


def isin_fault(code: str) -> str:
    """What is wrong with a securities number, or nothing."""
    return _fault(isin.validate, code)


def _fault(validate: Callable[[str], str], code: str) -> str:
    """The library cleans before it looks: a code with blanks or small letters is not the code that was registered."""
    try:
        return "" if validate(code) == code else "capitals and digits without blanks"
    except ValidationError as error:
        return str(error)


def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; 29 February gives 28 February of a common year, so that no window is cut short.

    The calendar's first and last year bound the answer.
    """
    year = day.year - years
    if not MINYEAR <= year <= MAXYEAR:
        return date.min if year < MINYEAR else date.max
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def years_after(day: date, years: int) -> date:
    """The same day `years` later; 29 February gives 28 February of a common year, so that no term is stretched."""
    return years_before(day, -years)


def percent(share: Fraction) -> str:
    """A share in per cent with four decimals, rounded down, without floats."""
    tenthousandths = share.numerator * 1_000_000 // share.denominator
    return f"{tenthousandths // 10_000}.{tenthousandths % 10_000:04d} %"


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """A name without its spelling: width, case, blanks and punctuation do not make another person."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def banned_words(text: str, words: tuple[str, ...]) -> list[str]:
    """The listed words in a text: width, case, blanks and punctuation hide none.

    A Latin word counts whole, also when it is written apart (``stable coin``, ``R.W.A.``) or in the plural.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    tokens = re.findall(r"[a-z0-9]+", plain)
    letters = plain_name(text)
    hits = []
    for word in words:
        needle = plain_name(word)
        if needle in letters and (not needle.isascii() or _in_tokens(needle, tokens)):
            hits.append(word)
    return hits


def _in_tokens(needle: str, tokens: list[str]) -> bool:
    """Whether whole tokens in a row spell the word, or its plural."""
    wanted, longest = {needle, f"{needle}s"}, len(needle) + 1
    for start in range(len(tokens)):
        run = ""
        for token in tokens[start:]:
            run += token
            if run in wanted:
                return True
            if len(run) > longest:
                break
    return False


def agreed_total(plan: Plan) -> int:
    """What two of total, count x nominal and sum of faces agree on, so that the third is the fault; else the total."""
    product, faces = plan.count * plan.nominal, sum(tranche.face for tranche in plan.tranches)
    return product if product == faces else plan.total


def codes_of(dossier: Dossier) -> frozenset[str]:
    """Codes of the documents of the file."""
    return frozenset(document.code for document in dossier.documents or ())


def parties_of(dossier: Dossier, *roles: str) -> tuple[Party, ...]:
    """Parties, all or those with a role."""
    parties = dossier.structure.parties if dossier.structure else ()
    return tuple(party for party in parties if not roles or party.role in roles)


def party_ids(dossier: Dossier, *roles: str) -> frozenset[str]:
    """Ids of the parties, all or those with a role."""
    return frozenset(party.id for party in parties_of(dossier, *roles))


def person_ids(dossier: Dossier, *roles: str) -> frozenset[str]:
    """Ids of the register of persons, all or those with a role."""
    persons = dossier.entity.persons if dossier.entity else ()
    return frozenset(person.id for person in persons if not roles or person.role in roles)


def known_ids(dossier: Dossier) -> frozenset[str]:
    """Everybody whom the file knows by an id: persons of the register and parties."""
    return person_ids(dossier) | party_ids(dossier)
