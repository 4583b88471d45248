"""An investor's private record: who it is, every signal of where it belongs, its evidence and answers. Pure.

The record is canonical JSON inside the sealed column; the chain has only a salted commitment to it. Amounts are whole
hundredths of the currency, whatever its own decimals; rates to HKD are decimal text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any

import pycountry
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from abst.errors import IntegrityFailure
from abst.values import Hash, canonical, hash_of

SALT_BYTES = 32
SHA256 = re.compile(r"0x[0-9a-f]{64}")


class Kind(StrEnum):
    INDIVIDUAL = "individual"
    JOINT = "joint"
    CORPORATION = "corporation"
    PARTNERSHIP = "partnership"
    TRUST_CORPORATION = "trust-corporation"
    INSTITUTION = "institution"

    @property
    def natural(self) -> bool:
        return self in {Kind.INDIVIDUAL, Kind.JOINT}


class EvidenceType(StrEnum):
    PORTFOLIO = "portfolio"  # an investment portfolio, by asset code
    ASSETS = "assets"  # total assets of an entity
    CATEGORY = "category"  # licence or law that makes an institution
    OFFSHORE = "offshore-declaration"  # outside mainland and United States, with proof of residence


def _country(code: str) -> str:
    # The look-up ignores case; a code in small letters would pass here and then miss every deny list.
    found = pycountry.countries.get(alpha_2=code)
    if found is None or found.alpha_2 != code:
        raise ValueError("needs a country or region, ISO 3166-1 alpha-2")
    return code


def _currency(code: str) -> str:
    found = pycountry.currencies.get(alpha_3=code)
    if found is None or found.alpha_3 != code:
        raise ValueError("needs a currency, ISO 4217")
    return code


def _digest(text: str) -> str:
    if not SHA256.fullmatch(text):
        raise ValueError("needs a SHA-256, 0x and 64 lower-case hex digits")
    return text


Country = Annotated[str, AfterValidator(_country)]
Currency = Annotated[str, AfterValidator(_currency)]
Digest = Annotated[str, AfterValidator(_digest)]


class Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Evidence(Piece):
    """One item of evidence. `relevant_date` is the day it speaks of; `expires_on` its own last good day, if it has one.

    `amount` in hundredths of `currency`; `hkd_rate` Hong Kong dollars for one unit of it on `rate_date`.
    """

    type: EvidenceType
    asset: str = ""
    category: str = ""
    amount: int = Field(default=0, ge=0)
    currency: Currency = "HKD"
    hkd_rate: Decimal = Field(default=Decimal(1), gt=0)
    rate_date: date | None = None
    relevant_date: date
    expires_on: date | None = None
    sha256: Digest

    @model_validator(mode="after")
    def _complete(self) -> Evidence:
        if self.type in {EvidenceType.PORTFOLIO, EvidenceType.ASSETS} and not self.amount:
            raise ValueError("needs an amount")
        if self.currency == "HKD" and self.hkd_rate != 1:
            raise ValueError("needs the rate 1 for HKD")
        if self.currency != "HKD" and self.rate_date is None:
            raise ValueError("needs a rate and its date for another currency than HKD")
        if self.type is EvidenceType.CATEGORY and not self.category:
            raise ValueError("needs a category")
        if self.expires_on is not None and self.expires_on < self.relevant_date:
            raise ValueError("needs an expiry on or after the relevant date")
        return self

    @property
    def hkd(self) -> Fraction:
        """Worth in Hong Kong dollars, exact."""
        return Fraction(self.amount, 100) * Fraction(self.hkd_rate)


class Answers(Piece):
    """The risk questionnaire as answered: question id to option id, on a day, in a version."""

    version: str
    answered_on: date
    options: dict[str, str]


class Identifier(Piece):
    type: str = Field(min_length=1)
    value: str = Field(min_length=1)


class Role(StrEnum):
    HOLDER = "holder"  # one of several joint holders
    OWNER = "owner"  # beneficial owner, looked through every layer
    CONTROLLER = "controller"  # controls without owning
    TRUSTEE = "trustee"
    SETTLOR = "settlor"
    BENEFICIARY = "beneficiary"
    PARTNER = "partner"


class Person(Piece):
    """One natural person behind an investor; sealed under a key of its own. `id` is local to the record (``owner-1``).

    `share_bps`: what it owns of the investor, in 1/10,000, looked through; None where ownership says nothing.
    """

    id: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$")
    role: Role
    name: str = Field(min_length=1)
    other_names: tuple[str, ...] = ()  # in other scripts, former names, aliases
    identifiers: tuple[Identifier, ...] = Field(min_length=1)
    born: date | None = None
    nationality: tuple[Country, ...] = Field(min_length=1)
    residence: tuple[Country, ...] = Field(min_length=1)
    share_bps: int | None = Field(default=None, ge=0, le=10_000)


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody to be screened: the investor itself (`person` empty) or one natural person behind it (R-53)."""

    person: str
    names: tuple[str, ...]
    born: date | None
    countries: tuple[str, ...]


