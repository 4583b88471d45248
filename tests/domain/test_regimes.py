"""Legal grounds to hold: every branch at each threshold and just beside it, and as long as the evidence lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import TODAY, couple, entity, evidence, investor, person

from abst.errors import IntegrityFailure, Refusal
from abst.investor.ageing import good_until, months_after
from abst.investor.grounds import Ground
from abst.investor.model import Basis, Document, Evidence, EvidenceType, Kind, PrivateRecord, Related, Role, Tie
from abst.investor.reckoning import reckoned
from abst.investor.regimes import PREDICATES, Classification, classify
from abst.rulebook import Rulebook, load, refuse
from abst.rulebook.model import Regime

BOOK = load()
PORTFOLIO, ASSETS, CATEGORY = EvidenceType.PORTFOLIO, EvidenceType.ASSETS, EvidenceType.CATEGORY
OFFSHORE, OWNERSHIP, BUSINESS = EvidenceType.OFFSHORE, EvidenceType.OWNERSHIP, EvidenceType.BUSINESS
EIGHT, FORTY = "8000000.00", "40000000.00"


def grounds(record: PrivateRecord, on: date = TODAY) -> tuple[str, ...]:
    return classify(record, BOOK, on).codes


def reason(record: PrivateRecord, on: date = TODAY) -> Refusal:
    return classify(record, BOOK, on, "investor inv-1").refusals[0]


def under(amount: str) -> str:
    return str(Decimal(amount) - Decimal("0.01"))


def over(amount: str) -> str:
    return str(Decimal(amount) + Decimal("0.01"))


def of(kind: Kind, *items: Evidence, **changes: Any) -> PrivateRecord:
    if kind is Kind.JOINT:
        return couple(evidence=items, **changes)
    return (investor if kind is Kind.INDIVIDUAL else entity)(kind=kind, evidence=items, **changes)


# ---- thresholds


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
    """At the threshold and over it professional, a cent under it not; what is needed is told, what is owned never."""
    basis = {"basis": "joint-associate"} if kind is Kind.JOINT else {}
    for amount, expected in ((threshold, ("hk-pi",)), (over(threshold), ("hk-pi",)), (under(threshold), ())):
        assert grounds(of(kind, evidence(type_, amount, **basis))) == expected
    short = classify(of(kind, evidence(type_, under(threshold), **basis)), BOOK, TODAY)
    assert [r.rule for r in short.refusals] == ["R-45", "R-54"]
    assert f"{Decimal(threshold):,}" in short.refusals[0].needed
    assert f"{Decimal(under(threshold)):,}" not in short.refusals[0].found


def test_what_does_not_serve_a_kind() -> None:
    """Total assets do not make an individual professional, nor a portfolio a trust corporation, nor money a bank."""
    assert grounds(investor(evidence=(evidence(ASSETS, FORTY),))) == ()
    assert grounds(of(Kind.TRUST_CORPORATION, evidence(PORTFOLIO, FORTY))) == ()
    assert grounds(of(Kind.INSTITUTION, evidence(ASSETS, FORTY))) == ()


def test_portfolio_and_assets_are_not_added() -> None:
    """A corporation just short of both thresholds reaches neither."""
    assert grounds(of(Kind.CORPORATION, evidence(PORTFOLIO, under(EIGHT)), evidence(ASSETS, under(FORTY)))) == ()


def test_institutions_by_category() -> None:
    """A named category is enough; another is not."""
    for category, expected in (("bank", ("hk-pi",)), ("multilateral-agency", ("hk-pi",)), ("club", ())):
        assert grounds(of(Kind.INSTITUTION, evidence(CATEGORY, category=category))) == expected


@pytest.mark.parametrize("asset", ["home", "pension-scheme", "unlisted-shares"])
def test_personal_assets_do_not_count(asset: str) -> None:
    """R-46: what is excluded for a person is the reason when it alone is missing, and no reason when all is short."""
    items = (evidence(hkd=under(EIGHT)), evidence(hkd="5000000", asset=asset))
    assert grounds(investor(evidence=items)) == ()
    told = reason(investor(evidence=items))
    assert (told.rule, told.reason) == ("R-45, R-46", "evidence-not-counted")
    assert f"evidence[2] {asset} not counted" in told.found
    little = reason(investor(evidence=(evidence(hkd="1.00", asset=asset),)))
    assert (little.rule, little.reason) == ("R-45", "not-professional")
    expected = ("hk-pi",) if asset == "unlisted-shares" else ()
    assert grounds(of(Kind.CORPORATION, *items)) == expected  # unlisted shares are securities; a home is none


# ---- currencies


@given(st.integers(1, 2_000_000_000), st.decimals("0.01", "1000", places=6))
def test_conversion_is_exact(amount: int, rate: Decimal) -> None:
    """Foreign amounts are compared without rounding: professional exactly when amount x rate reaches the threshold."""
    item = evidence(amount=amount, currency="USD", hkd_rate=rate, rate_date=date(2026, 6, 30))
    assert (grounds(investor(evidence=(item,))) == ("hk-pi",)) == (Decimal(amount) * rate >= 800_000_000)


@given(st.integers(-400, 400))
def test_the_rate_is_of_a_day_near_the_relevant_date(days: int) -> None:
    """Seven days either way serve, eight do not, and the refusal says how far off the rate is."""
    item = evidence(hkd="9000000", currency="EUR", hkd_rate="9", rate_date=date(2026, 6, 30) + timedelta(days=days))
    record = investor(evidence=(item,))
    assert bool(grounds(record)) == (abs(days) <= 7)
    if abs(days) > 7:
        assert f"its rate is {abs(days)} days off" in reason(record).found


# ---- joint accounts and shares


@given(st.integers(1, 10_000), st.integers(1, 3_000_000_000))
def test_an_agreed_share_counts_exactly(share: int, cents: int) -> None:
    """His share of an account with others counts to the fraction of a cent."""
    item = evidence(amount=cents, basis="joint-other", share_bps=share)
    expected = Fraction(cents * share, 1_000_000) >= 8_000_000
    assert (grounds(investor(evidence=(item,))) == ("hk-pi",)) == expected


@pytest.mark.parametrize("holders", [2, 3, 7])
def test_without_an_agreement_shares_are_equal(holders: int) -> None:
    """An account of n holders gives each an n-th: for an individual by number, for joint holders by those named."""
    for cents, expected in ((800_000_000 * holders, ("hk-pi",)), (800_000_000 * holders - holders, ())):
        item = evidence(amount=cents, basis="joint-other", account_holders=holders)
        assert grounds(investor(evidence=(item,))) == expected
        people = tuple(person(f"holder-{n}", Role.HOLDER) for n in range(holders))
        item = evidence(amount=cents, basis="joint-other")
        assert grounds(couple(persons=people, evidence=(item,))) == expected


def test_every_joint_holder_is_professional_by_himself() -> None:
    """A holder whose share falls short is lifted by a portfolio of his own, and by nobody else's."""
    people = tuple(person(f"holder-{n}", Role.HOLDER, share_bps=bps) for n, bps in ((1, 7500), (2, 2500)))
    account = evidence(hkd="16000000", basis="joint-other")
    assert grounds(couple(persons=people, evidence=(account,))) == ()
    for holder, expected in (("holder-1", ()), ("holder-2", ("hk-pi",))):
        items = (account, evidence(hkd="4000000", holder=holder))
        assert grounds(couple(persons=people, evidence=items)) == expected


