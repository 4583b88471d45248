"""A key that never comes here: signing by an external signer, a process of its own, and every way it can fail."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from eth_account import Account

import web3signer
from abst.errors import AbstError, Conflict, IntegrityFailure, Unavailable, UsageError
from abst.keys import External, Keyring, LocalSigner, Signer
from abst.keys.remote import RemoteSigner
from abst.values import Address, hash_of, to_bytes

Certified = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]
KEY, OTHER = b"\x11" * 32, b"\x12" * 32
LOCAL = LocalSigner(KEY)
TRANSACTION: dict[str, Any] = {
    "chainId": 20260206,
    "nonce": 7,
    "gas": 100_000,
    "maxFeePerGas": 3,
    "maxPriorityFeePerGas": 1,
    "to": LocalSigner(OTHER).address,
    "data": b"\x01\x02",
    "value": 0,
}
TYPED: dict[str, Any] = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
        "Approval": [{"name": "operation", "type": "bytes32"}, {"name": "deadline", "type": "uint64"}],
    },
    "primaryType": "Approval",
    "domain": {"name": "ABST", "chainId": 20260206},
    "message": {"operation": b"\x05" * 32, "deadline": 9},
}


@pytest.fixture(scope="module")
def server() -> Iterator[web3signer.Running]:
    with web3signer.running([OTHER, KEY]) as one:
        yield one


@pytest.fixture
def signer(server: web3signer.Running) -> RemoteSigner:
    return RemoteSigner("operations-1", External(server.url, LOCAL.address, timeout=1))


def test_it_signs_as_the_key_itself_would(server: web3signer.Running, signer: RemoteSigner) -> None:
    """Transactions (to a contract, and making one), typed data and text: the same bytes as with the key here."""
    as_signer: Signer = signer
    for tx in (TRANSACTION, {name: value for name, value in TRANSACTION.items() if name != "to"} | {"nonce": 0}):
        signed = as_signer.sign_transaction(tx)
        assert signed == LOCAL.sign_transaction(tx)
        assert Account.recover_transaction(signed.raw) == LOCAL.address
        assert signed.hash == hash_of(signed.raw)
    assert signer.sign_typed(TYPED) == LOCAL.sign_typed(TYPED)
    assert signer.sign_text("an investor's words, 元") == LOCAL.sign_text("an investor's words, 元")
    assert server.signed()[0].startswith("0x02")


def test_a_signature_in_the_upper_half_is_turned(server: web3signer.Running, signer: RemoteSigner) -> None:
    """Chains refuse a high s (EIP-2); the lower one is as good."""
    server.fault("high-s")
    assert signer.sign_transaction(TRANSACTION) == LOCAL.sign_transaction(TRANSACTION)


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("wrong-key", IntegrityFailure, r"not our signature.*a signature by 0x"),
        ("garbage", IntegrityFailure, "not our signature.*no signature of 65 bytes"),
        ("slow", Unavailable, "external signer of operations-1 does not answer.*no answer in time"),
        ("broken", Unavailable, "does not sign.*HTTP 500: Internal server error"),
        ("forget", Unavailable, "does not have this key.*HTTP 404"),
    ],
)
def test_what_is_not_our_signature_never_leaves(
    server: web3signer.Running, signer: RemoteSigner, kind: str, error: type[AbstError], words: str
) -> None:
    """A wrong key, garbage, no answer, an error: told in words with the place, and the next time is well again."""
    server.fault(kind)
    with pytest.raises(error, match=words) as told:
        signer.sign_transaction(TRANSACTION)
    assert server.url.removeprefix("http://") in told.value.where
    assert signer.sign_transaction(TRANSACTION) == LOCAL.sign_transaction(TRANSACTION)


def test_a_key_the_server_has_not_and_a_server_that_is_not_there(server: web3signer.Running) -> None:
    stranger = RemoteSigner("wu", External(server.url, Address("0x" + "ab" * 20)))
    with pytest.raises(Unavailable, match=r"does not have this key.*2 other keys"):
        stranger.check()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(Unavailable, match=r"does not answer.*nothing listens there"):
        RemoteSigner("wu", External(url, LOCAL.address)).sign_text("words")


def test_what_is_told_holds_no_secret(server: web3signer.Running) -> None:
    """User, password, path and query of a URL stand in no error and in no repr."""
    port = server.url.rsplit(":", 1)[1]
    secret = RemoteSigner("wu", External(f"http://me:pass%40word@127.0.0.1:{port}/key-in-path?k=query", LOCAL.address))
    with pytest.raises(Unavailable) as told:
        secret.check()
    for shown in (str(told.value), repr(secret), repr(secret.__dict__)):
        assert not any(word in shown for word in ("pass", "key-in-path", "query"))


def certified(folder: Path, name: str, by: Certified | None) -> tuple[Path, Certified]:
    """A certificate for this machine with its key, in one file; by nobody: an authority's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(by[1] if by else key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file, (made, key)


