"""What the reader keeps: blocks and raw logs as the chain gave them, and what is derived from them.

The chain is the truth; of these tables everything can be dropped. A log stands at (block, log index), and of each
number one block alone is kept: so a log is one of its kind by block hash and index. Wallets and tokens are small
numbers here (`journal_address`; 0 is the zero address), because a million movements name them twice each.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.sql.elements import conv

from abst.store import Base, JsonText, Number, Second, Whole

ADDRESS = String(42)
HASH = String(66)
BESIDE = "_beside"  # what a table is called while it is built again


def _place(*before: Column[Any]) -> list[Column[Any]]:
    """The key of what an event says: where the event stands."""
    return [
        *before,
        Column("block", BigInteger, primary_key=True, autoincrement=False),
        Column("log_index", Integer, primary_key=True, autoincrement=False),
    ]


def _table(name: str, *parts: Column[Any] | Index) -> Table:
    # Rows stand in the order of their key: a token's movements lie together.
    return Table(name, Base.metadata, *parts, sqlite_with_rowid=False)


# Every block with a log of ours, every block read that the network may still take back, and the last one read.
# time: Unix seconds.
BLOCK = Table(
    "journal_block",
    Base.metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("hash", HASH, nullable=False, unique=True),
    Column("time", Second, nullable=False, index=True),
)
# topics: 32 bytes each, joined; address: 20 bytes; tx_index: place of the transaction in the block.
RAW = _table(
    "raw_log",
    *_place(),
    Column("address", LargeBinary, nullable=False),
    Column("topics", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("tx_hash", LargeBinary, nullable=False),
    Column("tx_index", Integer, nullable=False),
)
# Never taken back: a number once given means the same address for ever.
ADDRESSES = Table(
    "journal_address",
    Base.metadata,
    Column("id", Number, primary_key=True),
    Column("address", ADDRESS, nullable=False, unique=True),
)

# Tokens made: number of the filing on chain, tranche.
TOKEN = _table(
    "journal_token",
    *_place(),
    Column("token", Integer, nullable=False),
    Column("filing", BigInteger, nullable=False),
    Column("tranche", Integer, nullable=False),
)
# Every movement of a token, and what both sides held after it. number: counts a token's movements, from 1.
MOVEMENT = _table(
    "movement",
    *_place(Column("token", Integer, primary_key=True, autoincrement=False)),
    Column("sender", Integer, nullable=False),
    Column("receiver", Integer, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("sender_after", Whole, nullable=False),
    Column("receiver_after", Whole, nullable=False),
    Column("number", Integer, nullable=False),
    Index("ix_movement_sender", "sender", "block", "log_index"),
    Index("ix_movement_receiver", "receiver", "block", "log_index"),
)
# What each wallet holds of a token after the last movement; zero once it held and holds no more.
HOLDING = _table(
    "holding",
    Column("token", Integer, primary_key=True, autoincrement=False),
    Column("wallet", Integer, primary_key=True, autoincrement=False),
    Column("balance", Whole, nullable=False),
)
# All positions of a token after its movement `number`, so that an earlier day is reached from near by: JSON, wallets
# and balances above zero. next: the number of movements at which the next one is made.
MARK = _table(
    "position_mark",
    *_place(Column("token", Integer, primary_key=True, autoincrement=False)),
    Column("number", Integer, nullable=False),
    Column("next", Integer, nullable=False),
    Column("held", Text, nullable=False),
)
APPROVAL = _table(
    "token_approval",
    *_place(),
    Column("token", ADDRESS, nullable=False),
    Column("owner", ADDRESS, nullable=False),
    Column("spender", ADDRESS, nullable=False),
    Column("amount", Whole, nullable=False),
)
# Which decision each mint stood on.
MINTED = _table(
    "minted",
    *_place(),
    Column("operation", HASH, nullable=False),
    Column("decision", HASH, nullable=False),
    Column("token", ADDRESS, nullable=False),
    Column("gatekeeper", ADDRESS, nullable=False),
    Column("total", Whole, nullable=False),
)
# act: opened or published; obligation 0: a document published for none. facts: the event's other arguments.
OBLIGATION = _table(
    "obligation_event",
    *_place(),
    Column("filing", BigInteger, nullable=False),
    Column("obligation", Integer, nullable=False),
    Column("act", String(16), nullable=False),
    Column("kind", Integer, nullable=False),
    Column("facts", JsonText, nullable=False),
)
# act: declared, paid, waits, elsewhere, completed, off-chain. payment: its id, none where it was made off the chain.
PAYMENT = _table(
    "payment_event",
    *_place(),
    Column("payment", HASH),
    Column("act", String(16), nullable=False),
    Column("holder", ADDRESS),
    Column("amount", Whole, nullable=False),
    Column("facts", JsonText, nullable=False),
)

DERIVED = (TOKEN, MOVEMENT, HOLDING, MARK, APPROVAL, MINTED, OBLIGATION, PAYMENT)
READ = (BLOCK, RAW)


class Shelf:
    """The tables by their names, or a second set of them that is built beside."""

    def __init__(self, suffix: str = "") -> None:
        self.suffix = suffix
        self._beside = MetaData(naming_convention=Base.metadata.naming_convention)

    def __getitem__(self, table: Table) -> Table:
        """This shelf's table of the kind."""
        if not self.suffix:
            return table
        name = table.name + self.suffix
        found = self._beside.tables.get(name)
        if found is None:
            found = table.to_metadata(self._beside, name=name)
            for constraint in found.constraints:
                constraint.name = conv(f"{constraint.name}{self.suffix}")
        return found


LIVE = Shelf()