def test_accounts_are_added_and_unsaid_ones_are_left_out() -> None:
    """Own, joint with associates and a share of another add up; a share nobody knows adds nothing."""
    own, spouse = evidence(hkd="3000000"), evidence(hkd="3000000", basis="joint-associate")
    other = evidence(hkd="4000000", basis="joint-other", account_holders=2)
    unknown = evidence(hkd="4000000", basis="joint-other")
    assert grounds(investor(evidence=(own, spouse, other))) == ("hk-pi",)
    assert grounds(investor(evidence=(own, spouse, unknown))) == ()
    assert reason(investor(evidence=(own, spouse, unknown))).reason == "evidence-not-counted"
    assert reason(couple(evidence=(evidence(),))).reason == "evidence-not-counted"


def test_one_item_told_twice_counts_once() -> None:
    """The same paper, amount and day twice is one item; another paper is another."""
    half = evidence(hkd="4000000")
    assert grounds(investor(evidence=(half, half))) == ()
    assert reason(investor(evidence=(half, half))).reason == "evidence-not-counted"
    assert grounds(investor(evidence=(half, evidence(hkd="4000000", sha256="0x" + "cd" * 32)))) == ("hk-pi",)


# ---- companies


def company(id_: str = "own-1", tie: Tie = Tie.OWNED, **changes: Any) -> Related:
    fields: dict[str, Any] = {"kind": "corporation", "share_bps": 10_000, "name": "Sample Ltd", "registered": ("HK",)}
    return Related(**{"id": id_, "tie": tie, **fields, **changes})


