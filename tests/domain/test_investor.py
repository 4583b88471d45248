"""Investors in the store: sealed, committed to, proven, blocked by one and freed by two."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from people import TODAY, evidence, investor
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from abst.errors import Conflict, IntegrityFailure, NotFound, Refused
from abst.investor import records
from abst.investor.admission import Assessment, assess_record, wallet_proven
from abst.investor.model import EvidenceType, PrivateRecord, commitment, from_plaintext, masked, plaintext
from abst.investor.wallets import challenge
from abst.keys.vault import Vault
from abst.rulebook import load
from abst.store import Store
from abst.values import Address, Hash, canonical, first_second_of, hash_of, last_second_of

ZONE = "Asia/Hong_Kong"
NOW = first_second_of(TODAY, ZONE) + 3600
VAULT = Vault(b"\x07" * 32)
REGISTRY, PAPER = Hash("0x" + "77" * 32), Hash("0x" + "22" * 32)
ALICE = Account.from_key("0x" + f"{1:064x}")
WALLET = Address(ALICE.address)


def assess(record: PrivateRecord | None = None, at: int = NOW) -> Assessment:
    return assess_record(record or investor(), load(), at, ZONE)


def add(store: Store, investor_id: str = "inv-1", record: PrivateRecord | None = None) -> None:
    with store.begin() as session:
        found = record or investor()
        records.add(session, investor_id=investor_id, record=found, facts=assess(found).facts, vault=VAULT, at=NOW)


def prove(store: Store, at: int = NOW) -> None:
    with store.begin() as session:
        made = challenge(REGISTRY, "inv-1", WALLET, f"nonce-{at}", at, load())
        row = records.save_challenge(session, made)
        signature = bytes(ALICE.sign_message(encode_defunct(text=row.text)).signature).hex()
        records.prove(session, row, "0x" + signature, REGISTRY, at + 60)


# ---- pure


def test_an_assessment_gives_the_chain_s_facts() -> None:
    """Regimes, capacity, jurisdiction, and last good seconds at the end of the day in Hong Kong."""
    found = assess()
    assert found.refusals == ()
    facts = found.facts
    assert (facts.regimes, facts.capacity, facts.jurisdiction) == (1, 5, "HK")
    assert facts.evidence_until == last_second_of(date(2027, 6, 30), ZONE)
    assert facts.suitability_until == last_second_of(date(2027, 8, 1), ZONE)


def test_the_day_is_the_zone_s() -> None:
    """One second after the last good day in Hong Kong the evidence is gone, though it is still that day in London."""
    last = last_second_of(date(2027, 6, 30), ZONE)
    assert assess(at=last).classification.codes == ("hk-pi",)
    assert assess(at=last + 1).classification.codes == ()


def test_all_reasons_come_at_once_and_hold_nothing_personal() -> None:
    """A mainland resident without answers: every refusal, and neither they nor the summary name him."""
    found = assess(investor(residence=("CN",), answers=None, name="Secret Name", address="Secret Street"))
    assert [(r.rule, r.where) for r in found.refusals] == [
        ("R-43", "investor.residence"),
        ("R-47", "investor.answers"),
    ]
    assert found.facts.regimes == 0
    assert "Secret" not in str(found.summary()) + str(found.refusals)
    canonical(found.summary())


def test_the_commitment_is_salted_and_exact() -> None:
    """keccak256(salt || canonical record): any other salt or value gives another; the seal brings it back."""
    record, salt = investor(evidence=(evidence(currency="USD", hkd_rate="7.80", rate_date=TODAY),)), b"\x01" * 32
    assert commitment(record, salt) == hash_of(salt + canonical(record.content))
    assert commitment(record, b"\x02" * 32) != commitment(record, salt)
    assert commitment(investor(name="Sample Persom"), salt) != commitment(investor(), salt)
    again, same = from_plaintext(plaintext(record, salt))
    assert (again, same) == (record, salt)
    assert commitment(again, same) == commitment(record, salt)
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(record, b"short")
    with pytest.raises(IntegrityFailure):
        from_plaintext(b"{}")


def test_masking() -> None:
    """A mask shows first characters only, and not how long a name is beyond a handful."""
    assert masked("Sample Person") == "S***** P*****"
    assert masked("示例") == "示**"
    assert masked("A Bartholomew-Longfellow") == "A** B*****"


def test_wallet_proof_is_a_gate() -> None:
    """R-50: no proof, no admission."""
    refusal = wallet_proven(None, "wallet x")
    assert refusal is not None
    assert refusal.rule == "R-50"
    assert wallet_proven(5, "wallet x") is None


# ---- stored


def test_personal_data_stands_sealed_only(store: Store) -> None:
    """No personal value is readable anywhere in the database file; the vault gives the record back."""
    record = investor(name="Uncommonname Person", address="17 Uncommon Road", evidence=(evidence(hkd="9876543.21"),))
    add(store, record=record)
    with store.read() as session:
        row = records.get(session, "inv-1")
        assert records.private(row, VAULT) == record
        assert (row.state, row.shown, row.jurisdiction) == ("recorded", "U***** P*****", "HK")
        assert records.facts_of(row) == assess(record).facts
        database = session.execute(text("PRAGMA database_list")).one()[2]
    for suffix in ("", "-wal"):
        try:
            with open(str(database) + suffix, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            continue
        for secret in (b"Uncommon", b"X0000001", b"987654321", b"9876543"):
            assert secret not in content


def test_a_record_moved_or_swapped_is_found(store: Store) -> None:
    """A sealed record copied to another investor, or a commitment changed, is an integrity failure."""
    add(store)
    add(store, "inv-2", investor(name="Other Person"))
    with store.begin() as session:
        one, two = records.get(session, "inv-1"), records.get(session, "inv-2")
        one.commitment, two.sealed, two.wrapped_key = two.commitment, one.sealed, one.wrapped_key
    with store.read() as session:
        for investor_id in ("inv-1", "inv-2"):
            with pytest.raises(IntegrityFailure):
                records.private(records.get(session, investor_id), VAULT)


def test_erasure_of_the_key_erases_the_person(store: Store) -> None:
    """Without its key a record is gone and cannot be renewed."""
    add(store)
    with store.begin() as session:
        row = records.get(session, "inv-1")
        row.wrapped_key, row.state = None, "erased"
    with store.read() as session, pytest.raises(NotFound):
        records.private(records.get(session, "inv-1"), VAULT)
    with store.begin() as session, pytest.raises(NotFound):
        records.renew(
            session, records.get(session, "inv-1"), record=investor(), facts=assess().facts, vault=VAULT, at=NOW
        )


def test_renewal_keeps_key_and_evidence_and_changes_the_commitment(store: Store) -> None:
    """New facts under the same key; evidence of both days stays on record, each item once."""
    add(store)
    later = evidence(relevant_date=date(2026, 8, 15), sha256="0x" + "cd" * 32)
    record = investor(evidence=(evidence(), later))
    with store.begin() as session:
        row = records.get(session, "inv-1")
        before = (row.wrapped_key, row.commitment)
        records.renew(session, row, record=record, facts=assess(record).facts, vault=VAULT, at=NOW)
        assert row.wrapped_key == before[0]
        assert row.commitment != before[1]
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM investor_evidence")).scalar_one() == 2
        assert records.get(session, "inv-1").evidence_until == last_second_of(date(2027, 8, 15), ZONE)


def test_the_database_itself_admits_no_mainland_person(store: Store) -> None:
    """Even a direct write cannot make a mainland investor admitted."""
    add(store)
    with store.begin() as session:
        row = records.get(session, "inv-1")
        row.jurisdiction, row.state = "CN", "admitted"
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()
    with pytest.raises(Conflict):
        add(store)


def test_a_wallet_is_proven_then_admitted(store: Store) -> None:
    """Challenge, signature, admission: the first wallet's number is the investor's; the word is kept."""
    add(store)
    prove(store)
    with store.begin() as session:
        row = records.wallet(session, WALLET)
        assert (row.state, row.proven_at) == ("proven", NOW + 60)
        records.mark_admitted(session, row, number=7, record=2**200)
    with store.read() as session:
        wallet = records.wallet(session, WALLET)
        holder = records.get(session, wallet.investor)
        assert (holder.id, holder.number) == ("inv-1", 7)
        assert wallet.record == f"0x{2**200:064x}"


def test_a_challenge_serves_once(store: Store) -> None:
    """The same signature again is refused; the challenge shown as newest is the one to answer."""
    add(store)
    prove(store)
    with store.begin() as session:
        row = records.open_challenge(session, WALLET)
        assert row.signature is not None
        with pytest.raises(Refused) as caught:
            records.prove(session, row, row.signature, REGISTRY, NOW + 61)
        assert [r.reason for r in caught.value.refusals] == ["challenge-used"]
        with pytest.raises(NotFound):
            records.open_challenge(session, Address("0x" + "99" * 20))


def test_a_named_wallet_is_nobody_s_until_proven(store: Store) -> None:
    """Naming another's wallet first locks nobody out; once proven it is taken."""
    add(store)
    add(store, "inv-2")
    with store.begin() as session:
        records.name_wallet(session, records.get(session, "inv-2"), WALLET, NOW)
    prove(store)
    with pytest.raises(Conflict), store.begin() as session:
        records.name_wallet(session, records.get(session, "inv-2"), WALLET, NOW)
    with store.read() as session:
        assert [w.address for w in records.wallets_of(session, "inv-1")] == [WALLET]
        assert records.wallets_of(session, "inv-2") == []


