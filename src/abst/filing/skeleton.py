"""An empty dossier to fill in, written from the model itself: every field once, with its meaning, unit and rule."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from abst.filing.blocks import Layer
from abst.filing.dossier import SCHEMA, Dossier
from abst.rulebook import Rulebook, load

HEAD = """\
# Dossier of a filing (备案). Fill every field, then run: abst filing check FILE --deal DEAL
# After each field: what it means (its unit; the rule that asks for it). A field with a value may stay as it is.
# Lists show one item; repeat it as needed, or write [] where the comment allows. `or leave out`: the whole block.
# Texts with `: ` or `#` stand in quotes, and so do rates and shares. A hash is 0x and 64 hex digits.
"""
COLUMN = 44  # where comments begin
WORDS = 118


def skeleton() -> str:
    """A commented dossier to fill in."""
    return HEAD + "\n".join(_block(Dossier, 0, load())) + "\n"


def _block(model: type[BaseModel], depth: int, rulebook: Rulebook, first: str = "") -> Iterator[str]:
    """The lines of a block; first: what stands before the first field, where the block is an item of a list."""
    pad = "  " * depth
    for name, info in model.model_fields.items():
        start, first = first or pad, ""
        yield from _field(info.alias or name, info, depth, start, rulebook)


def _field(name: str, info: FieldInfo, depth: int, start: str, rulebook: Rulebook) -> Iterator[str]:
    comment = _comment(info, rulebook)
    inner, many, optional = _shape(info.annotation)
    if depth == 0:
        yield ""
    if inner is None:
        yield from _line(f"{start}{name}: {_value(name, info)}".rstrip(), comment)
        return
    if inner is Layer and name == "underlying":
        yield from _line(f"{start}{name}: []", f"{comment}; each is a layer like this one")
        return
    yield from _line(f"{start}{name}:", f"{comment}; or leave out" if optional and depth else comment)
    if many:
        yield from _block(inner, depth + 2, rulebook, "  " * (depth + 1) + "- ")
    else:
        yield from _block(inner, depth + 1, rulebook)


def _shape(annotation: Any) -> tuple[type[BaseModel] | None, bool, bool]:
    """The block inside a field if there is one, whether the field is a list, and whether it may be absent."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False, False
    parts = [_shape(part) for part in get_args(annotation) if part is not type(None)]
    block = next((part for part in parts if part[0] is not None), (None, False, False))
    if get_origin(annotation) is tuple:
        return block[0], True, False
    return block[0], block[1], isinstance(annotation, UnionType)


def _value(name: str, info: FieldInfo) -> str:
    if name == "schema":
        return SCHEMA
    default = info.default
    if default is PydanticUndefined or default is None:
        return "[]" if get_origin(info.annotation) is tuple else ""
    if isinstance(default, bool):
        return "true" if default else "false"
    return '""' if default == "" else str(default)


def _comment(info: FieldInfo, rulebook: Rulebook) -> str:
    extra = info.json_schema_extra
    assert isinstance(extra, dict), "every field has a rule and a unit"
    words = f"{info.description} ({extra['x-unit']}; {extra['x-rule']})"
    if get_origin(info.annotation) is Literal:
        words += f": {', '.join(get_args(info.annotation))}"
    if "x-list" in extra:
        rule, _, name = str(extra["x-list"]).partition(" ")
        words += f": {', '.join(rulebook.words(rule, name))}"
    return words


def _line(field: str, comment: str) -> Iterator[str]:
    """One field with its comment beside it, or above it where it would run too far."""
    beside = f"{field.ljust(COLUMN)}# {comment}"
    if len(beside) <= WORDS:
        yield beside
        return
    pad = " " * (len(field) - len(field.lstrip(" -"))) if field.lstrip().startswith("-") else ""
    pad = pad or " " * (len(field) - len(field.lstrip()))
    line = f"{pad}#"
    for word in comment.split():
        if len(line) + len(word) >= WORDS:
            yield line
            line = f"{pad}#"
        line += f" {word}"
    yield line
    yield field
