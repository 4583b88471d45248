"""The loops: each opens the office for itself, does a round, pauses, and does the next, whatever befalls the others.

A store or chain that cannot be reached is waited for, longer each time; a bug stops the whole process, for whoever
runs it to start it again. Told to stop, each loop finishes the round it is in.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from structlog.typing import FilteringBoundLogger

from abst.chain.office import Office
from abst.errors import EXIT_BUG, EXIT_DONE, AbstError, UsageError
from abst.service.health import Desk, Health
from abst.service.logs import place
from abst.service.metrics import Metrics
from abst.service.rounds import Reading, Sending, Watching

LONGEST = 30.0  # seconds between two attempts, at most
REOPEN = 300.0  # seconds after which an office is opened anew, so that changed settings are met
STALE = 120.0  # seconds without a word after which a part counts as not well
PATIENCE = 1.0  # seconds that a round waits for receipts; the next round goes on


@dataclass(frozen=True, slots=True)
class Settings:
    """host, port: where metrics and health are asked for, port 0 for any; pause: seconds between two rounds."""

    host: str
    port: int
    pause: float = 1.0


@dataclass
class Loop:
    """One thing done again and again. parts: of the health report, those that cannot be well without it; of several
    the step says itself which is not.
    """

    name: str
    parts: tuple[str, ...]
    step: Callable[[Office], object]
    pause: float
    failed: int = 0  # in a row

    def run(self, service: _Service) -> None:
        """Until the service stops. A bug stops the service."""
        office: Office | None = None
        opened = 0.0
        try:
            while not service.stop.is_set():
                try:
                    if office is None or time.monotonic() - opened > REOPEN:
                        office, opened = self._opened(service, office), time.monotonic()
                    self.step(office)
                    delay = self._well(service)
                except AbstError as error:
                    delay = self._ill(service, error)
                service.stop.wait(delay)
        except Exception as bug:  # noqa: BLE001 - told without its words, which may quote a person; then all stops
            service.log.critical("bug", loop=self.name, error=type(bug).__name__, where=place(bug))
            service.metrics.errors.labels(self.name, "bug").inc()
            service.code = EXIT_BUG
            service.stop.set()
        finally:
            if office is not None:
                office.close()

    def _opened(self, service: _Service, old: Office | None) -> Office:
        """An office that knows today's settings, in place of the old one. Raises what opening raises."""
        try:
            office = service.open()
        except AbstError as error:
            for part in self.parts:
                service.health.say(part, "opening", error.message)
            raise
        for part in self.parts:
            service.health.say(part, "opening")
        if old is not None:
            old.close()
        return office

    def _well(self, service: _Service) -> float:
        self.failed = 0
        service.metrics.last_success.labels(self.name).set_to_current_time()
        if len(self.parts) == 1:
            service.health.say(self.parts[0], self.name)
        return self.pause

    def _ill(self, service: _Service, error: AbstError) -> float:
        self.failed += 1
        kind, delay = type(error).__name__, backoff(self.pause, self.failed)
        service.metrics.errors.labels(self.name, kind).inc()
        service.log.warning("failed", loop=self.name, error=kind, outcome=error.message, delay=round(delay, 2))
        if len(self.parts) == 1:
            service.health.say(self.parts[0], self.name, error.message)
        return delay


def backoff(pause: float, failed: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, capped, spread so that many do not come at once."""
    return min(max(pause, 0.1) * 2.0 ** min(failed, 16), LONGEST) * random.uniform(0.5, 1.0)


class _Service:
    """What the loops share."""

    def __init__(self, open_office: Callable[[], Office], settings: Settings, log: FilteringBoundLogger) -> None:
        self.open_office, self.settings, self.log = open_office, settings, log
        self.stop = threading.Event()
        self.metrics, self.health = Metrics(), Health(STALE)
        self.code = EXIT_DONE

    def open(self) -> Office:
        """An office whose sender does not wait long, and ends a drain between two steps when all stops."""
        office = self.open_office()
        office.sender.patience = PATIENCE
        office.sender.stopping = self.stop.is_set
        return office

    def loops(self) -> list[Loop]:
        """All of them."""
        pause = self.settings.pause
        return [
            Loop("sender", ("sender",), Sending(self.log, self.metrics).round, pause),
            Loop("reader", ("journal",), Reading(self.log, self.metrics).round, pause),
            Loop("watch", ("store", "chain"), Watching(self.metrics, self.health).round, pause),
        ]


def serve(open_office: Callable[[], Office], settings: Settings, log: FilteringBoundLogger) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code: 0, or 1 after a bug. Only in a process's main thread.

    Raises UsageError when the address to listen at cannot be had.
    """
    service = _Service(open_office, settings, log)
    try:
        desk = Desk(settings.host, settings.port, service.health, service.metrics.text)
    except OSError as error:
        raise UsageError(
            "cannot listen", found=str(error.strerror), needed="a free HOST:PORT", where="--listen"
        ) from None
    threads = [threading.Thread(target=loop.run, args=(service,), name=loop.name) for loop in service.loops()]
    with desk, _told_to_stop(service.stop):
        threading.Thread(target=desk.serve_forever, name="desk", daemon=True).start()
        log.info("listening", address=desk.address)
        for thread in threads:
            thread.start()
        service.stop.wait()
        log.info("stopping")
        for thread in threads:
            thread.join()
        desk.shutdown()
    log.info("stopped")
    return service.code


@contextmanager
def _told_to_stop(stop: threading.Event) -> Iterator[None]:
    """The first SIGTERM or SIGINT asks for the end; a second one is answered as if this were not here."""

    def told(number: int, _: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[number])

    before = {int(number): signal.getsignal(number) or signal.SIG_DFL for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, told)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