def test_a_lost_wallet_has_one_successor(store: Store) -> None:
    """The successor is recorded once for good."""
    add(store)
    prove(store)
    heir, other = Address("0x" + "11" * 20), Address("0x" + "22" * 20)
    with store.begin() as session:
        records.mark_lost(session, records.wallet(session, WALLET), heir)
        records.mark_lost(session, records.wallet(session, WALLET), heir)
        with pytest.raises(Conflict):
            records.mark_lost(session, records.wallet(session, WALLET), other)


def test_one_blocks_and_two_free(store: Store) -> None:
    """A second block is the same one; lifting by one officer fails in the database; lifted, the investor is free."""
    add(store)
    with store.begin() as session:
        first = records.add_block(session, "inv-1", reason="order", evidence=PAPER, officer="ada", at=NOW)
        again = records.add_block(session, "inv-1", reason="other", evidence=PAPER, officer="bob", at=NOW)
        assert again.id == first.id
    with store.begin() as session:
        row = records.blocked(session, "inv-1")
        assert row is not None
        with pytest.raises(IntegrityError):
            records.lift_block(session, row, maker="ada", checker="ada", at=NOW)
        session.rollback()
    with store.begin() as session:
        row = records.blocked(session, "inv-1")
        assert row is not None
        records.lift_block(session, row, maker="mia", checker="bob", at=NOW)
        assert records.blocked(session, "inv-1") is None


