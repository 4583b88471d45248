"""The journal of events: whatever the chain does within its finality, it says what the chain's blocks add up to.

given a chain that grows, forks, is shown too short, and a reader that is called now and then
    the positions after every block, the movements and all else should be what the canonical blocks say
    deriving again should change nothing, and reading again from the chain should change nothing
when a block that was final is gone
    the reader should stop, and say so at each call, until the chain is read again by a person's will
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ledgers import ALL, FINALITY, TOKENS, WALLETS, agrees, grown, tokens_of
from sqlalchemy import delete

from abst import audit, journal
from abst.errors import Unavailable
from abst.journal import advancing, projections, reading, reindexing
from abst.journal.tables import ADDRESSES, DERIVED, READ
from abst.store import Meta, Store
from abst.values import ZERO_ADDRESS, hash_of
from forking import (
    FIRST,
    Event,
    Forking,
    approved,
    attached,
    minted,
    moved,
    opened,
    paid,
    published,
    strange,
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks after a few movements, and few blocks at a time, so that small chains meet every branch."""
    monkeypatch.setattr(projections, "LEAST", 3)
    monkeypatch.setattr(reading, "FIRST_SPAN", 3)
    monkeypatch.setattr(reading, "WANTED", 4)
    monkeypatch.setattr(reindexing, "ROWS", 5)


def emptied(store: Store) -> Store:
    """The same store without a journal."""
    with store.begin() as session:
        for table in (*DERIVED, *READ, ADDRESSES):
            session.execute(delete(table))
        session.execute(delete(Meta))
    return store


@pytest.fixture(scope="module")
def kept(new_store: Callable[[], Store]) -> Iterator[Store]:
    made = new_store()
    yield made
    made.close()


# ---- what the chain does

