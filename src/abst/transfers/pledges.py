"""Pledges and court attachments: recorded, released, enforced, by two officers on evidence (R-62).

What is frozen on chain is the sum of the open rights and of other freezes, so a proposal is fixed on what is frozen
when it is made; if that moved before the checker's yes, his approval is a Conflict. Rights rank by the order in which
they were recorded. An attachment may exceed the balance: it then catches what comes in later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.office import Approve, Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import Step, execute_power, propose_power
from abst.decisions import Proposal
from abst.errors import Conflict, UsageError
from abst.holders import correction_gates as gates
from abst.holders import encumbrances, facts, moves
from abst.holders.correction_gates import Encumbering, Enforcing, Lifting
from abst.holders.facts import Token
from abst.holders.tables import Correction, Encumbrance
from abst.investor import records as investors
from abst.investor.desk import wallet_of
from abst.values import MAX_96, Address, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPledge:
    """holder, pledgee: wallets or investor ids; amount in token units."""

    officer: str
    request: str
    token: str
    holder: str
    pledgee: str
    amount: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """A court's attachment; amount may exceed what is held. evidence: the order."""

    officer: str
    request: str
    token: str
    holder: str
    amount: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """number: of the pledge or attachment. evidence: the pledgee's consent, or the court's order."""

    officer: str
    request: str
    number: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforce:
    """amount: units, 0 for all that remains pledged; they go to the pledgee."""

    officer: str
    request: str
    number: int
    amount: int
    evidence: Evidence


# ---- recording


@once
def add(office: Office, cmd: AddPledge) -> Result:
    """Schedule that a pledge is recorded and its units frozen; a second officer approves (R-62). MAKER.

    Raises Refused unless the units are held, free, and the pledgee is on the whitelist.
    """
    act, token, wallet = _asked(office, "pledge add", cmd, {"pledgee": cmd.pledgee, "amount": str(cmd.amount)})
    if act.earlier:
        return act.again()
    return _encumber(office, act, cmd, "pledge", token, wallet, wallet_of(office, cmd.pledgee))


@once
def attach(office: Office, cmd: Attach) -> Result:
    """Schedule that a court's attachment is recorded and frozen; a second officer approves (R-62). MAKER."""
    act, token, wallet = _asked(office, "pledge attach", cmd, {"amount": str(cmd.amount)})
    if act.earlier:
        return act.again()
    return _encumber(office, act, cmd, "attachment", token, wallet, None)


def _asked(office: Office, command: str, cmd: AddPledge | Attach, more: dict[str, str]) -> tuple[Act, Token, Address]:
    token, wallet = facts.token(office, cmd.token), wallet_of(office, cmd.holder)
    content = {"officer": cmd.officer, "token": token.symbol, "wallet": wallet, "evidence": cmd.evidence.as_dict()}
    return Act(office, command, cmd.request, content | more), token, wallet


def _encumber(
    office: Office,
    act: Act,
    cmd: AddPledge | Attach,
    kind: str,
    token: Token,
    wallet: Address,
    pledgee: Address | None,
) -> Result:
    _, _, giver, taker = facts.pair(office, token, wallet, pledgee or wallet)
    judged = Encumbering(kind, giver, taker if pledgee else None, cmd.amount, cmd.evidence.hash)
    frozen = giver.frozen + cmd.amount
    if frozen > MAX_96:
        raise UsageError("no balance is so large", found=str(frozen), needed=f"at most {MAX_96} units frozen")
    stated = {
        "kind_of_right": kind,
        "token": token.symbol,
        "address": token.address,
        "wallet": wallet,
        "pledgee": pledgee,
        "amount": str(cmd.amount),
        "evidence": cmd.evidence.as_dict(),
        "balance": str(giver.balance),
        "frozen_before": str(giver.frozen),
        "frozen_after": str(frozen),
    }
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind=act.command,
        subject=f"wallet {wallet}",
        facts=stated,
        steps=[_frozen(office, token, wallet, frozen)],
        judged=[decisions.judge("encumbrance", gates.ENCUMBERING, judged)],
    )


