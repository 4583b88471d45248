"""Allotment against payment: new tokens for signed orders, each paid as it is delivered, or not delivered (R-58, R-99).

A lot of orders is proposed, decided and released exactly as a mint: every gate of a mint for every row, besides the
payment's; the gatekeeper decides again and signs; then the issuer's key sends the lot to the settlement contract, which
takes the money to the proceeds account and mints. All orders of a lot are filled, or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select

from abst.cash.accounts import account_of
from abst.chain import papers
from abst.chain.acts import Act, once
from abst.chain.eip712 import Approval, Order
from abst.chain.office import Approve, Evidence, Handler, Office, Result
from abst.chain.papers import BUYER, Paper
from abst.chain.proposals import Step, approval_act, propose_power
from abst.chain.reader import events
from abst.decisions import Proposal
from abst.errors import UsageError
from abst.filing import records
from abst.issuance.deciding import with_filing
from abst.issuance.desk import Kind, Row, lots_of, propose, sign_lots
from abst.issuance.orders import Payments, order_of
from abst.issuance.tables import LotOrder, MintLot
from abst.store import Base
from abst.values import ZERO_ADDRESS, Address, Hash, digest

LOT = 50  # orders in one transaction: each costs a signature and a payment besides the mint


@dataclass(frozen=True, slots=True, kw_only=True)
class Allot:
    """papers: the orders' files, all of one token, filled in this order. ISSUER; the checker is a gatekeeper."""

    officer: str
    request: str
    papers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProceeds:
    """account: an address, an officer, or an investor; where what the filing's tokens are sold for goes."""

    officer: str
    request: str
    filing: str
    account: str
    evidence: Evidence


# ---- proposing and releasing


@once
def allot(office: Office, cmd: Allot) -> Result:
    """Decide and propose an allotment (R-58). ISSUER.

    Result waits for a gatekeeper; its refusals are the dropped orders. Raises Refused when the filing stops issuing or
    has no proceeds account, or no order passes; UsageError for a file that is no order, or orders of several tokens.
    """
    read = _read(office, cmd.papers)
    content = {
        "officer": cmd.officer,
        "orders": digest([papers.paper_digest(office, paper) for paper in read.values()]),
        "count": len(read),
    }
    act = Act(office, "allot", cmd.request, content)
    if act.earlier:
        return act.again()
    decided = Payments(office, read).decide()
    return propose(office, act, cmd.officer, decided, ALLOTMENT, LOT, partial(_besides, office, read))


def dry_run(office: Office, contents: Sequence[bytes]) -> list[Row]:
    """Decide every order as a proposal would, and write nothing; what stops all stands in every row."""
    return with_filing(Payments(office, _read(office, contents)).decide())


def _read(office: Office, contents: Sequence[bytes]) -> dict[int, Paper]:
    """Row, from 1, to order."""
    if not contents:
        raise UsageError("no orders", found="no files", needed="at least one", where="FILE")
    return {row: papers.from_file(office, content, Order) for row, content in enumerate(contents, start=1)}


def _besides(office: Office, read: Mapping[int, Paper], lot: MintLot) -> tuple[dict[str, Any], Sequence[Base]]:
    """The orders of a lot: the checker sees what they pay and a digest of all that was signed."""
    own = {int(row): read[int(row)] for *_, row in lot.allocations}
    prices: dict[str, int] = {}
    for paper in own.values():
        prices[paper.terms.asset] = prices.get(paper.terms.asset, 0) + paper.terms.price
    rows = [
        LotOrder(
            operation=lot.operation,
            place=row,
            digest=papers.digest_of(papers.message_of(office, paper.terms)),
            paper=papers.as_file(office, paper),
        )
        for row, paper in own.items()
    ]
    shown = {
        "orders": digest([papers.paper_digest(office, paper) for paper in own.values()]),
        "prices": {asset: str(price) for asset, price in prices.items()},
    }
    return shown, rows


def release(office: Office, proposal: Proposal, cmd: Approve) -> Result:
    """The gatekeeper's yes: all gates run again, payments included; then he signs and the issuer's key sends (R-58).

    Raises Refused when a gate refuses now (the proposal stays open), NotAuthorised when his key is not in this home.
    """
    act = approval_act(office, cmd)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        lots = lots_of(session, proposal.id)
        stored = {
            lot.operation: list(
                session.scalars(select(LotOrder).where(LotOrder.operation == lot.operation).order_by(LotOrder.place))
            )
            for lot in lots
        }
    orders = {
        operation: {row.place: papers.from_file(office, papers.text_of(row.paper).encode(), Order) for row in rows}
        for operation, rows in stored.items()
    }
    decided = Payments(office, {place: paper for own in orders.values() for place, paper in own.items()}).decide()
    call = partial(_call, office, {operation: list(own.values()) for operation, own in orders.items()})
    sign_lots(office, act, proposal, cmd, lots, decided, ALLOTMENT, call)
    return act.finish()


def _call(
    office: Office, orders: Mapping[str, Sequence[Paper]], lot: MintLot, approval: Approval, signature: bytes
) -> tuple[Address, bytes]:
    """The call of the allotment of one lot: orders in the order of the approved allocations."""
    own = orders[lot.operation]
    settlement = office.contracts.settlement
    data = settlement.encode(
        "allot",
        [order_of(paper).as_tuple() for paper in own],
        [paper.sides[BUYER].signature for paper in own],
        [paper.permit_tuple(BUYER) for paper in own],
        approval.as_tuple(),
        signature,
    )
    return settlement.address, data


# ---- the proceeds account


@once
def set_proceeds(office: Office, cmd: SetProceeds) -> Result:
    """Schedule where the proceeds of a filing go (R-99); a second officer approves. MAKER."""
    account = account_of(office, cmd.account)
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    stated = {"filing": filing.id, "account": account, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "proceeds set", cmd.request, {"officer": cmd.officer, **stated})
    if act.earlier:
        return act.again()
    settlement = office.contracts.settlement
    data = settlement.encode("setProceedsAccount", filing.number, account)
    before: Address = settlement.read("proceedsAccountOf", filing.number)
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="proceeds set",
        subject=f"filing {filing.id}",
        facts=stated | {"before": before},
        steps=[Step(settlement.address, data, f"pay the proceeds of filing {filing.id} to {account}")],
    )


def show_proceeds(office: Office, filing_id: str) -> dict[str, Any]:
    """The proceeds account of a filing, and those before it with the block from which each held."""
    with office.store.read() as session:
        filing = records.get(session, filing_id)
    settlement = office.contracts.settlement
    account: Address = settlement.read("proceedsAccountOf", filing.number)
    topics: list[Hash] = [settlement.codec.topic("ProceedsAccountSet"), Hash(f"0x{filing.number:064x}")]
    found = events(office.chain, [settlement], office.deployment.block, office.chain.head().number, topics)
    return {
        "filing": filing.id,
        "account": None if account == ZERO_ADDRESS else account,
        "history": [{"account": event.args["account"], "block": event.block_number} for event in found],
    }


ALLOTMENT = Kind("allotment", "allot", 200_000)
HANDLERS = {"allotment": Handler(approve=release)}
