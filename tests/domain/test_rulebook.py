"""The rulebook: complete, typed, immutable; settings change where the source leaves room, and nowhere else."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from pathlib import Path

import pytest

from abst.errors import NotFound, UsageError
from abst.rulebook import load, refuse

SRC = Path(__file__).parents[2] / "src" / "abst"


def test_every_rule_is_there_in_its_section() -> None:
    """R-01 to R-104 without a gap, each with words, source and a section from A to L."""
    book = load()
    assert sorted(book.rules, key=lambda r: int(r[2:])) == [f"R-{n:02d}" for n in range(1, 105)]
    assert {rule.section for rule in book.rules.values()} == set("ABCDEFGHIJKL")


def test_every_rule_cited_in_code_exists() -> None:
    """A rule id anywhere in the source is a rule of the rulebook."""
    cited = {rule for path in SRC.rglob("*.py") for rule in re.findall(r"R-\d{2,3}\b", path.read_text("utf-8"))}
    assert cited <= set(load().rules)


def test_settings_read_by_code_exist() -> None:
    """Every literal `setting`, `number` or `words` call in the source names a parameter of the rulebook."""
    book = load()
    seen = 0
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 2):
                continue
            if node.func.attr not in {"setting", "number", "words", "parameter"}:
                continue
            match node.args:
                case [ast.Constant(value=str() as rule), ast.Constant(value=str() as name)] if rule[:1] == "R":
                    assert book.parameter(rule, name), f"{path}:{node.lineno}"
                    seen += 1
    assert seen > 20


def test_a_refusal_cites_its_sources() -> None:
    """Several rules in one refusal give all their sources, each once."""
    refusal = refuse("R-53, R-62", "blocked", found="blocked", needed="unblocked", where="wallet")
    assert refusal.source == "AML practice; SFC custody expectations"


def test_every_source_has_a_title() -> None:
    """The short name of each rule's source stands with its full title, and every title is somebody's."""
    book = load()
    assert [rule for rule in book.rules if not book.titles_of(rule)] == []
    used = {title for rule in book.rules for title in book.titles_of(rule)}
    assert used == set(book.sources.values())
    assert len(book.titles_of("R-47")) == 2


def test_rules_have_their_days() -> None:
    """A rule applies from its first day to its last, both included; the shipped ones have no end."""
    from dataclasses import replace
    from datetime import date

    rule = replace(load().rule("R-15"), effective=date(2026, 2, 6), until=date(2026, 12, 31))
    days = [date(2026, 2, 5), date(2026, 2, 6), date(2026, 12, 31), date(2027, 1, 1)]
    assert [rule.in_force(day) for day in days] == [False, True, True, False]
    assert all(rule.effective == date(2026, 2, 6) and rule.until is None for rule in load().rules.values())


def test_mainland_denial_has_no_override() -> None:
    """R-43 is law: no operator changes it, not even by adding to it."""
    with pytest.raises(UsageError, match="source fixes this"):
        load().override("R-43", "denied", ["US"])


def test_a_setting_changes_the_digest_and_leaves_the_original() -> None:
    """An A or D parameter may change; the result is another rulebook with another digest."""
    book = load()
    changed = book.override("R-54", "denied", [])
    assert changed.setting("R-54", "denied") == ()
    assert book.setting("R-54", "denied") == ("US",)
    assert changed.digest != book.digest
    assert changed.override("R-54", "denied", ["US"]).digest == book.digest


def test_a_setting_keeps_its_kind() -> None:
    """A number stays a number."""
    with pytest.raises(UsageError, match="another kind"):
        load().override("R-45", "evidence_months", "twelve")
    with pytest.raises(NotFound):
        load().setting("R-45", "no such")
    with pytest.raises(NotFound):
        load().rule("R-105")


def test_shares_are_exact_and_regimes_have_bits() -> None:
    """Shares are decimals, never floats; regime words go both ways."""
    book = load()
    assert book.setting("R-15", "share") == Decimal("0.15")
    assert book.regime_bits() == {"hk-pi": 1, "offshore-non-us": 2}
    assert book.regime_codes(3) == ("hk-pi", "offshore-non-us")
