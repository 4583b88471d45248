"""Any EVM network over JSON-RPC (a permissioned one in production, anvil in tests), as `abst.chain.api.Chain`.

One node or several by their URLs: `abst.chain.nodes` chooses whom to ask, `abst.chain.rpc` asks, and the few answers
that are needed are decoded here. Nothing is sent again by itself: who may repeat is the sender's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from abst.chain.api import Head, Log, Receipt, Reverted, Sent, Tx
from abst.chain.contracts import checksummed
from abst.chain.nodes import Finality, Nodes, NodeSettings, NodeStatus
from abst.chain.reader import pieces
from abst.chain.rpc import REQUESTS_A_BATCH, Endpoint, TooMuch, finalized, head_of, number_of
from abst.errors import Unavailable
from abst.values import Address, Hash, hash_of, to_bytes

__all__ = ["NodeChain", "NodeSettings", "NodeStatus"]

RECEIPTS_AT_ONCE = 50  # each may hold hundreds of logs
ROOM = 60_000  # gas beyond a fifth more: two to three slots written for the first time
BLOCKS_A_QUERY = 5_000  # of logs at first; halved when a node will not answer about so many, and doubled again
LOGS_AN_ANSWER = 10_000  # more in one answer, and the next is asked for less


class NodeChain:
    """A network by the URLs of one or more nodes. finality: blocks on top before a block is final (0 on a network with
    immediate finality), or ``finalized``: the nodes say it themselves.

    chain_id: what is expected, when known; a node with another one is refused, also later. Raises Unavailable when
    nothing answers. `head()` may go back when another node is asked, by at most the `behind` blocks of the settings.
    `now()` is the pending block's time; a node that serves no pending block gives its latest block's.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        finality: Finality = 0,
        chain_id: int | None = None,
        settings: NodeSettings | None = None,
    ) -> None:
        several = [urls] if isinstance(urls, str) else list(urls)
        self._finality = finality
        self._nodes = Nodes(several, settings or NodeSettings(), finality, chain_id)
        self._blocks_a_query = BLOCKS_A_QUERY

    @property
    def chain_id(self) -> int:
        assert self._nodes.chain_id is not None  # known since a node was joined
        return self._nodes.chain_id

    def status(self) -> list[NodeStatus]:
        """Every node with its head, its age and its troubles, as last seen."""
        return self._nodes.status()

    def _ask(self, method: str, *params: Any) -> Any:
        return self._nodes.read(lambda node: node.ask(method, *params))

    def _ask_all(self, method: str, params: Sequence[list[Any]]) -> list[Any]:
        return self._nodes.read(lambda node: node.ask_all(method, params))

    def _latest(self) -> dict[str, Any]:
        return self._nodes.read(_latest)

    # The chain's head and clock

    def now(self) -> int:
        return self._nodes.read(_now)

    def head(self) -> Head:
        return head_of(self._latest())

    def final(self) -> int:
        if self._finality != "finalized":
            return self.head().number - self._finality
        return self._nodes.read(finalized)

    def block(self, number: int) -> Head | None:
        return self.blocks([number])[0]

    def blocks(self, numbers: Sequence[int]) -> list[Head | None]:
        asked = self._ask_all("eth_getBlockByNumber", [[hex(max(number, 0)), False] for number in numbers])
        return [
            head_of(block) if block is not None and number >= 0 else None
            for number, block in zip(numbers, asked, strict=True)
        ]

    # State

    def call(self, to: Address | None, data: bytes, sender: Address | None = None) -> bytes:
        (answer,) = self.call_many([Tx(sender, to, data)])
        if isinstance(answer, Reverted):
            raise answer
        return answer

    def call_many(self, messages: Sequence[Tx], *, at: int | None = None) -> list[bytes | Reverted]:
        answers = self._run_all("eth_call", messages, at)
        return [to_bytes(one) if isinstance(one, str) else one for one in answers]

    def estimate(self, tx: Tx) -> int:
        (answer,) = self.estimate_many([tx])
        if isinstance(answer, Reverted):
            raise answer
        return answer

    def estimate_many(self, txs: Sequence[Tx]) -> list[int | Reverted]:
        limit = number_of(self._latest()["gasLimit"])
        return [
            # More, for the state may move until it is mined: those sent just before may make it write new slots.
            min(number_of(one) * 6 // 5 + ROOM, tx.gas or limit) if isinstance(one, str) else one
            for tx, one in zip(txs, self._run_all("eth_estimateGas", txs), strict=True)
        ]

    def _run_all(self, method: str, messages: Sequence[Tx], at: int | None = None) -> list[str | Reverted]:
        """Messages run as in the next block, or upon block `at`: what each returned, or its revert."""

        def run(node: Endpoint) -> list[str | Reverted]:
            tag = hex(at) if at is not None else "pending" if node.pending else "latest"
            responses = node.batch([(method, [_message(one), tag]) for one in messages])
            found: list[str | Reverted] = []
            for response in responses:
                try:
                    found.append(str(node.ran(method, response)))
                except Reverted as reverted:
                    found.append(reverted)
            return found

        return self._nodes.read(run)

    def nonce(self, address: Address, *, waiting: bool = False) -> int:
        return number_of(self._ask("eth_getTransactionCount", address, "pending" if waiting else "latest"))

    def balance(self, address: Address) -> int:
        return number_of(self._ask("eth_getBalance", address, "latest"))

    def code(self, address: Address) -> bytes:
        return to_bytes(self._ask("eth_getCode", address, "latest"))

    def gas_price(self) -> tuple[int, int]:
        return self._nodes.read(_gas_price)

    # Sending

    def send_raw(self, raw: bytes) -> Hash:
        return self.send_raw_many([raw])[0]

    def send_raw_many(self, raws: Sequence[bytes]) -> list[Hash]:
        """In batches by count and size. Those before the first that is not accepted have been taken."""

        def send(node: Endpoint) -> list[Hash]:
            responses = node.batch([("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in raws])
            return [node.taken(hash_of(raw), response) for raw, response in zip(raws, responses, strict=True)]

        return self._nodes.read(send)

    # What was mined

    def receipt(self, transaction: Hash) -> Receipt | None:
        (found,) = self._receipts([transaction])
        return None if found is None else _receipt(transaction, found, tuple(map(_log, found["logs"])))

    def receipts(self, transactions: Sequence[Hash]) -> list[Receipt | None]:
        found: list[Receipt | None] = []
        for start in range(0, len(transactions), RECEIPTS_AT_ONCE):
            part = transactions[start : start + RECEIPTS_AT_ONCE]
            answers = zip(part, self._receipts(part), strict=True)
            found += [None if answer is None else _receipt(one, answer, ()) for one, answer in answers]
        return found

    def _receipts(self, transactions: Sequence[Hash]) -> list[dict[str, Any] | None]:
        """What one node does not know, the others are asked: unknown to one is not known to none."""
        method = "eth_getTransactionReceipt"
        answers = self._ask_all(method, [[str(one)] for one in transactions])
        for node in self._nodes.others():
            missing = [place for place, one in enumerate(answers) if one is None or one.get("blockHash") is None]
            if not missing:
                break
            try:
                found = node.ask_all(method, [[str(transactions[place])] for place in missing])
            except Unavailable:
                continue  # it was asked in addition; its own trouble shows when it is asked in earnest
            for place, one in zip(missing, found, strict=True):
                answers[place] = one
        return [None if one is None or one.get("blockHash") is None else one for one in answers]

    def sent(self, senders: Sequence[Address], from_block: int, to_block: int) -> list[Sent]:
        wanted = {sender.lower(): sender for sender in senders}
        found: list[Sent] = []
        for first, last in pieces(max(from_block, 0), to_block, REQUESTS_A_BATCH):
            for block in self._ask_all("eth_getBlockByNumber", [[hex(n), True] for n in range(first, last + 1)]):
                for tx in block["transactions"] if block else ():
                    sender = wanted.get(tx["from"].lower())
                    if sender is not None:
                        found.append(_sent(tx, sender))
        return found

    def logs(
        self,
        addresses: Sequence[Address] | None,
        from_block: int,
        to_block: int,
        topics: Sequence[Hash | Sequence[Hash] | None] = (),
    ) -> list[Log]:
        if addresses is not None and not addresses:
            return []
        wanted: dict[str, Any] = {"topics": [list(t) if not isinstance(t, str | None) else t for t in topics]}
        if addresses is not None:
            wanted["address"] = list(addresses)
        found: list[Log] = []
        first = from_block
        while first <= to_block:
            last = min(first + self._blocks_a_query - 1, to_block)
            try:
                answer = self._ask("eth_getLogs", {**wanted, "fromBlock": hex(first), "toBlock": hex(last)})
            except TooMuch:
                if first == last:
                    raise
                self._blocks_a_query = (last - first + 1) // 2
                continue
            found += map(_log, answer)
            first = last + 1
            if len(answer) > LOGS_AN_ANSWER:
                self._blocks_a_query = max(1, self._blocks_a_query // 2)
            elif 4 * len(answer) < LOGS_AN_ANSWER:
                self._blocks_a_query = min(2 * self._blocks_a_query, BLOCKS_A_QUERY)
        return found


def _latest(node: Endpoint) -> dict[str, Any]:
    block = node.ask("eth_getBlockByNumber", "latest", False)
    if block is None or (number_of(block["number"]) == 0 and node.head is not None and node.head.number > 0):
        # Besu tells of the first block while it has not the state of its last.
        raise Unavailable("the node has lost its head", found="no block but the first", where=node.server.shown)
    return dict(block)


def _now(node: Endpoint) -> int:
    tags = ["latest", "pending"] if node.pending else ["latest"]
    latest, *pending = node.batch([("eth_getBlockByNumber", [tag, False]) for tag in tags])
    blocks = [node.result("eth_getBlockByNumber", latest), *(one.get("result") for one in pending)]
    return max(number_of(block["timestamp"]) for block in blocks if block is not None)


def _gas_price(node: Endpoint) -> tuple[int, int]:
    """Twice the base fee and the tip that the node suggests; nothing on a network without fees."""
    asked = [("eth_getBlockByNumber", ["latest", False]), ("eth_maxPriorityFeePerGas", []), ("eth_gasPrice", [])]
    latest, suggested, price = node.batch(asked)
    base = number_of(node.result("eth_getBlockByNumber", latest).get("baseFeePerGas", "0x0"))
    if base == 0 and "result" in price and number_of(price["result"]) == 0:
        return 0, 0
    tip = number_of(suggested["result"]) if "result" in suggested else 0
    return 2 * base + tip, tip


def _message(tx: Tx) -> dict[str, str]:
    message = {"data": "0x" + tx.data.hex()}
    if tx.sender is not None:
        message["from"] = tx.sender
    if tx.to is not None:
        message["to"] = tx.to
    if tx.value:
        message["value"] = hex(tx.value)
    if tx.gas is not None:
        message["gas"] = hex(tx.gas)
    return message


def _receipt(transaction: Hash, found: dict[str, Any], logs: tuple[Log, ...]) -> Receipt:
    created = found.get("contractAddress")
    return Receipt(
        transaction_hash=transaction,
        status=number_of(found["status"]),
        block_number=number_of(found["blockNumber"]),
        block_hash=Hash(found["blockHash"]),
        gas_used=number_of(found["gasUsed"]),
        logs=logs,
        contract_address=None if created is None else checksummed(created),
    )


def _sent(tx: dict[str, Any], sender: Address) -> Sent:
    return Sent(
        hash=Hash(tx["hash"]),
        sender=sender,
        nonce=number_of(tx["nonce"]),
        to=None if tx.get("to") is None else checksummed(tx["to"]),
        data=to_bytes(tx["input"]),
        block_number=number_of(tx["blockNumber"]),
        block_hash=Hash(tx["blockHash"]),
    )


def _log(log: dict[str, Any]) -> Log:
    """By position and without helpers: a million of them are read in one go."""
    return Log(
        checksummed(log["address"]),
        tuple(log["topics"]),
        bytes.fromhex(log["data"][2:]),
        int(log["blockNumber"], 16),
        log["blockHash"],
        log["transactionHash"],
        int(log["transactionIndex"], 16),
        int(log["logIndex"], 16),
    )
