"""Where a filing stands at a mint: each gate alone, at, just under and just over its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.filing.fx import Registration, standing_of
from abst.filing.gates import (
    GATES,
    NO_END,
    NO_QUOTA,
    RETEST,
    Answered,
    RetestFacts,
    Standing,
    decide,
    judge,
    within_quota,
)
from abst.values import first_second_of, last_second_of

NOW = last_second_of(date(2026, 8, 31))
KINDS = ("outbound-investment", "fx-registration")
GOOD = Standing(
    filing="sample",
    now=NOW,
    state="effective",
    list_version_given="2024",
    list_version_now="2024",
    answers_good_until=NOW,
    eligibility_broken="",
    opinions_good_until=NOW,
    fx_missing=(),
    fx_reference="fx-registration FX-1",
    fx_good_until=NOW,
    quota=1_000_000,
    raised=0,
    asked=1_000_000,
    providers_missing=(),
    plan_filed="0xaa",
    plan_now="0xaa",
    plan_deployed="",
    accounts_known=True,
)


def reasons(facts: Standing) -> list[str]:
    return [refusal.reason for refusal in decide(facts)]


def test_everything_good_passes_in_its_last_second() -> None:
    """Opinion, registration and answers end now, the quota is filled exactly: nothing refuses."""
    assert decide(GOOD) == []


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("opinions_good_until", "opinion-expired"),
        ("fx_good_until", "fx-expired"),
        ("answers_good_until", "answers-stale"),
    ],
)
@pytest.mark.parametrize(("past", "refused"), [(-1, True), (0, False), (1, False)])
def test_what_ends_is_good_to_its_last_second(field: str, reason: str, past: int, refused: bool) -> None:
    """A second before now it has ended; now and a second later it is good."""
    end: dict[str, Any] = {field: NOW + past}
    assert reasons(replace(GOOD, **end)) == ([reason] if refused else [])


@pytest.mark.parametrize(("more", "refused"), [(-1, False), (0, False), (1, True)])
@pytest.mark.parametrize("raised", [0, 1, 999_999])
def test_the_quota_is_kept_to_the_unit(raised: int, more: int, refused: bool) -> None:
    """Raised and asked together may reach the quota and not pass it by one unit."""
    asked = 1_000_000 - raised + more
    assert reasons(replace(GOOD, raised=raised, asked=asked)) == (["quota-exceeded"] if refused else [])


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 10**15))
def test_the_quota_counts_raised_and_asked_alike(quota: int, raised: int, asked: int) -> None:
    """It refuses exactly when the sum passes the quota, and never where none is registered."""
    facts = replace(GOOD, quota=quota, raised=raised, asked=asked)
    assert (within_quota(facts) is not None) == (raised + asked > quota)
    assert within_quota(replace(facts, quota=NO_QUOTA)) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "suspended"}, "filing-not-effective"),
        ({"eligibility_broken": "R-10"}, "eligibility-broken"),
        ({"list_version_now": "2026"}, "list-version-old"),
        ({"opinions_good_until": 0}, "opinion-expired"),
        ({"plan_now": "0xbb"}, "plan-drift"),
        ({"plan_deployed": "terms[0].cap: 2, filed 1"}, "terms-drift"),
        ({"fx_missing": KINDS, "fx_good_until": 0}, "fx-reference-missing"),
        ({"accounts_known": False}, "accounts-missing"),
        ({"providers_missing": ("custody",)}, "provider-missing"),
    ],
)
def test_each_gate_refuses_alone(changes: dict[str, Any], reason: str) -> None:
    """One thing wrong gives one reason, and no other gate speaks."""
    assert reasons(replace(GOOD, **changes)) == [reason]


def test_all_gates_run() -> None:
    """A filing of which nothing stands is told every reason at once."""
    ruin = replace(
        GOOD,
        state="lapsed",
        list_version_now="2026",
        answers_good_until=0,
        eligibility_broken="R-09",
        opinions_good_until=0,
        fx_good_until=0,
        quota=1,
        plan_now="0xbb",
        plan_deployed="terms",
        accounts_known=False,
        providers_missing=("custody",),
    )
    assert len(decide(ruin)) == len(GATES) - 1
    assert len(decide(replace(ruin, fx_missing=KINDS))) == len(GATES) - 1


# ---- registrations


def made(
    kind: str, amount: int, begins: date, ends: date | None, currency: str = "CNY", number: str = "1"
) -> Registration:
    until = NO_END if ends is None else last_second_of(ends)
    return Registration(
        "authority", number, kind, amount, currency, begins, ends, first_second_of(begins), until, "", False
    )


JUNE, AUGUST = date(2026, 6, 1), date(2026, 8, 31)


@pytest.mark.parametrize(("past", "quota"), [(-1, 500), (0, 500), (1, 0)])
def test_a_registration_serves_to_the_last_second_of_its_last_day(past: int, quota: int) -> None:
    """The quota is there until 24:00 and gone a second later, and so is what it says of its end."""
    both = [made(KINDS[0], 9, JUNE, None), made(KINDS[1], 500, JUNE, AUGUST)]
    found = standing_of(both, KINDS, "CNY", NOW + past)
    assert (found.missing, found.quota, found.good_until) == ((), quota, NOW)


@pytest.mark.parametrize(("past", "missing"), [(-1, (KINDS[1],)), (0, ()), (1, ())])
def test_a_registration_begins_with_its_day(past: int, missing: tuple[str, ...]) -> None:
    """A second before its day it does not count."""
    both = [made(KINDS[0], 9, JUNE, None), made(KINDS[1], 500, AUGUST, None)]
    assert standing_of(both, KINDS, "CNY", first_second_of(AUGUST) + past).missing == missing


def test_the_quota_is_of_registrations_in_the_plans_currency() -> None:
    """Two registrations add up; another currency and the investment filing do not count; none at all is no quota."""
    several = [
        made(KINDS[0], 10_000, JUNE, None),
        made(KINDS[1], 500, JUNE, None),
        made(KINDS[1], 70, JUNE, None, number="2"),
        made(KINDS[1], 9_999, JUNE, None, currency="USD", number="3"),
    ]
    assert standing_of(several, KINDS, "CNY", NOW).quota == 570
    assert standing_of(several[:1], KINDS, "CNY", NOW).quota == NO_QUOTA
    assert standing_of(several[:1], KINDS, "CNY", NOW).missing == (KINDS[1],)


# ---- re-tests

RULES = ("R-07", "R-12", "R-14")


@given(
    st.lists(st.tuples(st.sampled_from((*RULES, "R-99")), st.sampled_from(("clear", "barred", "unknown"))), max_size=5)
)
def test_a_retest_passes_only_with_one_clear_answer_to_each(answers: list[tuple[str, str]]) -> None:
    """Anything missing, repeated, foreign, barred or unknown refuses."""
    facts = RetestFacts("sample", "2026", "2026", RULES, tuple(Answered(*answer) for answer in answers))
    good = sorted(answers) == sorted((rule, "clear") for rule in RULES)
    assert (judge(RETEST, facts) == []) == good
