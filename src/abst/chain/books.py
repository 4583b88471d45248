"""Acts of two officers that change the registry's books alone: nothing is sent, the approval writes the rows.

    @once
    def erase(office, cmd):
        act = Act(office, "investor erase", cmd.request, content)
        if act.earlier:
            return act.again()
        ...facts, refusals...
        return propose_entry(office, act, maker=cmd.officer, kind="investor erase", subject=..., facts=...)

    def _erased(office, session, closing): ...rows, from closing.content...

    HANDLERS = {"investor erase": Handler(done=_erased, approve=enter)}

The checker's approval and the rows are one database transaction: `Handler.done` may raise Refused or Conflict when the
facts moved meanwhile, and then nothing is written and the proposal stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from abst import decisions, outbox
from abst.chain.acts import Act
from abst.chain.office import DONE, WAITING, Approve, Closing, Office, Result
from abst.chain.proposals import approval_act
from abst.decisions import Judged, Proposal
from abst.errors import Refusal


def propose_entry(
    office: Office,
    act: Act,
    *,
    maker: str,
    kind: str,
    subject: str,
    facts: dict[str, Any],
    refusals: Sequence[Refusal] = (),
    judged: Sequence[Judged] = (),
    role: str = "maker",
    checker_role: str = "checker",
) -> Result:
    """Store the decision and wait for the checker; `facts` become the proposal's command and `Closing.content`.

    Ids, amounts as text, and hashes alone: no personal value. Raises Refused (decision stored), NotAuthorised.
    """
    if refusals or any(one.refusals for one in judged):
        raise act.refuse(maker, role, kind=kind, subject=subject, facts=facts, refusals=refusals, judged=judged)
    with act.writing(maker, role) as desk:
        decision = decisions.record(
            desk.session, kind=kind, facts=facts, judged=judged, rulebook=office.rulebook, at=desk.at
        )
        proposal = desk.propose(kind, facts, checker_role, decision.id)
        desk.audit(subject, {"proposal": proposal.id, "hash": proposal.hash, **facts}, act=f"{act.command} proposed")
        desk.result = {"proposal": proposal.id, "hash": proposal.hash, "kind": kind, **facts}
    return act.finish()


def enter(office: Office, proposal: Proposal, cmd: Approve) -> Result:
    """The checker's yes: the rows are written with his approval, or nothing is. `Handler.approve` of such kinds."""
    act = approval_act(office, cmd)
    if act.earlier:
        return act.again()
    handler = office.handlers[proposal.kind]
    with act.writing(cmd.officer, proposal.checker_role) as desk:
        decisions.approve(desk.session, proposal.id, cmd.officer, desk.at, cmd.expected_hash or None)
        desk.result = {"proposal": proposal.id, "kind": proposal.kind, "hash": proposal.hash}
        if handler.done is not None:
            handler.done(
                office,
                desk.session,
                Closing(
                    request=cmd.request,
                    command=proposal.kind,
                    content=proposal.command,
                    result={},
                    maker=proposal.maker,
                    checker=cmd.officer,
                    proposal=proposal.id,
                    at=desk.at,
                ),
            )
        decisions.finish(desk.session, proposal.id, "done")
        asked = outbox.get_request(desk.session, proposal.request)
        if asked.outcome == WAITING:
            outbox.finish_request(desk.session, asked.id, DONE, asked.result or {})
        desk.audit(proposal.id, {"proposal": proposal.id, "hash": proposal.hash, "maker": proposal.maker})
    return act.finish()
