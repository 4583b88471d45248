"""Typed calls to deployed contracts: encode, call, decode, and read events, in one place.

Values: integers are ``int``; addresses are checksummed `Address`; ``bytes32`` is a `Hash` (0x-hex); other bytes stay
``bytes``; structs are tuples in the order of Solidity; arguments may give bytes as ``bytes`` or 0x-hex. A function is
named by its name, or by its full signature where the name is overloaded. Codecs are made once per ABI.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, cast

from eth_abi.decoding import ContextFramesBytesIO
from eth_abi.exceptions import DecodingError
from eth_abi.registry import registry as abi_registry
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from abst.chain import artifacts
from abst.chain.api import Chain, Log
from abst.errors import Unavailable
from abst.values import Address, Hash

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One decoded event and where it stands: block, position in the block, transaction, contract."""

    block_number: int
    block_hash: Hash
    log_index: int
    tx_hash: Hash
    address: Address
    contract: str
    name: str
    args: dict[str, Any]


@lru_cache(maxsize=200_000)
def checksummed(address: str) -> Address:
    """An address as the house writes it; cached, because each costs a hash."""
    return Address(to_checksum_address(address))


def _type_of(parameter: dict[str, Any]) -> str:
    """The canonical ABI type, structs spelt out as tuples."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type_of(component) for component in parameter["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def _identity(value: Any) -> Any:
    return value


def _to_bytes(value: Any) -> Any:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else value


def _to_hash(value: Any) -> Any:
    return Hash("0x" + value.hex())


def _converter(parameter: dict[str, Any], leaf: Callable[[str], Convert]) -> Convert:
    """How a value of this ABI type becomes the house's value, or the reverse: `leaf` answers for the plain types."""
    kind: str = parameter["type"]
    if kind.endswith("]"):
        inner = _converter(parameter | {"type": kind[: kind.rindex("[")]}, leaf)
        if inner is _identity:
            return list if leaf is _leaf_in else tuple
        return lambda values: tuple(map(inner, values))
    if kind == "tuple":
        parts = [_converter(component, leaf) for component in parameter["components"]]
        return lambda values: tuple(part(value) for part, value in zip(parts, values, strict=True))
    return leaf(kind)


def _leaf_in(kind: str) -> Convert:
    return _to_bytes if kind.startswith("bytes") else _identity


def _leaf_out(kind: str) -> Convert:
    if kind == "address":
        return checksummed
    return _to_hash if kind == "bytes32" else _identity


@dataclass(frozen=True)
class Parameters:
    """Codec of a list of parameters."""

    names: tuple[str, ...]
    type: str
    _encode: Callable[[Any], bytes]
    _decode: Callable[[Any], Any]
    _in: tuple[Convert, ...]
    _out: tuple[Convert, ...]

    @classmethod
    def of(cls, parameters: Sequence[dict[str, Any]]) -> Parameters:
        kind = "(" + ",".join(_type_of(p) for p in parameters) + ")"
        return cls(
            names=tuple(p.get("name") or f"arg{index}" for index, p in enumerate(parameters)),
            type=kind,
            _encode=cast(Convert, abi_registry.get_encoder(kind)) if parameters else (lambda _: b""),
            _decode=cast(Convert, abi_registry.get_decoder(kind)) if parameters else (lambda _: ()),
            _in=tuple(_converter(p, _leaf_in) for p in parameters),
            _out=tuple(_converter(p, _leaf_out) for p in parameters),
        )

    def encode(self, values: Sequence[Any]) -> bytes:
        """ABI-encode. Raises eth_abi's EncodingError, TypeError or ValueError for values that do not fit: a bug."""
        return self._encode(tuple(convert(value) for convert, value in zip(self._in, values, strict=True)))

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """Raises eth_abi's DecodingError when the bytes are not such values."""
        values = self._decode(ContextFramesBytesIO(data))
        return tuple(convert(value) for convert, value in zip(self._out, values, strict=True))


@dataclass(frozen=True)
class Function:
    """One function: selector, inputs, outputs."""

    signature: str
    selector: bytes
    inputs: Parameters
    outputs: Parameters
    view: bool


