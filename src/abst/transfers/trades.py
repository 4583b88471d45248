"""Trades: tokens against money between two holders, both legs or neither (R-60, R-65).

`new` draws a trade up as a file that both sides sign, with keys of this home or outside; `settle` sends it, anyone's
transaction, under the token's own rules. Its id is counted for the two and spent on chain once: a trade that is sent
again, from here or by anybody, is refused.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst import decisions
from abst.cash import legs
from abst.cash.accounts import require_key
from abst.cash.assets import asset_of
from abst.chain import papers
from abst.chain.acts import Act, once
from abst.chain.eip712 import Trade
from abst.chain.office import Office, Result
from abst.chain.papers import BUYER, SELLER, Paper
from abst.chain.reader import events
from abst.decisions import Judged
from abst.errors import Conflict, Refusal, UsageError
from abst.holders import facts
from abst.investor.desk import wallet_of
from abst.transfers import gates, travelling
from abst.transfers.desk import asked_between, chain_alone
from abst.transfers.tables import TradeRow
from abst.values import MAX_96, ZERO_HASH, Address, Hash, instant, to_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrade:
    """seller and buyer: wallets, or investor ids; amount in token units, price in units of the asset for all of them.

    asset: an address, or empty for the local deposits; deadline: last second at which it may be settled.
    """

    request: str
    token: str
    seller: str
    buyer: str
    amount: int
    asset: str
    price: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignTrade:
    """paper: the trade's file. signature: 0x-hex, made outside; empty: with the holder's keystore in this home."""

    request: str
    paper: bytes
    holder: str
    signature: str = ""
    permit_signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleTrade:
    officer: str
    request: str
    paper: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTrade:
    """holder: either party, with a keystore in this home."""

    request: str
    paper: bytes
    holder: str


# ---- drawing up and signing


@once
def new(office: Office, cmd: NewTrade) -> Result:
    """Draw a trade up. The result says every reason against it as of now, its signatures apart (`against`).

    Raises Refused for what can never be settled: one side alone, nothing for something, an asset that is not on the
    list, a deadline that is over. Raises NotFound.
    """
    content = {**asdict(cmd), "amount": str(cmd.amount), "price": str(cmd.price)}
    act = Act(office, "trade new", cmd.request, {key: value for key, value in content.items() if key != "request"})
    if act.earlier:
        return act.again()
    if max(cmd.amount, cmd.price) > MAX_96:
        raise UsageError("no balance is so large", found=f"{cmd.amount} for {cmd.price}", needed=f"at most {MAX_96}")
    token = facts.token(office, cmd.token)
    seller, buyer, asset = wallet_of(office, cmd.seller), wallet_of(office, cmd.buyer), asset_of(office, cmd.asset)
    bare = Trade(token.address, asset, seller, buyer, cmd.amount, cmd.price, cmd.deadline, ZERO_HASH)
    never = _never(office, bare)
    if never:
        subject = f"token {token.symbol}"
        raise act.refuse(None, None, kind="trade", subject=subject, facts=_facts(bare), refusals=never)
    with office.store.read() as session:
        number = _next_number(office, session, seller, buyer)
    trade = replace(bare, id=id_of(number))
    paper = papers.draw(office, trade)
    file = papers.as_file(office, paper)
    against = legs.besides_signing(why_not(office, paper))
    with act.writing(None, None) as desk:
        if _next_number(office, desk.session, seller, buyer) != number:
            raise Conflict("another trade of the two was drawn up meanwhile", found=id_of(number), needed="ask again")
        desk.session.add(
            TradeRow(
                request=cmd.request,
                digest=file["digest"],
                token=trade.token,
                asset=asset,
                seller=seller,
                buyer=buyer,
                amount=cmd.amount,
                price=cmd.price,
                deadline=cmd.deadline,
                number=number,
                at=desk.at,
            )
        )
        desk.audit(f"token {token.symbol}", {"digest": file["digest"], **_facts(trade)})
        desk.result = {**brief(office, paper), "against": [one.as_dict() for one in against], "paper": file}
    return act.finish()


def _never(office: Office, trade: Trade) -> list[Refusal]:
    """What no signature and no waiting can mend."""
    found = legs.of_terms(legs.terms_of(office, Paper(trade, {}), {}, spent=False), "the trade")
    if trade.seller == trade.buyer:
        no = Refusal("", "same-party", trade.seller, "two parties", "the trade", legs.CONTRACT)
        found.append(no)
    return found


def id_of(number: int) -> Hash:
    """The id on chain of the n-th trade of two holders: counted, because the chain keeps one bit for each."""
    return Hash(f"0x{number:064x}")


def _next_number(office: Office, session: Session, seller: Address, buyer: Address) -> int:
    """One more than the last one drawn up here, and not spent on chain by a trade from elsewhere."""
    query = select(func.max(TradeRow.number)).where(TradeRow.seller == seller, TradeRow.buyer == buyer)
    number: int = (session.scalar(query) or 0) + 1
    while office.contracts.settlement.read("isSettled", seller, buyer, id_of(number)):
        number += 1
    return number


@once
def sign(office: Office, cmd: SignTrade) -> Result:
    """A side's signature over the trade, and over its permit where it needs one. Raises UsageError, NotAuthorised."""
    paper = papers.from_file(office, cmd.paper, Trade)
    holder = wallet_of(office, cmd.holder)
    content = {
        "digest": digest_of(office, paper),
        "holder": holder,
        "signature": cmd.signature,
        "permit_signature": cmd.permit_signature,
    }
    act = Act(office, "trade sign", cmd.request, content)
    if act.earlier:
        return act.again()
    return papers.sign(office, act, paper, holder, cmd.signature, cmd.permit_signature)


