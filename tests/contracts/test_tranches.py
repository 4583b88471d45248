"""Making the tranches of a filing: `create`.

given an effective filing
    when plan and code are exactly those filed
        it should make the tranches in order, as many at a time as asked
        it should make them at addresses that follow from the plan, with exactly the filed terms
    when anything in the plan differs
        it should refuse, naming both hashes
given a filing that is not effective
    it should refuse
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from abst.chain import artifacts
from abst.chain.reasons import Revert
from abst.deal.plan import TERMS_ABI, Terms, plan_hash, terms_from_tuple, terms_tuple
from abst.values import ZERO_ADDRESS, to_bytes
from world import EVIDENCE, HK_PI, MEZZANINE, MUCH_GAS, OFFCHAIN, SENIOR, TERMS, World, refusal

PLAN = (SENIOR, MEZZANINE)
NUMBER = 2
OTHER: dict[str, Any] = {
    "name": "Senior",
    "symbol": "SEN",
    "currency": "HKD",
    "decimals": 0,
    "risk": 1,
    "overdue_stops_transfers": False,
    "cap": SENIOR.cap + 1,
    "lot": 1,
    "regimes": HK_PI,
    "max_holders": 200,
    "max_share_bps": 1,
    "lock_seconds": 1,
    "maturity": SENIOR.maturity + 1,
}


def create_refused(world: World, data: bytes, who: str = "issuer") -> Revert:
    return refusal(lambda: world.act_raw(who, world.factory.address, data, MUCH_GAS))


@pytest.fixture
def filed(world: World) -> World:
    """Filing 2 with two tranches is effective; nothing is made."""
    world.file(NUMBER, PLAN)
    return world


def test_P3_tranches_are_made_as_filed(world: World) -> None:
    """Every tranche carries exactly the filed terms, its filing, its number and its registry."""
    for number, terms in enumerate(TERMS):
        token = world.token(number)
        assert terms_from_tuple([to_bytes(v) if isinstance(v, str) else v for v in token.read("terms")]) == terms
        assert (token.read("filing"), token.read("tranche")) == (1, number)
        assert token.read("registry") == world.registry.address
        assert token.read("authority") == world.contracts.manager.address
        assert [token.read(view) for view in ("name", "symbol", "decimals", "totalSupply")] == [
            terms.name,
            terms.symbol,
            terms.decimals,
            0,
        ]


def test_they_are_made_in_order_some_at_a_time(filed: World) -> None:
    """Tranches are made from the next unmade one; the filing counts them and names their addresses."""
    assert filed.create(NUMBER, PLAN, upto=1).only("TrancheAttached")["tranche"] == 0
    assert (filed.filing(NUMBER).made, filed.filing(NUMBER).planned) == (1, 2)
    assert filed.registry.read("tokenOf", NUMBER, 1) == ZERO_ADDRESS
    done = filed.create(NUMBER, PLAN)
    assert done.only("TrancheAttached") == {"filing": NUMBER, "tranche": 1, "token": filed.token(1, NUMBER).address}
    why = create_refused(filed, filed.creation(NUMBER, PLAN))
    assert (why.name, why.args) == ("NothingToCreate", {"filing": NUMBER, "made": 2, "upTo": 2})


@pytest.mark.parametrize("upto", [0, 3])
def test_P3_no_more_than_the_plan(filed: World, upto: int) -> None:
    """Nothing, or more than the plan has, cannot be made."""
    assert create_refused(filed, filed.creation(NUMBER, PLAN, upto)).name == "NothingToCreate"


def test_the_plan_hash_is_the_same_in_python(world: World) -> None:
    """Python and the factory compute the same plan hash."""
    code = artifacts.load("SecurityToken").bytecode
    on_chain = world.factory.read("planHash", code, [terms_tuple(terms) for terms in TERMS], OFFCHAIN)
    assert on_chain == plan_hash(world.plan(TERMS)) == world.registry.read("planHashOf", 1)


@pytest.mark.parametrize("field", [field.name for field in fields(Terms)])
def test_P3_any_other_term_is_another_plan(filed: World, field: str) -> None:
    """A plan that differs in one field of one tranche is refused, naming both hashes (R-42)."""
    changed = (replace(SENIOR, **{field: OTHER[field]}), MEZZANINE)
    why = create_refused(filed, filed.creation(NUMBER, changed))
    assert (why.name, why.rule) == ("PlanDiffers", "R-42")
    assert why.args["filed"] == plan_hash(filed.plan(PLAN))
    assert why.args["given"] == plan_hash(filed.plan(changed))


@pytest.mark.parametrize("terms", [(), PLAN[:1], PLAN[::-1], (*PLAN, SENIOR)], ids=["none", "less", "swapped", "more"])
def test_P3_other_tranches_are_another_plan(filed: World, terms: tuple[Terms, ...]) -> None:
    """Fewer, more or swapped tranches are refused."""
    assert create_refused(filed, filed.creation(NUMBER, terms, 1)).name == "PlanDiffers"


def test_P3_other_code_is_another_plan(filed: World) -> None:
    """Code that differs in one byte, and other off-chain content, is refused."""
    code = bytearray(artifacts.load("SecurityToken").bytecode)
    code[-1] ^= 1
    assert create_refused(filed, filed.creation(NUMBER, PLAN, code=bytes(code))).name == "PlanDiffers"
    rows = [terms_tuple(terms) for terms in PLAN]
    arguments = (NUMBER, artifacts.load("SecurityToken").bytecode, rows, EVIDENCE, 2)
    assert create_refused(filed, filed.factory.encode("create", *arguments)).name == "PlanDiffers"


def test_P3_the_number_of_tranches_is_the_one_recorded(world: World) -> None:
    """A filing recorded with another number of tranches than its plan has makes none."""
    world.act("registrar", world.registry, "recordFiling", 5, plan_hash(world.plan(PLAN)), 3, 0)
    world.enforce(world.registry, "makeEffective", 5, EVIDENCE)
    why = create_refused(world, world.creation(5, PLAN))
    assert (why.name, why.args) == ("TrancheCountDiffers", {"filing": 5, "given": 2, "filed": 3})


def test_addresses_follow_from_the_plan(filed: World) -> None:
    """A tranche's address is CREATE2 of factory, filing, number, code and terms, known before it is made."""
    code = artifacts.load("SecurityToken").bytecode
    said = [filed.factory.read("addressOf", NUMBER, i, code, terms_tuple(one)) for i, one in enumerate(PLAN)]
    made = [args["token"] for args in filed.create(NUMBER, PLAN).all("TrancheAttached")]
    computed = []
    for number, terms in enumerate(PLAN):
        addresses = [filed.contracts.manager.address, filed.registry.address]
        words = encode(
            ["address", "address", "uint64", "uint8", TERMS_ABI], [*addresses, NUMBER, number, terms_tuple(terms)]
        )
        salt = keccak(encode(["uint64", "uint8"], [NUMBER, number]))
        creator = to_bytes(filed.factory.address)
        computed.append(to_checksum_address(keccak(b"\xff" + creator + salt + keccak(code + words))[12:]))
    assert made == said == computed


