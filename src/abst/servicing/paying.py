"""A closed period is paid: its record date is announced, and each class's payment opened in the settlement currency.

The payer brings exactly what the waterfall gave each class; the servicing contract declares it at the distribution,
once (R-93, R-94). From there on it is a payment as any other: pushed, claimed, or kept for who cannot be paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst import decisions, outbox
from abst.cash import assets
from abst.cash.accounts import facts as account_facts
from abst.cash.accounts import money, told
from abst.cash.gates import ACCOUNT_GATES
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Closing, Handler, Office, Result
from abst.deal.waterfall.closing import payment_ref
from abst.decisions import Judged, officers
from abst.disclosure import due as calendar
from abst.errors import UsageError
from abst.filing import records
from abst.outbox import Intent
from abst.rulebook import refuse
from abst.servicing import gates, ledger, payments, period_gates, period_tables, record_dates, serviced
from abst.servicing.period_gates import PayoutFacts
from abst.servicing.period_tables import Close, PeriodDate, PeriodPayment
from abst.servicing.serviced import Serviced
from abst.servicing.tables import Payment
from abst.values import Address, instant, last_second_of, to_bytes

ANNOUNCE, PAY = "period record-date", "period pay"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceDate:
    """The record date of a period. second: 0 for the end of the day that the deal gives."""

    officer: str
    request: str
    filing: str
    period: int
    second: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPeriod:
    """Open the payments of a closed period. asset: empty for the token of local deposits; classes: symbols of tokens or
    names of classes, none for all that have money to get."""

    officer: str
    request: str
    filing: str
    period: int
    asset: str = ""
    classes: tuple[str, ...] = ()


# ---- the record date


@once
def announce(office: Office, cmd: AnnounceDate) -> Result:
    """Announce the record date of a period (R-93), once for each. AGENT. Raises Refused, NotFound."""
    of = serviced.of(office, cmd.filing)
    dates = of.payment(cmd.period)
    second = cmd.second or last_second_of(dates.record_date, of.deal.zone) + 1
    content = {"officer": cmd.officer, "filing": of.filing, "period": cmd.period, "second": cmd.second}
    act = Act(office, ANNOUNCE, cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, of.filing)
        known = session.get(PeriodDate, (of.filing, cmd.period))
    number, refusals = record_dates.announcing(office, filing, second)
    subject = f"{of.where}, period {cmd.period}"
    if known is not None:
        found = instant(known.second)
        refusals = [refuse("R-93", "record-date-announced", found=found, needed="one for a period", where=subject)]
    if refusals:
        stated = content | {"number": number, "second": second}
        raise act.refuse(cmd.officer, "agent", kind=ANNOUNCE, subject=subject, facts=stated, refusals=refusals)
    registry = office.contracts.registry
    with act.writing(cmd.officer, "agent") as desk:
        desk.send(ANNOUNCE, registry.address, registry.encode("announceRecordDate", of.number, second))
        desk.audit(subject, {"record_date": number, "second": second})
        desk.result = {
            "filing": of.filing,
            "period": cmd.period,
            "number": number,
            "second": second,
            "at": instant(second),
            "as_planned": not cmd.second,
        }
    return act.finish()


def _announced(office: Office, session: Session, closing: Closing) -> None:
    told_ = closing.result
    session.add(
        PeriodDate(
            filing=told_["filing"],
            period=told_["period"],
            number=told_["number"],
            second=told_["second"],
            request=closing.request,
            officer=closing.maker,
            at=closing.at,
        )
    )


# ---- the payments


@dataclass(frozen=True, slots=True)
class _Period:
    """A period that is to be paid. closed: periods closed; due: of each class what nobody opened yet; opened: those
    whose payment was opened before."""

    of: Serviced
    number: int
    asset: Address
    date: PeriodDate | None
    closed: int
    due: tuple[int, ...]
    opened: frozenset[int]


@dataclass(frozen=True, slots=True)
class Payout:
    """One class of a closed period that is to be paid. tranche: its number on chain; supply: at the record date."""

    tranche: int
    name: str
    token: Address
    payable: int
    supply: int
    judged: tuple[Judged, ...]


@once
def pay(office: Office, cmd: PayPeriod) -> Result:
    """Open a closed period's payments and bring their money (R-65, R-74, R-93, R-94, R-99). PAYER.

    One transaction allows the servicing contract to take the money of all; one for each class then opens its payment.
    Raises Refused with every reason, NotFound, UsageError.
    """
    of = serviced.of(office, cmd.filing)
    content = {
        "officer": cmd.officer,
        "filing": of.filing,
        "period": cmd.period,
        "asset": cmd.asset,
        "classes": list(cmd.classes),
    }
    act = Act(office, PAY, cmd.request, content)
    if act.earlier:
        return act.again()
    asset = assets.asset_of(office, cmd.asset)
    with office.store.read() as session:
        payer = Address(officers.require(session, cmd.officer, "payer").address)
        period = _period(office, session, of, cmd.period, asset)
    date = period.date
    going = [_payout(office, period, n) for n in _wanted(period, cmd.classes)]
    judged = [one for payout in going for one in payout.judged]
    judged += _accounts(office, asset, payer, sum(payout.payable for payout in going))
    missing = calendar.report_missing(office, of.filing, cmd.period)
    subject = f"{of.where}, period {cmd.period}"
    stated = {
        **{key: value for key, value in content.items() if key != "officer"},
        "payer": payer,
        "record_date": date.number if date else 0,
        "payable": {payout.name: str(payout.payable) for payout in going},
    }
    if missing or date is None or any(one.refusals for one in judged):
        raise act.refuse(cmd.officer, "payer", kind=PAY, subject=subject, facts=stated, refusals=missing, judged=judged)
    with act.writing(cmd.officer, "payer") as desk:
        decision = decisions.record(
            desk.session, kind=PAY, facts=stated, judged=judged, rulebook=office.rulebook, at=desk.at
        )
        opened = _open(office, desk, of, cmd.period, going, (asset, date.number, decision.id))
        desk.audit(subject, {"decision": decision.hash, "payments": [one["id"] for one in opened]})
        desk.result = {
            "filing": of.filing,
            "period": cmd.period,
            "record_date": date.number,
            "asset": asset,
            "total": str(sum(payout.payable for payout in going)),
            "payments": opened,
        }
    return act.finish()


def _period(office: Office, session: Session, of: Serviced, number: int, asset: Address) -> _Period:
    close = session.get(Close, (of.filing, number))
    query = select(PeriodPayment.tranche, Payment).join(Payment, Payment.number == PeriodPayment.payment)
    rows = session.execute(query.where(PeriodPayment.filing == of.filing, PeriodPayment.period == number))
    opened = frozenset(tranche for tranche, payment in rows if _is_open(office, session, payment))
    payable = close.payable if close else [0] * len(of.tokens)
    return _Period(
        of=of,
        number=number,
        asset=asset,
        date=session.get(PeriodDate, (of.filing, number)),
        closed=period_tables.closed(session, of.filing),
        due=tuple(0 if n in opened else amount for n, amount in enumerate(payable)),
        opened=opened,
    )


def _is_open(office: Office, session: Session, payment: Payment) -> bool:
    """Whether a payment is declared, or still on its way to be."""
    rejected = any(intent.state == "rejected" for intent in outbox.of_request(session, payment.request))
    return not rejected or ledger.progress(office, payment).is_declared


def _wanted(period: _Period, classes: Sequence[str]) -> list[int]:
    """Numbers of the classes that are to be paid: those named, or all that have money to get, or all where none has."""
    of, every = period.of, list(range(len(period.of.tokens)))
    if not classes:
        return [n for n in every if period.due[n]] or every
    known = {name: n for n in every for name in (of.tokens[n].symbol, of.names[n])}
    strange = [name for name in classes if name not in known]
    if strange:
        raise UsageError("no such class", found=", ".join(strange), needed=", ".join(known), where="--class")
    return sorted({known[name] for name in classes})


def _payout(office: Office, period: _Period, tranche: int) -> Payout:
    of, asset, date = period.of, period.asset, period.date
    token, amount, settles = of.tokens[tranche], period.due[tranche], of.deal.paid_in
    listed = assets.listed(office, asset)
    facts = PayoutFacts(
        filing=of.filing,
        period=period.number,
        closed=period.closed,
        name=of.names[tranche],
        payable=amount,
        opened=tranche in period.opened,
        currency=_currency(settles.currency, settles.decimals),
        asset_currency=_currency(listed.currency, told(money(office, asset), "decimals")) if listed.kind else "",
        second=date.second if date else 0,
        earliest=last_second_of(of.payment(period.number).collection_to, of.deal.zone) + 1,
    )
    declared = payments.payment_facts(office, token, date.number if date else 0, amount, asset)
    judged = decisions.judge("period-payment", period_gates.PAYOUT, facts)
    return Payout(
        tranche=tranche,
        name=facts.name,
        token=token.address,
        payable=amount,
        supply=declared.supply,
        judged=(judged, decisions.judge("payment", gates.DECLARE, declared)),
    )


def _currency(letters: str, decimals: object) -> str:
    """A currency with the decimals in which it is counted: an amount means nothing without them."""
    return f"{letters}, {decimals} decimals"


def _accounts(office: Office, asset: Address, payer: Address, total: int) -> list[Judged]:
    """The accounts that the money goes through."""
    if not assets.listed(office, asset).kind:
        return []
    parts = (office.contracts.servicing.address, office.contracts.distribution.address)
    every = [account_facts(office, asset, payer, total), *(account_facts(office, asset, part) for part in parts)]
    return [decisions.judge("money-account", ACCOUNT_GATES, one) for one in every]


def _open(
    office: Office, desk: Desk, of: Serviced, period: int, going: Sequence[Payout], how: tuple[Address, int, str]
) -> list[dict[str, Any]]:
    """Rows and transactions of the payments. how: asset, record date and decision."""
    asset, record_date, decision = how
    servicing, total = office.contracts.servicing, sum(payout.payable for payout in going)
    # A standard's signature has no room for the operation id: it follows the arguments.
    allow = money(office, asset).encode("approve", servicing.address, total) + to_bytes(desk.operation(0))
    allowed = desk.send("payment allow", asset, allow, after=_under_way(desk))
    opened: list[dict[str, Any]] = []
    for payout in going:
        payment = Payment(
            number=0,
            request=desk.act.request,
            token=payout.token,
            record_date=record_date,
            needs_evidence=not office.rulebook.setting("R-56", "pay_expired_evidence"),
            asset=asset,
            funded=payout.payable,
            supply=payout.supply,
            ref=payment_ref(servicing.address, of.number, period, payout.tranche),
            decision=decision,
            officer=desk.actor,
            at=desk.at,
        )
        number = _kept(desk, payment, of, period, payout.tranche)
        data = servicing.encode("pay", of.number, period, payout.tranche, payment.terms())
        desk.send(PAY, servicing.address, data, after=[allowed.id])
        opened.append(
            {
                "class": payout.name,
                "payment": number,
                "id": payment.id,
                "funded": str(payout.payable),
                "supply": str(payout.supply),
            }
        )
    return opened


def _kept(desk: Desk, payment: Payment, of: Serviced, period: int, tranche: int) -> int:
    """The number of the payment's row; one that was asked for before in vain, in the same terms, is there already."""
    payment.id = payments.id_of(desk.office, payment)
    known = desk.session.scalar(select(Payment.number).where(Payment.id == payment.id))
    if known is not None:
        return known
    payment.number = (desk.session.scalar(select(func.max(Payment.number))) or 0) + 1
    desk.session.add(payment)
    desk.session.flush()
    desk.session.add(PeriodPayment(payment=payment.number, filing=of.filing, period=period, tranche=tranche))
    desk.session.flush()
    return payment.number


def _under_way(desk: Desk) -> list[str]:
    """The payer's openings that are neither final nor rejected: an allowance stands for one act."""
    signer = desk.officer.address if desk.officer else ""
    query = select(Intent.id).where(
        Intent.kind == PAY, Intent.signer == signer, Intent.state.not_in(("final", "rejected"))
    )
    return list(desk.session.scalars(query.order_by(Intent.seq)))


HANDLERS = {ANNOUNCE: Handler(done=_announced)}
