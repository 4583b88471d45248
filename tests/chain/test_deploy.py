"""Deployment: who holds what afterwards, interruptions at every transaction, and what the check finds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from deployed import ETHER, OFFICERS, REGISTRY_ID, key, new_chain, new_world

from abst.chain import deploy as room
from abst.chain.api import Chain
from abst.chain.deploy import (
    LOCAL_DEPOSIT,
    PARTS,
    Deployment,
    OfficerKeys,
    check_deployment,
    created_address,
    deploy,
    fund,
    runs,
)
from abst.chain.embedded import EmbeddedChain
from abst.chain.node import NodeChain
from abst.chain.roles import Role
from abst.chain.standing import members
from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.values import Hash, canonical, hash_of


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """A chain that takes a number of transactions and then kills the process, before or after the fatal one."""

    def __init__(self, chain: Chain, life: int, *, after: bool) -> None:
        self._chain, self._life, self._after = chain, life, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    def send_raw(self, raw: bytes) -> Hash:
        self._life -= 1
        if self._life < 0 and not self._after:
            raise Killed
        sent = self._chain.send_raw(raw)
        if self._life < 0:
            raise Killed
        return sent


@pytest.fixture
def bare(tmp_path: Path) -> EmbeddedChain:
    return new_chain(tmp_path / "chain.db")


def test_the_result_can_be_stored(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    assert Deployment.from_dict(world.deployment.as_dict()) == world.deployment
    assert canonical(world.deployment.as_dict())
    assert Deployment.from_dict(json.loads(canonical(world.deployment.as_dict()))) == world.deployment
    assert world.deployment.registry == world.contracts.registry.address
    assert check_deployment(world.chain, world.deployment, OFFICERS) == []


def test_afterwards_the_deployer_holds_nothing(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    held = members(world.contracts.manager, world.deployment.block)
    assert held.pop(Role.ADMIN) == {world.deployment.administration}
    assert held.pop(Role.ENFORCER) == {world.deployment.enforcement}
    assert held.pop(Role.SERVICER) == {world.deployment.enforcement, world.deployment.servicing}
    assert held.pop(Role.FACTORY) == {world.deployment.factory}
    assert held.pop(Role.ISSUER) == {key("issuer").address, world.deployment.settlement}
    assert held.pop(Role.PAYER) == {key("payer").address, world.deployment.servicing}
    assert all(key("deployer").address not in accounts for accounts in held.values())
    assert held == {role: {key(name).address} for role, name in _holders().items()}


def _holders() -> dict[Role, str]:
    named = ("registrar", "admitter", "gatekeeper", "discloser", "regulator", "bank", "reporter", "trustee")
    return {Role[name.upper()]: name for name in named} | {Role.TRANSFER_AGENT: "agent"}


@pytest.mark.parametrize("after", [False, True])
def test_an_interrupted_deployment_is_continued(bare: EmbeddedChain, after: bool) -> None:
    """Killed before or after each transaction, again and again: the same registry, each part deployed once."""
    steps = len(PARTS) + 1  # the deposit token is one more part
    for _ in range(2 * steps + 2):
        try:
            made = deploy(Mortal(bare, 1, after=after), key("deployer"), REGISTRY_ID, OFFICERS)
            break
        except Killed:
            continue
    else:
        pytest.fail("never finished")
    deployer = key("deployer").address
    assert list(made.addresses().values()) == [created_address(deployer, n) for n in range(steps)]
    assert bare.nonce(deployer) == steps + 1 + len(OFFICERS)
    assert check_deployment(bare, made, OFFICERS) == []
    assert deploy(bare, key("deployer"), REGISTRY_ID, OFFICERS) == made


def test_killed_once_before_a_transaction(tmp_path: Path) -> None:
    """The first, one in the middle, and the handover."""
    for life in (0, 4, len(PARTS) + 1):
        chain = new_chain(tmp_path / f"{life}.db")
        with pytest.raises(Killed):
            deploy(Mortal(chain, life, after=False), key("deployer"), REGISTRY_ID, OFFICERS)
        made = deploy(chain, key("deployer"), REGISTRY_ID, OFFICERS)
        assert made.first_nonce == 0
        chain.close()


def test_a_deployer_who_has_done_much_since(bare: EmbeddedChain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_BACK", 2)
    made = deploy(bare, key("deployer"), REGISTRY_ID, OFFICERS)
    assert deploy(bare, key("deployer"), REGISTRY_ID, OFFICERS) == made


def test_what_was_begun_for_others_is_left_alone(bare: EmbeddedChain) -> None:
    """Other officers or another registry: a deployment of its own."""
    with pytest.raises(Killed):
        deploy(Mortal(bare, 4, after=False), key("deployer"), REGISTRY_ID, OFFICERS)
    others = tuple(dataclasses.replace(o, address=key("another").address) if o.name == "maker" else o for o in OFFICERS)
    first = deploy(bare, key("deployer"), REGISTRY_ID, others)
    assert first.first_nonce == 4
    second = deploy(bare, key("deployer"), hash_of(b"another registry"), others)
    assert second.manager != first.manager
    assert check_deployment(bare, first, others) == check_deployment(bare, second, others) == []


def test_what_was_begun_with_other_terms_is_left_alone(bare: EmbeddedChain) -> None:
    """Another deposit token, or other barred currencies: a deployment of its own."""
    signer, terms = key("deployer"), dataclasses.replace(LOCAL_DEPOSIT, symbol="dHK")
    with pytest.raises(Killed):
        deploy(Mortal(bare, len(PARTS) + 1, after=False), signer, REGISTRY_ID, OFFICERS)
    other = deploy(bare, signer, REGISTRY_ID, OFFICERS, deposit=terms)
    assert other.first_nonce == len(PARTS) + 1
    assert other.contracts(bare).deposit.read("symbol") == "dHK"
    with pytest.raises(Killed):
        deploy(Mortal(bare, 2, after=False), signer, hash_of(b"second"), OFFICERS)
    begun = bare.nonce(signer.address) - 2
    barred = deploy(bare, signer, hash_of(b"second"), OFFICERS, barred=("CNY", "XYZ"))
    assert barred.first_nonce == begun + 2
    assert barred.barred == ("CNY", "XYZ")
    assert check_deployment(bare, barred, OFFICERS) == []


def test_without_a_deposit_token(bare: EmbeddedChain) -> None:
    """One part less; the same again, asked with or without, is what was deployed."""
    made = deploy(bare, key("deployer"), REGISTRY_ID, OFFICERS, deposit=None)
    assert made.deposit == ""
    assert "deposit" not in made.addresses()
    assert made.contracts(bare).deposit is None
    assert Deployment.from_dict(json.loads(canonical(made.as_dict()))) == made
    assert check_deployment(bare, made, OFFICERS) == []
    assert deploy(bare, key("deployer"), REGISTRY_ID, OFFICERS) == made


def test_the_renminbi_is_barred_from_the_first_day(tmp_path: Path) -> None:
    """No asset in CNY, CNH or RMB is ever listed (R-65); the check asks the registry."""
    world = new_world(tmp_path)
    assert world.deployment.barred == ("CNY", "CNH", "RMB")
    for currency, is_barred in ((b"CNY", True), (b"CNH", True), (b"RMB", True), (b"HKD", False), (b"USD", False)):
        assert world.contracts.registry.read("isBarred", currency) is is_barred
    more = dataclasses.replace(world.deployment, barred=("CNY", "HKD"))
    assert check_deployment(world.chain, more, OFFICERS) == ["Registry.isBarred: HKD is not barred"]


def test_the_deployment_of_an_earlier_version_is_named(tmp_path: Path) -> None:
    """A stored deployment without the parts of this version is refused in words."""
    stored = new_world(tmp_path).deployment.as_dict()
    del stored["settlement"], stored["barred"]
    with pytest.raises(Unavailable, match="no barred, settlement"):
        Deployment.from_dict(stored)


def test_officers_who_cannot_check_each_other_are_refused(bare: EmbeddedChain) -> None:
    same = OfficerKeys("both", key("issuer").address, ("issuer", "gatekeeper", "maker", "checker", "king"))
    with pytest.raises(UsageError) as no:
        deploy(bare, key("deployer"), REGISTRY_ID, [same])
    for words in (
        "both has the unknown role king",
        "the enforcement timelock needs at least two proposers (role maker), found 1",
        "is both maker and checker",
        "is both issuer and gatekeeper",
    ):
        assert words in str(no.value)
    assert bare.head().number == 0


def test_the_check_names_each_difference(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    chain, deployment = world.chain, world.deployment
    without = [officer for officer in OFFICERS if officer.name != "regulator"]
    assert check_deployment(chain, deployment, without) == [
        f"role REGULATOR: {key('regulator').address} holds it and should not"
    ]
    more = [*OFFICERS, OfficerKeys("new", key("new").address, ("issuer", "checker"))]
    assert check_deployment(chain, deployment, more) == [
        f"role ISSUER: {key('new').address} should hold it and does not",
        f"enforcement timelock, EXECUTOR_ROLE: {key('new').address} should hold it and does not",
    ]
    wired = dataclasses.replace(deployment, distribution=deployment.settlement)
    assert any("distribution" in words for words in check_deployment(chain, wired, OFFICERS))
    swapped = dataclasses.replace(deployment, registry=deployment.factory)
    assert any("the code at" in words for words in check_deployment(chain, swapped, OFFICERS))
    elsewhere = dataclasses.replace(deployment, genesis=hash_of(b"another"))
    assert "first block" in check_deployment(chain, elsewhere, OFFICERS)[0]
    delayed = dataclasses.replace(deployment, admin_delay=1)
    assert check_deployment(chain, delayed, OFFICERS) == [
        "administration timelock: found a delay of 86400 s, needed 1 s"
    ]


def test_a_deployment_that_came_out_wrong_is_reported(bare: EmbeddedChain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "check_deployment", lambda *_: ["role ISSUER: nobody"])
    with pytest.raises(IntegrityFailure, match="role ISSUER: nobody"):
        deploy(bare, key("deployer"), REGISTRY_ID, OFFICERS)


def test_code_is_compared_but_for_immutables(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    code = world.chain.code(world.deployment.factory)
    assert runs(code, "TokenFactory")
    assert not runs(code, "Registry")
    assert not runs(b"", "Registry")
    assert not runs(code[:40] + bytes([code[40] ^ 1]) + code[41:], "TokenFactory")


def test_gas_money_goes_to_those_who_have_none(bare: EmbeddedChain) -> None:
    poor, rich = key("poor").address, key("holder").address
    assert fund(bare, key("deployer"), [poor, rich, poor]) == [poor]
    assert (bare.balance(poor), bare.balance(rich)) == (ETHER, ETHER)
    assert fund(bare, key("penniless"), [key("other").address]) == []


def test_the_same_on_a_node(anvil_url: str) -> None:
    node = NodeChain(anvil_url)
    node._ask("anvil_setBalance", key("deployer").address, hex(100 * ETHER))
    made = deploy(node, key("deployer"), REGISTRY_ID, OFFICERS)
    assert check_deployment(node, made, OFFICERS) == []
    assert deploy(node, key("deployer"), REGISTRY_ID, OFFICERS) == made
