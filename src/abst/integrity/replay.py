"""A decision shown and run again: its stored facts, the rulebook of its day, the same pure gates.

What was judged by pure gates is restored from what was stored and judged again; results, refusals and hash must come
out as they stand. A kind without gates (an act of power: evidence, and the chain's own answer) has nothing to run and
says so; a decision about somebody whose keys are gone says that too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from pydantic import ValidationError
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from abst import outbox
from abst.audit import DECISIONS, Entry, older_until
from abst.chain.office import Office
from abst.decisions import Approval, Decision, Judged, Proposal, get_decision
from abst.decisions import results as gate_results
from abst.decisions.results import ACT, CHAIN, plain_of
from abst.decisions.rulebooks import by_digest
from abst.errors import AbstError
from abst.integrity import kinds, trail
from abst.integrity.checks import Difference
from abst.integrity.opening import Closed, Erased, opened
from abst.outbox import Intent
from abst.rulebook import Rulebook
from abst.values import instant

SAME, DIFFERENT, NO_GATES = "same", "different", "no-gates"
ERASED, CLOSED, OLDER = "erased", "closed", "older"
WORDS = {
    SAME: "run again under the rulebook of its day: the same results, the same hash",
    DIFFERENT: "what is stored is not what the gates say of its facts, or not what was hashed",
    NO_GATES: "an act of power: it stands on its evidence, two officers and the chain's own answer; no gate to run",
    ERASED: "its person was erased: the keys of the private facts are gone, and hash and log still hold",
    OLDER: "made by a version that did not keep the facts for its gates; hash and refusals hold",
    CLOSED: "the vault is not in this home: the private facts cannot be read here; hash and log still hold",
}


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of running one decision again. gates: how many results were compared."""

    decision: str
    kind: str
    at: int
    passed: bool
    outcome: str
    gates: int
    differences: tuple[Difference, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "kind": self.kind,
            "at": self.at,
            "passed": self.passed,
            "outcome": self.outcome,
            "words": WORDS[self.outcome],
            "gates": self.gates,
            "differences": [
                {"where": d.where, "found": d.found, "expected": d.expected, "words": d.words} for d in self.differences
            ],
        }


# ---- running again


def replay(office: Office, decision_id: str) -> Replay:
    """Run one decision again. Raises NotFound."""
    with office.store.read() as session:
        return _Replaying(office, session, _named_by_log(session, decision_id)).run(get_decision(session, decision_id))


def replay_all(office: Office, each: Callable[[Replay], None] | None = None) -> list[Replay]:
    """Run every decision again, oldest first."""
    done: list[Replay] = []
    with office.store.read() as session:
        replaying = _Replaying(office, session, trail.named_decisions(session))
        order = select(Decision).order_by(Decision.at, Decision.id).execution_options(yield_per=trail.AT_ONCE)
        for decision in session.scalars(order):
            done.append(replaying.run(decision))
            session.expunge(decision)
            if each is not None:
                each(done[-1])
    return done


class _Replaying:
    """One reading of the store; rulebooks are made once."""

    def __init__(self, office: Office, session: Session, named: dict[str, str]) -> None:
        self.office, self.session, self.named = office, session, named
        self._older = older_until(session)
        self._books: dict[str, Rulebook] = {}

    def run(self, decision: Decision) -> Replay:
        found = trail.of_decision(decision, self.named.get(decision.id, ""), self._older)
        judged = decision.facts.get("judged", [])
        outcome = SAME if judged else NO_GATES
        if decision.at <= self._older and "judged" not in decision.facts:
            return Replay(
                decision.id, decision.kind, decision.at, decision.passed, DIFFERENT if found else OLDER, 0, tuple(found)
            )
        gates = sum(result["gate"] not in (ACT, CHAIN) for result in decision.results)
        try:
            book = self._rulebook(decision)
            made = [self._judge(one, book) for one in judged]
        except (Erased, Closed) as gone:
            outcome = ERASED if isinstance(gone, Erased) else CLOSED
        except (AbstError, ValidationError, KeyError, TypeError, ValueError) as error:
            found.append(Difference(_where(decision), str(error), "facts that a gate can judge", "its facts"))
        else:
            found += _compare(decision, made)
        if found:
            outcome = DIFFERENT
        return Replay(decision.id, decision.kind, decision.at, decision.passed, outcome, gates, tuple(found))

    def _rulebook(self, decision: Decision) -> Rulebook:
        digest = str(decision.facts["rulebook"])
        if digest not in self._books:
            self._books[digest] = by_digest(self.session, digest)
        book = self._books[digest]
        if book.version != decision.rulebook:
            raise ValueError(f"rulebook {decision.rulebook}, and the facts name {book.version}")
        return book

    def _judge(self, stored: dict[str, Any], book: Rulebook) -> Judged:
        """What the gates say now of one stored judgement's facts."""
        kind = kinds.kind(stored["kind"])
        facts = opened(self.office, self.session, stored["kind"], stored["facts"])
        if facts is None:
            facts = kind.restore(stored["facts"])
            if plain_of(facts) != stored["facts"]:
                raise ValueError("the facts hold something that no gate was given")
        return kind.judge(stored["kind"], facts, book).placed(stored.get("where", ""))


