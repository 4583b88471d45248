"""One process at a time signs for a signer; a use of a key that nothing here explains stops its lane."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from deployed import ETHER, World, key, new_world
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from abst import outbox
from abst.chain.deploy import transaction
from abst.chain.embedded import EmbeddedChain
from abst.chain.recovering import said
from abst.chain.sender import tag_of, tagged
from abst.chain.sending.holder import is_dead, this_process, words_of
from abst.outbox import Attempt, Lane, Standing
from abst.store import Store
from abst.values import Address, Hash, hash_of
from databases import KINDS, postgres_database

REGISTRAR = key("registrar").address
NOW = 1_800_000_000
LEASE = 30


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def hold(world: World, holder: str, until: int, signer: Address = REGISTRAR) -> None:
    with world.store.begin() as session:
        outbox.take(session, signer, holder, until - LEASE, LEASE)


def held_by(world: World, signer: Address = REGISTRAR) -> str:
    with world.store.read() as session:
        return outbox.standing(session, signer).holder


def elsewhere(world: World, name: str, data: bytes = b"", to: Address | None = None) -> Hash:
    """A transaction signed by one of our keys, past the outbox."""
    signer, chain = key(name), world.chain
    tx = transaction(
        chain,
        nonce=chain.nonce(signer.address),
        to=to or signer.address,
        data=data,
        gas=500_000,
        fees=chain.gas_price(),
    )
    return chain.send_raw(signer.sign_transaction(tx).raw)


def halts(world: World) -> dict[str, str]:
    with world.store.read() as session:
        return {row.signer: row.reason for row in outbox.halts(session)}


# ---- the tag


def test_every_transaction_carries_its_operation_id(world: World) -> None:
    """The 32 bytes behind the call are the intent's operation id; the call before them is as it was wanted."""
    intent = world.file(2)
    (outcome,) = world.done(intent)
    (sent,) = world.chain.sent([REGISTRAR], outcome.receipt.block_number, outcome.receipt.block_number)
    with world.store.read() as session:
        row = outbox.get(session, intent)
    assert tag_of(sent.data) == row.operation
    assert sent.data == tagged(row.data, Hash(row.operation))
    assert (said(sent.data).call, said(sent.data).operation) == (row.data, row.operation)


@given(st.binary(max_size=100), st.binary(min_size=32, max_size=32))
def test_a_tag_is_read_back(data: bytes, word: bytes) -> None:
    """Whatever the call data, the id put behind it is the id found; what is shorter has none."""
    operation = Hash("0x" + word.hex())
    assert tag_of(tagged(data, operation)) == operation
    assert tag_of(word[:31]) == Hash("0x" + "00" * 32)


# ---- who may sign


def test_a_lane_is_given_back_when_nothing_is_under_way(world: World) -> None:
    """After a drain that settled all, and after one that left something sent, others may sign at once."""
    world.done(world.file(2))
    assert held_by(world) == ""


def test_the_living_holder_of_a_lane_keeps_it(world: World) -> None:
    """What another process signs for stays pending and says who signs; nothing is signed twice."""
    hold(world, "other-host/boot/1/7/9", NOW + LEASE)
    intent = world.file(2)
    (outcome,) = world.sender(wall=lambda: NOW).drain([intent])
    assert (outcome.state, outcome.reason) == ("pending", f"process 7 on other-host signs for {REGISTRAR} now")
    assert [o.state for o in world.sender(wall=lambda: NOW + LEASE).drain([intent])] == ["final"]


def test_a_dead_holder_of_this_host_is_overtaken_at_once(world: World) -> None:
    """A process that was killed while it held the lane does not make anybody wait."""
    words = "from abst.chain.sending.holder import this_process as p; print(p(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", words], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        holder = process.stdout.readline().strip()
        hold(world, holder, NOW + LEASE)
        intent = world.file(2)
        assert not is_dead(holder)
        assert [o.state for o in world.sender(wall=lambda: NOW).drain([intent])] == ["pending"]
        process.kill()
    assert is_dead(holder)
    assert [o.state for o in world.sender(wall=lambda: NOW).drain([intent])] == ["final"]


