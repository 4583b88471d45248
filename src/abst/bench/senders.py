"""Named senders on one embedded chain: a name is a key, always the same, and what it sends is mined at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from abst.chain.api import Receipt
from abst.chain.deploy import transaction
from abst.chain.embedded import EmbeddedChain
from abst.keys import LocalSigner
from abst.values import Address

GAS = 1 << 24  # of each transaction sent: the most that public networks allow since Osaka


def secret(name: str) -> bytes:
    """The private key of a name."""
    return keccak(text=f"bench {name}")


def key(name: str) -> LocalSigner:
    """The signer of a name."""
    return LocalSigner(secret(name))


@dataclass
class Senders:
    """A chain, who sends on it, the next nonce of each, and the gas that all have spent."""

    chain: EmbeddedChain
    signers: dict[str, LocalSigner] = field(default_factory=dict)
    nonces: dict[Address, int] = field(default_factory=dict)
    spent: int = 0

    def send(self, sender: str, to: Address | None, data: bytes, gas: int = GAS, value: int = 0) -> Receipt:
        """One transaction of a named signer, mined; its receipt, whatever its status. gas as limit, value in wei."""
        signer = self.signers.setdefault(sender, key(sender))
        nonce = self.nonces.get(signer.address, self.chain.nonce(signer.address))
        fees = self.chain.gas_price()
        tx = transaction(self.chain, nonce=nonce, to=to, data=data, gas=gas, fees=fees, value=value)
        receipt = self.chain.receipt(self.chain.send_raw(signer.sign_transaction(tx).raw))
        assert receipt is not None
        self.nonces[signer.address] = nonce + 1
        self.spent += receipt.gas_used
        return receipt