def test_both_sides_may_ask_for_certificates(tmp_path: Path) -> None:
    """Ours is shown, theirs is checked against the authority that was named; else nothing is signed."""
    authority, by = certified(tmp_path, "authority", None)
    theirs, ours = (certified(tmp_path, name, by)[0] for name in ("signer", "registry"))
    other, stranger = certified(tmp_path, "other", None)
    foreign = certified(tmp_path, "foreign", stranger)[0]
    with web3signer.running([KEY], 0, theirs, authority) as server:

        def signer(authority: Path | str, certificate: Path | str) -> RemoteSigner:
            return RemoteSigner("wu", External(server.url, LOCAL.address, str(authority), str(certificate), 5))

        assert signer(authority, ours).sign_text("words") == LOCAL.sign_text("words")
        for wrong in (("", ours), (other, ours), (authority, ""), (authority, foreign), (authority, tmp_path / "none")):
            with pytest.raises(Unavailable, match="the external signer of wu does not answer"):
                signer(*wrong).sign_text("words")


def test_the_keyring_finds_it_by_address_and_by_name(server: web3signer.Running, tmp_path: Path) -> None:
    """Beside keystores; nothing of its key is in the folder."""
    ring = Keyring(tmp_path, lambda _: "words", {"operations-1": External(server.url, LOCAL.address)})
    wu = ring.create("wu", "words", work=2)
    assert ring.names() == {"operations-1": LOCAL.address, "wu": wu}
    for found in (ring.signer(LOCAL.address), ring.signer_named("operations-1")):
        assert isinstance(found, RemoteSigner)
        assert found.sign_text("x") == LOCAL.sign_text("x")
    assert isinstance(ring.signer(wu), LocalSigner)
    assert [file.name for file in tmp_path.iterdir()] == ["wu.json"]


def test_a_name_has_one_key(server: web3signer.Running, tmp_path: Path) -> None:
    """Not a keystore and an external signer; and the vault is no signer."""
    where = External(server.url, LOCAL.address)
    Keyring(tmp_path, lambda _: "words").create("wu", "words", work=2)
    with pytest.raises(Conflict, match="two keys"):
        Keyring(tmp_path, lambda _: "words", {"wu": where}).names()
    for name in ("vault", "vault-2", "No Name"):
        with pytest.raises(UsageError):
            Keyring(tmp_path, lambda _: "words", {name: where})
    for url in ("signer:9000", "ftp://signer", "http://", "http://signer:port"):
        with pytest.raises(UsageError, match="not an address of a server"):
            RemoteSigner("wu", External(url, LOCAL.address))


def test_the_test_s_server_has_its_keys_to_itself(server: web3signer.Running) -> None:
    """It is another process, and its command line does not show them."""
    command = Path(f"/proc/{server.process.pid}/cmdline")
    if sys.platform == "linux":
        assert KEY.hex() not in command.read_text(encoding="ascii")
    assert to_bytes("0x" + KEY.hex()) == KEY
