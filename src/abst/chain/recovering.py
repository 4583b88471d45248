"""What a transaction of ours on the chain says of itself: the call, its operation id, the decision it carries.

The sender puts the operation id, 32 bytes, after the arguments of every call; so the chain alone tells which operation
each transaction was, and a store that came back from a backup learns what it has forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.exceptions import DecodingError

from abst.chain.contracts import Function, codec
from abst.chain.roles import ROLE_OF_FUNCTION
from abst.chain.timelock import parse
from abst.values import Hash

TAG = 32  # bytes of an operation id
NAMES = (*ROLE_OF_FUNCTION, "TimelockController")
APPROVAL = "(bytes32,bytes32,uint40,address)"  # operation, decision, deadline, gatekeeper


@dataclass(frozen=True, slots=True)
class Said:
    """A call decoded. call: without the operation id that follows it; words: contract and function, of a timelock's
    call also what it is about; decision: the hash that a mint or an allotment stands on.
    """

    call: bytes
    operation: Hash | None
    words: str
    decision: Hash | None


@cache
def _functions() -> dict[bytes, tuple[str, Function]]:
    """Writing functions of our contracts by selector. Where two share one (ERC-20's), either decodes it."""
    found: dict[bytes, tuple[str, Function]] = {}
    for name in NAMES:
        for function in codec(name).functions.values():
            if not function.view:
                found.setdefault(function.selector, (name, function))
    return found


def _decoded(data: bytes) -> tuple[str, Function, tuple[Any, ...]] | None:
    """Contract, function and arguments; None for what is no whole call of ours."""
    name, function = _functions().get(data[:4], ("", None))
    if function is None:
        return None
    try:
        return name, function, function.inputs.decode(data[4:])
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return None


def said(data: bytes) -> Said:
    """What call data says. Without a tag (another program's transaction, or an earlier version's) no operation."""
    found = _decoded(data)
    if found is None:
        return Said(data, None, "0x" + data[:4].hex(), None)
    name, function, arguments = found
    length = len(function.selector + function.inputs.encode(arguments))
    tagged = len(data) >= length + TAG
    call = data[:-TAG] if tagged else data
    operation = Hash("0x" + data[-TAG:].hex()) if tagged else None
    return Said(call, operation, _words(name, function, call), _decision(function, arguments))


def _words(name: str, function: Function, call: bytes) -> str:
    words = f"{name}.{function.signature.partition('(')[0]}"
    inner = parse(call) if name == "TimelockController" else None
    return words if inner is None else f"{words} of {said(inner.data).words}"


def _types(function: Function) -> list[str]:
    """The types of a function's arguments, in order."""
    found, depth, start = [], 0, 1
    kinds = function.inputs.type
    for place, letter in enumerate(kinds):
        depth += (letter == "(") - (letter == ")")
        if (letter == "," and depth == 1) or (place == len(kinds) - 1 and kinds != "()"):
            found.append(kinds[start:place])
            start = place + 1
    return found


def _decision(function: Function, arguments: tuple[Any, ...]) -> Hash | None:
    """The decision that the gatekeeper's approval in a call names; none in most."""
    for kind, value in zip(_types(function), arguments, strict=True):
        if kind == APPROVAL:
            return Hash(value[1])
    return None


def same_effect(one: bytes, other: bytes) -> bool:
    """Whether two calls ask the chain for the same thing: equal, but for what every decision makes anew.

    That is a gatekeeper's approval with its signature (the operation it names must be the same), and the salted
    commitment of an admission. Bytes after the arguments are not compared.
    """
    if one == other:
        return True
    first, second = _decoded(one), _decoded(other)
    if first is None or second is None or first[:2] != second[:2]:
        return False
    return _effect(first[1], first[2]) == _effect(second[1], second[2])


def _effect(function: Function, arguments: tuple[Any, ...]) -> list[Any]:
    kinds = _types(function)
    kept: list[Any] = []
    for place, (kind, value) in enumerate(zip(kinds, arguments, strict=True)):
        if kind == APPROVAL:
            kept.append(value[0])
        elif place and kinds[place - 1] == APPROVAL:
            continue  # its signature
        else:
            kept.append(value)
    if function.signature.startswith(("admit(", "renew(")):
        return [(wallet, word) for wallet, word, _ in kept[0]]
    return kept[:-1] if function.signature.startswith("addWallet(") else kept


def receivers(call: bytes) -> set[str]:
    """Wallets to which a mint or an allotment gives tokens; none for other calls."""
    found = _decoded(call)
    if found is None or not found[1].signature.startswith(("mint(", "allot(")):
        return set()
    _, function, arguments = found
    if function.signature.startswith("mint("):
        return set(arguments[0])
    return {order[2] for order in arguments[0]}
