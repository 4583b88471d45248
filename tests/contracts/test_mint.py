"""Minting: the issuer sends, a gatekeeper has approved.

given a good approval
    when every row obeys the rules
        it should mint all rows, spend the operation, lock what the terms lock, and say so
    when one row breaks a rule
        it should mint nothing, name the reason, and leave the operation unspent
    when the amount reaches the cap
        it should allow an odd last lot, and nothing beyond
given an approval that is another signer's, expired, for other allocations, another token, or spent
    it should refuse with the error that says so
given the gatekeeper as sender, or a signer who is no gatekeeper (any more)
    it should refuse
given one without the issuer's role
    it should refuse, whatever is signed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from abst.chain.contracts import Contract
from abst.chain.reasons import REASONS
from abst.chain.roles import Role
from abst.values import MAX_96, hash_of
from world import (
    DAY,
    EVIDENCE,
    FILING,
    MEZZANINE,
    SENIOR,
    T0,
    YEAR,
    World,
    reason_of,
)

Arrange = Callable[[World], tuple[Contract, str, int]]  # gives token, receiver, amount


def test_a_mint_is_done_once_and_says_so(world: World) -> None:
    """A mint with issuer and gatekeeper credits every row and emits Transfer per row, then Minted."""
    operation = world.operation()
    rows = [("alice", 1_000), ("bob", 500), ("alice", 100)]
    done = world.mint(world.senior, rows, operation=operation)
    assert done.names == ["Transfer", "Transfer", "Transfer", "Minted", "ObligationOpened"]
    assert [(args["from"], args["to"], args["value"]) for args in done.all("Transfer")] == [
        (world["zero"], world[name], amount) for name, amount in rows
    ]
    minted = done.only("Minted")
    assert (minted["operation"], minted["gatekeeper"], minted["total"]) == (operation, world["gatekeeper"], 1_600)
    assert minted["decision"] == hash_of(b"decision")
    assert [world.balance(world.senior, name) for name in ("alice", "bob")] == [1_100, 500]
    assert [world.senior.read(view) for view in ("totalSupply", "minted", "holders")] == [1_600, 1_600, 2]
    assert world.senior.read("spent", operation) is True


# ---- the rules


def simply(token: str, receiver: str, amount: int) -> Arrange:
    return lambda world: (getattr(world, token), receiver, amount)


def suspended(world: World) -> tuple[Contract, str, int]:
    world.act("regulator", world.registry, "suspend", FILING, EVIDENCE)
    return world.senior, "alice", 100


def paused(world: World) -> tuple[Contract, str, int]:
    world.act("agent", world.registry, "pause", FILING, 1)
    return world.mezzanine, "alice", 100


def overdue(world: World) -> tuple[Contract, str, int]:
    """On a token whose terms let transfers go on."""
    world.act("discloser", world.registry, "openObligation", FILING, 7, world.now + 10, 5, 0)
    world.warp(16)
    return world.mezzanine, "alice", 100


def unfinished_plan(world: World) -> tuple[Contract, str, int]:
    world.file(2, (SENIOR, MEZZANINE))
    world.create(2, (SENIOR, MEZZANINE), upto=1)
    return world.token(0, filing=2), "alice", 100


def matured(world: World) -> tuple[Contract, str, int]:
    world.warp_to(T0 + 2 * YEAR + 1)
    return world.senior, "alice", 100


def full(world: World) -> tuple[Contract, str, int]:
    world.mint(world.mezzanine, {"alice": 10, "bob": 10, "carol": 10})
    return world.mezzanine, "dave", 10


def too_large_a_share(world: World) -> tuple[Contract, str, int]:
    world.mint(world.mezzanine, {"dave": 20_000})
    return world.mezzanine, "dave_spare", 20_010


def nothing_left(world: World) -> tuple[Contract, str, int]:
    world.mint(world.senior, {"alice": 1_000_000})
    return world.senior, "bob", 100


def closed(world: World) -> tuple[Contract, str, int]:
    world.mint(world.senior, {"alice": 1_000})
    world.enforce(world.senior, "amortisePrincipal", 1)
    return world.senior, "alice", 100


REFUSALS: dict[str, tuple[str, Arrange]] = {
    "suspended": ("FilingNotEffective", suspended),
    "paused": ("TokenPaused", paused),
    "overdue": ("DisclosureOverdue", overdue),
    "unfinished plan": ("PlanIncomplete", unfinished_plan),
    "matured": ("Matured", matured),
    "unknown": ("ReceiverUnknown", simply("senior", "stranger", 100)),
    "nobody": ("ReceiverUnknown", simply("senior", "zero", 100)),
    "blocked": ("ReceiverBlocked", simply("senior", "bella_blocked", 100)),
    "evidence": ("EvidenceExpired", simply("senior", "bob_expired", 100)),
    "suitability": ("SuitabilityExpired", simply("senior", "uma_unsuitable", 100)),
    "no regime": ("RegimeNotAccepted", simply("senior", "rex_no_regime", 100)),
    "another regime": ("RegimeNotAccepted", simply("mezzanine", "offshore_olga", 100)),
    "capacity": ("RiskAboveCapacity", simply("senior", "tim_timid", 100)),
    "odd lot": ("NotALot", simply("senior", "alice", 150)),
    "one holder too many": ("HolderLimit", full),
    "share in two wallets": ("ShareLimit", too_large_a_share),
    "above the cap": ("CapExceeded", simply("senior", "alice", 1_000_100)),
    "nothing left": ("CapExceeded", nothing_left),
    "one unit would wrap 96 bits": ("CapExceeded", simply("senior", "alice", (MAX_96 // 100 + 1) * 100)),
    "issue closed": ("IssueClosed", closed),
    "beyond 256 bits together": ("CapExceeded", simply("senior", "alice", 2**256 - 2**256 % 100 - 100)),
}


@pytest.mark.parametrize(("reason", "arrange"), REFUSALS.values(), ids=REFUSALS)
def test_a_broken_rule_refuses_with_its_reason(world: World, reason: str, arrange: Arrange) -> None:
    """A mint that breaks a rule is refused as the preview said, mints nothing, and leaves its operation unspent."""
    token, receiver, amount = arrange(world)
    before, operation = token.read("minted"), world.operation()
    why = world.mint_refused(token, {receiver: amount}, operation=operation)
    assert reason_of(why) == reason
    assert why.args == {"reason": reason, "from": world["zero"], "to": world[receiver], "amount": amount}
    assert token.read("minted") == before
    assert token.read("spent", operation) is False


def test_every_reason_of_a_mint_is_tested() -> None:
    """The table above leaves out no reason but those that a sender gives."""
    senders = {"SenderUnknown", "SenderBlocked", "SpenderBlocked", "NotSameInvestor", "ToItself", "Locked", "Frozen"}
    others = {"None", "InsufficientBalance"} | senders
    assert {reason for reason, _ in REFUSALS.values()} | others == {reason.name for reason in REASONS}


def test_one_bad_row_stops_all(world: World) -> None:
    """A lot with one refused row mints nothing; without that row the same operation succeeds."""
    operation = world.operation()
    why = world.mint_refused(world.senior, {"alice": 100, "stranger": 100, "bob": 100}, operation=operation)
    assert (reason_of(why), why.args["to"]) == ("ReceiverUnknown", world["stranger"])
    assert world.senior.read("minted") == 0
    world.mint(world.senior, {"alice": 100, "bob": 100}, operation=operation)
    assert world.senior.read("minted") == 200


def test_rows_are_judged_in_their_order(world: World) -> None:
    """Limits and cap count the rows before."""
    token = world.mezzanine
    assert reason_of(world.mint_refused(token, {"alice": 10, "bob": 10, "carol": 10, "dave": 10})) == "HolderLimit"
    assert reason_of(world.mint_refused(token, {"dave": 30_000, "dave_spare": 10_010})) == "ShareLimit"
    assert reason_of(world.mint_refused(world.senior, {"alice": 999_900, "bob": 200})) == "CapExceeded"


def test_the_last_mint_may_be_an_odd_lot(world: World) -> None:
    """What reaches the cap exactly may be an odd lot; anything else may not."""
    token = world.junior
    assert reason_of(world.mint_refused(token, {"alice": 10_049})) == "NotALot"
    world.mint(token, {"alice": 10_000})
    assert reason_of(world.mint_refused(token, {"bob": 49})) == "NotALot"
    assert reason_of(world.mint_refused(token, {"bob": 51})) == "NotALot"
    world.mint(token, {"bob": 50})
    assert token.read("minted") == 10_050


def test_the_last_second_of_maturity_still_mints(world: World) -> None:
    """Maturity is the last second at which tokens may be minted."""
    world.warp_to(T0 + 2 * YEAR)
    world.mint(world.senior, {"alice": 100})


def test_minting_locks_all_that_the_wallet_holds(world: World) -> None:
    """Each mint begins the compliance period anew for the wallet, and says until when (R-54)."""
    token = world.junior
    done = world.mint(token, {"alice": 100})
    assert done.only("LockedUntil") == {"holder": world["alice"], "until": T0 + 40 * DAY}
    world.warp(10 * DAY)
    world.mint(token, {"alice": 100})
    assert world.holding(token, "alice").locked_until == T0 + 50 * DAY
    assert world.mint(world.senior, {"alice": 100}).all("LockedUntil") == []


def test_minting_nothing_writes_nothing_but_the_operation(world: World) -> None:
    """A mint of zero runs the rules, emits, spends its operation and begins no issue."""
    assert reason_of(world.mint_refused(world.senior, {"stranger": 0})) == "ReceiverUnknown"
    done = world.mint(world.senior, {"alice": 0})
    assert done.names == ["Transfer", "Minted"]
    assert (world.senior.read("holdingOf", world["alice"]), world.senior.read("holders")) == (0, 0)
    assert world.filing().issue_begun is False


def test_a_mint_has_rows(world: World) -> None:
    """A mint without a row spends nothing, though a gatekeeper signed it."""
    operation = world.operation()
    assert world.mint_refused(world.senior, {}, operation=operation).name == "NothingToMint"
    assert world.senior.read("spent", operation) is False


# ---- the two keys


def send(world: World, rows: list[tuple[str, int]], made: Any, signature: bytes, who: str = "issuer", **to: Any) -> Any:
    token = to.get("token", world.senior)
    return world.refused(who, token, "mint", *world.allocated(rows), made.as_tuple(), signature)


def test_P4_an_operation_is_spent_once(world: World) -> None:
    """The same operation again is refused, with the same signature or another gatekeeper's new one."""
    operation = world.operation()
    world.mint(world.senior, {"alice": 100}, operation=operation)
    for gatekeeper, rows in (("gatekeeper", {"alice": 100}), ("gatekeeper2", {"bob": 200})):
        why = world.mint_refused(world.senior, rows, operation=operation, gatekeeper=gatekeeper)
        assert (why.name, why.args) == ("AlreadyDone", {"operation": operation})
    assert world.senior.read("minted") == 100


