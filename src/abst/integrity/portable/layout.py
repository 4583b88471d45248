"""The form of a portable package: its files, the schema of each, the manifest. Pure; `docs/package.md` tells it.

Every file but the manifest and the signature is lines of JSON: one object a line, in canonical form (keys sorted, no
spaces, UTF-8), so that equal content is equal bytes. What grows stands in numbered files of at most `CHUNK` lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from abst.holders.transaction_kinds import STATUS
from abst.holders.transactions import ADDRESS, AMOUNT, COUNT, FLAG, HASH, TEXT, TIME, Shape, closed, shapes

SCHEMA = "abst-package-1"
MANIFEST, SIGNATURE, README = "manifest.json", "signature.json", "README.txt"
CHUNK = 10_000  # lines of a file
CHUNK_BYTES = 16 * 1024 * 1024  # of a file, unless one line alone is longer
MOST_BYTES = 128 * 1024 * 1024  # of one file: what is longer is not read
NAME = re.compile(r"(?:[a-z]+/)?[a-z0-9-]+\.(?:jsonl|json|txt)|README\.txt")
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Folder or file -> schema of its lines, in the order in which a reader wants them.
FILES = {
    "blocks": "block",
    "events": "event",
    "transactions": "transaction",
    "filings": "filing",
    "tranches": "tranche",
    "code": "code",
    "holders": "holder",
    "positions": "position",
    "totals": "total",
    "documents": "document",
    "decisions": "decision",
}
WORDS = """A portable package of a registry of asset-backed security tokens (资产支持证券代币), form abst-package-1.

manifest.json      what is in here: each file's SHA-256, bytes, lines and schema; registry, chain, contracts, block
signature.json     an officer's signature (EIP-191, "personal message") over the SHA-256 of manifest.json
schemas/           JSON Schemas of the manifest, the signature and the lines of every file
blocks/            the blocks that hold the events, with their times
events/            the event log: every log of the registry's contracts as the chain gave it
transactions/      the same as typed objects, one a line
filings, tranches  what was filed and made: plan hash, terms, and where CREATE2 puts each token
code               the tokens' creation code, from which the addresses follow
holders            investors by id and number, with their wallets; no personal data
positions, totals  who held what after the last block, and what each tranche came to
documents          filed and published documents by their SHA-256
decisions          hashes of the registry's decisions; those of mints stand on the chain too

