"""Kinds of disclosures, numbered as on the chain (R-71 to R-79), and names of documents. Pure."""

from __future__ import annotations

from abst.errors import UsageError

KINDS = {
    "issue-completion": 1,  # R-71, opened by the first mint
    "material-risk": 2,
    "material-matter": 3,
    "distribution-report": 4,
    "annual-report": 5,
    "association-copy": 6,
    "interim-report": 7,
    "obligor-disclosure": 8,
    "risk-report": 9,
    "other": 99,
}
NAMES = {number: name for name, number in KINDS.items()}
NAME_BYTES = 32


def kind_of(word: str) -> int:
    """The number of a kind. Raises UsageError."""
    if word not in KINDS:
        raise UsageError("no such kind of disclosure", found=word, needed=", ".join(KINDS), where="kind")
    return KINDS[word]


def name_bytes(word: str) -> bytes:
    """A document's name as the chain holds it: 32 bytes, UTF-8, zero-padded. Raises UsageError."""
    if word.startswith("0x") and len(word) == 2 + 2 * NAME_BYTES:
        return bytes.fromhex(word[2:])
    raw = word.encode()
    if not 0 < len(raw) <= NAME_BYTES or b"\x00" in raw:
        raise UsageError(
            "a document's name does not fit",
            found=f"{len(raw)} bytes",
            needed=f"1 to {NAME_BYTES} bytes of text",
            where="name",
        )
    return raw.ljust(NAME_BYTES, b"\x00")
