"""Sending, exactly once: from the outbox to the chain and back.

An intent goes when all it waits for is final. It is run as of now first; a revert then is the chain's answer. Then, in
ONE database transaction which no other process can enter, its state is looked at again, the signer's next nonce taken,
the transaction signed and its bytes stored. Only after the commit is anything broadcast: always everything stored for
that signer from the chain's next nonce on, in order, so that there is never a gap, whoever died in between. Again means
the same bytes. Receipts decide; a time-out decides nothing: the intent stays sent and the next drain goes on.

Kill the process between any two of these steps and drain again: the same end, once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from abst import outbox
from abst.chain.api import Chain, NotAccepted, Receipt, Reverted, Tx
from abst.chain.contracts import checksummed
from abst.chain.deploy import transaction
from abst.chain.reasons import Revert, explain
from abst.chain.truth import Found, own_effect, waits_until
from abst.keys import Signer
from abst.outbox import Attempt, Intent
from abst.store import Store
from abst.values import Address, Hash

BATCH = 100  # intents signed, stored and broadcast together
PATIENCE = 60.0  # seconds without any news before what was sent is left to the next drain
PAUSE = 0.05  # seconds between two looks for receipts, growing to
LONGEST_PAUSE = 1.0
AGAIN = 10.0  # seconds after which bytes without a receipt are broadcast again
GRACE = 2.0  # seconds for a node to show the receipt of a transaction whose nonce it says is used
MOST_ATTEMPTS = 5  # higher fees for one nonce, before a person decides
AT_ONCE = 500  # ids in one question to the database

SignerOf = Callable[[Address], Signer | None]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a drain left an intent in. revert: decoded, when this drain met one; receipt: when this drain saw it."""

    intent: Intent
    state: str
    reason: str
    receipt: Receipt | None = None
    revert: Revert | None = None


@dataclass(frozen=True, slots=True)
class _News:
    """What is to be written of one intent."""

    intent: str
    state: str
    reason: str = ""
    receipt: Receipt | None = None
    revert: Revert | None = None
    found: Found | None = None


class Sender:
    """Sends what is in the outbox of a store to a chain, with the keys that `signer_of` can give."""

    def __init__(
        self, store: Store, chain: Chain, signer_of: SignerOf, *, patience: float = PATIENCE, batch: int = BATCH
    ) -> None:
        """patience: seconds without news before a drain gives up waiting; 0 looks once."""
        self.store, self.chain, self.signer_of = store, chain, signer_of
        self.patience, self.batch = patience, batch

    def drain(self, intent_ids: Sequence[str] | None = None, progress: Progress | None = None) -> list[Outcome]:
        """Bring these intents, or all, as far as they go from here, and say where they are, in order.

        An intent whose key is not here, whose signer cannot pay, or whose timelock still waits stays pending with the
        reason. Raises Unavailable when the chain or the store cannot be reached: drain again, nothing is lost.
        """
        return _Drain(self, intent_ids, progress or (lambda _: None)).run()


