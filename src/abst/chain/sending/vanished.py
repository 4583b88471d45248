"""Final transactions whose blocks are gone: the network took back what it said it would not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from abst.chain.api import Chain
from abst.chain.sending.run import AT_ONCE
from abst.outbox import Intent
from abst.store import Store
from abst.values import Hash


@dataclass(frozen=True, slots=True)
class Gone:
    """A final intent, the block in which its end was found, and what the chain has at that number now."""

    intent: str
    number: int
    block_hash: Hash
    now: Hash | None


def vanished(store: Store, chain: Chain) -> list[Gone]:
    """Final intents whose block the chain does not have any more. They stay final: a person must look.

    Linear in blocks that hold final transactions.
    """
    query = select(Intent.id, Intent.block_number, Intent.block_hash).where(
        Intent.state == "final", Intent.block_number.is_not(None)
    )
    with store.read() as session:
        rows = [(row.id, row.block_number or 0, Hash(row.block_hash or "")) for row in session.execute(query)]
    numbers = sorted({number for _, number, _ in rows})
    now: dict[int, Hash] = {}
    for start in range(0, len(numbers), AT_ONCE):
        heads = chain.blocks(numbers[start : start + AT_ONCE])
        now |= {head.number: head.hash for head in heads if head is not None}
    return [Gone(intent, number, block, now.get(number)) for intent, number, block in rows if now.get(number) != block]
