"""Broadcasting stored bytes, always in order from the chain's next nonce, and raising fees that no block takes.

Whoever finds stored bytes may broadcast them: they are signed, and the same again does nothing. A higher fee is signed
only by who holds the signer's lane.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import outbox
from abst.chain.api import NotAccepted
from abst.chain.contracts import checksummed
from abst.chain.deploy import transaction
from abst.chain.sending.holder import is_dead
from abst.chain.sending.run import AT_ONCE, News, Run
from abst.keys import Signed, Signer
from abst.outbox import Attempt, Bytes, Intent, Lane
from abst.outbox.tables import ENDED
from abst.values import Address, Hash

MOST_ATTEMPTS = 5  # bytes for one nonce, before a person decides
LASTING = ("gas-limit", "wrong-chain", "invalid")  # why a chain will never take certain bytes


class Courier:
    """Hands stored bytes to the chain."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.delivered: set[Hash] = set()  # what this drain handed over

    def deliver_all(self) -> None:
        """All that the chain has not mined, of everybody with something under way, once more; with higher fees what
        blocks pass over."""
        for signer in sorted({intent.signer for intent in self.run.flying() if intent.state != "mined"}):
            if self.deliver_or_stop(Address(signer), again=True):
                self.raise_fees(Address(signer))

    def deliver_or_stop(self, signer: Address, *, again: bool = False) -> bool:
        """`deliver`; when something hinders it, nothing more of the signer is signed in this drain."""
        trouble = self.deliver(signer, again=again)
        if trouble:
            self.run.stop(signer, f"an older transaction of {signer} is not taken by the chain: {trouble}")
        return trouble is None

    def deliver(self, signer: Address, *, again: bool = False) -> str | None:
        """Broadcast a signer's stored bytes which this drain did not hand over yet, in order; again: all that the chain
        has not mined. What hinders it, in words.
        """
        waiting = self._undelivered(signer, again)
        if not waiting:
            return None
        try:
            self.run.chain.send_raw_many([attempt.raw for attempt in waiting])
            self.delivered.update(attempt.tx_hash for attempt in waiting)
        except NotAccepted:
            for attempt in waiting:  # one by one, to learn which it is
                trouble = self._deliver_one(attempt)
                if trouble:
                    return trouble
        return None

    def _undelivered(self, signer: Address, again: bool) -> list[Attempt]:
        """The latest bytes for each nonce the chain has not used yet, lowest first."""
        with self.run.store.read() as session:
            latest = _latest(session, signer, self.run.chain.nonce(signer))
            lacking = [seq for seq, tx_hash in latest.values() if again or tx_hash not in self.delivered]
            return list(_attempts(session, lacking))

    def _deliver_one(self, attempt: Attempt) -> str | None:
        try:
            self.run.chain.send_raw(attempt.raw)
        except NotAccepted as error:
            if error.reason == "nonce-too-low":
                return None  # used meanwhile, by these bytes or by others: the receipts will say
            if error.reason == "underpriced" and self._raise_one(attempt):
                return None
            state = "needs_attention" if error.reason in LASTING else "sent"
            self.run.write([News(attempt.intent, state, str(error))])
            return str(error)
        self.delivered.add(attempt.tx_hash)
        return None

    # ---- fees

    def raise_fees(self, signer: Address) -> None:
        """Sign with a higher fee what blocks have passed over for `bump_after` seconds, at the same nonces.

        Only when the lowest one did not move for so long: what waits behind it is not at fault. Seconds are the
        blocks': a chain that makes none is not asked for more.
        """
        run = self.run
        head, first = run.chain.head(), run.chain.nonce(signer)
        with run.store.read() as session:
            latest = _latest(session, signer, first)
            old = list(_attempts(session, [seq for seq, _ in latest.values()][: run.settings.batch]))
            moved = session.scalar(
                select(Intent.at)
                .join(Lane, Lane.intent == Intent.id)
                .where(Lane.signer == signer, Lane.nonce == first - 1)
            )
        if not old or old[0].nonce != first:
            return
        if head.timestamp - max(old[0].at, moved or 0) < run.settings.bump_after:
            return
        self._raise([one for one in old if head.timestamp - one.at >= run.settings.bump_after])

    def _raise_one(self, attempt: Attempt) -> bool:
        return self._raise([attempt]) is None

    def _raise(self, old: Sequence[Attempt]) -> str | None:
        """Store and broadcast the same transactions with higher fees, in order. What hinders it, in words."""
        signer = self.run.signer_of(Address(old[0].signer))
        if signer is None:
            return f"waiting for key of {old[0].signer}"
        raised: list[tuple[Attempt, Signed]] = []
        today = self.run.chain.gas_price()
        for attempt in old:
            fields = fields_of(attempt.raw)
            fees = self._fees(fields, today)
            if fees is None or self._tries(attempt) >= MOST_ATTEMPTS:
                if today[0] > 0:
                    words = f"no block takes nonce {attempt.nonce} of {attempt.signer} for {fields['maxFeePerGas']} wei"
                    self.run.write([News(attempt.intent, "needs_attention", f"{words} a gas, and no more may be paid")])
                break
            raised.append((attempt, sign_again(self.run, signer, fields, fees)))
        if not raised or not self._store(signer, raised):
            return "its fee cannot be raised now"
        try:
            self.run.chain.send_raw_many([signed.raw for _, signed in raised])
        except NotAccepted as error:
            return str(error)
        self.delivered.update(signed.hash for _, signed in raised)
        return None

    def _fees(self, old: dict[str, Any], today: tuple[int, int]) -> tuple[int, int] | None:
        """Today's fees, at least an eighth above the old ones and at most what is set; None when that cannot be."""
        most = self.run.settings.most_fee
        least = raised(old)
        if today[0] == 0 or (most and least[0] > most):
            return None
        fee, tip = max(today[0], least[0]), max(today[1], least[1])
        return (min(fee, most) if most else max(fee, tip)), tip

    def _tries(self, attempt: Attempt) -> int:
        with self.run.store.read() as session:
            return len([one for one in outbox.attempts(session, attempt.intent) if one.nonce == attempt.nonce])

    def _store(self, signer: Signer, raised: Sequence[tuple[Attempt, Signed]]) -> bool:
        """Whether they could be stored: the lane is ours, and nobody signed for these nonces meanwhile."""
        run, at = self.run, self.run.chain.now()
        with run.store.begin() as session:
            lane = outbox.standing(session, signer.address)
            if not outbox.free(lane, run.holder, run.wall(), run.settings.lease, is_dead):
                return False
            for attempt, _ in raised:
                tries = outbox.attempts(session, attempt.intent)
                if outbox.get(session, attempt.intent).state in ENDED or tries[-1].seq != attempt.seq:
                    return False
            outbox.take(session, signer.address, run.holder, run.wall(), run.settings.lease)
            run.holding.add(signer.address)
            signed = [Bytes(a.intent, a.nonce, new.raw, new.hash, a.cancels) for a, new in raised]
            outbox.record_attempts(session, signer.address, signed, at)
        return True


