"""Investors in the store: sealed, committed to, proven, blocked by one and freed by two."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from people import TODAY, couple, entity, evidence, investor, person
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from abst.errors import Conflict, IntegrityFailure, NotFound
from abst.investor import erasure, records, sealing
from abst.investor.admission import Assessment, assess_record, wallet_proven
from abst.investor.commitments import WHOLE, by_person, commitment, opened, piece
from abst.investor.model import EvidenceType, PrivateRecord, masked
from abst.investor.tables import Investor, PersonRecord, PersonRow, RecordRow
from abst.investor.wallets import Proof, challenge, decide, signer_of
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
        made = records.challenge_of(row, REGISTRY)
        proof = Proof(made, signer_of(made, "0x" + signature), None, at + 60, row.used_at)
        assert decide(proof) == []
        records.mark_proven(session, row, "0x" + signature, at + 60)


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
    made = piece(record.content, salt)
    assert made.commitment == commitment(record.content, salt) == hash_of(salt + canonical(record.content))
    assert commitment(record.content, b"\x02" * 32) != made.commitment
    assert commitment(investor(name="Sample Persom").content, salt) != commitment(investor().content, salt)
    assert PrivateRecord.model_validate(opened(made.plaintext, made.commitment, "inv-1")) == record
    for call in (commitment, piece):
        with pytest.raises(ValueError, match="32 bytes"):
            call(record.content, b"short")
    for wrong, expected in ((b"{}", made.commitment), (b"\xff", made.commitment), (made.plaintext, PAPER)):
        with pytest.raises(IntegrityFailure):
            opened(wrong, expected, "inv-1")


def test_a_person_is_committed_to_by_a_hash_of_its_own() -> None:
    """The record names each person by id and commitment; another person or another order is another record."""
    one, two = Hash("0x" + "01" * 32), Hash("0x" + "02" * 32)
    content = couple().content
    made = by_person(content, {"holder-1": one, "holder-2": two})
    assert made["persons"] == [{"id": "holder-1", "commitment": one}, {"id": "holder-2", "commitment": two}]
    assert "Sample holder-1" not in str(made)
    salt = b"\x01" * 32
    other = by_person(content, {"holder-2": two, "holder-1": one})
    assert commitment(made, salt) != commitment(other, salt)


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


def test_personal_data_stands_sealed_only(sqlite_store: Store) -> None:
    """No personal value, of the investor or of a person behind it, is readable in the file; the vault opens it."""
    behind = person(name="Hiddenowner Person")
    record = entity(name="Uncommonname Person", address="17 Uncommon Road", persons=(behind,))
    add(sqlite_store, record=record)
    with sqlite_store.read() as session:
        row = records.get(session, "inv-1")
        assert records.private(session, "inv-1", VAULT) == record
        assert records.privates(session, ["inv-1"], VAULT) == {"inv-1": record}
        assert (row.state, row.shown, row.version) == ("recorded", "U***** P*****", 1)
        assert records.facts_of(row) == assess(record).facts
    assert sqlite_store.path is not None
    for suffix in ("", "-wal"):
        content = sqlite_store.path.with_name(sqlite_store.path.name + suffix).read_bytes()
        for secret in (b"Uncommon", b"Hiddenowner", b"X0000001", b"Y-owner", b"8000000"):
            assert secret not in content


def test_each_natural_person_has_a_key_of_its_own(store: Store) -> None:
    """Joint holders and owners are sealed apart: without one person's key the others' values still open."""
    add(store, record=couple())
    with store.read() as session:
        keys = sealing.keys_of(session, ["inv-1"])
        assert set(keys) == {("inv-1", ""), ("inv-1", "holder-1"), ("inv-1", "holder-2")}
        assert len(set(keys.values())) == 3
        sealed = session.get_one(PersonRecord, ("inv-1", 1, "holder-1")).sealed
        assert sealed is not None
        for person_id, opens in (("holder-1", True), ("holder-2", False), ("", False)):
            key = keys["inv-1", person_id]
            assert key is not None
            if opens:
                assert b"Sample holder-1" in VAULT.open(key, sealed, sealing.context_of("inv-1", 1, "holder-1"))
            else:
                with pytest.raises(IntegrityFailure):
                    VAULT.open(key, sealed, sealing.context_of("inv-1", 1, "holder-1"))


def test_a_record_moved_or_swapped_is_found(store: Store) -> None:
    """A sealed value copied to another row, a person's or an investor's, does not open there."""
    add(store, record=couple())
    add(store, "inv-2", couple(name="Other Couple"))
    with store.begin() as session:
        for table, rest in ((RecordRow, ()), (PersonRecord, ("holder-1",))):
            one, two = session.get_one(table, ("inv-1", 1, *rest)), session.get_one(table, ("inv-2", 1, *rest))
            one.sealed, two.sealed = two.sealed, one.sealed
    with store.read() as session:
        for investor_id in ("inv-1", "inv-2"):
            with pytest.raises(IntegrityFailure):
                records.private(session, investor_id, VAULT)


def test_another_commitment_in_the_row_is_found(store: Store) -> None:
    """The investor's commitment is that of its current version, or the record does not open."""
    add(store)
    with store.begin() as session:
        records.get(session, "inv-1").commitment = PAPER
    with store.read() as session:
        with pytest.raises(IntegrityFailure):
            records.private(session, "inv-1", VAULT)
        with pytest.raises(IntegrityFailure):
            records.privates(session, ["inv-1"], VAULT)


