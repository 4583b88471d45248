"""Keystores and signers: written whole, never over another, opened by the right passphrase alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.errors import Conflict, IntegrityFailure, NotAuthorised, Unavailable, UsageError
from abst.keys import VAULT, Keyring, LocalSigner, passphrases
from abst.values import ZERO_ADDRESS, Address

EASY = 2  # scrypt's n for tests: each decryption takes microseconds
KEY = "0x" + "11" * 32
TX = {
    "chainId": 20260,
    "nonce": 3,
    "gas": 100_000,
    "maxFeePerGas": 10,
    "maxPriorityFeePerGas": 1,
    "to": ZERO_ADDRESS,
    "value": 0,
    "data": b"\x01\x02",
    "type": 2,
}
TYPED = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Word": [{"name": "value", "type": "uint256"}],
    },
    "primaryType": "Word",
    "domain": {"name": "abst"},
    "message": {"value": 2**255},
}


def nobody(_name: str) -> str | None:
    return None


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys", lambda name: f"words of {name}")


def test_a_signature_recovers_to_the_signers_address() -> None:
    """Transactions, typed data and text signed here are, to others, signed by the signer's address."""
    signer = LocalSigner(KEY)
    signed = signer.sign_transaction(TX)
    assert Account.recover_transaction(signed.raw) == signer.address
    assert signer.sign_transaction(TX) == signed, "the same transaction gives the same bytes"
    typed = signer.sign_typed(TYPED)
    assert Account.recover_message(encode_typed_data(full_message=TYPED), signature=typed) == signer.address
    text = signer.sign_text("登记 this wallet")
    assert Account.recover_message(encode_defunct(text="登记 this wallet"), signature=text) == signer.address
    assert (len(typed), len(text)) == (65, 65)


@settings(max_examples=50)
@given(st.binary(max_size=40))
def test_what_is_no_key_is_refused_without_showing_it(content: bytes) -> None:
    """Bytes of another length, zero, and text that is no hex raise UsageError, which shows neither them nor a cause."""
    for key in (content if len(content) != 32 else content[1:], bytes(32), "0x" + "ff" * 32, "my secret key"):
        with pytest.raises(UsageError) as caught:
            LocalSigner(key)
        assert str(caught.value) == "not a private key; at key; needed 32 bytes below the curve's order"
        assert caught.value.__suppress_context__


def test_secrets_are_not_shown(ring: Keyring) -> None:
    """No repr shows a key or a passphrase."""
    address = ring.add("li", KEY, "words of li", EASY)
    assert "11" * 8 not in repr(ring.signer(address))
    assert "words" not in repr(ring)


def test_a_key_comes_back_from_its_keystore(ring: Keyring) -> None:
    """A key added under a name signs under its address; a created one is new each time."""
    address = ring.add("li-wei", KEY, "words of li-wei", EASY)
    other = ring.create("wu", "words of wu", EASY)
    assert ring.names() == {"li-wei": address, "wu": other}
    assert address == LocalSigner(KEY).address != other
    signer = ring.signer(address)
    assert signer is not None
    assert signer.address == address
    assert ring.signer(address) is signer, "decrypted once per process"
    by_name = ring.signer_named("wu")
    assert by_name is not None
    assert by_name.address == other
    assert ring.signer_named("zhao") is None


def test_a_keystore_is_read_by_other_software(ring: Keyring) -> None:
    """The file is an Ethereum keystore of version 3 with scrypt and the work asked for."""
    ring.add("li", KEY, "words of li", 8)
    keystore = json.loads((ring.folder / "li.json").read_text())
    assert (keystore["version"], keystore["crypto"]["kdf"], keystore["crypto"]["kdfparams"]["n"]) == (3, "scrypt", 8)
    assert Account.decrypt(keystore, "words of li") == bytes.fromhex("11" * 32)


def test_files_are_their_owners_alone(ring: Keyring) -> None:
    """Folder and files can be read by nobody else, and no draft is left."""
    ring.create("li", "words", EASY)
    assert ring.folder.stat().st_mode & 0o777 == 0o700
    assert [(file.name, file.stat().st_mode & 0o777) for file in ring.folder.iterdir()] == [("li.json", 0o600)]


def test_a_keystore_is_never_written_over(ring: Keyring) -> None:
    """A name that is taken conflicts, and the first key stays."""
    address = ring.create("li", "words of li", EASY)
    with pytest.raises(Conflict):
        ring.create("li", "other words", EASY)
    assert ring.names() == {"li": address}


@pytest.mark.parametrize("name", ["", "Li", "../li", "li/wei", "-li", "li-", "li.json", "李", "a" * 64, "li\n"])
def test_only_plain_names_are_taken(ring: Keyring, name: str) -> None:
    """A name that could leave the folder or hide in it is refused."""
    with pytest.raises(UsageError):
        ring.create(name, "words", EASY)
    assert not ring.folder.exists()


@pytest.mark.parametrize(("passphrase", "work"), [("", EASY), ("words", 0), ("words", 3), ("words", 1)])
def test_an_empty_passphrase_or_odd_work_is_refused(ring: Keyring, passphrase: str, work: int) -> None:
    """No keystore is written without a passphrase or with a work factor that scrypt does not know."""
    with pytest.raises(UsageError):
        ring.create("li", passphrase, work)


