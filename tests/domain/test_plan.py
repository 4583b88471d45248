"""The plan hash names every field of a plan, and only a plan equal in every field has it."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from abst import demo_data
from abst.deal import Deal, Plan, Terms, offchain_hash, plan_hash, terms_tuple
from abst.deal.plan import TERMS_TYPES, differences, terms_from_tuple
from abst.errors import UsageError
from abst.rulebook import load
from abst.values import MAX_96, Hash, last_second_of, to_bytes

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=31).filter(
    lambda t: len(t.encode()) <= 31
)
hashes = st.binary(min_size=32, max_size=32).map(lambda b: Hash("0x" + b.hex()))
term_strategy = st.builds(
    Terms,
    name=texts,
    symbol=texts,
    currency=st.sampled_from(["CNY", "HKD", "USD"]),
    decimals=st.integers(0, 18),
    risk=st.integers(0, 255),
    overdue_stops_transfers=st.booleans(),
    cap=st.integers(1, MAX_96),
    lot=st.integers(1, MAX_96),
    regimes=st.integers(0, 2**32 - 1),
    max_holders=st.integers(0, 2**32 - 1),
    max_share_bps=st.integers(0, 10_000),
    lock_seconds=st.integers(0, 2**32 - 1),
    maturity=st.integers(0, 2**40 - 1),
)
plans = st.builds(
    Plan,
    chain_id=st.integers(1, 2**63),
    code_hash=hashes,
    terms=st.lists(term_strategy, min_size=1, max_size=4).map(tuple),
    offchain=hashes,
)


@given(plans, plans)
def test_equal_hash_means_equal_plan(a: Plan, b: Plan) -> None:
    """Two plans have one hash exactly when they are equal, and then nothing differs."""
    assert (plan_hash(a) == plan_hash(b)) == (a == b) == (not differences(a, b))


@given(plans, st.data())
def test_any_single_change_changes_the_hash(plan: Plan, data: st.DataObject) -> None:
    """Whatever one field of one tranche is changed, the hash changes and the difference names its place."""
    number = data.draw(st.integers(0, len(plan.terms) - 1))
    name = data.draw(st.sampled_from([field.name for field in fields(Terms)]))
    other = data.draw(term_strategy)
    terms = list(plan.terms)
    terms[number] = replace(terms[number], **{name: getattr(other, name)})
    changed = replace(plan, terms=tuple(terms))
    if getattr(other, name) == getattr(plan.terms[number], name):
        assert plan_hash(changed) == plan_hash(plan)
    else:
        assert plan_hash(changed) != plan_hash(plan)
        assert [path for path, _, _ in differences(plan, changed)] == [f"terms[{number}].{name}"]


@given(plans)
def test_order_of_tranches_and_round_trips(plan: Plan) -> None:
    """Order counts; plans survive JSON-able form and terms their ABI form."""
    turned = replace(plan, terms=tuple(reversed(plan.terms)))
    assert (plan_hash(turned) == plan_hash(plan)) == (turned.terms == plan.terms)
    assert Plan.from_dict(plan.as_dict()) == plan
    assert tuple(terms_from_tuple(terms_tuple(t)) for t in plan.terms) == plan.terms


@given(plans)
def test_the_hash_is_the_documented_encoding(plan: Plan) -> None:
    """keccak256(abi.encode(chain id, code hash, keccak256(abi.encode(Terms[])), off-chain hash)), word by word."""
    words = b"".join(encode(list(TERMS_TYPES), list(terms_tuple(t))) for t in plan.terms)
    listed = (32).to_bytes(32, "big") + len(plan.terms).to_bytes(32, "big") + words
    head = plan.chain_id.to_bytes(32, "big") + to_bytes(plan.code_hash) + keccak(listed) + to_bytes(plan.offchain)
    assert plan_hash(plan) == "0x" + keccak(head).hex()


@given(hashes, hashes)
def test_the_place_of_the_deal(deal: Hash, dossier: Hash) -> None:
    """The off-chain hash is two words and keeps deal and dossier apart."""
    assert offchain_hash(deal, dossier) == "0x" + keccak(to_bytes(deal) + to_bytes(dossier)).hex()
    assert (offchain_hash(deal, dossier) == offchain_hash(dossier, deal)) == (deal == dossier)


GOOD = Terms("A", "A", "CNY", 2, 2, True, 10, 1, 3, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "吉" * 11),
        ("name", ""),
        ("symbol", "A\x00"),
        ("currency", "cny"),
        ("cap", 0),
        ("cap", MAX_96 + 1),
        ("lot", 0),
        ("max_share_bps", 10_001),
        ("maturity", 2**40),
    ],
)
def test_terms_that_do_not_fit_are_refused(field: str, value: object) -> None:
    """A value that the chain's struct cannot hold is refused by name, not cut."""
    with pytest.raises(UsageError) as caught:
        replace(GOOD, **{field: value})
    assert caught.value.where == field


