"""The head of the audit log, put on the chain on a schedule and on demand, and the log held against it (R-70).

An anchor says: entry `seq` had the hash `head`. With it, every change, deletion and reordering up to that entry is
found, and a cut before it; what was written since is told apart as not yet anchored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import audit
from abst.audit import Entry
from abst.audit import Head as LogHead
from abst.chain.acts import Act, once
from abst.chain.api import Chain
from abst.chain.contracts import Contract, decode_call
from abst.chain.office import DONE, Office, Result
from abst.chain.reader import events
from abst.decisions import officers
from abst.errors import UsageError
from abst.integrity.checks import Check, Difference
from abst.values import Address, Hash, instant

COMMAND = "audit anchor"
RECOVERED = "recover"  # the act of a recovery, and the fact of its entry that names anchors: [number, head] each
LOST = "anchors_lost"
HOUR = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """REGISTRAR. if_due: only when the last anchor is older than the setting, and something was written since."""

    officer: str
    request: str
    if_due: bool = False


@dataclass(frozen=True, slots=True)
class Anchored:
    """One anchor on the chain. at: Unix second of its block; by: the key that wrote it."""

    seq: int
    head: Hash
    by: Address
    block: int
    tx_hash: Hash
    at: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "head": self.head,
            "by": self.by,
            "block": self.block,
            "tx_hash": self.tx_hash,
            "at": instant(self.at),
        }


@dataclass(frozen=True, slots=True)
class Examination:
    """The log held against its anchors. unanchored: entries later than the last anchor, or all of them; lost: anchors
    whose entries were lost with a database, as a recovery put on record.
    """

    entries: int
    head: Hash
    anchors: tuple[Anchored, ...]
    unanchored: int
    differences: tuple[Difference, ...]
    lost: tuple[Anchored, ...] = ()


# ---- anchoring


@once
def anchor(office: Office, cmd: Anchor) -> Result:
    """Put the head of the log on the chain, this act's own entry included. REGISTRAR.

    With `if_due`, a log that is not due is left alone and nothing is written. Raises NotAuthorised, Refused.
    """
    act = Act(office, COMMAND, cmd.request, {"officer": cmd.officer, "if_due": cmd.if_due})
    if act.earlier:
        return act.again()
    contract = office.contracts.anchors
    if cmd.if_due and (due := due_at(office)) is not None and office.now() < due:
        with office.store.read() as session:
            officers.require(session, cmd.officer, "registrar")
        return Result(cmd.request, COMMAND, DONE, {"anchored": False, "due": instant(due)})
    if before := act.before():
        return _anchored_before(act, cmd, before[-1].data)
    with act.writing(cmd.officer, "registrar") as desk:
        desk.audit("audit log", {"anchors": contract.address})
        head = audit.head(desk.session)
        desk.send(COMMAND, contract.address, contract.encode("anchor", head.seq, head.hash))
        desk.result = {"anchored": True, "seq": head.seq, "head": head.hash}
    return act.finish()


def _anchored_before(act: Act, cmd: Anchor, data: bytes) -> Result:
    """The chain has it, from before the store was restored: of a log whose end was lost, so another one is wanted."""
    call = decode_call("AuditAnchors", data)
    if call is None:
        raise TypeError("an anchor's operation was another act's")
    seq, head = call[1]
    with act.writing(cmd.officer, "registrar") as desk:
        desk.audit("audit log", {"anchored before a restore": seq})
        desk.warnings = (
            "anchored before the store was restored; its entries were lost: anchor again, by a new request",
        )
        desk.result = {"anchored": True, "seq": seq, "head": head}
    return act.finish()


def due_at(office: Office) -> int | None:
    """The second from which an anchor is due: so many hours after the last one; None: at once, there is none yet."""
    last = last_anchor(office)
    return None if last is None else last.at + HOUR * office.rulebook.number("R-70", "anchor_hours")


def row_of_today(office: Office) -> dict[str, Any] | None:
    """The row of `abst today` about the log: {kind, what, when, who, overdue}; None while nothing was written since."""
    due, last = due_at(office), last_anchor(office)
    with office.store.read() as session:
        head = audit.head(session)
    since = head.seq - (last.seq if last else 0)
    if since <= 0:
        return None
    when = office.now() if due is None else due
    what = f"audit log: {since} entries are not anchored on chain"
    return {"kind": "anchor", "what": what, "when": when, "who": "registrar", "overdue": office.now() > when}


# ---- reading


def anchored(office: Office, chain: Chain | None = None) -> list[Anchored]:
    """Every anchor on the chain, in order. chain: another node of the same chain; None: the home's own."""
    asked = chain or office.chain
    contract = Contract("AuditAnchors", office.contracts.anchors.address, asked)
    found = events(asked, [contract], office.deployment.block, asked.head().number, [contract.codec.topic("Anchored")])
    return [
        Anchored(
            seq=event.args["seq"],
            head=Hash(event.args["head"]),
            by=event.args["by"],
            block=event.block_number,
            tx_hash=event.tx_hash,
            at=_second(asked, event.block_number),
        )
        for event in found
    ]


