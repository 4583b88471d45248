"""Taking nonces: what is ready is run as of now, signed and stored, by the one process that holds the signer's lane."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import outbox
from abst.chain.api import Reverted, Tx
from abst.chain.deploy import transaction
from abst.chain.reasons import explain
from abst.chain.recovering import same_effect
from abst.chain.sending.delivering import Courier
from abst.chain.sending.foreign import Foreign
from abst.chain.sending.holder import is_dead, words_of
from abst.chain.sending.run import News, Run
from abst.chain.sending.settings import tagged
from abst.chain.truth import Found, own_effect, waits_until
from abst.errors import Unavailable
from abst.keys import Signer
from abst.outbox import Bytes, Intent, Recovered, RecoveredOperation, Standing
from abst.values import Address, Hash


class Desk:
    """Signs what is ready."""

    def __init__(self, run: Run, courier: Courier, foreign: Foreign) -> None:
        self.run, self.courier, self.foreign = run, courier, foreign

    def send_batch(self) -> bool:
        """Sign and broadcast the next ready intents, in the order they were wanted. Whether anything came of it."""
        moved = False
        batch = self.run.ready(self.run.settings.batch)
        for address, intents in groupby(batch, key=lambda intent: Address(intent.signer)):
            if address not in self.run.stopped | self.run.full | set(self.run.busy):
                moved |= self._send(address, list(intents))
        return moved

    def is_free(self, lane: Standing) -> bool:
        """Whether this process may sign on a lane now."""
        return outbox.free(lane, self.run.holder, self.run.wall(), self.run.settings.lease, is_dead)

    def look_again(self) -> bool:
        """Whether a lane on which another process signed is free now."""
        with self.run.store.read() as session:
            found = [one for one in self.run.busy if self.is_free(outbox.standing(session, one))]
        for address in found:
            del self.run.busy[address]
        return bool(found)

    def _send(self, address: Address, intents: list[Intent]) -> bool:
        run = self.run
        signer = run.signer_of(address)
        if signer is None:
            run.stop(address, f"waiting for key of {address}")
            return True
        # The chain first: all that others have mined until now is then among what the store explains.
        first = run.chain.nonce(address)
        with run.store.read() as session:
            lane = outbox.standing(session, address)
            forgotten = _forgotten(session, intents)
        room = self._room(lane)
        if not room:
            return address in run.stopped
        if lane.in_flight and not self.courier.deliver_or_stop(address):
            return True
        if forgotten:
            run.write([_remembered(intent, forgotten[intent.id]) for intent in intents if intent.id in forgotten])
            intents = [intent for intent in intents if intent.id not in forgotten]
        if self.foreign.is_ahead(lane, first):
            return True
        fees = self._fees(address)
        if fees is None:
            return True
        payable = self._payable(address, self._try(intents[:room]), fees[0])
        if payable and self._sign(signer, lane, payable, fees, first):
            self.courier.deliver_or_stop(address)
        return True

    def _room(self, lane: Standing) -> int:
        """How many more of a lane may be signed now; at 0 it is noted why."""
        run, address = self.run, lane.signer
        if lane.halt:
            run.stop(address, f"lane of {address} halted: {lane.halt}", "needs_attention")
        elif not self.is_free(lane):
            run.busy[address] = f"{words_of(lane.holder)} signs for {address} now"
        elif lane.blocked:
            run.stop(
                address, f"waits behind {lane.blocked}, an older transaction of {address} that a person decides on"
            )
        elif lane.in_flight >= run.settings.in_flight:
            run.full.add(address)
        else:
            return run.settings.in_flight - lane.in_flight
        return 0

    # ---- trying

    def _try(self, intents: Sequence[Intent]) -> list[tuple[Intent, int]]:
        """Run each as of now: those that pass, with their gas; for the others the chain's no is written."""
        asked = [Tx(Address(i.signer), Address(i.to), tagged(i.data, Hash(i.operation))) for i in intents]
        passed: list[tuple[Intent, int]] = []
        news: list[News] = []
        for intent, answer in zip(intents, self.run.chain.estimate_many(asked), strict=True):
            if isinstance(answer, Reverted):
                news.append(self._answer(intent, answer))
            else:
                passed.append((intent, answer))
        self.run.write(news)
        return passed

    def _answer(self, intent: Intent, reverted: Reverted) -> News:
        """What a revert means for an intent that may go: done already, too early, or no."""
        chain, revert = self.run.chain, explain(reverted.data)
        found = own_effect(chain, intent, revert)
        if found is not None and found.block_number > chain.final():
            self.run.later.add(intent.id)
            return News(intent.id, "pending", f"done by {found.tx_hash}, whose block is not final yet", revert=revert)
        if found is not None:
            return News(intent.id, "final", found=found)
        until = waits_until(chain, intent, revert)
        if until is not None:
            self.run.later.add(intent.id)
            return News(intent.id, "pending", f"the timelock lets it go at second {until}", revert=revert)
        words = str(revert) if reverted.data else str(reverted)
        return News(intent.id, "rejected", words, revert=revert, unsigned=True)

    def _fees(self, address: Address) -> tuple[int, int] | None:
        """Today's (max fee, tip), not above what may be paid; None when blocks cost more than that: all waits."""
        fee, tip = self.run.chain.gas_price()
        most = self.run.settings.most_fee
        least = (fee - tip) // 2 + tip  # the next block's price: max fees leave room for it to double
        if most and least > most:
            self.run.stop(address, f"gas costs {least} wei, and at most {most} may be paid (sender.most_fee)")
            return None
        return (min(fee, most) if most else fee), tip

    def _payable(self, address: Address, tried: list[tuple[Intent, int]], max_fee: int) -> list[tuple[Intent, int]]:
        """As many as the signer can pay for, in order; when not all, the signer is stopped and the rest wait."""
        held = self.run.chain.balance(address) if tried and max_fee else 0
        needed = 0
        for place, (_, gas) in enumerate(tried):
            needed += gas * max_fee
            if needed > held:
                self.run.stopped.add(address)
                reason = f"{address} cannot pay for gas: found {held} wei, needed {needed} wei"
                self.run.write([News(intent.id, "pending", reason) for intent, _ in tried[place:]])
                return tried[:place]
        return tried

    # ---- signing

    def _sign(
        self, signer: Signer, lane: Standing, payable: Sequence[tuple[Intent, int]], fees: tuple[int, int], first: int
    ) -> bool:
        """The one place where nonces are taken. Signed beforehand, for a signer may be slow; stored only if the lane is
        still as it was looked at, in one transaction with the nonces. Else the signatures are forgotten, unsent.
        """
        run, address = self.run, signer.address
        start = max(first, lane.next or 0)
        signed: list[Bytes] = []
        try:
            for nonce, (intent, gas) in enumerate(payable, start):
                data = tagged(intent.data, Hash(intent.operation))
                tx = transaction(run.chain, nonce=nonce, to=Address(intent.to), data=data, gas=gas, fees=fees)
                done = signer.sign_transaction(tx)
                signed.append(Bytes(intent.id, nonce, done.raw, done.hash))
        except Unavailable as error:  # an external signer: what others sign need not wait for it
            run.stop(address, str(error))
            return False
        at = run.chain.now()
        with run.store.begin() as session:
            now = outbox.standing(session, address)
            kept = outbox.load(session, [one.intent for one in signed])
            if now.next != lane.next or now.halt or not self.is_free(now):
                return False
            if any(intent.state != "pending" or intent.waits_for for intent in kept.values()):
                return False
            outbox.take(session, address, run.holder, run.wall(), run.settings.lease)
            outbox.record_attempts(session, address, signed, at)
        run.holding.add(address)
        run.touched.update(dict.fromkeys(one.intent for one in signed))
        return True


def _forgotten(session: Session, intents: Sequence[Intent]) -> dict[str, Recovered]:
    """Those of the intents that the chain carried out before the store came back from a backup."""
    asked = {intent.operation: intent.id for intent in intents}
    query = select(RecoveredOperation.operation).where(RecoveredOperation.operation.in_(asked))
    found = {asked[one]: outbox.recovered(session, one) for one in session.scalars(query).all()}
    return {intent: one for intent, one in found.items() if one is not None}


def _remembered(intent: Intent, found: Recovered) -> News:
    """The end of an intent whose transaction was sent before the store came back from a backup."""
    place = Found(found.tx_hash, found.block_number, found.block_hash)
    same = (intent.signer, intent.to) == (found.signer, found.to) and same_effect(intent.data, found.data)
    if not same:
        words = f"another content was sent under this operation id before the store was restored: {found.tx_hash}"
        return News(intent.id, "needs_attention", words, unsigned=True)
    if found.done:
        return News(intent.id, "final", found=place)
    words = f"reverted in block {found.block_number}, before the store was restored"
    return News(intent.id, "rejected", words, found=place)
