"""The investor desk: records sealed, wallets proven, admissions decided and written to the registry.

Personal values live in the sealed record alone; requests, decisions and the log carry ids, codes, dates and hashes
(R-82). Admitting is one officer's word on chain, so every admission has a stored decision with which `verify`
reconciles it. Blocking takes one key, unblocking two (R-53, R-62).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.chain.words import InvestorRecord
from abst.errors import Conflict, NotAuthorised, NotFound, Refusal, Refused, UsageError
from abst.investor import importer, records
from abst.investor.admission import Assessment, assess_record, wallet_proven
from abst.investor.model import ChainFacts
from abst.investor.tables import Investor, Wallet
from abst.investor.wallets import challenge as make_challenge
from abst.rulebook import refuse
from abst.values import Address, Hash, address, digest, file_digest, instant, new_id

BATCH = 100  # admissions in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AddInvestor:
    """row: the columns of the import, by name."""

    officer: str
    request: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportInvestors:
    """content: a CSV; good rows are stored, every problem of the others is reported."""

    officer: str
    request: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """investors: ids; none means all that are recorded and not admitted yet."""

    officer: str
    request: str
    investors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockInvestor:
    officer: str
    request: str
    investor: str
    reason: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblockInvestor:
    officer: str
    request: str
    investor: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """A new record for a known investor: fresh evidence, new answers, another address."""

    officer: str
    request: str
    investor: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeChallenge:
    officer: str
    request: str
    investor: str
    wallet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prove:
    """signature: 0x-hex over the challenge's text (EIP-191); empty: sign with the wallet's keystore in this home."""

    officer: str
    request: str
    wallet: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWallet:
    """A further wallet of an admitted investor, proven before."""

    officer: str
    request: str
    investor: str
    wallet: str


# ---- recording


@once
def add(office: Office, cmd: AddInvestor) -> Result:
    """Record one investor, sealed (R-44). ADMITTER. Raises Refused naming every bad cell, Conflict for a taken id."""
    act = Act(office, "investor add", cmd.request, {"officer": cmd.officer, "row": _row_digest(cmd.row)})
    if act.earlier:
        return act.again()
    row, problems = importer.read_row(cmd.row)
    if row is None:
        raise Refused([problem.refusal() for problem in problems])
    with act.writing(cmd.officer, "admitter") as desk:
        investor = _store(office, desk, row)
        desk.audit(f"investor {investor.id}", {"commitment": investor.commitment})
        desk.result = brief(investor) | {"wallet": row.wallet}
    return act.finish()


@once
def import_csv(office: Office, cmd: ImportInvestors) -> Result:
    """Record the good rows of a CSV in one transaction; the result's refusals name every problem (R-44). ADMITTER."""
    content = {"officer": cmd.officer, "file": file_digest(cmd.content)}
    act = Act(office, "investor import", cmd.request, content)
    if act.earlier:
        return act.again()
    read = read_file(cmd.content)
    if not read.rows:
        raise Refused([problem.refusal() for problem in read.problems], "no row of the file can be taken")
    with act.writing(cmd.officer, "admitter") as desk:
        added: list[str] = []
        refusals = [problem.refusal() for problem in read.problems]
        for row in read.rows:
            if desk.session.get(Investor, row.reference) is not None:
                refusals.append(
                    refuse("R-44", "id-taken", found=row.reference, needed="another id", where=f"row {row.row}")
                )
                continue
            added.append(_store(office, desk, row).id)
        desk.audit("investors", {"file": content["file"], "added": len(added), "refused": read.count - len(added)})
        desk.refusals = tuple(refusals)
        desk.result = {"rows": read.count, "added": len(added), "refused": read.count - len(added), "investors": added}
    return act.finish()


def dry_run(office: Office, content: bytes) -> list[dict[str, Any]]:
    """Read and judge every row of a CSV as import and admission would, writing nothing."""
    read = read_file(content)
    report: dict[int, dict[str, Any]] = {}
    for problem in read.problems:
        entry = report.setdefault(problem.row, {"row": problem.row, "investor": "", "refusals": []})
        entry["refusals"].append(problem.refusal().as_dict())
    for row in read.rows:
        judged = assess_record(row.record, office.rulebook, office.now(), office.zone, where=row.reference)
        report[row.row] = {
            "row": row.row,
            "investor": row.reference,
            "refusals": [refusal.as_dict() for refusal in judged.refusals],
        }
    return [report[number] for number in sorted(report)]


