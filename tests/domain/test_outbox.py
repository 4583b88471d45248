"""The outbox: asked once, wanted once, signed at one nonce, and every state on record."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abst import outbox
from abst.errors import AbstError, Conflict, NotFound, UsageError
from abst.outbox import Attempt, Intent, Lane, LaneLease
from abst.outbox.tables import MOVES, NEXT_STEP, STATES
from abst.store import Store
from abst.values import Address, Hash, hash_of, to_bytes
from databases import blob

REGISTRY = hash_of(b"registry")
ISSUER = Address("0x" + "11" * 20)
AGENT = Address("0x" + "22" * 20)
TOKEN = Address("0x" + "33" * 20)


def operation(lot: int) -> Hash:
    return outbox.operation_id(REGISTRY, "r-1", lot)


def want(session: Session, lot: int, *depends_on: str, **changes: Any) -> Intent:
    content: dict[str, Any] = {
        "kind": "mint",
        "signer": ISSUER,
        "to": TOKEN,
        "data": b"\x01",
        "request": "r-1",
        **changes,
    }
    return outbox.enqueue(session, operation=operation(lot), depends_on=depends_on, at=10, **content)


def sign(session: Session, intent: Intent, nonce: int, raw: bytes | None = None, at: int = 20) -> Attempt:
    content = raw or f"{intent.id} {nonce}".encode()
    return outbox.record_attempt(session, intent.id, Address(intent.signer), nonce, content, hash_of(content), at)


@pytest.fixture
def asked(store: Store) -> Store:
    with store.begin() as session:
        outbox.begin_request(session, "r-1", "mint", {"amount": 10**30}, 10)
    return store


@given(request=st.text(max_size=30), lot=st.integers(0, 2**256 - 1))
def test_an_operation_id_is_what_a_contract_would_compute(request: str, lot: int) -> None:
    """The id is keccak of abi.encode(bytes32, bytes32, uint256), as eth-abi encodes it."""
    encoded = encode(["bytes32", "bytes32", "uint256"], [to_bytes(REGISTRY), to_bytes(hash_of(request.encode())), lot])
    assert outbox.operation_id(REGISTRY, request, lot) == hash_of(encoded)


def test_the_same_request_gets_the_first_result(store: Store) -> None:
    """The same id and content is the stored request with its result; other content or command conflicts."""
    with store.begin() as session:
        outbox.begin_request(session, "r-1", "mint", {"amount": 1, "to": "a"}, 10)
        outbox.finish_request(session, "r-1", "done", {"tx": "0x01"})
    with store.begin() as session:
        again = outbox.begin_request(session, "r-1", "mint", {"to": "a", "amount": 1}, 99)
        assert (again.at, again.outcome, again.result) == (10, "done", {"tx": "0x01"})
        for command, content in (("mint", {"amount": 2, "to": "a"}), ("burn", {"amount": 1, "to": "a"})):
            with pytest.raises(Conflict, match="something else"):
                outbox.begin_request(session, "r-1", command, content, 99)


def test_an_answer_is_given_once(asked: Store) -> None:
    """Waiting may become an answer; an answer stays, and may only be given again as it was."""
    with asked.begin() as session:
        assert outbox.finish_request(session, "r-1", "waiting", {}).outcome == "waiting"
        outbox.finish_request(session, "r-1", "done", {"a": 1})
        assert outbox.finish_request(session, "r-1", "done", {"a": 1}).result == {"a": 1}
        for outcome, result in (("done", {"a": 2}), ("waiting", {}), ("refused", {"a": 1})):
            with pytest.raises(Conflict, match="answered"):
                outbox.finish_request(session, "r-1", outcome, result)
        with pytest.raises(NotFound):
            outbox.finish_request(session, "r-0", "done", {})


def test_a_retry_names_what_it_repeats(asked: Store) -> None:
    """A request may name the rejected one it repeats, if there is one."""
    with asked.begin() as session:
        assert outbox.begin_request(session, "r-2", "mint", {}, 10, retry_of="r-1").retry_of == "r-1"
        with pytest.raises(NotFound):
            outbox.begin_request(session, "r-3", "mint", {}, 10, retry_of="r-0")


def test_the_same_intent_is_wanted_once(asked: Store) -> None:
    """Enqueueing the same operation again is the stored intent; any other content under its id conflicts."""
    with asked.begin() as session:
        first = want(session, 0)
        second = want(session, 1, first.id)
        assert want(session, 1, first.id).id == second.id
        outbox.begin_request(session, "r-2", "mint", {}, 10)
        changes: list[dict[str, Any]] = [
            {"data": b"\x02"},
            {"to": AGENT},
            {"signer": AGENT},
            {"kind": "burn"},
            {"request": "r-2"},
        ]
        for change in changes:
            with pytest.raises(Conflict, match="something else"):
                want(session, 1, first.id, **change)
        with pytest.raises(Conflict, match="something else"):
            want(session, 1)
        assert [intent.id for intent in outbox.of_request(session, "r-1")] == [first.id, second.id]
        with pytest.raises(NotFound):
            want(session, 2, "int-0")


def test_an_intent_is_wanted_only_with_its_change(asked: Store) -> None:
    """An intent enqueued in a unit of work that fails is not there."""

    def fail(session: Session) -> None:
        want(session, 0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), asked.begin() as session:
        fail(session)
    with asked.read() as session:
        assert outbox.counts(session) == dict.fromkeys(STATES, 0)


def test_an_intent_goes_when_all_it_needs_is_final(asked: Store) -> None:
    """Ready are pending intents whose dependencies are all final, in order of enqueueing, of one signer if asked."""
    with asked.begin() as session:
        one, two = want(session, 0), want(session, 1, signer=AGENT)
        three = want(session, 2, one.id, two.id)
        assert [intent.id for intent in outbox.ready(session)] == [one.id, two.id]
        assert [intent.id for intent in outbox.ready(session, signer=AGENT)] == [two.id]
        assert [intent.id for intent in outbox.ready(session, limit=1)] == [one.id]
        with pytest.raises(Conflict, match="waits"):
            sign(session, three, 0)
        for intent in (one, two):
            assert three.id not in [ready.id for ready in outbox.ready(session)]
            sign(session, intent, 0)
            assert [other.id for other in outbox.unsettled(session, signer=intent.signer)] == [intent.id]
            outbox.settle(session, intent.id, "mined", at=30)
            outbox.settle(session, intent.id, "final", at=40)
        assert [intent.id for intent in outbox.ready(session)] == [three.id]
        assert want(session, 3, one.id).waits_for == 0
        assert outbox.unsettled(session) == []
        assert outbox.counts(session) == {**dict.fromkeys(STATES, 0), "final": 2, "pending": 2}


def test_what_waits_for_a_rejected_intent_is_rejected_with_it(asked: Store) -> None:
    """A rejection reaches everything that waits for it, at any distance, with the reason; nothing is left waiting."""
    with asked.begin() as session:
        one = want(session, 0)
        two = want(session, 1, one.id)
        three = want(session, 2, two.id, one.id)
        other = want(session, 3)
        outbox.settle(session, one.id, "rejected", at=30, reason="cap reached")
        assert {outbox.get(session, intent.id).state for intent in (one, two, three)} == {"rejected"}
        assert one.id in two.reason
        assert [intent.id for intent in outbox.ready(session)] == [other.id]
        assert [entry.state for entry in outbox.history(session, three.id)] == ["pending", "rejected"]
        with pytest.raises(Conflict, match="for ever"):
            want(session, 4, two.id)


def test_every_state_is_on_record_with_time_and_reason(asked: Store) -> None:
    """The history has each state entered, when and why; a block taken back is forgotten, the next one kept."""
    block, other = hash_of(b"block"), hash_of(b"other")
    with asked.begin() as session:
        intent = want(session, 0)
        attempt = sign(session, intent, 7)
        assert intent.tx_hash == attempt.tx_hash
        outbox.settle(session, intent.id, "mined", at=30, block_hash=block, block_number=5)
        outbox.settle(session, intent.id, "mined", at=31, block_hash=block, block_number=5)
        outbox.settle(session, intent.id, "sent", at=32, reason="reorganised")
        assert intent.block_hash is None
        outbox.settle(session, intent.id, "mined", at=33, block_hash=other, block_number=6)
        outbox.settle(session, intent.id, "final", at=34)
        assert (intent.block_hash, intent.block_number, intent.next_step) == (other, 6, "nothing to do")
        assert [(entry.state, entry.at, entry.reason) for entry in outbox.history(session, intent.id)] == [
            ("pending", 10, ""),
            ("sent", 20, ""),
            ("mined", 30, ""),
            ("sent", 32, "reorganised"),
            ("mined", 33, ""),
            ("final", 34, ""),
        ]
        with pytest.raises(Conflict, match="in block"):
            outbox.settle(session, intent.id, "final", at=35, block_hash=block, block_number=5)


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("goal", [*STATES, "lost"])
def test_only_known_moves_are_made(asked: Store, start: str, goal: str) -> None:
    """From each state only the moves of the table are made; the same state again changes nothing."""
    with asked.begin() as session:
        intent = want(session, 0)
        if start == "sent" or (goal == "sent" and start == "mined"):
            sign(session, intent, 0)
        outbox.settle(session, intent.id, start, at=20, reason="first")
        signed = bool(outbox.attempts(session, intent.id))
        before = len(outbox.history(session, intent.id))
        if goal in MOVES[start] and (goal not in ("pending", "sent") or signed == (goal == "sent")):
            assert outbox.settle(session, intent.id, goal, at=30).state == goal
            assert len(outbox.history(session, intent.id)) == before + 1
        elif goal == start:
            assert outbox.settle(session, intent.id, goal, at=30).at == intent.at
            assert len(outbox.history(session, intent.id)) == before
        else:
            with pytest.raises(Conflict if goal in STATES else UsageError):
                outbox.settle(session, intent.id, goal, at=30)
    assert set(MOVES) == set(NEXT_STEP) == set(STATES)


def test_a_person_may_begin_anew_only_what_was_not_signed(asked: Store) -> None:
    """From needs_attention back to pending: only when no bytes are out; else the same bytes are sent again."""
    with asked.begin() as session:
        fresh, signed = want(session, 0), want(session, 1)
        sign(session, signed, 0)
        for intent in (fresh, signed):
            outbox.settle(session, intent.id, "needs_attention", at=30, reason="node refuses")
        assert [intent.id for intent in outbox.in_states(session, ["needs_attention"])] == [fresh.id, signed.id]
        assert outbox.settle(session, fresh.id, "pending", at=40).state == "pending"
        with pytest.raises(Conflict, match="signed bytes"):
            outbox.settle(session, signed.id, "pending", at=40)
        outbox.settle(session, fresh.id, "mined", at=41, reason="found on chain")
        with pytest.raises(Conflict, match="nothing was signed"):
            outbox.settle(session, fresh.id, "sent", at=42)
        assert outbox.settle(session, fresh.id, "pending", at=43, reason="block taken back").state == "pending"
        assert outbox.settle(session, signed.id, "sent", at=40).state == "sent"


def test_a_nonce_is_one_intents_for_good(asked: Store) -> None:
    """The next nonce is above ours and the chain's; no two intents share one, and no intent takes a second."""
    with asked.begin() as session:
        assert outbox.next_nonce(session, ISSUER, 4) == 4
        one, two = want(session, 0), want(session, 1)
        sign(session, one, 4)
        assert [outbox.next_nonce(session, ISSUER, chain) for chain in (0, 4, 5, 9)] == [5, 5, 5, 9]
        assert outbox.next_nonce(session, AGENT, 0) == 0
        with pytest.raises(Conflict, match="another intent's"):
            sign(session, two, 4)
        with pytest.raises(Conflict, match="another nonce"):
            sign(session, one, 5)
        with pytest.raises(Conflict, match="signer"):
            outbox.record_attempt(session, two.id, AGENT, 5, b"raw", hash_of(b"raw"), 20)
        lane = outbox.lane_of(session, one.id)
        assert lane is not None
        assert (lane.nonce, outbox.lane_of(session, two.id)) == (4, None)


