"""The audit log: whatever is changed, removed or moved is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abst import audit
from abst.audit import Head
from abst.store import Store
from abst.values import ZERO_HASH, Hash
from databases import drop_trigger

FACTS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=3)


def write(store: Store, entries: list[dict[str, Any]]) -> None:
    with store.begin() as session:
        for number, facts in enumerate(entries):
            audit.append(session, actor="li", act="mint", subject=f"filing-{number % 2}", at=number, facts=facts)


def tamper(store: Store, *statements: str) -> None:
    """Change the log as somebody with the file in his hands would: triggers first."""
    with store.begin() as session:
        for name in ("no_update", "no_delete", "numbered"):
            drop_trigger(session, "audit", name)
        for statement in statements:
            session.execute(text(statement))


def differences(store: Store, *anchors: Head) -> list[str]:
    with store.read() as session:
        return audit.verify(session, anchors)


@settings(max_examples=15, deadline=None)
@given(entries=st.lists(FACTS, max_size=8))
def test_what_was_appended_verifies(new_store: Callable[[], Store], entries: list[dict[str, Any]]) -> None:
    """Whatever is appended, the log verifies, also against its own head, and reads back in order."""
    store = new_store()
    write(store, entries)
    with store.read() as session:
        head = audit.head(session)
        assert audit.verify(session, [head]) == []
        assert [entry.facts for entry in audit.entries(session)] == entries
        assert head.seq == len(entries)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_change_of_any_column_is_found(new_store: Callable[[], Store], data: st.DataObject) -> None:
    """Changing one column of one entry is found, whichever it is."""
    store = new_store()
    write(store, [{"n": 1}, {"n": 2}, {"n": 3}])
    seq = data.draw(st.integers(1, 3))
    column, value = data.draw(
        st.sampled_from(
            [
                ("at", "77"),
                ("actor", "'wu'"),
                ("act", "'burn'"),
                ("subject", "'x'"),
                ("facts", "'{}'"),
                ("previous", "'0x01'"),
                ("hash", "'0x01'"),
                ("seq", "9"),
            ]
        )
    )
    tamper(store, f"UPDATE audit SET {column} = {value} WHERE seq = {seq}")
    assert differences(store)


@pytest.mark.parametrize("seq", [1, 2])
def test_a_deleted_entry_is_found(store: Store, seq: int) -> None:
    """An entry taken out of the log is missed, and its number named."""
    write(store, [{"n": 1}, {"n": 2}, {"n": 3}])
    tamper(store, f"DELETE FROM audit WHERE seq = {seq}")
    assert f"audit: entries {seq} to {seq} are missing" in differences(store)


def test_a_deleted_entry_closed_up_is_found(store: Store) -> None:
    """Renumbering what follows a deleted entry does not hide it."""
    write(store, [{"n": 1}, {"n": 2}, {"n": 3}])
    tamper(store, "DELETE FROM audit WHERE seq = 2", "UPDATE audit SET seq = 2 WHERE seq = 3")
    assert differences(store)


def test_entries_swapped_are_found(store: Store) -> None:
    """Two entries that changed places are found."""
    write(store, [{"n": 1}, {"n": 2}, {"n": 3}])
    swap = [f"UPDATE audit SET seq = {new} WHERE seq = {old}" for old, new in ((2, 9), (3, 2), (9, 3))]
    tamper(store, *swap)
    assert differences(store)


def test_a_cut_end_and_a_rewritten_log_are_found_by_an_anchor(store: Store, new_store: Callable[[], Store]) -> None:
    """A head kept elsewhere shows that the end was cut off, or that the whole log was written anew."""
    write(store, [{"n": 1}, {"n": 2}])
    with store.read() as session:
        anchor = audit.head(session)
    tamper(store, "DELETE FROM audit WHERE seq = 2")
    assert differences(store) == []
    assert differences(store, anchor) == ["audit: the anchored entry 2 is missing"]
    other = new_store()
    write(other, [{"n": 1}, {"n": 3}])
    assert differences(other) == []
    assert differences(other, anchor) == ["audit: entry 2 is not the one anchored"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'wu'",
        "DELETE FROM audit",
        "INSERT INTO audit VALUES (7, 1, 'a', 'b', 'c', '{}', 'd', 'e')",
    ],
)
def test_the_database_refuses_to_change_the_log(store: Store, statement: str) -> None:
    """UPDATE, DELETE and an entry out of number fail in the database itself."""
    write(store, [{"n": 1}])
    with pytest.raises(IntegrityError), store.begin() as session:
        session.execute(text(statement))
    assert differences(store) == []


def test_a_replacement_is_a_change(sqlite_store: Store) -> None:
    """SQLite's INSERT OR REPLACE does not go round the triggers."""
    write(sqlite_store, [{"n": 1}])
    with pytest.raises(IntegrityError), sqlite_store.begin() as session:
        session.execute(text("INSERT OR REPLACE INTO audit VALUES (1, 1, 'a', 'b', 'c', '{}', 'd', 'e')"))
    assert differences(sqlite_store) == []


def test_an_entry_is_kept_only_with_its_act(store: Store) -> None:
    """An entry written in a unit of work that fails is not in the log."""

    def fail(session: Session) -> None:
        audit.append(session, actor="li", act="mint", subject="s", at=1, facts={})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.begin() as session:
        fail(session)
    with store.read() as session:
        assert audit.head(session) == Head(0, ZERO_HASH)


def test_entries_can_be_asked_by_subject_and_position(store: Store) -> None:
    """Entries of one subject, or those after a number, come in order."""
    write(store, [{"n": number} for number in range(4)])
    with store.read() as session:
        assert [entry.seq for entry in audit.entries(session, subject="filing-1")] == [2, 4]
        assert [entry.seq for entry in audit.entries(session, after=2)] == [3, 4]


def test_a_hash_is_returned_for_the_act_to_carry(store: Store) -> None:
    """Append returns the entry's hash, which is the new head."""
    with store.begin() as session:
        returned = audit.append(session, actor="li", act="mint", subject="s", at=1, facts={"amount": 10**30})
        assert audit.head(session) == Head(1, Hash(returned))
