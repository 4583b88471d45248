"""Small writes and questions about investors and wallets; each takes the caller's session.

Personal values are sealed by `abst.investor.sealing`; here stand ids, states and facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

from abst.errors import Conflict, IntegrityFailure, NotFound
from abst.investor import sealing
from abst.investor.model import ChainFacts, PrivateRecord, masked
from abst.investor.tables import Block, ChallengeRow, Erasure, Evidence, Hold, Investor, RecordRow, Wallet
from abst.investor.wallets import Challenge
from abst.values import Address, Hash

if TYPE_CHECKING:
    from abst.keys.vault import PersonKey, Vault


@dataclass(frozen=True, slots=True)
class New:
    """A record to be stored: of a new investor, or the next version of a known one."""

    investor: str
    record: PrivateRecord
    facts: ChainFacts


def add(
    session: Session, *, investor_id: str, record: PrivateRecord, facts: ChainFacts, vault: Vault, at: int
) -> Investor:
    """Store a new investor, sealed, in the state recorded. Raises Conflict when the id is taken."""
    add_many(session, [New(investor_id, record, facts)], vault, at)
    return get(session, investor_id)


def add_many(session: Session, new: Sequence[New], vault: Vault, at: int) -> None:
    """Store new investors, sealed, in the state recorded. Raises Conflict naming the first id that is taken."""
    for taken in known_among(session, [one.investor for one in new]):
        raise Conflict("an investor has this id already", found=taken, needed="another id", where="investor")
    versions = [sealing.Version(one.investor, 1, one.record) for one in new]
    sealed = sealing.seal(session, versions, vault, at, fresh=True)
    if new:
        session.execute(insert(Investor), [_row(one, sealed.made[one.investor], at) for one in new])
    sealed.store(session)
    _keep_evidence(session, new, at, fresh=True)


def known_among(session: Session, ids: Sequence[str]) -> list[str]:
    """Those of the ids that investors have already, sorted."""
    found: list[str] = []
    for part in sealing.parts(ids):
        found += session.scalars(select(Investor.id).where(Investor.id.in_(part)))
    return sorted(found)


def _row(one: New, commitment: Hash, at: int) -> dict[str, Any]:
    named = {"kind": one.record.kind.value, "shown": masked(one.record.name), "commitment": commitment}
    row = {"id": one.investor, "version": 1, "state": "recorded", "created_at": at, "updated_at": at}
    return {**row, **named, **one.facts.as_dict()}


def renew(
    session: Session, investor: Investor, *, record: PrivateRecord, facts: ChainFacts, vault: Vault, at: int
) -> None:
    """The next version of a record with its facts, under the same keys. Raises NotFound for an erased investor."""
    renew_many(session, [New(investor.id, record, facts)], vault, at)


def renew_many(session: Session, new: Sequence[New], vault: Vault, at: int) -> list[Investor]:
    """The next version of several records; earlier versions stay. Raises NotFound for an erased investor."""
    known = of(session, [one.investor for one in new])
    for one in new:
        if known[one.investor].state == "erased":
            raise sealing.erased(one.investor)
    made = keep_versions(session, {one.investor: one.record for one in new}, vault, at)
    _keep_evidence(session, new, at)
    for one in new:
        row = known[one.investor]
        row.version, row.commitment = made[row.id]
        row.updated_at = at
        row.kind, row.shown = one.record.kind.value, masked(one.record.name)
        keep_facts(row, one.facts)
    session.flush()
    return [known[one.investor] for one in new]


def keep_versions(
    session: Session, known: Mapping[str, PrivateRecord], vault: Vault, at: int
) -> dict[str, tuple[int, Hash]]:
    """Seal further versions of records without putting them in force; by investor the version and its commitment.

    Raises NotFound for an erased investor.
    """
    last: dict[str, int] = {}
    for part in sealing.parts(list(known)):
        query = select(RecordRow.investor, func.max(RecordRow.version)).where(RecordRow.investor.in_(part))
        last |= {row[0]: row[1] for row in session.execute(query.group_by(RecordRow.investor))}
    versions = [sealing.Version(one, last.get(one, 0) + 1, record) for one, record in known.items()]
    sealed = sealing.seal(session, versions, vault, at)
    sealed.store(session)
    return {version.investor: (version.number, sealed.made[version.investor]) for version in versions}


def keep_facts(investor: Investor, facts: ChainFacts) -> None:
    """The chain's facts as last assessed, into the row."""
    investor.regimes, investor.capacity, investor.jurisdiction = facts.regimes, facts.capacity, facts.jurisdiction
    investor.evidence_until, investor.suitability_until = facts.evidence_until, facts.suitability_until


