"""The figures behind the reports: a closed period whole, and what one investor holds and was paid at any day.

Everything follows from what stands: the submission that was closed is run again, positions are read from the journal
of transfers, payments from the distribution's events. Tax: what the waterfall paid in taxes before the classes,
apportioned by interest and residual; a holder's gross is his net with his part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.cash.accounts import money, told
from abst.cash.assets import listed
from abst.chain.contracts import Contract, Event
from abst.chain.office import Office
from abst.chain.reader import events
from abst.chain.words import Holding
from abst.deal.running import Outcome
from abst.deal.schedule import PaymentDate
from abst.deal.waterfall.closing import numbers_hash
from abst.deal.waterfall.program import program_hash
from abst.disclosure.events import Distribution, Exposure, Figures
from abst.errors import NotFound, UsageError
from abst.holders import facts as chain_facts
from abst.holders.desk import advance, positions
from abst.holders.facts import Token
from abst.investor.tables import Investor, Wallet
from abst.servicing import elections, gates, ledger, periods, report_tables, restating, serviced, shares
from abst.servicing.ledger import PAID
from abst.servicing.period_tables import Close, PeriodDate, PeriodPayment, TriggerRow
from abst.servicing.record_dates import announced, block_before
from abst.servicing.report.model import Report
from abst.servicing.serviced import Serviced
from abst.servicing.tables import Payment
from abst.values import Address, Hash, instant

UNIT = 10**12  # of factors
TAX_WORDS = "taxes paid by the waterfall before the classes, apportioned by interest and residual"


# ---- one period


@dataclass(frozen=True, slots=True)
class Point:
    """One payment in the course of a deal. balances: by class; collected: cash of the pool; losses: in all so far, less
    recoveries; arrears: balances 30, 60 and 90 days late."""

    period: int
    dates: PaymentDate
    pool: int
    balances: dict[str, int]
    principal: int
    interest: int
    recoveries: int
    other: int
    losses: int
    arrears: tuple[int, int, int]
    mode: str

    @property
    def collected(self) -> int:
        return self.principal + self.interest + self.recoveries + self.other


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """A closed period. report: as the servicer gave it; course: all periods up to it; payments: number by class;
    restated: what corrections of earlier periods added; corrections: of this period's report, made later."""

    of: Serviced
    period: int
    dates: PaymentDate
    record_date: int
    record_second: int
    late: bool
    report: Report
    report_file: str
    outcome: Outcome
    figures: dict[str, int]
    triggers: tuple[TriggerRow, ...]
    course: tuple[Point, ...]
    payments: dict[str, int]
    restated: dict[str, int]
    corrections: tuple[dict[str, Any], ...]
    elections: tuple[dict[str, Any], ...]
    servicer: str
    trustee: str
    closed_at: int
    proofs: dict[str, str]

    @property
    def factors(self) -> dict[str, int]:
        """Of each class: what is outstanding of a unit of face after the payment, 12 decimals, rounded down."""
        return {
            one.tranche: self.outcome.classes[one.tranche].closing * UNIT // one.face if one.face else 0
            for one in self.of.deal.tranches
        }


def distribution(office: Office, filing_id: str, period: int) -> PeriodFigures:
    """Everything that a distribution report tells of a closed period (R-74). Raises NotFound, UsageError."""
    of = serviced.of(office, filing_id)
    dates = of.payment(period)
    with office.store.read() as session:
        close, row = periods.submission_of(session, of, period)
        report = _report(session, of, period, row.report)
        course = tuple(_course(session, of, period))
        date = session.get(PeriodDate, (of.filing, period))
        log = select(TriggerRow).where(TriggerRow.filing == of.filing, TriggerRow.period == period)
        paid = select(PeriodPayment).where(PeriodPayment.filing == of.filing, PeriodPayment.period == period)
        return PeriodFigures(
            of=of,
            period=period,
            dates=dates,
            record_date=date.number if date else 0,
            record_second=date.second if date else 0,
            late=row.late,
            report=Report.of_content(report.content),
            report_file=report.file_name,
            outcome=periods.replay(of, row),
            figures=dict(zip(of.deal.compiled.inputs, row.inputs, strict=True)),
            triggers=tuple(session.scalars(log.order_by(TriggerRow.trigger))),
            course=course,
            payments={of.names[one.tranche]: one.payment for one in session.scalars(paid)},
            restated=dict(row.restated),
            corrections=tuple(restating.rows(session, of.filing, period)),
            elections=tuple(one for one in elections.rows(session, of.filing) if one["period"] == period),
            servicer=row.officer,
            trustee=close.officer,
            closed_at=close.at,
            proofs={
                "program": program_hash(of.program),
                "report": row.report,
                "inputs": row.inputs_hash,
                "result": row.result,
                "state": numbers_hash(close.following),
            },
        )


