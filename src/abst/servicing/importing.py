"""The desk of servicers' reports: a report is read, judged and kept, or refused whole with everything wrong in it.

Of a report its figures are kept, of a loan tape its hash and totals; no row of a loan comes into store, log or chain
(R-82). An accepted report is never changed: for a period not closed yet, a corrected one names the version whose place
it takes and is a new one; the report of a closed period is restated by two officers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.deal import Deal
from abst.decisions import Judged
from abst.errors import Conflict, NotFound, Refusal, UsageError
from abst.filing import records
from abst.servicing import period_tables
from abst.servicing.expecting import Standing, expected, period_of
from abst.servicing.report import file, gates, mapping, reading, tape
from abst.servicing.report.mapping import Mapping
from abst.servicing.report.model import Expected, Facts, Report, Tape, inputs_of, openings
from abst.servicing.report_tables import ServicingReport, latest, next_number, reports, versions
from abst.servicing.serviced import deal_of
from abst.values import day_of

IMPORT = "servicing import"
KIND = "servicer-report"
ROLE = "reporter"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """A servicer's report for the next period. tape: the loan tape it was made from; map_name: a shipped mapping of it,
    or map_file: another one."""

    officer: str
    request: str
    filing: str
    report: Evidence
    tape: Evidence | None = None
    map_name: str = ""
    map_file: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A report that was examined. problems: what could not be read, of report, mapping or tape; judged: what the gates
    say of a report that could be read."""

    filing: str
    document: Evidence
    expected: Expected
    inputs: tuple[str, ...]
    report: Report | None
    tape: Tape | None
    problems: tuple[Refusal, ...]
    judged: Judged | None

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Everything against accepting it."""
        return (*self.problems, *(self.judged.refusals if self.judged else ()))

    @property
    def subject(self) -> str:
        return f"filing {self.filing}, period {self.expected.period}"


# ---- examining


def examine(
    office: Office,
    session: Session,
    filing_id: str,
    document: Evidence,
    tape_file: Evidence | None = None,
    mapped: Callable[[], tuple[Mapping | None, Sequence[Refusal]]] | None = None,
    *,
    restating: int = 0,
) -> Seen:
    """Read and judge a report; nothing is written. mapped: gives the tape's mapping; restating: a closed period.

    Raises UsageError when a file is none of fields, or a tape came without a mapping; NotFound.
    """
    filing, _, deal = deal_of(office, session, filing_id)
    raw = file.parse(document.content, reading.ROW)
    standing = standing_of(office, session, filing, deal)
    if restating and not 1 <= restating < standing.following:
        needed = f"1 to {standing.following - 1}"
        raise NotFound("no report stands for this period", found=str(restating), needed=needed, where="period")
    period = restating or period_of(standing, deal, *reading.numbers_of(raw))
    wanted = expected(standing, deal, period, restating=bool(restating))
    report, problems = reading.read(raw, wanted)
    totals: Tape | None = None
    if tape_file is not None:
        totals, more = _tape(tape_file, mapped, wanted)
        problems += more
    judged = None
    if report is not None:
        facts = Facts(wanted, report, tape_file.hash if tape_file else "", totals)
        judged = decisions.judge(KIND, gates.GATES, facts)
    names = tuple(deal.compiled.inputs)
    return Seen(filing, document, wanted, names, report, totals, tuple(problems), judged)


def _tape(
    given: Evidence, mapped: Callable[[], tuple[Mapping | None, Sequence[Refusal]]] | None, wanted: Expected
) -> tuple[Tape | None, list[Refusal]]:
    if mapped is None:
        needed = "a mapping: " + ", ".join(mapping.shipped())
        raise UsageError("a tape without a mapping", found="none", needed=needed, where="--map")
    found, problems = mapped()
    return (None, list(problems)) if found is None else tape.read(given.content, found, wanted)


def mapped_by(
    map_name: str, map_file: Evidence | None
) -> Callable[[], tuple[Mapping | None, Sequence[Refusal]]] | None:
    """How to come by a mapping: a shipped one by name, or a file's. Raises UsageError for both."""
    if map_name and map_file is not None:
        raise UsageError("two mappings", found=f"{map_name} and {map_file.name}", needed="one", where="--map")
    if map_file is not None:
        content = map_file.content
        return lambda: mapping.read(content)
    return (lambda: (mapping.get(map_name), ())) if map_name else None


def standing_of(office: Office, session: Session, filing_id: str, deal: Deal) -> Standing:
    """Where the reports of a filing stand, on the day that it is in the deal's zone."""
    today = day_of(office.now(), deal.zone)
    return Standing(reports(session, filing_id), period_tables.closed(session, filing_id), today)


# ---- importing


