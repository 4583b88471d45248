"""Is the journal what the chain says, and is what is derived what follows from it? Changes nothing.

The chain's logs are read again and laid beside the raw ones, one by one; the raw ones are added up again, and each
row that is derived laid beside what follows. Linear in events; held in memory are the positions alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from sqlalchemy import Table, Text, select, type_coerce
from sqlalchemy.orm import Session

from abst.chain.api import Head
from abst.chain.deploy import Deployment
from abst.journal.advancing import Office, reached
from abst.journal.keeping import BY_NAME
from abst.journal.logs import Sorter, address_of
from abst.journal.projections import NOBODY, Books, Tally, Transfer, said
from abst.journal.reading import Reader
from abst.journal.tables import ADDRESSES, BLOCK, HOLDING, MARK, MOVEMENT, RAW, TOKEN
from abst.store import JsonText, Whole
from abst.values import ZERO_ADDRESS, to_bytes

IN_MEMORY = 2_000
MOST = 20  # differences told; one is enough to know

Line = tuple[object, ...]


def differences(office: Office) -> Iterator[str]:
    """What the journal has otherwise than the chain, and what is derived otherwise than it follows; in words.

    What is derived is looked at only where the raw logs are the chain's. At most `MOST` of each.
    """
    with office.store.read() as session:
        last = reached(session)
        if last is None:
            return
        found = _first(_unlike_chain(office, session, last))
        yield from found or _first(_unlike_logs(office.deployment, session))


def _first(words: Iterable[str]) -> list[str]:
    return [one for one, _ in zip(words, range(MOST), strict=False)]


def _unlike_chain(office: Office, session: Session, last: Head) -> Iterator[str]:
    block = office.chain.block(last.number)
    if block is None or block.hash != last.hash:
        found = "no such block" if block is None else block.hash
        yield f"block {last.number}: read as {last.hash}, the chain has {found}"
        return
    columns = (*RAW.c, BLOCK.c.hash)
    kept = session.execute(
        select(*columns).outerjoin(BLOCK, BLOCK.c.number == RAW.c.block).order_by(RAW.c.block, RAW.c.log_index)
    ).yield_per(IN_MEMORY)
    reader = Reader(office.chain, office.deployment, ())
    for ours, theirs in zip_longest(map(tuple, kept), reader.logs(office.deployment.block, last.number)):
        if ours != theirs:
            row = theirs or ours
            words = "not on the chain" if theirs is None else "not in the journal" if ours is None else "differs"
            yield f"log {row[1]} of block {row[0]}: {words}"
            if ours is None or theirs is None or ours[:2] != theirs[:2]:
                return  # from here on nothing stands beside its own


class _Kept:
    """The rows of a derived table, taken off one by one in the order in which they should follow."""

    def __init__(self, session: Session, table: Table, **where: int) -> None:
        columns = [type_coerce(c, Text) if isinstance(c.type, (Whole, JsonText)) else c for c in table.c]
        query = select(*columns).where(*(table.c[name] == value for name, value in where.items()))
        self.name = table.name
        self._rows = map(tuple, session.execute(query.order_by(*table.primary_key.columns)).yield_per(IN_MEMORY))

    def against(self, lines: Iterable[Line]) -> Iterator[str]:
        for line in lines:
            found = next(self._rows, None)
            if found != line:
                yield f"{self.name}: {found} stands where {line} follows"

    def rest(self) -> Iterator[str]:
        for found in self._rows:
            yield f"{self.name}: {found} stands and follows from nothing"


def _unlike_logs(deployment: Deployment, session: Session) -> Iterator[str]:
    numbers = {to_bytes(ZERO_ADDRESS): NOBODY}
    for number, address in session.execute(select(ADDRESSES.c.id, ADDRESSES.c.address)):
        numbers[to_bytes(address)] = number
    sorter = Sorter(deployment, ())
    books = Books({}, {}, lambda _: {})
    others = {name: _Kept(session, table) for name, table in (("", TOKEN), *BY_NAME.items())}
    tokens: dict[int, tuple[_Kept, _Kept]] = {}
    stream = session.execute(select(RAW).order_by(RAW.c.block, RAW.c.log_index)).yield_per(IN_MEMORY)
    for rows in stream.partitions():
        found = sorter.sort(list(rows))
        missing = [one for one in found.addresses() if one not in numbers]
        if missing:
            yield f"{ADDRESSES.name}: no number for {address_of(missing[0])}"
            return
        for block, place, token, filing, tranche in found.made:
            number = numbers[token]
            tokens[number] = (_Kept(session, MOVEMENT, token=number), _Kept(session, MARK, token=number))
            books.held[number], books.tallies[number] = {}, Tally()
            yield from others[""].against([(block, place, number, filing, tranche)])
        for event in found.said:
            if (named := said(event)) is not None:
                yield from others[named[0]].against([named[1]])
        moved, marks = books.apply(
            Transfer(b, i, numbers[token], numbers[giver], numbers[taker], n)
            for b, i, token, giver, taker, n in found.moved
        )
        for place_of, lines in enumerate((moved, marks)):
            for line in lines:
                yield from tokens[line[0]][place_of].against([line])
    for kept in (*others.values(), *(one for pair in tokens.values() for one in pair)):
        yield from kept.rest()
    lines = [(t, w, str(held)) for t in sorted(books.held) for w, held in sorted(books.held[t].items())]
    holding = _Kept(session, HOLDING)
    yield from holding.against(lines)
    yield from holding.rest()
