"""An investor's private record: who it is, where it belongs by every signal, who stands behind it, its evidence. Pure.

The record is canonical JSON inside the sealed column; the chain has only a salted commitment to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from abst.investor.codes import Country, Digest
from abst.investor.evidence import Basis, Document, Evidence, EvidenceType, Piece

__all__ = [
    "Acknowledgement",
    "Answers",
    "Basis",
    "ChainFacts",
    "Document",
    "Evidence",
    "EvidenceType",
    "Identifier",
    "Kind",
    "Person",
    "Piece",
    "PrivateRecord",
    "Related",
    "Role",
    "SessionGiven",
    "Subject",
    "Tie",
    "Waiver",
    "masked",
]

SALT_BYTES = 32
LOCAL_ID = "^[a-z0-9][a-z0-9-]{0,39}$"


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


class Answers(Piece):
    """The risk questionnaire as answered: question id to option id, on a day, in a version."""

    version: str
    answered_on: date
    options: dict[str, str]


class Acknowledgement(Piece):
    """A text the client acknowledged: its version, and the hash of the words that were shown (R-47, R-48, R-49).

    Written ``token-risk-1@0x...`` in tables; without the hash it is read, and refused at admission.
    """

    text: str = Field(min_length=1)
    sha256: Digest | None = None

    def __str__(self) -> str:
        return self.text if self.sha256 is None else f"{self.text}@{self.sha256}"


def _acknowledgement(said: Any) -> Any:
    if not isinstance(said, str):
        return said
    text, _, sha256 = said.partition("@")
    return {"text": text, "sha256": sha256 or None}


class Waiver(Piece):
    """Suitability waived for an institution, or for a corporate client who was assessed for it (R-47).

    assessor: who assessed, by officer or unit, never the client; sha256: of the assessment and the client's consent;
    expires_on: last good day.
    """

    assessor: str = Field(min_length=1)
    assessed_on: date
    sha256: Digest
    expires_on: date

    @model_validator(mode="after")
    def _in_order(self) -> Waiver:
        if self.expires_on < self.assessed_on:
            raise ValueError("needs an expiry on or after the assessment")
        return self


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

    id: str = Field(pattern=LOCAL_ID)
    role: Role
    name: str = Field(min_length=1)
    other_names: tuple[str, ...] = ()  # in other scripts, former names, aliases
    identifiers: tuple[Identifier, ...] = Field(min_length=1)
    born: date | None = None
    nationality: tuple[Country, ...] = Field(min_length=1)
    residence: tuple[Country, ...] = Field(min_length=1)
    share_bps: int | None = Field(default=None, ge=0, le=10_000)


class Tie(StrEnum):
    OWNER = "owner"  # owns the investor, or the related entity named by `of`
    OWNED = "owned"  # is owned by the investor, or by the person or related entity named by `of`


class Related(Piece):
    """Somebody on whose own standing or portfolio the investor's rests (R-45): an owner, or a company owned.

    `of`: id of the person or related entity at the other end, empty for the investor. `share_bps`: of the shares that
    the tie is about, in 1/10,000, held directly. `person`: for an individual, its id among the record's persons.
    `registered`: countries or regions of registration of an entity.
    """

    id: str = Field(pattern=LOCAL_ID)
    tie: Tie
    of: str = ""
    kind: Kind
    share_bps: int = Field(ge=1, le=10_000)
    person: str = ""
    name: str = ""
    registered: tuple[Country, ...] = ()

    @model_validator(mode="after")
    def _named(self) -> Related:
        if self.kind is Kind.JOINT:
            raise ValueError("needs one owner; joint owners are several")
        if self.kind is Kind.INDIVIDUAL and (not self.person or self.tie is Tie.OWNED):
            raise ValueError("needs the id of a person, who owns and is not owned")
        if self.kind is not Kind.INDIVIDUAL and (self.person or not self.name or not self.registered):
            raise ValueError("needs a name and a country of registration for an entity, and no person")
        return self


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody to be screened: the investor itself (`person` empty) or one natural person behind it (R-53)."""

    person: str
    names: tuple[str, ...]
    born: date | None
    countries: tuple[str, ...]


def _address(text: str) -> str:
    try:
        ip_address(text)
    except ValueError:
        raise ValueError("needs a network address, IPv4 or IPv6") from None
    return text


