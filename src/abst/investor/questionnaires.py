"""Risk questionnaires in English and Chinese, every version ever used, so that no stored answer is unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from abst.errors import NotFound
from abst.investor.model import Answers
from abst.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: its words, its points, and the capacity it limits the investor to, if it does."""

    words: str
    zh: str
    points: int
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    words: str
    zh: str
    options: Mapping[str, Option]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Questions in order; `bands` gives the least score of each capacity."""

    version: str
    questions: Mapping[str, Question]
    bands: Mapping[int, int]

    @property
    def most(self) -> int:
        """The highest capacity."""
        return max(self.bands)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer in words, whatever the version it was given under; empty words for what no version knows."""

    question: str
    option: str
    asked: str
    answered: str
    asked_zh: str
    answered_zh: str


@cache
def questionnaires() -> Mapping[str, Questionnaire]:
    """All versions, oldest first; read once."""
    raw = yaml.safe_load(files("abst.investor").joinpath("questionnaire.yaml").read_text(encoding="utf-8"))
    return MappingProxyType({version: made(version, said) for version, said in raw["versions"].items()})


def made(version: str, said: Mapping[str, Any]) -> Questionnaire:
    """A questionnaire from its data."""
    questions = {
        name: Question(
            question["words"],
            question["zh"],
            MappingProxyType({option: Option(**fields) for option, fields in question["options"].items()}),
        )
        for name, question in said["questions"].items()
    }
    return Questionnaire(version, MappingProxyType(questions), MappingProxyType(dict(said["bands"])))


def in_force(rulebook: Rulebook) -> Questionnaire:
    """The version that R-47 names. Raises NotFound when the setting names none."""
    return version_of(str(rulebook.setting("R-47", "questionnaire")), "rulebook R-47 questionnaire")


def version_of(version: str, where: str = "questionnaire") -> Questionnaire:
    """A questionnaire by its version. Raises NotFound."""
    if version not in questionnaires():
        needed = ", ".join(questionnaires())
        raise NotFound("no such questionnaire", found=version, needed=needed, where=where)
    return questionnaires()[version]


def read(answers: Answers) -> tuple[Said, ...]:
    """Answers in words under their own version; of an unknown version, question or option the codes alone."""
    form = questionnaires().get(answers.version)
    told = []
    for name, code in answers.options.items():
        question = form.questions.get(name) if form else None
        option = question.options.get(code) if question else None
        told.append(
            Said(
                name,
                code,
                question.words if question else "",
                option.words if option else "",
                question.zh if question else "",
                option.zh if option else "",
            )
        )
    return tuple(told)
