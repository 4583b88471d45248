"""Makes the tranches of an effective filing exactly as filed, and attests that what stands on chain is what was filed.

A token is known by its creation code and its address, which follow from the filed plan by CREATE2 (R-29, R-42); never
by the hash of its deployed code, which holds its immutable terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.chain.words import FilingRecord
from abst.deal import Plan, Terms, plan_hash, terms_tuple
from abst.deal.plan import TERMS_ABI, differences, terms_from_tuple
from abst.decisions import officers
from abst.errors import Conflict, NotFound, Refusal
from abst.filing import records
from abst.filing.desk import plan_of, token_code
from abst.filing.tables import Filing, TrancheRow
from abst.rulebook import refuse
from abst.values import ZERO_ADDRESS, Address, file_digest, hash_of, to_bytes

AT_ONCE = 3  # tranches that fit one transaction under 2^24 gas


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTokens:
    """Make all tranches not made yet. Files given here must be the filed ones: a changed plan is refused (R-42)."""

    officer: str
    request: str
    filing: str
    dossier: bytes | None = None
    deal: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Stop one token at once: the transfer agent's one key."""

    officer: str
    request: str
    token: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpause:
    """Let a paused token move again: two officers."""

    officer: str
    request: str
    token: str
    evidence: Evidence


