"""Allotment against payment: signed orders become tokens and proceeds in one act, by issuer and gatekeeper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer, wallet, wallet_key
from sqlalchemy import select
from trading import (
    DAY,
    FILING,
    MONEY,
    SENIOR,
    as_bytes,
    balances,
    changed,
    money,
    open_market,
    send,
    set_proceeds,
    signed_order,
    signed_trade,
)

from abst.chain import papers
from abst.chain.acts import Act
from abst.chain.eip712 import Order
from abst.chain.office import Approve, Office, Result
from abst.chain.proposals import approve, describe
from abst.chain.reasons import reason as chain_reason
from abst.errors import Conflict, NotAuthorised, Refused, UsageError
from abst.holders import desk as holders
from abst.holders import facts
from abst.integrity import desk as integrity
from abst.investor import desk as investor
from abst.issuance import allotment, orders
from abst.issuance import desk as issuance
from abst.issuance.tables import LotOrder
from abst.servicing import amortisation
from databases import drop_trigger
from nodes import warp


@pytest.fixture(scope="module")
def subscribed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """alice and bob have money and their keys in the home, carol has no money; nothing is minted yet."""
    home = tmp_path_factory.mktemp("subscribed") / "home"
    desks.filed_home(home)
    with opened(home) as office:
        desks.admitted_people(office, *desks.HOLDERS)
        desks.keep_keys(office, *desks.HOLDERS)
        open_market(office, "alice", "bob")
    return home


@pytest.fixture
def office(subscribed: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(desks.copied(subscribed, tmp_path / "home")) as made:
        yield made


def allot(office: Office, *files: bytes, req: str = "") -> Result:
    command = allotment.Allot(officer="operations-1", request=req or request("allot"), papers=files)
    return allotment.allot(office, command)


def reasons(refused: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str]]:
    return {(refusal.rule, refusal.reason) for refusal in refused.value.refusals}


def proceeds(office: Office) -> int:
    with office.store.read():
        account = allotment.show_proceeds(office, FILING)["account"]
    return int(money(office).read("balanceOf", account))


def test_p4_p12_paid_as_it_is_delivered_by_two_keys(office: Office) -> None:
    """Three orders are filled in one act: tokens to the investors, the price to the proceeds account, once."""
    set_proceeds(office)
    files = (
        signed_order(office, "alice", 1_000_000, 10_000_000),
        signed_order(office, "bob", 500_000, 5_000_000),
    )
    asked = allot(office, *files, req="allot-once")
    assert (asked.outcome, asked.result["allocated"], asked.result["total"]) == ("waiting", 2, "1500000")
    assert allot(office, *files, req="allot-once") == asked
    with pytest.raises(Conflict):
        allot(office, files[0], req="allot-once")
    with pytest.raises(NotAuthorised):
        approve(office, Approve("operations-1", request(), str(asked.proposal)))
    shown = describe(office, str(asked.proposal))["command"]
    assert shown["lots"][0]["prices"] == {money(office).address: "15000000"}
    yes = Approve("compliance-1", "yes-once", str(asked.proposal), str(asked.result["hash"]))
    assert approve(office, yes).outcome == "done"
    assert approve(office, yes).outcome == "done"
    assert balances(office, "alice", "bob") == [(1_000_000, MONEY - 10_000_000), (500_000, MONEY - 5_000_000)]
    assert (proceeds(office), holders.register(office, SENIOR).supply) == (15_000_000, 1_500_000)
    with pytest.raises(Refused) as refused:
        allot(office, files[0])
    assert reasons(refused) == {("", "already-settled")}
    with pytest.raises(UsageError):  # what is paid for is not minted without payment
        issuance.retry(office, issuance.RetryMint(officer="operations-1", request=request(), retry_of="allot-once"))
    shown, against = orders.show(office, files[1])
    assert (shown["state"], shown["signed"], against) == ("filled", True, [])
    assert integrity.verify(office) == []


def test_every_gate_of_a_mint_and_of_the_payment(office: Office) -> None:
    """Good orders are proposed, each bad one is dropped with its rules; without an account for proceeds none is."""
    good = signed_order(office, "bob", 10_000, 100_000)
    with pytest.raises(Refused) as refused:
        allot(office, good)
    assert reasons(refused) == {("R-99", "no-proceeds-account")}
    set_proceeds(office)
    files = (
        good,
        signed_order(office, "carol", 10_001, 100_000),
        signed_order(office, "alice", 10_000, 100_000, sign=False),
        good,
    )
    rows = {row.row: {(r.rule, r.reason) for r in row.refusals} for row in allotment.dry_run(office, files)}
    assert rows == {
        1: set(),
        2: {("R-57", "not-a-lot"), ("R-94", "not-enough-money")},
        3: {("", "not-signed"), ("", "not-allowed")},
        4: {("", "already-settled")},
    }
    asked = allot(office, *files)
    assert (asked.result["allocated"], asked.result["dropped"], asked.exit_code) == (1, 3, 3)
    assert {refusal.where.split(":")[0] for refusal in asked.refusals} == {"row 2", "row 3", "row 4"}
    assert second_officer(office, asked).outcome == "done"
    assert balances(office, "bob") == [(10_000, MONEY - 100_000)]
    assert integrity.verify(office) == []


def test_several_orders_of_one_investor_share_his_purse(office: Office) -> None:
    """Each takes from the same money: what the first two leave is not enough for the third."""
    set_proceeds(office)
    send(office, wallet_key("bob"), money(office).address, _allow_all(office))
    files = tuple(signed_order(office, "bob", 10_000, 20_000_000) for _ in range(3))
    rows = {row.row: {(r.rule, r.reason) for r in row.refusals} for row in allotment.dry_run(office, files)}
    assert rows == {1: set(), 2: set(), 3: {("R-94", "not-enough-money")}}
    asked = allot(office, *files)
    assert second_officer(office, asked).outcome == "done"
    assert balances(office, "bob") == [(20_000, MONEY - 40_000_000)]
    assert integrity.verify(office) == []


def _allow_all(office: Office) -> bytes:
    return money(office).encode("approve", office.contracts.settlement.address, 2**256 - 1)


def test_decided_again_when_it_is_released(office: Office) -> None:
    """Blocked, or poorer, since the proposal: the release is refused, the proposal stays open, nobody has paid."""
    set_proceeds(office)
    asked = allot(
        office, signed_order(office, "alice", 10_000, 100_000), signed_order(office, "bob", 10_000, 50_000_000)
    )
    send(office, wallet_key("bob"), money(office).address, money(office).encode("transfer", wallet("carol"), 1))
    with pytest.raises(Refused) as refused:
        second_officer(office, asked)
    assert reasons(refused) == {("R-94", "not-enough-money")}
    send(office, wallet_key("carol"), money(office).address, money(office).encode("transfer", wallet("bob"), 1))
    block = investor.BlockInvestor(
        officer="operations-1", request=request(), investor="alice", reason="hit", evidence=PAPER
    )
    investor.block(office, block)
    with pytest.raises(Refused) as refused:
        second_officer(office, asked)
    assert reasons(refused) == {("R-53, R-62", "receiver-blocked"), ("R-99", "account-not-registered")}
    unblock = investor.UnblockInvestor(officer="operations-1", request=request(), investor="alice", evidence=PAPER)
    second_officer(office, investor.unblock(office, unblock))
    assert balances(office, "alice", "bob") == [(0, MONEY), (0, MONEY)]
    assert second_officer(office, asked).outcome == "done"
    assert balances(office, "alice", "bob") == [(10_000, MONEY - 100_000), (10_000, 0)]
    assert integrity.verify(office) == []


def test_an_order_is_cancelled_and_its_proposal_with_it(office: Office) -> None:
    """The investor takes it back until it is filled: the release is refused, for all orders of the proposal."""
    set_proceeds(office)
    paper = signed_order(office, "alice", 10_000, 100_000)
    asked = allot(office, paper, signed_order(office, "bob", 10_000, 100_000))
    command = orders.CancelOrder(request="cancel-once", paper=paper)
    assert orders.cancel(office, command) == orders.cancel(office, command)
    assert orders.show(office, paper)[0]["state"] == "cancelled"
    with pytest.raises(Refused) as refused:
        second_officer(office, asked)
    assert reasons(refused) == {("", "already-settled")}
    with pytest.raises(Refused):
        orders.cancel(office, orders.CancelOrder(request=request(), paper=paper))
    assert balances(office, "alice", "bob") == [(0, MONEY), (0, MONEY)]
    assert integrity.verify(office) == []


def test_p4_a_restored_store_does_not_allot_twice(
    subscribed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is put back to before the sending: the same approval finds on chain that its lot was filled."""

    class Killed(Exception):
        """Stands for the end of the process."""

    def die(_: Act) -> None:
        raise Killed

    home = desks.copied(subscribed, tmp_path / "home")
    with opened(home) as office:
        set_proceeds(office)
        asked = allot(office, signed_order(office, "alice", 10_000, 100_000))
        yes = Approve("compliance-1", "yes-killed", str(asked.proposal))
        with monkeypatch.context() as patched:
            patched.setattr(Act, "finish", die)
            with pytest.raises(Killed):
                approve(office, yes)
    kept = desks.copied(home, tmp_path / "kept")
    with opened(home) as office:
        assert approve(office, yes).outcome == "done"
    for file in kept.glob("registry.db*"):
        (home / file.name).write_bytes(file.read_bytes())
    with opened(home) as office:
        assert approve(office, yes).outcome == "done"
        assert balances(office, "alice") == [(10_000, MONEY - 100_000)]
        assert integrity.verify(office) == []


