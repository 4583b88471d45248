"""Canonical JSON is one text for one content, whatever writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.values import canonical

LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.integers(2**62, 2**257)
CONTENT = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def plainly(content: Any) -> bytes:
    """The definition: keys sorted, no spaces, UTF-8, nothing escaped that need not be."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(CONTENT)
def test_canonical_json_is_its_definition(content: Any) -> None:
    """Given any content, also numbers of any size, the bytes should be those of the plain definition."""
    assert canonical(content) == plainly(content)


@pytest.mark.parametrize("text", ['\x00\x1f\x7f\b\f\n\r\t"\\/', "\u2028\u2029é名\U0001f600", ""])
def test_every_character_is_written_as_defined(text: str) -> None:
    """Given control characters, quotes and every plane, the bytes should be those of the plain definition."""
    assert canonical({text: [text]}) == plainly({text: [text]})


@pytest.mark.parametrize("number", [0.5, float("nan"), float("inf")])
def test_a_float_has_no_canonical_form(number: float) -> None:
    """Given a float anywhere, there should be a TypeError."""
    with pytest.raises(TypeError):
        canonical({"a": [number]})
