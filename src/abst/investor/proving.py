"""Wallets proven to be the investor's, and further wallets of an admitted one (R-50)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from abst.chain.acts import Act, once
from abst.chain.api import Reverted
from abst.chain.office import Office, Result
from abst.decisions import judge
from abst.errors import Conflict, NotAuthorised, UsageError
from abst.investor import records
from abst.investor.admission import wallet_proven
from abst.investor.reading import first_wallet
from abst.investor.sealing import erased
from abst.investor.wallets import (
    FORMS,
    GATES,
    TEXT,
    TYPED,
    Challenge,
    Proof,
    question_to_contract,
    says_yes,
    signer_of,
)
from abst.investor.wallets import challenge as make_challenge
from abst.values import Hash, address, instant, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeChallenge:
    """form: text (EIP-191) or typed (EIP-712)."""

    officer: str
    request: str
    investor: str
    wallet: str
    form: str = TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Prove:
    """signature: 0x-hex over the newest challenge in its form; empty: sign with the wallet's keystore in this home."""

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


@once
def challenge(office: Office, cmd: MakeChallenge) -> Result:
    """What the wallet is to sign, once and in time (R-50). ADMITTER. Raises Conflict for another's wallet."""
    wallet = address(cmd.wallet, "wallet")
    if cmd.form not in FORMS:
        raise UsageError("no such form of a challenge", found=cmd.form, needed=" or ".join(FORMS), where="form")
    content = {"officer": cmd.officer, "investor": cmd.investor, "wallet": wallet}
    act = Act(office, "wallet challenge", cmd.request, content | ({"form": cmd.form} if cmd.form != TEXT else {}))
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "admitter") as desk:
        investor = records.get(desk.session, cmd.investor)
        if investor.state == "erased":
            raise erased(investor.id)
        records.name_wallet(desk.session, investor, wallet, desk.at)
        made = make_challenge(
            office.registry_id,
            investor.id,
            wallet,
            new_id("non"),
            desk.at,
            office.rulebook,
            form=cmd.form,
            chain_id=office.chain.chain_id,
        )
        records.save_challenge(desk.session, made)
        desk.audit(f"wallet {wallet}", {"investor": investor.id, "nonce": made.nonce, "form": made.form})
        desk.result = {
            "investor": investor.id,
            "wallet": wallet,
            "nonce": made.nonce,
            "form": made.form,
            "text": made.text,
            "expires": instant(made.expires_at),
        }
    return act.finish()


@once
def prove(office: Office, cmd: Prove) -> Result:
    """Check the signature over the newest challenge; the wallet is then proven (R-50). ADMITTER.

    A wallet with code is asked itself (ERC-1271), now. Raises Refused for a wrong, late or repeated signature,
    NotAuthorised when none is given and the key is not here.
    """
    wallet = address(cmd.wallet, "wallet")
    content = {"officer": cmd.officer, "wallet": wallet, "signature": cmd.signature}
    act = Act(office, "wallet prove", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        row = records.open_challenge(session, wallet)
        made, used_at = records.challenge_of(row, office.registry_id), row.used_at
    signature = cmd.signature or _sign(office, made)
    contract = asked(office, made, signature)
    judged = judge("wallet", GATES, Proof(made, signer_of(made, signature), contract, act.at, used_at))
    facts = {"investor": made.investor, "nonce": made.nonce, "form": made.form, "contract": contract is not None}
    if judged.refusals:
        subject = f"wallet {wallet}"
        raise act.refuse(cmd.officer, "admitter", kind="wallet proof", subject=subject, facts=facts, judged=[judged])
    with act.writing(cmd.officer, "admitter") as desk:
        row = records.open_challenge(desk.session, wallet)
        if row.nonce != made.nonce:
            raise Conflict("another challenge was made meanwhile", found=row.nonce, needed=made.nonce, where=wallet)
        records.mark_proven(desk.session, row, signature, desk.at)
        desk.audit(f"wallet {wallet}", facts)
        desk.result = {"wallet": wallet, "investor": row.investor, "proven_at": instant(desk.at)}
    return act.finish()


def _sign(office: Office, made: Challenge) -> str:
    signer = office.keys.signer(made.wallet)
    if signer is None:
        raise NotAuthorised("the wallet's key is not in this home", found=made.wallet, needed="a signature of the text")
    signed = signer.sign_typed(json.loads(made.text)) if made.form == TYPED else signer.sign_text(made.text)
    return "0x" + signed.hex()


def asked(office: Office, made: Challenge, signature: str) -> bool | None:
    """What a contract wallet says of a signature (ERC-1271); None for a wallet that is no contract."""
    if not office.chain.code(made.wallet):
        return None
    question = question_to_contract(made, signature)
    try:
        return question is not None and says_yes(office.chain.call(made.wallet, question))
    except Reverted:
        return False


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
    if row.investor != investor.id:
        raise Conflict("the wallet is another investor's", found=row.investor, needed=investor.id, where=wallet)
    refusal = wallet_proven(row.proven_at, f"wallet {wallet}")
    if refusal is not None:
        facts: dict[str, Any] = {"investor": investor.id, "wallet": wallet}
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
