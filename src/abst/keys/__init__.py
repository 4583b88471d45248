"""Keys: officers' keystores and signers, and the vault that seals personal data.

Nothing here imports the cryptography libraries until a key is used.
"""

from abst.keys.blind import BLIND_KEY, blind, blind_key, blinding
from abst.keys.keyring import VAULT, VAULT_KEYSTORE, Keyring, is_vault, open_keystore
from abst.keys.passphrases import passphrases
from abst.keys.remote import External
from abst.keys.signer import LocalSigner, Signed, Signer
from abst.keys.vault import PersonKey, Vault

__all__ = [
    "BLIND_KEY",
    "VAULT",
    "VAULT_KEYSTORE",
    "External",
    "Keyring",
    "LocalSigner",
    "PersonKey",
    "Signed",
    "Signer",
    "Vault",
    "blind",
    "blind_key",
    "blinding",
    "is_vault",
    "open_keystore",
    "passphrases",
]
