"""What is sealed of an investor, and the salted hash of it that the chain carries (R-82). Pure.

Sealed bytes hold the content and its salt together, so that whoever destroys the key destroys the commitment's meaning
too. A person's commitment is keccak256(salt || canonical person); an investor's keccak256(salt || canonical record),
in which each person behind it stands as {id, commitment} (formula 2), or whole (formula 1, of earlier versions). It is
verified over the content as it was sealed: a later version of the record's form changes no old commitment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from abst.errors import IntegrityFailure
from abst.values import Hash, canonical, hash_of

SALT_BYTES = 32
WHOLE, BY_PERSON = 1, 2
_HEAD, _SALT, _END = b'{"record":', b',"salt":"', b'"}'
_TAIL = len(_SALT) + 2 * SALT_BYTES + len(_END)


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to seal: its bytes, salt included, and the commitment to it."""

    plaintext: bytes
    commitment: Hash


def commitment(content: Any, salt: bytes) -> Hash:
    """keccak256(salt || canonical content). The salt is 32 random bytes; ValueError for another length."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt is {SALT_BYTES} bytes, not {len(salt)}")
    return hash_of(salt + canonical(content))


def piece(content: Any, salt: bytes) -> Piece:
    """Content and salt as the bytes to seal, with the commitment."""
    written = canonical(content)
    made = _HEAD + written + _SALT + salt.hex().encode() + _END
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt is {SALT_BYTES} bytes, not {len(salt)}")
    return Piece(made, hash_of(salt + written))


def by_person(content: Mapping[str, Any], persons: Mapping[str, Hash]) -> dict[str, Any]:
    """A record's content with each person behind it replaced by id and commitment, in the order given."""
    return {**content, "persons": [{"id": one, "commitment": made} for one, made in persons.items()]}


def opened(plaintext: bytes, expected: str, where: str) -> dict[str, Any]:
    """The content that was sealed. Raises IntegrityFailure when it is none, or not the one committed to."""
    # What was hashed stands in the sealed bytes as it was: no need to write it anew.
    written, salt = plaintext[len(_HEAD) : -_TAIL], plaintext[-_TAIL:]
    try:
        if not plaintext.startswith(_HEAD) or not salt.startswith(_SALT):
            raise ValueError("no sealed record")
        found = hash_of(bytes.fromhex(salt[len(_SALT) : -len(_END)].decode()) + written)
        content = json.loads(written)
    except ValueError as error:
        raise IntegrityFailure("the sealed record is malformed", found=type(error).__name__, where=where) from None
    if found != expected or not isinstance(content, dict):
        raise IntegrityFailure("the record is not the one committed to", found=found, needed=expected, where=where)
    return content
