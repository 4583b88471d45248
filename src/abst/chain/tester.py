"""Web3 and eth-tester upon the embedded chain, for other people's tools: reads as usual, sends under the file's lock.

eth-tester keeps pending blocks of its own and finds a transaction by scanning every block; both are replaced here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eth.constants import ZERO_ADDRESS
from eth.exceptions import TransactionNotFound as NotInTheIndex
from eth_keys import KeyAPI
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.backends.pyevm.serializers import serialize_transaction, serialize_transaction_receipt
from eth_tester.exceptions import TransactionFailed, TransactionNotFound, ValidationError
from eth_typing import Hash32
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import EthereumTesterProvider, Web3
from web3.providers.eth_tester.defaults import API_ENDPOINTS

from abst.chain.api import Reverted, Tx
from abst.values import Address, to_bytes

if TYPE_CHECKING:
    from abst.chain.embedded import EmbeddedChain


# web3 makes calls that name no sender from the first account; it holds nothing, here or anywhere.
_NOBODY = keccak(text="the caller who is nobody")


def web3_upon(chain: EmbeddedChain) -> Web3:
    eth = {**API_ENDPOINTS["eth"], "chainId": lambda *_: chain.chain_id}  # web3 would answer a constant of its own
    net = {**API_ENDPOINTS["net"], "version": lambda *_: str(chain.chain_id)}
    tester = EthereumTester(EmbeddedBackend(chain))
    return Web3(EthereumTesterProvider(tester, api_endpoints={**API_ENDPOINTS, "eth": eth, "net": net}))


class EmbeddedBackend(PyEVMBackend):  # type: ignore[misc]  # eth-tester has no types
    """eth-tester's backend without a chain of its own: it looks at the embedded one."""

    def __init__(self, embedded: EmbeddedChain) -> None:
        self.embedded = embedded
        self._just_mined: bytes | None = None
        super().__init__()

    def reset_to_genesis(self, *_: Any, **__: Any) -> None:
        """Take the chain as it is; a file of acknowledged blocks is never reset."""
        self.account_keys: tuple[Any, ...] = (KeyAPI().PrivateKey(_NOBODY),)
        self.chain = self.embedded.chain

    def take_snapshot(self) -> bytes:
        return to_bytes(self.embedded.head().hash)

    def revert_to_snapshot(self, snapshot: bytes) -> None:
        if snapshot != self.take_snapshot():
            raise ValidationError("blocks of an embedded chain cannot be taken back; copy the file instead")

    def time_travel(self, to_timestamp: int) -> int:
        self.embedded.warp(max(0, to_timestamp - self.embedded.now()))
        self.embedded.mine()
        return to_timestamp

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = ZERO_ADDRESS) -> tuple[bytes, ...]:
        """eth-tester asks for a block after each send, which has made its own already."""
        mined, self._just_mined = self._just_mined, None
        if mined is not None and num_blocks == 1:
            return (mined,)
        return tuple(to_bytes(block) for block in self.embedded.mine(num_blocks))

    # Finding by the chain's checked index

    def get_transaction_by_hash(self, transaction_hash: bytes) -> Any:
        block, transaction, place = self._found(transaction_hash)
        return serialize_transaction(block, transaction, place, False)

    def get_transaction_receipt(self, transaction_hash: bytes) -> Any:
        block, transaction, place = self._found(transaction_hash)
        receipts = block.get_receipts(self.chain.chaindb)
        return serialize_transaction_receipt(block, receipts, transaction, place, False, self.chain.get_vm())

    def _found(self, transaction_hash: bytes) -> tuple[Any, Any, int]:
        try:
            number, place = self.chain.get_canonical_transaction_index(Hash32(transaction_hash))
            transaction = self.chain.get_canonical_transaction(Hash32(transaction_hash))
        except NotInTheIndex as error:
            raise TransactionNotFound(f"No transaction found for 0x{transaction_hash.hex()}") from error
        return self.chain.get_canonical_block_by_number(number), transaction, place

    # Running

    def call(self, transaction: dict[str, Any], block_number: Any = "latest") -> bytes:
        if block_number not in ("latest", "pending", "safe", "finalized"):
            return bytes(super().call(transaction, block_number))
        to = Address(to_checksum_address(transaction["to"]))
        sender = Address(to_checksum_address(transaction["from"]))
        try:
            return self.embedded.call(to, transaction.get("data", b""), sender)
        except Reverted as error:
            raise TransactionFailed(error.data or str(error)) from error

    def estimate_gas(self, transaction: dict[str, Any], block_number: Any = "latest") -> int:
        to = transaction.get("to")
        asked = Tx(
            sender=Address(to_checksum_address(transaction["from"])),
            to=Address(to_checksum_address(to)) if to else None,
            data=transaction.get("data", b""),
            value=transaction.get("value", 0),
            gas=transaction.get("gas"),
        )
        try:
            return self.embedded.estimate(asked)
        except Reverted as error:
            raise TransactionFailed(error.data or str(error)) from error

    # Sending

    def send_raw_transaction(self, raw_transaction: bytes) -> bytes:
        sent = to_bytes(self.embedded.send_raw(raw_transaction))
        self._just_mined = to_bytes(self.embedded.head().hash)
        return sent

    def send_signed_transaction(self, signed_transaction: dict[str, Any], block_number: Any = "latest") -> bytes:
        normalized = self._normalize_transaction(signed_transaction, block_number)
        return self.send_raw_transaction(self._create_type_aware_signed_transaction(normalized).encode())

    def send_transaction(self, transaction: dict[str, Any]) -> bytes:
        return self.send_raw_transaction(self._get_normalized_and_signed_evm_transaction(transaction).encode())
