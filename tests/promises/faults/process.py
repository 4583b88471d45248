"""A process of an operator: forked, on a home, it does one act after another until it dies, and can be held between.

It stops at a yield point that its order names: before and after each commit of the store, each call of the chain by
the sender, and each signature. The code under test knows nothing of it. While it stands still the machine does what it
likes, to the process or to the world, and lets it go on, with or without a fault at that very point.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from abst import bootstrap
from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Office
from abst.errors import AbstError, Unavailable
from abst.store import Store
from abst.values import Hash, hash_of
from promises.kill_harness import PASSPHRASE

STORE_PATIENCE = 0.2  # seconds that an operator's process waits for the store
NODE_PATIENCE = 0.0  # seconds that its sender waits for news
CALLS = (
    "balance",
    "block",
    "blocks",
    "call",
    "call_many",
    "estimate",
    "estimate_many",
    "final",
    "gas_price",
    "head",
    "nonce",
    "now",
    "receipt",
    "receipts",
    "send_raw",
    "send_raw_many",
)

# What may happen to a process at a point where it stands; anything else happens to the world around it.
GO, FAIL, TWICE, SWALLOW, STALE, LATER, EARLIER = "go", "fail", "twice", "swallow", "stale", "later", "earlier"
DISK_FAILS = "disk-fails"
CLOCK = {LATER: 3_600.0, EARLIER: -3_600.0}  # seconds by which the host's clock jumps


@dataclass(frozen=True)
class Paused:
    """It stands at a point. number: how many points of the act it has reached."""

    point: str
    number: int


@dataclass(frozen=True)
class Ended:
    """What an act came to: an outcome, or the error it raised. house: an error of the house's tree, or none."""

    outcome: str
    words: str = ""
    house: bool = True
    points: int = 0
    told: Any = None


Work = Callable[[Office], Any]


class Process:
    """The parent's side of one forked process; begun with its first order."""

    def __init__(self, home: Path, knows: Callable[[str], bool] = lambda _: True) -> None:
        """knows: of which keystores, by name, the operator has the passphrase."""
        self.home, self.knows = home, knows
        self.pid = 0
        self.pipe: Connection | None = None
        self.paused: Paused | None = None

    def do(self, work: Work, stop_at: int | None = None) -> Paused | Ended | None:
        """Give an order; what it comes to, or where it stands, or None when it died."""
        assert self.paused is None
        if self.pipe is None:
            self._begin()
        return self._say((work, stop_at))

    def go_on(self, deed: str = GO, stop_at: int | None = None) -> Paused | Ended | None:
        """Let it go on from where it stands. stop_at: the next point, counted through the act."""
        assert self.paused is not None
        return self._say((deed, stop_at))

    def kill(self) -> None:
        """The power is cut: no handler, no `finally`, no flush."""
        if self.pipe is not None:
            os.kill(self.pid, signal.SIGKILL)
            self._gone()

    def _begin(self) -> None:
        ours, theirs = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _live(self.home, self.knows, theirs)
        theirs.close()
        self.pipe = ours

    def _say(self, words: tuple[Any, int | None]) -> Paused | Ended | None:
        assert self.pipe is not None
        try:
            self.pipe.send(words)
            said: Paused | Ended = self.pipe.recv()
        except (EOFError, ConnectionError):
            self._gone()
            return None
        self.paused = said if isinstance(said, Paused) else None
        return said

    def _gone(self) -> None:
        assert self.pipe is not None
        self.pipe.close()
        self.pipe = self.paused = None
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


# ---- the child's side


class Points:
    """Counts the points that an act reaches, and stands still at the one that was named."""

    def __init__(self, pipe: Connection | None) -> None:
        self.pipe = pipe
        self.reached, self.stop_at = 0, None
        self.names: list[str] = []

    def begin(self, stop_at: int | None) -> None:
        self.reached, self.stop_at, self.names = 0, stop_at, []

    def reach(self, point: str) -> str:
        """What is to happen here; usually nothing."""
        self.reached += 1
        self.names.append(point)
        if self.stop_at is None or self.reached < self.stop_at:
            return GO
        assert self.pipe is not None
        self.pipe.send(Paused(point, self.reached))
        deed: str
        deed, self.stop_at = self.pipe.recv()
        if deed in CLOCK:
            _move_clock(CLOCK[deed])
        if deed == DISK_FAILS:  # no file may grow any more in this process
            resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        return deed


