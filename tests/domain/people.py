"""Records of invented kinds of investors for the domain tests; each is good unless a test changes it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from abst.investor.model import Answers, Evidence, EvidenceType, Identifier, Kind, PrivateRecord

TODAY = date(2026, 9, 1)
PAPER = "0x" + "ab" * 32
BOLD = {"horizon": "over-3y", "loss": "all", "knowledge": "professional", "share": "under-tenth", "liquidity": "yes"}


def evidence(type_: EvidenceType = EvidenceType.PORTFOLIO, hkd: str = "8000000.00", **changes: Any) -> Evidence:
    cents = int(Decimal(hkd) * 100) if type_ in {EvidenceType.PORTFOLIO, EvidenceType.ASSETS} else 0
    fields: dict[str, Any] = {"type": type_, "amount": cents, "relevant_date": date(2026, 6, 30), "sha256": PAPER}
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
        "acknowledged": ("token-risk-1", "loss-rule-1"),
    }
    return PrivateRecord(**{**fields, **changes})
