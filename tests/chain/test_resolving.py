"""What a person decides about an operation that cannot go on: the chain is asked first, and has the last word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deployed import SIGNERS, World, key, new_world
from test_sender import Faulty, filings, nonces, sign_only
from test_sender_lanes import REGISTRAR, elsewhere, halts

from abst import audit, outbox
from abst.chain.api import NotAccepted
from abst.chain.office import Evidence, Office, Result
from abst.chain.sender import Sender, tag_of, tagged
from abst.chain.sending import resolving
from abst.chain.words import FilingStatus
from abst.errors import Conflict, NotAuthorised, NotFound, Unavailable
from abst.values import Hash, hash_of

NOTE = Evidence("note.txt", b"Looked into it.")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def resolve(world: World, intent: str, choice: str, tx: Hash | None = None, *, office: Office | None = None) -> Result:
    command = resolving.Resolve("maker", f"{choice} {intent} {len(entries(world))}", intent, choice, NOTE, tx)
    return resolving.resolve(office or world.office(), command)


def entries(world: World) -> list[str]:
    with world.store.read() as session:
        return [entry.act for entry in audit.entries(session)]


def lift(world: World, officer: str = "checker", signer: str = "registrar") -> Result:
    return resolving.lift(world.office(), resolving.Lift(officer, f"lift {len(entries(world))}", signer, NOTE))


def untaken(world: World, *intents: str) -> None:
    """The chain never takes the first one: its bytes are stored, a person must decide, and the rest waits."""

    def never(*_: object) -> Any:
        raise NotAccepted("gas-limit", "more gas than a block holds")

    sender = world.sender(batch=1)
    sender.chain = Faulty(world.chain, send_raw=never, send_raw_many=never)
    states = [outcome.state for outcome in sender.drain(intents)]
    assert states == ["needs_attention", *["pending"] * (len(intents) - 1)]


def unsent(world: World, intent: str) -> Office:
    """An office whose node says nothing of a stored transaction, and takes nothing."""
    office = world.office()
    chain = Faulty(world.chain, send_raw_many=lambda raws: [hash_of(raw) for raw in raws])
    office.sender.chain = chain
    return office


def test_rejected_at_a_stored_nonce_leaves_no_gap(world: World) -> None:
    """A transfer of nothing, with the operation id, takes the nonce; what waited behind goes on; nothing was done."""
    stuck, behind = world.file(2), world.file(3)
    untaken(world, stuck, behind)
    told = resolve(world, stuck, "reject")
    assert told.outcome == "done"
    assert world.state(stuck) == "rejected"
    assert [o.state for o in world.sender().drain([behind])] == ["final"]
    assert filings(world, 2, 3) == [FilingStatus.NONE, FilingStatus.SUBMITTED]
    with world.store.read() as session:
        row, tries = outbox.get(session, stuck), outbox.attempts(session, stuck)
    assert [one.cancels for one in tries] == [False, True]
    (sent,) = world.chain.sent([REGISTRAR], row.block_number, row.block_number)
    assert (sent.to, sent.hash, tag_of(sent.data)) == (REGISTRAR, tries[-1].tx_hash, row.operation)
    assert "cancelled by a person" in row.reason
    assert "ops resolve" in entries(world)


def test_a_rejection_waits_until_its_nonce_is_used_up(world: World) -> None:
    """Until the transfer of nothing is final the operation is under way; whichever of the two is mined decides."""
    intent = world.file(2)
    sign_only(world, intent)
    resolve(world, intent, "reject", office=unsent(world, intent))
    assert world.state(intent) == "sent"
    with world.store.read() as session:
        first = outbox.attempts(session, intent)[0]
    world.chain.send_raw(first.raw)  # the network had it all along
    world.done(intent)
    assert filings(world, 2) == [FilingStatus.SUBMITTED]


def test_retried_at_its_own_nonce(world: World) -> None:
    """Today's gas and a higher fee at the same nonce: a further attempt, and one effect."""
    intent = world.file(2)
    untaken(world, intent)
    resolve(world, intent, "retry")
    assert world.state(intent) == "final"
    with world.store.read() as session:
        tries = outbox.attempts(session, intent)
    assert len(tries) == 2
    assert len({one.nonce for one in tries}) == 1
    assert len(nonces(world, "registrar")) == 1


def test_retried_at_a_new_nonce_only_when_its_own_is_lost(world: World) -> None:
    """Its nonce was used by a transaction of somebody else's, for good: then, and only then, it takes another."""
    world.done(world.file(9))
    intent = world.file(2)
    sign_only(world, intent)
    foreign = elsewhere(world, "registrar")
    assert [o.state for o in world.sender().drain([intent])] == ["needs_attention"]
    with pytest.raises(Conflict, match="halted"):
        resolve(world, intent, "retry")
    lift(world)
    assert world.state(intent) == "needs_attention", "what was signed waits for a choice of its own"
    resolve(world, intent, "retry")
    assert world.state(intent) == "final"
    assert filings(world, 2) == [FilingStatus.SUBMITTED]
    with world.store.read() as session:
        tries = outbox.attempts(session, intent)
        assert outbox.by_transaction(session, foreign) is None
    assert [one.nonce for one in tries] == [tries[0].nonce, tries[0].nonce + 1]


def test_what_the_chain_refuses_is_not_retried(world: World) -> None:
    """The call would revert now: the person is told why and what is left."""
    operation = hash_of(b"one mint")
    intent = world.want("issuer", world.token.address, world.mint(operation), operation=operation)
    untaken(world, intent)
    world.done(world.call("regulator", world.contracts.registry, "suspend", 1, b"\1" * 32))
    with pytest.raises(Conflict, match="refuses it now"):
        resolve(world, intent, "retry")


