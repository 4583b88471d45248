"""What trades and allotments need besides people and tokens: a listed asset, deposits, papers signed by the parties."""

from __future__ import annotations

import json
from typing import Any

from desks import PAPER, request, second_officer, wallet, wallet_key

from abst.cash import assets, deposits
from abst.chain import artifacts, papers
from abst.chain.api import Tx
from abst.chain.contracts import Contract, codec
from abst.chain.deploy import transaction, wait_for
from abst.chain.office import Office, Result
from abst.issuance import allotment, orders
from abst.keys import LocalSigner
from abst.transfers import trades
from abst.values import Address

SENIOR, FILING = "JSD-A1", "jishidai"
DAY = 86_400
MONEY = 50_000_000  # units of the deposit that each holder begins with


def money(office: Office) -> Contract:
    assert office.contracts.deposit is not None
    return office.contracts.deposit


def open_market(office: Office, *rich: str) -> None:
    """The local deposit is listed by two officers, the rich have some, and the issuer has an account for proceeds."""
    asked = assets.propose(
        office,
        assets.ProposeAsset(
            officer="operations-1",
            request=request(),
            asset=money(office).address,
            currency="HKD",
            kind="deposit",
            evidence=PAPER,
        ),
    )
    assert second_officer(office, asked).outcome == "done"
    for name in rich:
        made = deposits.MakeDeposit(officer="bank-desk", request=request(), to=name, amount=MONEY)
        assert deposits.make(office, made).outcome == "done"
    opened = deposits.SetAccount(officer="bank-desk", request=request(), account="operations-2", is_open=True)
    assert deposits.set_account(office, opened).outcome == "done"


def set_proceeds(office: Office, account: str = "operations-2") -> None:
    command = allotment.SetProceeds(
        officer="operations-1", request=request(), filing=FILING, account=account, evidence=PAPER
    )
    assert second_officer(office, allotment.set_proceeds(office, command)).outcome == "done"


def as_bytes(content: dict[str, Any]) -> bytes:
    return papers.text_of(content).encode()


def new_trade(office: Office, **changes: Any) -> Result:
    """alice sells 10,000 units to bob for 1,000,000 of the deposit, within a day, unless changed."""
    terms: dict[str, Any] = {
        "request": request("trade"),
        "token": SENIOR,
        "seller": "alice",
        "buyer": "bob",
        "amount": 10_000,
        "asset": "",
        "price": 1_000_000,
        "deadline": office.now() + DAY,
    }
    return trades.new(office, trades.NewTrade(**terms | changes))


def signed_trade(office: Office, *holders: str, **changes: Any) -> bytes:
    """A trade's file, signed with keys of this home; without names by alice and bob."""
    content: dict[str, Any] = new_trade(office, **changes).result["paper"]
    for name in holders or ("alice", "bob"):
        told = trades.sign(office, trades.SignTrade(request=request(), paper=as_bytes(content), holder=name))
        content = papers.with_signature(content, told.result)
    return as_bytes(content)


def settle(office: Office, paper: bytes, req: str = "") -> Result:
    command = trades.SettleTrade(officer="operations-1", request=req or request("settle"), paper=paper)
    return trades.settle(office, command)


def signed_order(office: Office, name: str, amount: int, price: int, *, sign: bool = True, **changes: Any) -> bytes:
    """An order's file of one investor, signed with the key of this home."""
    terms: dict[str, Any] = {
        "request": request("order"),
        "token": SENIOR,
        "buyer": name,
        "amount": amount,
        "asset": "",
        "price": price,
        "deadline": office.now() + DAY,
    }
    content: dict[str, Any] = orders.new(office, orders.NewOrder(**terms | changes)).result["paper"]
    if sign:
        told = orders.sign(office, orders.SignOrder(request=request(), paper=as_bytes(content), holder=name))
        content = papers.with_signature(content, told.result)
    return as_bytes(content)


def balances(office: Office, *names: str) -> list[tuple[int, int]]:
    """Tokens and money of each."""
    from abst.holders import facts

    token = office.contracts.token(facts.token(office, SENIOR).address)
    return [(token.read("balanceOf", wallet(n)), money(office).read("balanceOf", wallet(n))) for n in names]


def send(office: Office, signer: LocalSigner, to: Address | None, data: bytes) -> Address | None:
    """A transaction past Python, from a key; the address of what it created."""
    chain = office.chain
    gas = chain.estimate(Tx(signer.address, to, data))
    tx = transaction(chain, nonce=chain.nonce(signer.address), to=to, data=data, gas=gas, fees=chain.gas_price())
    receipt = wait_for(chain, chain.send_raw(signer.sign_transaction(tx).raw))
    assert receipt.status == 1
    return receipt.contract_address


def notice_board(office: Office, halting: int) -> Contract:
    """An example subscriber, made by carol; halting: bits of the kinds that halt its venue."""
    arguments = codec("NoticeBoard").constructor.encode([office.contracts.registry.address, halting])
    made = send(office, wallet_key("carol"), None, artifacts.load("NoticeBoard").bytecode + arguments)
    assert made is not None
    return Contract("NoticeBoard", made, office.chain)


def changed(paper: bytes, **terms: str) -> bytes:
    """The same file with other values in its message."""
    content = json.loads(paper)
    content["message"]["message"] |= terms
    return as_bytes(content)
