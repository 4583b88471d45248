"""The mint desk: gather, decide, propose in lots; the gatekeeper decides again, signs and releases (R-58).

A table of allocations is cut into lots by gas, fixed and stored with the proposal. Each lot has an operation
id that the token spends, and a decision with every fact it was made on. Rows that are refused are dropped with their
reasons and the others go on; when all are refused, or the filing itself stops minting, nothing does.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import decisions, outbox
from abst.chain import eip712, parts
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Approve, Handler, Office, Result
from abst.chain.proposals import approval_act
from abst.chain.recovering import receivers
from abst.decisions import Proposal, officers
from abst.errors import NotAuthorised, NotFound, UsageError
from abst.holders import facts as chain_facts
from abst.issuance.deciding import Allocation, Decided, Row, decide, dry_run
from abst.issuance.tables import MintLot
from abst.keys import Signer
from abst.outbox.recovered import recovered
from abst.store import Base
from abst.values import Address, Hash, digest, parse_amount

__all__ = [
    "Allocation",
    "Decided",
    "Kind",
    "ProposeMint",
    "RetryMint",
    "Row",
    "decide",
    "dry_run",
    "mint",
    "read_allocations",
    "retry",
]

LOT = 200  # allocations in one transaction, at most; fewer where its gas asks for it
WALLETS_GAS = 80_000  # that the other wallets of one investor cost at most
COLUMNS = ("wallet", "investor")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeMint:
    """Propose to mint allocations of one token. ISSUER; the checker is a gatekeeper."""

    officer: str
    request: str
    token: str
    allocations: tuple[Allocation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryMint:
    """Propose again what the chain rejected of an earlier request: its lots are decided anew, row by row."""

    officer: str
    request: str
    retry_of: str


def read_allocations(content: bytes) -> tuple[Allocation, ...]:
    """A CSV with the columns ``wallet`` or ``investor``, and ``amount``. Raises UsageError naming the row."""
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8 text", found=str(error), where="allocations") from None
    named = [column for column in COLUMNS if column in (table.fieldnames or ())]
    if not named or "amount" not in (table.fieldnames or ()):
        found = ", ".join(table.fieldnames or ()) or "an empty file"
        raise UsageError("wrong columns", found=found, needed="wallet or investor, and amount", where="row 1")
    rows: list[Allocation] = []
    for line, fields in enumerate(table, start=2):
        to = next((fields[column].strip() for column in named if (fields[column] or "").strip()), "")
        if not to:
            raise UsageError("no receiver", found="empty", needed="a wallet or an investor", where=f"row {line}")
        rows.append(Allocation(to, parse_amount(fields["amount"] or "", f"row {line}"), line))
    if not rows:
        raise UsageError("no allocations", found="no rows", needed="at least one", where="allocations")
    return tuple(rows)


# ---- proposing


@once
def mint(office: Office, cmd: ProposeMint) -> Result:
    """Decide and propose a mint (R-58). ISSUER.

    Result waits for a gatekeeper; its refusals are the dropped rows. Raises Refused when the filing stops minting or
    no row passes: the decision is stored, the chain untouched. Raises NotFound, NotAuthorised.
    """
    rows = [[a.to, a.amount, a.row] for a in cmd.allocations]
    content = {"officer": cmd.officer, "token": cmd.token, "rows": digest(rows), "count": len(rows)}
    act = Act(office, "mint", cmd.request, content)
    return act.again() if act.earlier else _propose(office, act, cmd.officer, cmd.token, cmd.allocations)


@once
def retry(office: Office, cmd: RetryMint) -> Result:
    """Propose again the rows of the lots that the chain rejected; rows that now are refused drop out."""
    content = {"officer": cmd.officer, "retry_of": cmd.retry_of}
    act = Act(office, "mint retry", cmd.request, content, retry_of=cmd.retry_of)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        outbox.get_request(session, cmd.retry_of)
        proposal = decisions.find(session, cmd.retry_of)
        if proposal is not None and proposal.kind != MINT.name:
            raise UsageError(
                "this is not a request of a mint",
                found=proposal.kind,
                needed="for orders: `abst allot` again",
                where="retry",
            )
        lots = lots_of(session, proposal.id) if proposal else []
        failed = [
            lot for lot in lots if (i := outbox.by_operation(session, Hash(lot.operation))) and i.state == "rejected"
        ]
    if not failed:
        raise NotFound(
            "nothing of this request was rejected", found=cmd.retry_of, needed="a request with rejected lots"
        )
    return _propose(office, act, cmd.officer, failed[0].token, allocations_of(failed))


def _propose(office: Office, act: Act, officer: str, word: str, allocations: Sequence[Allocation]) -> Result:
    token = chain_facts.token(office, word)
    decided = decide(office, token, allocations)
    return propose(office, act, officer, decided, MINT, LOT)


def propose(
    office: Office, act: Act, officer: str, decided: Decided, kind: Kind, size: int, besides: Besides | None = None
) -> Result:
    """Put what passed before a gatekeeper, in lots of at most `size` rows, fixed and stored (R-58).

    Raises Refused when nothing passes: the decision is stored, the chain untouched.
    """
    token, minted = decided.token, _minted_before(act, decided)
    good = [row for row in decided.rows if not row.said or row.wallet in minted]
    if (decided.of_filing and not minted) or not good:
        raise act.refuse(
            officer,
            "issuer",
            kind=kind.name,
            subject=f"token {token.symbol}",
            facts=facts_of(decided, decided.rows),
            judged=[decided.judged(decided.rows)],
        )
    with act.writing(officer, "issuer") as desk:
        dropped = [row for row in decided.rows if row.said and row.wallet not in minted]
        if dropped:
            decisions.record(
                desk.session,
                kind=kind.name,
                facts=facts_of(decided, dropped),
                judged=[decided.judged(dropped)],
                rulebook=office.rulebook,
                at=desk.at,
            )
        lots, hashes = _cut(office, desk, decided, good, kind, size)
        total = str(sum(lot.total for lot in lots))
        added = {lot.operation: besides(lot) for lot in lots} if besides else {}
        pairs = zip(lots, hashes, strict=True)
        shown = [_shown(lot, decision) | added.get(lot.operation, ({}, ()))[0] for lot, decision in pairs]
        command = {"token": token.symbol, "address": token.address, "total": total, "lots": shown}
        proposal = desk.propose(kind.name, command, "gatekeeper", lots[0].decision if len(lots) == 1 else None)
        for lot in lots:
            lot.proposal = proposal.id
            desk.session.add(lot)
            desk.session.add_all(added.get(lot.operation, ({}, ()))[1])
        counts = {"lots": len(lots), "dropped": len(dropped)}
        desk.audit(
            f"token {token.symbol}",
            {"proposal": proposal.id, "hash": proposal.hash, **counts},
            act=f"{kind.name} proposed",
        )
        desk.refusals = replace(decided, rows=tuple(dropped)).refusals
        desk.result = {
            "proposal": proposal.id,
            "hash": proposal.hash,
            "token": token.symbol,
            **counts,
            "rows": len(decided.rows),
            "allocated": len(good),
            "total": total,
        }
    return act.finish()


def facts_of(decided: Decided, rows: Sequence[Row]) -> dict[str, Any]:
    """What a decision is about, in few words, besides the facts that it was judged on."""
    total = sum(row.amount for row in rows)
    return {"token": decided.token.address, "symbol": decided.token.symbol, "rows": len(rows), "total": str(total)}


def _minted_before(act: Act, decided: Decided) -> set[str]:
    """Wallets to which this very request minted before the store was restored, when something speaks against it now.

    What exists is not decided away: such rows are put before the gatekeeper with today's refusals in the decision, and
    the transaction ends as the one that the chain has.
    """
    if not decided.of_filing and not decided.refusals:
        return set()
    return {wallet for one in act.before() for wallet in receivers(one.data)}


def _cut(
    office: Office, desk: Desk, decided: Decided, good: Sequence[Row], kind: Kind, size: int
) -> tuple[list[MintLot], list[Hash]]:
    """Lots of the rows that go on, each with its operation id, and the hash of the decision on each."""
    lots: list[MintLot] = []
    hashes: list[Hash] = []
    for part in parts.lots(good, kind.gas_of, office.sender.settings.lot_gas, size):
        decision = decisions.draft(
            desk.session,
            kind=kind.name,
            facts=facts_of(decided, part),
            judged=[decided.judged(part)],
            rulebook=office.rulebook,
            at=desk.at,
        )
        lot = MintLot(
            operation=desk.operation(len(lots)),
            number=len(lots),
            token=decided.token.address,
            total=sum(row.amount for row in part),
            allocations=[[row.wallet, row.investor, str(row.amount), row.row] for row in part],
            decision=decision.id,
            at=desk.at,
        )
        decisions.keep(desk.session, [decision])  # at once: all of them together are as long as the table
        lots.append(lot)
        hashes.append(decision.hash)
    return lots, hashes


def _shown(lot: MintLot, decision: Hash) -> dict[str, Any]:
    """A lot in the proposal's command: what the checker's approval binds."""
    return {
        "number": lot.number,
        "operation": lot.operation,
        "decision": decision,
        "rows": len(lot.allocations),
        "total": str(lot.total),
        "allocations": digest(lot.allocations),
    }


# ---- releasing


def release(office: Office, proposal: Proposal, cmd: Approve) -> Result:
    """The gatekeeper's yes: all gates run again, then he signs each lot and the issuer's key sends it (R-58).

    Raises Refused when a gate refuses now (the proposal stays open), NotAuthorised when his key is not in this home.
    """
    act = approval_act(office, cmd)
    if act.earlier:
        return act.again()
    _release(office, act, proposal, cmd)
    return act.finish()


def _release(office: Office, act: Act, proposal: Proposal, cmd: Approve) -> None:
    """All that is decided and written; the rows of a long table are gone when the sending begins."""
    with office.store.read() as session:
        lots = lots_of(session, proposal.id)
    token = chain_facts.token(office, lots[0].token)
    decided = decide(office, token, allocations_of(lots))
    sign_lots(office, act, proposal, cmd, lots, decided, MINT, partial(_mint_call, office))


def sign_lots(
    office: Office,
    act: Act,
    proposal: Proposal,
    cmd: Approve,
    lots: Sequence[MintLot],
    decided: Decided,
    kind: Kind,
    call: Call,
) -> None:
    """What was decided anew on a proposal's lots: refused with every reason, or signed and to be sent. Raises as
    above."""
    with office.store.read() as session:
        checker = officers.require(session, cmd.officer, proposal.checker_role)
        maker = officers.get(session, proposal.maker)
    if (decided.of_filing or decided.refusals) and not _all_minted(office, lots):
        raise act.refuse(
            cmd.officer,
            proposal.checker_role,
            kind=f"{kind.name} release",
            subject=proposal.id,
            facts={"proposal": proposal.hash, **facts_of(decided, decided.rows)},
            judged=[decided.judged(decided.rows)],
        )
    signer = office.keys.signer(Address(checker.address))
    if signer is None:
        raise NotAuthorised(
            "the gatekeeper's key is not in this home", found=str(office.home), needed=f"keystore {cmd.officer}"
        )
    with act.writing(cmd.officer, proposal.checker_role) as desk:
        decisions.approve(desk.session, proposal.id, cmd.officer, desk.at, cmd.expected_hash or None)
        serves = 60 * office.rulebook.number("R-58", "approval_minutes")  # a later mint is decided again
        place = 0
        for number, lot in enumerate(lots, start=1):
            part = decided.rows[place : place + len(lot.allocations)]
            place += len(part)
            decision = decisions.draft(
                desk.session,
                kind=f"{kind.name} release",
                facts={"proposal": proposal.hash, "operation": lot.operation, **facts_of(decided, part)},
                judged=[decided.judged(part)],
                rulebook=office.rulebook,
                at=desk.at,
            )
            decisions.keep(desk.session, [decision])
            approval, signature = _approved(office, signer, lot, decision.hash, desk.at + serves)
            to, data = call(lot, approval, signature)
            desk.send(kind.intent, to, data, signer=Address(maker.address), operation=Hash(lot.operation))
            stored = desk.session.get(MintLot, lot.operation)
            if stored is not None:
                stored.released = decision.id
            office.progress("lots signed", number, len(lots))
        desk.audit(
            proposal.id,
            {"proposal": proposal.id, "hash": proposal.hash, "lots": len(lots)},
            act=f"{kind.name} released",
        )
        desk.result = {
            "proposal": proposal.id,
            "kind": kind.name,
            "hash": proposal.hash,
            "token": decided.token.symbol,
            "lots": len(lots),
            "allocated": len(decided.rows),
            "total": proposal.command["total"],
        }


def _all_minted(office: Office, lots: Sequence[MintLot]) -> bool:
    """Whether the chain has every lot since before the store was restored."""
    with office.store.read() as session:
        found = [recovered(session, Hash(lot.operation)) for lot in lots]
    return all(one is not None and one.done for one in found)


def _approved(
    office: Office, signer: Signer, lot: MintLot, decision: Hash, deadline: int
) -> tuple[eip712.Approval, bytes]:
    """The approval of one lot, and the gatekeeper's signature over exactly its allocations."""
    approval = eip712.Approval(Hash(lot.operation), decision, deadline, signer.address)
    contract = office.contracts.token(Address(lot.token))
    message = eip712.mint_message(contract, office.chain.chain_id, _pairs(lot), approval)
    return approval, signer.sign_typed(message)


