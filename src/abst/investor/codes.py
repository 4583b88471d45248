"""Codes an investor's record is written in: countries, currencies, hashes; each checked against its standard. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated

import pycountry
from pydantic import AfterValidator

SHA256 = re.compile(r"0x[0-9a-f]{64}")


@cache
def countries() -> frozenset[str]:
    """All codes of ISO 3166-1 alpha-2, capitals."""
    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def currencies() -> frozenset[str]:
    """All codes of ISO 4217."""
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def country(code: str) -> str:
    """A country's or region's code. A code in small letters would miss every deny list, so it raises ValueError."""
    if code not in countries():
        raise ValueError("needs a country or region, ISO 3166-1 alpha-2")
    return code


def currency(code: str) -> str:
    """A currency's code. Raises ValueError."""
    if code not in currencies():
        raise ValueError("needs a currency, ISO 4217")
    return code


def sha256(text: str) -> str:
    """A SHA-256 as text. Raises ValueError."""
    if not SHA256.fullmatch(text):
        raise ValueError("needs a SHA-256, 0x and 64 lower-case hex digits")
    return text


Country = Annotated[str, AfterValidator(country)]
Currency = Annotated[str, AfterValidator(currency)]
Digest = Annotated[str, AfterValidator(sha256)]