Everything but ids, titles and decisions follows from events/ and blocks/: abst package check THIS does it all again.
How to do that without this program stands in docs/package.md of its source.
A public notice of a filing is no endorsement of the product by the authority (R-104).
"""


def maybe(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "null"}]}


def many(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def _object(type_: str, **fields: Shape) -> Shape:
    return closed({"object_type": {"const": type_}, **fields})


SECOND: Shape = {"type": "integer", "minimum": 0, "maximum": 253_402_300_799}  # to the end of the year 9999
HEX: Shape = {"type": "string", "pattern": "^0x([0-9a-f][0-9a-f])*$"}
TERMS: Shape = closed(
    {
        "name": TEXT,
        "symbol": TEXT,
        "currency": TEXT,
        "decimals": COUNT,
        "risk": COUNT,
        "overdue_stops_transfers": FLAG,
        "cap": AMOUNT,
        "lot": AMOUNT,
        "regimes": COUNT,
        "max_holders": COUNT,
        "max_share_bps": COUNT,
        "lock_seconds": COUNT,
        "maturity": COUNT,
    }
)
LINES: dict[str, Shape] = {
    "block": _object("BLOCK", number=COUNT, hash=HASH, timestamp=SECOND),
    "event": _object(
        "EVENT",
        block=COUNT,
        log_index=COUNT,
        transaction=HASH,
        transaction_index=COUNT,
        address=ADDRESS,
        topics=many(HASH),
        data=HEX,
    ),
    "transaction": {"anyOf": list(shapes().values())},
    "filing": _object(
        "FILING",
        number=COUNT,
        id=TEXT,
        title=TEXT,
        status={"type": "string", "enum": list(STATUS)},
        plan_hash=HASH,
        code_hash=HASH,
        offchain_hash=HASH,
        tranches=COUNT,
    ),
    "tranche": _object(
        "TRANCHE",
        filing=COUNT,
        tranche=COUNT,
        terms=TERMS,
        security=maybe(ADDRESS),
        salt=HASH,
        init_code_hash=maybe(HASH),
    ),
    "code": _object("CODE", hash=HASH, code=HEX),
    "holder": _object(
        "HOLDER",
        number=COUNT,
        id=maybe(TEXT),
        wallets=many(closed({"address": ADDRESS, "number": COUNT, "successor": maybe(ADDRESS)})),
    ),
    "position": _object(
        "POSITION",
        security=ADDRESS,
        wallet=ADDRESS,
        holder=maybe(COUNT),
        face=AMOUNT,
        outstanding=AMOUNT,
        frozen=AMOUNT,
        locked_until=COUNT,
    ),
    "total": _object(
        "TOTAL",
        security=ADDRESS,
        filing=COUNT,
        tranche=COUNT,
        supply=AMOUNT,
        issued=AMOUNT,
        outstanding=AMOUNT,
        principal_paid=AMOUNT,
        written_down=AMOUNT,
        wallets=COUNT,
    ),
    "document": _object(
        "DOCUMENT",
        filing=COUNT,
        source={"type": "string", "enum": ["filed", "published"]},
        name=TEXT,
        title=TEXT,
        version=COUNT,
        kind=COUNT,
        sha256=HASH,
        uri=TEXT,
        block=COUNT,
    ),
    "decision": _object("DECISION", id=TEXT, kind=TEXT, passed=FLAG, hash=HASH, rulebook=TEXT, at=COUNT),
}
PARTS = ("manager", "registry", "factory", "enforcement", "administration", "settlement", "distribution", "anchors")
FILE: Shape = closed({"sha256": HASH, "bytes": COUNT, "lines": COUNT, "schema": maybe(TEXT)})
MANIFEST_SHAPE: Shape = closed(
    {
        "schema": {"const": SCHEMA},
        "registry_id": HASH,
        "chain_id": COUNT,
        "genesis": HASH,
        "from_block": COUNT,
        "contracts": {"type": "object", "required": list(PARTS), "additionalProperties": ADDRESS},
        "as_of": closed({"block": COUNT, "hash": HASH, "timestamp": SECOND, "time": TIME}),
        "counts": {"type": "object", "required": sorted(FILES), "additionalProperties": COUNT},
        "files": {"type": "object", "additionalProperties": FILE},
    }
)
SIGNATURE_SHAPE: Shape = closed(
    {"officer": TEXT, "address": ADDRESS, "text": TEXT, "signature": {"type": "string", "pattern": "^0x[0-9a-f]{130}$"}}
)


def documents() -> dict[str, dict[str, Any]]:
    """Name -> JSON Schema, as published in docs/schemas/package and carried by every package."""
    named = {**LINES, "manifest": MANIFEST_SHAPE, "signature": SIGNATURE_SHAPE}
    return {name: {"$schema": DIALECT, "title": f"{SCHEMA}: {name}", **shape} for name, shape in named.items()}


@cache
def pages() -> dict[str, bytes]:
    """The same as files: name in a package -> bytes."""
    return {f"schemas/{name}.json": page(schema) for name, schema in documents().items()}


def page(value: Any) -> bytes:
    """A whole file of JSON, readable and the same for the same content."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def line(value: Mapping[str, Any]) -> bytes:
    """One object in canonical form, with its line's end."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def kind_of_file(name: str) -> str | None:
    """The schema of a file's lines by its name; None for what is no file of lines."""
    if not name.endswith(".jsonl"):
        return None
    return FILES.get(name.split("/")[0])


def signed_words(manifest: str) -> str:
    """The message that an officer signs for a package."""
    return f"ABST portable package\nmanifest sha256 {manifest}"