def test_a_lost_nonce_is_the_only_way_to_a_second(asked: Store) -> None:
    """An intent takes another nonce only when its first was used by a transaction of somebody else's, for good."""
    theirs = hash_of(b"theirs")
    with asked.begin() as session:
        one = want(session, 0)
        own = sign(session, one, 0)
        outbox.settle(session, one.id, "needs_attention", at=30, reason="used elsewhere")
        with pytest.raises(Conflict, match="signed bytes"):
            outbox.settle(session, one.id, "pending", at=31)
        with pytest.raises(Conflict, match="ours"):
            outbox.lose(session, one.id, own.tx_hash, 5, 31)
        outbox.lose(session, one.id, theirs, 5, 31)
        assert outbox.lost(session, one.id)
        with pytest.raises(Conflict, match="nothing was signed"):
            outbox.settle(session, one.id, "sent", at=32)
        assert outbox.settle(session, one.id, "pending", at=32).state == "pending"
        sign(session, one, 1, b"again")
        lane = outbox.lane_of(session, one.id)
        assert lane is not None
        assert ((lane.nonce, lane.turn), outbox.lost(session, one.id)) == ((1, 1), False)
        with pytest.raises(Conflict, match="another nonce"):
            sign(session, one, 2, b"a third")
        with pytest.raises(NotFound):
            outbox.lose(session, want(session, 1).id, theirs, 5, 33)


