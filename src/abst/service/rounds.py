"""One round of each loop: send what waits, read on and compare, look at how things stand."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from sqlalchemy import func, select
from structlog.contextvars import bound_contextvars
from structlog.typing import FilteringBoundLogger

from abst import journal, outbox
from abst.chain.node import NodeChain
from abst.chain.office import WAITING, Office
from abst.chain.proposals import settle
from abst.decisions import officers
from abst.disclosure import desk as disclosing
from abst.errors import AbstError
from abst.holders import reconciling
from abst.outbox import Intent, Request
from abst.service.health import Health
from abst.service.metrics import Metrics
from abst.values import Address

ENDED = ("final", "rejected")
HOLDER = "holder"  # the label of every key that is no officer's: a wallet names a person
SWEEP = 60.0  # seconds after which requests are looked at although nothing of this process ended
OVERDUE_EVERY = 60.0  # seconds between two questions to the chain for overdue obligations


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to. intents: by the state they are in now; requests: finished; block: read up to."""

    intents: dict[str, int]
    requests: list[str]
    block: int
    compared: int
    differences: list[str]
    needs_attention: int
    halted: int


@dataclass
class Sending:
    """Send what waits, take receipts, finish requests whose transactions ended."""

    log: FilteringBoundLogger
    metrics: Metrics
    swept: float = -SWEEP
    told: dict[str, str] = field(default_factory=dict)  # intent -> the state last said, until its end

    def round(self, office: Office) -> tuple[dict[str, int], list[str]]:
        """Intents touched by state, and the requests finished. Raises Unavailable and what a key raises."""
        outcomes = office.sender.drain(None)
        found: dict[str, int] = {}
        with office.store.read() as session:
            names = {one.address: one.name for one in officers.all(session)}
        for one in outcomes:
            found[one.state] = found.get(one.state, 0) + 1
            intent = one.intent
            if self.told.get(intent.id, "pending") == one.state:
                continue
            self.told[intent.id] = one.state
            if one.state in ENDED:
                del self.told[intent.id]
            with bound_contextvars(request=intent.request, intent=intent.id, transaction=intent.tx_hash):
                signer = names.get(Address(intent.signer), HOLDER)
                block = one.receipt.block_number if one.receipt else None
                self.log.info("intent", kind=intent.kind, signer=signer, state=one.state, block=block)
        ended = any(one.state in ENDED for one in outcomes)
        if not ended and time.monotonic() - self.swept < SWEEP:
            return found, []
        self.swept = time.monotonic()
        return found, self._finish(office)

    def _finish(self, office: Office) -> list[str]:
        """The requests that ended, said and counted."""
        with office.store.read() as session:
            before = list(session.scalars(select(Request.id).where(Request.outcome == WAITING)))
        if not before or not settle(office):
            return []
        with office.store.read() as session:
            rows = [row for one in before if (row := outbox.get_request(session, one)).outcome != WAITING]
        for row in rows:
            self.metrics.finished.labels(row.outcome).inc()
            with bound_contextvars(request=row.id):
                self.log.info("request", command=row.command, outcome=row.outcome)
        return [row.id for row in rows]


@dataclass
class Reading:
    """Read on to the chain's head, and compare what changed with the tokens' own balances."""

    log: FilteringBoundLogger
    metrics: Metrics
    differing: int = 0

    def round(self, office: Office) -> reconciling.Reconciled:
        """Raises JournalHalted when a final block is gone, Unavailable."""
        found = reconciling.compare(office, all=False)
        self.metrics.journal_number.set(found.block)
        self.metrics.unreconciled.set(len(found.differences))
        if found.wallets:
            self.log.info("compared", block=found.block, wallets=found.wallets, count=len(found.differences))
        if len(found.differences) != self.differing:
            self.differing = len(found.differences)
            say = self.log.error if found.differences else self.log.info
            say("positions that differ from balanceOf: abst reconcile", count=self.differing)
        return found


@dataclass
class Watching:
    """How store and chain stand, in numbers. `say` is told of each part by itself."""

    metrics: Metrics
    health: Health
    asked: float = -OVERDUE_EVERY

    def round(self, office: Office) -> None:
        """Raises Unavailable when store or chain cannot be asked, and says which."""
        for part, look in (("store", self.store), ("chain", self.chain), ("chain", self.obligations)):
            try:
                look(office)
            except AbstError as error:
                self.health.say(part, "watch", error.message)
                raise
            self.health.say(part, "watch")

    def obligations(self, office: Office) -> None:
        """Those overdue, asked of the chain now and then."""
        if time.monotonic() - self.asked >= OVERDUE_EVERY:
            rows = disclosing.obligations(office)
            self.metrics.overdue.set(sum(row["state"] == "overdue" for row in rows))
            self.asked = time.monotonic()

    def store(self, office: Office) -> None:
        """The outbox, the lanes and the journal."""
        with office.store.read() as session:
            counts, halts = outbox.counts(session), outbox.halts(session)
            names = {one.address: one.name for one in officers.all(session)}
            query = select(Intent.signer, Intent.state, func.count()).where(Intent.state.not_in(ENDED))
            depth: dict[tuple[str, str], int] = {}
            for signer, state, number in session.execute(query.group_by(Intent.signer, Intent.state)):
                key = names.get(Address(signer), HOLDER), state
                depth[key] = depth.get(key, 0) + number
            read = journal.status(session)
        self.metrics.lane_depth.clear()
        for key, number in depth.items():
            self.metrics.lane_depth.labels(*key).set(number)
        for state, number in counts.items():
            self.metrics.intents.labels(state).set(number)
        self.metrics.needs_attention.set(counts["needs_attention"])
        self.metrics.halted_lanes.set(len(halts))
        self.metrics.journal_halted.set(read.halted is not None)
        if read.reached is not None:
            self.metrics.journal_number.set(read.reached.number)
        self.health.say("sender", "watch", f"{len(halts)} lanes are halted: abst ops list" if halts else "")

    def chain(self, office: Office) -> None:
        """Its head, and how far behind it the others are."""
        head, final = office.chain.head(), office.chain.final()
        self.metrics.head_number.set(head.number)
        self.metrics.finality_lag.set(max(head.number - final, 0))
        with office.store.read() as session:
            reached = journal.reached(session)
        first = office.deployment.block - 1
        self.metrics.journal_lag.set(max(head.number - (reached.number if reached else first), 0))
        lag = 0.0
        if isinstance(office.chain, NodeChain):  # the embedded chain makes its blocks when they are asked for
            lag = max(time.time() - head.timestamp, 0.0)
            self.metrics.nodes.clear()
            for node in office.chain.status():
                self.metrics.nodes.labels(node.state).inc()
        self.metrics.head_lag.set(lag)


def once(office: Office, log: FilteringBoundLogger) -> Round:
    """One round of each. Raises what they raise; nothing is lost by that."""
    metrics = Metrics()
    intents, requests = Sending(log, metrics).round(office)
    read = Reading(log, metrics).round(office)
    with office.store.read() as session:
        counts, halted = outbox.counts(session), len(outbox.halts(session))
    differences = [str(one) for one in read.differences]
    return Round(intents, requests, read.block, read.wallets, differences, counts["needs_attention"], halted)
