"""Any EVM node over JSON-RPC (a permissioned network in production, anvil in tests), as `abst.chain.api.Chain`.

Requests go straight through web3's HTTP provider: the few answers needed are decoded here, so a node's peculiar error
shapes are met in one place. Nothing is retried: a time-out is not a failure, and who may repeat is the sender's matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from eth_utils.address import to_checksum_address
from requests.exceptions import RequestException
from web3.exceptions import Web3Exception
from web3.providers.rpc import HTTPProvider
from web3.types import RPCEndpoint

from abst.chain.api import Head, Log, NotAccepted, Receipt, Reverted, Sent, Tx
from abst.chain.reader import pieces
from abst.errors import Unavailable
from abst.values import Address, Hash, hash_of, to_bytes

BLOCKS_A_QUERY = 5_000  # of logs; nodes limit the range of one request
REQUESTS_A_BATCH = 100  # in one HTTP request; nodes limit that too
SECONDS_TO_ANSWER = 30
_HEX = re.compile(r"0x[0-9a-fA-F]*")
_ALREADY_THERE = ("already known", "already imported", "known transaction")
_EXECUTION = ("revert", "out of gas", "outofgas", "opcode", "evm error", "gas required exceeds", "insufficient funds")
# Words nodes use when they do not take a transaction, and the house's reason for them; the first that matches.
_REASONS = (
    ("nonce too low", "nonce-too-low"),
    ("nonce too high", "nonce-too-high"),
    ("nonce too distant", "nonce-too-high"),
    ("insufficient funds", "insufficient-funds"),
    ("upfront cost exceeds", "insufficient-funds"),
    ("underpriced", "underpriced"),
    ("base fee", "underpriced"),
    ("gas limit", "gas-limit"),
    ("gas_limit", "gas-limit"),
    ("gaslimit", "gas-limit"),
    ("chain id", "wrong-chain"),
    ("chainid", "wrong-chain"),
)


class NodeChain:
    """A node by URL. finality: blocks on top before a block is final (0 on a network with immediate finality), or
    ``finalized``: the node says it itself.

    chain_id: what is expected, when known; another one is refused. Raises Unavailable when nothing answers.
    `now()` is the pending block's time; a node that serves no pending block gives its latest block's.
    """

    def __init__(
        self,
        url: str,
        finality: int | Literal["finalized"] = 0,
        chain_id: int | None = None,
        timeout: int = SECONDS_TO_ANSWER,
    ) -> None:
        self.url = url
        self._finality = finality
        self._provider = HTTPProvider(url, {"timeout": timeout}, exception_retry_configuration=None)
        self._id = _number(self._ask("eth_chainId"))
        if chain_id is not None and chain_id != self._id:
            raise Unavailable(
                "the node serves another chain",
                found=f"chain id {self._id}",
                needed=f"chain id {chain_id}",
                where=url,
            )
        self._now = "latest" if self._block("pending") is None else "pending"

    @property
    def chain_id(self) -> int:
        return self._id

    # Requests

    def _request(self, method: str, *params: Any) -> dict[str, Any]:
        try:
            response: Any = self._provider.make_request(RPCEndpoint(method), list(params))
        except (RequestException, Web3Exception, OSError, ValueError) as error:
            raise self._silent(error) from error
        return dict(response)

    def _silent(self, error: Exception) -> Unavailable:
        return Unavailable("the node does not answer", found=f"{type(error).__name__}: {error}", where=self.url)

    def _ask(self, method: str, *params: Any) -> Any:
        return self._result(method, self._request(method, *params))

    def _result(self, method: str, response: dict[str, Any]) -> Any:
        if "error" in response:
            raise self._refused(method, response["error"])
        return response.get("result")

    def _batch(self, requests: Sequence[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        """Answers to several requests, in their order, asked for in batches."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(requests), REQUESTS_A_BATCH):
            part = [(RPCEndpoint(method), params) for method, params in requests[start : start + REQUESTS_A_BATCH]]
            try:
                responses: Any = self._provider.make_batch_request(part)
            except (RequestException, Web3Exception, OSError, ValueError) as error:
                raise self._silent(error) from error
            if not isinstance(responses, list):
                raise self._refused(f"a batch of {part[0][0]}", responses.get("error"))
            found += sorted(responses, key=lambda one: int(one["id"]))
        return found

    def _ask_all(self, method: str, params: Sequence[list[Any]]) -> list[Any]:
        return [self._result(method, one) for one in self._batch([(method, each) for each in params])]

    def _refused(self, method: str, error: Any) -> Unavailable:
        return Unavailable(f"the node refuses {method}", found=_words(error), where=self.url)

    def _ran(self, method: str, response: dict[str, Any]) -> Any:
        """What a message that was run returned. Raises Reverted."""
        if "error" not in response:
            return response.get("result")
        error = response["error"]
        words = _words(error)
        data = _revert_data(error)
        if data or _code(error) == 3 or any(known in words.lower() for known in _EXECUTION):
            raise Reverted(data, "" if data else words)
        raise self._refused(method, error)

    def _block(self, tag: str) -> dict[str, Any] | None:
        response = self._request("eth_getBlockByNumber", tag, False)
        if "error" in response and tag != "pending":
            raise self._refused("eth_getBlockByNumber", response["error"])
        block: dict[str, Any] | None = response.get("result")
        return block

    def _latest(self) -> dict[str, Any]:
        block = self._block("latest")
        if block is None:
            raise Unavailable("the node has no latest block", where=self.url)
        return block

    # The chain's head and clock

    def now(self) -> int:
        latest = _number(self._latest()["timestamp"])
        pending = self._block("pending") if self._now == "pending" else None
        return latest if pending is None else max(latest, _number(pending["timestamp"]))

    def head(self) -> Head:
        return _head(self._latest())

    def final(self) -> int:
        if self._finality != "finalized":
            return self.head().number - self._finality
        block = self._block("finalized")
        return -1 if block is None else _number(block["number"])

    def block(self, number: int) -> Head | None:
        return self.blocks([number])[0]

    def blocks(self, numbers: Sequence[int]) -> list[Head | None]:
        asked = self._ask_all("eth_getBlockByNumber", [[hex(max(number, 0)), False] for number in numbers])
        return [
            _head(block) if block is not None and number >= 0 else None
            for number, block in zip(numbers, asked, strict=True)
        ]

    # State

    def call(self, to: Address | None, data: bytes, sender: Address | None = None) -> bytes:
        (answer,) = self.call_many([Tx(sender, to, data)])
        if isinstance(answer, Reverted):
            raise answer
        return answer

    def call_many(self, messages: Sequence[Tx]) -> list[bytes | Reverted]:
        return [to_bytes(one) if isinstance(one, str) else one for one in self._run_all("eth_call", messages)]

    def estimate(self, tx: Tx) -> int:
        (answer,) = self.estimate_many([tx])
        if isinstance(answer, Reverted):
            raise answer
        return answer

    def estimate_many(self, txs: Sequence[Tx]) -> list[int | Reverted]:
        limit = _number(self._latest()["gasLimit"])
        return [
            # A fifth more: the state may move until it is mined.
            min(_number(one) * 6 // 5, tx.gas or limit) if isinstance(one, str) else one
            for tx, one in zip(txs, self._run_all("eth_estimateGas", txs), strict=True)
        ]

    def _run_all(self, method: str, messages: Sequence[Tx]) -> list[str | Reverted]:
        """Messages run as in the next block: what each returned, or its revert."""
        responses = self._batch([(method, [_message(one), self._now]) for one in messages])
        found: list[str | Reverted] = []
        for response in responses:
            try:
                found.append(str(self._ran(method, response)))
            except Reverted as reverted:
                found.append(reverted)
        return found

    def nonce(self, address: Address, *, waiting: bool = False) -> int:
        return _number(self._ask("eth_getTransactionCount", address, "pending" if waiting else "latest"))

    def balance(self, address: Address) -> int:
        return _number(self._ask("eth_getBalance", address, "latest"))

    def code(self, address: Address) -> bytes:
        return to_bytes(self._ask("eth_getCode", address, "latest"))

    def gas_price(self) -> tuple[int, int]:
        answer = self._request("eth_maxPriorityFeePerGas")
        tip = _number(answer["result"]) if "result" in answer else 0
        base = _number(self._latest().get("baseFeePerGas", "0x0"))
        return 2 * base + tip, tip

    # Sending

    def send_raw(self, raw: bytes) -> Hash:
        return self._taken(raw, self._request("eth_sendRawTransaction", "0x" + raw.hex()))

    def send_raw_many(self, raws: Sequence[bytes]) -> list[Hash]:
        """One request for all. Those before the first that is not accepted have been taken."""
        responses = self._batch([("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in raws])
        return [self._taken(raw, response) for raw, response in zip(raws, responses, strict=True)]

    def _taken(self, raw: bytes, response: dict[str, Any]) -> Hash:
        transaction = hash_of(raw)
        if "error" not in response:
            return transaction
        words = _words(response["error"])
        if any(known in words.lower() for known in _ALREADY_THERE) or self._knows(transaction):
            return transaction
        reason = next((reason for known, reason in _REASONS if known in words.lower()), "invalid")
        raise NotAccepted(reason, "the node does not take the transaction", found=words, where=transaction)

    def _knows(self, transaction: Hash) -> bool:
        """The same bytes sent again after they were mined: nodes say that the nonce is too low."""
        return self._ask("eth_getTransactionByHash", transaction) is not None

    # What was mined

    def receipt(self, transaction: Hash) -> Receipt | None:
        return self.receipts([transaction])[0]

    def receipts(self, transactions: Sequence[Hash]) -> list[Receipt | None]:
        answers = self._ask_all("eth_getTransactionReceipt", [[str(one)] for one in transactions])
        return [self._receipt(one, found) for one, found in zip(transactions, answers, strict=True)]

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

    def _receipt(self, transaction: Hash, found: dict[str, Any] | None) -> Receipt | None:
        if found is None or found.get("blockHash") is None:
            return None
        created = found.get("contractAddress")
        return Receipt(
            transaction_hash=transaction,
            status=_number(found["status"]),
            block_number=_number(found["blockNumber"]),
            block_hash=Hash(found["blockHash"]),
            gas_used=_number(found["gasUsed"]),
            logs=tuple(_log(log) for log in found["logs"]),
            contract_address=None if created is None else Address(to_checksum_address(created)),
        )

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
        for first, last in pieces(from_block, to_block, BLOCKS_A_QUERY):
            answer = self._ask("eth_getLogs", {**wanted, "fromBlock": hex(first), "toBlock": hex(last)})
            found += [_log(log) for log in answer]
        return found


def _number(answer: Any) -> int:
    return int(answer, 16) if isinstance(answer, str) else int(answer)


def _code(error: Any) -> int | None:
    return error.get("code") if isinstance(error, dict) else None


def _words(error: Any) -> str:
    return str(error.get("message") or error) if isinstance(error, dict) else str(error)


def _revert_data(error: Any) -> bytes:
    """Revert bytes in a node's error: `data` as hex, as hex after a word, or one level deeper."""
    data = error.get("data") if isinstance(error, dict) else None
    if isinstance(data, dict):
        data = data.get("data") or data.get("result")
    found = _HEX.search(data) if isinstance(data, str) else None
    return to_bytes(found[0]) if found and len(found[0]) % 2 == 0 else b""


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


def _sent(tx: dict[str, Any], sender: Address) -> Sent:
    return Sent(
        hash=Hash(tx["hash"]),
        sender=sender,
        nonce=_number(tx["nonce"]),
        to=None if tx.get("to") is None else Address(to_checksum_address(tx["to"])),
        data=to_bytes(tx["input"]),
        block_number=_number(tx["blockNumber"]),
        block_hash=Hash(tx["blockHash"]),
    )


def _head(block: dict[str, Any]) -> Head:
    return Head(_number(block["number"]), Hash(block["hash"]), _number(block["timestamp"]))


def _log(log: dict[str, Any]) -> Log:
    return Log(
        address=Address(to_checksum_address(log["address"])),
        topics=tuple(Hash(topic) for topic in log["topics"]),
        data=to_bytes(log["data"]),
        block_number=_number(log["blockNumber"]),
        block_hash=Hash(log["blockHash"]),
        transaction_hash=Hash(log["transactionHash"]),
        transaction_index=_number(log["transactionIndex"]),
        log_index=_number(log["logIndex"]),
    )
