"""What the parts of one drain share: what is looked at, what is written, what this drain learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from abst import outbox
from abst.chain.api import Receipt
from abst.chain.reasons import Revert
from abst.chain.sending.holder import this_process
from abst.chain.truth import Found
from abst.outbox import Change, Intent
from abst.outbox.tables import ENDED
from abst.values import Address, Hash

if TYPE_CHECKING:
    from abst.chain.sender import Sender

AT_ONCE = 500  # ids in one question to the database

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a drain left an intent in. revert: decoded, when this drain met one; receipt: when this drain saw it.

    The intent comes without its call data.
    """

    intent: Intent
    state: str
    reason: str
    receipt: Receipt | None = None
    revert: Revert | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What is to be written of one intent. lost: the transaction, and its block, that used its nonce in vain, for good;
    unsigned: true only of what still waits.
    """

    intent: str
    state: str
    reason: str = ""
    receipt: Receipt | None = None
    revert: Revert | None = None
    found: Found | None = None
    lost: tuple[Hash, int] | None = None
    unsigned: bool = False

    @property
    def change(self) -> Change:
        place = self.found
        if place is None and self.receipt is not None:
            place = Found(self.receipt.transaction_hash, self.receipt.block_number, self.receipt.block_hash)
        if place is None:
            return Change(self.intent, self.state, self.reason)
        return Change(self.intent, self.state, self.reason, place.block_hash, place.block_number, place.tx_hash)


class Run:
    """One drain: its scope and its memory."""

    def __init__(self, sender: Sender, intent_ids: Sequence[str] | None, progress: Progress) -> None:
        self.store, self.chain, self.signer_of = sender.store, sender.chain, sender.signer_of
        self.settings, self.patience, self.wall = sender.settings, sender.patience, sender.wall
        self.scope = None if intent_ids is None else list(dict.fromkeys(intent_ids))
        self.progress = progress
        self.holder = this_process()
        self.touched: dict[str, None] = {}
        self.receipts: dict[str, Receipt] = {}
        self.reverts: dict[str, Revert] = {}
        self.stopped: set[Address] = set()  # signers for whom nothing more is signed in this drain
        self.full: set[Address] = set()  # signers with as many in flight as may be
        self.busy: dict[Address, str] = {}  # signers for whom another process signs, and which
        self.later: set[str] = set()  # intents for which it is too early
        self.holding: set[Address] = set()  # signers whose lane this drain took

    # ---- what is looked at

    def rows(self, session: Session, query: Select[Intent], limit: int | None = None) -> Iterator[Intent]:
        """Intents of the scope, in order of the query; a long scope is asked for in parts."""
        if self.scope is None:
            yield from session.scalars(query.order_by(Intent.seq).limit(limit))
            return
        for start in range(0, len(self.scope), AT_ONCE):
            part = query.where(Intent.id.in_(self.scope[start : start + AT_ONCE]))
            yield from session.scalars(part.order_by(Intent.seq).limit(limit))

    def flying(self) -> list[Intent]:
        """Intents whose bytes are out and whose end is not known, without their call data."""
        query = select(Intent).where(
            Intent.state.in_(("sent", "mined", "needs_attention")), Intent.tx_hash.is_not(None)
        )
        with self.store.read() as session:
            return list(self.rows(session, query.options(defer(Intent.data))))

    def under_way(self) -> bool:
        """Whether anything of the scope is out whose end is still to come by itself."""
        query = select(Intent).where(Intent.state.in_(("sent", "mined"))).options(defer(Intent.data))
        with self.store.read() as session:
            return next(self.rows(session, query, 1), None) is not None

    def ready(self, limit: int) -> list[Intent]:
        """Pending intents that may go now, of signers for whom something can be signed."""
        query = select(Intent).where(Intent.state == "pending", Intent.waits_for == 0)
        idle = self.stopped | self.full | set(self.busy)
        if idle:
            query = query.where(Intent.signer.not_in(idle))
        if self.later:
            query = query.where(Intent.id.not_in(self.later))
        found: list[Intent] = []
        with self.store.read() as session:
            for intent in self.rows(session, query, limit):
                found.append(intent)
                if len(found) == limit:
                    break
        return found

    def waiting(self, signer: Address, reason: str) -> list[str]:
        """Ids of the pending intents of a signer that may go now and do not give this reason yet."""
        query = select(Intent).where(Intent.state == "pending", Intent.waits_for == 0, Intent.signer == signer)
        with self.store.read() as session:
            found = self.rows(session, query.where(Intent.reason != reason).options(defer(Intent.data)))
            return [intent.id for intent in found]

    def whole(self, intent_id: str) -> Intent:
        """One intent with its call data."""
        with self.store.read() as session:
            return outbox.get(session, intent_id)

    # ---- what is written

    def stop(self, signer: Address, reason: str, state: str = "pending") -> None:
        """Nothing more of this signer in this drain; what waits says why."""
        self.stopped.add(signer)
        self.write([News(intent, state, reason, unsigned=True) for intent in self.waiting(signer, reason)])

    def write(self, news: Iterable[News]) -> None:
        """Store the news in one transaction. What another process has ended meanwhile stays as it is.

        A lane that this drain holds and on which nothing is under way any more is given back with it.
        """
        waiting = list(news)
        if not waiting:
            return
        at = self.chain.now()
        with self.store.begin() as session:
            for start in range(0, len(waiting), AT_ONCE):
                part = waiting[start : start + AT_ONCE]
                kept = outbox.load(session, [one.intent for one in part])
                told = [one for one in part if _still_news(one, kept[one.intent])]
                for one in told:
                    if one.lost is not None:
                        outbox.lose(session, one.intent, *one.lost, at, reverted=one.state == "pending")
                outbox.settle_all(session, [one.change for one in told], at)
            for signer in sorted(self.holding):
                if not outbox.in_flight(session, signer):
                    outbox.give_back(session, signer, self.holder)
                    self.holding.discard(signer)
        for one in waiting:
            self._remember(one)

    def _remember(self, one: News) -> None:
        self.touched[one.intent] = None
        if one.receipt is not None:
            self.receipts[one.intent] = one.receipt
        if one.revert is not None:
            self.reverts[one.intent] = one.revert
        if one.state != "mined":
            place = f" in block {one.receipt.block_number}" if one.receipt else ""
            self.progress(f"{one.intent}: {one.state}{place}{'; ' + one.reason if one.reason else ''}")

    def give_all_back(self) -> None:
        """At the end of a drain that leaves transactions under way: others may sign behind them."""
        if self.holding:
            with self.store.begin() as session:
                for signer in sorted(self.holding):
                    outbox.give_back(session, signer, self.holder)
            self.holding.clear()

    def outcomes(self) -> list[Outcome]:
        wanted = list(self.touched) if self.scope is None else self.scope
        rows: list[Intent] = []
        with self.store.read() as session:
            for start in range(0, len(wanted), AT_ONCE):
                part = wanted[start : start + AT_ONCE]
                kept = outbox.load(session, part)
                rows += [kept.get(one) or outbox.get(session, one) for one in part]
        rows.sort(key=lambda row: row.seq)
        return [
            Outcome(row, row.state, row.reason, self.receipts.get(row.id), self.reverts.get(row.id)) for row in rows
        ]


def _still_news(one: News, row: Intent) -> bool:
    """What ended stays as it is; what is said of an intent that waits holds only while it does."""
    if row.state in ENDED:
        return False
    return row.state == "pending" or not (one.unsigned or (one.state == "pending" and one.lost is None))
