"""Sending exactly once: what waits, what is refused, what was done already, and death between any two steps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from deployed import ETHER, SIGNERS, World, key, new_world
from sqlalchemy import select

from abst import outbox
from abst.chain import timelock
from abst.chain.api import NotAccepted
from abst.chain.deploy import transaction
from abst.chain.sender import Sender
from abst.chain.sending.delivering import fields_of
from abst.chain.sending.run import Run
from abst.chain.words import FilingRecord, FilingStatus
from abst.errors import Unavailable
from abst.outbox import Attempt, Lane
from abst.values import Hash, hash_of


class Killed(BaseException):
    """The process ends here: nothing may catch it."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def nonces(world: World, name: str) -> list[int]:
    """Nonces taken by a signer's intents."""
    with world.store.read() as session:
        return list(session.scalars(select(Lane.nonce).where(Lane.signer == key(name).address).order_by(Lane.nonce)))


def filings(world: World, *numbers: int) -> list[FilingStatus]:
    return [FilingRecord.unpack(world.contracts.registry.read("filingOf", number)).status for number in numbers]


# ---- the plain way


def test_what_is_wanted_is_done_once(world: World) -> None:
    intents = [world.file(number) for number in range(2, 8)]
    said: list[str] = []
    outcomes = world.sender().drain(intents, said.append)
    assert [(o.intent.id, o.state, o.reason) for o in outcomes] == [(intent, "final", "") for intent in intents]
    assert all(o.receipt is not None and o.receipt.status == 1 for o in outcomes)
    assert outcomes[0].intent.block_hash == world.chain.block(outcomes[0].receipt.block_number).hash
    assert len(said) == len(intents)
    head = world.chain.head()
    assert [o.state for o in world.sender().drain(intents)] == ["final"] * len(intents)
    assert world.chain.head() == head
    first = world.chain.nonce(key("registrar").address) - len(intents)
    assert nonces(world, "registrar") == list(range(first, first + len(intents)))


def test_a_batch_is_one_block(world: World) -> None:
    head = world.chain.head().number
    world.done(*[world.file(number) for number in range(2, 12)])
    assert world.chain.head().number == head + 1


def test_more_than_a_batch(world: World) -> None:
    intents = [world.file(number) for number in range(2, 12)]
    assert [o.state for o in world.sender(batch=3).drain()] == ["final"] * len(intents)


def test_only_what_was_asked_for(world: World) -> None:
    first, second = world.file(2), world.file(3)
    assert [o.intent.id for o in world.sender().drain([second])] == [second]
    assert (world.state(first), world.state(second)) == ("pending", "final")


def test_what_depends_waits_and_then_goes(world: World) -> None:
    registry = world.contracts.registry
    first = world.file(2)
    second = world.call("registrar", registry, "recordStatus", 2, FilingStatus.REFUSED, b"\1" * 32, depends_on=[first])
    assert [o.state for o in world.sender().drain([second])] == ["pending"]
    assert [o.state for o in world.sender().drain()] == ["final", "final"]
    assert filings(world, 2) == [FilingStatus.REFUSED]


# ---- what is refused


def test_the_chains_no_is_the_end_of_it(world: World) -> None:
    again = world.file(1)
    after = world.call("registrar", world.contracts.registry, "suspend", 1, b"\1" * 32, depends_on=[again])
    first, second = world.sender().drain([again, after])
    assert (first.state, first.reason) == ("rejected", "FilingExists: filing 1 was recorded before")
    assert first.revert.args == {"filing": 1}
    assert (second.state, second.reason) == ("rejected", f"waited for {again}, which was rejected")
    assert nonces(world, "registrar") == []


def test_a_refused_transfer_keeps_its_rule(world: World) -> None:
    to = key("stranger").address
    (outcome,) = world.sender().drain([world.call("holder", world.token, "transfer", to, 5)])
    assert (outcome.state, outcome.revert.reason, outcome.revert.rule) == ("rejected", "receiver-unknown", "R-60")


