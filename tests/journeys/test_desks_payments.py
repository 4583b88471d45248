"""Journeys of payers and holders through the desks, in process, on a real embedded chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer, wallet
from paying import (
    CASH,
    HELD,
    SENIOR,
    SUPPLY,
    block,
    cash,
    claimed,
    credit,
    declared,
    lines,
    open_account,
    pushed,
    reasons,
)

from abst.chain.deploy import transaction, wait_for
from abst.chain.office import Office, Result
from abst.chain.proposals import run_ops
from abst.chain.words import Unpaid
from abst.errors import Conflict, NotAuthorised, NotFound, Refused, UsageError
from abst.holders import facts
from abst.integrity import desk as integrity
from abst.integrity import recovering
from abst.investor import desk as investor
from abst.servicing import ledger, payments
from abst.transfers import desk as transfers
from abst.values import Address, hash_of
from databases import kept
from nodes import warp


@pytest.fixture
def home(paying_template: Path, tmp_path: Path) -> Path:
    return desks.copied(paying_template, tmp_path / "home")


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    with opened(home) as made:
        yield made


# ---- declaring


def test_a_preview_says_what_each_holder_would_get(office: Office) -> None:
    """Shares by the balance at the record date, rounded down; who waits and why; nothing is written."""
    block(office, "carol")
    before = office.chain.head()
    command = payments.Declare(officer="", request="", token=SENIOR, record_date=1, amount=700_001)
    seen = payments.preview(office, command)
    assert {line.investor: (line.share, line.state) for line in seen.lines} == {
        "alice": (400_000, "payable"),
        "bob": (200_000, "payable"),
        "carol": (100_000, "waits"),
    }
    told = seen.as_dict()
    assert (told["shares"], told["dust"], told["waiting"], seen.refusals) == ("700000", "1", 1, ())
    assert office.chain.head() == before


def test_a_payment_is_declared_once(office: Office) -> None:
    """The same request is the same payment; other content is a conflict; its id is what the contract computes."""
    first = declared(office, req="pay-once")
    assert first.outcome == "done"
    assert declared(office, req="pay-once") == first
    with pytest.raises(Conflict):
        declared(office, amount=700_002, req="pay-once")
    with office.store.read() as session:
        payment = ledger.find(session, str(first.result["id"]))
    assert office.contracts.distribution.read("idOf", payment.terms()) == payment.id
    assert cash(office, "operations-1") == CASH - 700_001
    assert cash(office, "distribution") == 700_001
    assert integrity.verify(office) == []


def test_why_a_payment_cannot_be_declared(office: Office) -> None:
    """Each reason with its rule: no record date, nothing asked, no money, closed accounts, an unknown asset."""
    with pytest.raises(Refused) as early:
        declared(office, record_date=2)
    assert reasons(early) == {("R-93", "record-date-not-taken")}
    with pytest.raises(Refused) as nobody:
        declared(office, token="JSD-SUB")
    assert reasons(nobody) == {("R-93", "nobody-to-pay")}
    with pytest.raises(Refused) as nothing:
        declared(office, amount=0)
    assert reasons(nothing) == {("R-94", "nothing-asked")}
    with pytest.raises(Refused) as poor:
        declared(office, amount=CASH + 1)
    assert reasons(poor) == {("R-94", "not-enough-money")}
    with pytest.raises(Refused) as other:
        declared(office, asset=str(office.contracts.settlement.address))
    assert reasons(other) == {("R-65", "asset-not-listed")}
    open_account(office, "distribution", is_open=False)
    with pytest.raises(Refused) as closed:
        declared(office)
    assert reasons(closed) == {("R-99", "account-not-registered")}
    with pytest.raises(NotAuthorised):
        declared(office, officer="compliance-1")
    with pytest.raises(UsageError):
        declared(office, amount=2**112)
    with pytest.raises(NotFound):
        ledger.show(office, "7")
    assert integrity.verify(office) == []


def test_two_declarations_of_one_payer_do_not_spend_each_others_allowance(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second waits until the first was carried out, also when both were only stored."""
    with monkeypatch.context() as unsent:
        unsent.setattr(office.sender, "drain", lambda *_: [])
        first, second = declared(office, 100, req="first"), declared(office, 300, req="second")
    assert (first.outcome, second.outcome) == ("waiting", "waiting")
    assert ledger.list_payments(office)["payments"][0]["state"] == "waiting"
    assert {row["state"] for row in run_ops(office)} == {"final"}
    assert [row["state"] for row in ledger.list_payments(office)["payments"]] == ["declared", "declared"]
    assert cash(office, "distribution") == 400
    assert integrity.verify(office) == []


