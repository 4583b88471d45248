"""Each gate alone: facts in which everything is right, one thing made wrong, exactly that refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from abst.chain.reasons import REASONS
from abst.filing.gates import Standing
from abst.holders.movement import FilingFacts, Movement, PartyFacts, TokenFacts
from abst.issuance import gates
from abst.issuance.gates import Facts, PrivateFacts
from abst.transfers import gates as transfer_gates

NOW = 1_800_000_000
FILING = FilingFacts(number=1, status="effective", paused=False, last_good=NOW, planned=3, made=3)
TOKEN = TokenFacts(
    symbol="T",
    regimes=0b11,
    risk=2,
    lot=100,
    cap=100_050,
    max_holders=10,
    max_share_bps=5_000,
    maturity=NOW,
    overdue_stops_transfers=True,
    minted=50_000,
    holders=9,
)
BOB = PartyFacts(
    wallet="0xB0B",
    number=2,
    regimes=0b01,
    capacity=2,
    jurisdiction="HK",
    evidence_until=NOW,
    suitability_until=NOW,
)
ALICE = replace(BOB, wallet="0xA11CE", number=1, balance=1_050, frozen=0, locked_until=NOW, held=1_050)
STANDING = Standing(
    filing="sample",
    now=NOW,
    state="effective",
    list_version_given="2024",
    list_version_now="2024",
    answers_good_until=NOW,
    eligibility_broken="",
    opinions_good_until=NOW,
    fx_missing=(),
    fx_reference="outbound-investment 1, fx-registration 2",
    fx_good_until=NOW,
    quota=50_100,
    raised=50_000,
    asked=100,
    providers_missing=(),
    plan_filed="0x1",
    plan_now="0x1",
    plan_deployed="",
    accounts_known=True,
)
GOOD = Facts(
    now=NOW,
    filing=FILING,
    token=TOKEN,
    receiver=BOB,
    private=PrivateFacts("bob", ("HK",), NOW, "clear"),
    amount=100,
    standing=STANDING,
    denied=("CN", "US"),
)


def test_all_right_is_no_refusal_at_the_last_good_second() -> None:
    """Expiries and due dates name the last good second."""
    assert gates.decide(GOOD) == []


@pytest.mark.parametrize(
    ("part", "change", "expected"),
    [
        ("filing", {"status": "suspended"}, ("R-03", "filing-not-effective")),
        ("filing", {"paused": True}, ("R-62", "token-paused")),
        ("filing", {"last_good": NOW - 1}, ("R-81", "disclosure-overdue")),
        ("filing", {"made": 2}, ("R-29", "plan-incomplete")),
        ("token", {"maturity": NOW - 1}, ("R-42", "matured")),
        ("token", {"closed": True}, ("R-59", "issue-closed")),
        ("standing", {"plan_now": "0x2"}, ("R-42", "plan-drift")),
        ("standing", {"plan_deployed": "lot: 50, filed 100"}, ("R-42", "terms-drift")),
        ("standing", {"eligibility_broken": "R-10"}, ("R-13", "eligibility-broken")),
        ("standing", {"opinions_good_until": NOW - 1}, ("R-35", "opinion-expired")),
        ("standing", {"quota": 50_099}, ("R-101", "quota-exceeded")),
        ("private", {"screening": "stale"}, ("R-53", "receiver-not-screened")),
        ("receiver", {"blocked": True}, ("R-53, R-62", "receiver-blocked")),
        ("receiver", {"evidence_until": NOW - 1}, ("R-56", "evidence-expired")),
        ("receiver", {"suitability_until": NOW - 1}, ("R-47", "suitability-expired")),
        ("receiver", {"regimes": 0b100}, ("R-43, R-45, R-54", "regime-not-accepted")),
        ("receiver", {"capacity": 1}, ("R-47", "risk-above-capacity")),
        ("private", {"proven_at": 0}, ("R-50", "wallet-not-proven")),
        ("private", {"jurisdictions": ("HK", "CN")}, ("R-43", "jurisdiction-denied")),
        ("private", {"jurisdictions": ("US",)}, ("R-54", "jurisdiction-denied")),
        ("", {"amount": 150}, ("R-57", "not-a-lot")),
        ("", {"amount": 0}, ("R-57", "nothing-asked")),
        ("token", {"holders": 10}, ("R-57", "holder-limit")),
        ("receiver", {"held": 49_950}, ("R-57", "share-limit")),
        ("token", {"minted": 100_000}, ("R-59", "cap-exceeded")),
    ],
)
def test_one_thing_wrong_is_one_refusal(part: str, change: dict[str, Any], expected: tuple[str, str]) -> None:
    """A gate looks at its own matter alone."""
    facts = replace(GOOD, **({part: replace(getattr(GOOD, part), **change)} if part else change))
    assert [(refusal.rule, refusal.reason) for refusal in gates.decide(facts)] == [expected]


def test_an_unknown_receiver_is_told_so_and_no_more() -> None:
    """Of a stranger nothing else is known, so nothing else is said of the chain's facts."""
    refusals = gates.decide(replace(GOOD, receiver=PartyFacts("0xE")))
    assert [refusal.reason for refusal in refusals] == ["receiver-unknown"]