def test_a_halted_lane_goes_on_when_it_is_lifted(asked: Store) -> None:
    """The first reason stays; what was held up unsigned may go again; what was signed waits for a choice of its own."""
    with asked.begin() as session:
        waits, signed = want(session, 0), want(session, 1)
        sign(session, signed, 0)
        for reason in ("first", "second"):
            outbox.halt(session, ISSUER, 1, reason, 20)
        for intent in (waits, signed):
            outbox.settle(session, intent.id, "needs_attention", at=30, reason="halted")
        assert [(row.signer, row.reason) for row in outbox.halts(session)] == [(ISSUER, "first")]
        lane = outbox.standing(session, ISSUER)
        assert (lane.next, lane.halt, lane.blocked, lane.in_flight) == (1, "first", signed.id, 0)
        outbox.lift(session, ISSUER, 7, 40)
        assert (waits.state, signed.state) == ("pending", "needs_attention")
        assert (outbox.standing(session, ISSUER).next, outbox.standing(session, ISSUER).halt) == (7, "")
        assert outbox.next_nonce(session, ISSUER, 0) == 7
        assert outbox.waiting(session) == {ISSUER: 1}
        assert outbox.standing(session, AGENT) == outbox.Standing(AGENT, None, 0, "", 0, "", "")


def test_a_lane_is_taken_kept_and_given_back(asked: Store) -> None:
    """The holder keeps the second since when; another gives nothing back that is not his."""
    with asked.begin() as session:
        outbox.take(session, ISSUER, "one", 100, 30)
        outbox.take(session, ISSUER, "one", 110, 30)
        row = session.get(LaneLease, ISSUER)
        assert row is not None
        assert (row.holder, row.taken_at, row.until) == ("one", 100, 140)
        outbox.give_back(session, ISSUER, "two")
        assert outbox.standing(session, ISSUER).holder == "one"
        outbox.take(session, ISSUER, "two", 150, 30)
        assert (row.holder, row.taken_at) == ("two", 150)
        outbox.give_back(session, ISSUER, "two")
        assert outbox.standing(session, ISSUER).holder == ""


