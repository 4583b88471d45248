"""Money and face in whole units: shares, dust, factors; and every reason for which a payment waits or is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, Decimal, localcontext
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.cash import gates as cash
from abst.cash.gates import AccountFacts, AssetFacts
from abst.rulebook import load
from abst.servicing import gates, shares
from abst.servicing.gates import FaceFacts, PayeeFacts, PaymentFacts

NOW = 1_800_000_000
WALLET = "0x" + "11" * 20

holdings = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=6), st.integers(1, 2**96 - 1), min_size=1, max_size=40
)
pots = st.integers(1, 2**113)


# ---- arithmetic


@given(holdings, pots)
def test_p8_shares_never_exceed_the_pot_and_dust_is_less_than_a_unit_each(held: dict[str, int], pot: int) -> None:
    """Paid plus dust is the pot, to the unit; dust is below a unit for each holder."""
    split = shares.split(held, pot, sum(held.values()))
    dust = shares.dust(split.values(), pot)
    assert sum(split.values()) + dust == pot
    assert 0 <= dust < len(held)


@given(holdings, pots, st.randoms(use_true_random=False))
def test_p8_the_order_of_holders_changes_nobodys_share(held: dict[str, int], pot: int, chance: Random) -> None:
    """A share follows from the terms and one balance."""
    names = list(held)
    chance.shuffle(names)
    supply = sum(held.values())
    assert shares.split({name: held[name] for name in names}, pot, supply) == shares.split(held, pot, supply)


@given(st.integers(0, 2**96 - 1), st.integers(0, 2**96 - 1), pots)
def test_who_holds_more_gets_no_less(one: int, other: int, pot: int) -> None:
    """Shares are in the order of balances."""
    supply = one + other or 1
    assert (shares.share(one, pot, supply) <= shares.share(other, pot, supply)) or one > other


@given(st.integers(0, 2**96 - 1), st.integers(1, 2**96 - 1))
def test_a_factor_is_the_fraction_cut_at_twelve_decimals(outstanding: int, supply: int) -> None:
    """Compared with decimal arithmetic of 80 digits."""
    with localcontext(prec=80):
        exact = (Decimal(outstanding) / Decimal(supply)).quantize(Decimal(10) ** -12, rounding=ROUND_DOWN)
    assert Decimal(shares.factor(outstanding, supply)) == exact
    assert len(shares.factor(outstanding, supply).partition(".")[2]) == 12


def test_factors_in_words() -> None:
    """The ends: all owed, a third, nothing owed, nothing held."""
    assert [shares.factor(*pair) for pair in ((7, 7), (1, 3), (0, 5), (0, 0))] == [
        "1.000000000000",
        "0.333333333333",
        "0.000000000000",
        "0.000000000000",
    ]


# ---- paying one holder

GOOD = PayeeFacts(WALLET, known=True, evidence_until=NOW, suitability_until=NOW)


@pytest.mark.parametrize(
    ("payee", "needs_evidence", "expected"),
    [
        (GOOD, True, None),
        (PayeeFacts(""), False, ("R-62", "no-successor")),
        (PayeeFacts(WALLET), False, ("R-60", "payee-unknown")),
        (replace(GOOD, blocked=True), False, ("R-53, R-62", "payee-blocked")),
        (replace(GOOD, evidence_until=NOW - 1), False, None),
        (replace(GOOD, evidence_until=NOW - 1), True, ("R-56", "evidence-expired")),
        (replace(GOOD, suitability_until=NOW - 1), True, ("R-56", "evidence-expired")),
        (replace(GOOD, blocked=True, evidence_until=0), True, ("R-53, R-62", "payee-blocked")),
    ],
)
def test_why_money_waits(payee: PayeeFacts, needs_evidence: bool, expected: tuple[str, str] | None) -> None:
    """The first reason in the contract's order; the last good second is still good."""
    found = gates.why_waits(payee, "holder", needs_evidence, NOW)
    assert (found and (found.rule, found.reason)) == expected


# ---- declaring

