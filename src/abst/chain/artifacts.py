"""The compiled contracts, as package data: written by `abst.chain.compiler`, read by whoever deploys or calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from abst.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Artifact:
    """abi: as solc gives it; bytecode: the creation code, without constructor arguments."""

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes


@cache
def load(name: str) -> Artifact:
    """The artifact of a deployable contract. Raises Unavailable when it was not compiled."""
    file = resources.files("abst.chain").joinpath("artifacts", f"{name}.json")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Unavailable("this contract is not compiled", found="no artifact", needed="run make", where=name) from None
    code = bytes.fromhex(content["bytecode"].removeprefix("0x"))
    return Artifact(name=content["contractName"], abi=tuple(content["abi"]), bytecode=code)
