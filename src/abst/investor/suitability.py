"""Suitability: risk capacity from a versioned questionnaire, its lapse and its waiver, and the texts read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from abst.errors import Refusal
from abst.investor import questionnaires, texts
from abst.investor.ageing import months_after
from abst.investor.grounds import Ground
from abst.investor.model import Answers, PrivateRecord, Waiver
from abst.investor.questionnaires import Questionnaire, in_force
from abst.rulebook import Rulebook, refuse

PROFESSIONAL = "hk-pi"  # the ground a waiver stands on


@dataclass(frozen=True, slots=True)
class Suitability:
    """Capacity 1 to 5 with its reasons, good until the end of `until`; refusals instead when it cannot be told.

    waived: no questionnaire stands behind it, by R-47.
    """

    capacity: int
    until: date | None
    score: int
    reasons: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    waived: bool = False


def assess(
    record: PrivateRecord,
    rulebook: Rulebook,
    on: date,
    where: str = "investor",
    grounds: Sequence[Ground] = (),
    form: Questionnaire | None = None,
) -> Suitability:
    """The investor's capacity on a day, by a waiver that stands on one of the grounds or by his answers.

    Refused: no answers, another version, an unknown option, lapsed, texts unread; a waiver that may not be.
    """
    ground = next((ground for ground in grounds if ground.regime == PROFESSIONAL), None)
    waived = waives(record, rulebook, ground)
    refusals = acknowledged(record, rulebook, where, complex_product=not waived)
    refusals += waiver_allowed(record, rulebook, ground, where) + waiver_unexpired(record, rulebook, on, where)
    if waived and ground is not None:
        return _waived(record, rulebook, ground, refusals)
    form = form or in_force(rulebook)
    refusals += answered(record.answers, form, where) + unlapsed(record.answers, rulebook, on, where)
    if refusals or record.answers is None:
        return Suitability(0, None, 0, (), tuple(refusals))
    return _score(record.answers, form, months_after(record.answers.answered_on, _valid(rulebook)))


def _valid(rulebook: Rulebook) -> int:
    return rulebook.number("R-47", "valid_months")


# ---- the questionnaire


def answered(answers: Answers | None, form: Questionnaire, where: str) -> list[Refusal]:
    """R-47: every question of the questionnaire in force is answered, and no other."""
    if answers is None:
        needed = f"the questionnaire {form.version}"
        return [refuse("R-47", "no-questionnaire", found="nothing", needed=needed, where=f"{where}.answers")]
    if answers.version != form.version:
        known = "an earlier version" if answers.version in questionnaires.questionnaires() else "no known version"
        said, place = f"{answers.version}, {known}", f"{where}.answers.version"
        return [refuse("R-47", "questionnaire-version", found=said, needed=form.version, where=place)]
    found: list[Refusal] = []
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


def unlapsed(answers: Answers | None, rulebook: Rulebook, on: date, where: str) -> list[Refusal]:
    """R-47: the answers are of a day not after today, and no older than the setting; then the test is run again."""
    if answers is None:
        return []
    until = months_after(answers.answered_on, _valid(rulebook))
    if answers.answered_on <= on <= until:
        return []
    found, place = f"answered on {answers.answered_on}, good until {until}", f"{where}.answers.answered_on"
    return [refuse("R-47", "suitability-lapsed", found=found, needed=f"good on {on}", where=place)]


def _score(answers: Answers, form: Questionnaire, until: date) -> Suitability:
    chosen = {name: question.options[answers.options[name]] for name, question in form.questions.items()}
    score = sum(option.points for option in chosen.values())
    capacity = max(level for level, least in form.bands.items() if score >= least)
    reasons = [f"score {score} of {form.version} reaches capacity {capacity}"]
    for name, option in chosen.items():
        if option.cap is not None and option.cap < capacity:
            capacity = option.cap
            reasons.append(f"the answer to {name} limits it to {capacity}")
    return Suitability(capacity, until, score, tuple(reasons), ())


# ---- the waiver


def waives(record: PrivateRecord, rulebook: Rulebook, ground: Ground | None) -> bool:
    """R-47: whether the test is waived: for an institution that gave no answers, or by a waiver on record."""
    if ground is None or record.kind.natural:
        return False
    if record.waiver is not None:
        return record.kind in _waivable(rulebook)
    return record.answers is None and record.kind in rulebook.words("R-47", "waived")


def _waivable(rulebook: Rulebook) -> tuple[str, ...]:
    return (*rulebook.words("R-47", "waived"), *rulebook.words("R-47", "waived_when_assessed"))


def waiver_allowed(record: PrivateRecord, rulebook: Rulebook, ground: Ground | None, where: str) -> list[Refusal]:
    """R-47: only an institution or an assessed corporate client, professional by evidence; a person never."""
    if record.waiver is None:
        return []
    fitting, place = _waivable(rulebook), f"{where}.waiver"
    if record.kind.natural or record.kind not in fitting:
        needed = ", ".join(fitting)
        return [refuse("R-47", "waiver-not-allowed", found=record.kind.value, needed=needed, where=place)]
    if ground is None:
        needed = "a professional investor (R-45)"
        return [refuse("R-47", "waiver-not-allowed", found="not professional", needed=needed, where=place)]
    return []


def waiver_unexpired(record: PrivateRecord, rulebook: Rulebook, on: date, where: str) -> list[Refusal]:
    """R-47: the assessment behind a waiver is of a day not after today and has not run out."""
    if record.waiver is None:
        return []
    until = waiver_until(record.waiver, rulebook)
    if record.waiver.assessed_on <= on <= until:
        return []
    found = f"assessed on {record.waiver.assessed_on}, good until {until}"
    return [refuse("R-47", "waiver-lapsed", found=found, needed=f"good on {on}", where=f"{where}.waiver")]


def waiver_until(waiver: Waiver, rulebook: Rulebook) -> date:
    """Last good day of a waiver: its own, or the setting counted from the assessment if that is earlier."""
    return min(waiver.expires_on, months_after(waiver.assessed_on, rulebook.number("R-47", "waiver_months")))


def _waived(record: PrivateRecord, rulebook: Rulebook, ground: Ground, refusals: Sequence[Refusal]) -> Suitability:
    if refusals:
        return Suitability(0, None, 0, (), tuple(refusals))
    until, why = ground.until, f"waived (R-47): {record.kind.value}"
    if record.waiver is not None:
        until, why = min(until, waiver_until(record.waiver, rulebook)), f"{why}, assessed {record.waiver.assessed_on}"
    return Suitability(in_force(rulebook).most, until, 0, (why,), (), waived=True)


# ---- texts


def acknowledged(
    record: PrivateRecord, rulebook: Rulebook, where: str = "investor", *, complex_product: bool = True
) -> list[Refusal]:
    """R-47, R-48, R-49: each text in force was acknowledged by its version and by the hash of its words.

    complex_product: whether the warning of R-47 is needed; it is not for a client whose test is waived.
    """
    found: list[Refusal] = []
    given = {said.text: said.sha256 for said in record.acknowledged}
    for rule in texts.RULES if complex_product else texts.RULES[1:]:
        text = texts.in_force(rulebook, rule)
        place = f"{where}.acknowledged"
        if text.version not in given:
            said = ", ".join(given) or "nothing"
            found.append(refuse(rule, "not-acknowledged", found=said, needed=text.version, where=place))
        elif given[text.version] != text.sha256:
            said, needed = given[text.version] or "no hash", f"{text.version} with the hash {text.sha256}"
            found.append(refuse(rule, "other-words", found=said, needed=needed, where=place))
    return found
