"""Sealing personal data: one random key per person, wrapped by the master key, so that erasing one erases a person.

AES-256-GCM throughout. Layouts: wrapped key = version (1 byte), mark of the master key (4), nonce (12), ciphertext
with tag (48). Sealed value = version (1), nonce (12), ciphertext with tag.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from abst.errors import IntegrityFailure, NotFound, UsageError
from abst.values import Hash

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_NONCE = 12
_WRAP = b"abst vault: wrapped key"


class PersonKey:
    """One person's key, unwrapped: seals and opens several values at one unwrapping. Its repr never shows the key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher: AESGCM | None = None

    def __repr__(self) -> str:
        return "PersonKey()"

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """As `Vault.seal`."""
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + self._gcm.encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """As `Vault.open`."""
        from cryptography.exceptions import InvalidTag

        if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE + 16:
            raise IntegrityFailure("not a sealed value", found=f"{len(sealed)} bytes", where=context)
        try:
            return self._gcm.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], context.encode())
        except InvalidTag:
            raise IntegrityFailure("the sealed value was changed, moved, or sealed by another", where=context) from None

    def keyed_hash(self, value: bytes) -> Hash:
        """As `Vault.keyed_hash`."""
        key = _derive(self._key, b"abst vault: keyed hash")
        return Hash("0x" + hmac.new(key, value, hashlib.sha256).hexdigest())

    @property
    def _gcm(self) -> AESGCM:
        if self._cipher is None:
            self._cipher = _gcm(_derive(self._key, b"abst vault: sealing"))
        return self._cipher


class Vault:
    """Seals and opens under wrapped keys. Its repr never shows the master key."""

    def __init__(self, master: bytes) -> None:
        """`master`: 32 secret bytes. Raises UsageError for another length."""
        if len(master) != 32:
            raise UsageError("not a master key", found=f"{len(master)} bytes", needed="32 bytes", where="vault")
        key = _derive(master, b"abst vault: wrapping")
        self._mark = hashlib.sha256(key + b"mark").digest()[:4]
        self._wrapping = key
        self._cipher: AESGCM | None = None

    def __repr__(self) -> str:
        return f"Vault({self._mark.hex()})"

    @property
    def mark(self) -> str:
        """Which master key this is: eight hex digits that every key wrapped by it carries."""
        return self._mark.hex()

    def new_key(self) -> bytes:
        """A fresh key for one person, wrapped: safe to store."""
        return self._wrap(secrets.token_bytes(32))

    def new_person(self) -> tuple[bytes, PersonKey]:
        """A fresh key, wrapped to be stored and unwrapped to be used."""
        key = secrets.token_bytes(32)
        return self._wrap(key), PersonKey(key)

    def key(self, wrapped: bytes) -> PersonKey:
        """A person's key, to seal or open several values. Raises NotFound when it was erased (empty),
        IntegrityFailure when it was changed or wrapped by another vault.
        """
        return PersonKey(self._unwrap(wrapped))

    def rewrap(self, wrapped: bytes, successor: Vault) -> bytes:
        """The same person's key under another master key; what it sealed stays as it is. Raises as `key`."""
        return successor._wrap(self._unwrap(wrapped))

    def seal(self, wrapped: bytes, plaintext: bytes, context: str) -> bytes:
        """Encrypt under a person's key; `context` (such as "investor/inv-1/record") must be given again to open,
        so that a value moved to another row does not open there. Raises as `key`.
        """
        return self.key(wrapped).seal(plaintext, context)

    def open(self, wrapped: bytes, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises NotFound when the person's key was erased (empty), IntegrityFailure when key, value or
        context are not those sealed.
        """
        return self.key(wrapped).open(sealed, context)

    def keyed_hash(self, wrapped: bytes, value: bytes) -> Hash:
        """HMAC-SHA256 under the person's key: equal values of one person compare, nobody can guess them, and once
        the key is erased it says nothing. Raises as `key`.
        """
        return self.key(wrapped).keyed_hash(value)

    @property
    def _own(self) -> AESGCM:
        if self._cipher is None:
            self._cipher = _gcm(self._wrapping)
        return self._cipher

    def _wrap(self, key: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + self._mark + nonce + self._own.encrypt(nonce, key, _WRAP)

    def _unwrap(self, wrapped: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        if not wrapped:
            raise NotFound("the person's key was erased", found="no key", where="vault")
        if wrapped[:1] != _VERSION or len(wrapped) != 1 + 4 + _NONCE + 48:
            raise IntegrityFailure("not a wrapped key", found=f"{len(wrapped)} bytes", where="vault")
        if wrapped[1:5] != self._mark:
            found, needed = f"master key {wrapped[1:5].hex()}", f"master key {self._mark.hex()}"
            raise IntegrityFailure("the key was wrapped by another vault", found=found, needed=needed, where="vault")
        try:
            return self._own.decrypt(wrapped[5 : 5 + _NONCE], wrapped[5 + _NONCE :], _WRAP)
        except InvalidTag:
            raise IntegrityFailure("the wrapped key was changed", where="vault") from None


def _gcm(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _derive(key: bytes, purpose: bytes) -> bytes:
    """One key per purpose from one uniformly random key: HMAC-SHA256 as in HKDF's expansion of a single block."""
    return hmac.new(key, purpose + b"\x01", hashlib.sha256).digest()
