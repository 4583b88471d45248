"""The cap table of a registry's own tokens, from its journal, held against the chain where that still knows.

Names are shown to the admitter alone, on an order, and the log says so; else investors are told by their ids.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import journal
from abst.chain.acts import Act
from abst.chain.api import Head, Log
from abst.chain.office import Evidence, Office
from abst.errors import Conflict, IntegrityFailure, NotFound, Unavailable, UsageError
from abst.filing import records as filings
from abst.holders import encumbrances, facts
from abst.holders.captable import AsOf, CapTable, Owner, Tranche, cap_table
from abst.holders.facts import Token
from abst.holders.ledger import Ledger
from abst.holders.transaction_kinds import TOKEN
from abst.holders.transactions import Place, object_of
from abst.investor import records as investors
from abst.investor.tables import Wallet
from abst.values import Address, instant, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tables: of one token (`token`), or of all made of a filing; as of a block, or of a Unix second, or now."""

    token: str = ""
    filing: str = ""
    block: int | None = None
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Reveal:
    """Names are shown to this officer (admitter), on this order."""

    officer: str
    order: Evidence


def cap_tables(office: Office, wanted: Wanted, reveal: Reveal | None = None) -> list[CapTable]:
    """The tables as of a block, or of the last one up to a second.

    Raises NotFound, UsageError for what is not there yet, NotAuthorised, Unavailable without the vault's key, and
    IntegrityFailure where two records of the same holdings differ: then nothing is given out.
    """
    tokens = _tokens(office, wanted)
    reached = journal.advance(office)
    as_of = point(office, reached, wanted.block, wanted.second)
    if reveal is not None:
        _log_reveal(office, wanted, reveal)
    return [_table(office, token, as_of, reached, reveal is not None) for token in tokens]


def _tokens(office: Office, wanted: Wanted) -> list[Token]:
    if bool(wanted.token) == bool(wanted.filing):
        raise UsageError("which cap table?", found="both or neither", needed="a token, or --filing", where="TOKEN")
    if wanted.token:
        return [facts.token(office, wanted.token)]
    with office.store.read() as session:
        filing = filings.get(session, wanted.filing)
    made = [token for token in facts.tokens(office) if token.filing == filing.id]
    if not made:
        raise NotFound("this filing has no token yet", found=filing.id, needed="abst token create", where="--filing")
    return made


def point(office: Office, reached: int, block: int | None, second: int | None) -> AsOf:
    """The block that is asked for, of those read: by its number, by a second, or the last.

    Raises UsageError for one that is not there (yet), or a second that is not over.
    """
    if second is None:
        number = reached if block is None else block
        head = office.chain.block(number) if 0 <= number <= reached else None
        found, needed = str(number), f"0 to {reached}"
    else:
        with office.store.read() as session:
            last = office.chain.block(reached)
            late = last is None or second > max(last.timestamp, office.now())
            head = None if late else journal.block_at(session, second)
        found, needed = instant(second), "a moment that is over, since the registry began"
    if head is None:
        raise UsageError("no such block", found=found, needed=needed, where="--at")
    return AsOf(head.number, head.hash, head.timestamp)


def _log_reveal(office: Office, wanted: Wanted, reveal: Reveal) -> None:
    subject = f"token {wanted.token}" if wanted.token else f"filing {wanted.filing}"
    content = {"officer": reveal.officer, "subject": subject, "order": reveal.order.as_dict()}
    act = Act(office, "holders export", new_id("req"), content)
    with act.writing(reveal.officer, "admitter") as desk:
        desk.audit(subject, {"revealed_to": reveal.officer, "order": reveal.order.as_dict()})


def _table(office: Office, token: Token, as_of: AsOf, reached: int, named: bool) -> CapTable:
    with office.store.read() as session:
        ledger = ledger_of(session, token.address, as_of.block)
        held = journal.positions(session, token.address, block=as_of.block)
        owners = _owners(office, session, [*held], named)
        burdened = _encumbered(session, token.address) if as_of.block == reached else None
    if held != ledger.balances:
        wrong = sorted({*held.items()} ^ {*ledger.balances.items()})[:3]
        needed = "the same by the journal's positions and by its events: abst reindex"
        raise IntegrityFailure("two records of holdings differ", found=str(wrong), needed=needed, where=token.symbol)
    tranche = Tranche(
        symbol=token.symbol,
        name=token.terms.name,
        address=token.address,
        filing=token.filing,
        number=token.tranche,
        currency=token.terms.currency,
        decimals=token.terms.decimals,
    )
    return cap_table(tranche, as_of, ledger, owners, burdened)


def ledger_of(session: Session, token: Address, block: int) -> Ledger:
    """A token's ledger after a block, from the raw logs. Linear in the token's events."""
    ledger = Ledger()
    for log, head in logs(session, last=block, addresses=[token]):
        made = object_of(TOKEN, place_of(log, head), log.topics, log.data)
        if made is not None:
            ledger.apply(made)
    return ledger


def logs(session: Session, *, last: int, addresses: Sequence[Address] | None = None) -> Iterator[tuple[Log, Head]]:
    """Raw logs with their blocks, in the order of the chain."""
    heads = {head.number: head for head in journal.blocks(session, last=last)}
    for log in journal.raw(session, last=last, addresses=addresses):
        yield log, heads[log.block_number]


def place_of(log: Log, head: Head) -> Place:
    return Place(log.address, log.transaction_hash, log.block_number, log.log_index, head.timestamp)


def _owners(office: Office, session: Session, wallets: Sequence[Address], named: bool) -> dict[str, Owner]:
    wanted = set(wallets)
    query = select(Wallet.address, Wallet.investor).where(Wallet.number.is_not(None))
    found = {address: investor for address, investor in session.execute(query) if address in wanted}
    names: dict[str, Any] = {}
    if named:
        names = dict(investors.privates(session, sorted({*found.values()}), office.vault()))
    return {
        address: Owner(investor, names[investor].name if investor in names else "")
        for address, investor in found.items()
    }


def _encumbered(session: Session, token: Address) -> dict[str, int]:
    """Units under open pledges and attachments, by wallet."""
    found: dict[str, int] = {}
    for row in encumbrances.every(session, closed=False):
        if row.token == token:
            found[row.wallet] = found.get(row.wallet, 0) + row.remaining
    return found


def place_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: as a draft beside it, then in its place.

    Raises Conflict rather than take another file's place, Unavailable for a folder that cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and path.read_bytes() != content:
            raise Conflict("another file is there", found=str(path), needed="a new name", where="--out")
        draft.touch(mode=0o600)  # a register of holders is its keeper's to show
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise Unavailable("the file cannot be written", found=str(error.strerror), where=str(path)) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