def test_mined_and_reverted_is_rejected_with_the_reason_found_again(world: World) -> None:
    """Both pass alone; in one block the second fails. Its nonce is used; the next act goes on after it."""
    intents = [world.file(2), world.file(2), world.file(3)]
    assert [o.state for o in world.sender().drain(intents)] == ["final", "rejected", "final"]
    outcome = world.sender().drain(intents)[1]
    assert outcome.reason == "FilingExists: filing 2 was recorded before"
    assert len(nonces(world, "registrar")) == 3


def test_what_ran_out_of_gas_is_tried_again_at_another_nonce(world: World) -> None:
    """What went before it made it dearer: mined, reverted, nothing done. Its gas is asked for anew, at most twice."""
    intents = [world.file(2), world.file(3)]
    sender = world.sender()
    little = iter([[80_000], [80_000], [80_000]])
    sender.chain = Faulty(
        world.chain, estimate_many=lambda asked: next(little, None) or world.chain.estimate_many(asked)
    )
    assert [o.state for o in sender.drain(intents[:1])] == ["rejected"], "three times is enough"
    assert len(nonces(world, "registrar")) == 3
    little = iter([[80_000]])
    assert [o.state for o in sender.drain(intents[1:])] == ["final"]
    assert filings(world, 2, 3) == [FilingStatus.NONE, FilingStatus.SUBMITTED]
    assert len(nonces(world, "registrar")) == 5


def test_no_key_no_send(world: World) -> None:
    intent = world.call("nobody", world.contracts.registry, "suspend", 1, b"\1" * 32)
    (outcome,) = world.sender().drain()
    assert (outcome.intent.id, outcome.state) == (intent, "pending")
    assert outcome.reason == f"waiting for key of {key('nobody').address}"
    only_regulator = Sender(world.store, world.chain, {key("regulator").address: key("regulator")}.get, patience=0)
    other = world.call("regulator", world.contracts.registry, "suspend", 1, b"\1" * 32)
    assert {o.intent.id: o.state for o in only_regulator.drain([intent, other])} == {intent: "pending", other: "final"}


def test_nothing_is_signed_for_one_who_cannot_pay(world: World) -> None:
    intent = world.call("stranger", world.token, "approve", key("holder").address, 1)
    (outcome,) = world.sender().drain()
    assert outcome.state == "pending"
    assert outcome.reason.startswith(f"{key('stranger').address} cannot pay for gas: found 0 wei, needed ")
    assert nonces(world, "stranger") == []
    give(world, "stranger")
    world.done(intent)


def give(world: World, name: str) -> None:
    tx = transaction(
        world.chain,
        nonce=world.chain.nonce(key("deployer").address),
        to=key(name).address,
        value=ETHER,
        gas=21_000,
        fees=world.chain.gas_price(),
    )
    world.chain.send_raw(key("deployer").sign_transaction(tx).raw)


# ---- what was done already


def test_a_mint_done_before_is_final_and_not_done_twice(world: World) -> None:
    """A store that was restored to a time before the mint wants the same operation again."""
    operation = hash_of(b"one mint")
    world.done(world.want("issuer", world.token.address, world.mint(operation), operation=operation))
    restored = world.with_empty_store()
    again = restored.want("issuer", world.token.address, world.mint(operation), operation=operation)
    (outcome,) = restored.sender().drain([again])
    assert outcome.state == "final"
    assert world.chain.receipt(outcome.intent.tx_hash).block_hash == outcome.intent.block_hash
    assert world.token.read("minted") == 100


def test_the_operation_of_another_intent_is_no_excuse(world: World) -> None:
    """AlreadyDone about an operation that is not the intent's own is a refusal."""
    operation = hash_of(b"one mint")
    world.done(world.want("issuer", world.token.address, world.mint(operation), operation=operation))
    other = world.want("issuer", world.token.address, world.mint(operation), operation=hash_of(b"other"))
    (outcome,) = world.sender().drain([other])
    assert (outcome.state, outcome.revert.name) == ("rejected", "AlreadyDone")


