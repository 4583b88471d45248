"""A server that the house speaks to over HTTP: a node, a signer. One request, one answer, nothing tried again.

What is shown of it never holds a password, a key in a path or a token: scheme, host and port alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from abst.errors import Unavailable, UsageError

if TYPE_CHECKING:
    from urllib3 import PoolManager

CONNECTIONS = 8  # kept open to one server, for as many threads


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer of any status. retry_after: seconds the server asks to be left alone, 0 when it does not say."""

    status: int
    content: bytes
    retry_after: int = 0

    def words(self) -> str:
        """What it says, to be shown: the status and the beginning of the text."""
        text = " ".join(self.content[:300].decode("utf-8", "replace").split())
        asked = f"; retry after {self.retry_after} s" if self.retry_after else ""
        return f"HTTP {self.status}{': ' if text else ''}{text}{asked}"


class Server:
    """A server by URL; user and password may stand in it. Opens no connection by itself; safe for several threads.

    timeout: seconds to connect, and between two pieces of an answer; authority: file of the certificates trusted
    instead of the system's; certificate: file of ours with its key, for servers that ask for one; token: file of a
    bearer token, read at each request so that it may be renewed. Raises UsageError for a URL that is none.
    """

    def __init__(
        self, url: str, timeout: float, *, authority: str = "", certificate: str = "", token: str = "", what: str = ""
    ) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
            raise UsageError("not an address of a server", needed="http://HOST:PORT or https://HOST:PORT", where=what)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.shown = f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")
        self.what = what or "server"
        self._base = self.shown + parts.path.rstrip("/")
        self._query = f"?{parts.query}" if parts.query else ""
        self._timeout, self._authority, self._certificate, self._token = timeout, authority, certificate, token
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username is not None:
            from urllib3.util import make_headers

            basic = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers |= {str(name): str(value) for name, value in make_headers(basic_auth=basic).items()}
        self._pool: PoolManager | None = None

    def __repr__(self) -> str:
        return f"Server({self.shown})"

    def ask(self, method: str, path: str = "", body: bytes | None = None, *, timeout: float | None = None) -> Reply:
        """One request. Raises Unavailable when no whole answer comes: what became of the request is then unknown."""
        from urllib3.exceptions import HTTPError

        try:
            reply = self._connections().request(
                method,
                self._base + path + self._query,
                body=body,
                headers=self._headers | self._bearer(),
                timeout=self._timeout if timeout is None else timeout,
                retries=False,
                redirect=False,
            )
        except (HTTPError, OSError, ValueError) as error:
            raise self.silent(_plainly(error)) from None
        after = reply.headers.get("Retry-After", "")
        return Reply(reply.status, reply.data, int(after) if after.isdecimal() else 0)

    def silent(self, found: str) -> Unavailable:
        return Unavailable(f"the {self.what} does not answer", found=found, where=self.shown)

    def _connections(self) -> PoolManager:
        if self._pool is None:
            import urllib3

            self._pool = urllib3.PoolManager(
                maxsize=CONNECTIONS, ca_certs=self._authority or None, cert_file=self._certificate or None
            )
        return self._pool

    def _bearer(self) -> dict[str, str]:
        if not self._token:
            return {}
        try:
            return {"Authorization": "Bearer " + Path(self._token).read_text(encoding="ascii").strip()}
        except (OSError, ValueError) as error:
            found = type(error).__name__
            raise Unavailable("the bearer token cannot be read", found=found, where=self._token) from None


def _plainly(error: Exception) -> str:
    """The kind of failure in words; the library's own name the URL, which may hold a secret."""
    from urllib3 import exceptions

    reason = getattr(error, "reason", None)
    if isinstance(reason, Exception):
        error = reason
    kinds = (
        (exceptions.NameResolutionError, "the host's name is unknown"),
        (exceptions.NewConnectionError, "nothing listens there"),  # is a ConnectTimeoutError too
        (exceptions.ConnectTimeoutError, "no connection in time"),
        (exceptions.ReadTimeoutError, "no answer in time"),
        (exceptions.SSLError, "TLS failed"),
        (exceptions.ProtocolError, "the connection broke"),
    )
    return next((words for kind, words in kinds if isinstance(error, kind)), type(error).__name__)