def paper(type_: EvidenceType, holder: str = "", **changes: Any) -> Evidence:
    return evidence(type_, holder=holder, **changes)


def own_company(*items: Evidence, **changes: Any) -> PrivateRecord:
    shown = (paper(OWNERSHIP, "own-1"), paper(BUSINESS, "own-1"))
    held = evidence(basis=Basis.OWN_CORPORATION, holder="own-1")
    return investor(related=(company(**changes),), evidence=(*(items or shown), held))


def test_the_portfolio_of_his_investment_company_is_his() -> None:
    """Wholly owned, on papers for ownership and for its business; until the first of the papers ends."""
    assert grounds(own_company()) == ("hk-pi",)
    assert grounds(own_company(share_bps=9_999)) == ()
    assert grounds(own_company(paper(OWNERSHIP, "own-1"))) == ()
    assert grounds(own_company(paper(BUSINESS, "own-1"))) == ()
    early = paper(BUSINESS, "own-1", expires_on=date(2026, 9, 30))
    assert classify(own_company(paper(OWNERSHIP, "own-1"), early), BOOK, TODAY).until == date(2026, 9, 30)
    late = paper(BUSINESS, "own-1", expires_on=TODAY - timedelta(days=1))
    assert grounds(own_company(paper(OWNERSHIP, "own-1"), late)) == ()


def test_a_company_s_portfolio_needs_the_company() -> None:
    """A person is no company of his own: the basis alone, without the ties and papers, counts nothing."""
    first = Related(id="first", tie=Tie.OWNER, kind=Kind.INDIVIDUAL, person="owner-1", share_bps=10_000)
    for holder in ("first", "owner-1"):
        assert grounds(owned(first, items=(evidence(basis=Basis.OWN_CORPORATION, holder=holder),))) == ()
    assert grounds(owned(first, items=(evidence(holder="first"),))) == ("hk-pi",)
    another = evidence(basis=Basis.OWN_CORPORATION, holder="own-1")
    assert grounds(investor(related=(company(tie=Tie.OWNER),), evidence=(another,))) == ()


def owned(*related: Related, items: tuple[Evidence, ...], persons: tuple[Any, ...] = ()) -> PrivateRecord:
    """A corporation whose business is investments, with owners and what proves their ties."""
    ties = tuple(paper(OWNERSHIP, one.id) for one in related)
    return entity(related=related, evidence=(paper(BUSINESS), *ties, *items), persons=persons or (person(),))


def test_an_investment_company_of_professionals() -> None:
    """All owners are professional and hold all: an individual, an insurer; a bank does not serve as owner."""
    first = Related(id="first", tie=Tie.OWNER, kind=Kind.INDIVIDUAL, person="owner-1", share_bps=6_000)
    second = company("second", Tie.OWNER, kind=Kind.INSTITUTION, share_bps=4_000)
    money, licence = evidence(holder="owner-1"), paper(CATEGORY, "second", category="insurer")
    assert grounds(owned(first, second, items=(money, licence))) == ("hk-pi",)
    assert grounds(owned(first, second, items=(money, paper(CATEGORY, "second", category="bank")))) == ()
    assert grounds(owned(first, second, items=(evidence(hkd=under(EIGHT), holder="first"), licence))) == ()
    assert grounds(owned(first, items=(money,))) == ()
    no_business = owned(first, second, items=(money, licence))
    assert grounds(no_business.model_copy(update={"evidence": no_business.evidence[1:]})) == ()


def test_ownership_is_followed_through_layers() -> None:
    """A company of an investment company of a professional qualifies; one that only owns a professional is no owner."""
    middle = company("middle", Tie.OWNER)
    top = Related(id="top", tie=Tie.OWNER, of="middle", kind=Kind.INDIVIDUAL, person="owner-1", share_bps=10_000)
    layers = owned(middle, top, items=(paper(BUSINESS, "middle"), evidence(holder="top")))
    assert grounds(layers) == ("hk-pi",)
    below = company("below", of="middle")
    rich = (evidence(ASSETS, FORTY, holder="below"),)
    assert grounds(owned(middle, below, items=rich)) == ()  # s. 6(c) makes nobody an owner of s. 6(b)


