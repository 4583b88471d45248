"""Erasure: not before its time, by two, and then nothing of the keys is left in the store's files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import TODAY, couple, investor
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from abst import audit
from abst.errors import NotFound
from abst.investor import erasure, records, sealing, sessions
from abst.investor.admission import assess_record
from abst.investor.erasure_gates import ErasureFacts, decide, kept_until
from abst.investor.model import PrivateRecord, SessionGiven
from abst.keys import Vault
from abst.rulebook import load
from abst.store import Store
from abst.values import Hash, day_of, first_second_of, last_second_of

ZONE = "Asia/Hong_Kong"
NOW = first_second_of(TODAY, ZONE)
VAULT = Vault(b"\x07" * 32)
PAPER = Hash("0x" + "22" * 32)
GONE = ErasureFacts(
    investor="inv-1",
    units=0,
    open_wallets=(),
    proposals=(),
    encumbrances=(),
    held=False,
    began=NOW,
    at=last_second_of(date(2033, 9, 1), ZONE) + 1,
    zone=ZONE,
)
SESSION = SessionGiven(ip="203.0.113.7", country="HK", place="Hiddenplace", device="device-77", at=NOW)


def reasons(facts: ErasureFacts, years: int = 7) -> list[str]:
    refusals = decide(facts, load().override("R-82", "retention_years", years))
    assert {r.rule for r in refusals} <= {"R-82"}
    return [r.reason for r in refusals]


# ---- pure


@pytest.mark.parametrize("second", [0, 1, 86_399])
def test_retention_ends_with_the_last_second_of_its_day(second: int) -> None:
    """Whatever the second of the last dealing, the whole day seven years later counts; the next second is over."""
    last = last_second_of(date(2033, 9, 1), ZONE)
    facts = replace(GONE, began=NOW + second)
    assert [reasons(replace(facts, at=at)) for at in (last - 1, last, last + 1)] == [
        ["retention-not-over"],
        ["retention-not-over"],
        [],
    ]


@pytest.mark.parametrize(
    ("began", "years", "last"),
    [
        (date(2024, 2, 29), 7, date(2031, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2026, 2, 28), 2, date(2028, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 12, 31)),
    ],
)
def test_a_leap_day_loses_no_day_of_retention(began: date, years: int, last: date) -> None:
    """After a 29 February without a twin, 1 March is the last day."""
    assert kept_until(first_second_of(began, ZONE), ZONE, years) == last


@given(began=st.integers(1_600_000_000, 2_200_000_000), years=st.integers(1, 30))
def test_retention_is_never_shorter_than_its_years(began: int, years: int) -> None:
    """The last day is the same day of that year, or the one after; never an earlier one."""
    first, last = day_of(began, ZONE), kept_until(began, ZONE, years)
    assert (last.year, (last.month, last.day) >= (first.month, first.day)) == (first.year + years, True)
    assert (last - first).days - 365 * years in range(0, years // 4 + 3)


def test_everything_that_stands_is_told_at_once() -> None:
    """Tokens, wallets, proposals, a hold and the date: each by itself refuses, and all are named together."""
    standing = {
        "holds-tokens": {"units": 1},
        "wallets-stand": {"open_wallets": ("0x" + "11" * 20,)},
        "proposals-open": {"proposals": ("pro-1",)},
        "encumbrances-stand": {"encumbrances": ("1",)},
        "legal-hold": {"held": True},
        "retention-not-over": {"at": NOW},
    }
    assert reasons(GONE) == []
    for reason, change in standing.items():
        assert reasons(replace(GONE, **change)) == [reason]  # type: ignore[arg-type]
    every = {name: value for change in standing.values() for name, value in change.items()}
    assert reasons(replace(GONE, **every)) == list(standing)  # type: ignore[arg-type]


# ---- stored


def add(store: Store, investor_id: str = "inv-1", record: PrivateRecord | None = None) -> None:
    found = record or couple()
    facts = assess_record(found, load(), NOW, ZONE).facts
    with store.begin() as session:
        records.add(session, investor_id=investor_id, record=found, facts=facts, vault=VAULT, at=NOW)
        sessions.record(session, [(investor_id, SESSION)], VAULT, NOW)
        audit.append(session, actor="ada", act="add", subject=investor_id, at=NOW, facts={"n": 1})


def erase(store: Store, investor_id: str = "inv-1", checker: str = "bob") -> int:
    with store.begin() as session:
        row = erasure.record(session, investor_id, proposal="pro-1", maker="ada", checker=checker, at=NOW)
        audit.append(session, actor="bob", act="erase", subject=investor_id, at=NOW, facts={"keys": row.keys})
        return row.keys


def _files(store: Store) -> Iterator[bytes]:
    assert store.path is not None
    for suffix in ("", "-wal", "-shm"):
        file = store.path.with_name(store.path.name + suffix)
        if file.exists():
            yield file.read_bytes()


def test_no_byte_of_an_erased_key_is_left_in_the_files(sqlite_store: Store) -> None:
    """Wrapped keys and sealed values stand in the files before, and nowhere after: neither in the store nor its log."""
    store = sqlite_store
    for n in range(16):  # so that rows move between pages
        add(store, f"inv-{n}", couple(address="long " * (1 + n * 7 % 50)))
    with store.read() as session:
        mine = [key for key in sealing.keys_of(session, ["inv-7"]).values() if key]
        sealed = session.execute(text("SELECT sealed FROM person_record WHERE investor = 'inv-7'")).scalars().all()
        sealed = [*sealed, session.execute(text("SELECT sealed FROM investor_session LIMIT 8")).scalars().all()[7]]
        others = [key for key in sealing.keys_of(session, ["inv-8"]).values() if key]
    secrets = [*mine, *(bytes(one) for one in sealed)]
    assert len(mine) == 3
    assert all(any(secret in content for content in _files(store)) for secret in secrets)
    assert erase(store, "inv-7") == 3
    assert store.scrub(erasure.TABLES)
    assert not any(secret[5:] in content for secret in secrets for content in _files(store))
    assert all(any(secret in content for content in _files(store)) for secret in others)


def test_who_reads_meanwhile_is_told_of(sqlite_store: Store) -> None:
    """An open reader keeps old pages alive: the rewriting says so, and succeeds once he is gone."""
    store = sqlite_store
    add(store)
    with store.read() as session:
        records.get(session, "inv-1")
        erase(store)
        hasty = Store(store.url.render_as_string(hide_password=False), patience=0)
        assert not hasty.scrub(erasure.TABLES)
        hasty.close()
    assert store.scrub(erasure.TABLES)


def test_erasing_leaves_ids_and_commitments_and_the_log(store: Store) -> None:
    """Keys, sealed values and the masked name are gone; commitments stay, and the log's chain of hashes holds."""
    add(store)
    with store.read() as session:
        before = records.commitment_of(session, "inv-1", 1)
    assert erase(store) == 3
    assert erase(store) == 3  # again: the same erasure
    store.scrub(erasure.TABLES)
    with store.read() as session:
        row = records.get(session, "inv-1")
        assert (row.state, row.shown, row.commitment) == ("erased", "(erased)", before)
        assert records.commitment_of(session, "inv-1", 1) == before
        found = records.erasure(session, "inv-1")
        assert found is not None
        assert (found.maker, found.checker, found.keys) == ("ada", "bob", 3)
        assert audit.verify(session) == []
        assert session.execute(text("SELECT count(*) FROM investor_session WHERE sealed IS NULL")).scalar_one() == 1
        with pytest.raises(NotFound):
            records.private(session, "inv-1", VAULT)


