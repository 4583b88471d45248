"""The rulebook says where each rule is enforced; each predicate says which rules it serves; both say the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from inspect import isgeneratorfunction
from pathlib import Path
from types import FunctionType, ModuleType

from abst.integrity.kinds import KINDS
from abst.integrity.proving import ACT, CONTRACT, predicates, resolve
from abst.rulebook import load

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "abst"
CITES = re.compile(r"(R-\d{2,3}(?:(?:, and |, | to | and )R-\d{2,3})*)\s*[:;]")
RULE = re.compile(r"R-(\d+)(?: to R-(\d+))?")
# What a predicate may answer: a refusal or none, several, a legal ground, a yes, or what is wrong in words.
ANSWERS = re.compile(r"Refusal \| None|(list|tuple|Sequence|Iterable|Iterator)\[Refusal.*|Ground \| Refusal|bool|str")


def modules() -> Iterator[tuple[str, ModuleType]]:
    """Every module with a predicate, by its name below abst."""
    for path in sorted(SRC.rglob("*.py")):
        if '"""R-' in path.read_text(encoding="utf-8"):
            name = ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
            yield name, import_module(f"abst.{name}")


def cited(function: FunctionType) -> tuple[str, ...]:
    """The rules that a function's first sentence begins with: `R-43, R-54: ...`; `R-07 to R-12` are six."""
    begins = CITES.match(function.__doc__ or "")
    pairs = RULE.findall(begins[1]) if begins else []
    return tuple(f"R-{n:02d}" for first, last in pairs for n in range(int(first), int(last or first) + 1))


def stated() -> dict[str, tuple[str, ...]]:
    """Every predicate of the house, by its path, with the rules that it says it serves."""
    found = {}
    for name, module in modules():
        for word, function in vars(module).items():
            if not isinstance(function, FunctionType) or function.__module__ != module.__name__:
                continue
            answers = str(function.__annotations__.get("return", ""))
            if cited(function) and (isgeneratorfunction(function) or ANSWERS.fullmatch(answers)):
                found[f"{name}.{word}"] = cited(function)
    return found


def test_the_rulebook_names_exactly_the_predicates_that_cite_it() -> None:
    """A predicate's own words and the rule's `enforced` agree, both ways; so no gate is forgotten by its rule."""
    named = {path: tuple(sorted(rules)) for path, rules in predicates(load()).items()}
    assert named == {path: tuple(sorted(rules)) for path, rules in stated().items()}


def test_every_gate_of_every_kind_serves_a_rule() -> None:
    """What a kind of judgement runs is named by a rule, or only puts together what is."""
    named = {resolve(path).__code__ for path in predicates(load())}
    for name, kind in KINDS.items():
        for gate in kind.gates:
            inner = [cell.cell_contents for cell in gate.__closure__ or () if callable(cell.cell_contents)]
            codes = {function.__code__ for function in (gate, *inner) if isinstance(function, FunctionType)}
            assert codes & named, f"{name}: no rule names {gate.__name__}"


ENFORCED = sorted({path for rule in load().rules.values() for path in rule.enforced})
TESTS = sorted({path for rule in load().rules.values() for path in rule.tests})


def test_what_enforces_a_rule_is_there() -> None:
    """Every predicate and act that a rule names is a function of this package."""
    named = [path for path in ENFORCED if not path.startswith(CONTRACT)]
    assert [path for path in named if not resolve(path).__doc__] == []


def test_the_contract_that_enforces_a_rule_is_there() -> None:
    """Every function of a contract that a rule names stands in that contract's source."""
    for path in ENFORCED:
        if path.startswith(CONTRACT):
            contract, _, function = path.removeprefix(CONTRACT).partition(".")
            source = (ROOT / "contracts" / f"{contract}.sol").read_text(encoding="utf-8")
            assert re.search(rf"\bfunction {function}\(", source), path


def test_the_test_that_shows_a_rule_is_there() -> None:
    """Every test that a rule names exists under its name."""
    for path in TESTS:
        file, _, name = path.partition("::")
        assert re.search(rf"\b(def|function) {name}\(", (ROOT / file).read_text(encoding="utf-8")), path


def test_acts_and_contracts_are_shown_by_tests() -> None:
    """What the cases cannot switch off is named together with a test."""
    for rule in load().rules.values():
        if any(path.startswith((ACT, CONTRACT)) for path in rule.enforced):
            assert rule.tests, rule.id


def refusals() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refuse":
                yield str(path.relative_to(SRC)), node


def test_every_refusal_written_in_code_cites_rules_of_the_rulebook() -> None:
    """The rule of each `refuse` is a rule, or comes from one looked up; its slug is words and dashes."""
    seen = 0
    for path, call in refusals():
        rule, slug = call.args[0], call.args[1]
        if isinstance(rule, ast.Constant):
            assert {part.strip() for part in str(rule.value).split(",")} <= set(load().rules), f"{path}:{call.lineno}"
            seen += 1
        if isinstance(slug, ast.Constant):
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(slug.value)), f"{path}:{call.lineno}"
    assert seen > 100
