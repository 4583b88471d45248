"""A key of ours that somebody used elsewhere: found out, told apart from what we sent and forgot, and stopped.

A nonce of ours that a transaction has used which is none of ours; or nonces used beyond all that the store explains.
Every transaction signed here carries its operation id, so the chain tells which intent it was, if any.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst import outbox
from abst.chain.api import Chain, Receipt, Sent
from abst.chain.reader import pieces
from abst.chain.recovering import said
from abst.chain.sending.run import News, Run
from abst.chain.sending.settings import tag_of, tagged
from abst.chain.truth import Found
from abst.decisions import officers
from abst.outbox import Attempt, Intent, Standing
from abst.outbox.tables import ENDED
from abst.values import Address, Hash

BLOCKS_A_LOOK = 200
MOST_BLOCKS = 20_000  # looked at before it is left to a person
EARLIER = 3_600  # seconds before our own bytes by which a block's clock may be behind


class Foreign:
    """Looks for uses of our keys that are not explained here."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def watch(self) -> None:
        """Whether an officer's key was used elsewhere, though nothing is to be sent with it now."""
        run = self.run
        with run.store.read() as session:
            keys = [Address(one.address) for one in officers.all(session)]
        used = {one: run.chain.nonce(one) for one in keys}
        with run.store.read() as session:
            lanes = [outbox.standing(session, one) for one in keys]
        for lane in lanes:
            if lane.next is not None and not lane.halt:
                self.is_ahead(lane, used[lane.signer])

    def is_ahead(self, lane: Standing, on_chain: int) -> bool:
        """Whether the chain has used nonces of a signer that nothing here explains: then nothing is signed now.

        Of a key that is an officer's the lane is halted; a holder may use his own wallet wherever he likes. Nonces used
        by what intents here wanted explain themselves.
        """
        run, signer = self.run, lane.signer
        if lane.next is None:
            return on_chain > 0 and self._forgotten(signer, on_chain)
        if on_chain <= lane.next:
            return False
        missing = range(lane.next, on_chain)
        found = used_by(run.chain, signer, missing, self._since(signer))
        ours = self._ours(found.values())
        others = [one for one in found.values() if one.hash not in ours]
        if any(self._is_forgotten(one) for one in others):
            return True
        if len(ours) < len(missing) and self._is_officer(signer):
            told = others[0].hash if others else "a transaction not found"
            self._halt(signer, lane.next, f"nonce {lane.next} or one after it was used by {told}, not sent from here")
        else:
            with run.store.begin() as session:
                outbox.lift(session, signer, on_chain, run.chain.now())
        return True

    def look(self, suspects: Sequence[tuple[Intent, int, Collection[Hash]]]) -> None:
        """Intents whose nonce the chain calls used and which have no receipt: (intent, nonce, hashes signed for it)."""
        run, final = self.run, self.run.chain.final()
        for signer in sorted({Address(intent.signer) for intent, _, _ in suspects}):
            mine = [one for one in suspects if one[0].signer == signer]
            found = used_by(run.chain, signer, [nonce for _, nonce, _ in mine], self._since_of(mine))
            theirs = [one for one in mine if one[1] in found and found[one[1]].hash not in one[2]]
            ours = self._ours([found[nonce] for _, nonce, _ in theirs], {intent.id for intent, _, _ in theirs})
            news: list[News] = []
            for intent, nonce, _ in theirs:
                other = found[nonce]
                if ours.get(other.hash) == intent.id:
                    continue
                words = f"nonce {nonce} of {signer} was used by another transaction, {other.hash}, not sent from here"
                gone = (other.hash, other.block_number) if other.block_number <= final else None
                news.append(News(intent.id, "needs_attention", words, lost=gone))
            run.write(news)
            if news and self._is_officer(signer):
                self._halt(signer, theirs[0][1], news[0].reason)

    def _ours(self, found: Collection[Sent], suspects: Collection[str] = ()) -> dict[Hash, str]:
        """Those of the transactions that are exactly what an intent here wanted, by hash: it is settled by them.

        suspects: intents signed at the very nonces; any other that is signed has bytes of its own, and waits for them.
        """
        run, news, final = self.run, [], self.run.chain.final()
        ours: dict[Hash, str] = {}
        for one in found:
            with run.store.read() as session:
                intent = outbox.by_operation(session, tag_of(one.data))
                signed = intent is not None and outbox.lane_of(session, intent.id) is not None
            if intent is None or (signed and intent.id not in suspects) or not is_of(one, intent):
                continue
            if intent.state in ENDED:
                ours |= {one.hash: intent.id} if intent.tx_hash == one.hash else {}
                continue
            receipt = run.chain.receipt(one.hash)
            if receipt is not None and receipt.block_number <= final:
                ours[one.hash] = intent.id
                news.append(_end(intent, receipt))
        run.write(news)
        return ours

    def _halt(self, signer: Address, nonce: int, reason: str) -> None:
        run, at = self.run, self.run.chain.now()
        with run.store.begin() as session:
            outbox.halt(session, signer, nonce, reason, at)
        run.progress(f"lane of {signer} halted: {reason}")
        run.stop(signer, f"lane of {signer} halted: {reason}", "needs_attention")

    def _forgotten(self, signer: Address, on_chain: int) -> bool:
        """Whether a key that never sent from this store signed on chain what only a registry signs.

        What intents here wanted ends them; then the key's lane begins after all that the chain has.
        """
        run = self.run
        with run.store.read() as session:
            known = session.scalar(select(func.max(Intent.block_number))) or 0
        head = run.chain.head().number
        places = pieces(max(known, head - MOST_BLOCKS, 0), head, BLOCKS_A_LOOK)
        found = [one for first, last in places for one in run.chain.sent([signer], first, last)]
        ours = self._ours(found)
        if any(self._is_forgotten(one) for one in found if one.hash not in ours):
            return True
        if ours:
            with run.store.begin() as session:
                outbox.lift(session, signer, on_chain, run.chain.now())
        return bool(ours)

    def _is_forgotten(self, sent: Sent) -> bool:
        """Whether a transaction carries an operation id unknown here: then the store was put back from an older one,
        and the signer's lane is halted."""
        with self.run.store.read() as session:
            if not is_forgotten(session, sent):
                return False
        words = f"{sent.hash} of this key is unknown here: the store is older than the chain: abst recover"
        self._halt(sent.sender, sent.nonce, words)
        return True

    def _is_officer(self, signer: Address) -> bool:
        with self.run.store.read() as session:
            return officers.by_address(session, signer) is not None

    def _since(self, signer: Address) -> int:
        """When this store last signed for a signer."""
        query = select(func.max(Attempt.at)).where(Attempt.signer == signer)
        with self.run.store.read() as session:
            return session.scalar(query) or 0

    def _since_of(self, suspects: Sequence[tuple[Intent, int, Collection[Hash]]]) -> int:
        query = select(func.min(Attempt.at)).where(Attempt.intent.in_([intent.id for intent, _, _ in suspects]))
        with self.run.store.read() as session:
            return session.scalar(query) or 0


