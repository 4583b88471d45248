"""Roles: Python, Solidity and the deployed contracts say the same, of every function; the page in docs is current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from deployed import OFFICERS, World, new_world

from abst.chain import artifacts, powers, standing
from abst.chain.compiler import DEPLOYABLE
from abst.chain.contracts import Contract, codec
from abst.chain.deploy import check_deployment
from abst.chain.powers import Power, role_table, writing_functions
from abst.chain.roles import (
    AFTER_ANOTHER,
    OPEN_FUNCTIONS,
    ROLE_OF_FUNCTION,
    ROLE_OF_TIMELOCK_FUNCTION,
    SIGNED_BY_GATEKEEPER,
    Role,
    chain_roles,
    selector,
)
from abst.cli import docs

CONTRACTS = Path(__file__).parents[2] / "contracts"
GUARDED: dict[str, dict[str, str]] = {
    contract: {signature: role.name for signature, role in table.items()}
    for contract, table in ROLE_OF_FUNCTION.items()
} | {"TimelockController": ROLE_OF_TIMELOCK_FUNCTION}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return new_world(tmp_path_factory.mktemp("roles"))


@pytest.fixture(scope="module")
def table(world: World) -> list[Power]:
    assert world.token  # so that a token speaks too
    return role_table(world.contracts, world.deployment.block)


def test_numbers_are_those_of_solidity() -> None:
    text = (CONTRACTS / "types" / "Roles.sol").read_text(encoding="utf-8")
    found = re.findall(r"constant (\w+) = (\d+);", text)
    assert {name: int(number) for name, number in found} == {role.name: role.value for role in Role}


@pytest.mark.parametrize("contract", DEPLOYABLE)
def test_every_writing_function_is_guarded_or_open_for_a_reason(contract: str) -> None:
    writing = {signature for signature, function in codec(contract).functions.items() if not function.view}
    assert writing == set(GUARDED[contract]) | set(OPEN_FUNCTIONS[contract])
    assert not set(GUARDED[contract]) & set(OPEN_FUNCTIONS[contract])
    assert SIGNED_BY_GATEKEEPER.get(contract, frozenset()) | set(AFTER_ANOTHER.get(contract, ())) <= set(
        GUARDED[contract]
    )
    for signature in writing:
        assert selector(signature) == codec(contract).function(signature).selector


def test_the_deployed_contracts_ask_for_these_roles(world: World, table: list[Power]) -> None:
    """The table is asked of the contracts, function by function, and says what `abst.chain.roles` says."""
    names = {contract.address: contract.name for contract in world.contracts.all()}
    by_label = {"enforcement timelock": "TimelockController", "administration timelock": "TimelockController"}
    seen: dict[str, dict[str, str]] = {}
    for power in table:
        seen.setdefault(by_label.get(power.contract, power.contract), {})[power.function] = power.role
    for contract in set(names.values()):
        wanted = GUARDED[contract] | dict.fromkeys(OPEN_FUNCTIONS[contract], "")
        assert seen.pop(contract) == wanted, contract
    assert seen == {}


def test_the_table_counts_those_who_must_act(table: list[Power]) -> None:
    """Power takes two, stopping one; what waits is named with its delay; nobody is left out."""
    found = {(power.contract, power.function.split("(")[0]): (power.persons, power.delay) for power in table}
    assert found["Registry", "suspend"] == found["Registry", "pause"] == (1, 0)
    assert found["Registry", "resume"] == found["SecurityToken", "forcedTransfer"] == (2, 0)
    assert found["SecurityToken", "mint"] == found["Settlement", "allot"] == (2, 0)
    assert found["SecurityToken", "amortisePrincipal"] == found["Servicing", "confirm"] == (2, 0)
    assert found["Servicing", "submit"] == found["Distribution", "declare"] == (1, 0)
    assert found["AccessManager", "grantRole"] == (2, 86_400)
    assert found["administration timelock", "updateDelay"] == (2, 86_400)
    assert found["enforcement timelock", "schedule"] == found["enforcement timelock", "execute"] == (1, 0)
    who = {(power.contract, power.function.split("(")[0]): power.who for power in table}
    two = "one of 2 officers, then one of 2 others"
    assert who["Registry", "resume"] == f"enforcement timelock: {two}"
    assert who["Registry", "attach"] == "TokenFactory"
    assert who["TokenFactory", "create"] == "one officer, Settlement"
    assert who["SecurityToken", "mint"] == "one officer, Settlement, with the signature of one of 1 officer"
    assert who["SecurityToken", "writeDown"] == f"Servicing, enforcement timelock: {two}"
    assert who["Servicing", "confirm"] == "one officer, after another has submitted"
    assert all(power.who for power in table)


def test_a_contract_that_asks_for_another_role_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`verify` compares what is asked with what should be, open functions included."""
    assert check_deployment(world.chain, world.deployment, OFFICERS) == []
    for signature, needed, found in (
        ("suspend(uint64,bytes32)", Role.ISSUER, "REGULATOR"),
        ("noteIssue(uint64)", Role.ISSUER, "none"),
    ):
        with monkeypatch.context() as changed:
            changed.setitem(standing.ROLE_OF_FUNCTION["Registry"], signature, needed)
            words = check_deployment(world.chain, world.deployment, OFFICERS)
            assert words == [f"Registry.{signature}: found role {found}, needed {needed.name}"]


def test_the_page_is_current() -> None:
    """docs/contracts.md shows the table of a registry deployed now."""
    page = (CONTRACTS.parent / "docs" / "contracts.md").read_text(encoding="utf-8")
    assert page == docs.with_roles(page), "run: python -m abst.cli.docs docs"
    assert page.count("| `") >= 90
    with pytest.raises(ValueError, match="roles"):
        docs.with_roles("# A page without a place for it\n")


def test_views_are_no_powers(world: World) -> None:
    """What the compiler calls a view cannot change anything, and is not asked."""
    assert "tokenOf(uint64,uint8)" not in writing_functions(world.contracts.registry)


def test_an_account_that_holds_nothing_asks(world: World) -> None:
    """The one who asks is nobody: neither officer nor investor nor contract."""
    nobody = powers.NOBODY
    assert world.chain.code(nobody) == b""
    assert world.contracts.registry.read("investorOf", nobody) == 0
    assert all(nobody not in accounts for accounts in powers.members(world.contracts.manager, 0).values())


def test_a_contract_of_another_kind_is_asked_alike(world: World) -> None:
    """An AccessManager and a timelock name their own roles."""
    manager, lock = world.contracts.manager, world.contracts.enforcement
    assert powers.needed_role(manager, "grantRole(uint64,address,uint32)") == "ADMIN"
    assert powers.needed_role(lock, "cancel(bytes32)") == "CANCELLER_ROLE"
    assert powers.needed_role(lock, "updateDelay(uint256)") == "SELF"
    assert powers.needed_role(Contract("Registry", lock.address, world.chain), "suspend(uint64,bytes32)") == ""


def test_every_contract_that_is_deployed_has_a_table() -> None:
    assert set(GUARDED) == set(DEPLOYABLE) == set(OPEN_FUNCTIONS)
    assert all(artifacts.load(name).bytecode for name in DEPLOYABLE)


def test_officers_names_become_roles() -> None:
    assert chain_roles(["issuer", "maker", "agent"]) == [Role.ISSUER, Role.TRANSFER_AGENT]
    assert chain_roles(["bank", "payer", "checker"]) == [Role.PAYER, Role.BANK]
