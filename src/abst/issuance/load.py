"""An existing register loaded: every row a mint, all of them or none, tied to its keeper's control totals (R-58, R-61).

The rows pass every gate of a mint and go through the mint desk in lots; the proposal names the register's hash and its
totals, so that the gatekeeper approves exactly that register. It is loaded once; the same request repeats safely.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.errors import UsageError
from abst.holders import facts
from abst.holders.record_gates import LOADING, Loading, Lock
from abst.issuance.desk import LOT, MINT, Allocation, decide, propose
from abst.issuance.tables import MintLot, RegisterLoad
from abst.store import Base
from abst.values import file_digest, first_second_of, parse_amount, parse_date

HOLDER = ("investor", "wallet")  # columns that name one; the first found is read
GONE = ("rejected", "withdrawn", "failed")  # proposals after which the same register may be tried again


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One line: investor id or wallet, units, the lot it came in, and the first day on which it is free of its lock."""

    row: int
    holder: str
    amount: int
    lot: str = ""
    lock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRegister:
    """content: the register, a CSV; rows, total: what its keeper states; evidence: his certificate. ISSUER."""

    officer: str
    request: str
    token: str
    content: bytes
    rows: int
    total: int
    evidence: Evidence


def read_register(content: bytes) -> tuple[RegisterRow, ...]:
    """A CSV with ``investor`` or ``wallet``, ``amount``, perhaps ``lot`` and ``lock``. Raises UsageError by row."""
    return tuple(_rows(content))


def _rows(content: bytes) -> Iterator[RegisterRow]:
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), restval="")
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8 text", found=str(error), where="the register") from None
    columns = table.fieldnames or ()
    holder = next((column for column in HOLDER if column in columns), "")
    if not holder or "amount" not in columns:
        found = ", ".join(columns) or "an empty file"
        raise UsageError("wrong columns", found=found, needed="investor or wallet, amount; lot, lock", where="row 1")
    for line, cells in enumerate(table, start=2):
        where = f"row {line}"
        who = (cells[holder] or "").strip()
        if not who:
            raise UsageError("nobody is named", found="empty", needed=holder, where=where)
        lock = (cells.get("lock") or "").strip()
        if lock:
            parse_date(lock, where)
        lot = (cells.get("lot") or "").strip()
        yield RegisterRow(line, who, parse_amount(cells["amount"] or "", where), lot, lock)


@once
def load(office: Office, cmd: LoadRegister) -> Result:
    """Decide a whole register and propose it as a mint (R-58, R-61). ISSUER; a gatekeeper approves.

    Raises Refused with every reason of every row when anything is wrong: then nothing is proposed at all.
    """
    document = file_digest(cmd.content)
    content = {
        "officer": cmd.officer,
        "token": cmd.token,
        "register": document,
        "rows": cmd.rows,
        "total": str(cmd.total),
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "register load", cmd.request, content)
    if act.earlier:
        return act.again()
    rows = read_register(cmd.content)
    token = facts.token(office, cmd.token)
    with office.store.read() as session:
        stands, attempt = _earlier(session, token.address, document)
    carried = act.at + token.terms.lock_seconds
    locks = tuple(
        Lock(row.row, first_second_of(parse_date(row.lock), office.zone), carried) for row in rows if row.lock
    )
    total = sum(row.amount for row in rows)
    keys = tuple(f"{row.holder} {row.lot}".strip() for row in rows)
    asked = Loading(
        len(rows), cmd.rows, total, cmd.total, keys, stands, locks, cmd.evidence.hash, f"register {document[:18]}"
    )
    judged = decisions.judge("register-load", LOADING, asked)
    decided = decide(office, token, [Allocation(row.holder, row.amount, row.row) for row in rows])
    if judged.refusals or decided.of_filing or decided.refusals:
        raise act.refuse(
            cmd.officer,
            "issuer",
            kind="register load",
            subject=f"token {token.symbol}",
            facts=content,
            refusals=[*decided.of_filing, *decided.refusals],
            judged=[judged],
        )
    kept = RegisterLoad(
        request=cmd.request,
        token=token.address,
        document=document,
        attempt=attempt,
        rows=len(rows),
        total=total,
        evidence=cmd.evidence.hash,
        officer=cmd.officer,
        at=act.at,
    )
    shown = {"register": document, "register_rows": len(rows), "register_total": str(total)}
    return propose(
        office, act, cmd.officer, decided, MINT, LOT, partial(_besides, kept, shown | {"evidence": cmd.evidence.hash})
    )


def _besides(kept: RegisterLoad, shown: dict[str, Any], lot: MintLot) -> tuple[dict[str, Any], Sequence[Base]]:
    """Each lot names the register it is of; the first one brings its row."""
    return shown, [kept] if lot.number == 0 else []


def _earlier(session: Session, token: str, document: str) -> tuple[bool, int]:
    """Whether this register stands or is proposed, and how often it was tried in vain."""
    query = select(RegisterLoad).where(RegisterLoad.token == token, RegisterLoad.document == document)
    states = [
        proposal.state if (proposal := decisions.find(session, row.request)) else "open"
        for row in session.scalars(query)
    ]
    return any(state not in GONE for state in states), len(states)


def loads(session: Session, token: str) -> list[RegisterLoad]:
    """Registers proposed to be loaded into one token, in the order asked."""
    query = select(RegisterLoad).where(RegisterLoad.token == token).order_by(RegisterLoad.at, RegisterLoad.request)
    return list(session.scalars(query))
