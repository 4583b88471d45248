"""Proof that a wallet is the investor's: a text to sign (EIP-191), used once and in time (R-50). Pure but for the check
of a signature.
"""

from __future__ import annotations

from dataclasses import dataclass

from abst.errors import Refusal
from abst.rulebook import Rulebook, refuse
from abst.values import Address, Hash, address, instant, to_bytes

SIGNATURE_BYTES = 65


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge. It names registry, investor and wallet, so that its signature serves nowhere else."""

    registry: Hash
    investor: str
    wallet: Address
    nonce: str
    issued_at: int
    expires_at: int  # last good second

    @property
    def text(self) -> str:
        """The words the wallet signs."""
        return (
            "I prove that this wallet is mine, to be admitted to a registry of securities.\n"
            "This signature moves nothing and pays nothing.\n\n"
            f"Wallet: {self.wallet}\n"
            f"Investor: {self.investor}\n"
            f"Registry: {self.registry}\n"
            f"Nonce: {self.nonce}\n"
            f"Issued: {instant(self.issued_at)}\n"
            f"Good until: {instant(self.expires_at)}"
        )


def challenge(
    registry: Hash, investor: str, wallet: Address, nonce: str, issued_at: int, rulebook: Rulebook
) -> Challenge:
    """A challenge that expires after the minutes of R-50. `nonce` is the caller's fresh random id."""
    minutes = rulebook.number("R-50", "challenge_minutes")
    return Challenge(registry, investor, wallet, nonce, issued_at, issued_at + 60 * minutes)


def signer_of(text: str, signature: str) -> Address | None:
    """The account whose key signed the text (EIP-191), or None when the bytes are no signature."""
    # Imported here: eth_account takes long to import, and most commands never see a signature.
    from eth_account import Account
    from eth_account.messages import encode_defunct
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    try:
        raw = to_bytes(signature)
        if len(raw) != SIGNATURE_BYTES:
            return None
        return address(Account.recover_message(encode_defunct(text=text), signature=raw))
    except (BadSignature, ValidationError, ValueError, TypeError):
        return None


def refusals_of(made: Challenge, signature: str, *, at: int, used_at: int | None) -> list[Refusal]:
    """Why a signature does not prove the wallet; nothing when it does. All checks run."""
    where = f"wallet {made.wallet}"
    found: list[Refusal] = []
    if used_at is not None:
        needed = "an unused challenge"
        found.append(refuse("R-50", "challenge-used", found=f"used {instant(used_at)}", needed=needed, where=where))
    if at > made.expires_at:
        needed = f"by {instant(made.expires_at)}"
        found.append(refuse("R-50", "challenge-expired", found=instant(at), needed=needed, where=where))
    signer = signer_of(made.text, signature)
    if signer != made.wallet:
        said = signer or "no signature"
        found.append(refuse("R-50", "wrong-signer", found=str(said), needed=made.wallet, where=where))
    return found