def _keep_evidence(session: Session, new: Sequence[New], at: int, *, fresh: bool = False) -> None:
    """Each item of evidence once, by its hash."""
    known: set[tuple[str, str]] = set()
    if not fresh:
        for part in sealing.parts([one.investor for one in new]):
            query = select(Evidence.investor, Evidence.sha256).where(Evidence.investor.in_(part))
            known |= {(row.investor, row.sha256) for row in session.execute(query)}
    rows: list[dict[str, Any]] = []
    for one in new:
        for item in one.record.evidence:
            if (one.investor, item.sha256) in known:
                continue
            known.add((one.investor, item.sha256))
            row = {"investor": one.investor, "type": item.type.value, "sha256": item.sha256, "at": at}
            expires = None if item.expires_on is None else item.expires_on.isoformat()
            rows.append({**row, "relevant_date": item.relevant_date.isoformat(), "expires_on": expires})
    if rows:
        session.execute(insert(Evidence), rows)


def get(session: Session, investor_id: str) -> Investor:
    """An investor by id. Raises NotFound."""
    investor = session.get(Investor, investor_id)
    if investor is None:
        raise NotFound("no such investor", found=investor_id, needed="an id of `abst investor list`", where="investor")
    return investor


def every(session: Session, state: str | None = None) -> list[Investor]:
    query = select(Investor).order_by(Investor.id)
    return list(session.scalars(query if state is None else query.where(Investor.state == state)))


def count(session: Session, state: str) -> int:
    """How many investors are in a state."""
    return session.scalar(select(func.count()).select_from(Investor).where(Investor.state == state)) or 0


def next_ids(session: Session, state: str, after: str, most: int) -> list[str]:
    """Ids of investors in a state that come after one, in their order."""
    query = select(Investor.id).where(Investor.state == state, Investor.id > after)
    return list(session.scalars(query.order_by(Investor.id).limit(most)))


def of(session: Session, ids: Sequence[str]) -> dict[str, Investor]:
    """Investors by id, in few statements. Raises NotFound naming the first that is not there."""
    found: dict[str, Investor] = {}
    for part in sealing.parts(ids):
        found |= {row.id: row for row in session.scalars(select(Investor).where(Investor.id.in_(part)))}
    for one in ids:
        if one not in found:
            get(session, one)
    return found


def living(session: Session, *, without: Sequence[str] = ()) -> Counter[str]:
    """How many investors live in each country who are admitted, or passed and wait for the chain; those named left out
    (R-55).
    """
    passed = and_(Investor.state == "recorded", Investor.decision.is_not(None))
    admitted = select(Investor.jurisdiction, func.count()).where(or_(Investor.state == "admitted", passed))
    found: Counter[str] = Counter()
    for country, count in session.execute(admitted.group_by(Investor.jurisdiction)):
        found[country] += count
    for part in sealing.parts(without):
        for country, count in session.execute(admitted.where(Investor.id.in_(part)).group_by(Investor.jurisdiction)):
            found[country] -= count
    return found


def private(session: Session, investor_id: str, vault: Vault, version: int | None = None) -> PrivateRecord:
    """Open a record, the current version unless another is named.

    Raises NotFound when it was erased or never was, IntegrityFailure when it was changed or moved.
    """
    investor = get(session, investor_id)
    found = sealing.read(session, {investor_id: version or investor.version}, vault)
    if investor_id not in found:
        raise sealing.erased(investor_id)
    if version in (None, investor.version):
        _current(session, [investor])
    return found[investor_id]


def privates(session: Session, ids: Sequence[str], vault: Vault) -> dict[str, PrivateRecord]:
    """Open the current records of many investors in few statements, in the order of the ids; erased ones are left out.

    Raises as `private`.
    """
    known = of(session, ids)
    _current(session, list(known.values()))
    opened = sealing.read(session, {one: row.version for one, row in known.items()}, vault)
    return {one: opened[one] for one in ids if one in opened}


