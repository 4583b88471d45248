"""A keyed hash for what may not be guessed: requests name personal content by it, and outlive the content.

The key is random, one for a registry, kept in the store's `meta` under the vault's master key. The same content has the
same hash for good, also after the master key was changed; without the vault nobody can test a guess.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from abst.keys.vault import Vault
from abst.store import Store, get_meta, set_meta
from abst.values import Hash

BLIND_KEY = "blind_key"  # meta: the wrapped key, hex


def blind(store: Store, vault: Vault, data: bytes) -> Hash:
    """HMAC-SHA256 of data under the registry's blind key, which is made when first needed.

    Raises IntegrityFailure when the key was wrapped by another vault. Opens a unit of work of its own the first time.
    """
    return blinding(store, vault)(data)


def blinding(store: Store, vault: Vault) -> Callable[[bytes], Hash]:
    """The same for many: the key is looked for once."""
    with store.read() as session:
        kept = get_meta(session, BLIND_KEY)
    if kept is None:
        with store.begin() as session:
            kept = blind_key(session, vault)
    key = bytes.fromhex(kept)
    return lambda data: vault.keyed_hash(key, data)


def blind_key(session: Session, vault: Vault) -> str:
    """The registry's wrapped blind key as hex, made now when there is none."""
    kept = get_meta(session, BLIND_KEY)
    if kept is None:
        kept = vault.new_key().hex()
        set_meta(session, BLIND_KEY, kept)
        session.flush()
    return kept