def test_the_same_plan_filed_twice_makes_other_tokens(filed: World) -> None:
    """Two filings of the same plan have tokens of their own."""
    filed.create(NUMBER, PLAN)
    filed.file(3, PLAN)
    filed.create(3, PLAN)
    assert filed.token(0, 3).address != filed.token(0, NUMBER).address


def test_P3_a_filing_must_be_effective(world: World) -> None:
    """Before it is effective, and while suspended, a filing makes nothing."""
    world.file(NUMBER, PLAN, effective=False)
    assert create_refused(world, world.creation(NUMBER, PLAN)).name == "FilingNotEffective"
    world.enforce(world.registry, "makeEffective", NUMBER, EVIDENCE)
    world.act("regulator", world.registry, "suspend", NUMBER, EVIDENCE)
    assert create_refused(world, world.creation(NUMBER, PLAN)).name == "FilingNotEffective"
    world.enforce(world.registry, "resume", NUMBER, EVIDENCE)
    world.create(NUMBER, PLAN)


def test_only_the_issuer_creates(filed: World) -> None:
    """Nobody but the issuer makes tranches, and nobody but the factory attaches them."""
    why = create_refused(filed, filed.creation(NUMBER, PLAN), who="registrar")
    assert (why.name, why.args) == ("RoleNeeded", {"account": filed["registrar"], "role": "ISSUER"})
    why = filed.refused("issuer", filed.registry, "attach", NUMBER, 0, filed["stranger"])
    assert (why.name, why.args["role"]) == ("RoleNeeded", "FACTORY")


def filed_as(world: World, **words: bytes | int) -> bytes:
    """File and make effective a tranche whose raw words no `Terms` would allow; call data to create it."""
    names = ("name", "symbol", "currency", "decimals", "risk", "overdue", "cap", "lot")
    row = list(terms_tuple(SENIOR))
    for name, value in words.items():
        row[names.index(name)] = value
    code = artifacts.load("SecurityToken").bytecode
    plan = world.factory.read("planHash", code, [tuple(row)], OFFCHAIN)
    world.act("registrar", world.registry, "recordFiling", 9, plan, 1, 0)
    world.enforce(world.registry, "makeEffective", 9, EVIDENCE)
    return world.factory.encode("create", 9, code, [tuple(row)], OFFCHAIN, 1)


@pytest.mark.parametrize(
    "words",
    [
        {"lot": 0},
        {"name": b"\x00" * 32},
        {"symbol": b"A\x00B".ljust(32, b"\x00")},
        {"symbol": b"A" * 32},
    ],
    ids=["no lot", "no name", "a gap", "32 bytes"],
)
def test_malformed_terms_make_no_token(world: World, words: dict[str, bytes | int]) -> None:
    """Terms without a lot, or whose name or symbol is no text of 1 to 31 bytes, make no token even when filed."""
    assert create_refused(world, filed_as(world, **words)).name == "TermsMalformed"


def test_a_name_of_31_bytes_fits(world: World) -> None:
    """The longest name is read back whole."""
    data = filed_as(world, name=b"A" * 31 + b"\x00")
    world.act_raw("issuer", world.factory.address, data, MUCH_GAS)
    assert world.token(0, 9).read("name") == "A" * 31


def test_the_token_is_small(world: World) -> None:
    """The complete token stays under 22,000 bytes."""
    assert len(world.chain.code(world.senior.address)) < 22_000


def test_three_tranches_fit_in_one_transaction(world: World) -> None:
    """Three tranches take less than 11 million gas."""
    world.file(NUMBER, TERMS[:3])
    assert world.create(NUMBER, TERMS[:3]).receipt.gas_used < 11_000_000
