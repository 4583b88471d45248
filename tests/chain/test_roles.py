"""Roles: the table covers every writing function, agrees with Solidity, and nobody else gets in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from deployed import World, key, new_world

from abst.chain.api import Reverted
from abst.chain.contracts import Contract, codec
from abst.chain.reasons import explain
from abst.chain.roles import OPEN_FUNCTIONS, ROLE_OF_FUNCTION, Role, chain_roles, selector

CONTRACTS = Path(__file__).parents[2] / "contracts"
GUARDED = [(contract, signature) for contract, table in ROLE_OF_FUNCTION.items() for signature in table]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return new_world(tmp_path_factory.mktemp("roles"))


def test_numbers_are_those_of_solidity() -> None:
    text = (CONTRACTS / "types" / "Roles.sol").read_text(encoding="utf-8")
    found = re.findall(r"constant (\w+) = (\d+);", text)
    assert {name: int(number) for name, number in found} == {role.name: role.value for role in Role}


@pytest.mark.parametrize("contract", sorted(ROLE_OF_FUNCTION))
def test_every_writing_function_is_guarded_or_open_for_a_reason(contract: str) -> None:
    writing = {signature for signature, function in codec(contract).functions.items() if not function.view}
    assert writing == set(ROLE_OF_FUNCTION[contract]) | OPEN_FUNCTIONS[contract]
    assert not set(ROLE_OF_FUNCTION[contract]) & OPEN_FUNCTIONS[contract]
    for signature in writing:
        assert selector(signature) == codec(contract).function(signature).selector


def _zero(kind: str) -> Any:
    if kind.endswith("]"):
        return []
    if kind.startswith("("):
        return tuple(_zero(part) for part in kind[1:-1].split(","))
    if kind.startswith("bytes") or kind == "string":
        size = kind.removeprefix("bytes")
        return "" if kind == "string" else bytes(int(size or 0))
    return "0x" + "00" * 20 if kind == "address" else 0 if kind != "bool" else False


def _arguments(signature: str) -> list[Any]:
    inner = signature[signature.index("(") + 1 : -1]
    parts = re.findall(r"\([^)]*\)(?:\[\])?|[^,]+", inner)
    return [_zero(part) for part in parts]


@pytest.mark.parametrize(("contract", "signature"), GUARDED)
def test_others_are_turned_away(world: World, contract: str, signature: str) -> None:
    """Every officer without the role is refused for his role; the one with it is not."""
    target = {"Registry": world.contracts.registry, "TokenFactory": world.contracts.factory}.get(contract, world.token)
    role = ROLE_OF_FUNCTION[contract][signature]
    data = target.encode(signature, *_arguments(signature))
    holder = {
        Role.ENFORCER: world.contracts.enforcement.address,
        Role.FACTORY: world.contracts.factory.address,
        Role.TRANSFER_AGENT: key("agent").address,
    }.get(role, key(role.name.lower()).address)
    everybody = [key(name).address for name in ("registrar", "issuer", "maker", "checker", "stranger", "deployer")]
    for caller in [*everybody, world.contracts.administration.address, holder]:
        assert _unauthorised(target, data, caller) == (caller != holder), caller


def _unauthorised(target: Contract, data: bytes, caller: Any) -> bool:
    try:
        target.chain.call(target.address, data, caller)
    except Reverted as no:
        return explain(no.data).name == "AccessManagedUnauthorized"
    return False


def test_officers_names_become_roles() -> None:
    assert chain_roles(["issuer", "maker", "agent"]) == [Role.ISSUER, Role.TRANSFER_AGENT]
