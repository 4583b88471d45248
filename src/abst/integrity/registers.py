"""What `abst today` says of filings' clocks, breaks, re-tests, firms, leads, registrations and the money ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.cash import repatriation
from abst.chain.office import Office
from abst.disclosure import clocks, reckoning
from abst.disclosure.calendar import OPEN, SCHEDULED
from abst.disclosure.calendar import OVERDUE as LATE
from abst.filing import eligibility, fx, providers, records
from abst.filing.clock import NOT_COUNTING, OVERDUE
from abst.filing.dossier import Dossier
from abst.filing.gates import NO_END
from abst.filing.states import FINAL, Status
from abst.filing.tables import Lead
from abst.investor import records as records_of_investors
from abst.investor import sessions
from abst.servicing import telling
from abst.values import instant

Row = tuple[str, str, int, str, bool]  # kind, what, when, who, overdue


def rows(office: Office, soon: int) -> list[Row]:
    """Everything that is due by the second `soon`, or waits for somebody."""
    now = office.now()
    found = [*_clocks(office, soon), *_duties(office, soon)]
    with office.store.read() as session:
        found += [*_filings(office, session, now, soon), *_firms(office, session, now, soon)]
        for lead in session.scalars(select(Lead).where(Lead.reported_at.is_(None)).order_by(Lead.id)):
            what = f"lead {lead.id} of illegal conduct is to be reported (R-68)"
            found.append(("lead", what, lead.at, "registrar", False))
    for filing, month, due in repatriation.due(office):
        found.append(("ledger", f"filing {filing}: reconcile {month} (R-100)", due, "payer", due < now))
    return found


def _clocks(office: Office, soon: int) -> Iterator[Row]:
    for one in clocks.clocks(office):
        late = one["state"] == OVERDUE
        running = one["ended"] is None and one["state"] != NOT_COUNTING and one["latest"] is not None
        # Who published late has published: only what is still to be done stands here.
        if one["ended"] is None and (late or (running and one["latest"] <= soon)) and one["state"] != "met":
            words = f"filing {one['filing']}: {one['act']} ({one['rule']})"
            sure = "" if one["earliest"] == one["latest"] else f"; estimated, from {instant(one['earliest'])}"
            yield "clock", words + sure, one["latest"], one["who"], late


def _duties(office: Office, soon: int) -> Iterator[Row]:
    """Duties of the calendar that are not on chain; those that are stand among the obligations."""
    for row, duty in reckoning.every(office):
        late = duty.state == LATE
        if duty.rule in SCHEDULED and not duty.obligation and (late or (duty.state == OPEN and duty.earliest <= soon)):
            what = f"filing {row['filing']}: {duty.name}: `abst duty open {row['filing']}` ({duty.rule})"
            yield "duty", what, duty.latest, duty.who, late
    for filing, period, closed in telling.unseen(office):
        what = f"filing {filing}: look for material events: `abst duty figures {filing} --period {period}` (R-77)"
        yield "events", what, closed, "discloser", False


def _filings(office: Office, session: Session, now: int, soon: int) -> Iterator[Row]:
    filings = records.every(session)
    version = str(office.rulebook.setting("R-22", "list_version"))
    for filing, given in eligibility.to_be_retested(session, filings, version):
        what = f"filing {filing.id}: re-test under list {version}, answered under {given} (R-22)"
        yield "retest", what, now, "maker", True
    for filing in filings:
        for finding in eligibility.open_findings(session, filing.id):
            what = f"filing {filing.id}: {finding.rule} broke, finding {finding.id}; mints stopped (R-13)"
            yield "eligibility", what, finding.at, "maker", True
        if Status(filing.state) in FINAL:
            continue
        dossier = Dossier.read(records.current_version(session, filing).dossier)
        for one in fx.registrations(session, filing, dossier, office.zone):
            if one.good_until != NO_END and one.good_until <= soon:
                what = f"filing {filing.id}: {one.kind} {one.number} ends (R-97)"
                yield "registration", what, one.good_until, "maker", one.good_until < now


def _firms(office: Office, session: Session, now: int, soon: int) -> Iterator[Row]:
    for link in providers.links(office, session):
        if link["report_due"] is not None and link["report_due"] <= soon:
            what = f"provider {link['provider']} reports its service to {link['filing']} (R-67)"
            yield "provider", what, link["report_due"], "registrar", link["report_due"] < now


def investors(office: Office, session: Session) -> Iterator[Row]:
    """Sessions from denied countries that nobody acted on (R-43, R-52), and legal holds that stand (R-82)."""
    for one in sessions.denied(session, office.rulebook):
        what = f"investor {one.investor}: a session from {one.country}: `abst investor block {one.investor}` (R-43)"
        yield "session", what, one.at, "admitter", True
    for hold in records_of_investors.holds(session):
        yield "hold", f"investor {hold.investor}: legal hold {hold.id} stands (R-82)", hold.set_at, "maker", False


def as_rows(found: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as `today` shows them."""
    return [
        {"kind": kind, "what": what, "when": when, "who": who, "overdue": late} for kind, what, when, who, late in found
    ]
