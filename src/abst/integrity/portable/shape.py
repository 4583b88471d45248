"""Whether a value has the shape that a JSON Schema asks for: the few words of it that our own schemas use. Pure.

The published schemas are the authority; this reads the very same ones, without a library, line by line of long files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Shape = Mapping[str, Any]
KNOWN = {"$schema", "$id", "title", "description"}


def fault(shape: Shape, value: Any, where: str = "") -> str:
    """The first thing wrong with a value, and where in it; empty when it fits. Raises LookupError for other words."""
    for word, asked in shape.items():
        if word in KNOWN or word == "properties":
            continue
        found = TESTS[word](asked, value, shape, where)
        if found:
            return found
    return ""


def _type(asked: str, value: Any, shape: Shape, where: str) -> str:
    kinds: dict[str, tuple[type, ...]] = {
        "object": (dict,),
        "array": (list,),
        "string": (str,),
        "integer": (int,),
        "boolean": (bool,),
        "null": (type(None),),
    }
    fits = isinstance(value, kinds[asked]) and not (asked == "integer" and isinstance(value, bool))
    return "" if fits else _said(where, f"is no {asked}")


def _said(where: str, words: str) -> str:
    return f"{where or 'it'} {words}"


def _required(asked: list[str], value: Any, shape: Shape, where: str) -> str:
    missing = [name for name in asked if name not in value]
    return _said(where, f"lacks {', '.join(missing)}") if missing else ""


def _additional(asked: Any, value: Any, shape: Shape, where: str) -> str:
    """What stands in an object: each declared field by its shape, others not at all, or all by one shape."""
    declared = shape.get("properties", {})
    for name, item in value.items():
        own = declared.get(name, asked)
        if own is False:
            return _said(where, f"has a field {name} that is not declared")
        found = fault(own, item, f"{where}.{name}" if where else name)
        if found:
            return found
    return ""


def _pattern(asked: str, value: Any, shape: Shape, where: str) -> str:
    return "" if _compiled(asked).search(value) else _said(where, f"is {value!r:.80}, not as {asked}")


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # In Python $ also stands before a last line feed, in JSON Schema it does not.
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)


def _minimum(asked: int, value: Any, shape: Shape, where: str) -> str:
    return "" if value >= asked else _said(where, f"is {value}, below {asked}")


def _maximum(asked: int, value: Any, shape: Shape, where: str) -> str:
    return "" if value <= asked else _said(where, f"is {value}, above {asked}")


def _enum(asked: list[Any], value: Any, shape: Shape, where: str) -> str:
    return "" if value in asked else _said(where, f"is {value!r:.80}, none of {', '.join(map(str, asked))}")


def _const(asked: Any, value: Any, shape: Shape, where: str) -> str:
    return "" if value == asked else _said(where, f"is {value!r:.80}, not {asked}")


def _items(asked: Shape, value: Any, shape: Shape, where: str) -> str:
    return next((found for place, one in enumerate(value) if (found := fault(asked, one, f"{where}[{place}]"))), "")


def _any_of(asked: list[Shape], value: Any, shape: Shape, where: str) -> str:
    faults = [fault(one, value, where) for one in asked]
    return "" if "" in faults else faults[0]


TESTS: dict[str, Callable[[Any, Any, Shape, str], str]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "pattern": _pattern,
    "minimum": _minimum,
    "maximum": _maximum,
    "enum": _enum,
    "const": _const,
    "items": _items,
    "anyOf": _any_of,
}
