"""The demo's listeners and trades: who is told of a disclosure, and tokens against money, both legs or neither."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from abst.demo.filing import FILING
from abst.demo.market import A1, DAY
from abst.demo.people import GOOD, Person
from abst.demo.stage import Stage

if TYPE_CHECKING:
    from abst.chain.contracts import Contract
    from abst.transfers.trades import SignTrade

HALTING = 1 << 2  # the venue halts on a material risk
BASE = "https://example.org/documents/"
AMOUNT, PRICE = 10_000, 1_000_000  # token units for units of the deposit


def listeners(stage: Stage) -> None:
    """A subscriber is told of each publication, and can stop none; one that fails stops nobody."""
    from abst.disclosure import documents, hooks
    from abst.holders import facts

    stage.scene(
        "A venue listens to disclosures",
        "A contract of its own subscribes; the registry calls it after each publication, with bounded gas.",
    )
    office = stage.office
    board = _venue(stage)
    deaf = office.contracts.manager.address  # a contract that answers no such call
    for hook in (deaf, board.address):
        command = hooks.SetHook(officer="operations-1", request=stage.request(), filing=FILING, hook=hook)
        stage.done(hooks.add(office, command))
    located = documents.Locate(officer="operations-1", request=stage.request(), filing=FILING, base=BASE)
    stage.done(documents.locate(office, located))
    first = _publish(stage, "A storm stopped collections in two provinces.")
    notice = board.read("lastNotice", facts.token(office, A1).number)
    stage.expect("the venue was told", notice[0], first["document_hash"])
    stage.expect("the venue halted", notice[4], True)
    stage.tell("a material risk is published (R-72); the venue, told in the same transaction, halts its trading")
    failed = {row["hook"]: row["failures"] for row in hooks.list_hooks(office, FILING)}
    stage.expect("failures of the two subscribers", failed, {deaf: 1, board.address: 0})
    stage.tell("another subscriber failed: it is on record, and stopped neither the publication nor the venue")
    _look_back(stage)


def _look_back(stage: Stage) -> None:
    """A corrected version: the chain still says what an investor saw before."""
    from abst.disclosure import documents

    office = stage.office
    bought = office.now()
    stage.warp(DAY)
    _publish(stage, "A storm stopped collections in two provinces; they resumed.")
    then = {row["name"]: row["version"] for row in documents.seen_at(office, FILING, bought)}
    now = {row["name"]: row["version"] for row in documents.list_documents(office, FILING)}
    stage.expect("the versions seen then and now", (then["storm"], now["storm"]), (1, 2))
    stage.tell(
        "a day later it is corrected: who bought before saw version 1, now version 2 stands (`abst document at`)"
    )
    stage.remember("documents", then=sorted(then.items()), now=sorted(now.items()))


def _venue(stage: Stage) -> Contract:
    """An example subscriber, deployed by an investor's own key."""
    from abst.chain import artifacts
    from abst.chain.api import Tx
    from abst.chain.contracts import Contract, codec
    from abst.chain.deploy import transaction, wait_for

    chain, signer = stage.office.chain, stage.person("buyer").signer
    arguments = codec("NoticeBoard").constructor.encode([stage.office.contracts.registry.address, HALTING])
    code = artifacts.load("NoticeBoard").bytecode + arguments
    gas = chain.estimate(Tx(signer.address, None, code))
    tx = transaction(chain, nonce=chain.nonce(signer.address), to=None, data=code, gas=gas, fees=chain.gas_price())
    made = wait_for(chain, chain.send_raw(signer.sign_transaction(tx).raw)).contract_address
    if made is None:
        raise TypeError("a contract was not made")
    return Contract("NoticeBoard", made, chain)


def _publish(stage: Stage, text: str) -> dict[str, Any]:
    from abst.disclosure import desk

    command = desk.Disclose(
        officer="operations-1",
        request=stage.request(),
        filing=FILING,
        name="storm",
        kind="material-risk",
        document=stage.document("storm.txt", text),
    )
    return stage.done(desk.disclose(stage.office, command))


