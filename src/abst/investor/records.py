"""Small writes and questions about investors and wallets; each takes the caller's session."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.errors import Conflict, IntegrityFailure, NotFound, Refused
from abst.investor.model import (
    SALT_BYTES,
    ChainFacts,
    PrivateRecord,
    commitment,
    from_plaintext,
    masked,
    plaintext,
)
from abst.investor.tables import Block, ChallengeRow, Evidence, Investor, Wallet
from abst.investor.wallets import Challenge, refusals_of
from abst.values import Address, Hash

if TYPE_CHECKING:
    from abst.keys.vault import Vault


def _context(investor_id: str) -> str:
    return f"investor/{investor_id}/record"


def _write(investor: Investor, record: PrivateRecord, facts: ChainFacts, vault: Vault, at: int) -> None:
    salt = secrets.token_bytes(SALT_BYTES)
    if investor.wrapped_key is None:
        investor.wrapped_key = vault.new_key()
    investor.sealed = vault.seal(investor.wrapped_key, plaintext(record, salt), _context(investor.id))
    investor.commitment = commitment(record, salt)
    investor.kind, investor.shown = record.kind.value, masked(record.name)
    investor.jurisdiction = facts.jurisdiction
    investor.regimes, investor.capacity = facts.regimes, facts.capacity
    investor.evidence_until, investor.suitability_until = facts.evidence_until, facts.suitability_until
    investor.updated_at = at


def _evidence(session: Session, investor_id: str, record: PrivateRecord, at: int) -> None:
    known = set(session.scalars(select(Evidence.sha256).where(Evidence.investor == investor_id)))
    for item in record.evidence:
        if item.sha256 in known:
            continue
        known.add(item.sha256)
        expires = None if item.expires_on is None else item.expires_on.isoformat()
        session.add(
            Evidence(
                investor=investor_id,
                type=item.type.value,
                relevant_date=item.relevant_date.isoformat(),
                expires_on=expires,
                sha256=item.sha256,
                at=at,
            )
        )


def add(
    session: Session, *, investor_id: str, record: PrivateRecord, facts: ChainFacts, vault: Vault, at: int
) -> Investor:
    """Store a new investor, sealed, in the state recorded. Raises Conflict when the id is taken."""
    if session.get(Investor, investor_id) is not None:
        raise Conflict("an investor has this id already", found=investor_id, needed="another id", where="investor")
    investor = Investor(id=investor_id, state="recorded", created_at=at)
    _write(investor, record, facts, vault, at)
    session.add(investor)
    session.flush()
    _evidence(session, investor_id, record, at)
    session.flush()
    return investor


def renew(
    session: Session, investor: Investor, *, record: PrivateRecord, facts: ChainFacts, vault: Vault, at: int
) -> None:
    """Replace record, commitment and facts, under the same key. Raises NotFound for an erased investor."""
    if investor.state == "erased":
        raise NotFound("the investor's record was erased", found=investor.id, where="investor")
    _write(investor, record, facts, vault, at)
    _evidence(session, investor.id, record, at)
    session.flush()


def get(session: Session, investor_id: str) -> Investor:
    """An investor by id. Raises NotFound."""
    investor = session.get(Investor, investor_id)
    if investor is None:
        raise NotFound("no such investor", found=investor_id, needed="an id of `abst investor list`", where="investor")
    return investor


def every(session: Session, state: str | None = None) -> list[Investor]:
    query = select(Investor).order_by(Investor.id)
    return list(session.scalars(query if state is None else query.where(Investor.state == state)))


def private(investor: Investor, vault: Vault) -> PrivateRecord:
    """Open the sealed record. Raises NotFound when it was erased, IntegrityFailure when it was changed or moved."""
    if investor.wrapped_key is None or investor.sealed is None:
        raise NotFound("the investor's record was erased", found=investor.id, where="investor")
    record, salt = from_plaintext(vault.open(investor.wrapped_key, investor.sealed, _context(investor.id)))
    _same_commitment(investor, record, salt)
    return record


def _same_commitment(investor: Investor, record: PrivateRecord, salt: bytes) -> None:
    found = commitment(record, salt)
    if found != investor.commitment:
        raise IntegrityFailure(
            "the record is not the one committed to", found=found, needed=investor.commitment, where=investor.id
        )


def facts_of(investor: Investor) -> ChainFacts:
    """The chain's facts as last assessed."""
    return ChainFacts(
        regimes=investor.regimes,
        capacity=investor.capacity,
        jurisdiction=investor.jurisdiction,
        evidence_until=investor.evidence_until,
        suitability_until=investor.suitability_until,
    )


def set_state(session: Session, investor: Investor, state: str, at: int, decision: str | None = None) -> None:
    """recorded, admitted or refused, with the decision that says why."""
    investor.state, investor.updated_at = state, at
    investor.decision = decision or investor.decision
    session.flush()


