"""The arrows of the house: a room imports only rooms on lower floors, never a neighbour (README, map of the house)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "abst"

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"values", "errors", "calendars"}),
    frozenset({"rulebook", "deal", "demo_data", "web"}),
    frozenset({"store"}),
    frozenset({"audit", "keys"}),
    frozenset({"decisions", "outbox"}),
    frozenset({"chain"}),
    frozenset({"filing", "investor", "journal"}),
    frozenset({"holders"}),
    frozenset({"cash", "disclosure"}),
    frozenset({"issuance", "servicing", "transfers"}),
    frozenset({"integrity", "reports", "service"}),
    frozenset({"bootstrap", "cli", "demo", "bench"}),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
TOP = len(FLOORS) - 1
# Values and calendars speak through the tree of errors; on the top floor the entrances use the builder, and the demo
# and the bench each other's and the builder's.
NEIGHBOURS = {
    ("values", "errors"),
    ("calendars", "errors"),
    ("cli", "bootstrap"),
    ("cli", "demo"),
    ("demo", "bootstrap"),
    ("bench", "bootstrap"),
    ("bench", "demo"),
}


def room_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; name the room"
            module = node.module or ""
            names |= {f"abst.{alias.name}" for alias in node.names} if module == "abst" else {module}
    return {name.split(".")[1] for name in names if name.startswith("abst.")} & (set(FLOOR) | {"__init__"})


def modules() -> list[Path]:
    return sorted(path for path in SRC.rglob("*.py") if path != SRC / "__init__.py")


def test_every_room_stands_on_a_floor() -> None:
    """A new room is given a floor before it is given code."""
    assert {room_of(path) for path in modules()} <= set(FLOOR)


def test_arrows_point_down() -> None:
    """A room imports itself and lower floors only."""
    wrong = []
    for path in modules():
        room = room_of(path)
        for other in imported_rooms(path) - {room}:
            if FLOOR[other] >= FLOOR[room] and (room, other) not in NEIGHBOURS:
                wrong.append(f"{path.relative_to(SRC)} (floor {FLOOR[room]}) imports {other} (floor {FLOOR[other]})")
    assert wrong == []


PURE = (Path(__file__).parent / "pure-modules.txt").read_text(encoding="utf-8").split()
FORBIDDEN_IN_PURE = ("abst.chain", "abst.store", "sqlalchemy", "web3", "time", "os", "random", "secrets")


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_know_no_chain_store_or_clock(name: str) -> None:
    """Checks, gates and arithmetic take values and settings; they read nothing from outside."""
    tree = ast.parse((SRC.parents[1] / name).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [node.module or ""]
        else:
            continue
        for module in found:
            assert not any(module == bad or module.startswith(bad + ".") for bad in FORBIDDEN_IN_PURE), (
                f"{name}:{node.lineno} imports {module}"
            )