def read_file(content: bytes) -> importer.Imported:
    try:
        return importer.read_csv(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8 text", found=str(error), where="investors") from None


def _store(office: Office, desk: Desk, row: importer.Row) -> Investor:
    judged = assess_record(row.record, office.rulebook, desk.at, office.zone, where=row.reference)
    investor = records.add(
        desk.session,
        investor_id=row.reference,
        record=row.record,
        facts=judged.facts,
        vault=office.vault(),
        at=desk.at,
    )
    if row.wallet is not None:
        records.name_wallet(desk.session, investor, row.wallet, desk.at)
    return investor


def _row_digest(row: Mapping[str, Any]) -> Hash:
    return digest({str(key): str(value) for key, value in row.items()})


# ---- wallets


@once
def challenge(office: Office, cmd: MakeChallenge) -> Result:
    """A text for the wallet to sign, used once and in time (R-50). ADMITTER. Raises Conflict for another's wallet."""
    wallet = address(cmd.wallet, "wallet")
    content = {"officer": cmd.officer, "investor": cmd.investor, "wallet": wallet}
    act = Act(office, "wallet challenge", cmd.request, content)
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "admitter") as desk:
        investor = records.get(desk.session, cmd.investor)
        records.name_wallet(desk.session, investor, wallet, desk.at)
        made = make_challenge(office.registry_id, investor.id, wallet, new_id("non"), desk.at, office.rulebook)
        records.save_challenge(desk.session, made)
        desk.audit(f"wallet {wallet}", {"investor": investor.id, "nonce": made.nonce})
        desk.result = {
            "investor": investor.id,
            "wallet": wallet,
            "nonce": made.nonce,
            "text": made.text,
            "expires": instant(made.expires_at),
        }
    return act.finish()


