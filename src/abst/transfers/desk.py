"""Movements after issue: a holder's transfer and redemption, and the acts of power over holders' tokens (R-62).

A holder signs with a key of this home; freezing, forcing and recovering take a maker and a checker. `why` gives every
reason against a transfer in Python and sets the chain's own answer beside it: they must agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst import decisions
from abst.cash.accounts import require_key
from abst.chain import reasons
from abst.chain.acts import Act, once
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.chain.words import Holding
from abst.decisions import Judged
from abst.errors import Refusal
from abst.holders import correction_gates, encumbrances, facts, moves
from abst.holders.facts import Token
from abst.holders.movement import FilingFacts, Movement, PartyFacts, TokenFacts
from abst.investor import records as investors
from abst.investor.admission import wallet_proven
from abst.investor.desk import wallet_of
from abst.transfers import gates, travelling
from abst.values import Address, to_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """holder and to: wallets, or investor ids; amount in token units."""

    request: str
    holder: str
    to: str
    amount: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    request: str
    holder: str
    amount: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """amount: the total frozen from then on; 0 unfreezes; more than the balance is legal."""

    officer: str
    request: str
    token: str
    wallet: str
    amount: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceTransfer:
    officer: str
    request: str
    token: str
    sender: str
    to: str
    amount: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverWallet:
    """lost and successor: wallets of the same investor; the successor was proven and added before."""

    officer: str
    request: str
    lost: str
    successor: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Why:
    """Every reason against a transfer, and the chain's: its code is the first it found, 0 when there is none.

    agrees: both allow, or the chain's reason is among Python's.
    """

    allowed: bool
    refusals: tuple[Refusal, ...]
    chain_code: int
    chain_reason: str
    agrees: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"refusals": [refusal.as_dict() for refusal in self.refusals]}


# ---- the holder's own acts


def why(office: Office, token: str, sender: str, receiver: str, amount: int) -> Why:
    """Why a transfer is refused, or that it is not; nothing is written. Raises NotFound."""
    made = facts.token(office, token)
    return why_between(office, made, wallet_of(office, sender), wallet_of(office, receiver), amount)


def why_between(office: Office, token: Token, sender: Address, receiver: Address, amount: int) -> Why:
    """The same for addresses."""
    return asked_between(office, token, sender, receiver, amount)[0]


def asked_between(
    office: Office, token: Token, sender: Address, receiver: Address, amount: int
) -> tuple[Why, Movement]:
    """The same, and the facts it was judged on."""
    filing, totals, giver, taker = facts.pair(office, token, sender, receiver)
    movement = _movement(office, filing, totals, giver, taker, amount)
    refusals = tuple(gates.why(movement))
    code = office.contracts.token(token.address).read("reasonAgainst", sender, receiver, amount)
    slug = reasons.reason(code).slug
    agrees = not refusals if code == 0 else slug in {refusal.reason for refusal in refusals}
    return Why(not refusals and code == 0, refusals, code, slug, agrees), movement


@once
def transfer(office: Office, cmd: Transfer) -> Result:
    """Move tokens with the holder's key, the data of both sides kept with it (R-51, R-60).

    Raises Refused with every reason, NotAuthorised without that key, Unavailable without the vault.
    """
    content = {"holder": cmd.holder, "to": cmd.to, "amount": str(cmd.amount), "token": cmd.token}
    act = Act(office, "transfer", cmd.request, content)
    if act.earlier:
        return act.again()
    token = facts.token(office, cmd.token)
    holder, to = wallet_of(office, cmd.holder), wallet_of(office, cmd.to)
    require_key(office, holder)
    answer, movement = asked_between(office, token, holder, to, cmd.amount)
    payloads = travelling.prepare(office, [travelling.Move(token, holder, to, cmd.amount, f"token {token.symbol}")])
    if not answer.allowed or travelling.refused(payloads):
        facts_asked = {**content, "from": holder, "to": to, "chain": answer.chain_reason}
        alone = not answer.allowed and not answer.refusals
        raise act.refuse(
            None,
            None,
            kind="transfer",
            subject=f"token {token.symbol}",
            facts=facts_asked,
            refusals=[chain_alone(answer, token)] if alone else [],
            judged=[
                decisions.judge("transfer", gates.TRANSFER, movement),
                *travelling.judged(payloads, all_known=not answer.allowed),
            ],
        )
    contract = office.contracts.token(token.address)
    with act.writing(None, None) as desk:
        # A standard's signature has no room for the operation id: it follows the arguments.
        data = contract.encode("transfer", to, cmd.amount) + to_bytes(desk.operation(0))
        desk.send("transfer", contract.address, data, signer=holder)
        travelling.keep(desk, payloads)
        moved = {"from": holder, "to": to, "amount": str(cmd.amount)}
        desk.audit(f"token {token.symbol}", moved | {"travel": travelling.digests(payloads)})
        desk.result = {"token": token.symbol, "from": holder, "to": to, "amount": str(cmd.amount)}
    return act.finish()


@once
def redeem(office: Office, cmd: Redeem) -> Result:
    """Give tokens back with the holder's key; their face is settled outside the chain. Raises as `transfer`."""
    content = {"holder": cmd.holder, "amount": str(cmd.amount), "token": cmd.token}
    act = Act(office, "redeem", cmd.request, content)
    if act.earlier:
        return act.again()
    token = facts.token(office, cmd.token)
    holder = wallet_of(office, cmd.holder)
    require_key(office, holder)
    filing, totals, giver, _ = facts.pair(office, token, holder, holder)
    asked = _movement(office, filing, totals, giver, PartyFacts(""), cmd.amount)
    judged = decisions.judge("redeem", gates.REDEEM, asked)
    if judged.refusals:
        raise act.refuse(None, None, kind="redeem", subject=f"token {token.symbol}", facts=content, judged=[judged])
    contract = office.contracts.token(token.address)
    with act.writing(None, None) as desk:
        data = contract.encode("redeem", cmd.amount) + to_bytes(desk.operation(0))
        desk.send("redeem", contract.address, data, signer=holder)
        desk.audit(f"token {token.symbol}", {"holder": holder, "amount": str(cmd.amount)})
        desk.result = {"token": token.symbol, "holder": holder, "amount": str(cmd.amount)}
    return act.finish()


