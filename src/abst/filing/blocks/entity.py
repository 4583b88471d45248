"""The onshore entity that controls the assets: identity, owners to the end, licences, figures, persons (R-23, R-26)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from abst.filing.blocks.base import (
    CODE,
    COUNTRY,
    CURRENCY,
    DAY,
    DOCUMENT,
    FLAG,
    ID,
    LIST,
    SHARE,
    Block,
    Code,
    Paper,
    Share,
    Words,
    fact,
)


class Person(Block):
    """One person of the register who must sign an undertaking (R-32)."""

    id: Code = fact("id of the person", "R-32", ID)
    role: Code = fact("role in the entity", "R-32", CODE, of="R-32 roles")
    name: Words = fact("name as in the identity document or register", "R-32")


class Owner(Block):
    """One holding in the chain of ownership, from the entity up to end persons (R-26)."""

    id: Code = fact("id of the owner", "R-26", ID)
    name: Words = fact("name of the owner", "R-26")
    of: Code = fact("in whom the share is held", "R-26", "entity, or id of an owner")
    share: Share = fact("share held; those in one body sum to 1", "R-26", SHARE)
    kind: Code = fact(
        "company, partnership or fund, to be looked through, or an end", "R-26", CODE, of="R-26 end_kinds"
    )
    country: str = fact("country of the owner", "R-26", COUNTRY)
    person: str = fact("the same person in the register, if he is there", "R-33", ID, "")


class Pledge(Block):
    """A pledge, freeze or dispute over an owner's share (R-26)."""

    owner: Code = fact("whose share is meant", "R-26", "id of an owner")
    kind: Code = fact("kind of burden", "R-26", CODE, of="R-26 pledge_kinds")
    share: Share = fact("share concerned, of the same body as the owner's; not more than he holds", "R-33", SHARE)
    by: Words = fact("pledgee, court or claimant", "R-26")
    since: date = fact("first day", "R-26", DAY)
    words: Words = fact("what it secures or what is in dispute, and its state", "R-26")


class Licence(Paper):
    """A licence that the business of the entity needs (R-26)."""

    name: Words = fact("what is licensed", "R-26")
    number: Words = fact("number of the licence", "R-26")
    authority: Words = fact("who gave it", "R-26")
    expires_on: date | None = fact("last good day; empty when unlimited", "R-26", DAY, None)


class Figures(Paper):
    """Audited figures of one year (R-26); `sha256` is of the audit report."""

    year: int = fact("financial year", "R-26", "year", ge=1990, le=2200)
    currency: str = fact("currency of the figures", "R-26", CURRENCY)
    assets: int = fact("total assets", "R-26", "smallest units of the figures' currency", ge=0)
    liabilities: int = fact("total liabilities", "R-26", "smallest units of the figures' currency", ge=0)
    equity: int = fact("equity: assets less liabilities", "R-33", "smallest units of the figures' currency")
    revenue: int = fact("revenue of the year", "R-26", "smallest units of the figures' currency")
    profit: int = fact("net profit of the year", "R-26", "smallest units of the figures' currency")
    auditor: Code = fact("who audited", "R-26", "id of a party with the role auditor")
    opinion: Literal["unqualified", "qualified", "adverse", "disclaimer"] = fact("the auditor's opinion", "R-26", CODE)


class Reachable(Block):
    """Whom the authority may call about the file (R-26)."""

    name: Words = fact("name", "R-26")
    role: Words = fact("what he is asked about", "R-26")
    telephone: Words = fact("telephone with country code", "R-26", "E.164 with spaces")
    email: str = fact("electronic mail", "R-26", "address", pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


class Entity(Block):
    """The onshore entity that really controls the assets (R-23, R-26)."""

    name: Words = fact("registered name", "R-26")
    credit_code: str = fact("unified social credit code (统一社会信用代码)", "R-23", "18 characters with check digit")
    lei: str = fact("legal entity identifier, where there is one", "R-26", "ISO 17442, 20 characters", "")
    country: str = fact("country of registration", "R-23", COUNTRY)
    founded_on: date = fact("day of registration", "R-26", DAY)
    address: Words = fact("registered address", "R-26")
    legal_representative: Code = fact("the legal representative (法定代表人)", "R-26", "id of a person of the register")
    capital: int = fact("registered capital", "R-26", "smallest units of capital_currency", gt=0)
    paid_in: int = fact(
        "capital paid in, not more than the registered", "R-33", "smallest units of capital_currency", ge=0
    )
    capital_currency: str = fact("currency of the capital", "R-26", CURRENCY)
    business_scope: str = fact("registered scope; none of the listed words", "R-69")
    issues_virtual_currency: bool = fact(
        "whether it or a body it controls issues virtual currency abroad", "R-05", FLAG
    )
    control: Words = fact("how the entity controls the assets", "R-23")
    control_document: Code = fact("the document that shows the control", "R-23", DOCUMENT)
    group_chart: Code = fact("the chart of the group", "R-26", DOCUMENT)
    owners: tuple[Owner, ...] = fact("owners to the end persons", "R-26", LIST, min_length=1)
    pledges: tuple[Pledge, ...] = fact("pledges, freezes and disputes; [] when there are none", "R-26", LIST)
    licences: tuple[Licence, ...] = fact("licences of the business", "R-26", LIST, min_length=1)
    figures: tuple[Figures, ...] = fact("audited figures by year, oldest first", "R-26", LIST, min_length=1)
    persons: tuple[Person, ...] = fact("the register: each signs an undertaking", "R-32", LIST, min_length=1)
    reachable: tuple[Reachable, ...] = fact("contacts for the authority", "R-26", LIST, min_length=1)