@once
def prove(office: Office, cmd: Prove) -> Result:
    """Check the signature over the newest challenge; the wallet is then proven (R-50). ADMITTER.

    Raises Refused for a wrong, late or repeated signature, NotAuthorised when none is given and the key is not here.
    """
    wallet = address(cmd.wallet, "wallet")
    content = {"officer": cmd.officer, "wallet": wallet, "signature": cmd.signature}
    act = Act(office, "wallet prove", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        text = records.open_challenge(session, wallet).text
    signature = cmd.signature
    if not signature:
        signer = office.keys.signer(wallet)
        if signer is None:
            raise NotAuthorised("the wallet's key is not in this home", found=wallet, needed="a signature of the text")
        signature = "0x" + signer.sign_text(text).hex()
    with act.writing(cmd.officer, "admitter") as desk:
        row = records.open_challenge(desk.session, wallet)
        proven = records.prove(desk.session, row, signature, office.registry_id, desk.at)
        desk.audit(f"wallet {wallet}", {"investor": proven.investor, "nonce": row.nonce})
        desk.result = {"wallet": wallet, "investor": proven.investor, "proven_at": instant(desk.at)}
    return act.finish()


@once
def add_wallet(office: Office, cmd: AddWallet) -> Result:
    """Write a further, proven wallet of an admitted investor to the registry (R-50). ADMITTER."""
    wallet = address(cmd.wallet, "wallet")
    content = {"officer": cmd.officer, "investor": cmd.investor, "wallet": wallet}
    act = Act(office, "wallet add", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        investor = records.get(session, cmd.investor)
        known = first_wallet(session, investor)
        row = records.wallet(session, wallet)
    refusal = wallet_proven(row.proven_at, f"wallet {wallet}")
    if row.investor != investor.id:
        raise Conflict("the wallet is another investor's", found=row.investor, needed=investor.id, where=wallet)
    if refusal is not None:
        facts = {"investor": investor.id, "wallet": wallet}
        raise act.refuse(
            cmd.officer, "admitter", kind="wallet", subject=f"investor {investor.id}", facts=facts, refusals=[refusal]
        )
    registry = office.contracts.registry
    with act.writing(cmd.officer, "admitter") as desk:
        data = registry.encode("addWallet", known.address, wallet, Hash(investor.commitment))
        desk.send("wallet add", registry.address, data)
        desk.audit(f"investor {investor.id}", {"wallet": wallet, "commitment": investor.commitment})
        desk.result = {"investor": investor.id, "wallet": wallet, "wallets": [[investor.id, wallet]]}
    return act.finish()


# ---- admitting


@once
def admit(office: Office, cmd: Admit) -> Result:
    """Decide each investor and write those who pass to the registry, at most 100 in a transaction. ADMITTER.

    Denials, regimes, evidence, suitability and the wallet's proof are all tested (R-43 to R-50, R-54, R-56); each
    outcome is a stored decision. The result's refusals name who was refused and why, also when nobody passes.
    """
    act = Act(office, "investor admit", cmd.request, {"officer": cmd.officer, "investors": list(cmd.investors)})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        chosen = (
            [records.get(session, one) for one in cmd.investors]
            if cmd.investors
            else records.every(session, state="recorded")
        )
        wallets = {investor.id: _usable_wallet(session, investor) for investor in chosen}
    chosen = [investor for investor in chosen if investor.state != "admitted"]
    if not chosen:
        raise NotFound("nobody is left to admit", found="no recorded investor", needed="an investor not admitted yet")
    judged = {investor.id: _judge(office, investor, wallets[investor.id], act.at) for investor in chosen}
    good = [investor for investor in chosen if not judged[investor.id][1]]
    registry = office.contracts.registry
    with act.writing(cmd.officer, "admitter") as desk:
        for investor in chosen:
            record_decision(office, desk, investor, *judged[investor.id], wallets[investor.id])
        for start in range(0, len(good), BATCH):
            part = good[start : start + BATCH]
            admissions = [admission_of(i, judged[i.id][0], wallets[i.id]) for i in part]
            desk.send("investor admit", registry.address, registry.encode("admit", admissions))
        desk.refusals = tuple(refusal for investor in chosen for refusal in judged[investor.id][1])
        refused = [investor.id for investor in chosen if judged[investor.id][1]]
        desk.audit("investors", {"admitted": [i.id for i in good], "refused": refused})
        desk.result = {
            "admitted": len(good),
            "refused": len(refused),
            "refused_investors": refused,
            "wallets": [[i.id, str(w.address)] for i in good if (w := wallets[i.id])],
        }
    return act.finish()


def _judge(
    office: Office, investor: Investor, wallet: Wallet | None, at: int
) -> tuple[Assessment, tuple[Refusal, ...]]:
    record = records.private(investor, office.vault())
    judged = assess_record(record, office.rulebook, at, office.zone, where=f"investor {investor.id}")
    proof = wallet_proven(wallet.proven_at if wallet else None, f"investor {investor.id}")
    return judged, (*judged.refusals, *([proof] if proof else []))


def record_decision(
    office: Office,
    desk: Desk,
    investor: Investor,
    judged: Assessment,
    refusals: Sequence[Refusal],
    wallet: Wallet | None,
) -> None:
    facts = {
        "investor": investor.id,
        "commitment": investor.commitment,
        "wallet": wallet.address if wallet else None,
        "rulebook": office.rulebook.digest,
        **judged.summary(),
    }
    decision = decisions.record(
        desk.session,
        kind="admission",
        facts=facts,
        refusals=refusals,
        rulebook=office.rulebook.version,
        at=desk.at,
    )
    row = records.get(desk.session, investor.id)
    _keep_facts(row, judged.facts)
    records.set_state(desk.session, row, "refused" if refusals else "recorded", desk.at, decision.id)


def _keep_facts(investor: Investor, facts: ChainFacts) -> None:
    investor.regimes, investor.capacity, investor.jurisdiction = facts.regimes, facts.capacity, facts.jurisdiction
    investor.evidence_until, investor.suitability_until = facts.evidence_until, facts.suitability_until


def admission_of(investor: Investor, judged: Assessment, wallet: Wallet | None) -> tuple[str, int, str]:
    if wallet is None:
        raise TypeError("an investor without a wallet was not refused")
    return (wallet.address, _word(judged.facts), investor.commitment)


def _word(facts: ChainFacts) -> int:
    return InvestorRecord(**facts.as_dict()).facts()


def kept_admissions(office: Office, session: Session, closing: Closing) -> None:
    """Keep what the registry now says of the wallets; those that the chain did not take stay as they were."""
    named = [(one, Address(wallet)) for one, wallet in closing.result.get("wallets", ())]
    words = office.contracts.registry.read("investorsOf", [wallet for _, wallet in named])
    for (investor_id, wallet), word in zip(named, words, strict=True):
        record = InvestorRecord.unpack(word)
        if not record.known:
            continue
        records.mark_admitted(session, records.wallet(session, wallet), number=record.number, record=word)
        investor = records.get(session, investor_id)
        if investor.state != "admitted":
            records.set_state(session, investor, "admitted", closing.at)


@once
def renew(office: Office, cmd: Renew) -> Result:
    """Judge a new record and write its facts to all wallets of the investor (R-47, R-56). ADMITTER.

    Raises Refused when the new record does not pass: then nothing changes and the old facts run out by themselves.
    """
    content = {"officer": cmd.officer, "investor": cmd.investor, "row": _row_digest(cmd.row)}
    act = Act(office, "investor renew", cmd.request, content)
    if act.earlier:
        return act.again()
    read, problems = importer.read_row({**cmd.row, "reference": cmd.investor, "wallet": ""})
    if read is None:
        raise Refused([problem.refusal() for problem in problems])
    judged = assess_record(read.record, office.rulebook, act.at, office.zone, where=f"investor {cmd.investor}")
    if judged.refusals:
        facts = {"investor": cmd.investor, **judged.summary()}
        raise act.refuse(
            cmd.officer,
            "admitter",
            kind="admission",
            subject=f"investor {cmd.investor}",
            facts=facts,
            refusals=judged.refusals,
        )
    registry = office.contracts.registry
    with act.writing(cmd.officer, "admitter") as desk:
        investor = records.get(desk.session, cmd.investor)
        wallet = first_wallet(desk.session, investor)
        records.renew(desk.session, investor, record=read.record, facts=judged.facts, vault=office.vault(), at=desk.at)
        record_decision(office, desk, investor, judged, (), wallet)
        records.set_state(desk.session, investor, "admitted", desk.at)
        data = registry.encode("renew", [admission_of(investor, judged, wallet)])
        desk.send("investor renew", registry.address, data)
        desk.audit(f"investor {investor.id}", {"commitment": investor.commitment})
        every = [w.address for w in records.wallets_of(desk.session, investor.id) if w.number is not None]
        desk.result = brief(investor) | {"wallets": [[investor.id, w] for w in every]}
    return act.finish()


# ---- blocking


@once
def block(office: Office, cmd: BlockInvestor) -> Result:
    """Block an investor, all wallets at once (R-53, R-62): stopping takes one key. ADMITTER."""
    content = {
        "officer": cmd.officer,
        "investor": cmd.investor,
        "reason": cmd.reason,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "investor block", cmd.request, content)
    if act.earlier:
        return act.again()
    registry = office.contracts.registry
    with act.writing(cmd.officer, "admitter") as desk:
        investor = records.get(desk.session, cmd.investor)
        wallet = first_wallet(desk.session, investor)
        data = registry.encode("blockInvestors", [wallet.address], cmd.evidence.hash)
        desk.send("investor block", registry.address, data)
        desk.audit(f"investor {investor.id}", {"evidence": cmd.evidence.as_dict()})
        desk.result = brief(investor) | {"blocked": True}
    return act.finish()


def _blocked(office: Office, session: Session, closing: Closing) -> None:
    content = closing.content
    records.add_block(
        session,
        content["investor"],
        reason=content["reason"],
        evidence=Hash(content["evidence"]["sha256"]),
        officer=closing.maker,
        at=closing.at,
    )


@once
def unblock(office: Office, cmd: UnblockInvestor) -> Result:
    """Schedule the end of a block; a second officer approves (R-62). MAKER."""
    content = {"officer": cmd.officer, "investor": cmd.investor, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "investor unblock", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        investor = records.get(session, cmd.investor)
        wallet = first_wallet(session, investor)
        if records.blocked(session, investor.id) is None:
            raise Conflict("the investor is not blocked", found="no open block", needed="a block", where=investor.id)
    registry = office.contracts.registry
    data = registry.encode("unblockInvestor", wallet.address, cmd.evidence.hash)
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="investor unblock",
        subject=f"investor {investor.id}",
        facts=content | {"wallet": wallet.address},
        steps=[Step(registry.address, data, f"unblock investor {investor.id}")],
    )


def _unblocked(office: Office, session: Session, closing: Closing) -> None:
    row = records.blocked(session, closing.content["investor"])
    if row is not None:
        records.lift_block(session, row, maker=closing.maker, checker=closing.checker or "", at=closing.at)


# ---- reading


def show(office: Office, investor_id: str, *, reveal_to: str = "") -> dict[str, Any]:
    """One investor, masked; with an officer's name in `reveal_to` also the private record, and the log says so."""
    with office.store.read() as session:
        investor = records.get(session, investor_id)
        wallets = [
            {
                "wallet": w.address,
                "state": w.state,
                "number": w.number,
                "proven_at": instant(w.proven_at) if w.proven_at else None,
                "successor": w.successor,
            }
            for w in records.wallets_of(session, investor_id)
        ]
        blocked = records.blocked(session, investor_id) is not None
    shown = brief(investor) | {
        "commitment": investor.commitment,
        "capacity": investor.capacity,
        "regimes": list(office.rulebook.regime_codes(investor.regimes)),
        "jurisdiction": investor.jurisdiction,
        "evidence_until": instant(investor.evidence_until) if investor.evidence_until else None,
        "suitability_until": instant(investor.suitability_until) if investor.suitability_until else None,
        "blocked": blocked,
        "decision": investor.decision,
        "wallets": wallets,
    }
    if reveal_to:
        act = Act(office, "investor reveal", new_id("req"), {"officer": reveal_to, "investor": investor_id})
        with act.writing(reveal_to, "admitter") as desk:
            desk.audit(f"investor {investor_id}", {"revealed_to": reveal_to})
        shown["private"] = records.private(investor, office.vault()).model_dump(mode="json")
    return shown


def list_investors(office: Office, state: str | None = None) -> list[dict[str, Any]]:
    """All investors, masked, by id."""
    with office.store.read() as session:
        return [brief(investor) for investor in records.every(session, state)]


def wallet_of(office: Office, word: str) -> Address:
    """The address a word means: itself, or the first usable wallet of an investor id. Raises NotFound."""
    if word.startswith("0x"):
        return address(word, "wallet")
    with office.store.read() as session:
        investor = records.get(session, word)
        return Address(first_wallet(session, investor).address)


def _usable_wallet(session: Session, investor: Investor) -> Wallet | None:
    """The wallet to admit: the first proven one, else the first named."""
    wallets = [w for w in records.wallets_of(session, investor.id) if w.state != "lost"]
    return next((w for w in wallets if w.proven_at), wallets[0] if wallets else None)


def first_wallet(session: Session, investor: Investor) -> Wallet:
    """The admitted wallet with the lowest number. Raises NotFound."""
    admitted = [w for w in records.wallets_of(session, investor.id) if w.state == "admitted"]
    if not admitted:
        raise NotFound(
            "the investor is not admitted", found=investor.state, needed="abst investor admit", where=investor.id
        )
    return min(admitted, key=lambda w: w.number or 0)


def brief(investor: Investor) -> dict[str, Any]:
    """An investor in a few words, masked."""
    return {"investor": investor.id, "kind": investor.kind, "name": investor.shown, "state": investor.state}


HANDLERS = {
    "investor admit": Handler(done=kept_admissions),
    "investor renew": Handler(done=kept_admissions),
    "wallet add": Handler(done=kept_admissions),
    "investor block": Handler(done=_blocked),
    "investor unblock": Handler(done=_unblocked),
}
