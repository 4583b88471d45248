"""Many at once: a holder's transfers in one act, and freezes on a table of orders in one proposal (R-60, R-62)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from abst import decisions
from abst.cash.accounts import require_key
from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.decisions import Judged
from abst.errors import UsageError
from abst.holders import facts
from abst.holders.facts import Token
from abst.holders.movement import Movement, PartyFacts, TokenFacts
from abst.investor.desk import wallet_of, wallets_of
from abst.transfers import gates, travelling
from abst.transfers.desk import above_rights, holding_of
from abst.values import Address, digest, parse_amount, to_bytes

LOT = 100  # wallets in one call
HOLDER = ("wallet", "investor")  # columns that name one; the first found is read


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One line of a table: to a wallet, or an investor id, so many token units. row: its line."""

    row: int
    to: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferMany:
    """holder: a wallet, or an investor id, with its keystore in this home."""

    request: str
    holder: str
    token: str
    rows: tuple[TransferRow, ...]


@dataclass(frozen=True, slots=True)
class FreezeRow:
    """One line of a table: as `Freeze`. row: its line; evidence: name of its document, empty for the table's own."""

    row: int
    wallet: str
    amount: int
    token: str
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeMany:
    """rows: with each its document; one proposal for all of them."""

    officer: str
    request: str
    rows: tuple[tuple[FreezeRow, Evidence], ...]


# ---- tables


