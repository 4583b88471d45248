"""Proof that a wallet is the investor's, on a challenge used once and in time (R-50). Pure but for the check of bytes.

A challenge has two forms: a text (EIP-191), and typed data (EIP-712) for wallets that show fields. Both name registry,
chain, investor and wallet, so that a signature serves nowhere else. A wallet that is a contract answers for itself
(ERC-1271): the desk asks it on the chain, and its answer is a fact here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from abst.errors import Refusal
from abst.rulebook import Rulebook, refuse
from abst.values import Address, Hash, address, canonical, instant, to_bytes

SIGNATURE_BYTES = 65
TEXT, TYPED = "text", "typed"
FORMS = (TEXT, TYPED)
VALID_SIGNATURE = bytes.fromhex("1626ba7e")  # isValidSignature(bytes32,bytes), and the answer that means yes
WORDS = "I prove that this wallet is mine, to be admitted to a registry of securities."
DOMAIN = [{"name": "name", "type": "string"}, {"name": "version", "type": "string"}]
CHAIN = {"name": "chainId", "type": "uint256"}
PROOF = [
    {"name": "statement", "type": "string"},
    {"name": "wallet", "type": "address"},
    {"name": "investor", "type": "string"},
    {"name": "registry", "type": "bytes32"},
    {"name": "nonce", "type": "string"},
    {"name": "issued", "type": "uint40"},
    {"name": "goodUntil", "type": "uint40"},
]


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge. issued_at, expires_at: Unix seconds, the latter the last good one.

    chain_id 0: of an earlier version, whose text named no chain.
    """

    registry: Hash
    investor: str
    wallet: Address
    nonce: str
    issued_at: int
    expires_at: int
    form: str = TEXT
    chain_id: int = 0

    @property
    def text(self) -> str:
        """What the wallet signs: words, or the typed data as canonical JSON."""
        return canonical(self.typed).decode() if self.form == TYPED else self._words

    @property
    def _words(self) -> str:
        chain = f"Chain: {self.chain_id}\n" if self.chain_id else ""
        return (
            f"{WORDS}\n"
            "This signature moves nothing and pays nothing.\n\n"
            f"Wallet: {self.wallet}\n"
            f"Investor: {self.investor}\n"
            f"Registry: {self.registry}\n"
            f"{chain}"
            f"Nonce: {self.nonce}\n"
            f"Issued: {instant(self.issued_at)}\n"
            f"Good until: {instant(self.expires_at)}"
        )

    @property
    def typed(self) -> dict[str, Any]:
        """The full message of EIP-712, as wallets take it (eth_signTypedData_v4)."""
        return {
            "types": {"EIP712Domain": [*DOMAIN, CHAIN], "WalletProof": PROOF},
            "primaryType": "WalletProof",
            "domain": {"name": "abst", "version": "1", "chainId": self.chain_id},
            "message": {
                "statement": WORDS,
                "wallet": self.wallet,
                "investor": self.investor,
                "registry": self.registry,
                "nonce": self.nonce,
                "issued": self.issued_at,
                "goodUntil": self.expires_at,
            },
        }

    @property
    def hash(self) -> bytes:
        """The 32 bytes under the signature: what a contract wallet is asked about."""
        from eth_utils.crypto import keccak

        made = _signable(self)
        return keccak(b"\x19" + made.version + made.header + made.body)


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature and what it came to. signer: whose key signed, or none; contract: what a contract wallet answered,
    or None for a wallet that is no contract. at, used_at: Unix seconds; used_at of an unused challenge is None.
    """

    challenge: Challenge
    signer: Address | None
    contract: bool | None
    at: int
    used_at: int | None


def challenge(
    registry: Hash,
    investor: str,
    wallet: Address,
    nonce: str,
    issued_at: int,
    rulebook: Rulebook,
    *,
    form: str = TEXT,
    chain_id: int = 0,
) -> Challenge:
    """A challenge that expires after the minutes of R-50. `nonce` is the caller's fresh random id."""
    minutes = rulebook.number("R-50", "challenge_minutes")
    return Challenge(registry, investor, wallet, nonce, issued_at, issued_at + 60 * minutes, form, chain_id)


def _signable(made: Challenge) -> Any:
    # Imported here: eth_account takes long to import, and most commands never see a signature.
    from eth_account.messages import encode_defunct, encode_typed_data

    if made.form == TYPED:
        return encode_typed_data(full_message=json.loads(made.text))
    return encode_defunct(text=made.text)


def signer_of(made: Challenge, signature: str) -> Address | None:
    """The account whose key signed the challenge in its form, or None when the bytes are no signature."""
    from eth_account import Account
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    try:
        raw = to_bytes(signature)
        if len(raw) != SIGNATURE_BYTES:
            return None
        return address(Account.recover_message(_signable(made), signature=raw))
    except (BadSignature, ValidationError, ValueError, TypeError):
        return None


def question_to_contract(made: Challenge, signature: str) -> bytes | None:
    """The call by which a contract wallet is asked (ERC-1271), or None when the bytes are no bytes."""
    try:
        raw = to_bytes(signature)
    except ValueError:
        return None
    padded = raw + bytes(-len(raw) % 32)
    return VALID_SIGNATURE + made.hash + (64).to_bytes(32, "big") + len(raw).to_bytes(32, "big") + padded


def says_yes(answer: bytes) -> bool:
    """Whether a contract's answer is ERC-1271's: its word, and nothing beside it."""
    return answer == VALID_SIGNATURE + bytes(28)


def unused(proof: Proof) -> Refusal | None:
    """R-50: a challenge serves once."""
    if proof.used_at is None:
        return None
    found = f"used {instant(proof.used_at)}"
    return refuse("R-50", "challenge-used", found=found, needed="an unused challenge", where=_where(proof))


def in_time(proof: Proof) -> Refusal | None:
    """R-50: a challenge serves to its last good second."""
    if proof.at <= proof.challenge.expires_at:
        return None
    needed = f"by {instant(proof.challenge.expires_at)}"
    return refuse("R-50", "challenge-expired", found=instant(proof.at), needed=needed, where=_where(proof))


def by_the_wallet(proof: Proof) -> Refusal | None:
    """R-50: the wallet itself signed: its own key, or the contract that it is."""
    wallet = proof.challenge.wallet
    if proof.contract is None and proof.signer != wallet:
        said = proof.signer or "no signature"
        return refuse("R-50", "wrong-signer", found=str(said), needed=wallet, where=_where(proof))
    if proof.contract is False:
        needed = "a signature the contract takes for its own (ERC-1271)"
        return refuse("R-50", "contract-says-no", found="isValidSignature: no", needed=needed, where=_where(proof))
    return None


GATES = (unused, in_time, by_the_wallet)


def decide(proof: Proof) -> list[Refusal]:
    """Why a signature does not prove the wallet; nothing when it does. All gates run."""
    return [refusal for gate in GATES if (refusal := gate(proof)) is not None]


def _where(proof: Proof) -> str:
    return f"wallet {proof.challenge.wallet}"
