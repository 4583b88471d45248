"""Many investors blocked from a list at once (R-53, R-62); many are renewed by `abst.investor.renewing`."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.chain.words import InvestorRecord
from abst.errors import UsageError
from abst.investor import records
from abst.investor.admitting import BATCH
from abst.investor.reading import first_wallet
from abst.investor.renewing import RenewMany, renew_many
from abst.values import Hash

__all__ = ["HANDLERS", "BlockMany", "RenewMany", "block_many", "read_investors", "renew_many"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockMany:
    """investors: ids, each once; one reason and one document for all of them."""

    officer: str
    request: str
    investors: tuple[str, ...]
    reason: str
    evidence: Evidence


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
    "investor block many": Handler(done=_blocked),
}
