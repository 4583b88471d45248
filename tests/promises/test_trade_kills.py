"""Kill the process between any two steps of an allotment and a trade, and run the same requests again: the same end,
once; both legs or neither (P4, P12)."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from abst.cash import assets, deposits
from abst.chain import papers
from abst.chain.eip712 import Order, Trade
from abst.chain.office import Evidence, Office, Result
from abst.chain.papers import Paper
from abst.demo.people import wallet_key
from abst.holders import facts
from abst.issuance import allotment, orders
from abst.keys import LocalSigner
from abst.transfers import trades
from promises import kill_harness as harness
from promises.faults.process import Ended, Paused, Process
from promises.kill_harness import FILING, MAKER, TOKEN, Template
from promises.test_kills import Killer, boundaries, every_line, kill_at_random, timed
from sharing import made_once

BANK, ISSUER = "bank-desk", "operations-2"
SEED = 1  # of the template's investors
MONEY, PRICE, YEAR = 1_000_000, 1_000, 366 * 86_400


@pytest.fixture(scope="session")
def ready_to_trade(ready_to_mint: Template, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The first investor holds tokens, the second has money and has ordered more; their papers lie in the home."""

    def make(folder: Path) -> None:
        home = ready_to_mint.copy(folder / "home")
        office = harness.open_office(home)
        paper = Evidence("paper.txt", b"A document of the tests.")
        seller, buyer = ready_to_mint.investors[:2]
        harness.mint(office, "t-mint", [(seller, 2 * ready_to_mint.lot)])
        asset = assets.asset_of(office, "")
        listing = assets.ProposeAsset(
            officer=MAKER, request="t-asset", asset=asset, currency="HKD", kind="deposit", evidence=paper
        )
        harness.approve(office, assets.propose(office, listing), "t-asset-yes")
        opened = deposits.SetAccount(officer=BANK, request="t-account", account=ISSUER, is_open=True)
        deposits.set_account(office, opened)
        deposits.make(office, deposits.MakeDeposit(officer=BANK, request="t-cash", to=buyer, amount=MONEY))
        account = allotment.SetProceeds(
            officer=MAKER, request="t-proceeds", filing=FILING, account=ISSUER, evidence=paper
        )
        harness.approve(office, allotment.set_proceeds(office, account), "t-proceeds-yes")
        deadline = office.now() + YEAR
        ordered = orders.NewOrder(
            request="t-order",
            token=TOKEN,
            buyer=buyer,
            amount=ready_to_mint.lot,
            asset="",
            price=PRICE,
            deadline=deadline,
        )
        _keep(office, home / "order.json", orders.new(office, ordered), Order)
        drawn = trades.NewTrade(
            request="t-trade",
            token=TOKEN,
            seller=seller,
            buyer=buyer,
            amount=ready_to_mint.lot,
            asset="",
            price=PRICE,
            deadline=deadline,
        )
        _keep(office, home / "trade.json", trades.new(office, drawn), Trade)
        assert harness.differences(office) == []
        office.close()
        gc.collect()  # no connection of the parent's is left for a fork to inherit
        Template(home, ready_to_mint.investors, ready_to_mint.lot).write(folder)

    return Template.read(made_once(tmp_path_factory, "ready-to-trade", make))


def _keep(office: Office, file: Path, drawn: Result, kind: type[Trade] | type[Order]) -> None:
    """Every side signs outside; the buyer's second permit counts on from his first."""
    content = papers.text_of(drawn.result["paper"]).encode()
    paper = papers.from_file(office, content, kind)
    for name, side in paper.sides.items():
        signer = _signer_of(office, side.wallet)
        permit = side.permit
        assert permit is not None
        if kind is Trade and name == "buyer":
            permit = replace(permit, nonce=1)
        signed = replace(permit, signature="0x" + signer.sign_typed(papers.permit_message(office, permit)).hex())
        message = papers.message_of(office, paper.terms)
        paper = Paper(paper.terms, paper.sides).signed(name, "0x" + signer.sign_typed(message).hex(), signed)
    file.write_text(papers.text_of(papers.as_file(office, paper)), encoding="utf-8")


def _signer_of(office: Office, wallet: str) -> LocalSigner:
    from sqlalchemy import select

    from abst.investor.tables import Wallet

    with office.store.read() as session:
        reference = session.scalars(select(Wallet.investor).where(Wallet.address == wallet)).one()
    return LocalSigner(wallet_key(SEED, reference))


def deal(office: Office) -> Result:
    """Allot the order against payment, then settle the trade; everybody has what he should, once."""
    order, trade = ((office.home / name).read_bytes() for name in ("order.json", "trade.json"))
    asked = allotment.allot(office, allotment.Allot(officer=MAKER, request="the-allotment", papers=(order,)))
    harness.approve(office, asked, "the-allotment-yes")
    settled = trades.settle(office, trades.SettleTrade(officer=MAKER, request="the-trade", paper=trade))
    terms = papers.from_file(office, trade, Trade).terms
    assert isinstance(terms, Trade)
    token, deposit = office.contracts.token(facts.token(office, TOKEN).address), office.contracts.deposit
    assert deposit is not None
    lot = terms.amount
    held = [(token.read("balanceOf", who), deposit.read("balanceOf", who)) for who in (terms.seller, terms.buyer)]
    assert held == [(lot, PRICE), (2 * lot, MONEY - 2 * PRICE)]
    return replace(settled, result={"digest": settled.result["digest"]})


def killer_of(template: Template, folder: Path, work: Callable[[Office], Result]) -> Killer:
    killer = Killer.ready(template, folder, work)
    assert killer.expected["minted"] == 2
    return killer


@pytest.mark.slow
def test_p12_killed_at_some_points_of_an_allotment_and_a_trade(ready_to_trade: Template, tmp_path: Path) -> None:
    """Killed at points between commits, calls and signatures, the same requests come to the same end."""
    whole = Process(ready_to_trade.copy(tmp_path / "whole"))
    done = whole.do(deal)
    whole.kill()
    assert isinstance(done, Ended)
    for quarter in (1, 2, 3):
        home = ready_to_trade.copy(tmp_path / str(quarter))
        first, second = Process(home), Process(home)
        assert isinstance(first.do(deal, done.points * quarter // 4), Paused)
        first.kill()
        again, wrong = second.do(deal), second.do(harness.differences)
        second.kill()
        assert isinstance(again, Ended)
        assert (again.outcome, again.words) == ("done", "")
        assert isinstance(wrong, Ended)
        assert wrong.told == []


@pytest.mark.prove
def test_p12_killed_at_every_step_of_an_allotment_and_a_trade(ready_to_trade: Template, tmp_path: Path) -> None:
    """The same before and after every commit and broadcast, at every fourth line, and at many random moments."""
    killer = killer_of(ready_to_trade, tmp_path, deal)
    path = killer.steps()
    edges = boundaries(path)
    assert len(edges) >= 2 * 5, "proposing, releasing, sending and settling each commit"
    cases = [(step,) for step in dict.fromkeys(every_line(path)[::4] + edges)]
    assert harness.spread(cases, killer.case, workers=2) == []
    hits, _ = kill_at_random(killer, 30, seed=12, whole=timed(killer))
    assert hits >= 15
    print(f"\nkills at steps of a trade: {len(cases)} killed once; at random moments: {hits}; differences 0")
