"""`abst serve`: sender and reader running on and on, with logs, metrics and health."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abst.cli.app import Noun, call_of
from abst.cli.common import fields
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, TEXT, many, maybe, record, table_of
from abst.errors import UsageError

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from abst.bootstrap.configuration import PassphraseOf

NOUN = Noun("", "")
LISTEN = "127.0.0.1:9464"
ROUND = record(
    intents=table_of(COUNT),
    requests=many(TEXT),
    block=COUNT,
    compared=COUNT,
    differences=many(TEXT),
    needs_attention=COUNT,
    halted=COUNT,
)


@NOUN.command(
    "serve",
    example="abst serve --once",
    result=maybe(ROUND),
)
def serve(
    context: typer.Context,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Where /metrics and /healthz are; port 0: any.")
    ] = LISTEN,
    every: Annotated[float, typer.Option("--every", min=0.05, help="Seconds between two rounds.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="One round of each, then end: for cron.")] = False,
    log: Annotated[str, typer.Option("--log", help="json, or console; by default what stderr is.")] = "",
) -> Answer:
    """Send what waits, read the chain and compare, on and on, until SIGTERM or Ctrl-C; exit 0 then."""
    from abst import service
    from abst.bootstrap import open_office, read_config

    home = Path(call_of(context).home)
    read_config(home)  # a folder that is no home is told at once, not waited for
    logger, passphrase_of = _logger(log), _asked_once(home)
    if not once:
        settings = service.Settings(*_place(listen), pause=every)
        code = service.serve(lambda: open_office(home, passphrase_of), settings, logger)
        return Answer(None, ["stopped"], "bug" if code else "done")
    office = open_office(home, passphrase_of)
    try:
        done = service.once(office, logger)
    finally:
        office.close()
    found = asdict(done)
    warnings = [f"{done.needs_attention} operations wait for a person: abst ops list"] if done.needs_attention else []
    return Answer(found, [fields(found)], "integrity" if done.differences else "done", warnings=warnings)


def _place(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise UsageError("not an address to listen at", found=listen, needed="HOST:PORT", where="--listen")
    return host.strip("[]"), int(port)


def _logger(form: str) -> FilteringBoundLogger:
    from abst import service

    forms = {"json": service.json_lines, "console": service.console}
    chosen = form or ("console" if sys.stderr.isatty() else "json")
    if chosen not in forms:
        raise UsageError("no such form of logs", found=chosen, needed=", ".join(forms), where="--log")
    return forms[chosen]()


def _asked_once(home: Path) -> PassphraseOf:
    """Passphrases of the keystores that are here now, asked for at the start and never again while it runs.

    A keystore that comes later is opened with the environment's or the file's words alone.
    """
    from abst.bootstrap import passphrases
    from abst.keys import Keyring

    look_up = passphrases(home)
    asked = {name: look_up(name) for name in Keyring(home / "keys", look_up).names()}
    prompts = sys.stdin.isatty()
    return lambda name: asked.get(name) if name in asked or prompts else look_up(name)
