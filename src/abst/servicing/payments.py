"""Payments to the holders of a record date: declared with their money, pushed in lots, claimed, or paid elsewhere.

A payment is one of its kind by its terms, of which the operation id of its declaration is one: the same request is the
same payment, whatever happens on the way. Who holds PAYER declares; anybody may have a holder paid, and the money goes
to the holder or his successor alone. What cannot be paid waits in the contract (R-93, R-94, R-99).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from abst import decisions, outbox
from abst.cash import assets
from abst.cash.accounts import account_of, check_amount, facts, money
from abst.cash.gates import ACCOUNT_GATES, AccountFacts
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Evidence, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.decisions import Judged, officers
from abst.errors import NotAuthorised, Refusal, UsageError
from abst.holders import facts as chain_facts
from abst.holders.facts import Token
from abst.investor.desk import wallet_of
from abst.outbox import Intent
from abst.servicing import gates, ledger, shares
from abst.servicing.gates import PaymentFacts
from abst.servicing.ledger import Line
from abst.servicing.record_dates import held_at, taken
from abst.servicing.tables import OffChainPayment, Payment
from abst.values import Address, Hash, hash_of, to_bytes

LOT = 100  # holders in one transaction
DECLARE = "payment declare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declare:
    """amount: in the asset's smallest unit; asset: an address, or empty for the token of local deposits."""

    officer: str
    request: str
    token: str
    record_date: int
    amount: int
    asset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Pay everybody who can be paid now. payment: number or id; lot: holders in one transaction."""

    officer: str
    request: str
    payment: str
    lot: int = LOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Pay one holder, sent with his own key or his successor's. holder: a wallet or an investor id."""

    request: str
    payment: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayElsewhere:
    """The share of a holder who cannot be paid here goes to an account, on a legal order."""

    officer: str
    request: str
    payment: str
    holder: str
    account: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOffChain:
    """amount: in the currency's smallest unit; reference: the payer's, such as that of the bank's transfer."""

    officer: str
    request: str
    token: str
    record_date: int
    currency: str
    amount: int
    reference: str
    evidence: Evidence


# ---- declaring


@dataclass(frozen=True, slots=True)
class Preview:
    """What a payment would come to: every holder's line, and every reason against declaring it."""

    token: Token
    asset: Address
    facts: PaymentFacts
    carried: int
    needs_evidence: bool
    lines: tuple[Line, ...]
    judged: tuple[Judged, ...]

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(refusal for one in self.judged for refusal in one.refusals)

    def as_dict(self) -> dict[str, Any]:
        pot = self.facts.amount + self.carried
        due = [line.share for line in self.lines]
        return {
            "token": self.token.symbol,
            "record_date": self.facts.record_date,
            "asset": self.asset,
            "funded": str(self.facts.amount),
            "carried": str(self.carried),
            "supply": str(self.facts.supply),
            "needs_evidence": self.needs_evidence,
            "holders": len(self.lines),
            "shares": str(sum(due)),
            "dust": str(shares.dust(due, pot) if due else 0),
            "waiting": sum(line.why is not None for line in self.lines),
        }


def preview(office: Office, cmd: Declare, payer: Address | None = None) -> Preview:
    """What each holder would get, and what stands against it; nothing is written. payer: whose money it is.

    Raises NotFound, UsageError.
    """
    check_amount(cmd.amount)
    token, asset = chain_facts.token(office, cmd.token), assets.asset_of(office, cmd.asset)
    found = payment_facts(office, token, cmd.record_date, cmd.amount, asset)
    needs_evidence = not office.rulebook.setting("R-56", "pay_expired_evidence")
    carried = ledger.carried_of(office, token.address, asset)
    judged = [decisions.judge("payment", gates.DECLARE, found)]
    if found.asset_kind:
        accounts = _accounts(office, asset, payer, cmd.amount)
        judged += [decisions.judge("money-account", ACCOUNT_GATES, one) for one in accounts]
    lines: list[Line] = []
    if found.supply:
        held = held_at(office, token, cmd.record_date)
        lines = ledger.judge(office, held, found.supply, cmd.amount + carried, needs_evidence)
    return Preview(token, asset, found, carried, needs_evidence, tuple(lines), tuple(judged))


