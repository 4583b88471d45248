"""`abst recover`: a store that is older than its chain learns what it has forgotten, and acts may go on.

Every transaction of ours carries its operation id. All that our keys ever sent since the last block the store knows is
read: what an intent here wanted ends that intent; what nobody here knows is kept under its operation id, so that the
same request, asked again, ends as it did and nothing is sent twice. What the chain never had cannot come back from it:
persons, papers and the facts of decisions made since the backup are missing until the same requests are made again.

Kill it anywhere and run it again: every step writes only what is not there yet.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import audit, outbox
from abst.chain.api import Receipt, Sent
from abst.chain.contracts import Contracts
from abst.chain.deploy import Deployment
from abst.chain.office import Office
from abst.chain.powers import members
from abst.chain.proposals import settle
from abst.chain.reader import events, pieces
from abst.chain.recovering import said, same_effect
from abst.chain.roles import ROLE_OF_OFFICER, TIMELOCK_OF_OFFICER, Role
from abst.decisions import officers
from abst.holders import desk as holders
from abst.integrity import anchors
from abst.integrity.checks import Difference
from abst.investor.tables import Wallet
from abst.issuance.tables import MintLot
from abst.outbox import Attempt, Intent, Lane
from abst.outbox.recovered import Recovered, all_recovered, keep, last_nonce
from abst.store import RESTORED, get_meta
from abst.store.tables import Meta
from abst.values import Address, Hash, digest

BLOCKS = 200  # read at a time, and kept in one unit of work
AT_ONCE = 500  # values in one question to the database
PATIENCE = 60.0  # seconds to wait for what is on its way
PAUSE = 0.5
ACT = anchors.RECOVERED
AGAIN, REFUSED = "decision of the mint", "acted on a refusal"  # words of `abst.integrity.checks`
REASON = "found on the chain after the store was restored"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recover:
    """officer: who answers for it, for the log; patience: seconds to wait for transactions on their way."""

    officer: str = ""
    patience: float = PATIENCE


@dataclass(slots=True)
class Report:
    """What a recovery found. lifted: acts may go on; waiting: transactions by signer that are not final yet.

    read: transactions of ours; settled: ids of intents that ended by it; strange: operations that an intent here wants
    with another content; foreign: transactions of officers without an operation id; officers: role names by address
    that the chain has and the store has not; lost: audit entries that were anchored and are gone.
    """

    marked: bool
    first: int = 0
    last: int = 0
    read: int = 0
    found: list[Recovered] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    foreign: list[Sent] = field(default_factory=list)
    officers: dict[Address, list[str]] = field(default_factory=dict)
    waiting: dict[Address, int] = field(default_factory=dict)
    lost: int = 0
    lifted: bool = False
    explained: dict[Address, bool] = field(default_factory=dict)  # by sender: whether each of his transactions is

    def as_dict(self) -> dict[str, Any]:
        return {
            "lifted": self.lifted,
            "marked": self.marked,
            "from_block": self.first,
            "to_block": self.last,
            "read": self.read,
            "settled": len(self.settled),
            "found": [shown(one) for one in self.found],
            "strange": self.strange,
            "foreign": [
                {"signer": one.sender, "nonce": one.nonce, "tx_hash": one.hash, "block": one.block_number}
                for one in self.foreign
            ],
            "officers": [{"address": account, "roles": roles} for account, roles in self.officers.items()],
            "waiting": [{"signer": signer, "transactions": count} for signer, count in self.waiting.items()],
            "lost_entries": self.lost,
        }


def shown(one: Recovered) -> dict[str, Any]:
    """A recovered operation for people and programs."""
    return {
        "operation": one.operation,
        "words": one.words,
        "signer": one.signer,
        "nonce": one.nonce,
        "block": one.block_number,
        "tx_hash": one.tx_hash,
        "done": one.done,
        "decision": one.decision,
    }


def recover(office: Office, cmd: Recover, progress: Progress | None = None) -> Report:
    """Read from the chain what the store does not know, and let acts go on. The same again changes nothing.

    While transactions are on their way, or not final, and do not become so in time, what was found is kept and the
    store stays as it was: run it again. Raises NotFound for an unknown officer, Unavailable as the chain does.
    """
    say = progress or (lambda _: None)
    with office.store.read() as session:
        if cmd.officer:
            officers.get(session, cmd.officer)
        report = Report(marked=get_meta(session, RESTORED) is not None)
        report.first = _known_block(office, session)
        own, several = _signers(office, session)
    report.waiting = _wait(office, own, cmd.patience, say)
    report.last = office.chain.final()
    signers = sorted({*own, *several})
    for first, last in pieces(report.first, report.last, BLOCKS):
        say(f"reading blocks {first} to {last} of {report.last}")
        _read(office, signers, several, first, last, report)
    _by_receipts(office, report)
    report.officers = _strangers(office)
    _lift(office, cmd, report)
    if report.lifted:
        settle(office)
        holders.advance(office)
    return report


# ---- who, and from where


def _signers(office: Office, session: Session) -> tuple[set[Address], set[Address]]:
    """Accounts whose every transaction is ours, and those that may also be used elsewhere: the investors' wallets."""
    own = {Address(one.address) for one in officers.all(session)}
    own |= set(_strangers(office)) | {Address(one) for one in session.scalars(select(Lane.signer).distinct())}
    several = {Address(one) for one in session.scalars(select(Wallet.address))}
    registry = office.contracts.registry
    topics = [[registry.codec.topic(name) for name in ("Admitted", "WalletAdded")]]
    head = office.chain.head().number
    several |= {e.args["wallet"] for e in events(office.chain, [registry], office.deployment.block, head, topics)}
    several |= set(office.keys.names().values()) - {office.deployment.deployer}
    return own, several - own


