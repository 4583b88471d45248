"""The vault: what is sealed opens with its key, vault and context alone, and is gone when the key is erased."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.errors import IntegrityFailure, NotFound, UsageError
from abst.keys import Vault

VAULT = Vault(b"\x07" * 32)


@given(plaintext=st.binary(max_size=200), context=st.text(max_size=20))
def test_what_is_sealed_opens_again(plaintext: bytes, context: str) -> None:
    """A sealed value opens to what it was, and sealing twice gives different bytes."""
    wrapped = VAULT.new_key()
    sealed = VAULT.seal(wrapped, plaintext, context)
    assert VAULT.open(wrapped, sealed, context) == plaintext
    assert VAULT.seal(wrapped, plaintext, context) != sealed


@given(data=st.data())
def test_any_changed_byte_is_found(data: st.DataObject) -> None:
    """A changed byte, in the sealed value or in the wrapped key, is an integrity failure."""
    wrapped = VAULT.new_key()
    sealed = VAULT.seal(wrapped, b"name and passport", "investor/1")
    which = data.draw(st.sampled_from(["sealed", "wrapped"]))
    content = bytearray(sealed if which == "sealed" else wrapped)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    changed = (wrapped, bytes(content)) if which == "sealed" else (bytes(content), sealed)
    with pytest.raises(IntegrityFailure):
        VAULT.open(*changed, "investor/1")


@given(st.data())
def test_a_cut_value_is_found(data: st.DataObject) -> None:
    """A sealed value or wrapped key that was cut short is an integrity failure."""
    wrapped = VAULT.new_key()
    sealed = VAULT.seal(wrapped, b"x" * 60, "c")
    with pytest.raises(IntegrityFailure):
        VAULT.open(wrapped, sealed[: data.draw(st.integers(0, len(sealed) - 1))], "c")
    with pytest.raises(IntegrityFailure):
        VAULT.open(wrapped[: data.draw(st.integers(1, len(wrapped) - 1))], sealed, "c")


def test_a_value_moved_to_another_row_or_person_does_not_open() -> None:
    """Another context, another person's key, or another vault does not open a sealed value."""
    one, other = VAULT.new_key(), VAULT.new_key()
    sealed = VAULT.seal(one, b"secret", "investor/1")
    for vault, key, context in (
        (VAULT, one, "investor/2"),
        (VAULT, other, "investor/1"),
        (Vault(b"\x08" * 32), one, "investor/1"),
    ):
        with pytest.raises(IntegrityFailure):
            vault.open(key, sealed, context)


def test_an_erased_key_says_so() -> None:
    """Once a person's key is erased, opening, sealing and hashing say so."""
    sealed = VAULT.seal(VAULT.new_key(), b"secret", "c")
    with pytest.raises(NotFound, match="erased"):
        VAULT.open(b"", sealed, "c")
    with pytest.raises(NotFound, match="erased"):
        VAULT.keyed_hash(b"", b"value")


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_keyed_hashes_compare_within_a_person_alone(one: bytes, other: bytes) -> None:
    """Equal values of one person hash equally, different ones differently, and no two persons compare."""
    key, another = VAULT.new_key(), VAULT.new_key()
    assert (VAULT.keyed_hash(key, one) == VAULT.keyed_hash(key, other)) == (one == other)
    assert VAULT.keyed_hash(key, one) != VAULT.keyed_hash(another, one)


def test_the_master_key_can_be_changed() -> None:
    """A person's key rewrapped for a new vault opens what was sealed before; the old vault no longer unwraps it."""
    successor = Vault(b"\x09" * 32)
    wrapped = VAULT.new_key()
    sealed = VAULT.seal(wrapped, b"secret", "c")
    moved = VAULT.rewrap(wrapped, successor)
    assert successor.open(moved, sealed, "c") == b"secret"
    with pytest.raises(IntegrityFailure, match="another vault"):
        VAULT.open(moved, sealed, "c")


def test_a_master_key_has_32_bytes_and_is_not_shown() -> None:
    """Another length is refused; repr shows a mark, not the key."""
    with pytest.raises(UsageError):
        Vault(b"short")
    assert "07" * 4 not in repr(VAULT)
