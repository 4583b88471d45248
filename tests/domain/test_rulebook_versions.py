"""A rulebook is kept whole under its digest, so that a past decision can be run again under it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from abst.decisions import rulebooks
from abst.errors import IntegrityFailure, NotFound
from abst.rulebook import Parameter, Rulebook, load
from abst.store import Store
from abst.values import canonical

SETTINGS = [
    (rule.id, name, parameter)
    for rule in load().rules.values()
    for name, parameter in rule.parameters.items()
    if parameter.overridable
]


def values_of(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Values that a parameter may hold."""
    words = st.sampled_from(parameter.choices) if parameter.choices else st.text("abc-19", min_size=1, max_size=9)
    match parameter.value:
        case bool():
            return st.booleans()
        case int():
            return st.integers(0, 10**12)
        case Decimal():
            return st.decimals(0, 1, places=4)
        case tuple():
            return st.lists(words, max_size=4)
    return words


@st.composite
def changed_rulebooks(draw: st.DrawFn) -> Rulebook:
    """The shipped rulebook with some settings moved."""
    book = load()
    for rule, name, parameter in draw(st.lists(st.sampled_from(SETTINGS), max_size=5)):
        if parameter.unit != "month and day":
            book = book.override(rule, name, draw(values_of(parameter)))
    return book


@settings(max_examples=20)
@given(book=changed_rulebooks())
def test_a_rulebook_comes_back_from_its_content(book: Rulebook) -> None:
    """Through JSON and back: the same parameters, the same kinds, the same digest."""
    again = Rulebook.from_content(json.loads(canonical(book.content)))
    assert again.digest == book.digest
    assert dict(again.rules) == dict(book.rules)
    assert again.regimes == book.regimes


def test_a_rulebook_is_kept_once_and_found_by_its_digest(store: Store) -> None:
    """Twice kept is one row; the rulebook found is the one kept, moved settings included."""
    moved = load().override("R-54", "lock_days", 50)
    with store.begin() as session:
        first = rulebooks.keep(session, load(), 10)
        assert rulebooks.keep(session, load(), 20) == first == load().digest
        second = rulebooks.keep(session, moved, 30)
    with store.read() as session:
        assert rulebooks.kept(session) == [(first, load().version, 10), (second, moved.version, 30)]
        assert rulebooks.by_digest(session, second).number("R-54", "lock_days") == 50
        assert rulebooks.by_digest(session, first).number("R-54", "lock_days") == 40
        with pytest.raises(NotFound, match="no such rulebook"):
            rulebooks.by_digest(session, "0x" + "00" * 32)


def test_a_kept_rulebook_is_not_changed(store: Store) -> None:
    """The database refuses it; and what went around the database is found by the digest."""
    with store.begin() as session:
        kept = rulebooks.keep(session, load(), 10)
    change = text("UPDATE rulebook_version SET content = replace(content, '8000000', '8000001')")
    with pytest.raises(DBAPIError, match="append-only"), store.begin() as session:
        session.execute(change)
    with pytest.raises(DBAPIError, match="append-only"), store.begin() as session:
        session.execute(text("DELETE FROM rulebook_version"))
    with store.begin() as session:
        on_table = " ON rulebook_version" if session.get_bind().dialect.name == "postgresql" else ""
        session.execute(text(f"DROP TRIGGER rulebook_version_no_update{on_table}"))
        session.execute(change)
    with store.read() as session, pytest.raises(IntegrityFailure, match="was changed"):
        rulebooks.by_digest(session, kept)


def test_content_that_is_no_rulebook_is_told_so() -> None:
    with pytest.raises(IntegrityFailure, match="not the content"):
        Rulebook.from_content({"rules": [{"id": "R-01"}]})