def test_what_was_done_already_is_final_only_with_its_block(world: World) -> None:
    """The chain shows that it was done, in a block that could still be taken back: it waits, and is not done again."""
    operation = hash_of(b"one mint")
    world.done(world.want("issuer", world.token.address, world.mint(operation), operation=operation))
    restored = world.with_empty_store()
    with restored.store.begin() as session:
        outbox.lift(session, key("issuer").address, world.chain.nonce(key("issuer").address), world.chain.now())
    wanted = restored.want("issuer", restored.token.address, restored.mint(operation), operation=operation)
    sender = restored.sender()
    sender.chain = Faulty(restored.chain, final=lambda: restored.chain.head().number - 1)
    (outcome,) = sender.drain([wanted])
    assert (outcome.state, "not final yet" in outcome.reason) == ("pending", True)
    world.chain.mine()
    assert [o.state for o in sender.drain([wanted])] == ["final"]
    assert world.token.read("minted") == 100


@pytest.mark.parametrize("executed", [False, True])
def test_a_timelock_operation_done_before_is_final(world: World, executed: bool) -> None:
    data = world.token.encode("setFrozenTokens", key("holder").address, 7)
    arguments = (world.contracts, "enforcement", world.token.address, data, hash_of(b"salt"))
    wanted = {"maker": timelock.schedule(*arguments, 0), "checker": timelock.execute(*arguments)}
    done = ["maker", "checker"] if executed else ["maker"]
    for who in done:
        world.done(world.want(who, *wanted[who]))
    for who in done:
        (outcome,) = world.sender().drain([world.want(who, *wanted[who])])
        assert outcome.state == "final", outcome.reason
        assert world.chain.receipt(outcome.intent.tx_hash).status == 1


def test_an_administrators_act_waits_for_its_second(world: World) -> None:
    data = world.contracts.manager.encode("grantRole", 7, key("stranger").address, 0)
    arguments = (world.contracts, "administration", world.contracts.manager.address, data, hash_of(b"salt"))
    world.done(world.want("maker", *timelock.schedule(*arguments, 86_400)))
    early = world.want("checker", *timelock.execute(*arguments))
    (outcome,) = world.sender().drain()
    assert outcome.state == "pending"
    assert outcome.reason.startswith("the timelock lets it go at second ")
    world.chain.warp(86_401)
    world.done(early)
    assert world.contracts.manager.read("hasRole", 7, key("stranger").address) == (True, 0)


# ---- bytes that were stored


def sign_only(world: World, *intents: str) -> list[Hash]:
    """Die after the commit, before the broadcast. Returns the hashes stored."""
    sender = world.sender()
    sender.chain = Faulty(world.chain, dead_at={"send_raw_many"})
    with pytest.raises(Killed):
        sender.drain(intents)
    with world.store.read() as session:
        return [outbox.attempts(session, intent)[-1].tx_hash for intent in intents]


class Faulty:
    """A chain with failures: methods at which the process dies, methods that raise, answers that are changed."""

    def __init__(self, chain: Any, *, dead_at: set[str] = frozenset(), **changed: Callable[..., Any]) -> None:
        self._chain, self._dead, self._changed = chain, dead_at, changed

    def __getattr__(self, name: str) -> Any:
        if name in self._dead:
            raise Killed
        return self._changed.get(name) or getattr(self._chain, name)


def test_stored_bytes_are_sent_as_they_are(world: World) -> None:
    intents = [world.file(number) for number in (2, 3)]
    hashes = sign_only(world, *intents)
    assert [o.receipt.transaction_hash for o in world.done(*intents)] == hashes
    assert len(nonces(world, "registrar")) == 2