def _report(session: Session, of: Serviced, period: int, digest: str) -> report_tables.ServicingReport:
    """The version of a period's report that was closed. Raises NotFound."""
    for row in report_tables.versions(session, of.filing, period):
        if row.digest == digest:
            return row
    raise NotFound("the report of this period is not here", found=digest, needed="a stored report", where=of.where)


def _course(session: Session, of: Serviced, until: int) -> Iterator[Point]:
    """Each closed period from the first one, as it was closed."""
    losses = 0
    for row in session.scalars(periods.closed_rows(of.filing, until)):
        outcome = periods.replay(of, row)
        said = dict(zip(of.deal.compiled.inputs, row.inputs, strict=True))
        losses += said["defaults"] - said["recoveries"]
        yield Point(
            period=row.period,
            dates=of.payment(row.period),
            pool=said["pool_closing"],
            balances={name: one.closing for name, one in outcome.classes.items()},
            principal=said["principal"],
            interest=said["interest"],
            recoveries=said["recoveries"],
            other=said["other"],
            losses=losses,
            arrears=(said["delinquent_30"], said["delinquent_60"], said["delinquent_90"]),
            mode=outcome.mode,
        )


def material(found: PeriodFigures, *, forecast: int = 0, expected: int = 0) -> Figures:
    """The period as the calendar looks for material events in it (R-77, R-78).

    What is due of a class is its interest, and its principal where it has matured. forecast, expected: pool cash of all
    later periods, as projected now and as first projected.
    """
    outcome, deal = found.outcome, found.of.deal
    return Figures(
        filing=found.of.filing,
        period=found.period,
        distributions=tuple(
            Distribution(
                one.tranche,
                due=told_.due + (told_.opening if _is_final(found, one.tranche) else 0),
                paid=told_.interest + (told_.principal if _is_final(found, one.tranche) else 0),
            )
            for one in deal.tranches
            for told_ in (outcome.classes[one.tranche],)
        ),
        principal=sum(one.opening for one in outcome.classes.values()),
        losses=found.course[-1].losses,
        pool=found.course[-1].pool,
        exposures=tuple(Exposure(one.kind, one.id, one.balance) for one in found.report.exposures),
        forecast=forecast,
        expected=expected,
    )


def _is_final(found: PeriodFigures, name: str) -> bool:
    deal = found.of.deal
    return found.dates.date >= (deal.tranche(name).final_maturity or deal.dates.legal_maturity)


# ---- one investor


@dataclass(frozen=True, slots=True)
class HoldingFigures:
    """What an investor holds of a token, all his wallets together. factor: 12 decimals; outstanding: his part of what
    is owed, rounded down in each wallet; locked, frozen: of what he holds now, 0 for a day that is past."""

    token: Token
    units: int
    factor: int
    outstanding: int
    locked: int
    frozen: int


@dataclass(frozen=True, slots=True)
class PaidFigures:
    """One payment to an investor's wallet. period: 0 where the payment is of no period; record: second of the record
    date; paid_at: 0 while it was not paid; tax: his part of the taxes that were paid before; net: his share.

    state: paid, elsewhere, waiting (and why), or payable.
    """

    payment: int
    filing: str
    period: int
    token: Token
    wallet: str
    record: int
    paid_at: int
    asset: str
    currency: str
    decimals: int
    net: int
    tax: int
    state: str
    why: str = ""

    @property
    def gross(self) -> int:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class FactorPoint:
    """Factors after a payment date, 12 decimals, by token symbol."""

    period: int
    day: str
    factors: dict[str, int]