def _strangers(office: Office) -> dict[Address, list[str]]:
    """Who holds roles on the chain and is no officer here, with the names of those roles."""
    with office.store.read() as session:
        known = {one.address for one in officers.all(session)}
    held = held_roles(office.contracts, office.deployment)
    return {account: roles for account, roles in held.items() if account not in known}


def held_roles(contracts: Contracts, deployment: Deployment) -> dict[Address, list[str]]:
    """Every account that is no contract of ours, with the officer's roles that it holds on the chain."""
    parts = set(deployment.addresses().values())
    held: dict[Address, list[str]] = {}
    names = {role: name for name, role in ROLE_OF_OFFICER.items()}
    for number, accounts in members(contracts.manager, deployment.block).items():
        if number in set(Role) and Role(number) in names:
            for account in accounts - parts:
                held.setdefault(account, []).append(names[Role(number)])
    for name, (which, side) in TIMELOCK_OF_OFFICER.items():
        lock = contracts.timelock(which)
        role = int(lock.read("PROPOSER_ROLE" if side == "proposer" else "EXECUTOR_ROLE"), 16)
        for account in members(lock, deployment.block).get(role, set()) - parts:
            held.setdefault(account, []).append(name)
    return {account: sorted(roles) for account, roles in sorted(held.items())}


def _known_block(office: Office, session: Session) -> int:
    """The last block that the store saw and the chain still has: what it forgot was signed, so mined, after it."""
    query = select(Intent.block_number, Intent.block_hash).where(Intent.block_number.is_not(None))
    for number, block_hash in session.execute(query.order_by(Intent.block_number.desc()).limit(AT_ONCE)):
        block = office.chain.block(number or 0)
        if block is not None and block.hash == block_hash:
            return block.number
    return office.deployment.block


# ---- waiting for the chain


def _wait(office: Office, signers: Iterable[Address], patience: float, say: Progress) -> dict[Address, int]:
    """Until nothing of these accounts is on its way and the head is final; what still is when patience ends."""
    until = time.monotonic() + patience
    while True:
        chain = office.chain
        flying = {one: chain.nonce(one, waiting=True) - chain.nonce(one) for one in sorted(signers)}
        waiting = {one: count for one, count in flying.items() if count > 0}
        head = chain.head().number
        if not waiting and chain.final() >= head:
            return {}
        if time.monotonic() >= until:
            return waiting or _not_final(office, signers, head)
        say(f"waiting: {sum(waiting.values())} transactions are on their way, block {head} is not final yet")
        time.sleep(min(PAUSE, patience))


def _not_final(office: Office, signers: Iterable[Address], head: int) -> dict[Address, int]:
    """What these accounts sent in blocks that the network may still take back."""
    found: dict[Address, int] = {}
    for one in office.chain.sent(sorted(signers), office.chain.final() + 1, head):
        found[one.sender] = found.get(one.sender, 0) + 1
    return found


# ---- reading


