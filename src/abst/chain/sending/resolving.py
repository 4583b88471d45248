"""What a person decides about an operation that cannot go on by itself, always held against the chain first.

Three choices. Retry: the same bytes with today's gas and a higher fee; or, when its nonce was used by a transaction
that is none of ours, a new nonce. Done: it was carried out by another transaction, which is shown. Reject: it shall not
be done; while its bytes could still be mined, a transfer of nothing takes their nonce first, so that nothing behind
them waits for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst import outbox
from abst.chain.acts import Act, once
from abst.chain.api import Receipt, Reverted, Sent, Tx
from abst.chain.deploy import transaction
from abst.chain.office import Evidence, Office, Result
from abst.chain.proposals import settle
from abst.chain.reasons import explain
from abst.chain.sending.delivering import fields_of, raised
from abst.chain.sending.foreign import is_forgotten, used_by
from abst.chain.sending.holder import is_dead, this_process, words_of
from abst.chain.sending.settings import tag_of, tagged
from abst.decisions import officers
from abst.errors import Conflict, NotAuthorised, NotFound, Unavailable
from abst.keys import Signer
from abst.outbox import Attempt, Bytes, Change, Intent, LaneHalt
from abst.values import Address, Hash, to_bytes

RETRY, DONE, REJECT = "retry", "done", "reject"
RESOLVER, LIFTER = "maker", "checker"  # roles


@dataclass(frozen=True, slots=True)
class Resolve:
    """A person's choice about one intent: retry, done or reject. tx: by which it was done; evidence: on what ground."""

    officer: str
    request: str
    intent: str
    choice: str
    evidence: Evidence
    tx: Hash | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """A person's word that the use of a key was looked into. signer: an officer's name, or an address."""

    officer: str
    request: str
    signer: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Way:
    """What is to be written. bytes: signed anew at its nonce; lost: the transaction and block that took its nonce."""

    change: Change
    signed: Bytes | None = None
    lost: tuple[Hash, int] | None = None


