"""Admission: all gates on one set of facts, every reason at once, and the same answer again from what was stored."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import TODAY, couple, entity, evidence, investor, person

from abst.integrity.kinds import KINDS
from abst.investor.admission import (
    GATES,
    RECORD_GATES,
    AdmissionFacts,
    Session,
    assess,
    assess_record,
    decide,
    restored,
)
from abst.investor.model import EvidenceType, Kind, PrivateRecord, Role
from abst.investor.screening.facts import Hit, Screening
from abst.rulebook import load
from abst.values import canonical, first_second_of, last_second_of

BOOK = load()
ZONE = "Asia/Hong_Kong"
NOW = first_second_of(TODAY, ZONE) + 3600
LISTS = (("un", "0x11"),)
CLEAR = Screening(LISTS, LISTS, (), NOW - 60)
CAME = Session(NOW - 60, "HK", True, True, True)


def facts(record: PrivateRecord | None = None, **changes: Any) -> AdmissionFacts:
    good = AdmissionFacts("inv-1", record or investor(), CLEAR, NOW - 60, NOW, ZONE, sessions=(CAME,))
    return replace(good, **changes)


def reasons(found: AdmissionFacts) -> list[str]:
    return [refusal.reason for refusal in decide(found, BOOK)]


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_in_order_is_admitted(kind: Kind) -> None:
    """Every gate passes, and the chain is told regime, capacity, residence and last good seconds."""
    record = couple() if kind is Kind.JOINT else (investor if kind is Kind.INDIVIDUAL else entity)(kind=kind)
    if kind in {Kind.TRUST_CORPORATION, Kind.INSTITUTION}:
        record = entity(kind)
    found = assess(facts(record), BOOK)
    assert found.refusals == ()
    assert (found.facts.regimes, found.facts.capacity, found.facts.jurisdiction) == (1, 5, "HK")
    assert found.summary()["risk_class"] == "low"
    assert found.summary()["parent_control"] == "parent-control-1"


def test_everything_wrong_is_told_at_once() -> None:
    """Ten gates refuse one record, each by its rule."""
    record = investor(residence=("CN",), answers=None, acknowledged=(), risk_class="", persons=(person(),), evidence=())
    hits = (Hit("un", "QDi.1", "sanction", "", 9_000, "open"),)
    bad = facts(record, screening=replace(CLEAR, hits=hits), proven_at=0, sessions=())
    rules = [refusal.rule for refusal in decide(bad, BOOK)]
    assert set(rules) == {"R-43", "R-44", "R-45", "R-47", "R-48", "R-49", "R-50", "R-52", "R-53", "R-54"}
    assert assess(bad, BOOK).facts.regimes == 0


def test_reasons_and_stored_facts_hold_nothing_personal() -> None:
    """Names, numbers, addresses and amounts are in no refusal, no summary and not in the facts a decision stores."""
    record = entity(
        name="Secret Name",
        address="Secret Street",
        persons=(person(name="Secret Owner", share_bps=10),),
        evidence=(evidence(hkd="7654321.09", asset="home"), evidence(EvidenceType.ASSETS, hkd="1234567.89")),
        answers=None,
    )
    found = facts(record)
    told = str(decide(found, BOOK)) + str(assess(found, BOOK).summary()) + json.dumps(found.stored)
    assert "ecret" not in told
    for amount in ("7,654,321", "7654321", "1,234,567", "1234567", "8,888,888"):
        assert amount not in told
    canonical(assess(found, BOOK).summary())


# ---- denial dominates

signals = st.sampled_from(["nationality", "residence", "address_country", "payment_account_country", "ip_countries"])


@given(signals, st.integers(800_000_000, 10**15), st.sampled_from(["none", "sessions", "person"]))
def test_denial_dominates_everything(signal: str, cents: int, elsewhere: str) -> None:
    """However rich and well suited: one mainland signal anywhere, and there is no ground and no admission."""
    record = investor(evidence=(evidence(amount=cents), evidence(EvidenceType.OFFSHORE)))
    found = facts(record.model_copy(update={signal: ("HK", "CN")}))
    if elsewhere == "sessions":
        found = facts(record, sessions=(CAME, Session(NOW, "CN", True, True)))
    if elsewhere == "person":
        holders = (person("holder-1", Role.HOLDER), person("holder-2", Role.HOLDER, residence=("CN",)))
        found = facts(couple(persons=holders, evidence=(evidence(amount=cents, basis="joint-associate"),)))
    judged = assess(found, BOOK)
    assert [refusal.rule for refusal in judged.refusals] == ["R-43"]
    assert (judged.facts.regimes, judged.facts.evidence_until, judged.classification.codes) == (0, 0, ())


# ---- to the second


def test_seconds_are_the_zone_s() -> None:
    """The last second of the last good day in the zone passes, the next does not; another zone has another one."""
    record = investor()
    until = assess_record(record, BOOK, NOW, ZONE).facts.evidence_until
    assert until == last_second_of(assess_record(record, BOOK, NOW, ZONE).classification.until or TODAY, ZONE)
    for zone, second in ((ZONE, until), ("Europe/London", until + 7 * 3600)):
        assert assess_record(record, BOOK, second, zone).classification.codes == ("hk-pi",)
        assert assess_record(record, BOOK, second + 1, zone).classification.codes == ()
    assert reasons(facts(at=until)) == []
    assert reasons(facts(at=until + 1)) == ["evidence-expired", "no-declaration"]


@given(st.integers(-5, 5))
def test_a_proof_and_a_session_are_not_of_the_future(offset: int) -> None:
    """At this very second they count; a second later they have not been yet."""
    late = offset > 0
    assert reasons(facts(proven_at=NOW + offset)) == (["wallet-not-proven"] if late else [])
    assert reasons(facts(sessions=(replace(CAME, at=NOW + offset),))) == (["session-missing"] if late else [])


# ---- who, and screening


def test_a_session_is_whole() -> None:
    """Country, place and device are all there, of the onboarding; a later session does not stand in for it."""
    for lacking in ({"country": ""}, {"place": False}, {"device": False}, {"onboarding": False}):
        assert reasons(facts(sessions=(replace(CAME, **lacking),))) == ["session-missing"]
    assert reasons(facts(sessions=(replace(CAME, place=False), CAME))) == []


@pytest.mark.parametrize(
    ("screening", "expected"),
    [
        (Screening(), ["no-screening-list"]),
        (replace(CLEAR, lists=()), ["screening-stale"]),
        (replace(CLEAR, hits=(Hit("un", "e", "sanction", "", 9_000, "open"),)), ["screening-hit-open"]),
        (replace(CLEAR, hits=(Hit("un", "e", "sanction", "owner-1", 9_000, "confirmed"),)), ["sanctioned"]),
        (replace(CLEAR, hits=(Hit("un", "e", "sanction", "", 9_000, "cleared"),)), []),
        (replace(CLEAR, hits=(Hit("pep", "e", "pep", "", 9_000, "confirmed"),)), ["exposed-class-too-low"]),
    ],
)
def test_screening_is_one_of_the_gates(screening: Screening, expected: list[str]) -> None:
    """Without a list, stale, open or confirmed: refused; a politically exposed client needs the high class."""
    assert reasons(facts(screening=screening)) == expected


def test_an_exposed_client_in_the_high_class_passes() -> None:
    """The class is the setting's: where the operator asks for medium, medium is enough."""
    exposed = replace(CLEAR, hits=(Hit("pep", "e", "pep", "", 9_000, "confirmed"),))
    assert reasons(facts(investor(risk_class="high"), screening=exposed)) == []
    medium = facts(investor(risk_class="medium"), screening=exposed)
    assert reasons(medium) == ["exposed-class-too-low"]
    assert decide(medium, BOOK.override("R-44", "exposed_class", "medium")) == []


