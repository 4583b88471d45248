"""Records of invented kinds of investors for the domain tests; each is good unless a test changes it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from abst.investor import texts
from abst.investor.model import Answers, Evidence, EvidenceType, Identifier, Kind, Person, PrivateRecord, Role
from abst.rulebook import load

TODAY = date(2026, 9, 1)
PAPER = "0x" + "ab" * 32
READ = tuple(texts.cells(load()).split(";"))
BOLD = {"horizon": "over-3y", "loss": "all", "knowledge": "professional", "share": "under-tenth", "liquidity": "yes"}


def evidence(type_: EvidenceType = EvidenceType.PORTFOLIO, hkd: str = "8000000.00", **changes: Any) -> Evidence:
    cents = int(Decimal(hkd) * 100) if type_ in {EvidenceType.PORTFOLIO, EvidenceType.ASSETS} else 0
    fields: dict[str, Any] = {"type": type_, "amount": cents, "relevant_date": date(2026, 6, 30), "sha256": PAPER}
    if type_ is EvidenceType.PORTFOLIO:
        fields["asset"] = "listed-securities"
    return Evidence(**{**fields, **changes})


def investor(**changes: Any) -> PrivateRecord:
    """A professional individual of Hong Kong, bold, with everything in order."""
    fields: dict[str, Any] = {
        "kind": Kind.INDIVIDUAL,
        "name": "Sample Person",
        "identifiers": (Identifier(type="passport", value="X0000001"),),
        "nationality": ("HK",),
        "residence": ("HK",),
        "address": "1 Sample Street",
        "address_country": ("HK",),
        "payment_account_country": ("HK",),
        "ip_countries": ("HK",),
        "evidence": (evidence(),),
        "answers": Answers(version="risk-1", answered_on=date(2026, 8, 1), options=BOLD),
        "acknowledged": READ,
        "risk_class": "low",
    }
    return PrivateRecord(**{**fields, **changes})


def person(id_: str = "owner-1", role: Role = Role.OWNER, **changes: Any) -> Person:
    """A natural person behind an investor, of Hong Kong; an owner owns all."""
    fields: dict[str, Any] = {
        "id": id_,
        "role": role,
        "name": f"Sample {id_}",
        "identifiers": (Identifier(type="passport", value=f"Y-{id_}"),),
        "nationality": ("HK",),
        "residence": ("HK",),
        "share_bps": 10_000 if role is Role.OWNER else None,
    }
    return Person(**{**fields, **changes})


def entity(kind: Kind = Kind.CORPORATION, **changes: Any) -> PrivateRecord:
    """An entity in order, owned by one person; an institution gave a licence instead of money."""
    item = {
        Kind.INSTITUTION: evidence(EvidenceType.CATEGORY, category="bank"),
        Kind.TRUST_CORPORATION: evidence(EvidenceType.ASSETS, "40000000.00"),
    }
    fields: dict[str, Any] = {
        "kind": kind,
        "name": "Sample Company",
        "persons": (person(),),
        "evidence": (item.get(kind, evidence()),),
    }
    return investor(**{**fields, **changes})


def couple(**changes: Any) -> PrivateRecord:
    """Two joint holders, spouses, with one account."""
    fields: dict[str, Any] = {
        "kind": Kind.JOINT,
        "name": "Sample Couple",
        "persons": (person("holder-1", Role.HOLDER), person("holder-2", Role.HOLDER)),
        "evidence": (evidence(basis="joint-associate"),),
    }
    return investor(**{**fields, **changes})
