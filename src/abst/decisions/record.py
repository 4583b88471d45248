"""Decisions: stored with all that went in, whatever came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from abst import audit
from abst.decisions import rulebooks
from abst.decisions.results import Judged, Result, refused
from abst.decisions.tables import Decision
from abst.errors import NotFound, Refusal
from abst.rulebook import Rulebook
from abst.values import Hash, digest, new_id

KEPT = "digests of the rulebooks kept"  # their place in `Session.info`


def record(
    session: Session,
    *,
    kind: str,
    facts: dict[str, Any],
    rulebook: Rulebook,
    at: int,
    refusals: Sequence[Refusal] = (),
    judged: Sequence[Judged] = (),
    results: Sequence[Result] = (),
    flush: bool = True,
) -> Decision:
    """Store a decision; it passed when nothing refused. The next entry of the audit log names it with its hash.

    `judged`: the pure judgements it rests on, restorable; `refusals`: others', such as the chain's; `results`: of other
    gates that ran. `facts`: what else was known, ids and keyed hashes in place of personal values. The rulebook is kept
    by its digest, which stands among the facts, so that the decision can be run again under it. `flush` False: one of
    many in a unit of work, which writes them together.
    """
    whole = dict(facts) | {"rulebook": _kept(session, rulebook, at)}
    if judged:
        whole["judged"] = [one.as_stored() for one in judged]
    found = [*refusals, *(refusal for one in judged for refusal in one.refusals)]
    ran = [*(refused(refusal) for refusal in refusals), *results, *(r for one in judged for r in one.results)]
    stored = [refusal.as_dict() for refusal in found]
    decision = Decision(
        id=new_id("dec"),
        kind=kind,
        facts=whole,
        results=ran,
        refusals_stored=stored,
        passed=not stored,
        rulebook=rulebook.version,
        at=at,
        hash=decision_hash(kind=kind, facts=whole, results=ran, refusals=stored, rulebook=rulebook.version, at=at),
    )
    session.add(decision)
    if flush:
        session.flush()
    audit.name(session, decision.id, Hash(decision.hash))
    return decision


def _kept(session: Session, rulebook: Rulebook, at: int) -> Hash:
    """The rulebook's digest, its content kept; looked up once in a unit of work, however many decisions it makes."""
    known: set[str] = session.info.setdefault(KEPT, set())
    if rulebook.digest not in known:
        known.add(rulebooks.keep(session, rulebook, at))
    return rulebook.digest


def decision_hash(
    *,
    kind: str,
    facts: dict[str, Any],
    results: Sequence[Mapping[str, Any]],
    refusals: Sequence[Mapping[str, str]],
    rulebook: str,
    at: int,
) -> Hash:
    """Digest of all inputs and results: what an approval stands for."""
    return digest(
        {
            "kind": kind,
            "facts": facts,
            "results": [dict(result) for result in results],
            "refusals": [dict(refusal) for refusal in refusals],
            "rulebook": rulebook,
            "at": at,
        }
    )


def hash_of_stored(decision: Decision) -> Hash:
    """The hash that a stored decision's content makes now."""
    return decision_hash(
        kind=decision.kind,
        facts=decision.facts,
        results=decision.results,
        refusals=decision.refusals_stored,
        rulebook=decision.rulebook,
        at=decision.at,
    )


def get_decision(session: Session, decision_id: str) -> Decision:
    """Raises NotFound."""
    decision = session.get(Decision, decision_id)
    if decision is None:
        raise NotFound("no such decision", found=repr(decision_id), needed="an id dec-…", where="decision")
    return decision
