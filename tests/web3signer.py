"""An external signer as a process of its own, with its own keys: the eth1 part of Web3Signer's HTTP interface.

`POST /api/v1/eth1/sign/{public key}` with {"data": "0x..."} answers the signature over its Keccak-256; `GET
/api/v1/eth1/publicKeys`, `GET /upcheck`. Run as a program it reads private keys (hex, one a line) from standard input,
prints its port and serves. `POST /tests/fault` makes the next signings go wrong: {"kind": "wrong-key" | "garbage" |
"high-s" | "slow" | "broken" | "forget", "times": n}. With a certificate and an authority (files) it serves TLS alone,
to clients whose certificates that authority signed.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SLOW = 1.5  # seconds


@dataclass(frozen=True)
class Running:
    """A signer's process and where it listens."""

    url: str
    process: subprocess.Popen[str]

    def fault(self, kind: str, times: int = 1) -> None:
        requests.post(f"{self.url}/tests/fault", json={"kind": kind, "times": times}, timeout=5).raise_for_status()

    def signed(self) -> list[str]:
        """What it was given to sign, as hex, in order."""
        found: list[str] = requests.get(f"{self.url}/tests/signed", timeout=5).json()
        return found


@contextmanager
def running(private_keys: Sequence[bytes], port: int = 0, *tls: Path) -> Iterator[Running]:
    """A signer with these keys, on a free port or on this one; tls: files of its certificate and of the authority."""
    command = [sys.executable, __file__, str(port), *map(str, tls)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(key.hex() + "\n" for key in private_keys))
        process.stdin.close()
        try:
            yield Running(f"http{'s' if tls else ''}://127.0.0.1:{int(process.stdout.readline())}", process)
        finally:
            process.kill()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/upcheck":
            return self._tell(200, "OK")
        if self.path == "/api/v1/eth1/publicKeys":
            return self._tell(200, json.dumps(list(self.server.keys)))
        if self.path == "/tests/signed":
            return self._tell(200, json.dumps(self.server.signed))
        return self._tell(404, "Resource not found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/tests/fault":
            self.server.faults = [body["kind"]] * body["times"]
            return self._tell(200, "OK")
        key = self.server.keys.get("0x" + self.path.rsplit("/", 1)[-1].removeprefix("0x").lower())
        fault = self.server.faults.pop() if self.server.faults else ""
        if key is None or fault == "forget":
            return self._tell(404, "Public Key not found")
        if not isinstance(body.get("data"), str) or not body["data"].startswith("0x"):
            return self._tell(400, "Bad request format")
        if fault == "slow":
            time.sleep(SLOW)
        if fault == "broken":
            return self._tell(500, "Internal server error")
        if fault == "garbage":
            return self._tell(200, "0x1234")
        self.server.signed.append(body["data"])
        return self._tell(200, _signature(key, bytes.fromhex(body["data"][2:]), fault))

    def _tell(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def _signature(key: Any, data: bytes, fault: str) -> str:
    from eth_keys import keys

    if fault == "wrong-key":
        key = keys.PrivateKey(b"\x77" * 32)
    v, r, s = key.sign_msg(data).vrs  # it hashes with Keccak-256
    if fault == "high-s":
        v, s = 1 - v, ORDER - s
    return f"0x{r:064x}{s:064x}{27 + v:02x}"


def _serve(port: int, certificate: str = "", authority: str = "") -> None:
    from eth_keys import keys

    server: Any = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    held = [keys.PrivateKey(bytes.fromhex(line.strip())) for line in sys.stdin]
    server.keys = {key.public_key.to_hex(): key for key in held}
    server.faults, server.signed = [], []
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # a client without a certificate is no news
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), *sys.argv[2:])