def _pairs(lot: MintLot) -> list[tuple[Address, int]]:
    return [(Address(wallet), int(amount)) for wallet, _, amount, _ in lot.allocations]


def _mint_call(office: Office, lot: MintLot, approval: eip712.Approval, signature: bytes) -> tuple[Address, bytes]:
    """The call of the mint of one lot."""
    pairs = _pairs(lot)
    wallets, amounts = [wallet for wallet, _ in pairs], [amount for _, amount in pairs]
    contract = office.contracts.token(Address(lot.token))
    return contract.address, contract.encode("mint", wallets, amounts, approval.as_tuple(), signature)


def lots_of(session: Session, proposal: str) -> list[MintLot]:
    """The lots of a proposal, in their order."""
    return list(session.scalars(select(MintLot).where(MintLot.proposal == proposal).order_by(MintLot.number)))


def allocations_of(lots: Sequence[MintLot]) -> tuple[Allocation, ...]:
    """The rows of lots, to be decided again."""
    return tuple(Allocation(w, int(amount), row) for lot in lots for w, _, amount, row in lot.allocations)


@dataclass(frozen=True, slots=True)
class Kind:
    """A way in which tokens come into being. name: of the proposal; intent: of its transactions.

    gas: that one row needs at most; of an investor with several wallets the chain looks at each of them.
    """

    name: str
    intent: str
    gas: int

    def gas_of(self, row: Row) -> int:
        return self.gas + (WALLETS_GAS if row.several else 0)


# The transaction of one lot, given what the gatekeeper signed: where to, and its data.
Call = Callable[[MintLot, eip712.Approval, bytes], tuple[Address, bytes]]
# What else belongs to a lot: shown to the checker, and stored.
Besides = Callable[[MintLot], tuple[dict[str, Any], Sequence[Base]]]
MINT = Kind("mint", "mint", 60_000)
HANDLERS = {"mint": Handler(approve=release)}