@dataclass(frozen=True, slots=True)
class InvestorStatement:
    """One investor's account. at: the second that it speaks of."""

    investor: str
    at: int
    wallets: tuple[str, ...]
    holdings: tuple[HoldingFigures, ...]
    payments: tuple[PaidFigures, ...]
    factors: tuple[FactorPoint, ...]
    tax_words: str = TAX_WORDS


def statement(office: Office, investor: str, at: int = 0) -> InvestorStatement:
    """What an investor holds and was paid, at a second; 0 for now. Raises NotFound; UsageError for one to come."""
    now = office.now()
    if at > now:
        raise UsageError("no statement of a day to come", found=instant(at), needed=f"until {instant(now)}", where="at")
    with office.store.read() as session:
        row = session.get(Investor, investor)
        if row is None:
            raise NotFound("no such investor", found=investor, needed="abst investor list", where="investor")
        query = select(Wallet.address).where(Wallet.investor == row.id).order_by(Wallet.address)
        wallets = tuple(Address(address) for address in session.scalars(query))
    tokens = chain_facts.tokens(office)
    block = office.chain.head().number if not at else block_before(office, at + 1)
    holdings = _holdings(office, tokens, wallets, block, is_now=not at)
    paid = _payments(office, wallets, at or now, block)
    return InvestorStatement(investor, at or now, wallets, holdings, paid, _factors(office, tokens, at or now))


def _holdings(
    office: Office, tokens: Sequence[Token], wallets: Sequence[Address], block: int, *, is_now: bool
) -> tuple[HoldingFigures, ...]:
    advance(office)
    made: list[HoldingFigures] = []
    for token in tokens:
        with office.store.read() as session:
            held = positions(session, token.address, None if is_now else block)
        own = {wallet: held[wallet] for wallet in wallets if held.get(wallet)}
        if not own:
            continue
        contract, supply = office.contracts.token(token.address), sum(held.values())
        owed = _outstanding(office, contract, block, supply)
        words = [Holding.unpack(contract.read("holdingOf", wallet)) for wallet in own] if is_now else []
        locked = [word.balance for word in words if word.locked_until > office.now()]
        made.append(
            HoldingFigures(
                token=token,
                units=sum(own.values()),
                factor=owed * UNIT // supply,
                outstanding=sum(shares.share(balance, owed, supply) for balance in own.values()),
                locked=sum(locked),
                frozen=sum(min(word.frozen, word.balance) for word in words),
            )
        )
    return tuple(made)


def _outstanding(office: Office, contract: Contract, block: int, supply: int) -> int:
    """What was outstanding of a token at a block: by its last record until then; before the first, its supply."""
    found = events(office.chain, [contract], office.deployment.block, block, [contract.codec.topic("Amortised")])
    return int(found[-1].args["outstanding"]) if found else supply


def _factors(office: Office, tokens: Sequence[Token], at: int) -> tuple[FactorPoint, ...]:
    """Factors of the tokens after each payment date until a second, by the periods closed here."""
    made: list[FactorPoint] = []
    with office.store.read() as session:
        closes = session.scalars(select(Close).where(Close.at <= at).order_by(Close.filing, Close.period)).all()
    for close in closes:
        of = serviced.of(office, close.filing)
        balances = dict(zip(of.deal.compiled.state, close.following, strict=True))
        factors = {
            token.symbol: balances[f"{name}.balance"] * UNIT // token.terms.cap
            for token, name in zip(of.tokens, of.names, strict=True)
            if token in tokens
        }
        made.append(FactorPoint(close.period, of.payment(close.period).date.isoformat(), factors))
    return tuple(made)


