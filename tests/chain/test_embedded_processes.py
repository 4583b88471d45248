"""Several processes on one chain file, and processes that die: no acknowledged block is lost, none is half there."""

from __future__ import annotations

import multiprocessing
import os
import random
import select
import signal
import time
from collections.abc import Callable

import pytest
from eth_account.signers.local import LocalAccount
from probe import COUNT, READ, address_of, deploy, person, signed

from abst.chain.embedded import EmbeddedChain
from abst.values import Address, Hash

_HASH = 32
_fork = multiprocessing.get_context("fork")  # the imports are done once


def _send_until_told(
    path: str, probe: Address, account: LocalAccount, acknowledged: int, until: Callable[[int], bool]
) -> None:
    """Send one counting transaction after the other, writing each hash to the pipe when the chain has returned it."""
    chain = EmbeddedChain(path, create=False)
    done = 0
    while not until(done):
        sent = chain.send_raw(signed(chain, account, chain.nonce(address_of(account)), probe, COUNT))
        os.write(acknowledged, bytes.fromhex(sent[2:]))
        done += 1


def _start(path: str, probe: Address, account: LocalAccount, until: Callable[[int], bool]) -> tuple[int, int]:
    """A forked process that sends; its id and the pipe to read from."""
    reading, writing = os.pipe()
    process = _fork.Process(target=_send_until_told, args=(path, probe, account, writing, until), daemon=True)
    process.start()
    os.close(writing)
    assert process.pid is not None
    _processes[process.pid] = process
    return process.pid, reading


_processes: dict[int, multiprocessing.process.BaseProcess] = {}


def _acknowledged(pipe: int) -> list[Hash]:
    with os.fdopen(pipe, "rb") as reader:
        content = reader.read()
    whole = len(content) // _HASH * _HASH
    return [Hash("0x" + content[start : start + _HASH].hex()) for start in range(0, whole, _HASH)]


def _assert_sound(chain: EmbeddedChain, probe: Address, acknowledged: list[Hash]) -> None:
    """Every acknowledged transaction has its receipt in a block of the chain; state, receipts and logs agree."""
    for sent in acknowledged:
        receipt = chain.receipt(sent)
        assert receipt is not None, f"an acknowledged transaction is gone: {sent}"
        assert receipt.status == 1
    counted = int.from_bytes(chain.call(probe, READ), "big")
    logs = chain.logs([probe], 0, chain.head().number)
    assert [int.from_bytes(log.data, "big") for log in logs] == list(range(1, counted + 1))
    assert counted >= len(acknowledged)
    assert chain.check() == []


def _kill_during_block_writes(chain: EmbeddedChain, times: int, seed: int) -> None:
    """SIGKILL a sending process at a random moment, again and again, on one file."""
    moments = random.Random(seed)
    probe = deploy(chain, person(1))
    acknowledged: list[Hash] = []
    for _ in range(times):
        pid, pipe = _start(chain.path, probe, person(2), lambda _: False)
        select.select([pipe], [], [], 30)  # it is at work: one block is acknowledged
        time.sleep(moments.random() / 50)
        os.kill(pid, signal.SIGKILL)
        _processes.pop(pid).join()
        before = len(acknowledged)
        acknowledged += _acknowledged(pipe)
        assert len(acknowledged) > before
        assert chain.receipt(acknowledged[-1]) is not None
    _assert_sound(EmbeddedChain(chain.path, create=False), probe, acknowledged)


def _race(chain: EmbeddedChain, until: Callable[[int], bool]) -> int:
    """Two processes send at once; returns how many transactions they were told are done."""
    probe = deploy(chain, person(1))
    racers = [_start(chain.path, probe, person(number), until) for number in (2, 3)]
    acknowledged = [_acknowledged(pipe) for _, pipe in racers]
    for pid, _ in racers:
        process = _processes.pop(pid)
        process.join()
        assert process.exitcode == 0
    together = acknowledged[0] + acknowledged[1]
    _assert_sound(chain, probe, together)
    assert int.from_bytes(chain.call(probe, READ), "big") == len(together)
    assert chain.head().number == len(together) + 1
    return len(together)


@pytest.mark.slow
def test_kills_during_block_writes(chain: EmbeddedChain) -> None:
    """A sample of twelve; two hundred in `make prove`."""
    _kill_during_block_writes(chain, times=12, seed=1)


@pytest.mark.prove
def test_two_hundred_kills_during_block_writes(chain: EmbeddedChain) -> None:
    """No acknowledged block is lost, no block is half there."""
    _kill_during_block_writes(chain, times=200, seed=2)


@pytest.mark.slow
def test_two_processes_at_once(chain: EmbeddedChain) -> None:
    """Forty transactions each, every one mined once, in one line of blocks."""
    assert _race(chain, lambda done: done == 40) == 80


@pytest.mark.prove
def test_two_processes_for_a_minute(chain: EmbeddedChain) -> None:
    """The same for a minute."""
    end = time.monotonic() + 60
    assert _race(chain, lambda _: time.monotonic() > end) > 100


def test_a_forked_child_does_not_use_its_parents_connection(chain: EmbeddedChain) -> None:
    """The child goes on with the very object it inherited; both see each other's blocks."""
    probe = deploy(chain, person(1))
    pid = os.fork()
    if pid == 0:
        try:
            chain.send_raw(signed(chain, person(2), 0, probe, COUNT))
        finally:
            os._exit(0)
    chain.send_raw(signed(chain, person(3), 0, probe, COUNT))
    os.waitpid(pid, 0)
    assert int.from_bytes(chain.call(probe, READ), "big") == 2
    assert chain.check() == []
