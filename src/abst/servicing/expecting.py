"""What the next servicer's report of a filing must be: from the deal, and from the reports accepted before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from abst.deal import Deal
from abst.servicing.report.model import Expected
from abst.servicing.report_tables import ServicingReport

SERVICER = "servicer"  # role of a party of the deal


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the reports of a filing stand. reports: the one that stands for each period, in order; closed: on chain."""

    reports: Sequence[ServicingReport]
    closed: int
    today: date

    @property
    def following(self) -> int:
        """The first period without a report."""
        return len(self.reports) + 1


def period_of(standing: Standing, deal: Deal, asked: int, corrects: int) -> int:
    """Which period a file can be of: one that it corrects, else the next one; after the last, the last."""
    if corrects and 1 <= asked < standing.following:
        return asked
    return min(standing.following, len(deal.payments))


def expected(standing: Standing, deal: Deal, period: int, *, restating: bool = False) -> Expected:
    """What the report of a period must be."""
    dates = deal.payments[period - 1]
    before = standing.reports[: period - 1]
    here = standing.reports[period - 1] if period < standing.following else None
    return Expected(
        deal=deal.id,
        period=period,
        currency=deal.currency,
        decimals=deal.decimals,
        collection_from=dates.collection_from,
        collection_to=dates.collection_to,
        month_count=dates.months,
        determination_date=dates.determination_date,
        today=standing.today,
        servicer=servicer_of(deal),
        opening=before[-1].closing if before else deal.pool.balance,
        stated_opening=before[-1].reported_closing if before else None,
        tolerance=deal.pool.tolerance,
        versions=here.version if here else 0,
        closed=standing.closed,
        restating=restating,
        defaulted=any(row.defaults for row in before),
        inputs={name: own.unit for name, own in deal.inputs.items()},
        indices=tuple(deal.indices),
        calls=tuple(deal.calls),
        settlement=deal.paid_in.currency if deal.converts else "",
    )


def servicer_of(deal: Deal) -> str:
    """The party that reports: the servicer, or the first one of a deal that names none."""
    return next((party.name for party in deal.parties if party.role == SERVICER), deal.parties[0].name)
