"""Moving to many at once: `transferBatch`.

given one sender, many receivers
    when every row obeys the rules
        it should move row after row, with one Transfer each
        it should judge each row as the rows before it left things
    when one row breaks a rule
        it should move nothing, and name that row
    when receivers and amounts differ in number
        it should refuse
"""

from __future__ import annotations

import pytest

from world import World, reason_of


def test_rows_move_in_their_order(held: World) -> None:
    """A batch moves each row and emits its Transfer, in the order of the rows; a receiver may come twice."""
    rows = [("bob", 100), ("carol", 200), ("bob", 300)]
    done = held.act("alice", held.senior, "transferBatch", *held.allocated(rows))
    assert [(args["to"], args["value"]) for args in done.all("Transfer")] == [(held[n], a) for n, a in rows]
    assert [held.balance(held.senior, name) for name in ("alice", "bob", "carol")] == [400, 900, 200]
    assert held.senior.read("holders") == 4


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("stranger", 100), "ReceiverUnknown"),
        (("bella_blocked", 100), "ReceiverBlocked"),
        (("bob_expired", 100), "EvidenceExpired"),
        (("carol", 150), "NotALot"),
        (("carol", 900), "InsufficientBalance"),
    ],
)
def test_one_bad_row_stops_all(held: World, row: tuple[str, int], reason: str) -> None:
    """A batch with one refused row moves nothing and gives that row's reason."""
    rows = [("bob", 200), row, ("carol", 100)]
    why = held.refused("alice", held.senior, "transferBatch", *held.allocated(rows))
    assert reason_of(why) == reason
    assert [held.balance(held.senior, name) for name in ("alice", "bob", "carol")] == [1_000, 500, 0]
    if why.name == "TransferRefused":
        assert (why.args["to"], why.args["amount"]) == (held[row[0]], row[1])


def test_a_row_sees_the_rows_before_it(world: World) -> None:
    """The holder limit and the largest share count what earlier rows of the same batch did."""
    token = world.mezzanine
    world.mint(token, {"alice": 10_000, "bob": 39_000})
    too_many = [("carol", 100), ("dave", 100)]
    assert reason_of(world.refused("alice", token, "transferBatch", *world.allocated(too_many))) == "HolderLimit"
    too_much = [("bob", 600), ("bob", 410)]
    assert reason_of(world.refused("alice", token, "transferBatch", *world.allocated(too_much))) == "ShareLimit"
    just_enough = [("carol", 100), ("bob", 600), ("bob", 400), ("carol", 8_900)]
    world.act("alice", token, "transferBatch", *world.allocated(just_enough))
    assert token.read("holders") == 2
    assert [world.balance(token, name) for name in ("alice", "bob", "carol")] == [0, 40_000, 9_000]


def test_the_rest_is_emptied_by_the_last_row(held: World) -> None:
    """The last row may be an odd lot when it empties the wallet; an earlier one may not."""
    held.enforce(held.senior, "forcedTransfer", held["alice"], held["carol"], 50)
    early = [("bob", 850), ("bob", 100)]
    assert reason_of(held.refused("alice", held.senior, "transferBatch", *held.allocated(early))) == "NotALot"
    last = [("bob", 900), ("bob", 50)]
    held.act("alice", held.senior, "transferBatch", *held.allocated(last))
    assert held.balance(held.senior, "alice") == 0


def test_a_row_to_oneself_changes_nothing(held: World) -> None:
    """A row to the sender himself emits and leaves the rest of the batch as it is."""
    rows = [("alice", 300), ("bob", 100)]
    held.act("alice", held.senior, "transferBatch", *held.allocated(rows))
    assert [held.balance(held.senior, name) for name in ("alice", "bob")] == [900, 600]


def test_a_hundred_rows_fit(held: World) -> None:
    """A hundred receivers in one transaction leave the sum as it was."""
    rows = [(("bob", "carol", "dave", "dave_spare")[place % 4], 0 if place > 9 else 100) for place in range(100)]
    held.act("alice", held.senior, "transferBatch", *held.allocated(rows))
    names = ("alice", "bob", "carol", "dave", "dave_spare")
    assert sum(held.balance(held.senior, name) for name in names) == held.senior.read("totalSupply") == 1_800


def test_as_many_amounts_as_receivers(held: World) -> None:
    """A batch whose lists differ in length is refused."""
    why = held.refused("alice", held.senior, "transferBatch", [held["bob"], held["carol"]], [100])
    assert (why.name, why.args) == ("LengthsDiffer", {"receivers": 2, "amounts": 1})


def test_a_stopped_token_moves_no_batch(held: World) -> None:
    """A pause and an unknown sender stop batches as they stop transfers."""
    stranger = held.refused("stranger", held.senior, "transferBatch", *held.allocated([("bob", 0)]))
    assert reason_of(stranger) == "SenderUnknown"
    held.act("agent", held.registry, "pause", 1, 0)
    why = held.refused("alice", held.senior, "transferBatch", *held.allocated([("bob", 100)]))
    assert reason_of(why) == "TokenPaused"
