"""Which process this is, and whether another one still lives: who holds a signer's lane."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

PROC = Path("/proc")
BOOT = PROC / "sys/kernel/random/boot_id"
GONE = ("Z", "X")  # states of a process that runs no more


def this_process() -> str:
    """host/boot/namespace/pid/start: no two processes ever have the same, wherever they run."""
    return f"{_machine()}/{os.getpid()}/{_start(os.getpid()) or 0}"


def is_dead(holder: str) -> bool:
    """Whether a holder surely runs no more: it was of this host, before it was started anew, or its process is gone.

    Of another host, or of another container, nothing is known here.
    """
    try:
        host, boot, namespace, pid, start = holder.rsplit("/", 4)
        here, booted, ours = _machine().rsplit("/", 2)
        if host != here:
            return False
        if boot != booted:
            return True
        if namespace != ours:
            return False
        return not _runs(int(pid), int(start))
    except ValueError:
        return False  # written by another version: its time will tell


def words_of(holder: str) -> str:
    """A holder as people name it."""
    parts = holder.rsplit("/", 4)
    return f"process {parts[3]} on {parts[0]}" if len(parts) == 5 else holder


def _runs(pid: int, start: int) -> bool:
    begun = _start(pid)
    if begun is not None:
        return begun == start
    if PROC.joinpath("self").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _start(pid: int) -> int | None:
    """When a process began, in ticks since the machine did; None when it is gone or the system does not say."""
    try:
        told = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = told[told.rindex(")") + 2 :].split()
    return None if fields[0] in GONE else int(fields[19])


@cache
def _machine() -> str:
    try:
        boot = BOOT.read_text(encoding="ascii").strip()
        namespace = os.readlink(PROC / "self/ns/pid").strip("pid:[]")
    except OSError:
        boot = namespace = "unknown"
    return f"{socket.gethostname()}/{boot}/{namespace}"
