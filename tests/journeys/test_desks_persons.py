"""Persons and keys at the desks: contract wallets, sessions, erasure after years, and a vault changed under way."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, person, request, second_officer, wallet, wallet_key
from sqlalchemy import select, text

from abst import outbox
from abst.bootstrap import DEPLOYER
from abst.chain import parts
from abst.chain.deploy import transaction
from abst.chain.office import Approve, Office
from abst.chain.proposals import approve
from abst.chain.sender import Sender
from abst.errors import Conflict, IntegrityFailure, NotFound, Refused, Unavailable
from abst.integrity import desk as integrity
from abst.integrity import erasing
from abst.investor import custody, records, sealing
from abst.investor import desk as investor
from abst.investor.model import SessionGiven
from abst.investor.tables import PersonRow
from abst.keys import Keyring
from abst.store import get_meta
from abst.values import Address, canonical
from nodes import warp

OPS = "operations-1"
YEARS = 8 * 366 * 86_400


@pytest.fixture(scope="module")
def admitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """alice and bob are admitted, dora is recorded."""
    home = tmp_path_factory.mktemp("persons") / "home"
    desks.new_home(home)
    with opened(home) as office:
        desks.admitted_people(office, "alice", "bob")
        desks.add_person(office, "dora", prove=False)
    return home


@pytest.fixture
def office(admitted: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(desks.copied(admitted, tmp_path / "home")) as made:
        yield made


def contract_wallet(office: Office, owner: Address) -> Address:
    """A small contract on the chain that takes its owner's signatures for its own."""
    check = (
        "5f3560e01c631626ba7e146011575f5ffd5b"  # another function reverts
        "6004355f5260a43560f81c602052606435604052608435606052"  # hash, v, r, s of a 65-byte signature
        "6020608060805f60015afa50"  # ecrecover
        f"60805173{owner[2:].lower()}14"
    )
    no, yes = "5f5f5260205ff3", "5b631626ba7e60e01b5f5260205ff3"
    at = len(bytes.fromhex(check)) + 3 + len(bytes.fromhex(no))
    runtime = bytes.fromhex(f"{check}60{at:02x}57{no}{yes}")
    creation = bytes.fromhex(f"60{len(runtime):02x}8060095f395ff3") + runtime
    payer = office.keys.signer_named(DEPLOYER)
    assert payer is not None
    chain = office.chain
    fields = transaction(
        chain, nonce=chain.nonce(payer.address), to=None, data=creation, gas=300_000, fees=chain.gas_price()
    )
    sent = chain.send_raw(payer.sign_transaction(fields).raw)
    while (receipt := chain.receipt(sent)) is None:
        time.sleep(0.01)
    assert receipt.contract_address is not None
    return receipt.contract_address


@pytest.mark.parametrize("form", ["text", "typed"])
def test_a_contract_wallet_is_asked_itself(office: Office, form: str) -> None:
    """ERC-1271 on the real chain: the owner's signature proves the contract's address, another's does not."""
    smart = contract_wallet(office, wallet("dora"))
    asked = investor.challenge(
        office,
        investor.MakeChallenge(officer=OPS, request=request(), investor="dora", wallet=smart, form=form),
    )
    for key, reason in (("bob", "contract-says-no"), ("dora", "")):
        signature = _signed(key, asked.result)
        command = investor.Prove(officer=OPS, request=request(), wallet=smart, signature=signature)
        if reason:
            with pytest.raises(Refused) as caught:
                investor.prove(office, command)
            assert [r.reason for r in caught.value.refusals] == [reason]
            with pytest.raises(Refused):
                investor.prove(office, command)  # the refusal is this request's answer for good
        else:
            assert investor.prove(office, command).outcome == "done"
            assert investor.prove(office, command).outcome == "done"
    admitted = investor.admit(office, investor.Admit(officer=OPS, request=request(), investors=("dora",)))
    assert admitted.result["wallets"] == [["dora", smart]]
    assert integrity.verify(office) == []


def _signed(key: str, asked: dict[str, str]) -> str:
    signer = wallet_key(key)
    words = str(asked["text"])
    raw = signer.sign_typed(json.loads(words)) if asked["form"] == "typed" else signer.sign_text(words)
    return "0x" + raw.hex()


def test_a_challenge_is_good_to_its_exact_second(office: Office) -> None:
    """The last second proves, the next does not; the chain's clock counts."""
    for extra, good in ((-2, True), (3, False)):
        asked = investor.challenge(
            office, investor.MakeChallenge(officer=OPS, request=request(), investor="dora", wallet=wallet("dora"))
        )
        warp(office, 30 * 60 + extra)
        command = investor.Prove(
            officer=OPS, request=request(), wallet=wallet("dora"), signature=_signed("dora", asked.result)
        )
        if good:
            assert investor.prove(office, command).outcome == "done"
        else:
            with pytest.raises(Refused) as caught:
                investor.prove(office, command)
            assert [r.reason for r in caught.value.refusals] == ["challenge-expired"]


