"""Signing: one small interface, so that a key may live in a keystore here or in a signer elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from abst.errors import UsageError
from abst.values import Address, Hash

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction: the bytes to broadcast and the hash they will have on chain."""

    raw: bytes
    hash: Hash


class Signer(Protocol):
    """Whoever can sign for one address. Signing the same transaction twice gives the same bytes."""

    @property
    def address(self) -> Address: ...

    def sign_transaction(self, tx: dict[str, Any]) -> Signed:
        """Sign a complete transaction (chainId, nonce, gas, fees, to, data, value)."""

    def sign_typed(self, full_message: dict[str, Any]) -> bytes:
        """EIP-712: 65 bytes over a full message (types, primaryType, domain, message)."""

    def sign_text(self, text: str) -> bytes:
        """EIP-191 personal message: 65 bytes."""


class LocalSigner:
    """A signer whose key is in this process's memory. Its repr never shows the key."""

    def __init__(self, private_key: bytes | str) -> None:
        """32 bytes, or 0x-hex. Raises UsageError when that is no key."""
        from eth_account import Account
        from eth_utils.exceptions import ValidationError

        try:
            self._account: LocalAccount = Account.from_key(private_key)
        except (ValueError, TypeError, ValidationError):
            # `from None`: the library's own words may quote the key.
            raise UsageError("not a private key", needed="32 bytes below the curve's order", where="key") from None
        self.address = Address(self._account.address)

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"

    def sign_transaction(self, tx: dict[str, Any]) -> Signed:
        signed = self._account.sign_transaction(tx)
        return Signed(bytes(signed.raw_transaction), Hash("0x" + bytes(signed.hash).hex()))

    def sign_typed(self, full_message: dict[str, Any]) -> bytes:
        from eth_account.messages import encode_typed_data

        return bytes(self._account.sign_message(encode_typed_data(full_message=full_message)).signature)

    def sign_text(self, text: str) -> bytes:
        from eth_account.messages import encode_defunct

        return bytes(self._account.sign_message(encode_defunct(text=text)).signature)
