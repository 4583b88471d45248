"""Trades between holders: tokens against money, both legs or neither, and never twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer, wallet, wallet_key
from trading import (
    DAY,
    MONEY,
    SENIOR,
    as_bytes,
    balances,
    changed,
    money,
    new_trade,
    open_market,
    send,
    settle,
    signed_trade,
)

from abst.cash import assets
from abst.chain import papers
from abst.chain.acts import Act
from abst.chain.eip712 import Trade
from abst.chain.office import Office
from abst.errors import Conflict, NotAuthorised, Refused, UsageError
from abst.holders import facts
from abst.integrity import desk as integrity
from abst.investor import desk as investor
from abst.issuance import desk as issuance
from abst.issuance.desk import Allocation
from abst.keys import LocalSigner
from abst.transfers import batches as many
from abst.transfers import desk as transfers
from abst.transfers import trades
from abst.values import to_bytes
from nodes import warp


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """alice holds 1,000,000 units, bob money; both have their keys in the home, carol has neither tokens nor money."""
    home = tmp_path_factory.mktemp("traded") / "home"
    desks.filed_home(home)
    with opened(home) as office:
        desks.admitted_people(office, *desks.HOLDERS)
        desks.keep_keys(office, *desks.HOLDERS)
        minted = issuance.ProposeMint(
            officer="operations-1", request=request(), token=SENIOR, allocations=(Allocation("alice", 1_000_000),)
        )
        assert second_officer(office, issuance.mint(office, minted)).outcome == "done"
        open_market(office, "bob")
    return home


@pytest.fixture
def office(traded: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(desks.copied(traded, tmp_path / "home")) as made:
        yield made


def reasons(refused: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str]]:
    return {(refusal.rule, refusal.reason) for refusal in refused.value.refusals}


def test_p12_both_legs_or_neither_and_once(office: Office) -> None:
    """Settled: tokens and price changed hands. Sent again under any request, it is refused and nothing moves."""
    paper = signed_trade(office)
    done = settle(office, paper, "settle-once")
    assert (done.outcome, done.result["amount"], done.result["price"]) == ("done", "10000", "1000000")
    after = [(990_000, 1_000_000), (10_000, MONEY - 1_000_000)]
    assert balances(office, "alice", "bob") == after
    assert settle(office, paper, "settle-once") == done
    with pytest.raises(Conflict):
        settle(office, signed_trade(office), "settle-once")
    head = office.chain.head()
    with pytest.raises(Refused) as refused:
        settle(office, paper)
    assert ("", "already-settled") in reasons(refused)
    assert (office.chain.head(), balances(office, "alice", "bob")) == (head, after)
    shown, against = trades.show(office, paper)
    assert (shown["state"], shown["signed"], against) == ("settled", {"seller": True, "buyer": True}, [])
    assert integrity.verify(office) == []


def test_drawn_up_once_with_a_counted_id(office: Office) -> None:
    """The same request gives the same paper; trades of the same two have the ids 1 and 2, other parties their own."""
    first = new_trade(office, request="one", deadline=office.now() + DAY)
    deadline = int(first.result["paper"]["message"]["message"]["deadline"])
    assert new_trade(office, request="one", deadline=deadline) == first
    with pytest.raises(Conflict):
        new_trade(office, request="one", deadline=deadline, price=2)
    ids = [int(new_trade(office).result["id"], 16), int(new_trade(office, buyer="carol").result["id"], 16)]
    assert (int(first.result["id"], 16), ids) == (1, [2, 1])
    assert first.result["against"] == []
    on_chain = office.contracts.settlement.read("tradeHash", _terms(office, as_bytes(first.result["paper"])).as_tuple())
    assert on_chain == first.result["digest"]


def _terms(office: Office, paper: bytes) -> Trade:
    terms = papers.from_file(office, paper, Trade).terms
    assert isinstance(terms, Trade)
    return terms


def test_every_reason_is_said_when_it_is_drawn_up(office: Office) -> None:
    """Of the tokens by the rules of any transfer, of the money, with rule ids; what can never be settled is refused."""
    told = new_trade(office, seller="bob", buyer="carol", amount=10_001).result["against"]
    assert {(one["rule"], one["reason"]) for one in told} == {
        ("R-57", "not-a-lot"),
        ("R-60", "insufficient-balance"),
        ("R-94", "not-enough-money"),
    }
    for changes, expected in (
        ({"asset": facts.token(office, SENIOR).address}, ("R-65", "asset-not-listed")),
        ({"deadline": office.now() - 1}, ("", "expired")),
        ({"price": 0}, ("", "one-sided")),
        ({"buyer": "alice"}, ("", "same-party")),
    ):
        with pytest.raises(Refused) as refused:
            new_trade(office, **changes)
        assert reasons(refused) == {expected}
    with pytest.raises(UsageError):
        new_trade(office, price=2**96)


def test_refused_at_settlement_for_what_happened_since(office: Office) -> None:
    """A buyer blocked, an asset taken off the list, a deadline gone: each with its rule, and nothing moves."""
    paper, before = signed_trade(office), balances(office, "alice", "bob")
    block = investor.BlockInvestor(
        officer="operations-1", request=request(), investor="bob", reason="hit", evidence=PAPER
    )
    investor.block(office, block)
    with pytest.raises(Refused) as refused:
        settle(office, paper)
    assert reasons(refused) == {("R-53, R-62", "receiver-blocked"), ("R-99", "account-not-registered")}
    shown, against = trades.show(office, paper)
    assert (shown["state"], {one.reason for one in against}) == ("open", {"receiver-blocked", "account-not-registered"})
    unblock = investor.UnblockInvestor(officer="operations-1", request=request(), investor="bob", evidence=PAPER)
    second_officer(office, investor.unblock(office, unblock))
    removed = assets.RemoveAsset(officer="operations-1", request=request(), asset=money(office).address, evidence=PAPER)
    assets.remove(office, removed)
    with pytest.raises(Refused) as refused:
        settle(office, paper)
    assert reasons(refused) == {("R-65", "asset-not-listed")}
    warp(office, 2 * DAY)
    with pytest.raises(Refused) as refused:
        settle(office, paper)
    assert {reason for _, reason in reasons(refused)} >= {"expired", "asset-not-listed"}
    assert balances(office, "alice", "bob") == before
    assert integrity.verify(office) == []


def test_frozen_tokens_and_a_lack_of_signatures(office: Office) -> None:
    """Frozen tokens are not sold; a trade that one side signed is refused for the other's signature and permit."""
    half = signed_trade(office, "alice")
    with pytest.raises(Refused) as refused:
        settle(office, half)
    assert reasons(refused) == {("", "not-signed"), ("", "not-allowed")}
    freeze = transfers.Freeze(
        officer="operations-1", request=request(), token=SENIOR, wallet="alice", amount=995_000, evidence=PAPER
    )
    second_officer(office, transfers.freeze(office, freeze))
    with pytest.raises(Refused) as refused:
        settle(office, signed_trade(office))
    assert reasons(refused) == {("R-62", "frozen")}
    with pytest.raises(NotAuthorised):
        trades.settle(office, trades.SettleTrade(officer="regulator-desk", request=request(), paper=half))