def test_many_are_signed_and_settled_together(asked: Store) -> None:
    """A batch is stored whole or not at all; one that waited for several final ones goes when the last is."""
    with asked.begin() as session:
        ids = [want(session, lot).id for lot in range(4)]
        last = want(session, 4, *ids).id
    batch = [outbox.Bytes(one, nonce, bytes([nonce]), hash_of(bytes([nonce]))) for nonce, one in enumerate(ids)]
    with pytest.raises(Conflict), asked.begin() as session:
        outbox.record_attempts(session, ISSUER, [*batch, outbox.Bytes(last, 4, b"x", hash_of(b"x"))], 20)
    with asked.begin() as session:
        assert outbox.counts(session)["sent"] == 0
        assert [one.seq for one in outbox.record_attempts(session, ISSUER, batch, 20)]
        assert outbox.in_flight(session, ISSUER) == 4
        outbox.settle_all(session, [outbox.Change(one, "final") for one in ids[:3]], 30)
        assert outbox.get(session, last).waits_for == 1
        assert outbox.ready(session) == []
        outbox.settle_all(session, [outbox.Change(ids[3], "final"), outbox.Change(ids[0], "final")], 31)
        assert [one.id for one in outbox.ready(session)] == [last]


def test_bytes_are_kept_and_a_higher_fee_is_a_further_attempt(asked: Store) -> None:
    """The same bytes again are the stored attempt; other bytes at the nonce are one more; a hash is one intent's."""
    with asked.begin() as session:
        one, two = want(session, 0), want(session, 1)
        first = sign(session, one, 0, b"\x00raw")
        assert sign(session, one, 0, b"\x00raw", at=99).seq == first.seq
        bumped = sign(session, one, 0, b"\x01raw")
        assert [attempt.raw for attempt in outbox.attempts(session, one.id)] == [b"\x00raw", b"\x01raw"]
        assert one.tx_hash == bumped.tx_hash
        assert len(outbox.history(session, one.id)) == 2
        with pytest.raises(Conflict, match="another attempt"):
            sign(session, two, 1, b"\x00raw")
        outbox.settle(session, one.id, "final", at=30, tx_hash=first.tx_hash)
        assert one.tx_hash == first.tx_hash
        with pytest.raises(Conflict, match="ended"):
            sign(session, one, 0, b"\x02raw")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attempt SET raw = x'00'",
        "DELETE FROM attempt",
        "UPDATE attempt SET cancels = NOT cancels",
        "UPDATE lane SET nonce = 9",
        "INSERT INTO lane SELECT signer, 9, intent, turn FROM lane",
        "UPDATE intent SET data = x'00'",
        "UPDATE intent SET state = 'perhaps'",
        "DELETE FROM intent WHERE seq = 2",
        "UPDATE intent_state SET reason = 'x'",
        "DELETE FROM intent_state",
        "DELETE FROM intent_dependency",
        "UPDATE request SET content = '{}'",
        "DELETE FROM request",
        "INSERT INTO attempt SELECT 9, intent, signer, 5, raw, 'other', at, cancels FROM attempt",
    ],
)
def test_the_database_keeps_what_was_wanted_and_signed(asked: Store, statement: str) -> None:
    """Content, nonces, signed bytes and history are never changed or deleted, whoever asks the database."""
    with asked.begin() as session:
        one = want(session, 0)
        want(session, 1, one.id)
        sign(session, one, 0)
    with pytest.raises(IntegrityError), asked.begin() as session:
        session.execute(text(blob(session, statement)))


