"""Every rule and every reason that this program refuses with has its words in Chinese, and no words are left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from abst.errors import Refusal
from abst.rulebook import chinese, load

SRC = Path(__file__).parents[2] / "src" / "abst"
HAN = re.compile(r"[\u4e00-\u9fff]")
SIDES = ("sender", "receiver")  # what stands before the dash in `f"{side}-unknown"`


def reasons_in(node: ast.expr | None) -> Iterator[str]:
    """The slugs that the second argument of a refusal can be; a name or a call says nothing here."""
    match node:
        case ast.Constant(value=str(slug)):
            yield slug
        case ast.IfExp():
            yield from reasons_in(node.body)
            yield from reasons_in(node.orelse)
        case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(end))]):
            yield from (f"{side}{end}" for side in SIDES)


@cache
def used() -> dict[str, str]:
    """Every reason written in the source, with one place where it stands."""
    found: dict[str, str] = {}
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("refuse", "Refusal"):
                named = {keyword.arg: keyword.value for keyword in node.keywords}
                second = node.args[1] if len(node.args) > 1 else named.get("reason")
                for slug in reasons_in(second):
                    found.setdefault(slug, f"{path.relative_to(SRC)}:{node.lineno}")
    return found


def test_every_reason_has_chinese_words() -> None:
    """A reason used in a refusal stands in one file of rulebook/zh with what is wrong and what is needed."""
    words = chinese.load().reasons
    assert {slug: place for slug, place in used().items() if slug not in words} == {}
    assert all(HAN.search(words[slug].wrong) and HAN.search(words[slug].needed) for slug in used())


def test_every_rule_has_chinese_words() -> None:
    """All rules of the rulebook are there in Chinese, and no other."""
    assert set(chinese.load().rules) == set(load().rules)
    assert all(HAN.search(words) for words in chinese.load().rules.values())


def test_no_words_are_left_over() -> None:
    """Chinese words of a reason that nothing refuses with would never be read."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in SRC.rglob("*.py"))
    spoken = set(re.findall(r"[\"']([a-z0-9]+(?:-[a-z0-9]+)*)[\"']", source)) | set(used())
    assert sorted(set(chinese.load().reasons) - spoken) == []


def test_a_refusal_in_chinese() -> None:
    """The rule's words, what is wrong and needed are Chinese; what was found, and where, stays as it is."""
    refusal = Refusal("R-43, R-54", "jurisdiction-denied", "CN", "outside CN", "investor x", "N42 cl. 1")
    told = chinese.refusal_in_chinese(refusal)
    assert HAN.search(told["wrong"])
    assert HAN.search(told["needed"])
    assert (told["found"], told["where"], told["detail"]) == ("CN", "investor x", "outside CN")
    assert told["words"] == chinese.load().rules["R-43"] + chinese.load().rules["R-54"]
    assert "CN" in chinese.line_in_chinese(refusal)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("nothing", "无"),
        ("3 entries", "3项"),
        ("423 of 1000, 42.3000 %, discredited", "423，占全部1000的42.3000%，失信"),
        ("0x12", "0x12"),
        ("2026-07-15", "2026-07-15"),
        ("HK", "HK"),
    ],
)
def test_what_was_found_in_chinese(found: str, told: str) -> None:
    """Words are translated with their numbers; codes, dates and amounts stay as they are."""
    assert chinese.found_in_chinese(found) == told


def test_a_reason_of_a_contract_keeps_its_slug() -> None:
    """What only a contract says has no Chinese words: nothing is invented for it."""
    told = chinese.refusal_in_chinese(Refusal("", "SomeNewError", "x", "y", "z", "contract"))
    assert (told["wrong"], told["needed"], told["words"]) == ("SomeNewError", "y", "")
