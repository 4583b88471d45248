"""The calendar of a filing as it stands now: what `abst.disclosure.calendar` reckons from, gathered, and shown.

The deal is the filed one. What was published, and what stands as an obligation, the chain says; an obligation that
nobody asked for as a duty is that of the duty of its kind and day, so that none is opened twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.chain.reader import events
from abst.deal import Deal
from abst.disclosure import calendar, clocks, documents
from abst.disclosure.calendar import COMPLETION, CalendarFacts, Duty, Event, Opened, Party, Payday, Published, Settings
from abst.disclosure.kinds import NAMES
from abst.disclosure.tables import MaterialEvent, OpenedDuty
from abst.errors import NotFound
from abst.filing import records
from abst.filing.tables import Filing
from abst.outbox import Intent
from abst.values import Address, Hash, day_of


@dataclass(frozen=True, slots=True)
class Standing:
    """A filing's calendar. asked: names of duties on their way to the chain, or there."""

    filing: Filing
    facts: CalendarFacts
    duties: tuple[Duty, ...]
    asked: frozenset[str]

    def duty(self, name: str) -> Duty:
        """A duty by its name. Raises NotFound."""
        for one in self.duties:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.duties if one.state in calendar.NOT_DONE) or "none"
        raise NotFound("no such duty", found=name, needed=f"one of: {known}", where=f"filing {self.filing.id}")


@dataclass(frozen=True, slots=True)
class OnChain:
    """One obligation as it was opened."""

    filing: str
    obligation: int
    kind: str
    due: int
    grace: int
    tx_hash: Hash


def standing(office: Office, filing_id: str) -> Standing:
    """Everything that is and was due of a filing. Raises NotFound."""
    with office.store.read() as session:
        filing = records.get(session, filing_id)
        told = tuple(_event(row) for row in events_of(session, filing.id))
        sent = asked_for(session, filing.id)
    on_chain = list(obligations(office, filing))
    of_tx = {one.tx_hash: one.obligation for one in on_chain}
    opened = [Opened(name, of_tx[intent.tx_hash]) for name, intent in sent.items() if intent.tx_hash in of_tx]
    facts = replace(_facts(office, filing), events=told, opened=tuple(opened))
    taken = {one.obligation for one in opened}
    opened += _found(calendar.duties(facts), [one for one in on_chain if one.obligation not in taken], set(sent))
    facts = replace(facts, opened=tuple(opened))
    asked = frozenset({*sent, *(one.name for one in opened)})
    return Standing(filing, facts, calendar.duties(facts), asked)


def _found(duties: Sequence[Duty], others: Sequence[OnChain], asked: set[str]) -> Iterator[Opened]:
    """Obligations that were opened otherwise, each with the duty that it is: by the first mint, a break, or by hand."""
    left = list(others)
    for duty in duties:
        same = (o for o in left if o.kind == duty.kind and (o.due == duty.earliest or o.kind == COMPLETION))
        one = None if duty.name in asked else next(same, None)
        if one is not None:
            left.remove(one)
            yield Opened(duty.name, one.obligation)


def obligations(office: Office, filing: Filing) -> Iterator[OnChain]:
    """Every obligation that was ever opened of a filing, as it was opened."""
    registry = office.contracts.registry
    topics = [registry.codec.topic("ObligationOpened"), Hash(f"0x{filing.number:064x}")]
    for event in events(office.chain, [registry], office.deployment.block, office.chain.head().number, topics):
        kind = NAMES.get(event.args["kind"], str(event.args["kind"]))
        args = event.args
        yield OnChain(filing.id, args["obligation"], kind, args["due"], args["grace"], event.tx_hash)


def _facts(office: Office, filing: Filing) -> CalendarFacts:
    deal = deal_of(office, filing)
    counted = clocks.gather(office, filing.id)[0]
    versions = documents.read(office, filing.id, filing.number).versions
    moves = deal.dates.business_day != "unadjusted" and not deal.dates.payments
    return CalendarFacts(
        filing=filing.id,
        now=office.now(),
        begun=counted.first_mint,
        set_up=deal.dates.closing,
        last_day=max(payment.date for payment in deal.payments),
        payments=tuple(Payday(one.number, one.date, moves and one.estimated) for one in deal.payments),
        settings=Settings.of(office.rulebook, office.zone),
        ended=_ended(office, filing) if counted.first_mint else None,
        parties=tuple(Party(party.role, party.name) for party in deal.parties),
        published=tuple(
            Published(one.name, NAMES.get(one.kind, str(one.kind)), one.hash, one.second, one.obligation)
            for one in versions
        ),
        clock=counted,
    )


def deal_of(office: Office, filing: Filing) -> Deal:
    """The deal as filed, compiled once in a process."""
    with office.store.read() as session:
        version = records.current_version(session, filing)
    key = ("deal", version.deal_hash)
    if key not in office.memo:
        office.memo[key] = Deal.read(version.deal, f"deal of {filing.id}")
    found: Deal = office.memo[key]
    return found


def _ended(office: Office, filing: Filing) -> date | None:
    """The day on which nothing was outstanding of any class any more; None while something is."""
    with office.store.read() as session:
        made = [Address(row.token) for row in records.tranches(session, filing.id) if row.token]
    tokens = [office.contracts.token(token) for token in made]
    if any(token.read("amortisation")[0] for token in tokens):
        return None
    topics = [token.codec.topic("Amortised") for token in tokens[:1]]
    ends = events(office.chain, tokens, office.deployment.block, office.chain.head().number, topics) if tokens else []
    block = office.chain.block(ends[-1].block_number) if ends else None
    return None if block is None else day_of(block.timestamp, office.zone)


# ---- rows


def events_of(session: Session, filing: str) -> list[MaterialEvent]:
    """Material events of a filing, oldest first."""
    query = select(MaterialEvent).where(MaterialEvent.filing == filing)
    return list(session.scalars(query.order_by(MaterialEvent.at, MaterialEvent.name)))


def _event(row: MaterialEvent) -> Event:
    return Event(row.name, row.rule, row.kind, f"{row.reason}: {row.found}", row.at, row.period)


def asked_for(session: Session, filing: str) -> dict[str, Intent]:
    """Names of duties sent to the chain that the chain did not refuse, each with its transaction."""
    query = select(OpenedDuty.name, Intent).join(Intent, Intent.operation == OpenedDuty.operation)
    query = query.where(OpenedDuty.filing == filing, Intent.state != "rejected").order_by(Intent.seq)
    return dict(session.execute(query).all())


# ---- shown


def rows(office: Office, filing_id: str | None = None) -> list[dict[str, Any]]:
    """The calendar of one filing, or of all, as it is shown: seconds are Unix time. Raises NotFound."""
    return [row for row, _ in every(office, filing_id)]


def every(office: Office, filing_id: str | None = None) -> Iterator[tuple[dict[str, Any], Duty]]:
    """Every duty, shown and as it is."""
    with office.store.read() as session:
        filings = [records.get(session, filing_id)] if filing_id else records.every(session)
    for filing in filings:
        for duty in standing(office, filing.id).duties:
            yield shown(filing.id, duty), duty


def shown(filing: str, duty: Duty) -> dict[str, Any]:
    """A duty as it is shown."""
    return {
        "filing": filing,
        "name": duty.name,
        "rule": duty.rule,
        "kind": duty.kind,
        "who": duty.who,
        "party": duty.party,
        "what": duty.what,
        "earliest": duty.earliest,
        "latest": duty.latest,
        "estimated": duty.estimated,
        "state": duty.state,
        "met": duty.met or None,
        "obligation": duty.obligation or None,
    }