def test_signed_outside(office: Office) -> None:
    """A wallet that knows only the file signs its messages; others' signatures and other words are not taken."""
    paper = as_bytes(new_trade(office).result["paper"])
    for name in ("alice", "bob"):
        content = json.loads(paper)
        side = "seller" if name == "alice" else "buyer"
        for signer, expected in ((wallet_key("carol"), False), (wallet_key(name), True)):
            told = _sign_outside(office, paper, name, signer, content["sides"][side]["permit"]["message"])
            assert (told is not None) == expected
            if told is not None:
                paper = as_bytes(papers.with_signature(json.loads(paper), told))
    with pytest.raises(NotAuthorised):
        trades.sign(office, trades.SignTrade(request=request(), paper=paper, holder="carol"))
    assert settle(office, paper).outcome == "done"


def _sign_outside(
    office: Office, paper: bytes, holder: str, signer: LocalSigner, permit: dict[str, object]
) -> dict[str, object] | None:
    command = trades.SignTrade(
        request=request(),
        paper=paper,
        holder=holder,
        signature="0x" + signer.sign_typed(_typed(json.loads(paper)["message"])).hex(),
        permit_signature="0x" + signer.sign_typed(_typed(permit)).hex(),
    )
    try:
        return trades.sign(office, command).result
    except UsageError:
        return None


def _typed(message: dict[str, object]) -> dict[str, object]:
    """As a wallet reads the JSON: numbers from text by their types."""
    types: dict[str, list[dict[str, str]]] = message["types"]  # type: ignore[assignment]
    kinds = {entry["name"]: entry["type"] for entry in types[str(message["primaryType"])]}
    said: dict[str, str] = message["message"]  # type: ignore[assignment]
    read = {
        name: int(value) if kinds[name].startswith("uint") else to_bytes(value) if kinds[name] == "bytes32" else value
        for name, value in said.items()
    }
    return {**message, "message": read}


def test_a_changed_paper_is_no_paper(office: Office) -> None:
    """Whoever changes a value, or brings the paper of another registry, is refused before anything is asked."""
    paper = signed_trade(office)
    for terms in ({"price": "1"}, {"amount": "20000"}, {"deadline": "1"}, {"buyer": wallet("carol")}, {"price": "-1"}):
        with pytest.raises(UsageError):
            settle(office, changed(paper, **terms))
    content = json.loads(paper)
    content["message"]["domain"]["chainId"] += 1
    for other in (as_bytes(content), b"{}", b"\xff", b"[]", paper.replace(b"abst-trade-1", b"abst-order-1")):
        with pytest.raises(UsageError):
            settle(office, other)