def fields_of(raw: bytes) -> dict[str, Any]:
    """What a signed type 2 transaction says."""
    from eth_account.typed_transactions import TypedTransaction
    from hexbytes import HexBytes

    return dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict())


def raised(old: dict[str, Any]) -> tuple[int, int]:
    """The least (max fee, tip) in wei with which nodes let a transaction take another's place: an eighth more."""
    return old["maxFeePerGas"] * 9 // 8 + 1, old["maxPriorityFeePerGas"] * 9 // 8 + 1


def sign_again(run: Run, signer: Signer, fields: dict[str, Any], fees: tuple[int, int]) -> Signed:
    """The same transaction with other fees."""
    to = checksummed("0x" + bytes(fields["to"]).hex())
    data, gas = bytes(fields["data"]), fields["gas"]
    made = transaction(run.chain, nonce=fields["nonce"], to=to, data=data, gas=gas, fees=fees)
    return signer.sign_transaction(made)


def _latest(session: Session, signer: Address, first: int) -> dict[int, tuple[int, Hash]]:
    """Of each nonce from `first` on: the place and hash of its latest bytes."""
    query = select(Attempt.nonce, Attempt.seq, Attempt.tx_hash).where(Attempt.signer == signer, Attempt.nonce >= first)
    return {
        nonce: (seq, tx_hash) for nonce, seq, tx_hash in session.execute(query.order_by(Attempt.nonce, Attempt.seq))
    }


def _attempts(session: Session, seqs: Sequence[int]) -> Iterator[Attempt]:
    """Attempts by their places, in order of their nonces."""
    found: list[Attempt] = []
    for start in range(0, len(seqs), AT_ONCE):
        found += session.scalars(select(Attempt).where(Attempt.seq.in_(seqs[start : start + AT_ONCE])))
    yield from sorted(found, key=lambda one: one.nonce)