def _send_all(url: str) -> None:
    """A sender: takes one ready intent at a time, each in a unit of work of its own."""
    store = Store(url)
    while True:
        with store.begin() as session:
            found = outbox.ready(session, limit=1)
            if not found:
                return
            sign(session, found[0], outbox.next_nonce(session, ISSUER, 0))


def test_two_senders_leave_no_gap_and_share_no_nonce(asked: Store) -> None:
    """Two processes that send 40 intents of one signer use the nonces 0 to 39, each once."""
    with asked.begin() as session:
        for lot in range(40):
            want(session, lot)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_send_all, args=(asked.url.render_as_string(),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    with asked.read() as session:
        assert sorted(session.scalars(select(Lane.nonce))) == list(range(40))
        assert outbox.counts(session)["sent"] == 40


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM intent WHERE state = 'pending' AND waits_for = 0 AND signer = 'x' ORDER BY seq LIMIT 9",
        "SELECT * FROM intent WHERE state = 'pending' AND waits_for = 0 ORDER BY seq LIMIT 9",
        "SELECT * FROM intent WHERE state IN ('sent', 'mined') ORDER BY seq",
        "SELECT * FROM intent WHERE operation = 'x'",
        "SELECT * FROM intent WHERE request = 'x' ORDER BY seq",
        "SELECT max(seq) FROM intent",
        "SELECT state, count(*) FROM intent GROUP BY state",
        "SELECT max(nonce) FROM lane WHERE signer = 'x'",
        "SELECT * FROM lane WHERE intent = 'x'",
        "SELECT * FROM attempt WHERE intent = 'x' ORDER BY seq",
        "SELECT * FROM attempt WHERE tx_hash = 'x'",
        "SELECT nonce, seq, tx_hash FROM attempt WHERE signer = 'x' AND nonce >= 9 ORDER BY nonce, seq",
        "SELECT count(*) FROM intent WHERE state = 'sent' AND waits_for = 0 AND signer = 'x'",
        "SELECT * FROM lane WHERE intent = 'x' ORDER BY turn DESC LIMIT 1",
        "SELECT max(nonce) FROM recovered_operation WHERE signer = 'x'",
        "SELECT intent FROM intent_dependency WHERE needs = 'x'",
        "SELECT * FROM intent_state WHERE intent = 'x' ORDER BY seq",
        "SELECT * FROM proposal WHERE state = 'open' AND checker_role IN ('a', 'b')",
        "SELECT max(seq) FROM audit",
        "SELECT * FROM audit WHERE subject = 'x' ORDER BY seq",
    ],
)
def test_no_question_reads_a_whole_table(sqlite_store: Store, query: str) -> None:
    """What sender, desks and ops ask is answered from an index, however many intents there are."""
    with sqlite_store.read() as session:
        plan = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert all(
        "INDEX" in step or "PRIMARY KEY" in step or "TEMP B-TREE" in step or step.startswith("SEARCH") for step in plan
    ), plan