def test_the_demo_deal_is_the_source_moved_by_four_years() -> None:
    """Faces sum to the pool; dates, lots and caps are as the deal's description says."""
    deal = Deal.read(demo_data.text("deal.yaml"))
    assert deal.total == deal.pool_balance == 405_799_993_276
    a1, a2, sub = deal.terms(load().regime_bits())
    assert (a1.cap, a2.cap, sub.cap) == (150_000_000_000, 199_000_000_000, 56_799_993_276)
    assert (a1.lot, a2.lot, sub.lot, a1.decimals) == (10_000, 10_000, 1, 2)
    assert (a1.risk, sub.risk, a1.regimes, sub.regimes) == (2, 4, 3, 1)
    assert a1.cap % a1.lot == a2.cap % a2.lot == 0
    assert a1.maturity == last_second_of(deal.dates.legal_maturity, "Asia/Hong_Kong")
    assert [t.coupon for t in deal.tranches] == [Decimal("0.0180"), Decimal("0.0205"), Decimal(0)]


def test_the_demo_collections_are_moved_and_sum_as_published() -> None:
    """46 months from July 2026 to April 2030; principal is 0.04 yuan below the pool, as the source says."""
    rows = [line.split(",") for line in demo_data.text("collections.csv").split()[1:]]
    assert (len(rows), rows[0][0], rows[-1][0]) == (46, "2026-07-31", "2030-04-30")
    assert "2028-02-29" in {row[0] for row in rows}
    assert Decimal("4057999932.76") - sum(Decimal(row[2]) for row in rows) == Decimal("0.04")


def test_comments_and_layout_do_not_change_the_deal_hash() -> None:
    """The deal's hash is over its content."""
    text = demo_data.text("deal.yaml")
    assert Deal.read("# another comment\n" + text).hash == Deal.read(text).hash
    assert Deal.read(text.replace('"0.0180"', '"0.0181"')).hash != Deal.read(text).hash


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"0.0180"', "0.0180", "exact"),
        ("symbol: JSD-A2", "symbol: JSD-A1", "same symbol"),
        ("cut_off: 2026-06-30", "cut_off: 2027-06-30", "dates must run"),
        ("decimals: 2", "decimls: 2", "decimls"),
    ],
)
def test_a_malformed_deal_is_refused_by_field(old: str, new: str, words: str) -> None:
    """Floats, repeated symbols, dates out of order and misspelt fields are errors."""
    with pytest.raises(UsageError, match=words):
        Deal.read(demo_data.text("deal.yaml").replace(old, new, 1))


def test_an_unknown_regime_has_no_terms() -> None:
    """A tranche cannot carry a ground that the rulebook does not know."""
    with pytest.raises(UsageError, match="offshore-non-us"):
        Deal.read(demo_data.text("deal.yaml")).terms({"hk-pi": 1})