def test_p12_a_permit_that_somebody_used_is_no_error(office: Office) -> None:
    """Both permits are sent by a stranger before: the allowances stand, and the trade is settled all the same."""
    paper = signed_trade(office)
    read = papers.from_file(office, paper, Trade)
    for side in ("seller", "buyer"):
        permit = read.sides[side].permit
        assert permit is not None
        value, deadline, v, r, s = read.permit_tuple(side)
        token = papers.erc20(office.chain, permit.token)
        spender = office.contracts.settlement.address
        used = token.encode("permit", permit.owner, spender, value, deadline, v, r, s)
        send(office, wallet_key("carol"), permit.token, used)
    assert trades.show(office, paper)[1] == []
    assert settle(office, paper).outcome == "done"
    assert balances(office, "alice", "bob") == [(990_000, 1_000_000), (10_000, MONEY - 1_000_000)]


def _settle_call(office: Office, paper: bytes) -> bytes:
    read = papers.from_file(office, paper, Trade)
    return office.contracts.settlement.encode(
        "settle",
        read.terms.as_tuple(),
        read.sides["seller"].signature,
        read.sides["buyer"].signature,
        read.permit_tuple("seller"),
        read.permit_tuple("buyer"),
    )


def test_settled_by_somebody_else(office: Office) -> None:
    """Anyone may send a signed trade; who comes second is told that it is settled, and the paper shows it."""
    paper = signed_trade(office)
    send(office, wallet_key("carol"), office.contracts.settlement.address, _settle_call(office, paper))
    with pytest.raises(Refused) as refused:
        settle(office, paper)
    assert ("", "already-settled") in reasons(refused)
    assert trades.show(office, paper)[0]["state"] == "settled"
    assert int(new_trade(office).result["id"], 16) == 2
    assert integrity.verify(office) == []


def test_settled_by_somebody_else_while_ours_is_under_way(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before sending; meanwhile another sends the same trade: the request ends as done, once."""

    class Killed(Exception):
        """Stands for the end of the process."""

    def die(_: Act) -> None:
        raise Killed

    paper = signed_trade(office)
    with monkeypatch.context() as patched:
        patched.setattr(Act, "finish", die)
        with pytest.raises(Killed):
            settle(office, paper, "settle-killed")
    send(office, wallet_key("carol"), office.contracts.settlement.address, _settle_call(office, paper))
    assert settle(office, paper, "settle-killed").outcome == "done"
    assert balances(office, "alice", "bob") == [(990_000, 1_000_000), (10_000, MONEY - 1_000_000)]
    assert integrity.verify(office) == []


def test_either_party_cancels(office: Office) -> None:
    """The id is spent: nobody settles it, nobody cancels twice, no stranger cancels."""
    paper = signed_trade(office)
    with pytest.raises(NotAuthorised):
        trades.cancel(office, trades.CancelTrade(request=request(), paper=paper, holder="carol"))
    command = trades.CancelTrade(request="cancel-once", paper=paper, holder="bob")
    assert trades.cancel(office, command) == trades.cancel(office, command)
    assert trades.show(office, paper)[0]["state"] == "cancelled"
    with pytest.raises(Refused) as refused:
        trades.cancel(office, trades.CancelTrade(request=request(), paper=paper, holder="alice"))
    assert {reason for _, reason in reasons(refused)} == {"AlreadySettled"}
    with pytest.raises(Refused):
        settle(office, paper)
    assert integrity.verify(office) == []


def test_many_freezes_are_one_proposal(office: Office) -> None:
    """A table of wallets is frozen by two officers at once; a table with a doubtful row is not taken at all."""
    table = b"investor,amount,token,evidence\nalice,990000,JSD-A1,\nbob,5,JSD-A1,other.pdf\ncarol,7,JSD-SUB,\n"
    rows = many.read_freezes(table)
    command = many.FreezeMany(officer="operations-1", request="many", rows=tuple((row, PAPER) for row in rows))
    asked = many.freeze_many(office, command)
    assert many.freeze_many(office, command) == asked
    assert [(r["row"], r["amount"], r["balance"]) for r in asked.result["rows"]] == [
        (2, "990000", "1000000"),
        (3, "5", "0"),
        (4, "7", "0"),
    ]
    assert second_officer(office, asked).outcome == "done"
    for symbol, name, frozen in ((SENIOR, "alice", 990_000), (SENIOR, "bob", 5), ("JSD-SUB", "carol", 7)):
        token = office.contracts.token(facts.token(office, symbol).address)
        assert token.read("getFrozenTokens", wallet(name)) == frozen
    for bad in (
        b"wallet,amount\nalice,1\n",
        b"investor,amount,token\nalice,some,JSD-A1\n",
        b"investor,amount,token\n,1,JSD-A1\n",
        b"investor,amount,token\n",
        b"\xff",
    ):
        with pytest.raises(UsageError):
            many.read_freezes(bad)
    twice = many.read_freezes(f"wallet,amount,token\nalice,1,JSD-A1\n{wallet('alice')},2,JSD-A1\n".encode())
    again = many.FreezeMany(officer="operations-1", request=request(), rows=tuple((row, PAPER) for row in twice))
    with pytest.raises(UsageError):
        many.freeze_many(office, again)
    assert integrity.verify(office) == []
