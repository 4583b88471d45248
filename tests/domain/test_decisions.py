"""Officers, decisions, proposals, settings: two officers for every act of weight, and nothing rewritten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abst import audit, decisions
from abst.decisions import Approval, Decision, Officer, Proposal, hash_of_stored, judged_by, officers
from abst.decisions import settings as parameters
from abst.errors import AbstError, Conflict, IntegrityFailure, NotAuthorised, NotFound, Refusal, Refused, UsageError
from abst.rulebook import load, refuse
from abst.store import Store
from abst.values import Address, Hash, canonical
from databases import drop_trigger

REFUSAL = Refusal(
    "R-43", "jurisdiction-denied", "CN", "a jurisdiction not denied", "investor inv-1", "CSRC [2026] No.1"
)
STAFF = {
    "li": ["issuer"],
    "wu": ["gatekeeper"],
    "zhao": ["gatekeeper", "maker"],
    "qian": ["checker", "discloser"],
}


def hire(session: Session) -> None:
    for number, (name, roles) in enumerate(STAFF.items(), start=1):
        officers.add(session, name, Address(f"0x{number:040x}"), roles)


@pytest.fixture
def staffed(store: Store) -> Store:
    with store.begin() as session:
        hire(session)
    return store


def mint(session: Session, request: str = "r-1", maker: str = "li", **changes: Any) -> Proposal:
    content: dict[str, Any] = {"kind": "mint", "command": {"amount": 10**30}, "decision": None, **changes}
    return decisions.propose(session, **content, maker=maker, checker_role="gatekeeper", request=request, at=100)


def decide(session: Session, *refusals: Refusal) -> Decision:
    return decisions.record(
        session, kind="mint", facts={"supply": 10**30, "clock": 5}, refusals=refusals, rulebook=load(), at=5
    )


def test_an_officer_is_added_once(staffed: Store) -> None:
    """The same officer again is the stored one; a taken name or address conflicts."""
    with staffed.begin() as session:
        assert officers.add(session, "li", Address(f"0x{1:040x}"), ["issuer"]).roles == ["issuer"]
        for name, number, roles in (("li", 9, ["issuer"]), ("sun", 1, ["issuer"]), ("li", 1, ["maker"])):
            with pytest.raises(Conflict, match="taken"):
                officers.add(session, name, Address(f"0x{number:040x}"), roles)
        assert [officer.name for officer in officers.all(session)] == sorted(STAFF)
        found = officers.by_address(session, Address(f"0x{2:040x}"))
        assert found is not None
        assert found.name == "wu"


@pytest.mark.parametrize(
    "roles", [[], ["king"], ["issuer", "gatekeeper"], ["maker", "checker"], ["admin-maker", "admin-checker"]]
)
def test_one_officer_never_holds_both_keys(store: Store, roles: list[str]) -> None:
    """No role, an unknown one, or the two keys of one act are refused."""
    with store.begin() as session, pytest.raises(UsageError):
        officers.add(session, "li", Address(f"0x{1:040x}"), roles)


def test_a_role_is_required_of_officers_in_office(staffed: Store) -> None:
    """Require knows the officer, his role, and whether he has left."""
    with staffed.begin() as session:
        assert officers.require(session, "zhao", "maker").name == "zhao"
        with pytest.raises(NotAuthorised, match="does not hold"):
            officers.require(session, "li", "maker")
        with pytest.raises(NotFound):
            officers.require(session, "nobody", "maker")
        officers.leave(session, "zhao", at=7)
        officers.leave(session, "zhao", at=9)
        assert officers.get(session, "zhao").left_at == 7
        with pytest.raises(NotAuthorised, match="left"):
            officers.require(session, "zhao", "maker")


def test_a_decision_is_stored_whatever_came_out(staffed: Store) -> None:
    """Facts, refusals and rulebook are stored and read back; passed says whether nothing refused."""
    with staffed.begin() as session:
        passed, refused = decide(session), decide(session, REFUSAL)
    with staffed.read() as session:
        assert decisions.get_decision(session, passed.id).passed
        again = decisions.get_decision(session, refused.id)
        assert not again.passed
        assert again.refusals == (REFUSAL,)
        assert again.facts == {"supply": 10**30, "clock": 5, "rulebook": load().digest}
        assert passed.hash != refused.hash
        with pytest.raises(NotFound):
            decisions.get_decision(session, "dec-0")


@given(st.data())
def test_a_decisions_hash_covers_every_input_and_result(data: st.DataObject) -> None:
    """Changing any part of a decision changes its hash; the same parts give the same."""
    whole: dict[str, Any] = {
        "kind": "mint",
        "facts": {"a": 1},
        "results": [{"rule": "R-1", "passed": True}],
        "refusals": [],
        "rulebook": "1",
        "at": 5,
    }
    other = {
        "kind": "admit",
        "facts": {"a": data.draw(st.integers().filter(lambda number: number != 1))},
        "results": [{"rule": "R-1", "passed": False}],
        "refusals": [REFUSAL.as_dict()],
        "rulebook": "2",
        "at": 6,
    }
    part = data.draw(st.sampled_from(sorted(whole)))
    assert decisions.decision_hash(**whole) == decisions.decision_hash(**whole)
    assert decisions.decision_hash(**whole) != decisions.decision_hash(**{**whole, part: other[part]})


def test_a_stored_hash_can_be_worked_out_again(staffed: Store) -> None:
    """The hash worked out from the stored parts is the stored hash."""
    with staffed.begin() as session:
        decision = decide(session, REFUSAL)
    with staffed.read() as session:
        row = decisions.get_decision(session, decision.id)
        parts: dict[str, Any] = {"kind": row.kind, "facts": row.facts, "rulebook": row.rulebook, "at": row.at}
        assert row.hash == decisions.decision_hash(**parts, results=row.results, refusals=row.refusals_stored)


def test_a_refused_decision_is_no_ground_for_a_proposal(staffed: Store) -> None:
    """Proposing on a decision that did not pass raises all its refusals; the decision stays stored."""
    with staffed.begin() as session:
        refused = decide(session, REFUSAL)
    with staffed.begin() as session, pytest.raises(Refused) as caught:
        mint(session, decision=refused.id)
    assert caught.value.refusals == (REFUSAL,)


def test_the_second_officer_approves_what_he_was_shown(staffed: Store) -> None:
    """Maker proposes, checker approves that hash, the act is done: each once, all on record."""
    with staffed.begin() as session:
        decision = decide(session)
        proposal = mint(session, decision=decision.id)
        assert proposal.hash == decisions.proposal_hash("mint", {"amount": 10**30}, Hash(decision.hash), "li")
    with staffed.begin() as session:
        approved = decisions.approve(session, proposal.id, "wu", 200, expected_hash=proposal.hash)
        assert (approved.state, approved.checker, approved.decided_at) == ("approved", "wu", 200)
        with pytest.raises(Conflict, match="not open"):
            decisions.approve(session, proposal.id, "zhao", 201)
        assert decisions.finish(session, proposal.id, "done").state == "done"
        assert decisions.finish(session, proposal.id, "done").state == "done"
        with pytest.raises(Conflict):
            decisions.finish(session, proposal.id, "failed")
        word = session.scalars(select(Approval)).one()
        assert (word.maker, word.checker, word.verdict, word.hash) == ("li", "wu", True, proposal.hash)


def test_the_same_request_proposes_once(staffed: Store) -> None:
    """Proposing again under the same request gives the same proposal; other content conflicts."""
    with staffed.begin() as session:
        first = mint(session)
        assert mint(session).id == first.id
        assert decisions.find(session, "r-1") is first
        assert decisions.find(session, "r-2") is None
        with pytest.raises(Conflict, match="something else"):
            mint(session, command={"amount": 1})
        assert mint(session, request="r-2").id != first.id


def test_a_maker_is_never_his_own_checker(staffed: Store) -> None:
    """Code and database both refuse the maker as checker, also one who holds the checker's role."""
    with staffed.begin() as session:
        own = mint(session, maker="zhao")
        with pytest.raises(NotAuthorised, match="maker cannot"):
            decisions.approve(session, own.id, "zhao", 200)
        with pytest.raises(NotAuthorised, match="maker cannot"):
            decisions.reject(session, own.id, "zhao", 200)
    for statement in (
        "UPDATE proposal SET checker = maker, state = 'approved'",
        f"INSERT INTO approval VALUES ('a', '{own.id}', 'zhao', 'zhao', TRUE, 'h', 1)",
        f"INSERT INTO approval VALUES ('a', '{own.id}', 'wu', 'zhao', TRUE, 'h', 1)",
    ):
        with pytest.raises(IntegrityError), staffed.begin() as session:
            session.execute(text(statement))