def test_a_process_is_known_by_more_than_its_number(world: World) -> None:
    """Another start, another boot: dead. Another host or container: unknown here, so not dead. Odd words: not dead."""
    host, boot, namespace, pid, start = this_process().rsplit("/", 4)
    assert not is_dead(this_process())
    assert is_dead(f"{host}/{boot}/{namespace}/{pid}/{int(start) - 1}")
    assert is_dead(f"{host}/another boot/{namespace}/{pid}/{start}")
    assert not is_dead(f"{host}/{boot}/another namespace/{pid}/1")
    assert not is_dead(f"another/{boot}/{namespace}/{pid}/1")
    assert not is_dead("words of a later version")
    assert words_of(this_process()) == f"process {os.getpid()} on {host}"


@given(ahead=st.integers(-3 * LEASE, 3 * LEASE) | st.integers(-NOW, NOW), jump=st.integers(-NOW, NOW))
def test_no_clock_holds_a_lane_for_longer_than_a_lease(ahead: int, jump: int) -> None:
    """Wherever the clocks stood when the lease was written and stand now: it binds for at most a lease from now."""
    now = NOW + jump
    until = now + ahead
    lane = Standing(REGISTRAR, 1, 0, "other-host/boot/1/7/9", until, "", "")
    bound = not outbox.free(lane, "me", now, LEASE, lambda _: False)
    assert bound == (now < until <= now + LEASE)
    assert outbox.free(lane, "me", now, LEASE, lambda _: True)
    assert outbox.free(lane, "other-host/boot/1/7/9", now, LEASE, lambda _: False)


def test_clocks_that_jump_lose_nothing(world: World) -> None:
    """The wall clock jumps a day ahead, back and ahead again between the acts: each is done once, in order."""
    for number, jump in enumerate((0, 86_400, -86_400, 0), start=2):
        intent = world.file(number)
        assert [o.state for o in world.sender(wall=lambda now=NOW + jump: now).drain([intent])] == ["final"]
    with world.store.read() as session:
        taken = list(session.scalars(select(Lane.nonce).where(Lane.signer == REGISTRAR).order_by(Lane.nonce)))
    assert taken == list(range(taken[0], taken[0] + 4))


def drain_alone(url: str, path: str, deployment: Any, results: Any) -> None:
    """One process of two: all that is in the outbox, in batches of three."""
    chain = EmbeddedChain(path, create=False)
    other = World(chain, Store(url), deployment, deployment.contracts(chain))
    results.put([o.state for o in other.sender(patience=30, batch=3).drain()])


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_share_a_signer(tmp_path: Path, kind: str) -> None:
    """Two processes drain one outbox with the same keys: everything final, each nonce once, no attempt twice."""
    world = new_world(tmp_path, postgres_database() if kind == "postgresql" else "")
    before = world.chain.nonce(REGISTRAR)
    intents = [world.file(number) for number in range(2, 20)]
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    arguments = (world.url, world.chain.path, world.deployment, results)
    world.chain.close()
    world.store.close()
    workers = [context.Process(target=drain_alone, args=arguments) for _ in range(2)]
    for worker in workers:
        worker.start()
    told = [results.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert {state for states in told for state in states} == {"final"}
    with world.store.read() as session:
        assert {outbox.get(session, intent).state for intent in intents} == {"final"}
        assert sorted(session.scalars(select(Lane.nonce))) == list(range(before, before + len(intents)))
        assert len(list(session.scalars(select(Attempt.seq)))) == len(intents)
        assert outbox.standing(session, REGISTRAR).holder == ""


def test_no_more_than_so_many_are_in_flight(world: World) -> None:
    """A chain that mines nothing holds what it is given; the next are signed only when receipts come."""
    held: list[bytes] = []

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.chain, name)

        def send_raw_many(self, raws: list[bytes]) -> list[Hash]:
            held.extend(raws)
            return [hash_of(raw) for raw in raws]

    intents = [world.file(number) for number in range(2, 12)]
    sender = world.sender(in_flight=4, batch=3)
    sender.chain = Slow()
    assert [o.state for o in sender.drain(intents)] == ["sent"] * 4 + ["pending"] * 6
    assert len(dict.fromkeys(held)) == 4
    done = world.sender(in_flight=4, batch=3).drain(intents)
    assert [o.state for o in done] == ["final"] * 10