@once
def import_report(office: Office, cmd: ImportReport) -> Result:
    """Accept a servicer's report for the next period, or a corrected one for a period not closed yet (R-83, R-94).
    REPORTER.

    Raises Refused with everything wrong in report and tape, each with row, field, found and needed: then nothing of
    them is kept. Raises UsageError for a file that is none, NotFound, NotAuthorised.
    """
    mapped = mapped_by(cmd.map_name, cmd.map_file)
    content: dict[str, Any] = {"officer": cmd.officer, "filing": cmd.filing, "report": cmd.report.as_dict()}
    content |= {
        "tape": cmd.tape.hash if cmd.tape else None,
        "map": cmd.map_file.hash if cmd.map_file else cmd.map_name,
    }
    act = Act(office, IMPORT, cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        seen = examine(office, session, cmd.filing, cmd.report, cmd.tape, mapped)
    if seen.refusals:
        judged = [seen.judged] if seen.judged else []
        raise act.refuse(
            cmd.officer, ROLE, kind=IMPORT, subject=seen.subject, facts=content, refusals=seen.problems, judged=judged
        )
    fields = fields_of(seen)
    with act.writing(cmd.officer, ROLE) as desk:
        decision = decisions.record(
            desk.session,
            kind=IMPORT,
            facts=content,
            judged=[seen.judged] if seen.judged else [],
            rulebook=office.rulebook,
            at=desk.at,
        )
        row = keep_fields(
            desk.session, fields, request=cmd.request, officer=desk.actor, decision=decision.id, at=desk.at
        )
        told_of = {"report": row.digest, "document": row.document_hash, "late": row.late}
        desk.audit(seen.subject, {"decision": decision.hash, **told_of})
        desk.result = told(row)
    return act.finish()


def fields_of(seen: Seen) -> dict[str, Any]:
    """The row of an examined report as plain data, without who accepted it and when. Raises TypeError if unreadable."""
    report, wanted = seen.report, seen.expected
    if report is None or seen.refusals:
        raise TypeError("only a report without refusals is kept")
    *_, closing = openings(report, wanted.opening)
    return {
        "filing": seen.filing,
        "period": wanted.period,
        "version": wanted.versions + 1,
        "file_name": seen.document.name,
        "document_hash": seen.document.hash,
        "content": report.content,
        "digest": report.digest,
        "inputs": inputs_of(report, wanted.opening, seen.inputs),
        "opening": str(wanted.opening),
        "closing": str(closing),
        "reported_closing": str(report.closing),
        "defaults": str(report.defaults),
        "tape_hash": seen.tape.hash if seen.tape else None,
        "tape_map": seen.tape.mapping if seen.tape else None,
        "tape_rows": seen.tape.rows if seen.tape else None,
        "late": wanted.late,
    }


def keep_fields(
    session: Session, fields: dict[str, Any], *, request: str, officer: str, decision: str, at: int
) -> ServicingReport:
    """Write the new version. Raises Conflict when another one was accepted since the report was examined."""
    stands = latest(session, fields["filing"], fields["period"])
    version = (stands.version if stands else 0) + 1
    if version != fields["version"]:
        found, needed = f"version {version - 1} of period {fields['period']}", "the report examined again"
        raise Conflict("another report was accepted meanwhile", found=found, needed=needed, where=fields["filing"])
    amounts = {name: int(fields[name]) for name in ("opening", "closing", "reported_closing", "defaults")}
    row = ServicingReport(
        **fields | amounts, number=next_number(session), request=request, officer=officer, decision=decision, at=at
    )
    session.add(row)
    session.flush()
    return row


# ---- reading


def told(row: ServicingReport) -> dict[str, Any]:
    """A report as people are told of it, in short: amounts as text."""
    report = Report.of_content(row.content)
    return {
        "number": row.number,
        "filing": row.filing,
        "period": row.period,
        "version": row.version,
        "report": row.digest,
        "document": {"name": row.file_name, "sha256": row.document_hash},
        "collection_from": report.collection_from.isoformat(),
        "collection_to": report.collection_to.isoformat(),
        "principal": str(report.principal),
        "interest": str(report.interest),
        "defaults": str(report.defaults),
        "recoveries": str(report.recoveries),
        "opening": str(row.opening),
        "closing": str(row.closing),
        "reported_closing": str(row.reported_closing),
        "loans": report.loans,
        "tape": row.tape_hash,
        "tape_rows": row.tape_rows,
        "late": row.late,
        "officer": row.officer,
        "at": row.at,
    }


def list_reports(office: Office, filing_id: str) -> list[dict[str, Any]]:
    """The report that stands for each period of a filing."""
    with office.store.read() as session:
        return [told(row) for row in reports(session, records.get(session, filing_id).id)]


def show(office: Office, filing_id: str, period: int, version: int = 0) -> dict[str, Any]:
    """One report whole, with the inputs that the waterfall takes of it. version 0: the one that stands. NotFound."""
    with office.store.read() as session:
        filing = records.get(session, filing_id)
        every = versions(session, filing.id, period)
        if not every or version > len(every):
            needed = f"version 1 to {len(every)}" if every else "a period with a report"
            raise NotFound("no such report", found=f"period {period}", needed=needed, where=filing.id)
        row = every[(version or len(every)) - 1]
        inputs = {name: str(value) for name, value in row.inputs.items()}
        told_whole = {"content": row.content, "inputs": inputs, "versions": len(every), "decision": row.decision}
        return {**told(row), **told_whole, "tape_map": row.tape_map}


def expected_next(office: Office, filing_id: str) -> Expected:
    """What the next report must be. Raises NotFound when every period has its report."""
    with office.store.read() as session:
        filing, _, deal = deal_of(office, session, filing_id)
        standing = standing_of(office, session, filing, deal)
    if standing.following > len(deal.payments):
        raise NotFound("every period has its report", found=str(len(deal.payments)), needed="none", where=filing)
    return expected(standing, deal, standing.following)