def test_a_proposal_that_is_not_the_one_shown_is_not_approved(staffed: Store) -> None:
    """Another hash than the checker saw conflicts; content changed behind our back is an integrity failure."""
    with staffed.begin() as session:
        proposal = mint(session)
        with pytest.raises(Conflict, match="not the proposal shown"):
            decisions.approve(session, proposal.id, "wu", 200, expected_hash="0x00")
        with pytest.raises(NotAuthorised, match="does not hold"):
            decisions.approve(session, proposal.id, "qian", 200)
        with pytest.raises(NotFound):
            decisions.approve(session, "pro-0", "wu", 200)
    with staffed.begin() as session:
        drop_trigger(session, "proposal", "fixed")
        session.execute(text("UPDATE proposal SET command = '{}'"))
    with staffed.begin() as session, pytest.raises(IntegrityFailure, match="changed"):
        decisions.approve(session, proposal.id, "wu", 200)


def test_a_proposal_can_be_rejected_or_withdrawn(staffed: Store) -> None:
    """The checker says no with a reason, or the maker takes it back; either ends it."""
    with staffed.begin() as session:
        rejected = decisions.reject(session, mint(session).id, "wu", 200, "too early")
        assert (rejected.state, rejected.reason) == ("rejected", "too early")
        other = mint(session, request="r-2")
        with pytest.raises(NotAuthorised, match="only the maker"):
            decisions.withdraw(session, other.id, "wu", 200)
        assert decisions.withdraw(session, other.id, "li", 200).state == "withdrawn"
        for ended in (rejected, other):
            with pytest.raises(Conflict, match="not open"):
                decisions.approve(session, ended.id, "wu", 300)
            with pytest.raises(Conflict, match="not approved"):
                decisions.finish(session, ended.id, "done")
        with pytest.raises(UsageError):
            decisions.finish(session, other.id, "open")


