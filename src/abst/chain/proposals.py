"""Acts that need a second officer: scheduled on chain by the maker, executed on chain by the checker.

The proposal is the schedule and the approval the execution; the operation id is the timelock's salt, so both are on
record with the same id on chain and here (R-62). A mint differs: its second key is the gatekeeper's signature, and its
desk brings its own `Handler.approve`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import decisions, outbox
from abst.chain import timelock
from abst.chain.acts import APPROVE, Act, once, resume
from abst.chain.contracts import decode_call
from abst.chain.office import WAITING, Approve, Office, Result
from abst.decisions import Judged, Proposal, results
from abst.errors import Refusal, Refused, UsageError
from abst.outbox import Request
from abst.outbox.recovered import all_recovered
from abst.values import Address, Hash, to_bytes

CHECKER_OF = {"enforcement": "checker", "administration": "admin-checker"}
MAKER_OF = {"enforcement": "maker", "administration": "admin-maker"}


@dataclass(frozen=True, slots=True)
class Step:
    """One call that the timelock will make. certain: it can be tried now; a later step may rest on an earlier one."""

    to: Address
    data: bytes
    words: str
    certain: bool = True


Look = Callable[[Office, Session, Proposal], None]


@dataclass(frozen=True, slots=True)
class Reject:
    """A checker's no, with its reason."""

    officer: str
    request: str
    proposal: str
    reason: str


def propose_power(
    office: Office,
    act: Act,
    *,
    maker: str,
    kind: str,
    subject: str,
    facts: dict[str, Any],
    steps: Sequence[Step],
    refusals: Sequence[Refusal] = (),
    judged: Sequence[Judged] = (),
    which: str = "enforcement",
) -> Result:
    """Store the decision, schedule the steps from the maker's key and wait for the checker (R-41, R-62).

    Each certain step is first tried as the timelock would call it; any refusal, with those the caller found and those
    among the pure judgements, stores the decision and raises Refused: nothing is scheduled. Raises NotAuthorised.
    """
    lock = office.contracts.timelock(which)
    tried = [office.refusal_of_call(s.to, s.data, lock.address, s.words) for s in steps if s.certain]
    found = [*refusals, *(refusal for refusal in tried if refusal is not None)]
    if (found or any(one.refusals for one in judged)) and not act.before():
        raise act.refuse(maker, MAKER_OF[which], kind=kind, subject=subject, facts=facts, refusals=found, judged=judged)
    with act.writing(maker, MAKER_OF[which]) as desk:
        decision = decisions.record(
            desk.session,
            kind=kind,
            facts=facts,
            refusals=found,
            judged=judged,
            results=[] if found else [results.chain_agreed(step.words) for step in steps if step.certain],
            rulebook=office.rulebook,
            at=desk.at,
        )
        calls = [
            {"to": step.to, "data": "0x" + step.data.hex(), "operation": desk.operation(lot), "words": step.words}
            for lot, step in enumerate(steps)
        ]
        command = {**facts, "timelock": which, "calls": calls}
        proposal = desk.propose(kind, command, CHECKER_OF[which], decision.id)
        delay = office.deployment.admin_delay if which == "administration" else 0
        for step, call in zip(steps, calls, strict=True):
            to, data = timelock.schedule(
                office.contracts, which, step.to, step.data, Hash(str(call["operation"])), delay
            )
            desk.send(f"schedule {kind}", to, data, operation=Hash(str(call["operation"])))
        desk.audit(subject, {"proposal": proposal.id, "hash": proposal.hash, **facts}, act=f"{act.command} proposed")
        desk.result = {"proposal": proposal.id, "hash": proposal.hash, "kind": kind, **facts}
    return act.finish()


@once
def approve(office: Office, cmd: Approve) -> Result:
    """The checker's yes: execute what was scheduled, or release a mint (R-62).

    Raises NotFound; NotAuthorised for the maker or a missing role; Conflict when it is not open or not what was shown;
    Refused when the chain or the gates now refuse.
    """
    with office.store.read() as session:
        proposal = decisions.get(session, cmd.proposal)
    handler = office.handlers.get(proposal.kind)
    chosen = handler.approve if handler is not None and handler.approve is not None else execute_power
    return chosen(office, proposal, cmd)