@once
def resolve(office: Office, cmd: Resolve) -> Result:
    """Carry out a person's choice about an intent that cannot go on by itself, and then send what may go.

    Raises NotFound, NotAuthorised; Conflict when the chain contradicts the choice, with what would be right;
    Unavailable when the signer's key is not in this home and is needed.
    """
    content = {"officer": cmd.officer, "intent": cmd.intent, "choice": cmd.choice, "tx": cmd.tx}
    act = Act(office, "ops resolve", cmd.request, {**content, "evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        intent = outbox.get(session, cmd.intent)
        tries = outbox.attempts(session, cmd.intent)
    _may_be_resolved(intent, cmd.choice)
    way = _Chooser(office, intent, [one for one in tries if one.nonce == tries[-1].nonce]).way(cmd)
    with act.writing(cmd.officer, RESOLVER) as desk:
        _write(office, desk.session, intent, len(tries), way, desk.at)
        facts = {"choice": cmd.choice, "tx": cmd.tx, "nonce": tries[-1].nonce if tries else None}
        desk.audit(f"intent {intent.id}", {**facts, "operation": intent.operation, "evidence": cmd.evidence.hash})
        desk.result = {
            "intent": intent.id,
            "choice": cmd.choice,
            "state": way.change.state,
            "evidence": cmd.evidence.as_dict(),
        }
    office.sender.drain([intent.id])
    settle(office)
    return act.finish()


def _may_be_resolved(intent: Intent, choice: str) -> None:
    may = {"needs_attention": (RETRY, DONE, REJECT), "sent": (RETRY, REJECT), "pending": (REJECT,)}
    if choice not in may.get(intent.state, ()):
        needed = " or ".join(f"--{one}" for one in may.get(intent.state, ())) or "nothing: " + intent.next_step
        raise Conflict("this cannot be chosen now", found=f"{intent.state}, --{choice}", needed=needed, where=intent.id)


def _write(office: Office, session: Session, intent: Intent, tries: int, way: _Way, at: int) -> None:
    """The choice, if nothing has moved since the chain was asked and no other process signs for this key now."""
    row = outbox.get(session, intent.id)
    if (row.state, row.at, len(outbox.attempts(session, row.id))) != (intent.state, intent.at, tries):
        raise Conflict("the operation has moved", found=row.state, needed=intent.state, where=row.id)
    if way.lost is not None:
        outbox.lose(session, row.id, *way.lost, at)
    if way.signed is not None:
        lane = outbox.standing(session, Address(row.signer))
        sender = office.sender
        if not outbox.free(lane, this_process(), sender.wall(), sender.settings.lease, is_dead):
            words = f"{words_of(lane.holder)} signs for {row.signer}"
            raise Conflict("another process signs now", found=words, needed="the same again later", where=row.id)
        outbox.record_attempts(session, Address(row.signer), [way.signed], at)
    outbox.settle_all(session, [way.change], at)


class _Chooser:
    """Holds a choice against the chain."""

    def __init__(self, office: Office, intent: Intent, tries: Sequence[Attempt]) -> None:
        self.office, self.chain, self.intent, self.tries = office, office.chain, intent, tries
        self.signer = Address(intent.signer)
        self.nonce = tries[-1].nonce if tries else None
        self.final = self.chain.final()

    def way(self, cmd: Resolve) -> _Way:
        words = f"{cmd.officer} chose {cmd.choice} upon {cmd.evidence.name}"
        if cmd.choice == DONE:
            return self._done(cmd.tx, words)
        if self.nonce is None:
            return _Way(Change(self.intent.id, "pending" if cmd.choice == RETRY else "rejected", words))
        self._not_mined()
        if self.chain.nonce(self.signer) > self.nonce:
            state = "pending" if cmd.choice == RETRY else "rejected"
            if state == "pending":
                self._goes_on()
            return _Way(Change(self.intent.id, state, words), lost=self._taken())
        return self._again(words) if cmd.choice == RETRY else self._cancel(words)

    # ---- retry and reject

    def _not_mined(self) -> None:
        """None of the intent's own transactions is on the chain."""
        found = self.chain.receipts([one.tx_hash for one in self.tries])
        mined = next((receipt for receipt in found if receipt is not None), None)
        if mined is not None:
            where = f"{mined.transaction_hash} in block {mined.block_number}"
            raise self._no("its own transaction is mined", found=where, needed="nothing but abst ops run")

    def _goes_on(self) -> None:
        """The lane takes new nonces."""
        with self.office.store.read() as session:
            halt = outbox.standing(session, self.signer).halt
        if halt:
            raise self._no("its lane is halted", found=halt, needed="abst ops lift, then this again")

    def _taken(self) -> tuple[Hash, int]:
        """The transaction that used its nonce for good."""
        assert self.nonce is not None
        found = used_by(self.chain, self.signer, [self.nonce], self.tries[0].at).get(self.nonce)
        if found is None:
            raise self._no(
                "who used its nonce is not found", found=f"nonce {self.nonce}", needed="a node with all blocks"
            )
        if found.block_number > self.final:
            where = f"{found.hash} in block {found.block_number}"
            raise self._no(
                "its nonce may come back", found=where, needed=f"final, that is block {self.final} or before"
            )
        return found.hash, found.block_number

    def _again(self, words: str) -> _Way:
        """Today's gas and a higher fee at the same nonce; the same bytes where the key is not here."""
        change = Change(self.intent.id, "sent", words)
        if self.tries[-1].cancels:
            raise self._no("it is being cancelled", found="--retry", needed="--reject again, or patience")
        data = tagged(self.intent.data, Hash(self.intent.operation))
        try:
            gas = self.chain.estimate(Tx(self.signer, Address(self.intent.to), data))
        except Reverted as reverted:
            raise self._no("the chain refuses it now", found=str(explain(reverted.data)), needed="--reject") from None
        signer = self.office.sender.signer_of(self.signer)
        if signer is None:
            return _Way(change)
        return _Way(change, self._signed(signer, Address(self.intent.to), data, gas))

    def _cancel(self, words: str) -> _Way:
        """A transfer of nothing to itself at the same nonce: whichever of the two is mined, the other never is."""
        signer = self.office.sender.signer_of(self.signer)
        if signer is None:
            raise Unavailable(
                "the operation cannot be cancelled from here",
                found="no key",
                needed=f"key of {self.signer}",
                where=self.intent.id,
            )
        tag = to_bytes(self.intent.operation)
        gas = self.chain.estimate(Tx(self.signer, self.signer, tag))
        signed = self._signed(signer, self.signer, tag, gas, cancels=True)
        return _Way(Change(self.intent.id, "sent", f"{words}; its nonce {self.nonce} is being used up"), signed)

    def _signed(self, signer: Signer, to: Address, data: bytes, gas: int, *, cancels: bool = False) -> Bytes:
        assert self.nonce is not None
        today, least = self.chain.gas_price(), raised(fields_of(self.tries[-1].raw))
        fees = (max(today[0], least[0]), max(today[1], least[1])) if today[0] else today
        tx = transaction(self.chain, nonce=self.nonce, to=to, data=data, gas=gas, fees=fees)
        done = signer.sign_transaction(tx)
        return Bytes(self.intent.id, self.nonce, done.raw, done.hash, cancels)

    # ---- done

    def _done(self, tx: Hash | None, words: str) -> _Way:
        """It was carried out by this transaction, and its own bytes can never run beside it."""
        if tx is None:
            raise self._no("by which transaction?", found="none", needed="--done TX")
        receipt, sent = self._stands(tx)
        own = {one.tx_hash for one in self.tries if not one.cancels}
        lost = None
        if tx not in own:
            if sent is None or not self._carries(sent):
                raise self._no("that transaction is not this operation", found=tx, needed=self.intent.operation)
            if self.nonce is not None:
                if self.chain.nonce(self.signer) <= self.nonce:
                    raise self._no(
                        "its own bytes could still run", found=f"nonce {self.nonce} not used", needed="--reject"
                    )
                self._not_mined()
                lost = self._taken()
        change = Change(self.intent.id, "final", words, receipt.block_hash, receipt.block_number, tx)
        return _Way(change, lost=lost)

    def _stands(self, tx: Hash) -> tuple[Receipt, Sent | None]:
        """A transaction that succeeded, in a block that nobody takes back, sent by one of our keys, and by no other
        intent."""
        receipt = self.chain.receipt(tx)
        if receipt is None or receipt.status != 1:
            raise self._no(
                "that transaction did nothing", found="reverted" if receipt else "not mined", needed="a success"
            )
        block = self.chain.block(receipt.block_number)
        if receipt.block_number > self.final or block is None or block.hash != receipt.block_hash:
            where = f"block {receipt.block_number}"
            raise self._no("that transaction is not final", found=where, needed=f"block {self.final} or before")
        with self.office.store.read() as session:
            keys = {self.signer, *(Address(one.address) for one in officers.all(session))}
            other = outbox.by_transaction(session, tx)
        if other is not None and other.id != self.intent.id:
            raise self._no("that transaction is another operation's", found=other.id, needed=self.intent.id)
        found = self.chain.sent(sorted(keys), receipt.block_number, receipt.block_number)
        return receipt, next((one for one in found if one.hash == tx), None)

    def _carries(self, sent: Sent) -> bool:
        """The operation id behind its call data, or the very call, to the same contract."""
        if sent.to != self.intent.to:
            return False
        return tag_of(sent.data) == self.intent.operation or sent.data == self.intent.data

    def _no(self, message: str, *, found: str, needed: str) -> Conflict:
        return Conflict(message, found=found, needed=needed, where=self.intent.id)


# ---- lanes


@once
def lift(office: Office, cmd: Lift) -> Result:
    """Let a halted lane go on, upon the word of an officer whose key it is not.

    Raises NotFound when it is not halted, NotAuthorised, Conflict when the chain has operations of that key which this
    store does not know: then it is the store that is old (`abst recover`).
    """
    content = {"officer": cmd.officer, "signer": cmd.signer, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "ops lift", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        halted = _halted(session, cmd.signer)
    signer = Address(halted.signer)
    known = office.chain.nonce(signer)
    _nothing_forgotten(office, halted, known)
    with act.writing(cmd.officer, LIFTER) as desk:
        if desk.officer is not None and desk.officer.address == signer:
            raise NotAuthorised(
                "nobody lifts the halt of his own key", found=cmd.officer, needed="another officer", where=signer
            )
        outbox.lift(desk.session, signer, known, desk.at)
        facts = {"nonce": halted.nonce, "known": known, "reason": halted.reason, "evidence": cmd.evidence.hash}
        desk.audit(f"lane {signer}", facts)
        desk.result = {"signer": signer, "known": known, "reason": halted.reason, "evidence": cmd.evidence.as_dict()}
    return act.finish()


def _halted(session: Session, signer: str) -> LaneHalt:
    named = next((one.address for one in officers.all(session) if one.name == signer), signer)
    for row in outbox.halts(session):
        if row.signer == named:
            return row
    raise NotFound("no such lane is halted", found=signer, needed="a signer from `abst ops lanes`", where="signer")


def _nothing_forgotten(office: Office, halted: LaneHalt, known: int) -> None:
    signer = Address(halted.signer)
    found = used_by(office.chain, signer, range(halted.nonce, known), 0)
    with office.store.read() as session:
        forgotten = [one.hash for one in found.values() if is_forgotten(session, one)]
    if forgotten:
        words = f"{forgotten[0]} unknown here"
        raise Conflict("the store is older than the chain", found=words, needed="abst recover", where=signer)


def lanes(office: Office) -> list[dict[str, Any]]:
    """Every signer's lane: the next nonce here and on chain, what is under way, who signs now, what stopped it."""
    with office.store.read() as session:
        names = {one.address: one.name for one in officers.all(session)}
        standing = [outbox.standing(session, signer) for signer in outbox.signers(session)]
        waiting = outbox.waiting(session)
    now = office.sender.wall()
    held = [
        bool(one.holder) and not outbox.free(one, "?", now, office.sender.settings.lease, is_dead) for one in standing
    ]
    return [
        {
            "signer": names.get(one.signer, one.signer),
            "address": one.signer,
            "next": one.next,
            "on_chain": office.chain.nonce(one.signer),
            "in_flight": one.in_flight,
            "waiting": waiting.get(one.signer, 0),
            "holder": words_of(one.holder) if is_held else "",
            "blocked": one.blocked,
            "halt": one.halt,
        }
        for one, is_held in zip(standing, held, strict=True)
    ]
