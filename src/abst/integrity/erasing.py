"""Erasure of an investor's personal data: proposed by one officer, approved by another, never before its time (R-82).

What the chain and the books know of the investor is gathered here; the rules are `abst.investor.erasure_gates`, the
wiping `abst.investor.erasure`. Afterwards the store's files are rewritten, so that no old page keeps a key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import journal
from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Approve, Closing, Evidence, Handler, Office, Result
from abst.chain.words import InvestorRecord
from abst.decisions import Proposal, judge, officers
from abst.errors import Refused
from abst.holders import encumbrances, projection
from abst.investor import erasure, records
from abst.investor.erasure_gates import GATES, ErasureFacts, decide, kept_until
from abst.investor.tables import Wallet
from abst.transfers import travelling
from abst.values import Address, instant

KIND = "investor erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseInvestor:
    """evidence: why it is done now, such as the schedule of retention or the person's own demand."""

    officer: str
    request: str
    investor: str
    evidence: Evidence


@once
def erase(office: Office, cmd: EraseInvestor) -> Result:
    """Propose to erase an investor's personal data and that of everybody behind it (R-82). MAKER.

    Raises Refused before the retention date, under a legal hold, or while tokens, wallets or proposals stand. Of an
    investor erased before it says so and does nothing.
    """
    content = {"officer": cmd.officer, "investor": cmd.investor, "evidence": cmd.evidence.as_dict()}
    act = Act(office, KIND, cmd.request, content)
    if act.earlier:
        return act.again()
    projection.advance(office)
    with office.store.read() as session:
        officers.require(session, cmd.officer, "maker")
        done = records.erasure(session, records.get(session, cmd.investor).id)
        facts = gather(office, session, cmd.investor, act.at)
    if done is not None:
        with act.writing(cmd.officer, "maker") as desk:
            desk.audit(f"investor {cmd.investor}", {"erased": instant(done.at)})
            desk.result = {"investor": cmd.investor, "erased": instant(done.at)}
        return act.finish()
    years = office.rulebook.number("R-82", "retention_years")
    stated = {
        "investor": cmd.investor,
        "evidence": cmd.evidence.as_dict(),
        "kept_until": kept_until(facts.began, facts.zone, years).isoformat(),
    }
    judged = [judge("erasure", GATES, facts, office.rulebook)]
    subject = f"investor {cmd.investor}"
    return propose_entry(office, act, maker=cmd.officer, kind=KIND, subject=subject, facts=stated, judged=judged)


def gather(office: Office, session: Session, investor_id: str, at: int) -> ErasureFacts:
    """What stands against an erasure, positions as read so far. Raises NotFound."""
    investor = records.get(session, investor_id)
    wallets = records.wallets_of(session, investor_id)
    addresses = [Address(wallet.address) for wallet in wallets]
    blocked = records.blocked(session, investor_id)
    closed = blocked.blocked_at if blocked else investor.evidence_until if investor.number is not None else 0
    return ErasureFacts(
        investor=investor_id,
        units=journal.held_in_all(session, addresses),
        open_wallets=_receiving(office, wallets, at),
        proposals=tuple(sorted(_proposals(session, {investor_id, *addresses}))),
        encumbrances=_encumbrances(session, {investor_id, *addresses}),
        held=records.held(session, investor_id) is not None,
        began=max(investor.updated_at, closed, _last_moved(session, addresses)),
        at=at,
        zone=office.zone,
    )


def _receiving(office: Office, wallets: Sequence[Wallet], at: int) -> tuple[str, ...]:
    known = [Address(wallet.address) for wallet in wallets if wallet.number is not None]
    words = office.contracts.registry.read("investorsOf", known) if known else []
    told = zip(known, (InvestorRecord.unpack(word) for word in words), strict=True)
    return tuple(wallet for wallet, word in told if not (word.lost or word.blocked) and at <= word.evidence_until)


def _proposals(session: Session, names: set[str]) -> Iterator[str]:
    query = select(Proposal).where(Proposal.state == "open", Proposal.kind != KIND)
    for proposal in session.scalars(query):
        if names & set(_words(proposal.command)):
            yield proposal.id


def _encumbrances(session: Session, names: set[str]) -> tuple[str, ...]:
    """Numbers of open pledges and attachments in which one of the names is holder or pledgee."""
    found = encumbrances.every(session, closed=False)
    return tuple(str(row.number) for row in found if names & {row.investor, row.wallet, row.pledgee})


def _words(content: Any) -> Iterator[str]:
    """Every text in a nested value."""
    match content:
        case str():
            yield content
        case dict():
            for value in content.values():
                yield from _words(value)
        case list() | tuple():
            for value in content:
                yield from _words(value)


def _last_moved(session: Session, addresses: Sequence[Address]) -> int:
    """When a token last came to or went from one of the wallets, by the chain's blocks; 0 for never."""
    return max((journal.last_moved(session, address) for address in addresses), default=0)


def _erased(office: Office, session: Session, closing: Closing) -> None:
    """Two officers said so: judged again on what stands now, then wiped. Raises Refused when something stands again."""
    investor = str(closing.content["investor"])
    found = decide(gather(office, session, investor, closing.at), office.rulebook)
    if found:
        raise Refused(found)
    travelling.wipe(session, [investor])
    erasure.record(
        session,
        investor,
        proposal=closing.proposal or "",
        maker=closing.maker,
        checker=closing.checker or "",
        at=closing.at,
    )


def _approve(office: Office, proposal: Proposal, cmd: Approve) -> Result:
    """The checker's yes; then the store's files are rewritten without what was erased."""
    projection.advance(office)
    result = enter(office, proposal, cmd)
    return rewritten(office, result)


def rewritten(office: Office, result: Result) -> Result:
    """The result, with a warning where old pages could not be rewritten now."""
    if office.store.scrub(erasure.TABLES):
        return result
    words = (
        "another process reads the store: its log still holds old pages; the same approval asked again rewrites them"
    )
    return replace(result, warnings=(*result.warnings, words))


HANDLERS = {KIND: Handler(done=_erased, approve=_approve)}