# ---- paying


def test_p8_pushed_to_all_but_the_blocked_whose_money_waits(office: Office) -> None:
    """Paid plus unclaimed plus dust is what was brought; nobody is paid twice; the blocked one is paid afterwards."""
    block(office, "carol")
    declared(office)
    first = pushed(office, lot=1)
    assert (first.result["lots"], first.result["holders"], first.result["paid_before"]) == (2, 2, 0)
    assert [row["reason"] for row in first.result["waiting"]] == ["payee-blocked"]
    assert lines(office) == {
        "alice": ("paid", None, None),
        "bob": ("paid", None, None),
        "carol": ("waits", "R-53, R-62", "payee-blocked"),
    }
    assert (cash(office, "alice"), cash(office, "bob"), cash(office, "carol")) == (400_000, 200_000, 0)
    again = pushed(office)
    assert (again.outcome, again.result["lots"], again.result["paid_before"]) == ("done", 0, 2)
    shown = ledger.show(office, "1")
    assert (shown["paid"], shown["unclaimed"], shown["dust"], shown["state"]) == ("600000", "100001", "0", "declared")
    assert integrity.verify(office) == []
    lift = investor.UnblockInvestor(officer="operations-1", request=request(), investor="carol", evidence=PAPER)
    second_officer(office, investor.unblock(office, lift))
    assert pushed(office).result["holders"] == 1
    done = ledger.show(office, "1")
    assert (done["paid"], done["unclaimed"], done["dust"], done["state"]) == ("700000", "0", "1", "complete")
    assert integrity.verify(office) == []


def test_p8_dust_goes_to_the_next_payment(office: Office) -> None:
    """What no share contained is carried over, and named where it went."""
    declared(office)
    pushed(office)
    second = declared(office, 6, req="next")
    assert second.result["carried"] == "1"
    assert ledger.show(office, "2")["carried"] == "1"
    pushed(office, "2")
    assert [line["share"] for line in ledger.show(office, "2")["holders"]] == ["4", "2", "1"]
    assert ledger.show(office, "2")["dust"] == "0"
    assert integrity.verify(office) == []


def test_a_later_transfer_changes_no_payee(office: Office) -> None:
    """R-93: who held at the record date is paid, though he sold meanwhile; who bought has no share."""
    move = transfers.Transfer(request=request(), holder="alice", to="bob", amount=1_000_000, token=SENIOR)
    assert transfers.transfer(office, move).outcome == "done"
    declared(office)
    pushed(office)
    assert (cash(office, "alice"), cash(office, "bob")) == (400_000, 200_000)
    assert integrity.verify(office) == []


def test_a_holder_claims_with_his_own_key(office: Office) -> None:
    """Once; a second claim, one of nothing, and one of a blocked holder are refused with their rules."""
    declared(office)
    told = claimed(office, "alice")
    assert (told.outcome, told.result["amount"], told.result["payee"]) == ("done", "400000", wallet("alice"))
    with pytest.raises(Refused) as twice:
        claimed(office, "alice")
    assert reasons(twice) == {("R-93", "already-paid")}
    desks.admitted_people(office, "dora")
    with pytest.raises(Refused) as nothing:
        claimed(office, "dora")
    assert reasons(nothing) == {("R-93", "nothing-held")}
    block(office, "bob")
    with pytest.raises(Refused) as blocked:
        claimed(office, "bob")
    assert reasons(blocked) == {("R-53, R-62", "payee-blocked")}
    assert integrity.verify(office) == []


def test_a_claim_needs_the_holders_key(office: Office) -> None:
    """Without his keystore, and without his successor's, nobody claims for him from this home."""
    declared(office)
    (office.home / "keys" / "holder-alice.json").unlink()
    with pytest.raises(NotAuthorised):
        claimed(office, "alice")