def used_by(chain: Chain, signer: Address, nonces: Collection[int], since: int) -> dict[int, Sent]:
    """Which transactions used these nonces of a signer, looked for from the head back to second `since`."""
    found: dict[int, Sent] = {}
    head = chain.head().number
    for first, last in reversed(list(pieces(max(head - MOST_BLOCKS, 0), head, BLOCKS_A_LOOK))):
        for one in chain.sent([signer], first, last):
            if one.nonce in nonces:
                found[one.nonce] = one
        earliest = chain.block(first)
        if len(found) == len(nonces) or earliest is None or earliest.timestamp < since - EARLIER:
            break
    return found


def is_forgotten(session: Session, sent: Sent) -> bool:
    """Whether a transaction carries, behind its call, an operation id that is unknown here or was never signed here."""
    told = said(sent.data)
    if told.operation is None or outbox.recovered(session, told.operation) is not None:
        return False
    intent = outbox.by_operation(session, told.operation)
    return intent is None or (intent.state not in ENDED and outbox.lane_of(session, intent.id) is None)


def is_of(sent: Sent, intent: Intent) -> bool:
    """Whether a transaction on chain is exactly what an intent wanted."""
    return (sent.sender, sent.to, sent.data) == (
        intent.signer,
        intent.to,
        tagged(intent.data, Hash(intent.operation)),
    )


def _end(intent: Intent, receipt: Receipt) -> News:
    place = Found(receipt.transaction_hash, receipt.block_number, receipt.block_hash)
    if receipt.status == 1:
        return News(intent.id, "final", found=place, receipt=receipt)
    words = f"reverted in block {receipt.block_number}, sent before this store knew of it"
    return News(intent.id, "rejected", words, found=place, receipt=receipt)
