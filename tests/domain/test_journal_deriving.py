"""What is derived from the journal's logs: found when it is changed, derived again beside, put in its place whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ledgers import TOKENS, WALLETS, agrees, grown
from sqlalchemy import text

from abst import journal
from abst.errors import Conflict
from abst.journal import projections, reading, reindexing
from abst.journal.tables import DERIVED, READ
from abst.store import Base, Store
from abst.values import hash_of
from forking import minted, moved, opened, paid, published


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks after a few movements, and few blocks at a time, so that small chains meet every branch."""
    monkeypatch.setattr(projections, "LEAST", 3)
    monkeypatch.setattr(reading, "FIRST_SPAN", 3)
    monkeypatch.setattr(reading, "WANTED", 4)
    monkeypatch.setattr(reindexing, "ROWS", 5)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE movement SET sender_after = '7' WHERE number = 4", "movement"),
        ("DELETE FROM movement WHERE number = 5", "movement"),
        ("UPDATE holding SET balance = '7'", "holding"),
        ("DELETE FROM holding", "holding"),
        ("UPDATE position_mark SET held = '[[1],[\"9\"]]'", "position_mark"),
        ("UPDATE minted SET total = '7'", "minted"),
        ("DELETE FROM payment_event", "payment_event"),
        ("INSERT INTO token_approval VALUES (1, 1, 'a', 'b', 'c', '5')", "token_approval"),
        ("UPDATE obligation_event SET act = 'opened'", "obligation_event"),
        ("DELETE FROM journal_token", "journal_token"),
    ],
)
def test_whatever_is_changed_among_what_is_derived_is_found_and_mended(
    sqlite_store: Store, statement: str, told: str
) -> None:
    """By `differences`, which changes nothing, and by reindex, which tells it and puts what follows in its place."""
    chain, office = grown(sqlite_store)
    events = [opened(1, 1), published(1, 1), minted(TOKENS[0], hash_of(b"one"), 5), paid(hash_of(b"p"), WALLETS[0], 5)]
    chain.grow(events)
    journal.advance(office)
    with sqlite_store.begin() as session:
        session.execute(text(statement))
    assert any(told in line for line in journal.differences(office))
    assert any(told in line for line in journal.reindex(office).differences)
    assert list(journal.differences(office)) == []
    agrees(chain, sqlite_store)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM raw_log WHERE block = 7",
        "UPDATE raw_log SET block = 99 WHERE block = 7",
        "UPDATE raw_log SET log_index = 9 WHERE block = 7 AND log_index = 1",
        "UPDATE raw_log SET tx_hash = data WHERE block = 7",
        "UPDATE journal_block SET hash = 'another' WHERE number = 7",
        "UPDATE journal_address SET address = '0x00000000000000000000000000000000000000ff' WHERE id = 2",
    ],
)
def test_whatever_is_changed_among_the_raw_logs_is_found_and_read_again(sqlite_store: Store, statement: str) -> None:
    """The chain's own logs are laid beside them, and reading again from the chain mends it."""
    chain, office = grown(sqlite_store)
    with sqlite_store.begin() as session:
        session.execute(text(statement))
    assert list(journal.differences(office))
    journal.reindex(office, from_chain=True)
    journal.advance(office)
    assert list(journal.differences(office)) == []
    agrees(chain, sqlite_store)


def test_reindex_follows_what_is_read_on_meanwhile(store: Store) -> None:
    """While it builds beside, a reader goes on, and once takes blocks back: the end is the chain's."""
    chain, office = grown(store)
    done = []

    def meanwhile(words: str) -> None:
        done.append(words)
        if len(done) == 2:
            chain.grow([moved(TOKENS[0], WALLETS[4], WALLETS[0], 1)])
            journal.advance(office)
        if len(done) == 4:
            chain.fork(2)
            for _ in range(3):
                chain.grow([moved(TOKENS[0], WALLETS[4], WALLETS[2], 3)])
            journal.advance(office)

    assert journal.reindex(office, progress=meanwhile).differences == []
    agrees(chain, store)


def test_a_reindex_cut_off_anywhere_leaves_what_stood_standing(store: Store) -> None:
    """The next run drops what the first built beside; an older run that is still there gives up."""
    chain, office = grown(store)

    class CutOffError(Exception):
        pass

    for stop in (1, 3, 6):
        left = stop

        def cut(_: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise CutOffError

        with pytest.raises(CutOffError):
            journal.reindex(office, progress=cut)
        assert list(journal.differences(office)) == []
    assert journal.reindex(office).differences == []
    agrees(chain, store)

    def another(_: str) -> None:
        journal.reindex(office)

    with pytest.raises(Conflict, match="another reindex"):
        journal.reindex(office, progress=another)
    assert list(journal.differences(office)) == []


@pytest.mark.parametrize("when", ["before", "between"])
def test_a_reindex_overtaken_while_it_compares_gives_up(
    store: Store, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Another run drops what it built, before the comparison or between two tables of it."""
    chain, office = grown(store)
    real = reindexing.differences

    def told(words: str) -> None:
        if when == "before" and words == "comparing":
            journal.reindex(office)

    def between(*asked: Any) -> Iterator[str]:
        monkeypatch.setattr(reindexing, "differences", real)
        if when == "between":
            journal.reindex(office)
        return real(*asked)

    monkeypatch.setattr(reindexing, "differences", between)
    with pytest.raises(Conflict, match="another reindex"):
        journal.reindex(office, progress=told)
    assert list(journal.differences(office)) == []
    agrees(chain, store)


@pytest.mark.parametrize("from_chain", [False, True])
def test_who_looks_meanwhile_sees_one_state(store: Store, from_chain: bool) -> None:
    """A look that began before a reindex, and asks on after it, is answered as of when it began."""
    chain, office = grown(store)
    with store.read() as session:
        reached = journal.reached(session)
        assert reached is not None
        journal.reindex(office, from_chain=from_chain)
        chain.grow([moved(TOKENS[0], WALLETS[4], WALLETS[0], 1)])
        journal.advance(office)
        assert journal.reached(session) == reached
        assert journal.positions(session, TOKENS[0]) == chain.positions(TOKENS[0], reached.number)
        assert len(list(journal.movements(session))) == 24
        assert len(list(journal.raw(session))) == 25


def test_after_a_reindex_the_tables_are_those_of_the_migrations(store: Store) -> None:
    """Names of tables, keys and indexes are as before, and a second reindex finds nothing in its way."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    _, office = grown(store)
    for from_chain in (False, True, False):
        journal.reindex(office, from_chain=from_chain)
    with store.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    ours = [f"'{table.name}'" for table in (*READ, *DERIVED)]
    assert [str(one) for one in found if any(name in str(one) for name in ours)] == []
