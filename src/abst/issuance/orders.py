"""Orders: what investors sign to subscribe, as files, and every reason against filling one now (R-58, R-65, R-99).

An order is judged as a row of a mint, by the same gates, and by its payment: the money is there, may be taken, and has
an account to go to. Payment comes with delivery, so nobody's money waits for tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst.cash import legs
from abst.cash.accounts import require_key
from abst.cash.assets import asset_of
from abst.chain import papers
from abst.chain.acts import Act, once
from abst.chain.eip712 import Order
from abst.chain.office import Office, Result
from abst.chain.papers import BUYER, Paper
from abst.chain.reader import events
from abst.errors import Conflict, Refusal, UsageError
from abst.holders import facts
from abst.holders.facts import Token
from abst.investor.desk import wallet_of
from abst.issuance.deciding import Allocation, Decided, decide, with_filing
from abst.issuance.lots import Paid
from abst.issuance.tables import OrderRow
from abst.values import MAX_96, ZERO_ADDRESS, ZERO_HASH, Address, Hash, instant, to_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """buyer: a wallet, or an investor id; amount in token units, price in units of the asset for all of them.

    asset: an address, or empty for the local deposits; deadline: last second at which it may be filled.
    """

    request: str
    token: str
    buyer: str
    amount: int
    asset: str
    price: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOrder:
    """paper: the order's file. signature: 0x-hex, made outside; empty: with the buyer's keystore in this home."""

    request: str
    paper: bytes
    holder: str
    signature: str = ""
    permit_signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """The buyer, with a keystore in this home."""

    request: str
    paper: bytes


# ---- drawing up, signing, cancelling


@once
def new(office: Office, cmd: NewOrder) -> Result:
    """Draw an order up. The result says every reason against filling it as of now, its signature apart (`against`).

    Raises Refused for what can never be filled: nothing for something, an asset not listed, a deadline that is over.
    """
    content = {**asdict(cmd), "amount": str(cmd.amount), "price": str(cmd.price)}
    act = Act(office, "order new", cmd.request, {key: value for key, value in content.items() if key != "request"})
    if act.earlier:
        return act.again()
    if max(cmd.amount, cmd.price) > MAX_96:
        raise UsageError("no balance is so large", found=f"{cmd.amount} for {cmd.price}", needed=f"at most {MAX_96}")
    token, buyer, asset = facts.token(office, cmd.token), wallet_of(office, cmd.buyer), asset_of(office, cmd.asset)
    bare = Order(token.address, asset, buyer, cmd.amount, cmd.price, cmd.deadline, ZERO_HASH)
    never = legs.of_terms(legs.terms_of(office, Paper(bare, {}), {}, spent=False), "the order")
    if never:
        raise act.refuse(None, None, kind="order", subject=f"token {token.symbol}", facts=_facts(bare), refusals=never)
    with office.store.read() as session:
        number = _next_number(office, session, buyer)
    order = replace(bare, id=Hash(f"0x{number:064x}"))
    paper = papers.draw(office, order)
    file = papers.as_file(office, paper)
    against = legs.besides_signing(why_not(office, paper))
    with act.writing(None, None) as desk:
        if _next_number(office, desk.session, buyer) != number:
            raise Conflict("another order of the investor was drawn up meanwhile", found=order.id, needed="ask again")
        desk.session.add(_row(cmd, order, file["digest"], number, desk.at))
        desk.audit(f"token {token.symbol}", {"digest": file["digest"], **_facts(order)})
        desk.result = {**brief(office, paper), "against": [one.as_dict() for one in against], "paper": file}
    return act.finish()


def _row(cmd: NewOrder, order: Order, digest: str, number: int, at: int) -> OrderRow:
    return OrderRow(
        request=cmd.request,
        digest=digest,
        token=order.token,
        asset=order.asset,
        buyer=order.buyer,
        amount=order.amount,
        price=order.price,
        deadline=order.deadline,
        number=number,
        at=at,
    )


def _next_number(office: Office, session: Session, buyer: Address) -> int:
    """One more than the last order drawn up here, and not spent on chain by one from elsewhere."""
    number: int = (session.scalar(select(func.max(OrderRow.number)).where(OrderRow.buyer == buyer)) or 0) + 1
    while office.contracts.settlement.read("isFilled", buyer, Hash(f"0x{number:064x}")):
        number += 1
    return number


@once
def sign(office: Office, cmd: SignOrder) -> Result:
    """The investor's signature over the order, and over its permit where it needs one. Raises as `papers.sign`."""
    paper = papers.from_file(office, cmd.paper, Order)
    holder = wallet_of(office, cmd.holder)
    content = {
        "digest": digest_of(office, paper),
        "holder": holder,
        "signature": cmd.signature,
        "permit_signature": cmd.permit_signature,
    }
    act = Act(office, "order sign", cmd.request, content)
    if act.earlier:
        return act.again()
    return papers.sign(office, act, paper, holder, cmd.signature, cmd.permit_signature)


