"""Keys: officers' keystores and signers, and the vault that seals personal data.

Nothing here imports the cryptography libraries until a key is used.
"""

from abst.keys.keyring import VAULT, Keyring, open_keystore
from abst.keys.passphrases import passphrases
from abst.keys.signer import LocalSigner, Signed, Signer
from abst.keys.vault import Vault

__all__ = ["VAULT", "Keyring", "LocalSigner", "Signed", "Signer", "Vault", "open_keystore", "passphrases"]