def payment_facts(office: Office, token: Token, record_date: int, amount: int, asset: Address) -> PaymentFacts:
    """What the gates of a declaration look at."""
    dates = taken(office, token)
    in_reach = 1 <= record_date <= dates
    return PaymentFacts(
        token=token.symbol,
        record_date=record_date,
        taken=dates,
        supply=office.contracts.token(token.address).read("totalSupplyAt", record_date) if in_reach else 0,
        amount=amount,
        asset=asset,
        asset_kind=assets.listed(office, asset).kind,
    )


def _accounts(office: Office, asset: Address, payer: Address | None, amount: int) -> list[AccountFacts]:
    """The two accounts the money goes through: the payer's and the contract's."""
    distribution = office.contracts.distribution.address
    return [
        *([facts(office, asset, payer, amount)] if payer else []),
        facts(office, asset, distribution),
    ]


@once
def declare(office: Office, cmd: Declare) -> Result:
    """Declare a payment and bring its money (R-65, R-93, R-94, R-99). PAYER.

    Two transactions of the payer's key: he allows the contract to take the money, then declares. Raises Refused when
    the record date is not taken, the asset not listed, or the money not there; NotFound, NotAuthorised.
    """
    content = {
        "officer": cmd.officer,
        "token": cmd.token,
        "record_date": cmd.record_date,
        "amount": str(cmd.amount),
        "asset": cmd.asset,
    }
    act = Act(office, DECLARE, cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        payer = Address(officers.require(session, cmd.officer, "payer").address)
    seen = preview(office, cmd, payer)
    stated = {"payer": payer, **asdict(seen.facts), "amount": str(cmd.amount), "carried": str(seen.carried)}
    stated |= {"supply": str(seen.facts.supply), "needs_evidence": seen.needs_evidence}
    subject = f"token {seen.token.symbol}"
    if seen.refusals:
        raise act.refuse(cmd.officer, "payer", kind=DECLARE, subject=subject, facts=stated, judged=seen.judged)
    with act.writing(cmd.officer, "payer") as desk:
        decision = decisions.record(
            desk.session, kind=DECLARE, facts=stated, judged=seen.judged, rulebook=office.rulebook, at=desk.at
        )
        payment = _payment(desk, seen, decision.id)
        desk.session.add(payment)
        _send_declaration(office, desk, payment)
        desk.audit(subject, {"payment": payment.id, "decision": decision.hash, "funded": str(cmd.amount)})
        desk.result = {"payment": payment.number, "id": payment.id, **seen.as_dict()}
    return act.finish()


def _payment(desk: Desk, seen: Preview, decision: str) -> Payment:
    """The row: the terms, with the operation id of the declaration (the second transaction) as its reference."""
    payment = Payment(
        number=(desk.session.scalar(select(func.max(Payment.number))) or 0) + 1,
        request=desk.act.request,
        token=seen.token.address,
        record_date=seen.facts.record_date,
        needs_evidence=seen.needs_evidence,
        asset=seen.asset,
        funded=seen.facts.amount,
        supply=seen.facts.supply,
        ref=desk.operation(1),
        decision=decision,
        officer=desk.actor,
        at=desk.at,
    )
    payment.id = id_of(desk.office, payment)
    return payment


def id_of(office: Office, payment: Payment) -> Hash:
    """keccak(abi.encode(terms)): the id of a payment on chain."""
    return hash_of(office.contracts.distribution.codec.function("idOf", 1).inputs.encode((payment.terms(),)))


def _send_declaration(office: Office, desk: Desk, payment: Payment) -> None:
    """An allowance stands for one declaration: the next one of the same payer waits until it was used."""
    distribution, asset = office.contracts.distribution, money(office, Address(payment.asset))
    before = _under_way(desk)
    # A standard's signature has no room for the operation id: it follows the arguments.
    allow = asset.encode("approve", distribution.address, payment.funded) + to_bytes(desk.operation(0))
    allowed = desk.send("payment allow", asset.address, allow, after=before)
    desk.send(DECLARE, distribution.address, distribution.encode("declare", payment.terms()), after=[allowed.id])


def _under_way(desk: Desk) -> list[str]:
    """The payer's declarations that are neither final nor rejected."""
    signer = desk.officer.address if desk.officer else ""
    query = select(Intent.id).where(
        Intent.kind == DECLARE, Intent.signer == signer, Intent.state.not_in(("final", "rejected"))
    )
    return list(desk.session.scalars(query.order_by(Intent.seq)))


# ---- paying


@once
def push(office: Office, cmd: Push) -> Result:
    """Pay every holder who can be paid now, in lots fixed and stored before the first is sent (R-93). PAYER.

    Who was paid is passed over; who waits is named with the reason, and is paid by a later push. The contract passes
    over whom it cannot pay when the lot arrives. Raises NotFound, UsageError.
    """
    content = {"officer": cmd.officer, "payment": cmd.payment, "lot": cmd.lot}
    act = Act(office, "payment push", cmd.request, content)
    if act.earlier:
        return act.again()
    if not 1 <= cmd.lot <= LOT:
        raise UsageError("no such lot", found=str(cmd.lot), needed=f"1 to {LOT} holders", where="lot")
    payment, found = open_lines(office, cmd.payment)
    going = [line.holder for line in found if line.payable]
    waiting = [line for line in found if line.state == "waits" and not line.failed]
    distribution = office.contracts.distribution
    with act.writing(cmd.officer, "payer") as desk:
        for start in range(0, len(going), cmd.lot):
            data = distribution.encode("push", payment.terms(), going[start : start + cmd.lot])
            desk.send("payment push", distribution.address, data)
        desk.audit(f"payment {payment.number}", {"payment": payment.id, "holders": len(going)})
        desk.result = {
            "payment": payment.number,
            "id": payment.id,
            "lots": len(desk.intents),
            "holders": len(going),
            "paid_before": sum(line.paid is not None for line in found),
            "waiting": [line.as_dict() for line in waiting],
        }
    return act.finish()


def open_lines(office: Office, word: str) -> tuple[Payment, list[Line]]:
    """A declared payment with its lines. Raises NotFound, also while it is not declared."""
    with office.store.read() as session:
        payment = ledger.find(session, word)
    if not ledger.progress(office, payment).is_declared:
        raise UsageError(
            "this payment is not declared on chain",
            found=f"payment {payment.number}",
            needed="that its declaration is final: abst ops run",
            where="payment",
        )
    return payment, ledger.lines(office, payment)


@once
def claim(office: Office, cmd: Claim) -> Result:
    """Pay one holder with his own key, or his successor's (R-93). Raises Refused with the reason his money waits."""
    content = {"payment": cmd.payment, "holder": cmd.holder}
    act = Act(office, "payment claim", cmd.request, content)
    if act.earlier:
        return act.again()
    holder = wallet_of(office, cmd.holder)
    payment, found = open_lines(office, cmd.payment)
    line = next((line for line in found if line.holder == holder), None)
    no = _why_not(line, holder)
    if no is not None:
        subject, stated = f"payment {payment.number}", {"payment": payment.id, "holder": holder}
        raise act.refuse(None, None, kind="payment claim", subject=subject, facts=stated, refusals=[no])
    payee = Address(line.payee) if line else holder
    signer = next((a for a in (holder, payee) if office.keys.signer(a) is not None), None)
    if signer is None:
        raise NotAuthorised("the holder's key is not in this home", found=holder, needed=f"a keystore of {payee}")
    distribution = office.contracts.distribution
    with act.writing(None, None) as desk:
        data = distribution.encode("claim", payment.terms(), holder) + to_bytes(desk.operation(0))
        desk.send("payment claim", distribution.address, data, signer=signer)
        desk.audit(f"payment {payment.number}", {"payment": payment.id, "holder": holder})
        amount = str(line.share if line else 0)
        desk.result = {
            "payment": payment.number,
            "id": payment.id,
            "holder": holder,
            "payee": payee,
            "amount": amount,
        }
    return act.finish()


def _why_not(line: Line | None, holder: Address) -> Refusal | None:
    """Why a holder cannot be paid by a claim now."""
    if line is None:
        return gates.nothing_held(holder)
    if line.paid is not None:
        return gates.already_paid(holder)
    return None if line.failed else line.why


@once
def elsewhere(office: Office, cmd: PayElsewhere) -> Result:
    """Propose that a waiting share goes to another account, on a legal order (R-62, R-93, R-99). MAKER; two officers.

    Raises Refused for a holder who was paid, held nothing, or can be paid himself, and for an account that may not
    hold the asset.
    """
    holder = wallet_of(office, cmd.holder)
    account = account_of(office, cmd.account)
    evidence = cmd.evidence.as_dict()
    asked = {"payment": cmd.payment, "holder": holder, "account": account, "evidence": evidence}
    act = Act(office, "payment elsewhere", cmd.request, {"officer": cmd.officer, **asked})
    if act.earlier:
        return act.again()
    payment, found = open_lines(office, cmd.payment)
    line = next((line for line in found if line.holder == holder), None)
    waits = line is not None and line.state == "waits"
    no = None if waits else _why_not(line, holder) or gates.payable_here(holder)
    judged = decisions.judge("money-account", ACCOUNT_GATES, facts(office, Address(payment.asset), account))
    distribution = office.contracts.distribution
    ref = outbox.operation_id(office.registry_id, cmd.request, 0)
    words = f"pay the share of {holder} in payment {payment.number} to {account}"
    data = distribution.encode("payElsewhere", payment.terms(), holder, account, ref)
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="payment elsewhere",
        subject=f"payment {payment.number}",
        facts={
            "payment": payment.number,
            "id": payment.id,
            "holder": holder,
            "account": account,
            "evidence": evidence,
            "amount": str(line.share if line else 0),
            "because": line.why.reason if line and line.why else "",
        },
        steps=[Step(distribution.address, data, words)],
        refusals=[no] if no else [],
        judged=[judged],
    )