# ---- wallets


def name_wallet(session: Session, investor: Investor, wallet: Address, at: int) -> Wallet:
    """Name a wallet as an investor's. An unproven one may change hands; a proven one is a Conflict."""
    row = session.get(Wallet, wallet)
    if row is None:
        row = Wallet(address=wallet, investor=investor.id, state="named", created_at=at)
        session.add(row)
    elif row.investor != investor.id:
        if row.proven_at is not None:
            raise Conflict("the wallet is another investor's", found=wallet, needed="another wallet", where="wallet")
        row.investor = investor.id
    session.flush()
    return row


def wallet(session: Session, wallet_address: Address) -> Wallet:
    """A wallet by address. Raises NotFound."""
    row = session.get(Wallet, wallet_address)
    if row is None:
        raise NotFound("no such wallet", found=wallet_address, needed="a wallet of an investor", where="wallet")
    return row


def wallets_of(session: Session, investor_id: str) -> list[Wallet]:
    """All wallets of an investor, in the order they were named."""
    query = select(Wallet).where(Wallet.investor == investor_id).order_by(Wallet.created_at, Wallet.address)
    return list(session.scalars(query))


def save_challenge(session: Session, made: Challenge) -> ChallengeRow:
    row = ChallengeRow(
        nonce=made.nonce,
        investor=made.investor,
        wallet=made.wallet,
        text=made.text,
        issued_at=made.issued_at,
        expires_at=made.expires_at,
    )
    session.add(row)
    session.flush()
    return row


def open_challenge(session: Session, wallet_address: Address) -> ChallengeRow:
    """The newest challenge of a wallet, used or not. Raises NotFound when there is none."""
    query = select(ChallengeRow).where(ChallengeRow.wallet == wallet_address)
    row = session.scalars(query.order_by(ChallengeRow.issued_at.desc(), ChallengeRow.nonce.desc())).first()
    if row is None:
        raise NotFound(
            "no challenge for this wallet", found=wallet_address, needed="abst wallet challenge", where="wallet"
        )
    return row


def prove(session: Session, row: ChallengeRow, signature: str, registry: Hash, at: int) -> Wallet:
    """Check the signature, use the challenge up, mark the wallet proven. Raises Refused (R-50), Conflict, NotFound."""
    made = Challenge(registry, row.investor, Address(row.wallet), row.nonce, row.issued_at, row.expires_at)
    found = refusals_of(made, signature, at=at, used_at=row.used_at)
    if found:
        raise Refused(found)
    proven = name_wallet(session, get(session, row.investor), Address(row.wallet), at)
    row.used_at, row.signature = at, signature
    if proven.state == "named":
        proven.state = "proven"
    proven.proven_at = at
    session.flush()
    return proven


def mark_admitted(session: Session, row: Wallet, *, number: int, record: int) -> None:
    """Keep what the registry now says of a wallet: its dense number and its word; the first gives the investor's id."""
    row.state, row.number, row.record = "admitted", number, f"0x{record:064x}"
    investor = get(session, row.investor)
    if investor.number is None:
        investor.number = number
    session.flush()


def mark_lost(session: Session, row: Wallet, successor: Address) -> None:
    """A lost wallet and its recorded successor; once for good."""
    if row.successor not in (None, successor):
        raise Conflict("the wallet has a successor already", found=str(row.successor), needed=successor, where="wallet")
    row.state, row.successor = "lost", successor
    session.flush()


# ---- blocks


def add_block(session: Session, investor_id: str, *, reason: str, evidence: Hash, officer: str, at: int) -> Block:
    """Record a block; a second one on the same investor gives the open one."""
    found = blocked(session, investor_id)
    if found is not None:
        return found
    row = Block(investor=investor_id, reason=reason, evidence=evidence, blocked_by=officer, blocked_at=at)
    session.add(row)
    session.flush()
    return row


def blocked(session: Session, investor_id: str) -> Block | None:
    """The open block of an investor, or None."""
    return session.scalars(select(Block).where(Block.investor == investor_id, Block.lifted_at.is_(None))).first()


def lift_block(session: Session, row: Block, *, maker: str, checker: str, at: int) -> None:
    """Lift a block by two officers; the database refuses one."""
    row.lifted_by, row.lifted_second, row.lifted_at = maker, checker, at
    session.flush()


# ---- questions


def expiring(session: Session, until: int) -> Sequence[Investor]:
    """Admitted investors whose evidence or suitability is good no longer than a second, soonest first."""
    query = select(Investor).where(
        Investor.state == "admitted", (Investor.evidence_until <= until) | (Investor.suitability_until <= until)
    )
    return sorted(session.scalars(query), key=lambda i: min(i.evidence_until, i.suitability_until))