def test_no_signer_without_keystore_or_passphrase(tmp_path: Path) -> None:
    """An address without keystore here, or one whose passphrase nobody knows, has no signer: the intent waits."""
    ring = Keyring(tmp_path, nobody)
    address = ring.create("li", "words", EASY)
    assert ring.signer(address) is None
    assert ring.signer(ZERO_ADDRESS) is None
    assert Keyring(tmp_path / "absent", nobody).names() == {}


def test_a_wrong_passphrase_is_told(tmp_path: Path) -> None:
    """A wrong passphrase is 'not authorised', not a missing key."""
    ring = Keyring(tmp_path, lambda name: "wrong")
    address = ring.create("li", "right", EASY)
    with pytest.raises(NotAuthorised, match="does not open"):
        ring.signer(address)


def test_a_damaged_keystore_is_told(ring: Keyring) -> None:
    """A file that is no keystore is Unavailable and named; one that holds another key is an integrity failure."""
    address = ring.create("li", "words of li", EASY)
    path = ring.folder / "li.json"
    whole = json.loads(path.read_text())
    for content in ("{", "[]", "{}", json.dumps({**whole, "address": "xyz"})):
        path.write_text(content)
        with pytest.raises(Unavailable, match=r"li\.json"):
            ring.names()
    path.write_text(json.dumps({"address": whole["address"]}))
    with pytest.raises(Unavailable, match="damaged"):
        ring.signer(address)
    other = LocalSigner(KEY).address
    path.write_text(json.dumps({**whole, "address": other}))
    with pytest.raises(IntegrityFailure, match="another key"):
        ring.signer(other)


def test_the_vaults_key_never_signs(ring: Keyring) -> None:
    """The keystore named vault opens the vault, the same in every process, and is no signer."""
    assert ring.vault() is None
    address = ring.create(VAULT, "words of vault", EASY)
    assert ring.signer(address) is None
    vault, again = ring.vault(), Keyring(ring.folder, lambda name: "words of vault").vault()
    assert vault is not None
    assert again is not None
    wrapped = vault.new_key()
    assert again.open(wrapped, vault.seal(wrapped, b"secret", "c"), "c") == b"secret"
    assert Keyring(ring.folder, nobody).vault() is None


def look_up(env: dict[str, str], tmp_path: Path, prompt: Callable[[str], str | None] | None = None) -> dict[str, str]:
    """What each of three names finds."""
    file = tmp_path / "words.yaml"
    file.write_text("li-wei: from file\nwu: from file\n")
    found = passphrases(env, file, prompt)
    return {name: found(name) or "-" for name in ("li-wei", "wu", "zhao")}


def test_a_passphrase_is_looked_up_in_order(tmp_path: Path) -> None:
    """First the home's own file, then the name's own variable, the common one, the named file, the person."""

    def ask(name: str) -> str:
        return f"{name} asked"

    own = {"ABST_PASSPHRASE_ZHAO": "own"}
    assert look_up({}, tmp_path) == {"li-wei": "from file", "wu": "from file", "zhao": "-"}
    assert look_up({}, tmp_path, ask)["zhao"] == "zhao asked"
    assert look_up({**own, "ABST_PASSPHRASE_WU": "other"}, tmp_path, ask)["zhao"] == "own"
    assert look_up({**own, "ABST_PASSPHRASE_WU": "other"}, tmp_path, ask)["wu"] == "from file"
    common = {"ABST_PASSPHRASE": "all"}
    assert look_up(common, tmp_path) == {"li-wei": "from file", "wu": "from file", "zhao": "all"}
    assert look_up({**own, **common}, tmp_path)["zhao"] == "own"
    assert look_up({"ABST_PASSPHRASE": ""}, tmp_path, ask)["zhao"] == "zhao asked"


def test_the_passphrase_file_may_be_named_in_the_environment(tmp_path: Path) -> None:
    """ABST_PASSPHRASE_FILE names a file that is asked after the variables and before the person."""
    file = tmp_path / "words.yaml"
    file.write_text("wu: from there\n")
    env = {"ABST_PASSPHRASE_FILE": str(file)}
    assert passphrases(env, None, lambda name: "asked")("wu") == "from there"
    assert passphrases(env | {"ABST_PASSPHRASE": "all"})("wu") == "all"
    assert passphrases(env)("li") is None


@pytest.mark.parametrize("content", [None, "- a\n- b\n", "wu: 12345\n", "a: b: secret\n", "\x00"])
def test_a_wrong_passphrase_file_is_told_without_showing_it(tmp_path: Path, content: str | None) -> None:
    """A missing or wrong file is UsageError naming the file, never quoting it; numbers must be quoted text."""
    file = tmp_path / "words.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=r"words\.yaml") as caught:
        passphrases({}, file)("wu")
    assert "secret" not in str(caught.value)
    assert "12345" not in str(caught.value)


def test_an_address_is_compared_checksummed(ring: Keyring) -> None:
    """Names answers checksummed addresses, whatever the file's own writing."""
    address = ring.add("li", KEY, "words of li", EASY)
    assert ring.names()["li"] == address == Address(Account.from_key(KEY).address)
