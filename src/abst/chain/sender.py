"""Sending, exactly once: from the outbox to the chain and back.

An intent goes when all it waits for is final. It is run as of now first; a revert then is the chain's answer. Then, in
ONE database transaction which no other process can enter, its state is looked at again, the signer's next nonce taken
and the signed bytes stored. Only after the commit is anything broadcast: always what is stored for that signer from the
chain's next nonce on, in order, so that there is never a gap, whoever died in between. Again means the same bytes; a
higher fee is a further attempt at the same nonce. Receipts decide, in blocks that nobody takes back; a time-out decides
nothing: the intent stays sent and the next drain goes on.

For each signer one process at a time signs (`abst.outbox.lanes`). Every transaction carries the operation id behind its
call data, so that the chain alone tells what was done. A use of a key that is not explained here stops its lane.

Kill the process between any two of these steps and drain again: the same end, once. The parts are in `sending`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from abst.chain.api import Chain
from abst.chain.sending.delivering import Courier
from abst.chain.sending.foreign import Foreign
from abst.chain.sending.run import Outcome, Progress, Run
from abst.chain.sending.settings import SenderSettings, tag_of, tagged
from abst.chain.sending.settling import Settler
from abst.chain.sending.signing import Desk
from abst.keys import Signer
from abst.store import Store
from abst.values import Address

__all__ = ["Outcome", "Sender", "SenderSettings", "tag_of", "tagged"]

PATIENCE = 60.0  # seconds without any news before what was sent is left to the next drain
PAUSE = 0.02  # seconds between two looks for receipts, growing to
LONGEST_PAUSE = 1.0
AGAIN = 10.0  # seconds after which bytes without a receipt are broadcast again
GRACE = 2.0  # seconds for a node to show the receipt of a transaction whose nonce it says is used

SignerOf = Callable[[Address], Signer | None]


def _wall() -> int:
    return int(time.time())


class Sender:
    """Sends what is in the outbox of a store to a chain, with the keys that `signer_of` can give."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        signer_of: SignerOf,
        *,
        patience: float = PATIENCE,
        settings: SenderSettings | None = None,
        wall: Callable[[], int] = _wall,
    ) -> None:
        """patience: seconds without news before a drain gives up waiting; 0 looks once. wall: Unix seconds, for leases
        alone."""
        self.store, self.chain, self.signer_of = store, chain, signer_of
        self.patience, self.settings, self.wall = patience, settings or SenderSettings(), wall
        self.stopping: Callable[[], bool] = lambda: False  # whether a drain is to end after the step it is in

    def drain(self, intent_ids: Sequence[str] | None = None, progress: Progress | None = None) -> list[Outcome]:
        """Bring these intents, or all, as far as they go from here, and say where they are, in order.

        An intent whose key is not here, whose signer cannot pay, for whose signer another process signs, or whose
        timelock still waits stays pending with the reason. Raises Unavailable when the chain or the store cannot be
        reached: drain again, nothing is lost.
        """
        return _Drain(self, intent_ids, progress or (lambda _: None)).run()


class _Drain:
    """One run of `Sender.drain`."""

    def __init__(self, sender: Sender, intent_ids: Sequence[str] | None, progress: Progress) -> None:
        self.state = run = Run(sender, intent_ids, progress)
        self.stopping = sender.stopping
        self.courier = Courier(run)
        self.foreign = Foreign(run)
        self.settler = Settler(run, self.foreign)
        self.desk = Desk(run, self.courier, self.foreign)

    def run(self) -> list[Outcome]:
        if self.state.scope is None:
            self.foreign.watch()
        self.courier.deliver_all()
        patience = self.state.patience
        begun = delivered = time.monotonic()
        pause = PAUSE
        while not self.stopping():
            # Batch after batch goes out while the earlier ones wait for their blocks.
            if self._settle() | self.desk.send_batch():
                begun, pause = time.monotonic(), PAUSE
                continue
            waited = time.monotonic() - begun
            self.settler.used_elsewhere(GRACE if waited < patience else 0)
            # Looked at anew: another process may have signed since the receipts were looked for.
            if waited >= patience or not (self.state.busy or self.state.under_way()):
                break
            time.sleep(min(pause, patience - waited))
            pause = min(pause * 1.5, LONGEST_PAUSE)
            self.desk.look_again()
            if time.monotonic() - delivered > AGAIN:
                self.courier.deliver_all()
                delivered = time.monotonic()
        for signer, words in self.state.busy.items():
            self.state.stop(signer, words)
        self.state.give_all_back()
        return self.state.outcomes()

    def _settle(self) -> bool:
        """A look for receipts; what a reorganisation took back is broadcast again at once."""
        moved = self.settler.settle()
        for signer in sorted(self.settler.replaced):
            self.courier.deliver_or_stop(signer, again=True)
        self.settler.replaced.clear()
        return moved