@once
def cancel(office: Office, cmd: CancelOrder) -> Result:
    """Spend the order's id, so that it can never be filled; the investor, with his key. Raises Refused when spent."""
    paper = papers.from_file(office, cmd.paper, Order)
    order, digest = order_of(paper), digest_of(office, paper)
    act = Act(office, "order cancel", cmd.request, {"digest": digest, "holder": order.buyer})
    if act.earlier:
        return act.again()
    require_key(office, order.buyer)
    settlement, subject = office.contracts.settlement, f"order {digest}"
    data = settlement.encode("cancelOrder", order.id)
    no = office.refusal_of_call(settlement.address, data, order.buyer, subject)
    if no is not None:
        raise act.refuse(None, None, kind="order", subject=subject, facts={"digest": digest}, refusals=[no])
    with act.writing(None, None) as desk:
        # The contract asks for no operation id: it follows the arguments.
        desk.send("order cancel", settlement.address, data + to_bytes(desk.operation(0)), signer=order.buyer)
        desk.audit(subject, {"holder": order.buyer})
        desk.result = brief(office, paper)
    return act.finish()


# ---- the gates of an order


class Payments:
    """The payments that an allotment adds to a mint, gathered order by order: each finds what those before it left.

    Raises UsageError unless all orders are for one token.
    """

    def __init__(self, office: Office, by_row: Mapping[int, Paper]) -> None:
        self.office, self.by_row = office, by_row
        found = sorted({paper.terms.token for paper in by_row.values()})
        if len(found) != 1:
            raise UsageError("an allotment is of one token", found=", ".join(found) or "none", needed="one token")
        self.token: Token = facts.token(office, found[0])
        account: Address = office.contracts.settlement.read("proceedsAccountOf", self.token.number)
        self._account = account
        self._purses = legs.Purses(office)
        self._legs: dict[int, legs.Leg] = {}
        self._taken: set[tuple[Address, Hash]] = set()

    @property
    def account(self) -> Address | str:
        return "" if self._account == ZERO_ADDRESS else self._account

    def decide(self) -> Decided:
        """All gates of a mint, and those of payment, on every order."""
        rows = [Allocation(p.sides[BUYER].wallet, p.terms.amount, row) for row, p in self.by_row.items()]
        return decide(self.office, self.token, rows, self)

    def paid(self, row: int) -> Paid:
        """The order of a row, and the money that it brings, as they stand now."""
        paper = self.by_row[row]
        order = order_of(paper)
        spent = (order.buyer, order.id) in self._taken
        spent = spent or bool(self.office.contracts.settlement.read("isFilled", order.buyer, order.id))
        terms = legs.terms_of(self.office, paper, papers.message_of(self.office, order), spent)
        permit = paper.sides[BUYER].permit
        leg = self._purses.leg(order.asset, order.buyer, self._account, order.price, permit)
        self._legs[row] = leg
        return Paid(f"order {int(order.id, 16)}", terms, leg, str(self.account))

    def take(self, row: int) -> None:
        paper = self.by_row[row]
        order = order_of(paper)
        self._taken.add((order.buyer, order.id))
        self._purses.spend(self._legs[row], paper.sides[BUYER].permit)


def why_not(office: Office, paper: Paper) -> list[Refusal]:
    """Every reason against filling this order now, alone."""
    return [refusal for row in with_filing(Payments(office, {1: paper}).decide()) for refusal in row.refusals]


# ---- showing


def order_of(paper: Paper) -> Order:
    if not isinstance(paper.terms, Order):
        raise TypeError("a trade is no order")
    return paper.terms


def digest_of(office: Office, paper: Paper) -> Hash:
    return papers.digest_of(papers.message_of(office, paper.terms))


def _facts(order: Order) -> dict[str, Any]:
    """The order for records: amounts as text."""
    return asdict(order) | {"amount": str(order.amount), "price": str(order.price)}


def brief(office: Office, paper: Paper) -> dict[str, Any]:
    """An order in a few words."""
    order = order_of(paper)
    return {
        "digest": digest_of(office, paper),
        "id": order.id,
        "token": facts.token(office, order.token).symbol,
        "asset": order.asset,
        "buyer": order.buyer,
        "amount": str(order.amount),
        "price": str(order.price),
        "deadline": instant(order.deadline),
    }


def show(office: Office, content: bytes) -> tuple[dict[str, Any], list[Refusal]]:
    """An order's file: whether it is signed, what became of it, and every reason against filling it now.

    state: open, filled, cancelled, expired, or spent (its id, by another order). Raises UsageError.
    """
    paper = papers.from_file(office, content, Order)
    order, side = order_of(paper), paper.sides[BUYER]
    state, block = _state(office, order)
    shown = {
        **brief(office, paper),
        "state": state,
        "block": block,
        "signed": papers.is_signed(office.chain, side.wallet, papers.message_of(office, order), side.signature),
        "permit": bool(side.permit and side.permit.signature),
    }
    return shown, why_not(office, paper) if state in ("open", "expired") else []


def _state(office: Office, order: Order) -> tuple[str, int | None]:
    settlement = office.contracts.settlement
    if not settlement.read("isFilled", order.buyer, order.id):
        return ("expired" if office.now() > order.deadline else "open"), None
    names: Sequence[Hash] = [settlement.codec.topic(name) for name in ("Allotted", "OrderCancelled")]
    last = [
        event
        for event in events(
            office.chain, [settlement], office.deployment.block, office.chain.head().number, [list(names)]
        )
        if event.args["buyer"] == order.buyer and order.id in (event.args.get("order"), event.args.get("id"))
    ][-1]
    if last.name == "OrderCancelled":
        return "cancelled", last.block_number
    done = {name: last.args[name] for name in ("token", "asset", "amount", "price")}
    same = done == {name: getattr(order, name) for name in done}
    return ("filled" if same else "spent"), last.block_number
