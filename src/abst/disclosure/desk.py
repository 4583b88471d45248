"""The disclosure desk: obligations opened, documents published, what is due and overdue (R-71 to R-81).

The chain is the truth about obligations: the first mint opens issue completion there by itself. Here stands which
document closed one: its name, hash and address; the text stays with its publisher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.disclosure import documents
from abst.disclosure.kinds import NAMES, kind_of, name_bytes
from abst.disclosure.tables import Publication
from abst.errors import UsageError
from abst.filing import records
from abst.filing.tables import Filing
from abst.values import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenObligation:
    """due, grace, recurrence: seconds; due is the last second before the grace, recurrence 0 when due once."""

    officer: str
    request: str
    filing: str
    kind: str
    due: int
    grace: int = 0
    recurrence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclose:
    """Publish a document. obligation: the one it closes, 0 for none; next_due: of a recurring one.

    uri empty: the document stands at the filing's base followed by its hash (`abst document base`).
    """

    officer: str
    request: str
    filing: str
    name: str
    kind: str
    document: Evidence
    uri: str = ""
    obligation: int = 0
    next_due: int = 0


@once
def open_obligation(office: Office, cmd: OpenObligation) -> Result:
    """Open an obligation of a filing (R-72 to R-81). DISCLOSER. Raises UsageError for an unknown kind, Refused."""
    content = {
        "officer": cmd.officer,
        "filing": cmd.filing,
        "kind": cmd.kind,
        "due": cmd.due,
        "grace": cmd.grace,
        "recurrence": cmd.recurrence,
    }
    act = Act(office, "obligations open", cmd.request, content)
    if act.earlier:
        return act.again()
    kind = kind_of(cmd.kind)
    registry = office.contracts.registry
    with act.writing(cmd.officer, "discloser") as desk:
        filing = records.get(desk.session, cmd.filing)
        data = registry.encode("openObligation", filing.number, kind, cmd.due, cmd.grace, cmd.recurrence)
        desk.send("obligation", registry.address, data)
        desk.audit(f"filing {filing.id}", {"kind": cmd.kind, "due": cmd.due, "grace": cmd.grace})
        desk.result = {"filing": filing.id, "kind": cmd.kind, "due": instant(cmd.due), "grace": cmd.grace}
    return act.finish()


@once
def disclose(office: Office, cmd: Disclose) -> Result:
    """Publish a document's hash and address on chain, closing an obligation if one is named (R-81). DISCLOSER."""
    content = {
        "officer": cmd.officer,
        "filing": cmd.filing,
        "obligation": cmd.obligation,
        "name": cmd.name,
        "kind": cmd.kind,
        "document": cmd.document.as_dict(),
        "uri": cmd.uri,
        "next_due": cmd.next_due,
    }
    act = Act(office, "disclose", cmd.request, content)
    if act.earlier:
        return act.again()
    kind, name = kind_of(cmd.kind), name_bytes(cmd.name)
    stands = cmd.uri or _at_the_base(office, cmd)
    registry = office.contracts.registry
    with act.writing(cmd.officer, "discloser") as desk:
        filing = records.get(desk.session, cmd.filing)
        data = registry.encode(
            "publish",
            filing.number,
            cmd.obligation,
            kind,
            name,
            cmd.document.hash,
            cmd.uri,
            cmd.next_due,
        )
        desk.send("disclose", registry.address, data)
        desk.session.add(
            Publication(
                request=cmd.request,
                filing=filing.id,
                obligation=cmd.obligation,
                kind=cmd.kind,
                name=cmd.name,
                file_name=cmd.document.name,
                document_hash=cmd.document.hash,
                uri=cmd.uri,
                next_due=cmd.next_due,
                officer=desk.actor,
                at=desk.at,
            )
        )
        desk.audit(
            f"filing {filing.id}",
            {"document": cmd.document.hash, "kind": cmd.kind, "obligation": cmd.obligation, "uri": cmd.uri},
        )
        desk.result = {
            "filing": filing.id,
            "obligation": cmd.obligation,
            "kind": cmd.kind,
            "name": cmd.name,
            "document_hash": cmd.document.hash,
            "uri": stands,
        }
    return act.finish()


def _at_the_base(office: Office, cmd: Disclose) -> str:
    """Raises UsageError when the filing has no base."""
    with office.store.read() as session:
        base = documents.base_now(office, records.get(session, cmd.filing).number)
    if not base:
        raise UsageError("where does the document stand?", needed="--uri, or `abst document base` first", where="--uri")
    return base + cmd.document.hash


def obligations(office: Office, filing_id: str | None = None) -> list[dict[str, Any]]:
    """Open obligations with their state at the chain's now: open, due (within the grace) or overdue (R-81)."""
    with office.store.read() as session:
        filings = [records.get(session, filing_id)] if filing_id else records.every(session)
    now = office.now()
    return [row for filing in filings for row in _of_filing(office, filing, now)]


def _of_filing(office: Office, filing: Filing, now: int) -> list[dict[str, Any]]:
    registry = office.contracts.registry
    rows: list[dict[str, Any]] = []
    for obligation in registry.read("openObligations", filing.number):
        kind, due, grace, recurrence = registry.read("obligationOf", filing.number, obligation)
        state = "open" if now <= due else "due" if now <= due + grace else "overdue"
        rows.append(
            {
                "filing": filing.id,
                "obligation": obligation,
                "kind": NAMES.get(kind, str(kind)),
                "due": due,
                "due_at": instant(due),
                "grace": grace,
                "recurrence": recurrence,
                "last_good": instant(due + grace),
                "state": state,
            }
        )
    return sorted(rows, key=lambda row: (row["due"] + row["grace"], row["obligation"]))