def test_what_expires_is_listed_soonest_first(store: Store) -> None:
    """Admitted investors only, by the earlier of the two dates."""
    early = investor(evidence=(evidence(EvidenceType.PORTFOLIO, relevant_date=date(2026, 1, 1)),))
    for investor_id, record in (("inv-1", investor()), ("inv-2", early), ("inv-3", early)):
        add(store, investor_id, record)
    with store.begin() as session:
        for investor_id in ("inv-1", "inv-2"):
            records.set_state(session, records.get(session, investor_id), "admitted", NOW)
    with store.read() as session:
        assert [i.id for i in records.expiring(session, last_second_of(date(2030, 1, 1), ZONE))] == ["inv-2", "inv-1"]
        assert [i.id for i in records.expiring(session, last_second_of(date(2027, 1, 1), ZONE))] == ["inv-2"]
        assert [i.id for i in records.every(session, "admitted")] == ["inv-1", "inv-2"]
        assert [i.id for i in records.every(session, "recorded")] == ["inv-3"]


def test_facts_survive_their_stored_form() -> None:
    """Facts go into decisions as plain values and come back equal."""
    from abst.investor.model import ChainFacts

    facts = assess().facts
    assert ChainFacts.from_dict(facts.as_dict()) == facts
    assert replace(facts, capacity=1) != facts
