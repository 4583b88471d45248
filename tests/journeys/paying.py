"""What payments need besides people and tokens: a listed deposit, accounts, money, a record date; and the acts."""

from __future__ import annotations

from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer

from abst.cash import assets, deposits
from abst.chain.office import Office, Result
from abst.errors import Refused
from abst.investor import desk as investor
from abst.issuance import desk as issuance
from abst.issuance.desk import Allocation
from abst.servicing import ledger, payments, record_dates
from nodes import warp

SENIOR = "JSD-A1"
HELD = {"alice": 1_000_000, "bob": 500_000, "carol": 250_000}
SUPPLY = sum(HELD.values())
CASH = 10_000_000


def build(home: Path) -> None:
    """Three holders of the senior tranche, a listed deposit token, a payer with money, and a record date taken."""
    desks.filed_home(home)
    with opened(home) as office:
        desks.admitted_people(office, *desks.HOLDERS)
        desks.keep_keys(office, *desks.HOLDERS)
        rows = tuple(Allocation(name, amount) for name, amount in HELD.items())
        minted = issuance.ProposeMint(officer="operations-1", request=request(), token=SENIOR, allocations=rows)
        second_officer(office, issuance.mint(office, minted))
        for account in ("operations-1", "distribution"):
            open_account(office, account)
        second_officer(office, list_deposit(office))
        credit(office, "operations-1", CASH)
        take_record_date(office)


def open_account(office: Office, account: str, *, is_open: bool = True) -> Result:
    command = deposits.SetAccount(officer="bank-desk", request=request(), account=account, is_open=is_open)
    return deposits.set_account(office, command)


def credit(office: Office, to: str, amount: int, req: str = "") -> Result:
    command = deposits.MakeDeposit(officer="bank-desk", request=req or request(), to=to, amount=amount)
    return deposits.make(office, command)


def list_deposit(office: Office, **changed: str) -> Result:
    told = {"asset": str(office.deployment.deposit), "currency": "HKD", "kind": "deposit", "reason": ""} | changed
    command = assets.ProposeAsset(officer="operations-1", request=request(), evidence=PAPER, **told)
    return assets.propose(office, command)


def take_record_date(office: Office) -> None:
    second = office.now() + 60
    command = record_dates.Announce(officer="operations-1", request=request(), filing="jishidai", second=second)
    assert record_dates.announce(office, command).outcome == "done"
    warp(office, second - office.now())


def declared(office: Office, amount: int = 700_001, req: str = "", **changed: object) -> Result:
    told = {"officer": "operations-1", "token": SENIOR, "record_date": 1} | changed
    command = payments.Declare(request=req or request("pay"), amount=amount, **told)  # type: ignore[arg-type]
    return payments.declare(office, command)


def pushed(office: Office, payment: str = "1", lot: int = 100, req: str = "") -> Result:
    command = payments.Push(officer="operations-1", request=req or request("push"), payment=payment, lot=lot)
    return payments.push(office, command)


def claimed(office: Office, holder: str, payment: str = "1") -> Result:
    return payments.claim(office, payments.Claim(request=request("claim"), payment=payment, holder=holder))


def block(office: Office, name: str) -> None:
    command = investor.BlockInvestor(
        officer="operations-1", request=request(), investor=name, reason="order", evidence=PAPER
    )
    assert investor.block(office, command).outcome == "done"


def cash(office: Office, name: str) -> int:
    return int(deposits.show_account(office, name)["balance"])


def lines(office: Office, payment: str = "1") -> dict[str, tuple[str, str | None, str | None]]:
    """Investor -> state, rule and reason."""
    rows = ledger.show(office, payment)["holders"]
    return {row["investor"]: (row["state"], row["rule"], row["reason"]) for row in rows}


def reasons(refused: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str]]:
    return {(refusal.rule, refusal.reason) for refusal in refused.value.refusals}