@given(st.integers(0, 400), st.sampled_from(["DE", "US", "HK"]))
def test_private_routes_have_their_caps(alongside: int, home: str) -> None:
    """Fewer than 150 in one member state, 35 in the United States once they are not denied, elsewhere no cap (R-55)."""
    book = BOOK.override("R-54", "denied", [])
    cap = {"DE": 149, "US": 35}.get(home, 10_000)
    found = decide(facts(investor(residence=(home,)), alongside=alongside), book)
    assert [refusal.rule for refusal in found] == ["R-55"] * (alongside >= cap)


# ---- stored and again


@given(
    st.integers(0, NOW),
    st.lists(st.builds(Session, st.integers(0, NOW), st.sampled_from(["HK", "CN"]), st.booleans(), st.booleans())),
)
def test_stored_facts_give_the_same_answer(proven_at: int, sessions: list[Session]) -> None:
    """From canonical JSON and the record the facts come back equal, and so does every refusal."""
    found = facts(proven_at=proven_at, sessions=tuple(sessions))
    again = restored(json.loads(canonical(found.stored)), found.record)
    assert again == found
    assert decide(again, BOOK) == decide(found, BOOK)


def test_the_kind_is_known_and_restores_whole_facts() -> None:
    """Cases give the facts as plain data, the record included."""
    found = facts()
    plain = {**found.stored, "record": found.record.model_dump(mode="json")}
    assert KINDS["investor"].restore(plain) == found
    assert list(KINDS["investor"].decide(found, BOOK)) == []


def test_a_record_alone_is_judged_without_wallet_session_or_screening() -> None:
    """Recording and trying out ask the record's own gates, which are among all gates."""
    assert assess_record(investor(), BOOK, NOW, ZONE).refusals == ()
    assert set(RECORD_GATES) < set(GATES)
    for gate in GATES:
        assert (gate.__doc__ or "").startswith("R-")