def _movement(
    office: Office, filing: FilingFacts, totals: TokenFacts, giver: PartyFacts, taker: PartyFacts, amount: int
) -> Movement:
    return Movement(office.now(), filing, totals, giver, taker, amount)


def chain_alone(answer: Why, token: Token) -> Refusal:
    """The chain's reason alone: only the chain refuses, because the facts moved between the two questions."""
    reason = reasons.reason(answer.chain_code)
    return Refusal(reason.rule, reason.slug, reason.words, "", f"token {token.symbol}", "contract")


# ---- acts of power: two officers


@once
def freeze(office: Office, cmd: Freeze) -> Result:
    """Schedule that so much of a wallet's tokens is frozen; a second officer approves (R-62). MAKER."""
    token = facts.token(office, cmd.token)
    wallet = wallet_of(office, cmd.wallet)
    stated = {"token": token.symbol, "wallet": wallet, "amount": str(cmd.amount), "evidence": cmd.evidence.as_dict()}
    act = Act(office, "freeze", cmd.request, {"officer": cmd.officer, **stated})
    if act.earlier:
        return act.again()
    contract = office.contracts.token(token.address)
    data = contract.encode("setFrozenTokens", wallet, cmd.amount)
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="freeze",
        subject=f"wallet {wallet}",
        facts=stated | holding_of(office, token, wallet),
        steps=[Step(contract.address, data, f"freeze {cmd.amount} units of {token.symbol} in {wallet}")],
        judged=above_rights(office, [(token, wallet, cmd.amount)]),
    )


def above_rights(office: Office, freezes: Sequence[tuple[Token, Address, int]]) -> list[Judged]:
    """Whether each freeze leaves frozen what is pledged or attached (R-62); wallets under no right are not asked."""
    return [decisions.judge("freeze", correction_gates.REFREEZE, one) for one in moves.below(office, freezes)]


@once
def force_transfer(office: Office, cmd: ForceTransfer) -> Result:
    """Schedule a transfer against the holder's will, on a legal order; a second officer approves (R-62). MAKER."""
    token = facts.token(office, cmd.token)
    sender, to = wallet_of(office, cmd.sender), wallet_of(office, cmd.to)
    stated = {
        "token": token.symbol,
        "from": sender,
        "to": to,
        "amount": str(cmd.amount),
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "force-transfer", cmd.request, {"officer": cmd.officer, **stated})
    if act.earlier:
        return act.again()
    contract = office.contracts.token(token.address)
    data = contract.encode("forcedTransfer", sender, to, cmd.amount)
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="force-transfer",
        subject=f"wallet {sender}",
        facts=stated | holding_of(office, token, sender),
        steps=[Step(contract.address, data, f"move {cmd.amount} units of {token.symbol} from {sender} to {to}")],
        judged=[
            decisions.judge(
                "forced-movement",
                correction_gates.FORCED,
                moves.forced(office, token, sender, to, cmd.amount, cmd.evidence.hash),
            )
        ],
    )


@once
def recover_wallet(office: Office, cmd: RecoverWallet) -> Result:
    """Schedule that a lost wallet's tokens go to another wallet of the same investor (R-62). MAKER.

    One proposal: the successor is recorded once for all, then each tranche that the lost wallet holds is recovered.
    The successor must have been proven and added to the registry before (R-50).
    """
    lost, successor = wallet_of(office, cmd.lost), wallet_of(office, cmd.successor)
    stated = {"lost": lost, "successor": successor, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "recover-wallet", cmd.request, {"officer": cmd.officer, **stated})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        investor = investors.wallet(session, lost).investor
        proof = wallet_proven(investors.wallet(session, successor).proven_at, f"wallet {successor}")
    registry = office.contracts.registry
    steps = [
        Step(
            registry.address,
            registry.encode("recordSuccessor", lost, successor),
            f"record {successor} as the successor of {lost}",
        )
    ]
    held: dict[str, str] = {}
    for token in facts.tokens(office):
        contract = office.contracts.token(token.address)
        holding = Holding.unpack(contract.read("holdingOf", lost))
        if not (holding.balance or holding.frozen):
            continue
        held[token.symbol] = str(holding.balance)
        words = f"recover {holding.balance} units of {token.symbol} from {lost} to {successor}"
        steps.append(Step(contract.address, contract.encode("recover", lost), words, certain=False))
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="recover-wallet",
        subject=f"investor {investor}",
        facts=stated | {"investor": investor, "held": held},
        steps=steps,
        refusals=[proof] if proof else [],
    )


def _recovered(office: Office, session: Session, closing: Closing) -> None:
    lost = investors.wallet(session, closing.content["lost"])
    investors.mark_lost(session, lost, closing.content["successor"])
    encumbrances.follow(session, closing.content["lost"], closing.content["successor"])


def holding_of(office: Office, token: Token, wallet: Address) -> dict[str, Any]:
    """What the wallet holds when the act is proposed, for the checker to see."""
    holding = Holding.unpack(office.contracts.token(token.address).read("holdingOf", wallet))
    return {"balance": str(holding.balance), "frozen_before": str(holding.frozen)}


HANDLERS = {"recover-wallet": Handler(done=_recovered)}