def test_another_drain_leaves_no_gap(world: World) -> None:
    """The first process died with a nonce taken and nothing sent; the second asks for something else altogether."""
    dead = world.file(2)
    sign_only(world, dead)
    world.done(world.file(3))
    assert filings(world, 2, 3) == [FilingStatus.SUBMITTED] * 2
    assert world.state(dead) == "sent"
    world.done(dead)


def test_what_another_signed_between_two_looks_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No receipt was there to be looked for, and then nothing was ready any more: that is not the end of it."""
    intent = world.file(2)
    other = world.sender()
    other.chain = Faulty(world.chain, dead_at={"receipts"})
    ready = Run.ready

    def overtaken(run: Run, limit: int) -> Any:
        monkeypatch.setattr(Run, "ready", ready)
        with pytest.raises(Killed):
            other.drain([intent])
        return ready(run, limit)

    monkeypatch.setattr(Run, "ready", overtaken)
    (outcome,) = world.sender(patience=30).drain([intent])
    assert outcome.state == "final"


def test_stored_bytes_need_no_key(world: World) -> None:
    intent = world.file(2)
    sign_only(world, intent)
    (outcome,) = Sender(world.store, world.chain, lambda _: None, patience=0).drain([intent])
    assert outcome.state == "final"


def test_a_time_out_is_not_a_failure(world: World) -> None:
    """A node that takes the transaction and shows no receipt: still sent, and found by the next drain."""
    intent = world.file(2)
    sender = world.sender()
    before = {signer: world.chain.nonce(signer) for signer in SIGNERS}
    sender.chain = Faulty(world.chain, receipts=lambda asked: [None] * len(asked), nonce=before.__getitem__)
    assert [o.state for o in sender.drain([intent])] == ["sent"]
    world.done(intent)


def test_the_chain_cannot_be_reached(world: World) -> None:
    intent = world.file(2)

    def away(_: object) -> Any:
        raise Unavailable("the node does not answer")

    sender = world.sender()
    sender.chain = Faulty(world.chain, send_raw_many=away)
    with pytest.raises(Unavailable):
        sender.drain([intent])
    assert world.state(intent) == "sent"
    world.done(intent)


def test_a_nonce_used_elsewhere_needs_a_person(world: World) -> None:
    intent = world.file(2)
    sign_only(world, intent)
    registrar = key("registrar")
    tx = transaction(
        world.chain,
        nonce=world.chain.nonce(registrar.address),
        to=registrar.address,
        gas=21_000,
        fees=world.chain.gas_price(),
    )
    world.chain.send_raw(registrar.sign_transaction(tx).raw)
    (outcome,) = world.sender(patience=0.1).drain([intent])
    assert outcome.state == "needs_attention"
    assert "was used by another transaction" in outcome.reason


def test_a_fee_too_low_is_raised_at_the_same_nonce(world: World) -> None:
    intent = world.file(2)
    refused: list[bytes] = []

    def dear(raw: bytes) -> Hash:
        if not refused or raw == refused[0]:
            refused.append(raw)
            raise NotAccepted("underpriced", "the fee is too low")
        return world.chain.send_raw(raw)

    sender = world.sender()
    sender.chain = Faulty(world.chain, send_raw=dear, send_raw_many=lambda raws: [dear(raw) for raw in raws])
    assert [o.state for o in sender.drain([intent])] == ["final"]
    with world.store.read() as session:
        attempts = outbox.attempts(session, intent)
    assert len(attempts) == 2
    assert len({attempt.nonce for attempt in attempts}) == 1
    assert filings(world, 2) == [FilingStatus.SUBMITTED]


def passed_over(world: World, intent: str) -> Any:
    """A chain that swallows what is sent, and makes blocks without it for most of a minute."""
    chain = Faulty(world.chain, send_raw_many=lambda raws: [hash_of(raw) for raw in raws])
    sender = world.sender()
    sender.chain = chain
    assert [o.state for o in sender.drain([intent])] == ["sent"]
    world.chain.mine()
    assert [o.state for o in sender.drain([intent])] == ["sent"]
    world.chain.warp(40)
    assert [o.state for o in sender.drain([intent])] == ["sent"], "no block was made meanwhile: the fee is not at fault"
    with world.store.read() as session:
        assert len(outbox.attempts(session, intent)) == 1
    world.chain.mine()
    return chain


def test_what_blocks_pass_over_is_offered_more_at_the_same_nonce(world: World) -> None:
    """After `bump_after` seconds of blocks without it: an eighth more, a further attempt; either may be mined."""
    intent = world.file(2)
    sender = world.sender()
    sender.chain = passed_over(world, intent)
    sender.drain([intent])
    with world.store.read() as session:
        first, second = outbox.attempts(session, intent)
    old, new = fields_of(first.raw), fields_of(second.raw)
    assert new["maxFeePerGas"] * 8 >= old["maxFeePerGas"] * 9
    assert {name: old[name] for name in ("nonce", "to", "data", "gas")} == {
        name: new[name] for name in ("nonce", "to", "data", "gas")
    }
    world.chain.send_raw(first.raw)  # the older one is mined after all
    (outcome,) = world.done(intent)
    assert outcome.intent.tx_hash == first.tx_hash
    assert len(nonces(world, "registrar")) == 1


def test_no_more_is_offered_than_may_be_paid(world: World) -> None:
    """At most `most_fee` wei a gas, and at most five attempts: then a person decides; the bytes stay out."""
    intent = world.file(2)
    chain = passed_over(world, intent)
    sender = world.sender(most_fee=1)
    sender.chain = chain
    (outcome,) = sender.drain([intent])
    assert (outcome.state, len(nonces(world, "registrar"))) == ("needs_attention", 1)
    assert "no more may be paid" in outcome.reason
    world.done(intent)


def test_nothing_is_signed_while_gas_costs_more_than_may_be_paid(world: World) -> None:
    intent = world.file(2)
    (outcome,) = world.sender(most_fee=1).drain([intent])
    assert (outcome.state, nonces(world, "registrar")) == ("pending", [])
    assert "sender.most_fee" in outcome.reason
    world.done(intent)


def test_what_the_chain_never_takes_stops_the_signer(world: World) -> None:
    first, second = world.file(2), world.file(3)

    def never(*_: object) -> Any:
        raise NotAccepted("gas-limit", "more gas than a block holds")

    sender = world.sender(batch=1)
    sender.chain = Faulty(world.chain, send_raw=never, send_raw_many=never)
    outcomes = sender.drain([first, second])
    assert [o.state for o in outcomes] == ["needs_attention", "pending"]
    assert "older transaction" in outcomes[1].reason
    assert [o.state for o in world.sender().drain([first, second])] == ["final", "final"]


# ---- finality and reorganisations


def test_mined_becomes_final_with_blocks_on_top(world: World) -> None:
    intent = world.file(2)
    sender = world.sender()
    sender.chain = Faulty(world.chain)
    sender.chain._changed["final"] = lambda: world.chain.head().number - 2
    assert [o.state for o in sender.drain([intent])] == ["mined"]
    world.chain.mine(1)
    assert [o.state for o in sender.drain([intent])] == ["mined"]
    world.chain.mine(1)
    assert [o.state for o in sender.drain([intent])] == ["final"]


def test_a_block_that_was_replaced(world: World) -> None:
    intent = world.file(2)
    sender = world.sender()
    sender.chain = Faulty(world.chain)
    sender.chain._changed["final"] = lambda: world.chain.head().number - 1
    assert [o.state for o in sender.drain([intent])] == ["mined"]
    real = world.chain.receipts
    looks = iter([[None]])
    sender.chain._changed["receipts"] = lambda asked: next(looks, None) or real(asked)
    sender.chain._changed["nonce"] = lambda _: 0  # the block is away, and with it the nonce
    world.chain.mine(1)
    assert [o.state for o in sender.drain([intent])] == ["sent"]
    del sender.chain._changed["nonce"]
    assert [o.state for o in sender.drain([intent])] == ["final"]
    with world.store.read() as session:
        states = [(step.state, step.reason) for step in outbox.history(session, intent)]
    assert ("sent", "its block was replaced by another") in states
    assert states[-1] == ("final", "")


# ---- death and company


class Doomed:
    """Counts every step that leaves the process (chain and store) and dies at one of them."""

    def __init__(self, life: int) -> None:
        self.life = life

    def step(self) -> None:
        self.life -= 1
        if self.life == 0:
            raise Killed

    def chain(self, chain: Any) -> Any:
        doom = self

        class Chain:
            def __getattr__(self, name: str) -> Any:
                found = getattr(chain, name)
                if not callable(found):
                    return found

                def call(*args: Any) -> Any:
                    doom.step()
                    answer = found(*args)
                    doom.step()
                    return answer

                return call

        return Chain()

    def store(self, store: Any) -> Any:
        doom = self

        class Store:
            read = store.read

            @contextmanager
            def begin(self) -> Any:
                doom.step()
                with store.begin() as session:
                    yield session
                    doom.step()
                doom.step()

        return Store()


SAMPLE = [3]  # of every eight steps; the others in `make prove`


@pytest.mark.parametrize("start", [pytest.param(n, marks=() if n in SAMPLE else pytest.mark.prove) for n in range(8)])
def test_killed_at_every_step_of_a_mint(tmp_path: Path, start: int) -> None:
    """Whatever step it dies at, the next process brings it to the same end: minted once, no nonce lost."""
    for life in range(1 + start, 200, 8):
        folder = tmp_path / str(life)
        folder.mkdir()
        world = new_world(folder)
        operation = hash_of(b"one mint")
        intents = [
            world.want("issuer", world.token.address, world.mint(operation), operation=operation),
            world.file(2),
        ]
        before = {name: world.chain.nonce(key(name).address) for name in ("issuer", "registrar")}
        doom = Doomed(life)
        try:
            Sender(doom.store(world.store), doom.chain(world.chain), SIGNERS.get, patience=0).drain(intents)
        except Killed:
            pass
        else:
            assert life > 20, "the steps are counted"
            return
        world.store.close()
        again = world.other_process()
        again.done(*intents)
        assert again.token.read("minted") == 100
        assert filings(again, 2) == [FilingStatus.SUBMITTED]
        for name, nonce in before.items():
            assert again.chain.nonce(key(name).address) == nonce + 1
            assert nonces(again, name) == [nonce]
        again.chain.close()
        again.store.close()
        world.chain.close()


@pytest.mark.parametrize("batch", [1, 100])
def test_two_senders_at_once(world: World, batch: int) -> None:
    """Two homes drain the same outbox with the same keys: each act once, each nonce once."""
    operations = [hash_of(f"mint {number}".encode()) for number in range(4)]
    intents = [world.want("issuer", world.token.address, world.mint(o), operation=o) for o in operations]
    intents += [world.file(number) for number in range(2, 10)]
    before = world.chain.nonce(key("registrar").address)
    results: dict[int, Any] = {}

    def drain(place: int) -> None:
        other = world.other_process()
        try:
            results[place] = other.sender(patience=20, batch=batch).drain(intents)
        except BaseException as error:
            results[place] = error
            raise
        finally:
            other.chain.close()
            other.store.close()

    threads = [threading.Thread(target=drain, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place in range(2):
        assert [o.state for o in results[place]] == ["final"] * len(intents), results[place]
    assert world.token.read("minted") == 400
    assert filings(world, *range(2, 10)) == [FilingStatus.SUBMITTED] * 8
    assert nonces(world, "registrar") == list(range(before, before + 8))
    with world.store.read() as session:
        assert len(list(session.scalars(select(Attempt)))) == len(intents)
