"""The registers beside a filing: what the database itself refuses, firms that leave with the filing, and the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abst.audit.tables import Entry
from abst.cash.repatriation import balances, standing
from abst.cash.tables import FxMovement
from abst.filing import records
from abst.filing.eligibility import to_be_retested
from abst.filing.states import Status
from abst.filing.tables import Filing, Finding, Link, Provider, Retest
from abst.store import Store
from abst.values import Hash

PAPER = Hash("0x" + "ab" * 32)


def filing(session: Session, state: Status = Status.EFFECTIVE, name: str = "sample") -> Filing:
    """A filing without a file, for what needs its state alone."""
    number = len(session.scalars(select(Filing.id)).all()) + 1
    row = Filing(id=name, number=number, title="Sample", state=state.value, version=1, created_at=1)
    session.add(row)
    session.flush()
    return row


def firm(session: Session, name: str) -> None:
    session.add(Provider(id=name, name=name, kind="custody", country="HK", actor="operations-1", at=1))
    session.flush()
    session.add(Link(provider=name, filing="sample", evidence=PAPER, actor="operations-1", attached_at=2))
    session.flush()


def test_firms_leave_with_the_filing(store: Store) -> None:
    """A suspension detaches every firm in its own transaction, each with an entry of the log (R-66)."""
    with store.begin() as session:
        row = filing(session)
        firm(session, "custodian-1")
        firm(session, "custodian-2")
        records.transition(session, row, Status.SUSPENDED, actor="regulator-desk", evidence=PAPER, at=9)
    with store.read() as session:
        links = session.scalars(select(Link).order_by(Link.id)).all()
        assert [(link.detached_at, link.detached_by, link.reason) for link in links] == [
            (9, "regulator-desk", "filing suspended")
        ] * 2
        logged = session.scalars(select(Entry).where(Entry.act == "provider detached")).all()
        assert [entry.subject for entry in logged] == ["provider custodian-1", "provider custodian-2"]


def test_firms_stay_when_the_transition_is_undone(store: Store) -> None:
    """When the transaction of the suspension fails, the filing is effective and nobody has left it."""
    with store.begin() as session:
        filing(session)
        firm(session, "custodian-1")
    with pytest.raises(RuntimeError), store.begin() as session:
        _suspend_in_vain(session)
    with store.read() as session:
        assert [link.detached_at for link in session.scalars(select(Link))] == [None]
        assert records.get(session, "sample").state == "effective"


def _suspend_in_vain(session: Session) -> None:
    row = records.get(session, "sample")
    records.transition(session, row, Status.SUSPENDED, actor="regulator-desk", evidence=PAPER, at=9)
    raise RuntimeError("the power went")


def test_a_new_list_puts_live_filings_in_the_queue(store: Store) -> None:
    """Whoever answered another list than today's is to be re-tested; ended filings and drafts are not (R-22)."""
    with store.begin() as session:
        for name, state in (("one", Status.EFFECTIVE), ("two", Status.SUSPENDED), ("gone", Status.LAPSED)):
            filing(session, state, name)
            session.add(
                Retest(
                    filing=name,
                    list_version="2026" if name == "two" else "2024",
                    answers=[],
                    evidence=PAPER,
                    maker="operations-1",
                    checker="compliance-1",
                    at=1,
                )
            )
            session.flush()
        filings = records.every(session)
        assert [(row.id, given) for row, given in to_be_retested(session, filings, "2026")] == [("one", "2024")]
        assert [(row.id, given) for row, given in to_be_retested(session, filings, "2024")] == [("two", "2026")]


TWO_OFFICERS = {
    "retest": "INSERT INTO retest (filing, list_version, answers, maker, checker, evidence, at) "
    "VALUES ('sample', '1', '[]', 'a', 'a', '0x', 1)",
    "opinion_renewal": "INSERT INTO opinion_renewal (filing, kind, good_until, maker, checker, evidence, at) "
    "VALUES ('sample', 'k', 1, 'a', 'a', '0x', 1)",
    "fx_registration": "INSERT INTO fx_registration (filing, authority, number, kind, amount, currency, "
    "registered_on, maker, checker, evidence, at) VALUES ('sample', 'a', '1', 'k', '1', 'CNY', 'd', 'a', 'a', '0x', 1)",
    "marketing_item": "INSERT INTO marketing_item (filing, title, channel, audience, places, geo_block, maker, "
    "checker, document, at) VALUES ('sample', 't', 'c', '[]', '[]', 'g', 'a', 'a', '0x', 1)",
}