def _read(
    office: Office, signers: Sequence[Address], several: Container[Address], first: int, last: int, report: Report
) -> None:
    """Transactions of these blocks, each to the intent it belongs to, or kept for the request that will come."""
    sent = [one for one in office.chain.sent(signers, first, last) if one.to is not None]
    report.read += len(sent)
    for one in sent:
        report.explained.setdefault(one.sender, True)
    if not sent:
        return
    receipts = office.chain.receipts([one.hash for one in sent])
    with office.store.read() as session:
        known = _attempted(session, [one.hash for one in sent])
    missing = [(one, receipt) for one, receipt in zip(sent, receipts, strict=True) if one.hash not in known]
    if not missing:
        return
    at = office.now()
    with office.store.begin(even_restored=True) as session:
        for one, receipt in missing:
            if receipt is not None:
                _keep(session, one, receipt, at, report, holder=one.sender in several)


def _attempted(session: Session, hashes: Sequence[Hash]) -> set[str]:
    """Those whose bytes were stored here before they were sent."""
    found: set[str] = set()
    for start in range(0, len(hashes), AT_ONCE):
        found |= set(
            session.scalars(select(Attempt.tx_hash).where(Attempt.tx_hash.in_(hashes[start : start + AT_ONCE])))
        )
    return found


def _keep(session: Session, sent: Sent, receipt: Receipt, at: int, report: Report, *, holder: bool) -> None:
    words = said(sent.data)
    if words.operation is None or sent.to is None:
        if sent.data:
            report.explained[sent.sender] = False
            report.foreign += [] if holder else [sent]
        return
    found = Recovered(
        operation=words.operation,
        signer=sent.sender,
        nonce=sent.nonce,
        to=sent.to,
        data=words.call,
        words=words.words,
        decision=words.decision,
        done=receipt.status == 1,
        tx_hash=sent.hash,
        block_number=sent.block_number,
        block_hash=sent.block_hash,
    )
    keep(session, found, at)
    intent = outbox.by_operation(session, words.operation)
    if intent is None:
        report.found.append(found)
    else:
        _end(session, intent, found, at, report)


def _end(session: Session, intent: Intent, found: Recovered, at: int, report: Report) -> None:
    """An intent that the chain carried out, though its signature is not in the store."""
    if intent.state in ("final", "rejected"):
        return
    if (intent.signer, intent.to) != (found.signer, found.to) or not same_effect(intent.data, found.data):
        words = f"transaction {found.tx_hash} did something else under this operation id before the store was restored"
        if intent.state != "needs_attention":
            outbox.settle(session, intent.id, "needs_attention", at=at, reason=words)
        report.strange.append(intent.id)
        return
    _settle(session, intent, found.done, found.tx_hash, found.block_number, found.block_hash, at)
    report.settled.append(intent.id)


def _settle(
    session: Session, intent: Intent, done: bool, tx_hash: Hash, block_number: int, block_hash: Hash, at: int
) -> None:
    outbox.settle(
        session,
        intent.id,
        "final" if done else "rejected",
        at=at,
        reason=REASON if done else f"reverted in block {block_number}, before the store was restored",
        tx_hash=tx_hash,
        block_number=block_number,
        block_hash=block_hash,
    )


def _by_receipts(office: Office, report: Report) -> None:
    """Intents whose bytes the store has: their receipts say what became of them."""
    with office.store.read() as session:
        flying = outbox.in_states(session, ("sent", "mined", "needs_attention"))
        hashes = {one.id: [a.tx_hash for a in outbox.attempts(session, one.id)] for one in flying}
    final, at = office.chain.final(), office.now()
    for intent in flying:
        receipts = [one for one in office.chain.receipts(hashes[intent.id]) if one is not None]
        if receipts and receipts[0].block_number <= final:
            one = receipts[0]
            with office.store.begin(even_restored=True) as session:
                row = outbox.get(session, intent.id)
                if row.state not in ("final", "rejected"):
                    place = (one.transaction_hash, one.block_number, one.block_hash)
                    _settle(session, row, one.status == 1, *place, at)
                    report.settled.append(intent.id)


# ---- going on


