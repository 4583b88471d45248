"""Small values every room shares: amounts, ids, hashes, canonical JSON, dates that end in a named zone.

Money and tokens are ``int`` in the smallest unit. Rates are ``Decimal``. Floats never appear; `canonical` refuses them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NewType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from abst.errors import UsageError

Address = NewType("Address", str)  # checksummed, 0x and 40 hex digits
Hash = NewType("Hash", str)  # 0x and 64 lower-case hex digits

ZERO_ADDRESS = Address("0x" + "0" * 40)
ZERO_HASH = Hash("0x" + "0" * 64)
MAX_96 = 2**96 - 1  # the largest balance a holding can store
DEFAULT_ZONE = "Asia/Hong_Kong"
ORDINARY_DEPTH = 1_000  # Python's own limit of recursion
_LEAVES = frozenset({str, int, bool, type(None)})


def address(text: str, where: str = "address") -> Address:
    """Check and normalise an address. Raises UsageError naming `where`."""
    if not is_address(text):
        raise UsageError("not an address", found=repr(text), needed="0x and 40 hex digits", where=where)
    return Address(to_checksum_address(text))


def hash_of(data: bytes) -> Hash:
    """Keccak-256, the chain's hash, as 0x-hex."""
    return Hash("0x" + keccak(data).hex())


def to_bytes(value: str) -> bytes:
    """Bytes of a 0x-hex string."""
    return bytes.fromhex(value.removeprefix("0x"))


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8; Decimal and dates as text. Raises TypeError on a float."""
    plain = _plain(value)
    try:
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # above 64 bits: the library's own writer is slow, and knows them
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _LEAVES:
        return value
    # Lists and mappings of plain values are nearly all there is: no call for each of their leaves.
    if kind is dict:
        return {k if type(k) is str else str(k): v if type(v) in _LEAVES else _plain(v) for k, v in value.items()}
    if kind is list or kind is tuple:
        return [v if type(v) in _LEAVES else _plain(v) for v in value]
    return _rare(value)


def _rare(value: Any) -> Any:
    match value:
        case bool() | int() | str():
            return value
        case float():
            raise TypeError(f"a float has no exact value: {value!r}; use int or Decimal")
        case Decimal():
            return format(value.normalize(), "f")
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return "0x" + value.hex()
        case dict():
            return {str(k): _plain(v) for k, v in value.items()}
        case list() | tuple():
            return [_plain(v) for v in value]
        case set() | frozenset():
            return sorted(_plain(v) for v in value)
    raise TypeError(f"no canonical form for {type(value).__name__}")


def digest(value: Any) -> Hash:
    """SHA-256 of the canonical JSON of a value: the hash of decisions, contents and log entries."""
    return Hash("0x" + hashlib.sha256(canonical(value)).hexdigest())


def file_digest(content: bytes) -> Hash:
    """SHA-256 of a file's bytes, as stored for evidence and documents."""
    return Hash("0x" + hashlib.sha256(content).hexdigest())


@contextmanager
def shallow(where: str) -> Iterator[None]:
    """Reads a user's file with Python's ordinary limit of recursion; nesting without end is then a UsageError.

    The EVM's library raises the limit for the whole process so far that a parser in C overflows the stack first.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(min(before, ORDINARY_DEPTH))
    try:
        yield
    except RecursionError:
        raise UsageError(
            "nested without end", found="too many levels", needed="a file as described", where=where
        ) from None
    finally:
        sys.setrecursionlimit(before)


def new_id(prefix: str) -> str:
    """A fresh, unguessable id such as ``req-5f0c…`` (80 random bits)."""
    return f"{prefix}-{secrets.token_hex(10)}"


def parse_amount(text: str, where: str = "amount") -> int:
    """A whole number of token units; separators ``_`` and ``,`` allowed. Raises UsageError."""
    cleaned = text.strip().replace(",", "").replace("_", "")
    if not (cleaned.isascii() and cleaned.isdigit()):
        raise UsageError("not a whole amount", found=repr(text), needed="digits, in the smallest unit", where=where)
    return int(cleaned)


def parse_date(text: str, where: str = "date") -> date:
    """A calendar date, ISO 8601 (YYYY-MM-DD). Raises UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("not a date", found=repr(text), needed="YYYY-MM-DD", where=where) from None


def zone(name: str = DEFAULT_ZONE) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError("unknown time zone", found=repr(name), needed="an IANA zone name", where="zone") from None


def last_second_of(day: date, zone_name: str = DEFAULT_ZONE) -> int:
    """Last good second (Unix time) of a calendar date: the second before 24:00 in the named zone."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone(zone_name))
    return int(midnight.timestamp()) - 1


def first_second_of(day: date, zone_name: str = DEFAULT_ZONE) -> int:
    """First second (Unix time) of a calendar date in the named zone."""
    return int(datetime.combine(day, time.min, tzinfo=zone(zone_name)).timestamp())


def day_of(second: int, zone_name: str = DEFAULT_ZONE) -> date:
    """The calendar date that holds a Unix second in the named zone."""
    return datetime.fromtimestamp(second, zone(zone_name)).date()


def instant(second: int) -> str:
    """A Unix second as ISO 8601 in UTC."""
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