def _trade(paper: Paper) -> Trade:
    if not isinstance(paper.terms, Trade):
        raise TypeError("an order is no trade")
    return paper.terms


def digest_of(office: Office, paper: Paper) -> Hash:
    return papers.digest_of(papers.message_of(office, paper.terms))


# ---- why not


def why_not(office: Office, paper: Paper) -> list[Refusal]:
    """Every reason against settling this trade now: the paper, the tokens by the rules of any transfer, the money."""
    alone, judged = _judged(office, _trade(paper), paper)
    return [*(refusal for one in judged for refusal in one.refusals), *alone]


def _judged(office: Office, trade: Trade, paper: Paper) -> tuple[list[Refusal], list[Judged]]:
    """What only the chain refuses, and what the pure gates were asked and said: of the paper, and of the movement."""
    token = facts.token(office, trade.token)
    spent = bool(office.contracts.settlement.read("isSettled", trade.seller, trade.buyer, trade.id))
    terms = legs.terms_of(office, paper, papers.message_of(office, trade), spent)
    moving, movement = asked_between(office, token, trade.seller, trade.buyer, trade.amount)
    purses = legs.Purses(office)
    tokens = purses.leg(trade.token, trade.seller, trade.buyer, trade.amount, paper.sides[SELLER].permit)
    money = purses.leg(trade.asset, trade.buyer, trade.seller, trade.price, paper.sides[BUYER].permit)
    return [] if moving.agrees else [chain_alone(moving, token)], [
        decisions.judge("transfer", gates.TRANSFER, movement),
        decisions.judge("exchange", legs.EXCHANGE, legs.Exchange("the trade", terms, money, tokens)),
    ]


def _facts(trade: Trade) -> dict[str, Any]:
    """The trade for records: amounts as text."""
    return asdict(trade) | {"amount": str(trade.amount), "price": str(trade.price)}


# ---- settling and cancelling


@once
def settle(office: Office, cmd: SettleTrade) -> Result:
    """Send a trade that both signed: tokens and money change hands together (R-51, R-60, R-65). AGENT, as anyone could.

    Raises Refused with every reason, found in Python or by the chain's own answer; the decision is stored either way.
    """
    paper = papers.from_file(office, cmd.paper, Trade)
    trade = _trade(paper)
    content = {
        "officer": cmd.officer,
        "digest": digest_of(office, paper),
        "paper": papers.paper_digest(office, paper),
    }
    act = Act(office, "trade settle", cmd.request, content)
    if act.earlier:
        return act.again()
    settlement = office.contracts.settlement
    data = settlement.encode(
        "settle",
        trade.as_tuple(),
        paper.sides[SELLER].signature,
        paper.sides[BUYER].signature,
        paper.permit_tuple(SELLER),
        paper.permit_tuple(BUYER),
    )
    refusals, judged = _judged(office, trade, paper)
    if not refusals and not any(one.refusals for one in judged):
        last = office.refusal_of_call(settlement.address, data, trade.buyer, f"trade {content['digest']}")
        refusals = [last] if last else []
    subject = f"trade {content['digest']}"
    moved = travelling.Move(facts.token(office, trade.token), trade.seller, trade.buyer, trade.amount, subject)
    payloads = travelling.prepare(office, [moved])
    against = bool(refusals) or any(one.refusals for one in judged)
    if against or travelling.refused(payloads):
        raise act.refuse(
            cmd.officer,
            "agent",
            kind="trade",
            subject=subject,
            facts=_facts(trade),
            refusals=refusals,
            judged=[*judged, *travelling.judged(payloads, all_known=against)],
        )
    with act.writing(cmd.officer, "agent") as desk:
        decision = decisions.record(
            desk.session,
            kind="trade",
            facts=_facts(trade),
            judged=[*judged, *travelling.judged(payloads)],
            rulebook=office.rulebook,
            at=desk.at,
        )
        travelling.keep(desk, payloads)
        # The contract asks for no operation id: it follows the arguments.
        desk.send("trade settle", settlement.address, data + to_bytes(desk.operation(0)))
        desk.audit(subject, {"decision": decision.hash, **_facts(trade), "travel": travelling.digests(payloads)})
        desk.result = {**brief(office, paper), "decision": decision.hash}
    return act.finish()


