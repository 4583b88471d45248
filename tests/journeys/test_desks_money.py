"""Journeys of the bank, the agent and the servicer: assets listed, deposits, record dates, what is outstanding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer, wallet
from paying import CASH, SENIOR, SUPPLY, block, cash, credit, declared, list_deposit, open_account, pushed, reasons

from abst.cash import assets, deposits
from abst.chain.office import Approve, Office, Result
from abst.chain.proposals import approve, describe
from abst.errors import Conflict, NotAuthorised, NotFound, Refused, UsageError
from abst.integrity import desk as integrity
from abst.servicing import amortisation, record_dates
from abst.values import Address
from nodes import warp


@pytest.fixture
def home(paying_template: Path, tmp_path: Path) -> Path:
    return desks.copied(paying_template, tmp_path / "home")


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    with opened(home) as made:
        yield made


# ---- settlement assets


def test_the_list_of_assets_has_what_two_officers_listed(office: Office) -> None:
    """The deposit token is listed with its currency; the proposal says in words what it lists."""
    (row,) = assets.list_assets(office)
    assert (row["asset"], row["currency"], row["asset_kind"], row["listed"]) == (
        office.deployment.deposit,
        "HKD",
        "deposit",
        True,
    )
    assert integrity.verify(office) == []


@pytest.mark.parametrize("currency", ["CNY", "CNH", "RMB"])
def test_nothing_pegged_to_the_renminbi_is_listed(office: Office, currency: str) -> None:
    """R-65: refused by Python and by the registry, whatever else is said."""
    coin = str(office.contracts.settlement.address)
    for kind, reason in (("deposit", ""), ("e-money", ""), ("virtual-currency", "two officers want it")):
        with pytest.raises(Refused) as refused:
            list_deposit(office, asset=coin, currency=currency, kind=kind, reason=reason)
        assert {("R-65", "currency-barred"), ("R-65", "CurrencyBarred")} <= reasons(refused)
    assert office.contracts.registry.read("isBarred", currency.encode())


def test_a_virtual_currency_needs_a_reason_and_two_officers(office: Office) -> None:
    """R-65: refused without a reason; with one, the reason is in the stored decision and a second officer lists it."""
    coin = str(office.contracts.settlement.address)
    with pytest.raises(Refused) as refused:
        list_deposit(office, asset=coin, currency="XBT", kind="virtual-currency")
    assert reasons(refused) == {("R-65", "virtual-currency")}
    asked = list_deposit(office, asset=coin, currency="XBT", kind="virtual-currency", reason="the trust deed says so")
    assert describe(office, str(asked.proposal))["command"]["virtual_currency_reason"] == "the trust deed says so"
    assert not assets.listed(office, Address(coin)).is_listed
    with pytest.raises(NotAuthorised):
        approve(office, Approve("operations-1", request(), str(asked.proposal)))
    second_officer(office, asked)
    assert assets.listed(office, Address(coin)).kind == "virtual-currency"
    assert integrity.verify(office) == []


def test_what_is_no_contract_or_listed_or_in_another_currency_is_refused(office: Office) -> None:
    """R-65: each reason by name, all at once."""
    with pytest.raises(Refused) as refused:
        list_deposit(office, asset=wallet("alice"), currency="JPY")
    assert {("R-65", "not-a-contract"), ("R-65", "currency-not-allowed")} <= reasons(refused)
    with pytest.raises(Refused) as twice:
        list_deposit(office)
    assert reasons(twice) == {("R-65", "already-listed")}
    with pytest.raises(UsageError):
        list_deposit(office, currency="hkd")
    with pytest.raises(UsageError):
        list_deposit(office, kind="cash")


def test_one_key_takes_an_asset_off_the_list_and_what_was_declared_is_paid(office: Office) -> None:
    """R-65: no new payment in it, but the money that is there goes out."""
    declared(office)
    command = assets.RemoveAsset(
        officer="operations-1", request="off", asset=str(office.deployment.deposit), evidence=PAPER
    )
    assert assets.remove(office, command).outcome == "done"
    assert assets.remove(office, command).outcome == "done"
    with pytest.raises(Refused) as gone:
        assets.remove(office, replace(command, request="off-2"))
    assert reasons(gone) == {("R-65", "asset-not-listed")}
    with pytest.raises(Refused) as refused:
        declared(office)
    assert reasons(refused) == {("R-65", "asset-not-listed")}
    assert pushed(office).result["holders"] == 3
    assert integrity.verify(office) == []


# ---- deposits


def test_a_deposit_is_made_once_and_withdrawn_by_its_holder(office: Office) -> None:
    """The same request credits once; other content is a conflict; the holder's own key gives it back."""
    first = credit(office, "alice", 5_000, req="dep-1")
    assert credit(office, "alice", 5_000, req="dep-1") == first
    with pytest.raises(Conflict):
        credit(office, "alice", 6_000, req="dep-1")
    assert cash(office, "alice") == 5_000
    back = deposits.Withdraw(request=request(), holder="alice", amount=2_000, reference="to my account")
    assert deposits.withdraw(office, back).outcome == "done"
    assert cash(office, "alice") == 3_000
    with pytest.raises(Refused) as refused:
        deposits.withdraw(office, deposits.Withdraw(request=request(), holder="alice", amount=3_001, reference="x"))
    assert reasons(refused) == {("R-94", "not-enough-money")}
    with pytest.raises(NotAuthorised):
        deposits.withdraw(
            office, deposits.Withdraw(request=request(), holder="0x" + "00" * 19 + "01", amount=1, reference="x")
        )
    shown = deposits.show(office)
    assert (shown["currency"], shown["total"]) == ("HKD", str(CASH + 3_000))
    assert {row["account"] for row in shown["accounts"]} == {
        office.contracts.distribution.address,
        office.keys.names()["operations-1"],
    }
    assert integrity.verify(office) == []