def test_an_operation_is_spent_per_token(world: World) -> None:
    """The same operation id on another tranche is another operation."""
    operation = world.operation()
    world.mint(world.senior, {"alice": 100}, operation=operation)
    assert world.mezzanine.read("spent", operation) is False


@pytest.mark.parametrize(
    "rows",
    [[("alice", 200)], [("bob", 100)], [("alice", 100), ("bob", 100)]],
    ids=["amount", "receiver", "one row more"],
)
def test_P4_an_approval_serves_its_allocations(world: World, rows: list[tuple[str, int]]) -> None:
    """An approval serves exactly the allocations that were signed."""
    made, signature = world.approval(world.senior, [("alice", 100)])
    why = send(world, rows, made, signature)
    assert (why.name, why.args) == ("BadApproval", {"gatekeeper": world["gatekeeper"]})


@pytest.mark.parametrize("field", ["operation", "decision", "deadline", "gatekeeper"])
def test_P4_an_approval_serves_as_it_was_signed(world: World, field: str) -> None:
    """Another operation, decision, deadline or gatekeeper than was signed is refused."""
    made, signature = world.approval(world.senior, [("alice", 100)])
    other: dict[str, Any] = {
        "operation": world.operation(),
        "decision": hash_of(b"another"),
        "deadline": made.deadline + 1,
        "gatekeeper": world["gatekeeper2"],
    }
    changed = replace(made, **{field: other[field]})
    assert send(world, [("alice", 100)], changed, signature).name == "BadApproval"


