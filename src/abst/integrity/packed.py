"""What goes into an evidence pack: from the store and the chain, in plain data. Chooses; decides nothing.

From the entries asked for follow their requests, the proposals of these, the entries and requests about those
proposals, the decisions that any of them names, and the transactions that they sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from abst import audit, outbox
from abst.audit import DECISIONS, Entry
from abst.chain.office import Office
from abst.decisions import Approval, Decision, Proposal, get_decision
from abst.decisions import rulebooks as books
from abst.disclosure.tables import Publication
from abst.filing import records as filings
from abst.filing.tables import FilingVersion
from abst.integrity.anchors import Anchored
from abst.integrity.replay import entries_naming
from abst.investor import records as investors
from abst.values import Hash

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question: one of a filing, an investor, a decision; else a period, first and last second."""

    filing: str
    investor: str
    decision: str
    period: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer, in the log's order; requests: those whose transactions belong to it."""

    entries: list[Entry]
    decisions: list[Decision]
    proposals: list[Proposal]
    requests: list[str]


def gather(office: Office, session: Session, wanted: Wanted) -> Found:
    """Everything on record. Raises NotFound for an unknown filing, investor or decision."""
    entries = {entry.seq: entry for entry in _entries(session, wanted)}
    requests, proposals = _acts(session, entries.values())
    for entry in _about(session, [proposal.id for proposal in proposals]):
        entries.setdefault(entry.seq, entry)
    requests, proposals = _acts(session, entries.values())
    named = {id_ for entry in entries.values() for id_ in entry.facts.get(DECISIONS, {})}
    named |= {proposal.decision for proposal in proposals if proposal.decision}
    chosen = [one for one in _decisions(session, sorted(named)) if _concerns(one, wanted)]
    for one in chosen:  # an entry may name a decision that only a proposal led here
        for entry in entries_naming(session, one.id) if not wanted.investor else []:
            entries.setdefault(entry.seq, entry)
    return Found([entries[seq] for seq in sorted(entries)], chosen, proposals, requests)


def _entries(session: Session, wanted: Wanted) -> Iterator[Entry]:
    if wanted.decision:
        yield from entries_naming(session, get_decision(session, wanted.decision).id)
        return
    query = select(Entry).order_by(Entry.seq)
    if wanted.filing:
        filing = filings.get(session, wanted.filing)
        subjects = [f"filing {filing.id}", f"filing {filing.number}"]
        subjects += [f"token {row.symbol}" for row in filings.tranches(session, filing.id)]
        yield from session.scalars(query.where(Entry.subject.in_(subjects)))
    elif wanted.investor:
        id_ = investors.get(session, wanted.investor).id
        told = cast(Entry.facts, String).contains(f'"{id_}"')
        yield from session.scalars(query.where(or_(Entry.subject == f"investor {id_}", told)))
    else:
        first, last = wanted.period
        yield from session.scalars(query.where(Entry.at >= first, Entry.at <= last))


def _acts(session: Session, entries: Iterable[Entry]) -> tuple[list[str], list[Proposal]]:
    """The requests that entries stand for, and the proposals that these made or that the entries are about."""
    told = list(entries)
    requests = dict.fromkeys(str(entry.facts["request"]) for entry in told if entry.facts.get("request"))
    about = {str(entry.facts["proposal"]) for entry in told if entry.facts.get("proposal")}
    query = select(Proposal).where(or_(Proposal.request.in_(requests), Proposal.id.in_(about)))
    proposals = list(session.scalars(query.order_by(Proposal.at, Proposal.id)))
    requests |= dict.fromkeys(proposal.request for proposal in proposals)
    return list(requests), proposals


def _about(session: Session, proposals: Sequence[str]) -> Iterator[Entry]:
    """Entries about these proposals: made, approved, rejected."""
    for start in range(0, len(proposals), AT_ONCE):
        part = proposals[start : start + AT_ONCE]
        yield from session.scalars(select(Entry).where(Entry.subject.in_(part)))
        made = select(Proposal.request).where(Proposal.id.in_(part))
        for request in session.scalars(made):
            told = cast(Entry.facts, String).contains(f'"{request}"')
            yield from session.scalars(select(Entry).where(told))


def _decisions(session: Session, ids: Sequence[str]) -> Iterator[Decision]:
    for start in range(0, len(ids), AT_ONCE):
        query = select(Decision).where(Decision.id.in_(ids[start : start + AT_ONCE]))
        yield from session.scalars(query.order_by(Decision.at, Decision.id))


def _concerns(decision: Decision, wanted: Wanted) -> bool:
    """Whether a decision belongs to what was asked: an entry of many investors names those of the others too."""
    if not wanted.investor:
        return True
    return _holds(decision.facts, wanted.investor)


def _holds(value: Any, word: str) -> bool:
    match value:
        case dict():
            return any(_holds(item, word) for item in value.values())
        case list():
            return any(_holds(item, word) for item in value)
    return bool(value == word)


# ---- the files


def entry(one: Entry) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "at": one.at,
        "actor": one.actor,
        "act": one.act,
        "subject": one.subject,
        "facts": one.facts,
        "previous": one.previous,
        "hash": one.hash,
    }


def links(session: Session, told: Sequence[Entry], anchors: Sequence[Anchored]) -> list[list[Any]]:
    """Number, hash before, digest of content and hash, from the first entry told to the anchor that covers the last."""
    first, last = told[0].seq, told[-1].seq
    upto = min((one.seq for one in anchors if one.seq >= last), default=audit.head(session).seq)
    found: list[list[Any]] = []
    for one in audit.entries(session, after=first - 1):
        if one.seq > upto:
            break
        content = entry(one) if audit.is_of_the_first_form(one) else audit.content_of(one)
        found.append([one.seq, one.previous, content, one.hash])
    return found


