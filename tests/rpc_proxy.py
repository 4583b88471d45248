"""A scripted JSON-RPC proxy in front of a real node: what networks and nodes do to a sender, on command.

    with proxied(node_url) as proxy:
        proxy.script(DROP_ANSWER, "eth_sendRawTransaction")          # the node does it, nobody hears of it; once
        proxy.script(error("disk full"), times=3, after=2)           # the third to fifth request, whatever its method
        proxy.storm(seed=7, chance=0.1)                              # any fault at any request, the same by the seed
        proxy.freeze()                                               # the node's head stands still, as it tells it
        proxy.chain_id = 7                                           # ... and says that it is another chain
        with proxy.gone(): ...                                       # nothing listens on its port
        proxy.clear()                                                # a good node again

A fault at any request of a batch meets the whole batch (one HTTP request), except `error`, which answers that one.
`proxy.seen` is every method asked for, in order; `proxy.met` the faults that came to pass.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests


@dataclass(frozen=True)
class Fault:
    """One way to go wrong. words, code: of a JSON-RPC error; status, headers: of HTTP; seconds: of waiting."""

    kind: str
    words: str = ""
    code: int = -32000
    status: int = 200
    seconds: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()


DROP_REQUEST = Fault("drop-request")  # the connection breaks before the node hears anything
DROP_ANSWER = Fault("drop-answer")  # the node did it; the connection breaks before it is told
HALF = Fault("half")  # the node did the first half of a batch (of one request: none); then the connection breaks
TWICE = Fault("twice")  # the node is asked twice, and the second answer is given
BROKEN = Fault("broken")  # done, but the answer is no JSON
TRUNCATED = Fault("truncated")  # done, but the answer stops in the middle
STRANGER = Fault("stranger")  # done, but the answer is to a request of another number
FORGETS = Fault("forgets")  # done, but the answer has no result and no error: `null`


def delay(seconds: float) -> Fault:
    """The node hears of it so much later."""
    return Fault("delay", seconds=seconds)


def late(seconds: float) -> Fault:
    """The node does it at once, and its answer comes so much later."""
    return Fault("late", seconds=seconds)


def error(words: str, code: int = -32000) -> Fault:
    """The node refuses in these words and does nothing."""
    return Fault("error", words=words, code=code)


def http(status: int, words: str = "", **headers: str) -> Fault:
    """The node's web server refuses: 429, 500, 503 ... `Retry_After="2"` becomes a header."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fault("http", words=words, status=status, headers=named)


# What a storm is made of, unless it is told otherwise.
WEATHER = (
    DROP_REQUEST,
    DROP_ANSWER,
    HALF,
    TWICE,
    BROKEN,
    TRUNCATED,
    late(0.05),
    error("disk full"),
    error("too many requests", -32005),
    http(500, "internal server error"),
    http(429, "too many requests", Retry_After="1"),
)


