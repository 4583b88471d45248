"""A folder of encrypted keystores (Ethereum's version 3, scrypt), one file per officer, readable by its owner alone;
and the keys that an external signer holds for this home.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from abst.errors import Conflict, IntegrityFailure, NotAuthorised, NotFound, Unavailable, UsageError
from abst.keys.remote import External, RemoteSigner
from abst.keys.signer import LocalSigner, Signer
from abst.keys.vault import Vault
from abst.values import Address, address, to_bytes

VAULT = "vault"  # the keystore which holds the vault's master key and never signs; after rotations "vault-2" ...
VAULT_KEYSTORE = "vault_keystore"  # meta: the address of the keystore whose master key wraps all keys now
WORK = 2**18  # scrypt's n: about 0.8 s and 256 MB for each guess
_VAULTS = re.compile(rf"{VAULT}(-[2-9]|-[1-9][0-9]+)?")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Keyring:
    """Keystores in one folder. A key is decrypted once per process and kept in memory. External ones stay outside."""

    def __init__(
        self,
        folder: Path | str,
        passphrase_of: Callable[[str], str | None],
        external: Mapping[str, External] | None = None,
    ) -> None:
        """`passphrase_of` answers by keystore name, None when unknown (see `passphrases`); external: where other keys
        are, by name. Reads nothing yet. Raises UsageError for a name that no key may have.
        """
        self.folder = Path(folder)
        self._remote = {name: RemoteSigner(name, where) for name, where in (external or {}).items()}
        for name in self._remote:
            self._path(name)
            if is_vault(name):
                raise UsageError("the vault is no signer", found=name, needed="a keystore here", where="signers")
        self._passphrase_of = passphrase_of
        self._secrets: dict[str, bytes] = {}
        self._signers: dict[Address, LocalSigner] = {}

    def __repr__(self) -> str:
        return f"Keyring({self.folder})"

    def create(self, name: str, passphrase: str, work: int = WORK) -> Address:
        """A new random key under a name. Raises UsageError for the name or an empty passphrase, Conflict when taken."""
        return self.add(name, secrets.token_bytes(32), passphrase, work)

    def add(self, name: str, private_key: bytes | str, passphrase: str, work: int = WORK) -> Address:
        """Encrypt a given key under a name. `work`: scrypt's n, a power of two. Raises as `create`; the same key
        again under the same name still conflicts, for its file is never written over.
        """
        from eth_account import Account

        path = self._path(name)
        if not passphrase:
            raise UsageError("a keystore needs a passphrase", found="none", needed="some words", where=name)
        if work < 2 or work & (work - 1):
            raise UsageError("not a work factor", found=str(work), needed="a power of two", where=name)
        if path.exists():
            raise _taken(name, path)
        signer = LocalSigner(private_key)
        keystore = Account.encrypt(_key_bytes(private_key), passphrase, kdf="scrypt", iterations=work)
        try:
            _write_new(path, json.dumps(keystore, indent=2).encode())
        except FileExistsError:
            raise _taken(name, path) from None
        except OSError as error:
            raise Unavailable("the keystore cannot be written", found=str(error.strerror), where=str(path)) from error
        return signer.address

    def names(self) -> dict[str, Address]:
        """Every key of this home with its address, the vault's included, by name; decrypts nothing, asks nobody.

        Raises Unavailable for a damaged file, Conflict when a name has both a keystore here and an external signer.
        """
        found = {name: signer.address for name, signer in self._remote.items()}
        if not self.folder.is_dir():
            return found
        for file in sorted(file for file in self.folder.glob("*.json") if _NAME.fullmatch(file.stem)):
            if file.stem in found:
                needed = "the keystore, or [signers] in config.toml"
                raise Conflict("a name with two keys", found=file.stem, needed=needed, where=str(file))
            found[file.stem] = _address_in(_read(file), file)
        return found

    def remote(self, name: str) -> RemoteSigner:
        """The external signer of this name. Raises NotFound."""
        if name not in self._remote:
            raise NotFound("no such external signer", found=name, needed="a name of [signers]", where="config.toml")
        return self._remote[name]

    def signer(self, wanted: Address) -> Signer | None:
        """The signer of an address; None when its keystore is not here or nobody knows the passphrase.

        Raises NotAuthorised for a wrong passphrase, Unavailable for a damaged file, IntegrityFailure when a file holds
        another key than it says.
        """
        if wanted in self._signers:
            return self._signers[wanted]
        for name, held in self.names().items():
            if held == wanted and name in self._remote:
                return self._remote[name]
            if held == wanted and not is_vault(name):
                key = self._secret(name, held)
                if key is not None:
                    self._signers[wanted] = LocalSigner(key)
                    return self._signers[wanted]
        return None

    def signer_named(self, name: str) -> Signer | None:
        """The signer whose keystore has this name; None and errors as `signer`."""
        held = self.names().get(name)
        return None if held is None else self.signer(held)

    def vault(self, held: Address | None = None) -> Vault | None:
        """The vault, from the keystore with this address, or from the one named `vault`.

        None when it is not here or nobody knows the passphrase. Raises as `signer`.
        """
        for name, found in self.names().items():
            if is_vault(name) and (name == VAULT if held is None else found == held):
                key = self._secret(name, found)
                return None if key is None else Vault(key)
        return None

    def _secret(self, name: str, held: Address) -> bytes | None:
        if name in self._secrets:
            return self._secrets[name]
        passphrase = self.passphrase(name)
        if passphrase is None:
            return None
        path = self._path(name)
        key = _decrypt(_read(path), passphrase, path)
        if LocalSigner(key).address != held:
            raise IntegrityFailure("the keystore holds another key than it says", needed=held, where=str(path))
        self._secrets[name] = key
        return key

    def passphrase(self, name: str) -> str | None:
        """The passphrase of a keystore, None when unknown; of a later vault the first one's, unless it has its own."""
        own = self._passphrase_of(name)
        return self._passphrase_of(VAULT) if own is None and is_vault(name) else own

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            needed = "lower-case letters, digits and inner hyphens, at most 63"
            raise UsageError("not a name for a keystore", found=repr(name), needed=needed, where="name")
        return self.folder / f"{name}.json"


