"""The comparisons of `abst verify` about servicers' reports: each row is what was judged, and what follows from it.

The decision that accepted a report holds its figures and stands, by its hash, in the log; so a row that was changed
afterwards differs from it, or from what its own figures make. Periods closed on chain name a report that is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.decisions.tables import Decision
from abst.errors import AbstError
from abst.integrity.checks import Check, Difference
from abst.servicing.importing import KIND
from abst.servicing.period_tables import Submission
from abst.servicing.report.model import Report, inputs_of, openings
from abst.servicing.report_tables import ServicingReport
from abst.servicing.serviced import deal_of
from abst.values import digest


def accepted(office: Office) -> list[Difference]:
    """Every accepted report is the one that its decision judged, and its inputs follow from its figures."""
    found: list[Difference] = []
    with office.store.read() as session:
        closings: dict[tuple[str, int], int] = {}
        rows = session.scalars(select(ServicingReport).order_by(ServicingReport.number)).all()
        for number, row in enumerate(rows, 1):
            where = _where(row)
            if row.number != number:
                found.append(Difference(where, str(row.number), str(number), "numbers of reports"))
            try:
                found += _follows(office, session, row, closings)
            except (AbstError, ValidationError, KeyError) as error:
                found.append(Difference(where, str(error), "a report", "content"))
            closings[row.filing, row.period] = row.closing
    return found


def _follows(
    office: Office, session: Session, row: ServicingReport, closings: dict[tuple[str, int], int]
) -> Iterator[Difference]:
    where, report = _where(row), Report.of_content(row.content)
    _, _, deal = deal_of(office, session, row.filing)
    before = closings.get((row.filing, row.period - 1)) if row.period > 1 else deal.pool.balance
    *_, closing = openings(report, row.opening)
    pairs: list[tuple[str, Any, Any]] = [
        ("digest of the content", row.digest, digest(row.content)),
        ("content that was judged", row.digest, _judged(session, row)),
        ("period", row.period, report.period),
        ("version that it takes the place of", row.version - 1, report.corrects),
        ("opening balance", row.opening, before),
        ("closing balance", row.closing, closing),
        ("the servicer's closing balance", row.reported_closing, report.closing),
        ("defaults", row.defaults, report.defaults),
        ("inputs", row.inputs, inputs_of(report, row.opening, deal.compiled.inputs)),
        ("loan tape", row.tape_hash or "", report.tape),
    ]
    for words, found, expected in pairs:
        if found != expected:
            yield Difference(where, str(found), str(expected), words)


def _judged(session: Session, row: ServicingReport) -> str:
    """Digest of the report that the row's decision accepted: as it was judged, or as it was put before two officers."""
    decision = session.get(Decision, row.decision)
    if decision is None:
        return "no decision"
    for one in decision.facts.get("judged", ()):
        if one["kind"] == KIND:
            return digest(one["facts"]["report"])
    return str(decision.facts.get("report", {}).get("digest", "no report"))


def submitted(office: Office) -> list[Difference]:
    """What was submitted for a period stands on a report of that period that was accepted here."""
    with office.store.read() as session:
        known = {(row.filing, row.period, row.digest) for row in session.scalars(select(ServicingReport))}
        rows = [(row.filing, row.period, row.report) for row in session.scalars(select(Submission))]
    return [
        Difference(f"period {period} of {filing}", report, "an accepted report", "the servicer's report")
        for filing, period, report in rows
        if (filing, period, report) not in known
    ]


def _where(row: ServicingReport) -> str:
    return f"report {row.number} ({row.filing}, period {row.period}, version {row.version})"


CHECKS: tuple[Check, ...] = (accepted, submitted)