def _table(content: bytes, *needed: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Line, holder and cells of each row. Raises UsageError: not text, columns missing, nobody named, no rows."""
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), restval="")
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8 text", found=str(error), where="the table") from None
    columns = table.fieldnames or ()
    holder = next((column for column in HOLDER if column in columns), "")
    if not holder or not set(needed) <= set(columns):
        found = ", ".join(columns) or "an empty file"
        raise UsageError("wrong columns", found=found, needed=f"wallet or investor, {', '.join(needed)}", where="row 1")
    empty = True
    for line, cells in enumerate(table, start=2):
        if not all((cells[column] or "").strip() for column in (holder, *needed)):
            raise UsageError("a cell is empty", found=str(cells), needed="all of them", where=f"row {line}")
        empty = False
        yield line, cells[holder].strip(), cells
    if empty:
        raise UsageError("an empty table", found="no rows", needed="at least one", where="the table")


def read_transfers(content: bytes) -> tuple[TransferRow, ...]:
    """A CSV with ``wallet`` or ``investor``, and ``amount``. Raises UsageError naming the row."""
    return tuple(
        TransferRow(line, to, parse_amount(cells["amount"], f"row {line}"))
        for line, to, cells in _table(content, "amount")
    )


def read_freezes(content: bytes) -> tuple[FreezeRow, ...]:
    """A CSV with ``wallet`` or ``investor``, ``amount``, ``token``, perhaps ``evidence``. Raises UsageError by row."""
    return tuple(
        FreezeRow(
            line,
            wallet,
            parse_amount(cells["amount"], f"row {line}"),
            cells["token"].strip(),
            (cells.get("evidence") or "").strip(),
        )
        for line, wallet, cells in _table(content, "amount", "token")
    )


# ---- a holder's transfers


@once
def transfer_many(office: Office, cmd: TransferMany) -> Result:
    """Move tokens to many with the holder's key, in one act: all rows or none (R-60).

    Every row is judged on what the rows before it left. Raises Refused with every reason of every row; NotAuthorised
    without that key; UsageError for more than 100 rows.
    """
    content = {
        "holder": cmd.holder,
        "token": cmd.token,
        "rows": digest([[row.to, row.amount] for row in cmd.rows]),
        "count": len(cmd.rows),
    }
    act = Act(office, "transfer many", cmd.request, content)
    if act.earlier:
        return act.again()
    if not 0 < len(cmd.rows) <= LOT:
        raise UsageError("too many for one act", found=f"{len(cmd.rows)} rows", needed=f"1 to {LOT}", where="the table")
    token, holder = facts.token(office, cmd.token), wallet_of(office, cmd.holder)
    require_key(office, holder)
    wallets = wallets_of(office, [row.to for row in cmd.rows])
    judged = _judge_rows(office, token, holder, list(zip(cmd.rows, wallets, strict=True)))
    refusals = [refusal for one in judged for refusal in one.refusals]
    payloads = travelling.prepare(office, _moves(token, holder, cmd.rows, wallets))
    subject = f"token {token.symbol}"
    if refusals or travelling.refused(payloads):
        raise act.refuse(
            None,
            None,
            kind="transfer",
            subject=subject,
            facts=content,
            judged=[*judged, *travelling.judged(payloads, all_known=bool(refusals))],
        )
    contract = office.contracts.token(token.address)
    with act.writing(None, None) as desk:
        # A batch has no room for the operation id: it follows the arguments.
        data = contract.encode("transferBatch", wallets, [row.amount for row in cmd.rows])
        desk.send("transfer many", contract.address, data + to_bytes(desk.operation(0)), signer=holder)
        travelling.keep(desk, payloads)
        total = str(sum(row.amount for row in cmd.rows))
        moved = {"from": holder, "rows": content["rows"], "count": len(cmd.rows), "total": total}
        desk.audit(subject, moved | {"travel": travelling.digests(payloads)})
        desk.result = {"token": token.symbol, "from": holder, "rows": len(cmd.rows), "total": total}
    return act.finish()


def _moves(
    token: Token, holder: Address, rows: Sequence[TransferRow], wallets: Sequence[Address]
) -> list[travelling.Move]:
    """Each row as a movement; several to one wallet count together against the threshold (R-51)."""
    linked: Counter[Address] = Counter()
    for row, wallet in zip(rows, wallets, strict=True):
        linked[wallet] += row.amount
    return [
        travelling.Move(token, holder, wallet, row.amount, f"row {row.row}", linked[wallet])
        for row, wallet in zip(rows, wallets, strict=True)
    ]


def _judge_rows(
    office: Office, token: Token, holder: Address, rows: Sequence[tuple[TransferRow, Address]]
) -> list[Judged]:
    """Every row judged by every rule; one that passes counts before the next is judged."""
    filing, totals, parties = facts.gather(office, token, [wallet for _, wallet in rows])
    _, _, giver, _ = facts.pair(office, token, holder, holder)
    now = office.now()
    found: list[Judged] = []
    for row, wallet in rows:
        taker = giver if wallet == holder else parties[wallet]
        movement = Movement(now, filing, totals, giver, taker, row.amount)
        judged = decisions.judge("transfer", gates.TRANSFER, movement).placed(f"row {row.row}")
        found.append(judged)
        if not judged.refusals and wallet != holder:
            totals, giver, parties[wallet] = _after(totals, giver, taker, row.amount)
    return found


def _after(
    totals: TokenFacts, giver: PartyFacts, taker: PartyFacts, amount: int
) -> tuple[TokenFacts, PartyFacts, PartyFacts]:
    """What a movement leaves; between wallets of one investor nobody comes and nobody goes."""
    moved = 0 if giver.number == taker.number else amount
    left = replace(giver, balance=giver.balance - amount, held=giver.held - moved)
    right = replace(taker, balance=taker.balance + amount, held=taker.held + moved)
    comes, goes = bool(moved and not taker.held), bool(moved and not left.held)
    return replace(totals, holders=totals.holders + comes - goes), left, right


# ---- freezes: two officers


@once
def freeze_many(office: Office, cmd: FreezeMany) -> Result:
    """Schedule many freezes as one proposal, at most 100 wallets in a call; a second officer approves (R-62). MAKER."""
    lines: list[dict[str, Any]] = []
    by_token: dict[Address, dict[Address, int]] = {}
    for row, evidence in cmd.rows:
        token, wallet = facts.token(office, row.token), wallet_of(office, row.wallet)
        freezes = by_token.setdefault(token.address, {})
        if wallet in freezes:
            raise UsageError("a wallet named twice", found=wallet, needed="one amount", where=f"row {row.row}")
        freezes[wallet] = row.amount
        said = {"token": token.symbol, "wallet": wallet, "amount": str(row.amount), "evidence": evidence.as_dict()}
        lines.append({"row": row.row, **said})
    act = Act(office, "freeze", cmd.request, {"officer": cmd.officer, "rows": digest(lines), "count": len(lines)})
    if act.earlier:
        return act.again()
    steps: list[Step] = []
    for address, freezes in by_token.items():
        contract, symbol = office.contracts.token(address), facts.token(office, address).symbol
        for start in range(0, len(freezes), LOT):
            part = dict(list(freezes.items())[start : start + LOT])
            data = contract.encode("freezeBatch", list(part), list(part.values()))
            steps.append(Step(address, data, f"set what is frozen of {symbol} in {len(part)} wallets"))
    shown = [line | holding_of(office, facts.token(office, line["token"]), line["wallet"]) for line in lines]
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="freeze",
        subject=f"{len(lines)} wallets",
        facts={"rows": shown},
        steps=steps,
        judged=above_rights(
            office, [(facts.token(office, row.token), wallet_of(office, row.wallet), row.amount) for row, _ in cmd.rows]
        ),
    )
