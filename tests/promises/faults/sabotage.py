"""The sender's safeties, each taken away alone: what the machine is there to notice.

Not among them are those behind which another one stands, so that nothing differs without them: the second look before
a nonce is taken (the outbox refuses); the patience with a silent node before the same is signed at a new nonce (a mint,
a payment or an approved act is spent once on chain, and found there when it is tried again); the halt upon a key's use
elsewhere (the next nonce is never below the chain's), which tests/chain/test_sender_lanes.py holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from abst.chain.node import NodeChain
from abst.chain.sending.delivering import Courier
from abst.chain.sending.run import News
from abst.chain.sending.signing import Desk
from abst.errors import Unavailable
from abst.keys import Signed, Signer
from abst.values import Address
from promises.faults.play import ON_FILES, ON_NODE

Sabotage = Callable[[pytest.MonkeyPatch], None]


class _Eager:
    """A signer whose bytes are on their way before anybody stored them."""

    def __init__(self, signer: Signer, desk: Desk) -> None:
        self.address, self._signer, self._desk = signer.address, signer, desk

    def sign_transaction(self, tx: Any) -> Signed:
        signed = self._signer.sign_transaction(tx)
        self._desk.run.chain.send_raw(signed.raw)
        return signed


def sent_before_stored(patch: pytest.MonkeyPatch) -> None:
    real = Desk._sign
    patch.setattr(Desk, "_sign", lambda self, signer, *words: real(self, _Eager(signer, self), *words))


def never_broadcast_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Courier, "deliver_all", lambda _: None)


def silence_is_a_no(patch: pytest.MonkeyPatch) -> None:
    """A node that does not answer has refused."""
    real = Courier.deliver

    def deliver(self: Courier, signer: Address, *, again: bool = False) -> str | None:
        waiting = self._undelivered(signer, again)
        try:
            return real(self, signer, again=again)
        except Unavailable:
            self.run.write([News(attempt.intent, "rejected", "no answer") for attempt in waiting])
            raise

    patch.setattr(Courier, "deliver", deliver)


def every_block_is_final(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(NodeChain, "final", lambda self: self.head().number)


SABOTAGES: Sequence[tuple[Sabotage, str]] = (
    (sent_before_stored, ON_FILES),
    (never_broadcast_again, ON_FILES),
    (silence_is_a_no, ON_FILES),
    (every_block_is_final, ON_NODE),
)