def commitment_of(session: Session, investor_id: str, version: int) -> Hash:
    """What one version was committed to, also after its erasure. Raises NotFound."""
    row = session.get(RecordRow, (investor_id, version))
    if row is None:
        raise NotFound("no such version of the record", found=str(version), where=f"investor {investor_id}")
    return Hash(row.commitment)


def _current(session: Session, investors: Sequence[Investor]) -> None:
    """Raises IntegrityFailure unless each investor's commitment is that of its current version."""
    for part in sealing.parts(investors):
        wanted = {row.id: row for row in part}
        query = select(RecordRow.investor, RecordRow.version, RecordRow.commitment)
        for one, version, found in session.execute(query.where(RecordRow.investor.in_(list(wanted)))):
            if version == wanted[one].version and found != wanted[one].commitment:
                needed = wanted[one].commitment
                raise IntegrityFailure("the record is not the one committed to", found=found, needed=needed, where=one)


def seal_for(session: Session, investor_id: str, data: bytes, context: str, vault: Vault, person: str = "") -> bytes:
    """Seal something else that is personal under the key of an investor, or of a person behind it.

    `context` names the place where it is kept; it must be given again to open. Raises NotFound when erased.
    """
    return vault.key(_wrapped(session, investor_id, person)).seal(data, f"investor/{investor_id}/{context}")


def seal_many(session: Session, pieces: Sequence[tuple[str, bytes, str]], vault: Vault) -> list[bytes]:
    """The same for several (investor, data, context), their keys looked for at once. Raises as `seal_for`."""
    wrapped = sealing.keys_of(session, sorted({investor for investor, _, _ in pieces}))
    keys: dict[str, PersonKey] = {}
    sealed: list[bytes] = []
    for investor, data, context in pieces:
        if investor not in keys:
            keys[investor] = vault.key(wrapped.get((investor, "")) or _wrapped(session, investor, ""))
        sealed.append(keys[investor].seal(data, f"investor/{investor}/{context}"))
    return sealed


def open_for(session: Session, investor_id: str, sealed: bytes, context: str, vault: Vault, person: str = "") -> bytes:
    """Open what `seal_for` sealed. Raises NotFound when erased, IntegrityFailure when it was changed or moved."""
    return vault.key(_wrapped(session, investor_id, person)).open(sealed, f"investor/{investor_id}/{context}")


def keyed_hash(session: Session, investor_id: str, value: bytes, vault: Vault) -> Hash:
    """A hash under the investor's own key: it says nothing once the key is erased. Raises NotFound when it was."""
    return vault.key(_wrapped(session, investor_id, "")).keyed_hash(value)


def _wrapped(session: Session, investor_id: str, person: str) -> bytes:
    get(session, investor_id)
    wrapped = sealing.keys_of(session, [investor_id]).get((investor_id, person))
    if wrapped is None:
        raise sealing.erased(investor_id)
    return wrapped


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


def proven_elsewhere(session: Session, named: Mapping[Address, str]) -> set[Address]:
    """Those of the wallets (wallet -> investor) that another investor has proven."""
    found: set[Address] = set()
    for part in sealing.parts(list(named)):
        for row in session.scalars(select(Wallet).where(Wallet.address.in_(part), Wallet.proven_at.is_not(None))):
            if row.investor != named[Address(row.address)]:
                found.add(Address(row.address))
    return found


def name_wallets(session: Session, named: Mapping[Address, str], at: int) -> None:
    """Name many wallets (wallet -> investor) in few statements. Raises Conflict as `name_wallet`."""
    known: dict[str, Wallet] = {}
    for part in sealing.parts(list(named)):
        known |= {row.address: row for row in session.scalars(select(Wallet).where(Wallet.address.in_(part)))}
    new = []
    for one, investor in named.items():
        if one in known:
            name_wallet(session, get(session, investor), one, at)
        else:
            new.append({"address": one, "investor": investor, "state": "named", "created_at": at})
    if new:
        session.execute(insert(Wallet), new)


def wallets_by_investor(session: Session, ids: Sequence[str]) -> dict[str, list[Wallet]]:
    """All wallets of many investors, in the order they were named; an empty list for who has none."""
    found: dict[str, list[Wallet]] = {one: [] for one in ids}
    for part in sealing.parts(ids):
        query = select(Wallet).where(Wallet.investor.in_(part)).order_by(Wallet.created_at, Wallet.address)
        for row in session.scalars(query):
            found[row.investor].append(row)
    return found


