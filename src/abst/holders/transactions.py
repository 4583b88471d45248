"""A registry's events as typed objects: the Open Cap Format's way (one object a transaction), for debt. Pure.

Amounts and other integers above 64 bits are text of digits; times are Unix seconds; `time` is the block's, in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from abst.errors import IntegrityFailure
from abst.holders.transaction_kinds import CANCELLATION, ISSUANCE, KINDS, TOKEN, TRANSFER, WORDS, Field, Kind
from abst.values import ZERO_ADDRESS, instant

WORD = 32
_BY_PLACE: dict[tuple[str, str], Kind] = {(kind.part, kind.topic): kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log stands: who said it, in which transaction, block and position; second: its block's time."""

    address: str
    transaction: str
    block: int
    log_index: int
    second: int


def kind_of(part: str, topics: Sequence[str]) -> Kind | None:
    """The kind of a log of a contract that plays a part; None for what is not in the table."""
    return _BY_PLACE.get((part, topics[0])) if topics else None


def object_of(part: str, place: Place, topics: Sequence[str], data: bytes) -> dict[str, Any] | None:
    """A log as a typed object, JSON-able; None for what is not in the table.

    Raises IntegrityFailure when a log is not of the form that its first topic says.
    """
    kind = kind_of(part, topics)
    if kind is None:
        return None
    try:
        values = _values(kind, topics, data)
    except (DecodingError, ValueError, IndexError) as error:
        raise IntegrityFailure(
            "a log cannot be read",
            found=str(error),
            needed=kind.signature,
            where=f"block {place.block}, log {place.log_index}",
        ) from None
    type_ = kind.type
    if type_ == TRANSFER:
        type_, values = _movement(values)
    who = "security" if part == TOKEN else "contract"
    return {
        "object_type": type_,
        "id": f"{place.block}-{place.log_index}",
        "block": place.block,
        "log_index": place.log_index,
        "time": instant(place.second),
        "transaction": place.transaction,
        who: place.address,
        **values,
    }


