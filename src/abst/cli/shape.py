"""A few words to say the JSON Schema of a command's result beside the command.

`docs.py` writes them to ``docs/schemas``; a test validates every command's real output against them. Objects are
closed: a field that is not declared fails the test.
"""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
AMOUNT: Shape = {"type": "string", "pattern": "^[0-9]+$", "description": "smallest unit"}
COUNT: Shape = {"type": "integer", "minimum": 0}
FLAG: Shape = {"type": "boolean"}
DATE: Shape = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
INSTANT: Shape = {"type": "string", "pattern": "^[0-9-]{10}T[0-9:.]+Z$", "description": "UTC"}
HASH: Shape = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
ADDRESS: Shape = {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}
ANY_OBJECT: Shape = {"type": "object"}


def record(**fields: Shape) -> Shape:
    """An object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": sorted(fields), "additionalProperties": False}


def many(item: Shape) -> Shape:
    return {"type": "array", "items": item}


def maybe(item: Shape) -> Shape:
    return {"anyOf": [item, {"type": "null"}]}


def one_of(*words: str) -> Shape:
    return {"type": "string", "enum": list(words)}


def table_of(item: Shape) -> Shape:
    """An object used as a map from a name to one shape."""
    return {"type": "object", "additionalProperties": item}


EVIDENCE = record(name=TEXT, sha256=HASH)
REFUSAL = record(rule=TEXT, reason=TEXT, found=TEXT, needed=TEXT, where=TEXT, source=TEXT)
ERROR = record(error=TEXT, found=TEXT, needed=TEXT, where=TEXT)


def proposed(**facts: Shape) -> Shape:
    """What the maker of an act of power gets back: the proposal, its hash, and the facts it stands for."""
    return record(proposal=TEXT, hash=HASH, kind=TEXT, officer=TEXT, **facts)
