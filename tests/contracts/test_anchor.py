"""Anchors of the audit log: `anchor`, `anchorOf`, `last`.

given a head of the log
    when the registrar anchors a later entry than the last
        it should be on record for good, and be the last
    when the entry is not later, or the head is empty, or another officer asks
        it should be refused, and nothing change
"""

from __future__ import annotations

import pytest

from abst.chain.contracts import Contract
from abst.values import ZERO_HASH, Hash, hash_of
from world import OFFICERS, World

HEAD = hash_of(b"head")
NEXT = hash_of(b"next")


def anchors(world: World) -> Contract:
    return world.contracts.anchors


def last(world: World) -> tuple[int, Hash]:
    seq, head = anchors(world).read("last")
    return seq, head


def test_an_anchor_stays_and_the_next_is_later(world: World) -> None:
    """The head is kept under its entry's number, with who anchored it; later ones leave it as it is."""
    assert last(world) == (0, ZERO_HASH)
    done = world.act("registrar", anchors(world), "anchor", 7, HEAD)
    assert done.only("Anchored") == {"seq": 7, "head": HEAD, "by": world["registrar"]}
    assert last(world) == (7, HEAD)
    world.act("registrar", anchors(world), "anchor", 8, NEXT)
    assert last(world) == (8, NEXT)
    assert anchors(world).read("anchorOf", 7) == HEAD
    assert anchors(world).read("anchorOf", 6) == ZERO_HASH


@pytest.mark.parametrize("seq", [0, 6, 7])
def test_an_anchor_is_never_of_an_earlier_entry(world: World, seq: int) -> None:
    """Just under, at, and far under the last one: refused, with both numbers; the next higher one passes."""
    world.act("registrar", anchors(world), "anchor", 7, HEAD)
    why = world.refused("registrar", anchors(world), "anchor", seq, NEXT)
    assert (why.name, why.args, why.rule) == ("NotLater", {"seq": seq, "last": 7}, "R-70")
    assert last(world) == (7, HEAD)


def test_an_empty_head_is_no_anchor(world: World) -> None:
    """Zero is what stands for no anchor."""
    assert world.refused("registrar", anchors(world), "anchor", 1, ZERO_HASH).name == "HeadEmpty"
    assert last(world) == (0, ZERO_HASH)


@pytest.mark.parametrize("who", [name for name in OFFICERS if name != "registrar"] + ["deployer", "alice"])
def test_only_the_registrar_anchors(world: World, who: str) -> None:
    """No other key writes an anchor."""
    why = world.refused(who, anchors(world), "anchor", 1, HEAD)
    assert (why.name, why.args["role"]) == ("RoleNeeded", "REGISTRAR")