def test_the_owner_of_a_professional_corporation() -> None:
    """Wholly owning a corporation that reaches a threshold by its own means is enough; owning most of one is not."""
    tie, rich = paper(OWNERSHIP, "own-1"), evidence(ASSETS, FORTY, holder="own-1")
    assert grounds(entity(related=(company(),), evidence=(tie, rich))) == ("hk-pi",)
    assert grounds(entity(related=(company(share_bps=9_999),), evidence=(tie, rich))) == ()
    assert grounds(entity(related=(company(),), evidence=(rich,))) == ()
    assert grounds(entity(related=(company(),), evidence=(tie, evidence(ASSETS, under(FORTY), holder="own-1")))) == ()
    assert grounds(entity(kind=Kind.PARTNERSHIP, related=(company(),), evidence=(tie, rich))) == ()


# ---- age


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_evidence_serves_to_its_last_day_and_no_longer(day: date) -> None:
    """Good on the day it speaks of and on its last good day; not a day before the one or after the other."""
    record = investor(evidence=(evidence(relevant_date=day),))
    last = months_after(day, 12)
    one = timedelta(days=1)
    assert [bool(grounds(record, on)) for on in (day - one, day, last, last + one)] == [False, True, True, False]
    assert classify(record, BOOK, day).until == last


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_audited_accounts_of_an_entity_last_longer(day: date) -> None:
    """Sixteen months for an entity, to the day; twelve for a person."""
    item = evidence(relevant_date=day, document=Document.AUDITED_ACCOUNTS)
    last, one = months_after(day, 16), timedelta(days=1)
    assert [bool(grounds(entity(evidence=(item,)), on)) for on in (last, last + one)] == [True, False]
    assert not grounds(investor(evidence=(item,)), last)


def test_what_ran_out_is_told_by_its_date() -> None:
    """R-56: evidence that would suffice but is over is refused for its date, and no amount is told."""
    late = evidence(hkd="9000000", relevant_date=date(2025, 8, 31))
    found = classify(investor(evidence=(late,)), BOOK, TODAY, "investor inv-1")
    assert [(r.rule, r.reason) for r in found.refusals] == [
        ("R-45, R-56", "evidence-expired"),
        ("R-54", "no-declaration"),
    ]
    assert found.refusals[0].found.endswith("0 of 1 items counted; evidence[1] good until 2026-08-31")
    assert found.refusals[0].needed == "evidence good on 2026-09-01"
    assert {r.where for r in found.refusals} == {"investor inv-1.evidence"}
    assert "9,000,000" not in found.refusals[0].found


def test_expiry_is_the_reason_only_when_it_decides() -> None:
    """Late and too little is too little, and says what was left out; a late category or declaration tells its date."""
    long_ago = date(2025, 1, 1)
    little = reason(investor(evidence=(evidence(hkd="1000000", relevant_date=long_ago),)))
    assert little.reason == "not-professional"
    assert "evidence[1] good until 2026-01-01" in little.found
    assert (
        "bank, evidence of 2025-01-01"
        in reason(of(Kind.INSTITUTION, evidence(CATEGORY, category="bank", relevant_date=long_ago))).found
    )
    abroad = classify(investor(evidence=(evidence(OFFSHORE, relevant_date=long_ago),)), BOOK, TODAY).refusals[1]
    assert (abroad.rule, abroad.reason) == ("R-54, R-56", "evidence-expired")
    assert "2025-01-01" in abroad.found


def test_months_end_with_the_month() -> None:
    """Twelve months after a leap day is the last of February; after January 31st one month is February's end."""
    assert months_after(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert months_after(date(2027, 2, 28), 12) == date(2028, 2, 28)
    assert months_after(date(2027, 2, 28), 24) == date(2029, 2, 28)
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert months_after(date(2026, 12, 15), 1) == date(2027, 1, 15)
    assert months_after(date(2026, 11, 30), 1) == date(2026, 12, 30)
    assert months_after(date(2026, 8, 31), 16) == date(2027, 12, 31)
    assert good_until(evidence(expires_on=date(2026, 7, 1)), 12) == date(2026, 7, 1)


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(0, 60))
def test_months_keep_the_day_or_the_month_s_last(day: date, months: int) -> None:
    """The month is exact; the day is the same, or the last one when the month is shorter."""
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_the_ground_lasts_as_long_as_enough_evidence_does() -> None:
    """Of two items that are both needed the earlier expiry counts; of one that is enough, its own."""
    half = evidence(hkd="4000000", relevant_date=date(2026, 3, 1))
    other = evidence(hkd="4000000", relevant_date=date(2026, 8, 1))
    whole = evidence(hkd=EIGHT, relevant_date=date(2026, 8, 15))
    assert _until(half, other) == date(2027, 3, 1)
    assert _until(half, other, whole) == date(2027, 8, 15)