class PrivateRecord(Piece):
    """Everything personal of one investor. Country signals are lists, for joint holders and several passports.

    `nationality`: country or region of travel document, or of registration for an entity. `ip_countries`: where its
    sessions came from (R-52).
    """

    kind: Kind
    name: str = Field(min_length=1)
    identifiers: tuple[Identifier, ...] = Field(min_length=1)
    nationality: tuple[Country, ...] = Field(min_length=1)
    residence: tuple[Country, ...] = Field(min_length=1)
    address: str = Field(min_length=1)
    address_country: tuple[Country, ...] = Field(min_length=1)
    payment_account_country: tuple[Country, ...] = Field(min_length=1)
    ip_countries: tuple[Country, ...] = Field(min_length=1)
    evidence: tuple[Evidence, ...] = ()
    answers: Answers | None = None
    acknowledged: tuple[str, ...] = ()  # versions of the texts acknowledged
    other_names: tuple[str, ...] = ()  # in other scripts, former names, aliases
    born: date | None = None  # of an individual
    persons: tuple[Person, ...] = ()  # joint holders, beneficial owners looked through, controllers

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Everybody to be screened: the investor first, then each person behind it (R-53)."""
        own = Subject("", (self.name, *self.other_names), self.born, self.jurisdictions)
        return (
            own,
            *(
                Subject(p.id, (p.name, *p.other_names), p.born, tuple(sorted({*p.nationality, *p.residence})))
                for p in self.persons
            ),
        )

    @property
    def signals(self) -> dict[str, tuple[str, ...]]:
        """Every signal of where the investor belongs, by name (R-43)."""
        return {
            "nationality": self.nationality,
            "residence": self.residence,
            "address_country": self.address_country,
            "payment_account_country": self.payment_account_country,
            "ip_countries": self.ip_countries,
        }

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """All countries that any signal names, sorted."""
        return tuple(sorted({code for codes in self.signals.values() for code in codes}))

    @property
    def content(self) -> dict[str, Any]:
        return self.model_dump(mode="python")


def commitment(record: PrivateRecord, salt: bytes) -> Hash:
    """keccak256(salt || canonical record): what the chain carries (R-82). The salt is 32 random bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt is {SALT_BYTES} bytes, not {len(salt)}")
    return hash_of(salt + canonical(record.content))


def plaintext(record: PrivateRecord, salt: bytes) -> bytes:
    """The bytes to seal: record and salt together, so that erasing the key erases the commitment's meaning too."""
    return canonical({"record": record.content, "salt": salt.hex()})


def from_plaintext(data: bytes) -> tuple[PrivateRecord, bytes]:
    """The inverse of `plaintext`. Raises IntegrityFailure on bytes that are none."""
    try:
        sealed = _Sealed.model_validate_json(data)
        return sealed.record, bytes.fromhex(sealed.salt)
    except ValueError as error:
        raise IntegrityFailure("the sealed record is malformed", found=type(error).__name__, where="investor") from None


class _Sealed(Piece):
    record: PrivateRecord
    salt: str


def masked(name: str) -> str:
    """A name for screens and logs: the first character of each word and stars, three at least."""
    return " ".join(word[0] + "*" * min(max(len(word) - 1, 2), 5) for word in name.split())


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What an admission says of an investor on chain; seconds are last good ones. Plain ints."""

    regimes: int
    capacity: int
    jurisdiction: str
    evidence_until: int
    suitability_until: int

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ChainFacts:
        return cls(**{name: data[name] for name in cls.__slots__})