def test_done_is_believed_only_of_a_success_that_carries_it(world: World) -> None:
    """A transaction that is not mined, reverted, of another act or another operation is no proof; the very call is."""
    intent = world.file(2)
    with world.store.read() as session:
        row = outbox.get(session, intent)
    sign_only(world, intent)
    harmless = elsewhere(world, "registrar")
    assert [o.state for o in world.sender().drain([intent])] == ["needs_attention"]
    for tx, words in ((hash_of(b"none"), "did nothing"), (harmless, "not this operation")):
        with pytest.raises(Conflict, match=words):
            resolve(world, intent, "done", tx)
    reverted = elsewhere(world, "registrar", world.contracts.registry.encode("suspend", 77, b"\1" * 32), row.to)
    with pytest.raises(Conflict, match="did nothing"):
        resolve(world, intent, "done", reverted)
    by_hand = elsewhere(world, "registrar", row.data, row.to)
    resolve(world, intent, "done", by_hand)
    with world.store.read() as session:
        row = outbox.get(session, intent)
    assert (row.state, row.tx_hash) == ("final", by_hand)
    assert filings(world, 2) == [FilingStatus.SUBMITTED]


def test_done_elsewhere_is_refused_while_its_own_bytes_could_run(world: World) -> None:
    """Else it could be done a second time: first its nonce must be used up."""
    intent = world.file(2)
    untaken(world, intent)
    with world.store.read() as session:
        row = outbox.get(session, intent)
    with_the_tag = elsewhere(world, "maker", tagged(b"", Hash(row.operation)), key("stranger").address)
    with pytest.raises(Conflict, match="not this operation"):
        resolve(world, intent, "done", with_the_tag)
    intent = world.call("holder", world.token, "approve", key("stranger").address, 1)
    untaken(world, intent)
    with world.store.read() as session:
        row = outbox.get(session, intent)
    the_same = elsewhere(world, "maker", tagged(row.data, Hash(row.operation)), row.to)
    with pytest.raises(Conflict, match="could still run"):
        resolve(world, intent, "done", the_same)
    assert world.state(intent) == "needs_attention"


def test_a_choice_that_does_not_fit_is_refused(world: World) -> None:
    """What is final or waits for others is not resolved; no evidence of a choice is kept when nothing was chosen."""
    intent = world.file(2)
    with pytest.raises(Conflict, match="cannot be chosen"):
        resolve(world, intent, "retry")
    resolve(world, intent, "reject")
    assert world.state(intent) == "rejected"
    with pytest.raises(Conflict, match="cannot be chosen"):
        resolve(world, intent, "reject")
    with pytest.raises(NotFound):
        resolve(world, "int-none", "reject")
    assert entries(world).count("ops resolve") == 1


def test_who_may_resolve_and_who_may_lift(world: World) -> None:
    """A maker resolves; a checker whose own key it is not lifts; a lane that is not halted is not found."""
    intent = world.file(2)
    with pytest.raises(NotAuthorised):
        resolving.resolve(world.office(), resolving.Resolve("checker", "r", intent, "reject", NOTE))
    with pytest.raises(NotFound):
        lift(world)
    world.done(intent)
    elsewhere(world, "registrar")
    world.sender().drain()
    with pytest.raises(NotAuthorised):
        lift(world, officer="maker")
    lift(world)
    assert halts(world) == {}
    intent = world.call("checker", world.token, "approve", key("stranger").address, 1)
    world.done(intent)
    elsewhere(world, "checker")
    world.sender().drain()
    with pytest.raises(NotAuthorised, match="own key"):
        lift(world, signer="checker")
    lift(world, officer="checker-2", signer="checker")
    assert entries(world).count("ops lift") == 2


def test_a_lane_halted_by_an_old_store_is_not_lifted(world: World) -> None:
    """There it is the store that must be recovered; a person's word is not enough."""
    older = world.with_empty_store()
    world.done(world.file(2))
    older.sender().drain([older.file(3)])
    with pytest.raises(Conflict, match="older than the chain"):
        lift(older)


def test_cancelling_needs_the_key(world: World) -> None:
    """Where the key is not, nothing is promised: the choice is refused, and may be made elsewhere."""
    intent = world.file(2)
    untaken(world, intent)
    office = world.office()
    office.sender.signer_of = lambda _: None
    with pytest.raises(Unavailable, match="cancelled"):
        resolve(world, intent, "reject", office=office)
    assert Sender(world.store, world.chain, SIGNERS.get, patience=0).drain([intent])[0].state == "final"


def test_the_same_choice_again_is_the_first_result(world: World) -> None:
    """One request, one audit entry, one attempt."""
    intent = world.file(2)
    untaken(world, intent)
    command = resolving.Resolve("maker", "again", intent, "reject", NOTE)
    assert resolving.resolve(world.office(), command) == resolving.resolve(world.office(), command)
    with world.store.read() as session:
        assert len(outbox.attempts(session, intent)) == 2
    with pytest.raises(Conflict, match="something else"):
        resolving.resolve(world.office(), resolving.Resolve("maker", "again", intent, "retry", NOTE))


def test_the_lanes_are_shown(world: World) -> None:
    """Who sends: the next nonce here and on chain, what is under way and waits, what stopped it."""
    world.done(world.file(2))
    stuck, behind = world.file(3), world.file(4)
    untaken(world, stuck, behind)
    (lane,) = [one for one in resolving.lanes(world.office()) if one["signer"] == "registrar"]
    assert lane == {
        "signer": "registrar",
        "address": REGISTRAR,
        "next": world.chain.nonce(REGISTRAR) + 1,
        "on_chain": world.chain.nonce(REGISTRAR),
        "in_flight": 0,
        "waiting": 1,
        "holder": "",
        "blocked": stuck,
        "halt": "",
    }