# ---- keys used elsewhere


def test_a_key_used_elsewhere_halts_its_lane(world: World) -> None:
    """Nothing more is signed with it, what waits says why, and another officer's word lets it go on."""
    world.done(world.file(2))
    foreign = elsewhere(world, "registrar")
    intents = [world.file(3), world.call("regulator", world.contracts.registry, "suspend", 1, b"\1" * 32)]
    first, second = world.sender().drain(intents)
    assert (first.state, second.state) == ("needs_attention", "final")
    assert foreign in first.reason
    assert "abst ops lift" in first.intent.next_step
    assert list(halts(world)) == [REGISTRAR]
    assert [o.state for o in world.sender().drain([world.file(4)])] == ["needs_attention"]
    with world.store.begin() as session:
        outbox.lift(session, REGISTRAR, world.chain.nonce(REGISTRAR), world.chain.now())
    assert [o.state for o in world.sender().drain()] == ["final", "final"]
    assert halts(world) == {}


def test_a_key_used_elsewhere_is_noticed_with_nothing_to_send(world: World) -> None:
    """A drain of everything looks after every officer's key."""
    world.done(world.file(2))
    elsewhere(world, "registrar")
    assert world.sender().drain() == []
    assert list(halts(world)) == [REGISTRAR]


def test_a_holder_uses_his_own_wallet_wherever_he_likes(world: World) -> None:
    """A wallet that is no officer's is not halted; its next transaction goes behind what it sent elsewhere."""
    approve = [world.call("holder", world.token, "approve", key("stranger").address, amount) for amount in (1, 2)]
    world.done(approve[0])
    elsewhere(world, "holder")
    world.done(approve[1])
    assert halts(world) == {}


def test_what_the_store_forgot_is_settled_by_the_chain(world: World) -> None:
    """A store that was put back to before a filing wants the same again: it is done, once, and nothing is halted."""
    operation = hash_of(b"one filing")
    data = world.contracts.registry.encode("recordFiling", 2, hash_of(b"plan"), 1, 0)
    older = world.with_empty_store()
    world.done(world.want("registrar", world.contracts.registry.address, data, operation=operation))
    head = world.chain.head()
    again = older.want("registrar", older.contracts.registry.address, data, operation=operation)
    (outcome,) = older.sender().drain([again])
    assert (outcome.state, outcome.receipt.block_number) == ("final", head.number)
    assert world.chain.head() == head
    assert halts(older) == {}
    older.done(older.file(3))


@pytest.mark.parametrize("name", ["registrar", "holder"])
def test_a_store_older_than_the_chain_sends_nothing(world: World, name: str) -> None:
    """The chain has an operation of ours that the store does not know: it stops, whoever the key is, for recovery."""
    older = world.with_empty_store()
    if name == "holder":
        world.done(world.call("holder", world.token, "approve", key("stranger").address, 1))
        intent = older.call("holder", older.token, "approve", key("stranger").address, 2)
    else:
        world.done(world.file(2))
        intent = older.file(3)
    (outcome,) = older.sender().drain([intent])
    assert outcome.state == "needs_attention"
    assert outcome.reason.endswith("the store is older than the chain: abst recover")
    assert list(halts(older)) == [key(name).address]


def test_a_holders_first_transaction_goes_behind_those_from_elsewhere(world: World) -> None:
    """The first use of a key takes the chain's nonce as it is, when nothing on it is a registry's."""
    tx = transaction(
        world.chain,
        nonce=world.chain.nonce(key("holder").address),
        to=key("stranger").address,
        value=ETHER // 10,
        gas=21_000,
        fees=world.chain.gas_price(),
    )
    world.chain.send_raw(key("holder").sign_transaction(tx).raw)
    elsewhere(world, "stranger")
    world.done(world.call("stranger", world.token, "approve", key("holder").address, 1))
