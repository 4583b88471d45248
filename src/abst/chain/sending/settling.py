"""What became of what was sent: receipts decide, and blocks that nobody takes back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from abst import outbox
from abst.chain.api import Receipt, Reverted
from abst.chain.reasons import explain
from abst.chain.sending.delivering import fields_of
from abst.chain.sending.foreign import Foreign
from abst.chain.sending.run import AT_ONCE, News, Run
from abst.chain.sending.settings import tagged
from abst.chain.truth import own_effect
from abst.outbox import Attempt, Intent
from abst.values import Address, Hash

MOST_TURNS = 3  # nonces that one intent may use up by running out of gas


@dataclass(frozen=True, slots=True)
class _Try:
    """One transaction signed for an intent."""

    nonce: int
    hash: Hash
    cancels: bool


@dataclass(frozen=True, slots=True)
class _Suspect:
    """An intent whose nonce the chain calls used, without a receipt of ours. since: when that was first seen."""

    intent: Intent
    nonce: int
    hashes: tuple[Hash, ...]
    since: float


class Settler:
    """Looks for the ends of what is under way."""

    def __init__(self, run: Run, foreign: Foreign) -> None:
        self.run, self.foreign = run, foreign
        self.suspects: dict[str, _Suspect] = {}
        self.replaced: set[Address] = set()  # signers whose blocks were taken back

    def settle(self) -> bool:
        """One look at all that is out. Whether there were news."""
        run = self.run
        flying = run.flying()
        if not flying:
            return False
        final = run.chain.final()
        used = {one: run.chain.nonce(Address(one)) for one in {i.signer for i in flying if i.state != "mined"}}
        blocks = self._blocks(intent.block_number for intent in flying if intent.state == "mined")
        asked = [intent for intent in flying if not _rests(intent, final, blocks)]
        tries = self._tries(asked)
        # A nonce that the chain has not used has no receipt; of several tries at one, any may be the one mined.
        hopeful = {i.id: [t for t in tries[i.id] if i.state == "mined" or t.nonce < used[i.signer]] for i in asked}
        receipts = self._receipts([one.hash for of in hopeful.values() for one in of])
        blocks |= self._blocks(receipt.block_number for receipt in receipts.values())
        news: list[News] = []
        for intent in asked:
            one = self._look(intent, hopeful[intent.id], receipts, blocks, final)
            if one is not None:
                news.append(one)
                if one.state == "sent":
                    self.replaced.add(Address(intent.signer))
            self._suspect(intent, hopeful[intent.id], receipts)
        run.write(news)
        if news:
            run.full.clear()
        return bool(news)

    def used_elsewhere(self, grace: float) -> None:
        """What has been suspect for so many seconds is looked for on the chain."""
        known = time.monotonic() - grace
        old = [one for one in self.suspects.values() if one.since <= known]
        if old:
            self.foreign.look([(one.intent, one.nonce, one.hashes) for one in old])
            for one in old:
                del self.suspects[one.intent.id]

    # ---- asking

    def _blocks(self, numbers: Iterable[int | None]) -> dict[int, Hash]:
        """Hashes of the canonical blocks of these numbers."""
        asked = sorted({number for number in numbers if number is not None})
        found = self.run.chain.blocks(asked) if asked else []
        return {head.number: head.hash for head in found if head is not None}

    def _tries(self, intents: Sequence[Intent]) -> dict[str, list[_Try]]:
        """All transactions signed for each intent at the nonce that it holds."""
        found: dict[str, list[_Try]] = {intent.id: [] for intent in intents}
        columns = (Attempt.intent, Attempt.nonce, Attempt.tx_hash, Attempt.cancels)
        with self.run.store.read() as session:
            for start in range(0, len(intents), AT_ONCE):
                part = [intent.id for intent in intents[start : start + AT_ONCE]]
                query = select(*columns).where(Attempt.intent.in_(part)).order_by(Attempt.seq)
                for intent_id, nonce, tx_hash, cancels in session.execute(query):
                    found[intent_id].append(_Try(nonce, tx_hash, cancels))
        return {one: [a_try for a_try in tries if a_try.nonce == tries[-1].nonce] for one, tries in found.items()}

    def _receipts(self, hashes: Sequence[Hash]) -> dict[Hash, Receipt]:
        answers = self.run.chain.receipts(hashes) if hashes else []
        return {one: receipt for one, receipt in zip(hashes, answers, strict=True) if receipt is not None}

    # ---- judging

    def _look(
        self,
        intent: Intent,
        tries: Sequence[_Try],
        receipts: dict[Hash, Receipt],
        blocks: dict[int, Hash],
        final: int,
    ) -> News | None:
        mined = next((one for one in tries if one.hash in receipts), None)
        if mined is None:
            return News(intent.id, "sent", "its block was replaced by another") if intent.state == "mined" else None
        receipt = receipts[mined.hash]
        # Final is only what stands in the block that the chain has at that number now.
        if receipt.block_number > final or blocks.get(receipt.block_number) != receipt.block_hash:
            seen = (intent.state, intent.block_hash) == ("mined", receipt.block_hash)
            return None if seen else News(intent.id, "mined", receipt=receipt)
        if mined.cancels:
            words = f"cancelled by a person: its nonce {mined.nonce} was used up by a transfer of nothing"
            return News(intent.id, "rejected", words, receipt=receipt)
        if receipt.status == 1:
            return News(intent.id, "final", receipt=receipt)
        return self._reverted(self.run.whole(intent.id), receipt, final)

    def _suspect(self, intent: Intent, tries: Sequence[_Try], receipts: dict[Hash, Receipt]) -> None:
        if intent.state != "sent" or not tries or any(one.hash in receipts for one in tries):
            self.suspects.pop(intent.id, None)
        elif intent.id not in self.suspects:
            hashes = tuple(one.hash for one in tries)
            self.suspects[intent.id] = _Suspect(intent, tries[-1].nonce, hashes, time.monotonic())

    def _reverted(self, intent: Intent, receipt: Receipt, final: int) -> News:
        """Mined and reverted: the receipt does not say why, so the call is run again."""
        data = tagged(intent.data, Hash(intent.operation))
        try:
            self.run.chain.call(Address(intent.to), data, Address(intent.signer))
        except Reverted as reverted:
            revert = explain(reverted.data)
            found = own_effect(self.run.chain, intent, revert)
            if found is not None:
                return News(intent.id, "final" if found.block_number <= final else "mined", found=found)
            return News(intent.id, "rejected", str(revert), receipt=receipt, revert=revert)
        words = f"reverted in block {receipt.block_number} with {receipt.gas_used} gas used; it would pass now"
        with self.run.store.read() as session:
            tries = outbox.attempts(session, intent.id)
        given = next((fields_of(one.raw)["gas"] for one in tries if one.tx_hash == receipt.transaction_hash), 0)
        if receipt.gas_used * 20 >= given * 19 and len({one.nonce for one in tries}) < MOST_TURNS:
            # What went before it in its block made it dearer than when it was tried: nothing was done.
            lost = (receipt.transaction_hash, receipt.block_number)
            return News(intent.id, "pending", f"ran out of its {given} gas; it is tried again", lost=lost)
        return News(intent.id, "rejected", words, receipt=receipt)


def _rests(intent: Intent, final: int, blocks: dict[int, Hash]) -> bool:
    """Whether there can be no news: its block still stands, and can still be taken back."""
    if intent.state != "mined" or intent.block_number is None or intent.block_number <= final:
        return False
    return blocks.get(intent.block_number) == intent.block_hash
