"""Many investors at once: renewed from a table, blocked from a list (R-47, R-53, R-56, R-62)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.chain.words import InvestorRecord
from abst.errors import Refusal, UsageError
from abst.investor import importer, records
from abst.investor.admission import Assessment, assess_record
from abst.investor.desk import (
    BATCH,
    admission_of,
    first_wallet,
    kept_admissions,
    read_file,
    record_decision,
)
from abst.investor.tables import Investor
from abst.rulebook import refuse
from abst.values import Hash, file_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewMany:
    """content: a CSV as the import's; `reference` names the known investor, `wallet` is not read."""

    officer: str
    request: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockMany:
    """investors: ids, each once; one reason and one document for all of them."""

    officer: str
    request: str
    investors: tuple[str, ...]
    reason: str
    evidence: Evidence


@once
def renew_many(office: Office, cmd: RenewMany) -> Result:
    """Judge the new records of a table and write the facts of those who pass, 100 in a transaction. ADMITTER.

    The result's refusals name every bad cell and everyone who did not pass: their old facts run out by themselves.
    Raises Refused when nobody passes.
    """
    content = {"officer": cmd.officer, "file": file_digest(cmd.content)}
    act = Act(office, "investor renew many", cmd.request, content)
    if act.earlier:
        return act.again()
    read = read_file(cmd.content)
    good, refusals = _judge(office, read, act.at)
    if not good:
        raise act.refuse(
            cmd.officer, "admitter", kind="admission", subject="investors", facts=content, refusals=refusals
        )
    registry = office.contracts.registry
    with act.writing(cmd.officer, "admitter") as desk:
        admissions, wallets = [], []
        for row, judged in good:
            investor = records.get(desk.session, row.reference)
            wallet = first_wallet(desk.session, investor)
            records.renew(
                desk.session, investor, record=row.record, facts=judged.facts, vault=office.vault(), at=desk.at
            )
            record_decision(office, desk, investor, judged, (), wallet)
            records.set_state(desk.session, investor, "admitted", desk.at)
            admissions.append(admission_of(investor, judged, wallet))
            every = records.wallets_of(desk.session, investor.id)
            wallets += [[investor.id, w.address] for w in every if w.number is not None]
        for start in range(0, len(admissions), BATCH):
            data = registry.encode("renew", admissions[start : start + BATCH])
            desk.send("investor renew", registry.address, data)
        renewed = [row.reference for row, _ in good]
        desk.audit("investors", {"renewed": renewed, "refused": read.count - len(good)})
        desk.refusals = tuple(refusals)
        desk.result = {"rows": read.count, "renewed": len(good), "refused": read.count - len(good), "wallets": wallets}
    return act.finish()


def _judge(
    office: Office, read: importer.Imported, at: int
) -> tuple[list[tuple[importer.Row, Assessment]], list[Refusal]]:
    refusals = [problem.refusal() for problem in read.problems]
    good: list[tuple[importer.Row, Assessment]] = []
    with office.store.read() as session:
        for row in read.rows:
            where = f"investor {row.reference}"
            investor = session.get(Investor, row.reference)
            if investor is None or investor.state != "admitted":
                found = investor.state if investor else "no such investor"
                refusals.append(refuse("R-44", "not-admitted", found=found, needed="an admitted one", where=where))
                continue
            judged = assess_record(row.record, office.rulebook, at, office.zone, where=where)
            refusals += judged.refusals
            if not judged.refusals:
                good.append((row, judged))
    return good, refusals


def read_investors(content: bytes) -> tuple[str, ...]:
    """A CSV with a column ``investor``, each once. Raises UsageError naming the row."""
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8 text", found=str(error), where="investors") from None
    if "investor" not in (table.fieldnames or ()):
        found = ", ".join(table.fieldnames or ()) or "an empty file"
        raise UsageError("wrong columns", found=found, needed="investor", where="row 1")
    found_at: dict[str, int] = {}
    for line, cells in enumerate(table, start=2):
        investor = (cells["investor"] or "").strip()
        if not investor or investor in found_at:
            raise UsageError("not one investor", found=investor or "nothing", needed="each once", where=f"row {line}")
        found_at[investor] = line
    if not found_at:
        raise UsageError("no investors", found="no rows", needed="at least one", where="investors")
    return tuple(found_at)


@once
def block_many(office: Office, cmd: BlockMany) -> Result:
    """Block investors, all their wallets, 100 in a transaction: stopping takes one key (R-53, R-62). ADMITTER.

    Raises NotFound for one that is unknown or not admitted: then nobody is blocked.
    """
    content = {
        "officer": cmd.officer,
        "investors": list(cmd.investors),
        "reason": cmd.reason,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "investor block many", cmd.request, content)
    if act.earlier:
        return act.again()
    registry = office.contracts.registry
    with act.writing(cmd.officer, "admitter") as desk:
        wallets = [first_wallet(desk.session, records.get(desk.session, one)).address for one in cmd.investors]
        for start in range(0, len(wallets), BATCH):
            data = registry.encode("blockInvestors", wallets[start : start + BATCH], cmd.evidence.hash)
            desk.send("investor block", registry.address, data)
        desk.audit("investors", {"blocked": list(cmd.investors), "evidence": cmd.evidence.as_dict()})
        desk.result = {"blocked": len(wallets), "investors": list(cmd.investors)}
    return act.finish()


def _blocked(office: Office, session: Session, closing: Closing) -> None:
    """Record the blocks that the chain took; a part that it rejected is not blocked."""
    content = closing.content
    for one in content["investors"]:
        wallet = first_wallet(session, records.get(session, one))
        if not InvestorRecord.unpack(office.contracts.registry.read("investorOf", wallet.address)).blocked:
            continue
        evidence = Hash(content["evidence"]["sha256"])
        records.add_block(
            session, one, reason=content["reason"], evidence=evidence, officer=closing.maker, at=closing.at
        )


HANDLERS = {
    "investor renew many": Handler(done=kept_admissions),
    "investor block many": Handler(done=_blocked),
}