def test_P4_an_approval_serves_its_token(world: World) -> None:
    """An approval for the senior tranche mints nothing on the mezzanine."""
    made, signature = world.approval(world.senior, [("alice", 100)])
    assert send(world, [("alice", 100)], made, signature, token=world.mezzanine).name == "BadApproval"


def test_P4_an_approval_ends(world: World) -> None:
    """An approval serves to its deadline and not a second longer."""
    world.mint(world.senior, {"alice": 100}, deadline=world.now)
    why = world.mint_refused(world.senior, {"alice": 100}, deadline=world.now - 1)
    assert (why.name, why.args) == ("ApprovalExpired", {"deadline": T0 - 1, "time": T0})


@pytest.mark.parametrize("signer", ["issuer", "registrar", "stranger", "checker"])
def test_P4_only_a_gatekeeper_approves(world: World, signer: str) -> None:
    """A signature of one who is no gatekeeper approves nothing, under his own name or a gatekeeper's."""
    own = world.mint_refused(world.senior, {"alice": 100}, gatekeeper=signer)
    assert own.name == ("GatekeeperIsSender" if signer == "issuer" else "NotAGatekeeper")
    assert world.mint_refused(world.senior, {"alice": 100}, signer=signer).name == "BadApproval"


@pytest.mark.parametrize("signature", [b"", b"\x00" * 65, b"\x01" * 64])
def test_P4_a_broken_signature_approves_nothing(world: World, signature: bytes) -> None:
    """No signature, zeros, or a short one is no approval; nor is it the zero address's."""
    made, _ = world.approval(world.senior, [("alice", 100)])
    assert send(world, [("alice", 100)], made, signature).name == "BadApproval"
    nobody = replace(made, gatekeeper=world["zero"])
    assert send(world, [("alice", 100)], nobody, signature).name == "NotAGatekeeper"