def _frozen(office: Office, token: Token, wallet: Address, amount: int) -> Step:
    contract = office.contracts.token(token.address)
    data = contract.encode("setFrozenTokens", wallet, amount)
    return Step(contract.address, data, f"have {amount} units of {token.symbol} frozen in {wallet}")


def _recorded(office: Office, session: Session, closing: Closing) -> None:
    content = closing.content
    session.add(
        Encumbrance(
            kind=content["kind_of_right"],
            token=content["address"],
            wallet=content["wallet"],
            investor=investors.wallet(session, Address(content["wallet"])).investor,
            pledgee=content["pledgee"],
            amount=int(content["amount"]),
            remaining=int(content["amount"]),
            evidence=content["evidence"]["sha256"],
            proposal=str(closing.proposal),
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )
    session.flush()


# ---- releasing and enforcing


@once
def release(office: Office, cmd: Release) -> Result:
    """Schedule that a pledge or attachment is lifted; a second officer approves (R-62). MAKER.

    Raises NotFound, Conflict when it is closed.
    """
    content = {"officer": cmd.officer, "number": cmd.number, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "pledge release", cmd.request, content)
    if act.earlier:
        return act.again()
    row, token, wallet = _open(office, cmd.number)
    held = encumbrances.holding(office, token.address, wallet)
    stated = _stated(row, token) | {
        "amount": str(row.remaining),
        "evidence": cmd.evidence.as_dict(),
        "balance": str(held.balance),
        "frozen_before": str(held.frozen),
        "frozen_after": str(max(held.frozen - row.remaining, 0)),
    }
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="pledge release",
        subject=f"wallet {wallet}",
        facts=stated,
        steps=[_frozen(office, token, wallet, max(held.frozen - row.remaining, 0))],
        judged=[decisions.judge("lifting", gates.LIFTING, Lifting(cmd.evidence.hash, f"{row.kind} {row.number}"))],
    )


@once
def enforce(office: Office, cmd: Enforce) -> Result:
    """Schedule that pledged units go to the pledgee, who must be able to receive them (R-60, R-62). MAKER.

    Raises Refused when an earlier right would be touched or a receiver's gate refuses; Conflict when it is closed.
    """
    content = {
        "officer": cmd.officer,
        "number": cmd.number,
        "amount": str(cmd.amount),
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "pledge enforce", cmd.request, content)
    if act.earlier:
        return act.again()
    row, token, wallet = _open(office, cmd.number)
    if row.pledgee is None:
        needed = "its release by order, or a forced transfer on that order"
        raise UsageError("an attachment has no pledgee", found=f"attachment {row.number}", needed=needed)
    amount = cmd.amount or row.remaining
    with office.store.read() as session:
        open_rows = encumbrances.on(session, token.address, wallet)
        pledgee = moves.wallet_now(session, Address(row.pledgee))
    movement = moves.forced(office, token, wallet, pledgee, amount, cmd.evidence.hash)
    held = encumbrances.holding(office, token.address, wallet)
    senior = sum(other.remaining for other in open_rows if other.number < row.number)
    where = f"pledge {row.number}"
    frozen = max(held.frozen - amount, 0)
    stated = _stated(row, token) | {
        "pledgee": pledgee,
        "amount": str(amount),
        "evidence": cmd.evidence.as_dict(),
        "balance": str(held.balance),
        "frozen_before": str(held.frozen),
        "frozen_after": str(frozen),
    }
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="pledge enforce",
        subject=f"wallet {wallet}",
        facts=stated,
        # Moved first, then what remains frozen is set: in between more is frozen, never less.
        steps=[moves.step(office, token, wallet, pledgee, amount), _frozen(office, token, wallet, frozen)],
        judged=[
            decisions.judge(
                "enforcement", gates.ENFORCING, Enforcing(amount, held.balance, row.remaining, senior, where)
            ),
            decisions.judge("forced-movement", gates.FORCED, moves.beside_rights(movement)),
        ],
    )