# ---- outside the chain


@once
def record_off_chain(office: Office, cmd: RecordOffChain) -> Result:
    """Record a payment made outside the chain, once for its reference (R-93, R-94). PAYER.

    The reference's hash goes on chain, its words and the document's hash stay here. Raises Refused, NotFound,
    UsageError.
    """
    content = {
        "officer": cmd.officer,
        "token": cmd.token,
        "record_date": cmd.record_date,
        "currency": cmd.currency,
        "amount": str(cmd.amount),
        "reference": cmd.reference,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "payment off-chain", cmd.request, content)
    if act.earlier:
        return act.again()
    assets.check_currency(cmd.currency)
    check_amount(cmd.amount)
    token, ref = chain_facts.token(office, cmd.token), hash_of(cmd.reference.strip().encode())
    distribution = office.contracts.distribution
    seen = payment_facts(office, token, cmd.record_date, cmd.amount, distribution.address)
    judged = decisions.judge("payment-off-chain", gates.OFF_CHAIN, seen)
    known = [gates.recorded_before(cmd.reference)] if distribution.read("isRecorded", token.address, ref) else []
    subject = f"token {token.symbol}"
    if known or judged.refusals:
        raise act.refuse(
            cmd.officer,
            "payer",
            kind="payment off-chain",
            subject=subject,
            facts=content,
            refusals=known,
            judged=[judged],
        )
    with act.writing(cmd.officer, "payer") as desk:
        currency = cmd.currency.encode()
        data = distribution.encode("recordOffChain", token.address, cmd.record_date, currency, cmd.amount, ref)
        desk.send("payment off-chain", distribution.address, data)
        desk.session.add(_outside(desk, cmd, token, ref))
        desk.audit(subject, {"record_date": cmd.record_date, "ref": ref, "evidence": cmd.evidence.as_dict()})
        stated = {key: value for key, value in content.items() if key != "officer"}
        desk.result = stated | {"token": token.symbol, "ref": ref}
    return act.finish()


def _outside(desk: Desk, cmd: RecordOffChain, token: Token, ref: Hash) -> OffChainPayment:
    return OffChainPayment(
        request=cmd.request,
        token=token.address,
        record_date=cmd.record_date,
        currency=cmd.currency,
        amount=cmd.amount,
        reference=cmd.reference,
        ref=ref,
        file_name=cmd.evidence.name,
        document_hash=cmd.evidence.hash,
        officer=desk.actor,
        at=desk.at,
    )
