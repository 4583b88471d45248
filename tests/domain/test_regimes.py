"""Legal grounds to hold, at each threshold and just beside it, and as long as the evidence lasts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import TODAY, evidence, investor

from abst.investor.model import Evidence, EvidenceType, Kind, PrivateRecord
from abst.investor.regimes import Classification, classify, good_until, months_after
from abst.rulebook import load

BOOK = load()
PORTFOLIO, ASSETS, CATEGORY, OFFSHORE = EvidenceType
EIGHT, FORTY = "8000000.00", "40000000.00"


def grounds(record: PrivateRecord, on: date = TODAY) -> tuple[str, ...]:
    return classify(record, BOOK, on).codes


def under(amount: str) -> str:
    return str(Decimal(amount) - Decimal("0.01"))


def over(amount: str) -> str:
    return str(Decimal(amount) + Decimal("0.01"))


@pytest.mark.parametrize(
    ("kind", "type_", "threshold"),
    [
        (Kind.INDIVIDUAL, PORTFOLIO, EIGHT),
        (Kind.JOINT, PORTFOLIO, EIGHT),
        (Kind.CORPORATION, PORTFOLIO, EIGHT),
        (Kind.CORPORATION, ASSETS, FORTY),
        (Kind.PARTNERSHIP, PORTFOLIO, EIGHT),
        (Kind.PARTNERSHIP, ASSETS, FORTY),
        (Kind.TRUST_CORPORATION, ASSETS, FORTY),
    ],
)
def test_thresholds_to_the_cent(kind: Kind, type_: EvidenceType, threshold: str) -> None:
    """At the threshold and over it professional, one cent under it not; the refusal names both amounts."""
    for amount, expected in ((threshold, ("hk-pi",)), (over(threshold), ("hk-pi",)), (under(threshold), ())):
        assert grounds(investor(kind=kind, evidence=(evidence(type_, amount),))) == expected
    short = classify(investor(kind=kind, evidence=(evidence(type_, under(threshold)),)), BOOK, TODAY)
    assert [r.rule for r in short.refusals] == ["R-45", "R-54"]
    assert f"{Decimal(threshold) - Decimal('0.01'):,}" in short.refusals[0].found
    assert f"{Decimal(threshold):,}" in short.refusals[0].needed


def test_what_does_not_serve_a_kind() -> None:
    """Total assets do not make an individual professional, nor a portfolio a trust corporation, nor money a bank."""
    assert grounds(investor(evidence=(evidence(ASSETS, FORTY),))) == ()
    assert grounds(investor(kind=Kind.TRUST_CORPORATION, evidence=(evidence(PORTFOLIO, FORTY),))) == ()
    assert grounds(investor(kind=Kind.INSTITUTION, evidence=(evidence(ASSETS, FORTY),))) == ()


def test_institutions_by_category() -> None:
    """A named category is enough; another is not."""
    for category, expected in (("bank", ("hk-pi",)), ("insurer", ("hk-pi",)), ("club", ())):
        record = investor(kind=Kind.INSTITUTION, evidence=(evidence(CATEGORY, category=category),))
        assert grounds(record) == expected


@pytest.mark.parametrize("asset", ["home", "pension-scheme", "unlisted-shares"])
def test_personal_assets_do_not_count(asset: str) -> None:
    """R-46: excluded for natural persons, counted for a corporation."""
    items = (evidence(hkd=under(EIGHT)), evidence(hkd="5000000", asset=asset))
    assert grounds(investor(evidence=items)) == ()
    assert grounds(investor(kind=Kind.CORPORATION, evidence=items)) == ("hk-pi",)


@given(st.integers(1, 2_000_000_000), st.decimals("0.01", "1000", places=6))
def test_conversion_is_exact(amount: int, rate: Decimal) -> None:
    """Foreign amounts are compared without rounding: professional exactly when amount x rate reaches the threshold."""
    item = evidence(amount=amount, currency="USD", hkd_rate=rate, rate_date=TODAY)
    assert (grounds(investor(evidence=(item,))) == ("hk-pi",)) == (Decimal(amount) * rate >= 800_000_000)


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_evidence_serves_to_its_last_day_and_no_longer(day: date) -> None:
    """Good on the day it speaks of and on its last good day; not a day before the one or after the other."""
    record = investor(evidence=(evidence(relevant_date=day),))
    last = months_after(day, 12)
    one = timedelta(days=1)
    assert [bool(grounds(record, on)) for on in (day - one, day, last, last + one)] == [False, True, True, False]
    assert classify(record, BOOK, day).until == last


def test_what_ran_out_is_told_by_its_date() -> None:
    """R-56: evidence that would suffice but is over is refused for its date, not for an amount of nothing."""
    late = evidence(hkd="9000000", relevant_date=date(2025, 8, 31))
    found = classify(investor(evidence=(late,)), BOOK, TODAY, "investor inv-1")
    assert [(r.rule, r.reason) for r in found.refusals] == [
        ("R-45, R-56", "evidence-expired"),
        ("R-54", "no-declaration"),
    ]
    assert found.refusals[0].found == "portfolio of HKD 9,000,000.00, evidence of 2025-08-31 good until 2026-08-31"
    assert found.refusals[0].needed == "evidence good on 2026-09-01, not older than 12 months"
    assert {r.where for r in found.refusals} == {"investor inv-1.evidence"}


def test_expiry_is_the_reason_only_when_it_decides() -> None:
    """Late and too little is too little, and says what was left out; a late category or declaration tells its date."""
    long_ago = date(2025, 1, 1)
    little = classify(investor(evidence=(evidence(hkd="1000000", relevant_date=long_ago),)), BOOK, TODAY).refusals[0]
    assert (little.reason, little.found) == (
        "not-professional",
        "portfolio of HKD 0.00, evidence of 2025-01-01 good until 2026-01-01 left out",
    )
    bank = investor(kind=Kind.INSTITUTION, evidence=(evidence(CATEGORY, category="bank", relevant_date=long_ago),))
    assert "bank, evidence of 2025-01-01" in classify(bank, BOOK, TODAY).refusals[0].found
    abroad = classify(investor(evidence=(evidence(OFFSHORE, relevant_date=long_ago),)), BOOK, TODAY).refusals[1]
    assert (abroad.rule, abroad.reason) == ("R-54, R-56", "evidence-expired")
    assert "2025-01-01" in abroad.found


def test_months_end_with_the_month() -> None:
    """Twelve months after a leap day is the last of February; after January 31st one month is February's end."""
    assert months_after(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2026, 12, 15), 1) == date(2027, 1, 15)
    assert months_after(date(2026, 11, 30), 1) == date(2026, 12, 30)
    assert good_until(evidence(expires_on=date(2026, 7, 1)), 12) == date(2026, 7, 1)


