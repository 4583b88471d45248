"""The trail of an act: the entry that names its decision, the decision, the proposal, the second officer's word.

Each carries the hash of the one before it, so that none can be rewritten alone: the log names every decision by id and
hash, a proposal's hash is over its decision's, and an approval repeats the proposal's.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import audit
from abst.audit import Entry
from abst.chain.office import Office
from abst.decisions import Approval, Decision, Proposal, hash_of_stored, proposal_hash
from abst.integrity.checks import Check, Difference
from abst.values import Hash

AT_ONCE = 500  # rows read at a time


def named_decisions(session: Session) -> dict[str, str]:
    """Every decision that the log names: id to hash. One that is named twice keeps the first."""
    found: dict[str, str] = {}
    for facts in session.scalars(select(Entry.facts).order_by(Entry.seq).execution_options(yield_per=AT_ONCE)):
        for id_, hash_ in facts.get(audit.DECISIONS, {}).items():
            found.setdefault(id_, hash_)
    return found


def decisions(office: Office) -> list[Difference]:
    """Every decision is what was hashed, and stands in the log under that hash; none that it names is gone (R-70)."""
    found: list[Difference] = []
    with office.store.read() as session:
        named, older = named_decisions(session), audit.older_until(session)
        for decision in session.scalars(select(Decision).order_by(Decision.id).execution_options(yield_per=AT_ONCE)):
            found += of_decision(decision, named.pop(decision.id, ""), older)
            session.expunge(decision)
    return found + [
        Difference(f"decision {id_}", "missing", hash_, "the log names it") for id_, hash_ in sorted(named.items())
    ]


def of_decision(decision: Decision, named: str, older: int = -1) -> list[Difference]:
    """What does not fit in one decision. named: its hash in the log, empty where no entry names it.

    older: up to this second decisions were made by a version whose log named none.
    """
    if not named and decision.at <= older:
        named = decision.hash
    where, made = f"decision {decision.id}", hash_of_stored(decision)
    pairs = (
        ("the decision was changed", made, decision.hash),
        ("the decision in the log", decision.hash, named or "not named"),
        ("passed when nothing refused", decision.passed, not decision.refusals_stored),
    )
    return [Difference(where, str(a), str(b), words) for words, a, b in pairs if a != b]


def proposals(office: Office) -> list[Difference]:
    """Every proposal is what was hashed, with the decision it rests on; its second officer saw exactly that."""
    found: list[Difference] = []
    with office.store.read() as session:
        words: dict[str, list[Approval]] = {}
        for approval in session.scalars(select(Approval)):
            words.setdefault(approval.proposal, []).append(approval)
        query = select(Proposal, Decision.hash).outerjoin(Decision, Decision.id == Proposal.decision)
        for proposal, basis in session.execute(query.order_by(Proposal.at, Proposal.id)):
            found += _of_proposal(proposal, basis, words.get(proposal.id, []))
    return found


def _of_proposal(proposal: Proposal, basis: str | None, said: list[Approval]) -> list[Difference]:
    where = f"proposal {proposal.id}"
    found: list[Difference] = []
    if proposal.decision is not None and basis is None:
        found.append(Difference(where, "no decision", proposal.decision, "the decision it rests on"))
    else:
        made = proposal_hash(proposal.kind, proposal.command, Hash(basis) if basis else None, proposal.maker)
        if made != proposal.hash:
            found.append(Difference(where, made, proposal.hash, "the proposal was changed"))
    for word in said:
        pairs = (
            ("the hash its second officer saw", word.hash, proposal.hash),
            ("its second officer", word.checker, proposal.checker),
            ("his word", word.verdict, proposal.state != "rejected"),
        )
        found += [Difference(where, str(a), str(b), words) for words, a, b in pairs if a != b]
    needs_word = proposal.state in ("approved", "done", "failed", "rejected")
    if needs_word != (len(said) == 1):
        found.append(Difference(where, f"{len(said)} words", proposal.state, "its second officer's word"))
    return found


CHECKS: tuple[Check, ...] = (decisions, proposals)