def test_a_session_from_a_denied_country_stops_the_next_renewal(office: Office) -> None:
    """It is recorded, warned of, due today; the renewal refuses with R-43, keeps the version, and replays by it."""
    given = SessionGiven(ip="198.51.100.9", country="CN", place="Example Town", device="device-alice", at=office.now())
    command = investor.RecordSession(officer=OPS, request="session-1", investor="alice", given=given, act="trade")
    told = investor.session(office, command)
    assert told.result["denied"]
    assert told.warnings
    assert investor.session(office, command) == told
    with pytest.raises(Conflict):
        investor.session(
            office,
            investor.RecordSession(officer=OPS, request="session-1", investor="alice", given=given, act="another"),
        )
    renewal = investor.Renew(officer=OPS, request=request(), investor="alice", row=person(office, "alice"))
    with pytest.raises(Refused) as caught:
        investor.renew(office, renewal)
    assert {r.rule for r in caught.value.refusals} == {"R-43"}
    with office.store.read() as session:
        row = records.get(session, "alice")
        assert (row.state, row.version) == ("admitted", 1)
        assert records.private(session, "alice", office.vault(), version=2).name == "Sample alice"
        stored = session.execute(text("SELECT content FROM request WHERE command LIKE 'investor%'")).scalars().all()
    plain = canonical({str(key): str(value) for key, value in person(office, "alice").items()})
    assert not any(secret in str(stored) for secret in ("198.51.100", "Sample", hashlib.sha256(plain).hexdigest()))
    assert integrity.verify(office) == []