def _open(office: Office, number: int) -> tuple[Encumbrance, Token, Address]:
    with office.store.read() as session:
        row = encumbrances.get(session, number)
    if row.closed_at is not None:
        raise Conflict("it is closed", found=instant(row.closed_at), needed="an open one", where=f"{row.kind} {number}")
    return row, facts.token(office, row.token), Address(row.wallet)


def _stated(row: Encumbrance, token: Token) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind_of_right": row.kind,
        "token": token.symbol,
        "address": token.address,
        "wallet": row.wallet,
        "pledgee": row.pledgee,
    }


def _released(office: Office, session: Session, closing: Closing) -> None:
    row = encumbrances.get(session, closing.content["number"])
    _corrected(session, closing, row, "release", None)


def _enforced(office: Office, session: Session, closing: Closing) -> None:
    row = encumbrances.get(session, closing.content["number"])
    _corrected(session, closing, row, "enforcement", closing.content["calls"][0]["operation"])


def _corrected(session: Session, closing: Closing, row: Encumbrance, kind: str, moved: str | None) -> None:
    content = closing.content
    units = int(content["amount"])
    session.add(
        Correction(
            kind=kind,
            subject=str(row.number),
            token=row.token,
            sender=row.wallet,
            receiver=content["pledgee"] if moved else None,
            amount=units,
            moved=moved,
            encumbrance=row.number,
            evidence=content["evidence"]["sha256"],
            proposal=str(closing.proposal),
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )
    encumbrances.lower(session, row, units, closing.at)


# ---- approving: what was fixed has not moved


def _look(office: Office, session: Session, proposal: Proposal) -> None:
    command = proposal.command
    fixed = {"token": command["address"], "wallet": command["wallet"], "frozen": command["frozen_before"]}
    encumbrances.settled(office, session, proposal, [fixed])
    if proposal.kind == "pledge add":
        held, needed = encumbrances.holding(office, fixed["token"], fixed["wallet"]).balance, command["frozen_after"]
        if held < int(needed):
            found, where = f"{held} units", f"wallet {command['wallet']}"
            raise Conflict("what is held moved since this was proposed", found=found, needed=needed, where=where)
    if "number" in command:
        row = encumbrances.get(session, command["number"])
        if row.wallet != command["wallet"] or row.remaining < int(command["amount"]):
            needed = f"{command['amount']} units in {command['wallet']}"
            found = f"{row.remaining} units in {row.wallet}"
            raise Conflict("the right moved since this was proposed", found=found, needed=needed, where=str(row.number))


def approve(office: Office, proposal: Proposal, cmd: Approve) -> Result:
    """The checker's yes; Conflict when what is frozen, or the right itself, moved since it was proposed."""
    return execute_power(office, proposal, cmd, look=_look)


# ---- reading


def list_rights(office: Office, *, closed: bool = False) -> list[dict[str, Any]]:
    """Pledges and attachments in the order recorded; rank: among those open on the same wallet, 1 the first."""
    with office.store.read() as session:
        rows = encumbrances.every(session, closed=closed)
    ranks: dict[tuple[str, str], int] = {}
    return [_shown(office, row, ranks) for row in rows]


def _shown(office: Office, row: Encumbrance, ranks: dict[tuple[str, str], int]) -> dict[str, Any]:
    rank = None
    if row.closed_at is None:
        rank = ranks[row.token, row.wallet] = ranks.get((row.token, row.wallet), 0) + 1
    return {
        "number": row.number,
        "kind": row.kind,
        "token": facts.token(office, row.token).symbol,
        "investor": row.investor,
        "wallet": row.wallet,
        "pledgee": row.pledgee,
        "amount": str(row.amount),
        "remaining": str(row.remaining),
        "rank": rank,
        "recorded": instant(row.at),
        "closed": instant(row.closed_at) if row.closed_at is not None else None,
        "evidence": row.evidence,
        "maker": row.maker,
        "checker": row.checker,
    }


HANDLERS = {
    "pledge add": Handler(done=_recorded, approve=approve),
    "pledge attach": Handler(done=_recorded, approve=approve),
    "pledge release": Handler(done=_released, approve=approve),
    "pledge enforce": Handler(done=_enforced, approve=approve),
}