def test_the_inbox_holds_what_an_officer_may_approve(staffed: Store) -> None:
    """Open proposals of his roles, never his own, oldest first; nothing for one who left."""
    with staffed.begin() as session:
        first, own = mint(session), mint(session, request="r-2", maker="zhao")
        assert {proposal.id for proposal in decisions.inbox(session, "wu")} == {first.id, own.id}
        assert [proposal.id for proposal in decisions.inbox(session, officers.get(session, "zhao"))] == [first.id]
        assert decisions.inbox(session, "qian") == []
        decisions.approve(session, first.id, "wu", 200)
        assert [proposal.id for proposal in decisions.inbox(session, "wu")] == [own.id]
        officers.leave(session, "wu", 300)
        assert decisions.inbox(session, "wu") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decision SET passed = NOT passed",
        "DELETE FROM decision",
        "UPDATE proposal SET command = '{}'",
        "UPDATE proposal SET maker = 'wu'",
        "DELETE FROM proposal",
        "UPDATE approval SET checker = 'zhao'",
        "DELETE FROM approval",
        "UPDATE setting SET value = '1'",
        "DELETE FROM setting",
        "UPDATE officer SET address = '0x0' WHERE name = 'li'",
        "DELETE FROM officer WHERE name = 'qian'",
        "UPDATE proposal SET state = 'perhaps'",
    ],
)
def test_the_database_keeps_the_record(staffed: Store, statement: str) -> None:
    """What was decided, proposed, approved or set is never changed or deleted, whoever asks the database."""
    with staffed.begin() as session:
        decide(session, REFUSAL)
        decisions.approve(session, mint(session).id, "wu", 200)
        parameters.put(session, "R-54.denied", ["US"], reason="default", officer="qian", at=1)
    with pytest.raises(IntegrityError), staffed.begin() as session:
        session.execute(text(statement))


