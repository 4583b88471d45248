"""The comparisons of `abst verify` about the calendar: duties on chain, events and their decisions (R-77, R-81)."""

from __future__ import annotations

from sqlalchemy import select

from abst.chain.office import Office
from abst.decisions import Decision
from abst.disclosure import reckoning
from abst.disclosure.tables import MaterialEvent, OpenedDuty
from abst.filing import records
from abst.integrity.checks import Check, Difference
from abst.outbox import Intent


def opened(office: Office) -> list[Difference]:
    """Every duty whose transaction is final stands on chain as its own obligation, of its kind, day and grace."""
    query = select(OpenedDuty, Intent.tx_hash).join(Intent, Intent.operation == OpenedDuty.operation)
    with office.store.read() as session:
        filings = records.every(session)
        kept = session.execute(query.where(Intent.state == "final")).all()
    on_chain = {one.tx_hash: one for filing in filings for one in reckoning.obligations(office, filing)}
    found: list[Difference] = []
    for row, tx_hash in kept:
        one = on_chain.get(tx_hash) if tx_hash else None
        told = None if one is None else (one.filing, one.kind, one.due, one.grace)
        wanted = (row.filing, row.kind, row.due, row.grace)
        if told != wanted:
            found.append(Difference(f"filing {row.filing}, duty {row.name}", str(told), str(wanted), "obligation"))
    return found


def decided(office: Office) -> list[Difference]:
    """Every event of the figures stands in the decision that found it."""
    query = select(MaterialEvent, Decision).outerjoin(Decision, Decision.id == MaterialEvent.decision)
    with office.store.read() as session:
        rows = session.execute(query.where(MaterialEvent.decision.is_not(None))).all()
    found: list[Difference] = []
    for event, decision in rows:
        said = [] if decision is None else [(r["rule"], r["reason"], r["found"]) for r in decision.refusals_stored]
        if (event.rule, event.reason, event.found) not in said:
            where = f"filing {event.filing}, event {event.name}"
            found.append(Difference(where, f"{event.rule} {event.reason}", f"as decided: {said}", "event"))
    return found


CHECKS: tuple[Check, ...] = (opened, decided)