def test_the_successor_of_a_lost_wallet_is_paid(office: Office) -> None:
    """R-62: before a successor is recorded the lost wallet's owner is as good as before; then the successor is paid."""
    desks.prove_wallet(office, "alice", "alice-new")
    added = investor.AddWallet(officer="operations-1", request=request(), investor="alice", wallet=wallet("alice-new"))
    investor.add_wallet(office, added)
    asked = transfers.RecoverWallet(
        officer="operations-1",
        request=request(),
        lost=wallet("alice"),
        successor=wallet("alice-new"),
        evidence=PAPER,
    )
    second_officer(office, transfers.recover_wallet(office, asked))
    declared(office)
    pushed(office)
    assert (cash(office, wallet("alice")), cash(office, wallet("alice-new"))) == (0, 400_000)
    (row,) = [row for row in ledger.show(office, "1")["holders"] if row["holder"] == wallet("alice")]
    assert (row["payee"], row["state"]) == (wallet("alice-new"), "paid")
    assert integrity.verify(office) == []


def test_expired_evidence_is_paid_unless_the_setting_says_otherwise(office: Office) -> None:
    """R-56: the operator's setting stands in the payment's terms; python and chain agree on every holder."""
    warp(office, 3 * 366 * 86_400)
    assert {line.state for line in payments.preview(office, _declare()).lines} == {"payable"}
    office = replace(office, rulebook=office.rulebook.override("R-56", "pay_expired_evidence", False))
    declared(office)
    assert set(lines(office).values()) == {("waits", "R-56", "evidence-expired")}
    with office.store.read() as session:
        terms = ledger.find(session, "1").terms()
    for name in HELD:
        said, _ = office.contracts.distribution.read("reasonAgainst", terms, wallet(name))
        assert said == Unpaid.EVIDENCE_EXPIRED
    assert pushed(office).result["lots"] == 0


def _declare() -> payments.Declare:
    return payments.Declare(officer="", request="", token=SENIOR, record_date=1, amount=700)


def test_an_interrupted_push_goes_on_where_it_stopped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lots are stored before the first is sent: after a death between two of them the same request sends the rest."""
    with opened(home) as office:
        declared(office)
        deliver = office.chain.send_raw_many

        def die_after_one(raw: Sequence[bytes]) -> None:
            deliver(raw[:1])
            raise KeyboardInterrupt

        with monkeypatch.context() as dying:
            dying.setattr(office.chain, "send_raw_many", die_after_one)
            with pytest.raises(KeyboardInterrupt):
                pushed(office, lot=1, req="push-once")
    with opened(home) as office:
        assert sum(state == "paid" for state, _, _ in lines(office).values()) == 1
        told = pushed(office, lot=1, req="push-once")
        assert (told.outcome, told.result["lots"]) == ("done", 3)
        assert ledger.show(office, "1")["state"] == "complete"
        assert cash(office, "distribution") == 1
        with pytest.raises(Conflict):
            pushed(office, lot=2, req="push-once")
        assert integrity.verify(office) == []


def test_p8_a_store_from_yesterday_pays_nobody_twice(home: Path) -> None:
    """The store is put back to before a deposit and a payment: recovered, the same requests find both on the chain."""
    put_back = kept(home)
    with opened(home) as office:
        credit(office, "operations-1", 5, req="dep-restored")
        first = declared(office, req="pay-restored")
        pushed(office, req="push-restored")
    put_back()
    with opened(home) as office:
        assert recovering.recover(office, recovering.Recover()).lifted
        credit(office, "operations-1", 5, req="dep-restored")
        again = declared(office, req="pay-restored")
        assert (again.outcome, again.result["id"]) == ("done", first.result["id"])
        assert pushed(office, req="push-restored").result["paid_before"] == 3
        assert cash(office, "operations-1") == CASH + 5 - 700_001
        assert (cash(office, "alice"), cash(office, "distribution")) == (400_000, 1)
        assert integrity.verify(office) == []


def test_two_officers_pay_elsewhere_what_cannot_be_paid_here(office: Office) -> None:
    """R-62, R-93: only a waiting share, on evidence, to an account that may hold; then the holder counts as paid."""
    block(office, "carol")
    declared(office)
    open_account(office, "operations-2")

    def ask(holder: str, account: str = "operations-2") -> Result:
        command = payments.PayElsewhere(
            officer="operations-1",
            request=request(),
            payment="1",
            holder=holder,
            account=account,
            evidence=PAPER,
        )
        return payments.elsewhere(office, command)

    with pytest.raises(Refused) as payable:
        ask("alice")
    assert reasons(payable) == {("R-93", "payable-to-holder")}
    with pytest.raises(Refused) as stranger:
        ask("carol", "0x" + "00" * 19 + "01")
    assert ("R-99", "account-not-registered") in reasons(stranger)
    asked = ask("carol")
    assert (asked.result["amount"], asked.result["because"]) == ("100000", "payee-blocked")
    second_officer(office, asked)
    assert cash(office, "operations-2") == 100_000
    assert lines(office)["carol"] == ("paid", None, None)
    with pytest.raises(Refused) as twice:
        ask("carol")
    assert ("R-93", "already-paid") in reasons(twice)
    pushed(office)
    assert ledger.show(office, "1")["state"] == "complete"
    assert integrity.verify(office) == []


def test_python_and_chain_agree_on_every_share_and_reason(office: Office) -> None:
    """Each holder's share and standing in the ledger is what the contract answers."""
    block(office, "bob")
    declared(office)
    claimed(office, "alice")
    with office.store.read() as session:
        terms = ledger.find(session, "1").terms()
    found = ledger.lines(office, ledger_payment(office))
    assert len(found) == 3
    states = {Unpaid.NONE: "payable", Unpaid.ALREADY_PAID: "paid", Unpaid.PAYEE_BLOCKED: "waits"}
    for line in found:
        assert office.contracts.distribution.read("shareOf", terms, line.holder) == line.share
        said, payee = office.contracts.distribution.read("reasonAgainst", terms, line.holder)
        assert (line.state, line.payee) == (states[Unpaid(said)], payee)


