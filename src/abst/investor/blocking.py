"""Blocking takes one key, unblocking two (R-53, R-62): an investor with all wallets, or a list of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.errors import Conflict
from abst.investor import records
from abst.investor.reading import first_wallet, stated
from abst.investor.sealing import erased
from abst.values import Hash


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockInvestor:
    officer: str
    request: str
    investor: str
    reason: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblockInvestor:
    officer: str
    request: str
    investor: str
    evidence: Evidence


@once
def block(office: Office, cmd: BlockInvestor) -> Result:
    """Block an investor, all wallets at once (R-53, R-62): stopping takes one key. ADMITTER."""
    content = {
        "officer": cmd.officer,
        "investor": cmd.investor,
        "reason": cmd.reason,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "investor block", cmd.request, content)
    if act.earlier:
        return act.again()
    registry = office.contracts.registry
    with act.writing(cmd.officer, "admitter") as desk:
        investor = records.get(desk.session, cmd.investor)
        wallet = first_wallet(desk.session, investor)
        data = registry.encode("blockInvestors", [wallet.address], cmd.evidence.hash)
        desk.send("investor block", registry.address, data)
        desk.audit(f"investor {investor.id}", {"evidence": cmd.evidence.as_dict()})
        desk.result = stated(investor) | {"blocked": True}
    return act.finish()


def _blocked(office: Office, session: Session, closing: Closing) -> None:
    content = closing.content
    records.add_block(
        session,
        content["investor"],
        reason=content["reason"],
        evidence=Hash(content["evidence"]["sha256"]),
        officer=closing.maker,
        at=closing.at,
    )


@once
def unblock(office: Office, cmd: UnblockInvestor) -> Result:
    """Schedule the end of a block; a second officer approves (R-62). MAKER."""
    content = {"officer": cmd.officer, "investor": cmd.investor, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "investor unblock", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        investor = records.get(session, cmd.investor)
        if investor.state == "erased":
            raise erased(investor.id)
        wallet = first_wallet(session, investor)
        if records.blocked(session, investor.id) is None:
            raise Conflict("the investor is not blocked", found="no open block", needed="a block", where=investor.id)
    registry = office.contracts.registry
    data = registry.encode("unblockInvestor", wallet.address, cmd.evidence.hash)
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="investor unblock",
        subject=f"investor {investor.id}",
        facts=content | {"wallet": wallet.address},
        steps=[Step(registry.address, data, f"unblock investor {investor.id}")],
    )


def _unblocked(office: Office, session: Session, closing: Closing) -> None:
    row = records.blocked(session, closing.content["investor"])
    if row is not None:
        records.lift_block(session, row, maker=closing.maker, checker=closing.checker or "", at=closing.at)


HANDLERS = {
    "investor block": Handler(done=_blocked),
    "investor unblock": Handler(done=_unblocked),
}
