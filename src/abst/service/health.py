"""How the parts are: store, chain, journal, sender. Told by the loops, asked over HTTP; an asker costs nothing else."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PARTS = ("store", "chain", "journal", "sender")
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Health:
    """The last words on each part, by who said them: it is well when all say so.

    stale: seconds after which a part of which nothing more was said counts as not well.
    """

    stale: float
    _trouble: dict[tuple[str, str], str] = field(default_factory=dict)
    _heard: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, part: str, by: str, trouble: str = "") -> None:
        """What somebody found of a part: trouble in words, or none."""
        with self._lock:
            self._trouble[part, by] = trouble
            self._heard[part] = time.monotonic()

    def report(self) -> dict[str, dict[str, object]]:
        """Part -> ok and why not."""
        now = time.monotonic()
        with self._lock:
            return {part: self._of(part, now) for part in PARTS}

    def _of(self, part: str, now: float) -> dict[str, object]:
        if part not in self._heard:
            return {"ok": False, "why": "not looked at yet"}
        silent = now - self._heard[part]
        why = "; ".join(words for (about, _), words in self._trouble.items() if about == part and words)
        if silent > self.stale:
            why = f"nothing heard for {silent:.0f} seconds"
        return {"ok": not why, "why": why}


class Desk(ThreadingHTTPServer):
    """Answers GET /metrics and GET /healthz (200 when every part is well, else 503)."""

    daemon_threads = True

    def __init__(self, host: str, port: int, health: Health, metrics: Callable[[], bytes]) -> None:
        """Raises OSError when the address cannot be had."""
        self.health, self.metrics = health, metrics
        super().__init__((host, port), _Asked)

    @property
    def address(self) -> str:
        """HOST:PORT, with the port that was had."""
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"


class _Asked(BaseHTTPRequestHandler):
    server: Desk
    timeout = 10  # seconds for whoever asks and then is silent

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(HTTPStatus.OK, PROMETHEUS, self.server.metrics())
        elif self.path == "/healthz":
            found = self.server.health.report()
            well = all(part["ok"] for part in found.values())
            status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps({"ok": well, "parts": found}).encode())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"/metrics or /healthz\n")

    def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def version_string(self) -> str:
        return "abst"

    def log_message(self, *_: object) -> None:
        """Scrapes are no news."""