def test_p3_nothing_is_issued_once_principal_was_paid(office: Office) -> None:
    """The issue is closed: neither orders nor mints pass, and the chain says the same."""
    set_proceeds(office)
    assert second_officer(office, allot(office, signed_order(office, "alice", 10_000, 100_000))).outcome == "done"
    paid = amortisation.Record(officer="operations-1", request=request(), token=SENIOR, amount=1_000, evidence=PAPER)
    assert second_officer(office, amortisation.amortise(office, paid)).outcome == "done"
    for act in (
        lambda: allot(office, signed_order(office, "bob", 10_000, 100_000)),
        lambda: issuance.mint(
            office,
            issuance.ProposeMint(
                officer="operations-1",
                request=request(),
                token=SENIOR,
                allocations=(issuance.Allocation("bob", 10_000),),
            ),
        ),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert reasons(refused) == {("R-59", "issue-closed")}
    token = office.contracts.token(facts.token(office, SENIOR).address)
    assert chain_reason(token.read("reasonAgainstMint", wallet("bob"), 10_000)).slug == "issue-closed"


def test_verify_finds_an_allotment_that_was_not_approved(office: Office) -> None:
    """An order in the store that differs from what the chain filled is named on both sides."""
    set_proceeds(office)
    assert second_officer(office, allot(office, signed_order(office, "alice", 10_000, 100_000))).outcome == "done"
    assert integrity.verify(office) == []
    with office.store.begin() as session:
        drop_trigger(session, "lot_order", "no_update")
        (row,) = session.scalars(select(LotOrder))
        message = row.paper["message"]
        row.paper = {**row.paper, "message": {**message, "message": {**message["message"], "price": "1"}}}
    found = [(difference.found, difference.expected) for difference in integrity.verify(office)]
    assert found == [("on chain", "not here"), ("here", "not on chain")]


def test_orders_that_are_none(office: Office) -> None:
    """Changed, late, of two tokens, a trade instead, no files: each is named for what it is."""
    set_proceeds(office)
    paper = signed_order(office, "alice", 10_000, 100_000)
    with pytest.raises(UsageError):
        allot(office, changed(paper, price="1"))
    with pytest.raises(UsageError):
        allot(office, paper, signed_order(office, "bob", 10_000, 100_000, token="JSD-A2"))
    with pytest.raises(UsageError):
        allot(office, as_bytes({"schema": "abst-order-1"}))
    with pytest.raises(UsageError):
        allot(office)
    with pytest.raises(Refused) as refused:
        signed_order(office, "alice", 10_000, 0)
    assert reasons(refused) == {("", "one-sided")}
    with pytest.raises(UsageError):
        allot(office, signed_trade(office, "alice", seller="alice", buyer="bob"))
    warp(office, 2 * DAY)
    with pytest.raises(Refused) as refused:
        allot(office, paper)
    assert {reason for _, reason in reasons(refused)} == {"expired", "not-allowed"}
    read = papers.from_file(office, paper, Order)
    assert office.contracts.settlement.read("orderHash", read.terms.as_tuple()) == orders.digest_of(office, read)


def test_p10_proceeds_take_two_officers(office: Office) -> None:
    """The account is proposed by one and approved by another; who cannot hold the money cannot be paid."""
    assert allotment.show_proceeds(office, FILING)["account"] is None
    set_proceeds(office, wallet("alice"))
    set_proceeds(office, "0x00000000000000000000000000000000000000A1")
    told = allotment.show_proceeds(office, FILING)
    assert [row["account"] for row in told["history"]] == [wallet("alice"), told["account"]]
    with pytest.raises(Refused) as refused:
        allot(office, signed_order(office, "bob", 10_000, 100_000))
    assert reasons(refused) == {("R-99", "account-not-registered")}
    with pytest.raises(NotAuthorised):
        allotment.set_proceeds(
            office,
            allotment.SetProceeds(
                officer="compliance-1", request=request(), filing=FILING, account="alice", evidence=PAPER
            ),
        )
    assert integrity.verify(office) == []
