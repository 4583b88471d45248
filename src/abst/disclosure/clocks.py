"""The clocks of filings as they run now (R-36 to R-39, R-71 to R-73): facts gathered for `abst.filing.clock`.

What is to be reported begins with: the first mint (R-71), a prohibition that broke (R-72), a suspension, a lapse or a
firm that left (R-73). It is met by the first document of its kind published after that second.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.chain.reader import events
from abst.chain.words import FilingRecord
from abst.disclosure.kinds import KINDS
from abst.disclosure.tables import Publication
from abst.filing import clock, records
from abst.filing.clock import ClockFacts, Deadline, Happened, Matter, Settings
from abst.filing.tables import Filing, Finding, Link
from abst.values import Hash

COMPLETION, RISK, MATTER = "issue-completion", "material-risk", "material-matter"
LEFT = ("suspended", "lapsed")


def clocks(office: Office, filing_id: str | None = None) -> list[dict[str, Any]]:
    """Every time limit of one filing, or of all, in the order of their beginning. Raises NotFound.

    started, earliest, latest, ended: Unix seconds; earliest and latest null while the clock stands still, and apart
    where estimated; used: working days, a range where estimated; state: open, met, overdue or not-counting.
    """
    return [row(facts.filing, one) for facts in gather(office, filing_id) for one in clock.deadlines(facts)]


def overdue(office: Office, filing_id: str | None = None) -> list[dict[str, Any]]:
    """The acts of `clocks` that are late."""
    return [found for found in clocks(office, filing_id) if found["state"] == clock.OVERDUE]


def gather(office: Office, filing_id: str | None = None) -> list[ClockFacts]:
    """What the clock of each filing counts from. Raises NotFound."""
    now, settings = office.now(), Settings.of(office.rulebook, office.zone)
    found: list[ClockFacts] = []
    with office.store.read() as session:
        for filing in [records.get(session, filing_id)] if filing_id else records.every(session):
            first = first_mint(office, filing)
            found.append(
                ClockFacts(
                    filing=filing.id,
                    now=now,
                    events=tuple(Happened(event.new, event.at) for event in records.events(session, filing.id)),
                    settings=settings,
                    first_mint=first,
                    completed=_published(session, filing.id, COMPLETION, first) if first else 0,
                    matters=tuple(_matters(session, filing)),
                )
            )
    return found


def first_mint(office: Office, filing: Filing) -> int:
    """Second of the filing's first mint, by the obligation that the chain opened with it; 0 when there was none."""
    key = ("first mint", filing.number)
    if key not in office.memo:
        registry = office.contracts.registry
        if not FilingRecord.unpack(registry.read("filingOf", filing.number)).issue_begun:
            return 0
        topics = [registry.codec.topic("ObligationOpened"), Hash(f"0x{filing.number:064x}")]
        opened = events(office.chain, [registry], office.deployment.block, office.chain.head().number, topics)
        number = next(event.block_number for event in opened if event.args["kind"] == KINDS[COMPLETION])
        block = office.chain.block(number)
        if block is None:
            return 0
        office.memo[key] = block.timestamp
    return int(office.memo[key])


def _matters(session: Session, filing: Filing) -> list[Matter]:
    found: list[Matter] = []
    for finding in session.scalars(select(Finding).where(Finding.filing == filing.id).order_by(Finding.id)):
        done = _published(session, filing.id, RISK, finding.at)
        found.append(Matter("R-72", f"the break of {finding.rule}", finding.at, done))
    for event in records.events(session, filing.id):
        if event.old == "effective" and event.new in LEFT:
            done = _published(session, filing.id, MATTER, event.at)
            found.append(Matter("R-73", f"that the filing is {event.new}", event.at, done))
    gone = select(Link).where(Link.filing == filing.id, Link.detached_at.is_not(None)).order_by(Link.id)
    for link in session.scalars(gone):
        by_itself = (link.reason or "") in {f"filing {state}" for state in LEFT}
        if link.detached_at is not None and not by_itself:
            done = _published(session, filing.id, MATTER, link.detached_at)
            found.append(Matter("R-73", f"that {link.provider} left", link.detached_at, done))
    return found


def _published(session: Session, filing: str, kind: str, since: int) -> int:
    """Second of the first document of a kind published at or after another; 0 for none."""
    query = select(Publication.at).where(
        Publication.filing == filing, Publication.kind == kind, Publication.at >= since
    )
    return session.scalar(query.order_by(Publication.at).limit(1)) or 0


def row(filing: str, found: Deadline) -> dict[str, Any]:
    """A time limit as it is shown."""
    return {
        "filing": filing,
        "act": found.act,
        "rule": found.rule,
        "who": found.who,
        "started": found.started,
        "earliest": found.earliest,
        "latest": found.latest,
        "estimated": found.estimated,
        "state": found.state,
        "allowed": found.allowed,
        "used": {"least": found.used.least, "most": found.used.most},
        "ended": found.ended or None,
        "pauses": [asdict(pause) | {"until": pause.until or None} for pause in found.pauses],
        "note": found.note,
    }
