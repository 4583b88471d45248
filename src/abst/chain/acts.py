"""The one shape every act has.

An act reads its facts, decides, and then writes in ONE database transaction: the request, its rows, the audit entry
and the intents to be sent. Only after that is anything sent; what depends on the chain's answer is written when the
answer is final (`Handler.done`). The same request id with the same content gives the first result again; with other
content it is a Conflict. Kill the process between any two steps and repeat the request: the same end, once.

    @once
    def suspend(office, cmd):
        act = Act(office, "filing suspend", cmd.request, content)
        if act.earlier:
            return act.again()
        ...facts, decision...
        with act.writing(cmd.officer, "regulator") as desk:
            desk.send("suspend", to, data)
            desk.audit(subject, facts)
        return act.finish()
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec

from sqlalchemy.orm import Session

from abst import audit, decisions, outbox
from abst.chain.office import DONE, REFUSED, WAITING, Closing, Office, Result
from abst.decisions import Judged, Officer, Proposal, officers
from abst.errors import Conflict, Refusal, Refused
from abst.outbox import Intent, Request
from abst.outbox.recovered import Recovered
from abst.outbox.recovered import of_request as before_restore
from abst.values import Address, Hash, digest

P = ParamSpec("P")
APPROVE = "approve"
ENDED = ("final", "rejected")
HOLDER = "holder"  # the actor of an act that no officer signs


class Desk:
    """What an act may do inside its one transaction."""

    def __init__(self, office: Office, session: Session, act: Act, officer: Officer | None) -> None:
        self.office, self.session, self.act, self.officer = office, session, act, officer
        self.at = act.at
        self.result: dict[str, Any] = {}
        self.refusals: tuple[Refusal, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self.proposal: Proposal | None = None
        self.intents: list[Intent] = []

    @property
    def actor(self) -> str:
        return self.officer.name if self.officer else HOLDER

    def operation(self, lot: int) -> Hash:
        """The operation id of one lot of this request: what is spent on chain, or salts the timelock."""
        return outbox.operation_id(self.office.registry_id, self.act.request, lot)

    def send(
        self,
        kind: str,
        to: Address,
        data: bytes,
        *,
        signer: Address | None = None,
        operation: Hash | None = None,
        after: Sequence[str] = (),
        notes: dict[str, Any] | None = None,
    ) -> Intent:
        """Want a transaction, from the acting officer's key unless `signer` says whose."""
        if signer is None:
            if self.officer is None:
                raise TypeError("an act without an officer names its signer")
            signer = Address(self.officer.address)
        intent = outbox.enqueue(
            self.session,
            request=self.act.request,
            kind=kind,
            signer=signer,
            to=to,
            data=data,
            operation=operation or self.operation(len(self.intents)),
            depends_on=after,
            at=self.at,
            notes=notes,
        )
        self.intents.append(intent)
        return intent

    def audit(self, subject: str, facts: dict[str, Any], act: str = "") -> None:
        """The act's entry in the log: ids and hashes only."""
        audit.append(
            self.session,
            actor=self.actor,
            act=act or self.act.command,
            subject=subject,
            at=self.at,
            facts={"request": self.act.request, **facts},
        )

    def propose(self, kind: str, command: dict[str, Any], checker_role: str, decision: str | None) -> Proposal:
        """Put the act before a second officer; the result then waits."""
        self.proposal = decisions.propose(
            self.session,
            kind=kind,
            command=command,
            maker=self.actor,
            checker_role=checker_role,
            decision=decision,
            request=self.act.request,
            at=self.at,
            even_refused=bool(before_restore(self.session, self.office.registry_id, self.act.request)),
        )
        return self.proposal


class Overtaken(Conflict):
    """Two processes were asked the same at the same moment, and the other one wrote it first; nothing was done here."""


