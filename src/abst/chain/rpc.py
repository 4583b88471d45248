"""One node by its URL: JSON-RPC requests, alone and in batches, and the ways nodes have to say no, met in one place.

Nothing is tried again here: a time-out is not a failure, and who may repeat is the sender's matter.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from itertools import count
from typing import Any

import orjson

from abst.chain.api import Head, NotAccepted, Reverted
from abst.errors import Unavailable
from abst.values import Hash, to_bytes
from abst.web import Reply, Server

REQUESTS_A_BATCH = 100  # in one HTTP request; nodes limit that (Besu 1,024 unless set), and its size (Besu 5 MB)
BYTES_A_BATCH = 2_000_000
TOO_MANY = 429  # HTTP
_HEX = re.compile(r"0x[0-9a-fA-F]*")
_ALREADY_THERE = ("already known", "already imported", "known transaction")
_EXECUTION = ("revert", "out of gas", "outofgas", "opcode", "evm error", "gas required exceeds", "insufficient funds")
_NO_BLOCK = ("unknown block", "not found")  # Besu's and geth's way to say that there is no finalized block
_TOO_MUCH = ("range", "too many results", "too many logs", "more than", "response size", "too large", "timeout")
# Words nodes use when they do not take a transaction, and the house's reason for them; the first that matches. What
# matches none ("disk full", "txpool is full", "internal error") says nothing of the transaction.
_REASONS = (
    ("lower nonce exists", ""),  # of Besu: this one may be sound
    ("nonce too low", "nonce-too-low"),
    ("nonce too high", "nonce-too-high"),
    ("nonce too distant", "nonce-too-high"),
    ("nonce is too distant", "nonce-too-high"),
    ("insufficient funds", "insufficient-funds"),
    ("upfront cost exceeds", "insufficient-funds"),
    ("underpriced", "underpriced"),
    ("base fee", "underpriced"),
    ("gas price below", "underpriced"),
    ("gas limit", "gas-limit"),
    ("gas_limit", "gas-limit"),
    ("gaslimit", "gas-limit"),
    ("intrinsic gas", "gas-limit"),
    ("chain id", "wrong-chain"),
    ("chainid", "wrong-chain"),
    ("not authorized to send", "invalid"),  # a permissioned network does not know the account
    ("decode", "invalid"),
    ("rlp", "invalid"),
    ("invalid signature", "invalid"),
    ("invalid sender", "invalid"),
    ("invalid transaction", "invalid"),
    ("transaction as invalid", "invalid"),
    ("invalid params", "invalid"),
    ("type not supported", "invalid"),
    ("oversized", "invalid"),
    ("initcode", "invalid"),
    ("fee cap", "invalid"),
    ("max fee per gas", "invalid"),
)


class TooMuch(Unavailable):
    """A node will not answer about so much at once: ask for less."""


class Endpoint:
    """One node. `asked` and `errors` count requests; `joined`: it serves our chain, and has not fallen silent since it
    was asked that; `differs`: it has another final block than the others; `pending`: it serves a pending block; `head`,
    `words`: its last known head and trouble.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asked = self.errors = self.row = 0  # row: of errors, since the last answer
        self.joined = self.differs = False
        self.pending = True
        self.head: Head | None = None
        self.words = ""
        self.rests_until = 0.0  # of time.monotonic(): before that it is asked only when no other answers
        self._numbers = count(1)
        self._most = REQUESTS_A_BATCH

    def __repr__(self) -> str:
        return f"Endpoint({self.server.shown})"

    def ask(self, method: str, *params: Any, timeout: float | None = None) -> Any:
        """The result of one request. Raises Unavailable."""
        return self.result(method, self.batch([(method, list(params))], timeout=timeout)[0])

    def ask_all(self, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """Results of the same request with several parameters, in order. Raises Unavailable when one is refused."""
        return [self.result(method, one) for one in self.batch([(method, each) for each in params])]

    def batch(
        self, requests: Sequence[tuple[str, Sequence[Any]]], *, timeout: float | None = None
    ) -> list[dict[str, Any]]:
        """The answers to several requests, in their order, asked for in batches by count and size."""
        found: list[dict[str, Any]] = []
        part: dict[int, bytes] = {}
        size = 0
        for method, params in requests:
            number = next(self._numbers)
            body = orjson.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            if part and (len(part) >= self._most or size + len(body) > BYTES_A_BATCH):
                found += self._post(part, method, timeout)
                part, size = {}, 0
            part[number] = body
            size += len(body)
        return found + (self._post(part, method, timeout) if part else [])

    def _post(self, part: dict[int, bytes], method: str, timeout: float | None) -> list[dict[str, Any]]:
        """One HTTP request, by number; a batch that the node finds too long is asked for in halves."""
        self.asked += len(part)
        alone = len(part) == 1
        bodies = list(part.values())
        try:
            reply = self.server.ask(
                "POST", "", bodies[0] if alone else b"[" + b",".join(bodies) + b"]", timeout=timeout
            )
        except Unavailable:
            self.joined = False
            raise
        answer = self._json(reply, method)
        if isinstance(answer, dict) and not alone:
            if "batch" not in words_of(answer.get("error")).lower():
                raise self.refused(f"a batch of {method}", answer.get("error"))
            each, self._most = list(part.items()), len(part) // 2
            halves = dict(each[: self._most]), dict(each[self._most :])
            return [one for half in halves for one in self._post(half, method, timeout)]
        answers = [answer] if isinstance(answer, dict) else answer
        if alone and "error" in answers[0] and answers[0].get("id") is None:
            return answers  # a node that could not read a request does not know its number
        ours = {one.get("id"): one for one in answers if "result" in one or "error" in one}
        if any(number not in ours for number in part):
            raise self.server.silent("an answer to something else")
        return [ours[number] for number in part]

    def _json(self, reply: Reply, method: str) -> Any:
        """What an HTTP answer says in JSON-RPC, of whatever status: some nodes send their errors with 400 or 500."""
        try:
            answer = orjson.loads(reply.content)
        except orjson.JSONDecodeError:
            answer = None
        if reply.status == TOO_MANY or not isinstance(answer, dict | list):
            if reply.status == 200:
                raise self.server.silent(f"no JSON-RPC: {reply.words()}")
            raise self.rests(reply.retry_after, Unavailable(f"the node refuses {method}", found=reply.words()))
        answers = [answer] if isinstance(answer, dict) else answer
        if not answers or not all(isinstance(one, dict) for one in answers):
            raise self.server.silent(f"no JSON-RPC: {reply.words()}")
        return answer

    def rests(self, seconds: int, error: Unavailable) -> Unavailable:
        """The error, once it is noted how long the node asked to be left alone."""
        self.rests_until = max(self.rests_until, time.monotonic() + seconds)
        error.where = self.server.shown
        return error

    # What an answer means

    def result(self, method: str, response: dict[str, Any]) -> Any:
        """The result. Raises Unavailable for an error."""
        if "error" in response:
            raise self.refused(method, response["error"])
        return response.get("result")

    def refused(self, method: str, error: Any) -> Unavailable:
        words = words_of(error)
        much = method == "eth_getLogs" and any(known in words.lower() for known in _TOO_MUCH)
        kind = TooMuch if much else Unavailable
        return kind(f"the node refuses {method}", found=words, where=self.server.shown)

    def ran(self, method: str, response: dict[str, Any]) -> Any:
        """What a message that was run returned. Raises Reverted."""
        if "error" not in response:
            return response.get("result")
        error = response["error"]
        words = words_of(error)
        data = revert_data(error)
        code = error.get("code") if isinstance(error, dict) else None
        if data or code == 3 or any(known in words.lower() for known in _EXECUTION):
            raise Reverted(data, "" if data else words)
        raise self.refused(method, error)

    def taken(self, transaction: Hash, response: dict[str, Any]) -> Hash:
        """The node's answer to a transaction's bytes. Raises NotAccepted when it judges them; Unavailable when it
        says no to something else, and what becomes of them is unknown.
        """
        if "error" not in response:
            return transaction
        words = words_of(response["error"])
        if any(known in words.lower() for known in _ALREADY_THERE):
            return transaction
        if self.ask("eth_getTransactionByHash", transaction) is not None:
            return transaction  # sent again after it was mined: nodes say that the nonce is too low
        reason = next((reason for known, reason in _REASONS if known in words.lower()), "")
        if not reason:
            raise self.refused("eth_sendRawTransaction", response["error"])
        raise NotAccepted(reason, "the node does not take the transaction", found=words, where=transaction)


def finalized(node: Endpoint) -> int:
    """The number of the block that the node calls final; -1 for none: not yet, or in a network without that tag."""
    (response,) = node.batch([("eth_getBlockByNumber", ["finalized", False])])
    if "error" in response and not any(known in words_of(response["error"]).lower() for known in _NO_BLOCK):
        raise node.refused("eth_getBlockByNumber", response["error"])
    block = response.get("result")
    return -1 if block is None else number_of(block["number"])


def words_of(error: Any) -> str:
    return str(error.get("message") or error) if isinstance(error, dict) else str(error)


def revert_data(error: Any) -> bytes:
    """Revert bytes in a node's error: `data` as hex, as hex after a word, or one level deeper."""
    data = error.get("data") if isinstance(error, dict) else None
    if isinstance(data, dict):
        data = data.get("data") or data.get("result")
    found = _HEX.search(data) if isinstance(data, str) else None
    return to_bytes(found[0]) if found and len(found[0]) % 2 == 0 else b""


def number_of(answer: Any) -> int:
    """A quantity: nodes write hex, some of anvil's own methods a number."""
    return int(answer, 16) if isinstance(answer, str) else int(answer)


def head_of(block: dict[str, Any]) -> Head:
    return Head(number_of(block["number"]), Hash(block["hash"]), number_of(block["timestamp"]))
