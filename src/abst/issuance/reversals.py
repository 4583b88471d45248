"""An erroneous mint reversed: units of one row go from the wrong receiver to the rightful one (R-61, R-62).

Nothing is burned: what was minted stays within the filed amount, and only its holder changes. Two officers act on
evidence; a row gives back at most what it was allotted, however often it is asked. The right receiver may be an
admitted wallet of the issuer, from which the units are placed anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from abst import decisions, outbox
from abst.chain.acts import Act, once
from abst.chain.office import Approve, Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import execute_power, propose_power
from abst.decisions import Decision, Proposal
from abst.errors import Conflict, NotFound
from abst.holders import correction_gates as gates
from abst.holders import encumbrances, facts, moves
from abst.holders.correction_gates import Reversal
from abst.holders.tables import Correction
from abst.investor.desk import wallet_of
from abst.issuance.desk import lots_of
from abst.issuance.tables import MintLot
from abst.values import Address, Hash


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseMint:
    """minted: the request of the mint; row: its line; to: wallet or investor id; amount: units, 0 for all left."""

    officer: str
    request: str
    minted: str
    row: int
    to: str
    evidence: Evidence
    amount: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a mint as it was decided and sent."""

    lot: MintLot
    proposal: str
    decision: str
    state: str
    wallet: Address
    investor: str
    allotted: int


@once
def reverse(office: Office, cmd: ReverseMint) -> Result:
    """Schedule that a row of a mint goes to the rightful receiver; a second officer approves (R-61, R-62). MAKER.

    Raises NotFound for an unknown mint or row; Refused when more is asked than is left of the row, when the units are
    not there any more, or when a gate of the receiver refuses.
    """
    content = {
        "officer": cmd.officer,
        "minted": cmd.minted,
        "row": cmd.row,
        "to": cmd.to,
        "amount": str(cmd.amount),
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "correct mint", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        row = _row_of(session, cmd.minted, cmd.row)
        before = encumbrances.reversed_of(session, row.lot.operation, cmd.row)
        wallet = moves.wallet_now(session, row.wallet)
    token, to = facts.token(office, row.lot.token), wallet_of(office, cmd.to)
    amount = cmd.amount or row.allotted - before
    movement = moves.forced(office, token, wallet, to, amount, cmd.evidence.hash)
    where = f"row {cmd.row} of {cmd.minted}"
    # A row of which nothing is left asks for one unit too many, not for none.
    asked = Reversal(max(amount, 1), row.allotted, before, row.state, where)
    stated = {
        "minted": cmd.minted,
        "mint_proposal": row.proposal,
        "mint_decision": row.decision,
        "operation": row.lot.operation,
        "row": cmd.row,
        "token": token.symbol,
        "from": wallet,
        "investor": row.investor,
        "to": to,
        "amount": str(amount),
        "allotted": str(row.allotted),
        "reversed_before": str(before),
        "evidence": cmd.evidence.as_dict(),
    }
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="correct mint",
        subject=f"mint {cmd.minted}",
        facts=stated | {"fixed": [moves.fixed(office, token, wallet)]},
        steps=[moves.step(office, token, wallet, to, amount)] if amount else [],
        judged=[
            decisions.judge("mint-reversal", gates.REVERSAL, asked),
            decisions.judge("forced-movement", gates.FORCED, movement),
        ],
    )


def _row_of(session: Session, request: str, number: int) -> _Row:
    proposal = decisions.find(session, request)
    lots = lots_of(session, proposal.id) if proposal is not None else []
    for lot in lots:
        for wallet, investor, amount, row in lot.allocations:
            if int(row) == number and proposal is not None:
                intent = outbox.by_operation(session, Hash(lot.operation))
                released = session.get(Decision, lot.released) if lot.released else None
                return _Row(
                    lot,
                    proposal.id,
                    released.hash if released else "",
                    intent.state if intent else "not released",
                    Address(wallet),
                    str(investor),
                    int(amount),
                )
    rows = sorted(int(row) for lot in lots for *_, row in lot.allocations)
    needed = f"one of {', '.join(map(str, rows[:20]))}" if rows else "the request of a mint (see: abst ops list)"
    raise NotFound("no such row of a mint", found=f"{request}, row {number}", needed=needed, where="correct mint")


def _look(office: Office, session: Session, proposal: Proposal) -> None:
    command = proposal.command
    encumbrances.settled(office, session, proposal, command["fixed"])
    before = encumbrances.reversed_of(session, command["operation"], command["row"])
    if before != int(command["reversed_before"]):
        needed = f"{command['reversed_before']} units; reject it and propose again"
        where = f"row {command['row']} of {command['minted']}"
        raise Conflict("more of the row was reversed since", found=f"{before} units", needed=needed, where=where)


def approve(office: Office, proposal: Proposal, cmd: Approve) -> Result:
    """The checker's yes; Conflict when the row was reversed, or the wallet's freezes moved, since it was proposed."""
    return execute_power(office, proposal, cmd, look=_look)


def _reversed(office: Office, session: Session, closing: Closing) -> None:
    content = closing.content
    session.add(
        Correction(
            kind="mint",
            subject=content["minted"],
            token=content["calls"][0]["to"],
            sender=content["from"],
            receiver=content["to"],
            amount=int(content["amount"]),
            moved=content["calls"][0]["operation"],
            operation=content["operation"],
            place=content["row"],
            allotted=int(content["allotted"]),
            before=int(content["reversed_before"]),
            evidence=content["evidence"]["sha256"],
            note=content["mint_decision"],
            proposal=str(closing.proposal),
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )
    session.flush()


HANDLERS = {"correct mint": Handler(done=_reversed, approve=approve)}