@once
def create(office: Office, cmd: CreateTokens) -> Result:
    """Make the tranches, as many per transaction as fit (R-03, R-29, R-42). ISSUER.

    Raises Refused when the filing is not effective, or the plan is not the filed one: then with every difference and
    with the factory's own answer. Raises Conflict when all tranches exist.
    """
    files = {"dossier": cmd.dossier, "deal": cmd.deal}
    content: dict[str, Any] = {"officer": cmd.officer, "filing": cmd.filing}
    content |= {name: file_digest(file) for name, file in files.items() if file is not None}
    act = Act(office, "token create", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
        version = records.current_version(session, filing)
    filed = Plan.from_dict(version.plan)
    dossier = cmd.dossier.decode() if cmd.dossier is not None else version.dossier
    deal = cmd.deal.decode() if cmd.deal is not None else version.deal
    plan = plan_of(office, dossier, deal)
    registry = office.contracts.registry
    word = FilingRecord.unpack(registry.read("filingOf", filing.number))
    refusals = _refusals(office, filing, word, filed, plan, cmd.officer)
    if refusals:
        facts = {"filing": filing.id, "filed": plan_hash(filed), "given": plan_hash(plan), "state": word.status.name}
        raise act.refuse(
            cmd.officer, "issuer", kind="token create", subject=f"filing {filing.id}", facts=facts, refusals=refusals
        )
    if word.made >= word.planned:
        raise Conflict("all tranches exist", found=f"{word.made}", needed="one not made yet", where=filing.id)
    with act.writing(cmd.officer, "issuer") as desk:
        before: list[str] = []
        for start in range(word.made, word.planned, AT_ONCE):
            up_to = min(start + AT_ONCE, word.planned)
            data = _create_call(office, filing, plan, up_to)
            intent = desk.send("token create", office.contracts.factory.address, data, after=before)
            before = [intent.id]
        made = [
            {"tranche": n, "symbol": terms.symbol, "address": address_of(office, filing.number, n, terms)}
            for n, terms in enumerate(plan.terms)
        ]
        desk.audit(f"filing {filing.id}", {"plan": plan_hash(plan), "tokens": [str(m["address"]) for m in made]})
        desk.result = {"filing": filing.id, "plan_hash": plan_hash(plan), "tokens": made}
    return act.finish()


def _create_call(office: Office, filing: Filing, plan: Plan, up_to: int) -> bytes:
    terms = [terms_tuple(t) for t in plan.terms]
    return office.contracts.factory.encode("create", filing.number, token_code(), terms, plan.offchain, up_to)


def _refusals(
    office: Office, filing: Filing, word: FilingRecord, filed: Plan, plan: Plan, officer: str
) -> list[Refusal]:
    found: list[Refusal] = []
    status = word.status.name.lower().replace("_", "-")
    where = f"filing {filing.id}"
    if status != "effective":
        found.append(refuse("R-03", "filing-not-effective", found=status, needed="effective", where=where))
    on_chain = office.contracts.registry.read("planHashOf", filing.number)
    if plan_hash(plan) == on_chain:
        return found
    changed = differences(filed, plan) or [("plan hash", str(on_chain), plan_hash(plan))]
    found += [
        refuse("R-42", "plan-drift", found=f"{name} {theirs}", needed=f"as filed: {ours}", where=where)
        for name, ours, theirs in changed
    ]
    with office.store.read() as session:
        sender = Address(officers.get(session, officer).address)
    said = office.refusal_of_call(
        office.contracts.factory.address, _create_call(office, filing, plan, len(plan.terms)), sender, "the factory"
    )
    return [*found, said] if said else found


def address_of(office: Office, number: int, tranche: int, terms: Terms) -> Address:
    """Where a tranche stands or will stand: CREATE2 from factory, filing, index, code and terms (R-42)."""
    contracts = office.contracts
    arguments = encode(
        ["address", "address", "uint64", "uint8", TERMS_ABI],
        [contracts.manager.address, contracts.registry.address, number, tranche, terms_tuple(terms)],
    )
    salt = to_bytes(hash_of(encode(["uint64", "uint8"], [number, tranche])))
    body = b"\xff" + to_bytes(contracts.factory.address) + salt + keccak(token_code() + arguments)
    return Address(to_checksum_address(keccak(body)[12:]))


def _made(office: Office, session: Session, closing: Closing) -> None:
    """Note the addresses that the registry attached."""
    filing = records.get(session, closing.content["filing"])
    registry = office.contracts.registry
    for row in records.tranches(session, filing.id):
        address = registry.read("tokenOf", filing.number, row.number)
        if address != ZERO_ADDRESS:
            records.attach_token(session, filing.id, row.number, address, closing.at)


# ---- pausing


@once
def pause(office: Office, cmd: Pause) -> Result:
    """Pause one token at once (R-62): stopping takes one key. AGENT."""
    content = {"officer": cmd.officer, "token": cmd.token, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "token pause", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        row, filing = _row(session, cmd.token)
    registry = office.contracts.registry
    with act.writing(cmd.officer, "agent") as desk:
        desk.send("token pause", registry.address, registry.encode("pause", filing.number, row.number))
        desk.audit(f"token {row.symbol}", {"token": row.token, "evidence": cmd.evidence.as_dict()})
        desk.result = {"token": row.symbol, "address": row.token, "paused": True}
    return act.finish()


@once
def unpause(office: Office, cmd: Unpause) -> Result:
    """Schedule that a paused token moves again; a second officer approves (R-62). MAKER."""
    content = {"officer": cmd.officer, "token": cmd.token, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "token unpause", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        row, filing = _row(session, cmd.token)
    registry = office.contracts.registry
    data = registry.encode("unpause", filing.number, row.number)
    facts = content | {"filing": filing.id, "tranche": row.number}
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="token unpause",
        subject=f"token {row.symbol}",
        facts=facts,
        steps=[Step(registry.address, data, f"unpause {row.symbol}")],
    )


# ---- reading


def attest(office: Office, filing_id: str) -> list[dict[str, Any]]:
    """Compare each deployed token with the filed plan: code, terms, address, place in the registry (R-29, R-42).

    One entry per tranche; `differences` is empty when all agrees. Raises NotFound.
    """
    with office.store.read() as session:
        filing = records.get(session, filing_id)
        version = records.current_version(session, filing)
    plan = plan_of(office, version.dossier, version.deal)
    filed = office.contracts.registry.read("planHashOf", filing.number)
    common: list[str] = []
    if plan_hash(plan) != filed:
        common.append(f"plan: stored file gives {plan_hash(plan)}, filed on chain is {filed}")
    return [_attest_one(office, filing, plan, n, terms, common) for n, terms in enumerate(plan.terms)]


def _attest_one(
    office: Office, filing: Filing, plan: Plan, number: int, terms: Terms, common: Sequence[str]
) -> dict[str, Any]:
    expected = address_of(office, filing.number, number, terms)
    attached = office.contracts.registry.read("tokenOf", filing.number, number)
    found = list(common)
    if attached == ZERO_ADDRESS:
        found.append("not made yet")
    elif attached != expected:
        found.append(f"address: stands at {attached}, code and terms as filed give {expected}")
    if attached != ZERO_ADDRESS:
        contract = office.contracts.token(attached)
        read = contract.read("terms")
        on_chain = terms_from_tuple([bytes.fromhex(v[2:]) if isinstance(v, str) else v for v in read])
        if on_chain != terms:
            found.append(f"terms: {on_chain} on chain, {terms} filed")
        place = (contract.read("filing"), contract.read("tranche"), contract.read("registry"))
        if place != (filing.number, number, office.contracts.registry.address):
            found.append(f"place: {place}")
        if contract.read("authority") != office.contracts.manager.address:
            found.append("authority: another access manager")
    return {
        "tranche": number,
        "symbol": terms.symbol,
        "address": None if attached == ZERO_ADDRESS else attached,
        "expected": expected,
        "code_hash": plan.code_hash,
        "ok": not found,
        "differences": found,
    }


def show(office: Office, word: str) -> dict[str, Any]:
    """One token: terms, totals, state. Raises NotFound."""
    with office.store.read() as session:
        row, filing = _row(session, word)
        plan = records.current_plan(session, filing)
    contract = office.contracts.token(Address(str(row.token)))
    record = FilingRecord.unpack(office.contracts.registry.read("filingOf", filing.number))
    terms = plan.terms[row.number]
    return _brief(row, filing) | {
        "terms": {key: str(v) if key in ("cap", "lot") else v for key, v in terms.as_dict().items()},
        "regimes": list(office.rulebook.regime_codes(terms.regimes)),
        "minted": str(contract.read("minted")),
        "supply": str(contract.read("totalSupply")),
        "left": str(terms.cap - contract.read("minted")),
        "holders": contract.read("holders"),
        "paused": record.is_paused(row.number),
        "filing_status": record.status.name.lower().replace("_", "-"),
        "overdue": record.overdue(office.now()),
    }


def list_tokens(office: Office, filing_id: str | None = None) -> list[dict[str, Any]]:
    """All tranches, made or not, of one filing or of all."""
    with office.store.read() as session:
        filings = [records.get(session, filing_id)] if filing_id else records.every(session)
        return [_brief(row, filing) for filing in filings for row in records.tranches(session, filing.id)]


def _row(session: Session, word: str) -> tuple[TrancheRow, Filing]:
    row = records.tranche_by(session, word)
    if row.token is None:
        raise NotFound("this tranche has no token yet", found=word, needed="abst token create", where="token")
    return row, records.get(session, row.filing)


def _brief(row: TrancheRow, filing: Filing) -> dict[str, Any]:
    return {
        "filing": filing.id,
        "number": filing.number,
        "tranche": row.number,
        "symbol": row.symbol,
        "name": row.name,
        "cap": str(row.cap),
        "address": row.token,
    }


HANDLERS = {"token create": Handler(done=_made)}