class _Drain:
    """One run of `Sender.drain`."""

    def __init__(self, sender: Sender, intent_ids: Sequence[str] | None, progress: Progress) -> None:
        self.store, self.chain, self.signer_of = sender.store, sender.chain, sender.signer_of
        self.patience, self.batch = sender.patience, sender.batch
        self.scope = None if intent_ids is None else list(dict.fromkeys(intent_ids))
        self.progress = progress
        self.touched: dict[str, None] = {}
        self.receipts: dict[str, Receipt] = {}
        self.reverts: dict[str, Revert] = {}
        self.stopped: set[Address] = set()  # signers for whom nothing more is signed in this drain
        self.later: set[str] = set()  # intents for which it is too early

    def run(self) -> list[Outcome]:
        self._deliver_all()
        moved = True
        while moved:
            moved = self._settle() | self._send_batch() or self._wait()
        return self._outcomes()

    # ---- what is looked at

    def _rows(self, session: Session, query: Select[Intent], limit: int | None = None) -> Iterator[Intent]:
        """Intents of the scope, in order of the query; a long scope is asked for in parts."""
        if self.scope is None:
            yield from session.scalars(query.order_by(Intent.seq).limit(limit))
            return
        for start in range(0, len(self.scope), AT_ONCE):
            part = query.where(Intent.id.in_(self.scope[start : start + AT_ONCE]))
            yield from session.scalars(part.order_by(Intent.seq).limit(limit))

    def _in_flight(self) -> list[Intent]:
        """Intents whose bytes are out and whose end is not known."""
        query = select(Intent).where(
            Intent.state.in_(("sent", "mined", "needs_attention")), Intent.tx_hash.is_not(None)
        )
        with self.store.read() as session:
            return list(self._rows(session, query))

    def _ready(self, signer: Address | None = None, limit: int | None = None) -> list[Intent]:
        """Pending intents that may go now, of signers not stopped; or all of one signer."""
        query = select(Intent).where(Intent.state == "pending", Intent.waits_for == 0)
        if signer is not None:
            query = query.where(Intent.signer == signer)
        elif self.stopped:
            query = query.where(Intent.signer.not_in(self.stopped))
        if self.later:
            query = query.where(Intent.id.not_in(self.later))
        found: list[Intent] = []
        with self.store.read() as session:
            for intent in self._rows(session, query, limit):
                found.append(intent)
                if limit is not None and len(found) == limit:
                    break
        return found

    # ---- sending

    def _send_batch(self) -> bool:
        """Sign and broadcast the next ready intents, in the order they were wanted. Whether there were any."""
        batch = self._ready(limit=self.batch)
        for address, intents in groupby(batch, key=lambda intent: intent.signer):
            if address not in self.stopped:
                self._send(Address(address), list(intents))
        return bool(batch)

    def _send(self, address: Address, intents: list[Intent]) -> None:
        signer = self.signer_of(address)
        if signer is None:
            self._stop(address, f"waiting for key of {address}")
            return
        trouble = self._deliver(address)
        if trouble:
            self._stop(address, f"an older transaction of {address} is not taken by the chain: {trouble}")
            return
        fees = self.chain.gas_price()
        tried = self._try(intents)
        payable = self._payable(address, tried, fees[0])
        if payable:
            self._sign(signer, payable, fees)
            trouble = self._deliver(address)
            if trouble:
                self._stop(address, f"an older transaction of {address} is not taken by the chain: {trouble}")

    def _try(self, intents: Sequence[Intent]) -> list[tuple[Intent, int]]:
        """Run each as of now: those that pass, with their gas; for the others the chain's no is written."""
        passed: list[tuple[Intent, int]] = []
        news: list[_News] = []
        for intent in intents:
            try:
                gas = self.chain.estimate(Tx(Address(intent.signer), Address(intent.to), intent.data))
            except Reverted as reverted:
                news.append(self._answer(intent, reverted))
            else:
                passed.append((intent, gas))
        self._write(news)
        return passed

    def _answer(self, intent: Intent, reverted: Reverted) -> _News:
        """What a revert means for an intent that may go: done already, too early, or no."""
        revert = explain(reverted.data)
        found = own_effect(self.chain, intent, revert)
        if found is not None:
            return _News(intent.id, "final", found=found)
        until = waits_until(self.chain, intent, revert)
        if until is not None:
            self.later.add(intent.id)
            return _News(intent.id, "pending", f"the timelock lets it go at second {until}", revert=revert)
        words = str(revert) if reverted.data else str(reverted)
        return _News(intent.id, "rejected", words, revert=revert)

    def _payable(self, address: Address, tried: list[tuple[Intent, int]], max_fee: int) -> list[tuple[Intent, int]]:
        """As many as the signer can pay for, in order; when not all, the signer is stopped and the rest wait."""
        held = self.chain.balance(address) if tried and max_fee else 0
        needed = 0
        for place, (_, gas) in enumerate(tried):
            needed += gas * max_fee
            if needed > held:
                self.stopped.add(address)
                reason = f"{address} cannot pay for gas: found {held} wei, needed {needed} wei"
                self._write([_News(intent.id, "pending", reason) for intent, _ in tried[place:]])
                return tried[:place]
        return tried

    def _sign(self, signer: Signer, payable: Sequence[tuple[Intent, int]], fees: tuple[int, int]) -> None:
        """The one place where nonces are taken: state, nonce, signature and bytes in one transaction."""
        next_on_chain, at = self.chain.nonce(signer.address), self.chain.now()
        with self.store.begin() as session:
            nonce = outbox.next_nonce(session, signer.address, next_on_chain)
            for intent, gas in payable:
                row = outbox.get(session, intent.id)
                if row.state != "pending":
                    continue  # another process was first
                tx = transaction(self.chain, nonce=nonce, to=Address(row.to), data=row.data, gas=gas, fees=fees)
                signed = signer.sign_transaction(tx)
                outbox.record_attempt(session, row.id, signer.address, nonce, signed.raw, signed.hash, at)
                self.touched[row.id] = None
                nonce += 1

    def _stop(self, address: Address, reason: str) -> None:
        """Nothing more of this signer in this drain; what waits says why."""
        self.stopped.add(address)
        self._write([_News(intent.id, "pending", reason) for intent in self._ready(signer=address)])

    # ---- broadcasting

    def _deliver_all(self) -> None:
        """What an earlier run stored and perhaps did not broadcast."""
        for signer in sorted({intent.signer for intent in self._in_flight() if intent.state != "mined"}):
            trouble = self._deliver(Address(signer))
            if trouble:
                self._stop(Address(signer), f"an older transaction of {signer} is not taken by the chain: {trouble}")

    def _deliver(self, signer: Address) -> str | None:
        """Broadcast all stored bytes of a signer which the chain does not have, in order. What hinders it, in words."""
        waiting = self._undelivered(signer)
        if not waiting:
            return None
        try:
            self.chain.send_raw_many([attempt.raw for attempt in waiting])
        except NotAccepted:
            for attempt in waiting:  # one by one, to learn which it is
                trouble = self._deliver_one(attempt)
                if trouble:
                    return trouble
        return None

    def _undelivered(self, signer: Address) -> list[Attempt]:
        """The latest bytes for each nonce the chain has not used yet, lowest first."""
        query = select(Attempt).where(Attempt.signer == signer, Attempt.nonce >= self.chain.nonce(signer))
        with self.store.read() as session:
            by_nonce = {a.nonce: a for a in session.scalars(query.order_by(Attempt.nonce, Attempt.seq))}
        return list(by_nonce.values())

    def _deliver_one(self, attempt: Attempt) -> str | None:
        try:
            self.chain.send_raw(attempt.raw)
        except NotAccepted as error:
            if error.reason == "nonce-too-low":
                return None  # used meanwhile, by these bytes or by others: the receipts will say
            if error.reason == "underpriced" and self._raise_fee(attempt):
                return None
            lasting = error.reason in ("gas-limit", "wrong-chain", "invalid")
            self._write([_News(attempt.intent, "needs_attention" if lasting else "sent", str(error))])
            return str(error)
        return None

    def _raise_fee(self, attempt: Attempt) -> bool:
        """Sign the same transaction with today's fee, at least an eighth more, and broadcast it at the same nonce."""
        from eth_account.typed_transactions.typed_transaction import TypedTransaction
        from hexbytes import HexBytes

        signer = self.signer_of(Address(attempt.signer))
        with self.store.read() as session:
            tries = len(outbox.attempts(session, attempt.intent))
        if signer is None or tries >= MOST_ATTEMPTS:
            return False
        old = TypedTransaction.from_bytes(HexBytes(attempt.raw)).as_dict()
        fee, tip = self.chain.gas_price()
        fees = max(fee, old["maxFeePerGas"] * 9 // 8 + 1), max(tip, old["maxPriorityFeePerGas"] * 9 // 8 + 1)
        signed = signer.sign_transaction(
            transaction(
                self.chain,
                nonce=attempt.nonce,
                to=checksummed("0x" + bytes(old["to"]).hex()),
                data=bytes(old["data"]),
                gas=old["gas"],
                fees=(max(fees), fees[1]),
            )
        )
        with self.store.begin() as session:
            outbox.record_attempt(
                session, attempt.intent, signer.address, attempt.nonce, signed.raw, signed.hash, self.chain.now()
            )
        try:
            self.chain.send_raw(signed.raw)
        except NotAccepted:
            return False
        return True

    # ---- what became of it

    def _settle(self) -> bool:
        """One look at the receipts of all that is out. Whether any intent came to its end."""
        flying = self._in_flight()
        if not flying:
            return False
        final = self.chain.final()
        hashes = self._hashes(flying)
        news = [one for intent in flying if (one := self._look(intent, hashes[intent.id], final)) is not None]
        self._write(news)
        replaced = {
            intent.signer for intent in flying for one in news if one.intent == intent.id and one.state == "sent"
        }
        for signer in sorted(replaced):
            self._deliver(Address(signer))
        return any(one.state in ("final", "rejected") for one in news)

    def _hashes(self, intents: Sequence[Intent]) -> dict[str, list[Hash]]:
        """All transactions signed for each intent: of several at one nonce, any may be the one mined."""
        found: dict[str, list[Hash]] = {intent.id: [] for intent in intents}
        with self.store.read() as session:
            for start in range(0, len(intents), AT_ONCE):
                part = [intent.id for intent in intents[start : start + AT_ONCE]]
                query = select(Attempt.intent, Attempt.tx_hash).where(Attempt.intent.in_(part)).order_by(Attempt.seq)
                for intent_id, tx_hash in session.execute(query):
                    found[intent_id].append(tx_hash)
        return found

    def _look(self, intent: Intent, hashes: Sequence[Hash], final: int) -> _News | None:
        receipt = next((r for tx_hash in hashes if (r := self.chain.receipt(tx_hash)) is not None), None)
        if receipt is None:
            return _News(intent.id, "sent", "its block was replaced by another") if intent.state == "mined" else None
        if receipt.block_number > final:
            seen = (intent.state, intent.block_hash) == ("mined", receipt.block_hash)
            return None if seen else _News(intent.id, "mined", receipt=receipt)
        if receipt.status == 1:
            return _News(intent.id, "final", receipt=receipt)
        return self._reverted(intent, receipt)

    def _reverted(self, intent: Intent, receipt: Receipt) -> _News:
        """Mined and reverted: the receipt does not say why, so the call is run again."""
        try:
            self.chain.call(Address(intent.to), intent.data, Address(intent.signer))
        except Reverted as reverted:
            revert = explain(reverted.data)
            found = own_effect(self.chain, intent, revert)
            if found is not None:
                return _News(intent.id, "final", found=found)
            return _News(intent.id, "rejected", str(revert), receipt=receipt, revert=revert)
        words = f"reverted in block {receipt.block_number} with {receipt.gas_used} gas used; it would pass now"
        return _News(intent.id, "rejected", words, receipt=receipt)

    def _wait(self) -> bool:
        """Look for receipts until one brings an end, or patience does. Whether one did."""
        begun = last_sent = time.monotonic()
        pause = PAUSE
        while flying := [intent for intent in self._in_flight() if intent.state != "needs_attention"]:
            waited = time.monotonic() - begun
            if waited > min(GRACE, self.patience):
                self._give_up_used_nonces(flying)
            if waited >= self.patience:
                return False
            time.sleep(min(pause, self.patience - waited))
            pause = min(pause * 1.5, LONGEST_PAUSE)
            if self._settle():
                return True
            if time.monotonic() - last_sent > AGAIN:
                self._deliver_all()
                last_sent = time.monotonic()
        return False

    def _give_up_used_nonces(self, flying: Sequence[Intent]) -> None:
        """A nonce that the chain says is used, without a receipt of ours: somebody used the key elsewhere."""
        news: list[_News] = []
        with self.store.read() as session:
            lanes = {intent.id: outbox.lane_of(session, intent.id) for intent in flying}
        used = {signer: self.chain.nonce(Address(signer)) for signer in {intent.signer for intent in flying}}
        hashes = self._hashes(flying)
        for intent in flying:
            lane = lanes[intent.id]
            if lane is None or lane.nonce >= used[intent.signer]:
                continue
            if all(self.chain.receipt(tx_hash) is None for tx_hash in hashes[intent.id]):
                words = f"nonce {lane.nonce} of {intent.signer} was used by another transaction, not sent from here"
                news.append(_News(intent.id, "needs_attention", words))
        self._write(news)

    # ---- writing

    def _write(self, news: Iterable[_News]) -> None:
        """Store the news in one transaction. What another process has ended meanwhile stays as it is."""
        waiting = list(news)
        if not waiting:
            return
        at = self.chain.now()
        with self.store.begin() as session:
            for one in waiting:
                row = outbox.get(session, one.intent)
                if row.state in ("final", "rejected") or (one.state == "pending" and row.state != "pending"):
                    continue
                self._settle_row(session, one, at)
        for one in waiting:
            self._remember(one)

    def _settle_row(self, session: Session, one: _News, at: int) -> None:
        place = one.found
        if place is None and one.receipt is not None:
            place = Found(one.receipt.transaction_hash, one.receipt.block_number, one.receipt.block_hash)
        outbox.settle(
            session,
            one.intent,
            one.state,
            at=at,
            reason=one.reason,
            block_hash=place.block_hash if place else None,
            block_number=place.block_number if place else None,
            tx_hash=place.tx_hash if place else None,
        )

    def _remember(self, one: _News) -> None:
        self.touched[one.intent] = None
        if one.receipt is not None:
            self.receipts[one.intent] = one.receipt
        if one.revert is not None:
            self.reverts[one.intent] = one.revert
        if one.state != "mined":
            place = f" in block {one.receipt.block_number}" if one.receipt else ""
            self.progress(f"{one.intent}: {one.state}{place}{'; ' + one.reason if one.reason else ''}")

    def _outcomes(self) -> list[Outcome]:
        wanted = list(self.touched) if self.scope is None else self.scope
        with self.store.read() as session:
            rows = [outbox.get(session, intent_id) for intent_id in wanted]
        rows.sort(key=lambda row: row.seq)
        return [
            Outcome(row, row.state, row.reason, self.receipts.get(row.id), self.reverts.get(row.id)) for row in rows
        ]