def _payments(office: Office, wallets: Sequence[Address], at: int, block: int) -> tuple[PaidFigures, ...]:
    with office.store.read() as session:
        query = (
            select(Payment, PeriodPayment)
            .outerjoin(PeriodPayment, PeriodPayment.payment == Payment.number)
            .where(Payment.at <= at)
            .order_by(Payment.number)
        )
        every = [(payment, period) for payment, period in session.execute(query)]
    paid, seconds = _paid(office, wallets, block), announced(office)
    taxes: dict[tuple[str, int], dict[str, int]] = {}
    made: list[PaidFigures] = []
    for payment, period in every:
        for wallet in wallets:
            token = office.contracts.token(Address(payment.token))
            held = token.read("balanceOfAt", wallet, payment.record_date)
            if held:
                record = seconds[chain_facts.token(office, payment.token).number, payment.record_date]
                event = paid.get((payment.id, wallet))
                made.append(_one(office, (payment, period), wallet, (held, record, event), taxes))
    return tuple(made)


def _paid(office: Office, wallets: Sequence[Address], block: int) -> dict[tuple[str, Address], Event]:
    """Payment and wallet -> how it was paid, until a block."""
    contract = office.contracts.distribution
    topics: list[Any] = [
        [contract.codec.topic(name) for name in PAID],
        None,
        [Hash("0x" + wallet[2:].lower().rjust(64, "0")) for wallet in wallets],
    ]
    found = events(office.chain, [contract], office.deployment.block, block, topics) if wallets else []
    return {(str(event.args["id"]), event.args["holder"]): event for event in found}


def _one(
    office: Office,
    which: tuple[Payment, PeriodPayment | None],
    wallet: Address,
    what: tuple[int, int, Event | None],
    taxes: dict[tuple[str, int], dict[str, int]],
) -> PaidFigures:
    """One payment to one wallet. what: held at the record date, its second, and the event by which it was paid."""
    (payment, period), (held, record, event) = which, what
    token = chain_facts.token(office, payment.token)
    asset = Address(payment.asset)
    net = int(event.args["amount"]) if event else _share(office, payment, held)
    state, why = _state(office, payment, wallet, event)
    if event is not None:
        seen = office.chain.block(event.block_number)
    return PaidFigures(
        payment=payment.number,
        filing=period.filing if period else token.filing,
        period=period.period if period else 0,
        token=token,
        wallet=wallet,
        record=record,
        paid_at=seen.timestamp if event is not None and seen else 0,
        asset=asset,
        currency=listed(office, asset).currency,
        decimals=int(told(money(office, asset), "decimals") or 0),
        net=net,
        tax=shares.share(held, _tax(office, period, taxes), payment.supply) if period else 0,
        state=state,
        why=why,
    )


def _share(office: Office, payment: Payment, held: int) -> int:
    """What a holder of the record date is due, dust that the payment took over included."""
    return shares.share(held, payment.funded + ledger.progress(office, payment).carried, payment.supply)


def _state(office: Office, payment: Payment, wallet: Address, event: Event | None) -> tuple[str, str]:
    if event is not None:
        return ("paid" if event.name == "Paid" else "elsewhere"), ""
    payee = ledger.payees_of(office, [wallet])[wallet]
    no = gates.why_waits(payee, wallet, payment.needs_evidence, office.now())
    return ("waiting", no.reason) if no else ("payable", "")


def _tax(office: Office, period: PeriodPayment, known: dict[tuple[str, int], dict[str, int]]) -> int:
    """A class's part of the taxes that were paid before it in a period, in the settlement currency."""
    key = (period.filing, period.period)
    of = serviced.of(office, period.filing)
    if key not in known:
        with office.store.read() as session:
            _, row = periods.submission_of(session, of, period.period)
        known[key] = taxes_of(of, periods.replay(of, row))
    return known[key][of.names[period.tranche]]


def taxes_of(of: Serviced, outcome: Outcome) -> dict[str, int]:
    """Each class's part of the taxes of a period, converted as its payment was; rounded down."""
    total = sum(outcome.fees[name].paid for name in of.deal.taxes)
    income = {name: one.interest + one.residual for name, one in outcome.classes.items()}
    base = sum(income.values())
    found: dict[str, int] = {}
    for name, one in outcome.classes.items():
        own = total * income[name] // base if base else 0
        found[name] = own * one.payable // one.paid if one.paid else 0
    return found