def test_one_officer_alone_erases_and_frees_nobody(store: Store) -> None:
    """The database refuses the same officer as maker and checker, of an erasure and of a lifted hold."""
    add(store)
    with pytest.raises(IntegrityError):
        erase(store, checker="ada")
    with store.begin() as session:
        first = records.add_hold(session, "inv-1", reason="order", evidence=PAPER, officer="ada", at=NOW)
        assert records.add_hold(session, "inv-1", reason="x", evidence=PAPER, officer="bob", at=NOW).id == first.id
        assert [hold.id for hold in records.holds(session)] == [first.id]
    with store.begin() as session:
        row = records.held(session, "inv-1")
        assert row is not None
        with pytest.raises(IntegrityError):
            records.lift_hold(session, row, maker="ada", checker="ada", at=NOW)
        session.rollback()
    with store.begin() as session:
        row = records.held(session, "inv-1")
        assert row is not None
        records.lift_hold(session, row, maker="ada", checker="bob", at=NOW)
        assert records.held(session, "inv-1") is None


def test_rows_are_kept_whatever_is_erased(store: Store) -> None:
    """The database keeps every row of records, keys and erasures, and their commitments as they were."""
    add(store)
    erase(store)
    for statement in (
        "DELETE FROM investor_record",
        "DELETE FROM investor_person",
        "UPDATE investor_record SET commitment = 'x'",
        "UPDATE investor_erasure SET checker = 'eve'",
    ):
        with pytest.raises(IntegrityError), store.begin() as session:
            session.execute(text(statement))


# ---- sessions


def test_a_session_is_kept_sealed_and_its_country_asked(sqlite_store: Store) -> None:
    """Address, place and device are sealed, the device also as a keyed hash; denied countries are listed."""
    store = sqlite_store
    add(store)
    add(store, "inv-2", investor())
    denied = SESSION.model_copy(update={"country": "CN", "at": NOW + 5})
    with store.begin() as session:
        sessions.record(session, [("inv-2", denied)], VAULT, NOW + 9, "trade")
        told = sessions.told(session, ["inv-1", "inv-2"])
        assert [(one.country, one.onboarding) for one in told["inv-2"]] == [("HK", True), ("CN", False)]
        assert len(told["inv-1"]) == 1
        assert sessions.denied(session, load()) == [sessions.Denied("inv-2", "CN", NOW + 5)]
        devices = session.execute(text("SELECT device FROM investor_session ORDER BY id")).scalars().all()
        assert (devices[1] == devices[2], devices[0] == devices[1]) == (True, False)  # one key for each investor
    for content in _files(store):
        for secret in (b"203.0.113", b"Hiddenplace", b"device-77"):
            assert secret not in content
    erase(store, "inv-2")
    with store.begin() as session:
        assert sessions.denied(session, load()) == []
        with pytest.raises(NotFound):
            sessions.record(session, [("inv-2", SESSION)], VAULT, NOW)
