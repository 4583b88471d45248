"""Every difference between two plans, with its path, both values, and whether R-42 makes it material. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMED_BY = ("id", "code", "symbol", "slot", "rule", "person", "kind", "name")
"""Fields by which the items of a list are known, so that one more item is one difference."""
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. path: dotted, list items by name or number; material: it needs a new or amended filing (R-42)."""

    path: str
    first: str
    second: str
    material: bool


def compare(first: Any, second: Any, material: Sequence[str]) -> list[Change]:
    """Differences of plain contents, by path. material: beginnings of the paths that R-42 makes material."""
    return [Change(path, a, b, is_material(path, material)) for path, a, b in _walk("", first, second)]


def is_material(path: str, material: Sequence[str]) -> bool:
    """Whether a path is one of these, or lies below one."""
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in material)


def _walk(path: str, first: Any, second: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys((*first, *second)):
            below = f"{path}.{key}" if path else str(key)
            yield from _walk(below, first.get(key, _NONE), second.get(key, _NONE))
    elif isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        a, b = _by_name(first, second)
        for key in dict.fromkeys((*a, *b)):
            yield from _walk(f"{path}[{key}]", a.get(key, _NONE), b.get(key, _NONE))
    elif first != second:
        yield path, _words(first), _words(second)


class _Absent:
    """Stands where one side has nothing."""


_NONE = _Absent()


def _by_name(first: Sequence[Any], second: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Items by the first field that names each of them on both sides, else by their place."""
    for field in NAMED_BY:
        sides = [[item.get(field) if isinstance(item, Mapping) else None for item in side] for side in (first, second)]
        if all(all(isinstance(name, str) and name for name in side) and len(set(side)) == len(side) for side in sides):
            a, b = (
                dict(zip(map(str, names), side, strict=True))
                for names, side in zip(sides, (first, second), strict=True)
            )
            return a, b
    return {str(n): item for n, item in enumerate(first)}, {str(n): item for n, item in enumerate(second)}


def _words(value: Any) -> str:
    match value:
        case _Absent():
            return ABSENT
        case None:
            return "none"
        case Mapping():
            return "; ".join(f"{key} {_words(item)}" for key, item in value.items()) or "nothing"
        case list() | tuple():
            return ", ".join(_words(item) for item in value) or "nothing"
    return str(value)
