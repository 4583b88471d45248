"""The embedded chain: a whole EVM in one file, for several processes at once, with the house's clock.

Each write takes the file's lock, reads the head that is stored (not one remembered), makes one block on it and commits
it as one database transaction; a process that dies leaves either the whole block or none of it. Each read looks at the
stored head first, so that blocks of other processes are seen.

The clock: `now()` is wall time plus an offset kept in the file, never below the head's time. `warp` only raises the
offset. A block carries `now()` of the moment the lock was taken; several blocks may carry the same second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rlp
from eth.abc import BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI, VirtualMachineAPI
from eth.constants import BLANK_ROOT_HASH
from eth.db.schema import SchemaV1
from eth.exceptions import HeaderNotFound, ReceiptNotFound, TransactionNotFound
from eth.vm.interrupt import EVMMissingData
from eth_keys.exceptions import BadSignature
from eth_typing import BlockNumber, Hash32
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException
from trie.exceptions import MissingTrieNode

from abst.chain import evm
from abst.chain.api import DEFAULT_CHAIN_ID, Head, Log, NotAccepted, Receipt, Reverted, Sent, Tx
from abst.chain.kv import ChainFile
from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.values import Address, Hash, to_bytes

if TYPE_CHECKING:
    from web3 import Web3

T = TypeVar("T")
FORMAT = "1"  # of the file; another number is refused
TIP = 1  # wei: nobody competes for a place in these blocks
LEAST_MAX_FEE = 2 * 10**9  # wei; above the first base fee, so that a stored transaction stays good after full blocks
_HEAD_KEY = SchemaV1.make_canonical_head_hash_lookup_key()


MOST_ANSWERS = 10_000  # of calls kept for one head and second
_Question = tuple[Address | None, bytes, Address | None]


def _wall() -> int:
    return int(time.time())


class EmbeddedChain:
    """`abst.chain.api.Chain` over py-evm in one SQLite file (or `:memory:`).

    alloc: balances in wei of the first block; used only when this call creates the file.
    Raises Unavailable: no such file, not a chain file, another format or chain id, damaged, locked, disk full;
    IntegrityFailure: the blocks in it contradict each other.
    """

    def __init__(
        self,
        path: Path | str,
        chain_id: int = DEFAULT_CHAIN_ID,
        alloc: dict[Address, int] | None = None,
        create: bool = True,
        wall: Callable[[], int] = _wall,
    ) -> None:
        self.path = str(path)
        self._id = chain_id
        self._wall = wall
        self._w3: Web3 | None = None
        self._head: BlockHeaderAPI | None = None
        self._kept: tuple[tuple[bytes, int], VirtualMachineAPI, dict[_Question, bytes]] | None = None
        self.file = ChainFile(path, create=create)
        if self.file.fresh:
            with self.file.writing():
                self._create(alloc or {})
        self._check_words()
        self.chain = evm.chain_class(chain_id)(self.file, self._stored_head())
        self.chain.pending = self._pending
        self._check_head()

    def _create(self, alloc: dict[Address, int]) -> None:
        self.file.create_tables()
        if self.file.about("format") is not None:
            return  # another process was first
        genesis = evm.create_genesis(self.file, self._id, alloc, self._wall())
        self.file.set_about("format", FORMAT)
        self.file.set_about("chain id", str(self._id))
        self.file.set_about("genesis", "0x" + genesis.hex())
        self.file.set_about("clock offset", "0")

    def _check_words(self) -> None:
        about = self.file.about
        if about("format") != FORMAT:
            raise Unavailable(
                "the chain file has another format", found=str(about("format")), needed=FORMAT, where=self.path
            )
        if about("chain id") != str(self._id):
            raise Unavailable(
                "the chain file was made by another chain",
                found=f"chain id {about('chain id')}",
                needed=f"chain id {self._id}",
                where=self.path,
            )

    def _check_head(self) -> None:
        """The head names itself, stands in the index, rests on a state, and begins at the recorded first block."""
        head = self._stored_head()
        genesis = self.genesis_hash
        if self._canonical_hash(0) != to_bytes(genesis):
            raise self._contradiction("the first block", found=self._hex(self._canonical_hash(0)), needed=genesis)
        if self._canonical_hash(head.block_number) != head.hash:
            raise self._contradiction(f"block {head.block_number}", found="another hash in the index of blocks")
        if head.state_root != BLANK_ROOT_HASH and not self.file.exists(head.state_root):
            raise self._contradiction(f"block {head.block_number}", found="no state of that block")

    def _contradiction(self, what: str, *, found: str, needed: str = "") -> IntegrityFailure:
        return IntegrityFailure(
            f"the chain file contradicts itself: {what}", found=found, needed=needed, where=self.path
        )

    @staticmethod
    def _hex(value: bytes | None) -> str:
        return "nothing" if value is None else "0x" + value.hex()

    def _canonical_hash(self, number: int) -> bytes | None:
        try:
            return bytes(rlp.decode(self.file[SchemaV1.make_block_number_to_hash_lookup_key(BlockNumber(number))]))
        except (KeyError, RLPException):
            return None

    # The head and the clock

    def _stored_head(self) -> BlockHeaderAPI:
        """The head as the file has it now, decoded once per block."""
        try:
            stored = self.file[_HEAD_KEY]
        except KeyError:
            raise self._contradiction("the head", found="none") from None
        if self._head is None or self._head.hash != stored:
            content = self.file.stored(stored)
            if content is None or keccak(content) != stored:
                raise self._contradiction("the head's hash", found="other content", needed=self._hex(stored))
            self._head = evm.decode_header(content)
        return self._head

    def _pending(self) -> BlockHeaderAPI:
        head = self._stored_head()
        return evm.pending_header(self.chain, head, self._time(head))

    def _view(self) -> tuple[VirtualMachineAPI, dict[_Question, bytes]]:
        """The state that calls read, and what they were answered: both stay as long as the head and the second do."""
        head = self._stored_head()
        place = (head.hash, self._time(head))
        if self._kept is None or self._kept[0] != place:
            self._kept = (place, self.chain.get_vm(evm.pending_header(self.chain, head, place[1])), {})
        return self._kept[1:]

    def _time(self, head: BlockHeaderAPI) -> int:
        offset = int(self.file.about("clock offset") or "0")
        return max(self._wall() + offset, head.timestamp)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One thread at a time; missing pieces of the chain's content become the house's error."""
        with self.file.lock:
            try:
                yield
            except (EVMMissingData, MissingTrieNode) as error:
                raise self._contradiction("a piece of its state is missing", found=str(error)) from error

    @property
    def chain_id(self) -> int:
        return self._id

    @property
    def genesis_hash(self) -> Hash:
        return Hash(self.file.about("genesis") or "")

    def now(self) -> int:
        with self._reading():
            return self._time(self._stored_head())

    def warp(self, seconds: int) -> int:
        """Move the clock forward for every process that uses the file; returns the new `now()`."""
        if seconds < 0:
            raise UsageError("the clock only moves forward", found=str(seconds), needed="seconds, 0 or more")
        with self._reading(), self.file.writing():
            offset = int(self.file.about("clock offset") or "0")
            self.file.set_about("clock offset", str(offset + seconds))
        return self.now()

    def head(self) -> Head:
        with self._reading():
            return self._as_head(self._stored_head())

    @staticmethod
    def _as_head(header: BlockHeaderAPI) -> Head:
        return Head(header.block_number, Hash("0x" + header.hash.hex()), header.timestamp)

    def final(self) -> int:
        return self.head().number  # a block is on disk when it is acknowledged, and nobody takes it back

    def blocks(self, numbers: Sequence[int]) -> list[Head | None]:
        return [self.block(number) for number in numbers]

    def block(self, number: int) -> Head | None:
        with self._reading():
            if number < 0 or number > self._stored_head().block_number:
                return None
            return self._as_head(self.chain.chaindb.get_canonical_block_header_by_number(BlockNumber(number)))

    # Reading state

    def call_many(self, messages: Sequence[Tx], *, at: int | None = None) -> list[bytes | Reverted]:
        if at is None or at == self._stored_head().block_number:
            return [_or_reverted(partial(self.call, one.to, one.data, one.sender)) for one in messages]
        with self._reading():
            header = self.chain.chaindb.get_canonical_block_header_by_number(BlockNumber(at))
            vm = self.chain.get_vm(evm.pending_header(self.chain, header, header.timestamp))
            return [_or_reverted(partial(evm.run, vm, one.to, one.data, one.sender)) for one in messages]

    def estimate_many(self, txs: Sequence[Tx]) -> list[int | Reverted]:
        return [_or_reverted(partial(self.estimate, tx)) for tx in txs]

    def call(self, to: Address | None, data: bytes, sender: Address | None = None) -> bytes:
        with self._reading():
            vm, known = self._view()
            answer = known.get((to, data, sender))
            if answer is None:
                answer = evm.run(vm, to, data, sender)
                if len(known) < MOST_ANSWERS:
                    known[to, data, sender] = answer
            return answer

    def estimate(self, tx: Tx) -> int:
        with self._reading():
            try:
                return evm.estimate(self.chain, self._pending(), tx)
            except ValidationError as error:  # no balance for the value, or too little gas given
                raise Reverted(b"", str(error)) from error

    def nonce(self, address: Address, *, waiting: bool = False) -> int:
        with self._reading():
            return int(self._state().get_nonce(to_bytes(address)))

    def balance(self, address: Address) -> int:
        with self._reading():
            return int(self._state().get_balance(to_bytes(address)))

    def code(self, address: Address) -> bytes:
        with self._reading():
            return bytes(self._state().get_code(to_bytes(address)))

    def _state(self) -> Any:
        return self.chain.get_vm(self._pending()).state

    def gas_price(self) -> tuple[int, int]:
        with self._reading():
            return max(2 * _base_fee(self._pending()), LEAST_MAX_FEE) + TIP, TIP

    # Writing

    def send_raw(self, raw: bytes) -> Hash:
        """One transaction, one block, on disk when this returns."""
        return self.send_raw_many([raw])[0]

    def send_raw_many(self, raws: Sequence[bytes]) -> list[Hash]:
        """All transactions, in as few blocks as hold them, committed together: if one is not accepted, none is."""
        transactions = [self._decode(raw) for raw in raws]
        with self._reading(), self.file.writing():
            once = {tx.hash: tx for tx in transactions}  # the same bytes twice are one transaction
            waiting = [tx for found, tx in once.items() if self._place_of(found) is None]
            while waiting:
                waiting = waiting[self._mine(waiting) :]
        return [Hash("0x" + tx.hash.hex()) for tx in transactions]

    def mine(self, blocks: int = 1) -> list[Hash]:
        """Empty blocks, for tests and for third parties' tools."""
        made: list[Hash] = []
        for _ in range(blocks):
            with self._reading(), self.file.writing():
                self._mine([])
                made.append(Hash("0x" + self._stored_head().hash.hex()))
        return made

    def _decode(self, raw: bytes) -> SignedTransactionAPI:
        try:
            tx: SignedTransactionAPI = self.chain.get_transaction_builder().decode(raw)
            tx.validate()
            _ = tx.sender  # recovered from the signature
        except (RLPException, ValidationError, BadSignature, IndexError) as error:
            raise NotAccepted("invalid", "not a signed transaction", found=str(error)) from error
        except NotImplementedError as error:
            raise NotAccepted("invalid", "a kind of transaction this chain does not know", found=str(error)) from error
        if tx.chain_id is not None and tx.chain_id != self._id:
            raise NotAccepted(
                "wrong-chain", "signed for another chain", found=str(tx.chain_id), needed=f"chain id {self._id}"
            )
        return tx

    def _mine(self, waiting: Sequence[SignedTransactionAPI]) -> int:
        """One block of as many of the waiting transactions as its gas holds, in order. Returns how many."""
        header = self._pending()
        taken: list[SignedTransactionAPI] = []
        room = header.gas_limit
        for tx in waiting:
            if taken and tx.gas > room:
                break
            taken.append(tx)
            room -= tx.gas
        self._check_acceptable(header, taken)
        try:
            block, receipts = evm.make_block(self.chain, header, taken)
        except ValidationError as error:
            raise NotAccepted("invalid", "the transaction breaks the chain's rules", found=str(error)) from error
        rows = evm.log_rows(block, receipts)
        if rows:
            self.file.execute_many(f"INSERT INTO log VALUES ({','.join('?' * 11)})", rows)
        return len(taken)

    def _check_acceptable(self, header: BlockHeaderAPI, transactions: Sequence[SignedTransactionAPI]) -> None:
        """Nonce, fee, balance and gas before anything runs, for errors that say what would be right."""
        state = self.chain.get_vm(header).state
        nonces: dict[bytes, int] = {}
        for tx in transactions:
            sender = to_checksum_address(tx.sender)
            expected = nonces.get(tx.sender, state.get_nonce(tx.sender))
            nonces[tx.sender] = expected + 1
            most = tx.gas * tx.max_fee_per_gas + tx.value
            held = state.get_balance(tx.sender)
            if tx.nonce != expected:
                reason = "nonce-too-low" if tx.nonce < expected else "nonce-too-high"
                words = reason.replace("-", " ")
                raise NotAccepted(reason, words, found=f"nonce {tx.nonce}", needed=f"nonce {expected}", where=sender)
            if tx.gas > header.gas_limit:
                raise NotAccepted(
                    "gas-limit", "more gas than a block holds", found=str(tx.gas), needed=f"at most {header.gas_limit}"
                )
            if tx.max_fee_per_gas < _base_fee(header):
                found, needed = f"{tx.max_fee_per_gas} wei", f"at least {_base_fee(header)} wei"
                raise NotAccepted("underpriced", "the fee is too low", found=found, needed=needed, where=sender)
            if held < most:
                raise NotAccepted(
                    "insufficient-funds",
                    "the account cannot pay for gas",
                    found=f"{held} wei",
                    needed=f"{most} wei",
                    where=sender,
                )

    # Finding what was mined

    def _place_of(self, transaction: bytes) -> tuple[BlockHeaderAPI, int] | None:
        """Header and place of a mined transaction, by the index, and only if what stands there is that transaction.

        The index alone is not proof: it survives a block that was replaced.
        """
        chaindb = self.chain.chaindb
        try:
            number, place = chaindb.get_transaction_index(Hash32(transaction))
            header = chaindb.get_canonical_block_header_by_number(number)
        except (TransactionNotFound, HeaderNotFound):
            return None
        if number > self._stored_head().block_number:
            return None
        encoded = evm.trie_entry(self.file, header.transaction_root, place)
        return (header, place) if keccak(encoded) == transaction else None

    def receipt(self, transaction: Hash) -> Receipt | None:
        with self._reading():
            found = self._receipt(transaction)
            if found is None:
                return None
            receipt, place = found
            query = "SELECT * FROM log WHERE block = ? AND txn_place = ? ORDER BY place"
            return replace(receipt, logs=tuple(map(_log, self.file.all(query, (receipt.block_number, place)))))

    def receipts(self, transactions: Sequence[Hash]) -> list[Receipt | None]:
        found = map(self._receipt, transactions)
        return [None if one is None else one[0] for one in found]

    def _receipt(self, transaction: Hash) -> tuple[Receipt, int] | None:
        """A receipt without its logs, and its transaction's place in the block."""
        with self._reading():
            found = self._place_of(to_bytes(transaction))
            if found is None:
                return None
            header, place = found
            receipt = self._receipt_at(header, place)
            before = self._receipt_at(header, place - 1).gas_used if place else 0
            tx = self.chain.get_canonical_transaction_by_index(header.block_number, place)
            created = evm.created_address(tx.sender, tx.nonce) if tx.to == b"" else None
            made = Receipt(
                transaction_hash=transaction,
                status=int.from_bytes(receipt.state_root, "big"),
                block_number=header.block_number,
                block_hash=Hash("0x" + header.hash.hex()),
                gas_used=receipt.gas_used - before,
                logs=(),
                contract_address=None if created is None else Address(to_checksum_address(created)),
            )
            return made, place

    def sent(self, senders: Sequence[Address], from_block: int, to_block: int) -> list[Sent]:
        wanted = {to_bytes(sender): sender for sender in senders}
        found: list[Sent] = []
        with self._reading():
            for number in range(max(from_block, 0), min(to_block, self._stored_head().block_number) + 1):
                header = self.chain.chaindb.get_canonical_block_header_by_number(BlockNumber(number))
                if header.transaction_root == BLANK_ROOT_HASH:
                    continue
                block = Hash("0x" + header.hash.hex())
                for tx in self.chain.get_canonical_block_by_number(BlockNumber(number)).transactions:
                    if tx.sender in wanted:
                        to = Address(to_checksum_address(tx.to)) if tx.to else None
                        own = Hash("0x" + tx.hash.hex())
                        found.append(Sent(own, wanted[tx.sender], tx.nonce, to, tx.data, number, block))
        return found

    def _receipt_at(self, header: BlockHeaderAPI, place: int) -> ReceiptAPI:
        builder = self.chain.get_vm_class(header).get_receipt_builder()
        try:
            receipt: ReceiptAPI = self.chain.chaindb.get_receipt_by_index(header.block_number, place, builder)
        except ReceiptNotFound as error:
            raise self._contradiction(f"block {header.block_number}", found=f"no receipt {place}") from error
        return receipt

    def logs(
        self,
        addresses: Sequence[Address] | None,
        from_block: int,
        to_block: int,
        topics: Sequence[Hash | Sequence[Hash] | None] = (),
    ) -> list[Log]:
        where, values = ["block BETWEEN ? AND ?"], [from_block, to_block]
        if addresses is not None:
            _one_of("address", [to_bytes(one) for one in addresses], where, values)
        for place, topic in enumerate(topics):
            if topic is not None:
                wanted = [topic] if isinstance(topic, str) else topic
                _one_of(f"topic{place}", [to_bytes(one) for one in wanted], where, values)
        with self._reading():
            rows = self.file.all(f"SELECT * FROM log WHERE {' AND '.join(where)} ORDER BY block, place", values)
        return [_log(row) for row in rows]

    # The whole file

    def check(self) -> list[str]:
        """Every header against its hash and parent, the table of logs against the receipts, SQLite's own check."""
        with self._reading():
            return self.file.problems() + list(evm.problems(self.chain, self.file, self._stored_head()))

    def copy_to(self, path: Path) -> None:
        """A consistent copy: a snapshot for tests, a backup for people."""
        self.file.copy_to(path)

    def close(self) -> None:
        self.file.close()

    @property
    def w3(self) -> Web3:
        """A Web3 upon the same chain, for other people's tools: reads as usual, sends under the same lock."""
        if self._w3 is None:
            from abst.chain.tester import web3_upon

            self._w3 = web3_upon(self)
        return self._w3


def _or_reverted(ask: Callable[[], T]) -> T | Reverted:
    try:
        return ask()
    except Reverted as reverted:
        return reverted


def _base_fee(header: BlockHeaderAPI) -> int:
    return header.base_fee_per_gas or 0  # the type allows none, before the fork that brought it


def _one_of(column: str, wanted: Sequence[bytes], where: list[str], values: list[Any]) -> None:
    where.append(f"{column} IN ({','.join('?' * len(wanted))})")
    values.extend(wanted)


def _log(row: tuple[Any, ...]) -> Log:
    block, place, block_hash, txn_place, txn, address, *topics, data = row
    return Log(
        address=Address(to_checksum_address(address)),
        topics=tuple(Hash("0x" + topic.hex()) for topic in topics if topic is not None),
        data=data,
        block_number=block,
        block_hash=Hash("0x" + block_hash.hex()),
        transaction_hash=Hash("0x" + txn.hex()),
        transaction_index=txn_place,
        log_index=place,
    )
