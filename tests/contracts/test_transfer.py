"""Moving what one holds: `transfer`.

given a token whose filing is effective
    when every rule holds
        it should move the amount and say so
        it should count a holder who enters, and one who leaves
        it should let an investor move between his own wallets past every limit but the rules
    when one rule does not hold
        it should refuse with that reason, and every preview should give the same
    when several do not hold
        it should name the first in the order of the reasons
    when the amount is zero, or the receiver is the sender
        it should run every rule, say so, and write nothing
    when the sender's evidence has expired
        it should let him send all the same
given bytes after the arguments (an operation id)
    it should move as without them
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from abst.chain.reasons import REASONS
from abst.values import MAX_96, to_bytes
from world import DAY, EVIDENCE, FILING, GOOD, T0, World, reason_of

Arrange = Callable[[World], tuple[str, str, str, int]]  # gives token, sender, receiver, amount


def suspended(world: World) -> tuple[str, str, str, int]:
    world.act("regulator", world.registry, "suspend", FILING, EVIDENCE)
    return "senior", "alice", "bob", 100


def paused(world: World) -> tuple[str, str, str, int]:
    world.act("agent", world.registry, "pause", FILING, 0)
    return "senior", "alice", "bob", 100


def overdue(world: World) -> tuple[str, str, str, int]:
    world.act("discloser", world.registry, "openObligation", FILING, 7, world.now + 10, 5, 0)
    world.warp(16)
    return "senior", "alice", "bob", 100


def blocked_sender(world: World) -> tuple[str, str, str, int]:
    world.act("admitter", world.registry, "blockInvestors", [world["alice"]], EVIDENCE)
    return "senior", "alice", "bob", 100


def full(world: World) -> tuple[str, str, str, int]:
    world.mint(world.mezzanine, {"alice": 1_000, "bob": 1_000, "carol": 1_000})
    return "mezzanine", "alice", "dave", 100


def too_large_a_share(world: World) -> tuple[str, str, str, int]:
    world.mint(world.mezzanine, {"alice": 1_000, "bob": 39_990})
    return "mezzanine", "alice", "bob", 20


def too_large_a_share_in_two_wallets(world: World) -> tuple[str, str, str, int]:
    world.mint(world.mezzanine, {"alice": 1_000, "dave": 20_000})
    world.mint(world.mezzanine, {"dave_spare": 20_000})
    return "mezzanine", "alice", "dave", 10


def locked(world: World) -> tuple[str, str, str, int]:
    world.mint(world.junior, {"alice": 1_000})
    world.warp(40 * DAY - 1)
    return "junior", "alice", "bob", 100


def frozen(world: World) -> tuple[str, str, str, int]:
    world.freeze(world.senior, "alice", 901)
    return "senior", "alice", "bob", 100


def simply(token: str, sender: str, receiver: str, amount: int) -> Arrange:
    return lambda _: (token, sender, receiver, amount)


REFUSALS: dict[str, tuple[str, Arrange]] = {
    "suspended": ("FilingNotEffective", suspended),
    "paused": ("TokenPaused", paused),
    "overdue": ("DisclosureOverdue", overdue),
    "unknown sender": ("SenderUnknown", simply("senior", "stranger", "bob", 0)),
    "blocked sender": ("SenderBlocked", blocked_sender),
    "unknown receiver": ("ReceiverUnknown", simply("senior", "alice", "stranger", 100)),
    "to nobody": ("ReceiverUnknown", simply("senior", "alice", "zero", 100)),
    "blocked receiver": ("ReceiverBlocked", simply("senior", "alice", "bella_blocked", 100)),
    "evidence": ("EvidenceExpired", simply("senior", "alice", "bob_expired", 100)),
    "suitability": ("SuitabilityExpired", simply("senior", "alice", "uma_unsuitable", 100)),
    "no regime": ("RegimeNotAccepted", simply("senior", "alice", "rex_no_regime", 100)),
    "another regime": ("RegimeNotAccepted", simply("mezzanine", "alice", "offshore_olga", 0)),
    "capacity": ("RiskAboveCapacity", simply("senior", "alice", "tim_timid", 100)),
    "odd lot": ("NotALot", simply("senior", "alice", "bob", 150)),
    "odd lot above the balance": ("NotALot", simply("senior", "alice", "bob", 1_001)),
    "one holder too many": ("HolderLimit", full),
    "share": ("ShareLimit", too_large_a_share),
    "share in two wallets": ("ShareLimit", too_large_a_share_in_two_wallets),
    "locked": ("Locked", locked),
    "frozen": ("Frozen", frozen),
    "balance": ("InsufficientBalance", simply("senior", "alice", "bob", 1_100)),
    "beyond 96 bits": ("InsufficientBalance", simply("senior", "alice", "bob", 2**256 - 2**256 % 100 - 100)),
}


@pytest.mark.parametrize(("reason", "arrange"), REFUSALS.values(), ids=REFUSALS)
def test_a_broken_rule_refuses_with_its_reason(held: World, reason: str, arrange: Arrange) -> None:
    """A transfer that breaks one rule is refused with that rule's reason, as every preview said, and moves nothing."""
    token, sender, receiver, amount = arrange(held)
    contract = held.token(["senior", "mezzanine", "junior"].index(token))
    before = [held.holding(contract, name) for name in (sender, receiver)]
    why = held.transfer_refused(contract, sender, receiver, amount)
    assert reason_of(why) == reason
    assert [held.holding(contract, name) for name in (sender, receiver)] == before