class DoneBefore(Exception):
    """The chain had done it before the store was restored; what today's gates say against it is on record."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.request)
        self.result = result


def once(act: Callable[P, Result]) -> Callable[P, Result]:
    """Decorates every act: who is overtaken by another process with the very same request returns its result.

    A refusal that the act did not store with a decision is put into the log here: none is without its entry (R-102).
    """

    @wraps(act)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            try:
                return act(*args, **kwargs)
            except Overtaken:
                return act(*args, **kwargs)  # now the request is found, and its first result with it
        except DoneBefore as done:
            return done.result
        except Refused as refused:
            if not refused.logged:
                _log_refusal(act.__name__, args, refused)
            raise

    return answered


def _log_refusal(name: str, args: tuple[Any, ...], refused: Refused) -> None:
    """The entry of a refusal that stands in no decision: act, officer, request and rules."""
    office, cmd = args[0], args[-1]
    if not isinstance(office, Office):
        return
    with office.store.begin() as session:
        audit.append(
            session,
            actor=str(getattr(cmd, "officer", HOLDER) or HOLDER),
            act=f"{name.replace('_', ' ')} refused",
            subject=type(cmd).__name__,
            at=office.now(),
            facts={"request": str(getattr(cmd, "request", "")), **_cited(refused.refusals)},
        )
    refused.logged = True


def _cited(refusals: Sequence[Refusal]) -> dict[str, list[str]]:
    """Rules and reasons of refusals, for the log."""
    return {"rules": sorted({r.rule for r in refusals}), "reasons": sorted({r.reason for r in refusals})}


class Act:
    """One act under one request id; see the top of this file for its shape."""

    def __init__(
        self, office: Office, command: str, request: str, content: dict[str, Any], *, retry_of: str | None = None
    ) -> None:
        """Look the request up. Raises Conflict when the id was used for another command or content."""
        self.office, self.command, self.request, self.content = office, command, request, content
        self.retry_of = retry_of
        self.at = office.now()
        self._closed: Result | None = None
        self.sends: list[str] = []
        with office.store.read() as session:
            self.earlier = session.get(Request, request)
        if self.earlier is not None and self.earlier.digest != digest({"command": command, "content": content}):
            raise Conflict(
                "this request id was used for something else",
                found=f"{self.earlier.command}",
                needed=f"{command} with the same content, or another request id",
                where=request,
            )

    def before(self) -> list[Recovered]:
        """What the chain did for this request before the store was restored. Mostly empty."""
        with self.office.store.read() as session:
            return before_restore(session, self.office.registry_id, self.request)

    def again(self) -> Result:
        """The first result of a repeated request, after finishing what an interruption left."""
        return resume(self.office, self.request)

    def _begin(self, session: Session) -> None:
        """Write the request. Raises Overtaken when another process did so since this act looked, Conflict as before."""
        overtaken = session.get(Request, self.request) is not None
        outbox.begin_request(session, self.request, self.command, self.content, self.at, retry_of=self.retry_of)
        if overtaken:
            raise Overtaken(
                "another process was first with this request",
                found=self.command,
                needed="the same request again, which has its result",
                where=self.request,
            )

    @contextmanager
    def writing(self, officer: str | None, role: str | None) -> Iterator[Desk]:
        """The act's one transaction. Raises NotFound, NotAuthorised before anything is written."""
        with self.office.store.begin() as session:
            who = officers.require(session, officer, role) if officer and role else None
            if officer and not role:
                who = officers.get(session, officer)
            self._begin(session)
            desk = Desk(self.office, session, self, who)
            yield desk
            if desk.refusals:  # rows that were refused while others passed
                told = {"request": self.request, "count": len(desk.refusals), **_cited(desk.refusals)}
                act = f"{self.command} refused in part"
                audit.append(session, actor=desk.actor, act=act, subject=self.request, at=self.at, facts=told)
            audit.name_the_rest(
                session, actor=desk.actor, act=f"{self.command} decided", subject=self.request, at=self.at
            )
            waits = bool(desk.intents) or desk.proposal is not None
            result = Result(
                self.request,
                self.command,
                WAITING if waits else DONE,
                desk.result,
                desk.refusals,
                desk.warnings,
                desk.proposal.id if desk.proposal else None,
            )
            outbox.finish_request(session, self.request, result.outcome, result.as_stored())
            self.sends = [intent.id for intent in desk.intents]
            self._closed = result

    def finish(self) -> Result:
        """Send what the act wants and return its result; what cannot be sent from here waits (exit 7)."""
        if self._closed is None:
            raise TypeError("an act is written before it is finished")
        if not self.sends:
            return self._closed
        self.office.sender.drain(self.sends, _ended(self.office, len(self.sends)))
        return _close(self.office, self.request)

    def refuse(
        self,
        officer: str | None,
        role: str | None,
        *,
        kind: str,
        subject: str,
        facts: dict[str, Any],
        refusals: Sequence[Refusal] = (),
        judged: Sequence[Judged] = (),
    ) -> Refused | DoneBefore:
        """Store the decision that refuses the act and return the error to raise; the chain stays untouched (R-102).

        judged: the pure judgements among its grounds, which can be run again; refusals: every other ground. What the
        chain did for this request before the store was restored is not undone by a refusal of today: the decision is
        stored all the same, and the request ends as done.
        """
        before = self.before()
        with self.office.store.begin() as session:
            who = officers.require(session, officer, role) if officer and role else None
            self._begin(session)
            decision = decisions.record(
                session,
                kind=kind,
                facts=facts,
                refusals=refusals,
                judged=judged,
                rulebook=self.office.rulebook,
                at=self.at,
            )
            every = decision.refusals
            audit.append(
                session,
                actor=who.name if who else HOLDER,
                act=f"{self.command} {'done before a restore' if before else 'refused'}",
                subject=subject,
                at=self.at,
                facts={
                    "request": self.request,
                    "decision": decision.hash,
                    **_cited(every),
                    **({"recovered": [one.operation for one in before]} if before else {}),
                },
            )
            result = Result(self.request, self.command, REFUSED, {"decision": decision.id}, every)
            if before:
                result = _done_before(result, before)
            outbox.finish_request(session, self.request, result.outcome, result.as_stored())
        return DoneBefore(result) if before else Refused(every, logged=True)