@dataclass(frozen=True)
class EventType:
    """One event: its topic, what is indexed and what stands in the data."""

    name: str
    topic: Hash
    order: tuple[str, ...]
    indexed: Parameters
    data: Parameters

    def args(self, log: Log) -> dict[str, Any]:
        """The event's arguments by name. Raises DecodingError when the log is another event of the same topic."""
        if len(log.topics) - 1 != len(self.indexed.names):
            raise DecodingError(f"{self.name} has {len(self.indexed.names)} indexed arguments")
        joined = b"".join(bytes.fromhex(topic[2:]) for topic in log.topics[1:])
        values = dict(zip(self.indexed.names, self.indexed.decode(joined), strict=True))
        values |= dict(zip(self.data.names, self.data.decode(log.data), strict=True))
        return {name: values[name] for name in self.order}


@dataclass(frozen=True)
class ErrorType:
    """One custom error."""

    name: str
    selector: bytes
    inputs: Parameters


@dataclass(frozen=True)
class Codec:
    """Everything an ABI says, looked up by name, signature, selector or topic."""

    name: str
    functions: dict[str, Function] = field(default_factory=dict)
    overloads: dict[str, list[Function]] = field(default_factory=dict)
    events: dict[Hash, EventType] = field(default_factory=dict)
    errors: dict[bytes, ErrorType] = field(default_factory=dict)
    constructor: Parameters = field(default_factory=lambda: Parameters.of(()))

    @classmethod
    def of(cls, name: str, abi: Iterable[dict[str, Any]]) -> Codec:
        functions: dict[str, Function] = {}
        overloads: dict[str, list[Function]] = {}
        events: dict[Hash, EventType] = {}
        errors: dict[bytes, ErrorType] = {}
        constructor = Parameters.of(())
        for entry in abi:
            match entry["type"]:
                case "function":
                    made = _function(entry)
                    functions[made.signature] = made
                    overloads.setdefault(entry["name"], []).append(made)
                case "event":
                    event = _event(entry)
                    events[event.topic] = event
                case "error":
                    inputs = Parameters.of(entry["inputs"])
                    selector = keccak(text=entry["name"] + inputs.type)[:4]
                    errors[selector] = ErrorType(entry["name"], selector, inputs)
                case "constructor":
                    constructor = Parameters.of(entry["inputs"])
        return cls(name, functions, overloads, events, errors, constructor)

    def function(self, fn: str, args: int | None = None) -> Function:
        """A function by name or signature. Raises LookupError when there is none, or several and no way to choose."""
        if fn in self.functions:
            return self.functions[fn]
        found = self.overloads.get(fn, [])
        if len(found) > 1:
            found = [function for function in found if len(function.inputs.names) == args]
        if len(found) != 1:
            signatures = [function.signature for function in self.overloads.get(fn, [])]
            raise LookupError(f"{self.name} has no single function {fn}; it has {signatures or 'none of this name'}")
        return found[0]

    def topic(self, event: str) -> Hash:
        """The topic of an event by its name. Raises LookupError."""
        for found in self.events.values():
            if found.name == event:
                return found.topic
        raise LookupError(f"{self.name} has no event {event}")


def _function(entry: dict[str, Any]) -> Function:
    inputs = Parameters.of(entry["inputs"])
    signature = entry["name"] + inputs.type
    return Function(
        signature=signature,
        selector=keccak(text=signature)[:4],
        inputs=inputs,
        outputs=Parameters.of(entry["outputs"]),
        view=entry["stateMutability"] in ("view", "pure"),
    )


def _event(entry: dict[str, Any]) -> EventType:
    inputs = [p | {"name": p.get("name") or f"arg{index}"} for index, p in enumerate(entry["inputs"])]
    signature = entry["name"] + Parameters.of(inputs).type
    return EventType(
        name=entry["name"],
        topic=Hash("0x" + keccak(text=signature).hex()),
        order=tuple(p["name"] for p in inputs),
        indexed=Parameters.of([_as_topic(p) for p in inputs if p["indexed"]]),
        data=Parameters.of([p for p in inputs if not p["indexed"]]),
    )


def _as_topic(parameter: dict[str, Any]) -> dict[str, Any]:
    """An indexed value of a dynamic or compound type is only its hash."""
    kind: str = parameter["type"]
    plain = kind not in ("string", "bytes") and not kind.endswith("]") and not kind.startswith("tuple")
    return parameter if plain else {"name": parameter["name"], "type": "bytes32"}


@cache
def codec(name: str) -> Codec:
    """The codec of a compiled contract, made once per process."""
    return Codec.of(name, artifacts.load(name).abi)