def test_the_database_wants_two_officers(store: Store) -> None:
    """A row whose maker is its checker is refused by the database itself, in every register of two officers."""
    with store.begin() as session:
        filing(session)
    for words in TWO_OFFICERS.values():
        with pytest.raises(IntegrityError, match="two_officers"), store.begin() as session:
            session.execute(text(words))


def test_a_finding_changes_only_by_being_cleared(store: Store) -> None:
    """Rule, evidence and time of a finding are fixed; it is never deleted; one officer cannot clear it alone."""
    with store.begin() as session:
        filing(session)
        session.add(Finding(filing="sample", rule="R-10", evidence=PAPER, note="", actor="operations-1", at=1))
    for words in (
        "UPDATE ineligibility SET rule = 'R-07'",
        "DELETE FROM ineligibility",
        "UPDATE ineligibility SET clear_maker = 'a', clear_checker = 'a'",
    ):
        with pytest.raises(IntegrityError), store.begin() as session:
            session.execute(text(words))
    with store.begin() as session:
        session.execute(text("UPDATE ineligibility SET clear_maker = 'a', clear_checker = 'b', cleared_at = 5"))


def test_the_ledger_is_append_only(store: Store) -> None:
    """A movement is neither changed nor deleted, and is reversed once."""
    with store.begin() as session:
        filing(session)
        session.add(movement(1, "raised", "offshore", 100, filing="sample"))
        session.flush()
        session.add(movement(2, "reversed", "offshore", 100, filing="sample", reverses=1))
    for words in ("UPDATE fx_movement SET amount = '1'", "DELETE FROM fx_movement"):
        with pytest.raises(IntegrityError), store.begin() as session:
            session.execute(text(words))
    with pytest.raises(IntegrityError), store.begin() as session:
        session.add(movement(3, "reversed", "offshore", 100, filing="sample", reverses=1))


# ---- the ledger's arithmetic


def movement(number: int, kind: str, account: str, amount: int, **more: Any) -> FxMovement:
    plain = {
        "filing": "sample",
        "receiver": "",
        "arrived": 0,
        "currency": "CNY",
        "day": "2026-08-01",
        "purpose": "",
        "evidence": PAPER,
        "actor": "operations-1",
        "at": 1,
    }
    return FxMovement(id=number, kind=kind, account=account, amount=amount, **plain | more)


@st.composite
def ledgers(draw: st.DrawFn) -> list[FxMovement]:
    """Movements between two accounts; some are undone later."""
    rows: list[FxMovement] = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        amount = draw(st.integers(1, 10**9))
        open_rows = [row.id for row in standing(rows)]
        kind = draw(st.sampled_from(("raised", "remitted", "used", *(("reversed",) if open_rows else ()))))
        if kind == "reversed":
            old = rows[draw(st.sampled_from(open_rows)) - 1]
            rows.append(movement(number, kind, old.account, old.amount, reverses=old.id))
        elif kind == "remitted":
            rows.append(movement(number, kind, "offshore", amount, receiver="onshore", arrived=amount))
        else:
            rows.append(movement(number, kind, draw(st.sampled_from(("offshore", "onshore"))), amount))
    return rows


@settings(max_examples=30, deadline=None)
@given(ledgers())
def test_what_is_raised_is_kept_or_used(rows: list[FxMovement]) -> None:
    """Over all accounts, raised = kept + used, to the unit; a remittance moves and changes nothing (R-100)."""
    good = standing(rows)
    raised, used = (sum(row.amount for row in good if row.kind == kind) for kind in ("raised", "used"))
    assert sum(balances(rows).values()) == raised - used


@settings(max_examples=30, deadline=None)
@given(ledgers())
def test_a_reversal_undoes_exactly_one_movement(rows: list[FxMovement]) -> None:
    """A ledger with a reversed movement keeps what it would keep had neither been recorded."""
    undone = {row.reverses for row in rows if row.reverses}
    without = [row for row in rows if row.id not in undone and row.kind != "reversed"]
    assert {k: v for k, v in balances(rows).items() if v} == {k: v for k, v in balances(without).items() if v}