def approval_act(office: Office, cmd: Approve) -> Act:
    """The act of an approval, with the content by which it is known again."""
    content = {"officer": cmd.officer, "proposal": cmd.proposal, "expected_hash": cmd.expected_hash}
    return Act(office, APPROVE, cmd.request, content)


def execute_power(office: Office, proposal: Proposal, cmd: Approve, *, look: Look | None = None) -> Result:
    """Execute a scheduled proposal from the checker's key, step after step.

    look: a last look in the approval's own transaction; it raises Conflict when what was fixed has moved, and then
    nothing is written.
    """
    act = approval_act(office, cmd)
    if act.earlier:
        return act.again()
    _bring_schedule_up(office, proposal)
    with act.writing(cmd.officer, proposal.checker_role) as desk:
        decisions.approve(desk.session, proposal.id, cmd.officer, desk.at, cmd.expected_hash or None)
        if look is not None and not _executed_before(desk.session, proposal):
            look(office, desk.session, proposal)
        scheduled = outbox.of_request(desk.session, proposal.request)
        before: list[str] = []
        which = str(proposal.command["timelock"])
        for call, schedule in zip(proposal.command["calls"], scheduled, strict=True):
            to, data = timelock.execute(
                office.contracts, which, Address(call["to"]), to_bytes(call["data"]), Hash(call["operation"])
            )
            intent = desk.send(f"execute {proposal.kind}", to, data, after=[schedule.id, *before])
            before = [intent.id]
        desk.audit(proposal.id, {"proposal": proposal.id, "hash": proposal.hash, "maker": proposal.maker})
        desk.result = {"proposal": proposal.id, "kind": proposal.kind, "hash": proposal.hash}
    return act.finish()


def _executed_before(session: Session, proposal: Proposal) -> bool:
    """Whether the chain executed it before the store was restored: then what was fixed has moved by this very act."""
    wanted = {call["operation"] for call in proposal.command["calls"]}
    known = (timelock.parse(one.data) for one in all_recovered(session) if one.done)
    return any(one is not None and one.executes and one.operation in wanted for one in known)


def _bring_schedule_up(office: Office, proposal: Proposal) -> None:
    """The maker's transactions may still be under way; take their receipts, or send them if his key is here."""
    with office.store.read() as session:
        unsent = [i.id for i in outbox.of_request(session, proposal.request) if i.state not in ("final", "rejected")]
    if unsent:
        office.sender.drain(unsent)


@once
def reject(office: Office, cmd: Reject) -> Result:
    """The checker's no, for good; what was scheduled is cancelled from the maker's key. Raises as `approve`."""
    content = {"officer": cmd.officer, "proposal": cmd.proposal, "reason": cmd.reason}
    act = Act(office, "reject", cmd.request, content)
    if act.earlier:
        return act.again()
    if not cmd.reason.strip():
        raise UsageError("a proposal is rejected for a reason", found="none", needed="words for the record")
    with office.store.read() as session:
        proposal = decisions.get(session, cmd.proposal)
    with act.writing(cmd.officer, proposal.checker_role) as desk:
        decisions.reject(desk.session, cmd.proposal, cmd.officer, desk.at, cmd.reason)
        maker = decisions.officers.get(desk.session, proposal.maker)
        scheduled = outbox.of_request(desk.session, proposal.request)
        for call, schedule in zip(proposal.command.get("calls", ()), scheduled, strict=False):
            if schedule.state == "rejected":
                continue
            to, data = timelock.cancel(
                office.contracts,
                str(proposal.command["timelock"]),
                Address(call["to"]),
                to_bytes(call["data"]),
                Hash(call["operation"]),
            )
            desk.send(f"cancel {proposal.kind}", to, data, signer=Address(maker.address), after=[schedule.id])
        asked = outbox.get_request(desk.session, proposal.request)
        if asked.outcome == WAITING:
            outbox.finish_request(desk.session, asked.id, "done", asked.result or {})
        desk.audit(proposal.id, {"proposal": proposal.id, "hash": proposal.hash, "reason": cmd.reason})
        desk.result = {"proposal": proposal.id, "kind": proposal.kind, "state": "rejected", "reason": cmd.reason}
    return act.finish()