def test_the_ground_lasts_as_long_as_enough_evidence_does() -> None:
    """Of two items that are both needed the earlier expiry counts; of one that is enough, its own."""
    half = evidence(hkd="4000000", relevant_date=date(2026, 3, 1))
    other = evidence(hkd="4000000", relevant_date=date(2026, 8, 1))
    whole = evidence(hkd=EIGHT, relevant_date=date(2026, 8, 15))
    assert _until(half, other) == date(2027, 3, 1)
    assert _until(half, other, whole) == date(2027, 8, 15)


def _until(*items: Evidence) -> date | None:
    return classify(investor(evidence=items), BOOK, TODAY).until


def test_two_grounds_share_the_shorter_date() -> None:
    """On chain one date serves for all regimes, so the earlier one is taken."""
    both: Classification = classify(
        investor(evidence=(evidence(), evidence(OFFSHORE, relevant_date=date(2026, 1, 10)))), BOOK, TODAY
    )
    assert both.codes == ("hk-pi", "offshore-non-us")
    assert both.until == date(2027, 1, 10)
    assert both.refusals == ()


def test_an_offshore_person_without_a_fortune() -> None:
    """A declaration alone gives the offshore ground; what else is missing is told but is no refusal."""
    found = classify(investor(evidence=(evidence(OFFSHORE),)), BOOK, TODAY)
    assert found.codes == ("offshore-non-us",)
    assert [r.rule for r in found.missed] == ["R-45"]
    assert found.refusals == ()


def test_every_regime_of_the_rulebook_has_a_predicate() -> None:
    """A regime in the data without its predicate would be a silent gap."""
    from abst.investor.regimes import PREDICATES

    assert set(PREDICATES) == set(BOOK.regimes)