def test_all_gates_run() -> None:
    """Every reason at once, in the order of the rules."""
    facts = replace(
        GOOD,
        filing=replace(FILING, status="suspended", paused=True),
        receiver=replace(BOB, blocked=True, capacity=0),
        amount=150,
    )
    assert [refusal.reason for refusal in gates.decide(facts)] == [
        "filing-not-effective",
        "token-paused",
        "receiver-blocked",
        "risk-above-capacity",
        "not-a-lot",
    ]


def test_the_mint_that_reaches_the_cap_may_be_an_odd_lot() -> None:
    token = replace(TOKEN, minted=100_000, cap=100_050)
    assert gates.decide(replace(GOOD, token=token, amount=50)) == []


def test_a_row_that_passed_counts_for_the_next() -> None:
    """Totals run on within a table: the second newcomer meets the holder limit."""
    token = gates.after(TOKEN, BOB, 100)
    assert (token.minted, token.holders) == (50_100, 10)
    carol = replace(BOB, wallet="0xCA201", number=3)
    assert [r.reason for r in gates.decide(replace(GOOD, token=token, receiver=carol))] == ["holder-limit"]


def moved(**changes: Any) -> list[str]:
    movement = Movement(NOW, FILING, TOKEN, ALICE, BOB, 100)
    return [refusal.reason for refusal in transfer_gates.why(replace(movement, **changes))]


def test_transfers_run_their_own_row_of_the_table() -> None:
    assert moved() == []
    assert moved(sender=replace(ALICE, locked_until=NOW + 1)) == ["locked"]
    assert moved(sender=replace(ALICE, frozen=1_000)) == ["frozen"]
    assert moved(sender=replace(ALICE, blocked=True)) == ["sender-blocked"]
    assert moved(sender=PartyFacts("0xE", balance=100)) == ["sender-unknown"]
    assert moved(amount=1_100) == ["insufficient-balance"]
    assert moved(amount=1_050) == []  # an emptied wallet may be an odd lot
    assert moved(filing=replace(FILING, last_good=NOW - 1)) == ["disclosure-overdue"]
    calm = replace(TOKEN, overdue_stops_transfers=False)
    assert moved(filing=replace(FILING, last_good=NOW - 1), token=calm) == []
    assert moved(filing=replace(FILING, made=2), token=replace(TOKEN, maturity=0)) == []  # of mints only


def test_who_leaves_makes_room_for_who_enters() -> None:
    full = replace(TOKEN, holders=10)
    assert moved(token=full) == ["holder-limit"]
    assert moved(token=full, amount=1_050) == []
    assert moved(token=full, receiver=replace(BOB, held=1)) == []


def test_neither_suspension_nor_pause_holds_a_redemption() -> None:
    stopped = replace(FILING, status="suspended", paused=True, last_good=0)
    nobody = PartyFacts("")
    assert transfer_gates.why_not_redeem(Movement(NOW, stopped, TOKEN, ALICE, nobody, 7)) == []
    frozen = replace(ALICE, frozen=1_050)
    assert [r.reason for r in transfer_gates.why_not_redeem(Movement(NOW, FILING, TOKEN, frozen, nobody, 7))] == [
        "frozen"
    ]


def test_slugs_are_the_chain_s_in_the_chain_s_order() -> None:
    """Python's transfer rules and Reason.sol speak of the same things in the same order."""
    worst = Movement(
        NOW,
        replace(FILING, status="lapsed", paused=True, last_good=0),
        replace(TOKEN, holders=10, max_share_bps=1),
        replace(ALICE, number=9, blocked=True, locked_until=NOW + 1, frozen=1_000),
        replace(BOB, blocked=True, evidence_until=0, suitability_until=0, regimes=0, capacity=0),
        1_051,
    )
    found = [refusal.reason for refusal in transfer_gates.why(worst)]
    numbers = {reason.slug: reason.number for reason in REASONS}
    assert [numbers[slug] for slug in found] == sorted(numbers[slug] for slug in found)
    assert len(found) == len(transfer_gates.TRANSFER) - 2  # known sender and receiver
