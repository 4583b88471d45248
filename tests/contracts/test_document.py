"""Documents of a filing, read from its tokens: `publish` by name, `locateDocuments`, ERC-1643.

given a document published by name
    it should be read from every tranche of the filing: where, hash, since when
    when another of the name is published
        it should take its place, numbered; what was read before stands in the events
    when no address is given
        it should stand at the filing's base followed by its hash
given a name under which nothing was published
    it should answer with nothing
given a document without a hash, or one who is no discloser
    it should refuse
"""

from __future__ import annotations

from typing import Any

import pytest

from abst.chain.contracts import Contract, Event
from abst.chain.reader import events
from abst.chain.roles import selector
from abst.values import ZERO_HASH, Hash, hash_of
from world import DAY, FILING, MEZZANINE, SENIOR, Done, World

REPORTS, PLAN = hash_of(b"monthly report"), hash_of(b"plan of the issue")
BASE = "https://example.org/filing-1/"


def publish(
    world: World, document: bytes, *, name: Hash = REPORTS, uri: str = "", kind: int = 3, filing: int = 1
) -> Done:
    return world.act("discloser", world.registry, "publish", filing, 0, kind, name, hash_of(document), uri, 0)


def located(world: World, base: str = BASE) -> Done:
    return world.act("discloser", world.registry, "locateDocuments", FILING, base)


def read(token: Contract, name: Hash = REPORTS) -> tuple[Any, ...]:
    """Where, hash, since when."""
    found: tuple[Any, ...] = token.read("getDocument", name)
    return found


def test_a_document_is_read_from_every_tranche(world: World) -> None:
    """Each token of the filing gives the document; a token of another filing does not."""
    publish(world, b"january", uri="ipfs://january")
    for token in (world.senior, world.mezzanine, world.junior, world.equity):
        assert read(token) == ("ipfs://january", hash_of(b"january"), world.now)
        assert token.read("getAllDocuments") == (REPORTS,)
    world.file(2, (SENIOR, MEZZANINE))
    world.create(2, (SENIOR, MEZZANINE))
    assert read(world.token(0, filing=2)) == ("", ZERO_HASH, 0)
    assert world.token(0, filing=2).read("getAllDocuments") == ()


def test_the_interface_is_erc1643s_reading_half(world: World) -> None:
    """The token says that it has it (ERC-165), and has no way to write."""
    both = selector("getDocument(bytes32)"), selector("getAllDocuments()")
    interface = bytes(a ^ b for a, b in zip(*both, strict=True))
    assert world.senior.read("supportsInterface", interface) is True
    assert not {"setDocument", "removeDocument"} & set(world.senior.codec.overloads)


def test_a_new_version_takes_the_place_of_the_old(world: World) -> None:
    """Publishing under the same name replaces what is read; versions are counted, names are listed once."""
    versions = []
    for number, document in enumerate((b"january", b"february", b"march")):
        versions.append(publish(world, document, uri=f"ipfs://{number}", kind=number).only("Published")["version"])
        world.warp(DAY)
    assert versions == [1, 2, 3]
    assert read(world.senior) == ("ipfs://2", hash_of(b"march"), world.now - DAY)
    assert world.registry.read("versionOf", FILING, REPORTS) == (3, 2)
    publish(world, b"the plan", name=PLAN)
    assert world.senior.read("getAllDocuments") == world.registry.read("documentsOf", FILING) == (REPORTS, PLAN)
    assert world.filing().documents == 2


def test_what_an_investor_saw_on_the_day_he_bought(held: World) -> None:
    """Every version stands in the events, with number, hash and block: the one before the purchase is what he saw."""
    publish(held, b"january")
    held.warp(DAY)
    publish(held, b"february")
    bought = held.transfer(held.senior, "alice", "bob", 100).receipt.block_number
    held.warp(DAY)
    publish(held, b"march")
    topic = held.registry.codec.topic("Published")
    topics = [topic, None, None, REPORTS]
    seen: list[Event] = events(held.chain, [held.registry], 0, bought, topics)
    last = max(seen, key=lambda event: event.args["version"])
    assert (last.args["version"], last.args["documentHash"]) == (2, hash_of(b"february"))
    assert read(held.senior)[1] == hash_of(b"march")


def test_a_document_stands_at_the_base_and_its_hash(world: World) -> None:
    """Without an address of its own, a document is at the filing's base followed by its hash in hexadecimal."""
    done = located(world)
    assert done.only("DocumentsLocated") == {"filing": FILING, "base": BASE}
    assert publish(world, b"january").only("Published")["uri"] == ""
    assert read(world.senior)[0] == BASE + hash_of(b"january")
    located(world, "ipfs://other/")
    assert read(world.senior)[0] == "ipfs://other/" + hash_of(b"january")


def test_an_address_of_its_own_serves_its_version_alone(world: World) -> None:
    """The next version without an address is at the base again, and one with another address is there."""
    located(world)
    publish(world, b"january", uri="ipfs://january")
    publish(world, b"february")
    assert read(world.senior)[0] == BASE + hash_of(b"february")
    publish(world, b"march", uri="ipfs://march")
    assert read(world.senior)[0] == "ipfs://march"


def test_nothing_was_published(world: World) -> None:
    """A name without a document answers with nothing, base or no base."""
    located(world)
    assert read(world.senior) == ("", ZERO_HASH, 0)
    assert world.registry.read("versionOf", FILING, REPORTS) == (0, 0)
    assert world.senior.read("getAllDocuments") == ()


def test_a_document_without_a_name_is_not_kept(world: World) -> None:
    """A publication without a name is said, and read from no token."""
    done = publish(world, b"letter", name=ZERO_HASH)
    assert (done.only("Published")["version"], done.only("Published")["documentHash"]) == (0, hash_of(b"letter"))
    assert world.senior.read("getAllDocuments") == ()


def test_a_named_document_has_a_hash(world: World) -> None:
    """A name without a hash is no document."""
    arguments = (FILING, 0, 3, REPORTS, ZERO_HASH, "ipfs://x", 0)
    why = world.refused("discloser", world.registry, "publish", *arguments)
    assert (why.name, why.args, why.rule) == ("DocumentEmpty", {"filing": FILING, "name": REPORTS}, "R-81")


@pytest.mark.parametrize("who", ["registrar", "issuer", "agent", "maker", "alice"])
def test_only_a_discloser_publishes(world: World, who: str) -> None:
    """Nobody else publishes or moves the documents."""
    for fn, arguments in (
        ("publish", (FILING, 0, 3, REPORTS, hash_of(b"january"), "", 0)),
        ("locateDocuments", (FILING, BASE)),
    ):
        assert world.refused(who, world.registry, fn, *arguments).args == {"account": world[who], "role": "DISCLOSER"}