@once
def cancel(office: Office, cmd: CancelTrade) -> Result:
    """Spend the trade's id, so that it can never be settled; either party, with his key. Raises Refused when spent."""
    paper = papers.from_file(office, cmd.paper, Trade)
    trade = _trade(paper)
    holder, digest = wallet_of(office, cmd.holder), digest_of(office, paper)
    content = {"digest": digest, "holder": holder}
    act = Act(office, "trade cancel", cmd.request, content)
    if act.earlier:
        return act.again()
    paper.side_of(holder)
    require_key(office, holder)
    settlement = office.contracts.settlement
    data = settlement.encode("cancelTrade", trade.seller, trade.buyer, trade.id)
    no = office.refusal_of_call(settlement.address, data, holder, f"trade {digest}")
    if no is not None:
        raise act.refuse(None, None, kind="trade", subject=f"trade {digest}", facts=content, refusals=[no])
    with act.writing(None, None) as desk:
        desk.send("trade cancel", settlement.address, data + to_bytes(desk.operation(0)), signer=holder)
        desk.audit(f"trade {digest}", content)
        desk.result = {**brief(office, paper), "holder": holder}
    return act.finish()


# ---- showing


def brief(office: Office, paper: Paper) -> dict[str, Any]:
    """A trade in a few words."""
    trade = paper.terms
    return {
        "digest": digest_of(office, paper),
        "id": trade.id,
        "token": facts.token(office, trade.token).symbol,
        "asset": trade.asset,
        **{name: side.wallet for name, side in paper.sides.items()},
        "amount": str(trade.amount),
        "price": str(trade.price),
        "deadline": instant(trade.deadline),
    }


def show(office: Office, content: bytes) -> tuple[dict[str, Any], list[Refusal]]:
    """A trade's file: who signed, what became of it, and every reason against settling it now.

    state: open, settled, cancelled, expired, or spent (its id, by another trade of the two). Raises UsageError.
    """
    paper = papers.from_file(office, content, Trade)
    message = papers.message_of(office, paper.terms)
    state, block = _state(office, paper)
    shown = {
        **brief(office, paper),
        "state": state,
        "block": block,
        "signed": {
            name: papers.is_signed(office.chain, side.wallet, message, side.signature)
            for name, side in paper.sides.items()
        },
        "permits": {name: bool(side.permit and side.permit.signature) for name, side in paper.sides.items()},
    }
    return shown, why_not(office, paper) if state in ("open", "expired") else []


def _state(office: Office, paper: Paper) -> tuple[str, int | None]:
    trade, settlement = _trade(paper), office.contracts.settlement
    if not settlement.read("isSettled", trade.seller, trade.buyer, trade.id):
        return ("expired" if office.now() > trade.deadline else "open"), None
    names = [settlement.codec.topic(name) for name in ("Traded", "TradeCancelled")]
    topics: list[Hash | list[Hash]] = [names, trade.id, _topic(trade.seller), _topic(trade.buyer)]
    found = events(office.chain, [settlement], office.deployment.block, office.chain.head().number, topics)[-1]
    if found.name == "TradeCancelled":
        return "cancelled", found.block_number
    done = {name: found.args[name] for name in ("token", "asset", "amount", "price")}
    same = done == {name: getattr(trade, name) for name in done}
    return ("settled" if same else "spent"), found.block_number


def _topic(account: Address) -> Hash:
    return Hash("0x" + account[2:].lower().rjust(64, "0"))