@pytest.mark.parametrize("rows", [parts.ROWS, 1])
def test_a_private_route_fills_up_one_by_one(office: Office, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-55: of three who live in one member state, in one file, only the first two find room; renewing takes none.

    In whatever parts the file is decided, and also while those who passed still wait for the chain.
    """
    monkeypatch.setattr(parts, "ROWS", rows)
    office = replace(office, rulebook=office.rulebook.override("R-55", "eu_holders", 3))
    for name in ("anna", "berta", "clara"):
        desks.add_person(office, name, residence="DE")
    asked = investor.Admit(officer=OPS, request=request(), investors=("anna", "berta", "clara"))
    keyless = replace(office, sender=Sender(office.store, office.chain, lambda _: None))
    assert investor.admit(keyless, asked).outcome == "waiting"
    found = investor.admit(office, asked)
    assert (found.result["admitted"], found.result["refused_investors"]) == (2, ["clara"])
    assert [(r.rule, r.reason) for r in found.refusals] == [("R-55", "route-full")]
    row = person(office, "berta", residence="DE")
    renewal = investor.Renew(officer=OPS, request=request(), investor="berta", row=row)
    assert investor.renew(office, renewal).outcome == "done"
    with office.store.read() as session:
        assert records.living(session) == {"HK": 2, "DE": 2}
        assert records.living(session, without=["anna", "clara", "alice"]) == {"HK": 1, "DE": 1}


def test_personal_data_are_erased_by_two_and_in_time(office: Office) -> None:
    """Retention, hold and open wallets refuse; years later two officers erase; what is left verifies."""
    demand = erasing.EraseInvestor(officer=OPS, request=request(), investor="alice", evidence=PAPER)
    assert _refused(lambda: erasing.erase(office, demand)) == {"wallets-stand", "retention-not-over"}
    hold = investor.SetHold(officer=OPS, request=request(), investor="alice", reason="order 7", evidence=PAPER)
    assert investor.set_hold(office, hold).result["hold"]
    warp(office, YEARS)
    late = erasing.EraseInvestor(officer=OPS, request=request(), investor="alice", evidence=PAPER)
    assert _refused(lambda: erasing.erase(office, late)) == {"legal-hold"}
    lifted = investor.lift_hold(
        office, investor.LiftHold(officer=OPS, request=request(), investor="alice", evidence=PAPER)
    )
    assert second_officer(office, lifted).outcome == "done"
    asked = erasing.erase(office, erasing.EraseInvestor(officer=OPS, request="e", investor="alice", evidence=PAPER))
    with pytest.raises(Conflict):
        investor.lift_hold(office, investor.LiftHold(officer=OPS, request=request(), investor="alice", evidence=PAPER))
    with office.store.read() as session:
        keys = [key for key in sealing.keys_of(session, ["alice"]).values() if key]
    yes = Approve("compliance-1", "erase-yes", str(asked.proposal), str(asked.result["hash"]))
    done = approve(office, yes)
    assert (done.outcome, approve(office, yes).outcome) == ("done", "done")
    assert office.store.path is None or not any(
        key[5:] in file.read_bytes() for key in keys for file in office.home.glob("registry.db*")
    )
    shown = investor.show(office, "alice")
    assert (shown["state"], shown["name"], bool(shown["erased"])) == ("erased", "(erased)", True)
    again = erasing.erase(office, erasing.EraseInvestor(officer=OPS, request="f", investor="alice", evidence=PAPER))
    assert again.result == {"investor": "alice", "erased": shown["erased"]}
    order = investor.Reveal(officer=OPS, request=request(), investor="alice", order=PAPER)
    for act in (
        lambda: investor.reveal(office, order),
        lambda: investor.admit(office, investor.Admit(officer=OPS, request=request(), investors=("alice",))),
        lambda: investor.set_hold(
            office, investor.SetHold(officer=OPS, request=request(), investor="alice", reason="x", evidence=PAPER)
        ),
    ):
        with pytest.raises(NotFound, match="erased"):
            act()
    assert integrity.verify(office) == []
    assert custody.check(office)["erased"] == 1


def test_what_stands_again_stops_an_erasure_at_its_approval(office: Office) -> None:
    """A hold set between proposal and approval is found by the second officer: nothing is erased."""
    warp(office, YEARS)
    asked = erasing.erase(office, erasing.EraseInvestor(officer=OPS, request=request(), investor="bob", evidence=PAPER))
    hold = investor.SetHold(officer=OPS, request=request(), investor="bob", reason="order 8", evidence=PAPER)
    investor.set_hold(office, hold)
    assert _refused(lambda: second_officer(office, asked)) == {"legal-hold"}
    with office.store.read() as session:
        assert records.private(session, "bob", office.vault()).name == "Sample bob"


def _refused(act: Callable[[], object]) -> set[str]:
    with pytest.raises(Refused) as caught:
        act()
    assert {r.rule for r in caught.value.refusals} == {"R-82"}
    return {r.reason for r in caught.value.refusals}


def test_unmasking_is_by_order_and_logged(office: Office) -> None:
    """The private record is read for the screen alone; log and stored result name officer, version and order."""
    command = investor.Reveal(officer=OPS, request=request(), investor="alice", order=PAPER)
    revealed = investor.reveal(office, command)
    assert investor.unmasked(office, revealed)["name"] == "Sample alice"
    assert "Sample" not in str(revealed.result)
    with office.store.read() as session:
        entry = session.execute(text("SELECT facts FROM audit WHERE act = 'investor reveal'")).scalar_one()
    assert PAPER.hash in entry
    assert "Sample" not in entry


# ---- the vault


def rotation(name: str = "") -> custody.Rotate:
    return custody.Rotate(officer=OPS, request=name or request(), work=desks.WORK)


def test_a_new_master_key_opens_everything_and_the_old_one_nothing(office: Office) -> None:
    """Rotated twice, every record opens; hashes of requests stay; the old keystore alone opens no more."""
    row = person(office, "erin")
    add = investor.AddInvestor(officer=OPS, request="add-erin", row=row)
    first = investor.add(office, add)
    before = custody.check(office, deep=True)
    assert (before["wrong"], before["keystore"], before["records"]) == ([], "vault", 4)
    told = custody.rotate(office, rotation("rotate-1"))
    assert custody.rotate(office, rotation("rotate-1")) == told
    assert told.result["keys"] == before["keys"]
    custody.rotate(office, rotation())
    after = custody.check(office, deep=True)
    assert (after["wrong"], after["keystore"], after["idle"]) == ([], "vault-3", ["vault", "vault-2"])
    assert investor.add(office, add) == first  # the blind hash of its content is the same
    old = office.keys.vault()
    assert old is not None
    with office.store.read() as session:
        wrapped = session.scalars(select(PersonRow.wrapped_key)).first()
    with pytest.raises(IntegrityFailure, match="another vault"):
        old.key(wrapped or b"")
    (office.keys.folder / "vault.json").rename(office.home / "away.json")
    assert custody.check(office, deep=True)["records"] == 4
    (office.keys.folder / "vault-3.json").rename(office.home / "lost.json")
    with pytest.raises(Unavailable, match="vault"):
        office.vault()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["before the keystore", "after the keystore", "in the middle", "before the commit"])
def test_a_rotation_killed_at_any_step_leaves_a_vault_that_opens(
    office: Office, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the store's transaction the old keystore is current, whatever lies beside it; asked again, it is done."""

    def kill(*_: object, **__: object) -> None:
        raise Killed

    targets = {
        "before the keystore": (Keyring, "create"),
        "after the keystore": (custody, "_rewrap"),
        "in the middle": (custody, "set_meta"),
        "before the commit": (outbox, "finish_request"),
    }
    monkeypatch.setattr(*targets[step], kill)
    with pytest.raises(Killed):
        custody.rotate(office, rotation("rotate-k"))
    monkeypatch.undo()
    with opened(office.home) as later:
        found = custody.check(later, deep=True)
        assert (found["keystore"], found["wrong"]) == ("vault", [])
        with later.store.read() as session:
            assert get_meta(session, custody.ROTATIONS) is None
        assert custody.rotate(later, rotation("rotate-k")).result["keystore"] == "vault-2"
        found = custody.check(later, deep=True)
        assert (found["keystore"], found["idle"], found["wrong"]) == ("vault-2", ["vault"], [])
    with opened(office.home) as after:
        assert custody.check(after, deep=True)["wrong"] == []
