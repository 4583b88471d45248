"""Keys that never come here: an external signer over HTTP, with the interface of Web3Signer (eth1).

What is sent is the pre-image; the server hashes it with Keccak-256 and signs. Nothing that comes back is believed: the
signature must recover to the address that is ours, or nothing is stored and nothing sent.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.keys.signer import Signed
from abst.values import Address, Hash, address, hash_of, to_bytes
from abst.web import Reply, Server

_SIGN, _KEYS = "/api/v1/eth1/sign/", "/api/v1/eth1/publicKeys"
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # of secp256k1
_HALF = _ORDER // 2


@dataclass(frozen=True, slots=True)
class External:
    """Where a key is that signs for an address. Raises UsageError for what is no address.

    authority: file of the certificates trusted instead of the system's; certificate: file of ours with its TLS key,
    for a server that asks for one; timeout: seconds to sign.
    """

    url: str
    address: Address
    authority: str = ""
    certificate: str = ""
    timeout: int = 30

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", address(self.address))
        if self.timeout < 1:
            raise UsageError("timeout is too small", found=str(self.timeout), needed="at least 1 second")

    def at(self, home: Path) -> External:
        """With the files' paths taken from a home."""
        names = ("authority", "certificate")
        files: dict[str, Any] = {name: str(home / path) for name in names if (path := getattr(self, name))}
        return replace(self, **files)


class RemoteSigner:
    """A signer whose key is in another process, mostly on another machine (`abst.keys.Signer`).

    Its methods raise Unavailable when the server is down, slow or has not this key, and IntegrityFailure for a
    signature that is not by this key. Signing the same twice gives the same bytes, if the server's signatures are
    deterministic as Web3Signer's are (RFC 6979); the sender stores what it got and does not rely on it.
    """

    def __init__(self, name: str, where: External) -> None:
        """Asks nobody yet. Raises UsageError for a URL that is none."""
        self.name, self.address = name, where.address
        self._server = Server(
            where.url,
            where.timeout,
            authority=where.authority,
            certificate=where.certificate,
            what=f"external signer of {name}",
        )
        self._identifier = ""  # the public key, as the server writes it

    def __repr__(self) -> str:
        return f"RemoteSigner({self.name}, {self.address})"

    def check(self) -> None:
        """The server is there and has the key. Raises Unavailable."""
        self._identifier = self._find()

    def sign_transaction(self, tx: dict[str, Any]) -> Signed:
        from eth_account.typed_transactions.typed_transaction import TypedTransaction

        unsigned = TypedTransaction.from_dict({"type": 2} | tx)
        data = bytes([2]) + _rlp_of(unsigned.as_dict())
        v, r, s = self._sign(data, Hash("0x" + unsigned.hash().hex()))
        raw = TypedTransaction.from_dict(unsigned.as_dict() | {"v": v, "r": r, "s": s}).encode()
        return Signed(bytes(raw), hash_of(bytes(raw)))

    def sign_typed(self, full_message: dict[str, Any]) -> bytes:
        from eth_account.messages import encode_typed_data

        return self._sign_message(encode_typed_data(full_message=full_message))

    def sign_text(self, text: str) -> bytes:
        from eth_account.messages import encode_defunct

        return self._sign_message(encode_defunct(text=text))

    def _sign_message(self, message: Any) -> bytes:
        data = b"\x19" + message.version + message.header + message.body
        v, r, s = self._sign(data, hash_of(data))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + v])

    def _sign(self, data: bytes, digest: Hash) -> tuple[int, int, int]:
        """(parity, r, s) over the Keccak-256 of the data, which is `digest`; s in the lower half, as chains want it."""
        if not self._identifier:
            self.check()
        body = json.dumps({"data": "0x" + data.hex()}).encode()
        reply = self._server.ask("POST", _SIGN + self._identifier, body)
        if reply.status != 200:
            if reply.status == 404:
                self._identifier = ""  # its keys changed: look again next time
            raise self._refused(reply)
        return self._ours(reply, digest)

    def _ours(self, reply: Reply, digest: Hash) -> tuple[int, int, int]:
        """The signature in a reply, once it is known to be ours. Raises IntegrityFailure."""
        from eth_keys import keys
        from eth_keys.exceptions import BadSignature
        from eth_utils.exceptions import ValidationError

        text = reply.content.decode("ascii", "replace").strip().strip('"')
        if not re.fullmatch("0x[0-9a-fA-F]{130}", text):
            raise self._wrong("no signature of 65 bytes")
        signature = to_bytes(text)
        r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
        parity = v - 27 if v >= 27 else v
        if s > _HALF:
            parity, s = 1 - parity, _ORDER - s
        try:
            found = keys.Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(to_bytes(digest))
        except (BadSignature, ValidationError, ValueError):
            raise self._wrong("no signature") from None
        by = Address(found.to_checksum_address())
        if by != self.address:
            raise self._wrong(f"a signature by {by}")
        return parity, r, s

    def _find(self) -> str:
        """The server's identifier of our key: the public key whose hash ends in our address."""
        reply = self._server.ask("GET", _KEYS)
        if reply.status != 200:
            raise self._refused(reply)
        try:
            listed = [one for one in json.loads(reply.content) if re.fullmatch("(0x)?(04)?[0-9a-fA-F]{128}", one)]
        except (ValueError, TypeError):
            raise self._server.silent("no list of public keys") from None
        for one in listed:
            if address("0x" + hash_of(bytes.fromhex(one[-128:]))[-40:]) == self.address:
                return str(one)
        raise self._unknown(f"{len(listed)} other keys")

    def _refused(self, reply: Reply) -> Unavailable:
        if reply.status == 404:
            return self._unknown(reply.words())
        return Unavailable("the external signer does not sign", found=reply.words(), where=self._place)

    def _unknown(self, found: str) -> Unavailable:
        return Unavailable(
            "the external signer does not have this key", found=found, needed=self.address, where=self._place
        )

    def _wrong(self, found: str) -> IntegrityFailure:
        return IntegrityFailure(
            "what the external signer gave is not our signature", found=found, needed=self.address, where=self._place
        )

    @property
    def _place(self) -> str:
        return f"{self.name} at {self._server.shown}"


def _rlp_of(fields: dict[str, Any]) -> bytes:
    """The fields of an unsigned transaction of type 2 as EIP-1559 has them signed."""
    import rlp

    whole = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas")
    numbers = [int(fields[name]) for name in whole]
    to, value, data = bytes(fields.get("to") or b""), int(fields["value"]), bytes(fields["data"])
    return bytes(rlp.encode([*numbers, to, value, data, []]))
