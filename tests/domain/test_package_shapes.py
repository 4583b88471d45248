"""The package's own reader of schemas says what a JSON Schema library says, of good lines and of spoiled ones."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.integrity.portable import layout
from abst.integrity.portable.shape import Shape, fault

SCHEMAS = {**layout.LINES, "manifest": layout.MANIFEST_SHAPE, "signature": layout.SIGNATURE_SHAPE}
KNOWN = {name: jsonschema.Draft202012Validator(dict(shape)) for name, shape in SCHEMAS.items()}
ODD = st.sampled_from(
    [None, True, False, -1, 0, 1, 2**60, "", "0", "01", "-1", "0x", "0xZZ", "a\n", [], {}, ["x"], 1.5]
)
BY_PATTERN = {
    "^0x[0-9a-f]{64}$": "0x" + "ab" * 32,
    "^0x[0-9a-fA-F]{40}$": "0x" + "Ab" * 20,
    "^(0|[1-9][0-9]*)$": "120",
    "^0x([0-9a-f][0-9a-f])*$": "0x12",
    "^0x[0-9a-f]{130}$": "0x" + "1f" * 65,
    "^[0-9]+-[0-9]+$": "7-1",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$": "2027-01-15T08:00:00Z",
}


def sample(shape: Shape) -> Any:
    """A value that fits."""
    if "const" in shape:
        return shape["const"]
    if "enum" in shape:
        return shape["enum"][0]
    if "anyOf" in shape:
        return sample(shape["anyOf"][0])
    match shape["type"]:
        case "object":
            named = {name: sample(one) for name, one in shape.get("properties", {}).items()}
            return named | {
                name: sample(shape["additionalProperties"]) for name in shape.get("required", []) if name not in named
            }
        case "array":
            return [sample(shape["items"])]
        case "integer":
            return 3
        case "boolean":
            return True
        case "null":
            return None
    return BY_PATTERN.get(shape.get("pattern", ""), "text")


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        found += paths(one, (*at, key))
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_good_line_fits(name: str) -> None:
    """Each schema has lines that fit it."""
    one = sample(SCHEMAS[name])
    assert fault(SCHEMAS[name], one) == ""
    assert KNOWN[name].is_valid(one)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SCHEMAS)), st.data())
def test_a_spoiled_line_is_found_where_a_library_finds_it(name: str, data: st.DataObject) -> None:
    """A value replaced, a field removed or added: both say yes, or both say no."""
    one = copy.deepcopy(sample(SCHEMAS[name]))
    *way, last = data.draw(st.sampled_from([path for path in paths(one) if path]))
    place = one
    for key in way:
        place = place[key]
    act = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if act == "replace":
        place[last] = data.draw(ODD)
    elif act == "remove":
        del place[last]
    elif isinstance(place, dict):
        place["something else"] = data.draw(ODD)
    assert (fault(SCHEMAS[name], one) == "") == KNOWN[name].is_valid(one)


def test_a_word_that_it_does_not_know_is_an_error() -> None:
    """A schema with a word that would not be read is never taken for passed."""
    with pytest.raises(LookupError):
        fault({"type": "string", "maxLength": 3}, "long")
