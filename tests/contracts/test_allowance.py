"""Letting another spend: `approve`, `permit`, `transferFrom`.

given an allowance
    when the spender moves at most that much
        it should move under all rules of a transfer and lower the allowance
    when the allowance is the greatest number
        it should not be lowered
    when the spender is blocked
        it should be refused, whoever holds the tokens
given a permit (ERC-2612)
    when the owner signed it, it is in time and not used
        it should set the allowance, whoever sends it
    otherwise
        it should be refused
"""

from __future__ import annotations

from typing import Any

import pytest

from abst.chain import eip712
from world import DAY, EVIDENCE, World, reason_of

GREATEST = 2**256 - 1
PERMIT = [
    {"name": "owner", "type": "address"},
    {"name": "spender", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]


def spend(world: World, spender: str, owner: str, receiver: str, amount: int) -> tuple[Any, ...]:
    return (spender, world.senior, "transferFrom", world[owner], world[receiver], amount)


def permit(world: World, owner: str, spender: str, value: int, deadline: int, signer: str = "") -> tuple[Any, ...]:
    """Arguments of `permit`, signed by the owner or by `signer`."""
    message = {
        "types": {"EIP712Domain": eip712.DOMAIN, "Permit": PERMIT},
        "primaryType": "Permit",
        "domain": eip712.domain_of(world.senior, world.chain.chain_id),
        "message": {
            "owner": world[owner],
            "spender": world[spender],
            "value": value,
            "nonce": world.senior.read("nonces", world[owner]),
            "deadline": deadline,
        },
    }
    signature = world.people[signer or owner].sign_typed(message)
    r, s, v = signature[:32], signature[32:64], signature[64]
    return world[owner], world[spender], value, deadline, v, r, s


def test_an_allowance_is_spent(held: World) -> None:
    """A spender moves within his allowance, which falls by the amount."""
    done = held.act("alice", held.senior, "approve", held["carol"], 300)
    assert done.only("Approval") == {"owner": held["alice"], "spender": held["carol"], "value": 300}
    held.act(*spend(held, "carol", "alice", "bob", 200))
    assert held.balance(held.senior, "bob") == 700
    assert held.senior.read("allowance", held["alice"], held["carol"]) == 100


def test_an_allowance_ends(held: World) -> None:
    """Above the allowance ERC-6093's error names spender, allowance and need."""
    held.act("alice", held.senior, "approve", held["carol"], 100)
    why = held.refused(*spend(held, "carol", "alice", "bob", 200))
    assert why.name == "ERC20InsufficientAllowance"
    assert why.args == {"spender": held["carol"], "allowance": 100, "needed": 200}


def test_an_endless_allowance_stays(held: World) -> None:
    """The greatest number is an allowance without end."""
    held.act("alice", held.senior, "approve", held["carol"], GREATEST)
    held.act(*spend(held, "carol", "alice", "bob", 200))
    assert held.senior.read("allowance", held["alice"], held["carol"]) == GREATEST


def test_a_new_approval_replaces_the_old(held: World) -> None:
    """An approval replaces what was allowed before; zero withdraws it."""
    held.act("alice", held.senior, "approve", held["carol"], 300)
    held.act("alice", held.senior, "approve", held["carol"], 0)
    assert held.refused(*spend(held, "carol", "alice", "bob", 100)).name == "ERC20InsufficientAllowance"


def test_nobody_is_no_spender(held: World) -> None:
    """The zero address cannot be allowed anything."""
    assert held.refused("alice", held.senior, "approve", held["zero"], 1).name == "ERC20InvalidSpender"


def test_a_blocked_spender_is_refused(held: World) -> None:
    """A blocked spender moves nobody's tokens (R-53)."""
    held.act("alice", held.senior, "approve", held["bella_blocked"], 300)
    why = held.refused(*spend(held, "bella_blocked", "alice", "bob", 100))
    assert reason_of(why) == "SpenderBlocked"


def test_an_unknown_spender_may_spend(held: World) -> None:
    """A spender need not be an investor: he receives nothing (a custodian, a settlement contract)."""
    held.act("alice", held.senior, "approve", held["stranger"], 300)
    held.act(*spend(held, "stranger", "alice", "bob", 100))
    assert held.balance(held.senior, "bob") == 600


@pytest.mark.parametrize(
    ("owner", "receiver", "amount", "reason"),
    [
        ("alice", "stranger", 100, "ReceiverUnknown"),
        ("alice", "bob_expired", 100, "EvidenceExpired"),
        ("alice", "bob", 150, "NotALot"),
        ("alice", "bob", 1_100, "InsufficientBalance"),
        ("stranger", "bob", 0, "SenderUnknown"),
    ],
)
def test_the_rules_are_those_of_a_transfer(held: World, owner: str, receiver: str, amount: int, reason: str) -> None:
    """What the holder may not do the spender may not do for him, and a refusal leaves the allowance."""
    held.act(owner, held.senior, "approve", held["carol"], 10_000)
    why = held.refused(*spend(held, "carol", owner, receiver, amount))
    assert reason_of(why) == reason == held.preview(held.senior, owner, receiver, amount)
    assert held.senior.read("allowance", held[owner], held["carol"]) == 10_000


def test_a_blocked_owner_is_not_helped_by_a_spender(held: World) -> None:
    """A blocked holder's tokens do not move through an allowance given before."""
    held.act("alice", held.senior, "approve", held["carol"], 300)
    held.act("admitter", held.registry, "blockInvestors", [held["alice"]], EVIDENCE)
    assert reason_of(held.refused(*spend(held, "carol", "alice", "bob", 100))) == "SenderBlocked"


def test_a_permit_allows(held: World) -> None:
    """A permit signed by the owner sets the allowance, whoever sends it, and takes one nonce."""
    arguments = permit(held, "alice", "carol", 300, held.now)
    done = held.act("stranger", held.senior, "permit", *arguments)
    assert done.only("Approval")["value"] == 300
    assert held.senior.read("nonces", held["alice"]) == 1
    held.act(*spend(held, "carol", "alice", "bob", 300))


def test_a_permit_serves_once(held: World) -> None:
    """A permit sent again is refused: its nonce is used."""
    arguments = permit(held, "alice", "carol", 300, held.now + DAY)
    held.act("carol", held.senior, "permit", *arguments)
    assert held.refused("carol", held.senior, "permit", *arguments).name == "ERC2612InvalidSigner"


def test_a_permit_ends(held: World) -> None:
    """A permit serves to its deadline and not a second longer."""
    arguments = permit(held, "alice", "carol", 300, held.now)
    held.warp(1)
    assert held.refused("carol", held.senior, "permit", *arguments).name == "ERC2612ExpiredSignature"


def test_a_permit_is_the_owners(held: World) -> None:
    """A permit signed by another than the owner is refused and names both."""
    arguments = permit(held, "alice", "carol", 300, held.now, signer="carol")
    why = held.refused("carol", held.senior, "permit", *arguments)
    assert (why.name, why.args) == ("ERC2612InvalidSigner", {"signer": held["carol"], "owner": held["alice"]})


def test_a_permit_is_one_tokens(held: World) -> None:
    """A permit for the senior tranche allows nothing on the mezzanine."""
    arguments = permit(held, "alice", "carol", 300, held.now)
    assert held.refused("carol", held.mezzanine, "permit", *arguments).name == "ERC2612InvalidSigner"


def test_the_domain_separator_is_the_tokens(held: World) -> None:
    """Each tranche has a domain of its own."""
    separators = {token.read("DOMAIN_SEPARATOR") for token in (held.senior, held.mezzanine, held.junior)}
    assert len(separators) == 3
