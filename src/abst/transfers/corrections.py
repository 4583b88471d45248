"""Succession: what a deceased investor held goes to admitted heirs, unit by unit, by two officers on evidence (R-62).

The deceased is blocked first, which takes one key; then one proposal moves every tranche of every wallet, and its
shares must add up to exactly what is held. Whatever lies upon the holdings is released or enforced before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.office import Approve, Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import execute_power, propose_power
from abst.decisions import Proposal
from abst.errors import NotFound, UsageError
from abst.holders import correction_gates as gates
from abst.holders import encumbrances, facts, moves
from abst.holders.correction_gates import Held, Share, Succession
from abst.holders.facts import Token
from abst.holders.tables import Correction
from abst.investor import records as investors
from abst.investor.desk import wallet_of
from abst.values import Address, instant, parse_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed:
    """deceased: investor id; shares: heir (investor id), token, units."""

    officer: str
    request: str
    deceased: str
    shares: tuple[Share, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Move:
    token: Token
    sender: Address
    heir: str
    receiver: Address
    amount: int


def read_share(text: str) -> Share:
    """``HEIR:TOKEN:UNITS``; the token may hold a colon itself. Raises UsageError."""
    heir, _, rest = text.partition(":")
    token, _, units = rest.rpartition(":")
    if not heir or not token:
        raise UsageError("not a share", found=repr(text), needed="HEIR:TOKEN:UNITS", where="HEIR")
    return Share(heir, token, parse_amount(units, text))


@once
def succeed(office: Office, cmd: Succeed) -> Result:
    """Schedule that all a deceased investor held goes to the heirs; a second officer approves (R-61, R-62). MAKER.

    Raises Refused unless the deceased is blocked, the shares are exactly what is held, every heir may receive, and
    nothing lies upon the units.
    """
    shares = tuple(Share(s.heir, facts.token(office, s.token).symbol, s.amount) for s in cmd.shares)
    content = {
        "officer": cmd.officer,
        "deceased": cmd.deceased,
        "shares": [[share.heir, share.token, str(share.amount)] for share in shares],
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "correct succession", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        deceased = investors.get(session, cmd.deceased)
        blocked = investors.blocked(session, deceased.id) is not None
        wallets = [Address(w.address) for w in investors.wallets_of(session, deceased.id) if w.number is not None]
    held = _held(office, wallets)
    whole = Succession(deceased.id, blocked, tuple(h for h, _ in held), shares, cmd.evidence.hash)
    planned = list(_moves(office, held, shares))
    fixed = [moves.fixed(office, token, Address(h.wallet), balance=True) for h, token in held]
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="correct succession",
        subject=f"investor {deceased.id}",
        facts=content
        | {
            "holdings": [{"token": h.token, "wallet": h.wallet, "balance": str(h.balance)} for h, _ in held],
            "moves": [_shown(move) for move in planned],
            "fixed": fixed,
        },
        steps=[moves.step(office, m.token, m.sender, m.receiver, m.amount) for m in planned],
        judged=[
            decisions.judge("succession", gates.SUCCESSION, whole),
            *(
                decisions.judge(
                    "forced-movement",
                    gates.FORCED,
                    moves.forced(office, m.token, m.sender, m.receiver, m.amount, cmd.evidence.hash),
                )
                for m in planned
            ),
        ],
    )


def _held(office: Office, wallets: Sequence[Address]) -> list[tuple[Held, Token]]:
    found: list[tuple[Held, Token]] = []
    for token in facts.tokens(office):
        for wallet in wallets:
            balance = encumbrances.holding(office, token.address, wallet).balance
            if balance:
                found.append((Held(token.symbol, wallet, balance), token))
    if not found:
        raise NotFound("the investor holds nothing", found="no units", needed="units to be shared out")
    return found


def _moves(office: Office, held: Sequence[tuple[Held, Token]], shares: Sequence[Share]) -> Iterator[_Move]:
    """Each heir's units, taken from the wallets of the deceased in their order; what is not held moves nothing."""
    left = {(h.token, h.wallet): h.balance for h, _ in held}
    for share in shares:
        wanted, receiver = share.amount, wallet_of(office, share.heir)
        for holding, token in held:
            units = min(wanted, left[holding.token, holding.wallet])
            if holding.token != share.token or not units:
                continue
            left[holding.token, holding.wallet] -= units
            wanted -= units
            yield _Move(token, Address(holding.wallet), share.heir, receiver, units)


def _shown(move: _Move) -> dict[str, Any]:
    return {
        "token": move.token.symbol,
        "address": move.token.address,
        "from": move.sender,
        "heir": move.heir,
        "to": move.receiver,
        "amount": str(move.amount),
    }


def _look(office: Office, session: Session, proposal: Proposal) -> None:
    encumbrances.settled(office, session, proposal, proposal.command["fixed"])


def approve(office: Office, proposal: Proposal, cmd: Approve) -> Result:
    """The checker's yes; Conflict when what the deceased holds moved since it was proposed."""
    return execute_power(office, proposal, cmd, look=_look)


def _succeeded(office: Office, session: Session, closing: Closing) -> None:
    content = closing.content
    for move, call in zip(content["moves"], content["calls"], strict=True):
        session.add(
            Correction(
                kind="succession",
                subject=content["deceased"],
                token=move["address"],
                sender=move["from"],
                receiver=move["to"],
                amount=int(move["amount"]),
                moved=call["operation"],
                evidence=content["evidence"]["sha256"],
                note=move["heir"],
                proposal=str(closing.proposal),
                maker=closing.maker,
                checker=str(closing.checker),
                at=closing.at,
            )
        )
    session.flush()


# ---- reading


def list_corrections(office: Office) -> list[dict[str, Any]]:
    """Every correction of the register, in the order made; ids, units and hashes alone."""
    with office.store.read() as session:
        rows = encumbrances.corrections(session)
    return [
        {
            "number": row.number,
            "kind": row.kind,
            "subject": row.subject,
            "row": row.place,
            "token": facts.token(office, row.token).symbol if row.token else None,
            "from": row.sender,
            "to": row.receiver,
            "amount": str(row.amount),
            "moved": row.moved,
            "evidence": row.evidence,
            "proposal": row.proposal,
            "maker": row.maker,
            "checker": row.checker,
            "at": instant(row.at),
        }
        for row in rows
    ]


HANDLERS = {"correct succession": Handler(done=_succeeded, approve=approve)}