def test_every_reason_of_a_transfer_is_tested() -> None:
    """The table above leaves out no reason but those of mints, spenders, forced transfers and recovery."""
    others = {"None", "PlanIncomplete", "Matured", "CapExceeded", "SpenderBlocked", "NotSameInvestor", "ToItself"}
    others.add("IssueClosed")
    assert {reason for reason, _ in REFUSALS.values()} | others == {reason.name for reason in REASONS}


def test_the_refusal_names_parties_and_amount(held: World) -> None:
    """A refusal carries the reason, both wallets and the amount."""
    why = held.transfer_refused(held.senior, "alice", "stranger", 100)
    assert why.name == "TransferRefused"
    assert why.args == {
        "reason": "ReceiverUnknown",
        "from": held["alice"],
        "to": held["stranger"],
        "amount": 100,
    }
    assert why.rule == "R-60"


def test_a_transfer_moves_and_says_so(held: World) -> None:
    """A lawful transfer moves exactly the amount, changes no supply, and emits one Transfer."""
    assert held.preview(held.senior, "alice", "bob", 200) == "None"
    assert held.senior.read("canTransfer", held["alice"], held["bob"], 200) is True
    done = held.transfer(held.senior, "alice", "bob", 200)
    assert done.names == ["Transfer"]
    assert done.only("Transfer") == {"from": held["alice"], "to": held["bob"], "value": 200}
    assert (held.balance(held.senior, "alice"), held.balance(held.senior, "bob")) == (800, 700)
    assert held.senior.read("totalSupply") == held.senior.read("minted") == 1_800


def test_holders_are_counted_as_they_enter_and_leave(held: World) -> None:
    """An investor counts from his first unit to his last, once, whatever his number of wallets."""
    counts = [held.senior.read("holders")]
    for sender, receiver, amount in (
        ("alice", "carol", 100),  # enters
        ("alice", "carol", 900),  # leaves
        ("dave", "dave_spare", 100),  # the same investor
        ("dave", "dave_spare", 200),  # the first wallet is empty, the investor still holds
        ("dave_spare", "alice", 300),  # leaves with the last wallet, enters again
    ):
        held.transfer(held.senior, sender, receiver, amount)
        counts.append(held.senior.read("holders"))
    assert counts == [3, 4, 3, 3, 3, 3]


def test_one_who_leaves_makes_room(world: World) -> None:
    """At the limit of holders a new one enters when the sender gives up all that he holds, and not before."""
    token = world.mezzanine
    world.mint(token, {"alice": 1_000, "bob": 1_000, "carol": 1_000})
    assert reason_of(world.transfer_refused(token, "alice", "dave", 990)) == "HolderLimit"
    world.transfer(token, "alice", "dave", 1_000)
    assert token.read("holders") == 3


def test_between_own_wallets_no_limit_is_reached(world: World) -> None:
    """An investor at the largest share, among the most holders, may still move between his own wallets."""
    token = world.mezzanine
    world.mint(token, {"alice": 1_000, "bob": 1_000})
    world.mint(token, {"dave": 40_000})
    world.transfer(token, "dave", "dave_spare", 15_000)
    world.transfer(token, "dave_spare", "dave", 15_000)
    assert world.balance(token, "dave") == 40_000
    assert token.read("holders") == 3


def test_the_largest_share_may_be_reached(world: World) -> None:
    """Exactly the largest share is allowed; it is of the filed amount, not of what is outstanding."""
    token = world.mezzanine
    world.mint(token, {"alice": 1_000, "bob": 39_980})
    world.transfer(token, "alice", "bob", 20)
    assert world.balance(token, "bob") == 40_000


def test_an_odd_rest_may_be_emptied(held: World) -> None:
    """Whoever empties his wallet may send what is not a whole number of lots."""
    held.enforce(held.senior, "forcedTransfer", held["alice"], held["carol"], 50)
    assert reason_of(held.transfer_refused(held.senior, "alice", "bob", 50)) == "NotALot"
    held.transfer(held.senior, "alice", "bob", 950)
    assert held.balance(held.senior, "alice") == 0


def test_the_first_of_several_reasons_is_named(held: World) -> None:
    """Where several rules are broken, the refusal names the first in the order of the reasons."""
    assert reason_of(held.transfer_refused(held.senior, "stranger", "bella_blocked", 7)) == "SenderUnknown"
    assert reason_of(held.transfer_refused(held.senior, "alice", "bella_blocked", 7)) == "ReceiverBlocked"
    held.act("agent", held.registry, "pause", FILING, 0)
    assert reason_of(held.transfer_refused(held.senior, "stranger", "bella_blocked", 7)) == "TokenPaused"


