"""A change of name: a new version of the record under the new name, the old version kept sealed, by two officers.

The former name stays among the investor's other names, so that it is still screened. The maker's version is sealed at
once and named by number and commitment; at the checker's yes it is screened and judged again as an admission, and only
then put in force and on the chain (R-44, R-53, R-62).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.books import propose_entry
from abst.chain.office import Approve, Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import approval_act
from abst.decisions import Proposal, officers
from abst.errors import Conflict, UsageError
from abst.holders.record_gates import RENAMING, Renaming
from abst.holders.tables import Correction
from abst.investor import records
from abst.investor.desk import carry, judge, kept_admissions
from abst.investor.model import Identifier, PrivateRecord
from abst.investor.recording import blinded_row
from abst.values import Address

FIELDS = ("name", "other_names", "identifier_type", "identifier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """row: the new name, perhaps other_names and a new identifier with its type; nothing else of the record changes."""

    officer: str
    request: str
    investor: str
    row: Mapping[str, Any]
    evidence: Evidence


def renamed(record: PrivateRecord, row: Mapping[str, Any]) -> PrivateRecord:
    """The record under its new name, the former one among the others. Raises UsageError, which tells no value."""
    unknown = sorted(set(row) - set(FIELDS))
    name = str(row.get("name") or "").strip()
    if unknown or not name:
        found = ", ".join(unknown) or "no name"
        raise UsageError("not a change of name", found=found, needed=", ".join(FIELDS), where="FILE")
    if bool(row.get("identifier")) != bool(row.get("identifier_type")):
        needed = "identifier and identifier_type"
        raise UsageError("half an identifier", found="one of the two", needed=needed, where="FILE")
    given = row.get("other_names") or ()
    more = (given,) if isinstance(given, str) else tuple(map(str, given))
    former = [one for one in (*record.other_names, record.name, *more) if one != name]
    changed: dict[str, Any] = {"name": name, "other_names": tuple(dict.fromkeys(former))}
    if row.get("identifier"):
        told = Identifier(type=str(row["identifier_type"]), value=str(row["identifier"]))
        changed["identifiers"] = (*(one for one in record.identifiers if one.type != told.type), told)
    return record.model_copy(update=changed)


@once
def rename(office: Office, cmd: Rename) -> Result:
    """Propose a change of name: judged, screened, sealed beside the version in force (R-44, R-53). ADMITTER.

    Raises Refused when the name is the same or the record under it would not be admitted, NotFound.
    """
    content = {
        "officer": cmd.officer,
        "investor": cmd.investor,
        "row": blinded_row(office, cmd.row),
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "correct name", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        officers.require(session, cmd.officer, "admitter")
        investor = records.get(session, cmd.investor)
        record = records.private(session, investor.id, office.vault())
    new = renamed(record, cmd.row)
    asked = Renaming(investor.id, investor.state, new.name == record.name, cmd.evidence.hash)
    judged = [decisions.judge("name-change", RENAMING, asked)]
    stated: dict[str, Any] = {"investor": investor.id, "from_version": investor.version}
    if not judged[0].refusals:
        case = judge(office, {investor.id: new}, act.at, proposed=True)[investor.id]
        with office.store.begin() as session:
            made = records.keep_versions(session, {investor.id: new}, office.vault(), act.at)
        version, commitment = made[investor.id]
        stated |= {"version": version, "commitment": commitment}
        judged.append(case.judged(version, commitment))
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind="correct name",
        subject=f"investor {investor.id}",
        facts=stated | {"evidence": cmd.evidence.as_dict()},
        judged=judged,
        role="admitter",
    )


def approve(office: Office, proposal: Proposal, cmd: Approve) -> Result:
    """The checker's yes: the sealed version is screened and judged again, then in force and sent by the maker's key.

    Raises Refused when it is not admitted now (the proposal stays open), Conflict when the record was renewed since.
    """
    act = approval_act(office, cmd)
    if act.earlier:
        return act.again()
    command = proposal.command
    one = str(command["investor"])
    with office.store.read() as session:
        record = records.private(session, one, office.vault(), version=command["version"])
    cases = judge(office, {one: record}, act.at, proposed=True)
    if cases[one].refusals:
        raise act.refuse(
            cmd.officer,
            proposal.checker_role,
            kind="correct name release",
            subject=f"investor {one}",
            facts={"proposal": proposal.hash, "investor": one},
            judged=[cases[one].judged(command["version"], command["commitment"])],
        )
    with act.writing(cmd.officer, proposal.checker_role) as desk:
        decisions.approve(desk.session, proposal.id, cmd.officer, desk.at, cmd.expected_hash or None)
        now = records.get(desk.session, one).version
        if now != command["from_version"]:
            needed = f"version {command['from_version']}; reject it and propose again"
            raise Conflict("the record was renewed since", found=f"version {now}", needed=needed, where=one)
        maker = Address(officers.get(desk.session, proposal.maker).address)
        carry(office, desk, {one: record}, cases, signer=maker)
        desk.audit(proposal.id, {"proposal": proposal.id, "hash": proposal.hash, "maker": proposal.maker})
        desk.result = {"proposal": proposal.id, "kind": proposal.kind, "hash": proposal.hash}
    return act.finish()


def _renamed(office: Office, session: Session, closing: Closing) -> None:
    content = closing.content
    every = [w.address for w in records.wallets_of(session, content["investor"]) if w.number is not None]
    kept_admissions(office, session, replace(closing, result={"wallets": [[content["investor"], w] for w in every]}))
    session.add(
        Correction(
            kind="name",
            subject=content["investor"],
            amount=0,
            evidence=content["evidence"]["sha256"],
            note=f"version {content['from_version']} to {records.get(session, content['investor']).version}",
            proposal=str(closing.proposal),
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )
    session.flush()


HANDLERS = {"correct name": Handler(done=_renamed, approve=approve)}
