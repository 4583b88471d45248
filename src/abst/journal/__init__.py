"""The reader of the chain: raw logs of all our contracts, and what they add up to.

`advance` reads on to the head; everything else answers from what was read. The chain is the truth: all of it can be
dropped and read again.
"""

from abst.journal.advancing import RECONCILED, JournalHalted, Standing, advance, look, reached
from abst.journal.advancing import standing as status
from abst.journal.asking import (
    Movement,
    approvals,
    block_at,
    block_of,
    blocks,
    counts,
    flows,
    held_by,
    held_in_all,
    last_moved,
    mints,
    movements,
    obligations,
    payments,
    position_of,
    positions,
    raw,
    tokens,
    wallets,
)
from abst.journal.proving import differences
from abst.journal.reindexing import Reindexed, reindex

__all__ = [
    "RECONCILED",
    "JournalHalted",
    "Movement",
    "Reindexed",
    "Standing",
    "advance",
    "approvals",
    "block_at",
    "block_of",
    "blocks",
    "counts",
    "differences",
    "flows",
    "held_by",
    "held_in_all",
    "last_moved",
    "look",
    "mints",
    "movements",
    "obligations",
    "payments",
    "position_of",
    "positions",
    "raw",
    "reached",
    "reindex",
    "status",
    "tokens",
    "wallets",
]