def delivery(stage: Stage) -> None:
    """One trade settled, once; one refused, because its buyer was blocked after he signed."""
    from abst.transfers import trades

    stage.scene(
        "Tokens against money: both legs, or neither",
        "Two holders sign one paper (EIP-712); anyone may send it; the settlement contract moves tokens and price.",
    )
    office = stage.office
    seller, buyer = stage.person("seller"), stage.person("buyer")
    before = _balances(stage, seller, buyer)
    paper = _signed(stage, "trade.json", seller, buyer)
    command = trades.SettleTrade(officer="operations-1", request=stage.request(), paper=paper)
    stage.done(trades.settle(office, command))
    after = _balances(stage, seller, buyer)
    moved = [[n - m for n, m in zip(now, then, strict=True)] for now, then in zip(after, before, strict=True)]
    stage.expect("what changed hands", moved, [[-AMOUNT, PRICE], [AMOUNT, -PRICE]])
    stage.tell(f"{seller.reference} to {buyer.reference}: {AMOUNT:,} units of {A1} for {PRICE / 100:,.2f} dHKD, done")
    stage.remember("traded", seller=seller.reference, buyer=buyer.reference, amount=str(AMOUNT), price=str(PRICE))
    again = trades.SettleTrade(officer="operations-2", request=stage.request(), paper=paper)
    stage.refused("the same trade, sent again", lambda: trades.settle(office, again), "already-settled")
    _blocked_buyer(stage, seller)


def _blocked_buyer(stage: Stage, seller: Person) -> None:
    """He signed outside the registry; before it is sent he is blocked, and neither leg moves."""
    from abst.investor import desk
    from abst.transfers import trades

    office = stage.office
    third = [p for p in stage.cast if p.fate == GOOD and p.bold and p.reference not in stage.known.values()][-1]
    paper = _signed(stage, "trade-refused.json", seller, third)
    order = stage.document("sanctions-hit.txt", "A name on a list of sanctions; under examination.")
    block = desk.BlockInvestor(
        officer="operations-1", request=stage.request(), investor=third.reference, reason="screening", evidence=order
    )
    stage.done(desk.block(office, block))
    command = trades.SettleTrade(officer="operations-1", request=stage.request(), paper=paper)
    what = f"a signed trade whose buyer, {third.reference}, was blocked meanwhile"
    stage.refused(what, lambda: trades.settle(office, command), "R-53, R-62 receiver-blocked")


def _balances(stage: Stage, *people: Person) -> list[list[int]]:
    """Tokens and money of each."""
    from abst.cash.accounts import deposits
    from abst.holders import facts

    contracts = stage.office.contracts
    token = contracts.token(facts.token(stage.office, A1).address)
    both = (token, deposits(stage.office))
    return [[asset.read("balanceOf", person.wallet) for asset in both] for person in people]


def _signed(stage: Stage, name: str, seller: Person, buyer: Person) -> bytes:
    """A trade's file, signed by the seller with his keystore here, and by the buyer so too, or with his key outside."""
    from abst.chain import papers
    from abst.transfers import trades

    office = stage.office
    command = trades.NewTrade(
        request=stage.request(),
        token=A1,
        seller=seller.reference,
        buyer=buyer.reference,
        amount=AMOUNT,
        asset="",
        price=PRICE,
        deadline=office.now() + DAY,
    )
    content: dict[str, Any] = stage.done(trades.new(office, command))["paper"]
    for person in (seller, buyer):
        raw = papers.text_of(content).encode()
        here = office.keys.signer(person.wallet) is not None
        told = trades.sign(office, _signature(stage, raw, person, outside=not here))
        content = papers.with_signature(content, stage.done(told))
        stage.tell(f"{person.reference} signs {'with a keystore of this home' if here else 'outside, in a wallet'}")
    (stage.home / "documents" / name).write_text(papers.text_of(content), encoding="utf-8")
    return json.dumps(content).encode()


def _signature(stage: Stage, raw: bytes, person: Person, *, outside: bool) -> SignTrade:
    """What a wallet outside signs of the file: its message, and its permit's."""
    from abst.chain import papers
    from abst.chain.eip712 import Trade
    from abst.transfers.trades import SignTrade

    if not outside:
        return SignTrade(request=stage.request(), paper=raw, holder=person.reference)
    paper = papers.from_file(stage.office, raw, Trade)
    permit = paper.sides[paper.side_of(person.wallet)].permit
    messages = [papers.message_of(stage.office, paper.terms)]
    messages += [papers.permit_message(stage.office, permit)] if permit else []
    signatures = ["0x" + person.signer.sign_typed(message).hex() for message in messages]
    return SignTrade(
        request=stage.request(),
        paper=raw,
        holder=person.reference,
        signature=signatures[0],
        permit_signature=signatures[1] if permit else "",
    )


SCENES: tuple[Callable[[Stage], None], ...] = (listeners, delivery)
