"""Wallet proof: the wallet's own key, this challenge, once, in time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from abst.investor.wallets import Challenge, challenge, refusals_of
from abst.rulebook import load
from abst.values import Address, Hash

ALICE, MALLORY = (Account.from_key("0x" + f"{n:064x}") for n in (1, 2))
REGISTRY = Hash("0x" + "77" * 32)


def made() -> Challenge:
    return challenge(REGISTRY, "inv-1", Address(ALICE.address), "nonce-1", 1_000_000, load())


def sign(text: str, account: object = ALICE) -> str:
    signature: bytes = account.sign_message(encode_defunct(text=text)).signature  # type: ignore[attr-defined]
    return "0x" + bytes(signature).hex()


def reasons(found: Challenge, signature: str, *, at: int = 1_000_001, used_at: int | None = None) -> list[str]:
    refusals = refusals_of(found, signature, at=at, used_at=used_at)
    assert {r.rule for r in refusals} <= {"R-50"}
    return [r.reason for r in refusals]


def test_the_wallet_s_signature_in_time_proves_it() -> None:
    """The words name wallet, investor, registry and both times; thirty minutes are good, to the last second."""
    it = made()
    assert it.expires_at == 1_000_000 + 30 * 60
    for word in (it.wallet, it.investor, it.registry, it.nonce):
        assert word in it.text
    assert reasons(it, sign(it.text)) == []
    assert reasons(it, sign(it.text), at=it.expires_at) == []
    assert reasons(it, sign(it.text), at=it.expires_at + 1) == ["challenge-expired"]


def test_once_only_and_by_the_wallet_itself() -> None:
    """A used challenge and another key's signature are refused, with every reason at once."""
    it = made()
    assert reasons(it, sign(it.text), used_at=1_000_000) == ["challenge-used"]
    assert reasons(it, sign(it.text, MALLORY)) == ["wrong-signer"]
    late = reasons(it, sign(it.text, MALLORY), at=it.expires_at + 1, used_at=5)
    assert late == ["challenge-used", "challenge-expired", "wrong-signer"]


@pytest.mark.parametrize(
    "changes",
    [
        {"investor": "inv-2"},
        {"registry": Hash("0x" + "78" * 32)},
        {"nonce": "nonce-2"},
        {"expires_at": 2_000_000},
        {"wallet": Address(MALLORY.address)},
    ],
)
def test_a_signature_serves_nowhere_else(changes: dict[str, object]) -> None:
    """Signed for one challenge, a signature proves nothing under any other."""
    it = made()
    other = replace(it, **changes)  # type: ignore[arg-type]
    assert reasons(other, sign(it.text)) == ["wrong-signer"]


@pytest.mark.parametrize("bad", ["", "0x", "0x00", "hello", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "11" * 64])
def test_bytes_that_are_no_signature(bad: str) -> None:
    """Nonsense is refused as a wrong signer, never an error."""
    assert reasons(made(), bad) == ["wrong-signer"]
