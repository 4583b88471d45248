"""Risk capacity from a versioned questionnaire, and its lapse (R-47); the acknowledgements of R-48 and R-49. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from abst.errors import Refusal
from abst.investor.model import Answers, PrivateRecord
from abst.investor.regimes import months_after
from abst.rulebook import Rulebook, refuse


@dataclass(frozen=True, slots=True)
class Option:
    words: str
    points: int
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    words: str
    options: Mapping[str, Option]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Questions in order; `bands` gives the least score of each capacity."""

    version: str
    questions: Mapping[str, Question]
    bands: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Suitability:
    """Capacity 1 to 5 with its reasons, good until the end of `until`; refusals instead when it cannot be told."""

    capacity: int
    until: date | None
    score: int
    reasons: tuple[str, ...]
    refusals: tuple[Refusal, ...]


@cache
def questionnaire() -> Questionnaire:
    """The shipped questionnaire, read once."""
    raw = yaml.safe_load(files("abst.investor").joinpath("questionnaire.yaml").read_text(encoding="utf-8"))
    questions = {
        name: Question(
            question["words"],
            MappingProxyType({option: Option(**fields) for option, fields in question["options"].items()}),
        )
        for name, question in raw["questions"].items()
    }
    return Questionnaire(raw["version"], MappingProxyType(questions), MappingProxyType(dict(raw["bands"])))


def assess(
    record: PrivateRecord, rulebook: Rulebook, on: date, form: Questionnaire | None = None, where: str = "investor"
) -> Suitability:
    """The investor's capacity on a day. Refused: no answers, other version, unknown option, lapsed, unsigned."""
    form = form or questionnaire()
    refusals = acknowledgements(record, rulebook, where)
    if record.answers is None:
        needed = f"the questionnaire {form.version}"
        refusals.append(refuse("R-47", "no-questionnaire", found="nothing", needed=needed, where=f"{where}.answers"))
        return Suitability(0, None, 0, (), tuple(refusals))
    refusals += _defects(record.answers, form, where)
    until = months_after(record.answers.answered_on, rulebook.number("R-47", "valid_months"))
    if not record.answers.answered_on <= on <= until:
        found = f"answered on {record.answers.answered_on}, good until {until}"
        where_date = f"{where}.answers.answered_on"
        refusals.append(refuse("R-47", "suitability-lapsed", found=found, needed=f"good on {on}", where=where_date))
    if refusals:
        return Suitability(0, None, 0, (), tuple(refusals))
    return _score(record.answers, form, until)


def _defects(answers: Answers, form: Questionnaire, where: str) -> list[Refusal]:
    found: list[Refusal] = []
    if answers.version != form.version:
        place = f"{where}.answers.version"
        found.append(refuse("R-47", "questionnaire-version", found=answers.version, needed=form.version, where=place))
    for name, question in form.questions.items():
        given = answers.options.get(name)
        if given not in question.options:
            needed, place = f"one of {', '.join(question.options)}", f"{where}.answers.{name}"
            found.append(refuse("R-47", "question-open", found=given or "nothing", needed=needed, where=place))
    for name in answers.options:
        if name not in form.questions:
            needed, place = f"one of {', '.join(form.questions)}", f"{where}.answers.{name}"
            found.append(refuse("R-47", "question-unknown", found=name, needed=needed, where=place))
    return found


def _score(answers: Answers, form: Questionnaire, until: date) -> Suitability:
    chosen = {name: question.options[answers.options[name]] for name, question in form.questions.items()}
    score = sum(option.points for option in chosen.values())
    capacity = max(level for level, least in form.bands.items() if score >= least)
    reasons = [f"score {score} reaches capacity {capacity}"]
    for name, option in chosen.items():
        if option.cap is not None and option.cap < capacity:
            capacity = option.cap
            reasons.append(f"{name}: {option.words.lower()} limits it to {capacity}")
    return Suitability(capacity, until, score, tuple(reasons), ())


def acknowledgements(record: PrivateRecord, rulebook: Rulebook, where: str = "investor") -> list[Refusal]:
    """R-48, R-49: the current texts on token risk and on the loss rule were acknowledged."""
    found: list[Refusal] = []
    for rule in ("R-48", "R-49"):
        version = rulebook.setting(rule, "text_version")
        if version not in record.acknowledged:
            given, place = ", ".join(record.acknowledged) or "nothing", f"{where}.acknowledged"
            found.append(refuse(rule, "not-acknowledged", found=given, needed=str(version), where=place))
    return found