def last_anchor(office: Office) -> Anchored | None:
    """The last anchor, found by its number: a contract's answer, and one event."""
    contract = office.contracts.anchors
    seq, _ = contract.read("last")
    if not seq:
        return None
    topics = [contract.codec.topic("Anchored"), Hash(f"0x{seq:064x}")]
    event = events(office.chain, [contract], office.deployment.block, office.chain.head().number, topics)[-1]
    return Anchored(
        seq,
        Hash(event.args["head"]),
        event.args["by"],
        event.block_number,
        event.tx_hash,
        _second(office.chain, event.block_number),
    )


def _second(chain: Chain, number: int) -> int:
    block = chain.block(number)
    return block.timestamp if block else 0


def parse(words: Sequence[str]) -> list[LogHead]:
    """Anchors given as SEQ:HASH, kept by somebody else. Raises UsageError."""
    found: list[LogHead] = []
    for word in words:
        number, _, hash_ = word.partition(":")
        if not (number.isascii() and number.isdigit() and _is_hash(hash_)):
            raise UsageError("not an anchor", found=repr(word), needed="SEQ:0x and 64 hex digits", where="--anchor")
        found.append(LogHead(int(number), Hash(hash_.lower())))
    return found


def _is_hash(text: str) -> bool:
    return len(text) == 66 and text.startswith("0x") and all(digit in "0123456789abcdefABCDEF" for digit in text[2:])


def log(office: Office, *, after: int = 0, subject: str = "") -> Iterator[dict[str, Any]]:
    """The entries of the log in order, with the words as they stand."""
    with office.store.read() as session:
        for entry in audit.entries(session, subject=subject or None, after=after):
            yield shown(entry)
            session.expunge(entry)


def shown(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": instant(entry.at),
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "facts": entry.facts,
        "previous": entry.previous,
        "hash": entry.hash,
    }


# ---- checking


def examine(office: Office, given: Sequence[LogHead] = (), chain: Chain | None = None) -> Examination:
    """Hold the log against itself, its anchors on the chain, and those given. Every difference; nothing is changed."""
    known = anchored(office, chain)
    with office.store.read() as session:
        told = lost_before(session)
        lost = tuple(one for one in known if (one.seq, one.head) in told)
        heads = [*given, *(LogHead(one.seq, one.head) for one in known if one not in lost)]
        words = audit.verify(session, heads)
        head = audit.head(session)
    latest = max((one.seq for one in heads), default=0)
    found = [Difference("audit", text, "as it was written", "the log was changed") for text in words]
    found += _keys(office, known, lost)
    return Examination(head.seq, head.hash, tuple(known), max(head.seq - latest, 0), tuple(found), lost)


def lost_before(session: Session) -> set[tuple[int, str]]:
    """Number and head of each anchor whose entries were lost with a database, as recoveries have put on record."""
    query = select(Entry.facts).where(Entry.act == RECOVERED, Entry.subject == "registry")
    return {(seq, head) for facts in session.scalars(query) for seq, head in facts.get(LOST, ())}


def _keys(office: Office, known: Sequence[Anchored], lost: Sequence[Anchored]) -> list[Difference]:
    """Every anchor was wanted here: written by an act of this log (or of the part that was lost), by a registrar."""
    with office.store.read() as session:
        sent = {str(entry.facts.get("anchors", "")) for entry in audit.entries(session, subject="audit log")}
        names = {officer.address for officer in officers.all(session) if "registrar" in officer.roles}
    found = [
        Difference(f"anchor {one.seq}", one.by, "a registrar's key", "who anchored")
        for one in known
        if one.by not in names
    ]
    if len(known) > len(lost) and str(office.contracts.anchors.address) not in sent:
        found.append(
            Difference("audit", f"{len(known)} anchors on chain", "no act of anchoring", "the log was changed")
        )
    return found


def audit_log(office: Office) -> list[Difference]:
    """The log's chain of hashes holds from its first entry to its last, and to its anchors on the chain (R-70)."""
    return list(examine(office).differences)


CHECKS: tuple[Check, ...] = (audit_log,)