def test_erasure_of_the_keys_erases_the_persons(store: Store) -> None:
    """Without its keys a record is gone: it opens no more, is left out of many, and cannot be renewed."""
    add(store, record=couple())
    add(store, "inv-2")
    with store.begin() as session:
        erasure.wipe(session, ["inv-1"])
        records.get(session, "inv-1").state = "erased"
    with store.read() as session:
        with pytest.raises(NotFound):
            records.private(session, "inv-1", VAULT)
        with pytest.raises(NotFound):
            records.seal_for(session, "inv-1", b"more", "note", VAULT)
        assert list(records.privates(session, ["inv-1", "inv-2"], VAULT)) == ["inv-2"]
    with store.begin() as session, pytest.raises(NotFound):
        records.renew(
            session, records.get(session, "inv-1"), record=investor(), facts=assess().facts, vault=VAULT, at=NOW
        )


def test_something_else_is_sealed_under_a_person_s_key(store: Store) -> None:
    """What another room seals for an investor opens with its context, and with the right person, alone."""
    add(store, record=couple())
    with store.read() as session:
        sealed = records.seal_for(session, "inv-1", b"payload", "travel/1", VAULT, person="holder-2")
        assert records.open_for(session, "inv-1", sealed, "travel/1", VAULT, person="holder-2") == b"payload"
        for context, person_id in (("travel/2", "holder-2"), ("travel/1", "holder-1"), ("travel/1", "")):
            with pytest.raises(IntegrityFailure):
                records.open_for(session, "inv-1", sealed, context, VAULT, person=person_id)
        assert records.keyed_hash(session, "inv-1", b"x", VAULT) == records.keyed_hash(session, "inv-1", b"x", VAULT)


def test_renewal_keeps_keys_and_versions_and_changes_the_commitment(store: Store) -> None:
    """New facts under the same keys; the earlier version still opens; evidence of both days is kept, each item once."""
    before, now = couple(), couple(address="2 Sample Street")
    later = evidence(relevant_date=date(2026, 8, 15), sha256="0x" + "cd" * 32, basis="joint-associate")
    now = now.model_copy(update={"evidence": (*before.evidence, later)})
    add(store, record=before)
    with store.begin() as session:
        row, keys = records.get(session, "inv-1"), sealing.keys_of(session, ["inv-1"])
        first = row.commitment
        records.renew(session, row, record=now, facts=assess(now).facts, vault=VAULT, at=NOW)
        assert sealing.keys_of(session, ["inv-1"]) == keys
        assert (row.version, row.commitment != first) == (2, True)
    with store.read() as session:
        assert records.private(session, "inv-1", VAULT) == now
        assert records.private(session, "inv-1", VAULT, version=1) == before
        assert records.commitment_of(session, "inv-1", 1) == first
        assert session.execute(text("SELECT count(*) FROM investor_evidence")).scalar_one() == 2
        assert records.get(session, "inv-1").evidence_until == last_second_of(date(2027, 8, 15), ZONE)
        with pytest.raises(NotFound):
            records.private(session, "inv-1", VAULT, version=3)


def test_a_version_that_was_refused_is_kept_beside_the_one_in_force(store: Store) -> None:
    """It opens by its number; the next one that passes takes a number after it."""
    add(store)
    with store.begin() as session:
        made = records.keep_versions(session, {"inv-1": investor(residence=("CN",))}, VAULT, NOW)
        assert made["inv-1"] == (2, records.commitment_of(session, "inv-1", 2))
        row = records.get(session, "inv-1")
        assert row.version == 1
        records.renew(session, row, record=investor(), facts=assess().facts, vault=VAULT, at=NOW)
        assert row.version == 3
        assert records.private(session, "inv-1", VAULT, version=2).residence == ("CN",)


def test_a_record_of_the_earlier_formula_still_opens(store: Store) -> None:
    """What an earlier version sealed whole, without fields that came later, opens and keeps its commitment."""
    content = {name: said for name, said in investor().content.items() if name not in ("persons", "related", "born")}
    salt = b"\x05" * 32
    made = piece(content, salt)
    with store.begin() as session:
        key = VAULT.new_key()
        row = Investor(id="old", kind="individual", shown="S*****", version=1, commitment=made.commitment)
        row.state, row.jurisdiction, row.regimes, row.capacity = "recorded", "HK", 0, 0
        row.evidence_until = row.suitability_until = 0
        row.created_at = row.updated_at = NOW
        session.add(row)
        session.flush()
        session.add(PersonRow(investor="old", person="", wrapped_key=key, at=NOW))
        sealed = VAULT.seal(key, made.plaintext, "investor/old/record")
        session.add(
            RecordRow(investor="old", version=1, sealed=sealed, commitment=made.commitment, formula=WHOLE, at=NOW)
        )
    with store.read() as session:
        assert records.private(session, "old", VAULT) == investor()


def test_many_are_stored_at_once(store: Store) -> None:
    """Thousands cost a handful of statements; one id that is taken stores nobody."""
    new = [records.New(f"inv-{n}", investor(name=f"Sample {n}"), assess().facts) for n in range(410)]
    with store.begin() as session:
        records.add_many(session, new, VAULT, NOW)
        assert len(records.privates(session, [one.investor for one in new], VAULT)) == 410
    with pytest.raises(Conflict), store.begin() as session:
        records.add_many(session, [records.New("other", investor(), assess().facts), new[7]], VAULT, NOW)
    with store.read() as session:
        assert records.known_among(session, ["inv-1", "other"]) == ["inv-1"]


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
        records.admitted(row, records.get(session, "inv-1"), number=7, record=2**200)
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
        made = records.challenge_of(row, REGISTRY)
        again = Proof(made, signer_of(made, row.signature), None, NOW + 61, row.used_at)
        assert [r.reason for r in decide(again)] == ["challenge-used"]
        with pytest.raises(Conflict):
            records.mark_proven(session, row, row.signature, NOW + 61)
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
