"""What must hold when the faults are over, everything was drained and every request asked again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import audit, outbox
from abst.chain import proposals
from abst.chain.api import Sent
from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Office
from abst.chain.sender import tag_of
from abst.decisions import Proposal
from abst.integrity import desk as integrity
from abst.outbox import Intent, Lane, Request
from abst.values import Address, Hash
from promises.faults.acts import Act, wanted
from promises.faults.template import Template


@dataclass(frozen=True)
class Answer:
    """How a request ended when it was asked for the last time. clean: done, and no row of it was refused."""

    act: Act
    outcome: str
    clean: bool


@dataclass(frozen=True)
class Check:
    """Everything that is wrong in a home, in words: run in a process of its own."""

    answers: tuple[Answer, ...]

    def __call__(self, office: Office) -> list[str]:
        with office.store.read() as session:
            mined = _mined(office, session)
            found = [*_once(session, mined, office, self.answers), *_lanes(session, mined, office)]
            found += _listed(office, session)
            found += [f"the log: {words}" for words in audit.verify(session)]
        found += [f"verify: {difference}" for difference in integrity.verify(office)]
        chain: Any = office.chain
        return found + (chain.check() if isinstance(chain, EmbeddedChain) else [])


@dataclass(frozen=True)
class Mined:
    """A transaction of one of our keys since the template. done: it succeeded."""

    sent: Sent
    done: bool

    @property
    def is_ours(self) -> bool:
        """Sent by the house: it carries an operation id; alone, where it only uses up a nonce."""
        return bool(self.sent.data)

    @property
    def is_wanted(self) -> bool:
        return self.is_ours and self.sent.to != self.sent.sender

    @property
    def tag(self) -> Hash:
        return tag_of(self.sent.data)


def _mined(office: Office, session: Session) -> list[Mined]:
    template = Template.of(office.home)
    keys = sorted({Address(address) for address in session.scalars(select(Intent.signer).distinct())})
    sent = office.chain.sent(keys, template.block + 1, office.chain.head().number)
    receipts = office.chain.receipts([one.hash for one in sent])
    return [Mined(one, bool(receipt and receipt.status == 1)) for one, receipt in zip(sent, receipts, strict=True)]


def _once(session: Session, mined: Sequence[Mined], office: Office, answers: Sequence[Answer]) -> Iterator[str]:
    """What the chain did is what was wanted and ended as final, each once, under its operation id."""
    times = Counter(one.tag for one in mined if one.is_wanted)
    done = {one.tag: one.sent.hash for one in mined if one.is_wanted and one.done}
    yield from (f"operation {tag}: mined {count} times" for tag, count in times.items() if count > 1)
    ours = {intent.operation for intent in session.scalars(select(Intent))}
    for intent in session.scalars(select(Intent).where(Intent.request.not_like("t-%"))):
        by = intent.tx_hash if intent.state == "final" else None
        if by != done.get(Hash(intent.operation)):
            what = f"{intent.kind} {intent.operation} of {intent.request}"
            yield f"{what}: {intent.state} by {by}; on chain by {done.get(Hash(intent.operation))}"
    yield from (f"operation {tag}: on chain, wanted by nobody" for tag in times.keys() - ours)
    for answer in answers:
        operations = set(wanted(office, answer.act)) if answer.clean else set()
        yield from (f"{answer.act} is done; on chain {lost} is not" for lost in sorted(operations - done.keys()))


def _lanes(session: Session, mined: Sequence[Mined], office: Office) -> Iterator[str]:
    """The nonces of each key without a gap, all of them used, and none of ours by another intent of ours."""
    lanes: defaultdict[str, dict[int, str]] = defaultdict(dict)
    query = select(Lane.signer, Lane.nonce, Intent.operation).join(Intent, Intent.id == Lane.intent)
    for signer, nonce, operation in session.execute(query):
        lanes[signer][nonce] = operation
    for one in mined:
        held = lanes[one.sent.sender].setdefault(one.sent.nonce, "" if not one.is_ours else "nobody's")
        if one.is_ours and held != one.tag:
            yield f"nonce {one.sent.nonce} of {one.sent.sender}: used by {one.tag}, held by {held}"
    for signer, taken in lanes.items():
        used = office.chain.nonce(Address(signer))
        if sorted(taken) != list(range(min(taken), used)):
            yield f"nonces of {signer}: {sorted(taken)}; the chain's next is {used}"


def _listed(office: Office, session: Session) -> Iterator[str]:
    """Whatever has not ended is listed with a next step; and here, where every key is at hand, nothing has not."""
    listed = {one["intent"]: one for one in proposals.operations(office)}
    for intent in session.scalars(select(Intent).where(Intent.state.not_in(("final", "rejected")))):
        said = listed.get(intent.id)
        if said is None or not said["next_step"]:
            yield f"{intent.kind} of {intent.request} is {intent.state}, and nobody is told"
        yield f"{intent.kind} of {intent.request}: {intent.state}; {intent.reason}"
    for intent in session.scalars(select(Intent).where(Intent.state == "rejected", Intent.reason == "")):
        yield f"{intent.kind} of {intent.request}: rejected without a reason"
    before_checkers = select(Proposal.request).where(Proposal.state == "open")
    unanswered = Request.outcome.is_(None) | (Request.outcome == "waiting")
    for request in session.scalars(select(Request).where(unanswered, Request.id.not_in(before_checkers))):
        yield f"request {request.id} ({request.command}): {request.outcome}"


def still_open(office: Office) -> int:
    """How many intents have not ended, and how many lanes wait for a person."""
    with office.store.read() as session:
        counts, halted = outbox.counts(session), outbox.halts(session)
    return len(halted) + sum(number for state, number in counts.items() if state not in ("final", "rejected"))