def decision(one: Decision) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "facts": one.facts,
        "results": one.results,
        "refusals": one.refusals_stored,
        "rulebook": one.rulebook,
        "at": one.at,
        "hash": one.hash,
    }


def proposals(session: Session, found: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Each with the words of its second officer, and the hash of the decision it rests on."""
    words: dict[str, list[dict[str, Any]]] = {}
    for said in session.scalars(select(Approval).where(Approval.proposal.in_([one.id for one in found]))):
        words.setdefault(said.proposal, []).append(
            {"checker": said.checker, "verdict": said.verdict, "hash": said.hash, "at": said.at}
        )
    hashes = {one.id: one.hash for one in _decisions(session, [one.decision for one in found if one.decision])}
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "command": one.command,
            "maker": one.maker,
            "request": one.request,
            "state": one.state,
            "at": one.at,
            "decision": hashes.get(one.decision or ""),
            "hash": one.hash,
            "words": words.get(one.id, []),
        }
        for one in found
    ]


def documents(session: Session, found: Found, filing_id: str) -> dict[str, Any]:
    """Names and hashes of every document that the acts stand on, and of the filing's own file and publications."""
    papers: dict[str, str] = {}
    for value in (*(one.facts for one in found.entries), *(one.command for one in found.proposals)):
        papers |= dict(_papers(value))
    told: dict[str, Any] = {"evidence": [{"sha256": sha, "name": papers[sha]} for sha in sorted(papers)]}
    if filing_id:
        filing = filings.get(session, filing_id)
        versions = select(FilingVersion).where(FilingVersion.filing == filing.id).order_by(FilingVersion.version)
        told["filing"] = [
            {
                "version": row.version,
                "dossier_digest": row.dossier_digest,
                "deal_hash": row.deal_hash,
                "plan_hash": row.plan_hash,
                "at": row.at,
            }
            for row in session.scalars(versions)
        ]
        published = select(Publication).where(Publication.filing == filing.id).order_by(Publication.at)
        told["publications"] = [
            {"name": row.name, "kind": row.kind, "sha256": row.document_hash, "at": row.at}
            for row in session.scalars(published)
        ]
    return told


def _papers(value: Any) -> Iterator[tuple[str, str]]:
    """Every {name, sha256} in some facts, as (sha256, name)."""
    match value:
        case dict():
            if isinstance(value.get("sha256"), str) and isinstance(value.get("name"), str):
                yield value["sha256"], value["name"]
            for item in value.values():
                yield from _papers(item)
        case list():
            for item in value:
                yield from _papers(item)


def operations(office: Office, session: Session, requests: Sequence[str]) -> list[dict[str, Any]]:
    """Transactions of these requests and of the approvals of their proposals: as signed, and what the chain says."""
    found: list[dict[str, Any]] = []
    for request in requests:
        for intent in outbox.of_request(session, request):
            raw = next((one.raw for one in outbox.attempts(session, intent.id) if one.tx_hash == intent.tx_hash), None)
            found.append(
                {
                    "request": request,
                    "kind": intent.kind,
                    "operation": intent.operation,
                    "signer": intent.signer,
                    "to": intent.to,
                    "data": "0x" + intent.data.hex(),
                    "state": intent.state,
                    "tx_hash": intent.tx_hash,
                    "raw": None if raw is None else "0x" + raw.hex(),
                    "receipt": receipt(office, intent.tx_hash),
                }
            )
    return found


def receipt(office: Office, tx_hash: str | None) -> dict[str, Any] | None:
    """What became of a transaction, with every event, as the chain says now."""
    told = office.chain.receipt(Hash(tx_hash)) if tx_hash else None
    if told is None:
        return None
    return {
        "block": told.block_number,
        "block_hash": told.block_hash,
        "status": told.status,
        "logs": [
            {"address": log.address, "topics": list(log.topics), "data": "0x" + log.data.hex()} for log in told.logs
        ],
    }


def proofs(found: Found, sent: Sequence[dict[str, Any]], anchors: Sequence[Anchored]) -> list[dict[str, Any]]:
    """For each decision: the entry that names it, the first anchor at or after that, and who carries its hash."""
    entries = {id_: entry.seq for entry in reversed(found.entries) for id_ in entry.facts.get(DECISIONS, {})}
    told: list[dict[str, Any]] = []
    for one in found.decisions:
        seq = entries.get(one.id)
        covering = next((a for a in anchors if seq is not None and a.seq >= seq), None)
        carried = [row for row in sent if one.hash[2:] in row["data"]]
        told.append(
            {
                "decision": one.id,
                "hash": one.hash,
                "entry": seq,
                "anchor": covering.seq if covering else None,
                "anchor_tx": covering.tx_hash if covering else None,
                "carried_by": [
                    {
                        "tx_hash": row["tx_hash"],
                        "block": row["receipt"]["block"] if row["receipt"] else None,
                        "operation": row["operation"],
                        "events": _carrying(row, one.hash),
                    }
                    for row in carried
                ],
            }
        )
    return told


def _carrying(row: dict[str, Any], hash_: str) -> list[int]:
    """Places of the events of a transaction that carry a hash."""
    logs = row["receipt"]["logs"] if row["receipt"] else []
    return [n for n, log in enumerate(logs) if hash_ in log["topics"] or hash_[2:] in log["data"]]


def rulebooks(session: Session, found: Sequence[Decision]) -> dict[str, Any]:
    """Content of every rulebook that decided something here, by digest; earlier versions kept none."""
    kept = {digest for digest, _, _ in books.kept(session)}
    wanted = sorted({str(one.facts.get("rulebook", "")) for one in found} & kept)
    return {digest: books.by_digest(session, digest).content for digest in wanted}
