"""What `abst verify`, `abst today` and `abst inbox` say.

`verify` compares chain, outbox and store in `abst.integrity.checks` and lists every difference; an empty list is the
only good one. It mends nothing; all it writes is the projection of positions, brought up to the chain's head.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import select

from abst import decisions, outbox
from abst.chain.office import Office
from abst.decisions import Proposal
from abst.disclosure.desk import obligations
from abst.filing import records as filings
from abst.filing.states import PENDING, Status
from abst.integrity import (
    anchors,
    corrections,
    duties,
    payments,
    periods,
    recovering,
    registers,
    servicer_reports,
    settings,
    trades,
    trail,
)
from abst.integrity.checks import CHECKS, Difference, standing
from abst.investor import records as investors
from abst.investor.screening import desk as screening
from abst.servicing import period_views
from abst.store import RESTORED, get_meta
from abst.values import instant

SOON = 30 * 86_400  # seconds ahead that `today` looks
MOMENT = 0.5  # seconds between the two looks of `verify`


def verify(office: Office) -> list[Difference]:
    """Every difference between chain, outbox and store. A chain that does not fit is the only one then reported.

    Another process may be in the middle of an act, between chain and store: where something differs is looked at
    again a moment later, and only places that still differ are reported.
    """
    found = _differences(office)
    if not found:
        return found
    time.sleep(MOMENT)
    places = {difference.where for difference in found}
    return [difference for difference in _differences(office) if difference.where in places]


def _differences(office: Office) -> list[Difference]:
    found = standing(office)
    if any(difference.where == "chain" for difference in found):
        return found
    log = (*anchors.CHECKS, *trail.CHECKS)
    money = (*payments.CHECKS, *servicer_reports.CHECKS, *periods.CHECKS, *trades.CHECKS, *duties.CHECKS)
    for check in (*log, *CHECKS, *money, *settings.CHECKS, *corrections.CHECKS):
        found += check(office)
    return recovering.notes(office, found)[0]


def recovered(office: Office) -> list[dict[str, str]]:
    """What stands as it does because the store was restored once: {where, words}; no difference, and not silent."""
    return recovering.notes(office, ())[1]


def today(office: Office) -> list[dict[str, Any]]:
    """What is due, overdue, stuck or expiring, overdue first: {kind, what, when (Unix seconds), who, overdue}."""
    now = office.now()
    rows = [
        _row(
            "disclosure",
            f"filing {o['filing']}: {o['kind']} ({o['obligation']})",
            o["due"] + o["grace"],
            "discloser",
            o["state"] == "overdue",
        )
        for o in obligations(office)
        if o["due"] <= now + SOON
    ]
    rows += [_row(kind, what, when, who, when < now) for kind, what, when, who in period_views.due(office, now + SOON)]
    rows += registers.as_rows(registers.rows(office, now + SOON))
    anchor = anchors.row_of_today(office)
    rows += [anchor] if anchor else []
    with office.store.read() as session:
        if get_meta(session, RESTORED) is not None:
            rows.append(_row("store", "restored from a backup: every act waits for `abst recover`", None, None, True))
        for intent in outbox.in_states(session, ("pending", "sent", "mined", "needs_attention")):
            signer = decisions.officers.by_address(session, intent.signer)
            what = f"{intent.kind} of {intent.request}: {intent.state}; {intent.reason or intent.next_step}"
            stuck = intent.state == "needs_attention"
            rows.append(_row("operation", what, intent.at, signer.name if signer else str(intent.signer), stuck))
        for proposal in _open(office, session):
            rows.append(_row("proposal", f"{proposal.kind} {proposal.id}", proposal.at, proposal.checker_role, False))
        for filing in filings.every(session):
            state = Status(filing.state)
            if state == Status.SUSPENDED or state in PENDING:
                rows.append(_row("filing", f"{filing.id}: {state}", filing.created_at, "registrar", False))
        rows += screening.due(session, office.rulebook, now)
        rows += registers.as_rows(registers.investors(office, session))
        for investor in investors.expiring(session, now + SOON):
            until = min(investor.evidence_until, investor.suitability_until)
            rows.append(
                _row(
                    "expiry",
                    f"investor {investor.id}: facts good until {instant(until)}",
                    until,
                    "admitter",
                    until < now,
                )
            )
    return sorted(rows, key=lambda row: (not row["overdue"], row["when"] or 0, row["kind"]))


def inbox(office: Office, officer: str | None = None) -> list[dict[str, Any]]:
    """What waits for an officer, or for anybody: proposals to approve, transactions that need a key."""
    rows: list[dict[str, Any]] = []
    with office.store.read() as session:
        who = decisions.officers.get(session, officer) if officer else None
        proposals = decisions.inbox(session, who) if who else _open(office, session)
        for proposal in proposals:
            rows.append(
                {
                    "kind": "proposal",
                    "id": proposal.id,
                    "what": proposal.kind,
                    "from": proposal.maker,
                    "for": proposal.checker_role,
                    "since": instant(proposal.at),
                    "hash": proposal.hash,
                }
            )
        for intent in outbox.in_states(session, ("pending", "needs_attention")):
            if who is not None and intent.signer != who.address:
                continue
            signer = decisions.officers.by_address(session, intent.signer)
            rows.append(
                {
                    "kind": "operation",
                    "id": intent.id,
                    "what": f"{intent.kind}: {intent.reason or intent.next_step}",
                    "from": intent.request,
                    "for": signer.name if signer else str(intent.signer),
                    "since": instant(intent.at),
                    "hash": str(intent.operation),
                }
            )
    return rows


def _open(office: Office, session: Any) -> list[Proposal]:
    return list(session.scalars(select(Proposal).where(Proposal.state == "open").order_by(Proposal.at, Proposal.id)))


def _row(kind: str, what: str, when: int | None, who: str | None, overdue: bool) -> dict[str, Any]:
    return {"kind": kind, "what": what, "when": when, "who": who, "overdue": overdue}