def test_deposits_go_to_registered_accounts_alone(office: Office) -> None:
    """R-99: a stranger, a closed account and a blocked investor get nothing; investors need no account."""
    open_account(office, "operations-2")
    open_account(office, "operations-2", is_open=False)
    block(office, "bob")
    for to in ("0x" + "00" * 19 + "01", "operations-2", "bob"):
        with pytest.raises(Refused) as refused:
            credit(office, to, 1)
        assert reasons(refused) == {("R-99", "account-not-registered")}
    with pytest.raises(UsageError):
        credit(office, "alice", 2**112)
    with pytest.raises(Refused) as zero:
        credit(office, "alice", 0)
    assert reasons(zero) == {("R-94", "nothing-asked")}
    with pytest.raises(Refused) as own:
        open_account(office, "alice")
    assert reasons(own) == {("R-99", "investor-account")}
    command = deposits.MakeDeposit(officer="operations-1", request=request(), to="alice", amount=1)
    with pytest.raises(NotAuthorised):
        deposits.make(office, command)
    with pytest.raises(NotFound):
        credit(office, "nobody", 1)


# ---- record dates


def test_record_dates_are_announced_ahead_one_at_a_time(office: Office) -> None:
    """R-93: not in the past, not while one waits; taken by itself at its second."""
    now = office.now()
    announce = record_dates.Announce(officer="operations-1", request="rd", filing="jishidai", second=now + 100)
    assert record_dates.announce(office, announce).result["number"] == 2
    assert record_dates.announce(office, announce).result["number"] == 2
    with pytest.raises(Refused) as refused:
        record_dates.announce(
            office,
            record_dates.Announce(officer="operations-1", request=request(), filing="jishidai", second=now - 1),
        )
    assert reasons(refused) == {("R-93", "record-date-in-the-past"), ("R-93", "record-date-pending")}
    assert [(row["number"], row["taken"]) for row in record_dates.list_dates(office, "1")] == [(1, True), (2, False)]
    warp(office, 100)
    assert [row["taken"] for row in record_dates.list_dates(office)] == [True, True]


# ---- amortisation and closing


def face(office: Office, act: str, amount: int) -> Result:
    command = amortisation.Record(
        officer="operations-1", request=request(), token=SENIOR, amount=amount, evidence=PAPER
    )
    acts = {"pay": amortisation.amortise, "lose": amortisation.write_down, "regain": amortisation.reverse_write_down}
    return acts[act](office, command)


def test_amortisation_takes_two_officers_and_closes_the_token(office: Office) -> None:
    """Principal and losses lower what is outstanding, balances keep their face; at zero all balances are retired."""
    asked = face(office, "pay", 583_333)
    with pytest.raises(NotAuthorised):
        approve(office, Approve("operations-2", request(), str(asked.proposal)))
    second_officer(office, asked)
    told = amortisation.standing(office, SENIOR)
    assert (told["outstanding"], told["principal_paid"], told["closed"]) == (str(SUPPLY - 583_333), "583333", False)
    assert told["factor_exact"] == "1166667/1750000"
    assert told["factor"] == "0.666666857142"
    second_officer(office, face(office, "lose", 166_667))
    second_officer(office, face(office, "regain", 66_667))
    assert amortisation.standing(office, SENIOR)["written_down"] == "100000"
    with pytest.raises(Refused) as early:
        amortisation.retire(office, amortisation.Retire(officer="operations-1", request=request(), token=SENIOR))
    assert reasons(early) == {("R-90, R-94", "still-outstanding")}
    second_officer(office, face(office, "regain", 100_000))
    second_officer(office, face(office, "pay", SUPPLY - 583_333))
    assert amortisation.standing(office, SENIOR)["closed"]
    command = amortisation.Retire(officer="operations-1", request="retire", token=SENIOR)
    retired = amortisation.retire(office, command)
    assert (retired.outcome, retired.result["holders"], retired.result["total"]) == ("done", 3, str(SUPPLY))
    assert amortisation.retire(office, command) == retired
    told = amortisation.standing(office, SENIOR)
    assert (told["factor"], told["closed"]) == ("0.000000000000", True)
    assert integrity.verify(office) == []
    declared(office)
    pushed(office)
    assert cash(office, "alice") == 400_000  # the record date was before the end


def test_what_cannot_be_recorded_of_the_face(office: Office) -> None:
    """R-90, R-94: never more than is outstanding, never more back than was lost, never nothing."""
    with pytest.raises(Refused) as above:
        face(office, "pay", SUPPLY + 1)
    assert ("R-90, R-94", "above-outstanding") in reasons(above)
    with pytest.raises(Refused) as gain:
        face(office, "regain", 1)
    assert ("R-90", "above-written-down") in reasons(gain)
    with pytest.raises(Refused) as nothing:
        face(office, "lose", 0)
    assert ("R-94", "nothing-asked") in reasons(nothing)
    with pytest.raises(UsageError):
        face(office, "lose", 2**96)
    with pytest.raises(NotAuthorised):
        amortisation.amortise(
            office,
            amortisation.Record(officer="compliance-1", request=request(), token=SENIOR, amount=1, evidence=PAPER),
        )
