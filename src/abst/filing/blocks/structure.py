"""The structure (R-28): vehicle, parties, enhancement, triggers, waterfall, clean-up call."""

from __future__ import annotations

from datetime import date
from typing import Literal

from abst.filing.blocks.base import (
    CODE,
    COUNTRY,
    DAY,
    FLAG,
    ID,
    LIST,
    MONEY,
    SHARE,
    Block,
    Code,
    Share,
    Words,
    fact,
)

PROVIDER_ROLES = ("custodian", "clearing", "arranger", "distributor", "registry-operator", "technology")
"""Roles of the firms of R-66: custody, clearing, intermediary and technology."""


class Party(Block):
    """One party of the structure; an intermediary signs an undertaking too (R-32)."""

    id: Code = fact("id of the party", "R-28", ID)
    role: Code = fact("role; these must be filled", "R-28", CODE, of="R-28 roles")
    name: Words = fact("registered name; onshore without the listed words", "R-69")
    country: str = fact("country of registration", "R-04", COUNTRY)
    credit_code: str = fact("unified social credit code of an onshore party", "R-28", "18 characters", "")
    lei: str = fact("legal entity identifier, where there is one", "R-28", "ISO 17442, 20 characters", "")
    business_scope: str = fact("registered scope of an onshore party; none of the listed words", "R-69", "text", "")
    intermediary: bool = fact("whether it is an intermediary, who signs an undertaking", "R-32", FLAG, False)
    effective_from: date | None = fact("first day of a provider's service; never before the effect", "R-66", DAY, None)


class Vehicle(Block):
    """The trust or special-purpose vehicle that holds the assets (R-28)."""

    kind: Literal["trust", "company", "partnership"] = fact("legal kind", "R-28", CODE)
    party: Code = fact("the trustee, or the company itself", "R-28", "id of a party")
    law: str = fact("whose law governs it", "R-28", COUNTRY)


class Enhancement(Block):
    """One support of the senior classes (R-28)."""

    kind: Code = fact("subordination, reserve, over-collateralisation, guarantee or such", "R-28", CODE)
    amount: int = fact(
        "amount at the closing; of a subordination the sum of the subordinated faces", "R-33", MONEY, ge=0
    )
    provider: str = fact("who gives it", "R-28", "id of a party", "")
    words: Words = fact("terms", "R-28")


class Trigger(Block):
    """An event that changes the order of payments (R-28)."""

    id: Code = fact("id of the trigger", "R-28", ID)
    test: Words = fact("what is tested, against which number", "R-28")
    effect: Words = fact("what changes", "R-28")


class Step(Block):
    """One step of the waterfall, in its order (R-28)."""

    pay: Code = fact("fee, tax, interest, reserve, principal or residual", "R-28", CODE)
    to: Code = fact("who or what is paid", "R-28", "tranche, or a role")
    words: str = fact("terms of the step", "R-28", "text", "")


class CleanUpCall(Block):
    """The right to end the deal when little is left (R-92)."""

    share: Share = fact("share of the opening pool at or under which it may be used", "R-92", SHARE)
    holder: Code = fact("who may use it", "R-28", "id of a party, or entity")
    words: Words = fact("terms", "R-28")


class Structure(Block):
    """Issuer, vehicle and parties, and how money goes through (R-28)."""

    issue_place: str = fact("where the tokens are issued, outside the mainland", "R-04", COUNTRY)
    issuer: Code = fact("who issues", "R-28", "id of a party with the role issuer")
    vehicle: Vehicle = fact("what holds the assets", "R-28", "block")
    parties: tuple[Party, ...] = fact("all parties", "R-28", LIST, min_length=1)
    enhancement: tuple[Enhancement, ...] = fact("supports of the senior classes", "R-28", LIST)
    triggers: tuple[Trigger, ...] = fact("events that change the order; [] when there are none", "R-28", LIST)
    waterfall: tuple[Step, ...] = fact("the order of payments", "R-28", LIST, min_length=1)
    clean_up_call: CleanUpCall | None = fact("the clean-up call, when there is one", "R-92", "block", None)

    @property
    def providers(self) -> tuple[Party, ...]:
        """The firms of R-66: custody, clearing, intermediary and technology."""
        return tuple(party for party in self.parties if party.role in PROVIDER_ROLES)
