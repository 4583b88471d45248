"""Derives everything again, beside what stands, compares, and puts it in its place in one transaction.

From the raw logs, or from the chain read again up to its last final block. Killed at any point it leaves what stood
standing, and tables beside that the next run drops. Linear in events, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, Text, delete, select, text, tuple_, type_coerce
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex, CreateTable

from abst import audit
from abst.chain.api import Head
from abst.errors import Conflict, Unavailable
from abst.journal import keeping
from abst.journal.advancing import FINAL, HALTED, Office, Standing, halt_of, put, reached, standing
from abst.journal.logs import Row
from abst.journal.reading import TRIES, Moved, Reader
from abst.journal.tables import BESIDE, BLOCK, DERIVED, HOLDING, RAW, READ, Shelf
from abst.store import JsonText, Meta, Whole, get_meta, set_meta
from abst.values import new_id

RUN = "journal reindex"  # which run builds beside, in `meta`
ROWS = 20_000  # logs derived from in one unit of work
SHOWN = 20  # differences told in full
IN_MEMORY = 2_000

Progress = Callable[[str], None]


@dataclass
class Reindexed:
    """What was built again. events: logs read; block: the last one; differences: between what stood and what was
    built, the first of each table in full; differ: how many rows differ in all.
    """

    block: int = -1
    events: int = 0
    differ: int = 0
    differences: list[str] = field(default_factory=list)


def reindex(office: Office, *, from_chain: bool = False, by: str = "", progress: Progress | None = None) -> Reindexed:
    """Build all that is derived again and put it in place, whatever stood there; tells what differed.

    from_chain: the logs too, read again up to the chain's last final block; the only way on after a halt, and then an
    entry of the log says who (`by`) had it read. Raises JournalHalted when the reader was stopped and the chain is not
    read again; Conflict when another run began meanwhile; Unavailable.
    """
    tell = progress or (lambda _: None)
    with office.store.read() as session:
        at = standing(session)
    if at.halted is not None and not from_chain:
        raise halt_of(at.halted)
    for _ in range(TRIES):
        done = _Run(office, from_chain, by, tell).run()
        if done is not None:
            return done
    raise Unavailable("the chain moves while it is read again", found=f"{TRIES} times", where="reindex")


class _Run:
    """One building beside."""

    def __init__(self, office: Office, from_chain: bool, by: str, tell: Progress) -> None:
        self.office, self.tell, self.from_chain, self.by = office, tell, from_chain, by
        self.id, self.shelf = new_id("reindex"), Shelf(BESIDE)
        self.tables = (*READ, *DERIVED) if from_chain else DERIVED
        self.numbers = keeping.Numbers()
        self.done = Reindexed()
        self._after = (-1, -1)  # the last log derived from

    def run(self) -> Reindexed | None:
        """None when the chain moved meanwhile: to be begun again."""
        self._clear()
        try:
            upto = self._from_chain() if self.from_chain else self._from_logs()
        except Moved:
            return None
        self.tell("comparing")
        try:
            self._compare_rows(upto)
        except ProgrammingError:  # PostgreSQL shows at once, even within a transaction, what another run dropped
            with self.office.store.read() as session:
                self._mine(session)
            raise
        return self.done if self._swap(upto) else None

    def _compare_rows(self, upto: Head | None) -> None:
        """All but the positions, which the swap compares."""
        with self.office.store.read() as session:
            self._mine(session)
            last = standing(session)
            if last.reached is not None and upto is not None:
                # What was read and not final may have been taken back by the chain since: no difference of ours.
                bound = min(upto.number, last.final if self.from_chain else last.reached.number)
                self._compare(session, [table for table in self.tables if table is not HOLDING], bound)

    def _clear(self) -> None:
        """New tables beside, without the indexes that only questions need; those of an earlier run go."""
        with self.office.store.begin(even_restored=True) as session:
            set_meta(session, RUN, self.id)
            set_meta(session, FINAL + BESIDE, "-1")
            connection = session.connection()
            for table in (*READ, *DERIVED):
                connection.execute(text(f"DROP TABLE IF EXISTS {table.name}{BESIDE}"))
            for table in self.tables:
                connection.execute(CreateTable(self.shelf[table]))

    def _mine(self, session: Session) -> None:
        if get_meta(session, RUN) != self.id:
            raise Conflict("another reindex began meanwhile", found="another run", needed="one at a time")

    def _from_logs(self) -> Head | None:
        with self.office.store.read() as session:
            upto = reached(session)
        while upto is not None:
            with self.office.store.begin(even_restored=True) as session:
                self._mine(session)
                rows = self._derive(session, upto.number)
            if not rows:
                break
            self._count(rows, self._after[0], upto.number)
        return upto

    def _derive(self, session: Session, upto: int) -> int:
        """Derive from the next logs up to a block. Returns how many there were."""
        place = tuple_(RAW.c.block, RAW.c.log_index)
        query = select(RAW).where(place > tuple_(*self._after), RAW.c.block <= upto)
        found = session.execute(query.order_by(RAW.c.block, RAW.c.log_index).limit(ROWS)).all()
        rows: list[Row] = list(found)
        if rows:
            keeping.derive(session, self.shelf, self.office.deployment, rows, self.numbers)
            self._after = rows[-1][:2]
        return len(rows)

    def _from_chain(self) -> Head | None:
        """Up to the last block that is final, so that nothing is taken back meanwhile; `advance` reads the rest."""
        chain, deployment = self.office.chain, self.office.deployment
        head, final = chain.head(), chain.final()
        last = head if not deployment.block <= final < head.number else chain.block(final)
        if last is None or last.number < deployment.block:
            raise Moved
        reader, at = Reader(chain, deployment, ()), Standing(None, -1, None)
        while at.reached is None or at.reached.number < last.number:
            first = deployment.block if at.reached is None else at.reached.number + 1
            batch = reader.batch(first, last, final, at.reached)
            with self.office.store.begin(even_restored=True) as session:
                self._mine(session)
                at = put(session, self.shelf, deployment, batch, self.numbers, at, final)
            self._count(len(batch.rows), batch.last.number, last.number)
        return at.reached

    def _count(self, events: int, block: int, last: int) -> None:
        self.done.events += events
        self.done.block = block
        self.tell(f"{self.done.events:,} events, block {block:,} of {last:,}")

    def _swap(self, upto: Head | None) -> bool:
        """In one transaction: what was read on meanwhile, the positions compared, names exchanged. False when blocks
        were taken back meanwhile.
        """
        with self.office.store.begin(even_restored=True) as session:
            self._mine(session)
            last = reached(session)
            if not self.from_chain and last is not None:
                if upto is None or not _stands(session, upto):
                    return False
                while rows := self._derive(session, last.number):
                    self._count(rows, last.number, last.number)
            if not self.from_chain or last == upto:
                self._compare(session, [HOLDING], None)
            for table in self.tables:
                _exchange(session.connection(), table)
            if self.from_chain:
                set_meta(session, FINAL, get_meta(session, FINAL + BESIDE) or "-1")
                self._end_halt(session)
            _forget(session, RUN)
            _forget(session, FINAL + BESIDE)
        return True

    def _end_halt(self, session: Session) -> None:
        halted = standing(session).halted
        if halted is not None:
            facts = {"block": halted["where"], "was": halted["needed"], "is": halted["found"], "rule": "R-61"}
            actor, now = self.by or "reader", self.office.chain.now()
            audit.append(session, actor=actor, act="chain read again", subject="journal", at=now, facts=facts)
            _forget(session, HALTED)

    def _compare(self, session: Session, tables: Sequence[Table], upto: int | None) -> None:
        """Row by row in the order of the key, what stands against what was built, up to a block."""
        for table in tables:
            known = SHOWN
            for line in differences(session, table, self.shelf[table], upto):
                self.done.differ += 1
                if known:
                    self.done.differences.append(line)
                    known -= 1


def differences(session: Session, stood: Table, built: Table, upto: int | None) -> Iterator[str]:
    """Rows that stand in one of two tables of a kind only, or differ, in words. Linear, in little memory."""
    key = len(stood.primary_key.columns)
    left, right = _stream(session, stood, upto), _stream(session, built, upto)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if one == other:
            one, other = next(left, None), next(right, None)
        elif other is None or (one is not None and one[:key] < other[:key]):
            yield f"{stood.name}: {one} stood, and does not follow"
            one = next(left, None)
        elif one is None or other[:key] < one[:key]:
            yield f"{stood.name}: {other} follows, and was missing"
            other = next(right, None)
        else:
            yield f"{stood.name}: {one} stood, {other} follows"
            one, other = next(left, None), next(right, None)


def _stream(session: Session, table: Table, upto: int | None) -> Iterator[tuple[object, ...]]:
    """Rows as the database keeps them, in the order of the key."""
    columns = [type_coerce(c, Text) if isinstance(c.type, (Whole, JsonText)) else c for c in table.c]
    query = select(*columns).order_by(*table.primary_key.columns)
    if table.name.startswith(BLOCK.name):
        # Which blocks without a log of ours are kept depends on when they were read.
        logs = Shelf(table.name.removeprefix(BLOCK.name))[RAW]
        query = query.where(table.c.number <= upto, table.c.number.in_(select(logs.c.block)))
    elif upto is not None:
        query = query.where(table.c.block <= upto)
    yield from map(tuple, session.execute(query).yield_per(IN_MEMORY))


def _stands(session: Session, block: Head) -> bool:
    return session.scalar(select(BLOCK.c.hash).where(BLOCK.c.number == block.number)) == block.hash


def _forget(session: Session, key: str) -> None:
    session.execute(delete(Meta).where(Meta.key == key))


def _exchange(connection: Connection, table: Table) -> None:
    """The table beside takes the place of the one that stood.

    PostgreSQL shows a name that was exchanged at once, but not its rows to who began to look before they were written:
    there the rows are exchanged and not the tables.
    """
    beside = table.name + BESIDE
    if connection.dialect.name == "postgresql":
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        connection.execute(delete(table))
        connection.execute(text(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {beside}"))
        connection.execute(text(f"DROP TABLE {beside}"))
        connection.execute(text(f"ANALYZE {table.name}"))  # else it guesses until it looks by itself
        return
    connection.execute(text(f"DROP TABLE {table.name}"))
    connection.execute(text(f"ALTER TABLE {beside} RENAME TO {table.name}"))
    for index in table.indexes:
        connection.execute(CreateIndex(index))
