"""The distribution report of a closed period, gathered: what was closed is run again, and held against what was filed.

Everything follows from what stands, so a report made years later is the same to the byte, and its hash the published
one (R-74, R-81).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.deal import Deal
from abst.deal.pool import flows
from abst.deal.projection import collected, load_pool, project
from abst.deal.scenario import BASE, Scenario
from abst.deal.schedule import PaymentDate
from abst.deal.waterfall.closing import numbers_hash
from abst.deal.waterfall.machine import Stopped
from abst.deal.waterfall.program import program_hash
from abst.disclosure import documents
from abst.errors import NotFound
from abst.filing import records
from abst.filing.blocks.assets import Flow
from abst.filing.dossier import Dossier
from abst.reports.drawn.figures import Distribution
from abst.reports.period_figures import Closed, Expectation, figures
from abst.servicing import period_tables, periods, report_tables, serviced
from abst.servicing.report.model import Report
from abst.servicing.serviced import Serviced


def distribution(
    office: Office, filing_id: str, period: int = 0, *, pool: bytes | None = None, scenario: Scenario = BASE
) -> Distribution:
    """The report of a closed period; 0 for the last one. Raises NotFound, UsageError.

    Collections are held against the cash flows of the filed dossier, or, with the pool's file, against the deal run on
    it under a scenario: then the report tells by source, and of the payments to come.
    """
    of = serviced.of(office, filing_id)
    with office.store.read() as session:
        last = period or period_tables.closed(session, of.filing)
        if not last:
            raise NotFound("no period is closed", found="none", needed="abst period confirm", where=of.where)
        close, row = periods.submission_of(session, of, last)
        closed = [_closed(office, session, of, number) for number in range(1, last + 1)]
        filed = _filed(office, session, of)
    if pool is None:
        expected = Expectation(totals=filed)
    else:
        expected = projected(of.deal, pool, scenario, closed[-1].outcome.state, last)
    proofs = (
        ("plan", str(office.contracts.registry.read("planHashOf", of.number))),
        ("program", program_hash(of.program)),
        ("report", row.report),
        ("inputs", row.inputs_hash),
        ("result", row.result),
        ("state", numbers_hash(close.following)),
    )
    return figures(of.deal, closed, filing=of.filing, at=close.at, expected=expected, proofs=proofs)


def _closed(office: Office, session: Session, of: Serviced, number: int) -> Closed:
    """A period as it was closed, with the version of its report that was; run once in a process. Raises NotFound."""
    _, row = periods.submission_of(session, of, number)
    known = office.memo.get(("closed", row.request))
    if isinstance(known, Closed):
        return known
    found = [one for one in report_tables.versions(session, of.filing, number) if one.digest == row.report]
    made = Closed(
        dates=of.payment(number),
        outcome=periods.replay(of, row),
        report=Report.of_content(found[-1].content) if found else None,
        late=row.late,
        restated=row.restated,
    )
    office.memo["closed", row.request] = made
    return made


# ---- what was expected


def _filed(office: Office, session: Session, of: Serviced) -> tuple[int, ...]:
    """Cash that the filed dossier foresees, by payment; read once in a process."""
    version = records.current_version(session, records.get(session, of.filing))
    key = ("foreseen", version.dossier_digest)
    if key not in office.memo:
        assets = Dossier.read(version.dossier).assets
        office.memo[key] = in_periods(of.deal.payments, assets.flows) if assets else ()
    found: tuple[int, ...] = office.memo[key]
    return found


def in_periods(payments: Sequence[PaymentDate], filed: Sequence[Flow]) -> tuple[int, ...]:
    """Filed cash flows in the collection periods of the payments."""
    return tuple(
        sum(flow.amount for flow in filed if one.collection_from <= flow.on <= one.collection_to) for one in payments
    )


def projected(deal: Deal, pool: bytes, scenario: Scenario, state: Sequence[int], after: int) -> Expectation:
    """What the pool's file brings under a scenario, and the payments after one of them. Raises UsageError."""
    months = flows(load_pool(deal, pool), scenario)
    pools = collected(deal, months)
    try:
        ahead = project(deal, months, scenario, state).payments if after < len(deal.payments) else ()
    except Stopped:  # the deal as it stands no longer goes on as the scenario has it: it was called
        ahead = ()
    return Expectation(totals=tuple(one.cash for one in pools), by_source=pools, ahead=ahead)


# ---- what was published


def published(office: Office, filing_id: str, document_hash: str) -> list[str]:
    """Names and versions under which a file of this hash was published: ``distribution-9, version 1``."""
    found = documents.library(office, filing_id)
    return [f"{one.name}, version {one.number}" for one in found.versions if one.hash == document_hash]
