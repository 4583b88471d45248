"""py-evm, as the embedded chain uses it: the fork, the pending header, running a message, making a block.

Blocks are made directly, not through py-evm's `mine_block`: one pass, no second validation of what was just computed,
and two blocks may carry the same second. (py-evm demands a strictly later time, by which a busy chain would run ahead
of the clock: one second a block at a hundred blocks a second.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import rlp
from eth.abc import (
    BlockAPI,
    BlockHeaderAPI,
    ComputationAPI,
    ReceiptAPI,
    SignedTransactionAPI,
    TransactionBuilderAPI,
    VirtualMachineAPI,
)
from eth.chains.base import MiningChain
from eth.constants import BLANK_ROOT_HASH, POST_MERGE_DIFFICULTY, POST_MERGE_NONCE, ZERO_ADDRESS
from eth.exceptions import Revert
from eth.vm.forks.prague.constants import STANDARD_TOKEN_COST, TOTAL_COST_FLOOR_PER_TOKEN
from eth.vm.header import HeaderSedes
from eth.vm.message import Message
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address as EvmAddress
from eth_typing import BlockNumber
from eth_utils.crypto import keccak
from trie.hexary import HexaryTrie

from abst.chain.api import Reverted, Tx
from abst.chain.interpreter import RegistryVM
from abst.chain.kv import ChainFile
from abst.values import Address, to_bytes

GAS_LIMIT = 30_000_000  # of a block, constant; three tranches in one transaction take 10.5 M
GAS_TX = 21_000
GUESS, GUESS_PER_BYTE = 400_000, 400  # gas limit tried first


class RegistryChain(MiningChain):
    """py-evm's chain whose pending header is worked out from the stored head at every look, never remembered.

    A remembered header is how a process mines on an old parent and reorganises another process's block away.
    """

    vm_configuration = ((BlockNumber(0), RegistryVM),)
    pending: Callable[[], BlockHeaderAPI] | None = None

    @property
    def header(self) -> BlockHeaderAPI:
        return self.pending() if self.pending is not None else self.ensure_header()

    @header.setter
    def header(self, value: BlockHeaderAPI) -> None:
        """py-evm assigns after each block; there is nothing to remember."""

    def get_transaction_builder(self) -> type[TransactionBuilderAPI]:
        """Also looked for by eth-tester's backend."""
        return RegistryVM.get_transaction_builder()


def account(owner: Address) -> EvmAddress:
    """The 20 bytes py-evm means by an address."""
    return EvmAddress(to_bytes(owner))


def chain_class(chain_id: int) -> type[RegistryChain]:
    return RegistryChain.configure("RegistryChain", chain_id=chain_id)


def create_genesis(file: ChainFile, chain_id: int, alloc: dict[Address, int], timestamp: int) -> bytes:
    """Write the first block, with the balances (wei) given, inside `file.writing()`. Returns its hash."""
    state: dict[EvmAddress, Any] = {
        account(owner): {"balance": balance, "nonce": 0, "code": b"", "storage": {}} for owner, balance in alloc.items()
    }
    parameters: dict[str, Any] = {
        "coinbase": ZERO_ADDRESS,
        "difficulty": POST_MERGE_DIFFICULTY,
        "extra_data": b"",
        "gas_limit": GAS_LIMIT,
        "mix_hash": BLANK_ROOT_HASH,
        "nonce": POST_MERGE_NONCE,
        "receipt_root": BLANK_ROOT_HASH,
        "timestamp": timestamp,
        "transaction_root": BLANK_ROOT_HASH,
    }
    chain = chain_class(chain_id).from_genesis(file, parameters, state)
    return bytes(chain.get_canonical_head().hash)


def pending_header(chain: RegistryChain, head: BlockHeaderAPI, timestamp: int) -> BlockHeaderAPI:
    """The header of the block after `head`. Its random word is the parent's hash: the same acts, the same blocks."""
    return chain.create_header_from_parent(head, timestamp=timestamp, gas_limit=head.gas_limit, mix_hash=head.hash)


def run(vm: VirtualMachineAPI, to: Address | None, data: bytes, sender: Address | None) -> bytes:
    """Run a message on a state, free of charge, leaving nothing behind; to None: its data is the code. Raises
    Reverted."""
    before = vm.state.snapshot()
    try:
        return _answer(vm, to, data, sender)
    finally:
        vm.state.revert(before)


def _answer(vm: VirtualMachineAPI, to: Address | None, data: bytes, sender: Address | None) -> bytes:
    origin = account(sender) if sender is not None else ZERO_ADDRESS
    target = ZERO_ADDRESS if to is None else account(to)
    code, data = (data, b"") if to is None else (vm.state.get_code(target), data)
    message = Message(gas=vm.get_header().gas_limit, to=target, sender=origin, value=0, data=data, code=code)
    context = vm.state.get_transaction_context_class()(gas_price=0, origin=origin)
    computation = vm.state.computation_class.apply_message(vm.state, message, context)
    _raise_if_reverted(computation)
    return bytes(computation.output)