def _lift(office: Office, cmd: Recover, report: Report) -> None:
    """Take the mark away and write what was found into the log, in one unit of work; not while anything is awaited."""
    if report.waiting:
        return
    known, at = anchors.anchored(office), office.now()
    with office.store.begin(even_restored=True) as session:
        report.lifted = True
        _free_lanes(office, session, report, at)
        lost = _lost_anchors(session, known)
        mark = session.get(Meta, RESTORED)
        operations = digest([[one.operation, one.tx_hash] for one in all_recovered(session)])
        if mark is None and not lost and operations == _last_told(session):
            return  # nothing was forgotten, or it is all in the log already
        facts: dict[str, Any] = {
            "backup": json.loads(mark.value) if mark else {},
            "from_block": report.first,
            "to_block": report.last,
            "read": report.read,
            "settled": len(report.settled),
            "found": len(report.found),
            "operations": operations,
            anchors.LOST: [[one.seq, one.head] for one in lost],
        }
        audit.append(session, actor=cmd.officer or "operator", act=ACT, subject="registry", at=at, facts=facts)
        report.lost = _make_room(session, max((one.seq for one in lost), default=0), at)
        if mark is not None:
            session.delete(mark)


def _free_lanes(office: Office, session: Session, report: Report, at: int) -> None:
    """Lanes of whose signers every transaction is explained now go on; what is foreign, a person looks at."""
    halted = {Address(one.signer) for one in outbox.halts(session)}
    for signer in sorted(one for one, explained in report.explained.items() if explained):
        used, last = office.chain.nonce(signer), last_nonce(session, signer)
        if signer in halted or last is None or last + 1 < used:
            outbox.lift(session, signer, used, at)


def _last_told(session: Session) -> Hash:
    """Digest of the recovered operations that the last recovery put into the log."""
    told = digest([])
    for entry in audit.entries(session, subject="registry"):
        told = entry.facts["operations"] if entry.act == ACT else told
    return told


def _lost_anchors(session: Session, known: Sequence[anchors.Anchored]) -> list[anchors.Anchored]:
    """Anchors on the chain that this log does not have, and that no recovery has named yet."""
    named = anchors.lost_before(session)
    query = select(audit.Entry.seq, audit.Entry.hash).where(audit.Entry.seq.in_([one.seq for one in known]))
    held = {row.seq: row.hash for row in session.execute(query)}
    return [one for one in known if held.get(one.seq) != one.head and (one.seq, one.head) not in named]


def _make_room(session: Session, until: int, at: int) -> int:
    """One entry in place of each lost one up to the last anchor: the contract takes only numbers later than that."""
    before = audit.head(session).seq
    for number in range(before + 1, until + 1):
        facts = {"lost": number}
        audit.append(session, actor=ACT, act="entry lost", subject=f"audit entry {number}", at=at, facts=facts)
    return max(until - before, 0)


def behind(office: Office) -> dict[Address, int]:
    """Officers of whose keys the chain has transactions that the store cannot explain, with how many of them."""
    with office.store.read() as session:
        found = {}
        for one in officers.all(session):
            address = Address(one.address)
            used = office.chain.nonce(address)  # asked first: what is stored since only adds
            last = last_nonce(session, address)
            if used > (0 if last is None else last + 1):
                found[address] = used - (0 if last is None else last + 1)
    return found


# ---- what `abst verify` says of it


def notes(office: Office, differences: Sequence[Difference]) -> tuple[list[Difference], list[dict[str, str]]]:
    """Differences without those that a restore explains, and in words what was recovered: {where, words}.

    A mint that the chain had and that was decided again stands on another decision than the one on the chain names, and
    that one may refuse what exists: neither goes away, and neither is silent.
    """
    with office.store.read() as session:
        found = all_recovered(session)
        lots = {one.operation: session.get(MintLot, one.operation) for one in found if one.decision}
        lost = sorted(anchors.lost_before(session))
    released = {f"decision {lot.released}" for lot in lots.values() if lot is not None and lot.released}
    again = {operation for operation, lot in lots.items() if lot is not None and lot.released}
    open_ = [
        one
        for one in differences
        if not (one.words == AGAIN and one.where in again) and not (one.words == REFUSED and one.where in released)
    ]
    told = [_note(one, one.operation in again) for one in found if one.done and one.decision]
    told += [
        {"where": f"anchor {seq}", "words": f"its audit entries were lost; on chain: {head}"} for seq, head in lost
    ]
    return open_, told


def _note(one: Recovered, again: bool) -> dict[str, str]:
    now = "decided again after a restore" if again else "not decided again yet: repeat its request"
    return {"where": one.operation, "words": f"{one.words} in {one.tx_hash}: {now}; on chain: decision {one.decision}"}