@dataclass
class Rule:
    """When a fault comes: by method (None: any), after so many matches, so many times (None: for good), by chance."""

    fault: Fault
    methods: tuple[str, ...] | None
    times: int | None
    after: int
    chance: float
    dice: random.Random

    def comes(self, method: str) -> bool:
        """Whether it comes at this request; counts."""
        if (self.methods is not None and method not in self.methods) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.dice.random() >= self.chance:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Proxy:
    """A proxy's script, and what it saw. chain_id: told instead of the node's; frozen: number of the head it tells."""

    upstream: str
    url: str = ""
    rules: list[Rule] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    bearer: str = ""  # the token of the last request
    chain_id: int | None = None
    frozen: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    server: Any = None
    node: requests.Session = field(default_factory=requests.Session)

    def script(
        self,
        fault: Fault,
        *methods: str,
        times: int | None = 1,
        after: int = 0,
        chance: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Let a fault come at requests of these methods (none: of any)."""
        with self.lock:
            self.rules.append(Rule(fault, methods or None, times, after, chance, random.Random(seed)))

    def storm(self, seed: int, chance: float, faults: Sequence[Fault] = WEATHER, *methods: str) -> None:
        """Let any of these faults come at any request with this chance, drawn from the seed."""
        for place, fault in enumerate(faults):
            self.script(fault, *methods, times=None, chance=chance / len(faults), seed=seed * 1_000 + place)

    def clear(self) -> None:
        """A good node again. What was seen and met stays."""
        with self.lock:
            self.rules.clear()
            self.chain_id = self.frozen = None

    def freeze(self, back: int = 0) -> int:
        """From now on the node tells of its chain as of today's head, or `back` blocks before; answers its number."""
        head = int(self.ask("eth_blockNumber"), 16) - back
        self.frozen = head
        return head

    def ask(self, method: str, *params: Any) -> Any:
        """Ask the node itself, past the script. Raises AssertionError with its error."""
        answer = self.forward({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        assert "error" not in answer, answer
        return answer["result"]

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Nothing listens on the port; after it the proxy does again."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def start(self) -> None:
        port = int(self.url.rsplit(":", 1)[1]) if self.url else 0
        self.server = _Server(("127.0.0.1", port), _Handler)
        self.server.proxy = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.server.hang_up()

    # What happens to one HTTP request

    def fault_of(self, method: str) -> Fault | None:
        with self.lock:
            self.seen.append(method)
            found = next((rule.fault for rule in self.rules if rule.comes(method)), None)
            if found is not None:
                self.met.append(found.kind)
            return found

    def forward(self, body: Any) -> Any:
        return self.node.post(self.upstream, json=body, timeout=60).json()

    def answer(self, body: Any) -> Any:
        """The node's answer, told as the proxy's lies have it."""
        if isinstance(body, list):
            return [_lie(self, one, found) for one, found in zip(body, self._batch(body), strict=True)]
        return _lie(self, body, self.forward(_as_of(self, body)))

    def _batch(self, body: list[Any]) -> list[Any]:
        found = {one["id"]: one for one in self.forward([_as_of(self, one) for one in body])} if body else {}
        return [found[one["id"]] for one in body]


@contextmanager
def proxied(upstream: str) -> Iterator[Proxy]:
    """A proxy in front of the node at this URL, in a thread of its own."""
    proxy = Proxy(upstream)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


_BLOCK_AT = {  # where a method's parameters name a block
    "eth_call": 1,
    "eth_estimateGas": 1,
    "eth_getTransactionCount": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getBlockByNumber": 0,
}


def _as_of(proxy: Proxy, request: Any) -> Any:
    """The request as a node would understand it whose head is the frozen one."""
    frozen, place = proxy.frozen, _BLOCK_AT.get(request["method"])
    if frozen is None:
        return request
    params = list(request.get("params") or [])
    if place is not None and len(params) > place and params[place] in ("latest", "pending", "safe", "finalized"):
        params[place] = hex(frozen)
    return request | {"params": params}


def _lie(proxy: Proxy, request: Any, answer: Any) -> Any:
    if proxy.chain_id is not None and request["method"] in ("eth_chainId", "net_version"):
        return answer | {"result": hex(proxy.chain_id)}
    if proxy.frozen is None or not answer.get("result"):
        return answer
    result = answer["result"]
    if request["method"] == "eth_blockNumber":
        return answer | {"result": hex(proxy.frozen)}
    if request["method"] == "eth_getLogs":
        return answer | {"result": [log for log in result if int(log["blockNumber"], 16) <= proxy.frozen]}
    number = result.get("number", result.get("blockNumber")) if isinstance(result, dict) else None
    if number is not None and int(number, 16) > proxy.frozen:
        if request["method"] == "eth_getTransactionByHash":  # such a node has it in its pool
            return answer | {"result": result | {"blockNumber": None, "blockHash": None}}
        return answer | {"result": None}
    return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    proxy: Proxy

    def __init__(self, *args: Any) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(*args)
        _SERVERS.add(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End connections that clients keep open, so that a proxy which is gone is gone."""
        for one in list(self.open):
            with suppress(OSError):  # its client was first
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, killed or out of patience, is no news."""


_SERVERS: weakref.WeakSet[_Server] = weakref.WeakSet()


def _let_go() -> None:
    """A forked child has the sockets too, and would hold the port of a proxy that is gone."""
    for server in list(_SERVERS):
        for one in (server.socket, *server.open):
            one.close()


os.register_at_fork(after_in_child=_let_go)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        proxy = self.server.proxy
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        each = body if isinstance(body, list) else [body]
        proxy.bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        faults = []
        for one in each:
            fault = proxy.fault_of(one["method"])
            if fault is not None and fault.kind != "error":
                return self._go_wrong(fault, body, each)
            faults.append(fault)
        refused = [
            {"jsonrpc": "2.0", "id": one["id"], "error": {"code": fault.code, "message": fault.words}}
            for one, fault in zip(each, faults, strict=True)
            if fault is not None
        ]
        if not refused:
            return self._tell(proxy.answer(body))
        if not isinstance(body, list):
            return self._tell(refused[0])
        return self._tell([*refused, *proxy.answer([one for one, f in zip(each, faults, strict=True) if f is None])])

    def _go_wrong(self, fault: Fault, body: Any, each: list[Any]) -> None:
        proxy = self.server.proxy
        if fault.kind == "http":
            return self._write(fault.status, fault.words.encode(), fault.headers)
        if fault.kind == "drop-request":
            return self._break()
        if fault.kind == "half":
            for one in each[: len(each) // 2]:
                proxy.answer(one)
            return self._break()
        if fault.kind == "delay":
            time.sleep(fault.seconds)
        answer = proxy.answer(body)
        if fault.kind == "late":
            time.sleep(fault.seconds)
        if fault.kind == "drop-answer":
            return self._break()
        if fault.kind == "twice":
            answer = proxy.answer(body)
        if fault.kind == "stranger":
            for one in answer if isinstance(answer, list) else [answer]:
                one["id"] += 1_000_000
        if fault.kind == "forgets":
            return self._write(200, b"null")
        if fault.kind == "broken":
            return self._write(200, b"<html>504 Gateway</html>")
        if fault.kind == "truncated":
            text = json.dumps(answer).encode()
            self._write(200, text[: len(text) // 2], length=len(text))
            return self._break()
        return self._tell(answer)

    def _tell(self, answer: Any) -> None:
        self._write(200, json.dumps(answer).encode())

    def _write(
        self, status: int, body: bytes, headers: Sequence[tuple[str, str]] = (), length: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _break(self) -> None:
        """Reset the connection, as a crash or a cable does."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
