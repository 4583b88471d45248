"""Every act of a desk is done once for one request, whoever overtakes whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "abst"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> list[Function]:
    """Public functions at the top of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, Function) and not node.name.startswith("_")]


def is_act(function: Function) -> bool:
    """An act takes the office and its command, and says what it came to."""
    names = [argument.arg for argument in function.args.args]
    answers = function.returns is not None and ast.unparse(function.returns) == "Result"
    return names[:2] == ["office", "cmd"] and answers


def decorations(function: Function) -> list[str]:
    return [ast.unparse(decoration) for decoration in function.decorator_list]


ACTS = [
    pytest.param(function, id=f"{path.relative_to(SRC)}::{function.name}")
    for path in sorted(SRC.rglob("*.py"))
    for function in functions(path)
    if is_act(function)
]


def test_acts_are_found() -> None:
    """The search below looks at something."""
    assert len(ACTS) > 40


@pytest.mark.parametrize("function", ACTS)
def test_every_act_is_done_once(function: Function) -> None:
    """A public act carries `@once`: who is overtaken with the same request gets its result and no error."""
    assert "once" in decorations(function), f"{function.name} is an act without @once"