def ledger_payment(office: Office) -> ledger.Payment:
    with office.store.read() as session:
        return ledger.find(session, "1")


def test_verify_names_what_was_done_past_the_desks(office: Office) -> None:
    """A deposit and a payment sent straight to the contracts with the officers' own keys are found."""
    token, distribution = office.contracts.deposit, office.contracts.distribution
    assert token is not None
    terms = (office_token(office), 1, False, token.address, 10, SUPPLY, hash_of(b"past"))
    _send(office, "bank-desk", token.address, token.encode("deposit", wallet("alice"), 7, hash_of(b"past")))
    _send(office, "operations-1", token.address, token.encode("approve", distribution.address, 10))
    _send(office, "operations-1", distribution.address, distribution.encode("declare", terms))
    found = {(difference.found, difference.words) for difference in integrity.verify(office)}
    assert found == {("on chain", "deposit"), ("on chain", "declared past this registry")}


def office_token(office: Office) -> Address:
    return facts.token(office, SENIOR).address


def _send(office: Office, officer: str, to: Address, data: bytes) -> None:
    signer = office.keys.signer_named(officer)
    assert signer is not None
    nonce, fees = office.chain.nonce(signer.address), office.chain.gas_price()
    raw = signer.sign_transaction(transaction(office.chain, nonce=nonce, to=to, data=data, gas=500_000, fees=fees)).raw
    assert wait_for(office.chain, office.chain.send_raw(raw)).status == 1


# ---- outside the chain


def test_a_payment_outside_the_chain_is_recorded_once(office: Office) -> None:
    """R-94: once for its reference, whatever the request; its document's hash stays here, its reference's on chain."""
    told = {"officer": "operations-1", "token": SENIOR, "record_date": 1, "currency": "USD", "amount": 5}

    def record(req: str, **changed: object) -> Result:
        fields = {**told, "reference": "TT-4711", "evidence": PAPER} | changed
        return payments.record_off_chain(office, payments.RecordOffChain(request=req, **fields))  # type: ignore[arg-type]

    assert record("off-1") == record("off-1")
    with pytest.raises(Refused) as twice:
        record("off-2")
    assert reasons(twice) == {("R-94", "already-recorded")}
    with pytest.raises(Refused) as early:
        record("off-3", record_date=9, reference="TT-4712", amount=0)
    assert reasons(early) == {("R-93", "record-date-not-taken"), ("R-94", "nothing-asked")}
    (row,) = ledger.list_payments(office, SENIOR)["off_chain"]
    assert (row["reference"], row["recorded"], row["evidence"]) == ("TT-4711", True, PAPER.as_dict())
    assert integrity.verify(office) == []