@settings(max_examples=15, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from("abc"), st.integers() | st.lists(st.text(max_size=3))), max_size=8))
def test_the_last_setting_holds_and_none_is_lost(
    new_store: Callable[[], Store], changes: list[tuple[str, object]]
) -> None:
    """The value in force is the last one set; history has them all in order."""
    store = new_store()
    with store.begin() as session:
        hire(session)
        for at, (key, value) in enumerate(changes):
            parameters.put(session, key, value, reason="policy", officer="qian", at=at)
    with store.read() as session:
        assert parameters.current(session) == dict(changes)
        for key in "abcd":
            assert parameters.get(session, key, "unset") == dict(changes).get(key, "unset")
            assert [row.value for row in parameters.history(session, key)] == [v for k, v in changes if k == key]


def test_a_setting_needs_value_reason_and_officer(staffed: Store) -> None:
    """No value, no reason or no known officer: no change."""
    with staffed.begin() as session:
        with pytest.raises(UsageError, match="value"):
            parameters.put(session, "k", None, reason="why", officer="li", at=1)
        with pytest.raises(UsageError, match="reason"):
            parameters.put(session, "k", 1, reason=" ", officer="li", at=1)
        with pytest.raises(NotFound):
            parameters.put(session, "k", 1, reason="why", officer="nobody", at=1)
        assert parameters.current(session) == {}


class TwoOfficers(RuleBasedStateMachine):
    """Random officers doing random things to a few proposals."""

    new_store: Callable[[], Store]

    @initialize()
    def start(self) -> None:
        self.store = type(self).new_store()
        with self.store.begin() as session:
            hire(session)

    @rule(
        act=st.sampled_from(["propose", "approve", "reject", "withdraw", "done", "failed", "leave"]),
        officer=st.sampled_from(sorted(STAFF)),
        request=st.sampled_from(["r-1", "r-2"]),
    )
    def step(self, act: str, officer: str, request: str) -> None:
        with self.store.begin() as session:
            found = decisions.find(session, request)
            try:
                if act == "propose":
                    mint(session, request=request, maker=officer)
                elif act == "leave":
                    officers.leave(session, officer, 1)
                elif found is not None and act in ("done", "failed"):
                    decisions.finish(session, found.id, act)
                elif found is not None:
                    getattr(decisions, act)(session, found.id, officer, 5)
            except AbstError:
                session.rollback()

    @invariant()
    def nothing_happens_without_a_second_officer_of_the_role(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as session:
            words = {word.proposal: word for word in session.scalars(select(Approval))}
            for proposal in session.scalars(select(Proposal)):
                word = words.get(proposal.id)
                assert (word is not None) == (proposal.state in ("approved", "done", "failed", "rejected"))
                if word is not None:
                    assert word.verdict == (proposal.state != "rejected")
                    assert word.checker == proposal.checker != proposal.maker
                    assert "gatekeeper" in session.get_one(Officer, word.checker).roles


def test_no_order_of_acts_gets_round_the_second_officer(new_store: Callable[[], Store]) -> None:
    """Whatever officers do in whatever order, a proposal moves only by another officer who holds the role."""
    TwoOfficers.new_store = staticmethod(new_store)
    run_state_machine_as_test(TwoOfficers, settings=settings(max_examples=12, stateful_step_count=12, deadline=None))


def test_a_draft_is_what_a_record_would_be(store: Store) -> None:
    """Given the same inputs, a decision kept with many should have the hash and content of one recorded alone."""
    no = refuse("R-57", "share-limit", found="12", needed="at most 9", where="row 3: “名”")
    judged = [judged_by("sample", [no], {"amount": 2**200, "of": ["a", None, True], "at": date(2026, 2, 6)})]
    given = {"kind": "mint", "facts": {"b": 1, "a": "é\n"}, "rulebook": load(), "at": 7, "judged": judged}
    with store.begin() as session:
        alone = decisions.record(session, **given)
        draft = decisions.draft(session, **given)
        decisions.keep(session, [draft])
        kept = decisions.get_decision(session, draft.id)
        assert (draft.hash, kept.hash, hash_of_stored(kept)) == (alone.hash, alone.hash, alone.hash)
        for name in ("kind", "facts", "results", "refusals", "passed", "rulebook", "at"):
            assert getattr(kept, name) == getattr(alone, name) or name == "facts"
        assert canonical(kept.facts) == canonical(alone.facts)
        audit.name_the_rest(session, actor="a", act="b", subject="c", at=7)
        (entry,) = audit.entries(session)
        assert entry.facts == {audit.DECISIONS: {alone.id: alone.hash, draft.id: draft.hash}}
