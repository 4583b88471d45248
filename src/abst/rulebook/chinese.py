"""The rules and refusals in Chinese: every file of ``rulebook/zh`` merged, a rule and a reason in one of them only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from abst.errors import IntegrityFailure, Refusal
from abst.rulebook.files import read

FOLDER = "zh"
NUMBER = re.compile(r"\d+")


class Words(BaseModel):
    """One reason: what is wrong, and what would be right."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    wrong: str = Field(min_length=1)
    needed: str = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    rules: dict[str, str] = Field(default_factory=dict)
    reasons: dict[str, Words] = Field(default_factory=dict)
    found: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chinese:
    """Words of rules by id, of reasons by slug, and of what was found where that is words and not data."""

    rules: Mapping[str, str]
    reasons: Mapping[str, Words]
    found: Mapping[str, str]


@cache
def load() -> Chinese:
    """All Chinese words, read once. Raises IntegrityFailure for a malformed file, or one thing said twice."""
    rules: dict[str, str] = {}
    reasons: dict[str, Words] = {}
    found_words: dict[str, str] = {}
    folder = files("abst.rulebook").joinpath(FOLDER)
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml")):
        try:
            file = _File.model_validate(read(f"{FOLDER}/{name}"))
        except ValidationError as error:
            raise IntegrityFailure("these are no Chinese words", found=str(error), where=f"{FOLDER}/{name}") from None
        twice = sorted((rules.keys() & file.rules.keys()) | (reasons.keys() & file.reasons.keys()))
        if twice:
            found = ", ".join(twice)
            raise IntegrityFailure("said twice in Chinese", found=found, needed="one file", where=f"{FOLDER}/{name}")
        rules.update(file.rules)
        reasons.update(file.reasons)
        found_words.update(file.found)
    return Chinese(rules, reasons, found_words)


def found_in_chinese(found: str) -> str:
    """What was found: words in Chinese, with their numbers; data such as a code or an amount as it is."""
    numbers = NUMBER.findall(found)
    words = load().found.get(NUMBER.sub("{}", found))
    return found if words is None else words.format(*numbers)


def refusal_in_chinese(refusal: Refusal) -> dict[str, str]:
    """A refusal in Chinese: the rules' words, what is wrong, found and needed; `detail` keeps the figures of needed.

    A reason that only a contract gives has no words here: it keeps its slug.
    """
    known = load()
    words = known.reasons.get(refusal.reason)
    rules = [known.rules[rule] for rule in map(str.strip, refusal.rule.split(",")) if rule in known.rules]
    return {
        "rule": refusal.rule,
        "words": "".join(rules),
        "wrong": words.wrong if words else refusal.reason,
        "needed": words.needed if words else refusal.needed,
        "found": found_in_chinese(refusal.found),
        "detail": refusal.needed,
        "where": refusal.where,
    }


def line_in_chinese(refusal: Refusal) -> str:
    """The same in one line for people."""
    told = refusal_in_chinese(refusal)
    wrong = f"不予通过 {told['rule']} {told['where']}：{told['wrong']}（{told['found']}）"
    return f"{wrong}；应当：{told['needed']}。规则：{told['words']}"
