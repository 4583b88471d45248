"""How long evidence lasts: months from its relevant date, or its own expiry if that is earlier (R-45, R-56). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from abst.investor.evidence import Document, Evidence
from abst.rulebook import Rulebook


def months_after(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month when it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if day.day <= 28:  # every month has it
        return date(year, month + 1, day.day)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - timedelta(days=1)).day))


def good_until(item: Evidence, months: int) -> date:
    """Last good day of one item: the setting counted from its relevant date, or its own expiry if that is earlier."""
    last = months_after(item.relevant_date, months)
    return last if item.expires_on is None else min(last, item.expires_on)


def months_of(item: Evidence, natural: bool, rulebook: Rulebook) -> int:
    """How many months one item of evidence lasts: an entity's audited accounts longer than the rest (R-45)."""
    audited = item.document is Document.AUDITED_ACCOUNTS and not natural
    return rulebook.number("R-45", "audited_months" if audited else "evidence_months")


def fresh(items: Iterable[Evidence], months: int, on: date) -> list[Evidence]:
    """Items that speak of a day not after `on` and are still good on it, the longest lasting first."""
    good = [item for item in items if item.relevant_date <= on <= good_until(item, months)]
    return sorted(good, key=lambda item: (good_until(item, months), item.sha256), reverse=True)


def expired(items: Iterable[Evidence], months: int, on: date) -> list[Evidence]:
    """Items whose last good day is over (R-56), the latest first."""
    late = [item for item in items if good_until(item, months) < on]
    return sorted(late, key=lambda item: (good_until(item, months), item.sha256), reverse=True)


def dates(items: Iterable[Evidence], months: int) -> str:
    """When items were made and ran out, in words."""
    return ", ".join(f"evidence of {item.relevant_date} good until {good_until(item, months)}" for item in items)