class SessionGiven(Piece):
    """Where and when the client came in: network address, country it lies in, place, device id, Unix second (R-52)."""

    ip: Annotated[str, AfterValidator(_address)]
    country: Country
    place: str = Field(min_length=1)
    device: str = Field(min_length=1)
    at: int = Field(gt=0)


class PrivateRecord(Piece):
    """Everything personal of one investor. Country signals are lists, for joint holders and several passports.

    `nationality`: country or region of travel document, or of registration for an entity. `ip_countries`: where its
    sessions came from (R-52). `risk_class`: of the client, for money laundering (R-44).
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
    acknowledged: tuple[Annotated[Acknowledgement, BeforeValidator(_acknowledgement)], ...] = ()
    other_names: tuple[str, ...] = ()  # in other scripts, former names, aliases
    born: date | None = None  # of an individual
    persons: tuple[Person, ...] = ()  # joint holders, beneficial owners looked through, controllers
    related: tuple[Related, ...] = ()  # owners and owned companies the classification rests on
    risk_class: str = ""
    waiver: Waiver | None = None

    @model_validator(mode="after")
    def _refers_to_itself(self) -> PrivateRecord:
        if self.persons or self.related or any(item.holder for item in self.evidence):
            _same_names(self)
        return self

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Everybody to be screened: the investor first, then each person and entity behind it (R-53)."""
        own = Subject("", (self.name, *self.other_names), self.born, self.own_countries)
        people = (
            Subject(p.id, (p.name, *p.other_names), p.born, tuple(sorted({*p.nationality, *p.residence})))
            for p in self.persons
        )
        entities = (Subject(r.id, (r.name,), None, tuple(sorted(set(r.registered)))) for r in self.related if r.name)
        return (own, *people, *entities)

    @property
    def signals(self) -> dict[str, tuple[str, ...]]:
        """Every signal of where the investor itself belongs, by name (R-43)."""
        return {
            "nationality": self.nationality,
            "residence": self.residence,
            "address_country": self.address_country,
            "payment_account_country": self.payment_account_country,
            "ip_countries": self.ip_countries,
        }

    @property
    def signals_behind(self) -> dict[str, tuple[str, ...]]:
        """Every signal of where the persons and entities behind the investor belong, by place in the record (R-43)."""
        found: dict[str, tuple[str, ...]] = {}
        for person in self.persons:
            found[f"persons[{person.id}].nationality"] = person.nationality
            found[f"persons[{person.id}].residence"] = person.residence
        for entity in self.related:
            if entity.registered:
                found[f"related[{entity.id}].registered"] = entity.registered
        return found

    @property
    def own_countries(self) -> tuple[str, ...]:
        """All countries that any signal of the investor itself names, sorted."""
        return tuple(sorted({code for codes in self.signals.values() for code in codes}))

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """All countries that any signal names, of the investor and of everybody behind it, sorted."""
        behind = {code for codes in self.signals_behind.values() for code in codes}
        return tuple(sorted({*self.own_countries, *behind}))

    @property
    def content(self) -> dict[str, Any]:
        return self.model_dump(mode="python")


def _same_names(record: PrivateRecord) -> None:
    """Ids are used once, and every reference inside the record names one of them. Raises ValueError."""
    people = {person.id for person in record.persons}
    entities = {entity.id: entity for entity in record.related}
    if len(people) + len(entities) != len(record.persons) + len(record.related) or people & set(entities):
        raise ValueError("needs an id of its own for each person and related entity")
    for entity in record.related:
        if entity.person and entity.person not in people:
            raise ValueError(f"needs a person with the id that related entity {entity.id} names")
        if entity.of and entity.of not in people and entity.of not in entities:
            raise ValueError(f"needs a person or related entity with the id that {entity.id} is tied to")
        _ends(entity, entities)
    for number, item in enumerate(record.evidence, start=1):
        if item.holder and item.holder not in people and item.holder not in entities:
            raise ValueError(f"needs a person or related entity with the id that evidence item {number} names")


def _ends(entity: Related, entities: Mapping[str, Related]) -> None:
    seen = {entity.id}
    while entity.of in entities:
        entity = entities[entity.of]
        if entity.id in seen:
            raise ValueError("needs ties that lead to the investor, not in a circle")
        seen.add(entity.id)


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