class Sending(RuleBasedStateMachine):
    """Random enqueueing, signing and settling, against a plain model of what may be so."""

    new_store: Callable[[], Store]

    @initialize()
    def start(self) -> None:
        self.store = type(self).new_store()
        self.chain_nonce = 0
        with self.store.begin() as session:
            outbox.begin_request(session, "r-1", "mint", {}, 10)

    @rule(lot=st.integers(0, 5), needs=st.sets(st.integers(0, 5), max_size=2))
    def enqueue(self, lot: int, needs: set[int]) -> None:
        with self.store.begin() as session:
            found = [outbox.by_operation(session, operation(other)) for other in needs]
            self.attempt(session, lambda: want(session, lot, *[other.id for other in found if other is not None]))

    @rule(lot=st.integers(0, 5), skip=st.integers(0, 1))
    def sign(self, lot: int, skip: int) -> None:
        with self.store.begin() as session:
            intent = outbox.by_operation(session, operation(lot))
            if intent is not None:
                nonce = outbox.next_nonce(session, ISSUER, self.chain_nonce) - skip
                self.attempt(session, lambda: sign(session, intent, max(nonce, 0)))

    @rule(lot=st.integers(0, 5), state=st.sampled_from(STATES))
    def settle(self, lot: int, state: str) -> None:
        with self.store.begin() as session:
            intent = outbox.by_operation(session, operation(lot))
            if intent is not None:
                self.attempt(session, lambda: outbox.settle(session, intent.id, state, at=30))

    def attempt(self, session: Session, act: Callable[[], object]) -> None:
        try:
            act()
        except AbstError:
            session.rollback()

    @invariant()
    def the_promises_hold(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as session:
            intents = {intent.id: intent for intent in session.scalars(select(Intent))}
            ready = {intent.id for intent in outbox.ready(session)}
            for intent in intents.values():
                needs = [intents[other].state for other in outbox.dependencies(session, intent.id)]
                assert intent.waits_for == sum(state != "final" for state in needs)
                assert (intent.id in ready) == (intent.state == "pending" and set(needs) <= {"final"})
                assert not ("rejected" in needs and intent.state == "pending"), "nothing waits for what never comes"
                history = outbox.history(session, intent.id)
                assert (history[0].state, history[-1].state) == ("pending", intent.state)
                assert all(after.state in MOVES[before.state] for before, after in pairwise(history))
                signed = bool(outbox.attempts(session, intent.id))
                assert not (intent.state == "pending" and signed)
                assert not (intent.state == "sent" and not signed)
                assert not (history[-1].reason.startswith("waited") and signed), "only the chain ends what is signed"
            nonces = sorted(session.scalars(select(Lane.nonce)))
            assert nonces == list(range(len(nonces))), "no gap, none twice"


def test_no_order_of_events_breaks_the_outbox(new_store: Callable[[], Store]) -> None:
    """Whatever is enqueued, signed and settled in whatever order: counts, order, history and nonces stay right."""
    Sending.new_store = staticmethod(new_store)
    run_state_machine_as_test(Sending, settings=settings(max_examples=15, stateful_step_count=15, deadline=None))