def _compare(decision: Decision, made: Sequence[Judged]) -> Iterable[Difference]:
    """Refusals of the act stand first, then those of the gates; of every gate the stored result is the one made now."""
    where = _where(decision)
    own = [result for result in decision.results if result["gate"] == ACT]
    told = [result for result in decision.results if result["gate"] not in (ACT, CHAIN)]
    stored = decision.refusals
    if [_core(result) for result in own] != [_core(gate_results.refused(refusal)) for refusal in stored[: len(own)]]:
        yield Difference(where, "other refusals", "those among the results", "refusals of the act itself")
    refusals = [refusal for one in made for refusal in one.refusals]
    for place, (found, expected) in enumerate(zip_longest(stored[len(own) :], refusals), start=1):
        if found != expected:
            yield Difference(where, str(found or "none"), str(expected or "none"), f"refusal {place} of the gates")
    results = [result for one in made for result in one.results]
    exact = all(kinds.kind(one.kind).gates for one in made)
    if [_core(one) for one in told if not one["passed"]] != [_core(one) for one in results if not one["passed"]]:
        yield Difference(where, "other results", "those of the gates", "results of gates that refused")
    passes = [one for one in told if one["passed"]]
    now = [one for one in results if one["passed"]]
    if exact and passes != now:
        yield Difference(where, f"{len(passes)} passed", f"{len(now)} pass", "results of gates that passed")


def _core(result: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(result[name]) for name in ("rule", "reason", "found", "needed", "where"))


def _where(decision: Decision) -> str:
    return f"decision {decision.id}"


# ---- showing


def rows(office: Office, *, kind: str = "", refused: bool = False) -> list[dict[str, Any]]:
    """Decisions in their order: all, of one kind, or those that refused."""
    query = select(Decision).order_by(Decision.at, Decision.id)
    if kind:
        query = query.where(Decision.kind == kind)
    if refused:
        query = query.where(Decision.passed.is_(False))
    with office.store.read() as session:
        return [_brief(decision) for decision in session.scalars(query)]


def _brief(decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.id,
        "kind": decision.kind,
        "at": instant(decision.at),
        "passed": decision.passed,
        "rules": sorted({rule for r in decision.refusals for rule in gate_results.rules_of(r.rule)}),
        "rulebook": decision.rulebook,
        "hash": decision.hash,
    }


def show(office: Office, decision_id: str) -> dict[str, Any]:
    """One decision with its facts, what each gate said, where the log names it, and what it led to. Raises NotFound."""
    with office.store.read() as session:
        decision = get_decision(session, decision_id)
        entries = entries_naming(session, decision_id)
        facts = {key: value for key, value in decision.facts.items() if key not in ("judged", "rulebook")}
        return {
            **_brief(decision),
            "rulebook_digest": decision.facts.get("rulebook"),
            "facts": facts,
            "judged": decision.facts.get("judged", []),
            "results": decision.results,
            "refusals": decision.refusals_stored,
            "log": [
                {"seq": e.seq, "actor": e.actor, "act": e.act, "subject": e.subject, "hash": e.hash} for e in entries
            ],
            "led_to": _led_to(session, decision, entries),
        }


def entries_naming(session: Session, decision_id: str) -> list[Entry]:
    """The entries of the log that name a decision."""
    like = select(Entry).where(cast(Entry.facts, String).contains(f'"{decision_id}"')).order_by(Entry.seq)
    return [entry for entry in session.scalars(like) if decision_id in entry.facts.get(DECISIONS, {})]


def _named_by_log(session: Session, decision_id: str) -> dict[str, str]:
    named = [entry.facts[DECISIONS][decision_id] for entry in entries_naming(session, decision_id)]
    return {decision_id: named[0]} if named else {}


def _led_to(session: Session, decision: Decision, entries: Sequence[Entry]) -> dict[str, Any]:
    """Proposals that rest on it, the second officer's word, and transactions, with whether they carry its hash."""
    requests = dict.fromkeys(str(entry.facts["request"]) for entry in entries if "request" in entry.facts)
    proposals = list(session.scalars(select(Proposal).where(Proposal.decision == decision.id)))
    proposals += [
        p for p in session.scalars(select(Proposal).where(Proposal.request.in_(requests))) if p not in proposals
    ]
    intents = [intent for request in requests for intent in outbox.of_request(session, request)]
    for proposal in proposals:
        intents += [i for i in outbox.of_request(session, proposal.request) if i not in intents]
    words = session.scalars(select(Approval).where(Approval.proposal.in_([p.id for p in proposals])))
    return {
        "proposals": [
            {"proposal": p.id, "kind": p.kind, "state": p.state, "maker": p.maker, "hash": p.hash} for p in proposals
        ],
        "approvals": [
            {"proposal": w.proposal, "checker": w.checker, "verdict": w.verdict, "hash": w.hash} for w in words
        ],
        "operations": [operation(intent, decision.hash) for intent in intents],
    }


def operation(intent: Intent, decision_hash: str) -> dict[str, Any]:
    """One transaction that followed. carries_hash: the decision's hash stands in what was sent."""
    return {
        "intent": intent.id,
        "kind": intent.kind,
        "operation": intent.operation,
        "state": intent.state,
        "tx_hash": intent.tx_hash,
        "block": intent.block_number,
        "carries_hash": bytes.fromhex(decision_hash[2:]) in intent.data,
    }