def _movement(values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """From nobody is an issuance, to nobody a cancellation."""
    if values["sender"] == ZERO_ADDRESS:
        return ISSUANCE, {"holder": values["receiver"], "amount": values["amount"]}
    if values["receiver"] == ZERO_ADDRESS:
        return CANCELLATION, {"holder": values["sender"], "amount": values["amount"]}
    return TRANSFER, dict(values)


def _values(kind: Kind, topics: Sequence[str], data: bytes) -> dict[str, Any]:
    if len(topics) != len(kind.indexed) + 1:
        raise ValueError(f"{len(topics)} topics")
    found = {
        field.name: _of_word(field, bytes.fromhex(topic[2:]))
        for field, topic in zip(kind.indexed, topics[1:], strict=True)
    }
    if kind.plain:
        if len(data) != WORD * len(kind.data):
            raise ValueError(f"{len(data)} bytes")
        for place, field in enumerate(kind.data):
            found[field.name] = _of_word(field, data[place * WORD : (place + 1) * WORD])
    elif kind.data:
        values = decode([field.abi for field in kind.data], data)
        found |= {field.name: _of_value(field, value) for field, value in zip(kind.data, values, strict=True)}
    return {field.name: found[field.name] for field in kind.fields}


def _of_word(field: Field, word: bytes) -> Any:
    """A value that stands in one word. Raises ValueError for bits beyond its type."""
    if len(word) != WORD:
        raise ValueError(f"a word of {len(word)} bytes")
    kind = field.abi
    if kind.startswith("bytes"):
        size = int(kind[5:])
        if any(word[size:]):
            raise ValueError(f"{field.name} is no {kind}")
        return _of_value(field, word[:size])
    number = int.from_bytes(word, "big")
    bits = 160 if kind == "address" else 1 if kind == "bool" else int(kind[4:])
    if number >> bits:
        raise ValueError(f"{field.name} is no {kind}")
    if kind == "address":
        return checksummed(word[12:])
    return _of_value(field, bool(number) if kind == "bool" else number)


def _of_value(field: Field, value: Any) -> Any:
    if field.type.endswith("[]"):
        item = Field(field.name, field.type[:-2], parts=field.parts)
        return [_of_value(item, one) for one in value]
    if field.parts:
        return {part.name: _of_value(part, one) for part, one in zip(field.parts, value, strict=True)}
    return READ.get(field.type, _as_it_is)(value)


def _as_it_is(value: Any) -> Any:
    match value:
        case bytes():
            return "0x" + value.hex()
        case str() if value.startswith("0x") and len(value) == 42:
            return to_checksum_address(value)
    return value


def _text(value: bytes) -> str:
    """Letters, zero-padded; what is none stays hex."""
    try:
        text = value.rstrip(b"\x00").decode()
    except UnicodeDecodeError:
        return "0x" + value.hex()
    return text if "\x00" not in text and text.isprintable() else "0x" + value.hex()


def _record(word: int) -> dict[str, Any]:
    """The investor's number and the wallet's; the whole word as the chain has it."""
    return {"investor": word & 0xFFFFFFFF, "wallet": word >> 32 & 0xFFFFFFFF, "word": f"0x{word:064x}"}


def _word_of(words: Sequence[str]) -> Callable[[int], str]:
    return lambda number: words[number]


READ: dict[str, Callable[[Any], Any]] = {
    "bytes3": _text,
    "Text32": _text,
    "Record": _record,
    **{name: _word_of(words) for name, words in WORDS.items()},
    **{f"uint{bits}": str for bits in (96, 112, 256)},
}


@lru_cache(maxsize=1 << 17)
def checksummed(raw: bytes) -> str:
    """20 bytes as a checksummed address."""
    return str(to_checksum_address(raw))


# ---- the shapes of the objects

HASH = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
ADDRESS = {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}
AMOUNT = {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}
COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
TIME = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
Shape = dict[str, Any]


def closed(fields: Mapping[str, Shape]) -> Shape:
    """An object with exactly these fields."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": sorted(fields),
        "additionalProperties": False,
    }


def shape_of(field: Field) -> Shape:
    """The JSON Schema of one field's value."""
    if field.type.endswith("[]"):
        return {"type": "array", "items": shape_of(Field(field.name, field.type[:-2], parts=field.parts))}
    if field.parts:
        return closed({part.name: shape_of(part) for part in field.parts})
    if field.type in WORDS:
        return {"type": "string", "enum": list(WORDS[field.type])}
    special = {"Record": closed({"investor": COUNT, "wallet": COUNT, "word": HASH}), "address": ADDRESS, "bool": FLAG}
    special |= {"bytes32": HASH, "bytes3": TEXT, "Text32": TEXT, "string": TEXT}
    return special.get(field.type) or (AMOUNT if READ.get(field.type) is str else COUNT)


def shapes() -> dict[str, Shape]:
    """Object type -> JSON Schema of its objects."""
    found: dict[str, Shape] = {}
    for kind in KINDS:
        own = {field.name: shape_of(field) for field in kind.fields}
        if kind.type == TRANSFER:
            for type_ in (ISSUANCE, CANCELLATION):
                found[type_] = _shape(type_, TOKEN, {"holder": ADDRESS, "amount": AMOUNT})
        found[kind.type] = _shape(kind.type, kind.part, own) | {
            "description": f"{kind.event.split('(')[0]}: {kind.words}"
        }
    return found


def _shape(type_: str, part: str, own: Mapping[str, Shape]) -> Shape:
    common: dict[str, Shape] = {
        "object_type": {"const": type_},
        "id": {"type": "string", "pattern": "^[0-9]+-[0-9]+$"},
        "block": COUNT,
        "log_index": COUNT,
        "time": TIME,
        "transaction": HASH,
        "security" if part == TOKEN else "contract": ADDRESS,
    }
    return closed(common | dict(own))