# What failed is printed as it was played: shrinking would play it a thousand times.
PLAYED = settings(
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

amounts = st.one_of(st.integers(0, 9), st.sampled_from([10**30, ALL]))
movements = st.builds(moved, st.sampled_from(TOKENS), st.sampled_from(WALLETS), st.sampled_from(WALLETS), amounts)
others = st.sampled_from(
    [
        *(attached(token, 1 + n, n) for n, token in enumerate(TOKENS)),
        approved(TOKENS[0], WALLETS[0], WALLETS[1], ALL),
        minted(TOKENS[0], hash_of(b"one"), ALL),
        opened(1, 1),
        published(1, 1),
        paid(hash_of(b"payment"), WALLETS[0], 5),
        strange(),
    ]
)
blocks = st.lists(st.one_of(movements, movements, others), max_size=4)
acts = st.one_of(
    st.tuples(st.just("grow"), st.lists(blocks, min_size=1, max_size=6)),
    st.tuples(st.just("fork"), st.integers(1, FINALITY), st.lists(blocks, min_size=1, max_size=6)),
    st.tuples(st.just("advance")),
    st.tuples(st.just("lag"), st.integers(1, 3)),
    st.tuples(st.just("reindex"), st.booleans()),
)


def started() -> Forking:
    """A chain whose first token is made: others may be later, or never."""
    chain = Forking(finality=FINALITY)
    chain.grow([attached(TOKENS[0])])
    for _ in range(FINALITY):
        chain.grow([])
    return chain


def act_on(chain: Forking, office: Any, act: tuple[Any, ...]) -> None:
    match act:
        case ("grow", grown):
            for events in grown:
                chain.grow(sane(chain, events))
        case ("fork", depth, grown):
            # A fork is at least as long as what it takes the place of, as on every chain.
            chain.fork(depth)
            for events in [*grown, *([[]] * (depth - len(grown)))]:
                chain.grow(sane(chain, events))
        case ("advance",):
            journal.advance(office)
        case ("lag", blocks_):
            chain.shown = blocks_
            journal.advance(office)
            chain.shown = 0
        case ("reindex", from_chain):
            assert journal.reindex(office, from_chain=from_chain).differences == []


def sane(chain: Forking, events: list[Event]) -> list[Event]:
    """A token is made once, and speaks only once it is made: the contracts see to both."""
    made = {str(token).lower() for token in tokens_of(chain)}
    kept: list[Event] = []
    for event in events:
        if event.name == "TrancheAttached":
            if str(event.data[0]).lower() in made:
                continue
            made.add(str(event.data[0]).lower())
        elif event.contract == "SecurityToken" and str(event.address).lower() not in made:
            continue
        kept.append(event)
    return kept


@given(st.lists(acts, min_size=3, max_size=14))
@settings(PLAYED, max_examples=5)
def test_whatever_the_chain_does_the_journal_says_what_its_blocks_add_up_to(
    kept: Store, played: list[tuple[Any, ...]]
) -> None:
    """Random events and forks within finality, reader and reindex at random: equal to the naive way at the end."""
    chain, store = started(), emptied(kept)
    office = chain.office(store)
    for act in played:
        act_on(chain, office, act)
    looked = journal.look(office)
    journal.advance(office)
    assert looked == journal.look(office)
    assert looked[1] == {token: chain.positions(token) for token in looked[1]}
    agrees(chain, store)
    assert list(journal.differences(office)) == []
    assert journal.reindex(office).differences == []
    assert journal.reindex(office, from_chain=True).differences == []
    journal.advance(office)
    agrees(chain, store)


@pytest.mark.prove
@given(st.lists(acts, min_size=3, max_size=40))
@settings(PLAYED, max_examples=400)
def test_the_same_four_hundred_times(kept: Store, played: list[tuple[Any, ...]]) -> None:
    """The same promise, tried at length."""
    chain, store = started(), emptied(kept)
    office = chain.office(store)
    for act in played:
        act_on(chain, office, act)
    journal.advance(office)
    agrees(chain, store)
    assert list(journal.differences(office)) == []
    assert journal.reindex(office).differences == []


@pytest.mark.parametrize("depth", [1, 2, FINALITY])
def test_a_fork_of_any_depth_up_to_finality_is_followed(store: Store, depth: int) -> None:
    """What stood above is taken back, and the other blocks are read."""
    chain, office = grown(store)
    chain.fork(depth)
    for _ in range(depth + 1):
        chain.grow([moved(TOKENS[0], WALLETS[0], WALLETS[1], 2)])
    journal.advance(office)
    agrees(chain, store)
    assert list(journal.differences(office)) == []


def test_what_a_fork_took_away_is_gone_of_every_kind(sqlite_store: Store) -> None:
    """A token that was made, what it said, marks, duties, payments: none stays, and each may come again elsewhere."""
    chain, office = grown(sqlite_store)
    said = [
        [attached(TOKENS[1], 1, 1), opened(1, 1), paid(hash_of(b"p"), WALLETS[0], 5)],
        [moved(TOKENS[1], ZERO_ADDRESS, WALLETS[0], 9)] * 4,
        [approved(TOKENS[1], *WALLETS[:2], ALL), minted(TOKENS[1], hash_of(b"one"), 36), published(1, 1)],
    ]
    for events in said:
        chain.grow(events)
    journal.advance(office)
    chain.fork(3)
    for _ in range(4):
        chain.grow([])
    journal.advance(office)
    agrees(chain, sqlite_store)
    assert list(journal.differences(office)) == []
    with sqlite_store.read() as session:
        assert journal.positions(session, TOKENS[1]) == {}
        assert not any((journal.approvals(session), journal.mints(session), journal.payments(session)))
    for events in said:
        chain.grow(events)
    journal.advance(office)
    agrees(chain, sqlite_store)
    assert list(journal.differences(office)) == []
    with sqlite_store.read() as session:
        assert [one["act"] for one in journal.obligations(session, filing=1)] == ["opened", "published"]
        assert [one["total"] for one in journal.mints(session, operation=hash_of(b"one"))] == [36]
        assert [one["amount"] for one in journal.payments(session, payment=hash_of(b"p"))] == [5]
        assert [one["amount"] for one in journal.approvals(session, owner=WALLETS[0])] == [ALL]


def test_beyond_finality_the_reader_stops_loudly_until_a_person_reads_the_chain_again(store: Store) -> None:
    """A block that was final is gone: every call says which, nothing is taken back, and only `--from-chain` goes on."""
    chain, office = grown(store)
    gone = chain.blocks_[-FINALITY - 1].head
    with store.read() as session:
        before = journal.positions(session, TOKENS[0])
    chain.fork(FINALITY + 1)
    for _ in range(FINALITY + 3):
        chain.grow([moved(TOKENS[0], WALLETS[0], WALLETS[1], 2)])
    for call in (journal.advance, journal.advance, journal.look, journal.reindex):
        with pytest.raises(journal.JournalHalted, match="block that was final is gone") as halted:
            call(office)
        assert (halted.value.needed, halted.value.where) == (gone.hash, f"block {gone.number}")
        assert halted.value.found == chain.blocks_[gone.number].head.hash
    with store.read() as session:
        assert journal.status(session).halted is not None
        assert journal.positions(session, TOKENS[0]) == before
    assert any("movement" in line for line in journal.reindex(office, from_chain=True, by="reader-1").differences)
    journal.advance(office)
    agrees(chain, store)
    with store.read() as session:
        said = [(entry.actor, entry.act, entry.facts["was"]) for entry in audit.entries(session)]
    assert said == [("reader-1", "chain read again", gone.hash)]


def test_a_chain_whose_blocks_are_final_at_once_is_never_followed_back(sqlite_store: Store) -> None:
    """Finality 0: the network's word is that it takes nothing back, and one block gone is one too many."""
    chain, office = grown(sqlite_store, finality=0)
    chain.fork(1)
    chain.grow([])
    with pytest.raises(journal.JournalHalted):
        journal.advance(office)


def test_a_node_that_lags_takes_nothing_back(sqlite_store: Store) -> None:
    """It shows a shorter chain of the same blocks: what was read stands, and look says so too."""
    chain, office = grown(sqlite_store)
    held = chain.positions(TOKENS[0])
    for shown in (1, 7):
        chain.shown = shown
        assert journal.advance(office) == chain.blocks_[-1].head.number
        assert journal.look(office) == (chain.blocks_[-1].head.number, {TOKENS[0]: held})
    chain.shown = 0
    agrees(chain, sqlite_store)


@pytest.mark.parametrize("when", ["logs", "blocks"])
def test_a_chain_that_forks_while_it_is_read_is_read_again(sqlite_store: Store, when: str) -> None:
    """Between two answers the chain becomes another one: no mixture is written."""
    chain, office = grown(sqlite_store)
    chain.grow([moved(TOKENS[0], WALLETS[0], WALLETS[1], 1)])
    chain.grow([])
    times = 2

    def fork(method: str) -> None:
        nonlocal times
        if method == when and times:
            times -= 1
            chain.fork(3)
            for _ in range(4):
                chain.grow([moved(TOKENS[0], WALLETS[2], WALLETS[3], 1)])

    chain.before = fork
    journal.advance(office)
    chain.before = lambda _: None
    journal.advance(office)
    assert times == 0
    agrees(chain, sqlite_store)


def test_a_fork_between_two_ranges_leaves_nothing_of_the_other_branch(sqlite_store: Store) -> None:
    """The range written a moment ago must still stand when the next one is: else it would be kept for ever."""
    chain = Forking(finality=20)
    chain.grow([attached(TOKENS[0])])
    office = chain.office(sqlite_store)
    journal.advance(office)
    for _ in range(9):
        chain.grow([moved(TOKENS[0], ZERO_ADDRESS, WALLETS[0], 1)] * 2)

    def fork(_: str) -> None:
        with sqlite_store.read() as session:
            last = journal.reached(session)
        if last is not None and last.number == FIRST + 3:
            chain.before = lambda _: None
            chain.fork(8)
            for _ in range(9):
                chain.grow([moved(TOKENS[0], ZERO_ADDRESS, WALLETS[1], 1)] * 2)

    chain.before = fork
    journal.advance(office)
    journal.advance(office)
    assert chain.before is not fork
    agrees(chain, sqlite_store)


def test_logs_of_another_branch_than_the_blocks_are_not_taken(sqlite_store: Store) -> None:
    """As nodes behind one address may answer: the logs carry the hash of a block that is not the chain's."""
    chain, office = grown(sqlite_store)
    chain.grow([moved(TOKENS[0], WALLETS[0], WALLETS[1], 1)])
    chain.grow([])
    ours = list(chain.blocks_)
    chain.fork(2)
    chain.grow([moved(TOKENS[0], WALLETS[0], WALLETS[2], 1)])
    theirs = [*chain.blocks_, ours[-1]]
    chain.blocks_ = ours
    lies = 2

    def lie(method: str) -> None:
        nonlocal lies
        lies -= method == "logs"
        chain.blocks_ = theirs if method == "logs" and lies >= 0 else ours

    chain.before = lie
    journal.advance(office)
    chain.before = lambda _: None
    chain.blocks_ = ours
    agrees(chain, sqlite_store)


def test_a_chain_that_never_stands_still_is_given_up(sqlite_store: Store) -> None:
    """Not for ever, and with nothing written that is not of one chain."""
    chain, office = grown(sqlite_store)
    chain.grow([])

    def fork(method: str) -> None:
        if method == "logs":
            chain.fork(1)
            chain.grow([])
            chain.grow([])

    chain.before = fork
    with pytest.raises(Unavailable, match="moves while it is read"):
        journal.advance(office)
    chain.before = lambda _: None
    journal.advance(office)
    agrees(chain, sqlite_store)


def test_another_process_that_read_on_meanwhile_is_no_harm(store: Store) -> None:
    """Two readers at once: each range is written once."""
    chain, office = grown(store)
    for _ in range(20):
        chain.grow([moved(TOKENS[0], WALLETS[4], WALLETS[1], 1)])
    other = chain.office(store)

    def meanwhile(method: str) -> None:
        if method == "logs":
            chain.before = lambda _: None
            journal.advance(other)

    chain.before = meanwhile
    journal.advance(office)
    agrees(chain, store)


def test_a_node_that_limits_its_answers_is_asked_for_fewer_blocks(sqlite_store: Store) -> None:
    """Down to one block if need be; what it refuses of one block is an error."""
    chain, office = grown(sqlite_store)
    for _ in range(9):
        chain.grow([moved(TOKENS[0], WALLETS[4], WALLETS[1], 1)] * 3)
    chain.most_logs = 3
    journal.advance(office)
    agrees(chain, sqlite_store)


def test_a_chain_that_cannot_be_reached_changes_nothing(sqlite_store: Store) -> None:
    """The error goes up, and what was read stands."""
    chain, office = grown(sqlite_store)
    chain.grow([])

    def silent(method: str) -> None:
        if method == "logs":
            raise Unavailable("the node does not answer")

    chain.before = silent
    with pytest.raises(Unavailable, match="does not answer"):
        journal.advance(office)
    chain.before = lambda _: None
    journal.advance(office)
    agrees(chain, sqlite_store)


def test_nothing_new_costs_one_question(sqlite_store: Store) -> None:
    """The head is asked for, and nothing else."""
    chain, office = grown(sqlite_store)
    chain.asked.clear()
    journal.advance(office)
    assert chain.asked == {"head": 1}


def test_as_of_a_second_is_after_the_last_block_before_it(store: Store) -> None:
    """Of two blocks of one second the later counts; before the first there is nothing."""
    chain, office = grown(store)
    same = chain.grow([moved(TOKENS[0], ZERO_ADDRESS, WALLETS[0], 7)], seconds=0)
    chain.grow([moved(TOKENS[0], ZERO_ADDRESS, WALLETS[0], 9)], seconds=100)
    journal.advance(office)
    with store.read() as session:
        for at in (same.timestamp, same.timestamp + 99):
            assert journal.positions(session, TOKENS[0], at=at) == chain.positions(TOKENS[0], same.number)
        assert journal.positions(session, TOKENS[0], at=same.timestamp - 1) == chain.positions(
            TOKENS[0], same.number - 2
        )
        assert journal.positions(session, TOKENS[0], at=1) == {}
        assert journal.position_of(session, TOKENS[0], WALLETS[0], at=1) == 0


def test_only_hashes_that_may_still_be_needed_are_kept(sqlite_store: Store) -> None:
    """Blocks with our logs, those above the final one, and the last; however far apart the reader was called."""
    chain = Forking(finality=FINALITY)
    chain.grow([attached(TOKENS[0])])
    office = chain.office(sqlite_store)
    for n in range(40):
        chain.grow([moved(TOKENS[0], ZERO_ADDRESS, WALLETS[0], 1)] if n % 9 == 0 else [])
        if n % 7 == 0:
            journal.advance(office)
    journal.advance(office)
    head = chain.blocks_[-1].head.number
    with sqlite_store.read() as session:
        kept_ = [block.number for block in journal.blocks(session)]
        spoken = {log.block_number for log in journal.raw(session)}
        final = advancing.standing(session).final
    assert final == head - FINALITY
    assert set(kept_) == spoken | set(range(final, head + 1))


def test_a_standing_is_told_plainly(sqlite_store: Store) -> None:
    """Before the first block, after it, and halted."""
    office = Forking().office(sqlite_store)
    with sqlite_store.read() as session:
        assert journal.status(session) == journal.Standing(None, -1, None)
    journal.advance(office)
    with sqlite_store.read() as session:
        at = journal.status(session)
    assert replace(at, reached=None) == journal.Standing(None, -1, None)