def _until(*items: Evidence) -> date | None:
    return classify(investor(evidence=items), BOOK, TODAY).until


# ---- properties

items_of = st.lists(
    st.builds(
        evidence,
        st.just(PORTFOLIO),
        st.integers(1, 9_000_000).map(str),
        asset=st.sampled_from(["listed-securities", "fund-units", "home", "gold", ""]),
        basis=st.sampled_from(["own", "joint-associate"]),
        relevant_date=st.dates(date(2025, 6, 1), date(2026, 9, 30)),
    ),
    min_size=1,
    max_size=6,
)


@given(items_of, st.randoms(use_true_random=False))
def test_the_order_of_evidence_says_nothing(items: list[Evidence], chance: Any) -> None:
    """The same items in another order give the same grounds until the same day, and refusals of the same rules."""
    shuffled = list(items)
    chance.shuffle(shuffled)
    one, two = (classify(investor(evidence=tuple(order)), BOOK, TODAY) for order in (items, shuffled))
    assert one.grounds == two.grounds
    assert [(r.rule, r.reason) for r in one.refusals] == [(r.rule, r.reason) for r in two.refusals]


@given(items_of, st.integers(0, 5), st.integers(0, 10**9))
def test_more_money_never_takes_a_ground_away(items: list[Evidence], which: int, more: int) -> None:
    """An amount raised, or an item added, leaves a ground as it was or gives one, and never shortens it."""
    before = classify(investor(evidence=tuple(items)), BOOK, TODAY)
    chosen = which % len(items)
    richer = items[chosen].model_copy(update={"amount": items[chosen].amount + more})
    for after in ([*items[:chosen], richer, *items[chosen + 1 :]], [*items, richer]):
        found = classify(investor(evidence=tuple(after)), BOOK, TODAY)
        assert set(found.codes) >= set(before.codes)
        if before.until:
            assert found.until is not None
            assert found.until >= before.until


@given(items_of)
def test_what_is_reckoned_is_what_decides(items: list[Evidence]) -> None:
    """The personal reckoning adds up to the threshold exactly when the ground is given."""
    record = investor(evidence=tuple(items))
    counted = [line for line in reckoned(record, BOOK, TODAY) if not line["not_counted"]]
    total = sum(Decimal(line["hkd"].replace(",", "")) for line in counted)
    assert (total >= 8_000_000) == (grounds(record) == ("hk-pi",))


# ---- several regimes


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
    """A regime in the data without its predicate would be a silent gap; it is an error."""
    assert set(PREDICATES) == set(BOOK.regimes)
    with pytest.raises(IntegrityFailure, match="no predicate"):
        classify(investor(), with_regime("sg-accredited"), TODAY)


def with_regime(code: str) -> Rulebook:
    regimes = {**BOOK.regimes, code: Regime(code, 7, "Accredited investor, an example", "R-45")}
    return replace(BOOK, regimes=MappingProxyType(regimes))


def test_a_further_regime_is_data_and_one_predicate(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a line of data and a pure function a third ground is found; its bit goes to the chain, denials still hold."""

    def accredited(record: PrivateRecord, rulebook: Rulebook, on: date, where: str) -> Ground | Refusal:
        """Two million Singapore dollars, as an example."""
        item = next((i for i in record.evidence if i.currency == "SGD" and i.amount >= 200_000_000), None)
        if item is None:
            return refuse("R-45", "not-professional", found="less", needed="SGD 2,000,000.00", where=where)
        return Ground("sg-accredited", good_until(item, 12), "two million Singapore dollars")

    monkeypatch.setitem(PREDICATES, "sg-accredited", accredited)
    book = with_regime("sg-accredited")
    rich = evidence(amount=200_000_000, currency="SGD", hkd_rate="5.8", rate_date=date(2026, 6, 30))
    found = classify(investor(evidence=(rich,)), book, TODAY)
    assert found.codes == ("hk-pi", "sg-accredited")
    assert sum(book.regime_bits()[code] for code in found.codes) == 1 | 1 << 7
    assert classify(investor(evidence=(rich,), residence=("CN",)), book, TODAY).codes == ()
    poor = evidence(amount=199_999_999, currency="SGD", hkd_rate="1", rate_date=date(2026, 6, 30))
    assert classify(investor(evidence=(poor,)), book, TODAY).codes == ()
