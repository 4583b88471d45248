"""Kill the process between any two steps of a payment and run the same requests again: the same end, once (P8)."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

from abst.cash import assets, deposits
from abst.chain.office import Evidence, Office, Result, warp
from abst.servicing import ledger, payments, record_dates
from promises import kill_harness as harness
from promises.kill_harness import FILING, MAKER, TOKEN, Template
from promises.test_kills import Killer, boundaries, every_line, kill_at_random, timed
from sharing import made_once

BANK = "bank-desk"
HOLDERS, LOT = 7, 2  # holders of the record date, and those of them in one transaction
FUNDED = 1_000


@pytest.fixture(scope="session")
def ready_to_pay(ready_to_mint: Template, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Some hold the token at a record date that was taken, and the payer has the money."""

    def make(folder: Path) -> None:
        home = ready_to_mint.copy(folder / "home")
        office = harness.open_office(home)
        rows = [(name, ready_to_mint.lot * (2 + place)) for place, name in enumerate(ready_to_mint.investors[:HOLDERS])]
        harness.mint(office, "t-mint", rows)
        for account in (MAKER, "distribution"):
            opened = deposits.SetAccount(officer=BANK, request=f"t-{account}", account=account, is_open=True)
            deposits.set_account(office, opened)
        listing = assets.ProposeAsset(
            officer=MAKER,
            request="t-asset",
            asset=assets.asset_of(office, ""),
            currency="HKD",
            kind="deposit",
            evidence=Evidence("licence.txt", b"A document of the tests."),
        )
        harness.approve(office, assets.propose(office, listing), "t-asset-yes")
        deposits.make(office, deposits.MakeDeposit(officer=BANK, request="t-cash", to=MAKER, amount=FUNDED))
        second = office.now() + 10
        date = record_dates.Announce(officer=MAKER, request="t-date", filing=FILING, second=second)
        record_dates.announce(office, date)
        warp(office, 10)
        assert harness.differences(office) == []
        office.close()
        gc.collect()  # no connection of the parent's is left for a fork to inherit
        Template(home, ready_to_mint.investors, ready_to_mint.lot).write(folder)

    return Template.read(made_once(tmp_path_factory, "ready-to-pay", make))


def pay(office: Office) -> Result:
    """Declare, push in lots, and check that everybody has his share and no more."""
    payments.declare(
        office,
        payments.Declare(officer=MAKER, request="the-payment", token=TOKEN, record_date=1, amount=FUNDED),
    )
    pushed = payments.push(office, payments.Push(officer=MAKER, request="the-push", payment="1", lot=LOT))
    told = ledger.show(office, "1")
    assert told["state"] == "complete"
    contract = office.contracts.distribution
    held = office.contracts.deposit
    assert held is not None
    assert held.read("balanceOf", contract.address) == int(told["dust"])
    for row in told["holders"]:
        assert held.read("balanceOf", row["holder"]) == int(row["share"])
    return pushed


def killer_of(template: Template, folder: Path, work: Callable[[Office], Result]) -> Killer:
    killer = Killer.ready(template, folder, work)
    assert killer.expected["told"]["holders"] == HOLDERS
    return killer


@pytest.mark.prove
def test_p8_killed_at_every_step_of_a_payment(ready_to_pay: Template, tmp_path: Path) -> None:
    """Killed before and after every commit and broadcast, at every fourth line, and at many random moments, in every
    other round after `abst ops run`, the same requests come to the same end: everybody is paid, once."""
    killer = killer_of(ready_to_pay, tmp_path, pay)
    path = killer.steps()
    edges = boundaries(path)
    assert len(edges) >= 2 * 5, "declaring and pushing each commit and broadcast"
    cases = [(step,) for step in dict.fromkeys(every_line(path)[::4] + edges)]
    assert harness.spread(cases, killer.case, workers=2) == []
    hits, _ = kill_at_random(killer, 30, seed=9, whole=timed(killer))
    assert hits >= 15
    print(f"\nkills at steps of a payment: {len(cases)} killed once; at random moments: {hits}; differences 0")