PAYMENT = PaymentFacts("SNR", record_date=2, taken=2, supply=10, amount=5, asset=WALLET, asset_kind="deposit")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (PAYMENT, set()),
        (replace(PAYMENT, record_date=3, supply=0), {"record-date-not-taken"}),
        (replace(PAYMENT, record_date=0, supply=0), {"record-date-not-taken"}),
        (replace(PAYMENT, taken=0, supply=0), {"record-date-not-taken"}),
        (replace(PAYMENT, supply=0), {"nobody-to-pay"}),
        (replace(PAYMENT, amount=0), {"nothing-asked"}),
        (replace(PAYMENT, asset_kind=""), {"asset-not-listed"}),
        (
            replace(PAYMENT, record_date=9, supply=0, amount=0, asset_kind=""),
            {"record-date-not-taken", "nothing-asked", "asset-not-listed"},
        ),
    ],
)
def test_every_reason_against_a_declaration(facts: PaymentFacts, expected: set[str]) -> None:
    """All at once; outside the chain the asset does not matter."""
    assert {refusal.reason for refusal in gates.decide(facts)} == expected
    assert {refusal.reason for refusal in gates.decide_off_chain(facts)} == expected - {"asset-not-listed"}


# ---- amortisation

FACE = FaceFacts("SNR", now=NOW, amount=5, outstanding=5, written_down=5, maturity=NOW)


@pytest.mark.parametrize(
    ("checks", "facts", "expected"),
    [
        (gates.LOWER, FACE, set()),
        (gates.LOWER, replace(FACE, amount=6), {"above-outstanding"}),
        (gates.LOWER, replace(FACE, amount=0), {"nothing-asked"}),
        (gates.REVERSE, FACE, set()),
        (gates.REVERSE, replace(FACE, amount=6, now=NOW + 1), {"above-written-down", "after-maturity"}),
        (gates.RETIRE, replace(FACE, outstanding=0, written_down=0), set()),
        (gates.RETIRE, replace(FACE, outstanding=0, now=NOW + 1), set()),
        (gates.RETIRE, replace(FACE, outstanding=0), {"still-outstanding"}),
        (gates.RETIRE, replace(FACE, outstanding=1, written_down=0, now=NOW + 1), {"still-outstanding"}),
    ],
)
def test_every_reason_against_a_record_of_face(
    checks: tuple[gates.FaceGate, ...], facts: FaceFacts, expected: set[str]
) -> None:
    """The last good second is good: at maturity a loss may still come back, a second later nothing is owed for it."""
    assert {refusal.reason for refusal in gates.decide_face(facts, checks)} == expected


# ---- assets and accounts

BOOK = load()
ASSET = AssetFacts(
    asset=WALLET,
    currency="HKD",
    kind="deposit",
    reason="",
    is_contract=True,
    is_listed=False,
    barred_on_chain=False,
    kinds=("deposit", "e-money"),
    currencies=BOOK.words("R-65", "currencies"),
    barred=BOOK.words("R-65", "barred_currencies"),
)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ASSET, set()),
        (replace(ASSET, kind="e-money", currency="USD"), set()),
        (replace(ASSET, currency="CNH"), {"currency-barred"}),
        (replace(ASSET, currency="CNY", kind="virtual-currency", reason="why not"), {"currency-barred"}),
        (replace(ASSET, currency="EUR", barred_on_chain=True), {"currency-barred"}),
        (replace(ASSET, currency="JPY"), {"currency-not-allowed"}),
        (replace(ASSET, kind="e-money", kinds=("deposit",)), {"kind-not-allowed"}),
        (replace(ASSET, kind="virtual-currency", currency="XBT"), {"virtual-currency"}),
        (replace(ASSET, kind="virtual-currency", currency="XBT", reason=" "), {"virtual-currency"}),
        (replace(ASSET, kind="virtual-currency", currency="XBT", reason="the deed says so"), set()),
        (replace(ASSET, is_contract=False, is_listed=True), {"not-a-contract", "already-listed"}),
    ],
)
def test_every_reason_against_listing_an_asset(facts: AssetFacts, expected: set[str]) -> None:
    """R-65: the renminbi never; virtual currency for a reason on record; else what the rulebook names."""
    found = cash.decide_asset(facts)
    assert {refusal.reason for refusal in found} == expected
    assert {refusal.rule for refusal in found} <= {"R-65"}


def test_the_rulebook_bars_the_renminbi_for_good() -> None:
    """R-65's barred currencies are law: no setting changes them."""
    assert not BOOK.parameter("R-65", "barred_currencies").overridable
    assert set(BOOK.words("R-65", "barred_currencies")) == {"CNY", "CNH", "RMB"}


def test_accounts_must_be_registered_and_hold_enough() -> None:
    """R-99, R-94: both reasons of each account."""
    good = AccountFacts(WALLET, "dHKD", balance=5, needed=5)
    assert cash.decide_account([good]) == []
    found = cash.decide_account([replace(good, needed=6), replace(good, may_hold=False)])
    assert [(refusal.rule, refusal.reason) for refusal in found] == [
        ("R-94", "not-enough-money"),
        ("R-99", "account-not-registered"),
    ]