def describe(office: Office, proposal_id: str) -> dict[str, Any]:
    """Exactly what an approval would do, with the hash it stands for. Raises NotFound."""
    with office.store.read() as session:
        proposal = decisions.get(session, proposal_id)
        decision = decisions.get_decision(session, proposal.decision) if proposal.decision else None
    calls = [
        {
            "target": call["to"],
            "function": _function_of(to_bytes(call["data"])),
            "words": call["words"],
            "operation": call["operation"],
        }
        for call in proposal.command.get("calls", ())
    ]
    return {
        "proposal": proposal.id,
        "kind": proposal.kind,
        "state": proposal.state,
        "maker": proposal.maker,
        "checker_role": proposal.checker_role,
        "checker": proposal.checker,
        "hash": proposal.hash,
        "at": proposal.at,
        "decision": decision.hash if decision else None,
        "rulebook": decision.rulebook if decision else None,
        "command": {key: value for key, value in proposal.command.items() if key != "calls"},
        "calls": calls,
    }


def _function_of(data: bytes) -> str:
    for name in ("Registry", "SecurityToken", "Settlement", "Distribution", "AccessManager", "TimelockController"):
        found = decode_call(name, data)
        if found is not None:
            return f"{name}.{found[0].signature}"
    return "0x" + data[:4].hex()


# ---- what is under way


def run_ops(office: Office, progress: Callable[[str], None] | None = None) -> list[dict[str, Any]]:
    """Send what waits for keys that are here, take receipts, and finish the requests that ended."""
    outcomes = office.sender.drain(None)
    for outcome in outcomes:
        if progress is not None:
            progress(f"{outcome.intent.kind} {outcome.intent.id}: {outcome.state}")
    settle(office)
    ids = [outcome.intent.id for outcome in outcomes]
    with office.store.read() as session:
        return [_shown(session, outbox.get(session, intent)) for intent in dict.fromkeys(ids)]


def settle(office: Office) -> int:
    """Finish every waiting request whose transactions all ended. Returns how many were finished."""
    with office.store.read() as session:
        waiting = list(session.scalars(select(Request.id).where(Request.outcome == WAITING).order_by(Request.at)))
    finished = 0
    for request in waiting:
        try:
            finished += resume(office, request, drain=False).outcome != WAITING
        except Refused:  # stored with the request; who repeats it is told
            finished += 1
    return finished


def operations(office: Office, states: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Intents with their states and reasons; without `states`, those that are not final."""
    wanted = states or ("pending", "sent", "mined", "rejected", "needs_attention")
    with office.store.read() as session:
        return [_shown(session, intent) for intent in outbox.in_states(session, wanted)]


def operation(office: Office, intent_id: str) -> dict[str, Any]:
    """One intent with its history. Raises NotFound."""
    with office.store.read() as session:
        intent = outbox.get(session, intent_id)
        shown = _shown(session, intent)
        shown["history"] = [
            {"state": t.state, "at": t.at, "reason": t.reason} for t in outbox.history(session, intent_id)
        ]
        return shown


def _shown(session: Session, intent: outbox.Intent) -> dict[str, Any]:
    signer = decisions.officers.by_address(session, Address(intent.signer))
    return {
        "intent": intent.id,
        "request": intent.request,
        "kind": intent.kind,
        "signer": signer.name if signer else str(intent.signer),
        "to": str(intent.to),
        "operation": str(intent.operation),
        "state": intent.state,
        "at": intent.at,
        "reason": intent.reason,
        "next_step": intent.next_step,
        "tx_hash": intent.tx_hash,
        "block": intent.block_number,
        "depends_on": outbox.dependencies(session, intent.id),
    }


def request_status(office: Office, request: str) -> Result:
    """The stored result of a request, moved on as far as receipts allow. Raises NotFound, Refused."""
    return resume(office, request)
