"""Decisions: stored with all that went in, whatever came out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from abst import audit
from abst.decisions import rulebooks
from abst.decisions.results import Judged, Result, refused
from abst.decisions.tables import Decision
from abst.errors import NotFound, Refusal
from abst.rulebook import Rulebook
from abst.store import Written
from abst.values import Hash, canonical, digest, new_id

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
) -> Decision:
    """Store a decision; it passed when nothing refused. The next entry of the audit log names it with its hash.

    `judged`: the pure judgements it rests on, restorable; `refusals`: others', such as the chain's; `results`: of other
    gates that ran. `facts`: what else was known, ids and keyed hashes in place of personal values. The rulebook is kept
    by its digest, which stands among the facts, so that the decision can be run again under it. Of many in one unit of
    work make each a `draft`, and `keep` them together.
    """
    whole = dict(facts) | {"rulebook": _kept(session, rulebook, at)}
    if judged:
        whole["judged"] = [one.as_stored() for one in judged]
    ran, stored = _answers(refusals, judged, results)
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
    session.flush()
    audit.name(session, decision.id, Hash(decision.hash))
    return decision


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision that is made and not stored yet: its id, its hash, and its row, JSON already written."""

    id: str
    hash: Hash
    row: dict[str, Any]


def draft(
    session: Session, *, kind: str, facts: dict[str, Any], rulebook: Rulebook, at: int, judged: Sequence[Judged]
) -> Draft:
    """One of many decisions: the same as `record` would store, each part of its content written once."""
    whole = dict(facts) | {"rulebook": _kept(session, rulebook, at)}
    whole["judged"] = [one.as_stored() for one in judged]
    ran, stored = _answers((), judged, ())
    said = {"facts": _written(whole), "results": _written(ran), "refusals": _written(stored)}
    pieces = {**said, "kind": _written(kind), "rulebook": _written(rulebook.version), "at": str(at)}
    content = ",".join(f'"{name}":{text}' for name, text in sorted(pieces.items()))
    made = Hash("0x" + hashlib.sha256(f"{{{content}}}".encode()).hexdigest())
    row = {
        "id": new_id("dec"),
        "kind": kind,
        "rulebook": rulebook.version,
        "passed": not stored,
        "at": at,
        "hash": made,
    }
    return Draft(str(row["id"]), made, {**row, **said})


def _written(value: Any) -> Written:
    return Written(canonical(value).decode())


def keep(session: Session, drafts: Iterable[Draft]) -> None:
    """Store drafts; the next entry of the audit log names each with its hash."""
    rows = []
    for one in drafts:
        rows.append(one.row)
        audit.name(session, one.id, one.hash)
    if rows:
        session.connection().execute(insert(Decision), rows)


def _answers(
    refusals: Sequence[Refusal], judged: Sequence[Judged], results: Sequence[Result]
) -> tuple[list[Result], list[dict[str, str]]]:
    """What every gate said, and all refusals, as they are stored."""
    found = [*refusals, *(refusal for one in judged for refusal in one.refusals)]
    ran = [*(refused(refusal) for refusal in refusals), *results, *(r for one in judged for r in one.results)]
    return ran, [refusal.as_dict() for refusal in found]


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
