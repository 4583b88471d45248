"""Wallet proof: the wallet's own key or contract, this challenge in its form, once, in time."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from abst.investor.wallets import (
    FORMS,
    TEXT,
    TYPED,
    VALID_SIGNATURE,
    Challenge,
    Proof,
    challenge,
    decide,
    question_to_contract,
    says_yes,
    signer_of,
)
from abst.rulebook import load
from abst.values import Address, Hash, hash_of, to_bytes

ALICE, MALLORY = (Account.from_key("0x" + f"{n:064x}") for n in (1, 2))
REGISTRY = Hash("0x" + "77" * 32)
CHAIN = 20_260_206


def made(form: str = TEXT) -> Challenge:
    wallet = Address(ALICE.address)
    return challenge(REGISTRY, "inv-1", wallet, "nonce-1", 1_000_000, load(), form=form, chain_id=CHAIN)


def sign(it: Challenge, account: Any = ALICE) -> str:
    message = encode_defunct(text=it.text) if it.form == TEXT else encode_typed_data(full_message=json.loads(it.text))
    return "0x" + bytes(account.sign_message(message).signature).hex()


def reasons(
    it: Challenge, signature: str, *, at: int = 1_000_001, used_at: int | None = None, contract: bool | None = None
) -> list[str]:
    refusals = decide(Proof(it, signer_of(it, signature), contract, at, used_at))
    assert {r.rule for r in refusals} <= {"R-50"}
    return [r.reason for r in refusals]


@pytest.mark.parametrize("form", FORMS)
def test_the_wallet_s_signature_in_time_proves_it(form: str) -> None:
    """Both forms name wallet, investor, registry, chain and times; thirty minutes are good, to the last second."""
    it = made(form)
    assert it.expires_at == 1_000_000 + 30 * 60
    for word in (it.wallet, it.investor, it.registry, it.nonce, str(CHAIN)):
        assert word in it.text
    assert reasons(it, sign(it)) == []
    assert reasons(it, sign(it), at=it.expires_at - 1) == []
    assert reasons(it, sign(it), at=it.expires_at) == []
    assert reasons(it, sign(it), at=it.expires_at + 1) == ["challenge-expired"]


@pytest.mark.parametrize("form", FORMS)
def test_once_only_and_by_the_wallet_itself(form: str) -> None:
    """A used challenge and another key's signature are refused, with every reason at once."""
    it = made(form)
    assert reasons(it, sign(it), used_at=1_000_000) == ["challenge-used"]
    assert reasons(it, sign(it, MALLORY)) == ["wrong-signer"]
    late = reasons(it, sign(it, MALLORY), at=it.expires_at + 1, used_at=5)
    assert late == ["challenge-used", "challenge-expired", "wrong-signer"]
    for wrong in ("", "0x", "0x12", "0x" + "00" * 65, "no hex"):
        assert reasons(it, wrong) == ["wrong-signer"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "change",
    [
        {"registry": Hash("0x" + "78" * 32)},
        {"investor": "inv-2"},
        {"nonce": "nonce-2"},
        {"chain_id": CHAIN + 1},
        {"issued_at": 1_000_001},
        {"expires_at": 1_000_000 + 1_801},
    ],
)
def test_a_signature_serves_its_own_challenge_alone(form: str, change: dict[str, Any]) -> None:
    """Another registry, investor, nonce, chain or time is another challenge, in either form."""
    assert reasons(replace(made(form), **change), sign(made(form))) == ["wrong-signer"]


def test_the_forms_do_not_stand_for_each_other() -> None:
    """A text that is signed proves no typed challenge, nor the reverse."""
    assert reasons(made(TYPED), sign(made(TEXT))) == ["wrong-signer"]
    assert reasons(made(TEXT), sign(made(TYPED))) == ["wrong-signer"]


def test_what_a_contract_is_asked_about_is_what_wallets_sign() -> None:
    """The hash is EIP-191's of the text and EIP-712's of the typed data, as the library computes them."""
    for form in FORMS:
        it = made(form)
        assert Account._recover_hash(it.hash, signature=to_bytes(sign(it))) == it.wallet
    text = made().text.encode()
    assert "0x" + made().hash.hex() == hash_of(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)


def test_a_contract_answers_for_itself() -> None:
    """Its yes proves the wallet whoever signed; its no refuses, even when a key of that address had signed."""
    it = made()
    assert reasons(it, sign(it, MALLORY), contract=True) == []
    assert reasons(it, sign(it), contract=False) == ["contract-says-no"]
    assert reasons(it, "0x", at=it.expires_at + 1, contract=True) == ["challenge-expired"]


def test_only_the_exact_word_is_yes() -> None:
    """ERC-1271's word, alone in its 32 bytes; anything else, also a longer answer, is no."""
    yes = VALID_SIGNATURE + bytes(28)
    assert says_yes(yes)
    for no in (b"", VALID_SIGNATURE, yes + bytes(32), bytes(31) + b"\x01", yes[:-1] + b"\x01", b"\xff" * 32):
        assert not says_yes(no)


@given(signature=st.binary(max_size=200))
def test_the_question_carries_hash_and_signature(signature: bytes) -> None:
    """isValidSignature(bytes32,bytes), encoded as the ABI says, for a signature of any length."""
    from eth_abi import decode

    question = question_to_contract(made(), "0x" + signature.hex())
    assert question is not None
    assert question[:4] == bytes.fromhex("1626ba7e")
    assert decode(["bytes32", "bytes"], question[4:]) == (made().hash, signature)
    assert question_to_contract(made(), "no hex") is None


def test_an_earlier_version_s_text_named_no_chain() -> None:
    """A challenge given out before still has the words that were signed."""
    old = replace(made(), chain_id=0)
    assert "Chain:" not in old.text
    assert reasons(old, sign(old)) == []
