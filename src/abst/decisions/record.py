"""Decisions: stored with all that went in, whatever came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from abst.decisions.tables import Decision
from abst.errors import NotFound, Refusal
from abst.values import Hash, digest, new_id


def record(
    session: Session,
    *,
    kind: str,
    facts: dict[str, Any],
    refusals: Sequence[Refusal],
    rulebook: str,
    at: int,
    results: Sequence[Mapping[str, Any]] = (),
) -> Decision:
    """Store a decision; it passed when nothing refused.

    `facts`: everything the gates were given, ids and keyed hashes in place of personal values; `results`: one entry
    per gate that ran (rule, found, needed, passed), for explaining what was *not* refused; `rulebook`: its version.
    """
    stored = [refusal.as_dict() for refusal in refusals]
    listed = [dict(result) for result in results]
    decision = Decision(
        id=new_id("dec"),
        kind=kind,
        facts=facts,
        results=listed,
        refusals_stored=stored,
        passed=not stored,
        rulebook=rulebook,
        at=at,
        hash=decision_hash(kind=kind, facts=facts, results=listed, refusals=stored, rulebook=rulebook, at=at),
    )
    session.add(decision)
    session.flush()
    return decision


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


def get_decision(session: Session, decision_id: str) -> Decision:
    """Raises NotFound."""
    decision = session.get(Decision, decision_id)
    if decision is None:
        raise NotFound("no such decision", found=repr(decision_id), needed="an id dec-…", where="decision")
    return decision
