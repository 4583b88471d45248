"""A stranger can read each file from top to bottom."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, also those in others; a lambda is none."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):  # an expression holds no `def`
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node
            yield from functions(node)


def test_no_file_is_longer_than_600_lines() -> None:
    """Every source file has at most 600 lines."""
    assert [named(path) for path in tracked("*.py", "*.sol", "*.js") if lines(path) > 600] == []


def test_no_function_is_longer_than_70_lines() -> None:
    """Every Python function has at most 70 lines, its docstring included."""
    long = []
    for path in tracked("src/*.py", "scripts/*.py", "tests/*.py"):
        if lines(path) > 70:
            for node in functions(ast.parse(path.read_text(encoding="utf-8"))):
                if (node.end_lineno or node.lineno) - node.lineno >= 70:
                    long.append(f"{named(path)}:{node.lineno} {node.name}")
    assert long == []


def test_scripts_are_thin() -> None:
    """A script has fewer than 50 lines: it calls the package."""
    assert [named(path) for path in tracked("scripts/*.py") if lines(path) >= 50] == []


HOSTS = re.compile(r"https?://[^ \"]*(pypi|pythonhosted|npmjs|registry)", re.I)


@pytest.mark.parametrize(
    "path", tracked("requirements*.txt", "package*.json", "pyproject.toml", "Makefile", ".npmrc"), ids=named
)
def test_no_registry_host_is_recorded(path: Path) -> None:
    """Locks hold pins and hashes; which mirror serves them is the machine's own affair."""
    assert not HOSTS.search(path.read_text(encoding="utf-8"))