def with_several_wallets(session: Session, ids: Sequence[str]) -> set[str]:
    """Those of the investors who have more than one wallet."""
    found: set[str] = set()
    for part in sealing.parts(ids):
        query = select(Wallet.investor).where(Wallet.investor.in_(part)).group_by(Wallet.investor)
        found.update(session.scalars(query.having(func.count() > 1)))
    return found


def wallet(session: Session, wallet_address: Address) -> Wallet:
    """A wallet by address. Raises NotFound."""
    row = session.get(Wallet, wallet_address)
    if row is None:
        raise NotFound("no such wallet", found=wallet_address, needed="a wallet of an investor", where="wallet")
    return row


def wallets(session: Session, addresses: Sequence[Address]) -> dict[Address, Wallet]:
    """Wallets by address, in few statements; unknown ones are left out."""
    found: dict[Address, Wallet] = {}
    for part in sealing.parts(addresses):
        found |= {Address(row.address): row for row in session.scalars(select(Wallet).where(Wallet.address.in_(part)))}
    return found


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
        form=made.form,
        chain_id=made.chain_id,
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


def challenge_of(row: ChallengeRow, registry: Hash) -> Challenge:
    """A stored challenge as it is signed. Raises IntegrityFailure when its text is another."""
    wallet = Address(row.wallet)
    made = Challenge(registry, row.investor, wallet, row.nonce, row.issued_at, row.expires_at, row.form, row.chain_id)
    if made.text != row.text:
        raise IntegrityFailure("the challenge is not the one that was given out", where=f"wallet {wallet}")
    return made


def mark_proven(session: Session, row: ChallengeRow, signature: str, at: int) -> Wallet:
    """Use the challenge up and mark the wallet proven. Raises Conflict when it is used, or the wallet another's."""
    if row.used_at is not None:
        raise Conflict("the challenge was used", found=row.nonce, needed="an unused challenge", where=row.wallet)
    proven = name_wallet(session, get(session, row.investor), Address(row.wallet), at)
    row.used_at, row.signature = at, signature
    if proven.state == "named":
        proven.state = "proven"
    proven.proven_at = at
    session.flush()
    return proven


def admitted(row: Wallet, investor: Investor, *, number: int, record: int) -> None:
    """What the registry now says of a wallet: its dense number and its word; the first gives the investor's id."""
    row.number, row.record = number, f"0x{record:064x}"
    if row.state != "lost":  # a renewal reaches a lost wallet's word too, and makes it none the less lost
        row.state = "admitted"
    if investor.number is None:
        investor.number = number


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


# ---- legal holds and erasures


def add_hold(session: Session, investor_id: str, *, reason: str, evidence: Hash, officer: str, at: int) -> Hold:
    """Record a legal hold; a second one on the same investor gives the open one."""
    found = held(session, investor_id)
    if found is not None:
        return found
    row = Hold(investor=investor_id, reason=reason, evidence=evidence, set_by=officer, set_at=at)
    session.add(row)
    session.flush()
    return row


def held(session: Session, investor_id: str) -> Hold | None:
    """The open legal hold on an investor, or None."""
    return session.scalars(select(Hold).where(Hold.investor == investor_id, Hold.lifted_at.is_(None))).first()


def holds(session: Session) -> list[Hold]:
    """All open legal holds, oldest first."""
    return list(session.scalars(select(Hold).where(Hold.lifted_at.is_(None)).order_by(Hold.set_at, Hold.id)))


def lift_hold(session: Session, row: Hold, *, maker: str, checker: str, at: int) -> None:
    """Lift a legal hold by two officers; the database refuses one."""
    row.lifted_by, row.lifted_second, row.lifted_at = maker, checker, at
    session.flush()


def erasure(session: Session, investor_id: str) -> Erasure | None:
    """The erasure of an investor, or None."""
    return session.get(Erasure, investor_id)


# ---- questions


def expiring(session: Session, until: int) -> Sequence[Investor]:
    """Admitted investors whose evidence or suitability is good no longer than a second, soonest first."""
    query = select(Investor).where(
        Investor.state == "admitted", (Investor.evidence_until <= until) | (Investor.suitability_until <= until)
    )
    return sorted(session.scalars(query), key=lambda i: min(i.evidence_until, i.suitability_until))