def estimate(chain: RegistryChain, header: BlockHeaderAPI, tx: Tx) -> int:
    """A sufficient gas limit, proven by running the transaction with exactly that much.

    First a generous guess from the size of its data, which is right for every ordinary act, so that one run is both
    the question and the proof. A transaction that needs more is run with all the gas of a block, given a margin for
    what inner calls are denied (they get 63/64), and run again, with double until it passes. Raises Reverted.
    """
    ceiling = min(tx.gas or header.gas_limit, header.gas_limit)
    limit = min(GUESS + GUESS_PER_BYTE * len(tx.data), ceiling)
    try:
        _burned(chain, header, tx, limit)
    except Reverted:
        if limit == ceiling:
            raise
        burned = _burned(chain, header, tx, ceiling)
        limit = min(burned + burned // 5 + 10_000, ceiling)
    else:
        return limit
    while limit < ceiling:
        try:
            _burned(chain, header, tx, limit)
        except Reverted:
            limit = min(limit * 2, ceiling)
        else:
            break
    return limit


def _burned(chain: RegistryChain, header: BlockHeaderAPI, tx: Tx, gas: int) -> int:
    """Gas a transaction takes at most while it runs (before refunds, not below the floor for its data)."""
    free = header.copy(base_fee_per_gas=0)
    vm = chain.get_vm(free)
    sender = account(tx.sender) if tx.sender is not None else ZERO_ADDRESS
    builder: Any = chain.get_transaction_builder()  # the fork's builder knows more kinds than its abstract type
    unsigned = builder.new_unsigned_dynamic_fee_transaction(
        chain_id=chain.chain_id,
        nonce=vm.state.get_nonce(sender),
        max_priority_fee_per_gas=0,
        max_fee_per_gas=0,
        gas=gas,
        to=b"" if tx.to is None else to_bytes(tx.to),
        value=tx.value,
        data=tx.data,
        access_list=(),
    )
    signed = cast(SignedTransactionAPI, SpoofTransaction(unsigned, from_=sender))
    computation = vm.state.apply_transaction(signed)
    _raise_if_reverted(computation)
    zeros = tx.data.count(0)
    tokens = zeros + (len(tx.data) - zeros) * STANDARD_TOKEN_COST
    floor = GAS_TX + tokens * TOTAL_COST_FLOOR_PER_TOKEN
    return max(gas - int(computation.get_gas_remaining()), floor)


def _raise_if_reverted(computation: ComputationAPI) -> None:
    if not computation.is_error:
        return
    error = computation.error
    if isinstance(error, Revert):
        raise Reverted(bytes(computation.output))
    raise Reverted(b"", f"{type(error).__name__}: {error}")  # out of gas, invalid instruction: no words of its own


def make_block(
    chain: RegistryChain, header: BlockHeaderAPI, transactions: Sequence[SignedTransactionAPI]
) -> tuple[BlockAPI, tuple[ReceiptAPI, ...]]:
    """Apply transactions upon the head, write block and state into the chain's file (inside `writing()`)."""
    vm = chain.get_vm(header)
    filled, receipts, _ = vm.apply_all_transactions(transactions, header)
    block = vm.set_block_transactions_and_withdrawals(vm.get_block(), filled, tuple(transactions), receipts)
    block = vm.finalize_block(block).block
    chain.chaindb.persist_block(block)
    return block, receipts


def log_rows(block: BlockAPI, receipts: Sequence[ReceiptAPI]) -> list[tuple[Any, ...]]:
    """Rows of the file's table of logs for one block."""
    rows: list[tuple[Any, ...]] = []
    for place, (transaction, receipt) in enumerate(zip(block.transactions, receipts, strict=True)):
        for log in receipt.logs:
            topics = [topic.to_bytes(32, "big") for topic in log.topics]
            padded = topics + [None] * (4 - len(topics))
            where = (block.number, len(rows), block.hash, place, transaction.hash, log.address)
            rows.append((*where, *padded, log.data))
    return rows


def decode_header(content: bytes) -> BlockHeaderAPI:
    return cast(BlockHeaderAPI, rlp.decode(content, sedes=HeaderSedes))


def trie_entry(file: ChainFile, root: bytes, place: int) -> bytes:
    """The encoded transaction or receipt at a place of a block, by the block's root; empty when there is none."""
    return bytes(HexaryTrie(file, root_hash=root)[rlp.encode(place)])


def problems(chain: RegistryChain, file: ChainFile, head: BlockHeaderAPI) -> Iterator[str]:
    """Contradictions between headers, their order, their receipts and the table of logs, from head to first block."""
    expected = head.hash
    for number in range(head.block_number, -1, -1):
        content = file.stored(expected)
        if content is None or keccak(content) != expected:
            yield f"block {number}: its header is missing or is not what its hash says"
            return
        header = decode_header(content)
        if chain.chaindb.get_canonical_block_hash(BlockNumber(number)) != expected:
            yield f"block {number}: the index of blocks names another hash"
        builder = chain.get_vm_class(header).get_receipt_builder()
        receipts = chain.chaindb.get_receipts(header, builder)
        from_receipts = [(log.address, log.data) for receipt in receipts for log in receipt.logs]
        rows = file.all("SELECT address, data, block_hash FROM log WHERE block = ? ORDER BY place", (number,))
        if [(row[0], row[1]) for row in rows] != from_receipts or any(row[2] != expected for row in rows):
            yield f"block {number}: the table of logs differs from the receipts"
        expected = header.parent_hash


def created_address(sender: bytes, nonce: int) -> bytes:
    return keccak(rlp.encode([sender, nonce]))[-20:]