class Watched:
    """A chain as the sender sees it: each call is a point before it and one after."""

    def __init__(self, chain: Any, points: Points) -> None:
        self._chain, self._points = chain, points
        self._old: Any = None  # the chain as it was, for one who is told of it no more

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._chain, name)
        return self._call(name, real) if name in CALLS else real

    def _call(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*words: Any, **more: Any) -> Any:
            deed = self._points.reach(f"before {name}")
            if deed == FAIL:
                raise Unavailable("the node does not answer", where=name)
            if deed == STALE:
                self._freeze()
            if deed == SWALLOW and name.startswith("send_raw"):
                return _as_if_taken(*words)
            asked = real
            if self._old is not None and not name.startswith("send_raw"):
                asked = getattr(self._old, name)
            answer = asked(*words, **more)
            if deed == TWICE:
                answer = asked(*words, **more)
            if self._points.reach(f"after {name}") == FAIL:
                raise Unavailable("the node's answer was lost", where=name)
            return answer

        return called

    def _freeze(self) -> None:
        if isinstance(self._chain, EmbeddedChain) and self._old is None:
            path = Path(tempfile.gettempdir()) / f"abst-old-{os.getpid()}.db"
            self._chain.copy_to(path)
            self._old = EmbeddedChain(path, create=False)

    def thaw(self) -> None:
        if self._old is not None:
            self._old.close()
            Path(self._old.path).unlink()
            self._old = None


def _as_if_taken(raws: bytes | Sequence[bytes]) -> Any:
    """What a node says that takes transactions and forgets them."""
    return hash_of(raws) if isinstance(raws, bytes) else [Hash(hash_of(raw)) for raw in raws]


class Signing:
    """A signer whose signatures are points."""

    def __init__(self, signer: Any, points: Points) -> None:
        self._signer, self._points = signer, points

    def __getattr__(self, name: str) -> Any:
        if name == "sign_transaction":
            self._points.reach("before signing")
        return getattr(self._signer, name)


def watch(office: Office, points: Points) -> Watched:
    """Put the points into an office: around the store's commits, the sender's chain and its keys."""
    begin, signer_of = office.store.begin, office.sender.signer_of

    @contextmanager
    def begun(**more: Any) -> Iterator[Session]:
        _may_fail(points.reach("before a transaction"))
        with begin(**more) as session:
            yield session
            _may_fail(points.reach("before a commit"))
        _may_fail(points.reach("after a commit"))

    def signer(address: Any) -> Any:
        found = signer_of(address)
        return None if found is None else Signing(found, points)

    chain = Watched(office.chain, points)
    office.store.begin = begun
    office.sender.chain, office.sender.signer_of = chain, signer
    office.sender.patience = NODE_PATIENCE
    return chain


def _may_fail(deed: str) -> None:
    if deed == FAIL:
        raise Unavailable("the store cannot be reached", where="a fault")


def _move_clock(seconds: float) -> None:
    wall = time.time
    time.time = lambda: wall() + seconds


def _live(home: Path, knows: Callable[[str], bool], pipe: Connection) -> None:
    """The fork's whole life: it never returns into the test."""
    gc.freeze()  # what was inherited is left alone, and the memory stays shared
    try:
        Store.__init__.__defaults__ = (STORE_PATIENCE,)
        points = Points(pipe)
        office: Office | None = None
        chain: Watched | None = None
        while True:
            work, stop_at = pipe.recv()
            try:
                if office is None or chain is None:
                    office = bootstrap.open_office(home, lambda name: PASSPHRASE if knows(name) else None)
                    chain = watch(office, points)
                points.begin(stop_at)
                answer = _done(work, office, points)
                chain.thaw()
            except AbstError as error:
                answer = _error(error, 0)
            pipe.send(answer)
    except (EOFError, ConnectionError, KeyboardInterrupt):
        pass
    except BaseException:  # noqa: BLE001 - a child never returns into the test
        traceback.print_exc()
    finally:
        os._exit(0)


def _done(work: Work, office: Office, points: Points) -> Ended:
    try:
        told = work(office)
    except AbstError as error:
        return _error(error, points.reached)
    except Exception:  # noqa: BLE001 - whatever it was, the machine reports it
        return Ended("bug", traceback.format_exc(), house=False, points=points.reached)
    return Ended(getattr(told, "outcome", "done"), points=points.reached, told=told)


def _error(error: AbstError, points: int) -> Ended:
    where = f"; {error.found}; {error.needed}; {error.where}"
    return Ended(type(error).__name__, f"{error.message}{where}", points=points)