@pytest.mark.parametrize(("sender", "receiver", "amount"), [("alice", "bob", 0), ("alice", "alice", 200)])
def test_nothing_moves_and_nothing_is_written(held: World, sender: str, receiver: str, amount: int) -> None:
    """A transfer of zero or to oneself emits its event and leaves every word as it was, record dates included."""
    held.act("agent", held.registry, "announceRecordDate", FILING, held.now + 1)
    held.warp(1)
    before = [held.senior.read("holdingOf", held[name]) for name in ("alice", "bob")]
    done = held.transfer(held.senior, sender, receiver, amount)
    assert done.only("Transfer")["value"] == amount
    assert [held.senior.read("holdingOf", held[name]) for name in ("alice", "bob")] == before
    assert held.senior.read("holders") == 3


@pytest.mark.parametrize(
    ("receiver", "amount", "reason"),
    [("stranger", 0, "ReceiverUnknown"), ("alice", 150, "NotALot"), ("alice", 1_100, "InsufficientBalance")],
)
def test_even_nothing_obeys_the_rules(held: World, receiver: str, amount: int, reason: str) -> None:
    """A transfer of zero or to oneself is refused like any other."""
    assert reason_of(held.transfer_refused(held.senior, "alice", receiver, amount)) == reason


def test_expired_evidence_may_send_and_not_receive(held: World) -> None:
    """From the second after the last good one, evidence ends receiving and never sending (R-56)."""
    held.mint(held.senior, {"erin_expiring": 400})
    held.warp_to(T0 + 10 * DAY)
    held.transfer(held.senior, "alice", "erin_expiring", 100)
    held.warp(1)
    assert reason_of(held.transfer_refused(held.senior, "alice", "erin_expiring", 100)) == "EvidenceExpired"
    held.transfer(held.senior, "erin_expiring", "alice", 100)
    assert held.senior.read("canSend", held["erin_expiring"]) is True
    assert held.senior.read("canReceive", held["erin_expiring"]) is False


def test_a_lock_ends_at_its_second(world: World) -> None:
    """A lock names the first free second (R-54)."""
    world.mint(world.junior, {"alice": 1_000})
    until = world.holding(world.junior, "alice").locked_until
    assert until == T0 + 40 * DAY
    world.warp_to(until - 1)
    assert reason_of(world.transfer_refused(world.junior, "alice", "bob", 100)) == "Locked"
    world.warp(1)
    world.transfer(world.junior, "alice", "bob", 100)
    assert world.holding(world.junior, "bob").locked_until == 0


def test_overdue_stops_transfers_only_where_the_terms_say_so(world: World) -> None:
    """An overdue disclosure stops the senior tranche and leaves the mezzanine moving (R-81)."""
    world.mint(world.senior, {"alice": 1_000})
    world.mint(world.mezzanine, {"alice": 1_000})
    overdue(world)
    assert reason_of(world.transfer_refused(world.senior, "alice", "bob", 100)) == "DisclosureOverdue"
    world.transfer(world.mezzanine, "alice", "bob", 100)


def test_a_pause_stops_one_tranche(held: World) -> None:
    """A pause stops the tranche it names and no other."""
    held.mint(held.mezzanine, {"alice": 1_000})
    held.act("agent", held.registry, "pause", FILING, 0)
    assert reason_of(held.transfer_refused(held.senior, "alice", "bob", 100)) == "TokenPaused"
    held.transfer(held.mezzanine, "alice", "bob", 100)
    held.enforce(held.registry, "unpause", FILING, 0)
    held.transfer(held.senior, "alice", "bob", 100)


def test_renewed_facts_count_at_once(held: World) -> None:
    """A receiver whose facts are renewed may receive in the next block."""
    assert reason_of(held.transfer_refused(held.senior, "alice", "tim_timid", 100)) == "RiskAboveCapacity"
    held.renew({"tim_timid": GOOD})
    held.transfer(held.senior, "alice", "tim_timid", 100)


def test_an_operation_id_after_the_arguments_is_left_aside(held: World) -> None:
    """A transfer whose call data ends in an operation id moves as without it."""
    data = held.senior.encode("transfer", held["bob"], 100) + to_bytes(held.operation())
    assert held.act_raw("alice", held.senior.address, data).only("Transfer")["value"] == 100


def test_frozen_more_than_96_bits_stops_everything(held: World) -> None:
    """A freeze of more than any balance leaves nothing to send."""
    held.freeze(held.senior, "alice", 2**200)
    assert held.holding(held.senior, "alice").frozen == MAX_96
    why = held.transfer_refused(held.senior, "alice", "bob", 100)
    assert why.args == {"account": held["alice"], "amount": 100, "unfrozen": 0}