def is_vault(name: str) -> bool:
    """Whether a keystore of this name holds a master key: ``vault``, ``vault-2``, ``vault-3`` ..."""
    return _VAULTS.fullmatch(name) is not None


def open_keystore(path: Path, passphrase: str | None) -> bytes:
    """The key in a keystore file from elsewhere. Raises NotFound, Unavailable when damaged, NotAuthorised."""
    if not path.is_file():
        raise NotFound("no such keystore", found=str(path), needed="an Ethereum keystore, version 3", where="keystore")
    return _decrypt(_read(path), passphrase or "", path)


def _key_bytes(private_key: bytes | str) -> bytes:
    return to_bytes(private_key) if isinstance(private_key, str) else private_key


def _taken(name: str, path: Path) -> Conflict:
    return Conflict("there is a keystore of this name", found=name, needed="another name", where=str(path))


def _write_new(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, mode 0600, never over another. Raises FileExistsError, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename, a link fails when the name is taken
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> dict[str, Any]:
    try:
        keystore = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unavailable("the keystore cannot be read", found=type(error).__name__, where=str(path)) from error
    if not isinstance(keystore, dict):
        raise _damaged(path)
    return keystore


def _address_in(keystore: dict[str, Any], path: Path) -> Address:
    try:
        return address(str(keystore["address"]))
    except (KeyError, UsageError):
        raise _damaged(path) from None


def _decrypt(keystore: dict[str, Any], passphrase: str, path: Path) -> bytes:
    from eth_account import Account

    try:
        return bytes(Account.decrypt(keystore, passphrase))
    except (KeyError, TypeError):
        raise _damaged(path) from None
    except ValueError as error:
        if "MAC" not in str(error):
            raise _damaged(path) from None
        raise NotAuthorised("the passphrase does not open this keystore", where=str(path)) from None


def _damaged(path: Path) -> Unavailable:
    return Unavailable("the keystore is damaged", needed="an Ethereum keystore, version 3", where=str(path))