def _done_before(refused: Result, before: Sequence[Recovered]) -> Result:
    """The result of a request that the chain carried out, though today's gates would refuse it."""
    shown = {"recovered": [{"operation": one.operation, "tx_hash": one.tx_hash} for one in before]}
    words = tuple(f"done before the store was restored; today: {one.reason} ({one.rule})" for one in refused.refusals)
    return replace(refused, outcome=DONE, result=refused.result | shown, refusals=(), warnings=words)


def _ended(office: Office, whole: int) -> Callable[[str], None]:
    """What a drain tells, as the office's progress: how many of the transactions have ended."""
    ended: set[str] = set()

    def told(line: str) -> None:
        intent, _, state = line.partition(": ")
        if state.startswith(ENDED):
            ended.add(intent)
            office.progress("transactions ended", len(ended), whole)

    return told


def resume(office: Office, request: str, *, drain: bool = True) -> Result:
    """Bring a stored request to its end as far as it goes from here, and return its result.

    Raises Refused when the chain refused all of it, NotFound for an unknown request.
    """
    with office.store.read() as session:
        row = outbox.get_request(session, request)
        intents = outbox.of_request(session, request)
        proposal = decisions.find(session, request)
    if row.outcome == WAITING and intents:
        unsent = [intent.id for intent in intents if intent.state not in ENDED]
        if unsent and drain:
            office.sender.drain(unsent, _ended(office, len(unsent)))
        # A proposal whose schedule stands waits for its checker: nothing is to be written for that.
        if proposal is None or unsent or any(intent.state == "rejected" for intent in intents):
            return _close(office, request)
    return Result.from_stored(request, row.command, row.outcome or WAITING, row.result or {})


