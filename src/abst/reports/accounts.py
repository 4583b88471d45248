"""An investor's account as it is drawn: what the servicing room knows of it, in words of both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime

from abst.chain.office import Office
from abst.investor import records
from abst.reports.drawn.figures import (
    UNIT,
    Currency,
    FactorFigures,
    HoldingFigures,
    Named,
    PaidFigures,
    Statement,
)
from abst.rulebook import chinese
from abst.servicing import serviced, statements
from abst.servicing.statements import InvestorStatement
from abst.values import day_of, last_second_of


def statement(office: Office, investor: str, at: date | None = None) -> Statement:
    """The account at the end of a day, or as it is now. Raises NotFound; UsageError for a day to come.

    The investor stands by id and masked name, as everywhere; the file is his to keep.
    """
    now = office.now()
    second = 0 if at is None or at == day_of(now, office.zone) else last_second_of(at, office.zone)
    found = statements.statement(office, investor, second)
    with office.store.read() as session:
        name = records.get(session, investor).shown
    day = day_of(found.at, office.zone)
    return Statement(
        investor=investor,
        name=name,
        at=day,
        made=datetime.fromtimestamp(found.at, UTC),
        registry=office.registry_id[:18] + "…",
        wallets=found.wallets,
        holdings=tuple(_holding(one) for one in found.holdings),
        payments=tuple(_paid(one, office.zone) for one in found.payments),
        factors=_factors(office, found),
    )


def _holding(one: statements.HoldingFigures) -> HoldingFigures:
    terms = one.token.terms
    return HoldingFigures(
        token=one.token.symbol,
        name=terms.name,
        currency=Currency(terms.currency, terms.decimals),
        units=one.units,
        factor=one.factor,
        outstanding=one.outstanding,
        locked=one.locked,
        frozen=one.frozen,
    )


def _paid(one: statements.PaidFigures, zone: str) -> PaidFigures:
    return PaidFigures(
        token=one.token.symbol,
        record=day_of(one.record, zone),
        paid=day_of(one.paid_at, zone) if one.paid_at else None,
        number=one.payment,
        asset=Currency(one.currency or one.asset, one.decimals),
        gross=one.gross,
        tax=one.tax,
        state=one.state,
        why=_why(one.why) if one.why else None,
    )


def _why(reason: str) -> Named:
    known = chinese.load().reasons.get(reason)
    return Named(reason.replace("-", " "), known.wrong if known else "")


def _factors(office: Office, found: InvestorStatement) -> tuple[FactorFigures, ...]:
    """Factors of the tokens held at each payment date, and what is outstanding of the units held at the end.

    Tokens of several deals are paid on their own days: between them a factor stands as it was.
    """
    held = found.holdings
    last = {one.token.symbol: UNIT for one in held}
    closed = {symbol for point in found.factors for symbol in point.factors}
    filings = {one.token.filing for one in held if one.token.symbol in closed}
    if not filings:
        return ()
    start = min(serviced.of(office, filing).deal.dates.closing for filing in filings)
    days: dict[date, dict[str, int]] = {start: dict(last)}
    for point in sorted(found.factors, key=lambda point: point.day):
        last |= {symbol: factor for symbol, factor in point.factors.items() if symbol in last}
        days[date.fromisoformat(point.day)] = dict(last)
    return tuple(
        FactorFigures(
            day=day,
            factors=tuple(factors[one.token.symbol] for one in held),
            outstanding=tuple(one.units * factors[one.token.symbol] // UNIT for one in held),
        )
        for day, factors in days.items()
    )