@dataclass(frozen=True)
class Contract:
    """A contract of a known ABI at an address of a chain."""

    name: str
    address: Address
    chain: Chain

    @property
    def codec(self) -> Codec:
        return codec(self.name)

    def encode(self, fn: str, *args: Any) -> bytes:
        """Call data. Raises LookupError for an unknown function and eth_abi's errors for values that do not fit."""
        function = self.codec.function(fn, len(args))
        return function.selector + function.inputs.encode(args)

    def read(self, fn: str, *args: Any, sender: Address | None = None) -> Any:
        """Call as of now and decode: one value, or a tuple of several, or None.

        Raises Reverted when the contract says no, and Unavailable when no such contract stands at the address.
        """
        function = self.codec.function(fn, len(args))
        answer = self.chain.call(self.address, function.selector + function.inputs.encode(args), sender)
        try:
            values = function.outputs.decode(answer)
        except DecodingError as error:
            raise Unavailable(
                f"no {self.name} answers {function.signature} here",
                found=f"{len(answer)} bytes",
                needed=function.outputs.type,
                where=self.address,
            ) from error
        if len(values) == 1:
            return values[0]
        return values or None

    def decode_log(self, log: Log) -> Event | None:
        """The event, or None when the log is another contract's or of a kind this ABI does not know."""
        if log.address != self.address or not log.topics:
            return None
        kind = self.codec.events.get(log.topics[0])
        if kind is None:
            return None
        return Event(
            log.block_number,
            log.block_hash,
            log.log_index,
            log.transaction_hash,
            log.address,
            self.name,
            kind.name,
            kind.args(log),
        )

    def events(self, logs: Iterable[Log]) -> list[Event]:
        """This contract's events among the logs, in their order."""
        return [event for log in logs if (event := self.decode_log(log)) is not None]


def decode_call(name: str, data: bytes) -> tuple[Function, tuple[Any, ...]] | None:
    """Which function of a contract some call data calls, and its arguments; None when it is none of them.

    Bytes after the arguments, such as an operation id, are left aside.
    """
    for function in codec(name).functions.values():
        if function.selector == data[:4]:
            return function, function.inputs.decode(data[4:])
    return None


@dataclass
class Contracts:
    """The contracts of one registry: those that were deployed, and the tokens made since. deposit: None without one."""

    chain: Chain
    manager: Contract
    registry: Contract
    factory: Contract
    enforcement: Contract
    administration: Contract
    settlement: Contract
    distribution: Contract
    anchors: Contract
    servicing: Contract
    deposit: Contract | None = None
    _tokens: dict[Address, Contract] = field(default_factory=dict)

    @classmethod
    def at(
        cls,
        chain: Chain,
        *,
        manager: Address,
        registry: Address,
        factory: Address,
        enforcement: Address,
        administration: Address,
        settlement: Address,
        distribution: Address,
        anchors: Address,
        servicing: Address,
        deposit: Address | None = None,
    ) -> Contracts:
        return cls(
            chain,
            Contract("AccessManager", manager, chain),
            Contract("Registry", registry, chain),
            Contract("TokenFactory", factory, chain),
            Contract("TimelockController", enforcement, chain),
            Contract("TimelockController", administration, chain),
            Contract("Settlement", settlement, chain),
            Contract("Distribution", distribution, chain),
            Contract("AuditAnchors", anchors, chain),
            Contract("Servicing", servicing, chain),
            Contract("DepositToken", deposit, chain) if deposit else None,
        )

    def token(self, address: Address) -> Contract:
        """The token at an address, which is taken on trust: `attest` compares it with the filed plan."""
        if address not in self._tokens:
            self._tokens[address] = Contract("SecurityToken", address, self.chain)
        return self._tokens[address]

    def timelock(self, which: str) -> Contract:
        """enforcement or administration. Raises LookupError for another word."""
        return {"enforcement": self.enforcement, "administration": self.administration}[which]

    def governed(self) -> list[Contract]:
        """Those of our own that ask the manager who their caller is, and every token asked for so far."""
        cash = [self.deposit] if self.deposit else []
        shared = [self.settlement, self.distribution, self.anchors, self.servicing]
        return [self.registry, self.factory, *self._tokens.values(), *shared, *cash]

    def all(self) -> list[Contract]:
        """Everything deployed, and every token asked for so far; those of OpenZeppelin last."""
        return [*self.governed(), self.manager, self.enforcement, self.administration]

    def decode_log(self, log: Log) -> Event | None:
        """An event of any contract of `all`; None for others."""
        for contract in self.all():
            if contract.address == log.address:
                return contract.decode_log(log)
        return None