def _close(office: Office, request: str) -> Result:
    """When all transactions of a request have ended, write what follows from that, once, in one transaction.

    Some rejected among several: done as far as it went, with the refusals of the others.
    """
    with office.store.begin() as session:
        row = outbox.get_request(session, request)
        intents = outbox.of_request(session, request)
        proposal = decisions.find(session, request)
        under_way = [intent for intent in intents if intent.state not in ENDED]
        rejected = [intent for intent in intents if intent.state == "rejected"]
        if row.outcome == WAITING and not under_way and (rejected or proposal is None):
            _write_end(office, session, row, intents, rejected, proposal)
        outcome, stored = row.outcome or WAITING, row.result or {}
    result = Result.from_stored(request, row.command, outcome, stored)
    return replace(result, warnings=result.warnings + _notes(under_way))


def _notes(under_way: Sequence[Intent]) -> tuple[str, ...]:
    """What keeps the transactions of a request, each reason once, with how many it keeps where they are several."""
    kept = Counter((one.kind, one.state, one.reason or one.next_step) for one in under_way)
    several = {reason: f"{reason[0]} ({count} transactions)" for reason, count in kept.items() if count > 1}
    return tuple(f"{several.get(one, one[0])}: {one[1]}; {one[2]}" for one in kept)


def _write_end(
    office: Office,
    session: Session,
    row: Request,
    intents: Sequence[Intent],
    rejected: Sequence[Intent],
    proposal: Proposal | None,
) -> None:
    refused = bool(rejected) and (proposal is not None or len(rejected) == len(intents))
    # What only waited for a rejected one has no cause of its own.
    no = [_refusal_of(office, intent) for intent in rejected if not intent.waits_for]
    stored = dict(row.result or {})
    stored["refusals"] = [*stored["refusals"], *(refusal.as_dict() for refusal in no)]
    at = office.now()
    if no:
        audit.append(
            session,
            actor=str(row.content.get("officer", HOLDER)),
            act=f"{row.command} refused by the chain",
            subject=row.id,
            at=at,
            facts={"request": row.id, **_cited(no)},
        )
    if proposal is not None and proposal.state == "open":
        decisions.withdraw(session, proposal.id, proposal.maker, at, "could not be scheduled")
    if row.command == APPROVE:
        _close_approval(office, session, row, not rejected, at)
    elif not refused:
        _done(office, session, row.command, _closing(row, row.command, row.content, None, at))
    outbox.finish_request(session, row.id, REFUSED if refused else DONE, stored)


def _close_approval(office: Office, session: Session, row: Request, carried_out: bool, at: int) -> None:
    """The proposal ends with its approval; the maker's request, which waited for it, ends too."""
    proposal = decisions.get(session, row.content["proposal"])
    decisions.finish(session, proposal.id, "done" if carried_out else "failed")
    asked = outbox.get_request(session, proposal.request)
    if asked.outcome == WAITING:
        outbox.finish_request(session, asked.id, DONE, asked.result or {})
    if carried_out:
        _done(office, session, proposal.kind, _closing(row, proposal.kind, proposal.command, proposal, at))


def _closing(row: Request, kind: str, content: dict[str, Any], proposal: Proposal | None, at: int) -> Closing:
    return Closing(
        request=row.id,
        command=kind,
        content=content,
        result=(row.result or {}).get("result", {}),
        maker=proposal.maker if proposal else str(row.content.get("officer", HOLDER)),
        checker=proposal.checker if proposal else None,
        proposal=proposal.id if proposal else None,
        at=at,
    )


def _done(office: Office, session: Session, kind: str, closing: Closing) -> None:
    handler = office.handlers.get(kind)
    if handler is not None and handler.done is not None:
        handler.done(office, session, closing)


def _refusal_of(office: Office, intent: Intent) -> Refusal:
    """Why the chain said no: asked again of the contract, for its typed reason; else in the words the sender stored."""
    found = office.refusal_of_call(
        Address(intent.to), intent.data, Address(intent.signer), f"{intent.kind} {intent.operation}"
    )
    return found or Refusal("", "rejected", intent.reason, "", f"{intent.kind} {intent.operation}", "contract")