def test_P4_the_gatekeeper_alone_cannot_mint(world: World) -> None:
    """A gatekeeper who sends his own approval lacks the issuer's role."""
    made, signature = world.approval(world.senior, [("alice", 100)])
    for who in ("gatekeeper", "gatekeeper2", "alice", "stranger", "deployer"):
        why = send(world, [("alice", 100)], made, signature, who=who)
        assert (why.name, why.args) == ("RoleNeeded", {"account": world[who], "role": "ISSUER"})


def test_P4_one_account_with_both_roles_cannot_mint_alone(world: World) -> None:
    """Even an account that was given both roles needs another's approval (P4)."""
    world.administer(world.contracts.manager, "grantRole", Role.ISSUER, world["gatekeeper"], 0)
    made, signature = world.approval(world.senior, [("alice", 100)])
    why = send(world, [("alice", 100)], made, signature, who="gatekeeper")
    assert (why.name, why.args) == ("GatekeeperIsSender", {"account": world["gatekeeper"]})


def test_P4_a_gatekeeper_must_be_one_when_the_mint_is_sent(world: World) -> None:
    """An approval dies with the gatekeeper's role."""
    made, signature = world.approval(world.senior, [("alice", 100)], deadline=T0 + 30 * DAY)
    world.administer(world.contracts.manager, "revokeRole", Role.GATEKEEPER, world["gatekeeper"])
    assert send(world, [("alice", 100)], made, signature).name == "NotAGatekeeper"


def test_a_gatekeeper_with_a_delay_is_none(world: World) -> None:
    """A role held with an execution delay approves nothing: the approval is used at once."""
    world.administer(world.contracts.manager, "grantRole", Role.GATEKEEPER, world["carol"], 3_600)
    assert world.mint_refused(world.senior, {"alice": 100}, gatekeeper="carol").name == "NotAGatekeeper"


def test_as_many_amounts_as_receivers(world: World) -> None:
    """Lists of different length are refused before anything else."""
    made, signature = world.approval(world.senior, [("alice", 100)])
    why = world.refused("issuer", world.senior, "mint", [world["alice"]], [100, 100], made.as_tuple(), signature)
    assert (why.name, why.args) == ("LengthsDiffer", {"receivers": 1, "amounts": 2})


def test_a_hundred_rows_fit_in_one_mint(world: World) -> None:
    """One approval serves a lot of a hundred rows."""
    rows = [(("alice", "bob", "carol", "dave")[place % 4], 100) for place in range(100)]
    world.mint(world.senior, rows)
    assert (world.senior.read("totalSupply"), world.senior.read("holders")) == (10_000, 4)
